/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The kinds of members: each as JSON, and as bytes that are signed. What is written
 * is what the reader takes; nothing has two forms.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "enroll/member.h"
#include "util/utf8.h"

#define BASE64(n) (((n) + 2) / 3 * 4)

/* Tell whether a number of bytes is too small or too large for a member. */
static enum sg_enroll_reason fits(size_t len, uint64_t min, uint64_t max)
{
	return len < min ? SG_ENROLL_FORMAT : len > max ? SG_ENROLL_TOO_LONG : SG_ENROLL_OK;
}

static json_t *base64_write(struct sg_bytes bytes)
{
	const size_t size = BASE64(bytes.len) + 1;
	char *text = malloc(size);
	json_t *json = NULL;

	if (text != NULL) {
		sg_base64_public(bytes, text, size);
		json = json_string(text);
	}
	free(text);
	return json;
}

/* Read base64 of at most max bytes into an empty buffer: without a space, and not of nothing. */
static enum sg_enroll_reason base64_read(const json_t *json, uint64_t min, uint64_t max,
                                         struct sg_buf *out)
{
	const struct sg_bytes text = sg_bytes(json_string_value(json), json_string_length(json));
	size_t len;

	if (!json_is_string(json) || text.len == 0)
		return SG_ENROLL_FORMAT;
	if (text.len > BASE64(max))
		return SG_ENROLL_TOO_LONG;
	if (sg_buf_reserve(out, text.len) != SG_OK)
		return SG_ENROLL_INTERNAL;
	if (!sg_base64_read(text, out->data, out->cap, &len) || BASE64(len) != text.len)
		return SG_ENROLL_FORMAT;
	out->len = len;
	return fits(len, min, max);
}

/* Read base64 of exactly len bytes. */
static enum sg_enroll_reason fixed_base64_read(const json_t *json, size_t len, uint8_t *out)
{
	struct sg_buf bytes = { NULL, 0, 0 };
	enum sg_enroll_reason reason = base64_read(json, len, len, &bytes);

	if (reason == SG_ENROLL_OK)
		memcpy(out, bytes.data, len);
	sg_buf_free(&bytes);
	return reason;
}

/* Fixed bytes. */

static bool fixed_empty(const struct sg_enroll_member *member, const void *value)
{
	const uint8_t *bytes = value;
	uint8_t any = 0;

	for (size_t i = 0; i < member->max; i++)
		any |= bytes[i];
	return member->min == 0 && any == 0;
}

static json_t *fixed_write(const struct sg_enroll_member *member, const void *value)
{
	return base64_write(sg_bytes(value, member->max));
}

static enum sg_enroll_reason fixed_read(const struct sg_enroll_member *member, const json_t *json,
                                        void *value)
{
	const enum sg_enroll_reason reason = fixed_base64_read(json, member->max, value);

	return reason == SG_ENROLL_OK && fixed_empty(member, value) ? SG_ENROLL_FORMAT : reason;
}

static void fixed_bind(const struct sg_enroll_member *member, const void *value,
                       struct sg_writer *w)
{
	sg_write_bytes(w, sg_bytes(value, member->max));
}

const struct sg_enroll_kind sg_enroll_fixed = { fixed_empty, fixed_write, fixed_read, fixed_bind,
	                                        NULL };

/* Buffers. */

static bool buf_empty(const struct sg_enroll_member *member, const void *value)
{
	(void)member;
	return ((const struct sg_buf *)value)->len == 0;
}

static void buf_bind(const struct sg_enroll_member *member, const void *value,
                     struct sg_writer *w)
{
	(void)member;
	sg_write_var(w, sg_buf_bytes(value));
}

static void buf_clear(void *value)
{
	sg_buf_wipe(value);
}

static json_t *bytes_write(const struct sg_enroll_member *member, const void *value)
{
	const struct sg_bytes bytes = sg_buf_bytes(value);

	return fits(bytes.len, member->min, member->max) == SG_ENROLL_OK ? base64_write(bytes)
	                                                                 : NULL;
}

static enum sg_enroll_reason bytes_read(const struct sg_enroll_member *member, const json_t *json,
                                        void *value)
{
	return base64_read(json, member->min, member->max, value);
}

const struct sg_enroll_kind sg_enroll_bytes = { buf_empty, bytes_write, bytes_read, buf_bind,
	                                        buf_clear };

static json_t *text_write(const struct sg_enroll_member *member, const void *value)
{
	const struct sg_bytes text = sg_buf_bytes(value);

	return fits(text.len, member->min, member->max) == SG_ENROLL_OK && sg_utf8_plain(text)
	               ? json_stringn((const char *)text.data, text.len)
	               : NULL;
}

static enum sg_enroll_reason text_read(const struct sg_enroll_member *member, const json_t *json,
                                       void *value)
{
	const struct sg_bytes text = sg_bytes(json_string_value(json), json_string_length(json));
	enum sg_enroll_reason reason;

	if (!json_is_string(json) || text.len == 0 || !sg_utf8_plain(text))
		return SG_ENROLL_FORMAT;
	reason = fits(text.len, member->min, member->max);
	if (reason == SG_ENROLL_OK && sg_buf_set(value, text) != SG_OK)
		reason = SG_ENROLL_INTERNAL;
	return reason;
}

const struct sg_enroll_kind sg_enroll_text = { buf_empty, text_write, text_read, buf_bind,
	                                       buf_clear };

/* Numbers. */

static json_t *number_write(const struct sg_enroll_member *member, const void *value)
{
	uint64_t number;

	memcpy(&number, value, sizeof number);
	return number >= member->min && number <= member->max ? json_integer((json_int_t)number)
	                                                      : NULL;
}

static enum sg_enroll_reason number_read(const struct sg_enroll_member *member,
                                         const json_t *json, void *value)
{
	const json_int_t number = json_integer_value(json);
	const uint64_t read = (uint64_t)number;

	if (!json_is_integer(json) || number < 0 || read < member->min || read > member->max)
		return SG_ENROLL_FORMAT;
	memcpy(value, &read, sizeof read);
	return SG_ENROLL_OK;
}

static void number_bind(const struct sg_enroll_member *member, const void *value,
                        struct sg_writer *w)
{
	uint64_t number;

	(void)member;
	memcpy(&number, value, sizeof number);
	sg_write_u64(w, number);
}

const struct sg_enroll_kind sg_enroll_number = { NULL, number_write, number_read, number_bind,
	                                         NULL };

static json_t *flag_write(const struct sg_enroll_member *member, const void *value)
{
	(void)member;
	return json_boolean(*(const bool *)value);
}

static enum sg_enroll_reason flag_read(const struct sg_enroll_member *member, const json_t *json,
                                       void *value)
{
	(void)member;
	*(bool *)value = json_is_true(json);
	return json_is_boolean(json) ? SG_ENROLL_OK : SG_ENROLL_FORMAT;
}

static void flag_bind(const struct sg_enroll_member *member, const void *value,
                      struct sg_writer *w)
{
	(void)member;
	sg_write_u32(w, *(const bool *)value ? 1 : 0);
}

const struct sg_enroll_kind sg_enroll_flag = { NULL, flag_write, flag_read, flag_bind, NULL };

/* Enumerations: all of ours are of one size. */

_Static_assert(sizeof(enum sg_enroll_origin) == sizeof(unsigned) &&
               sizeof(enum sg_enroll_class) == sizeof(unsigned) &&
               sizeof(enum sg_enroll_level) == sizeof(unsigned) &&
               sizeof(enum sg_ek) == sizeof(unsigned), "enumerations are numbers without a sign");

static json_t *name_write(const struct sg_enroll_member *member, const void *value)
{
	unsigned number;

	memcpy(&number, value, sizeof number);
	return number >= member->min && number <= member->max ? json_string(member->names[number])
	                                                      : NULL;
}

static enum sg_enroll_reason name_read(const struct sg_enroll_member *member, const json_t *json,
                                       void *value)
{
	const char *name = json_string_value(json);

	for (unsigned i = (unsigned)member->min; name != NULL && i <= member->max; i++)
		if (strcmp(member->names[i], name) == 0) {
			memcpy(value, &i, sizeof i);
			return SG_ENROLL_OK;
		}
	return SG_ENROLL_FORMAT;
}

static void name_bind(const struct sg_enroll_member *member, const void *value,
                      struct sg_writer *w)
{
	unsigned number;

	(void)member;
	memcpy(&number, value, sizeof number);
	sg_write_u32(w, number);
}

const struct sg_enroll_kind sg_enroll_name = { NULL, name_write, name_read, name_bind, NULL };

/* Certificates. */

static size_t chain_len(const struct sg_buf *chain)
{
	size_t n = 0;

	while (n < SG_ENROLL_CHAIN_MAX && chain[n].len > 0)
		n++;
	return n;
}

static bool chain_empty(const struct sg_enroll_member *member, const void *value)
{
	(void)member;
	return chain_len(value) == 0;
}

static json_t *chain_write(const struct sg_enroll_member *member, const void *value)
{
	const struct sg_buf *chain = value;
	json_t *json = json_array();

	for (size_t i = 0; i < chain_len(chain); i++)
		if (chain[i].len > member->max ||
		    json_array_append_new(json, base64_write(sg_buf_bytes(&chain[i]))) != 0) {
			json_decref(json);
			return NULL;
		}
	return json;
}

static enum sg_enroll_reason chain_read(const struct sg_enroll_member *member, const json_t *json,
                                        void *value)
{
	struct sg_buf *chain = value;
	enum sg_enroll_reason reason = SG_ENROLL_OK;
	const size_t n = json_array_size(json);

	if (!json_is_array(json) || n == 0)
		return SG_ENROLL_FORMAT;
	if (n > SG_ENROLL_CHAIN_MAX)
		return SG_ENROLL_TOO_LONG;
	for (size_t i = 0; i < n && reason == SG_ENROLL_OK; i++)
		reason = base64_read(json_array_get(json, i), 1, member->max, &chain[i]);
	return reason;
}

static void chain_bind(const struct sg_enroll_member *member, const void *value,
                       struct sg_writer *w)
{
	const struct sg_buf *chain = value;

	(void)member;
	sg_write_u32(w, (uint32_t)chain_len(chain));
	for (size_t i = 0; i < chain_len(chain); i++)
		sg_write_var(w, sg_buf_bytes(&chain[i]));
}

static void chain_clear(void *value)
{
	struct sg_buf *chain = value;

	for (size_t i = 0; i < SG_ENROLL_CHAIN_MAX; i++)
		sg_buf_wipe(&chain[i]);
}

const struct sg_enroll_kind sg_enroll_chain = { chain_empty, chain_write, chain_read, chain_bind,
	                                        chain_clear };

/* Attestations: two members of an object of its own. */

#define SIGNATURE 64                    /* r ‖ s of ECDSA over P-256 */

static bool signed_empty(const struct sg_enroll_member *member, const void *value)
{
	(void)member;
	return ((const struct sg_enroll_attest *)value)->attest.len == 0;
}

static json_t *signed_write(const struct sg_enroll_member *member, const void *value)
{
	const struct sg_enroll_attest *attest = value;

	if (attest->attest.len > member->max || attest->signature.len != SIGNATURE)
		return NULL;
	return json_pack("{s:o, s:o}", "attest", base64_write(sg_buf_bytes(&attest->attest)),
	                 "signature", base64_write(sg_buf_bytes(&attest->signature)));
}

static enum sg_enroll_reason signed_read(const struct sg_enroll_member *member,
                                         const json_t *json, void *value)
{
	struct sg_enroll_attest *attest = value;
	enum sg_enroll_reason reason;

	if (!json_is_object(json) || json_object_size(json) != 2)
		return SG_ENROLL_FORMAT;
	reason = base64_read(json_object_get(json, "attest"), 1, member->max, &attest->attest);
	if (reason == SG_ENROLL_OK)
		reason = base64_read(json_object_get(json, "signature"), SIGNATURE, SIGNATURE,
		                     &attest->signature);
	return reason;
}

static void signed_bind(const struct sg_enroll_member *member, const void *value,
                        struct sg_writer *w)
{
	const struct sg_enroll_attest *attest = value;

	(void)member;
	sg_write_var(w, sg_buf_bytes(&attest->attest));
	sg_write_var(w, sg_buf_bytes(&attest->signature));
}

static void signed_clear(void *value)
{
	struct sg_enroll_attest *attest = value;

	sg_buf_wipe(&attest->attest);
	sg_buf_wipe(&attest->signature);
}

const struct sg_enroll_kind sg_enroll_signed = { signed_empty, signed_write, signed_read,
	                                         signed_bind, signed_clear };
