/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A faulty HSM: a module of ours in front of another one, in the test's process or in
 * any that loads it, with faults that the test sets while it runs. Without faults it is the
 * HSM behind it. Functions go by their names, and where a fault or a count is to be for calls
 * of all of them, by NULL. Everything here fails the running test where it can't do its work.
 *
 * Both modules are copied into a folder of this HSM's own, so that each such HSM has a state
 * of its own in a process: two of them on one SoftHSM are two HSMs. Where a token is
 * "removed", that is all tokens of this one.
 */
#ifndef TESTS_LIB_FAULTY_H
#define TESTS_LIB_FAULTY_H

#include "lib/faulty/control.h"
#include "lib/hsm.h"

#define TEST_FOREVER UINT64_MAX

struct test_faulty {
	char *folder;
	char *module;                   /* what to load */
	char *uri;                      /* the token of TEST_HSM_LABEL */
	struct faulty_control *control;
};

/* Put it in front of a module, whose token TEST_HSM_LABEL has its PIN in that file. */
void test_faulty_start(struct test_faulty *hsm, const char *below, const char *pin_file);

/* Let all calls go that hang, and remove it; one that was never started, all zero, is fine.
 * Who has it loaded must not call it any more. */
void test_faulty_stop(struct test_faulty *hsm);

/* From now on, the n-th call (1: the next one) of a function and those after it, so many, get
 * this value and are not passed on. 0 times: none any more. Questions for a size are calls. */
void test_faulty_fail(struct test_faulty *hsm, const char *function, uint64_t nth,
                      uint64_t times, CK_RV rv);

/* The same, but the HSM does it and only the answer is lost. */
void test_faulty_lose(struct test_faulty *hsm, const char *function, uint64_t nth,
                      uint64_t times, CK_RV rv);

/* Let something happen at the n-th call of a function from now; one event a function, and one
 * for all of them. */
void test_faulty_at(struct test_faulty *hsm, const char *function, uint64_t nth,
                    enum faulty_event event);

/* Tell how often a function was called since the last forgetting. Calls that fail
 * and those that hang count. */
uint64_t test_faulty_calls(const struct test_faulty *hsm, const char *function);
void test_faulty_forget(struct test_faulty *hsm);

/* Let calls of a function hang; wait until so many do; let them go. */
void test_faulty_hang(struct test_faulty *hsm, const char *function);
void test_faulty_await(struct test_faulty *hsm, const char *function, uint32_t many);
void test_faulty_release(struct test_faulty *hsm, const char *function);

/* Take the token away and put it back; or restart the HSM, which is both at once. Sessions,
 * logins and handles from before are void. */
void test_faulty_remove(struct test_faulty *hsm);
void test_faulty_insert(struct test_faulty *hsm);
void test_faulty_restart(struct test_faulty *hsm);

/* Let a process have at most so many sessions; 0: as many as it likes. */
void test_faulty_limit_sessions(struct test_faulty *hsm, uint64_t limit);

/* Take a mechanism away (FAULTY_UNLISTED, FAULTY_REFUSED or FAULTY_GONE; 0: give it back),
 * or these flags out of its information. */
void test_faulty_mechanism(struct test_faulty *hsm, CK_MECHANISM_TYPE type, unsigned how);
void test_faulty_mechanism_flags(struct test_faulty *hsm, CK_MECHANISM_TYPE type,
                                 CK_FLAGS away);

/* Say who makes the IV of AES-GCM; iv_len is that of an appended one, at most 16. */
void test_faulty_gcm(struct test_faulty *hsm, enum faulty_gcm who, unsigned iv_len);

/* Set these other quirks and no more. */
void test_faulty_quirks(struct test_faulty *hsm, unsigned quirks);

/* Lie about the length of what a function answers into a buffer (also of attributes), and
 * spoil its bytes; and be honest again. */
void test_faulty_lie(struct test_faulty *hsm, const char *function, uint64_t length);
void test_faulty_garble(struct test_faulty *hsm, const char *function);
void test_faulty_honest(struct test_faulty *hsm, const char *function);

#endif
