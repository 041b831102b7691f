/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Addresses of requests.
 */
#include "tools/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"

static const struct {
	const char *name, *port;
} schemes[] = {
	{ "https", ":443" },
	{ "http", ":80" },
};

void tool_url_free(struct tool_url *url)
{
	free(url->text);
	*url = (struct tool_url){ .text = NULL };
}

/* Find the row of a scheme, or NULL. */
static const char *find_scheme(const char *url, size_t len, const char **port)
{
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strlen(schemes[i].name) == len &&
		    strncasecmp(schemes[i].name, url, len) == 0) {
			*port = schemes[i].port;
			return schemes[i].name;
		}
	return NULL;
}

/* Tell whether a host and port have only what they may have [RFC 3986 §3.2.2]. */
static bool is_authority(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] >= 0x7f || strchr("\"<>\\^`{|}", text[i]) != NULL)
			return false;
	return len > 0;
}

/* Who wrote a password into it does not want to see it in a message. */
static enum tool_exit bad(const char *option, const char *what)
{
	return tool_fail(TOOL_USAGE, "It looks like https://vault.example.org/v1/secrets.",
	                 "%s %s", option, what);
}

enum tool_exit tool_url_split(const char *url, const char *option, struct tool_url *out)
{
	const char *colon = strstr(url, "://"), *scheme = NULL, *port, *rest;
	size_t len = 0;
	char *target;

	*out = (struct tool_url){ .text = NULL };
	if (strchr(url, '#') != NULL)
		return bad(option, "has a fragment, which is never sent");
	if (colon != NULL && strcspn(url, "/?") > (size_t)(colon - url)) {
		scheme = find_scheme(url, (size_t)(colon - url), &port);
		if (scheme == NULL)
			return bad(option, "must begin with https:// or http://");
		rest = colon + strlen("://");
		len = strcspn(rest, "/?");
		if (memchr(rest, '@', len) != NULL)
			return bad(option, "has a user in it, which is no part of a signed request");
		if (!is_authority(rest, len))
			return bad(option, "names no host");
	} else if (url[0] == '/' || strcmp(url, "*") == 0) {
		rest = url;
	} else {
		return bad(option, "is no address");
	}
	/* The authority, its end, "/" where there is no path, and the target. */
	out->text = malloc(strlen(rest) + 3);
	if (out->text == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't read %s", option);
	memcpy(out->text, rest, len);
	out->text[len] = '\0';
	target = out->text + len + 1;
	target[0] = '\0';
	if (rest[len] == '\0' || rest[len] == '?')
		strcpy(target, "/");
	strcat(target, rest + len);
	out->scheme = sg_request_text(scheme);
	out->authority = sg_request_text(out->text);
	out->target = sg_request_text(target);
	return TOOL_OK;
}

/* Return the host with its port, less the port that the scheme has anyway. */
static struct sg_request_text server(const struct tool_url *url)
{
	struct sg_request_text authority = url->authority;
	const char *port = "";
	size_t len;

	(void)find_scheme(url->scheme.data, url->scheme.len, &port);
	len = strlen(port);
	if (authority.len > len &&
	    memcmp(authority.data + authority.len - len, port, len) == 0)
		authority.len -= len;
	return authority;
}

bool tool_url_same_server(const struct tool_url *a, const struct tool_url *b)
{
	struct sg_request_text one = server(a), two = server(b);

	return a->scheme.len == b->scheme.len && one.len == two.len &&
	       memcmp(a->scheme.data, b->scheme.data, a->scheme.len) == 0 &&
	       strncasecmp(one.data, two.data, one.len) == 0;
}

bool tool_field_read(const char *text, struct sg_request_field *out)
{
	const char *colon = strchr(text, ':');
	const char *value;

	if (colon == NULL)
		return false;
	value = colon + 1 + strspn(colon + 1, " \t");
	out->name = (struct sg_request_text){ text, (size_t)(colon - text) };
	out->value = sg_request_text(value);
	while (out->value.len > 0 && strchr(" \t", value[out->value.len - 1]) != NULL)
		out->value.len--;
	return true;
}
