/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Finding and making the key that seals.
 */
#include "seal/hsm/seal_key.h"

#include <string.h>

#include "crypto/random.h"
#include "seal/hsm/profile.h"
#include "util/log.h"

#define AES_BYTES 32
#define RSA_BITS 3072
#define ROOM 16                 /* attributes of a template at most */

const struct sg_hsm_key_kind sg_hsm_key_gcm = {
	"signet-seal-gcm", CKO_SECRET_KEY, CKK_AES, CKM_AES_KEY_GEN, CKA_ENCRYPT, CKA_DECRYPT,
};

const struct sg_hsm_key_kind sg_hsm_key_wrap = {
	"signet-seal-wrap", CKO_SECRET_KEY, CKK_AES, CKM_AES_KEY_GEN, CKA_WRAP, CKA_UNWRAP,
};

const struct sg_hsm_key_kind sg_hsm_key_rsa = {
	"signet-seal-rsa", CKO_PRIVATE_KEY, CKK_RSA, CKM_RSA_PKCS_KEY_PAIR_GEN, CKA_ENCRYPT,
	CKA_DECRYPT,
};

/* An attribute that must be as it is here. */
struct wanted {
	CK_ATTRIBUTE_TYPE type;
	CK_BBOOL value;
	const char *otherwise;
};

static enum sg_err check_one(struct sg_hsm_session *s, const char *name, CK_OBJECT_HANDLE key,
                             const struct wanted *wanted)
{
	CK_BBOOL value = 0xff;
	CK_ATTRIBUTE attr = { wanted->type, &value, sizeof value };
	enum sg_err err;

	err = sg_hsm_check(s, "C_GetAttributeValue",
	                   s->f->C_GetAttributeValue(s->handle, key, &attr, 1));
	if (err == SG_OK && (attr.ulValueLen != sizeof value || value != wanted->value)) {
		sg_log(SG_LOG_ERROR, "%s of the HSM can't be used: it %s", name, wanted->otherwise);
		err = SG_ERR_HSM_MECHANISM;
	}
	return err;
}

enum sg_err sg_hsm_key_check(struct sg_hsm_session *s, CK_KEY_TYPE type, const char *name,
                             CK_OBJECT_HANDLE key)
{
	static const struct wanted wanted[] = {
		{ CKA_EXTRACTABLE, CK_FALSE, "can leave the HSM" },
		{ CKA_SENSITIVE, CK_TRUE, "can be read in the HSM" },
		{ CKA_TOKEN, CK_TRUE, "ends with its session" },
	};
	CK_KEY_TYPE found = 0;
	CK_ATTRIBUTE attr = { CKA_KEY_TYPE, &found, sizeof found };
	enum sg_err err;

	err = sg_hsm_check(s, "C_GetAttributeValue",
	                   s->f->C_GetAttributeValue(s->handle, key, &attr, 1));
	if (err == SG_OK && found != type)
		err = SG_ERR_HSM_MECHANISM;
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && err == SG_OK; i++)
		err = check_one(s, name, key, &wanted[i]);
	return err;
}

/* A key that could leave the HSM would take with it what it sealed. */
static enum sg_err check(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
                         CK_OBJECT_HANDLE key)
{
	const struct wanted opens = { kind->open, CK_TRUE, "may not open what it closes" };
	enum sg_err err = sg_hsm_key_check(s, kind->type, kind->label, key);

	return err == SG_OK ? check_one(s, kind->label, key, &opens) : err;
}

static enum sg_err read_id(struct sg_hsm_session *s, CK_OBJECT_HANDLE handle,
                           struct sg_hsm_seal_key *key)
{
	CK_ATTRIBUTE attr = { CKA_ID, key->id, sizeof key->id };
	CK_RV rv = s->f->C_GetAttributeValue(s->handle, handle, &attr, 1);
	enum sg_err err = SG_OK;

	if (rv == CKR_BUFFER_TOO_SMALL)
		attr.ulValueLen = sizeof key->id + 1;
	else
		err = sg_hsm_check(s, "C_GetAttributeValue", rv);
	if (err == SG_OK && (attr.ulValueLen == 0 || attr.ulValueLen > sizeof key->id)) {
		sg_log(SG_LOG_ERROR, "a key of the HSM can't seal: its CKA_ID must have 1 to %d "
		       "bytes",
		       SG_HSM_ID_MAX);
		err = SG_ERR_HSM_MECHANISM;
	}
	key->id_len = err == SG_OK ? attr.ulValueLen : 0;
	return err;
}

/* Look for the key: by the object attributes of the URI, or else by label. *handle is
 * CK_INVALID_HANDLE where there is none. */
static enum sg_err look(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind, bool *named,
                        CK_OBJECT_HANDLE *handle)
{
	CK_ULONG n = 0, count;
	CK_ATTRIBUTE *uri = sg_hsm_uri_attributes(s, &n);
	CK_OBJECT_CLASS class = kind->class;
	CK_ATTRIBUTE template[4] = { { CKA_CLASS, &class, sizeof class } };
	CK_ULONG used = 1;
	enum sg_err err;

	*handle = CK_INVALID_HANDLE;
	for (CK_ULONG i = 0; i < n && used < 4; i++)
		if (uri[i].type == CKA_ID || uri[i].type == CKA_LABEL)
			template[used++] = uri[i];
	*named = used > 1;
	if (!*named)
		template[used++] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)kind->label,
			                           strlen(kind->label) };
	err = sg_hsm_find(s, template, used, handle, 1, &count);
	if (err == SG_OK && count == 0)
		*handle = CK_INVALID_HANDLE;
	return err;
}

/* All uses that a key can have; those that it is not for are refused by name, for an HSM's defaults
 * differ. A key that wraps as well as it decrypts would open other keys of the HSM. */
static const CK_ATTRIBUTE_TYPE secret_uses[] = {
	CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_VERIFY, CKA_DERIVE,
};
static const CK_ATTRIBUTE_TYPE public_uses[] = { CKA_ENCRYPT, CKA_WRAP, CKA_VERIFY };
static const CK_ATTRIBUTE_TYPE private_uses[] = { CKA_DECRYPT, CKA_UNWRAP, CKA_SIGN };

#define USES(list) (list), sizeof (list) / sizeof (list)[0]

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

static enum sg_err generate_aes(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
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

	return sg_hsm_check(s, "C_GenerateKey",
	                    s->f->C_GenerateKey(s->handle, &mechanism, template, n, &handle));
}

static enum sg_err generate_pair(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
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
	return sg_hsm_check(s, "C_GenerateKeyPair", rv);
}

static enum sg_err make(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
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
	err = sg_hsm_find_key(s, kind->class, sg_bytes(key->id, key->id_len), &handle);
	if (err == SG_OK)
		err = check(s, kind, handle);
	if (err != SG_OK)
		sg_hsm_seal_key_undo(s, kind, key);
	return err;
}

enum sg_err sg_hsm_seal_key_get(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
                                struct sg_hsm_seal_key *key)
{
	CK_OBJECT_HANDLE handle;
	bool named = false;
	enum sg_err err = look(s, kind, &named, &handle);

	key->made = false;
	if (err != SG_OK)
		return err;
	if (handle == CK_INVALID_HANDLE)
		return named ? SG_ERR_HSM_OTHER : make(s, kind, key);
	err = check(s, kind, handle);
	return err == SG_OK ? read_id(s, handle, key) : err;
}

void sg_hsm_seal_key_undo(struct sg_hsm_session *s, const struct sg_hsm_key_kind *kind,
                          const struct sg_hsm_seal_key *key)
{
	CK_ATTRIBUTE template[] = {
		{ CKA_LABEL, (void *)kind->label, strlen(kind->label) },
		{ CKA_ID, (void *)key->id, key->id_len },
	};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 0;

	if (sg_hsm_find(s, template, 2, found, 2, &n) != SG_OK)
		return;
	for (CK_ULONG i = 0; i < n; i++)
		(void)sg_hsm_check(s, "C_DestroyObject",
		                   s->f->C_DestroyObject(s->handle, found[i]));
}
