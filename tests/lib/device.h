/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The hardware that seals the tokens of a test, behind the module: a TPM of its own, or
 * an HSM where SIGNET_TEST_SEALER is "hsm". What both can do goes by one name, so that a test
 * about hardware runs with either. One at a time in a process; everything here fails the
 * running test where it can't do its work.
 */
#ifndef TESTS_LIB_DEVICE_H
#define TESTS_LIB_DEVICE_H

#include "core/pkcs11.h"
#include "lib/tpm.h"

/* Tell which of the two it is. */
bool test_device_is_hsm(void);

/* Load the module, start the device behind something that counts what it is asked and injects
 * faults, and write a configuration with it; and undo all of that. */
void test_device_setup(void);
void test_device_teardown(void);

/* The same without anything in front of a TPM: who connects finds nobody when it is gone. */
void test_device_setup_plain(void);

/* In a child that uses the device itself: close what of the wire it inherited, or the TPM would
 * wait for it as for a client. */
void test_device_abandon(void);

/* The TPM, for what only that has. */
extern struct test_tpm test_device_tpm;

/* Let it lose its power or begin anew in good order, which is the same for an HSM, or go away
 * and come back, with all that it keeps. */
void test_device_power_cut(void);
void test_device_restart(void);
void test_device_kill(void);
void test_device_resume(void);

/* Write a configuration with another device, with one that is not there, or again with it. */
void test_device_another(void);
void test_device_none(void);
void test_device_configure(void);

/* Again with it, and these lines more. */
void test_device_configure_more(const char *lines);

/* Count what it was asked, commands or calls, since this was called last. */
size_t test_device_asked(void);

/* Count how often it was asked to open or to close a secret, since the last of
 * test_device_asked. */
size_t test_device_opened(void);
size_t test_device_sealed(void);

/* Require that nothing is loaded in it. An HSM's sessions are its clients'. */
void test_device_require_idle(void);

/* The ways in which it may fail, by number, and how many there are. */
int test_device_faults(void);

/* Let it fail in that way at the n-th thing that it is asked from now on. */
void test_device_fail(int way, unsigned nth);

/* Let it work again, as soon as it has power; tell how often it failed, or for an HSM, whether
 * it did. */
unsigned test_device_mend(void);

/* Require that this is what the caller is told of such a fault. */
void test_device_require_told(int way, CK_RV rv);

#endif
