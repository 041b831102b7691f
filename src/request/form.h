/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. A form of signed requests is a row of a table: what it is called, what it is signed
 * with, and how it is written and read.
 */
#ifndef SG_REQUEST_FORM_H
#define SG_REQUEST_FORM_H

#include "request/keep.h"
#include "request/target.h"

/* One request that is signed or read. */
struct sg_request_job {
	const struct sg_request_message *message;
	struct sg_request_target target;
	const struct sg_request_signing *signing;       /* NULL: reading */
	const struct sg_request_reading *reading;       /* NULL: signing */
	unsigned flags;
	int64_t created;                /* signing */
	struct sg_request_text nonce;   /* signing; empty: none */
	struct sg_request_owned *made;
	struct sg_buf room;             /* for whoever writes something to keep */
};

enum sg_request_key_kind {
	SG_REQUEST_KEY_ED25519,
	SG_REQUEST_KEY_HMAC,
};

struct sg_request_form_row {
	const char *name;
	const char *field;              /* where it is, there is a signature of this form */
	enum sg_request_key_kind key;
	size_t signature_len;
	bool nonce;                     /* its signatures may have one */
	bool lists;                     /* they say what they cover */
	unsigned flags;                 /* that say something when signing in it */

	/* Signing: fill everything of job->made->out but the signature and the fields. */
	enum sg_request_reason (*prepare)(struct sg_request_job *job);

	/* Signing: with the signature, fill the fields. */
	enum sg_request_reason (*finish)(struct sg_request_job *job);

	/* Reading: fill everything but the fields. */
	enum sg_request_reason (*read)(struct sg_request_job *job);
};

extern const struct sg_request_form_row sg_request_vault, sg_request_rfc9421, sg_request_hmac;

/* Find the row of a form; NULL for none. */
const struct sg_request_form_row *sg_request_form_row(enum sg_request_form form);

/* Find the form whose fields are in a message. Errors: UNSIGNED, FORMS. */
enum sg_request_reason sg_request_form_of(const struct sg_request_message *message,
                                          enum sg_request_form *form);

/* Copy how to read, which may be NULL or of an older header and shorter; false where its size,
 * flags or form are none. */
bool sg_request_reading_take(const struct sg_request_reading *how, struct sg_request_reading *out);

/* What several forms do alike, for their own files: */

/* Keep what stands in job->room, which is empty then. */
struct sg_request_text sg_request_job_keep(struct sg_request_job *job, struct sg_writer *w);

/* Give room for n fields of the result, and put one into its place. Both copy. */
enum sg_request_reason sg_request_job_fields(struct sg_request_job *job, size_t n);
void sg_request_job_field(struct sg_request_job *job, const char *name,
                          struct sg_request_text value);

/* Say what is covered, of static strings. */
enum sg_request_reason sg_request_job_components(struct sg_request_job *job,
                                                 const char *const *components, size_t n);

/* Check an identifier of visible ASCII and keep it. Errors: ID, TOO_LONG, NOMEM. */
enum sg_request_reason sg_request_job_id(struct sg_request_job *job, struct sg_request_text id,
                                         const char *field);

/* Tell whether a method has no letter in lower case, as those forms want it that write it so. */
bool sg_request_method_upper(struct sg_request_text method);

#endif
