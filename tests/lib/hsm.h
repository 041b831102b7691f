/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What tests want of an HSM, whichever stands behind a PKCS#11 module: its URI, and a
 * look at the token past signet. Everything here fails the running test where it can't do its
 * work.
 */
#ifndef TESTS_LIB_HSM_H
#define TESTS_LIB_HSM_H

#include <stdbool.h>

#include "core/pkcs11.h"

#define TEST_HSM_LABEL "hsm of a test"
#define TEST_HSM_PIN "pin of the hsm"
#define TEST_HSM_SO_PIN "so pin of the hsm"

/* Find a shared object: what the variable of the environment names, or the first that one of
 * the glob patterns finds, of which NULL is the last. The package is named where there is
 * none. The caller frees the path. */
char *test_hsm_find(const char *variable, const char *const *patterns, const char *package);

/* Make the URI of a token: its label, the module's path, and where its PIN stands. The caller
 * frees it. */
char *test_hsm_uri(const char *module, const char *label, const char *pin_file);

/* Load a module and return its functions; it stays loaded and is not initialised. */
CK_FUNCTION_LIST *test_hsm_load(const char *module);

/* A token that is used past signet. */
struct test_hsm {
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;      /* read-write, the user logged in */
	bool initialised;               /* by us, so that leaving finalises */
};

/* Use a token, found by its label, in this process. A module has one state in a process: what
 * is logged in here is so for everybody, and the last session that closes logs out. */
void test_hsm_enter(struct test_hsm *hsm, const char *module, const char *label);
void test_hsm_leave(struct test_hsm *hsm);

/* The same in a child, which runs fn and must end well. Where this process has initialised the
 * module as well, it must be one that lets a child begin anew. */
void test_hsm_in_child(const char *module, const char *label,
                       void (*fn)(struct test_hsm *hsm, void *arg), void *arg);

/* Tell, by a look from a child, how many token objects the token has. */
CK_ULONG test_hsm_count(const char *module, const char *label);

/* Find the objects that bear the name of a token of ours (doc/formats.md), which the sealing keys do
 * not, at most max; return how many there are. */
CK_ULONG test_hsm_kept(const struct test_hsm *hsm, CK_OBJECT_HANDLE *found, CK_ULONG max);

/* Return the slot whose token has that label. */
CK_SLOT_ID test_hsm_slot(CK_FUNCTION_LIST *f, const char *label);

#endif
