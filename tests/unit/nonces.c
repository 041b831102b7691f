/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A store of nonces in a folder of its own, and which boot it believes this is.
 */
#include "unit/nonces.h"

#include <stdlib.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "util/boot.h"

char *nonces_folder, *nonces_path, *nonces_front, *nonces_journal;
struct sg_store_nonces *nonces_store;

/* Which boot this is; the kernel's where nothing was said. */
uint8_t nonces_boot;
bool nonces_no_boot;

enum sg_err __real_sg_boot_moment_read(struct sg_boot_moment *out);
enum sg_err __wrap_sg_boot_moment_read(struct sg_boot_moment *out);

enum sg_err __wrap_sg_boot_moment_read(struct sg_boot_moment *out)
{
	enum sg_err err = __real_sg_boot_moment_read(out);

	out->id[0] ^= nonces_boot;
	return nonces_no_boot ? SG_ERR_SYSTEM : err;
}

void nonces_setup(void)
{
	nonces_folder = scratch_make();
	nonces_path = scratch_path(nonces_folder, "nonces.db");
	nonces_front = scratch_path(nonces_folder, "nonces.db-front");
	nonces_journal = scratch_path(nonces_folder, "nonces.db-journal");
	nonces_boot = 0;
	nonces_no_boot = false;
	ck_assert_int_eq(sg_store_nonces_open(nonces_path, MAX, &nonces_store), SG_OK);
}

void nonces_teardown(void)
{
	sg_store_nonces_close(&nonces_store);
	free(nonces_path);
	free(nonces_front);
	free(nonces_journal);
	scratch_remove(&nonces_folder);
}

enum sg_err nonces_restart(void)
{
	sg_store_nonces_close(&nonces_store);
	return sg_store_nonces_open(nonces_path, MAX, &nonces_store);
}

enum sg_err nonces_try(const char *value, int64_t made, int64_t now, enum sg_store_nonce *answer)
{
	const struct sg_store_nonce_time time = { made, now, WINDOW };

	return sg_store_nonce_use(nonces_store, sg_bytes_str(value), time, answer);
}

enum sg_store_nonce nonces_use_at(const char *value, int64_t made, int64_t now)
{
	enum sg_store_nonce answer;

	ck_assert_int_eq(nonces_try(value, made, now, &answer), SG_OK);
	return answer;
}

enum sg_store_nonce nonces_use(const char *value)
{
	return nonces_use_at(value, NOW, NOW);
}
