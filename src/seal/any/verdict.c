/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. The table of verdicts. A cause that it lacks lets the next member be asked: what
 * must not go on is named here.
 */
#include "seal/any/verdict.h"

/* From the least telling to the answer. */
enum verdict {
	UNNAMED,
	LOST,           /* it does not have what it sealed any more, or never had */
	AWAY,           /* it is not there, or not in order */
	HINDERED,       /* it is there, but not now */
	UNMET,          /* it is there and in order, and the machine is not in the right state */
	ANSWER,         /* nobody else is asked */
};

static const unsigned char verdicts[SG_ERR_COUNT] = {
	[SG_ERR_FORMAT] = LOST,
	[SG_ERR_TAG] = LOST,
	[SG_ERR_SEALED_DAMAGED] = LOST,
	[SG_ERR_HW_OTHER] = LOST,
	[SG_ERR_HW_NO_PARENT] = LOST,
	[SG_ERR_HW_FOREIGN] = LOST,
	[SG_ERR_HW_NV_GONE] = LOST,
	[SG_ERR_HSM_OTHER] = LOST,
	[SG_ERR_HSM_KEY] = LOST,

	[SG_ERR_CONFIG] = AWAY,
	[SG_ERR_SYSTEM] = AWAY,
	[SG_ERR_NOT_FOUND] = AWAY,
	[SG_ERR_STORE_UNSAFE] = AWAY,
	[SG_ERR_SEALER_OFF] = AWAY,
	[SG_ERR_HW_MISSING] = AWAY,
	[SG_ERR_HW_PERMISSION] = AWAY,
	[SG_ERR_HW_REMOVED] = AWAY,
	[SG_ERR_HW_FAULT] = AWAY,
	[SG_ERR_HW_FAILURE] = AWAY,
	[SG_ERR_HW_NOT_STARTED] = AWAY,
	[SG_ERR_HW_REBOOT] = AWAY,
	[SG_ERR_HW_UNSUPPORTED] = AWAY,
	[SG_ERR_HW_OWNER_AUTH] = AWAY,
	[SG_ERR_HW_EK_AUTH] = AWAY,
	[SG_ERR_HSM_MISSING] = AWAY,
	[SG_ERR_HSM_REMOVED] = AWAY,
	[SG_ERR_HSM_FAULT] = AWAY,
	[SG_ERR_HSM_MECHANISM] = AWAY,
	/* These are of its own PIN, and not of one that was given for the token. */
	[SG_ERR_HSM_PIN] = AWAY,
	[SG_ERR_HSM_LAST] = AWAY,
	[SG_ERR_HSM_LOCKED] = AWAY,

	[SG_ERR_HW_BUSY] = HINDERED,
	[SG_ERR_HW_MEMORY] = HINDERED,
	[SG_ERR_HW_RETRY] = HINDERED,
	[SG_ERR_HW_YIELDED] = HINDERED,
	[SG_ERR_HW_TESTING] = HINDERED,
	[SG_ERR_HW_NV_RATE] = HINDERED,
	[SG_ERR_HW_NV_FULL] = HINDERED,
	[SG_ERR_HW_TIMEOUT] = HINDERED,
	[SG_ERR_HSM_BUSY] = HINDERED,
	[SG_ERR_HSM_TIMEOUT] = HINDERED,
	[SG_ERR_HSM_SESSIONS] = HINDERED,

	/* Each member that has a policy asks for the same one. */
	[SG_ERR_POLICY] = UNMET,
	[SG_ERR_LEASE] = UNMET,
	[SG_ERR_PCR_CHANGED] = UNMET,

	[SG_ERR_AUTH] = ANSWER,
	[SG_ERR_LOCKED] = ANSWER,
	[SG_ERR_PIN_SPENT] = ANSWER,
	[SG_ERR_PIN_INDEX] = ANSWER,
	[SG_ERR_TRIPWIRE] = ANSWER,
	[SG_ERR_NOMEM] = ANSWER,
	[SG_ERR_SECURE_MEMORY] = ANSWER,
	[SG_ERR_ARG] = ANSWER,
	[SG_ERR_RANGE] = ANSWER,
	[SG_ERR_CRYPTO] = ANSWER,
};

bool sg_any_goes_on(enum sg_err err)
{
	return err != SG_OK && verdicts[err] != ANSWER;
}

enum sg_err sg_any_telling(enum sg_err first, enum sg_err second)
{
	if (first == SG_OK)
		return second;
	return second != SG_OK && verdicts[second] > verdicts[first] ? second : first;
}
