/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A TPM of a test's own: swtpm as our child, in a temporary folder, on unix
 * sockets. Everything here fails the running test where it can't do its work. The
 * process ends with the test, however that ends; the folder of a test that failed
 * stays, to be looked at.
 */
#ifndef TESTS_LIB_TPM_H
#define TESTS_LIB_TPM_H

#include <poll.h>
#include <pthread.h>
#include <sys/types.h>

#include "util/bytes.h"

#define TEST_TPM_FRAME 4096             /* the longest command or response */

struct test_tpm;

/* What stands on the wire. All may be NULL and run in the wire's thread.
 * command runs before a command is passed on; false drops the connection instead.
 * answer may put an answer in the place of the command, which the TPM then never sees: true.
 * response may change a response and its length, of at most TEST_TPM_FRAME bytes. After an
 * answer that is shorter than it says, or empty, the connection is dropped. */
struct test_wire_hooks {
	bool (*command)(void *arg, uint32_t code);
	bool (*answer)(void *arg, uint32_t code, uint8_t *frame, size_t *len);
	void (*response)(void *arg, uint32_t code, uint8_t *frame, size_t *len);
	void *arg;
};

struct test_tpm {
	char folder[40];
	char tcti[96];                  /* for the configuration, SIGNET_TCTI or TPM2TOOLS_TCTI */
	pid_t pid;                      /* of swtpm, 0: not running */

	/* The wire; guarded by lock while its thread runs. */
	bool wired;
	pthread_t thread;
	pthread_mutex_t lock;
	int end[2];                     /* a pipe that ends the thread */
	int server;                     /* to the TPM, while a hook runs */
	int listener[2];                /* for commands, for control; or the terminal */
	/* What the thread waits for: the end, two listeners, client and TPM of each. */
	struct pollfd wait[7];
	struct test_wire_hooks hooks;
	struct sg_buf record;           /* every byte of both directions */
	uint32_t codes[256];            /* of the commands, in order */
	size_t count;                   /* of commands; more than 256 are only counted */
};

/* Make a new TPM and wait until it answers. */
void test_tpm_start(struct test_tpm *tpm);

/* The same with a wire between: tcti leads through a thread of ours that records
 * every byte. hooks may be NULL. */
void test_tpm_start_wired(struct test_tpm *tpm, const struct test_wire_hooks *hooks);

/* The same with a wire that looks like a TPM device: tcti is "device:" and a terminal. */
void test_tpm_start_device(struct test_tpm *tpm, const struct test_wire_hooks *hooks);

/* Let go of all that the wire holds open: the first thing that a child does. The TPM
 * would serve nobody else as long as the child lives. */
void test_tpm_abandon(struct test_tpm *tpm);

/* Shut down in good order (TPM2_Shutdown), then start again with the same state. */
void test_tpm_restart(struct test_tpm *tpm);

/* Take the power away, then start again with the same state. */
void test_tpm_power_cut(struct test_tpm *tpm);

/* Take the power away. */
void test_tpm_kill(struct test_tpm *tpm);

/* Give a killed TPM its power back. */
void test_tpm_resume(struct test_tpm *tpm);

/* End the TPM and remove its folder; one that was never started is fine. */
void test_tpm_stop(struct test_tpm *tpm);

/* From a command hook: send a command of somebody else's first. The one must succeed; the other
 * returns the code of the answer, which it puts into frame, of TEST_TPM_FRAME bytes. */
void test_tpm_inject(struct test_tpm *tpm, struct sg_bytes command);
uint32_t test_tpm_slip_in(struct test_tpm *tpm, struct sg_bytes command, uint8_t *frame,
                          size_t *len);

/* Forget what was recorded. */
void test_tpm_forget(struct test_tpm *tpm);

/* Tell how often a command went over the wire. */
size_t test_tpm_sent(struct test_tpm *tpm, uint32_t code);

/* Tell whether the bytes went over the wire, in either direction. */
bool test_tpm_seen(struct test_tpm *tpm, struct sg_bytes bytes);

/* Tell how many objects or sessions are loaded: TPM2_HT_TRANSIENT or TPM2_HT_LOADED_SESSION. */
size_t test_tpm_loaded(struct test_tpm *tpm, uint32_t type);

/* Take one of the TPM's session slots, as somebody would who never gives it back. */
void test_tpm_take_session(struct test_tpm *tpm);

/* Run a line of shell with tpm2-tools pointed at the TPM (not at the wire), in its folder. */
void test_tpm_shell(struct test_tpm *tpm, const char *line);

#endif
