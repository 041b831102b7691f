/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Operations with keys that an HSM keeps. An HSM agrees on secrets and unwraps only
 * into keys of its own; those are of the session, and end with the call.
 */
#include "seal/hsm/kept_use.h"

#include <string.h>

#include <signet/pkcs11.h>

#include "client/rc.h"
#include "crypto/aes_gcm.h"
#include "crypto/keywrap.h"
#include "crypto/random.h"
#include "util/log.h"

#define SPARE 64                /* bytes of room that an HSM may fill beyond what is right */

enum sg_err sg_hsm_kept_sign(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                             CK_MECHANISM_TYPE mechanism, struct sg_bytes in, uint8_t *out,
                             size_t len)
{
	CK_MECHANISM by = { mechanism, NULL, 0 };
	uint8_t made[SG_HSM_SIGNATURE_MAX + SPARE];
	CK_ULONG got = sizeof made;
	enum sg_err err;

	err = sg_client_check(s, "C_SignInit", s->f->C_SignInit(s->handle, &by, key));
	if (err != SG_OK)
		return err;
	err = sg_client_check(s, "C_Sign", s->f->C_Sign(s->handle, (CK_BYTE *)in.data, in.len, made,
	                                                &got));
	if (err == SG_OK && got != len) {
		sg_log(SG_LOG_ERROR, "the HSM made a signature or code of %lu bytes, not %zu", got,
		       len);
		err = SG_ERR_HSM_FAULT;
	}
	if (err == SG_OK)
		memcpy(out, made, len);
	explicit_bzero(made, sizeof made);
	return err;
}

/* Read the value of a key of the session, and destroy it. Errors: HSM_FAULT unless it has
 * from least to most bytes. */
static enum sg_err take_value(struct sg_client_session *s, CK_OBJECT_HANDLE object, size_t least,
                              size_t most, struct sg_secret **out)
{
	struct sg_secret *value = NULL;
	CK_ATTRIBUTE attr = { CKA_VALUE, NULL, 0 };
	enum sg_err err, end;

	err = sg_secret_new(most + SPARE, &value);
	if (err == SG_OK) {
		attr.pValue = value->data;
		attr.ulValueLen = value->cap;
		err = sg_client_check(s, "C_GetAttributeValue",
		                      s->f->C_GetAttributeValue(s->handle, object, &attr, 1));
	}
	end = sg_client_check(s, "C_DestroyObject", s->f->C_DestroyObject(s->handle, object));
	if (err == SG_OK)
		err = end;
	if (err == SG_OK && (attr.ulValueLen < least || attr.ulValueLen > most))
		err = SG_ERR_HSM_FAULT;
	if (err == SG_OK) {
		value->len = attr.ulValueLen;
		*out = value;
		value = NULL;
	}
	sg_secret_free(&value);
	return err;
}

/* The attributes of a key of the session that is read, or wrapped, and then destroyed. */
#define PASSING 6
static const CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY;
static const CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void fill_passing(CK_ATTRIBUTE template[PASSING])
{
	const CK_ATTRIBUTE passing[PASSING] = {
		{ CKA_CLASS, (void *)&secret_key, sizeof secret_key },
		{ CKA_KEY_TYPE, (void *)&generic, sizeof generic },
		{ CKA_TOKEN, (void *)&no, sizeof no },
		{ CKA_PRIVATE, (void *)&yes, sizeof yes },
		{ CKA_SENSITIVE, (void *)&no, sizeof no },
		{ CKA_EXTRACTABLE, (void *)&yes, sizeof yes },
	};

	memcpy(template, passing, sizeof passing);
}

enum sg_err sg_hsm_kept_ecdh(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                             struct sg_bytes point, struct sg_secret **shared)
{
	CK_ECDH1_DERIVE_PARAMS params = {
		.kdf = CKD_NULL, .pPublicData = (CK_BYTE *)point.data, .ulPublicDataLen = point.len,
	};
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof params };
	CK_ATTRIBUTE template[PASSING + 1];
	CK_ULONG len = SG_RESIDENT_SHARED;
	CK_OBJECT_HANDLE object;
	enum sg_err err;

	fill_passing(template);
	template[PASSING] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &len, sizeof len };
	err = sg_client_check(s, "C_DeriveKey",
	                      s->f->C_DeriveKey(s->handle, &mechanism, key, template, PASSING + 1,
	                                        &object));
	return err == SG_OK ? take_value(s, object, SG_RESIDENT_SHARED, SG_RESIDENT_SHARED, shared)
	                    : err;
}

/* The HSM gets a copy of the IV: it may write one of its own there. */
static CK_GCM_PARAMS gcm_params(const struct sg_resident_gcm *gcm, uint8_t *iv)
{
	memcpy(iv, gcm->iv.data, gcm->iv.len);
	return (CK_GCM_PARAMS){
		.pIv = iv, .ulIvLen = gcm->iv.len, .ulIvBits = 8 * gcm->iv.len,
		.pAAD = (CK_BYTE *)gcm->aad.data, .ulAADLen = gcm->aad.len,
		.ulTagBits = 8 * gcm->tag_len,
	};
}

static enum sg_err own_iv(void)
{
	sg_log(SG_LOG_ERROR, "this HSM takes no IV for AES-GCM but makes one itself: keys in it "
	       "can't encrypt with one of the caller's");
	return SG_ERR_HSM_MECHANISM;
}

enum sg_err sg_hsm_kept_encrypt(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                                const struct sg_resident_gcm *gcm, struct sg_bytes plain,
                                uint8_t *out)
{
	uint8_t iv[SG_GCM_IV_MAX];
	CK_GCM_PARAMS params = gcm_params(gcm, iv);
	CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
	const size_t wanted = plain.len + gcm->tag_len;
	struct sg_secret *made = NULL;
	CK_ULONG len = wanted + SPARE;
	enum sg_err err = sg_secret_new(len, &made);

	if (err == SG_OK)
		err = sg_client_check(s, "C_EncryptInit",
		                      s->f->C_EncryptInit(s->handle, &mechanism, key));
	if (err == SG_OK)
		err = sg_client_check(s, "C_Encrypt",
		                      s->f->C_Encrypt(s->handle, (CK_BYTE *)plain.data, plain.len,
		                                      made->data, &len));
	if (err == SG_OK && (len != wanted || memcmp(iv, gcm->iv.data, gcm->iv.len) != 0))
		err = own_iv();
	if (err == SG_OK)
		memcpy(out, made->data, len);
	sg_secret_free(&made);
	return err;
}

/* vague: HSM_FAULT may be about what was to be decrypted. */
static enum sg_err decrypt_once(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                                const struct sg_resident_gcm *gcm, struct sg_bytes in,
                                uint8_t *out, bool *vague)
{
	uint8_t iv[SG_GCM_IV_MAX];
	CK_GCM_PARAMS params = gcm_params(gcm, iv);
	CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
	struct sg_secret *opened = NULL;
	CK_ULONG len = in.len + SPARE;
	enum sg_err err = sg_secret_new(len, &opened);
	CK_RV rv;

	*vague = false;
	if (err == SG_OK)
		err = sg_client_check(s, "C_DecryptInit",
		                      s->f->C_DecryptInit(s->handle, &mechanism, key));
	if (err != SG_OK)
		goto out;
	rv = s->f->C_Decrypt(s->handle, (CK_BYTE *)in.data, in.len, opened->data, &len);
	err = sg_client_check(s, "C_Decrypt", rv);
	*vague = sg_client_is_vague(rv);
	if (err == SG_ERR_SEALED_DAMAGED)
		err = SG_ERR_TAG;
	if (err == SG_OK && len != in.len - gcm->tag_len)
		err = SG_ERR_HSM_FAULT;
	if (err == SG_OK)
		memcpy(out, opened->data, len);
out:
	sg_secret_free(&opened);
	return err;
}

/* Make a key of the session that may do two things; the caller destroys it. */
static enum sg_err passing_key(struct sg_client_session *s, CK_ATTRIBUTE_TYPE one,
                               CK_ATTRIBUTE_TYPE other, CK_OBJECT_HANDLE *key)
{
	CK_ULONG len = 32;
	CK_ATTRIBUTE template[] = {
		{ CKA_TOKEN, (void *)&no, sizeof no },
		{ CKA_PRIVATE, (void *)&yes, sizeof yes },
		{ CKA_SENSITIVE, (void *)&yes, sizeof yes },
		{ CKA_EXTRACTABLE, (void *)&no, sizeof no },
		{ one, (void *)&yes, sizeof yes },
		{ other, (void *)&yes, sizeof yes },
		{ CKA_VALUE_LEN, &len, sizeof len },
	};
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };

	return sg_client_check(s, "C_GenerateKey",
	                       s->f->C_GenerateKey(s->handle, &mechanism, template,
	                                           sizeof template / sizeof template[0], key));
}

static enum sg_err destroy(struct sg_client_session *s, CK_OBJECT_HANDLE key)
{
	return sg_client_check(s, "C_DestroyObject", s->f->C_DestroyObject(s->handle, key));
}

/* See whether the HSM decrypts at all now: with another key, since this one may perhaps not
 * encrypt, and an IV of ours could be one of its owner's. */
static enum sg_err probe_decrypt(struct sg_client_session *s)
{
	uint8_t iv[12], plain[32], cipher[32 + 16], opened[32];
	const struct sg_resident_gcm gcm = { sg_bytes(iv, sizeof iv), sg_bytes(NULL, 0), 16 };
	CK_OBJECT_HANDLE key;
	bool vague;
	enum sg_err err = passing_key(s, CKA_ENCRYPT, CKA_DECRYPT, &key), end;

	if (err != SG_OK)
		return err;
	sg_random(iv, sizeof iv);
	sg_random(plain, sizeof plain);
	err = sg_hsm_kept_encrypt(s, key, &gcm, sg_bytes(plain, sizeof plain), cipher);
	if (err == SG_OK)
		err = decrypt_once(s, key, &gcm, sg_bytes(cipher, sizeof cipher), opened, &vague);
	if (err == SG_ERR_TAG || (err == SG_OK && memcmp(plain, opened, sizeof plain) != 0))
		err = SG_ERR_HSM_FAULT;
	end = destroy(s, key);
	return err == SG_OK ? end : err;
}

/* What is known after the n-th time that an HSM failed and did not say at what: it was the data
 * where other data pass, and these fail twice. OK: ask again. An HSM that makes no keys of a
 * session can't be probed, and is believed. */
static enum sg_err after_failure(struct sg_client_session *s, int n,
                                 enum sg_err (*probe)(struct sg_client_session *s))
{
	enum sg_err err = n == 0 ? probe(s) : SG_ERR_TAG;

	return err == SG_ERR_HSM_MECHANISM ? SG_ERR_TAG : err;
}

enum sg_err sg_hsm_kept_decrypt(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                                const struct sg_resident_gcm *gcm, struct sg_bytes in,
                                uint8_t *out)
{
	enum sg_err err = SG_OK;
	bool vague;

	for (int i = 0; err == SG_OK; i++) {
		err = decrypt_once(s, key, gcm, in, out, &vague);
		if (err != SG_ERR_HSM_FAULT || !vague || s->lost)
			break;
		err = after_failure(s, i, probe_decrypt);
	}
	return err;
}

/* The newer number where the HSM has it: the older one means something else to some. */
static CK_MECHANISM_TYPE wrapping(struct sg_client_session *s)
{
	CK_MECHANISM_INFO info;

	return s->f->C_GetMechanismInfo(s->slot, CKM_AES_KEY_WRAP_KWP, &info) == CKR_OK
	               ? CKM_AES_KEY_WRAP_KWP
	               : CKM_AES_KEY_WRAP_PAD;
}

enum sg_err sg_hsm_kept_wrap(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                             struct sg_bytes plain, uint8_t *out)
{
	CK_MECHANISM mechanism = { wrapping(s), NULL, 0 };
	CK_ATTRIBUTE template[PASSING + 1];
	const size_t wanted = sg_keywrap_len(SG_KWP, plain.len);
	CK_OBJECT_HANDLE object;
	CK_ULONG len = wanted;
	enum sg_err err, end;

	fill_passing(template);
	template[PASSING] = (CK_ATTRIBUTE){ CKA_VALUE, (void *)plain.data, plain.len };
	err = sg_client_check(s, "C_CreateObject",
	                      s->f->C_CreateObject(s->handle, template, PASSING + 1, &object));
	if (err != SG_OK)
		return err;
	err = sg_client_check(s, "C_WrapKey",
	                      s->f->C_WrapKey(s->handle, &mechanism, key, object, out, &len));
	end = sg_client_check(s, "C_DestroyObject", s->f->C_DestroyObject(s->handle, object));
	if (err == SG_OK)
		err = end;
	return err == SG_OK && len != wanted ? SG_ERR_HSM_MECHANISM : err;
}

/* vague: HSM_FAULT may be about what was to be unwrapped. */
static enum sg_err unwrap_once(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                               struct sg_bytes wrapped, struct sg_secret **plain, bool *vague)
{
	CK_MECHANISM mechanism = { wrapping(s), NULL, 0 };
	CK_ATTRIBUTE template[PASSING];
	CK_OBJECT_HANDLE object;
	enum sg_err err;
	CK_RV rv;

	fill_passing(template);
	rv = s->f->C_UnwrapKey(s->handle, &mechanism, key, (CK_BYTE *)wrapped.data, wrapped.len,
	                       template, PASSING, &object);
	err = sg_client_check(s, "C_UnwrapKey", rv);
	*vague = sg_client_is_vague(rv);
	if (err == SG_ERR_SEALED_DAMAGED)
		err = SG_ERR_TAG;
	/* 8 bytes of integrity, and 7 of padding at most. */
	return err == SG_OK ? take_value(s, object, wrapped.len - 15, wrapped.len - 8, plain) : err;
}

/* The same for unwrapping. */
static enum sg_err probe_unwrap(struct sg_client_session *s)
{
	struct sg_secret *plain = NULL, *opened = NULL;
	uint8_t wrapped[16 + 8];
	CK_OBJECT_HANDLE key;
	bool vague;
	enum sg_err err = passing_key(s, CKA_WRAP, CKA_UNWRAP, &key), end;

	if (err != SG_OK)
		return err;
	err = sg_random_secret(16, &plain);
	if (err == SG_OK)
		err = sg_hsm_kept_wrap(s, key, sg_secret_bytes(plain), wrapped);
	if (err == SG_OK)
		err = unwrap_once(s, key, sg_bytes(wrapped, sizeof wrapped), &opened, &vague);
	if (err == SG_ERR_TAG || (err == SG_OK && !sg_secret_equal(sg_secret_bytes(plain),
	                                                           sg_secret_bytes(opened))))
		err = SG_ERR_HSM_FAULT;
	end = destroy(s, key);
	sg_secret_free(&plain);
	sg_secret_free(&opened);
	return err == SG_OK ? end : err;
}

enum sg_err sg_hsm_kept_unwrap(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                               struct sg_bytes wrapped, struct sg_secret **plain)
{
	enum sg_err err = SG_OK;
	bool vague;

	for (int i = 0; err == SG_OK; i++) {
		err = unwrap_once(s, key, wrapped, plain, &vague);
		if (err != SG_ERR_HSM_FAULT || !vague || s->lost)
			break;
		err = after_failure(s, i, probe_unwrap);
	}
	return err;
}
