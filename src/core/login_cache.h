/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What is remembered of a login, for clients that log in and out around every operation,
 * and from several threads at once; nothing unless the configuration asks for it (login-cache,
 * idempotent-login). The PIN is remembered as a code of it under a random key, both in guarded
 * memory. A PIN that is another goes to the hardware, which counts it; nothing here says no.
 */
#ifndef SG_CORE_LOGIN_CACHE_H
#define SG_CORE_LOGIN_CACHE_H

#include "core/keyset.h"
#include "core/object_table.h"
#include "store/stamp.h"
#include "util/alarm.h"
#include "util/config.h"

struct sg_token;
struct sg_token_record;

/* The PIN of a login that the hardware said yes to. */
struct sg_login_proof {
	struct sg_secret *code;         /* a random key, and the code of the PIN; NULL: no proof */
	struct sg_buf copy;             /* the sealed copy that the PIN opened */
};

/* Guarded by the token's lock. */
struct sg_login_cache {
	struct sg_login_proof proof;
	CK_ULONG logins;                /* that no logout has answered */

	/* What a logout left for the next login. */
	struct sg_keyset *keys;         /* of the private half; NULL: nothing is left */
	struct sg_object **objects;     /* the private ones, as the table had them */
	size_t n;
	uint64_t shown;                 /* generation of that half */
	struct sg_store_stamp stamp;    /* of the store that had it */
	uint64_t changes;               /* of the table by then */
	uint64_t until;                 /* milliseconds of CLOCK_BOOTTIME */
	struct sg_alarm alarm;          /* wipes what is left in time */
};

/* Prepare the cache of a token; undo it with sg_login_cache_clear. Errors: NOMEM. */
enum sg_err sg_login_cache_init(struct sg_token *token);

/* Wipe all and end the thread; the caller holds no lock. */
void sg_login_cache_clear(struct sg_token *token);

/* Make the proof of a PIN that opened the user's copy of this record, if the configuration wants
 * one, else none. Errors: NOMEM, SECURE_MEMORY. */
enum sg_err sg_login_proof_make(const struct sg_config *config, struct sg_bytes pin,
                                const struct sg_token_record *record,
                                struct sg_login_proof *out);
void sg_login_proof_clear(struct sg_login_proof *proof);

/* Log the user in who gives the PIN of the login before, without the hardware: again, where he is
 * logged in, or by what a logout left. The record that the token has is up to date. False: that
 * can't be, and nothing was done. */
bool sg_login_recall(struct sg_token *token, struct sg_bytes pin);

/* What follows is called with the token's lock held for writing. */

/* Note a login that the hardware said yes to. Takes the proof over; what was left goes. */
void sg_login_note(struct sg_token *token, struct sg_login_proof *proof);

/* Tell whether a logout is the last one that is due, and count it; `all` answers all logins. */
bool sg_login_is_last(struct sg_token *token, bool all);

/* At a logout, before anything is wiped: take keys and objects of the private half for the next
 * login. Does nothing unless the configuration wants it and they will be wiped in time. */
void sg_login_keep(struct sg_token *token);

/* Wipe what a logout left, and the proof; and only where the record's copy is another by now. */
void sg_login_forget(struct sg_token *token);
void sg_login_review(struct sg_token *token);

#endif
