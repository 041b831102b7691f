/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A store in a folder of its own, with short ways to write and read it.
 * Everything here ends the test when it fails, unless it returns an error.
 */
#ifndef TESTS_LIB_STORE_H
#define TESTS_LIB_STORE_H

#include "lib/file.h"
#include "lib/scratch.h"
#include "store/store.h"

/* The fixture: folder, path of the store, and the path of its journal. */
extern char *test_store_folder, *test_store_path, *test_store_journal;

/* Make the folder with a store in it whose records are "token" and "state"; and remove it. */
void test_store_setup(void);
void test_store_teardown(void);

/* Make the uuid that consists of the number n. */
void test_uuid(unsigned n, uint8_t uuid[SG_UUID]);

/* Begin a transaction that must succeed. */
struct sg_store_txn *test_store_begin(enum sg_store_mode mode);

/* Begin, commit at once or abort, and return the error of the first step that fails. */
enum sg_err test_store_probe(enum sg_store_mode mode);

/* Write one object row, or the state record, in a transaction of its own. */
enum sg_err test_store_put(unsigned n, const char *text);
enum sg_err test_store_put_state(const char *text);

/* Check that the row or the state record holds the text. */
void test_store_expect(unsigned n, const char *text);
void test_store_expect_state(const char *text);

/* Count the rows. */
unsigned test_store_count(void);

/* Run a child that does fn(arg) and must end with exit status 0. */
void test_in_child(void (*fn)(void *), void *arg);

/* Leave the store as a writer does that is killed in the middle of its commit: half
 * the pages are new and the journal holds the old ones. */
void test_store_leave_hot_journal(void);

/* Run statements on the file without any of the store's checks. */
void test_store_sql(const char *sql);

#endif
