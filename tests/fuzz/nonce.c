/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The files of a store of one-time values in which somebody wrote, that were cut, removed
 * or mixed up: the store opens or says why not, and what it called fresh is never fresh again.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/input.h"
#include "lib/scratch.h"
#include "store/nonce.h"
#include "util/cursor.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))
#define NOW INT64_C(1711468800)
#define WINDOW 300
#define VALUES 12
#define EDITS 8
#define KEPT ((size_t)64 << 10)         /* of a file; the rest of the front is zero */

/* The two files of a good store. */
static struct kept {
	const char *name;
	char *path;
	uint8_t bytes[KEPT];
	size_t len;                     /* of bytes */
	off_t size;
} kept[] = { { .name = "n" }, { .name = "n-front" } };

static char *folder, *journal;

/* Whether the table's pages are as SQLite writes them. */
static bool sound;

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static void remove_folder(void)
{
	scratch_remove(&folder);
}

static enum sg_store_nonce try(struct sg_store_nonces *store, unsigned value, int64_t at,
                               enum sg_err *err)
{
	const struct sg_store_nonce_time time = { at, at, WINDOW };
	enum sg_store_nonce answer;
	uint8_t bytes[4];

	sg_put_u32(bytes, value);
	*err = sg_store_nonce_use(store, sg_bytes(bytes, sizeof bytes), time, &answer);
	need(*err == SG_OK || answer == SG_NONCE_UNSURE, "an error comes with an answer");
	return answer;
}

static void keep(struct kept *k)
{
	struct stat st;
	int fd = open(k->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, k->bytes, sizeof k->bytes);

	need(fd >= 0 && n >= 0 && fstat(fd, &st) == 0, "a file of a good store");
	k->len = (size_t)n;
	k->size = st.st_size;
	close(fd);
}

/* A store with values in its table and in its front. */
static void make_files(void)
{
	struct sg_store_nonces *store = NULL;
	enum sg_err err;

	folder = scratch_make();
	atexit(remove_folder);
	journal = scratch_path(folder, "n-journal");
	for (size_t i = 0; i < LENGTH_OF(kept); i++)
		kept[i].path = scratch_path(folder, kept[i].name);
	need(sg_store_nonces_open(kept[0].path, VALUES, &store) == SG_OK, "a store");
	for (unsigned i = 0; i < VALUES / 2; i++)
		need(try(store, 1000 + i, NOW - 40 + 10 * (int64_t)i, &err) == SG_NONCE_FRESH &&
		     err == SG_OK, "a value");
	sg_store_nonces_close(&store);
	for (size_t i = 0; i < LENGTH_OF(kept); i++)
		keep(&kept[i]);
}

/* Nothing is written further behind than what was kept. */
static void put_back(void)
{
	(void)unlink(journal);
	for (size_t i = 0; i < LENGTH_OF(kept); i++) {
		int fd = open(kept[i].path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		need(fd >= 0 && write(fd, kept[i].bytes, kept[i].len) == (ssize_t)kept[i].len &&
		     ftruncate(fd, kept[i].size) == 0 && close(fd) == 0, "a file is put back");
	}
}

static void sql(const char *text)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(kept[0].path, &db) == SQLITE_OK)
		(void)sqlite3_exec(db, text, NULL, NULL, NULL);
	sqlite3_close(db);
}

static unsigned number(struct fuzz_input *in)
{
	const unsigned high = fuzz_byte(in);

	return high << 8 | fuzz_byte(in);
}

static int64_t any(struct fuzz_input *in)
{
	static const int64_t odd[] = {
		0, 1, 2, -1, 63, 64, INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, NOW, NOW + 29,
		NOW + WINDOW, INT64_C(1) << 62,
	};
	const unsigned choice = fuzz_byte(in);
	uint8_t bytes[8];

	if (choice < 2 * LENGTH_OF(odd))
		return odd[choice % LENGTH_OF(odd)];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = fuzz_byte(in);
	return (int64_t)sg_get_u64(bytes);
}

static struct kept *file(struct fuzz_input *in)
{
	struct kept *k = &kept[fuzz_below(in, LENGTH_OF(kept))];

	sound = sound && k != &kept[0];
	return k;
}

static void overwrite(struct fuzz_input *in)
{
	const struct kept *k = file(in);
	uint8_t bytes[16];
	const off_t at = (off_t)(number(in) % (k->len - sizeof bytes));
	size_t n = 1 + fuzz_below(in, sizeof bytes);
	int fd = open(k->path, O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < n; i++)
		bytes[i] = fuzz_byte(in);
	if (fd >= 0)
		need(pwrite(fd, bytes, n, at) == (ssize_t)n && close(fd) == 0, "a write");
}

static void cut(struct fuzz_input *in)
{
	const struct kept *k = file(in);

	need(truncate(k->path, (off_t)number(in)) == 0 || errno == ENOENT, "a cut");
}

static void take_away(struct fuzz_input *in)
{
	(void)unlink(file(in)->path);
}

static void set_number(struct fuzz_input *in)
{
	static const char *const columns[] = { "epoch", "floor", "mark", "count", "slice" };
	const char *column = columns[fuzz_below(in, LENGTH_OF(columns))];
	char text[96];

	snprintf(text, sizeof text, "UPDATE state SET %s = %lld", column, (long long)any(in));
	sql(text);
}

static void add_row(struct fuzz_input *in)
{
	const long long id = any(in), made = any(in);
	char text[96];

	snprintf(text, sizeof text, "INSERT OR REPLACE INTO seen VALUES(%lld, %lld)", id, made);
	sql(text);
}

static void change_schema(struct fuzz_input *in)
{
	static const char *const texts[] = {
		"UPDATE state SET boot = zeroblob(length(boot))",
		"UPDATE state SET key = zeroblob(1)",
		"UPDATE state SET key = zeroblob(1000000)",
		"UPDATE state SET one = 2",
		"DELETE FROM state",
		"INSERT INTO state SELECT 2, key, boot, epoch, floor, mark, count, slice FROM state",
		"CREATE TRIGGER t AFTER INSERT ON seen BEGIN DELETE FROM seen; END",
		"CREATE TRIGGER t BEFORE UPDATE ON state BEGIN SELECT RAISE(ABORT, 'no'); END",
		"CREATE INDEX i ON seen(made)",
		"CREATE VIEW v AS SELECT 1",
		"DROP TABLE seen",
		"DROP TABLE seen; CREATE VIEW seen AS SELECT 1 AS id, 2 AS made",
		"PRAGMA user_version = 2",
		"PRAGMA application_id = 1",
		"PRAGMA journal_mode = WAL",
		"PRAGMA page_size = 512; VACUUM",
		"PRAGMA auto_vacuum = 2; VACUUM",
		"DELETE FROM seen",
	};

	sql(texts[fuzz_below(in, LENGTH_OF(texts))]);
}

static void set_epoch(struct fuzz_input *in)
{
	uint8_t bytes[8];
	int fd = open(kept[1].path, O_WRONLY | O_CLOEXEC);

	sg_put_u64(bytes, (uint64_t)any(in));
	if (fd >= 0)
		need(pwrite(fd, bytes, sizeof bytes, 8) == sizeof bytes && close(fd) == 0, "a write");
}

/* What was left of a transaction, it says. */
static void leave_journal(struct fuzz_input *in)
{
	const unsigned any_number = number(in);
	const size_t n = any_number % (in->len + 1);
	int fd = open(journal, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	need(fd >= 0 && write(fd, in->data, n) == (ssize_t)n && close(fd) == 0, "a journal");
	in->data += n;
	in->len -= n;
	sound = false;
}

static void edit(struct fuzz_input *in)
{
	static void (*const edits[])(struct fuzz_input *in) = {
		overwrite, cut, take_away, set_number, add_row, change_schema, set_epoch, leave_journal,
	};

	for (size_t i = 0; i < EDITS && in->len > 0; i++)
		edits[fuzz_below(in, LENGTH_OF(edits))](in);
}

static bool is_expected(enum sg_err err)
{
	static const enum sg_err expected[] = {
		SG_OK, SG_ERR_STORE_MISSING, SG_ERR_STORE_UNSAFE, SG_ERR_STORE_DAMAGED,
		SG_ERR_STORE_VERSION, SG_ERR_STORE_READONLY, SG_ERR_STORE_FULL, SG_ERR_STORE_BUSY,
	};

	for (size_t i = 0; i < LENGTH_OF(expected); i++)
		if (err == expected[i])
			return true;
	return false;
}

static struct sg_store_nonces *open_store(size_t max)
{
	struct sg_store_nonces *store = NULL;
	enum sg_err err = sg_store_nonces_open(kept[0].path, max, &store);

	if (!is_expected(err))
		fuzz_fail("a store fails for another cause: %s", sg_err_sentence(err));
	need((err == SG_OK) == (store != NULL), "an error comes with a store");
	return store;
}

/* Twice, and again when the store was closed meanwhile. */
static void use(size_t max, int64_t at)
{
	struct sg_store_nonces *store = open_store(max);
	bool fresh[VALUES] = { false };
	enum sg_err err;

	for (unsigned i = 0; store != NULL && i < VALUES; i++) {
		const int64_t made = at + 5 * (int64_t)i;

		fresh[i] = try(store, i, made, &err) == SG_NONCE_FRESH;
		need(is_expected(err), "a value fails for another cause");
		if (try(store, i, made, &err) == SG_NONCE_FRESH)
			need(!fresh[i] || !sound, "a value is fresh twice");
		need(is_expected(err), "a value fails for another cause the second time");
	}
	sg_store_nonces_close(&store);
	store = open_store(max);
	for (unsigned i = 0; store != NULL && i < VALUES; i++)
		if (try(store, i, at + 5 * (int64_t)i, &err) == SG_NONCE_FRESH)
			need(!fresh[i] || !sound, "a value is fresh after a restart");
	sg_store_nonces_close(&store);
}

static int next_file(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	need(fd >= 0 && close(fd) == 0, "a file descriptor");
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input in = { data, len };
	unsigned choice = fuzz_byte(&in);
	int before;

	if (folder == NULL)
		make_files();
	put_back();
	before = next_file();
	sound = true;
	edit(&in);
	use(choice & 1 ? VALUES : 1000, NOW + (choice & 2 ? 25 : 0) + (choice & 4 ? WINDOW : 0));
	need(next_file() == before, "a file stays open");
	return 0;
}
