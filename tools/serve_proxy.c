/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Who sent what a proxy passed on. Each proxy appends whom it heard, so the way is read
 * from its end: what stands before the first address that is not trusted is the client's own
 * invention, and not looked at.
 */
#include "tools/serve_proxy.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "tools/serve_socket.h"

#define STATIONS 64
#define BLANKS " \t"
#define PORT_MAX 5              /* digits */
#define NODE (INET6_ADDRSTRLEN + 16)    /* of an address with its port */

struct stations {
	struct sg_bytes list[STATIONS];
	size_t n;
};

enum station { STATION_ADDRESS, STATION_HIDDEN, STATION_BAD };

static struct sg_bytes trimmed(const char *text, size_t len)
{
	while (len > 0 && strchr(BLANKS, text[0]) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(BLANKS, text[len - 1]) != NULL)
		len--;
	return sg_bytes(text, len);
}

/* Return how much of a text comes before one of these characters, outside of quotes. False: a quote
 * has no end, or a backslash in one nothing behind it. */
static bool span(struct sg_bytes text, const char *ends, size_t *out)
{
	const char *at = (const char *)text.data;
	bool quoted = false;
	size_t i = 0;

	for (; i < text.len && (quoted || strchr(ends, at[i]) == NULL); i++) {
		if (quoted && at[i] == '\\')
			i++;
		else if (at[i] == '"')
			quoted = !quoted;
	}
	*out = i;
	return !quoted;
}

/* Take the first part off a text that such characters separate. */
static bool next(struct sg_bytes *rest, const char *ends, struct sg_bytes *part)
{
	size_t len;

	if (!span(*rest, ends, &len))
		return false;
	*part = trimmed((const char *)rest->data, len);
	len += len < rest->len;
	*rest = sg_bytes(rest->data + len, rest->len - len);
	return true;
}

/* Take all lines apart. */
static bool read_stations(const struct serve_lines *lines, struct stations *out)
{
	out->n = 0;
	if (lines->n > SERVE_PROXY_LINES)
		return false;
	for (size_t i = 0; i < lines->n; i++) {
		struct sg_bytes rest = sg_bytes_str(lines->line[i]), part;

		while (rest.len > 0) {
			if (out->n == STATIONS || !next(&rest, ",", &part))
				return false;
			if (part.len > 0)
				out->list[out->n++] = part;
		}
	}
	return true;
}

/* Copy a token, or what stands in a quoted string. */
static bool unquote(struct sg_bytes text, char out[NODE])
{
	const char *at = (const char *)text.data;
	const bool quoted = text.len >= 2 && at[0] == '"' && at[text.len - 1] == '"';
	size_t n = 0;

	for (size_t i = quoted; i < text.len - quoted; i++) {
		if (quoted && at[i] == '\\')
			i++;
		if (n == NODE - 1 || at[i] == '"')
			return false;
		out[n++] = at[i];
	}
	out[n] = '\0';
	return n > 0;
}

/* Find what a station of Forwarded says for "for", which may be there once; *out is empty where it
 * says nothing. */
static bool find_for(struct sg_bytes station, struct sg_bytes *out)
{
	struct sg_bytes pair;

	*out = sg_bytes(NULL, 0);
	while (station.len > 0) {
		if (!next(&station, ";", &pair))
			return false;
		if (pair.len < 4 || strncasecmp((const char *)pair.data, "for=", 4) != 0)
			continue;
		if (out->len > 0 || pair.len == 4)
			return false;
		*out = sg_bytes(pair.data + 4, pair.len - 4);
	}
	return true;
}

static bool is_port(const char *text)
{
	const size_t digits = text[0] == ':' ? strspn(text + 1, "0123456789") : 0;

	return digits > 0 && digits <= PORT_MAX && text[1 + digits] == '\0';
}

/* Cut the port off, and the brackets of an address of IPv6, which may stand alone without them. */
static bool strip(char **text)
{
	const bool bracket = (*text)[0] == '[';
	char *end = strchr(*text, bracket ? ']' : ':');

	if (bracket && end == NULL)
		return false;
	if (!bracket && (end == NULL || end != strrchr(*text, ':')))
		return true;
	if (!is_port(end + bracket) && !(bracket && end[1] == '\0'))
		return false;
	*end = '\0';
	*text += bracket;
	return !bracket || strchr(*text, ':') != NULL;
}

/* Read 192.0.2.1, 192.0.2.1:80, [2001:db8::1]:80 or 2001:db8::1. */
static bool read_address(char *text, char out[INET6_ADDRSTRLEN])
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };

	if (!strip(&text))
		return false;
	if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
		serve_socket_source((const struct sockaddr *)&six, out);
	else if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		serve_socket_source((const struct sockaddr *)&four, out);
	else
		return false;
	return true;
}

static enum station read_station(struct sg_bytes station, bool standard,
                                 char out[INET6_ADDRSTRLEN])
{
	char text[NODE];
	struct sg_bytes node = station;

	if (standard && !find_for(station, &node))
		return STATION_BAD;
	if (node.len == 0)
		return STATION_HIDDEN;
	if (!unquote(node, text))
		return STATION_BAD;
	if (text[0] == '_' || strcasecmp(text, "unknown") == 0)
		return STATION_HIDDEN;
	return read_address(text, out) ? STATION_ADDRESS : STATION_BAD;
}

bool serve_proxy_source(const struct sg_nets *trusted, const struct serve_way *way,
                        char source[INET6_ADDRSTRLEN])
{
	const bool standard = way->forwarded.n > 0;
	struct stations stations;

	if (!sg_nets_have(trusted, sg_bytes_str(source)))
		return true;
	if (standard && way->x_forwarded_for.n > 0)
		return false;
	if (!read_stations(standard ? &way->forwarded : &way->x_forwarded_for, &stations))
		return false;
	while (stations.n > 0 && sg_nets_have(trusted, sg_bytes_str(source))) {
		enum station is = read_station(stations.list[--stations.n], standard, source);

		if (is != STATION_ADDRESS)
			return is == STATION_HIDDEN;
	}
	return true;
}
