/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Closes parcels: a key for the storage key of the TPM, and where that is asked for,
 * a second one for the TPM that a certificate speaks of.
 */
#include "seal/tpm/send.h"

#include <string.h>

#include "crypto/random.h"
#include "seal/tpm/credential.h"
#include "seal/tpm/duplicate.h"
#include "seal/tpm/ek.h"

enum sg_err sg_tpm_node_check(const struct sg_node *node)
{
	TPMT_PUBLIC storage_key;

	return sg_tpm_storage_key_read(sg_buf_bytes(&node->key), &storage_key);
}

static enum sg_err endorse(const struct sg_sending *how, struct sg_secret **second,
                           struct sg_parcel *parcel)
{
	TPMT_PUBLIC ek;
	enum sg_err err;

	*second = NULL;
	if (how->endorsement == NULL)
		return SG_OK;
	parcel->endorsed = true;
	err = sg_ek_area(sg_buf_bytes(how->endorsement), &parcel->ek, &ek);
	if (err == SG_OK)
		err = sg_random_secret(SG_PARCEL_KEY, second);
	if (err == SG_OK)
		err = sg_tpm_credential_make(&ek, sg_bytes(parcel->to, sizeof parcel->to), *second,
		                             &parcel->credential, &parcel->credential_seed);
	return err;
}

enum sg_err sg_tpm_send(const struct sg_sending *how, const struct sg_secret *plain,
                        struct sg_parcel *parcel)
{
	struct sg_secret *key = NULL, *second = NULL;
	TPMT_PUBLIC storage_key;
	enum sg_err err;

	err = sg_tpm_storage_key_read(sg_buf_bytes(&how->node->key), &storage_key);
	if (err == SG_OK)
		err = sg_node_name(how->node, parcel->to);
	if (err == SG_OK && how->policy != NULL)
		err = sg_policy_copy(how->policy, &parcel->policy);
	if (how->signer != NULL) {
		parcel->is_signed = true;
		memcpy(parcel->signer, how->signer, sizeof parcel->signer);
	}
	if (err == SG_OK)
		err = sg_random_secret(SG_PARCEL_KEY, &key);
	if (err == SG_OK)
		err = sg_tpm_duplicate(&storage_key, key, parcel);
	if (err == SG_OK)
		err = endorse(how, &second, parcel);
	if (err == SG_OK)
		err = sg_parcel_close(parcel, key, second, plain);
	sg_secret_free(&key);
	sg_secret_free(&second);
	return err;
}
