/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Days as CK_DATE has them: year, month and day in eight digits, in UTC.
 * Who asks what day it is asks the system's clock, which root can set.
 */
#ifndef SG_CORE_DATE_H
#define SG_CORE_DATE_H

#include <stdbool.h>
#include <time.h>

#include "util/bytes.h"

#define SG_DATE 8

/* Tell whether eight bytes are a day of the calendar, from 1 January of the year 1. */
bool sg_date_valid(struct sg_bytes date);

/* Write the day of a moment; after the year 9999 its last day. */
void sg_date_of(time_t moment, uint8_t day[SG_DATE]);

/* Tell whether a day lies between two others, both included; an empty one is no limit. */
bool sg_date_within(const uint8_t day[SG_DATE], struct sg_bytes start, struct sg_bytes end);

#endif
