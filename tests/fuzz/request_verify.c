/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. A server that gets a signed request: it serves the one whose machine, key and time are
 * right, and says of every other why not.
 */
#include "fuzz/request.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* What is wrong with the machine or the clock, and what the server must say then. */
static const struct twist {
	enum sg_request_reason reason;
	int64_t late;                   /* seconds since the request was signed */
	bool unknown, disabled, revoked, other_key;
	int64_t not_before, expires;    /* to the time of signing; 0: none */
} twists[] = {
	{ .reason = SG_REQUEST_OK },
	{ .reason = SG_REQUEST_OK, .late = 300 },
	{ .reason = SG_REQUEST_OK, .late = -300 },
	{ .reason = SG_REQUEST_LATE, .late = 301 },
	{ .reason = SG_REQUEST_EARLY, .late = -301 },
	{ .reason = SG_REQUEST_UNKNOWN, .unknown = true },
	{ .reason = SG_REQUEST_DISABLED, .disabled = true },
	{ .reason = SG_REQUEST_REVOKED, .revoked = true },
	{ .reason = SG_REQUEST_SIGNATURE, .other_key = true },
	{ .reason = SG_REQUEST_SIGNATURE, .other_key = true, .revoked = true },
	{ .reason = SG_REQUEST_NOT_YET, .not_before = 1 },
	{ .reason = SG_REQUEST_ENDED, .expires = -1 },
};

struct server {
	const struct twist *twist;
	int64_t signed_at;
};

static int64_t clock_of(void *context)
{
	const struct server *server = context;

	return server->signed_at + server->twist->late;
}

static int look_up(void *context, struct sg_request_text id, struct sg_request_text header,
                   struct sg_request_machine *machine)
{
	const struct server *server = context;
	const struct twist *twist = server->twist;

	(void)id;
	(void)header;
	if (twist->unknown)
		return 0;
	machine->enabled = !twist->disabled;
	machine->revoked = twist->revoked;
	if (twist->not_before != 0)
		machine->not_before = server->signed_at + twist->not_before;
	if (twist->expires != 0)
		machine->expires = server->signed_at + twist->expires;
	request_keys(machine);
	if (twist->other_key) {
		machine->keys[0][0] ^= 1;
		machine->hmac_key_len /= 2;
	}
	return 1;
}

static void verify(struct sg_request_verifier *verifier, const struct sg_request_message *message,
                   const struct sg_request_signature *made, const struct twist *twist)
{
	const struct sg_request_text nobody = { NULL, 0 };
	const struct sg_request_verdict *verdict = NULL;
	const enum sg_request_reason reason =
		sg_request_verify(verifier, message, nobody, &verdict);

	if (reason != twist->reason)
		fuzz_fail("a server says %s instead of %s", sg_request_reason_name(reason),
		          sg_request_reason_name(twist->reason));
	request_need(verdict->reason == reason && (verdict->status == 200) == (reason == SG_REQUEST_OK) &&
	             verdict->text != NULL, "a verdict contradicts itself");
	request_need(verdict->signature != NULL &&
	             verdict->signature->created == made->created, "it read something else");
	request_need(verdict->machine != NULL || twist->reason != SG_REQUEST_OK,
	             "a machine is not told");
	sg_request_verdict_free(&verdict);
	request_need(sg_request_verify_head(verifier, message, nobody, &verdict) == SG_REQUEST_OK ||
	             reason != SG_REQUEST_OK, "the head alone is refused");
	sg_request_verdict_free(&verdict);
}

void request_verify(const struct sg_request_message *message,
                    const struct sg_request_reading *how,
                    const struct sg_request_signature *made, const struct fuzz_choices *choices)
{
	struct server server = {
		.twist = &twists[choices->change % LENGTH_OF(twists)],
		.signed_at = made->created,
	};
	const struct sg_request_verifying options = {
		.size = sizeof options, .flags = SG_REQUEST_NO_NONCES | SG_REQUEST_NO_LOCKOUT,
		.lookup = look_up, .context = &server, .reading = how, .clock = clock_of,
	};
	struct sg_request_verifier *verifier = NULL;
	const char *why = NULL;

	/* A signature that ends before the server's time is late, whatever else holds. */
	if (made->has_expires && made->expires <= made->created + server.twist->late)
		server.twist = &twists[0];
	request_need(sg_request_verifier_new(&options, &verifier, &why) == SG_REQUEST_OK, "a verifier");
	verify(verifier, message, made, server.twist);
	sg_request_verifier_free(&verifier);
}
