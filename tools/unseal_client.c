/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Asking a vault, by libcurl.
 */
#include "tools/unseal_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/unseal_answer.h"

#define CA_MAX ((size_t)4 << 20)        /* what distributions have is a tenth of it */
#define CONNECT_MS 5000         /* TCP and TLS; who is up has that done in much less */

struct unseal_client {
	char *ca;
	int dumpable;           /* as it was */
	bool started;           /* libcurl was */
};

/* libcurl copies a request into memory of its own. What it gives back is wiped. */
static void give_back(void *at)
{
	if (at != NULL)
		explicit_bzero(at, malloc_usable_size(at));
	free(at);
}

static void *resize(void *at, size_t size)
{
	size_t had = at != NULL ? malloc_usable_size(at) : 0;
	void *moved = malloc(size);

	if (moved == NULL)
		return NULL;
	if (at != NULL)
		memcpy(moved, at, had < size ? had : size);
	give_back(at);
	return moved;
}

void unseal_client_free(struct unseal_client **client)
{
	struct unseal_client *c = *client;

	*client = NULL;
	if (c == NULL)
		return;
	if (c->started)
		curl_global_cleanup();
	if (c->dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	free(c->ca);
	free(c);
}

/* Look whether there are certificates in the file of --ca, before a share is opened. */
static enum tool_exit check_authorities(const char *path)
{
	struct sg_buf text = { NULL, 0, 0 };
	struct stat st;
	enum tool_exit code;

	if (path[0] == '\0' || strcmp(path, "-") == 0)
		return tool_fail(TOOL_USAGE, NULL, "--ca names no file");
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return tool_fail(TOOL_USAGE, "One file has all the certificates, in PEM.",
		                 "%s, the file of --ca, is no file", path);
	code = tool_read_file(path, CA_MAX, &text);
	if (code == TOOL_OK &&
	    memmem(text.data, text.len, "CERTIFICATE-----", strlen("CERTIFICATE-----")) == NULL)
		code = tool_fail(TOOL_USAGE, "Vaults have their authority's in PEM.",
		                 "%s, the file of --ca, holds no certificate", path);
	sg_buf_free(&text);
	return code;
}

enum tool_exit unseal_client_new(const char *ca, struct unseal_client **client)
{
	struct unseal_client *c = calloc(1, sizeof *c);

	*client = c;
	if (c == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't ask a vault");
	if (ca != NULL) {
		enum tool_exit code = check_authorities(ca);

		if (code != TOOL_OK)
			return code;
		c->ca = strdup(ca);
		if (c->ca == NULL)
			return tool_fail_err(SG_ERR_NOMEM, "can't ask a vault");
	}
	/* The keys of the connection would be written to the file that it names. */
	(void)unsetenv("SSLKEYLOGFILE");
	/* While a share is sent, copies of it are in memory of libraries. */
	c->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	c->started = curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, give_back, resize, strdup,
	                                  calloc) == CURLE_OK;
	return c->started ? TOOL_OK : tool_fail(TOOL_FAILED, NULL, "can't start libcurl");
}

/* Read a part of an address; false where there is none. The caller frees *part by curl_free. */
static bool get(CURLU *url, CURLUPart what, char **part)
{
	return curl_url_get(url, what, part, 0) == CURLUE_OK;
}

static bool has(CURLU *url, CURLUPart what)
{
	char *part = NULL;
	bool there = get(url, what, &part);

	curl_free(part);
	return there;
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0;
}

enum tool_exit unseal_client_check(const char *what, const char *addr, bool plain)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL;
	enum tool_exit code = TOOL_OK;

	if (url == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't read %s", what);
	/* Who wrote a password into it does not want to see it in a message. */
	if (strpbrk(addr, "?#") != NULL ||       /* libcurl tells no empty part from none */
	    curl_url_set(url, CURLUPART_URL, addr, 0) != CURLUE_OK || has(url, CURLUPART_USER) ||
	    has(url, CURLUPART_PASSWORD) || !get(url, CURLUPART_SCHEME, &scheme) ||
	    !get(url, CURLUPART_HOST, &host))
		code = tool_fail(TOOL_USAGE, "It looks like https://vault.example.org:8200.",
		                 "%s is no address of a vault", what);
	else if (strcmp(scheme, "http") == 0 && !(plain && is_loopback(host)))
		code = tool_fail(TOOL_USAGE, "Use https://; --allow-http takes http://127.0.0.1 and "
		                 "http://[::1].", "secrets don't go over http://");
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		code = tool_fail(TOOL_USAGE, NULL, "%s must begin with https://", what);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(url);
	return code;
}

/* What is asked, and how much is taken for an answer. */
struct asking {
	const char *method;             /* NULL: GET */
	struct sg_bytes body;
	bool vault;                     /* the header that vaults want */
	size_t max;
	struct sg_buf *answer;
};

static size_t take_body(char *bytes, size_t one, size_t n, void *arg)
{
	const struct asking *asking = arg;

	if (asking->answer->len + n > asking->max ||
	    sg_buf_append(asking->answer, sg_bytes(bytes, one * n)) != SG_OK)
		return 0;
	return n;
}

/* Set what every request has. False: no memory, or an option that this libcurl lacks. */
static bool set_common(const struct unseal_client *client, CURL *curl, bool plain, char *why,
                       long ms, struct asking *asking)
{
	const char *scheme = plain ? "http" : "https";
	bool set = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
	                   CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	                            ms < CONNECT_MS ? ms : CONNECT_MS) == CURLE_OK &&
	           /* The library of HTTP/2 would keep copies that nobody wipes. */
	           curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) ==
	                   CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	           curl_easy_setopt(curl, CURLOPT_WRITEDATA, asking) == CURLE_OK;

	/* The authorities of the machine are not asked beside those that were named. */
	if (set && client->ca != NULL)
		set = curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca) == CURLE_OK &&
		      curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
	return set;
}

static bool set_url(CURL *curl, const char *addr, const char *path)
{
	size_t len = strlen(addr);
	char *url;
	bool set;

	while (len > 0 && addr[len - 1] == '/')
		len--;
	if (asprintf(&url, "%.*s%s", (int)len, addr, path) < 0)
		return false;
	set = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK;
	free(url);
	return set;
}

/* Set what is sent, which stays where it is: libcurl reads it from there. */
static bool set_body(CURL *curl, const struct asking *asking, struct curl_slist **headers)
{
	static const char *const lines[] = {
		"Content-Type: application/json", "Expect:", "X-Vault-Request: true",
	};
	const size_t n = sizeof lines / sizeof lines[0] - (asking->vault ? 0 : 1);

	for (size_t i = 0; i < n; i++) {
		struct curl_slist *more = curl_slist_append(*headers, lines[i]);

		if (more == NULL)
			return false;
		*headers = more;
	}
	return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers) == CURLE_OK &&
	       (asking->method == NULL ||
	        (curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, asking->method) == CURLE_OK &&
	         curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)asking->body.len) ==
	                 CURLE_OK &&
	         curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)asking->body.data) ==
	                 CURLE_OK));
}

/* Sort the ways in which libcurl fails. */
static enum unseal_ended sort(CURLcode result)
{
	static const struct {
		CURLcode result;
		enum unseal_ended ended;
	} sorts[] = {
		{ CURLE_OK, UNSEAL_ANSWERED },
		{ CURLE_COULDNT_RESOLVE_HOST, UNSEAL_NOT_THERE },
		{ CURLE_COULDNT_CONNECT, UNSEAL_NOT_THERE },
		{ CURLE_OPERATION_TIMEDOUT, UNSEAL_NOT_THERE },
		{ CURLE_GOT_NOTHING, UNSEAL_NOT_THERE },
		{ CURLE_SEND_ERROR, UNSEAL_NOT_THERE },
		{ CURLE_RECV_ERROR, UNSEAL_NOT_THERE },
		{ CURLE_PARTIAL_FILE, UNSEAL_NOT_THERE },
		{ CURLE_SSL_CONNECT_ERROR, UNSEAL_NOT_THERE },
		{ CURLE_PEER_FAILED_VERIFICATION, UNSEAL_NOT_TRUSTED },
		{ CURLE_SSL_CACERT_BADFILE, UNSEAL_NO_AUTHORITY },
		{ CURLE_SSL_ISSUER_ERROR, UNSEAL_NOT_TRUSTED },
		{ CURLE_SSL_INVALIDCERTSTATUS, UNSEAL_NOT_TRUSTED },
	};

	for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++)
		if (sorts[i].result == result)
			return sorts[i].ended;
	return UNSEAL_NOT_SPOKEN;
}

long unseal_client_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum sg_err ask(struct unseal_client *client, const char *addr, const char *path,
                       struct asking *asking, struct unseal_limit limit,
                       struct unseal_reply *reply)
{
	long left = limit.end - unseal_client_now(), ms = left < limit.ms ? left : limit.ms;
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	bool plain = strncasecmp(addr, "http:", strlen("http:")) == 0;
	enum sg_err err = SG_ERR_NOMEM;
	CURL *curl = NULL;
	curl_off_t after = 0;
	CURLcode result;

	*reply = (struct unseal_reply){ .ended = UNSEAL_NOT_THERE, .body = reply->body };
	reply->body.len = 0;
	asking->answer = &reply->body;
	if (ms <= 0) {
		snprintf(reply->why, sizeof reply->why, "its time is over");
		return SG_OK;
	}
	curl = curl_easy_init();
	if (curl == NULL || !set_common(client, curl, plain, why, ms, asking) ||
	    !set_url(curl, addr, path) || !set_body(curl, asking, &headers))
		goto out;
	result = curl_easy_perform(curl);
	reply->ended = sort(result);
	if (result == CURLE_OK)
		result = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
	if (result == CURLE_OK && curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after) == CURLE_OK)
		reply->retry_after = after > 0 && after < INT_MAX ? (long)after : 0;
	if (result != CURLE_OK)
		snprintf(reply->why, sizeof reply->why, "%s",
		         why[0] != '\0' ? why : curl_easy_strerror(result));
	err = SG_OK;
out:
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return err;
}

enum sg_err unseal_client_ask(struct unseal_client *client, const char *addr, const char *path,
                              const struct sg_secret *body, struct unseal_limit limit,
                              struct unseal_reply *reply)
{
	struct asking asking = { .vault = true, .max = UNSEAL_ANSWER_MAX };

	if (body != NULL) {
		asking.method = "PUT";
		asking.body = sg_secret_bytes(body);
	}
	return ask(client, addr, path, &asking, limit, reply);
}

enum sg_err unseal_client_post(struct unseal_client *client, const char *addr, const char *path,
                               struct sg_bytes body, size_t max, struct unseal_limit limit,
                               struct unseal_reply *reply)
{
	struct asking asking = { .method = "POST", .body = body, .max = max };

	return ask(client, addr, path, &asking, limit, reply);
}
