/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Reads files of signed PCR values.
 */
#include "seal/policy_signature.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "util/log.h"

/* Read a string of hexadecimal digits. */
static bool read_digest(const json_t *object, const char *key, uint8_t out[SG_POLICY_DIGEST])
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL && sg_bytes_unhex(sg_bytes_str(text), out, SG_POLICY_DIGEST);
}

static bool read_pcrs(const json_t *list, uint32_t *selected)
{
	json_t *number;
	size_t i;

	*selected = 0;
	json_array_foreach(list, i, number) {
		json_int_t n = json_integer_value(number);

		if (!json_is_integer(number) || n < 0 || n >= SG_PCRS)
			return false;
		*selected |= UINT32_C(1) << n;
	}
	return *selected != 0;
}

/* Read what a signature says that it is over: a value for each of its PCRs, by its number. Anybody
 * may have written that, so it is kept only where it makes the policy that was signed. */
static enum sg_err read_values(const json_t *values, struct sg_policy_signature *one)
{
	uint8_t digest[SG_POLICY_DIGEST];
	struct sg_pcrs pcrs = { 0 };
	struct sg_pcr_bank *bank = &pcrs.bank[one->bank];
	enum sg_err err;
	char key[16];

	bank->selected = one->selected;
	for (unsigned n = 0; n < SG_PCRS; n++) {
		const char *text;

		snprintf(key, sizeof key, "%u", n);
		text = json_string_value(json_object_get(values, key));
		if (text != NULL && sg_bytes_unhex(sg_bytes_str(text), bank->value[n],
		                                   sg_pcr_hashes[one->bank].len))
			bank->known |= UINT32_C(1) << n;
	}
	if (bank->known != bank->selected)
		return SG_ERR_FORMAT;
	err = sg_policy_pcr_digest(&pcrs, digest);
	if (err == SG_OK && memcmp(digest, one->policy, sizeof digest) != 0)
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		one->values = malloc(sizeof *one->values);
	if (one->values != NULL)
		*one->values = *bank;
	return err == SG_OK && one->values == NULL ? SG_ERR_NOMEM : err;
}

static bool read_signature(const json_t *object, enum sg_digest_alg bank,
                           struct sg_policy_signature *out)
{
	const char *text = json_string_value(json_object_get(object, "sig"));

	*out = (struct sg_policy_signature){ .bank = bank };
	return read_digest(object, "pkfp", out->signer) &&
	       read_digest(object, "pol", out->policy) &&
	       read_pcrs(json_object_get(object, "pcrs"), &out->selected) && text != NULL &&
	       sg_base64_read(sg_bytes_str(text), out->bytes, sizeof out->bytes, &out->len) &&
	       out->len > 0;
}

static enum sg_err add(struct sg_policy_signatures *signatures, const json_t *object,
                       struct sg_policy_signature *one)
{
	const json_t *values = json_object_get(object, "values");
	struct sg_policy_signature *grown;
	enum sg_err err = values != NULL ? read_values(values, one) : SG_OK;

	if (err == SG_ERR_FORMAT) {
		sg_log(SG_LOG_ERROR, "the values that stand beside a signature over PCRs of the bank "
		       "%s are not those that were signed; they are not believed",
		       sg_pcr_hashes[one->bank].name);
		signatures->doubted++;
		err = SG_OK;
	}
	if (err != SG_OK)
		return err;
	grown = reallocarray(signatures->list, signatures->n + 1, sizeof *grown);
	if (grown == NULL) {
		free(one->values);
		return SG_ERR_NOMEM;
	}
	signatures->list = grown;
	signatures->list[signatures->n++] = *one;
	return SG_OK;
}

static enum sg_err add_bank(struct sg_policy_signatures *signatures, const json_t *list,
                            enum sg_digest_alg bank)
{
	const size_t most = SG_POLICY_SIGNATURES_MAX, count = json_array_size(list);
	const size_t first = count > most ? count - most : 0;
	struct sg_policy_signature one;
	enum sg_err err = SG_OK;
	json_t *object;
	size_t i;

	/* The newest stand last. */
	if (first > 0)
		sg_log(SG_LOG_NOTICE, "of %zu signatures for a bank the last %zu are used", count,
		       most);
	json_array_foreach(list, i, object) {
		/* A policy with another digest than SHA-256 is somebody else's. */
		if (i < first || !read_signature(object, bank, &one))
			continue;
		err = add(signatures, object, &one);
		if (err != SG_OK)
			break;
	}
	return err;
}

enum sg_err sg_policy_signatures_add(struct sg_policy_signatures *signatures, struct sg_bytes json)
{
	json_error_t error;
	json_t *root = NULL;
	enum sg_err err = SG_OK;

	if (json.len <= SG_POLICY_FILE_MAX)
		root = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES,
		                  &error);
	if (!json_is_object(root)) {
		sg_log(SG_LOG_ERROR, "what should be signed PCR values is not the JSON that "
		       "systemd-measure writes");
		json_decref(root);
		return SG_ERR_FORMAT;
	}
	for (size_t bank = 0; bank < SG_PCR_BANKS && err == SG_OK; bank++)
		err = add_bank(signatures, json_object_get(root, sg_pcr_hashes[bank].name),
		               (enum sg_digest_alg)bank);
	json_decref(root);
	return err;
}

enum sg_err sg_policy_signer_print(struct sg_bytes der, uint8_t print[SG_POLICY_DIGEST])
{
	return sg_digest_once(SG_SHA256, der, print);
}

/* Tell whether the signature is of that signer, and it is known what it is over. */
static bool tells(const struct sg_policy_signature *one, const uint8_t print[SG_POLICY_DIGEST])
{
	return one->values != NULL && memcmp(one->signer, print, SG_POLICY_DIGEST) == 0;
}

void sg_policy_signatures_pcrs(const struct sg_policy_signatures *signatures,
                               const uint8_t print[SG_POLICY_DIGEST], struct sg_pcrs *out)
{
	*out = (struct sg_pcrs){ 0 };
	for (size_t i = 0; i < signatures->n; i++) {
		const struct sg_policy_signature *one = &signatures->list[i];

		if (tells(one, print))
			out->bank[one->bank].selected |= one->selected;
	}
}

const struct sg_policy_signature *
sg_policy_signatures_nearest(const struct sg_policy_signatures *signatures,
                             const uint8_t print[SG_POLICY_DIGEST], const struct sg_pcrs *now)
{
	const struct sg_policy_signature *nearest = NULL;
	int least = SG_PCRS, differ;

	for (size_t i = 0; i < signatures->n; i++) {
		const struct sg_policy_signature *one = &signatures->list[i];
		const struct sg_pcr_bank *found = &now->bank[one->bank];

		if (!tells(one, print) || (one->selected & ~found->known) != 0)
			continue;
		differ = __builtin_popcount(sg_pcr_bank_differing(one->bank, one->values, found));
		if (differ <= least) {
			least = differ;
			nearest = one;
		}
	}
	return nearest;
}

void sg_policy_signatures_clear(struct sg_policy_signatures *signatures)
{
	for (size_t i = 0; i < signatures->n; i++)
		free(signatures->list[i].values);
	free(signatures->list);
	*signatures = (struct sg_policy_signatures){ 0 };
}
