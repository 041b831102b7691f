/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Structured fields [RFC 9651]: a strict parser whose results are views into the text, and
 * the serializer. Nothing is allocated; who asks for members gives the room for them.
 */
#ifndef SG_REQUEST_SF_H
#define SG_REQUEST_SF_H

#include "request/text.h"

/* Members of a dictionary or list, items of an inner list, parameters of an item: more of them
 * than this are no structured field here. */
#define SG_SF_MAX 128

enum sg_sf_kind {
	SG_SF_INTEGER,
	SG_SF_DECIMAL,
	SG_SF_STRING,
	SG_SF_TOKEN,
	SG_SF_BYTES,
	SG_SF_BOOLEAN,
	SG_SF_DATE,
	SG_SF_DISPLAY,
	SG_SF_INNER,                    /* an inner list */
};

/* An item or inner list: well formed, not yet decoded. */
struct sg_sf_value {
	enum sg_sf_kind kind;
	struct sg_request_text raw;     /* as it is written, with its quotes or brackets */
	struct sg_request_text params;  /* as they are written, from the first semicolon on */
};

/* A member of a dictionary, or a parameter, whose value then has none of its own. */
struct sg_sf_entry {
	struct sg_request_text key;
	struct sg_sf_value value;
};

struct sg_sf_entries {
	size_t n;
	bool repeated;                  /* a key was there twice; the last one counts */
	struct sg_sf_entry entry[SG_SF_MAX];
};

struct sg_sf_values {
	size_t n;
	struct sg_sf_value value[SG_SF_MAX];
};

/* Read a whole field, or the inside of a value that was read. False for anything else. */
bool sg_sf_item(struct sg_request_text text, struct sg_sf_value *value);
bool sg_sf_list(struct sg_request_text text, struct sg_sf_values *members);
bool sg_sf_dictionary(struct sg_request_text text, struct sg_sf_entries *members);
bool sg_sf_inner(const struct sg_sf_value *value, struct sg_sf_values *items);
bool sg_sf_params(const struct sg_sf_value *value, struct sg_sf_entries *params);

/* Find an entry by its key; NULL where it isn't there. */
const struct sg_sf_entry *sg_sf_find(const struct sg_sf_entries *entries, const char *key);

/* Decode a value of that kind; false for one of another kind. The number has no zero before
 * another digit. A string is appended without its quotes. Bytes are base64 with its padding. */
bool sg_sf_integer(const struct sg_sf_value *value, int64_t *number);
bool sg_sf_string(const struct sg_sf_value *value, struct sg_writer *w);
bool sg_sf_bytes(const struct sg_sf_value *value, uint8_t *out, size_t max, size_t *len);
bool sg_sf_true(const struct sg_sf_value *value);

/* Append in the one way of writing it [RFC 9651 §4.1]. False where a part is no structured field,
 * which is never so for what was read above. */
bool sg_sf_write(struct sg_writer *w, const struct sg_sf_value *value);
bool sg_sf_write_list(struct sg_writer *w, const struct sg_sf_values *members);
bool sg_sf_write_dictionary(struct sg_writer *w, const struct sg_sf_entries *members);

/* Append a text as a string, in quotes. It must be printable ASCII. */
void sg_sf_write_string(struct sg_writer *w, struct sg_request_text text);

/* Tell whether a text can be a string, and whether it can be a key. */
bool sg_sf_is_string(struct sg_request_text text);
bool sg_sf_is_key(struct sg_request_text text);

#endif
