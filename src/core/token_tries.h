/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What is known of the tries of a token's PINs, for CK_TOKEN_INFO.flags and for
 * people: how the last PIN was answered, and how many wrong ones the hardware takes.
 */
#ifndef SG_CORE_TOKEN_TRIES_H
#define SG_CORE_TOKEN_TRIES_H

#include "core/token.h"

/* Ask the hardware how many wrong PINs of a user are left; known is false where it does not
 * tell, or there is no such PIN. Errors: the store's, the sealer's. */
enum sg_err sg_token_tries(struct sg_token *token, enum sg_user user, struct sg_seal_tries *out);

/* Ask for the user's tries before he gives a PIN: while sessions are open and nobody is logged
 * in, and not more often than every some seconds. What can't be known stays unknown. */
void sg_token_tries_look(struct sg_token *token);

/* Return CKF_USER_PIN_COUNT_LOW, _FINAL_TRY and _LOCKED, or those of the officer, as they are
 * known; the caller holds the lock. */
CK_FLAGS sg_token_tries_flags(const struct sg_token *token, enum sg_user user);

/* Within this ring. */

/* Remember how a PIN was answered; SG_OK also for a new one. */
void sg_token_note_pin(struct sg_token *token, enum sg_user user, enum sg_err err);

/* The same, and where it was refused, ask how many tries are left. The caller holds `opening`;
 * the record is the one that it was tried with. */
void sg_token_note_try(struct sg_token *token, struct sg_sealer *sealer,
                       const struct sg_token_record *record, enum sg_user user, enum sg_err err);

/* Forget what was known of a PIN that is another in a record that takes the place of the
 * token's; the caller holds the lock for writing. */
void sg_token_tries_renew(struct sg_token *token, const struct sg_token_record *record);

#endif
