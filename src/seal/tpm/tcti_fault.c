/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Where our TCTI lets tests make a TPM fail. It decides nothing: without the function
 * of a test program each command goes its way.
 */
#include "seal/tpm/tcti_fault.h"

#include <string.h>

#include "seal/tpm/tcti.h"
#include "seal/tpm/waiter.h"
#include "util/bytes.h"

bool sg_tcti_fault_sends(struct sg_tcti *tcti, uint64_t number)
{
	tcti->fault = (struct sg_tcti_fault){ SG_TCTI_FAULT_NONE, TPM2_RC_SUCCESS };
	if (sg_tcti_fault_at != NULL)
		tcti->fault = sg_tcti_fault_at(tcti->command, number);
	if (tcti->fault.way == SG_TCTI_FAULT_DROP)
		tcti->lost = SG_TCTI_LOST;
	return tcti->fault.way != SG_TCTI_FAULT_DROP && tcti->fault.way != SG_TCTI_FAULT_REFUSE;
}

bool sg_tcti_fault_refuses(struct sg_tcti *tcti)
{
	static const uint8_t refusal[10] = { TPM2_ST_NO_SESSIONS >> 8, TPM2_ST_NO_SESSIONS & 0xff,
	                                     0, 0, 0, sizeof refusal };

	if (tcti->fault.way != SG_TCTI_FAULT_REFUSE)
		return false;
	memcpy(tcti->answer, refusal, sizeof refusal);
	sg_put_u32(tcti->answer + sizeof refusal - 4, tcti->fault.code);
	tcti->answer_len = sizeof refusal;
	return true;
}

TSS2_RC sg_tcti_fault_answer(struct sg_tcti *tcti, TSS2_RC rc)
{
	static const TSS2_RC made[] = {
		[SG_TCTI_FAULT_LOSE] = TSS2_TCTI_RC_IO_ERROR,
		[SG_TCTI_FAULT_LATE] = SG_TCTI_RC_LATE,
	};

	if (tcti->fault.way == SG_TCTI_FAULT_CUT)
		tcti->answer_len /= 2;
	return rc != TSS2_RC_SUCCESS ? rc : made[tcti->fault.way];
}
