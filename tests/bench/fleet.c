/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Looking a machine up among very many.
 */
#include "bench/fleet.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "enroll/guard.h"
#include "lib/scratch.h"

#define FEW 10
#define MANY 100000
#define STEP 7919                       /* to another part of the table each time */

struct fleet {
	struct sg_fleet *fleet;
	char *path;
	unsigned machines, next;
};

/* Put machines into a store at once: one by one each would wait for the disk. */
static void fill(struct fleet *f, const char *folder, const char *name, unsigned n)
{
	sqlite3 *db = NULL;
	char sql[1024];

	f->path = scratch_path(folder, name);
	f->machines = n;
	ck_assert_int_eq(sg_fleet_open(f->path, true, &f->fleet), SG_OK);
	sg_fleet_close(&f->fleet);
	snprintf(sql, sizeof sql,
	         "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
	         "INSERT INTO machine SELECT printf('00000000-0000-4000-8000-%%012x', i), "
	         "randomblob(32), 'worker', 'host', '192.0.2.7', 't', 'from=192.0.2.0/24', "
	         "randomblob(32), randomblob(34), randomblob(32), 1, 1, 1, 1, 0, 0, 1, 0, 0, 0 FROM n", n - 1);
	ck_assert_int_eq(sqlite3_open(f->path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
	              sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	ck_assert_int_eq(sg_fleet_open(f->path, false, &f->fleet), SG_OK);
}

static void look_up(void *arg)
{
	struct fleet *f = arg;
	struct sg_guard_verifier verifier = { .fleet = f->fleet, .machines = true };
	struct sg_request_machine machine = { .enabled = false };
	char id[SG_FLEET_ID + 1];

	snprintf(id, sizeof id, "00000000-0000-4000-8000-%012x", f->next++ * STEP % f->machines);
	if (sg_guard_lookup(&verifier, sg_request_text(id), sg_request_text(""), &machine) != 1)
		abort();
	sg_guard_release(&verifier, &machine);
}

void bench_fleet(bool quick)
{
	char *folder = scratch_make();
	struct fleet many = { .next = 0 }, few = { .next = 0 };
	struct bench_pair pair;

	fill(&many, folder, "many.db", quick ? FEW : MANY);
	fill(&few, folder, "few.db", FEW);
	pair = bench_measure((struct bench_work){ look_up, &many },
	                     (struct bench_work){ look_up, &few });
	bench_row("look up one of 100,000 machines", "one of 10", pair);
	sg_fleet_close(&many.fleet);
	sg_fleet_close(&few.fleet);
	free(many.path);
	free(few.path);
	scratch_remove(&folder);
}
