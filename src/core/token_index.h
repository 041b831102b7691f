/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The indices that count wrong PINs of a token (seal/pin_index.h): entered in its
 * record before they are made, and removed when no sealed copy uses them any more. So a
 * power cut at any point leaves none in the hardware that the record does not name. What is
 * removed is marked first: who just makes an index then does not get it into use.
 */
#ifndef SG_CORE_TOKEN_INDEX_H
#define SG_CORE_TOKEN_INDEX_H

#include "core/token.h"

/* Plan the index for a copy; *plan is NULL where the record has none counted. The caller
 * frees *plan, and holds `opening`. Errors: HW_UNSUPPORTED for a sealer that can't, its own. */
enum sg_err sg_token_index_plan(struct sg_sealer *sealer, const struct sg_token_record *record,
                                enum sg_seal_slot slot, struct sg_pin_plan **plan);

/* Enter what is planned in a record that is not stored yet. Errors: HW_NV_FULL. */
enum sg_err sg_token_index_add(struct sg_token_record *record, const struct sg_pin_plan *plan);

/* Enter what is planned in the stored record; NULL is fine. The caller holds `opening`;
 * owner_auth, to remove others where there are too many, may be NULL. Errors: HW_NV_FULL where
 * that can't be done, the store's. */
enum sg_err sg_token_index_enter(struct sg_token *token, struct sg_sealer *sealer,
                                 struct sg_keyset *const keys[2],
                                 const struct sg_secret *owner_auth,
                                 const struct sg_pin_plan *plan);

/* Mark all indices of a record that no copy uses, as the last step of a change of it. Errors:
 * STORE_BUSY where a copy uses one that another process is removing. */
enum sg_err sg_token_index_settle(struct sg_sealer *sealer, struct sg_token_record *record);

/* Remove from the hardware what no copy of the stored record uses. What can't be removed stays
 * in the record, for the next time. The caller holds `opening`; owner_auth may be NULL. Errors:
 * that of the first that could not be removed, or why none was looked for; all are logged. */
enum sg_err sg_token_index_sweep(struct sg_token *token, struct sg_sealer *sealer,
                                 struct sg_keyset *const keys[2],
                                 const struct sg_secret *owner_auth);

/* The same after a change of a PIN that ended with err, which it returns: PIN_LEFT where the
 * change stands and is counted, and what counted for the old PIN could not be removed. */
enum sg_err sg_token_index_settled(struct sg_token *token, struct sg_sealer *sealer,
                                   struct sg_keyset *const keys[2],
                                   const struct sg_secret *owner_auth, enum sg_err err);

/* The same where the record, which is authenticated, names one that somebody was about to remove:
 * for whoever has the keys next. Where the owner hierarchy has a password it stays, and the log
 * says how it is removed. */
void sg_token_index_resume(struct sg_token *token, const struct sg_token_record *record,
                           struct sg_keyset *const keys[2]);

/* Take those off a list that another one names too. */
void sg_token_index_spare(struct sg_pin_list *list, const struct sg_pin_list *needed);

/* Remove from the hardware what a record names that is not stored, or not any more. *left are
 * those that could not be removed. The caller holds `opening`; owner_auth may be NULL. Errors:
 * that of the first that could not be removed. */
enum sg_err sg_token_index_abandon(struct sg_sealer *sealer, const struct sg_token_record *record,
                                   const struct sg_secret *owner_auth, struct sg_pin_list *left);

#endif
