/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. What the command does with one key that the hardware sealed alone, and PKCS#11 has no
 * call for: opening it before it is used, and sealing it anew, under the PCR values of now,
 * another policy or another PIN of its own. The key stays what it is, and so does its handle.
 */
#ifndef SG_CORE_KEY_RESEAL_H
#define SG_CORE_KEY_RESEAL_H

#include "core/pkcs11.h"
#include "util/bytes.h"

/* Let the hardware open a key, or such data, that the session sees, with its own PIN if it has one;
 * pin is empty otherwise. What is open already is not asked for again without a PIN. Errors:
 * CKR_USER_NOT_LOGGED_IN without the PIN of a key that has one, CKR_PIN_INCORRECT,
 * CKR_PIN_LOCKED, CKR_SIGNET_POLICY where its policy is not met now, those of opening it. */
CK_RV sg_key_open(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, struct sg_bytes pin);

/* How. Views that outlive the call. */
struct sg_key_reseal {
	bool other_policy;              /* policy takes the place of the key's */
	struct sg_bytes policy;         /* as text; empty: none */
	struct sg_bytes pin;            /* of the key's own; empty where it has none */
	struct sg_bytes new_pin;        /* that it is to have; empty: as before */
};

/* Open a key that the hardware sealed alone, or such data, and seal it anew; the session is a
 * read-write one and sees it. Errors: CKR_ACTION_PROHIBITED where the object is not sealed alone,
 * or was enrolled,
 * CKR_USER_NOT_LOGGED_IN without the PIN of a key that has one, CKR_PIN_INCORRECT,
 * CKR_PIN_LEN_RANGE, CKR_SIGNET_POLICY where it does not open now, CKR_SIGNET_HW_UNSUPPORTED,
 * CKR_ATTRIBUTE_VALUE_INVALID for a text that is no policy, those of changing an object. */
CK_RV sg_key_reseal(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                    const struct sg_key_reseal *how);

#endif
