/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Addresses for curl.
 */
#include "tools/curl_url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"

/* What of an address is sent. Each is curl's, or NULL. */
struct parts {
	char *scheme, *host, *port, *path, *query;
};

static void clear(struct parts *parts)
{
	char *all[] = { parts->scheme, parts->host, parts->port, parts->path, parts->query };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		curl_free(all[i]);
	*parts = (struct parts){ NULL };
}

static bool has(CURLU *url, CURLUPart what)
{
	char *part = NULL;
	bool there = curl_url_get(url, what, &part, 0) == CURLUE_OK;

	curl_free(part);
	return there;
}

/* Take an address apart. NULL, or what is wrong with it. */
static const char *split(const char *text, unsigned flags, struct parts *out)
{
	CURLU *url = curl_url();
	const char *wrong = NULL;

	*out = (struct parts){ NULL };
	if (url == NULL)
		return "there is no memory to read it";
	/* Who wrote a password into it does not want to see it in a message. */
	if (curl_url_set(url, CURLUPART_URL, text, flags | CURLU_GUESS_SCHEME) != CURLUE_OK)
		wrong = "is none that curl takes";
	else if (has(url, CURLUPART_USER) || has(url, CURLUPART_PASSWORD))
		wrong = "has a user in it: give him with -u";
	else if (has(url, CURLUPART_ZONEID))
		wrong = "has the zone of an IPv6 address: give it with --interface";
	else if (curl_url_get(url, CURLUPART_SCHEME, &out->scheme, 0) != CURLUE_OK ||
	         (strcmp(out->scheme, "https") != 0 && strcmp(out->scheme, "http") != 0))
		wrong = "is not one of https:// or http://";
	else if (curl_url_get(url, CURLUPART_HOST, &out->host, 0) != CURLUE_OK ||
	         curl_url_get(url, CURLUPART_PATH, &out->path, CURLU_URLENCODE) != CURLUE_OK)
		wrong = "is none that curl takes";
	if (wrong == NULL) {
		(void)curl_url_get(url, CURLUPART_PORT, &out->port, CURLU_NO_DEFAULT_PORT);
		(void)curl_url_get(url, CURLUPART_QUERY, &out->query, 0);
	}
	curl_url_cleanup(url);
	return wrong;
}

static bool is_visible(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= 0x20 || *text >= 0x7f)
			return false;
	return true;
}

/* What curl would take for several addresses. */
static bool has_glob(const struct parts *parts)
{
	return strpbrk(parts->path, "[]{}") != NULL ||
	       (parts->query != NULL && strpbrk(parts->query, "[]{}") != NULL);
}

/* Look whether curl reads the same out of what was put together. */
static bool is_same(const char *url, const char *host, const char *target)
{
	struct parts parts;
	const char *wrong = split(url, CURLU_PATH_AS_IS, &parts);
	size_t len = wrong == NULL ? strlen(parts.path) : 0;
	bool same = wrong == NULL && strcmp(parts.host, host) == 0 &&
	            strncmp(parts.path, target, len) == 0;

	if (same && parts.query != NULL)
		same = target[len] == '?' && strcmp(target + len + 1, parts.query) == 0;
	else if (same)
		same = target[len] == '\0';
	clear(&parts);
	return same;
}

/* Put scheme, host, path and query string together. */
static enum tool_exit join(const struct parts *parts, struct sg_bytes query, char **url)
{
	bool had = parts->query != NULL && parts->query[0] != '\0';
	char *target;
	enum tool_exit code = TOOL_OK;

	if (asprintf(&target, "%s%s%s%s%.*s", parts->path, had || query.len > 0 ? "?" : "",
	             had ? parts->query : "", had && query.len > 0 ? "&" : "", (int)query.len,
	             query.len > 0 ? (const char *)query.data : "") < 0)
		return tool_fail_err(SG_ERR_NOMEM, "can't read the address");
	if (asprintf(url, "%s://%s%s%s%s", parts->scheme, parts->host,
	             parts->port != NULL ? ":" : "", parts->port != NULL ? parts->port : "",
	             target) < 0) {
		*url = NULL;
		code = tool_fail_err(SG_ERR_NOMEM, "can't read the address");
	} else if (!is_visible(*url)) {
		code = tool_fail(TOOL_USAGE, "Write it with %20 and the like; with -G, use "
		                 "--data-urlencode.",
		                 "the address has characters that are not sent as they are");
	} else if (strchr(*url, '#') != NULL || !is_same(*url, parts->host, target)) {
		code = tool_fail(TOOL_USAGE, "With -G, use --data-urlencode.",
		                 "curl would send another address than this one");
	}
	free(target);
	return code;
}

enum tool_exit tool_curl_url(const struct curl_args *args, const struct tool_identity *identity,
                             struct sg_bytes query, char **url)
{
	const char *given = args->url, *wrong;
	struct parts parts = { NULL };
	char *whole = NULL, *joined = NULL;
	enum tool_exit code = TOOL_OK;

	*url = NULL;
	if (given[0] == '/' && identity->address != NULL)
		code = tool_identity_url(identity, given, "the address", &whole);
	else if (asprintf(&whole, "%s%s%s",
	                  args->proto != NULL && strstr(given, "://") == NULL ? args->proto : "",
	                  args->proto != NULL && strstr(given, "://") == NULL ? "://" : "",
	                  given) < 0)
		code = tool_fail_err(SG_ERR_NOMEM, "can't read the address");
	if (code != TOOL_OK)
		return code;
	wrong = split(whole, args->path_as_is ? CURLU_PATH_AS_IS : 0, &parts);
	if (wrong != NULL)
		code = tool_fail(TOOL_USAGE, "It looks like https://vault.example.org/v1/secrets.",
		                 "the address %s", wrong);
	else if (!args->globoff && has_glob(&parts))
		code = tool_fail(TOOL_USAGE, "-g takes the characters as they are.",
		                 "curl would make several addresses of this one");
	else if (args->upload != NULL && parts.path[strlen(parts.path) - 1] == '/')
		code = tool_fail(TOOL_USAGE, "Write the whole path.",
		                 "curl would put the name of the file of -T behind this address");
	else
		code = join(&parts, query, &joined);
	if (code == TOOL_OK)
		code = tool_identity_url(identity, joined, "the address", url);
	clear(&parts);
	free(joined);
	free(whole);
	return code;
}
