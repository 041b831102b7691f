/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Writes down the steps of our own policies.
 */
#include <jansson.h>
#include <stdlib.h>

#include "crypto/base64.h"
#include "enroll/steps.h"
#include "seal/pin_index.h"

#define BASE64_MAX 1024

/* Add a step to the list; it is freed in any case. */
static enum sg_err add(json_t *list, json_t *step)
{
	return step != NULL && json_array_append_new(list, step) == 0 ? SG_OK : SG_ERR_NOMEM;
}

static enum sg_err add_signer(json_t *list, const struct sg_policy *policy)
{
	char key[BASE64_MAX];
	struct sg_buf area = { 0 };
	struct sg_writer w = sg_writer(&area);
	enum sg_err err = sg_policy_signer_area(sg_buf_bytes(&policy->signer), &w);

	if (err == SG_OK) {
		sg_base64_public(sg_buf_bytes(&area), key, sizeof key);
		err = add(list, json_pack("{s:s, s:s, s:s}", "step", "authorize", "key", key,
		                          "ref", ""));
	}
	sg_buf_free(&area);
	return err;
}

static enum sg_err add_pcrs(json_t *list, const struct sg_policy *policy)
{
	const struct sg_policy only = { .pcrs = policy->pcrs };
	struct sg_buf text = { 0 };
	enum sg_err err = sg_pcrs_known(&policy->pcrs) ? sg_policy_text(&only, true, &text)
	                                               : SG_ERR_FORMAT;

	if (err == SG_OK)
		err = add(list, json_pack("{s:s, s:s%}", "step", "pcr", "pcrs",
		                          (const char *)text.data, text.len));
	sg_buf_free(&text);
	return err;
}

static enum sg_err add_index(json_t *list, const struct sg_policy *policy)
{
	uint8_t name[SG_PIN_INDEX_NAME];
	char text[BASE64_MAX];
	enum sg_err err = sg_pin_index_name(&policy->index, true, name);

	if (err != SG_OK)
		return err;
	sg_base64_public(sg_bytes(name, sizeof name), text, sizeof text);
	return add(list, json_pack("{s:s, s:s, s:s}", "step", "secret", "name", text, "ref", ""));
}

/* In the order of seal/policy.c. */
static enum sg_err add_all(json_t *list, const struct sg_policy *policy)
{
	enum sg_err err = SG_OK;

	if (policy->signer.len > 0)
		err = add_signer(list, policy);
	if (err == SG_OK && sg_pcrs_any(&policy->pcrs))
		err = add_pcrs(list, policy);
	if (err == SG_OK && policy->until != 0)
		err = add(list, json_pack("{s:s, s:I}", "step", "clock", "until",
		                          (json_int_t)policy->until));
	if (err == SG_OK && policy->index.handle != 0)
		err = add_index(list, policy);
	if (err == SG_OK && policy->auth)
		err = add(list, json_pack("{s:s}", "step", "auth-value"));
	return err;
}

enum sg_err sg_enroll_steps_write(const struct sg_policy *policy, struct sg_buf *json)
{
	json_t *list = json_array();
	char *text = NULL;
	enum sg_err err = SG_ERR_NOMEM;

	json->len = 0;
	if (policy->until > INT64_MAX) {
		err = SG_ERR_FORMAT;
		goto out;
	}
	if (list != NULL)
		err = add_all(list, policy);
	if (err == SG_OK) {
		text = json_dumps(list, JSON_COMPACT);
		err = text != NULL ? sg_buf_set(json, sg_bytes_str(text)) : SG_ERR_NOMEM;
	}
out:
	free(text);
	json_decref(list);
	return err;
}
