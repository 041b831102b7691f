/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Objects that move. One is open at a time, but for keys that the hardware sealed alone:
 * those stay open between the passes, since opening one again costs as much as sealing it.
 */
#include "core/token_move.h"

#include <stdlib.h>
#include <string.h>

#include "core/key_guard.h"
#include "core/record.h"
#include "core/token_write.h"
#include "util/array.h"

enum sg_err sg_move_stay(struct sg_move *move, enum sg_stay_why why, enum sg_err err,
                         struct sg_object *object)
{
	struct sg_stay *grown = sg_array_grow(move->stays, move->n_stays, &move->stays_cap,
	                                      sizeof *grown);

	if (grown == NULL)
		return SG_ERR_NOMEM;
	move->stays = grown;
	grown[move->n_stays++] = (struct sg_stay){
		.why = why, .err = err, .object = object != NULL ? sg_object_ref(object) : NULL,
	};
	return SG_OK;
}

size_t sg_move_staying(const struct sg_move *move)
{
	size_t n = 0;

	for (size_t i = 0; i < move->n_stays; i++)
		n += move->stays[i].object != NULL;
	return n;
}

void sg_move_clear(struct sg_move *move)
{
	for (size_t i = 0; i < move->n_stays; i++)
		sg_object_unref(&move->stays[i].object);
	for (size_t i = 0; i < move->n_sealed; i++)
		sg_secret_free(&move->sealed[i]);
	free(move->stays);
	free(move->sealed);
	*move = (struct sg_move){ NULL };
}

/* Open a row with the keys of a proof. */
static enum sg_err open_row(const struct sg_token_proof *proof, const uint8_t row[SG_UUID],
                            struct sg_bytes record, struct sg_object **object)
{
	struct sg_record_head head;
	enum sg_err err = sg_record_head(record, &head);

	*object = NULL;
	return err == SG_OK ? sg_record_open(proof->record.uuid, row, proof->keys[head.half],
	                                     record, object)
	                    : err;
}

/* Open the outer part of an object's material; *inner is NULL where it has none. */
static enum sg_err open_outer(const struct sg_token_proof *proof, const struct sg_object *object,
                              enum sg_closed_by *by, struct sg_secret **inner)
{
	enum sg_err err;

	*by = SG_CLOSED_BY_TOKEN_KEY;
	*inner = NULL;
	if (object->material == NULL)
		return SG_OK;
	err = sg_record_open_secret(proof->record.uuid, proof->keys[sg_object_half(object)], object,
	                            by, inner);
	if (err == SG_OK && *by != sg_key_closed_by(&object->attrs)) {
		sg_secret_free(inner);
		err = SG_ERR_STORE_DAMAGED;
	}
	return err;
}

static enum sg_err unseal(const struct sg_move *move, const struct sg_token_proof *proof,
                          const struct sg_object *object, const struct sg_secret *inner,
                          struct sg_secret **out)
{
	return sg_key_unseal(move->token, proof->sealer, sg_buf_bytes(&proof->record.parent),
	                     &object->attrs, sg_secret_bytes(inner), NULL, out);
}

/* Tell whether this says something of the one key, and nothing of the hardware. */
static bool concerns_key(enum sg_err err)
{
	return err == SG_ERR_POLICY || err == SG_ERR_LEASE || err == SG_ERR_STORE_DAMAGED ||
	       err == SG_ERR_SEALED_DAMAGED;
}

static enum sg_err keep_sealed(struct sg_move *move, struct sg_secret **secret)
{
	struct sg_secret **grown = sg_array_grow(move->sealed, move->n_sealed, &move->sealed_cap,
	                                         sizeof *grown);

	if (grown == NULL)
		return SG_ERR_NOMEM;
	move->sealed = grown;
	grown[move->n_sealed++] = *secret;
	*secret = NULL;
	return SG_OK;
}

static enum sg_err survey_sealed(struct sg_move *move, struct sg_object *object,
                                 const struct sg_secret *inner)
{
	struct sg_secret *secret = NULL;
	enum sg_err err;

	if (sg_key_enrolled(&object->attrs))
		return sg_move_stay(move, SG_STAY_ORIGIN, SG_OK, object);
	if (sg_key_policy(&object->attrs).len > 0 && !move->policies)
		return sg_move_stay(move, SG_STAY_KEY_POLICY, SG_OK, object);
	err = unseal(move, move->from, object, inner, &secret);
	if (err == SG_OK)
		err = keep_sealed(move, &secret);
	else if (concerns_key(err))
		err = sg_move_stay(move, SG_STAY_CLOSED, err, object);
	sg_secret_free(&secret);
	return err;
}

/* What has been met of the rows. */
struct survey {
	struct sg_move *move;
	struct sg_set sets[2];
};

static enum sg_err survey_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct survey *s = arg;
	struct sg_secret *inner = NULL;
	struct sg_object *object = NULL;
	enum sg_closed_by by;
	enum sg_err err = open_row(s->move->from, row, record, &object);

	if (err == SG_OK) {
		enum sg_half half = sg_object_half(object);

		s->move->rows++;
		sg_set_add(&s->sets[half], s->move->from->keys[half], row, object->generation);
		err = open_outer(s->move->from, object, &by, &inner);
	}
	if (err == SG_OK && inner != NULL && by == SG_CLOSED_RESIDENT)
		err = sg_move_stay(s->move, SG_STAY_RESIDENT, SG_OK, object);
	else if (err == SG_OK && inner != NULL && by == SG_CLOSED_BY_PIN)
		err = sg_move_stay(s->move, SG_STAY_KEY_PIN, SG_OK, object);
	else if (err == SG_OK && inner != NULL && by == SG_CLOSED_BY_SEALER)
		err = survey_sealed(s->move, object, inner);
	sg_secret_free(&inner);
	sg_object_unref(&object);
	return err;
}

enum sg_err sg_move_survey(struct sg_move *move)
{
	struct survey s = { .move = move };
	enum sg_err err = sg_store_object_each(move->txn, survey_row, &s);

	for (int half = 0; half < 2 && err == SG_OK; half++)
		if (!sg_set_same_rows(&s.sets[half], &move->state.set[half]))
			err = SG_ERR_STORE_DAMAGED;
	return err;
}

/* Where the rows go. */
struct fill {
	struct sg_move *move;
	struct sg_store_txn *to;
	struct sg_sealer *sealer;
	const struct sg_token_made *made;
	struct sg_state *state;
	struct sg_witness *witness;
};

/* Close an object's material as it was closed, by the new keys and the new hardware. */
static enum sg_err close_anew(struct fill *f, struct sg_object *object)
{
	const struct sg_token_made *made = f->made;
	struct sg_secret *inner = NULL;
	struct sg_buf blob = { 0 };
	struct sg_bytes closed;
	enum sg_closed_by by;
	enum sg_err err = open_outer(f->move->from, object, &by, &inner);

	if (err != SG_OK || inner == NULL)
		return err;
	closed = sg_secret_bytes(inner);
	if (by == SG_CLOSED_BY_SEALER) {
		err = sg_key_seal(f->sealer, sg_buf_bytes(&made->record.parent), &object->attrs,
		                  f->move->sealed[f->move->at_sealed++], NULL, &blob);
		closed = sg_buf_bytes(&blob);
	}
	if (err == SG_OK)
		err = sg_record_close_secret(made->record.uuid,
		                             made->keys[sg_object_half(object)], object, by,
		                             closed, &object->material->closed);
	sg_buf_free(&blob);
	sg_secret_free(&inner);
	return err;
}

static enum sg_err write_row(struct fill *f, struct sg_object *object)
{
	enum sg_half half = sg_object_half(object);
	const struct sg_keyset *keys = f->made->keys[half];
	struct sg_set *set = &f->state->set[half];
	struct sg_buf record = { 0 };
	enum sg_err err;

	set->generation++;
	err = sg_record_close(f->made->record.uuid, keys, object, set->generation, &record);
	if (err == SG_OK)
		err = sg_store_object_put(f->to, object->uuid, sg_buf_bytes(&record));
	if (err == SG_OK)
		sg_set_add(set, keys, object->uuid, set->generation);
	if (err == SG_OK && half == SG_PUBLIC_HALF)
		sg_witness_add(f->witness, f->made->keys[SG_PRIVATE_HALF], object->uuid,
		               set->generation, sg_buf_bytes(&record));
	sg_buf_free(&record);
	return err;
}

/* Tell whether this row is the next that stays. */
static bool stays(struct sg_move *move, const uint8_t row[SG_UUID])
{
	while (move->at_stay < move->n_stays && move->stays[move->at_stay].object == NULL)
		move->at_stay++;
	if (move->at_stay == move->n_stays ||
	    memcmp(move->stays[move->at_stay].object->uuid, row, SG_UUID) != 0)
		return false;
	move->at_stay++;
	return true;
}

static enum sg_err fill_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct fill *f = arg;
	struct sg_object *object = NULL;
	enum sg_err err;

	if (stays(f->move, row))
		return SG_OK;
	err = open_row(f->move->from, row, record, &object);
	if (err == SG_OK)
		err = close_anew(f, object);
	if (err == SG_OK)
		err = write_row(f, object);
	sg_object_unref(&object);
	return err;
}

enum sg_err sg_move_fill(struct sg_move *move, struct sg_store_txn *to, struct sg_sealer *sealer,
                         const struct sg_token_made *made, struct sg_state *state,
                         struct sg_witness *witness)
{
	struct fill f = { move, to, sealer, made, state, witness };

	move->at_stay = move->at_sealed = 0;
	for (int half = 0; half < 2; half++)
		state->set[half].generation = move->state.set[half].generation + 1;
	return sg_store_object_each(move->txn, fill_row, &f);
}

/* What is compared with the old store. */
struct comparison {
	struct sg_move *move;
	const struct sg_token_proof *opened;
	struct sg_set sets[2];
	size_t rows;
};

/* Compare the material; what the hardware sealed alone it must open to the same. */
static enum sg_err compare_material(struct comparison *c, const struct sg_object *before,
                                    const struct sg_object *after)
{
	struct sg_secret *was = NULL, *is = NULL, *opened = NULL;
	const struct sg_secret *a, *b;
	enum sg_closed_by by_then, by_now;
	enum sg_err err = open_outer(c->move->from, before, &by_then, &was);

	if (err == SG_OK)
		err = open_outer(c->opened, after, &by_now, &is);
	if (err != SG_OK)
		goto out;
	a = was;
	b = is;
	if (is != NULL && by_now == SG_CLOSED_BY_SEALER && by_then == by_now) {
		err = unseal(c->move, c->opened, after, is, &opened);
		a = c->move->sealed[c->move->at_sealed++];
		b = opened;
	}
	if (err == SG_OK && ((a == NULL) != (b == NULL) || by_then != by_now ||
	                     (a != NULL && !sg_secret_equal(sg_secret_bytes(a),
	                                                    sg_secret_bytes(b)))))
		err = SG_ERR_STORE_DAMAGED;
out:
	sg_secret_free(&was);
	sg_secret_free(&is);
	sg_secret_free(&opened);
	return err;
}

static enum sg_err compare_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct comparison *c = arg;
	struct sg_object *before = NULL, *after = NULL;
	struct sg_buf old = { 0 };
	enum sg_half half;
	enum sg_err err = sg_store_object_get(c->move->txn, row, &old);

	if (err == SG_OK)
		err = open_row(c->move->from, row, sg_buf_bytes(&old), &before);
	if (err == SG_OK)
		err = open_row(c->opened, row, record, &after);
	if (err != SG_OK)
		goto out;
	half = sg_object_half(after);
	c->rows++;
	sg_set_add(&c->sets[half], c->opened->keys[half], row, after->generation);
	if (before->class != after->class || before->secluded != after->secluded ||
	    !sg_bytes_equal(sg_buf_bytes(&before->attrs.list), sg_buf_bytes(&after->attrs.list)))
		err = SG_ERR_STORE_DAMAGED;
	if (err == SG_OK)
		err = compare_material(c, before, after);
out:
	sg_object_unref(&before);
	sg_object_unref(&after);
	sg_buf_free(&old);
	return err == SG_ERR_NOT_FOUND ? SG_ERR_STORE_DAMAGED : err;
}

enum sg_err sg_move_compare(struct sg_move *move, struct sg_store_txn *to,
                            const struct sg_token_proof *opened)
{
	struct comparison c = { .move = move, .opened = opened };
	struct sg_state state;
	enum sg_err err = sg_token_read_state(to, &state);

	move->at_sealed = 0;
	if (err == SG_OK)
		err = sg_store_object_each(to, compare_row, &c);
	for (int half = 0; half < 2 && err == SG_OK; half++) {
		err = sg_set_check(&state.set[half], (enum sg_half)half, opened->keys[half],
		                   opened->record.uuid);
		if (err == SG_OK && !sg_set_same_rows(&c.sets[half], &state.set[half]))
			err = SG_ERR_STORE_DAMAGED;
	}
	if (err == SG_OK && (c.rows + sg_move_staying(move) != move->rows ||
	                     move->at_sealed != move->n_sealed))
		err = SG_ERR_STORE_DAMAGED;
	return err;
}
