/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, soft. The sealer "soft": Argon2id over the passphrase and the
 * authorisation gives a key, AES-256-GCM closes the secret. It counts no wrong tries
 * and never pretends to be hardware.
 */
#include "seal/soft/sealer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/aes_gcm.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "seal/policy.h"
#include "util/cursor.h"
#include "util/file.h"
#include "util/log.h"

#define PARENT 16
#define KEY 32
#define PASSPHRASE_MAX 1024

struct soft_sealer {
	struct sg_sealer base;          /* first */
	const struct sg_config *config;
};

/* A blob, after the magic. The head, up to the IV, is authenticated. */
struct soft_blob {
	uint8_t flags;
	struct sg_bytes parent, salt, iv, cipher, tag;
	struct sg_bytes head;
};

enum { FLAG_AUTH = 1 };

static const char magic[4] = { 'S', 'G', 'S', '1' };

/* Part of the format "SGS1": a blob can't ask for more. */
static const struct sg_argon2_cost cost = { .passes = 2, .memory = 19456 };

static enum sg_err soft_open(const struct sg_config *config, struct sg_sealer **out)
{
	struct soft_sealer *sealer;

	*out = NULL;
	if (!config->allow_soft) {
		sg_log(SG_LOG_ERROR, "the sealer \"soft\" is for development and is off; "
		       "\"allow-soft = yes\" in the configuration turns it on");
		return SG_ERR_SEALER_OFF;
	}
	sealer = calloc(1, sizeof *sealer);
	if (sealer == NULL)
		return SG_ERR_NOMEM;
	sealer->base.ops = &sg_soft_sealer;
	sealer->config = config;
	*out = &sealer->base;
	return SG_OK;
}

static void soft_free(struct sg_sealer *sealer)
{
	free(sealer);
}

static enum sg_err read_passphrase(struct sg_sealer *sealer, struct sg_secret **out)
{
	const char *path = ((struct soft_sealer *)sealer)->config->soft_passphrase_file;
	enum sg_err err;

	*out = NULL;
	if (path == NULL) {
		sg_log(SG_LOG_ERROR, "the configuration names no passphrase file for the sealer "
		       "\"soft\"");
		return SG_ERR_CONFIG;
	}
	err = sg_file_read_secret(path, PASSPHRASE_MAX, out);
	if (err == SG_OK && (*out)->len == 0) {
		sg_log(SG_LOG_ERROR, "the passphrase file %s is empty", path);
		sg_secret_free(out);
		err = SG_ERR_CONFIG;
	}
	return err == SG_ERR_NOT_FOUND ? SG_ERR_HW_MISSING : err;
}

static enum sg_err soft_provision(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                  struct sg_buf *parent, bool *made)
{
	struct sg_secret *passphrase = NULL;
	uint8_t id[PARENT];
	enum sg_err err;

	(void)owner_auth;
	*made = false;
	err = read_passphrase(sealer, &passphrase);
	sg_secret_free(&passphrase);
	if (err != SG_OK)
		return err;
	sg_random(id, sizeof id);
	err = sg_buf_set(parent, sg_bytes(id, sizeof id));
	*made = err == SG_OK;
	return err;
}

/* Stretch passphrase ‖ authorisation to the key of one blob. */
static enum sg_err derive(struct sg_sealer *sealer, const struct sg_seal_guard *guard,
                          struct sg_bytes salt, struct sg_secret **key)
{
	struct sg_secret *passphrase = NULL, *input = NULL;
	size_t len;
	enum sg_err err;

	*key = NULL;
	err = read_passphrase(sealer, &passphrase);
	if (err != SG_OK)
		goto out;
	len = passphrase->len;
	err = sg_secret_new(len + SG_SEAL_AUTH, &input);
	if (err != SG_OK)
		goto out;
	memcpy(input->data, passphrase->data, len);
	if (guard->auth != NULL) {
		memcpy(input->data + len, guard->auth->data, SG_SEAL_AUTH);
		len += SG_SEAL_AUTH;
	}
	input->len = len;
	err = sg_argon2id(sg_secret_bytes(input), salt, cost, KEY, key);
out:
	sg_secret_free(&passphrase);
	sg_secret_free(&input);
	return err;
}

static bool guard_fits(const struct sg_seal_guard *guard)
{
	return guard->auth == NULL || guard->auth->len == SG_SEAL_AUTH;
}

static enum sg_err soft_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                             const struct sg_seal_guard *guard, const struct sg_secret *plain,
                             struct sg_buf *out)
{
	uint8_t salt[SG_ARGON2_SALT], iv[SG_GCM_IV], tag[SG_GCM_TAG], cipher[SG_SEAL_MAX];
	struct sg_secret *key = NULL;
	struct sg_buf blob = { 0 };
	struct sg_writer w = sg_writer(&blob);
	enum sg_err err;

	if (plain->len == 0 || plain->len > SG_SEAL_MAX || !guard_fits(guard))
		return SG_ERR_RANGE;
	if (parent.len != PARENT)
		return SG_ERR_HW_OTHER;
	if (guard->policy != NULL && !sg_policy_empty(guard->policy)) {
		sg_log(SG_LOG_ERROR, "the soft sealer has no PCRs, and so no policies");
		return SG_ERR_HW_UNSUPPORTED;
	}
	sg_random(salt, sizeof salt);
	sg_random(iv, sizeof iv);
	sg_write_magic(&w, magic);
	sg_write_u8(&w, guard->auth != NULL ? FLAG_AUTH : 0);
	sg_write_bytes(&w, parent);
	sg_write_bytes(&w, sg_bytes(salt, sizeof salt));
	sg_write_bytes(&w, sg_bytes(iv, sizeof iv));
	err = w.err;
	if (err == SG_OK)
		err = derive(sealer, guard, sg_bytes(salt, sizeof salt), &key);
	if (err == SG_OK)
		err = sg_gcm_encrypt(sg_secret_bytes(key), sg_bytes(iv, sizeof iv),
		                     sg_buf_bytes(&blob), sg_secret_bytes(plain), cipher, tag,
		                     sizeof tag);
	if (err != SG_OK)
		goto out;
	sg_write_var(&w, sg_bytes(cipher, plain->len));
	sg_write_bytes(&w, sg_bytes(tag, sizeof tag));
	err = w.err;
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&blob));
out:
	sg_secret_free(&key);
	sg_buf_free(&blob);
	return err;
}

static bool blob_read(struct sg_bytes bytes, struct soft_blob *blob)
{
	struct sg_reader r = sg_reader(bytes);

	sg_read_magic(&r, magic);
	blob->flags = sg_read_u8(&r);
	blob->parent = sg_read_bytes(&r, PARENT);
	blob->salt = sg_read_bytes(&r, SG_ARGON2_SALT);
	blob->iv = sg_read_bytes(&r, SG_GCM_IV);
	blob->head = sg_bytes(bytes.data, bytes.len - r.rest.len);
	blob->cipher = sg_read_var(&r, SG_SEAL_MAX);
	blob->tag = sg_read_bytes(&r, SG_GCM_TAG);
	return sg_reader_done(&r) && blob->cipher.len > 0 && (blob->flags & ~FLAG_AUTH) == 0;
}

static enum sg_err soft_unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_seal_guard *guard, struct sg_bytes bytes,
                               struct sg_secret **out)
{
	struct sg_secret *key = NULL, *plain = NULL;
	struct soft_blob blob;
	enum sg_err err;

	*out = NULL;
	if (!guard_fits(guard))
		return SG_ERR_RANGE;
	if (!blob_read(bytes, &blob))
		return SG_ERR_FORMAT;
	if (!sg_bytes_equal(blob.parent, parent))
		return SG_ERR_HW_OTHER;
	if ((guard->auth != NULL) != (blob.flags == FLAG_AUTH))
		return SG_ERR_AUTH;
	err = derive(sealer, guard, blob.salt, &key);
	if (err == SG_OK)
		err = sg_secret_new(blob.cipher.len, &plain);
	if (err == SG_OK)
		err = sg_gcm_decrypt(sg_secret_bytes(key), blob.iv, blob.head, blob.cipher,
		                     blob.tag, plain->data);
	if (err == SG_ERR_TAG) {
		/* A wrong authorisation, another passphrase and a changed blob look alike. */
		err = guard->auth != NULL ? SG_ERR_AUTH : SG_ERR_HW_OTHER;
	}
	if (err == SG_OK) {
		plain->len = blob.cipher.len;
		*out = plain;
		plain = NULL;
	}
	sg_secret_free(&key);
	sg_secret_free(&plain);
	return err;
}

static enum sg_err soft_status(struct sg_sealer *sealer, struct sg_bytes parent,
                               struct sg_sealer_status *out)
{
	struct sg_secret *passphrase = NULL;
	enum sg_err err;

	*out = (struct sg_sealer_status){ 0 };
	snprintf(out->device, sizeof out->device, "soft");
	err = read_passphrase(sealer, &passphrase);
	sg_secret_free(&passphrase);
	out->parent_found = err == SG_OK;
	out->parent_same = err == SG_OK && parent.len == PARENT;
	return err;
}

const struct sg_sealer_ops sg_soft_sealer = {
	.name = "soft",
	.model = "soft (insecure)",
	.hardware = false,
	.open = soft_open,
	.free = soft_free,
	.provision = soft_provision,
	.seal = soft_seal,
	.unseal = soft_unseal,
	.status = soft_status,
};
