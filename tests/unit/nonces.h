/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A store of nonces and its files, for tests of what becomes of them. Programs that have it
 * are linked with -Wl,--wrap=sg_boot_moment_read.
 */
#ifndef TESTS_UNIT_NONCES_H
#define TESTS_UNIT_NONCES_H

#include <stdbool.h>
#include <stdint.h>

#include "store/nonce.h"

#define NOW INT64_C(1711468800)
#define WINDOW 300
#define MAX 100000

extern char *nonces_folder, *nonces_path, *nonces_front, *nonces_journal;
extern struct sg_store_nonces *nonces_store;

/* Which boot this is; the kernel's where nothing was said. */
extern uint8_t nonces_boot;
extern bool nonces_no_boot;

/* Make the folder and open the store; undo it. */
void nonces_setup(void);
void nonces_teardown(void);

/* Close it, and open it again. */
enum sg_err nonces_restart(void);

/* Use a value, made at a time and seen at another; the others require that it works. */
enum sg_err nonces_try(const char *value, int64_t made, int64_t now, enum sg_store_nonce *answer);
enum sg_store_nonce nonces_use_at(const char *value, int64_t made, int64_t now);
enum sg_store_nonce nonces_use(const char *value);

#endif
