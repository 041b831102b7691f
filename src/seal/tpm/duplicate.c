/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Makes duplicates of objects that no TPM has ever had.
 */
#include "seal/tpm/duplicate.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/p256.h"
#include "crypto/random.h"
#include "seal/sealer.h"
#include "seal/tpm/protect.h"
#include "seal/tpm/srk.h"
#include "util/log.h"

#define OBFUSCATION 32                  /* bytes of seedValue, which is hashed into unique */
#define HEAD 8                          /* of TPMT_SENSITIVE: two sizes of ours, type, authValue */

static bool on_curve(const TPMT_PUBLIC *area)
{
	const TPMS_ECC_POINT *at = &area->unique.ecc;
	uint8_t point[SG_P256_POINT] = { 4 };

	if (at->x.size != 32 || at->y.size != 32)
		return false;
	memcpy(point + 1, at->x.buffer, 32);
	memcpy(point + 33, at->y.buffer, 32);
	return sg_p256_valid(sg_bytes(point, sizeof point));
}

enum sg_err sg_tpm_storage_key_read(struct sg_bytes bytes, TPMT_PUBLIC *out)
{
	enum sg_err err = sg_tpm_area_read(bytes, out);

	/* The template of a storage key has no policy; one that has could be for somebody to go
	 * by who has no business there. */
	if (err == SG_OK && (!sg_srk_fits(out) || out->authPolicy.size > 0 ||
	                     (out->type == TPM2_ALG_ECC && !on_curve(out)) ||
	                     (out->type == TPM2_ALG_RSA && out->unique.rsa.size != 256)))
		err = SG_ERR_FORMAT;
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "the key of the node is not a TPM's storage key that can't leave "
		       "its TPM (ECC P-256 or RSA 2048, AES-128-CFB)");
	return err;
}

/* The parent is all that guards it, and PCRs where there is a policy; that it can't be taken
 * from there again holds because no policy of ours ever lets TPM2_Duplicate be used. */
static enum sg_err fill(TPMT_PUBLIC *area, const struct sg_policy *policy)
{
	*area = (TPMT_PUBLIC){
		.type = TPM2_ALG_KEYEDHASH,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_NODA | TPMA_OBJECT_USERWITHAUTH,
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
		.unique.keyedHash.size = SG_POLICY_DIGEST,
	};
	if (sg_policy_empty(policy))
		return SG_OK;
	if (!sg_pcrs_known(&policy->pcrs))
		return SG_ERR_RANGE;
	area->objectAttributes = TPMA_OBJECT_NODA | TPMA_OBJECT_ADMINWITHPOLICY;
	area->authPolicy.size = SG_POLICY_DIGEST;
	return sg_policy_digest(policy, area->authPolicy.buffer);
}

/* Write a TPM2B_SENSITIVE with an empty authValue [TPM2 Part 2 §12.3.2.4], in guarded memory;
 * *hashed is what unique is the digest of: seedValue and the secret. */
static enum sg_err sensitive_new(const struct sg_secret *plain, struct sg_secret **out,
                                 struct sg_secret **hashed)
{
	const size_t len = HEAD + OBFUSCATION + 2 + plain->len;
	uint8_t seed[OBFUSCATION];
	const uint8_t head[HEAD] = {
		0, (uint8_t)(len - 2), 0, TPM2_ALG_KEYEDHASH, 0, 0, 0, OBFUSCATION,
	};
	uint8_t *at;
	enum sg_err err;

	*out = *hashed = NULL;
	err = sg_secret_new(len, out);
	if (err == SG_OK)
		err = sg_secret_new(OBFUSCATION + plain->len, hashed);
	if (err != SG_OK)
		return err;
	sg_random(seed, sizeof seed);
	memcpy((*hashed)->data, seed, sizeof seed);
	memcpy((*hashed)->data + OBFUSCATION, plain->data, plain->len);
	(*hashed)->len = OBFUSCATION + plain->len;
	at = (*out)->data;
	memcpy(at, head, sizeof head);
	memcpy(at + HEAD, seed, sizeof seed);
	at[HEAD + OBFUSCATION] = 0;
	at[HEAD + OBFUSCATION + 1] = (uint8_t)plain->len;
	memcpy(at + HEAD + OBFUSCATION + 2, plain->data, plain->len);
	(*out)->len = len;
	explicit_bzero(seed, sizeof seed);
	return SG_OK;
}

_Static_assert(HEAD + OBFUSCATION + 2 + SG_SEAL_MAX - 2 < 256, "sizes of one byte");

enum sg_err sg_tpm_duplicate(const TPMT_PUBLIC *storage_key, const struct sg_secret *plain,
                             struct sg_parcel *parcel)
{
	struct sg_secret *sensitive = NULL, *hashed = NULL, *seed = NULL;
	uint8_t name[SG_TPM_NAME];
	TPMT_PUBLIC area;
	enum sg_err err;

	if (plain->len == 0 || plain->len > SG_SEAL_MAX)
		return SG_ERR_RANGE;
	err = fill(&area, &parcel->policy);
	if (err == SG_OK)
		err = sensitive_new(plain, &sensitive, &hashed);
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_secret_bytes(hashed),
		                     area.unique.keyedHash.buffer);
	if (err == SG_OK)
		err = sg_tpm_area_write(&area, &parcel->object);
	if (err == SG_OK)
		err = sg_tpm_area_name(&area, name);
	if (err == SG_OK)
		err = sg_tpm_protect_seed(storage_key, SG_TPM_DUPLICATE, &seed, &parcel->seed);
	if (err == SG_OK)
		err = sg_tpm_protect(seed, sg_bytes(name, sizeof name), sensitive,
		                     &parcel->duplicate);
	sg_secret_free(&sensitive);
	sg_secret_free(&hashed);
	sg_secret_free(&seed);
	return err;
}

/* Tell whether the area is the one that fill makes, whatever its unique field. */
static bool is_ours(const TPMT_PUBLIC *area, const struct sg_policy *policy)
{
	struct sg_buf have = { 0 }, want = { 0 };
	TPMT_PUBLIC ours;
	bool same;

	same = fill(&ours, policy) == SG_OK && area->type == TPM2_ALG_KEYEDHASH &&
	       area->unique.keyedHash.size == SG_POLICY_DIGEST;
	if (same)
		ours.unique = area->unique;
	same = same && sg_tpm_area_write(area, &have) == SG_OK &&
	       sg_tpm_area_write(&ours, &want) == SG_OK &&
	       sg_bytes_equal(sg_buf_bytes(&have), sg_buf_bytes(&want));
	sg_buf_free(&have);
	sg_buf_free(&want);
	return same;
}

enum sg_err sg_tpm_duplicate_read(const struct sg_parcel *parcel, struct sg_tpm_imported *out)
{
	enum sg_err err;

	*out = (struct sg_tpm_imported){ { 0 } };
	err = sg_tpm_area_read(sg_buf_bytes(&parcel->object), &out->area.publicArea);
	if (err == SG_OK && (!is_ours(&out->area.publicArea, &parcel->policy) ||
	                     parcel->duplicate.len == 0 || parcel->seed.len == 0 ||
	                     parcel->duplicate.len > sizeof out->duplicate.buffer ||
	                     parcel->seed.len > sizeof out->seed.secret))
		err = SG_ERR_FORMAT;
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "what is to be imported is no object that this program makes");
	if (err != SG_OK)
		return err;
	out->duplicate.size = (uint16_t)parcel->duplicate.len;
	memcpy(out->duplicate.buffer, parcel->duplicate.data, parcel->duplicate.len);
	out->seed.size = (uint16_t)parcel->seed.len;
	memcpy(out->seed.secret, parcel->seed.data, parcel->seed.len);
	return SG_OK;
}
