/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Making objects that can be shown to others: sealed, derived, or sealed elsewhere.
 */
#include <string.h>

#include "seal/tpm/attest.h"
#include "seal/tpm/derived.h"
#include "seal/tpm/sealed.h"
#include "seal/tpm/sealer.h"
#include "seal/tpm/srk.h"

/* One object to make. */
struct making {
	struct sg_bytes parent;
	const struct sg_policy *policy;         /* or NULL */
	struct sg_tpm_shown shown;
	const struct sg_secret *plain;          /* to seal */
	struct sg_bytes label;                  /* to derive with */
	struct sg_tpm_imported imported;
	struct sg_sealed sealed;                /* what comes of it */
	struct sg_derived derived;
};

/* Tell whether a policy is one that such objects may have: of PCRs and the clock. */
static bool policy_fits(const struct sg_policy *policy)
{
	return policy == NULL || (policy->signer.len == 0 && !policy->auth &&
	                          policy->index.handle == 0);
}

static enum sg_err do_seal(struct sg_tpm *tpm, void *arg)
{
	struct making *m = arg;
	const struct sg_seal_guard guard = { .policy = m->policy };
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, m->parent, &srk, &session);

	sg_sealed_clear(&m->sealed);            /* of a try before */
	return err == SG_OK ? sg_sealed_create(tpm, srk, session, &guard, m->plain, &m->shown,
	                                       &m->sealed)
	                    : err;
}

enum sg_err sg_tpm_attest_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_attest_guard *guard, const struct sg_secret *plain,
                               struct sg_attest_object *out)
{
	struct making m = {
		.parent = parent, .policy = guard->policy, .shown = { guard->outside, out },
		.plain = plain,
	};
	enum sg_err err;

	memset(out, 0, sizeof *out);
	if (!policy_fits(guard->policy))
		return SG_ERR_ARG;
	if (plain->len == 0 || plain->len > SG_SEAL_MAX)
		return SG_ERR_RANGE;
	err = sg_tpm_transact(sealer, do_seal, &m);
	if (err == SG_OK)
		err = sg_sealed_write(&m.sealed, &out->blob);
	if (err == SG_OK)
		err = sg_policy_copy(&m.sealed.policy, &out->policy);
	sg_sealed_clear(&m.sealed);
	return err;
}

static enum sg_err do_derive(struct sg_tpm *tpm, void *arg)
{
	struct making *m = arg;
	ESYS_TR srk;
	enum sg_err err = sg_srk_open(tpm, m->parent, &srk);

	sg_derived_clear(&m->derived);          /* of a try before */
	return err == SG_OK ? sg_derived_create(tpm, srk, m->policy, m->label, &m->shown,
	                                        &m->derived)
	                    : err;
}

/* Write the public area of who fixed the label. */
static enum sg_err write_lock(const struct sg_policy *policy, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	return sg_policy_signer_area(sg_buf_bytes(&policy->signer), &w);
}

enum sg_err sg_tpm_attest_derive(struct sg_sealer *sealer, struct sg_bytes parent,
                                 const struct sg_attest_guard *guard, struct sg_bytes label,
                                 struct sg_attest_object *out)
{
	struct making m = {
		.parent = parent, .policy = guard->policy, .shown = { guard->outside, out },
		.label = label,
	};
	enum sg_err err;

	memset(out, 0, sizeof *out);
	if (!policy_fits(guard->policy))
		return SG_ERR_ARG;
	if (label.len == 0 || label.len > SG_ATTEST_LABEL_MAX)
		return SG_ERR_RANGE;
	err = sg_tpm_transact(sealer, do_derive, &m);
	if (err == SG_OK)
		err = sg_derived_write(&m.derived, &out->blob);
	if (err == SG_OK)
		err = sg_policy_copy(&m.derived.policy, &out->policy);
	if (err == SG_OK)
		err = write_lock(&m.derived.policy, &out->lock);
	sg_derived_clear(&m.derived);
	return err;
}

static enum sg_err do_import(struct sg_tpm *tpm, void *arg)
{
	struct making *m = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, m->parent, &srk, &session);

	return err == SG_OK ? sg_tpm_import_object(tpm, srk, session, &m->imported,
	                                           &m->sealed.object.private_area)
	                    : err;
}

/* Read what came from elsewhere, which must be an object that this program makes for just that
 * policy. */
static enum sg_err read_object(struct making *m, struct sg_bytes area,
                               const struct sg_secret *duplicate, struct sg_bytes seed)
{
	struct sg_parcel parcel = { 0 };
	enum sg_err err = SG_OK;

	if (m->policy != NULL)
		err = sg_policy_copy(m->policy, &parcel.policy);
	if (err == SG_OK)
		err = sg_buf_set(&parcel.object, area);
	if (err == SG_OK)
		err = sg_buf_set(&parcel.duplicate, sg_secret_bytes(duplicate));
	if (err == SG_OK)
		err = sg_buf_set(&parcel.seed, seed);
	if (err == SG_OK)
		err = sg_tpm_duplicate_read(&parcel, &m->imported);
	m->sealed.imported = true;
	m->sealed.object.area = m->imported.area;
	if (err == SG_OK)
		err = sg_policy_copy(&parcel.policy, &m->sealed.policy);
	if (parcel.duplicate.len > 0)
		explicit_bzero(parcel.duplicate.data, parcel.duplicate.len);
	sg_parcel_clear(&parcel);
	return err;
}

enum sg_err sg_tpm_attest_import(struct sg_sealer *sealer, struct sg_bytes parent,
                                 const struct sg_policy *policy, struct sg_bytes area,
                                 const struct sg_secret *duplicate, struct sg_bytes seed,
                                 struct sg_attest_object *out)
{
	struct making m = { .parent = parent, .policy = policy };
	enum sg_err err;

	memset(out, 0, sizeof *out);
	if (!policy_fits(policy))
		return SG_ERR_ARG;
	err = read_object(&m, area, duplicate, seed);
	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_import, &m);
	if (err == SG_OK)
		err = sg_sealed_write(&m.sealed, &out->blob);
	if (err == SG_OK)
		err = sg_buf_set(&out->area, area);
	if (err == SG_OK)
		err = sg_policy_copy(&m.sealed.policy, &out->policy);
	explicit_bzero(&m.imported, sizeof m.imported);
	sg_sealed_clear(&m.sealed);
	return err;
}
