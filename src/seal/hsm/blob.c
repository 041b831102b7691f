/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Blobs. The key of a blob closes nothing else, so that its IV can be a constant.
 */
#include "seal/hsm/blob.h"

#include "crypto/aes_gcm.h"
#include "crypto/kdf.h"
#include "seal/sealer.h"
#include "util/cursor.h"

#define KEY 32
#define FLAG_AUTH 1

static const char magic[4] = { 'S', 'G', 'H', '1' };
static const uint8_t iv[SG_GCM_IV];

/* Derive the key that closes the secret. */
static enum sg_err blob_key(const struct sg_secret *inner, const struct sg_secret *auth,
                            struct sg_secret **key)
{
	return sg_hkdf_sha256(sg_secret_bytes(inner),
	                      auth != NULL ? sg_secret_bytes(auth) : sg_bytes(NULL, 0),
	                      sg_bytes_str("signet hsm blob"), KEY, key);
}

enum sg_err sg_hsm_blob_aad(const struct sg_secret *auth, struct sg_secret **aad)
{
	*aad = NULL;
	if (auth == NULL)
		return SG_OK;
	return sg_hkdf_sha256(sg_secret_bytes(auth), sg_bytes(NULL, 0),
	                      sg_bytes_str("signet hsm aad"), KEY, aad);
}

enum sg_err sg_hsm_blob_write(const struct sg_hsm_profile *profile, struct sg_bytes closed,
                              const struct sg_secret *inner, const struct sg_secret *auth,
                              const struct sg_secret *plain, struct sg_buf *out)
{
	uint8_t cipher[SG_SEAL_MAX], tag[SG_GCM_TAG];
	struct sg_secret *key = NULL;
	struct sg_buf blob = { 0 };
	struct sg_writer w = sg_writer(&blob);
	enum sg_err err;

	sg_write_magic(&w, magic);
	sg_write_u8(&w, auth != NULL ? FLAG_AUTH : 0);
	sg_write_var(&w, sg_bytes(profile->id, profile->id_len));
	sg_write_var(&w, closed);
	err = w.err;
	if (err == SG_OK)
		err = blob_key(inner, auth, &key);
	if (err == SG_OK)
		err = sg_gcm_encrypt(sg_secret_bytes(key), sg_bytes(iv, sizeof iv),
		                     sg_buf_bytes(&blob), sg_secret_bytes(plain), cipher, tag,
		                     sizeof tag);
	if (err == SG_OK) {
		sg_write_var(&w, sg_bytes(cipher, plain->len));
		sg_write_bytes(&w, sg_bytes(tag, sizeof tag));
		err = w.err;
	}
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&blob));
	sg_secret_free(&key);
	sg_buf_free(&blob);
	return err;
}

bool sg_hsm_blob_read(struct sg_bytes bytes, struct sg_hsm_blob *blob)
{
	struct sg_reader r = sg_reader(bytes);
	uint8_t flags;

	sg_read_magic(&r, magic);
	flags = sg_read_u8(&r);
	blob->auth = flags == FLAG_AUTH;
	blob->id = sg_read_var(&r, SG_CLIENT_ID_MAX);
	blob->closed = sg_read_var(&r, SG_HSM_CLOSED_MAX);
	blob->head = sg_bytes(bytes.data, bytes.len - r.rest.len);
	blob->cipher = sg_read_var(&r, SG_SEAL_MAX);
	blob->tag = sg_read_bytes(&r, SG_GCM_TAG);
	return sg_reader_done(&r) && blob->closed.len > 0 && blob->cipher.len > 0 &&
	       (flags & ~FLAG_AUTH) == 0;
}

enum sg_err sg_hsm_blob_open(const struct sg_hsm_blob *blob, const struct sg_secret *inner,
                             const struct sg_secret *auth, struct sg_secret **out)
{
	struct sg_secret *key = NULL, *plain = NULL;
	enum sg_err err = blob_key(inner, auth, &key);

	*out = NULL;
	if (err == SG_OK)
		err = sg_secret_new(blob->cipher.len, &plain);
	if (err == SG_OK)
		err = sg_gcm_decrypt(sg_secret_bytes(key), sg_bytes(iv, sizeof iv), blob->head,
		                     blob->cipher, blob->tag, plain->data);
	if (err == SG_OK) {
		plain->len = blob->cipher.len;
		*out = plain;
		plain = NULL;
	}
	sg_secret_free(&key);
	sg_secret_free(&plain);
	return err == SG_ERR_TAG ? SG_ERR_SEALED_DAMAGED : err;
}
