/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What a token demands, as JSON. What is written is read again before it is believed,
 * so that one set of checks stands for both ways. A member that is not known is refused: it could
 * be a demand.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "enroll/guard.h"
#include "enroll/naming.h"
#include "enroll/token.h"
#include "seal/policy.h"

#define VERSION 1
#define MAKER_MAX 64

static json_t *texts(char *const *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, json_string(list[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *hashes(uint8_t (*list)[SG_ENROLL_EK_HASH], size_t n)
{
	char digits[2 * SG_ENROLL_EK_HASH];
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		sg_bytes_hex(sg_bytes(list[i], SG_ENROLL_EK_HASH), digits);
		if (json_array_append_new(array, json_stringn(digits, sizeof digits)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static const char *text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

enum sg_err sg_enroll_rules_write(const struct sg_enroll_rules *rules, struct sg_buf *out,
                                  const char **wrong)
{
	struct sg_enroll_rules again = { .class = SG_CLASS_MACHINE };
	json_t *json;
	char *text = NULL;
	enum sg_err err = SG_ERR_NOMEM;

	*wrong = NULL;
	json = json_pack("{s:i, s:s, s:s, s:s, s:b, s:I, s:b, s:s, s:s, s:s, s:o, s:o, s:s, s:s, "
	                 "s:b, s:s}",
	                 "version", VERSION, "class", sg_enroll_class_name(rules->class),
	                 "level", sg_enroll_level_name(rules->level),
	                 "origin", sg_enroll_origin_name(rules->origin), "byHand", rules->by_hand,
	                 "lifetime", (json_int_t)rules->lifetime, "byClock", rules->by_clock,
	                 "host", rules->host, "name", rules->name, "sources", rules->sources,
	                 "makers", texts(rules->makers, rules->n_makers),
	                 "eks", rules->eks != NULL ? hashes(rules->eks, rules->n_eks) : json_null(),
	                 "pcrs", text_or_empty(rules->bind_pcrs),
	                 "quote", text_or_empty(rules->quote_pcrs), "eventLog", rules->eventlog,
	                 "guard", rules->guard);
	if (json != NULL)
		text = json_dumps(json, JSON_COMPACT);
	if (text != NULL)
		err = sg_buf_set(out, sg_bytes_str(text));
	if (err == SG_OK)
		err = sg_enroll_rules_read(sg_buf_bytes(out), &again, wrong);
	sg_enroll_rules_clear(&again);
	free(text);
	json_decref(json);
	return err;
}

static bool read_text(const json_t *value, char *out, size_t size)
{
	if (!json_is_string(value) || json_string_length(value) >= size ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return false;
	memcpy(out, json_string_value(value), json_string_length(value) + 1);
	return true;
}

static bool read_flag(const json_t *value, bool *out)
{
	*out = json_is_true(value);
	return json_is_boolean(value);
}

static bool read_names(const json_t *json, struct sg_enroll_rules *out, const char **wrong)
{
	const char *class = json_string_value(json_object_get(json, "class"));
	const char *level = json_string_value(json_object_get(json, "level"));
	const char *origin = json_string_value(json_object_get(json, "origin"));

	*wrong = "class";
	if (class == NULL || !sg_enroll_class_find(class, &out->class))
		return false;
	*wrong = "level";
	if (level == NULL || !sg_enroll_level_find(level, &out->level))
		return false;
	*wrong = "origin";
	if (origin == NULL || !sg_enroll_origin_find(origin, &out->origin))
		return false;
	return out->origin == SG_ORIGIN_ANY || out->level <= sg_enroll_origin_level(out->origin);
}

static bool read_time(const json_t *json, struct sg_enroll_rules *out, const char **wrong)
{
	const json_t *lifetime = json_object_get(json, "lifetime");

	*wrong = "lifetime";
	out->lifetime = json_integer_value(lifetime);
	if (!json_is_integer(lifetime) ||
	    (out->lifetime != 0 && (out->lifetime < SG_ENROLL_LIFETIME_MIN ||
	                            out->lifetime > SG_ENROLL_LIFETIME_MAX)))
		return false;
	*wrong = "byClock";
	return read_flag(json_object_get(json, "byClock"), &out->by_clock) &&
	       (!out->by_clock || out->lifetime != 0);
}

static bool read_place(const json_t *json, struct sg_enroll_rules *out, const char **wrong)
{
	char name[SG_ENROLL_TEXT_MAX + 1];
	struct sg_guard guard;

	*wrong = "host";
	if (!read_text(json_object_get(json, "host"), out->host, sizeof out->host) ||
	    (out->host[0] != '\0' && !sg_host_pattern_is(sg_bytes_str(out->host))))
		return false;
	*wrong = "name";
	if (!read_text(json_object_get(json, "name"), out->name, sizeof out->name) ||
	    (out->name[0] != '\0' &&
	     !sg_name_make(out->name, "00000000-0000-4000-8000-000000000000", "h", name,
	                   sizeof name)))
		return false;
	*wrong = "sources";
	if (!read_text(json_object_get(json, "sources"), out->sources, sizeof out->sources) ||
	    (out->sources[0] != '\0' && !sg_nets_read(sg_bytes_str(out->sources), &out->nets)))
		return false;
	*wrong = "guard";
	return read_text(json_object_get(json, "guard"), out->guard, sizeof out->guard) &&
	       sg_guard_read(out->guard, &guard);
}

static bool read_makers(const json_t *array, struct sg_enroll_rules *out)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(array) || json_array_size(array) > SG_ENROLL_MAKERS_MAX)
		return false;
	json_array_foreach(array, i, one) {
		if (!json_is_string(one) || json_string_length(one) == 0 ||
		    json_string_length(one) > MAKER_MAX)
			return false;
		out->makers[out->n_makers] = strdup(json_string_value(one));
		if (out->makers[out->n_makers] == NULL)
			return false;
		out->n_makers++;
	}
	return true;
}

static bool read_eks(const json_t *array, struct sg_enroll_rules *out)
{
	const json_t *one;
	size_t i;

	if (json_is_null(array))
		return true;
	if (!json_is_array(array) || json_array_size(array) > SG_ENROLL_EKS_MAX)
		return false;
	/* A list of none allows none. */
	out->eks = calloc(json_array_size(array) + 1, sizeof *out->eks);
	if (out->eks == NULL)
		return false;
	json_array_foreach(array, i, one)
		if (!json_is_string(one) ||
		    !sg_bytes_unhex(sg_bytes(json_string_value(one), json_string_length(one)),
		                    out->eks[out->n_eks++], SG_ENROLL_EK_HASH))
			return false;
	return true;
}

/* Read text of PCRs, which no other clause of a policy may be in; "" is none. */
static bool read_pcrs(const json_t *value, char **out)
{
	struct sg_policy policy = { .until = 0 };
	const char *text = json_string_value(value);
	bool good;

	if (text == NULL || strlen(text) != json_string_length(value) ||
	    strlen(text) > SG_ENROLL_PCRS_MAX)
		return false;
	if (text[0] == '\0')
		return true;
	good = sg_policy_parse(sg_bytes_str(text), &policy) == SG_OK && policy.until == 0 &&
	       policy.signer.len == 0 && !sg_policy_empty(&policy);
	sg_policy_clear(&policy);
	*out = good ? strdup(text) : NULL;
	return *out != NULL;
}

/* A key that is minted is sealed under its policy before anybody knows what the PCRs of that
 * machine are: their values must be said. */
static bool can_be_minted(const struct sg_enroll_rules *rules)
{
	struct sg_policy policy = { .until = 0 };
	bool can;

	if (rules->bind_pcrs == NULL ||
	    (rules->origin != SG_ORIGIN_VAULT && rules->level != SG_LEVEL_MINTED))
		return true;
	can = sg_policy_parse(sg_bytes_str(rules->bind_pcrs), &policy) == SG_OK &&
	      sg_pcrs_known(&policy.pcrs);
	sg_policy_clear(&policy);
	return can;
}

static bool read_tpm(const json_t *json, struct sg_enroll_rules *out, const char **wrong)
{
	*wrong = "makers";
	if (!read_makers(json_object_get(json, "makers"), out))
		return false;
	*wrong = "eks";
	if (!read_eks(json_object_get(json, "eks"), out))
		return false;
	*wrong = "pcrs";
	if (!read_pcrs(json_object_get(json, "pcrs"), &out->bind_pcrs) || !can_be_minted(out))
		return false;
	*wrong = "quote";
	if (!read_pcrs(json_object_get(json, "quote"), &out->quote_pcrs))
		return false;
	*wrong = "eventLog";
	return read_flag(json_object_get(json, "eventLog"), &out->eventlog) &&
	       (!out->eventlog || out->quote_pcrs != NULL);
}

/* Tell whether it demands something of a TPM that nobody without evidence can show. */
static bool demands_tpm(const struct sg_enroll_rules *rules)
{
	return rules->n_makers > 0 || rules->eks != NULL || rules->bind_pcrs != NULL ||
	       rules->quote_pcrs != NULL || rules->by_clock || rules->origin != SG_ORIGIN_ANY;
}

enum sg_err sg_enroll_rules_read(struct sg_bytes text, struct sg_enroll_rules *out,
                                  const char **wrong)
{
	const size_t members = 16;
	json_error_t error;
	json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES,
	                          &error);
	bool good;

	*wrong = "version";
	good = json_is_object(json) && json_object_size(json) == members &&
	       json_integer_value(json_object_get(json, "version")) == VERSION &&
	       read_names(json, out, wrong) && read_time(json, out, wrong) &&
	       read_place(json, out, wrong) && read_tpm(json, out, wrong);
	if (good) {
		*wrong = "byHand";
		good = read_flag(json_object_get(json, "byHand"), &out->by_hand);
	}
	if (good && out->level == SG_LEVEL_NONE && demands_tpm(out)) {
		*wrong = "level";
		good = false;
	}
	json_decref(json);
	if (good)
		*wrong = NULL;
	return good ? SG_OK : SG_ERR_FORMAT;
}
