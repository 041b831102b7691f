/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Makes credentials, and has a TPM open them.
 */
#include "seal/tpm/credential.h"

#include <string.h>

#include "seal/tpm/ek.h"
#include "seal/tpm/protect.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"

#define SECRET_MAX 32                   /* bytes of the digest that the key computes */

enum sg_err sg_tpm_credential_make(const TPMT_PUBLIC *ek, struct sg_bytes name,
                                   const struct sg_secret *secret, struct sg_buf *blob,
                                   struct sg_buf *encrypted)
{
	struct sg_secret *seed = NULL, *inner = NULL;
	enum sg_err err;

	if (secret->len == 0 || secret->len > SECRET_MAX)
		return SG_ERR_RANGE;
	err = sg_secret_new(sizeof(uint16_t) + secret->len, &inner);
	if (err != SG_OK)
		return err;
	inner->data[0] = 0;
	inner->data[1] = (uint8_t)secret->len;
	memcpy(inner->data + sizeof(uint16_t), secret->data, secret->len);
	inner->len = inner->cap;
	err = sg_tpm_protect_seed(ek, SG_TPM_IDENTITY, &seed, encrypted);
	if (err == SG_OK)
		err = sg_tpm_protect(seed, name, inner, blob);
	sg_secret_free(&seed);
	sg_secret_free(&inner);
	return err;
}

/* The session of the object authorises it and encrypts the answer. */
static enum sg_err activate(struct sg_tpm *tpm, ESYS_TR ek, ESYS_TR object, ESYS_TR session,
                            ESYS_TR policy, struct sg_bytes blob, struct sg_bytes encrypted,
                            TPM2B_DIGEST **info)
{
	TPM2B_ID_OBJECT credential = { .size = (uint16_t)blob.len };
	TPM2B_ENCRYPTED_SECRET seed = { .size = (uint16_t)encrypted.len };

	if (blob.len > sizeof credential.credential || encrypted.len > sizeof seed.secret)
		return SG_ERR_FORMAT;
	memcpy(credential.credential, blob.data, blob.len);
	memcpy(seed.secret, encrypted.data, encrypted.len);
	return sg_tpm_err(TPM2_CC_ActivateCredential,
	                  Esys_ActivateCredential(tpm->esys, object, ek, session, policy,
	                                          ESYS_TR_NONE, &credential, &seed, info));
}

enum sg_err sg_tpm_credential_open(struct sg_tpm *tpm, ESYS_TR salt, ESYS_TR session,
                                   ESYS_TR ek, ESYS_TR object, struct sg_bytes blob,
                                   struct sg_bytes encrypted, struct sg_secret **secret)
{
	ESYS_TR policy = ESYS_TR_NONE;
	TPM2B_DIGEST *info = NULL;
	enum sg_err err;

	*secret = NULL;
	err = sg_ek_session_open(tpm, salt, &policy);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, session,
		                          TPMA_SESSION_ENCRYPT | TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, policy, TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK) {
		err = activate(tpm, ek, object, session, policy, blob, encrypted, &info);
		sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	}
	if (err == SG_OK)
		err = sg_secret_copy(sg_bytes(info->buffer, info->size), secret);
	if (info != NULL)
		explicit_bzero(info, sizeof *info);
	Esys_Free(info);
	return err;
}
