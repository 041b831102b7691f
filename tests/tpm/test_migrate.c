/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/token_migrate.c against swtpm: what stays in the TPM where a command fails or the
 * process is killed at one, and keys that live in it.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "core/token_migrate.h"
#include "crypto/crypto.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "seal/counter.h"
#include "seal/pin_index.h"
#include "store/aside.h"

#define STRIDE 5                        /* a child is killed at every so many commands */
#define COMMANDS 400                    /* more than a migration sends */
#define FOUND 16

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static uint8_t before[64], after[64];
static struct sg_config *from, *to;
static struct sg_token *token;
static struct sg_token_migrated out;

/* A soft token with a key of each kind, and the configurations of both sealers. */
static void setup(void)
{
	CK_OBJECT_HANDLE pub, priv;
	struct p11_template t = { .n = 0 };

	p11_setup();
	test_fault_start(&tpm);
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11_sign(s, priv, "text", before));
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_text(&t, CKA_LABEL, "root");
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &pub));
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_int_eq(sg_config_load(&from), SG_OK);
	ck_assert_int_eq(sg_config_load(&to), SG_OK);
	ck_assert_int_eq(sg_config_set_tcti(to, tpm.tcti), SG_OK);
	ck_assert_int_eq(sg_token_new(from, 0, &token), SG_OK);
}

static void teardown(void)
{
	sg_token_migrated_clear(&out);
	sg_token_free(&token);
	sg_config_free(&from);
	sg_config_free(&to);
	sg_crypto_stop();
	p11_teardown();
	test_tpm_stop(&tpm);
}

static enum sg_err migrate(void)
{
	const struct sg_token_migration how = {
		.sealer = "tpm", .config = to, .rollback_protection = true,
	};

	return sg_token_migrate(token, &how, &out);
}

/* Require that the token opens with a sealer, with all its keys. */
static void require_whole(bool moved)
{
	CK_OBJECT_HANDLE key;

	if (moved)
		p11_configure_tpm(tpm.tcti);
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count(s), 3);
	key = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_ok(p11_sign(s, key, "text", after));
	ck_assert_mem_eq(after, before, sizeof before);
	p11_ok(p11->C_Finalize(NULL));
}

static size_t count_counters(void)
{
	struct sg_sealer *sealer = NULL;
	uint32_t handles[FOUND];
	size_t count = 0;

	ck_assert_int_eq(sg_sealer_open("tpm", to, &sealer), SG_OK);
	ck_assert_int_eq(sealer->ops->counter->list(sealer, handles, FOUND, &count), SG_OK);
	sg_sealer_free(&sealer);
	return count;
}

static void require_nothing_half_done(void)
{
	char *moving = sg_store_moving_path(p11_store);

	ck_assert_ptr_nonnull(moving);
	ck_assert_int_ne(access(moving, F_OK), 0);
	free(moving);
}

/* Take away all that is in the TPM and beside the store, which is put back as it was. */
static void start_over(struct sg_bytes original)
{
	if (out.aside != NULL)
		ck_assert_int_eq(unlink(out.aside), 0);
	test_file_write(p11_store, original);
	test_tpm_shell(&tpm, "for i in $(tpm2_getcap handles-nv-index | sed -n 's/^- //p'); "
	               "do tpm2_nvundefine -C o $i; done; tpm2_flushcontext -t; tpm2_flushcontext -l");
	sg_token_migrated_clear(&out);
}

START_TEST(a_command_that_is_refused_leaves_nothing_in_the_tpm)
{
	struct sg_buf original = test_file_read(p11_store);
	unsigned nth = 1, refused = 1, done = 0;
	enum sg_err err = SG_OK;

	for (; refused > 0; nth++) {
		start_over(sg_buf_bytes(&original));
		test_fault_set(TEST_REFUSE, TEST_ANY, nth, TPM2_RC_FAILURE);
		err = migrate();
		refused = test_fault_clear();
		ck_assert(out.done == (err == SG_OK));
		done += out.done;
		ck_assert_uint_eq(count_counters(), out.done);
		require_nothing_half_done();
		ck_assert_uint_lt(nth, COMMANDS);
	}
	ck_assert_int_eq(err, SG_OK);
	ck_assert_uint_gt(nth, 30);
	ck_assert_uint_lt(done, nth / 2);
	require_whole(true);
	sg_buf_free(&original);
}
END_TEST

START_TEST(a_tpm_that_dies_leaves_the_old_token)
{
	for (unsigned nth = 3; nth < 40; nth += 12) {
		test_fault_set(TEST_DIE_BEFORE, TEST_ANY, nth, 0);
		ck_assert_int_ne(migrate(), SG_OK);
		ck_assert(!out.done);
		sg_token_migrated_clear(&out);
		(void)test_fault_clear();
		test_tpm_power_cut(&tpm);
		require_whole(false);
	}
}
END_TEST

/* The command at which the child is killed. */
static atomic_uint left;
static atomic_int victim;

static bool kill_at(void *arg, uint32_t code)
{
	(void)arg;
	(void)code;
	if (left > 0 && --left == 0)
		kill(victim, SIGKILL);
	return true;
}

static void setup_counted(void)
{
	static const struct test_wire_hooks hooks = { .command = kill_at };

	setup();
	test_tpm_stop(&tpm);
	test_tpm_start_wired(&tpm, &hooks);
	ck_assert_int_eq(sg_config_set_tcti(to, tpm.tcti), SG_OK);
}

/* Let a child migrate and be killed at a command; tell whether it came to its end. */
static bool migrate_and_die(unsigned at)
{
	int ready[2], status;
	char go = 'g';
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		test_tpm_abandon(&tpm);
		_exit(read(ready[0], &go, 1) == 1 ? (int)migrate() : SG_ERR_SYSTEM);
	}
	victim = pid;
	left = at;
	ck_assert_int_eq(write(ready[1], &go, 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
	if (!WIFSIGNALED(status))
		ck_assert_msg(WEXITSTATUS(status) == SG_OK, "%u commands: %s", at,
		              sg_err_name((enum sg_err)WEXITSTATUS(status)));
	left = 0;
	return !WIFSIGNALED(status);
}

START_TEST(killed_at_a_command_it_leaves_the_old_token)
{
	struct sg_buf original = test_file_read(p11_store);
	unsigned at = STRIDE, killed = 0, strays = 0;

	if (!test_child_can_have_threads())
		return;
	for (; !migrate_and_die(at); at += STRIDE) {
		killed++;
		strays += count_counters() > 0;
		require_whole(false);
		start_over(sg_buf_bytes(&original));
		ck_assert_uint_lt(at, COMMANDS);
	}
	ck_assert_uint_gt(killed, 5);
	ck_assert_uint_gt(strays, 0);
	require_nothing_half_done();
	require_whole(true);
	sg_buf_free(&original);
}
END_TEST

/* Another process has the token open. */
START_TEST(sessions_end_when_the_token_moves)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ok(p11_look(&s));
	ck_assert_int_eq(migrate(), SG_OK);
	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_is(CKR_DEVICE_REMOVED, p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_is(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
	p11_ok(p11->C_Finalize(NULL));
	require_whole(true);
}
END_TEST

/* From one TPM to another it would be the same: a key of the TPM has nowhere to go. */
START_TEST(a_key_that_lives_in_the_tpm_stays_there)
{
	struct sg_token_migration how = { .sealer = "soft", .config = from };
	CK_MECHANISM pair_gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	struct p11_template public = { .n = 0 }, private = { .n = 0 };
	CK_OBJECT_HANDLE pub, priv;

	ck_assert_int_eq(migrate(), SG_OK);
	sg_token_migrated_clear(&out);
	require_whole(true);
	p11_ok(p11_look(&s));
	p11_bytes(&public, CKA_EC_PARAMS, p256, sizeof p256);
	p11_bool(&public, CKA_TOKEN, true);
	p11_bool(&private, CKA_TOKEN, true);
	p11_text(&private, CKA_LABEL, "resident");
	p11_ok(p11->C_GenerateKeyPair(s, &pair_gen, public.attr, public.n, private.attr, private.n,
	                              &pub, &priv));
	p11_ok(p11->C_Finalize(NULL));
	sg_token_free(&token);
	ck_assert_int_eq(sg_token_new(to, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_migrate(token, &how, &out), SG_OK);
	ck_assert(!out.done);
	ck_assert_uint_eq(out.n_stays, 2);
	ck_assert_int_eq(out.stays[0].why, SG_STAY_RESIDENT);
	ck_assert_uint_eq(out.stays[0].object->class, CKO_PRIVATE_KEY);
	ck_assert_int_eq(out.stays[1].why, SG_STAY_COUNTER);
	ck_assert_uint_eq(out.objects, 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migrate");
	TCase *tc = tcase_create("migrate"), *counted = tcase_create("killed");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_command_that_is_refused_leaves_nothing_in_the_tpm);
	tcase_add_test(tc, a_tpm_that_dies_leaves_the_old_token);
	tcase_add_test(tc, sessions_end_when_the_token_moves);
	tcase_add_test(tc, a_key_that_lives_in_the_tpm_stays_there);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(counted, setup_counted, teardown);
	tcase_add_test(counted, killed_at_a_command_it_leaves_the_old_token);
	suite_add_tcase(suite, counted);
	return test_run(suite);
}
