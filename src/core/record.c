/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Closing and opening object records.
 */
#include "core/record.h"

#include <stdlib.h>

#include "crypto/aes_gcm.h"
#include "crypto/random.h"
#include "util/cursor.h"

#define VERSION 1
#define FLAG_PRIVATE 0x01
#define MAGIC "SGOB"
#define SECRET_MAX (1 << 17)
#define ATTRS_MAX (1 << 19)

/* A record taken apart, as views. */
struct parts {
	struct sg_record_head head;
	struct sg_bytes secret;
	struct sg_bytes iv;
	struct sg_bytes cipher;         /* of the attributes, without the tag */
	struct sg_bytes tag;
};

static enum sg_err split(struct sg_bytes record, struct parts *p)
{
	struct sg_reader r = sg_reader(record);
	struct sg_bytes closed;
	uint16_t version;
	uint8_t flags;

	*p = (struct parts){ .secret = { NULL, 0 } };
	sg_read_magic(&r, MAGIC);
	version = sg_read_u16(&r);
	if (!r.failed && version != VERSION)
		return SG_ERR_STORE_VERSION;
	flags = sg_read_u8(&r);
	p->head.class = sg_read_u32(&r);
	p->head.generation = sg_read_u64(&r);
	p->head.half = flags & FLAG_PRIVATE ? SG_PRIVATE_HALF : SG_PUBLIC_HALF;
	p->secret = sg_read_var(&r, SECRET_MAX);
	p->iv = sg_read_bytes(&r, SG_GCM_IV);
	closed = sg_read_var(&r, ATTRS_MAX);
	if (!sg_reader_done(&r) || flags > FLAG_PRIVATE ||
	    closed.len < SG_GCM_TAG)
		return SG_ERR_STORE_DAMAGED;
	p->cipher = sg_bytes(closed.data, closed.len - SG_GCM_TAG);
	p->tag = sg_bytes(closed.data + p->cipher.len, SG_GCM_TAG);
	return SG_OK;
}

enum sg_err sg_record_head(struct sg_bytes record, struct sg_record_head *head)
{
	struct parts p;
	enum sg_err err = split(record, &p);

	*head = p.head;
	return err;
}

/* Write what a part is bound to; generation and secret are for the attributes only. */
static enum sg_err bind(const char *part, const uint8_t token[SG_UUID],
                        const uint8_t row[SG_UUID], const struct sg_record_head *head,
                        struct sg_bytes secret, struct sg_buf *aad)
{
	struct sg_writer w = sg_writer(aad);

	sg_write_var(&w, sg_bytes_str(part));
	sg_write_bytes(&w, sg_bytes(token, SG_UUID));
	sg_write_bytes(&w, sg_bytes(row, SG_UUID));
	sg_write_u8(&w, (uint8_t)head->half);
	sg_write_u32(&w, (uint32_t)head->class);
	sg_write_u64(&w, head->generation);
	sg_write_var(&w, secret);
	return w.err;
}

static struct sg_record_head head_of(const struct sg_object *object, uint64_t generation)
{
	return (struct sg_record_head){
		.half = sg_object_half(object),
		.class = object->class,
		.generation = generation,
	};
}

enum sg_err sg_record_open(const uint8_t token[SG_UUID], const uint8_t row[SG_UUID],
                           const struct sg_keyset *keys, struct sg_bytes record,
                           struct sg_object **out)
{
	struct sg_attrs attrs = { 0 };
	struct sg_buf aad = { 0 }, plain = { 0 };
	struct sg_object *object = NULL;
	struct parts p;
	enum sg_err err;

	err = split(record, &p);
	if (err != SG_OK)
		goto out;
	err = bind("attributes", token, row, &p.head, p.secret, &aad);
	if (err == SG_OK)
		err = sg_buf_reserve(&plain, p.cipher.len);
	if (err == SG_OK)
		err = sg_gcm_decrypt(sg_secret_bytes(keys->record), p.iv, sg_buf_bytes(&aad),
		                     p.cipher, p.tag, plain.data);
	if (err != SG_OK)
		goto out;
	plain.len = p.cipher.len;
	err = sg_attrs_parse(sg_buf_bytes(&plain), &attrs);
	if (err != SG_OK)
		goto out;
	err = sg_object_stored(&attrs, p.secret, row, p.head.generation, &object);
	if (err == SG_OK && (object->class != p.head.class ||
	                     object->secluded != (p.head.half == SG_PRIVATE_HALF)))
		err = SG_ERR_STORE_DAMAGED;
out:
	if (err != SG_OK)
		sg_object_unref(&object);
	if (err == SG_ERR_TAG || err == SG_ERR_FORMAT || err == SG_ERR_RANGE)
		err = SG_ERR_STORE_DAMAGED;
	sg_attrs_free(&attrs);
	sg_buf_free(&aad);
	sg_buf_wipe(&plain);
	*out = object;
	return err;
}

enum sg_err sg_record_close(const uint8_t token[SG_UUID], const struct sg_keyset *keys,
                            const struct sg_object *object, uint64_t generation,
                            struct sg_buf *out)
{
	struct sg_record_head head = head_of(object, generation);
	struct sg_bytes secret = sg_bytes(NULL, 0), plain = sg_buf_bytes(&object->attrs.list);
	struct sg_buf aad = { 0 }, closed = { 0 }, record = { 0 };
	struct sg_writer w = sg_writer(&record);
	uint8_t iv[SG_GCM_IV];
	enum sg_err err;

	if (object->material != NULL)
		secret = sg_buf_bytes(&object->material->closed);
	sg_random(iv, sizeof iv);
	err = bind("attributes", token, object->uuid, &head, secret, &aad);
	if (err == SG_OK)
		err = sg_buf_reserve(&closed, plain.len + SG_GCM_TAG);
	if (err == SG_OK)
		err = sg_gcm_encrypt(sg_secret_bytes(keys->record), sg_bytes(iv, sizeof iv),
		                     sg_buf_bytes(&aad), plain, closed.data,
		                     closed.data + plain.len, SG_GCM_TAG);
	if (err == SG_OK) {
		closed.len = plain.len + SG_GCM_TAG;
		sg_write_magic(&w, MAGIC);
		sg_write_u16(&w, VERSION);
		sg_write_u8(&w, object->secluded ? FLAG_PRIVATE : 0);
		sg_write_u32(&w, (uint32_t)head.class);
		sg_write_u64(&w, head.generation);
		sg_write_var(&w, secret);
		sg_write_bytes(&w, sg_bytes(iv, sizeof iv));
		sg_write_var(&w, sg_buf_bytes(&closed));
		err = w.err;
	}
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&record));
	sg_buf_free(&aad);
	sg_buf_free(&closed);
	sg_buf_free(&record);
	return err;
}

enum sg_err sg_record_close_secret(const uint8_t token[SG_UUID], const struct sg_keyset *keys,
                                   const struct sg_object *object, enum sg_closed_by by,
                                   struct sg_bytes inner, struct sg_buf *out)
{
	struct sg_record_head head = head_of(object, 0);
	struct sg_buf aad = { 0 }, closed = { 0 };
	struct sg_writer w = sg_writer(&closed);
	uint8_t iv[SG_GCM_IV], kind = (uint8_t)by;
	enum sg_err err;

	sg_random(iv, sizeof iv);
	err = bind("secret", token, object->uuid, &head, sg_bytes(&kind, 1), &aad);
	sg_write_u8(&w, kind);
	sg_write_bytes(&w, sg_bytes(iv, sizeof iv));
	if (err == SG_OK)
		err = w.err;
	if (err == SG_OK)
		err = sg_buf_reserve(&closed, inner.len + SG_GCM_TAG);
	if (err == SG_OK)
		err = sg_gcm_encrypt(sg_secret_bytes(keys->record), sg_bytes(iv, sizeof iv),
		                     sg_buf_bytes(&aad), inner, closed.data + closed.len,
		                     closed.data + closed.len + inner.len, SG_GCM_TAG);
	if (err == SG_OK) {
		closed.len += inner.len + SG_GCM_TAG;
		err = sg_buf_set(out, sg_buf_bytes(&closed));
	}
	sg_buf_free(&aad);
	sg_buf_free(&closed);
	return err;
}

enum sg_err sg_record_open_secret(const uint8_t token[SG_UUID], const struct sg_keyset *keys,
                                  const struct sg_object *object, enum sg_closed_by *by,
                                  struct sg_secret **inner)
{
	struct sg_record_head head = head_of(object, 0);
	struct sg_reader r = sg_reader(sg_buf_bytes(&object->material->closed));
	struct sg_bytes iv, cipher, tag;
	struct sg_secret *secret = NULL;
	struct sg_buf aad = { 0 };
	enum sg_err err;
	uint8_t kind;

	kind = sg_read_u8(&r);
	iv = sg_read_bytes(&r, SG_GCM_IV);
	if (r.failed || kind > SG_CLOSED_BY_PIN || r.rest.len <= SG_GCM_TAG)
		return SG_ERR_STORE_DAMAGED;
	cipher = sg_bytes(r.rest.data, r.rest.len - SG_GCM_TAG);
	tag = sg_bytes(r.rest.data + cipher.len, SG_GCM_TAG);
	err = bind("secret", token, object->uuid, &head, sg_bytes(&kind, 1), &aad);
	if (err == SG_OK)
		err = sg_secret_new(cipher.len, &secret);
	if (err == SG_OK)
		err = sg_gcm_decrypt(sg_secret_bytes(keys->record), iv, sg_buf_bytes(&aad), cipher,
		                     tag, secret->data);
	if (err == SG_OK) {
		secret->len = cipher.len;
		*by = (enum sg_closed_by)kind;
	} else {
		sg_secret_free(&secret);
		if (err == SG_ERR_TAG)
			err = SG_ERR_STORE_DAMAGED;
	}
	sg_buf_free(&aad);
	*inner = secret;
	return err;
}
