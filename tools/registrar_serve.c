/* SPDX-License-Identifier: Apache-2.0
 *
 * signet registrar serve: enrol machines that ask over HTTPS.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/registrar.h"
#include "tools/serve_http.h"
#include "tools/serve_key.h"
#include "tools/serve_route.h"
#include "tools/text.h"
#include "tools/uri.h"
#include "util/file.h"
#include "util/log.h"

#define PEM_MAX ((size_t)1 << 16)
#define GRACE 10                /* seconds for answers that are under way at the end */
#define PATIENCE 2000           /* ms that a request waits for a store that somebody has locked */
#define TICKS 60                /* seconds from one look at whose time is over to the next */
#define REQUESTS 240            /* of a source in a minute */
#define FAILURES 10

/* A run. */
struct server {
	struct tool *tool;
	struct tool_registrar registrar;
	struct serve_tries tries;
	struct sg_nets proxies;
	struct serve_socket socket;
	struct sg_buf certificate;      /* with a zero behind it, as libmicrohttpd wants it */
	struct sg_secret *key;          /* with a zero behind it; NULL: no TLS, or token_key */
	struct serve_key *token_key;
	struct serve_route *route;
	struct serve_http *http;
};

/* A server tells what fails at once, not at its end. */
static void tell(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level != SG_LOG_DEBUG)
		tool_note("%s", line);
}

static enum tool_exit read_number(const struct tool *tool, enum tool_option option,
                                  unsigned most, unsigned *out)
{
	const char *text = tool->value[option];
	char *end;
	unsigned long value;

	if (text == NULL)
		return TOOL_OK;
	value = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	if (value < 1 || value > most || *end != '\0')
		return tool_fail(TOOL_USAGE, NULL, "%s takes 1 to %u",
		                 option == OPT_RATE ? "--rate" : "--failures", most);
	*out = (unsigned)value;
	return TOOL_OK;
}

static enum tool_exit read_limits(struct server *s)
{
	const char *proxies = s->tool->value[OPT_TRUST_PROXY];
	enum tool_exit code;

	s->tries = (struct serve_tries){ .requests = REQUESTS, .failures = FAILURES };
	if (proxies != NULL && !sg_nets_read(sg_bytes_str(proxies), &s->proxies))
		return tool_fail(TOOL_USAGE, "10.0.0.0/8,2001:db8::/32, with nothing behind the range's "
		                 "bits.", "--trust-proxy takes addresses and ranges of them");
	code = read_number(s->tool, OPT_RATE, 6000, &s->tries.requests);
	return code == TOOL_OK ? read_number(s->tool, OPT_FAILURES, 1000, &s->tries.failures)
	                       : code;
}

static bool is_tls(const struct server *s)
{
	return s->certificate.len > 0;
}

/* Read the certificate and its key, into guarded memory; the library of TLS makes a copy of it. A
 * key in a token stays there. */
static enum tool_exit read_tls(struct server *s)
{
	const char *certificate = s->tool->value[OPT_TLS_CERT], *key = s->tool->value[OPT_TLS_KEY];
	struct sg_secret *text = NULL;
	enum tool_exit code;
	enum sg_err err;

	if ((certificate == NULL) != (key == NULL))
		return tool_fail(TOOL_USAGE, s->tool->verb->example,
		                 "--tls-cert and --tls-key go together");
	if (tool_given(s->tool, OPT_ALLOW_HTTP) == (certificate != NULL))
		return tool_fail(TOOL_USAGE, s->tool->verb->example, "either --tls-cert and --tls-key "
		                 "are given, or --allow-http");
	if (certificate == NULL)
		return TOOL_OK;
	code = tool_read_file(certificate, PEM_MAX, &s->certificate);
	if (code == TOOL_OK && sg_buf_append(&s->certificate, sg_bytes("", 1)) != SG_OK)
		code = tool_fail_err(SG_ERR_NOMEM, "can't serve");
	if (code != TOOL_OK || tool_uri_is(key))
		return code;
	tool_log_clear();
	err = sg_file_read_secret(key, PEM_MAX, &text);
	if (err == SG_OK)
		err = sg_secret_new(text->len + 1, &s->key);
	if (err == SG_OK) {
		memcpy(s->key->data, text->data, text->len);
		s->key->len = text->len + 1;
	}
	sg_secret_free(&text);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't read %s", key);
}

static enum tool_exit open_socket(struct server *s)
{
	const char *where = s->tool->value[OPT_LISTEN];
	enum tool_exit code = serve_socket_given(&s->socket);

	if (code == TOOL_OK && s->socket.fd >= 0 && where != NULL)
		return tool_fail(TOOL_USAGE, NULL, "systemd gave a socket, and --listen another one");
	if (code == TOOL_OK && s->socket.fd < 0 && where == NULL)
		return tool_fail(TOOL_USAGE, s->tool->verb->example, "--listen says where to listen");
	if (code == TOOL_OK && s->socket.fd < 0)
		code = serve_socket_open(where, &s->socket);
	if (code == TOOL_OK && !is_tls(s) && !s->socket.loopback)
		code = tool_fail(TOOL_USAGE, "Tokens would go over the network in plain text.",
		                 "--allow-http is for 127.0.0.1 and [::1] alone, not %s",
		                 s->socket.address);
	return code;
}

static enum tool_exit start(struct server *s)
{
	const struct serve_limits limits = {
		.body = SG_ENROLL_MESSAGE_MAX,
		.seconds = 30,
		.idle = 10,
		.connections = 256,
		.per_source = 32,
		.proxies = s->proxies,
	};
	struct serve_tls tls = { NULL, NULL, NULL };
	struct serve_calls calls;
	struct sg_fleet *fleet = sg_registrar_fleet(s->registrar.registrar);
	enum sg_err err = serve_route_new(s->registrar.registrar, &s->tries, &s->route);

	if (err != SG_OK)
		return tool_fail_err(err, "can't serve");
	fleet->ops->patience(fleet, PATIENCE);
	serve_route_calls(s->route, &calls);
	if (s->key != NULL)
		tls = (struct serve_tls){ &s->certificate, s->key, NULL };
	if (s->token_key != NULL)
		tls.chooser = serve_key_chooser();
	return serve_http_start(&s->socket, &tls, &limits, &calls, &s->http);
}

/* Serve until a signal ends it. All threads have them blocked. */
static enum tool_exit serve(struct server *s, const sigset_t *ends)
{
	struct timespec second = { 1, 0 };
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	unsigned seconds = 0;
	bool more = false;
	enum sg_err err;
	enum tool_exit code;

	tool_text_add(&text, "Listening at %s://%s\n", is_tls(s) ? "https" : "http",
	              s->socket.address);
	code = tool_text_out(&text);
	sg_log_set(tell, NULL);
	while (code == TOOL_OK && sigtimedwait(ends, NULL, &second) < 0) {
		serve_http_tick(s->http);
		if (seconds++ % TICKS != 0 && !more)
			continue;
		err = sg_registrar_tick(s->registrar.registrar, time(NULL), &more);
		if (err != SG_OK)
			tool_note("can't look whose time is over: %s", sg_err_sentence(err));
	}
	serve_http_stop(&s->http, GRACE);
	tool_log_gather();
	return code;
}

static void block(sigset_t *ends)
{
	sigemptyset(ends);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, ends, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	/* The key of TLS lies in memory of a library that guards none. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static enum tool_exit run(struct tool *tool)
{
	struct server s = { .tool = tool, .socket = { .fd = -1 } };
	enum tool_exit code, closed;
	sigset_t ends;

	block(&ends);
	code = read_limits(&s);
	if (code == TOOL_OK)
		code = read_tls(&s);
	if (code == TOOL_OK)
		code = open_socket(&s);
	if (code == TOOL_OK)
		code = tool_registrar_open(tool, &s.registrar);
	if (code == TOOL_OK && is_tls(&s) && s.key == NULL)
		code = serve_key_open(tool, tool->value[OPT_TLS_KEY], &s.certificate, &s.token_key);
	if (code == TOOL_OK)
		code = start(&s);
	if (code == TOOL_OK)
		code = serve(&s, &ends);
	serve_route_free(&s.route);
	serve_key_close(&s.token_key);
	closed = tool_registrar_close(&s.registrar);
	if (s.socket.fd >= 0)
		(void)close(s.socket.fd);
	sg_secret_free(&s.key);
	sg_buf_free(&s.certificate);
	return code == TOOL_OK ? closed : code;
}

const struct tool_verb tool_verb_registrar_serve = {
	.name = "registrar serve",
	.summary = "enrol machines that ask over HTTPS",
	.usage = "--registrar FILE --vault ID --api-url URL [--listen ADDRESS:PORT]\n"
	         "                (--tls-cert FILE --tls-key FILE|URI | --allow-http) [--ek-ca FILE]\n"
	         "                [--ek-crl FILE] [--rate N] [--failures N] [--trust-proxy RANGES]\n"
	         "                [--challenge-lifetime SPAN]\n"
	         "                [--sign-with KEY [--heads FILE]]\n"
	         "                [--token LABEL] [--pin-file FILE] [--key-pin-file FILE]",
	.text = "It listens at --listen, or at the socket that systemd gives it, and ends with SIGTERM\n"
	        "after it has answered who is connected. Each request is a line on standard error. Who\n"
	        "asks more than --rate times in a minute waits (240); who fails more often than\n"
	        "--failures in ten minutes is locked out for 15 (10). A proxy of --trust-proxy says who\n"
	        "asks, in X-Forwarded-For or Forwarded, of which it must write one itself. The key of\n"
	        "--sign-with signs the log from time to time, and --heads keeps these signatures. The\n"
	        "key of TLS may stay in the token, too: --tls-key \"pkcs11:object=tls\".",
	.example = "signet registrar serve --registrar fleet/db --vault vault_main --api-url "
	           "https://vault.example.org --listen 192.0.2.1:8443 --tls-cert cert.pem --tls-key "
	           "key.pem --ek-ca makers.pem",
	.run = run,
	.options = { TOOL_REGISTRAR_OPTIONS, OPT_LISTEN, OPT_TLS_CERT, OPT_TLS_KEY, OPT_ALLOW_HTTP,
	             OPT_RATE, OPT_FAILURES, OPT_TRUST_PROXY, OPT_CHALLENGE_LIFETIME },
	.filled = true,
	.required = { OPT_REGISTRAR, OPT_VAULT, OPT_API_URL },
	.makes = true,
};
