/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The sealer "tpm". Each operation opens the TPM, does its commands and
 * closes it again, under the sealer's own lock; the TPM is touched nowhere else.
 */
#include "seal/tpm/sealer.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "seal/tpm/boot.h"
#include "seal/tpm/context.h"
#include "seal/tpm/derived.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/sealed.h"
#include "seal/tpm/session.h"
#include "seal/tpm/srk.h"
#include "util/fork.h"
#include "util/log.h"

#define TRIES 8
#define PAUSE_FIRST 5000000             /* nanoseconds; doubled each time, 0.6 s in all */

struct tpm_sealer {
	struct sg_sealer base;          /* first */
	const struct sg_config *config;
	pthread_mutex_t lock;           /* held while the TPM is open */
	unsigned generation;            /* of the process that made it */
	bool reached;                   /* the TPM was open once; guarded by lock */
};

static struct tpm_sealer *self(struct sg_sealer *sealer)
{
	return (struct tpm_sealer *)sealer;
}

static enum sg_err sealer_open(const struct sg_config *config, struct sg_sealer **out)
{
	struct tpm_sealer *sealer = calloc(1, sizeof *sealer);

	*out = NULL;
	if (sealer == NULL)
		return SG_ERR_NOMEM;
	if (pthread_mutex_init(&sealer->lock, NULL) != 0 || sg_fork_watch() != SG_OK) {
		free(sealer);
		return SG_ERR_NOMEM;
	}
	sealer->base.ops = &sg_tpm_sealer;
	sealer->config = config;
	sealer->generation = sg_fork_generation();
	*out = &sealer->base;
	return SG_OK;
}

static void sealer_free(struct sg_sealer *sealer)
{
	/* In a child the lock may be one that a thread of the parent held. */
	if (self(sealer)->generation == sg_fork_generation())
		pthread_mutex_destroy(&self(sealer)->lock);
	free(sealer);
}

static bool usable(const struct tpm_sealer *sealer)
{
	if (sealer->generation == sg_fork_generation())
		return true;
	sg_log(SG_LOG_ERROR, "a sealer that was opened before a fork was used in the child");
	return false;
}

/* Tell whether others only got in the way. Where nothing manages the few slots for sessions and
 * objects, another program may have them all for a moment. And a PCR that is extended, also one
 * that the policy does not name, spoils what was asserted before [TPM2 Part 3 §23.7]. */
static bool is_passing(enum sg_err err)
{
	return err == SG_ERR_HW_MEMORY || err == SG_ERR_PCR_CHANGED;
}

enum sg_err sg_tpm_transact(struct sg_sealer *base,
                            enum sg_err (*fn)(struct sg_tpm *tpm, void *arg), void *arg)
{
	struct tpm_sealer *sealer = self(base);
	struct timespec pause = { 0, PAUSE_FIRST };
	struct sg_tpm tpm;
	enum sg_err err = SG_ERR_HW_MEMORY;

	if (!usable(sealer))
		return SG_ERR_ARG;
	pthread_mutex_lock(&sealer->lock);
	for (int i = 0; i < TRIES && is_passing(err); i++) {
		if (i > 0) {
			nanosleep(&pause, NULL);
			pause.tv_nsec *= 2;
		}
		err = sg_tpm_open(&tpm, sealer->config->tcti);
		if (err == SG_OK) {
			sealer->reached = true;
			err = fn(&tpm, arg);
			sg_tpm_close(&tpm);
		}
	}
	/* A TPM that was there has gone; one that never was is missing. */
	if (err == SG_ERR_HW_MISSING && sealer->reached)
		err = SG_ERR_HW_REMOVED;
	pthread_mutex_unlock(&sealer->lock);
	return err;
}

/* Finding or making the parent. */
struct provision {
	const struct sg_secret *owner_auth;
	struct sg_buf *parent;
	bool *made;
};

static enum sg_err do_provision(struct sg_tpm *tpm, void *arg)
{
	struct provision *p = arg;

	return sg_srk_provision(tpm, p->owner_auth, p->parent, p->made);
}

static enum sg_err sealer_provision(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                    struct sg_buf *parent, bool *made)
{
	struct provision p = { owner_auth, parent, made };

	*made = false;
	return sg_tpm_transact(sealer, do_provision, &p);
}

/* An authValue of zeros is an empty one to the TPM: anybody could give it. */
static bool guard_fits(const struct sg_seal_guard *guard)
{
	uint32_t any = 0;

	if (guard->auth == NULL)
		return guard->plan == NULL;
	if (guard->auth->len != SG_SEAL_AUTH)
		return false;
	for (size_t i = 0; i < SG_SEAL_AUTH; i++)
		any |= guard->auth->data[i];
	return sg_secret_reveal((any - 1) >> 31) == 0;
}

/* Sealing or unsealing under a parent. */
struct under_parent {
	struct sg_bytes parent;
	const struct sg_seal_guard *guard;
	const struct sg_secret *plain;          /* to seal */
	struct sg_secret **opened;              /* where to unseal to */
	struct sg_sealed sealed;
	struct sg_derived derived;              /* or this */
};

enum sg_err sg_tpm_open_parent(struct sg_tpm *tpm, struct sg_bytes parent, ESYS_TR *srk,
                               ESYS_TR *session)
{
	enum sg_err err = sg_srk_open(tpm, parent, srk);

	return err == SG_OK ? sg_tpm_session_open(tpm, *srk, TPM2_SE_HMAC, session) : err;
}

static enum sg_err do_seal(struct sg_tpm *tpm, void *arg)
{
	struct under_parent *u = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, u->parent, &srk, &session);

	sg_sealed_clear(&u->sealed);            /* of a try before */
	return err == SG_OK ? sg_sealed_create(tpm, srk, session, u->guard, u->plain, NULL,
	                                       &u->sealed)
	                    : err;
}

static enum sg_err do_unseal(struct sg_tpm *tpm, void *arg)
{
	struct under_parent *u = arg;
	ESYS_TR srk;
	enum sg_err err = sg_srk_open(tpm, u->parent, &srk);

	return err == SG_OK ? sg_sealed_open(tpm, srk, u->guard, &u->sealed, u->opened) : err;
}

static enum sg_err do_derive(struct sg_tpm *tpm, void *arg)
{
	struct under_parent *u = arg;
	ESYS_TR srk;
	enum sg_err err = sg_srk_open(tpm, u->parent, &srk);

	return err == SG_OK ? sg_derived_open(tpm, srk, u->guard, &u->derived, u->opened) : err;
}

static enum sg_err sealer_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_seal_guard *guard, const struct sg_secret *plain,
                               struct sg_buf *out)
{
	struct under_parent u = { .parent = parent, .guard = guard, .plain = plain };
	struct sg_buf blob = { 0 };
	enum sg_err err;

	if (plain->len == 0 || plain->len > SG_SEAL_MAX || !guard_fits(guard))
		return SG_ERR_RANGE;
	err = sg_tpm_transact(sealer, do_seal, &u);
	if (err == SG_OK)
		err = sg_sealed_write(&u.sealed, &blob);
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&blob));
	sg_sealed_clear(&u.sealed);
	sg_buf_free(&blob);
	return err;
}

/* Have a secret derived that nobody sealed. No authValue goes with it. */
static enum sg_err unseal_derived(struct sg_sealer *sealer, struct sg_bytes blob,
                                  struct under_parent *u)
{
	enum sg_err err = sg_derived_read(blob, &u->derived);

	if (err == SG_OK && u->guard->auth != NULL)
		err = SG_ERR_AUTH;
	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_derive, u);
	sg_derived_clear(&u->derived);
	return err;
}

static enum sg_err sealer_unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                                 const struct sg_seal_guard *guard, struct sg_bytes blob,
                                 struct sg_secret **out)
{
	struct under_parent u = { .parent = parent, .guard = guard, .opened = out };
	enum sg_err err;

	*out = NULL;
	if (!guard_fits(guard))
		return SG_ERR_RANGE;
	if (sg_derived_is(blob))
		return unseal_derived(sealer, blob, &u);
	err = sg_sealed_read(blob, &u.sealed);
	/* The TPM would count an empty try as a wrong one; and a policy that asks for no
	 * authValue would let every PIN through. */
	if (err == SG_OK && sg_sealed_has_auth(&u.sealed) != (guard->auth != NULL))
		err = SG_ERR_AUTH;
	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_unseal, &u);
	sg_sealed_clear(&u.sealed);
	return err;
}

/* Return the value of a property, or 0 where the list lacks it. */
static uint32_t property(const TPMS_CAPABILITY_DATA *data, TPM2_PT which)
{
	const TPML_TAGGED_TPM_PROPERTY *list = &data->data.tpmProperties;
	uint32_t value = 0;

	for (uint32_t i = 0; i < list->count && i < TPM2_MAX_TPM_PROPERTIES; i++)
		if (list->tpmProperty[i].property == which)
			value = list->tpmProperty[i].value;
	return value;
}

static enum sg_err properties(struct sg_tpm *tpm, TPM2_PT first, TPMS_CAPABILITY_DATA **out)
{
	TSS2_RC rc;
	enum sg_err err;

	*out = NULL;
	rc = Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                        TPM2_CAP_TPM_PROPERTIES, first, TPM2_MAX_TPM_PROPERTIES, NULL, out);
	err = sg_tpm_err(TPM2_CC_GetCapability, rc);
	if (err == SG_OK && (*out)->capability != TPM2_CAP_TPM_PROPERTIES)
		err = SG_ERR_HW_FAULT;
	return err;
}

static void status_maker(const TPMS_CAPABILITY_DATA *data, struct sg_sealer_status *out)
{
	uint32_t maker = property(data, TPM2_PT_MANUFACTURER);
	uint32_t high = property(data, TPM2_PT_FIRMWARE_VERSION_1);
	uint32_t low = property(data, TPM2_PT_FIRMWARE_VERSION_2);
	size_t len = 0;

	for (int shift = 24; shift >= 0; shift -= 8) {
		char letter = (char)(maker >> shift);

		if (isprint((unsigned char)letter))
			out->maker[len++] = letter;
	}
	out->maker[len] = '\0';
	snprintf(out->firmware, sizeof out->firmware, "%u.%u.%u.%u", high >> 16, high & 0xffff,
	         low >> 16, low & 0xffff);
}

static void status_lockout(const TPMS_CAPABILITY_DATA *data, struct sg_sealer_status *out)
{
	uint32_t tried = property(data, TPM2_PT_LOCKOUT_COUNTER);
	uint32_t most = property(data, TPM2_PT_MAX_AUTH_FAIL);

	out->locked = (property(data, TPM2_PT_PERMANENT) & TPMA_PERMANENT_INLOCKOUT) != 0;
	out->tries_left = out->locked || tried >= most ? 0 : most - tried;
	out->tries = most;
	out->seconds_per_try = property(data, TPM2_PT_LOCKOUT_INTERVAL);
	out->lockout_known = true;
}

enum sg_err sg_tpm_lockout(struct sg_tpm *tpm, struct sg_sealer_status *out)
{
	TPMS_CAPABILITY_DATA *data = NULL;
	enum sg_err err = properties(tpm, TPM2_PT_VAR, &data);

	if (err == SG_OK)
		status_lockout(data, out);
	Esys_Free(data);
	return err;
}

static enum sg_err status_parent(struct sg_tpm *tpm, struct sg_bytes parent,
                                 struct sg_sealer_status *out)
{
	struct sg_buf name = { 0 };
	bool is_parent = false;
	enum sg_err err = sg_srk_look(tpm, &name, &is_parent);

	if (err == SG_OK) {
		out->parent_found = is_parent;
		out->parent_foreign = !is_parent;
		out->parent_same = is_parent && sg_bytes_equal(parent, sg_buf_bytes(&name));
	} else if (err == SG_ERR_HW_NO_PARENT) {
		err = SG_OK;
	}
	sg_buf_free(&name);
	return err;
}

/* Asking the TPM about itself. */
struct question {
	struct sg_bytes parent;
	struct sg_sealer_status *out;
};

static enum sg_err do_status(struct sg_tpm *tpm, void *arg)
{
	struct question *q = arg;
	TPMS_CAPABILITY_DATA *fixed = NULL;
	enum sg_err err = properties(tpm, TPM2_PT_FIXED, &fixed);

	if (err == SG_OK)
		status_maker(fixed, q->out);
	Esys_Free(fixed);
	if (err == SG_OK)
		err = sg_tpm_lockout(tpm, q->out);
	return err == SG_OK ? status_parent(tpm, q->parent, q->out) : err;
}

static enum sg_err sealer_status(struct sg_sealer *sealer, struct sg_bytes parent,
                                 struct sg_sealer_status *out)
{
	struct question q = { parent, out };

	*out = (struct sg_sealer_status){ 0 };
	snprintf(out->device, sizeof out->device, "%s", self(sealer)->config->tcti);
	return sg_tpm_transact(sealer, do_status, &q);
}

/* Looking at the TPM alone. */
struct look {
	struct sg_bytes parent;
	struct sg_boot_look *look;
};

static enum sg_err do_look(struct sg_tpm *tpm, void *arg)
{
	struct look *l = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, l->parent, &srk, &session);

	return err == SG_OK ? sg_tpm_boot_look(tpm, session, true, l->look) : err;
}

static enum sg_err tripwire_look(struct sg_sealer *sealer, struct sg_bytes parent,
                                 struct sg_boot_look *look)
{
	struct look l = { parent, look };

	return sg_tpm_transact(sealer, do_look, &l);
}

static const struct sg_tripwire_ops tripwire = {
	.look = tripwire_look,
	.judge = sg_tpm_boot_judge,
	.late = sg_tpm_boot_late,
	.whole = sg_tpm_boot_whole,
	.view = sg_tpm_boot_view,
};

const struct sg_sealer_ops sg_tpm_sealer = {
	.name = "tpm",
	.model = "TPM 2.0",
	.hardware = true,
	.policies = true,
	.start = sg_tpm_start,
	.open = sealer_open,
	.free = sealer_free,
	.provision = sealer_provision,
	.seal = sealer_seal,
	.unseal = sealer_unseal,
	.status = sealer_status,
	.tries = sg_tpm_tries,
	.pin_index = &sg_tpm_pin_index,
	.import = &sg_tpm_import,
	.resident = &sg_tpm_resident,
	.counter = &sg_tpm_counter,
	.attest = &sg_tpm_attest,
	.tripwire = &tripwire,
};
