/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Ranges of addresses.
 */
#include "enroll/net.h"

#include <arpa/inet.h>
#include <string.h>

#define V4_BITS 32
#define V6_BITS 128
#define MAPPED 12                       /* bytes before an IPv4 address in one of IPv6 */

/* Read an address. */
static bool read_address(struct sg_bytes text, struct sg_net *out)
{
	static const uint8_t mapped[MAPPED] = { [10] = 0xff, [11] = 0xff };
	char copy[INET6_ADDRSTRLEN];

	*out = (struct sg_net){ .bits = V4_BITS };
	if (text.len == 0 || text.len >= sizeof copy || memchr(text.data, 0, text.len) != NULL)
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, out->address) == 1)
		return true;
	if (inet_pton(AF_INET6, copy, out->address) != 1)
		return false;
	if (memcmp(out->address, mapped, MAPPED) == 0) {
		memmove(out->address, out->address + MAPPED, 4);
		memset(out->address + 4, 0, MAPPED);
		return true;
	}
	out->v6 = true;
	out->bits = V6_BITS;
	return true;
}

/* Read the number behind the slash, of up to three digits. */
static bool read_bits(struct sg_bytes text, unsigned max, unsigned *out)
{
	*out = 0;
	if (text.len == 0 || text.len > 3 || (text.len > 1 && text.data[0] == '0'))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (unsigned)(text.data[i] - '0');
	}
	return *out <= max;
}

static bool bit(const uint8_t *address, unsigned at)
{
	return (address[at / 8] >> (7 - at % 8) & 1) != 0;
}

static bool read_net(struct sg_bytes text, struct sg_net *out)
{
	const uint8_t *slash = text.len > 0 ? memchr(text.data, '/', text.len) : NULL;
	const size_t len = slash != NULL ? (size_t)(slash - text.data) : text.len;
	unsigned max;

	if (!read_address(sg_bytes(text.data, len), out))
		return false;
	max = out->bits;
	if (slash != NULL &&
	    !read_bits(sg_bytes(slash + 1, text.len - len - 1), max, &out->bits))
		return false;
	for (unsigned i = out->bits; i < max; i++)
		if (bit(out->address, i))
			return false;
	return true;
}

bool sg_nets_read(struct sg_bytes text, struct sg_nets *out)
{
	*out = (struct sg_nets){ .n = 0 };
	for (;;) {
		const uint8_t *comma = text.len > 0 ? memchr(text.data, ',', text.len) : NULL;
		const size_t len = comma != NULL ? (size_t)(comma - text.data) : text.len;

		if (out->n == SG_NETS_MAX ||
		    !read_net(sg_bytes(text.data, len), &out->list[out->n]))
			return false;
		out->n++;
		if (comma == NULL)
			return true;
		text = sg_bytes(comma + 1, text.len - len - 1);
	}
}

static bool has(const struct sg_net *net, const struct sg_net *address)
{
	if (net->v6 != address->v6)
		return false;
	for (unsigned i = 0; i < net->bits; i++)
		if (bit(net->address, i) != bit(address->address, i))
			return false;
	return true;
}

bool sg_net_is_address(struct sg_bytes text)
{
	struct sg_net address;

	return read_address(text, &address);
}

bool sg_nets_have(const struct sg_nets *nets, struct sg_bytes text)
{
	struct sg_net address;

	if (!read_address(text, &address))
		return false;
	for (size_t i = 0; i < nets->n; i++)
		if (has(&nets->list[i], &address))
			return true;
	return false;
}
