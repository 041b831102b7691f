/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The module (lib/p11.h) with a token that a list of sealers seals: a TPM whose power can be
 * taken away, and the sealer "soft", whose passphrase can be lost.
 */
#ifndef TESTS_LIB_EITHER_H
#define TESTS_LIB_EITHER_H

#include "lib/p11.h"
#include "lib/tpm.h"

extern struct test_tpm either_tpm;

/* Begin with "tpm+soft" configured; and undo it. Wired: commands are counted. */
void either_set_up(void);
void either_set_up_wired(void);
void either_tear_down(void);

/* Configure another list of the two. */
void either_configure(const char *sealer);

/* Take the passphrase of "soft" away. */
void either_lose_soft(void);

/* Make a PIN token and call C_Initialize; open a session. */
CK_SESSION_HANDLE either_pin_token(void);

/* Call C_Initialize anew and open a session; and have the user log in. */
CK_SESSION_HANDLE either_again(void);
CK_SESSION_HANDLE either_log_in(const char *pin, CK_RV wanted);

/* Change the PIN of who is logged in. */
CK_RV either_set_pin(CK_SESSION_HANDLE session, const char *old_pin, const char *new_pin);

#endif
