/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The log of what firmware and boot loader measured, as they leave it for the system
 * [TCG PC Client Platform Firmware Profile §10]: replayed to the values that PCRs must have. The
 * digests in it are what is replayed; whether the data beside them are what was measured is not
 * looked at, and nobody should believe these alone.
 */
#ifndef SG_ENROLL_EVENTLOG_H
#define SG_ENROLL_EVENTLOG_H

#include "enroll/reason.h"
#include "seal/pcrs.h"

/* Replay a log into empty PCRs: all of each bank that the log has are selected, with the values
 * that they have after its last event. A bank of SHA-1, or of an unknown hash, is skipped. Reasons:
 * EVENTLOG for what is no such log, INTERNAL. */
enum sg_enroll_reason sg_enroll_eventlog_replay(struct sg_bytes log, struct sg_pcrs *out);

/* Tell whether the log leads to every value that was quoted. Reasons: EVENTLOG, INTERNAL. */
enum sg_enroll_reason sg_enroll_eventlog_check(struct sg_bytes log, const struct sg_pcrs *quoted);

#endif
