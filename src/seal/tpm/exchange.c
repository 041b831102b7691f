/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. One command to the TPM and its answer: asking again, and waiting, but
 * neither for ever.
 */
#include "seal/tpm/exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "seal/tpm/tcti_fault.h"
#include "seal/tpm/waiter.h"
#include "util/cursor.h"

#define HEADER 10                       /* tag, size, code [TPM2 Part 1 §18.2] */

/* Making a key is a matter of luck to a TPM. */
#define PATIENCE_KEY (6 * SG_TCTI_PATIENCE)

#define AGAIN 11                        /* with doubled pauses: two seconds */

static _Atomic uint64_t command_count;

uint64_t sg_tpm_command_count(void)
{
	return atomic_load_explicit(&command_count, memory_order_relaxed);
}

/* Tell which descriptor shows that there is something to read; -1 where the TCTI does not
 * say, as those of simulators. */
static int descriptor(TSS2_TCTI_CONTEXT *inner)
{
	TSS2_TCTI_POLL_HANDLE handle = { .fd = -1 };
	size_t count = 1;

	if (Tss2_Tcti_GetPollHandles(inner, &handle, &count) != TSS2_RC_SUCCESS || count != 1)
		return -1;
	return handle.fd;
}

void sg_tcti_send(struct sg_tcti *tcti)
{
	const uint64_t before = atomic_fetch_add_explicit(&command_count, 1, memory_order_relaxed);

	if (!sg_tcti_fault_sends(tcti, before + 1) || descriptor(tcti->inner) < 0)
		return;
	if (Tss2_Tcti_Transmit(tcti->inner, tcti->kept_len, tcti->kept) != TSS2_RC_SUCCESS)
		tcti->lost = SG_TCTI_LOST;
}

/* Tell whether the TPM refuses for now and wants the same frame again: it has done nothing
 * yet, and no nonce has moved [TPM2 Part 2 §6.6.3]. tpm2-tss asks five times without a pause,
 * and not at all for the last two. */
static bool wants_again(struct sg_bytes frame)
{
	static const TPM2_RC codes[] = {
		TPM2_RC_RETRY, TPM2_RC_YIELDED, TPM2_RC_TESTING, TPM2_RC_NV_RATE,
		TPM2_RC_NV_UNAVAILABLE,
	};
	struct sg_reader r = sg_reader(frame);
	uint32_t code;

	sg_read_bytes(&r, HEADER - 4);
	code = sg_read_u32(&r);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (sg_reader_done(&r) && code == codes[i])
			return true;
	return false;
}

static void pause_before(const struct sg_tcti *tcti)
{
	const long ns = tcti->pause << tcti->again;
	const struct timespec pause = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&pause, NULL);
}

static int64_t now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int patience(TPM2_CC command)
{
	return command == TPM2_CC_Create || command == TPM2_CC_CreatePrimary ? PATIENCE_KEY
	                                                                     : SG_TCTI_PATIENCE;
}

/* Tell whether there is something to read in time, or the connection ended. */
static bool readable(int fd, int milliseconds)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	const int64_t end = now() + milliseconds;
	int64_t left = milliseconds;
	int n;

	do {
		n = poll(&wanted, 1, left > 0 ? (int)left : 0);
		left = end - now();
	} while (n < 0 && errno == EINTR && left > 0);
	/* Whatever else poll says, reading tells it better. */
	return n > 0 || (n < 0 && errno != EINTR);
}

/* The answer of the TPM. */
static TSS2_RC fetch_answer(struct sg_tcti *tcti)
{
	const int fd = descriptor(tcti->inner), most = patience(tcti->command);

	if (fd < 0)
		return sg_waiter_ask(&tcti->inner, most, sg_bytes(tcti->kept, tcti->kept_len),
		                     tcti->answer, &tcti->answer_len);
	if (!readable(fd, most))
		return SG_TCTI_RC_LATE;
	return Tss2_Tcti_Receive(tcti->inner, &tcti->answer_len, tcti->answer,
	                         TSS2_TCTI_TIMEOUT_BLOCK);
}

static TSS2_RC fetch_once(struct sg_tcti *tcti)
{
	tcti->answer_len = sizeof tcti->answer;
	memset(tcti->answer, 0, sizeof tcti->answer);
	if (sg_tcti_fault_refuses(tcti))
		return TSS2_RC_SUCCESS;
	return sg_tcti_fault_answer(tcti, fetch_answer(tcti));
}

TSS2_RC sg_tcti_fetch(struct sg_tcti *tcti)
{
	TSS2_RC rc;

	for (;;) {
		rc = fetch_once(tcti);
		if (rc != TSS2_RC_SUCCESS || tcti->answer_len > sizeof tcti->answer)
			return rc;
		if (!wants_again(sg_bytes(tcti->answer, tcti->answer_len))) {
			tcti->again = 0;
			return rc;
		}
		/* Whoever has waited in vain is not made to wait again: tpm2-tss tries five
		 * times more by itself. */
		if (tcti->again == AGAIN)
			return rc;
		pause_before(tcti);
		tcti->again++;
		sg_tcti_send(tcti);
		if (tcti->lost != 0)
			return TSS2_TCTI_RC_IO_ERROR;
	}
}
