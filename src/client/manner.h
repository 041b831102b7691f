/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. What we connect to: an HSM that seals tokens of ours, or a token that a program
 * uses. One or the other for all of what was linked together, and set once.
 */
#ifndef SG_CLIENT_MANNER_H
#define SG_CLIENT_MANNER_H

#include <stdbool.h>

/* From now on we connect to tokens for a program: our own ones are among them, and messages
 * say "token". Before other threads work. */
void sg_client_for_programs(void);

/* Tell whether our own tokens may be connected to. */
bool sg_client_takes_own(void);

/* Return what messages call it: "HSM" or "token". */
const char *sg_client_noun(void);

#endif
