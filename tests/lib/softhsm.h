/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. An HSM of a test's own: SoftHSM 2 with its configuration, tokens and PIN file in a
 * temporary folder. Everything here fails the running test where it can't do its work.
 *
 * SoftHSM reads SOFTHSM2_CONF at C_Initialize, from the environment of whoever loads it, so
 * one of these at a time in a process; its state is one for the whole process.
 */
#ifndef TESTS_LIB_SOFTHSM_H
#define TESTS_LIB_SOFTHSM_H

#include "lib/hsm.h"

struct test_softhsm {
	char *folder;                   /* short enough for a socket in it */
	char *conf;                     /* softhsm2.conf */
	char *module;                   /* libsofthsm2.so */
	char *pin_file;                 /* holds TEST_HSM_PIN, mode 0600 */
	char *uri;                      /* the token of TEST_HSM_LABEL, module and PIN file */
};

/* Make a folder with one token, of TEST_HSM_LABEL and both PINs, and point SOFTHSM2_CONF at
 * it. This process has not loaded SoftHSM by that. */
void test_softhsm_start(struct test_softhsm *hsm);

/* Make another token with the same PINs. Who has initialised SoftHSM sees it when it does so
 * again. */
void test_softhsm_add(struct test_softhsm *hsm, const char *label);

/* Make the URI of any of its tokens. The caller frees it. */
char *test_softhsm_uri(const struct test_softhsm *hsm, const char *label);

/* Remove it all; one that was never started, all zero, is fine. */
void test_softhsm_stop(struct test_softhsm *hsm);

#endif
