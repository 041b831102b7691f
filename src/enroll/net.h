/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Ranges of addresses, of IPv4 and IPv6, as text such as "10.0.0.0/8,2001:db8::/32".
 */
#ifndef SG_ENROLL_NET_H
#define SG_ENROLL_NET_H

#include "util/bytes.h"

#define SG_NETS_MAX 16

struct sg_net {
	uint8_t address[16];            /* of IPv4: 4 bytes, then zeros */
	unsigned bits;                  /* of it that count */
	bool v6;
};

/* All zero is none. */
struct sg_nets {
	struct sg_net list[SG_NETS_MAX];
	size_t n;
};

/* Read ranges with commas between; an address alone is the range of it. False for anything else,
 * also for bits behind the range ("10.0.0.1/8"), which are a mistake more often than not. */
bool sg_nets_read(struct sg_bytes text, struct sg_nets *out);

/* Tell whether a text is an address, of IPv4 or IPv6, alone. */
bool sg_net_is_address(struct sg_bytes text);

/* Tell whether an address, as text, is in one of the ranges. An address of IPv4 that is written as
 * one of IPv6 ("::ffff:192.0.2.7") is one of IPv4. What is no address is in none. */
bool sg_nets_have(const struct sg_nets *nets, struct sg_bytes address);

#endif
