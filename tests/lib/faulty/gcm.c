/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. AES-GCM of the faulty module as other makers do it: the HSM makes the IV. Underneath
 * is the mechanism of PKCS#11, which gets an IV of ours.
 */
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "lib/faulty/call.h"

#define IV_LEN 12
#define MAX_IV 16
#define MAX_SESSIONS 1024

/* Encryptions that have not told their IV yet, by session. */
static struct pending {
	CK_SESSION_HANDLE session;      /* 0: free */
	CK_BYTE iv[MAX_IV];
	CK_ULONG append;                /* so many bytes of it to the ciphertext, */
	CK_BYTE *where;                 /* or all of it to here */
} pending[MAX_SESSIONS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void forget(CK_SESSION_HANDLE session)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAX_SESSIONS; i++)
		if (pending[i].session == session)
			pending[i].session = 0;
	pthread_mutex_unlock(&lock);
}

static void remember(const struct pending *new)
{
	bool done = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAX_SESSIONS && !done; i++) {
		done = pending[i].session == 0;
		if (done)
			pending[i] = *new;
	}
	pthread_mutex_unlock(&lock);
}

static bool recall(CK_SESSION_HANDLE session, struct pending *found)
{
	bool done = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAX_SESSIONS && !done; i++) {
		done = pending[i].session == session;
		if (done)
			*found = pending[i];
	}
	pthread_mutex_unlock(&lock);
	return done;
}

static bool fits(const CK_MECHANISM *mechanism)
{
	const CK_GCM_PARAMS *params = mechanism->pParameter;

	return params != NULL && mechanism->ulParameterLen == sizeof *params
	       && (!faulty_quirk(FAULTY_NEEDS_IV_BITS) || params->ulIvBits == 8 * params->ulIvLen);
}

static bool is_room_for_iv(const CK_GCM_PARAMS *params)
{
	static const CK_BYTE zero[IV_LEN];

	return params->pIv != NULL && params->ulIvLen == IV_LEN
	       && memcmp(params->pIv, zero, IV_LEN) == 0;
}

/* Begin with an IV of ours, and keep in mind where to tell it. */
static CK_RV begin_made(struct faulty_call *call, unsigned who)
{
	CK_GCM_PARAMS *theirs = call->mechanism.pParameter, ours = *theirs;
	struct pending new = { .session = call->w[0].n };
	CK_RV rv;

	if (who != FAULTY_GCM_APPENDED && !is_room_for_iv(theirs))
		return CKR_MECHANISM_PARAM_INVALID;
	if (getrandom(new.iv, sizeof new.iv, 0) != sizeof new.iv)
		return CKR_GENERAL_ERROR;
	if (who == FAULTY_GCM_CONSTANT)
		memset(new.iv, 0x42, sizeof new.iv);
	ours.pIv = new.iv;
	ours.ulIvLen = IV_LEN;
	if (who == FAULTY_GCM_APPENDED)
		ours.ulIvLen = new.append = atomic_load(&faulty->gcm_iv_len);
	ours.ulIvBits = 8 * ours.ulIvLen;
	call->mechanism.pParameter = &ours;
	rv = faulty_pass(call);
	if (rv != CKR_OK)
		return rv;
	if (who == FAULTY_GCM_AT_INIT)
		memcpy(theirs->pIv, new.iv, IV_LEN);
	new.where = who == FAULTY_GCM_AT_END || who == FAULTY_GCM_CONSTANT ? theirs->pIv : NULL;
	if (who != FAULTY_GCM_AT_INIT)
		remember(&new);
	return rv;
}

static bool is_gcm(const struct faulty_call *call)
{
	return call->w[1].p != NULL && call->mechanism.mechanism == CKM_AES_GCM;
}

static CK_RV encrypt_init(struct faulty_call *call)
{
	unsigned who = atomic_load(&faulty->gcm);

	forget(call->w[0].n);
	if (!is_gcm(call))
		return faulty_pass(call);
	if ((who != FAULTY_GCM_CALLER || faulty_quirk(FAULTY_NEEDS_IV_BITS))
	    && !fits(&call->mechanism))
		return CKR_MECHANISM_PARAM_INVALID;
	return who == FAULTY_GCM_CALLER ? faulty_pass(call) : begin_made(call, who);
}

static CK_RV decrypt_init(struct faulty_call *call)
{
	if (is_gcm(call) && faulty_quirk(FAULTY_NEEDS_IV_BITS) && !fits(&call->mechanism))
		return CKR_MECHANISM_PARAM_INVALID;
	return faulty_pass(call);
}

/* How much it will be is asked below first, for what is too small must end nothing. */
static CK_RV append(struct faulty_call *call, size_t at, const struct pending *told)
{
	CK_BYTE *out = call->w[at].p;
	CK_ULONG *len = call->w[at + 1].p, room = *len;
	CK_RV rv;

	call->w[at].p = NULL;
	rv = faulty_pass(call);
	if (rv != CKR_OK)
		return rv;
	*len += told->append;
	if (out == NULL)
		return CKR_OK;
	if (room < *len)
		return CKR_BUFFER_TOO_SMALL;
	call->w[at].p = out;
	*len = room - told->append;
	rv = faulty_pass(call);
	if (rv == CKR_OK) {
		memcpy(out + *len, told->iv, told->append);
		*len += told->append;
	}
	return rv;
}

/* The end of an encryption, whose output is the argument of that number. */
static CK_RV end_at(struct faulty_call *call, size_t at)
{
	struct pending told;
	CK_RV rv;

	if (!recall(call->w[0].n, &told))
		return faulty_pass(call);
	rv = told.append > 0 ? append(call, at, &told) : faulty_pass(call);
	if (call->w[at].p == NULL || rv == CKR_BUFFER_TOO_SMALL)
		return rv;
	if (rv == CKR_OK && told.where != NULL)
		memcpy(told.where, told.iv, IV_LEN);
	forget(call->w[0].n);
	return rv;
}

static CK_RV encrypt(struct faulty_call *call)
{
	return end_at(call, 3);
}

static CK_RV encrypt_final(struct faulty_call *call)
{
	return end_at(call, 1);
}

const struct faulty_hook faulty_gcm_hooks[] = {
	{ "C_DecryptInit", decrypt_init },
	{ "C_Encrypt", encrypt },
	{ "C_EncryptFinal", encrypt_final },
	{ "C_EncryptInit", encrypt_init },
	{ NULL, NULL },
};
