/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. One connection to the TPM, for one call: open, transact, close.
 * What the process must be spared is kept away here: output of tpm2-tss, SIGPIPE,
 * and a descriptor that a child would hold open.
 */
#include "seal/tpm/context.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include "seal/sealer.h"
#include "seal/tpm/exchange.h"
#include "seal/tpm/waiter.h"
#include "util/fork.h"
#include "util/log.h"
#include "util/signal.h"

#define HELD 16
#define DEVICE "device:"

/* Descriptors of open connections plus one, 0: free. A child closes them: a device that
 * serves one process would otherwise be busy until the child ends. The TCTIs of
 * simulators do not tell theirs. */
static _Atomic int held[HELD];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static enum sg_err once_err;

static void child_close(void)
{
	for (size_t i = 0; i < HELD; i++) {
		int fd = atomic_exchange(&held[i], 0) - 1;

		if (fd >= 0)
			close(fd);
	}
}

/* Choose what tpm2-tss may say. At its two noisiest levels it shows what it decrypts and
 * the keys of its sessions; instead it gets the level that it has by itself. */
static const char *choose_log(const char *wanted)
{
	if (wanted == NULL || *wanted == '\0')
		return "all+NONE";
	if (strcasestr(wanted, "+debug") == NULL && strcasestr(wanted, "+trace") == NULL)
		return wanted;
	sg_log(SG_LOG_NOTICE, "TSS2_LOG asks for what would show keys; it is WARNING instead");
	return "all+WARNING";
}

/* tpm2-tss writes to standard error, and its only knob is this variable, which each
 * of its libraries reads at its first line. So it is set before the first call into
 * any of them. */
static void once_init(void)
{
	const char *wanted = getenv("TSS2_LOG"), *chosen = choose_log(wanted);

	once_err = SG_ERR_NOMEM;
	if (chosen == wanted || setenv("TSS2_LOG", chosen, 1) == 0)
		once_err = sg_fork_child(child_close);
}

enum sg_err sg_tpm_start(void)
{
	pthread_once(&once, once_init);
	return once_err;
}

static _Atomic int *hold(TSS2_TCTI_CONTEXT *inner)
{
	TSS2_TCTI_POLL_HANDLE handle = { .fd = -1 };
	size_t count = 1;
	int expected;

	if (Tss2_Tcti_GetPollHandles(inner, &handle, &count) != TSS2_RC_SUCCESS || count != 1 ||
	    handle.fd < 0)
		return NULL;
	/* Nor may a program that is executed get it. */
	if (fcntl(handle.fd, F_SETFD, FD_CLOEXEC) != 0)
		return NULL;
	for (size_t i = 0; i < HELD; i++) {
		expected = 0;
		if (atomic_compare_exchange_strong(&held[i], &expected, handle.fd + 1))
			return &held[i];
	}
	return NULL;
}

static enum sg_err explain_permission(const char *path)
{
	char buffer[1024];
	struct group group, *found = NULL;
	struct stat st;

	if (stat(path, &st) == 0)
		getgrgid_r(st.st_gid, &group, buffer, sizeof buffer, &found);
	if (found != NULL && found->gr_gid != 0 && (st.st_mode & S_IRGRP) && (st.st_mode & S_IWGRP))
		sg_log(SG_LOG_ERROR, "this user may not open %s; it belongs to the group %s: run "
		       "\"usermod -aG %s USER\" as root and log in again", path, found->gr_name,
		       found->gr_name);
	else
		sg_log(SG_LOG_ERROR, "this user may not open %s, and neither may a group; the "
		       "udev rules of the tpm-udev package give it to the group tss: then run "
		       "\"usermod -aG tss USER\" as root and log in again", path);
	return SG_ERR_HW_PERMISSION;
}

/* Find out by ourselves why a device can't be opened: tpm2-tss says only that it can't. */
static enum sg_err explain_device(const char *path, TSS2_RC rc)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int saved = errno;
	enum sg_err err;

	if (fd >= 0) {
		close(fd);
		sg_log(SG_LOG_ERROR, "%s opens, but tpm2-tss can't use it as a TPM 2.0: %s (on "
		       "Debian, the package libtss2-tcti-device0 brings what it needs)", path,
		       Tss2_RC_Decode(rc));
		return SG_ERR_HW_FAULT;
	}
	switch (saved) {
	case EACCES:
	case EPERM:
		err = explain_permission(path);
		break;
	case EBUSY:
		sg_log(SG_LOG_ERROR, "another program holds %s; /dev/tpmrm0 can be shared", path);
		err = SG_ERR_HW_BUSY;
		break;
	default:
		sg_log(SG_LOG_ERROR, "%s can't be opened: %s; is a TPM 2.0 there, and switched on "
		       "in the firmware?", path, strerror(saved));
		err = SG_ERR_HW_MISSING;
		break;
	}
	return err;
}

static bool is_device(const char *name)
{
	return strncmp(name, DEVICE, strlen(DEVICE)) == 0;
}

static enum sg_err explain_open(const char *name, TSS2_RC rc)
{
	if (is_device(name))
		return explain_device(name + strlen(DEVICE), rc);
	if (rc == SG_TCTI_RC_LATE) {
		sg_log(SG_LOG_ERROR, "the TPM at \"%s\" does not answer", name);
		return SG_ERR_HW_TIMEOUT;
	}
	sg_log(SG_LOG_ERROR, "no TPM answers at \"%s\": %s; is the name right, and is there a "
	       "library of tpm2-tss for it", name, Tss2_RC_Decode(rc));
	return SG_ERR_HW_MISSING;
}

enum sg_err sg_tpm_open(struct sg_tpm *tpm, const char *name)
{
	TSS2_RC rc;
	enum sg_err err;

	*tpm = (struct sg_tpm){ 0 };
	err = sg_tpm_start();
	if (err != SG_OK)
		return err;
	/* A TCTI writes to its socket with write(2): without this, a TPM that goes away in
	 * the middle would end the process. */
	sg_signal_block(&tpm->pipe, SIGPIPE);
	/* Opening a device takes no time. */
	rc = is_device(name) ? Tss2_TctiLdr_Initialize(name, &tpm->inner)
	                     : sg_waiter_open(name, SG_TCTI_PATIENCE, &tpm->inner);
	if (rc != TSS2_RC_SUCCESS) {
		err = explain_open(name, rc);
		goto out;
	}
	tpm->held = hold(tpm->inner);
	sg_tcti_init(&tpm->tcti, tpm->inner);
	rc = Esys_Initialize(&tpm->esys, sg_tcti_context(&tpm->tcti), NULL);
	if (rc != TSS2_RC_SUCCESS) {
		sg_log(SG_LOG_ERROR, "tpm2-tss does not start: %s", Tss2_RC_Decode(rc));
		err = rc == TSS2_ESYS_RC_MEMORY ? SG_ERR_NOMEM : SG_ERR_HW_FAULT;
		goto out;
	}
	err = SG_OK;
out:
	if (err != SG_OK)
		sg_tpm_close(tpm);
	return err;
}

void sg_tpm_close(struct sg_tpm *tpm)
{
	if (tpm->esys != NULL) {
		sg_tcti_flush(&tpm->tcti);
		Esys_Finalize(&tpm->esys);
	}
	if (tpm->held != NULL)
		atomic_store(tpm->held, 0);
	if (tpm->tcti.lost == SG_TCTI_LATE)
		sg_waiter_finalize(&tpm->tcti.inner);
	else if (tpm->inner != NULL)
		Tss2_TctiLdr_Finalize(&tpm->inner);
	sg_signal_release(&tpm->pipe);
}

/* OpenSSL 3.5 frees a copy of the key of each HMAC that tpm2-tss computes, with the last
 * authorisation in it, as it is. The next HMAC gets that block, unless something else did
 * meanwhile. So blocks about as large that lie free are taken and overwritten. */
static void wipe_free_blocks(void)
{
	enum { SMALLEST = 72, LARGEST = 264, STEP = 16, BLOCKS = 16 };
	void *block[BLOCKS];

	for (size_t size = SMALLEST; size <= LARGEST; size += STEP) {
		for (size_t i = 0; i < BLOCKS; i++) {
			block[i] = malloc(size);
			if (block[i] != NULL)
				explicit_bzero(block[i], size);
		}
		for (size_t i = 0; i < BLOCKS; i++)
			free(block[i]);
	}
}

/* tpm2-tss frees its buffers without wiping them. So we have it do a Create of nothing
 * with an authorisation of its own, which takes the place of the last one everywhere, and our
 * TCTI answers that with zeros. A GetRandom of the TPM would cost a command and overwrite 44
 * bytes. */
void sg_tpm_scrub(struct sg_tpm *tpm, ESYS_TR entity, ESYS_TR session)
{
	/* As long as an authorisation of ours, so that copies of it are made where copies of
	 * that were; and not of zeros, which newer versions cut off. */
	static const TPM2B_AUTH filler = {
		.size = SG_SEAL_AUTH,
		.buffer = { [0 ... SG_SEAL_AUTH - 1] = 0xff },
	};
	static const TPM2B_SENSITIVE_CREATE nothing;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	static const TPM2B_PUBLIC template = {
		.publicArea = {
			.type = TPM2_ALG_KEYEDHASH,
			.nameAlg = TPM2_ALG_SHA256,
			.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
		},
	};
	TSS2_RC rc;

	sg_tcti_scrub(&tpm->tcti);
	rc = Esys_TR_SetAuth(tpm->esys, entity, &filler);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Create(tpm->esys, entity, session, ESYS_TR_NONE, ESYS_TR_NONE, &nothing,
		                 &template, &outside, &pcrs, NULL, NULL, NULL, NULL, NULL);
	if (rc != SG_TCTI_SCRUBBED)
		sg_log(SG_LOG_ERROR, "the buffers of tpm2-tss could not be overwritten: %s",
		       Tss2_RC_Decode(rc));
	wipe_free_blocks();
}
