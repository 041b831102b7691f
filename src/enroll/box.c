/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Closes and opens the box around a duplicate: AES-256-GCM, with an IV of zeros
 * because each key closes one.
 */
#include "enroll/box.h"

#include "crypto/aes_gcm.h"
#include "util/cursor.h"

#define INNER_MAX 1024                  /* bytes of a duplicate */

static const uint8_t iv[SG_GCM_IV];

static enum sg_err write_head(struct sg_bytes object, struct sg_bytes seed, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	sg_write_var(&w, object);
	sg_write_var(&w, seed);
	return w.err;
}

enum sg_err sg_enroll_box_close(const struct sg_secret *key, struct sg_bytes object,
                                struct sg_bytes seed, struct sg_bytes duplicate,
                                struct sg_buf *out)
{
	struct sg_buf head = { 0 };
	enum sg_err err = SG_ERR_RANGE;

	out->len = 0;
	if (key->len == SG_ENROLL_BOX_KEY && duplicate.len > 0 && duplicate.len <= INNER_MAX)
		err = write_head(object, seed, &head);
	if (err == SG_OK)
		err = sg_buf_reserve(out, duplicate.len + SG_GCM_TAG);
	if (err == SG_OK)
		err = sg_gcm_encrypt(sg_secret_bytes(key), sg_bytes(iv, sizeof iv),
		                     sg_buf_bytes(&head), duplicate, out->data,
		                     out->data + duplicate.len, SG_GCM_TAG);
	if (err == SG_OK)
		out->len = duplicate.len + SG_GCM_TAG;
	sg_buf_free(&head);
	return err;
}

enum sg_err sg_enroll_box_open(const struct sg_secret *key, struct sg_bytes object,
                               struct sg_bytes seed, struct sg_bytes box,
                               struct sg_secret **duplicate)
{
	const size_t len = box.len > SG_GCM_TAG ? box.len - SG_GCM_TAG : 0;
	struct sg_buf head = { 0 };
	enum sg_err err = SG_ERR_RANGE;

	*duplicate = NULL;
	if (key->len == SG_ENROLL_BOX_KEY && len > 0 && len <= INNER_MAX)
		err = write_head(object, seed, &head);
	if (err == SG_OK)
		err = sg_secret_new(len, duplicate);
	if (err == SG_OK)
		err = sg_gcm_decrypt(sg_secret_bytes(key), sg_bytes(iv, sizeof iv),
		                     sg_buf_bytes(&head), sg_bytes(box.data, len),
		                     sg_bytes(box.data + len, SG_GCM_TAG), (*duplicate)->data);
	if (err == SG_OK)
		(*duplicate)->len = len;
	else
		sg_secret_free(duplicate);
	sg_buf_free(&head);
	return err;
}
