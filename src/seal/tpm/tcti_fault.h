/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Where our TCTI lets tests make a TPM fail, at any command. What fails is said by a
 * function that a test program defines and links with this library. The module and the command
 * have none, and nothing that can be set in a process makes one: no variable, no
 * configuration, no library that is loaded before them.
 */
#ifndef SG_SEAL_TPM_TCTI_FAULT_H
#define SG_SEAL_TPM_TCTI_FAULT_H

#include <stdbool.h>
#include <tss2/tss2_tpm2_types.h>

struct sg_tcti;

enum sg_tcti_fault_way {
	SG_TCTI_FAULT_NONE,
	SG_TCTI_FAULT_REFUSE,           /* answer with the code; the TPM never sees the command */
	SG_TCTI_FAULT_DROP,             /* the connection breaks before the command is sent */
	SG_TCTI_FAULT_LOSE,             /* it breaks after the TPM has done the command */
	SG_TCTI_FAULT_CUT,              /* half of the answer comes */
	SG_TCTI_FAULT_LATE,             /* the TPM does the command, and no answer comes in time */
};

struct sg_tcti_fault {
	enum sg_tcti_fault_way way;
	TPM2_RC code;
};

/* Say what goes wrong with a command, which is the number-th that this process sends to any TPM. It
 * is asked before each, in the thread of the call, also before one that is sent again;
 * it may as well end the TPM. Where no test defines it the address is NULL, and as the name is
 * hidden nothing outside of the program or library that it is linked into can change that. */
struct sg_tcti_fault sg_tcti_fault_at(TPM2_CC command, uint64_t number)
	__attribute__((weak, visibility("hidden")));

/* Ask about the command that tcti keeps, and remember the answer. Return whether the command is to
 * be sent; where its connection breaks instead, lost is set. */
bool sg_tcti_fault_sends(struct sg_tcti *tcti, uint64_t number);

/* Tell whether the command was refused in the TPM's place, with the refusal as its answer. */
bool sg_tcti_fault_refuses(struct sg_tcti *tcti);

/* Do to the answer what was said, and return what is to be made of it. rc is how it was got. */
TSS2_RC sg_tcti_fault_answer(struct sg_tcti *tcti, TSS2_RC rc);

#endif
