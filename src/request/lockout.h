/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Who failed how often, by the address that he came from, and who has to wait.
 * Memory is bounded, and is forgotten with the process. Knows nothing of requests.
 */
#ifndef SG_REQUEST_LOCKOUT_H
#define SG_REQUEST_LOCKOUT_H

#include <signet/request.h>

#include "util/bytes.h"

struct sg_lockout;

/* All are at least 1; times in seconds. Memory is for failures times sources. */
struct sg_lockout_rules {
	unsigned failures;              /* within any window: locked out */
	int64_t window;
	int64_t duration;
	size_t sources;                 /* counted at most; rounded up to whole groups */
};

/* Make one; the caller frees *out. Errors: NOMEM, CRYPTO. */
enum sg_request_reason sg_lockout_new(const struct sg_lockout_rules *rules,
                                      struct sg_lockout **out);
void sg_lockout_free(struct sg_lockout **lockout);

/* Return for how many seconds more a source is locked out, 0: it is not. An empty one never is. */
int64_t sg_lockout_left(struct sg_lockout *lockout, struct sg_request_text source, int64_t now);

/* Count a failure; tell whether it locks the source out. now never goes back. */
bool sg_lockout_fail(struct sg_lockout *lockout, struct sg_request_text source, int64_t now);

/* Within this ring, and for tests: write the bytes by which a source is counted, and return
 * their number: 4 of an IPv4 address, 8 of an IPv6 address, else its text behind a zero,
 * cut to what fits. */
#define SG_LOCKOUT_SOURCE 64
size_t sg_lockout_source(struct sg_request_text source, uint8_t out[SG_LOCKOUT_SOURCE]);

/* Return the network of such bytes: the first 24 bits of IPv4, 48 of IPv6. A text is its own. */
struct sg_bytes sg_lockout_network(struct sg_bytes source);

#endif
