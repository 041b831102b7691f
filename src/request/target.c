/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Targets and hosts. The bytes of a path and a query are never looked into here but for
 * what divides them.
 */
#include "request/target.h"

#include "request/field.h"

/* Divide what follows the host into path and query. */
static void divide(struct sg_request_text rest, struct sg_request_target *target)
{
	const size_t mark = sg_request_find(rest, '?');

	target->path = sg_request_part(rest.data, mark);
	target->has_query = mark < rest.len;
	if (target->has_query)
		target->query = sg_request_part(rest.data + mark + 1, rest.len - mark - 1);
}

static bool letters(struct sg_request_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (sg_request_lower(text.data[i]) < 'a' || sg_request_lower(text.data[i]) > 'z')
			return false;
	return text.len > 0;
}

static bool absolute(struct sg_request_text text, struct sg_request_target *target)
{
	struct sg_request_text rest;
	const size_t colon = sg_request_find(text, ':');
	size_t end = 0;

	if (colon + 3 > text.len || memcmp(text.data + colon, "://", 3) != 0)
		return false;
	target->scheme = sg_request_part(text.data, colon);
	rest = sg_request_part(text.data + colon + 3, text.len - colon - 3);
	while (end < rest.len && rest.data[end] != '/' && rest.data[end] != '?')
		end++;
	target->authority = sg_request_part(rest.data, end);
	divide(sg_request_part(rest.data + end, rest.len - end), target);
	return letters(target->scheme) && sg_request_authority_valid(target->authority);
}

/* Where the colon of a port stands, or the length. */
static size_t port_of(struct sg_request_text authority)
{
	size_t from = 0, colon;

	if (authority.len == 0)
		return 0;
	/* The colons of an IPv6 address are within brackets. */
	if (authority.data[0] == '[')
		from = sg_request_find(authority, ']');
	colon = sg_request_find(sg_request_part(authority.data + from, authority.len - from), ':');
	return from + colon;
}

enum sg_request_reason sg_request_target_read(const struct sg_request_message *message,
                                              struct sg_request_target *target)
{
	const struct sg_request_text text = message->target;
	const bool connect = sg_request_is(message->method, "CONNECT");
	bool good;

	*target = (struct sg_request_target){ .form = SG_REQUEST_TARGET_ORIGIN };
	if (text.len > SG_REQUEST_TARGET_MAX)
		return SG_REQUEST_TOO_LONG;
	/* A fragment is not sent [RFC 9112 §3.2.1]. */
	if (!sg_request_visible(text, '#'))
		return SG_REQUEST_TARGET;
	if (connect) {
		target->form = SG_REQUEST_TARGET_AUTHORITY;
		target->authority = text;
		good = sg_request_authority_valid(text) && port_of(text) + 1 < text.len;
	} else if (text.data[0] == '/') {
		divide(text, target);
		good = true;
	} else if (sg_request_is(text, "*")) {
		target->form = SG_REQUEST_TARGET_ASTERISK;
		good = sg_request_is(message->method, "OPTIONS");
	} else {
		target->form = SG_REQUEST_TARGET_ABSOLUTE;
		good = absolute(text, target);
	}
	return good ? SG_REQUEST_OK : SG_REQUEST_TARGET;
}

enum sg_request_reason sg_request_scheme(const struct sg_request_message *message,
                                         const struct sg_request_target *target,
                                         struct sg_request_text *scheme)
{
	*scheme = message->scheme.len > 0 ? message->scheme : target->scheme;
	if (target->scheme.len > 0 && !sg_request_same_name(*scheme, target->scheme))
		return SG_REQUEST_SCHEME;
	return sg_request_same_name(*scheme, sg_request_text("http")) ||
	       sg_request_same_name(*scheme, sg_request_text("https")) ?
	       SG_REQUEST_OK : SG_REQUEST_SCHEME;
}

static bool port_valid(struct sg_request_text port)
{
	int64_t number;

	return port.len == 0 || (sg_request_number(port, &number) && number <= 65535);
}

static bool address_byte(char c)
{
	return sg_request_digit(c) || c == ':' || c == '.' ||
	       (sg_request_lower(c) >= 'a' && sg_request_lower(c) <= 'f');
}

static bool host_byte(char c)
{
	return sg_request_digit(c) || (c != 0 && strchr("-._~%!$&'()*+,;=", c)) ||
	       (sg_request_lower(c) >= 'a' && sg_request_lower(c) <= 'z');
}

bool sg_request_authority_valid(struct sg_request_text authority)
{
	const size_t colon = port_of(authority);
	const bool bracket = authority.len > 0 && authority.data[0] == '[';
	struct sg_request_text host = sg_request_part(authority.data, colon);

	if (authority.len > SG_REQUEST_AUTHORITY_MAX || host.len == 0)
		return false;
	if (colon < authority.len &&
	    !port_valid(sg_request_part(authority.data + colon + 1, authority.len - colon - 1)))
		return false;
	if (bracket) {
		if (host.len < 4 || host.data[host.len - 1] != ']')
			return false;
		host = sg_request_part(host.data + 1, host.len - 2);
	}
	for (size_t i = 0; i < host.len; i++)
		if (!(bracket ? address_byte(host.data[i]) : host_byte(host.data[i])))
			return false;
	return true;
}

/* Whose host it is. The message's own is the caller's word; else an absolute target and the
 * field must say the same. */
static enum sg_request_reason find_authority(const struct sg_request_message *message,
                                             const struct sg_request_target *target,
                                             struct sg_request_text *authority)
{
	enum sg_request_reason reason;
	struct sg_request_text host;

	*authority = message->authority;
	if (authority->len > 0)
		return SG_REQUEST_OK;
	reason = sg_request_field_only(message, "host", &host);
	*authority = target->authority.len > 0 ? target->authority : host;
	if (reason == SG_REQUEST_MISSING && target->authority.len > 0)
		return SG_REQUEST_OK;
	if (reason != SG_REQUEST_OK || !sg_request_same_name(*authority, host))
		return SG_REQUEST_AUTHORITY;
	return SG_REQUEST_OK;
}

enum sg_request_reason sg_request_authority(const struct sg_request_message *message,
                                            const struct sg_request_target *target,
                                            struct sg_writer *w)
{
	struct sg_request_text authority, scheme, port;
	enum sg_request_reason reason = find_authority(message, target, &authority);
	size_t colon;

	if (reason != SG_REQUEST_OK)
		return reason;
	if (!sg_request_authority_valid(authority))
		return SG_REQUEST_AUTHORITY;
	colon = port_of(authority);
	for (size_t i = 0; i < colon; i++)
		sg_write_u8(w, (uint8_t)sg_request_lower(authority.data[i]));
	if (colon + 1 >= authority.len)
		return SG_REQUEST_OK;
	port = sg_request_part(authority.data + colon + 1, authority.len - colon - 1);
	reason = sg_request_scheme(message, target, &scheme);
	if (reason == SG_REQUEST_OK &&
	    sg_request_is(port, scheme.len == 5 ? "443" : "80"))
		return SG_REQUEST_OK;
	/* Without a scheme no port is the default one. */
	sg_request_puts(w, ":");
	sg_request_put(w, port);
	return SG_REQUEST_OK;
}
