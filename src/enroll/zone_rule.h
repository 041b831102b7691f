/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The rule at the end of a zone's file, which says what holds after its last
 * transition: text such as "CET-1CEST,M3.5.0,M10.5.0/3" [RFC 9636 §3.3.1, POSIX.1 §8.3].
 */
#ifndef SG_ENROLL_ZONE_RULE_H
#define SG_ENROLL_ZONE_RULE_H

#include "util/bytes.h"

#define SG_ZONE_OFFSET_MAX 93600        /* seconds: 26 hours */

/* When in the year something begins. */
struct sg_zone_day {
	enum { SG_ZONE_JULIAN, SG_ZONE_ORDINAL, SG_ZONE_WEEKDAY } kind;
	int month, week, day;           /* of a weekday; else the day of the year */
	int32_t time;                   /* seconds of that day, by the clocks as they are then */
};

struct sg_zone_rule {
	int32_t standard;               /* ahead of UTC */
	bool changes;
	int32_t summer;
	struct sg_zone_day begins, ends;
};

/* Read the text; false for what is none. */
bool sg_zone_rule_read(struct sg_bytes text, struct sg_zone_rule *out);

/* Return how many seconds the clocks are ahead of UTC at that time. */
int32_t sg_zone_rule_offset(const struct sg_zone_rule *rule, int64_t at);

#endif
