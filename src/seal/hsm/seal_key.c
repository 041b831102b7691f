/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Finding and making the key that seals.
 */
#include "seal/hsm/seal_key.h"

#include <string.h>

#include "crypto/random.h"
#include "seal/hsm/profile.h"
#include "seal/hsm/trust.h"
#include "util/log.h"

#define AES_BYTES 32
#define RSA_BITS 3072
#define ROOM 16                 /* attributes of a template at most */
#define CANDIDATES 16           /* keys of our label that are looked at */

#define USES(list) (list), sizeof (list) / sizeof (list)[0]

/* All uses that a key can have; those that it is not for are refused by name, for an HSM's defaults
 * differ. A key that wraps as well as it decrypts would open other keys of the HSM. */
static const CK_ATTRIBUTE_TYPE secret_uses[] = {
	CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_VERIFY, CKA_DERIVE,
};
static const CK_ATTRIBUTE_TYPE public_uses[] = { CKA_ENCRYPT, CKA_WRAP, CKA_VERIFY };
static const CK_ATTRIBUTE_TYPE private_uses[] = { CKA_DECRYPT, CKA_UNWRAP, CKA_SIGN };

const struct sg_hsm_key_kind sg_hsm_key_gcm = {
	"signet-seal-gcm", CKO_SECRET_KEY, CKK_AES, CKM_AES_KEY_GEN, CKA_ENCRYPT, CKA_DECRYPT,
	USES(secret_uses),
};

const struct sg_hsm_key_kind sg_hsm_key_wrap = {
	"signet-seal-wrap", CKO_SECRET_KEY, CKK_AES, CKM_AES_KEY_GEN, CKA_WRAP, CKA_UNWRAP,
	USES(secret_uses),
};

const struct sg_hsm_key_kind sg_hsm_key_rsa = {
	"signet-seal-rsa", CKO_PRIVATE_KEY, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, CKA_ENCRYPT,
	CKA_DECRYPT, USES(private_uses),
};

/* Look at a key that did not seal before. */
static enum sg_err check(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                         enum sg_hsm_origin origin, CK_OBJECT_HANDLE key)
{
	enum sg_err err = sg_hsm_key_check(s, kind->type, kind->label, key);

	return err == SG_OK ? sg_hsm_trust(s, kind, origin, key) : err;
}

static enum sg_err read_id(struct sg_client_session *s, CK_OBJECT_HANDLE handle,
                           struct sg_hsm_seal_key *key)
{
	CK_ATTRIBUTE attr = { CKA_ID, key->id, sizeof key->id };
	CK_RV rv = s->f->C_GetAttributeValue(s->handle, handle, &attr, 1);
	enum sg_err err = SG_OK;

	if (rv == CKR_BUFFER_TOO_SMALL)
		attr.ulValueLen = sizeof key->id + 1;
	else
		err = sg_client_check(s, "C_GetAttributeValue", rv);
	if (err == SG_OK && (attr.ulValueLen == 0 || attr.ulValueLen > sizeof key->id)) {
		sg_log(SG_LOG_ERROR, "a key of the HSM can't seal: its CKA_ID must have 1 to %d "
		       "bytes",
		       SG_CLIENT_ID_MAX);
		err = SG_ERR_HSM_MECHANISM;
	}
	key->id_len = err == SG_OK ? attr.ulValueLen : 0;
	return err;
}

/* Find the one key that the URI names, if it names one. */
static enum sg_err find_named(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                              bool *named, CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS class = kind->class;
	CK_ATTRIBUTE template[3] = { { CKA_CLASS, &class, sizeof class } }, *uri;
	CK_OBJECT_HANDLE found[2] = { 0 };
	CK_ULONG n_uri = 0, n = 1, count = 0;
	enum sg_err err;

	uri = sg_client_uri_attributes(s, &n_uri);
	for (CK_ULONG i = 0; i < n_uri && n < 3; i++)
		if (uri[i].type == CKA_ID || uri[i].type == CKA_LABEL)
			template[n++] = uri[i];
	*named = n > 1;
	if (!*named)
		return SG_OK;
	err = sg_client_find(s, template, n, found, 2, &count);
	if (err == SG_OK && count == 0)
		err = SG_ERR_HSM_OTHER;
	if (err == SG_OK && count > 1) {
		sg_log(SG_LOG_ERROR, "the URI of the HSM names two keys: name one, by its id");
		err = SG_ERR_CONFIG;
	}
	*handle = found[0];
	return err == SG_OK ? check(s, kind, SG_HSM_NAMED, *handle) : err;
}

/* Find a key of our label that can be trusted; *handle is CK_INVALID_HANDLE where there is none.
 * Who puts others there shall not keep us from making one. */
static enum sg_err find_labelled(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                                 CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS class = kind->class;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_LABEL, (void *)kind->label, strlen(kind->label) },
	};
	CK_OBJECT_HANDLE found[CANDIDATES];
	CK_ULONG count = 0;
	enum sg_err err = sg_client_find(s, template, 2, found, CANDIDATES, &count);

	*handle = CK_INVALID_HANDLE;
	for (CK_ULONG i = 0; i < count && err == SG_OK && *handle == CK_INVALID_HANDLE; i++) {
		err = check(s, kind, SG_HSM_FOUND, found[i]);
		if (err == SG_OK)
			*handle = found[i];
		else if (err == SG_ERR_HSM_MECHANISM)
			err = SG_OK;
	}
	return err;
}

/* Append the uses to a template of n rows, with room for them; return the new number. */
static CK_ULONG add_uses(const struct sg_hsm_key_kind *kind, const CK_ATTRIBUTE_TYPE *uses,
                         size_t n_uses, CK_ATTRIBUTE *template, CK_ULONG n)
{
	static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	for (size_t i = 0; i < n_uses; i++)
		template[n++] = (CK_ATTRIBUTE){
			uses[i], uses[i] == kind->close || uses[i] == kind->open ? &yes : &no,
			sizeof yes,
		};
	return n;
}

static enum sg_err generate_aes(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                                struct sg_hsm_seal_key *key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG len = AES_BYTES;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[ROOM] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_VALUE_LEN, &len, sizeof len },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_LABEL, (void *)kind->label, strlen(kind->label) },
		{ CKA_ID, key->id, key->id_len },
	};
	const CK_ULONG n = add_uses(kind, USES(secret_uses), template, 9);
	CK_MECHANISM mechanism = { kind->generate, NULL, 0 };
	CK_OBJECT_HANDLE handle;

	return sg_client_check(s, "C_GenerateKey",
	                       s->f->C_GenerateKey(s->handle, &mechanism, template, n, &handle));
}

static enum sg_err generate_pair(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                                 struct sg_hsm_seal_key *key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG bits = RSA_BITS;
	CK_BYTE exponent[] = { 1, 0, 1 };
	CK_ATTRIBUTE public[ROOM] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_LABEL, (void *)kind->label, strlen(kind->label) },
		{ CKA_ID, key->id, key->id_len },
		{ CKA_MODULUS_BITS, &bits, sizeof bits },
		{ CKA_PUBLIC_EXPONENT, exponent, sizeof exponent },
	};
	CK_ATTRIBUTE private[ROOM] = {
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_EXTRACTABLE, &no, sizeof no },
		{ CKA_LABEL, (void *)kind->label, strlen(kind->label) },
		{ CKA_ID, key->id, key->id_len },
	};
	const CK_ULONG n_public = add_uses(kind, USES(public_uses), public, 5);
	const CK_ULONG n_private = add_uses(kind, USES(private_uses), private, 6);
	CK_MECHANISM mechanism = { kind->generate, NULL, 0 };
	CK_OBJECT_HANDLE handle[2];
	CK_RV rv;

	rv = s->f->C_GenerateKeyPair(s->handle, &mechanism, public, n_public, private, n_private,
	                             &handle[0], &handle[1]);
	return sg_client_check(s, "C_GenerateKeyPair", rv);
}

static enum sg_err make(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                        struct sg_hsm_seal_key *key)
{
	CK_OBJECT_HANDLE handle;
	enum sg_err err;

	key->id_len = SG_HSM_KEY_ID;
	sg_random(key->id, key->id_len);
	err = kind->class == CKO_SECRET_KEY ? generate_aes(s, kind, key)
	                                    : generate_pair(s, kind, key);
	if (err != SG_OK)
		return err;
	key->made = true;
	err = sg_client_find_key(s, kind->class, sg_bytes(key->id, key->id_len), &handle);
	if (err == SG_OK)
		err = check(s, kind, SG_HSM_MADE, handle);
	if (err != SG_OK)
		sg_hsm_seal_key_undo(s, kind, key);
	return err;
}

enum sg_err sg_hsm_seal_key_get(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                                struct sg_hsm_seal_key *key)
{
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	bool named = false;
	enum sg_err err = find_named(s, kind, &named, &handle);

	key->made = false;
	if (err == SG_OK && !named)
		err = find_labelled(s, kind, &handle);
	if (err != SG_OK)
		return err;
	return handle == CK_INVALID_HANDLE ? make(s, kind, key) : read_id(s, handle, key);
}

/* Tell whether the URI names that key: by its id, by its label, which the HSM knows, or both. */
static bool is_named(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                     struct sg_bytes id)
{
	CK_OBJECT_CLASS class = kind->class;
	CK_ATTRIBUTE template[3] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_ID, (void *)id.data, id.len },
	}, *uri;
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n_uri = 0, n = 2, count = 0;
	bool named = false;

	uri = sg_client_uri_attributes(s, &n_uri);
	for (CK_ULONG i = 0; i < n_uri; i++) {
		if (uri[i].type == CKA_LABEL && n < 3)
			template[n++] = uri[i];
		if (uri[i].type != CKA_ID)
			continue;
		named = sg_bytes_equal(sg_bytes(uri[i].pValue, uri[i].ulValueLen), id);
		if (!named)
			return false;
	}
	if (n == 2)
		return named;
	return sg_client_find(s, template, n, found, 2, &count) == SG_OK && count == 1;
}

enum sg_err sg_hsm_seal_key_check(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                                  struct sg_bytes id, CK_OBJECT_HANDLE handle)
{
	const enum sg_hsm_origin origin = is_named(s, kind, id) ? SG_HSM_NAMED : SG_HSM_MADE;
	enum sg_err err = sg_hsm_trust(s, kind, origin, handle);

	return err == SG_ERR_HSM_MECHANISM ? SG_ERR_HSM_OTHER : err;
}

void sg_hsm_seal_key_undo(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                          const struct sg_hsm_seal_key *key)
{
	CK_ATTRIBUTE template[] = {
		{ CKA_LABEL, (void *)kind->label, strlen(kind->label) },
		{ CKA_ID, (void *)key->id, key->id_len },
	};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 0;

	if (sg_client_find(s, template, 2, found, 2, &n) != SG_OK)
		return;
	for (CK_ULONG i = 0; i < n; i++)
		(void)sg_client_check(s, "C_DestroyObject",
		                      s->f->C_DestroyObject(s->handle, found[i]));
}
