/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A server that verifies requests.
 */
#include "lib/server.h"

#include <stdlib.h>

static int look_up(void *context, struct sg_request_text id, struct sg_request_text header,
                   struct sg_request_machine *machine)
{
	struct test_server *server = context;

	(void)header;
	server->lookups++;
	if (server->broken)
		return -1;
	for (size_t i = 0; i < server->n_machines; i++) {
		if (strlen(server->ids[i]) != id.len || memcmp(server->ids[i], id.data, id.len) != 0)
			continue;
		*machine = server->machines[i];
		machine->record = server;
		return 1;
	}
	return 0;
}

static void release(void *context, struct sg_request_machine *machine)
{
	struct test_server *server = context;

	if (machine->record != server)
		abort();
	server->releases++;
}

static int check(void *context, const struct sg_request_message *message,
                 struct sg_request_text source, const struct sg_request_machine *machine,
                 int64_t now)
{
	struct test_server *server = context;

	(void)message;
	(void)source;
	(void)now;
	if (machine->record != server)
		abort();
	server->checks++;
	return server->denies ? 1 : 0;
}

static int64_t now(void *context)
{
	return ((struct test_server *)context)->now;
}

static int64_t ticks(void *context)
{
	return ((struct test_server *)context)->ticks;
}

void test_server(struct test_server *server, const char *nonces)
{
	struct test_signer signer;

	memset(server, 0, sizeof *server);
	test_signer_42(&signer);
	server->now = TEST_NOW;
	server->ticks = 1000;
	server->n_machines = 2;
	server->ids[0] = TEST_ID;
	server->machines[0] = (struct sg_request_machine){ .enabled = true, .n_keys = 1 };
	memcpy(server->machines[0].keys[0], signer.public_key, 32);
	server->ids[1] = TEST_HMAC_ID;
	server->machines[1] = (struct sg_request_machine){
		.enabled = true, .hmac_key = (const uint8_t *)TEST_HMAC_KEY,
		.hmac_key_len = strlen(TEST_HMAC_KEY),
	};
	server->how = (struct sg_request_verifying){
		.size = sizeof server->how, .lookup = look_up, .release = release, .check = check,
		.context = server, .nonces = nonces, .clock = now, .ticks = ticks,
		.flags = nonces == NULL ? SG_REQUEST_NO_NONCES : 0,
	};
}

void test_server_start(struct test_server *server)
{
	const char *why = NULL;

	test_server_stop(server);
	ck_assert_msg(sg_request_verifier_new(&server->how, &server->verifier, &why) ==
	              SG_REQUEST_OK, "the verifier could not be made: %s", why);
}

void test_server_stop(struct test_server *server)
{
	sg_request_verifier_free(&server->verifier);
}

enum sg_request_reason test_server_verify(struct test_server *server,
                                          const struct test_message *message, const char *source,
                                          unsigned *status)
{
	const struct sg_request_verdict *verdict = NULL;
	enum sg_request_reason reason;

	reason = sg_request_verify(server->verifier, &message->message, sg_request_text(source),
	                           &verdict);
	if (verdict->reason != reason || (verdict->status == 200) != (reason == SG_REQUEST_OK))
		abort();
	if (status != NULL)
		*status = verdict->status;
	sg_request_verdict_free(&verdict);
	return reason;
}

void test_signed(struct test_signed *out, enum sg_request_form form, struct test_signer *signer,
                 const char *id, const char *nonce, int64_t created)
{
	struct sg_request_signing how = {
		.size = sizeof how, .form = form, .sign = test_sign, .context = signer,
		.id = sg_request_text(id), .nonce = sg_request_text(nonce), .created = created,
	};

	out->signature = NULL;
	test_message(&out->message, "GET", "/v1/secret/sk_a1b2c3d4e5");
	test_message_add(&out->message, "Host", "vault.example");
	test_reason(sg_request_sign(&out->message.message, &how, &out->signature), SG_REQUEST_OK);
	test_message_take(&out->message, out->signature);
}

void test_signed_clear(struct test_signed *request)
{
	sg_request_signature_free(&request->signature);
}
