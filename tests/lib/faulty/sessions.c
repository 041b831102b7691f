/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Sessions and handles of the faulty module. The upper half of a handle is the
 * generation of the HSM that gave it; a token that is removed or restarts begins a new one,
 * in which no old handle is good and nobody is logged in.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/faulty/call.h"

#define MAX_SESSIONS 1024
#define MAX_SLOTS 64
#define MAX_REUSED 64
#define LOWER 0xffffffffu

static struct {
	CK_SESSION_HANDLE session;      /* as it is below */
	CK_SLOT_ID slot;
} open_sessions[MAX_SESSIONS];
static size_t open_count;
static uint32_t generation;             /* of what is open below */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* guards the three */

/* What is below the handle i + 1, where handles are given out again; 0: nothing. */
static CK_OBJECT_HANDLE reused[MAX_REUSED];
static pthread_mutex_t reused_lock = PTHREAD_MUTEX_INITIALIZER;

/* Find the place of what is below, or with 0 one that is free. */
static size_t place_of(CK_OBJECT_HANDLE below)
{
	size_t i = 0;

	while (i < MAX_REUSED && reused[i] != below)
		i++;
	return i;
}

static void give_out(CK_OBJECT_HANDLE *handle)
{
	size_t i;

	if (!faulty_quirk(FAULTY_REUSES_HANDLES) || *handle == CK_INVALID_HANDLE)
		return;
	pthread_mutex_lock(&reused_lock);
	i = place_of(*handle);
	if (i == MAX_REUSED)
		i = place_of(0);
	if (i == MAX_REUSED) {
		fprintf(stderr, "faulty module: too many objects\n");
		abort();
	}
	reused[i] = *handle;
	*handle = i + 1;
	pthread_mutex_unlock(&reused_lock);
}

static CK_RV take_in(CK_OBJECT_HANDLE *handle, CK_RV stale)
{
	CK_RV rv = CKR_OK;

	if (!faulty_quirk(FAULTY_REUSES_HANDLES) || *handle == CK_INVALID_HANDLE)
		return CKR_OK;
	pthread_mutex_lock(&reused_lock);
	if (*handle > MAX_REUSED || reused[*handle - 1] == 0)
		rv = stale;
	else
		*handle = reused[*handle - 1];
	pthread_mutex_unlock(&reused_lock);
	return rv;
}

static CK_RV destroy_object(struct faulty_call *call)
{
	CK_RV rv = faulty_pass(call);
	size_t i;

	pthread_mutex_lock(&reused_lock);
	i = place_of(call->w[1].n);
	if (rv == CKR_OK && i < MAX_REUSED)
		reused[i] = 0;
	pthread_mutex_unlock(&reused_lock);
	return rv;
}

void faulty_sessions_forget(void)
{
	pthread_mutex_lock(&lock);
	open_count = 0;
	generation = atomic_load(&faulty->generation);
	pthread_mutex_unlock(&lock);
}

/* The first who comes after a restart closes below what was open before it. */
static void renew(uint32_t now)
{
	CK_SLOT_ID slots[MAX_SLOTS];
	CK_ULONG n = MAX_SLOTS;

	pthread_mutex_lock(&lock);
	if (generation != now) {
		if (faulty_below->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
			n = 0;
		for (CK_ULONG i = 0; i < n; i++)
			(void)faulty_below->C_CloseAllSessions(slots[i]);
		open_count = 0;
		generation = now;
	}
	pthread_mutex_unlock(&lock);
}

/* 0 is nobody's handle in every generation. */
static CK_RV strip(const struct faulty_call *call, CK_ULONG *handle, CK_RV stale)
{
	if (*handle != 0 && *handle >> 32 != call->generation)
		return stale;
	*handle &= LOWER;
	return CKR_OK;
}

static CK_RV object_in(const struct faulty_call *call, CK_ULONG *handle, CK_RV stale)
{
	CK_RV rv = strip(call, handle, stale);

	return rv == CKR_OK ? take_in(handle, stale) : rv;
}

static CK_RV argument_in(struct faulty_call *call, char letter, union faulty_word *word)
{
	bool absent = atomic_load(&faulty->absent);

	switch (letter) {
	case 't':
		return absent ? CKR_TOKEN_NOT_PRESENT : CKR_OK;
	case 's':
		return absent ? CKR_DEVICE_REMOVED : strip(call, &word->n,
		                                           CKR_SESSION_HANDLE_INVALID);
	case 'o':
		return object_in(call, &word->n, CKR_OBJECT_HANDLE_INVALID);
	case 'k':
		return object_in(call, &word->n, CKR_KEY_HANDLE_INVALID);
	case 'm':
		return faulty_mechanism_in(call, word);
	default:
		return CKR_OK;
	}
}

CK_RV faulty_handles_in(struct faulty_call *call)
{
	const char *shape = faulty_rows[call->number].shape;
	CK_RV rv = CKR_OK;

	call->generation = atomic_load(&faulty->generation);
	renew(call->generation);
	for (size_t i = 0; shape[i] != '\0' && rv == CKR_OK; i++)
		rv = argument_in(call, shape[i], &call->w[i]);
	return rv;
}

static void mark(const struct faulty_call *call, CK_ULONG *handle)
{
	if (*handle > LOWER) {
		fprintf(stderr, "faulty module: the handle 0x%lx is too long\n", *handle);
		abort();
	}
	*handle |= (CK_ULONG)call->generation << 32;
}

void faulty_handles_out(struct faulty_call *call)
{
	const char *shape = faulty_rows[call->number].shape;

	for (size_t i = 0; shape[i] != '\0'; i++) {
		if ((shape[i] != 'S' && shape[i] != 'O') || call->w[i].p == NULL)
			continue;
		if (shape[i] == 'O')
			give_out(call->w[i].p);
		mark(call, call->w[i].p);
	}
}

/* What is found are handles as well. */
static CK_RV find_objects(struct faulty_call *call)
{
	CK_OBJECT_HANDLE *found = call->w[1].p;
	CK_ULONG *n = call->w[3].p;
	CK_RV rv = faulty_pass(call);

	for (CK_ULONG i = 0; rv == CKR_OK && i < *n; i++) {
		give_out(&found[i]);
		mark(call, &found[i]);
	}
	return rv;
}

static CK_RV open_session(struct faulty_call *call)
{
	CK_ULONG limit = atomic_load(&faulty->session_limit);
	CK_RV rv = CKR_SESSION_COUNT;

	pthread_mutex_lock(&lock);
	if (open_count < MAX_SESSIONS && (limit == 0 || open_count < limit))
		rv = faulty_pass(call);
	if (rv == CKR_OK) {
		open_sessions[open_count].session = *(CK_SESSION_HANDLE *)call->w[4].p;
		open_sessions[open_count].slot = call->w[0].n;
		open_count++;
	}
	pthread_mutex_unlock(&lock);
	return rv;
}

static CK_RV close_session(struct faulty_call *call)
{
	CK_RV rv;

	pthread_mutex_lock(&lock);
	rv = faulty_pass(call);
	for (size_t i = 0; rv == CKR_OK && i < open_count; i++)
		if (open_sessions[i].session == call->w[0].n)
			open_sessions[i] = open_sessions[--open_count];
	pthread_mutex_unlock(&lock);
	return rv;
}

static CK_RV close_all_sessions(struct faulty_call *call)
{
	size_t left = 0;
	CK_RV rv;

	pthread_mutex_lock(&lock);
	rv = faulty_pass(call);
	for (size_t i = 0; rv == CKR_OK && i < open_count; i++)
		if (open_sessions[i].slot != call->w[0].n)
			open_sessions[left++] = open_sessions[i];
	if (rv == CKR_OK)
		open_count = left;
	pthread_mutex_unlock(&lock);
	return rv;
}

const struct faulty_hook faulty_session_hooks[] = {
	{ "C_CloseAllSessions", close_all_sessions },
	{ "C_CloseSession", close_session },
	{ "C_DestroyObject", destroy_object },
	{ "C_FindObjects", find_objects },
	{ "C_OpenSession", open_session },
	{ NULL, NULL },
};
