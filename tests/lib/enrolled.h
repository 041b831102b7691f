/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys as an enrolment makes them, of all three origins, without a registrar. Everything here
 * fails the running test where it can't do its work.
 */
#ifndef TESTS_LIB_ENROLLED_H
#define TESTS_LIB_ENROLLED_H

#include "core/enrolled_key.h"
#include "seal/attest.h"

#define TEST_ENROLLED_LABEL "machine"   /* what those of origin tpm are derived with */

/* Have the hardware of a token, which is open, make the object of a key that has this policy (as
 * text); the caller clears it. */
void test_enrolled_make(struct sg_token *token, enum sg_key_origin origin, const char *policy,
                        struct sg_attest_object *object, uint8_t public_key[32]);

/* Add such a key to the token of a session. */
CK_RV test_enrolled_add(CK_SESSION_HANDLE session, enum sg_key_origin origin,
                        const struct sg_attest_object *object, const uint8_t public_key[32],
                        CK_OBJECT_HANDLE *key);

#endif
