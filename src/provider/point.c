/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Curves and points as tokens write them.
 */
#include "provider/point.h"

#include <signet/pkcs11.h>
#include <string.h>

#include "crypto/der.h"
#include "crypto/ed25519.h"

#define PRINTABLE_STRING 0x13

static const uint8_t ed25519_oid[] = { SG_ED25519_OID };
/* 1.3.6.1.4.1.11591.15.1, from before the other one was given. */
static const uint8_t ed25519_old_oid[] = { 6, 9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1 };
static const uint8_t ed25519_name[] = { PRINTABLE_STRING, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's',
                                        '2', '5', '5', '1', '9' };
static const uint8_t p256_oid[] = { SG_P256_OID };
static const uint8_t p256_name[] = { PRINTABLE_STRING, 10, 'p', 'r', 'i', 'm', 'e', '2', '5', '6',
                                     'v', '1' };
static const uint8_t p256_other_name[] = { PRINTABLE_STRING, 9, 's', 'e', 'c', 'p', '2', '5', '6',
                                           'r', '1' };

struct row {
	const struct sg_prov_kind *kind;
	struct sg_bytes params;
};

static const struct row rows[] = {
	{ &sg_prov_kind_ed25519, { ed25519_oid, sizeof ed25519_oid } },
	{ &sg_prov_kind_ed25519, { ed25519_old_oid, sizeof ed25519_old_oid } },
	{ &sg_prov_kind_ed25519, { ed25519_name, sizeof ed25519_name } },
	{ &sg_prov_kind_p256, { p256_oid, sizeof p256_oid } },
	{ &sg_prov_kind_p256, { p256_name, sizeof p256_name } },
	{ &sg_prov_kind_p256, { p256_other_name, sizeof p256_other_name } },
};

const struct sg_prov_kind *sg_prov_point_kind(CK_KEY_TYPE type, struct sg_bytes params)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].kind->type == type && sg_bytes_equal(rows[i].params, params))
			return rows[i].kind;
	return NULL;
}

struct sg_bytes sg_prov_point_read(const struct sg_prov_kind *kind, struct sg_bytes value)
{
	const struct sg_bytes none = sg_bytes(NULL, 0);
	struct sg_reader r = sg_reader(value);
	struct sg_der der;

	if (value.len == kind->point_len)
		return value;
	der = sg_der_read(&r);
	if (!sg_reader_done(&r))
		return none;
	/* The first byte of a BIT STRING counts the bits that are not used. */
	if (der.tag == SG_DER_BIT_STRING && der.value.len > 0 && der.value.data[0] == 0)
		der.value = sg_bytes(der.value.data + 1, der.value.len - 1);
	else if (der.tag != SG_DER_OCTET_STRING)
		return none;
	return der.value.len == kind->point_len ? der.value : none;
}

struct sg_bytes sg_prov_point_of_spki(const struct sg_prov_kind *kind, struct sg_bytes spki)
{
	const struct sg_bytes none = sg_bytes(NULL, 0);
	struct sg_reader r = sg_reader(spki);
	struct sg_reader inner = sg_der_expect(&r, SG_DER_SEQUENCE);
	struct sg_bytes algorithm = sg_read_bytes(&inner, kind->algorithm.len);
	struct sg_der bits = sg_der_read(&inner);

	if (!sg_reader_done(&r) || !sg_reader_done(&inner) || bits.tag != SG_DER_BIT_STRING ||
	    !sg_bytes_equal(algorithm, kind->algorithm) || bits.value.len != kind->point_len + 1 ||
	    bits.value.data[0] != 0)
		return none;
	return sg_bytes(bits.value.data + 1, kind->point_len);
}
