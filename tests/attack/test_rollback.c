/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks. Somebody keeps copies of the store and puts an older one back, so that a key that
 * was destroyed or a PIN that was changed is valid again; with the power in his hand, and as
 * the TPM's owner. And what the defence may not do: refuse the newest store, whenever a
 * process or the TPM died.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "core/token_accept.h"
#include "crypto/crypto.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"

#define OTHER_PIN "staple battery"
#define COMMANDS 100                    /* more than any change sends */

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static struct sg_buf old;               /* a copy of the store */

static void make_token(bool machine, bool protected)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = machine,
		.rollback_protection = protected,
	};

	p11_make(0, &plan);
}

static void setup(void)
{
	p11_setup();
	test_fault_start(&tpm);
	p11_configure_tpm(tpm.tcti);
}

static void teardown(void)
{
	(void)p11->C_Finalize(NULL);
	sg_buf_free(&old);
	test_tpm_stop(&tpm);
	p11_teardown();
}

static CK_RV make_key(const char *label)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, label);
	return p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key);
}

static void keep_copy(void)
{
	sg_buf_free(&old);
	old = test_file_read(p11_store);
}

static void put_back(void)
{
	test_file_write(p11_store, sg_buf_bytes(&old));
}

START_TEST(the_attack_works_where_nothing_counts)
{
	make_token(true, false);
	p11_ok(p11_look(&s));
	p11_ok(make_key("revoked"));
	keep_copy();
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
	put_back();
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count_keys(s, "revoked"), 1);
}
END_TEST

START_TEST(an_older_store_is_refused)
{
	struct sg_buf newest;

	make_token(true, true);
	p11_ok(p11_look(&s));
	p11_ok(make_key("revoked"));
	keep_copy();
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
	newest = test_file_read(p11_store);
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
	test_tpm_power_cut(&tpm);
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
	test_file_write(p11_store, sg_buf_bytes(&newest));
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count_keys(s, "revoked"), 0);
	sg_buf_free(&newest);
}
END_TEST

START_TEST(an_older_store_is_refused_by_who_has_the_newest_open)
{
	make_token(true, true);
	p11_ok(p11_look(&s));
	p11_ok(make_key("revoked"));
	keep_copy();
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11->C_FindObjectsInit(s, NULL, 0));
	p11_is(CKR_SIGNET_STORE_OLD, make_key("another"));
	p11_is(CKR_SIGNET_STORE_OLD, p11->C_FindObjectsInit(s, NULL, 0));
}
END_TEST

START_TEST(a_pin_that_was_changed_is_not_valid_again)
{
	make_token(false, true);
	p11_ok(p11_look(&s));
	keep_copy();
	p11_ok(p11->C_SetPIN(s, (CK_BYTE *)P11_PIN, strlen(P11_PIN), (CK_BYTE *)OTHER_PIN,
	                     strlen(OTHER_PIN)));
	put_back();
	(void)p11->C_Finalize(NULL);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, CKU_USER, P11_PIN, CKR_SIGNET_STORE_OLD);
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_SIGNET_STORE_OLD);
}
END_TEST

static enum sg_err accept_it(const char *so_pin, bool older)
{
	struct sg_token_pins pins = { NULL };
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_secret *pin = NULL;
	enum sg_err err;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	if (so_pin != NULL)
		ck_assert_int_eq(sg_secret_copy(sg_bytes_str(so_pin), &pin), SG_OK);
	pins.so = pin;
	err = sg_token_accept(token, &pins, older);
	sg_secret_free(&pin);
	sg_token_free(&token);
	sg_config_free(&config);
	sg_crypto_stop();
	return err;
}

/* Who was asked wants that store. */
static enum sg_err accept_store(const char *so_pin)
{
	return accept_it(so_pin, true);
}

/* Parts of the older store in the newest one: each is authentic by itself. They are no store that
 * the operator could accept either. */
static void take_from_older(const char *path, int item)
{
	char sql[400];

	snprintf(sql, sizeof sql, "ATTACH '%s' AS older; UPDATE item SET record = (SELECT "
	         "record FROM older.item AS o WHERE o.id = item.id) WHERE id = %d", path, item);
	p11_sql(sql);
}

START_TEST(parts_of_an_older_store_are_refused)
{
	struct sg_buf newest;
	char *path = scratch_path(p11_folder, "old.db");

	make_token(false, true);
	p11_ok(p11_look(&s));
	keep_copy();
	test_file_write(path, sg_buf_bytes(&old));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(make_key("new"));
	p11_ok(p11->C_SetPIN(s, (CK_BYTE *)P11_PIN, strlen(P11_PIN), (CK_BYTE *)OTHER_PIN,
	                     strlen(OTHER_PIN)));
	newest = test_file_read(p11_store);
	for (int item = 0; item < 3; item++) {
		(void)p11->C_Finalize(NULL);
		take_from_older(path, item);
		p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
		(void)p11->C_Finalize(NULL);
		ck_assert_int_eq(accept_store(P11_SO_PIN), SG_ERR_STORE_DAMAGED);
		test_file_write(p11_store, sg_buf_bytes(&newest));
	}
	p11_ok(p11_look(&s));
	sg_buf_free(&newest);
	free(path);
}
END_TEST

START_TEST(the_memory_of_the_tpm_that_was_put_back_is_noticed)
{
	make_token(true, true);
	p11_ok(p11_look(&s));
	p11_ok(make_key("one"));
	test_tpm_shell(&tpm, "cp -a state kept");
	p11_ok(make_key("two"));
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "one")));
	test_tpm_kill(&tpm);
	test_tpm_shell(&tpm, "rm -r state && mv kept state");
	test_tpm_resume(&tpm);
	p11_is(CKR_SIGNET_HW_NV_GONE, p11_look(&s));
	p11_is(CKR_SIGNET_HW_NV_GONE, p11->C_FindObjectsInit(s, NULL, 0));
}
END_TEST

/* The record says that there is a counter; without the token's keys nobody takes that out of it. */
START_TEST(without_its_anchor_the_store_is_damaged)
{
	make_token(true, true);
	p11_sql("DELETE FROM item WHERE id = 2");
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
}
END_TEST

/* Make what looks like the only counter, $I, where it is or elsewhere. */
static void copy_counter(const char *handle)
{
	char line[600];

	snprintf(line, sizeof line, "I=$(tpm2_getcap handles-nv-index | sed -n 's/^- //p'); N=%s; "
	         "tpm2_nvreadpublic $I | sed -n 's/.*authorization policy: *//p' | "
	         "tr -d ' \\n' | xxd -r -p > policy; [ $N != $I ] || tpm2_nvundefine -C o $I; "
	         "tpm2_nvdefine $N -C o -s 8 -L policy -a 'authread|authwrite|no_da|nt=counter'; "
	         "tpm2_nvincrement -C $N $N", handle);
	test_tpm_shell(&tpm, line);
}

START_TEST(an_owner_who_makes_the_counter_anew_gets_nothing_opened)
{
	make_token(true, true);
	p11_ok(p11_look(&s));
	keep_copy();
	p11_ok(make_key("new"));
	copy_counter("$I");
	p11_is(CKR_SIGNET_HW_NV_GONE, p11_look(&s));
	put_back();
	p11_is(CKR_SIGNET_HW_NV_GONE, p11_look(&s));
}
END_TEST

/* He breaks a harmless change off with the power, keeps what was written, puts the store back,
 * waits until the key is revoked, and brings what he kept. */
START_TEST(a_change_that_was_broken_off_is_no_way_back)
{
	struct sg_buf before;

	make_token(true, true);
	p11_ok(p11_look(&s));
	p11_ok(make_key("revoked"));
	before = test_file_read(p11_store);
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_Increment, 2, 0);
	ck_assert_uint_ne(make_key("harmless"), CKR_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	keep_copy();
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&old), sg_buf_bytes(&before)));
	test_tpm_power_cut(&tpm);
	test_file_write(p11_store, sg_buf_bytes(&before));
	if (p11_look(&s) == CKR_OK) {
		p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
		put_back();
		p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
	} else {
		put_back();
		p11_ok(p11_look(&s));
	}
	sg_buf_free(&before);
}
END_TEST

/* The same with what lay there between the two steps of a change. */
START_TEST(what_lay_there_in_between_is_no_way_back)
{
	make_token(true, true);
	p11_ok(p11_look(&s));
	p11_ok(make_key("revoked"));
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_Increment, 1, 0);
	ck_assert_uint_ne(make_key("harmless"), CKR_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	keep_copy();
	test_tpm_power_cut(&tpm);
	p11_ok(p11_look(&s));
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
}
END_TEST

static const enum test_fault deaths[] = { TEST_DIE_BEFORE, TEST_DIE_AFTER };

START_TEST(whenever_the_power_goes_the_newest_store_opens)
{
	unsigned hits = 1;
	CK_RV rv = CKR_OK;

	make_token(true, true);
	p11_ok(p11_look(&s));
	for (unsigned nth = 1; hits > 0; nth++) {
		ck_assert_uint_lt(nth, COMMANDS);
		test_fault_set(deaths[_i], TEST_ANY, nth, 0);
		rv = make_key("key");
		hits = test_fault_clear();
		if (hits > 0)
			test_tpm_power_cut(&tpm);
		p11_ok(p11_look(&s));
		/* It is there where that is what was said, and only then. */
		ck_assert_uint_eq(p11_count_keys(s, "key"), rv == CKR_OK || rv == CKR_SIGNET_UNCOUNTED);
		if (p11_count_keys(s, "key") > 0)
			p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "key")));
	}
	p11_ok(rv);
}
END_TEST

/* End a child, and say what it got if that is not what was wanted. */
static _Noreturn void tell(CK_RV rv)
{
	if (rv != CKR_OK)
		printf("# a child got 0x%lx\n", rv);
	fflush(stdout);
	_exit(rv == CKR_OK ? 0 : 1);
}

/* Kill the process that changes the store at its n-th command. */
static pid_t victim;
static unsigned kill_at, met;

static bool kill_it(void *arg, uint32_t code)
{
	(void)arg;
	(void)code;
	if (victim == 0 || ++met != kill_at)
		return true;
	kill(victim, SIGKILL);
	return true;
}

static void setup_killing(void)
{
	static const struct test_wire_hooks hooks = { .command = kill_it };

	p11_setup();
	victim = 0;
	test_tpm_start_wired(&tpm, &hooks);
	p11_configure_tpm(tpm.tcti);
}

START_TEST(whenever_a_process_is_killed_the_newest_store_opens)
{
	bool killed = true;
	int status;

	make_token(true, true);
	for (kill_at = 1; killed; kill_at++) {
		int gate[2];
		char go = 0;

		ck_assert_uint_lt(kill_at, COMMANDS);
		met = 0;
		ck_assert_int_eq(pipe(gate), 0);
		victim = fork();
		if (victim == 0) {
			CK_RV rv = CKR_FUNCTION_FAILED;

			test_tpm_abandon(&tpm);
			if (read(gate[0], &go, 1) == 1)
				rv = p11_look(&s);
			if (rv == CKR_OK)
				rv = make_key("key");
			tell(rv);
		}
		ck_assert_int_gt(victim, 0);
		ck_assert_int_eq(write(gate[1], &go, 1), 1);
		ck_assert_int_eq(waitpid(victim, &status, 0), victim);
		close(gate[0]);
		close(gate[1]);
		killed = WIFSIGNALED(status);
		ck_assert(killed || WEXITSTATUS(status) == 0);
		victim = 0;
		/* What a process that was killed left loaded; a resource manager would see to it. */
		test_tpm_shell(&tpm, "tpm2_flushcontext -t && tpm2_flushcontext -l");
		p11_ok(p11_look(&s));
		ck_assert_uint_le(p11_count_keys(s, "key"), 1);
		if (p11_count_keys(s, "key") > 0)
			p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "key")));
		(void)p11->C_Finalize(NULL);
	}
}
END_TEST

/* Others may keep the store for longer than a caller waits, on a machine that is busy. */
static CK_RV make_key_at_last(void)
{
	CK_RV rv = CKR_SIGNET_STORE_BUSY;

	for (int i = 0; i < 20 && rv == CKR_SIGNET_STORE_BUSY; i++)
		rv = make_key("key");
	return rv;
}

START_TEST(processes_that_write_at_once_lose_nothing)
{
	pid_t pids[4];
	int status, gate[2];

	make_token(true, true);
	ck_assert_int_eq(pipe(gate), 0);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			CK_RV rv;
			char go;

			test_tpm_abandon(&tpm);
			/* Who is forked while another has the TPM on the line holds that line too. */
			close(gate[1]);
			rv = read(gate[0], &go, 1) == 0 ? p11_look(&s) : CKR_FUNCTION_FAILED;
			for (int n = 0; n < 5 && rv == CKR_OK; n++)
				rv = make_key_at_last();
			tell(rv);
		}
		ck_assert_int_gt(pids[i], 0);
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count(s), 20);
}
END_TEST

#define OTHER_SO_PIN "officer's other"
#define LOGINS 12

static void change_so_pin(void)
{
	const char *pin = P11_SO_PIN, *other = OTHER_SO_PIN;

	test_tpm_abandon(&tpm);
	while (p11_look(&s) != CKR_OK ||
	       p11->C_Login(s, CKU_SO, (CK_BYTE *)pin, strlen(pin)) != CKR_OK)
		(void)p11->C_CloseAllSessions(0);
	for (;;) {
		const char *was = pin;

		if (p11->C_SetPIN(s, (CK_BYTE *)pin, strlen(pin), (CK_BYTE *)other,
		                  strlen(other)) != CKR_OK)
			continue;
		pin = other;
		other = was;
	}
}

/* The record that a PIN was proved with is not the one that the counter is asked about then. */
START_TEST(a_right_pin_is_right_whatever_another_process_changes)
{
	CK_TOKEN_INFO info;
	int status;
	pid_t child;

	make_token(false, true);
	child = fork();
	if (child == 0)
		change_so_pin();
	ck_assert_int_gt(child, 0);
	p11_ok(p11_look(&s));
	for (int i = 0; i < LOGINS; i++) {
		p11_login(s, CKU_USER, P11_PIN, CKR_OK);
		p11_ok(p11->C_GetTokenInfo(0, &info));
		ck_assert_uint_eq(info.flags & CKF_USER_PIN_COUNT_LOW, 0);
		p11_ok(p11->C_Logout(s));
	}
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
}
END_TEST

START_TEST(who_is_not_logged_in_writes_nothing)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE object;

	make_token(false, true);
	p11_ok(p11_look(&s));
	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, false);
	p11_text(&t, CKA_VALUE, "anything");
	p11_is(CKR_USER_NOT_LOGGED_IN, p11->C_CreateObject(s, t.attr, t.n, &object));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &object));
}
END_TEST

START_TEST(a_token_that_is_made_anew_stays_protected)
{
	CK_BYTE label[33] = "anew                            ";

	make_token(false, true);
	keep_copy();
	p11_start();
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	p11_ok(p11_look(&s));
	test_tpm_shell(&tpm, "test $(tpm2_getcap handles-nv-index | grep -c 0x) -eq 1");
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
}
END_TEST

/* The old counter must go before the new store is there, or the old store is a way back. */
START_TEST(a_token_is_made_anew_with_its_old_counter_gone_or_not_at_all)
{
	CK_BYTE label[33] = "anew                            ";

	make_token(false, true);
	p11_ok(p11_look(&s));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_ok(make_key("kept"));
	p11_ok(p11->C_CloseAllSessions(0));
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_UndefineSpace, 1, TPM2_RC_FAILURE);
	ck_assert_uint_ne(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label),
	                  CKR_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	p11_ok(p11_look(&s));
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	ck_assert_uint_eq(p11_count_keys(s, "kept"), 1);
	test_tpm_shell(&tpm, "test $(tpm2_getcap handles-nv-index | grep -c 0x) -eq 1");
}
END_TEST

/* Or, where the TPM goes away in between, neither token opens. */
START_TEST(a_token_keeps_its_counter_until_all_others_are_gone)
{
	CK_BYTE label[33] = "anew                            ";

	make_token(false, true);
	p11_ok(p11_look(&s));
	p11_ok(p11->C_CloseAllSessions(0));
	copy_counter("0x01bfffff");
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_UndefineSpace, 2, 0);
	ck_assert_uint_ne(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label),
	                  CKR_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	test_tpm_power_cut(&tpm);
	p11_ok(p11_look(&s));
}
END_TEST

START_TEST(who_accepts_a_store_accepts_no_other)
{
	struct sg_buf before;

	make_token(true, true);
	p11_ok(p11_look(&s));
	before = test_file_read(p11_store);
	test_fault_set(TEST_DIE_BEFORE, TPM2_CC_NV_Increment, 2, 0);
	ck_assert_uint_ne(make_key("broken off"), CKR_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	keep_copy();
	test_tpm_power_cut(&tpm);
	(void)p11->C_Finalize(NULL);
	test_file_write(p11_store, sg_buf_bytes(&before));
	ck_assert_int_eq(accept_store(NULL), SG_OK);
	p11_ok(p11_look(&s));
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
	sg_buf_free(&before);
}
END_TEST

static void remove_counters(void)
{
	test_tpm_shell(&tpm, "for i in $(tpm2_getcap handles-nv-index | sed -n 's/^- //p'); do "
	               "tpm2_nvundefine -C o $i; done");
}

/* He removes the counter, so that the user accepts his own store; keeps what comes of that, puts
 * the store of before back, and the user accepts it once more. What he kept names a counter that
 * nobody would move any more. */
static void get_accepted(const char *so_pin)
{
	struct sg_buf before = test_file_read(p11_store);

	remove_counters();
	ck_assert_int_eq(accept_store(so_pin), SG_OK);
	keep_copy();
	test_file_write(p11_store, sg_buf_bytes(&before));
	sg_buf_free(&before);
}

/* One accept was necessary, by his doing or not. Older copies name the counter of before, and the
 * way out must not be to take them. */
START_TEST(a_counter_that_is_gone_is_no_way_back_to_a_copy_of_before)
{
	struct sg_buf newest;

	make_token(true, true);
	p11_ok(p11_look(&s));
	p11_ok(make_key("revoked"));
	keep_copy();
	remove_counters();
	p11_is(CKR_SIGNET_HW_NV_GONE, p11_look(&s));
	(void)p11->C_Finalize(NULL);
	ck_assert_int_eq(accept_it(NULL, false), SG_OK);
	p11_ok(p11_look(&s));
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
	newest = test_file_read(p11_store);
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
	(void)p11->C_Finalize(NULL);
	ck_assert_int_eq(accept_it(NULL, false), SG_ERR_STORE_OLD);
	test_file_write(p11_store, sg_buf_bytes(&newest));
	p11_ok(p11_look(&s));
	sg_buf_free(&newest);
}
END_TEST

START_TEST(no_older_copy_is_accepted_by_who_was_not_asked)
{
	struct sg_buf newest;

	make_token(true, true);
	p11_ok(p11_look(&s));
	keep_copy();
	p11_ok(make_key("new"));
	(void)p11->C_Finalize(NULL);
	newest = test_file_read(p11_store);
	put_back();
	ck_assert_int_eq(accept_it(NULL, false), SG_ERR_STORE_OLD);
	test_file_write(p11_store, sg_buf_bytes(&newest));
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count_keys(s, "new"), 1);
	sg_buf_free(&newest);
}
END_TEST

START_TEST(who_has_a_store_accepted_twice_has_no_way_back)
{
	make_token(true, true);
	p11_ok(p11_look(&s));
	p11_ok(make_key("revoked"));
	(void)p11->C_Finalize(NULL);
	get_accepted(NULL);
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
	(void)p11->C_Finalize(NULL);
	ck_assert_int_eq(accept_store(NULL), SG_OK);
	p11_ok(p11_look(&s));
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
}
END_TEST

START_TEST(nor_has_who_has_the_token_made_anew_after_it)
{
	CK_BYTE label[33] = "anew                            ";

	make_token(false, true);
	(void)p11->C_Finalize(NULL);
	get_accepted(P11_SO_PIN);
	p11_start();
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	p11_ok(p11_look(&s));
	put_back();
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
}
END_TEST

START_TEST(no_store_is_accepted_while_another_counter_stays)
{
	make_token(true, true);
	(void)p11->C_Finalize(NULL);
	get_accepted(NULL);
	test_fault_set(TEST_REFUSE, TPM2_CC_NV_UndefineSpace, 1, TPM2_RC_FAILURE);
	ck_assert_int_ne(accept_store(NULL), SG_OK);
	ck_assert_uint_eq(test_fault_clear(), 1);
	p11_is(CKR_SIGNET_STORE_OLD, p11_look(&s));
}
END_TEST

START_TEST(a_sealer_without_counters_is_no_protection)
{
	struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "soft", .machine = true,
		.rollback_protection = true,
	};
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_ERR_HW_UNSUPPORTED);
	ck_assert_int_ne(access(p11_store, F_OK), 0);
	sg_token_free(&token);
	sg_config_free(&config);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("rollback");
	TCase *attack = tcase_create("attack"), *killing = tcase_create("killing");
	TCase *soft = p11_case(suite, "soft");

	tcase_add_checked_fixture(attack, setup, teardown);
	tcase_add_test(attack, the_attack_works_where_nothing_counts);
	tcase_add_test(attack, an_older_store_is_refused);
	tcase_add_test(attack, an_older_store_is_refused_by_who_has_the_newest_open);
	tcase_add_test(attack, a_pin_that_was_changed_is_not_valid_again);
	tcase_add_test(attack, parts_of_an_older_store_are_refused);
	tcase_add_test(attack, the_memory_of_the_tpm_that_was_put_back_is_noticed);
	tcase_add_test(attack, without_its_anchor_the_store_is_damaged);
	tcase_add_test(attack, an_owner_who_makes_the_counter_anew_gets_nothing_opened);
	tcase_add_test(attack, a_change_that_was_broken_off_is_no_way_back);
	tcase_add_test(attack, what_lay_there_in_between_is_no_way_back);
	tcase_add_loop_test(attack, whenever_the_power_goes_the_newest_store_opens, 0, 2);
	tcase_add_test(attack, processes_that_write_at_once_lose_nothing);
	tcase_add_test(attack, a_right_pin_is_right_whatever_another_process_changes);
	tcase_add_test(attack, who_is_not_logged_in_writes_nothing);
	tcase_add_test(attack, a_token_that_is_made_anew_stays_protected);
	tcase_add_test(attack, a_token_is_made_anew_with_its_old_counter_gone_or_not_at_all);
	tcase_add_test(attack, a_token_keeps_its_counter_until_all_others_are_gone);
	tcase_add_test(attack, who_accepts_a_store_accepts_no_other);
	tcase_add_test(attack, a_counter_that_is_gone_is_no_way_back_to_a_copy_of_before);
	tcase_add_test(attack, no_older_copy_is_accepted_by_who_was_not_asked);
	tcase_add_test(attack, who_has_a_store_accepted_twice_has_no_way_back);
	tcase_add_test(attack, nor_has_who_has_the_token_made_anew_after_it);
	tcase_add_test(attack, no_store_is_accepted_while_another_counter_stays);
	suite_add_tcase(suite, attack);
	tcase_add_checked_fixture(killing, setup_killing, teardown);
	tcase_add_test(killing, whenever_a_process_is_killed_the_newest_store_opens);
	suite_add_tcase(suite, killing);
	tcase_add_test(soft, a_sealer_without_counters_is_no_protection);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
