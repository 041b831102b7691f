/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Authorisation values; none stays in a buffer of ours.
 */
#include "seal/tpm/auth.h"

#include <string.h>

#include "seal/tpm/rc.h"
#include "util/log.h"

void sg_tpm_auth_fill(TPM2B_AUTH *out, const struct sg_secret *auth)
{
	size_t len = 0;

	/* How many zeros there are may be known: of 256 values one ends with any. */
	for (size_t i = 0; i < auth->len; i++) {
		const size_t zero = ((size_t)auth->data[i] - 1) >> (8 * sizeof(size_t) - 1);

		len = (len & -zero) | ((i + 1) & (zero - 1));
	}
	len = sg_secret_reveal(len);
	out->size = (uint16_t)len;
	memcpy(out->buffer, auth->data, len);
}

enum sg_err sg_tpm_auth_set(struct sg_tpm *tpm, ESYS_TR entity, const struct sg_secret *auth)
{
	TPM2B_AUTH value = { 0 };
	TSS2_RC rc;

	sg_tpm_auth_fill(&value, auth);
	rc = Esys_TR_SetAuth(tpm->esys, entity, &value);
	explicit_bzero(&value, sizeof value);
	return sg_tpm_err(TPM2_CC_StartAuthSession, rc);
}

enum sg_err sg_tpm_owner_auth_set(struct sg_tpm *tpm, const struct sg_secret *owner_auth)
{
	if (owner_auth->len > sizeof ((TPM2B_AUTH *)NULL)->buffer) {
		sg_log(SG_LOG_ERROR, "the owner authorisation is longer than %zu bytes",
		       sizeof ((TPM2B_AUTH *)NULL)->buffer);
		return SG_ERR_HW_OWNER_AUTH;
	}
	return sg_tpm_auth_set(tpm, ESYS_TR_RH_OWNER, owner_auth);
}

enum sg_err sg_tpm_owner_auth_told(enum sg_err err, const struct sg_secret *owner_auth)
{
	if (err == SG_ERR_HW_OWNER_AUTH && owner_auth != NULL)
		sg_log(SG_LOG_ERROR, "the password that was given for it is wrong");
	return err;
}
