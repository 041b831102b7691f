/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Moving a token. All is made in the new hardware, written, read and compared before the
 * one step that changes what anybody sees; until then the old token is what it was, and whatever
 * breaks off leaves only files and indices that nobody uses.
 */
#include "core/token_migrate.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/token_aside.h"
#include "core/token_tripwire.h"
#include "core/token_write.h"
#include "crypto/random.h"
#include "seal/policy.h"
#include "store/aside.h"
#include "util/log.h"

/* One migration. */
struct job {
	struct sg_token *token;
	const struct sg_token_migration *how;
	struct sg_token_migrated *out;
	struct sg_token_proof from;     /* the old token, open */
	/* The same slot as it will be found with the new configuration. */
	struct sg_token *target;
	struct sg_sealer *to;           /* its sealer */
	bool parent_found;
	struct sg_move move;
	struct sg_token_plan plan;      /* what the new one is to be */
	struct sg_token_made made;
	struct sg_token_pins pins;
	char *moving;                   /* path of the new store until it is in place */
};

/* Every PIN that the token has is asked for, since each seals a copy of the key. */
static enum sg_err check_pins(const struct job *job)
{
	const struct sg_token_record *record = &job->from.record;
	const struct sg_token_pins *pins = &job->pins;
	bool user = record->copy[SG_SEAL_USER].blob.len > 0;
	bool officer = record->copy[SG_SEAL_SO].blob.len > 0 && !job->how->without_officer;

	if (record->machine)
		return pins->user == NULL && pins->so == NULL ? SG_OK : SG_ERR_ARG;
	return (pins->user != NULL) == user && (pins->so != NULL) == officer && (user || officer)
	               ? SG_OK
	               : SG_ERR_ARG;
}

/* Tell whether this hardware seals the token already: all of it, where it is a list. */
static bool is_same(struct job *job, const struct sg_sealer_status *status)
{
	const struct sg_token_record *record = &job->from.record;
	const struct sg_sealer_ops *ops = job->to->ops;
	char name[SG_SEALER_NAME];
	struct sg_sealer_status one;

	if (strncmp(job->how->sealer, record->sealer, sizeof record->sealer) != 0)
		return false;
	for (size_t i = 0; i < ops->members; i++)
		if (ops->member(job->to, sg_buf_bytes(&record->parent), i, name, &one) != SG_OK)
			return false;
	return ops->members > 0 || status->parent_same;
}

/* Look at the new hardware first: no try of a PIN is spent where it is missing. */
static enum sg_err find_target(struct job *job)
{
	const struct sg_token_record *record = &job->from.record;
	struct sg_sealer_status status;
	enum sg_err err = sg_token_sealer(job->target, job->how->sealer, &job->to);

	if (err == SG_OK)
		err = job->to->ops->status(job->to, sg_buf_bytes(&record->parent), &status);
	if (err != SG_OK)
		return err;
	job->parent_found = status.parent_found;
	memcpy(job->out->device, status.device, sizeof job->out->device);
	job->out->same = is_same(job, &status);
	return job->out->same ? SG_ERR_ARG : SG_OK;
}

static enum sg_err open_old(struct job *job)
{
	struct sg_token_proof *from = &job->from;
	enum sg_err err = sg_token_prove(job->token, &job->pins, from);

	if (err != SG_OK || !sg_token_record_anchored(&from->record))
		return err;
	err = sg_token_anchor_verify(job->token, from->sealer, &from->record, from->keys);
	return err == SG_ERR_CLOSED ? SG_ERR_STORE_BUSY : err;
}

/* Under the lock: the store is the newest, and no change of it is half done. */
static enum sg_err check_anchor(struct job *job)
{
	const struct sg_token_proof *from = &job->from;
	struct sg_anchor anchor;
	bool unfinished = false;
	enum sg_err err = sg_token_anchor_read(job->move.txn, from->keys, &from->record,
	                                       &job->move.state, &anchor);

	if (err == SG_OK)
		err = sg_token_anchor_ask(from->sealer, &from->record, from->keys, &anchor,
		                          &unfinished);
	if (err == SG_ERR_STORE_OLD)
		sg_token_anchor_refuse(job->token);
	return err == SG_OK && unfinished ? SG_ERR_STORE_BUSY : err;
}

/* Lock the old store, whose record is still the one that the PINs opened. Others read on. */
static enum sg_err lock_old(struct job *job)
{
	const struct sg_token_proof *from = &job->from;
	struct sg_token_record now = { 0 };
	enum sg_err err = sg_store_begin(job->token->path, SG_STORE_WRITE, &job->move.txn);

	if (err == SG_OK)
		err = sg_token_get_record(job->move.txn, &now);
	if (err == SG_OK && !sg_token_record_same(&now, &from->record))
		err = SG_ERR_STORE_BUSY;
	if (err == SG_OK)
		err = sg_token_read_state(job->move.txn, &job->move.state);
	for (int half = 0; half < 2 && err == SG_OK; half++)
		err = sg_set_check(&job->move.state.set[half], (enum sg_half)half,
		                   from->keys[half], from->record.uuid);
	if (err == SG_OK && sg_token_record_anchored(&from->record))
		err = check_anchor(job);
	sg_token_record_clear(&now);
	return err;
}

/* Seal something under the policy: only that tells whether a sealer that has policies can. */
static enum sg_err try_policy(struct job *job)
{
	const struct sg_token_plan *plan = &job->plan;
	struct sg_policy policy = { 0 };
	const struct sg_seal_guard guard = { .policy = &policy };
	struct sg_buf parent = { 0 }, blob = { 0 };
	const bool only_ask = job->how->dry && !job->parent_found;
	struct sg_secret *secret = NULL;
	enum sg_err err;

	if (plan->policy.len == 0)
		return SG_OK;
	if (!job->to->ops->policies)
		return SG_ERR_HW_UNSUPPORTED;
	err = sg_policy_parse(plan->policy, &policy);
	if (err == SG_OK)
		err = sg_random_secret(SG_TOKEN_KEY, &secret);
	if (err == SG_OK && !only_ask)
		err = job->to->ops->provision(job->to, plan->owner_auth, &parent,
		                              &job->out->parent_made);
	if (err == SG_OK)
		err = job->to->ops->seal(job->to, sg_buf_bytes(&parent), &guard, secret, &blob);
	if (only_ask && err != SG_ERR_HW_UNSUPPORTED)
		err = SG_OK;            /* without a parent nobody knows more */
	sg_policy_clear(&policy);
	sg_secret_free(&secret);
	sg_buf_free(&parent);
	sg_buf_free(&blob);
	return err;
}

/* What the new sealer can't do is named, and an error where it was asked for now. */
static enum sg_err give_up(struct job *job, enum sg_stay_why why, bool asked)
{
	if (!asked)
		return sg_move_stay(&job->move, why, SG_OK, NULL);
	sg_log(SG_LOG_ERROR, "the sealer \"%s\" can't do what was asked for", job->how->sealer);
	return SG_ERR_HW_UNSUPPORTED;
}

static enum sg_err plan_protection(struct job *job)
{
	const struct sg_token_migration *how = job->how;
	struct sg_token_plan *plan = &job->plan;
	enum sg_err err = try_policy(job);

	if (err == SG_ERR_HW_UNSUPPORTED) {
		plan->policy = sg_bytes(NULL, 0);
		err = give_up(job, SG_STAY_POLICY, how->other_policy);
	}
	if (err == SG_OK && plan->pin_tries > 0 && job->to->ops->pin_index == NULL) {
		plan->pin_tries = 0;
		err = give_up(job, SG_STAY_TRIES, how->other_tries);
	}
	if (err == SG_OK && plan->rollback_protection && job->to->ops->counter == NULL) {
		plan->rollback_protection = false;
		err = give_up(job, SG_STAY_COUNTER, how->rollback_protection);
	}
	return err;
}

static enum sg_err make_plan(struct job *job)
{
	const struct sg_token_migration *how = job->how;
	const struct sg_token_record *record = &job->from.record;

	job->plan = (struct sg_token_plan){
		.label = sg_bytes(record->label, SG_LABEL),
		.sealer = how->sealer,
		.machine = record->machine,
		.user_pin = job->pins.user,
		.so_pin = job->pins.so,
		.owner_auth = how->pins.owner_auth,
		.policy = how->other_policy ? how->policy : sg_buf_bytes(&record->policy),
		.pin_tries = how->other_tries ? how->pin_tries : record->pin_tries,
		.rollback_protection = how->rollback_protection ||
		                       sg_token_record_anchored(record),
	};
	if (record->machine && job->plan.pin_tries > 0)
		return SG_ERR_ARG;
	return plan_protection(job);
}

/* Take away what a move before this one left, which nobody can be at work on: the store that it
 * was to take the place of is locked. */
static enum sg_err clear_leftover(struct job *job)
{
	struct sg_token_left left;
	enum sg_err err;

	if (access(job->moving, F_OK) != 0)
		return SG_OK;
	err = sg_token_aside_remove(job->how->config, job->token->slot, job->moving,
	                            job->plan.owner_auth, &left);
	if (err == SG_OK && (left.index_err != SG_OK || left.counter_err != SG_OK))
		sg_log(SG_LOG_NOTICE, "what a migration that was broken off made in its hardware "
		       "could not be removed there");
	sg_token_left_clear(&left);
	return err;
}

/* Put the rows into the new store, and the state and the anchor over them. */
static enum sg_err fill(struct job *job, struct sg_store_txn *txn)
{
	struct sg_token_made *made = &job->made;
	struct sg_anchor anchor = { 0 };
	struct sg_witness witness = { 0 };
	struct sg_state state;
	enum sg_err err = sg_state_parse(sg_buf_bytes(&made->state), &state);

	if (err == SG_OK)
		err = sg_move_fill(&job->move, txn, job->to, made, &state, &witness);
	for (int half = 0; half < 2 && err == SG_OK; half++)
		sg_set_sign(&state.set[half], (enum sg_half)half, made->keys[half],
		            made->record.uuid);
	if (err == SG_OK)
		err = sg_state_write(&state, &made->state);
	if (err == SG_OK)
		err = sg_store_put(txn, SG_STORE_STATE, sg_buf_bytes(&made->state));
	if (err != SG_OK || made->anchor.len == 0)
		return err;
	err = sg_anchor_parse(sg_buf_bytes(&made->anchor), &anchor);
	if (err == SG_OK) {
		anchor.witness = witness;
		sg_anchor_sign(&anchor, made->keys, &made->record, &state);
		err = sg_anchor_write(&anchor, &made->anchor);
	}
	return err == SG_OK ? sg_store_put(txn, SG_STORE_ANCHOR, sg_buf_bytes(&made->anchor)) : err;
}

/* Of several devices, name the one that the new token got. */
static void name_device(struct job *job)
{
	struct sg_sealer_status status;

	if (job->to->ops->status(job->to, sg_buf_bytes(&job->made.record.parent), &status) == SG_OK)
		memcpy(job->out->device, status.device, sizeof job->out->device);
}

static enum sg_err write_new(struct job *job)
{
	struct sg_token_made *made = &job->made;
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	err = sg_store_create(job->moving, sg_buf_bytes(&made->token), sg_buf_bytes(&made->state),
	                      sg_buf_bytes(&made->anchor));
	if (err == SG_OK)
		err = sg_store_begin(job->moving, SG_STORE_WRITE, &txn);
	if (err == SG_OK)
		err = fill(job, txn);
	if (err == SG_OK)
		err = sg_store_commit(&txn);
	sg_store_abort(&txn);
	return err;
}

/* The counter of the new store shows what it says. */
static enum sg_err compare_anchor(struct job *job, struct sg_store_txn *txn,
                                  const struct sg_token_proof *opened)
{
	struct sg_anchor anchor;
	struct sg_state state;
	bool unfinished = false;
	enum sg_err err = sg_token_read_state(txn, &state);

	if (err == SG_OK)
		err = sg_token_anchor_read(txn, opened->keys, &opened->record, &state, &anchor);
	if (err == SG_OK)
		err = sg_token_anchor_ask(job->to, &opened->record, opened->keys, &anchor,
		                          &unfinished);
	return err == SG_OK && unfinished ? SG_ERR_STORE_DAMAGED : err;
}

/* Open the new store as anybody will, by the new hardware and with every PIN, and compare all
 * that is in it. */
static enum sg_err compare_new(struct job *job)
{
	struct sg_token_proof opened = { .sealer = NULL };
	struct sg_store_txn *txn = NULL;
	enum sg_err err = sg_store_begin(job->moving, SG_STORE_READ, &txn);

	if (err == SG_OK)
		err = sg_token_get_record(txn, &opened.record);
	if (err == SG_OK)
		err = sg_token_prove(job->target, &job->pins, &opened);
	if (err == SG_OK)
		err = sg_move_compare(&job->move, txn, &opened);
	if (err == SG_OK && sg_token_record_anchored(&opened.record))
		err = compare_anchor(job, txn, &opened);
	sg_store_abort(&txn);
	sg_token_proof_clear(&opened);
	if (err == SG_ERR_STORE_DAMAGED)
		sg_log(SG_LOG_ERROR, "what was written to %s is not what was read again",
		       job->moving);
	return err;
}

/* Until the stores change places, all that was made is taken back. */
static void undo(struct job *job)
{
	enum sg_err err = sg_store_remove(job->moving);

	if (err != SG_OK && err != SG_ERR_STORE_MISSING)
		sg_log(SG_LOG_ERROR, "%s can't be removed: %s", job->moving, sg_err_sentence(err));
	sg_token_undo(job->target, job->to, job->plan.owner_auth, &job->made.record);
}

/* Build the new token and put it in place. */
static enum sg_err move_all(struct job *job)
{
	struct sg_tripwire_fresh fresh = { .made = false };
	bool made = false;
	enum sg_err err = clear_leftover(job);

	if (err != SG_OK)
		return err;
	memcpy(job->made.record.uuid, job->from.record.uuid, SG_UUID);
	job->made.record.created = job->from.record.created;
	err = sg_token_build(job->to, &job->plan, &job->made, &made);
	job->out->parent_made = job->out->parent_made || made;
	if (err == SG_OK)
		err = sg_token_tripwire_begin(job->target, job->to, &job->made.record, &fresh);
	if (err == SG_OK)
		err = write_new(job);
	if (err == SG_OK)
		err = compare_new(job);
	if (err == SG_OK)
		name_device(job);
	if (err == SG_OK)
		err = sg_store_swap(job->token->path, &job->out->aside);
	job->out->done = job->out->aside != NULL;
	if (!job->out->done)
		undo(job);
	else
		(void)sg_token_tripwire_keep(job->target, &fresh);
	return err;
}

static enum sg_err run(struct job *job)
{
	struct sg_token_migrated *out = job->out;
	enum sg_err err = lock_old(job);

	job->move.policies = job->to->ops->policies;
	if (err == SG_OK)
		err = sg_move_survey(&job->move);
	if (err == SG_OK)
		err = make_plan(job);
	if (err != SG_OK)
		return err;
	out->objects = job->move.rows - sg_move_staying(&job->move);
	out->sealed = job->move.n_sealed;
	if (!job->how->dry && (job->move.n_stays == 0 || job->how->leave_behind))
		err = move_all(job);
	out->stays = job->move.stays;
	out->n_stays = job->move.n_stays;
	job->move.stays = NULL;
	job->move.n_stays = 0;
	return err;
}

static enum sg_err begin(struct job *job)
{
	enum sg_err err = sg_token_read_record(job->token, &job->from.record);

	if (err == SG_OK)
		err = check_pins(job);
	if (err == SG_OK)
		err = sg_token_new(job->how->config, job->token->slot, &job->target);
	if (err != SG_OK)
		return err;
	job->target->watched = true;            /* a look of its own is kept at the end */
	job->moving = sg_store_moving_path(job->token->path);
	memcpy(job->out->from, job->from.record.sealer, sizeof job->out->from);
	return job->moving != NULL ? find_target(job) : SG_ERR_NOMEM;
}

enum sg_err sg_token_migrate(struct sg_token *token, const struct sg_token_migration *how,
                             struct sg_token_migrated *out)
{
	struct job job = {
		.token = token, .how = how, .out = out,
		.move = { .token = token, .from = &job.from },
	};
	enum sg_err err;

	*out = (struct sg_token_migrated){ .same = false };
	job.pins = (struct sg_token_pins){ .user = how->pins.user, .so = how->pins.so };
	sg_token_opening_lock(token);
	err = begin(&job);
	if (err == SG_OK)
		err = open_old(&job);
	if (err == SG_OK)
		err = run(&job);
	sg_store_abort(&job.move.txn);
	sg_token_opening_unlock(token);
	if (out->done)
		sg_token_sync_written(token);
	sg_move_clear(&job.move);
	sg_token_made_clear(&job.made);
	sg_token_proof_clear(&job.from);
	sg_token_free(&job.target);
	free(job.moving);
	return err;
}

void sg_token_migrated_clear(struct sg_token_migrated *out)
{
	for (size_t i = 0; i < out->n_stays; i++)
		sg_object_unref(&out->stays[i].object);
	free(out->stays);
	free(out->aside);
	*out = (struct sg_token_migrated){ .same = false };
}
