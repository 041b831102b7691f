/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/store.c and store/create.c: what a power cut would find on the disk. The
 * order of syncs is seen by standing before those of the C library.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/store.h"

#define SYNCS 64
#define EXPORTED __attribute__((visibility("default")))

/* One sync: of what, and what was there at that moment. */
struct sync {
	char name[512];         /* of the file or folder */
	bool journal, store;
};

static struct sync syncs[SYNCS];
static size_t n_syncs;
static char *watched;           /* the store, or NULL */

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void note(int fd)
{
	struct sync *sync = &syncs[n_syncs];
	char link[64], journal[600];

	if (watched == NULL || n_syncs == SYNCS)
		return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	memset(sync, 0, sizeof *sync);
	if (readlink(link, sync->name, sizeof sync->name - 1) < 0)
		return;
	snprintf(journal, sizeof journal, "%s-journal", watched);
	sync->journal = exists(journal);
	sync->store = exists(watched);
	n_syncs++;
}

EXPORTED int fsync(int fd)
{
	note(fd);
	return (int)syscall(SYS_fsync, fd);
}

EXPORTED int fdatasync(int fd)
{
	note(fd);
	return (int)syscall(SYS_fdatasync, fd);
}

static void setup(void)
{
	test_store_setup();
	n_syncs = 0;
}

static void teardown(void)
{
	watched = NULL;
	test_store_teardown();
}

/* The folder may have another path as well, so the last name says it. */
static const char *last_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* Find the first sync of a file or folder from a number on; SYNCS where there is none. */
static size_t sync_of(const char *path, size_t from)
{
	for (size_t i = from; i < n_syncs; i++)
		if (strcmp(last_name(syncs[i].name), last_name(path)) == 0)
			return i;
	return SYNCS;
}

/* First the journal with its name, then the store, then that the journal is gone. */
START_TEST(a_commit_is_on_the_disk_when_it_returns)
{
	size_t journal, folder, store, gone;

	watched = test_store_path;
	ck_assert_int_eq(test_store_put(1, "row"), SG_OK);
	journal = sync_of(test_store_journal, 0);
	ck_assert_uint_lt(journal, SYNCS);
	folder = sync_of(test_store_folder, journal);
	ck_assert_uint_lt(folder, SYNCS);
	store = sync_of(test_store_path, folder);
	ck_assert_uint_lt(store, SYNCS);
	ck_assert(syncs[store].journal);
	gone = sync_of(test_store_folder, store);
	ck_assert_uint_lt(gone, SYNCS);
	ck_assert(!syncs[gone].journal);
}
END_TEST

START_TEST(a_new_store_is_on_the_disk_before_it_has_its_name)
{
	size_t draft = 0, named;

	watched = sg_store_path(test_store_folder, 1);
	ck_assert_int_eq(sg_store_create(watched, sg_bytes_str("t"), sg_bytes_str("s"),
	                                 sg_bytes("", 0)), SG_OK);
	while (draft < n_syncs && strstr(syncs[draft].name, ".db.new-") == NULL)
		draft++;
	ck_assert_uint_lt(draft, n_syncs);
	ck_assert(!syncs[draft].store);
	named = sync_of(test_store_folder, draft);
	ck_assert_uint_lt(named, SYNCS);
	ck_assert(syncs[named].store);
	free(watched);
}
END_TEST

START_TEST(a_removed_store_is_gone_from_the_disk)
{
	size_t gone;

	watched = test_store_path;
	ck_assert_int_eq(sg_store_remove(test_store_path), SG_OK);
	ck_assert_uint_gt(n_syncs, 0);
	gone = sync_of(test_store_folder, n_syncs - 1);
	ck_assert_uint_lt(gone, SYNCS);
	ck_assert(!syncs[gone].store);
}
END_TEST

START_TEST(reading_syncs_nothing)
{
	watched = test_store_path;
	ck_assert_int_eq(test_store_probe(SG_STORE_READ), SG_OK);
	ck_assert_uint_eq(n_syncs, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("store: sync");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_commit_is_on_the_disk_when_it_returns);
	tcase_add_test(t, a_new_store_is_on_the_disk_before_it_has_its_name);
	tcase_add_test(t, a_removed_store_is_gone_from_the_disk);
	tcase_add_test(t, reading_syncs_nothing);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
