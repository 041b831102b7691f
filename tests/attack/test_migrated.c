/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on a token that moved from the development sealer into a TPM. Somebody has the
 * passphrase, and the store as it was: he gets what was in it, and nothing of what came later.
 */
#include <stdio.h>

#include "core/record.h"
#include "core/token_migrate.h"
#include "crypto/crypto.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/tpm.h"

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static struct sg_config *with_passphrase, *with_tpm;
static struct sg_token *token;
static struct sg_token_migrated moved;

static CK_OBJECT_HANDLE make_key(const char *label)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_text(&t, CKA_LABEL, label);
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	return key;
}

/* A token with two keys moves. From then on the owner's configuration names the TPM. */
static void setup(void)
{
	struct sg_token_migration how = { .sealer = "tpm" };

	p11_setup();
	test_tpm_start(&tpm);
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	s = p11_machine();
	(void)make_key("first");
	(void)make_key("second");
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_int_eq(sg_config_load(&with_passphrase), SG_OK);
	p11_configure_tpm(tpm.tcti);
	ck_assert_int_eq(sg_config_load(&with_tpm), SG_OK);
	ck_assert_int_eq(sg_token_new(with_passphrase, 0, &token), SG_OK);
	how.config = with_tpm;
	ck_assert_int_eq(sg_token_migrate(token, &how, &moved), SG_OK);
	ck_assert(moved.done);
}

static void teardown(void)
{
	sg_token_migrated_clear(&moved);
	sg_token_free(&token);
	sg_config_free(&with_passphrase);
	sg_config_free(&with_tpm);
	sg_crypto_stop();
	p11_teardown();
	test_tpm_stop(&tpm);
}

/* What he has: the keys of the old store. */
static void open_old(struct sg_token_proof *proof)
{
	const struct sg_token_pins none = { NULL };
	struct sg_store_txn *txn = NULL;

	ck_assert_int_eq(sg_store_begin(moved.aside, SG_STORE_READ, &txn), SG_OK);
	ck_assert_int_eq(sg_token_get_record(txn, &proof->record), SG_OK);
	sg_store_abort(&txn);
	sg_token_opening_lock(token);
	ck_assert_int_eq(sg_token_prove(token, &none, proof), SG_OK);
	sg_token_opening_unlock(token);
}

/* How much of a store he can read. */
struct reader {
	const struct sg_token_proof *proof;
	unsigned rows, readable;
};

static enum sg_err try_row(const uint8_t row[SG_UUID], struct sg_bytes record, void *arg)
{
	struct reader *r = arg;
	struct sg_object *object = NULL;
	struct sg_record_head head;

	ck_assert_int_eq(sg_record_head(record, &head), SG_OK);
	r->rows++;
	r->readable += sg_record_open(r->proof->record.uuid, row, r->proof->keys[head.half], record,
	                              &object) == SG_OK;
	sg_object_unref(&object);
	return SG_OK;
}

static struct reader try_store(const char *path, const struct sg_token_proof *proof)
{
	struct reader r = { .proof = proof };
	struct sg_store_txn *txn = NULL;

	ck_assert_int_eq(sg_store_begin(path, SG_STORE_READ, &txn), SG_OK);
	ck_assert_int_eq(sg_store_object_each(txn, try_row, &r), SG_OK);
	sg_store_abort(&txn);
	return r;
}

START_TEST(the_old_key_opens_the_old_store)
{
	struct sg_token_proof proof = { .sealer = NULL };
	struct reader r;

	open_old(&proof);
	r = try_store(moved.aside, &proof);
	ck_assert_uint_eq(r.rows, 2);
	ck_assert_uint_eq(r.readable, 2);
	sg_token_proof_clear(&proof);
}
END_TEST

START_TEST(the_old_key_opens_nothing_of_the_new_store)
{
	struct sg_token_proof proof = { .sealer = NULL };
	struct reader r;

	p11_ok(p11_look(&s));
	(void)make_key("third");
	p11_ok(p11->C_Finalize(NULL));
	open_old(&proof);
	r = try_store(p11_store, &proof);
	ck_assert_uint_eq(r.rows, 3);
	ck_assert_uint_eq(r.readable, 0);
	sg_token_proof_clear(&proof);
}
END_TEST

/* Write into the new store out of the old one. */
static void graft(const char *sql)
{
	char line[1024];

	snprintf(line, sizeof line, "ATTACH '%s' AS old; %s", moved.aside, sql);
	p11_sql(line);
}

/* A key is destroyed after the move, and he has its row from before. */
START_TEST(a_row_from_before_the_move_is_refused)
{
	p11_ok(p11_look(&s));
	p11_ok(p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "first")));
	p11_ok(p11->C_Finalize(NULL));
	graft("INSERT OR REPLACE INTO object SELECT * FROM old.object");
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
}
END_TEST

/* The same with the state that goes with the rows. */
START_TEST(the_state_from_before_the_move_is_refused)
{
	graft("INSERT OR REPLACE INTO object SELECT * FROM old.object;"
	      "INSERT OR REPLACE INTO item SELECT * FROM old.item WHERE id = 1");
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
}
END_TEST

/* The owner's configuration does not allow the development sealer any more. */
START_TEST(the_old_store_as_a_whole_does_not_open_in_the_tpm)
{
	ck_assert_int_eq(rename(moved.aside, p11_store), 0);
	p11_is(CKR_SIGNET_SEALER_OFF, p11_look(&s));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("migrated");
	TCase *tc = tcase_create("migrated");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_old_key_opens_the_old_store);
	tcase_add_test(tc, the_old_key_opens_nothing_of_the_new_store);
	tcase_add_test(tc, a_row_from_before_the_move_is_refused);
	tcase_add_test(tc, the_state_from_before_the_move_is_refused);
	tcase_add_test(tc, the_old_store_as_a_whole_does_not_open_in_the_tpm);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
