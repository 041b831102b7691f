/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Reads, writes, closes and opens parcels.
 */
#include "seal/parcel.h"

#include <string.h>

#include "crypto/aes_gcm.h"
#include "crypto/kdf.h"
#include "crypto/pem.h"
#include "util/cursor.h"
#include "util/log.h"

#define LABEL "SIGNET SENT KEY"
#define SIGNED_FOR "signet sent key 1, signed"
#define BOXED_FOR "signet sent key 1, box"
#define PART_MAX 2048                   /* bytes of what TPMs marshal */
#define POLICY_MAX 8192

enum { FLAG_ENDORSED = 1, FLAG_SIGNED = 2, FLAGS = 3 };

static const char magic[4] = { 'S', 'G', 'X', '1' };

/* A key closes one box only, so that every nonce will do. */
static const uint8_t nonce[SG_GCM_IV];

static void write_policy(const struct sg_policy *policy, struct sg_writer *w)
{
	struct sg_buf stored = { 0 };
	struct sg_writer inner = sg_writer(&stored);

	if (!sg_policy_empty(policy))
		sg_policy_write(policy, &inner);
	sg_write_var(w, sg_buf_bytes(&stored));
	if (w->err == SG_OK)
		w->err = inner.err;
	sg_buf_free(&stored);
}

/* Write all that stands before the box, which authenticates it. */
static void write_head(const struct sg_parcel *parcel, struct sg_writer *w)
{
	sg_write_magic(w, magic);
	sg_write_u8(w, (parcel->endorsed ? FLAG_ENDORSED : 0) |
	               (parcel->is_signed ? FLAG_SIGNED : 0));
	sg_write_bytes(w, sg_bytes(parcel->to, sizeof parcel->to));
	write_policy(&parcel->policy, w);
	sg_write_var(w, sg_buf_bytes(&parcel->object));
	sg_write_var(w, sg_buf_bytes(&parcel->duplicate));
	sg_write_var(w, sg_buf_bytes(&parcel->seed));
	if (parcel->endorsed) {
		sg_write_u8(w, (uint8_t)parcel->ek);
		sg_write_var(w, sg_buf_bytes(&parcel->credential));
		sg_write_var(w, sg_buf_bytes(&parcel->credential_seed));
	}
	if (parcel->is_signed)
		sg_write_bytes(w, sg_bytes(parcel->signer, sizeof parcel->signer));
}

enum sg_err sg_parcel_write(const struct sg_parcel *parcel, struct sg_buf *text)
{
	struct sg_buf bytes = { 0 }, pem = { 0 };
	struct sg_writer w = sg_writer(&bytes);
	enum sg_err err;

	write_head(parcel, &w);
	sg_write_var(&w, sg_buf_bytes(&parcel->box));
	if (parcel->is_signed)
		sg_write_bytes(&w, sg_bytes(parcel->signature, sizeof parcel->signature));
	err = w.err;
	if (err == SG_OK)
		err = sg_pem_write(LABEL, sg_buf_bytes(&bytes), &pem);
	if (err == SG_OK)
		err = sg_buf_set(text, sg_buf_bytes(&pem));
	sg_buf_free(&bytes);
	sg_buf_free(&pem);
	return err;
}

/* Read a part that must be there. */
static enum sg_err read_part(struct sg_reader *r, size_t max, struct sg_buf *out)
{
	struct sg_bytes part = sg_read_var(r, max);

	return part.len > 0 ? sg_buf_set(out, part) : SG_ERR_FORMAT;
}

static enum sg_err read_array(struct sg_reader *r, uint8_t *out, size_t len)
{
	struct sg_bytes bytes = sg_read_bytes(r, len);

	if (r->failed)
		return SG_ERR_FORMAT;
	memcpy(out, bytes.data, len);
	return SG_OK;
}

/* Of a policy only values of PCRs can hold for what another machine has closed. */
static enum sg_err read_policy(struct sg_reader *r, struct sg_policy *policy)
{
	struct sg_bytes stored = sg_read_var(r, POLICY_MAX);
	enum sg_err err;

	if (r->failed)
		return SG_ERR_FORMAT;
	if (stored.len == 0)
		return SG_OK;
	err = sg_policy_read(stored, policy);
	if (err == SG_OK && (!sg_pcrs_any(&policy->pcrs) || policy->auth ||
	                     policy->signer.len > 0 || policy->until != 0 ||
	                     policy->index.handle != 0))
		err = SG_ERR_FORMAT;
	return err;
}

static enum sg_err read_credential(struct sg_reader *r, struct sg_parcel *parcel)
{
	uint8_t ek = sg_read_u8(r);
	enum sg_err err;

	if (r->failed || ek >= SG_EKS)
		return SG_ERR_FORMAT;
	parcel->ek = (enum sg_ek)ek;
	err = read_part(r, PART_MAX, &parcel->credential);
	return err == SG_OK ? read_part(r, PART_MAX, &parcel->credential_seed) : err;
}

static enum sg_err read_record(struct sg_bytes record, struct sg_parcel *parcel)
{
	struct sg_reader r = sg_reader(record);
	uint8_t flags;
	enum sg_err err;

	sg_read_magic(&r, magic);
	flags = sg_read_u8(&r);
	if (r.failed || (flags & ~FLAGS) != 0)
		return SG_ERR_FORMAT;
	parcel->endorsed = flags & FLAG_ENDORSED;
	parcel->is_signed = flags & FLAG_SIGNED;
	err = read_array(&r, parcel->to, sizeof parcel->to);
	if (err == SG_OK)
		err = read_policy(&r, &parcel->policy);
	if (err == SG_OK)
		err = read_part(&r, PART_MAX, &parcel->object);
	if (err == SG_OK)
		err = read_part(&r, PART_MAX, &parcel->duplicate);
	if (err == SG_OK)
		err = read_part(&r, PART_MAX, &parcel->seed);
	if (err == SG_OK && parcel->endorsed)
		err = read_credential(&r, parcel);
	if (err == SG_OK && parcel->is_signed)
		err = read_array(&r, parcel->signer, sizeof parcel->signer);
	if (err == SG_OK)
		err = read_part(&r, SG_PARCEL_PLAIN_MAX + SG_GCM_TAG, &parcel->box);
	if (err == SG_OK && parcel->is_signed)
		err = read_array(&r, parcel->signature, sizeof parcel->signature);
	if (err == SG_OK && (!sg_reader_done(&r) || parcel->box.len <= SG_GCM_TAG))
		err = SG_ERR_FORMAT;
	return err;
}

enum sg_err sg_parcel_read(struct sg_bytes text, struct sg_parcel *parcel)
{
	struct sg_buf record = { 0 };
	enum sg_err err = SG_ERR_FORMAT;

	if (text.len <= SG_PARCEL_TEXT_MAX)
		err = sg_pem_read(text, LABEL, SG_PARCEL_TEXT_MAX, &record);
	if (err == SG_OK)
		err = read_record(sg_buf_bytes(&record), parcel);
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "this is no key that was sent, or it was damaged on its way");
	sg_buf_free(&record);
	return err;
}

/* Make the key of the box out of the two. */
static enum sg_err box_key(const struct sg_parcel *parcel, const struct sg_secret *key,
                           const struct sg_secret *second, struct sg_secret **out)
{
	struct sg_secret *both = NULL;
	enum sg_err err;

	*out = NULL;
	if (key->len != SG_PARCEL_KEY || parcel->endorsed != (second != NULL) ||
	    (second != NULL && second->len != SG_PARCEL_KEY))
		return SG_ERR_RANGE;
	err = sg_secret_new(2 * SG_PARCEL_KEY, &both);
	if (err != SG_OK)
		return err;
	memcpy(both->data, key->data, SG_PARCEL_KEY);
	if (second != NULL)
		memcpy(both->data + SG_PARCEL_KEY, second->data, SG_PARCEL_KEY);
	both->len = second != NULL ? 2 * SG_PARCEL_KEY : SG_PARCEL_KEY;
	err = sg_hkdf_sha256(sg_secret_bytes(both), sg_bytes(NULL, 0), sg_bytes_str(BOXED_FOR),
	                     SG_PARCEL_KEY, out);
	sg_secret_free(&both);
	return err;
}

enum sg_err sg_parcel_close(struct sg_parcel *parcel, const struct sg_secret *key,
                            const struct sg_secret *second, const struct sg_secret *plain)
{
	struct sg_secret *with = NULL;
	struct sg_buf head = { 0 };
	struct sg_writer w = sg_writer(&head);
	enum sg_err err = SG_ERR_RANGE;

	if (plain->len == 0 || plain->len > SG_PARCEL_PLAIN_MAX)
		goto out;
	write_head(parcel, &w);
	err = w.err;
	if (err == SG_OK)
		err = box_key(parcel, key, second, &with);
	parcel->box.len = 0;
	if (err == SG_OK)
		err = sg_buf_reserve(&parcel->box, plain->len + SG_GCM_TAG);
	if (err == SG_OK)
		err = sg_gcm_encrypt(sg_secret_bytes(with), sg_bytes(nonce, sizeof nonce),
		                     sg_buf_bytes(&head), sg_secret_bytes(plain), parcel->box.data,
		                     parcel->box.data + plain->len, SG_GCM_TAG);
	if (err == SG_OK)
		parcel->box.len = plain->len + SG_GCM_TAG;
out:
	sg_secret_free(&with);
	sg_buf_free(&head);
	return err;
}

enum sg_err sg_parcel_open(const struct sg_parcel *parcel, const struct sg_secret *key,
                           const struct sg_secret *second, struct sg_secret **plain)
{
	const size_t len = parcel->box.len > SG_GCM_TAG ? parcel->box.len - SG_GCM_TAG : 0;
	struct sg_secret *with = NULL;
	struct sg_buf head = { 0 };
	struct sg_writer w = sg_writer(&head);
	enum sg_err err = SG_ERR_FORMAT;

	*plain = NULL;
	if (len == 0)
		goto out;
	write_head(parcel, &w);
	err = w.err;
	if (err == SG_OK)
		err = box_key(parcel, key, second, &with);
	if (err == SG_OK)
		err = sg_secret_new(len, plain);
	if (err != SG_OK)
		goto out;
	err = sg_gcm_decrypt(sg_secret_bytes(with), sg_bytes(nonce, sizeof nonce),
	                     sg_buf_bytes(&head), sg_bytes(parcel->box.data, len),
	                     sg_bytes(parcel->box.data + len, SG_GCM_TAG), (*plain)->data);
	(*plain)->len = len;
	if (err == SG_ERR_TAG)
		sg_log(SG_LOG_ERROR, "the key that was sent was changed on its way");
out:
	if (err != SG_OK)
		sg_secret_free(plain);
	sg_secret_free(&with);
	sg_buf_free(&head);
	return err;
}

enum sg_err sg_parcel_signed(const struct sg_parcel *parcel, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	out->len = 0;
	sg_write_var(&w, sg_bytes_str(SIGNED_FOR));
	write_head(parcel, &w);
	sg_write_var(&w, sg_buf_bytes(&parcel->box));
	return w.err;
}

void sg_parcel_clear(struct sg_parcel *parcel)
{
	sg_policy_clear(&parcel->policy);
	sg_buf_free(&parcel->object);
	sg_buf_free(&parcel->duplicate);
	sg_buf_free(&parcel->seed);
	sg_buf_free(&parcel->credential);
	sg_buf_free(&parcel->credential_seed);
	sg_buf_free(&parcel->box);
}
