/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The TCTI between tpm2-tss and the TPM. The input is a sequence of answers
 * to commands of ours; what it lets through is walked as tpm2-tss would, trusting
 * every length, so that AddressSanitizer sees where a length is wrong.
 */
#include "seal/tpm/tcti.h"

#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "fuzz/input.h"

#define HEADER 10
#define ANSWERS 8

/* A TPM that answers with what the input has next. */
struct hostile {
	TSS2_TCTI_CONTEXT_COMMON_V1 v1;
	const uint8_t *answer;
	size_t len;
	size_t claimed;         /* how long it says that the answer is */
};

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	(void)context;
	(void)size;
	(void)command;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response,
                       int32_t timeout)
{
	struct hostile *hostile = (struct hostile *)context;
	size_t room = *size;

	(void)timeout;
	*size = hostile->claimed;
	if (response != NULL && hostile->len <= room && hostile->len > 0)
		memcpy(response, hostile->answer, hostile->len);
	return TSS2_RC_SUCCESS;
}

/* Commands of ours, with one session or none; the sizes are filled in below. */
static const struct {
	TPM2_CC code;
	uint16_t tag;
	uint8_t handles;
	const char *layout;     /* of the answer, see seal/tpm/tcti.c */
	bool makes;
} commands[] = {
	{ TPM2_CC_Create, TPM2_ST_SESSIONS, 1, "bbbb24b", false },
	{ TPM2_CC_CreatePrimary, TPM2_ST_SESSIONS, 1, "bbb24bb", true },
	{ TPM2_CC_EvictControl, TPM2_ST_SESSIONS, 2, "", false },
	{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 1, "", false },
	{ TPM2_CC_GetCapability, TPM2_ST_NO_SESSIONS, 0, "1c", false },
	{ TPM2_CC_Load, TPM2_ST_SESSIONS, 1, "b", true },
	{ TPM2_CC_ReadPublic, TPM2_ST_NO_SESSIONS, 1, "bbb", false },
	{ TPM2_CC_StartAuthSession, TPM2_ST_NO_SESSIONS, 2, "b", true },
	{ TPM2_CC_Unseal, TPM2_ST_SESSIONS, 1, "b", false },
};

static size_t write_command(size_t which, uint8_t frame[64])
{
	const uint8_t session[] = { 0, 0, 0, 9, 0x02, 0, 0, 0, 0, 0, 1, 0, 0 };
	size_t len = HEADER + 4u * commands[which].handles;

	memset(frame, 0, 64);
	if (commands[which].tag == TPM2_ST_SESSIONS) {
		memcpy(frame + len, session, sizeof session);
		len += sizeof session;
	}
	frame[0] = (uint8_t)(commands[which].tag >> 8);
	frame[1] = (uint8_t)commands[which].tag;
	sg_put_u32(frame + 2, (uint32_t)len);
	sg_put_u32(frame + 6, commands[which].code);
	return len;
}

static uint32_t number(const uint8_t *p, size_t len)
{
	uint32_t v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

/* Believe the frame; return what lies behind its parameters. */
static size_t believe(size_t which, const uint8_t *frame, size_t len)
{
	const char *layout = commands[which].layout;
	size_t at = HEADER + (commands[which].makes ? 4 : 0);

	if (commands[which].tag == TPM2_ST_SESSIONS)
		at += 4;
	for (; *layout != '\0'; layout++) {
		if (*layout == 'b')
			at += 2 + number(frame + at, 2);
		else if (*layout == 'c')
			at += 8 + (number(frame + at, 4) == TPM2_CAP_HANDLES ? 4 : 8) *
			      (size_t)number(frame + at + 4, 4);
		else
			at += (size_t)(*layout - '0');
		if (at > len)
			fuzz_fail("a frame of %zu bytes was let through whose parameters need %zu",
			          len, at);
	}
	return at;
}

static void try_answer(struct sg_tcti *tcti, struct hostile *hostile, size_t which)
{
	TSS2_TCTI_CONTEXT *context = sg_tcti_context(tcti);
	uint8_t command[64], *response = NULL;
	size_t room = hostile->len, size = room;

	if (Tss2_Tcti_Transmit(context, write_command(which, command), command) != TSS2_RC_SUCCESS)
		fuzz_fail("the command 0x%x is refused", commands[which].code);
	response = fuzz_alloc(room);
	if (Tss2_Tcti_Receive(context, &size, response, TSS2_TCTI_TIMEOUT_BLOCK) == TSS2_RC_SUCCESS) {
		if (size > room || size < HEADER || number(response + 2, 4) != size)
			fuzz_fail("a frame was let through whose size is not its own");
		if (number(response + 6, 4) == TPM2_RC_SUCCESS)
			(void)believe(which, fuzz_copy(response, size), size);
	}
	fuzz_release();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hostile hostile = {
		.v1 = { .version = 1, .transmit = transmit, .receive = receive },
	};
	struct fuzz_input in = { data, len };
	struct sg_tcti tcti;

	sg_tcti_init(&tcti, (TSS2_TCTI_CONTEXT *)&hostile);
	tcti.pause = 0;
	for (int i = 0; i < ANSWERS && in.len > 0; i++) {
		size_t which = fuzz_below(&in, sizeof commands / sizeof commands[0]);
		size_t want = fuzz_byte(&in);

		hostile.len = want < in.len ? want : in.len;
		hostile.answer = in.data;
		/* Now and then it says that there is more than there is room for. */
		hostile.claimed = hostile.len + (want == 255 ? 1 : 0);
		in.data += hostile.len;
		in.len -= hostile.len;
		try_answer(&tcti, &hostile, which);
	}
	/* What it answers to the end of the session is the last answer again. */
	hostile.len = hostile.len < 4096 ? hostile.len : 0;
	hostile.claimed = hostile.len;
	sg_tcti_flush(&tcti);
	return 0;
}
