/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What comes from the other side of an enrolment: the four messages, refusals, event logs
 * and certificate requests. What can be read is written in one way, which is read as the same.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "enroll/eventlog.h"
#include "enroll/message.h"
#include "enroll/refusal.h"
#include "enroll/request.h"
#include "fuzz/input.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

/* A message as bytes of no type, so that one walk is for all four. */
union message {
	struct sg_enroll_hello hello;
	struct sg_enroll_challenge challenge;
	struct sg_enroll_evidence evidence;
	struct sg_enroll_identity identity;
};

struct form {
	enum sg_enroll_reason (*read)(struct sg_bytes json, union message *message);
	enum sg_err (*write)(const union message *message, struct sg_buf *out);
	void (*clear)(union message *message);
};

#define FORM(name) \
	static enum sg_enroll_reason name##_read(struct sg_bytes json, union message *message) \
	{ \
		return sg_enroll_##name##_read(json, &message->name); \
	} \
	static enum sg_err name##_write(const union message *message, struct sg_buf *out) \
	{ \
		return sg_enroll_##name##_write(&message->name, out); \
	} \
	static void name##_clear(union message *message) \
	{ \
		sg_enroll_##name##_clear(&message->name); \
	}

FORM(hello)
FORM(challenge)
FORM(evidence)
FORM(identity)

static const struct form forms[] = {
	{ hello_read, hello_write, hello_clear },
	{ challenge_read, challenge_write, challenge_clear },
	{ evidence_read, evidence_write, evidence_clear },
	{ identity_read, identity_write, identity_clear },
};

static void try_form(const struct form *form, struct sg_bytes input)
{
	union message message, again;
	struct sg_buf first = { NULL, 0, 0 }, second = { NULL, 0, 0 };

	memset(&message, 0, sizeof message);
	memset(&again, 0, sizeof again);
	if (form->read(input, &message) == SG_ENROLL_OK) {
		need(form->write(&message, &first) == SG_OK, "a message can't be written");
		need(form->read(sg_buf_bytes(&first), &again) == SG_ENROLL_OK, "nor read again");
		need(form->write(&again, &second) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&second)),
		     "a message has another form");
	}
	form->clear(&message);
	form->clear(&again);
	sg_buf_free(&first);
	sg_buf_free(&second);
}

static void try_digest(struct sg_bytes input)
{
	static const uint8_t transcript[SG_ENROLL_HASH];
	struct sg_enroll_evidence evidence = { .origin = SG_ORIGIN_ANY };
	uint8_t digest[SG_ENROLL_HASH];

	if (sg_enroll_evidence_read(input, &evidence) == SG_ENROLL_OK)
		need(sg_enroll_evidence_digest(&evidence, transcript, digest) == SG_OK,
		     "evidence has no digest");
	sg_enroll_evidence_clear(&evidence);
}

static void try_eventlog(struct sg_bytes input)
{
	static struct sg_pcrs pcrs;

	memset(&pcrs, 0, sizeof pcrs);
	if (sg_enroll_eventlog_replay(input, &pcrs) == SG_ENROLL_OK)
		need(sg_enroll_eventlog_check(input, &pcrs) == SG_ENROLL_OK,
		     "a log leads elsewhere the second time");
}

static void try_request(struct sg_bytes input)
{
	static uint8_t some[SG_ENROLL_PROOF_LEN];
	const struct sg_enroll_attest certified = {
		.attest = { some, sizeof some, sizeof some },
		.signature = { some, sizeof some, sizeof some },
	};
	const struct sg_enroll_request request = {
		.key = some, .certified = &certified, .object = sg_bytes(some, sizeof some),
	};

	need(sg_enroll_request_verify(&request, input) == SG_ENROLL_REQUEST,
	     "a request of no key is taken");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sg_bytes input = sg_bytes(data, size);
	enum sg_enroll_reason reason;

	need(sg_crypto_start() == SG_OK, "crypto");
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		try_form(&forms[i], input);
	try_digest(input);
	try_eventlog(input);
	try_request(input);
	if (sg_enroll_refusal_read(input, &reason))
		need(reason != SG_ENROLL_OK && reason < SG_ENROLL_REASON_COUNT, "no reason is one");
	return 0;
}
