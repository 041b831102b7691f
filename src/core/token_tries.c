/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What is known of the tries of a token's PINs. Other processes try PINs too, and the
 * hardware forgets wrong ones with time: what it said is believed for as long as it can't have
 * become better.
 */
#include "core/token_tries.h"

#define LOCKED_SHOWN 60                 /* seconds that an unexplained lockout is shown */
#define LOOK_AGAIN 10                   /* seconds */

static const struct {
	enum sg_seal_slot slot;
	CK_FLAGS low, final, locked;
} users[SG_USERS] = {
	[SG_USER] = { SG_SEAL_USER, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY,
	              CKF_USER_PIN_LOCKED },
	[SG_SO] = { SG_SEAL_SO, CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED },
};

/* Seconds of a clock that nobody sets; never 0. */
static time_t now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec + 1;
}

void sg_token_note_pin(struct sg_token *token, enum sg_user user, enum sg_err err)
{
	struct sg_pin_state *state = &token->pin[user];

	pthread_rwlock_wrlock(&token->lock);
	if (err == SG_OK)
		*state = (struct sg_pin_state){ .asked = now() };
	else if (err == SG_ERR_AUTH)
		state->low = true;
	else if (err == SG_ERR_LOCKED || err == SG_ERR_PIN_SPENT)
		state->locked = now();
	pthread_rwlock_unlock(&token->lock);
}

/* Ask; the caller holds `opening`. */
static enum sg_err ask(struct sg_sealer *sealer, const struct sg_token_record *record,
                       enum sg_user user, struct sg_seal_tries *out)
{
	const struct sg_buf *blob = &record->copy[users[user].slot].blob;

	*out = (struct sg_seal_tries){ 0 };
	if (record->machine || blob->len == 0 || sealer->ops->tries == NULL)
		return SG_OK;
	return sealer->ops->tries(sealer, sg_buf_bytes(&record->parent), sg_buf_bytes(blob), out);
}

static void keep(struct sg_token *token, enum sg_user user, const struct sg_seal_tries *tries)
{
	pthread_rwlock_wrlock(&token->lock);
	token->pin[user].tries = *tries;
	token->pin[user].asked = now();
	pthread_rwlock_unlock(&token->lock);
}

void sg_token_note_try(struct sg_token *token, struct sg_sealer *sealer,
                       const struct sg_token_record *record, enum sg_user user, enum sg_err err)
{
	struct sg_seal_tries tries;

	sg_token_note_pin(token, user, err);
	if ((err == SG_ERR_AUTH || err == SG_ERR_LOCKED || err == SG_ERR_PIN_SPENT) &&
	    ask(sealer, record, user, &tries) == SG_OK)
		keep(token, user, &tries);
}

enum sg_err sg_token_tries(struct sg_token *token, enum sg_user user, struct sg_seal_tries *out)
{
	struct sg_token_record record = { 0 };
	struct sg_sealer *sealer;
	enum sg_err err;

	*out = (struct sg_seal_tries){ 0 };
	err = sg_token_read_record(token, &record);
	if (err != SG_OK)
		return err;
	sg_token_opening_lock(token);
	err = sg_token_sealer(token, record.sealer, &sealer);
	if (err == SG_OK)
		err = ask(sealer, &record, user, out);
	if (err == SG_OK)
		keep(token, user, out);
	sg_token_opening_unlock(token);
	sg_token_record_clear(&record);
	return err;
}

void sg_token_tries_look(struct sg_token *token)
{
	struct sg_seal_tries tries;
	bool wanted;

	pthread_rwlock_rdlock(&token->lock);
	wanted = token->present && !token->record.machine && token->sessions > 0 &&
	         token->user == SG_NOBODY &&
	         (token->pin[SG_USER].asked == 0 ||
	          now() - token->pin[SG_USER].asked >= LOOK_AGAIN);
	pthread_rwlock_unlock(&token->lock);
	/* A TPM that does not answer is not asked each time. */
	if (wanted && sg_token_tries(token, SG_USER, &tries) != SG_OK) {
		tries = (struct sg_seal_tries){ 0 };
		keep(token, SG_USER, &tries);
	}
}

/* What the hardware said, unless it has given a try back since. */
static struct sg_seal_tries still_known(const struct sg_pin_state *state)
{
	struct sg_seal_tries tries = state->tries;

	if (tries.seconds > 0 && now() - state->asked >= (time_t)tries.seconds)
		tries.known = false;
	return tries;
}

CK_FLAGS sg_token_tries_flags(const struct sg_token *token, enum sg_user user)
{
	const struct sg_pin_state *state = &token->pin[user];
	struct sg_seal_tries tries = still_known(state);
	CK_FLAGS flags = 0;

	if (state->low || (tries.known && tries.own && tries.left < tries.most))
		flags |= users[user].low;
	if (tries.known && tries.left == 1)
		flags |= users[user].final;
	if (tries.known ? tries.left == 0
	                : state->locked != 0 && now() - state->locked < LOCKED_SHOWN)
		flags |= users[user].locked;
	return flags;
}

void sg_token_tries_renew(struct sg_token *token, const struct sg_token_record *record)
{
	for (int user = SG_USER; user < SG_USERS; user++) {
		enum sg_seal_slot slot = users[user].slot;

		if (!sg_bytes_equal(sg_buf_bytes(&token->record.copy[slot].blob),
		                    sg_buf_bytes(&record->copy[slot].blob)))
			token->pin[user] = (struct sg_pin_state){ .asked = 0 };
	}
}
