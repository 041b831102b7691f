/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks. Somebody may ask the TPM and write the store, and has no PIN: another program of the
 * same user, or who has disk and board. The TPM gives him the keys of the token's public half,
 * so he makes a token record that passes with them: one without rollback protection on top of an
 * old copy, without tries of the PIN's own, without a policy, or with a parent of his.
 */
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "core/token.h"
#include "core/token_remove.h"
#include "crypto/crypto.h"
#include "lib/fault.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/tpm.h"
#include "store/store.h"

#define OTHER_PIN "staple battery"
#define BYTES(text) (CK_BYTE *)(text), strlen(text)

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static struct sg_buf old, newest;       /* copies of the store */

static void make_token(unsigned tries)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .rollback_protection = true,
		.pin_tries = tries, .policy = sg_bytes_str("pcr=sha256:16"),
	};

	p11_make(0, &plan);
}

static void setup(void)
{
	p11_setup();
	test_fault_start(&tpm);
	p11_configure_tpm(tpm.tcti);
	make_token(3);
}

static void teardown(void)
{
	(void)p11->C_Finalize(NULL);
	sg_buf_free(&old);
	sg_buf_free(&newest);
	test_tpm_stop(&tpm);
	p11_teardown();
}

static CK_RV login(CK_USER_TYPE user)
{
	const char *pin = user == CKU_SO ? P11_SO_PIN : P11_PIN;

	return p11->C_Login(s, user, BYTES(pin));
}

/* A key is made, and destroyed; the older copy still has it. */
static void revoke_a_key(void)
{
	p11_ok(p11_look(&s));
	p11_ok(login(CKU_USER));
	(void)p11_make_aes(s, "revoked");
	old = test_file_read(p11_store);
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "revoked")));
	newest = test_file_read(p11_store);
}

/* With the keys that he has: he gets them while the newest store is there. */
static void he_writes(void (*change)(struct sg_token_record *), const struct sg_buf *copy)
{
	struct sg_token_record record = { 0 };
	struct sg_store_txn *txn = NULL;
	struct sg_buf stored = { 0 };
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_keyset *his[2];

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	ck_assert_ptr_null(token->keys[SG_PRIVATE_HALF]);
	his[0] = his[1] = token->keys[SG_PUBLIC_HALF];
	if (copy != NULL)
		test_file_write(p11_store, sg_buf_bytes(copy));
	ck_assert_int_eq(sg_store_begin(token->path, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_token_get_record(txn, &record), SG_OK);
	change(&record);
	ck_assert_int_eq(sg_token_record_write(&record, his, &stored), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&stored)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	sg_token_record_clear(&record);
	sg_buf_free(&stored);
	sg_token_free(&token);
	sg_config_free(&config);
	sg_crypto_stop();
}

static void without_counter(struct sg_token_record *record)
{
	sg_buf_free(&record->counter);
}

/* With the others too: the anchor tells records that are not the one it is over. */
static void without_tries(struct sg_token_record *record)
{
	without_counter(record);
	record->pin_tries = 0;
	record->indices.n = 0;
}

static void without_policy(struct sg_token_record *record)
{
	without_counter(record);
	sg_buf_free(&record->policy);
}

/* He can't tell more than that before a PIN is given: the keys that check it are under it. */
START_TEST(an_old_copy_without_its_counter_opens_to_no_pin)
{
	revoke_a_key();
	(void)p11->C_Finalize(NULL);
	he_writes(without_counter, &old);
	p11_ok(p11_look(&s));
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_USER));
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_SO));
	ck_assert_uint_eq(p11_count_keys(s, "revoked"), 0);
}
END_TEST

START_TEST(who_is_logged_in_is_shown_no_old_copy_without_its_counter)
{
	revoke_a_key();
	he_writes(without_counter, &old);
	p11_is(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count_keys(s, "revoked"), 0);
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_USER));
}
END_TEST

static void (*const changes[])(struct sg_token_record *) = {
	without_counter, without_tries, without_policy,
};

START_TEST(with_a_record_of_his_no_pin_is_changed_and_no_token_made_anew)
{
	CK_BYTE label[33] = "anew                            ";

	he_writes(changes[_i], NULL);
	p11_ok(p11_look(&s));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_SetPIN(s, BYTES(P11_PIN), BYTES(OTHER_PIN)));
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_SO));
	p11_ok(p11->C_CloseAllSessions(0));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_InitToken(0, BYTES(P11_SO_PIN), label));
}
END_TEST

/* He waits until the officer is logged in. */
START_TEST(with_a_record_of_his_the_officer_sets_no_pin)
{
	p11_ok(p11_look(&s));
	p11_ok(login(CKU_SO));
	he_writes(changes[_i], NULL);
	p11_is(CKR_DEVICE_REMOVED, p11->C_InitPIN(s, BYTES(OTHER_PIN)));
}
END_TEST

static struct sg_buf his_parent;

static void with_his_parent(struct sg_token_record *record)
{
	without_counter(record);
	ck_assert_int_eq(sg_buf_set(&record->parent, sg_buf_bytes(&his_parent)), SG_OK);
}

/* The TPM's owner puts another key in the place of the storage key; what is sealed under that
 * may be opened elsewhere. So it is not enough that nothing is stored. Making an index stands in
 * the way of a PIN with tries of its own; nothing does of one without. */
START_TEST(nothing_is_sealed_under_a_parent_that_he_names)
{
	char *name = scratch_path(tpm.folder, "name");
	struct sg_buf before;
	CK_RV rv;

	if (_i == 0) {
		ck_assert_int_eq(unlink(p11_store), 0);
		make_token(0);
	}
	p11_ok(p11_look(&s));
	p11_ok(login(CKU_SO));
	test_tpm_shell(&tpm, "tpm2_createprimary -Q -C o -G rsa2048:aes128cfb -c his.ctx -a "
	               "'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt'"
	               " && tpm2_readpublic -Q -c his.ctx -n name && tpm2_flushcontext -t");
	his_parent = test_file_read(name);
	he_writes(with_his_parent, NULL);
	test_tpm_shell(&tpm, "tpm2_evictcontrol -Q -C o -c 0x81000001 && "
	               "tpm2_evictcontrol -Q -C o -c his.ctx 0x81000001 && "
	               "tpm2_flushcontext -t");
	before = test_file_read(p11_store);
	test_tpm_forget(&tpm);
	rv = p11->C_InitPIN(s, BYTES(OTHER_PIN));
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_Create), 0);
	p11_is(CKR_DEVICE_REMOVED, rv);
	newest = test_file_read(p11_store);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&before), sg_buf_bytes(&newest)));
	sg_buf_free(&before);
	sg_buf_free(&his_parent);
	free(name);
}
END_TEST

static CK_RV make_public_data(void)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE object;

	p11_ulong(&t, CKA_CLASS, CKO_DATA);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, false);
	p11_text(&t, CKA_VALUE, "anything");
	return p11->C_CreateObject(s, t.attr, t.n, &object);
}

/* An honest program writes on top of what he made, before anybody logs in: that makes neither
 * the record good nor the copy new. */
START_TEST(what_is_written_before_a_login_blesses_nothing)
{
	struct sg_store_txn *txn = NULL;
	struct sg_buf genuine = { 0 };

	revoke_a_key();
	(void)p11->C_Finalize(NULL);
	ck_assert_int_eq(sg_store_begin(p11_store, SG_STORE_READ, &txn), SG_OK);
	ck_assert_int_eq(sg_store_get(txn, SG_STORE_TOKEN, &genuine), SG_OK);
	sg_store_abort(&txn);
	he_writes(without_counter, &old);
	p11_ok(p11_look(&s));
	p11_ok(make_public_data());
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_USER));
	ck_assert_int_eq(sg_store_begin(p11_store, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&genuine)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_USER));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
	sg_buf_free(&genuine);
}
END_TEST

/* The program that had read his record asks the counter again once the genuine one is back. */
START_TEST(who_had_read_his_record_still_refuses_an_old_copy)
{
	revoke_a_key();
	(void)p11->C_Finalize(NULL);
	he_writes(without_counter, NULL);
	p11_ok(p11_look(&s));
	test_file_write(p11_store, sg_buf_bytes(&newest));
	p11_ok(login(CKU_USER));
	test_file_write(p11_store, sg_buf_bytes(&old));
	p11_is(CKR_SIGNET_STORE_OLD, p11->C_FindObjectsInit(s, NULL, 0));
}
END_TEST

/* What everybody sees of an index in the TPM: where it is, and its authPolicy. */
static struct sg_pin_index seen;

static void see_the_index_of(CK_SLOT_ID slot)
{
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, slot, &token), SG_OK);
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_uint_eq(token->record.indices.n, 1);
	seen = token->record.indices.entry[0].index;
	memset(seen.writer, 0, sizeof seen.writer);
	sg_token_free(&token);
	sg_config_free(&config);
	sg_crypto_stop();
}

static void with_the_index_of_another(struct sg_token_record *record)
{
	struct sg_pin_entry *entry = &record->indices.entry[record->indices.n++];

	without_counter(record);
	*entry = (struct sg_pin_entry){ .index.handle = seen.handle };
	memcpy(entry->index.writer, seen.authority, sizeof entry->index.writer);
}

static void destroy(CK_SLOT_ID slot)
{
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_token_left left;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, slot, &token), SG_OK);
	ck_assert_int_eq(sg_token_remove(token, NULL, &left), SG_OK);
	ck_assert_int_eq(left.index_err, SG_OK);
	sg_token_free(&token);
	sg_config_free(&config);
	sg_crypto_stop();
}

START_TEST(an_index_that_he_saw_in_the_tpm_is_not_removed_with_his_token)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("other"), .sealer = "tpm", .pin_tries = 3,
	};

	p11_make(1, &plan);
	see_the_index_of(1);
	he_writes(with_the_index_of_another, NULL);
	destroy(0);
	p11_ok(p11->C_Initialize(NULL));
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &s));
	p11_ok(login(CKU_USER));
}
END_TEST

static Suite *suite(void)
{
	const int n = sizeof changes / sizeof changes[0];
	Suite *suite = suite_create("record");
	TCase *tc = tcase_create("record");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_old_copy_without_its_counter_opens_to_no_pin);
	tcase_add_test(tc, who_is_logged_in_is_shown_no_old_copy_without_its_counter);
	tcase_add_loop_test(tc, with_a_record_of_his_no_pin_is_changed_and_no_token_made_anew, 0, n);
	tcase_add_loop_test(tc, with_a_record_of_his_the_officer_sets_no_pin, 0, n);
	tcase_add_loop_test(tc, nothing_is_sealed_under_a_parent_that_he_names, 0, 2);
	tcase_add_test(tc, what_is_written_before_a_login_blesses_nothing);
	tcase_add_test(tc, who_had_read_his_record_still_refuses_an_old_copy);
	tcase_add_test(tc, an_index_that_he_saw_in_the_tpm_is_not_removed_with_his_token);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
