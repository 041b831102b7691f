/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The rows of the attribute table [PKCS#11 3.1 §4] and of the key types.
 */
#include "core/attr_table.h"

#define KEYS (SG_IN_PUBLIC | SG_IN_PRIVATE | SG_IN_SECRET)
#define ALL (SG_IN_DATA | SG_IN_CERTIFICATE | KEYS)
#define OPEN_ALL (SG_IN_DATA | SG_IN_CERTIFICATE | SG_IN_PUBLIC)
#define PAIR (SG_IN_PUBLIC | SG_IN_PRIVATE)
#define CLOSED_ALL (SG_IN_PRIVATE | SG_IN_SECRET)

#define CREATE SG_BY_CREATE
#define GENERATE SG_BY_GENERATE
#define UNWRAP SG_BY_UNWRAP
#define DERIVE SG_BY_DERIVE
#define ANY (CREATE | GENERATE | UNWRAP | DERIVE)

#define SETTABLE SG_ATTR_SETTABLE
#define TO_TRUE (SG_ATTR_SETTABLE | SG_ATTR_ONLY_TO_TRUE)
#define TO_FALSE (SG_ATTR_SETTABLE | SG_ATTR_ONLY_TO_FALSE)
#define TOKEN_SETS SG_ATTR_TOKEN_SETS
#define FIXED SG_ATTR_FIXED
#define MATERIAL SG_ATTR_MATERIAL
#define SENSITIVE SG_ATTR_SENSITIVE
#define COPY_SETS SG_ATTR_COPY_SETS

#define BOOL SG_ATTR_BOOL
#define ULONG SG_ATTR_ULONG
#define BYTES SG_ATTR_BYTES
#define DATE SG_ATTR_DATE
#define MECHANISMS SG_ATTR_MECHANISMS
#define TEMPLATE SG_ATTR_TEMPLATE

#define NONE SG_DEFAULT_NONE
#define FALSE_ SG_DEFAULT_FALSE
#define TRUE_ SG_DEFAULT_TRUE
#define EMPTY SG_DEFAULT_EMPTY
#define ZERO SG_DEFAULT_ZERO
#define USAGE SG_DEFAULT_USAGE

#define ROW(type, kind, in, allowed, required, otherwise, flags) \
	{ type, #type, kind, in, allowed, required, otherwise, flags }

static const struct sg_attr_row rows[] = {
	/* Every object [§4.4]. */
	ROW(CKA_CLASS, ULONG, ALL, ANY, CREATE, NONE, 0),
	ROW(CKA_TOKEN, BOOL, ALL, ANY, 0, FALSE_, COPY_SETS),
	ROW(CKA_PRIVATE, BOOL, OPEN_ALL, ANY, 0, FALSE_, COPY_SETS | SG_ATTR_ONLY_TO_TRUE),
	ROW(CKA_PRIVATE, BOOL, CLOSED_ALL, ANY, 0, TRUE_, COPY_SETS | SG_ATTR_ONLY_TO_TRUE),
	ROW(CKA_LABEL, BYTES, ALL, ANY, 0, EMPTY, SETTABLE),
	ROW(CKA_UNIQUE_ID, BYTES, ALL, 0, 0, NONE, TOKEN_SETS),
	ROW(CKA_MODIFIABLE, BOOL, ALL, ANY, 0, TRUE_, COPY_SETS | SG_ATTR_ONLY_TO_FALSE),
	/* pkcs11-provider makes a session copy of every key of a pair that can be copied, which
	 * its own searches then find beside the key. */
	ROW(CKA_COPYABLE, BOOL, PAIR, ANY, 0, FALSE_, TO_FALSE),
	ROW(CKA_COPYABLE, BOOL, ALL & ~PAIR, ANY, 0, TRUE_, TO_FALSE),
	ROW(CKA_DESTROYABLE, BOOL, ALL, ANY, 0, TRUE_, COPY_SETS),

	/* Data [§4.5]. */
	ROW(CKA_APPLICATION, BYTES, SG_IN_DATA, CREATE | DERIVE, 0, EMPTY, SETTABLE),
	ROW(CKA_OBJECT_ID, BYTES, SG_IN_DATA, CREATE | DERIVE, 0, EMPTY, SETTABLE),
	ROW(CKA_VALUE, BYTES, SG_IN_DATA, CREATE, 0, EMPTY, MATERIAL),
	ROW(CKA_VALUE_LEN, ULONG, SG_IN_DATA, DERIVE, 0, NONE, 0),

	/* Certificates [§4.6]. */
	ROW(CKA_CERTIFICATE_TYPE, ULONG, SG_IN_CERTIFICATE, CREATE, CREATE, NONE, 0),
	ROW(CKA_TRUSTED, BOOL, SG_IN_CERTIFICATE, CREATE, 0, FALSE_, SETTABLE),
	ROW(CKA_CERTIFICATE_CATEGORY, ULONG, SG_IN_CERTIFICATE, CREATE, 0, ZERO, 0),
	ROW(CKA_CHECK_VALUE, BYTES, SG_IN_CERTIFICATE, CREATE, 0, NONE, 0),
	ROW(CKA_ISSUER, BYTES, SG_IN_CERTIFICATE, CREATE, 0, EMPTY, SETTABLE),
	ROW(CKA_SERIAL_NUMBER, BYTES, SG_IN_CERTIFICATE, CREATE, 0, EMPTY, SETTABLE),
	ROW(CKA_VALUE, BYTES, SG_IN_CERTIFICATE, CREATE, CREATE, NONE, 0),

	/* Certificates and keys. */
	ROW(CKA_SUBJECT, BYTES, SG_IN_CERTIFICATE | SG_IN_PUBLIC | SG_IN_PRIVATE, ANY, 0, EMPTY,
	    SETTABLE),
	ROW(CKA_ID, BYTES, SG_IN_CERTIFICATE | KEYS, ANY, 0, EMPTY, SETTABLE),
	ROW(CKA_START_DATE, DATE, SG_IN_CERTIFICATE, CREATE, 0, EMPTY, 0),
	ROW(CKA_END_DATE, DATE, SG_IN_CERTIFICATE, CREATE, 0, EMPTY, 0),
	ROW(CKA_START_DATE, DATE, KEYS, ANY, 0, EMPTY, SETTABLE),
	ROW(CKA_END_DATE, DATE, KEYS, ANY, 0, EMPTY, SETTABLE),

	/* Keys [§4.7]. */
	ROW(CKA_KEY_TYPE, ULONG, KEYS, ANY, CREATE | UNWRAP, NONE, 0),
	ROW(CKA_DERIVE, BOOL, KEYS, ANY, 0, FALSE_, SETTABLE),
	ROW(CKA_LOCAL, BOOL, KEYS, 0, 0, NONE, TOKEN_SETS),
	ROW(CKA_KEY_GEN_MECHANISM, ULONG, KEYS, 0, 0, NONE, TOKEN_SETS),
	ROW(CKA_ALLOWED_MECHANISMS, MECHANISMS, KEYS, ANY, 0, NONE, 0),

	/* Public keys [§4.8]. */
	ROW(CKA_ENCRYPT, BOOL, SG_IN_PUBLIC | SG_IN_SECRET, ANY, 0, USAGE, SETTABLE),
	ROW(CKA_VERIFY, BOOL, SG_IN_PUBLIC | SG_IN_SECRET, ANY, 0, USAGE, SETTABLE),
	ROW(CKA_VERIFY_RECOVER, BOOL, SG_IN_PUBLIC, ANY, 0, USAGE, SETTABLE),
	ROW(CKA_WRAP, BOOL, SG_IN_PUBLIC | SG_IN_SECRET, ANY, 0, USAGE, SETTABLE),
	ROW(CKA_WRAP_TEMPLATE, TEMPLATE, SG_IN_PUBLIC | SG_IN_SECRET, ANY, 0, NONE, 0),
	ROW(CKA_TRUSTED, BOOL, SG_IN_PUBLIC | SG_IN_SECRET, ANY, 0, FALSE_, SETTABLE),
	ROW(CKA_PUBLIC_KEY_INFO, BYTES, SG_IN_PUBLIC | SG_IN_PRIVATE, 0, 0, NONE, TOKEN_SETS),

	/* Private keys [§4.9] and secret keys [§4.10]. */
	ROW(CKA_SENSITIVE, BOOL, CLOSED_ALL, ANY, 0, TRUE_, TO_TRUE),
	ROW(CKA_EXTRACTABLE, BOOL, CLOSED_ALL, ANY, 0, FALSE_, TO_FALSE),
	ROW(CKA_ALWAYS_SENSITIVE, BOOL, CLOSED_ALL, 0, 0, NONE, TOKEN_SETS),
	ROW(CKA_NEVER_EXTRACTABLE, BOOL, CLOSED_ALL, 0, 0, NONE, TOKEN_SETS),
	ROW(CKA_DECRYPT, BOOL, CLOSED_ALL, ANY, 0, USAGE, SETTABLE),
	ROW(CKA_SIGN, BOOL, CLOSED_ALL, ANY, 0, USAGE, SETTABLE),
	ROW(CKA_SIGN_RECOVER, BOOL, SG_IN_PRIVATE, ANY, 0, USAGE, SETTABLE),
	ROW(CKA_UNWRAP, BOOL, CLOSED_ALL, ANY, 0, USAGE, SETTABLE),
	/* It would show 24 bits of a key to whoever sees the object: there is none. */
	ROW(CKA_CHECK_VALUE, BYTES, SG_IN_SECRET, ANY, 0, EMPTY, FIXED),
	ROW(CKA_WRAP_WITH_TRUSTED, BOOL, CLOSED_ALL, ANY, 0, FALSE_, TO_TRUE),
	ROW(CKA_UNWRAP_TEMPLATE, TEMPLATE, CLOSED_ALL, ANY, 0, NONE, 0),
	ROW(CKA_DERIVE_TEMPLATE, TEMPLATE, CLOSED_ALL, ANY, 0, NONE, 0),
	ROW(CKA_ALWAYS_AUTHENTICATE, BOOL, SG_IN_PRIVATE, ANY, 0, FALSE_, 0),
	ROW(CKA_SIGNET_SEALED, BOOL, CLOSED_ALL, ANY, 0, FALSE_, 0),
	ROW(CKA_SIGNET_RESIDENT, BOOL, CLOSED_ALL, GENERATE, 0, USAGE, 0),

	/* Keys of curves [§6.3.3 to §6.3.6]. */
	ROW(CKA_EC_PARAMS, BYTES, SG_IN_PUBLIC, CREATE | GENERATE, CREATE | GENERATE, NONE, 0),
	ROW(CKA_EC_PARAMS, BYTES, SG_IN_PRIVATE, CREATE, CREATE, NONE, 0),
	ROW(CKA_EC_POINT, BYTES, SG_IN_PUBLIC, CREATE, CREATE, NONE, 0),
	ROW(CKA_EC_POINT, BYTES, SG_IN_PRIVATE, CREATE, 0, NONE, 0),
	ROW(CKA_VALUE, BYTES, SG_IN_PRIVATE, CREATE, CREATE, NONE, MATERIAL | SENSITIVE),

	/* Secret keys [§6.7]. */
	ROW(CKA_VALUE, BYTES, SG_IN_SECRET, CREATE, CREATE, NONE, MATERIAL | SENSITIVE),
	ROW(CKA_VALUE_LEN, ULONG, SG_IN_SECRET, GENERATE | UNWRAP | DERIVE, GENERATE, NONE, 0),
};

static const CK_ATTRIBUTE_TYPE signs[] = { CKA_SIGN, 0 };
static const CK_ATTRIBUTE_TYPE verifies[] = { CKA_VERIFY, 0 };
static const CK_ATTRIBUTE_TYPE encrypts[] = { CKA_ENCRYPT, CKA_DECRYPT, 0 };
static const CK_ATTRIBUTE_TYPE authenticates[] = { CKA_SIGN, CKA_VERIFY, 0 };
static const CK_ATTRIBUTE_TYPE nothing[] = { 0 };
static const CK_ATTRIBUTE_TYPE signs_inside[] = { CKA_SIGN, CKA_SIGNET_RESIDENT, 0 };
static const CK_ULONG none[] = { 0 };
static const CK_ULONG ed25519_seed[] = { 32, 0 };
static const CK_ULONG aes_keys[] = { 16, 24, 32, 0 };

static const struct sg_key_type key_types[] = {
	{ CKK_EC_EDWARDS, SG_IN_PUBLIC, ed25519_seed, 32, verifies },
	{ CKK_EC_EDWARDS, SG_IN_PRIVATE, ed25519_seed, 32, signs },
	{ CKK_EC, SG_IN_PUBLIC, none, 0, verifies },
	{ CKK_EC, SG_IN_PRIVATE, none, 0, signs_inside },
	{ CKK_AES, SG_IN_SECRET, aes_keys, 32, encrypts },
	{ CKK_GENERIC_SECRET, SG_IN_SECRET, NULL, 512, nothing },
	{ CKK_HKDF, SG_IN_SECRET, NULL, 512, nothing },
	{ CKK_SHA256_HMAC, SG_IN_SECRET, NULL, 512, authenticates },
	{ CKK_SHA384_HMAC, SG_IN_SECRET, NULL, 512, authenticates },
	{ CKK_SHA512_HMAC, SG_IN_SECRET, NULL, 512, authenticates },
};

unsigned sg_attr_class_bit(CK_OBJECT_CLASS class)
{
	static const unsigned bits[] = {
		[CKO_DATA] = SG_IN_DATA,
		[CKO_CERTIFICATE] = SG_IN_CERTIFICATE,
		[CKO_PUBLIC_KEY] = SG_IN_PUBLIC,
		[CKO_PRIVATE_KEY] = SG_IN_PRIVATE,
		[CKO_SECRET_KEY] = SG_IN_SECRET,
	};

	return class < sizeof bits / sizeof bits[0] ? bits[class] : 0;
}

const struct sg_attr_row *sg_attr_row(CK_ATTRIBUTE_TYPE type, unsigned in)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].type == type && (rows[i].in & in) != 0)
			return &rows[i];
	return NULL;
}

const struct sg_attr_row *sg_attr_rows(size_t *n)
{
	*n = sizeof rows / sizeof rows[0];
	return rows;
}

const struct sg_key_type *sg_key_type(CK_KEY_TYPE type, unsigned in)
{
	for (size_t i = 0; i < sizeof key_types / sizeof key_types[0]; i++)
		if (key_types[i].type == type && (key_types[i].in & in) != 0)
			return &key_types[i];
	return NULL;
}

bool sg_key_type_resident(const struct sg_key_type *row)
{
	if (row == NULL)
		return false;
	for (const CK_ATTRIBUTE_TYPE *use = row->usage; *use != 0; use++)
		if (*use == CKA_SIGNET_RESIDENT)
			return true;
	return false;
}

bool sg_key_type_takes(const struct sg_key_type *row, CK_ULONG len)
{
	if (row->lengths == NULL)
		return len > 0 && len <= row->max;
	for (const CK_ULONG *length = row->lengths; *length != 0; length++)
		if (*length == len)
			return true;
	return false;
}
