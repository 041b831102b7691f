/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Messages as tables: what members a structure has, and of what kind. One walk over
 * such a table writes a JSON object, one reads it, one frees it, and one puts the values together
 * for a signature. It doesn't know what the members mean.
 */
#ifndef SG_ENROLL_MEMBER_H
#define SG_ENROLL_MEMBER_H

#include <jansson.h>

#include "enroll/message.h"
#include "util/cursor.h"

struct sg_enroll_member;

/* What can be done with members of one kind; each takes the place of the value. */
struct sg_enroll_kind {
	/* Tell whether there is nothing to write. NULL: there always is. */
	bool (*empty)(const struct sg_enroll_member *member, const void *value);
	/* Make the JSON, which the caller owns; NULL for a value that the member can't have. */
	json_t *(*write)(const struct sg_enroll_member *member, const void *value);
	enum sg_enroll_reason (*read)(const struct sg_enroll_member *member, const json_t *json,
	                              void *value);
	void (*bind)(const struct sg_enroll_member *member, const void *value, struct sg_writer *w);
	void (*clear)(void *value);     /* NULL: it owns nothing */
};

struct sg_enroll_member {
	const char *name;
	const struct sg_enroll_kind *kind;
	size_t offset;                  /* in the structure */
	uint64_t min, max;              /* bytes of it, or the least and greatest number; a member
	                                 * of which 0 bytes may be there is left out then */
	const char *const *names;       /* enumerations: the names of 0 to max */
};

/* Bytes of a fixed length max, in base64; with a min of 0 they are left out where all are zero. */
extern const struct sg_enroll_kind sg_enroll_fixed;
extern const struct sg_enroll_kind sg_enroll_bytes;     /* struct sg_buf, in base64 */
extern const struct sg_enroll_kind sg_enroll_text;      /* struct sg_buf of UTF-8 that is plain */
extern const struct sg_enroll_kind sg_enroll_number;    /* uint64_t */
extern const struct sg_enroll_kind sg_enroll_flag;      /* bool */
extern const struct sg_enroll_kind sg_enroll_name;      /* an enumeration */
extern const struct sg_enroll_kind sg_enroll_chain;     /* SG_ENROLL_CHAIN_MAX struct sg_buf */
extern const struct sg_enroll_kind sg_enroll_signed;    /* struct sg_enroll_attest */

/* A message: its name and its members. */
struct sg_enroll_form {
	const char *name;
	const struct sg_enroll_member *members;
	size_t n;
};

/* Write from as an object of that form, which replaces what out holds. Errors: FORMAT for a value
 * that no reader takes, NOMEM. */
enum sg_err sg_enroll_form_write(const struct sg_enroll_form *form, const void *from,
                                 struct sg_buf *out);

/* Read an object of that form into an empty structure. Reasons as sg_enroll_hello_read. */
enum sg_enroll_reason sg_enroll_form_read(const struct sg_enroll_form *form, struct sg_bytes text,
                                          void *to);

/* Append the first n members to w, each so that where it ends is certain. */
void sg_enroll_form_bind(const struct sg_enroll_form *form, size_t n, const void *from,
                         struct sg_writer *w);

/* Wipe and free what the structure owns. */
void sg_enroll_form_clear(const struct sg_enroll_form *form, void *of);

#endif
