/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. What the sealer "tpm" says and does about wrong PINs: how many are left, by the
 * TPM's own lockout or by an index for one PIN alone; and such indices, planned, removed, found.
 */
#include <stdlib.h>

#include "seal/tpm/nv.h"
#include "seal/tpm/pin_index.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/sealed.h"
#include "seal/tpm/sealer.h"
#include "seal/tpm/srk.h"

/* What a call is about. */
struct use {
	struct sg_bytes parent;
	const struct sg_secret *owner_auth;
	struct sg_pin_plan *plan;
	struct sg_pin_index index;
	struct sg_seal_tries *tries;
	struct sg_pin_index *list;
	size_t max, count;
};

static enum sg_err do_plan(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, u->parent, &srk, &session);

	return err == SG_OK ? sg_tpm_pin_index_plan(tpm, srk, session, u->plan) : err;
}

static enum sg_err plan(struct sg_sealer *sealer, struct sg_bytes parent, uint32_t tries,
                        struct sg_pin_plan **out)
{
	struct sg_pin_plan *made;
	struct use u = { .parent = parent };
	enum sg_err err;

	*out = NULL;
	if (tries == 0 || tries > SG_PIN_TRIES_MAX)
		return SG_ERR_RANGE;
	made = calloc(1, sizeof *made);
	if (made == NULL)
		return SG_ERR_NOMEM;
	made->tries = tries;
	u.plan = made;
	err = sg_tpm_transact(sealer, do_plan, &u);
	if (err == SG_OK)
		*out = made;
	else
		sg_pin_plan_free(&made);
	return err;
}

static enum sg_err of(struct sg_bytes blob, struct sg_pin_index *index)
{
	struct sg_sealed sealed;
	enum sg_err err = sg_sealed_read(blob, &sealed);

	*index = sealed.policy.index;
	sg_sealed_clear(&sealed);
	return err;
}

static enum sg_err do_remove(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, u->parent, &srk, &session);

	return err == SG_OK ? sg_tpm_pin_index_remove(tpm, session, u->owner_auth, &u->index) : err;
}

static enum sg_err remove_index(struct sg_sealer *sealer, struct sg_bytes parent,
                                const struct sg_secret *owner_auth,
                                const struct sg_pin_index *index)
{
	struct use u = { .parent = parent, .owner_auth = owner_auth, .index = *index };

	return sg_tpm_transact(sealer, do_remove, &u);
}

static bool enter(void *arg, const TPMS_NV_PUBLIC *area)
{
	struct use *u = arg;

	if (u->count < u->max && sg_tpm_pin_index_is(area, &u->list[u->count]))
		u->count++;
	return u->count < u->max;
}

static enum sg_err do_list(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;

	u->count = 0;
	return sg_nv_each(tpm, enter, u);
}

static enum sg_err list(struct sg_sealer *sealer, struct sg_pin_index *found, size_t max,
                        size_t *count)
{
	struct use u = { .list = found, .max = max };
	enum sg_err err = sg_tpm_transact(sealer, do_list, &u);

	*count = err == SG_OK ? u.count : 0;
	return err;
}

const struct sg_pin_index_ops sg_tpm_pin_index = {
	.plan = plan,
	.of = of,
	.remove = remove_index,
	.list = list,
};

static enum sg_err ask_index(struct sg_tpm *tpm, struct use *u)
{
	struct sg_seal_tries *tries = u->tries;
	ESYS_TR srk;
	uint32_t count = 0;
	enum sg_err err = sg_srk_open(tpm, u->parent, &srk);

	if (err == SG_OK)
		err = sg_tpm_pin_index_read(tpm, srk, &u->index, &count, &tries->most);
	tries->own = tries->known = err == SG_OK;
	tries->left = count < tries->most ? tries->most - count : 0;
	return err;
}

static enum sg_err do_tries(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	struct sg_sealer_status status = { { 0 } };
	enum sg_err err;

	*u->tries = (struct sg_seal_tries){ 0 };
	if (u->index.handle != 0)
		return ask_index(tpm, u);
	err = sg_tpm_lockout(tpm, &status);
	u->tries->known = err == SG_OK;
	u->tries->left = status.tries_left;
	u->tries->most = status.tries;
	u->tries->seconds = status.seconds_per_try;
	return err;
}

enum sg_err sg_tpm_tries(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes blob,
                         struct sg_seal_tries *out)
{
	struct use u = { .parent = parent, .tries = out };
	struct sg_sealed sealed;
	enum sg_err err = sg_sealed_read(blob, &sealed);
	bool asks = err == SG_OK && sg_sealed_has_auth(&sealed);

	*out = (struct sg_seal_tries){ 0 };
	u.index = sealed.policy.index;
	sg_sealed_clear(&sealed);
	return asks ? sg_tpm_transact(sealer, do_tries, &u) : err;
}
