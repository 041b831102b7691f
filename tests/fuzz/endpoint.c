/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What a stranger sends to a registrar over HTTP, without the sockets: each request gets an
 * answer that its client can read, and none is the registrar's own failure.
 */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "enroll/token.h"
#include "fuzz/input.h"
#include "lib/scratch.h"
#include "tools/serve_proxy.h"
#include "tools/serve_route.h"

#define VAULT "vault_fuzz"

/* The tokens that the corpus shows: one for machines and one for agents that need prove nothing, and
 * one for machines that must show all. */
static const struct {
	const char *text;
	enum sg_enroll_class class;
	enum sg_enroll_level level;
} tokens[] = {
	{ "sgt_machine", SG_CLASS_MACHINE, SG_LEVEL_NONE },
	{ "sgt_agent", SG_CLASS_AGENT, SG_LEVEL_NONE },
	{ "sgt_minted", SG_CLASS_MACHINE, SG_LEVEL_MINTED },
};

static const char *const methods[] = { "POST", "POST", "POST", "GET", "HEAD", "PUT", "", "post" };
static const char *const paths[] = {
	"/v1/signet/enroll/begin", "/v1/signet/enroll/finish", "/v1/ai-bootstrap/register",
	"/v1/" VAULT "/enroll/register", "/v1/other/enroll/register", "/", NULL, NULL,
};
static const char *const sources[] = { "192.0.2.7", "2001:db8::1", "", "-" };

static char *folder;
static struct sg_registrar *registrar;

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static void end(void)
{
	sg_registrar_close(&registrar);
	scratch_remove(&folder);
}

static void add_token(size_t i)
{
	struct sg_enroll_rules rules = { .class = tokens[i].class, .level = tokens[i].level };
	struct sg_fleet *fleet = sg_registrar_fleet(registrar);
	struct sg_fleet_token token = { .created = time(NULL), .expires = INT64_MAX,
		                        .max_uses = SG_FLEET_USES_MAX };
	const struct sg_fleet_event event = { token.created, "token-created", "fuzz", "",
		                              sg_bytes_str("{}") };
	const char *wrong = NULL;

	memset(token.id, '0' + (char)i, SG_FLEET_ID);
	token.id[8] = token.id[13] = token.id[18] = token.id[23] = '-';
	need(sg_enroll_token_hash(sg_bytes_str(tokens[i].text), token.hash) == SG_OK &&
	             sg_enroll_rules_write(&rules, &token.rules, &wrong) == SG_OK &&
	             fleet->ops->token_add(fleet, &token, &event) == SG_OK,
	     "a token");
	sg_fleet_token_clear(&token);
}

static void begin(void)
{
	struct sg_registrar_config config = {
		.create = true, .vault = VAULT, .api_url = "https://vault.example.org",
	};
	char *path;

	folder = scratch_make();
	path = scratch_path(folder, "fleet.db");
	config.store = path;
	need(sg_registrar_open(&config, &registrar) == SG_OK, "a registrar");
	free(path);
	atexit(end);
	for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
		add_token(i);
}

/* A place of the list, or the text up to the next newline. */
static const char *choose_path(struct fuzz_input *in)
{
	const char *path = paths[fuzz_below(in, sizeof paths / sizeof paths[0])];
	size_t len = 0;
	char *text;

	if (path != NULL)
		return path;
	while (len < in->len && in->data[len] != '\n')
		len++;
	text = fuzz_alloc(len + 1);
	if (len > 0)
		memcpy(text, in->data, len);
	text[len] = '\0';
	in->data += len;
	in->len -= len;
	return text;
}

static void check(const struct serve_answer *answer)
{
	static const unsigned statuses[] = { 200, 400, 401, 403, 404, 405, 409, 410, 413, 429, 503 };
	json_t *json = json_loadb((const char *)answer->body.data, answer->body.len,
	                          JSON_REJECT_DUPLICATES, NULL);
	bool known = false;

	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		known = known || statuses[i] == answer->status;
	if (!known)
		fuzz_fail("status %u: %.*s", answer->status, (int)answer->body.len,
		          (const char *)answer->body.data);
	need(json_is_object(json), "an answer is an object of JSON");
	need((answer->status == 200) == (json_object_get(json, "reason") == NULL),
	     "a refusal has its reason, and nothing else has one");
	need(answer->why != NULL, "the log is told why");
	json_decref(json);
}

/* The same as a line that came through a proxy: whoever asks has an address then. */
static void name_a_way(const uint8_t *data, size_t len)
{
	static const struct sg_nets trusted = { { { { 10 }, 8, false } }, 1 };
	char *text = fuzz_alloc(len + 1);

	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	for (int i = 0; i < 2; i++) {
		struct serve_way way = { .forwarded = { .n = 0 } };
		struct serve_lines *lines = i == 0 ? &way.forwarded : &way.x_forwarded_for;
		char source[INET6_ADDRSTRLEN] = "10.0.0.1";
		struct in6_addr address;

		*lines = (struct serve_lines){ { text }, 1 };
		if (serve_proxy_source(&trusted, &way, source))
			need(inet_pton(AF_INET, source, &address) == 1 ||
			             inet_pton(AF_INET6, source, &address) == 1,
			     "a source is an address");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct serve_tries tries = { 100, 100 };
	struct fuzz_input in = { data, len };
	struct serve_answer answer = { 0 };
	struct serve_route *route = NULL;
	struct serve_calls calls;
	struct serve_head head = { .source = "" };

	if (registrar == NULL)
		begin();
	name_a_way(data, len);
	need(serve_route_new(registrar, &tries, &route) == SG_OK, "memory");
	serve_route_calls(route, &calls);
	head.method = methods[fuzz_below(&in, sizeof methods / sizeof methods[0])];
	head.source = sources[fuzz_below(&in, sizeof sources / sizeof sources[0])];
	head.query = fuzz_below(&in, 16) == 15;
	head.path = choose_path(&in);
	if (!calls.head(calls.context, &head, &answer)) {
		const uint8_t *body = fuzz_copy(in.data, in.len);

		if (in.len > SG_ENROLL_MESSAGE_MAX)
			calls.too_long(calls.context, &head, &answer);
		else
			calls.body(calls.context, &head, sg_bytes(body, in.len), &answer);
	}
	check(&answer);
	sg_buf_free(&answer.body);
	serve_route_free(&route);
	fuzz_release();
	return 0;
}
