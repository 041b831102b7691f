/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Content-Digest. An algorithm that is not known is passed over [RFC 9530 §2], which is
 * no harm: one that is must be there too, and all that are must fit.
 */
#include "request/digest.h"

#include <stdlib.h>

#include "request/body.h"
#include "request/field.h"
#include "request/sf.h"

static const struct row {
	const char *name;
	unsigned flag;
	size_t len;
	size_t offset;
} rows[] = {
	{ "sha-256", SG_REQUEST_SHA256, 32, offsetof(struct sg_request_digest, sha256) },
	{ "sha-512", SG_REQUEST_SHA512, 64, offsetof(struct sg_request_digest, sha512) },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static struct sg_bytes of_body(const struct sg_request_digest *body, const struct row *row)
{
	return sg_bytes((const uint8_t *)body + row->offset, row->len);
}

/* Read all lines of the field; the entries view into room. */
static enum sg_request_reason read_field(const struct sg_request_message *message,
                                         struct sg_buf *room, struct sg_sf_entries *entries)
{
	struct sg_writer w = sg_writer(room);

	if (sg_request_field_all(message, sg_request_text("content-digest"), &w) == 0)
		return SG_REQUEST_MISSING;
	if (w.err != SG_OK)
		return sg_request_of_err(w.err);
	return sg_sf_dictionary(sg_request_part(room->data, room->len), entries) &&
	       !entries->repeated ? SG_REQUEST_OK : SG_REQUEST_DIGEST_FORM;
}

static enum sg_request_reason check_entry(const struct sg_sf_entry *entry, const struct row *row,
                                          const struct sg_request_digest *body)
{
	uint8_t claimed[64];
	size_t len;

	if (!sg_sf_bytes(&entry->value, claimed, sizeof(claimed), &len) || len != row->len)
		return SG_REQUEST_DIGEST_FORM;
	if (!(body->have & row->flag))
		return SG_REQUEST_ARGUMENT;
	return sg_bytes_equal(sg_bytes(claimed, len), of_body(body, row)) ? SG_REQUEST_OK :
	                                                                    SG_REQUEST_DIGEST;
}

enum sg_request_reason sg_request_digest_check(const struct sg_request_message *message)
{
	struct sg_sf_entries entries;
	struct sg_buf room = { 0 };
	enum sg_request_reason reason = read_field(message, &room, &entries);
	size_t known = 0;

	for (size_t i = 0; i < N_ROWS && reason == SG_REQUEST_OK; i++) {
		const struct sg_sf_entry *entry = sg_sf_find(&entries, rows[i].name);

		if (!entry)
			continue;
		known++;
		reason = check_entry(entry, &rows[i], sg_request_body_of(message));
	}
	if (reason == SG_REQUEST_OK && known == 0)
		reason = SG_REQUEST_DIGEST_FORM;
	sg_buf_free(&room);
	return reason;
}

enum sg_request_reason sg_request_digest_write(const struct sg_request_message *message,
                                               unsigned digests, struct sg_writer *w)
{
	const struct sg_request_digest *body = sg_request_body_of(message);
	size_t n = 0;

	if (digests == 0)
		digests = body->have & SG_REQUEST_SHA256 ? SG_REQUEST_SHA256 : body->have;
	if (digests == 0 || (digests & ~body->have) != 0)
		return SG_REQUEST_ARGUMENT;
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!(digests & rows[i].flag))
			continue;
		sg_request_puts(w, n++ > 0 ? ", " : "");
		sg_request_puts(w, rows[i].name);
		sg_request_puts(w, "=:");
		sg_request_put_base64(w, of_body(body, &rows[i]));
		sg_request_puts(w, ":");
	}
	return sg_request_of_err(w->err);
}

unsigned sg_request_digests_needed(const struct sg_request_message *message)
{
	struct sg_sf_entries entries;
	struct sg_buf room = { 0 };
	unsigned needed = SG_REQUEST_SHA256;

	if (message && sg_request_message_check(message) == SG_REQUEST_OK &&
	    read_field(message, &room, &entries) == SG_REQUEST_OK && sg_sf_find(&entries, "sha-512"))
		needed |= SG_REQUEST_SHA512;
	sg_buf_free(&room);
	return needed;
}
