/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What a vault says of its seal.
 */
#include "tools/unseal_answer.h"

#include <jansson.h>
#include <string.h>

#define SHARES 255      /* of a secret that is shared over GF(256) */

/* Take a number of shares; one that is not there is 0. */
static bool take_count(const json_t *json, const char *key, unsigned *out)
{
	const json_t *value = json_object_get(json, key);

	*out = 0;
	if (value == NULL)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > SHARES)
		return false;
	*out = (unsigned)json_integer_value(value);
	return true;
}

/* Take a word of letters, digits and what stands in an identifier; one that is not there is
 * empty. */
static bool take_word(const json_t *json, const char *key, char *out, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789-_.:+/=";
	const json_t *value = json_object_get(json, key);
	const char *text;
	size_t len;

	out[0] = '\0';
	if (value == NULL || json_is_null(value))
		return true;
	if (!json_is_string(value))
		return false;
	text = json_string_value(value);
	len = json_string_length(value);
	if (len >= size || strspn(text, plain) != len)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

static bool take_flag(const json_t *json, const char *key, bool otherwise, bool *out)
{
	const json_t *value = json_object_get(json, key);

	*out = value != NULL ? json_is_true(value) : otherwise;
	return value == NULL || json_is_boolean(value);
}

static bool take(const json_t *json, struct unseal_answer *out)
{
	if (!json_is_object(json) || json_object_get(json, "sealed") == NULL)
		return false;
	return take_flag(json, "sealed", true, &out->sealed) &&
	       take_flag(json, "initialized", true, &out->initialized) &&
	       take_count(json, "t", &out->t) && take_count(json, "n", &out->n) &&
	       take_count(json, "progress", &out->progress) &&
	       take_word(json, "nonce", out->nonce, sizeof out->nonce) &&
	       take_word(json, "type", out->type, sizeof out->type);
}

bool unseal_answer_read(struct sg_bytes body, struct unseal_answer *out)
{
	json_t *json = NULL;
	bool taken;

	*out = (struct unseal_answer){ .sealed = true };
	if (body.len > 0 && body.len <= UNSEAL_ANSWER_MAX)
		json = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
	taken = json != NULL && take(json, out);
	json_decref(json);
	/* A sealed vault that can be unsealed says by how many shares of how many. */
	if (taken && out->sealed && out->initialized)
		taken = out->t > 0 && out->t <= out->n && out->progress < out->t;
	if (!taken)
		*out = (struct unseal_answer){ .sealed = true };
	return taken;
}
