/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Says hello, and takes what the registrar answers.
 */
#include "enroll/machine.h"

#include <string.h>

#include "crypto/pem.h"
#include "crypto/random.h"
#include "util/log.h"

_Static_assert(SG_ENROLL_CHAIN_MAX == 1 + SG_ATTEST_BETWEEN, "its own, and those between");

static void move(struct sg_buf *from, struct sg_buf *to)
{
	sg_buf_free(to);
	*to = *from;
	*from = (struct sg_buf){ NULL, 0, 0 };
}

/* Read the certificates of a text into what is empty. */
static enum sg_err read_between(struct sg_bytes text, struct sg_buf out[SG_ATTEST_BETWEEN])
{
	enum sg_err err = SG_OK;
	struct sg_pem pem;
	size_t n = 0;

	while (err == SG_OK && sg_pem_next(&text, &pem)) {
		if (!sg_bytes_equal(pem.label, sg_bytes_str("CERTIFICATE")))
			continue;
		err = n < SG_ATTEST_BETWEEN
		              ? sg_pem_decode(&pem, SG_NODE_CERTIFICATE_MAX, &out[n])
		              : SG_ERR_FORMAT;
		if (err == SG_OK && out[n].len == 0)
			err = SG_ERR_FORMAT;
		n++;
	}
	if (err == SG_OK && n == 0)
		err = SG_ERR_FORMAT;
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "the chain of the endorsement key is no text of 1 to %d "
		       "certificates in PEM, of at most %d bytes each", SG_ATTEST_BETWEEN,
		       SG_NODE_CERTIFICATE_MAX);
	return err;
}

/* The chain: the key's own certificate, and those between, from where the wish says. */
static enum sg_err fill_chain(const struct sg_enroll_wish *wish, struct sg_attest_keys *keys,
                              struct sg_enroll_hello *hello)
{
	if (keys->certificate.len == 0) {
		if (wish->between.len > 0)
			sg_log(SG_LOG_NOTICE, "the TPM has no certificate of its endorsement key, and so "
			       "its chain is not sent");
		return SG_OK;
	}
	move(&keys->certificate, &hello->chain[0]);
	if (wish->between.len > 0)
		return read_between(wish->between, hello->chain + 1);
	for (size_t i = 0; i < SG_ATTEST_BETWEEN && keys->between[i].len > 0; i++)
		move(&keys->between[i], &hello->chain[1 + i]);
	return SG_OK;
}

static enum sg_err fill_hello(const struct sg_enroll_wish *wish, uint64_t clock,
                              struct sg_attest_keys *keys, struct sg_enroll_hello *hello)
{
	enum sg_err err = sg_buf_set(&hello->token, wish->token);

	if (err == SG_OK)
		err = sg_buf_set(&hello->host, wish->host);
	if (err == SG_OK)
		err = sg_buf_set(&hello->software, wish->software);
	hello->class = wish->class;
	hello->origin = wish->origin;
	hello->clock = clock;
	hello->ek_kind = keys->ek_kind;
	sg_random(hello->nonce, sizeof hello->nonce);
	move(&keys->ek, &hello->ek);
	move(&keys->ak, &hello->ak);
	move(&keys->parent, &hello->parent);
	return err == SG_OK ? fill_chain(wish, keys, hello) : err;
}

enum sg_err sg_enroll_machine_hello(const struct sg_enroll_device *device,
                                    const struct sg_enroll_wish *wish,
                                    struct sg_enroll_state *state)
{
	const struct sg_attest_ops *ops = device->sealer->ops->attest;
	struct sg_enroll_hello hello = { .class = wish->class };
	struct sg_attest_keys keys = { .ek_kind = SG_EK_P256 };
	uint64_t clock = 0;
	enum sg_err err;

	if (ops == NULL)
		return SG_ERR_HW_UNSUPPORTED;
	sg_enroll_state_restart(state);
	err = ops->keys(device->sealer, device->parent, sg_buf_bytes(&state->ak_blob), &keys);
	if (err == SG_OK)
		err = ops->clock(device->sealer, device->parent, &clock);
	if (err == SG_OK)
		err = fill_hello(wish, clock, &keys, &hello);
	if (err == SG_OK)
		err = sg_enroll_hello_write(&hello, &state->hello);
	if (err == SG_OK) {
		move(&keys.ak_blob, &state->ak_blob);
		state->phase = SG_PHASE_BEGUN;
	}
	sg_attest_keys_clear(&keys);
	sg_enroll_hello_clear(&hello);
	return err;
}

enum sg_enroll_reason sg_enroll_machine_asked(struct sg_bytes challenge,
                                              enum sg_enroll_origin origin,
                                              struct sg_enroll_asked *out)
{
	struct sg_enroll_challenge read = { .origin = SG_ORIGIN_ANY };
	enum sg_enroll_reason reason = sg_enroll_challenge_read(challenge, &read);

	if (reason == SG_ENROLL_OK && origin != SG_ORIGIN_ANY && read.origin != origin)
		reason = SG_ENROLL_ORIGIN;
	*out = (struct sg_enroll_asked){ read.origin, read.expires, read.eventlog };
	sg_enroll_challenge_clear(&read);
	return reason;
}

/* See that an identity says no more than the key can be worth, and is of the class that was asked
 * for: nobody vouches for it where it came as a file. */
static enum sg_enroll_reason judge_claims(const struct sg_enroll_identity *identity,
                                          const struct sg_enroll_state *state)
{
	struct sg_enroll_challenge challenge = { .origin = SG_ORIGIN_ANY };
	struct sg_enroll_hello hello = { .class = SG_CLASS_MACHINE };
	enum sg_enroll_reason reason =
		sg_enroll_challenge_read(sg_buf_bytes(&state->challenge), &challenge);

	if (reason == SG_ENROLL_OK)
		reason = sg_enroll_hello_read(sg_buf_bytes(&state->hello), &hello);
	if (reason == SG_ENROLL_OK && identity->level > sg_enroll_origin_level(challenge.origin))
		reason = SG_ENROLL_LEVEL;
	if (reason == SG_ENROLL_OK && identity->class != hello.class)
		reason = SG_ENROLL_CLASS;
	sg_enroll_hello_clear(&hello);
	sg_enroll_challenge_clear(&challenge);
	return reason;
}

enum sg_enroll_reason sg_enroll_machine_named(struct sg_bytes identity,
                                              struct sg_enroll_state *state,
                                              struct sg_enroll_identity *out)
{
	enum sg_enroll_reason reason = sg_enroll_identity_read(identity, out);

	if (reason != SG_ENROLL_OK)
		return reason;
	if (memcmp(out->key, state->key, sizeof out->key) != 0)
		return SG_ENROLL_KEY_SWAPPED;
	reason = judge_claims(out, state);
	if (reason != SG_ENROLL_OK)
		return reason;
	if (sg_buf_set(&state->identity, identity) != SG_OK)
		return SG_ENROLL_INTERNAL;
	state->phase = SG_PHASE_NAMED;
	return SG_ENROLL_OK;
}
