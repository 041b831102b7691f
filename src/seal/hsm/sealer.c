/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. The sealer "hsm": which of the configured HSMs has the key, and the blobs.
 */
#include "seal/hsm/sealer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pin.h"
#include "client/share.h"
#include "crypto/random.h"
#include "seal/hsm/blob.h"
#include "seal/hsm/parent.h"
#include "seal/policy.h"
#include "util/log.h"

struct hsm_sealer {
	struct sg_sealer base;                  /* first */
	char *configured;                       /* the file, for messages */
	struct sg_client *hsm[SG_CONFIG_HSMS];     /* one for each that is configured */
	size_t n;
	_Atomic size_t first;                   /* the one that is asked first */
};

static struct hsm_sealer *self(struct sg_sealer *sealer)
{
	return (struct hsm_sealer *)sealer;
}

static void hsm_free(struct sg_sealer *sealer)
{
	for (size_t i = 0; i < self(sealer)->n; i++)
		sg_client_give_up(&self(sealer)->hsm[i]);
	free(self(sealer)->configured);
	free(sealer);
}

static bool hsm_may_hang(struct sg_sealer *sealer)
{
	(void)sealer;
	return !sg_client_pin_may_ask();
}

/* Nothing of the configuration is kept: a list may have given a question up that is still being
 * answered when that is gone. */
static enum sg_err hsm_open(const struct sg_config *config, struct sg_sealer **out)
{
	struct hsm_sealer *sealer = calloc(1, sizeof *sealer);
	enum sg_err err = SG_OK;

	*out = NULL;
	if (sealer == NULL)
		return SG_ERR_NOMEM;
	sealer->base.ops = &sg_hsm_sealer;
	sealer->configured = strdup(config->path != NULL ? config->path : "");
	if (sealer->configured == NULL)
		err = SG_ERR_NOMEM;
	while (sealer->n < SG_CONFIG_HSMS && config->hsm[sealer->n] != NULL && err == SG_OK) {
		err = sg_client_take_part(config->hsm[sealer->n], &sealer->hsm[sealer->n]);
		if (err == SG_OK)
			sealer->n++;
	}
	if (err == SG_OK)
		*out = &sealer->base;
	else
		hsm_free(&sealer->base);
	return err;
}

static enum sg_err none_configured(const struct hsm_sealer *sealer)
{
	sg_log(SG_LOG_ERROR, "no HSM is named: %s needs a line such as hsm = "
	       "pkcs11:token=NAME?module-path=FILE&pin-source=file:FILE", sealer->configured);
	return SG_ERR_CONFIG;
}

bool sg_hsm_sealer_profile(struct sg_bytes bytes, struct sg_hsm_profile *profile)
{
	struct sg_hsm_parent parent;

	if (!sg_hsm_parent_read(bytes, &parent))
		return false;
	*profile = parent.profile;
	return true;
}

/* Ask that HSM first whose URI fits best the one that sealed. Another that hangs is not our token's
 * business then. */
static void prefer(struct hsm_sealer *sealer, const struct sg_hsm_parent *parent)
{
	unsigned best = 0, fits;
	size_t first = 0;

	for (size_t i = 0; i < sealer->n; i++) {
		fits = sg_client_place_fits(sg_client_name(sealer->hsm[i]), parent->label,
		                            parent->serial);
		if (fits > best) {
			best = fits;
			first = i;
		}
	}
	sealer->first = first;
}

/* Tell whether another HSM may have the key that this one was asked for. */
static bool is_elsewhere(enum sg_err err)
{
	static const enum sg_err elsewhere[] = {
		SG_ERR_HSM_MISSING, SG_ERR_HSM_REMOVED, SG_ERR_HSM_BUSY, SG_ERR_HSM_SESSIONS,
		SG_ERR_HSM_FAULT, SG_ERR_HSM_PIN, SG_ERR_HSM_LAST, SG_ERR_HSM_LOCKED,
		SG_ERR_HSM_OTHER, SG_ERR_HSM_KEY,
	};

	for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
		if (elsewhere[i] == err)
			return true;
	return false;
}

/* One thing that the HSM that has the key is to do. */
struct job {
	const struct sg_hsm_profile *profile;
	struct sg_bytes aad;
	const struct sg_secret *plain;
	struct sg_buf *closed;
	struct sg_bytes to_open;
	struct sg_secret *opened;
};

static enum sg_err close_job(struct sg_client *hsm, void *arg)
{
	struct job *job = arg;

	return sg_hsm_close(hsm, job->profile, job->aad, job->plain, job->closed);
}

static enum sg_err open_job(struct sg_client *hsm, void *arg)
{
	struct job *job = arg;

	return sg_hsm_open(hsm, job->profile, job->aad, job->to_open, &job->opened);
}

/* That one HSM lacks the key says less than that another is not there. */
static int weight(enum sg_err err)
{
	return err == SG_ERR_HSM_OTHER ? 0 : err == SG_ERR_HSM_KEY ? 1 : 2;
}

enum sg_err sg_hsm_sealer_ask(struct sg_sealer *base,
                              enum sg_err (*fn)(struct sg_client *hsm, void *arg), void *arg)
{
	struct hsm_sealer *sealer = self(base);
	enum sg_err err = SG_ERR_HSM_OTHER, one;
	size_t first;

	if (sealer->n == 0)
		return none_configured(sealer);
	first = sealer->first;
	for (size_t i = 0; i < sealer->n; i++) {
		one = fn(sealer->hsm[(first + i) % sealer->n], arg);
		if (!is_elsewhere(one))
			return one;
		if (weight(one) >= weight(err))
			err = one;
	}
	return err;
}

struct sg_client *sg_hsm_sealer_nth(struct sg_sealer *sealer, size_t i)
{
	return i < self(sealer)->n ? self(sealer)->hsm[i] : NULL;
}

/* Finding the HSM that has a key. */
struct quest {
	const struct sg_hsm_profile *profile;
	struct sg_client *found;
};

static enum sg_err has_key_job(struct sg_client *hsm, void *arg)
{
	struct quest *quest = arg;
	enum sg_err err = sg_hsm_profile_has_key(hsm, quest->profile);

	if (err == SG_OK)
		quest->found = hsm;
	return err;
}

/* A token that was there before stays with its HSM; any other gets its key in the first that is
 * configured. */
static enum sg_err hsm_provision(struct sg_sealer *base, const struct sg_secret *owner_auth,
                                 struct sg_buf *identity, bool *made)
{
	struct hsm_sealer *sealer = self(base);
	struct sg_hsm_profile profile = { 0 };
	struct quest quest = { .found = sealer->hsm[0] };
	struct sg_hsm_parent before;
	CK_TOKEN_INFO info;
	enum sg_err err = SG_OK;

	(void)owner_auth;
	*made = false;
	if (sealer->n == 0)
		return none_configured(sealer);
	if (sg_hsm_parent_read(sg_buf_bytes(identity), &before)) {
		prefer(sealer, &before);
		quest.profile = &before.profile;
		err = sg_hsm_sealer_ask(base, has_key_job, &quest);
	}
	if (err == SG_OK)
		err = sg_hsm_profile_find(quest.found, &profile, made);
	if (err == SG_OK)
		err = sg_client_info(quest.found, &info);
	return err == SG_OK ? sg_hsm_parent_write(&profile, &info, identity) : err;
}

static struct sg_bytes aad_bytes(const struct sg_secret *aad)
{
	return aad != NULL ? sg_secret_bytes(aad) : sg_bytes(NULL, 0);
}

static bool guard_fits(const struct sg_seal_guard *guard)
{
	return guard->auth == NULL || guard->auth->len == SG_SEAL_AUTH;
}

static enum sg_err check_seal(const struct sg_seal_guard *guard, const struct sg_secret *plain)
{
	if (plain->len == 0 || plain->len > SG_SEAL_MAX || !guard_fits(guard))
		return SG_ERR_RANGE;
	if (guard->policy != NULL && !sg_policy_empty(guard->policy)) {
		sg_log(SG_LOG_ERROR, "an HSM has no PCRs, and so no policies");
		return SG_ERR_HW_UNSUPPORTED;
	}
	return SG_OK;
}

static enum sg_err hsm_seal(struct sg_sealer *base, struct sg_bytes parent_bytes,
                            const struct sg_seal_guard *guard, const struct sg_secret *plain,
                            struct sg_buf *out)
{
	struct sg_secret *inner = NULL, *aad = NULL;
	struct sg_buf closed = { 0 };
	struct sg_hsm_parent parent;
	struct job job = { .profile = &parent.profile, .closed = &closed };
	enum sg_err err = check_seal(guard, plain);

	if (err != SG_OK)
		return err;
	if (!sg_hsm_parent_read(parent_bytes, &parent))
		return SG_ERR_HSM_OTHER;
	prefer(self(base), &parent);
	err = sg_random_secret(SG_HSM_SECRET, &inner);
	if (err == SG_OK)
		err = sg_hsm_blob_aad(guard->auth, &aad);
	if (err == SG_OK) {
		job.plain = inner;
		job.aad = aad_bytes(aad);
		err = sg_hsm_sealer_ask(base, close_job, &job);
	}
	if (err == SG_OK)
		err = sg_hsm_blob_write(&parent.profile, sg_buf_bytes(&closed), inner, guard->auth,
		                        plain, out);
	sg_secret_free(&inner);
	sg_secret_free(&aad);
	sg_buf_free(&closed);
	return err;
}

static enum sg_err hsm_unseal(struct sg_sealer *base, struct sg_bytes parent_bytes,
                              const struct sg_seal_guard *guard, struct sg_bytes bytes,
                              struct sg_secret **out)
{
	struct sg_secret *aad = NULL;
	struct sg_hsm_parent parent;
	struct job job = { .profile = &parent.profile };
	struct sg_hsm_blob blob;
	enum sg_err err;

	*out = NULL;
	if (!guard_fits(guard))
		return SG_ERR_RANGE;
	if (!sg_hsm_parent_read(parent_bytes, &parent))
		return SG_ERR_HSM_OTHER;
	if (!sg_hsm_blob_read(bytes, &blob))
		return SG_ERR_FORMAT;
	if (!sg_bytes_equal(blob.id, sg_bytes(parent.profile.id, parent.profile.id_len)))
		return SG_ERR_HSM_OTHER;
	if ((guard->auth != NULL) != blob.auth)
		return SG_ERR_AUTH;
	prefer(self(base), &parent);
	err = sg_hsm_blob_aad(guard->auth, &aad);
	if (err == SG_OK) {
		job.aad = aad_bytes(aad);
		job.to_open = blob.closed;
		err = sg_hsm_sealer_ask(base, open_job, &job);
	}
	if (err == SG_OK)
		err = sg_hsm_blob_open(&blob, job.opened, guard->auth, out);
	/* A wrong authorisation and a changed blob look alike. */
	if (err == SG_ERR_SEALED_DAMAGED && guard->auth != NULL)
		err = SG_ERR_AUTH;
	sg_secret_free(&job.opened);
	sg_secret_free(&aad);
	return err;
}

static void copy_field(const unsigned char *field, size_t len, char *out, size_t size)
{
	const struct sg_bytes text = sg_client_field(field, len);

	snprintf(out, size, "%.*s", (int)text.len, (const char *)text.data);
}

static void describe(struct sg_client *hsm, const CK_TOKEN_INFO *info, struct sg_sealer_status *out)
{
	snprintf(out->device, sizeof out->device, "%s", sg_client_name(hsm));
	copy_field(info->manufacturerID, sizeof info->manufacturerID, out->maker,
	           sizeof out->maker);
	snprintf(out->firmware, sizeof out->firmware, "%u.%u", info->firmwareVersion.major,
	         info->firmwareVersion.minor);
	out->pin_wrong = (info->flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) != 0;
}

/* Without a parent it is the HSM that a new token gets. With one it is the HSM that has its key, or
 * where none has, the first that answers. */
static enum sg_err hsm_status(struct sg_sealer *base, struct sg_bytes parent_bytes,
                              struct sg_sealer_status *out)
{
	struct hsm_sealer *sealer = self(base);
	enum sg_err err = SG_ERR_HSM_MISSING, away = SG_OK, one;
	struct sg_hsm_parent parent;
	CK_TOKEN_INFO info;
	const bool known = sg_hsm_parent_read(parent_bytes, &parent);
	const size_t n = known ? sealer->n : 1;
	struct sg_client *hsm;
	size_t first = 0;

	*out = (struct sg_sealer_status){ .device = "no HSM is configured" };
	if (sealer->n == 0)
		return none_configured(sealer);
	if (known) {
		prefer(sealer, &parent);
		first = sealer->first;
	}
	snprintf(out->device, sizeof out->device, "%s", sg_client_name(sealer->hsm[first]));
	for (size_t i = 0; i < n && !out->parent_same; i++) {
		hsm = sealer->hsm[(first + i) % sealer->n];
		one = sg_client_info(hsm, &info);
		if (one != SG_OK) {
			err = err == SG_OK ? SG_OK : one;
			away = one;
			continue;
		}
		out->parent_found = known &&
		                    sg_hsm_profile_has_key(hsm, &parent.profile) == SG_OK;
		out->parent_same = out->parent_found;
		if (err != SG_OK || out->parent_found)
			describe(hsm, &info, out);
		err = SG_OK;
	}
	/* That those who answer lack the key says nothing while one does not. */
	return parent_bytes.len > 0 && !out->parent_same && away != SG_OK ? away : err;
}

const struct sg_sealer_ops sg_hsm_sealer = {
	.name = "hsm",
	.model = "HSM",
	.hardware = true,
	.several = true,
	.open = hsm_open,
	.free = hsm_free,
	.may_hang = hsm_may_hang,
	.provision = hsm_provision,
	.seal = hsm_seal,
	.unseal = hsm_unseal,
	.status = hsm_status,
	.resident = &sg_hsm_resident,
};
