/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Enrolment tokens: their text and its hash, and judging who shows one.
 */
#include "enroll/token.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "enroll/naming.h"

#define PREFIX "sgt_"
#define RANDOM 32

/* In base64url other characters than in base64 stand for 62 and 63, and there is no padding
 * [RFC 4648 §5]. */
static void to_url(struct sg_secret *text)
{
	for (size_t i = 0; i < text->len; i++) {
		const uint8_t c = text->data[i];

		/* Which characters these are may not be told by time. */
		text->data[i] = (uint8_t)(c + (c == '+') * ('-' - '+') + (c == '/') * ('_' - '/'));
	}
}

enum sg_err sg_enroll_token_make(struct sg_secret **text, uint8_t hash[SG_ENROLL_HASH])
{
	struct sg_secret *bytes = NULL, *base64 = NULL;
	enum sg_err err;

	*text = NULL;
	err = sg_random_secret(RANDOM, &bytes);
	if (err == SG_OK)
		err = sg_base64_write(sg_secret_bytes(bytes), &base64);
	if (err == SG_OK)
		err = sg_secret_new(SG_ENROLL_TOKEN_TEXT, text);
	if (err != SG_OK)
		goto out;
	to_url(base64);
	memcpy((*text)->data, PREFIX, strlen(PREFIX));
	memcpy((*text)->data + strlen(PREFIX), base64->data, SG_ENROLL_TOKEN_TEXT - strlen(PREFIX));
	(*text)->len = SG_ENROLL_TOKEN_TEXT;
	err = sg_enroll_token_hash(sg_secret_bytes(*text), hash);
out:
	sg_secret_free(&bytes);
	sg_secret_free(&base64);
	if (err != SG_OK)
		sg_secret_free(text);
	return err;
}

enum sg_err sg_enroll_token_hash(struct sg_bytes text, uint8_t hash[SG_ENROLL_HASH])
{
	return sg_digest_once(SG_SHA256, text, hash);
}

void sg_enroll_rules_clear(struct sg_enroll_rules *rules)
{
	for (size_t i = 0; i < rules->n_makers; i++)
		free(rules->makers[i]);
	free(rules->eks);
	free(rules->bind_pcrs);
	free(rules->quote_pcrs);
	*rules = (struct sg_enroll_rules){ .class = SG_CLASS_MACHINE };
}

enum sg_enroll_reason sg_enroll_rules_judge(const struct sg_enroll_rules *rules, const char *source,
                                            struct sg_bytes host, enum sg_enroll_class class,
                                            enum sg_enroll_origin origin)
{
	if (rules->nets.n > 0 && !sg_nets_have(&rules->nets, sg_bytes_str(source)))
		return SG_ENROLL_SOURCE;
	if (!sg_host_is(host) ||
	    (rules->host[0] != '\0' && !sg_host_matches(rules->host, host)))
		return SG_ENROLL_HOST;
	if (rules->class != class)
		return SG_ENROLL_CLASS;
	if (rules->origin != SG_ORIGIN_ANY && origin != SG_ORIGIN_ANY && origin != rules->origin)
		return SG_ENROLL_ORIGIN;
	return SG_ENROLL_OK;
}

void sg_enroll_rules_demand(const struct sg_enroll_rules *rules,
                            const struct sg_authorities *authorities,
                            struct sg_enroll_demand *out)
{
	*out = (struct sg_enroll_demand){
		.authorities = authorities,
		.makers = rules->n_makers > 0 ? (const char *const *)rules->makers : NULL,
		.n_makers = rules->n_makers,
		.eks = (const uint8_t (*)[SG_ENROLL_EK_HASH])rules->eks,
		.n_eks = rules->n_eks,
		.level = rules->level,
		.origin = rules->origin,
		.lifetime = rules->by_clock ? (uint64_t)rules->lifetime : 0,
		.bind_pcrs = rules->bind_pcrs,
		.quote_pcrs = rules->quote_pcrs,
		.eventlog = rules->eventlog,
	};
}
