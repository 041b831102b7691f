/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. A sealed object: template, create, open. Every secret goes
 * through the encrypted session that the caller opened; none is left in memory of
 * ours.
 */
#include "seal/tpm/sealed.h"

#include <string.h>

#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define DIGEST 32

static const char magic[SG_TPM_BLOB_MAGIC] = { 'S', 'G', 'T', '1' };

/* What guards the object. Without a policy its authValue opens it, an empty one for a
 * machine's: then the parent alone guards it, and noDA keeps power cuts from counting as
 * wrong tries. With a policy userWithAuth must be clear, or the authValue walks around
 * the policy [TPM2 Part 1 §23.2]. */
static TPMA_OBJECT attributes(bool auth, const TPM2B_DIGEST *policy)
{
	TPMA_OBJECT bits = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT;

	bits |= policy->size > 0 ? TPMA_OBJECT_ADMINWITHPOLICY : TPMA_OBJECT_USERWITHAUTH;
	if (!auth)
		bits |= TPMA_OBJECT_NODA;
	return bits;
}

static void area_fill(TPM2B_PUBLIC *out, bool auth, const TPM2B_DIGEST *policy)
{
	*out = (TPM2B_PUBLIC){
		.publicArea = {
			.type = TPM2_ALG_KEYEDHASH,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = attributes(auth, policy),
			.authPolicy = *policy,
			.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
		},
	};
}

/* Tell whether a public area is one that area_fill made. */
static bool area_ours(const TPMT_PUBLIC *area)
{
	return area->type == TPM2_ALG_KEYEDHASH && area->nameAlg == TPM2_ALG_SHA256 &&
	       area->authPolicy.size == 0 &&
	       (area->objectAttributes == attributes(false, &area->authPolicy) ||
	        area->objectAttributes == attributes(true, &area->authPolicy)) &&
	       area->parameters.keyedHashDetail.scheme.scheme == TPM2_ALG_NULL &&
	       area->unique.keyedHash.size == DIGEST;
}

bool sg_sealed_has_auth(const struct sg_tpm_blob *sealed)
{
	return (sealed->area.publicArea.objectAttributes & TPMA_OBJECT_NODA) == 0;
}

enum sg_err sg_sealed_write(const struct sg_tpm_blob *sealed, struct sg_buf *out)
{
	return sg_tpm_blob_write(sealed, magic, out);
}

enum sg_err sg_sealed_read(struct sg_bytes blob, struct sg_tpm_blob *out)
{
	enum sg_err err = sg_tpm_blob_read(blob, magic, out);

	if (err == SG_OK && !area_ours(&out->area.publicArea))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_log(SG_LOG_ERROR, "the blob is not one that this program sealed with a TPM");
	return err;
}

/* The TPM drops zeros at the end of an authValue, and tpm2-tss does not: both must
 * compute with the same bytes [TPM2 Part 1 §17.6.5]. */
static void auth_fill(TPM2B_AUTH *out, const struct sg_secret *auth)
{
	size_t len = auth->len;

	while (len > 0 && auth->data[len - 1] == 0)
		len--;
	out->size = (uint16_t)len;
	memcpy(out->buffer, auth->data, len);
}

enum sg_err sg_sealed_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                             const struct sg_secret *auth, const struct sg_secret *plain,
                             struct sg_tpm_blob *out)
{
	static const TPM2B_DIGEST no_policy;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	struct sg_secret *guarded = NULL;
	TPM2B_SENSITIVE_CREATE *sensitive;
	TPM2B_PUBLIC template, *area = NULL;
	TPM2B_PRIVATE *private_area = NULL;
	TSS2_RC rc;
	enum sg_err err;

	err = sg_secret_new(sizeof *sensitive, &guarded);
	if (err != SG_OK)
		goto out;
	sensitive = (void *)guarded->data;
	if (auth != NULL)
		auth_fill(&sensitive->sensitive.userAuth, auth);
	sensitive->sensitive.data.size = (uint16_t)plain->len;
	memcpy(sensitive->sensitive.data.buffer, plain->data, plain->len);
	area_fill(&template, auth != NULL, &no_policy);
	rc = Esys_Create(tpm->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE, sensitive, &template,
	                 &outside, &pcrs, &private_area, &area, NULL, NULL, NULL);
	sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	err = sg_tpm_err(TPM2_CC_Create, rc);
	if (err != SG_OK)
		goto out;
	*out = (struct sg_tpm_blob){ *area, *private_area };
out:
	Esys_Free(area);
	Esys_Free(private_area);
	sg_secret_free(&guarded);
	return err;
}

static TSS2_RC set_auth(struct sg_tpm *tpm, ESYS_TR object, const struct sg_secret *auth)
{
	TPM2B_AUTH value = { 0 };
	TSS2_RC rc;

	auth_fill(&value, auth);
	rc = Esys_TR_SetAuth(tpm->esys, object, &value);
	explicit_bzero(&value, sizeof value);
	return rc;
}

/* Unseal a loaded object. There is nothing to encrypt on the way in. The session ends with
 * the command, which saves a command; but then tpm2-tss frees what the session keeps of an
 * authorisation, so with one the session must live until that was scrubbed. */
static enum sg_err unseal(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                          const struct sg_secret *auth, TPM2B_SENSITIVE_DATA **data)
{
	TPMA_SESSION more = auth != NULL ? TPMA_SESSION_CONTINUESESSION : 0;
	TSS2_RC rc = TSS2_RC_SUCCESS;
	enum sg_err err;

	err = sg_tpm_session_next(tpm, session, TPMA_SESSION_ENCRYPT | more);
	if (err != SG_OK)
		return err;
	if (auth != NULL)
		rc = set_auth(tpm, object, auth);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Unseal(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, data);
	if (auth != NULL)
		sg_tpm_scrub(tpm, object, session);
	else
		sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	return sg_tpm_err(TPM2_CC_Unseal, rc);
}

enum sg_err sg_sealed_open(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                           const struct sg_secret *auth, const struct sg_tpm_blob *sealed,
                           struct sg_secret **out)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	ESYS_TR object = ESYS_TR_NONE;
	TSS2_RC rc;
	enum sg_err err;

	*out = NULL;
	rc = Esys_Load(tpm->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE, &sealed->private_area,
	               &sealed->area, &object);
	err = sg_tpm_err(TPM2_CC_Load, rc);
	if (err == SG_OK)
		err = unseal(tpm, object, session, auth, &data);
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
	return err;
}
