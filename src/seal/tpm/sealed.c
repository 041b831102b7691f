/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. A sealed object: template, create, open. Every secret goes
 * through the encrypted session that the caller opened; none is left in memory of
 * ours.
 */
#include "seal/tpm/sealed.h"

#include <string.h>

#include "seal/tpm/auth.h"
#include "seal/tpm/boot.h"
#include "seal/tpm/pcr.h"
#include "seal/tpm/pin_index.h"
#include "seal/tpm/policy.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define DIGEST 32
#define POLICY_STORED_MAX 8192

/* The kinds of blobs: each has its magic, and what it says is in it. */
enum { KIND_PLAIN, KIND_POLICY, KIND_IMPORTED, KINDS };

static const struct kind {
	char magic[4];
	bool policy, imported;
} kinds[KINDS] = {
	[KIND_PLAIN] = { { 'S', 'G', 'T', '1' }, false, false },
	[KIND_POLICY] = { { 'S', 'G', 'T', '2' }, true, false },
	[KIND_IMPORTED] = { { 'S', 'G', 'T', '3' }, true, true },
};

/* What guards the object. Without a policy its authValue opens it, an empty one for a
 * machine's: then the parent alone guards it, and noDA keeps power cuts from counting as
 * wrong tries. So it does where an index counts them: nobody comes to the authValue without
 * it. With a policy userWithAuth must be clear, or the authValue walks around
 * the policy [TPM2 Part 1 §23.2]. */
static TPMA_OBJECT attributes(bool imported, bool da, const TPM2B_DIGEST *policy)
{
	TPMA_OBJECT bits = imported ? 0 : TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT;

	bits |= policy->size > 0 ? TPMA_OBJECT_ADMINWITHPOLICY : TPMA_OBJECT_USERWITHAUTH;
	if (!da)
		bits |= TPMA_OBJECT_NODA;
	return bits;
}

static void area_fill(TPM2B_PUBLIC *out, bool da, const TPM2B_DIGEST *policy)
{
	*out = (TPM2B_PUBLIC){
		.publicArea = {
			.type = TPM2_ALG_KEYEDHASH,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = attributes(false, da, policy),
			.authPolicy = *policy,
			.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
		},
	};
}

/* Compute the authPolicy; empty for an empty policy. */
static enum sg_err policy_fill(TPM2B_DIGEST *out, const struct sg_policy *policy)
{
	out->size = sg_policy_empty(policy) ? 0 : SG_POLICY_DIGEST;
	return out->size > 0 ? sg_policy_digest(policy, out->buffer) : SG_OK;
}

/* Tell whether wrong authValues count towards the TPM's own lockout. */
static bool counts(const struct sg_policy *policy)
{
	return policy->auth && policy->index.handle == 0;
}

static bool attributes_ours(const struct sg_sealed *sealed)
{
	const TPMT_PUBLIC *area = &sealed->object.area.publicArea;
	TPMA_OBJECT have = area->objectAttributes;

	/* What comes from elsewhere has no PIN of ours, and so nothing to count. */
	if (sealed->imported)
		return !sealed->policy.auth && have == attributes(true, false, &area->authPolicy);
	if (!sg_policy_empty(&sealed->policy))
		return have == attributes(false, counts(&sealed->policy), &area->authPolicy);
	return have == attributes(false, false, &area->authPolicy) ||
	       have == attributes(false, true, &area->authPolicy);
}

/* Tell whether the public area is one that area_fill made for this policy. */
static bool area_ours(const struct sg_sealed *sealed)
{
	const TPMT_PUBLIC *area = &sealed->object.area.publicArea;
	const TPM2B_DIGEST *have = &area->authPolicy;
	TPM2B_DIGEST want;

	if (policy_fill(&want, &sealed->policy) != SG_OK || have->size != want.size ||
	    memcmp(have->buffer, want.buffer, want.size) != 0)
		return false;
	return area->type == TPM2_ALG_KEYEDHASH && area->nameAlg == TPM2_ALG_SHA256 &&
	       attributes_ours(sealed) &&
	       area->parameters.keyedHashDetail.scheme.scheme == TPM2_ALG_NULL &&
	       area->unique.keyedHash.size == DIGEST;
}

bool sg_sealed_has_auth(const struct sg_sealed *sealed)
{
	return sealed->policy.auth ||
	       (sealed->object.area.publicArea.objectAttributes & TPMA_OBJECT_NODA) == 0;
}

void sg_sealed_clear(struct sg_sealed *sealed)
{
	sg_policy_clear(&sealed->policy);
	memset(sealed, 0, sizeof *sealed);
}

static const struct kind *kind_of(const struct sg_sealed *sealed)
{
	if (sealed->imported)
		return &kinds[KIND_IMPORTED];
	return &kinds[sg_policy_empty(&sealed->policy) ? KIND_PLAIN : KIND_POLICY];
}

enum sg_err sg_sealed_write(const struct sg_sealed *sealed, struct sg_buf *out)
{
	const struct kind *kind = kind_of(sealed);
	struct sg_writer w = sg_writer(out), inner;
	struct sg_buf policy = { 0 };

	sg_write_magic(&w, kind->magic);
	if (kind->policy) {
		inner = sg_writer(&policy);
		sg_policy_write(&sealed->policy, &inner);
		sg_write_var(&w, sg_buf_bytes(&policy));
		if (w.err == SG_OK)
			w.err = inner.err;
	}
	sg_tpm_blob_write(&sealed->object, &w);
	sg_buf_free(&policy);
	return w.err;
}

/* Read the magic; NULL for one that is none of ours. */
static const struct kind *read_kind(struct sg_reader *r)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct sg_reader peek = *r;

		sg_read_magic(&peek, kinds[i].magic);
		if (!peek.failed) {
			*r = peek;
			return &kinds[i];
		}
	}
	return NULL;
}

enum sg_err sg_sealed_read(struct sg_bytes blob, struct sg_sealed *out)
{
	struct sg_reader r = sg_reader(blob);
	const struct kind *kind = read_kind(&r);
	enum sg_err err = kind != NULL ? SG_OK : SG_ERR_FORMAT;

	*out = (struct sg_sealed){ .imported = kind != NULL && kind->imported };
	if (err == SG_OK && kind->policy) {
		struct sg_bytes stored = sg_read_var(&r, POLICY_STORED_MAX);

		err = r.failed ? SG_ERR_FORMAT : sg_policy_read(stored, &out->policy);
	}
	if (err == SG_OK && kind != kind_of(out))
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_tpm_blob_read(&r, &out->object);
	if (err == SG_OK && !area_ours(out))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_log(SG_LOG_ERROR, "the blob is not one that this program sealed with a TPM");
	return err;
}

/* Fill in what the policy leaves open: the values of PCRs now, that there is a PIN, and what
 * counts wrong ones. */
static enum sg_err complete(struct sg_tpm *tpm, ESYS_TR session, const struct sg_seal_guard *guard,
                            struct sg_policy *policy)
{
	enum sg_err err;

	*policy = (struct sg_policy){ 0 };
	if (guard->plan == NULL && (guard->policy == NULL || sg_policy_empty(guard->policy)))
		return SG_OK;
	err = guard->policy != NULL ? sg_policy_copy(guard->policy, policy) : SG_OK;
	policy->auth = guard->auth != NULL;
	if (guard->plan != NULL)
		policy->index = guard->plan->index;
	if (err == SG_OK)
		err = sg_tpm_pcr_read(tpm, session, &policy->pcrs);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, session,
		                          TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
		                          TPMA_SESSION_CONTINUESESSION);
	return err;
}

static enum sg_err create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                          const struct sg_secret *auth, bool da, const struct sg_secret *plain,
                          const TPM2B_DIGEST *policy, const struct sg_tpm_shown *shown,
                          struct sg_tpm_blob *out)
{
	struct sg_secret *guarded = NULL;
	TPM2B_SENSITIVE_CREATE *sensitive;
	TPM2B_PUBLIC template;
	enum sg_err err;

	err = sg_secret_new(sizeof *sensitive, &guarded);
	if (err != SG_OK)
		return err;
	sensitive = (void *)guarded->data;
	if (auth != NULL)
		sg_tpm_auth_fill(&sensitive->sensitive.userAuth, auth);
	sensitive->sensitive.data.size = (uint16_t)plain->len;
	memcpy(sensitive->sensitive.data.buffer, plain->data, plain->len);
	area_fill(&template, da, policy);
	err = sg_tpm_create(tpm, srk, session, sensitive, &template, shown, out);
	sg_secret_free(&guarded);
	return err;
}

/* Make an object whose PIN an index counts: the object first, since it leaves nothing behind. */
static enum sg_err create_counted(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                                  const struct sg_seal_guard *guard, const struct sg_secret *plain,
                                  const TPM2B_DIGEST *policy, struct sg_tpm_blob *out)
{
	struct sg_tpm_pin pin;
	enum sg_err err = sg_tpm_pin_split(guard->auth, &pin);

	if (err == SG_OK)
		err = create(tpm, srk, session, pin.object, false, plain, policy, NULL, out);
	if (err == SG_OK)
		err = sg_tpm_pin_index_make(tpm, srk, session, guard->owner_auth, guard->plan,
		                            pin.index);
	sg_tpm_pin_free(&pin);
	return err;
}

enum sg_err sg_sealed_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                             const struct sg_seal_guard *guard, const struct sg_secret *plain,
                             const struct sg_tpm_shown *shown, struct sg_sealed *out)
{
	TPM2B_DIGEST digest;
	enum sg_err err;

	*out = (struct sg_sealed){ 0 };
	err = complete(tpm, session, guard, &out->policy);
	if (err == SG_OK)
		err = policy_fill(&digest, &out->policy);
	if (err != SG_OK)
		return err;
	return guard->plan != NULL
	               ? create_counted(tpm, srk, session, guard, plain, &digest, &out->object)
	               : create(tpm, srk, session, guard->auth, guard->auth != NULL, plain, &digest,
	                        shown, &out->object);
}

enum sg_err sg_tpm_import_object(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                                 const struct sg_tpm_imported *object,
                                 TPM2B_PRIVATE *private_area)
{
	static const TPM2B_DATA no_key;
	static const TPMT_SYM_DEF_OBJECT none = { .algorithm = TPM2_ALG_NULL };
	TPM2B_PRIVATE *made = NULL;
	enum sg_err err;

	err = sg_tpm_err(TPM2_CC_Import,
	                 Esys_Import(tpm->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE, &no_key,
	                             &object->area, &object->duplicate, &object->seed, &none,
	                             &made));
	if (err == SG_OK)
		*private_area = *made;
	Esys_Free(made);
	return err;
}

/* Unseal a loaded object. There is nothing to encrypt on the way in. The session ends with
 * the command, which saves a command; but then tpm2-tss frees what the session keeps of an
 * authorisation, so with one the session must live until that was scrubbed. */
static enum sg_err unseal(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                          const struct sg_secret *auth, TPM2B_SENSITIVE_DATA **data)
{
	TPMA_SESSION more = auth != NULL ? TPMA_SESSION_CONTINUESESSION : 0;
	enum sg_err err;

	err = sg_tpm_session_next(tpm, session, TPMA_SESSION_ENCRYPT | more);
	if (err != SG_OK)
		return err;
	if (auth != NULL)
		err = sg_tpm_auth_set(tpm, object, auth);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_Unseal,
		                 Esys_Unseal(tpm->esys, object, session, ESYS_TR_NONE,
		                             ESYS_TR_NONE, data));
	if (auth != NULL)
		sg_tpm_scrub(tpm, object, session);
	else
		sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	return err;
}

/* Load and unseal in one session, which without a policy authorises both. A policy session
 * can't stand for the parent's empty authValue; it encrypts what goes to the parent. Nor can
 * it prove the value of an index to it, so with one there are two sessions. */
static enum sg_err load_and_unseal(struct sg_tpm *tpm, ESYS_TR srk,
                                   const struct sg_seal_guard *guard,
                                   const struct sg_secret *object_auth,
                                   const struct sg_secret *index_auth,
                                   const struct sg_sealed *sealed, TPM2B_SENSITIVE_DATA **data)
{
	bool plain = sg_policy_empty(&sealed->policy), counted = index_auth != NULL;
	ESYS_TR object = ESYS_TR_NONE, first = ESYS_TR_NONE, session;
	TSS2_RC rc;
	enum sg_err err;

	err = sg_tpm_session_open(tpm, srk, plain || counted ? TPM2_SE_HMAC : TPM2_SE_POLICY,
	                          &first);
	session = first;
	if (err == SG_OK && guard->look != NULL && !guard->look->made)
		err = sg_tpm_boot_look(tpm, first, plain || counted, guard->look);
	if (err != SG_OK)
		return err;
	rc = Esys_Load(tpm->esys, srk, plain || counted ? first : ESYS_TR_PASSWORD,
	               plain || counted ? ESYS_TR_NONE : first, ESYS_TR_NONE,
	               &sealed->object.private_area, &sealed->object.area, &object);
	err = sg_tpm_err(TPM2_CC_Load, rc);
	if (err == SG_OK && counted)
		err = sg_tpm_session_open(tpm, srk, TPM2_SE_POLICY, &session);
	if (err == SG_OK && !plain) {
		const struct sg_tpm_policy_proof proof = { guard->signatures, index_auth, first };

		err = sg_tpm_policy_assert(tpm, session, &sealed->policy, &proof);
	}
	if (err == SG_OK)
		err = unseal(tpm, object, session, object_auth, data);
	return err;
}

enum sg_err sg_sealed_open(struct sg_tpm *tpm, ESYS_TR srk, const struct sg_seal_guard *guard,
                           const struct sg_sealed *sealed, struct sg_secret **out)
{
	bool counted = sealed->policy.index.handle != 0;
	struct sg_tpm_pin pin = { NULL, NULL };
	TPM2B_SENSITIVE_DATA *data = NULL;
	enum sg_err err;

	*out = NULL;
	if (counted && sg_tpm_pin_split(guard->auth, &pin) != SG_OK) {
		err = SG_ERR_SECURE_MEMORY;
		goto out;
	}
	err = load_and_unseal(tpm, srk, guard, counted ? pin.object : guard->auth, pin.index,
	                      sealed, &data);
	if (err != SG_OK)
		goto out;
	if (data->size == 0 || data->size > SG_SEAL_MAX) {
		sg_log(SG_LOG_ERROR, "the sealed secret has an impossible size");
		err = SG_ERR_FORMAT;
		goto out;
	}
	err = sg_secret_copy(sg_bytes(data->buffer, data->size), out);
out:
	if (data != NULL)
		explicit_bzero(data, sizeof *data);
	Esys_Free(data);
	sg_tpm_pin_free(&pin);
	return err;
}
