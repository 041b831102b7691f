/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. What a client is told for each reason. Reasons that must not be told apart share one
 * answer, so that they can't be.
 */
#include "request/answer.h"

#include <stddef.h>

static const struct sg_request_answer accepted = { 200, false, 0, "The request is accepted" };
static const struct sg_request_answer unreadable = {
	401, false, 0, "The request is not signed as it has to be" };
static const struct sg_request_answer refused = {
	401, true, 0, "The signature of the request is not accepted" };
static const struct sg_request_answer untimely = {
	401, false, 0, "The request was not signed now by the server's clock" };
static const struct sg_request_answer used = { 401, true, 0, "The request was made before" };
static const struct sg_request_answer denied = { 403, false, 0, "Access is denied" };
static const struct sg_request_answer locked_out = { 429, false, 0, "There were too many failures" };
static const struct sg_request_answer unable = {
	503, false, 10, "The server can't check the request now" };
static const struct sg_request_answer unsure = {
	503, false, 30, "The server can't tell whether the request was made before; sign it anew" };

/* Where nothing stands, the request could not be read. */
static const struct sg_request_answer *const answers[] = {
	[SG_REQUEST_OK] = &accepted,
	[SG_REQUEST_ARGUMENT] = &unable,
	[SG_REQUEST_NOMEM] = &unable,
	[SG_REQUEST_CRYPTO] = &unable,
	[SG_REQUEST_KEY] = &refused,
	[SG_REQUEST_SIGNATURE] = &refused,
	[SG_REQUEST_LOCKED_OUT] = &locked_out,
	[SG_REQUEST_UNKNOWN] = &refused,
	[SG_REQUEST_DISABLED] = &refused,
	[SG_REQUEST_REVOKED] = &refused,
	[SG_REQUEST_NOT_YET] = &refused,
	[SG_REQUEST_ENDED] = &refused,
	[SG_REQUEST_EARLY] = &untimely,
	[SG_REQUEST_LATE] = &untimely,
	[SG_REQUEST_DENIED] = &denied,
	[SG_REQUEST_REPLAYED] = &used,
	[SG_REQUEST_UNSURE] = &unsure,
	[SG_REQUEST_NONCES_FULL] = &unable,
	[SG_REQUEST_NONCES] = &unable,
	[SG_REQUEST_LOOKUP] = &unable,
};

const struct sg_request_answer *sg_request_answer(enum sg_request_reason reason)
{
	const size_t i = (size_t)reason;

	return i < sizeof answers / sizeof answers[0] && answers[i] != NULL ? answers[i]
	                                                                    : &unreadable;
}
