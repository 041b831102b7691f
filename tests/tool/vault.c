/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A vault's unseal API, on a port of its own of 127.0.0.1, over TLS where it has a
 * certificate. It behaves as its arguments say, writes its port on the first line of standard
 * output, and a line for each request: the path, and of a share the number that it has in the
 * list, or "foreign". It ends with its standard input, a pipe.
 *
 * The shares are compared, not combined: what is tested is who sends what to whom.
 */
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHARES 8
#define BODY 4096
#define HUGE_ANSWER 1000000

static struct vault {
	const char *cert, *key;         /* files, in PEM */
	const char *share[SHARES];      /* in digits */
	unsigned shares;
	unsigned threshold;
	unsigned starting;              /* requests that are answered with 503 */
	unsigned unborn;                /* requests to which it is not initialized */
	unsigned begun;                 /* shares of somebody else that it has */
	unsigned meddled;               /* attempts that somebody else's share spoils */
	unsigned joining;               /* states that it stays sealed after the last share */
	unsigned slow;                  /* milliseconds that it takes for each answer */
	bool open;
	const char *answer;             /* garbage, huge, redirect, missing, auto; echo: of shares */
	const char *hold;               /* what is asked where it waits for a byte on its input */

	unsigned attempt;
	unsigned progress;
	bool spoilt;
	bool foreign;
} vault;

static void die(const char *what)
{
	fprintf(stderr, "vault: %s\n", what);
	exit(1);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, char *text,
                                 size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, text,
	                                                                MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (status == 302)
		(void)MHD_add_response_header(response, "Location", "https://127.0.0.1:9/elsewhere");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_state(struct MHD_Connection *connection)
{
	char text[512];
	int len = snprintf(text, sizeof text,
	                   "{\"type\":\"%s\",\"initialized\":%s,\"sealed\":%s,\"t\":%u,\"n\":%u,"
	                   "\"progress\":%u,\"nonce\":\"%s%.*u\",\"version\":\"1.15.0\"}\n",
	                   vault.answer != NULL && strcmp(vault.answer, "auto") == 0 ? "pkcs11"
	                                                                            : "shamir",
	                   vault.unborn > 0 ? "false" : "true", vault.open ? "false" : "true",
	                   vault.unborn > 0 ? 0 : vault.threshold, vault.unborn > 0 ? 0 : SHARES,
	                   vault.progress, vault.progress > 0 ? "nonce-" : "",
	                   vault.progress > 0 ? 1 : 0, vault.progress > 0 ? vault.attempt : 0);

	return send_text(connection, 200, text, (size_t)len);
}

/* Forget the shares of an attempt. */
static void begin_anew(void)
{
	vault.progress = 0;
	vault.attempt++;
	vault.spoilt = vault.foreign = false;
}

/* Take a share in; false where they were enough and do not open it. */
static bool take(const char *key)
{
	unsigned i = 0;

	while (i < vault.shares && strcmp(vault.share[i], key) != 0)
		i++;
	if (i < vault.shares)
		say("share %u", i + 1);
	else
		say("share foreign");
	vault.foreign = vault.foreign || i == vault.shares;
	vault.progress++;
	if (vault.meddled > 0 && vault.progress + 1 == vault.threshold) {
		vault.meddled--;
		vault.progress++;
		vault.spoilt = true;
	}
	if (vault.progress < vault.threshold)
		return true;
	if (vault.foreign || vault.spoilt) {
		begin_anew();
		return false;
	}
	begin_anew();
	vault.open = vault.joining == 0;
	return true;
}

static enum MHD_Result unseal(struct MHD_Connection *connection, const char *body)
{
	static char refused[] = "{\"errors\":[\"'key' is no share; unseal failed, invalid key\"]}\n";
	json_t *json = json_loads(body, 0, NULL);
	const char *key = json_string_value(json_object_get(json, "key"));
	bool taken = true;

	if (json_is_true(json_object_get(json, "reset"))) {
		say("reset");
		begin_anew();
	} else if (key == NULL) {
		taken = false;
	} else if (!vault.open) {
		taken = take(key);
	}
	json_decref(json);
	if (vault.answer != NULL && strcmp(vault.answer, "echo") == 0)
		return send_text(connection, 400, (char *)(uintptr_t)body, strlen(body));
	return taken ? send_state(connection)
	             : send_text(connection, 400, refused, sizeof refused - 1);
}

/* Answer in another way than a vault does; false where it shall answer as one. */
static bool misbehave(struct MHD_Connection *connection, enum MHD_Result *result)
{
	static char garbage[] = "<html>\033[31mno vault</html>", huge[HUGE_ANSWER];
	const char *how = vault.answer != NULL ? vault.answer : "";

	if (strcmp(how, "garbage") == 0)
		*result = send_text(connection, 200, garbage, sizeof garbage - 1);
	else if (strcmp(how, "huge") == 0)
		*result = send_text(connection, 200, memset(huge, ' ', sizeof huge), sizeof huge);
	else if (strcmp(how, "redirect") == 0)
		*result = send_text(connection, 302, garbage, 0);
	else if (strcmp(how, "missing") == 0)
		*result = send_text(connection, 404, garbage, sizeof garbage - 1);
	else
		return false;
	return true;
}

static enum MHD_Result answer(struct MHD_Connection *connection, const char *path,
                              const char *method, const char *body)
{
	static char starting[] = "{\"errors\":[]}\n";
	enum MHD_Result result = MHD_NO;
	char byte;

	say("%s %s", method, path);
	if (vault.hold != NULL && strcmp(vault.hold, path) == 0 && read(0, &byte, 1) != 1)
		return MHD_NO;
	if (vault.slow > 0)
		(void)poll(NULL, 0, (int)vault.slow);
	if (vault.starting > 0) {
		vault.starting--;
		return send_text(connection, 503, starting, sizeof starting - 1);
	}
	if (misbehave(connection, &result))
		return result;
	if (strcmp(path, "/v1/sys/unseal") == 0 && strcmp(method, "PUT") == 0)
		return unseal(connection, body);
	if (strcmp(path, "/v1/sys/seal-status") != 0 || strcmp(method, "GET") != 0)
		return send_text(connection, 404, starting, sizeof starting - 1);
	if (vault.joining > 0 && vault.attempt > 0 && --vault.joining == 0)
		vault.open = true;
	result = send_state(connection);
	if (vault.unborn > 0)
		vault.unborn--;
	return result;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_len, void **request)
{
	char *body = *request;
	size_t len;

	(void)arg;
	(void)version;
	if (body == NULL) {
		*request = calloc(1, BODY);
		return *request != NULL ? MHD_YES : MHD_NO;
	}
	len = strlen(body);
	if (*upload_len > 0) {
		if (*upload_len >= BODY - len)
			return MHD_NO;
		memcpy(body + len, upload, *upload_len);
		*upload_len = 0;
		return MHD_YES;
	}
	return answer(connection, path, method, body);
}

static void forget(void *arg, struct MHD_Connection *connection, void **request,
                   enum MHD_RequestTerminationCode how)
{
	(void)arg;
	(void)connection;
	(void)how;
	free(*request);
	*request = NULL;
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 16384);

	if (file == NULL || text == NULL || fread(text, 1, 16383, file) == 0)
		die(path);
	fclose(file);
	return text;
}

static void read_argument(char **argv)
{
	static const struct {
		const char *name;
		unsigned *number;
		const char **text;
	} arguments[] = {
		{ "--cert", NULL, &vault.cert },
		{ "--key", NULL, &vault.key },
		{ "--threshold", &vault.threshold, NULL },
		{ "--starting", &vault.starting, NULL },
		{ "--unborn", &vault.unborn, NULL },
		{ "--begun", &vault.begun, NULL },
		{ "--meddled", &vault.meddled, NULL },
		{ "--joining", &vault.joining, NULL },
		{ "--slow", &vault.slow, NULL },
		{ "--answer", NULL, &vault.answer },
		{ "--hold", NULL, &vault.hold },
	};

	if (strcmp(argv[0], "--share") == 0 && vault.shares < SHARES) {
		vault.share[vault.shares++] = argv[1];
		return;
	}
	for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
		if (strcmp(argv[0], arguments[i].name) != 0)
			continue;
		if (arguments[i].number != NULL)
			*arguments[i].number = (unsigned)strtoul(argv[1], NULL, 10);
		else
			*arguments[i].text = argv[1];
		return;
	}
	die(argv[0]);
}

static struct MHD_Daemon *start(void)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD;
	char *cert = NULL, *key = NULL;
	struct MHD_Daemon *daemon;
	struct sockaddr_in here = { .sin_family = AF_INET };

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (vault.cert != NULL) {
		flags |= MHD_USE_TLS;
		cert = read_file(vault.cert);
		key = read_file(vault.key);
	}
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &here,
	                          MHD_OPTION_NOTIFY_COMPLETED, forget, NULL,
	                          cert != NULL ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, cert,
	                          MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_END);
	free(cert);
	free(key);
	return daemon;
}

int main(int argc, char **argv)
{
	struct pollfd end = { .fd = 0 };        /* closing it is an event without being asked for */
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;

	vault.threshold = 1;
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			die("an argument lacks its value");
		read_argument(argv + i);
	}
	vault.progress = vault.begun;
	vault.foreign = vault.begun > 0;
	daemon = start();
	if (daemon == NULL)
		die("can't start");
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	say("%u", info->port);
	while (poll(&end, 1, -1) < 0)
		;
	MHD_stop_daemon(daemon);
	return 0;
}
