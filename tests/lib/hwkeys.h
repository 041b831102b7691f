/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that need the hardware: one that it seals by itself, and one that lives in it. The calls
 * return what they are told, for tests of hardware that fails.
 */
#ifndef TESTS_LIB_HWKEYS_H
#define TESTS_LIB_HWKEYS_H

#include "core/pkcs11.h"

/* Make an AES token key that is sealed on its own. */
CK_RV hwkeys_make_sealed(CK_SESSION_HANDLE session, const char *label);

/* Make a P-256 token key in the hardware. */
CK_RV hwkeys_make_resident(CK_SESSION_HANDLE session, const char *label);

/* Encrypt with the one of that label, or sign with the other. */
CK_RV hwkeys_use_sealed(CK_SESSION_HANDLE session, const char *label);
CK_RV hwkeys_sign_resident(CK_SESSION_HANDLE session, const char *label);

#endif
