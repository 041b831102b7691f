/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Waiting in a thread of its own. Such a thread holds no lock of the module, takes
 * no signal of the program, and has nothing but its own record and the TCTI.
 */
#include "seal/tpm/waiter.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tctildr.h>
#include <tss2/tss2_tpm2_types.h>

#include "util/errand.h"

struct waiter {
	struct sg_errand errand;        /* first */
	TSS2_RC (*act)(struct waiter *);
	char *name;                     /* what is to be opened, or NULL */
	TSS2_TCTI_CONTEXT *inner;
	uint8_t command[TPM2_MAX_COMMAND_SIZE];
	size_t command_len;
	uint8_t answer[TPM2_MAX_RESPONSE_SIZE];
	size_t len;
	TSS2_RC rc;
};

static void waiter_free(struct waiter *w)
{
	sg_errand_clear(&w->errand);
	free(w->name);
	free(w);
}

static void waiter_act(struct sg_errand *errand)
{
	struct waiter *w = (struct waiter *)errand;

	w->rc = w->act(w);
}

static void waiter_drop(struct sg_errand *errand)
{
	struct waiter *w = (struct waiter *)errand;

	if (w->inner != NULL)
		Tss2_TctiLdr_Finalize(&w->inner);
	waiter_free(w);
}

static struct waiter *waiter_new(TSS2_RC (*act)(struct waiter *))
{
	struct waiter *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->act = act;
	if (sg_errand_init(&w->errand, waiter_act, waiter_drop) != SG_OK) {
		free(w);
		return NULL;
	}
	return w;
}

/* Have it done within so many milliseconds. Where it was not, the waiter is no longer the
 * caller's, and *w is NULL. */
static TSS2_RC within(struct waiter **w, int milliseconds)
{
	if (sg_errand_within(&(*w)->errand, milliseconds))
		return (*w)->rc;
	*w = NULL;
	return SG_TCTI_RC_LATE;
}

static TSS2_RC connect_to(struct waiter *w)
{
	return Tss2_TctiLdr_Initialize(w->name, &w->inner);
}

/* Tell whether the TCTI, or one that it stands around, forks to be opened. Who holds the store may
 * fork, and every other thread waits for him first: such a one is opened by the caller. It does
 * not wait for its program. */
static bool forks(const char *name)
{
	return strncmp(name, "cmd:", 4) == 0 || strstr(name, ":cmd:") != NULL ||
	       strstr(name, "tcti-cmd") != NULL;
}

TSS2_RC sg_waiter_open(const char *name, int milliseconds, TSS2_TCTI_CONTEXT **inner)
{
	struct waiter *w = waiter_new(connect_to);
	TSS2_RC rc = TSS2_TCTI_RC_MEMORY;

	*inner = NULL;
	if (w == NULL)
		return rc;
	w->name = strdup(name);
	if (w->name != NULL)
		rc = forks(name) ? w->act(w) : within(&w, milliseconds);
	if (rc == TSS2_RC_SUCCESS)
		*inner = w->inner;
	if (w != NULL)
		waiter_free(w);
	return rc;
}

static TSS2_RC exchange(struct waiter *w)
{
	TSS2_RC rc = Tss2_Tcti_Transmit(w->inner, w->command_len, w->command);

	return rc != TSS2_RC_SUCCESS
	               ? rc
	               : Tss2_Tcti_Receive(w->inner, &w->len, w->answer, TSS2_TCTI_TIMEOUT_BLOCK);
}

TSS2_RC sg_waiter_ask(TSS2_TCTI_CONTEXT **inner, int milliseconds, struct sg_bytes command,
                      uint8_t *answer, size_t *len)
{
	struct waiter *w = waiter_new(exchange);
	TSS2_RC rc;

	if (w == NULL)
		return TSS2_TCTI_RC_MEMORY;
	assert(command.len <= sizeof w->command);
	memcpy(w->command, command.data, command.len);
	w->command_len = command.len;
	w->inner = *inner;
	w->len = *len < sizeof w->answer ? *len : sizeof w->answer;
	rc = within(&w, milliseconds);
	if (rc == SG_TCTI_RC_LATE)
		*inner = NULL;
	if (rc == TSS2_RC_SUCCESS) {
		memcpy(answer, w->answer, w->len < *len ? w->len : *len);
		*len = w->len;
	}
	if (w != NULL)
		waiter_free(w);
	return rc;
}

static void *finalize(void *arg)
{
	TSS2_TCTI_CONTEXT *inner = arg;

	Tss2_TctiLdr_Finalize(&inner);
	return NULL;
}

void sg_waiter_finalize(TSS2_TCTI_CONTEXT **inner)
{
	if (*inner == NULL)
		return;
	if (!sg_errand_send(finalize, *inner))
		Tss2_TctiLdr_Finalize(inner);
	*inner = NULL;
}
