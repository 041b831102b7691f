/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. AES-GCM with three kinds of IV, AES key wrap with padding by its two names, and
 * RSA-OAEP with two hashes.
 */
#include "seal/hsm/way.h"

#include <string.h>

#include <signet/pkcs11.h>

#include "client/rc.h"
#include "crypto/random.h"
#include "util/cursor.h"

#define IV 12                   /* bytes of one that we make, or give the HSM room for */
#define IV_MAX 16               /* of one that an HSM appends: 12 or more [SP 800-38D §8.2.2] */
#define TAG 16
#define CIPHER (SG_HSM_SECRET + TAG)

/* Run C_EncryptInit and C_Encrypt, or their counterparts, in one part. */
static enum sg_err encrypt(struct sg_client_session *s, CK_MECHANISM *mechanism,
                           CK_OBJECT_HANDLE key, struct sg_bytes in, uint8_t *out, CK_ULONG *len)
{
	enum sg_err err;

	err = sg_client_check(s, "C_EncryptInit", s->f->C_EncryptInit(s->handle, mechanism, key));
	if (err != SG_OK)
		return err;
	return sg_client_check(s, "C_Encrypt",
	                       s->f->C_Encrypt(s->handle, (CK_BYTE *)in.data, in.len, out, len));
}

static enum sg_err decrypt(struct sg_client_session *s, CK_MECHANISM *mechanism,
                           struct sg_hsm_work *w, struct sg_bytes in)
{
	CK_ULONG len = w->opened->cap;
	enum sg_err err;
	CK_RV rv;

	err = sg_client_check(s, "C_DecryptInit",
	                      s->f->C_DecryptInit(s->handle, mechanism, w->key));
	if (err != SG_OK)
		return err;
	rv = s->f->C_Decrypt(s->handle, (CK_BYTE *)in.data, in.len, w->opened->data, &len);
	err = sg_client_check(s, "C_Decrypt", rv);
	w->vague = sg_client_is_vague(rv);
	if (err == SG_OK && len != SG_HSM_SECRET)
		err = SG_ERR_HSM_FAULT;
	w->opened->len = err == SG_OK ? len : 0;
	return err;
}

static CK_GCM_PARAMS gcm_params(const struct sg_hsm_work *w, uint8_t *iv, size_t len)
{
	return (CK_GCM_PARAMS){
		.pIv = iv, .ulIvLen = len, .ulIvBits = 8 * len, .pAAD = (CK_BYTE *)w->aad.data,
		.ulAADLen = w->aad.len, .ulTagBits = 8 * TAG,
	};
}

/* Find the IV where this kind of HSM leaves it; len is that of all that it returned. An empty view
 * where that can't be an IV and what it closed. */
static struct sg_bytes find_iv(enum sg_hsm_iv kind, const uint8_t *iv, const uint8_t *out,
                               CK_ULONG len)
{
	if (kind != SG_HSM_IV_APPENDED)
		return sg_bytes(iv, len == CIPHER ? IV : 0);
	if (len < CIPHER + IV || len > CIPHER + IV_MAX)
		return sg_bytes(NULL, 0);
	return sg_bytes(out + CIPHER, len - CIPHER);
}

/* Tell whether an IV is the one that was asked for, or of the HSM's making where it is to make it.
 * One of ours that came back changed is the HSM's; zeros would be used twice. */
static bool iv_fits(enum sg_hsm_iv kind, struct sg_bytes iv, const uint8_t asked[IV])
{
	static const uint8_t zeros[IV_MAX];

	if (iv.len == 0)
		return false;
	return kind == SG_HSM_IV_OURS ? memcmp(iv.data, asked, IV) == 0
	                              : memcmp(iv.data, zeros, iv.len) != 0;
}

static enum sg_err gcm_close(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                             struct sg_hsm_work *w)
{
	const enum sg_hsm_iv kind = w->profile->iv;
	uint8_t out[CIPHER + IV_MAX], iv[IV] = { 0 }, asked[IV];
	CK_ULONG len = sizeof out;
	struct sg_writer writer = sg_writer(w->out);
	CK_GCM_PARAMS params = gcm_params(w, kind == SG_HSM_IV_APPENDED ? NULL : iv,
	                                  kind == SG_HSM_IV_APPENDED ? 0 : IV);
	CK_MECHANISM mechanism = { way->mechanism, &params, sizeof params };
	struct sg_bytes used;
	enum sg_err err;

	if (kind == SG_HSM_IV_OURS)
		sg_random(iv, sizeof iv);
	memcpy(asked, iv, sizeof asked);
	err = encrypt(s, &mechanism, w->key, sg_secret_bytes(w->plain), out, &len);
	if (err != SG_OK)
		return err;
	used = find_iv(kind, iv, out, len);
	if (!iv_fits(kind, used, asked))
		return SG_ERR_HSM_MECHANISM;
	w->out->len = 0;
	sg_write_var(&writer, used);
	sg_write_bytes(&writer, sg_bytes(out, CIPHER));
	return writer.err;
}

static enum sg_err gcm_open(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                            struct sg_hsm_work *w)
{
	struct sg_reader r = sg_reader(w->closed);
	struct sg_bytes used = sg_read_var(&r, IV_MAX);
	struct sg_bytes cipher = sg_read_bytes(&r, CIPHER);
	uint8_t iv[IV_MAX];
	CK_GCM_PARAMS params = gcm_params(w, iv, used.len);
	CK_MECHANISM mechanism = { way->mechanism, &params, sizeof params };

	if (!sg_reader_done(&r) || used.len < IV)
		return SG_ERR_SEALED_DAMAGED;
	memcpy(iv, used.data, used.len);
	return decrypt(s, &mechanism, w, cipher);
}

static CK_RSA_PKCS_OAEP_PARAMS oaep_params(const struct sg_hsm_way_row *way)
{
	return (CK_RSA_PKCS_OAEP_PARAMS){
		.hashAlg = way->hash, .mgf = way->mgf, .source = CKZ_DATA_SPECIFIED,
	};
}

/* The public half is ours: many HSMs encrypt with none. */
static enum sg_err oaep_close(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                              struct sg_hsm_work *w)
{
	const struct sg_rsa_public public = sg_hsm_profile_public(w->profile);
	uint8_t out[SG_RSA_MODULUS_MAX];
	enum sg_err err;

	(void)s;
	err = sg_rsa_oaep_encrypt(&public, way->by, w->plain, out);
	return err == SG_OK ? sg_buf_set(w->out, sg_bytes(out, public.modulus.len)) : err;
}

static enum sg_err oaep_open(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                             struct sg_hsm_work *w)
{
	CK_RSA_PKCS_OAEP_PARAMS params = oaep_params(way);
	CK_MECHANISM mechanism = { way->mechanism, &params, sizeof params };

	return decrypt(s, &mechanism, w, w->closed);
}

/* An HSM wraps keys alone: what is closed or opened is a key of the session for as long as that
 * takes, and can be read. Fill in its attributes. */
#define PASSING 6
static void fill_passing(CK_ATTRIBUTE template[PASSING])
{
	static const CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	static const CK_KEY_TYPE type = CKK_AES;
	static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	const CK_ATTRIBUTE passing[PASSING] = {
		{ CKA_CLASS, (void *)&class, sizeof class },
		{ CKA_KEY_TYPE, (void *)&type, sizeof type },
		{ CKA_TOKEN, (void *)&no, sizeof no },
		{ CKA_PRIVATE, (void *)&yes, sizeof yes },
		{ CKA_SENSITIVE, (void *)&no, sizeof no },
		{ CKA_EXTRACTABLE, (void *)&yes, sizeof yes },
	};

	memcpy(template, passing, sizeof passing);
}

static enum sg_err wrap_close(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                              struct sg_hsm_work *w)
{
	CK_MECHANISM mechanism = { way->mechanism, NULL, 0 };
	CK_ATTRIBUTE template[PASSING + 1];
	CK_OBJECT_HANDLE object;
	uint8_t out[SG_HSM_SECRET + 8];
	CK_ULONG len = sizeof out;
	enum sg_err err, end;

	fill_passing(template);
	template[PASSING] = (CK_ATTRIBUTE){ CKA_VALUE, w->plain->data, w->plain->len };
	err = sg_client_check(s, "C_CreateObject",
	                      s->f->C_CreateObject(s->handle, template, PASSING + 1, &object));
	if (err != SG_OK)
		return err;
	err = sg_client_check(s, "C_WrapKey", s->f->C_WrapKey(s->handle, &mechanism, w->key, object,
	                                                      out, &len));
	end = sg_client_check(s, "C_DestroyObject", s->f->C_DestroyObject(s->handle, object));
	if (err == SG_OK)
		err = end;
	if (err == SG_OK && len != sizeof out)
		err = SG_ERR_HSM_MECHANISM;
	return err == SG_OK ? sg_buf_set(w->out, sg_bytes(out, len)) : err;
}

static enum sg_err wrap_open(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                             struct sg_hsm_work *w)
{
	CK_ATTRIBUTE template[PASSING], value = { CKA_VALUE, w->opened->data, w->opened->cap };
	CK_MECHANISM mechanism = { way->mechanism, NULL, 0 };
	CK_OBJECT_HANDLE object;
	enum sg_err err, end;
	CK_RV rv;

	fill_passing(template);
	rv = s->f->C_UnwrapKey(s->handle, &mechanism, w->key, (CK_BYTE *)w->closed.data,
	                       w->closed.len, template, PASSING, &object);
	err = sg_client_check(s, "C_UnwrapKey", rv);
	w->vague = sg_client_is_vague(rv);
	if (err != SG_OK)
		return err;
	err = sg_client_check(s, "C_GetAttributeValue",
	                      s->f->C_GetAttributeValue(s->handle, object, &value, 1));
	end = sg_client_check(s, "C_DestroyObject", s->f->C_DestroyObject(s->handle, object));
	if (err == SG_OK)
		err = end;
	if (err == SG_OK && value.ulValueLen != SG_HSM_SECRET)
		err = SG_ERR_HSM_FAULT;
	w->opened->len = err == SG_OK ? value.ulValueLen : 0;
	return err;
}

/* In the order in which they are tried. */
static const struct sg_hsm_way_row ways[] = {
	{ SG_HSM_GCM, "AES-GCM", CKM_AES_GCM, CKF_ENCRYPT | CKF_DECRYPT, &sg_hsm_key_gcm, 0, 0, 0,
	  gcm_close, gcm_open },
	{ SG_HSM_KWP, "AES-KWP", CKM_AES_KEY_WRAP_KWP, CKF_WRAP | CKF_UNWRAP, &sg_hsm_key_wrap,
	  0, 0, 0, wrap_close, wrap_open },
	{ SG_HSM_PAD, "AES-KW-PAD", CKM_AES_KEY_WRAP_PAD, CKF_WRAP | CKF_UNWRAP, &sg_hsm_key_wrap,
	  0, 0, 0, wrap_close, wrap_open },
	{ SG_HSM_OAEP_SHA256, "RSA-OAEP-SHA256", CKM_RSA_PKCS_OAEP, CKF_DECRYPT, &sg_hsm_key_rsa,
	  CKM_SHA256, CKG_MGF1_SHA256, SG_OAEP_SHA256, oaep_close, oaep_open },
	{ SG_HSM_OAEP_SHA1, "RSA-OAEP-SHA1", CKM_RSA_PKCS_OAEP, CKF_DECRYPT, &sg_hsm_key_rsa,
	  CKM_SHA_1, CKG_MGF1_SHA1, SG_OAEP_SHA1, oaep_close, oaep_open },
};

const struct sg_hsm_way_row *sg_hsm_ways(size_t *n)
{
	*n = sizeof ways / sizeof ways[0];
	return ways;
}
