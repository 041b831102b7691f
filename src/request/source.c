/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The text of an address as servers have it, with a port, brackets or a zone, to the bytes
 * by which failures are counted.
 */
#include <arpa/inet.h>
#include <string.h>

#include "request/lockout.h"
#include "request/text.h"

/* Tell whether a text is the port that follows an address: a colon and up to five digits. */
static bool is_port(const char *text, size_t len)
{
	if (len < 2 || len > 6 || text[0] != ':')
		return false;
	for (size_t i = 1; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* Take the port and the brackets off. An IPv6 address has more than one colon, so that one which
 * has no brackets has no port. */
static struct sg_request_text bare_address(struct sg_request_text source)
{
	const char *end = source.data + source.len;
	const bool bracket = source.len > 0 && source.data[0] == '[';
	const char *at = NULL;

	if (source.len > 0)
		at = memchr(source.data, bracket ? ']' : ':', source.len);
	if (at == NULL)
		return source;
	if (bracket && (at + 1 == end || is_port(at + 1, (size_t)(end - at - 1))))
		return (struct sg_request_text){ source.data + 1, (size_t)(at - source.data - 1) };
	if (!bracket && is_port(at, (size_t)(end - at)))
		return (struct sg_request_text){ source.data, (size_t)(at - source.data) };
	return source;
}

/* Copy an address without what some put around it: brackets, the port and the zone. */
static bool copy_address(struct sg_request_text source, char out[INET6_ADDRSTRLEN])
{
	const char *zone;

	source = bare_address(sg_request_trim(source));
	zone = source.len > 0 ? memchr(source.data, '%', source.len) : NULL;
	if (zone != NULL)
		source.len = (size_t)(zone - source.data);
	if (source.len == 0 || source.len >= INET6_ADDRSTRLEN ||
	    memchr(source.data, '\0', source.len) != NULL)
		return false;
	memcpy(out, source.data, source.len);
	out[source.len] = '\0';
	return true;
}

size_t sg_lockout_source(struct sg_request_text source, uint8_t out[SG_LOCKOUT_SOURCE])
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	size_t len = source.len < SG_LOCKOUT_SOURCE - 1 ? source.len : SG_LOCKOUT_SOURCE - 1;

	if (copy_address(source, text)) {
		if (inet_pton(AF_INET, text, out) == 1)
			return 4;
		if (inet_pton(AF_INET6, text, &six) == 1) {
			if (memcmp(&six, mapped, sizeof mapped) == 0) {
				memcpy(out, (const uint8_t *)&six + 12, 4);
				return 4;
			}
			memcpy(out, &six, 8);
			return 8;
		}
	}
	out[0] = 0;
	if (len > 0)
		memcpy(out + 1, source.data, len);
	return len + 1;
}

struct sg_bytes sg_lockout_network(struct sg_bytes source)
{
	/* A text begins with a zero, and addresses that do are of no network. */
	if (source.len == 4 && source.data[0] != 0)
		source.len = 3;
	else if (source.len == 8 && source.data[0] != 0)
		source.len = 6;
	return source;
}
