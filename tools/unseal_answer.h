/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What a vault says of its seal: the JSON of /v1/sys/seal-status and
 * /v1/sys/unseal. It comes from a server, so nothing of it is believed before it was checked,
 * and none of its text is shown but the kind of seal.
 */
#ifndef TOOLS_UNSEAL_ANSWER_H
#define TOOLS_UNSEAL_ANSWER_H

#include <stdbool.h>

#include "util/bytes.h"

#define UNSEAL_ANSWER_MAX 65536         /* bytes of an answer that are read */
#define UNSEAL_NONCE 65
#define UNSEAL_TYPE 33

struct unseal_answer {
	bool initialized;
	bool sealed;
	unsigned t, n;                  /* so many shares of so many; 0 where it did not say */
	unsigned progress;              /* shares that it has */
	char nonce[UNSEAL_NONCE];       /* of the attempt that is going on, or empty */
	char type[UNSEAL_TYPE];         /* "shamir"; of a vault that unseals itself another */
};

/* Read an answer; false where it is none. */
bool unseal_answer_read(struct sg_bytes body, struct unseal_answer *out);

#endif
