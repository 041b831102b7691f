/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Reads files of signed PCR values.
 */
#include "seal/policy_signature.h"

#include <jansson.h>
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

static enum sg_err add_bank(struct sg_policy_signatures *signatures, const json_t *list,
                            enum sg_digest_alg bank)
{
	const size_t most = SG_POLICY_SIGNATURES_MAX, count = json_array_size(list);
	const size_t first = count > most ? count - most : 0;
	struct sg_policy_signature one, *grown;
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
		grown = reallocarray(signatures->list, signatures->n + 1, sizeof *grown);
		if (grown == NULL)
			return SG_ERR_NOMEM;
		signatures->list = grown;
		signatures->list[signatures->n++] = one;
	}
	return SG_OK;
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

void sg_policy_signatures_clear(struct sg_policy_signatures *signatures)
{
	free(signatures->list);
	*signatures = (struct sg_policy_signatures){ NULL, 0 };
}
