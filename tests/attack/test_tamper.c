/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A store that somebody changed behind our back: nothing of it is used, and
 * the application is told. Putting back an old copy of the whole file is another
 * matter; the threat model says so.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/token.h"
#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "store/store.h"

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static struct sg_buf whole;             /* the store before it was changed */

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	whole = test_file_read(p11_store);
}

static void tear_down(void)
{
	sg_buf_free(&whole);
	p11_teardown();
}

static void require_damaged(const char *sql)
{
	p11_sql(sql);
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_FindObjectsInit(s, NULL, 0));
	test_file_write(p11_store, sg_buf_bytes(&whole));
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count(s), 2);
}

static CK_RV make_token_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *key)
{
	struct p11_template t = { 0 };

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	return p11->C_GenerateKey(session, &p11_aes_gen, t.attr, t.n, key);
}

START_TEST(a_store_that_nobody_changed_is_sound)
{
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count(s), 2);
}
END_TEST

START_TEST(rows_that_are_deleted_doubled_or_swapped_are_noticed)
{
	require_damaged("DELETE FROM object WHERE seq = 1");
	require_damaged("DELETE FROM object WHERE seq = 2");
	require_damaged("DELETE FROM object");
	require_damaged("INSERT INTO object(uuid, record) SELECT randomblob(16), record FROM object "
	                "WHERE seq = 1");
	require_damaged("UPDATE object SET record = (SELECT record FROM object AS o "
	                "WHERE o.seq = 3 - object.seq)");
	require_damaged("UPDATE object SET uuid = randomblob(16) WHERE seq = 1");
	require_damaged("UPDATE object SET uuid = randomblob(16) WHERE seq = 2");
	require_damaged("UPDATE object SET record = (SELECT record FROM object WHERE seq = 1) "
	                "WHERE seq = 2");
}
END_TEST

START_TEST(records_that_are_empty_or_nonsense_are_noticed)
{
	require_damaged("UPDATE object SET record = x'' WHERE seq = 1");
	require_damaged("UPDATE object SET record = x'00' WHERE seq = 2");
	require_damaged("UPDATE object SET record = zeroblob(500)");
	require_damaged("UPDATE object SET record = randomblob(300)");
	require_damaged("UPDATE object SET record = CAST(record || x'00' AS BLOB) WHERE seq = 1");
	require_damaged("INSERT INTO object(uuid, record) VALUES(randomblob(16), zeroblob(9))");
	require_damaged("INSERT INTO object(uuid, record) VALUES(x'', x'')");
	require_damaged("UPDATE object SET record = zeroblob(1100000) WHERE seq = 2");
	require_damaged("DELETE FROM item WHERE id = 1");
	require_damaged("UPDATE item SET record = x'' WHERE id = 1");
	require_damaged("UPDATE item SET record = zeroblob(164) WHERE id = 1");
	require_damaged("UPDATE item SET record = CAST(record || x'00' AS BLOB) WHERE id = 1");
}
END_TEST

/* Put back all rows as they were in set_up. */
static void put_back_old_rows(void)
{
	char *old = NULL, *sql = NULL;

	ck_assert_int_gt(asprintf(&old, "%s/old.db", p11_folder), 0);
	test_file_write(old, sg_buf_bytes(&whole));
	ck_assert_int_gt(asprintf(&sql, "ATTACH '%s' AS old; UPDATE object SET record = "
	                          "(SELECT record FROM old.object AS o WHERE o.uuid = object.uuid) "
	                          "WHERE uuid IN (SELECT uuid FROM old.object)", old), 0);
	p11_sql(sql);
	free(sql);
	free(old);
}

START_TEST(an_older_version_of_a_row_is_noticed)
{
	p11_ok(p11_look(&s));
	p11_ok(p11_set(s, p11_find_label(s, CKO_PRIVATE_KEY, "pair"), CKA_LABEL, "new", 3));
	p11_ok(p11->C_Finalize(NULL));
	put_back_old_rows();
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
}
END_TEST

static void add_an_object(void *arg)
{
	(void)arg;
	p11_start();
	p11_make_aes(p11_open(CKF_RW_SESSION), "added");
}

START_TEST(an_older_version_of_a_row_does_not_come_back_to_life)
{
	CK_BBOOL no = CK_FALSE;

	p11_ok(p11_look(&s));
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_ok(p11_set(s, priv, CKA_SIGN, &no, 1));
	put_back_old_rows();
	/* A change of the store makes this process read the rows again. */
	p11_in_child(add_an_object, NULL);
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_FindObjectsInit(s, NULL, 0));
	ck_assert(!p11_get_bool(s, priv, CKA_SIGN));
	p11_is(CKR_KEY_FUNCTION_NOT_PERMITTED, p11->C_SignInit(s, &p11_eddsa, priv));
}
END_TEST

START_TEST(a_row_put_back_is_not_written_over)
{
	p11_ok(p11_look(&s));
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	p11_ok(p11_set(s, priv, CKA_LABEL, "new", 3));
	put_back_old_rows();
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11_set(s, priv, CKA_LABEL, "newer", 5));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11->C_DestroyObject(s, priv));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
}
END_TEST

START_TEST(the_rows_of_another_token_are_noticed)
{
	char *sql = NULL;
	CK_SESSION_HANDLE other;

	p11_make_machine_in(1);
	p11_start();
	p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &other));
	p11_make_pair(other, "pair", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_int_gt(asprintf(&sql, "ATTACH '%s/state/slot-0001.db' AS other; "
	                          "DELETE FROM object; INSERT INTO object SELECT * FROM "
	                          "other.object", p11_folder), 0);
	require_damaged(sql);
	free(sql);
	ck_assert_int_gt(asprintf(&sql, "ATTACH '%s/state/slot-0001.db' AS other; "
	                          "DELETE FROM object; INSERT INTO object SELECT * FROM "
	                          "other.object; UPDATE item SET record = (SELECT record FROM "
	                          "other.item WHERE id = 1) WHERE id = 1", p11_folder), 0);
	require_damaged(sql);
	free(sql);
	ck_assert_int_gt(asprintf(&sql, "ATTACH '%s/state/slot-0001.db' AS other; UPDATE item SET "
	                          "record = (SELECT record FROM other.item WHERE id = 0) "
	                          "WHERE id = 0", p11_folder), 0);
	require_damaged(sql);
	free(sql);
}
END_TEST

/* Flip one bit in each byte of a record; check that each is noticed, as damage or, in
 * the token record, in the way that the changed field is noticed first. */

static size_t record_len(const char *table)
{
	char sql[128];
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	size_t len;

	snprintf(sql, sizeof sql, "SELECT length(record) FROM %s", table);
	ck_assert_int_eq(sqlite3_open(p11_store, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	len = (size_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return len;
}

static void flip(const char *table, int row, size_t at)
{
	sqlite3_blob *blob = NULL;
	sqlite3 *db = NULL;
	uint8_t byte;

	ck_assert_int_eq(sqlite3_open(p11_store, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_blob_open(db, "main", table, "record", row, 1, &blob),
	                 SQLITE_OK);
	ck_assert_int_eq(sqlite3_blob_read(blob, &byte, 1, (int)at), SQLITE_OK);
	byte ^= (uint8_t)(1 << at % 8);
	ck_assert_int_eq(sqlite3_blob_write(blob, &byte, 1, (int)at), SQLITE_OK);
	ck_assert_int_eq(sqlite3_blob_close(blob), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* What a record begins with: its magic, and its version. */
static CK_RV told_of(size_t at)
{
	return at == 4 || at == 5 ? CKR_SIGNET_STORE_VERSION : CKR_SIGNET_STORE_DAMAGED;
}

START_TEST(every_byte_of_a_record_counts)
{
	int row = _i;
	size_t len = record_len(row == 1 ? "object WHERE seq = 1" : "object WHERE seq = 2");

	ck_assert_uint_gt(len, 100);
	for (size_t at = 0; at < len; at++) {
		flip("object", row, at);
		p11_is(told_of(at), p11_look(&s));
		flip("object", row, at);
	}
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count(s), 2);
}
END_TEST

START_TEST(every_byte_of_the_state_counts)
{
	size_t len = record_len("item WHERE id = 1");

	ck_assert_uint_gt(len, 100);
	for (size_t at = 0; at < len; at++) {
		flip("item", 1, at);
		p11_is(told_of(at), p11_look(&s));
		flip("item", 1, at);
	}
	p11_ok(p11_look(&s));
}
END_TEST

START_TEST(every_byte_of_the_token_record_counts)
{
	size_t len = record_len("item WHERE id = 0"), damaged = 0;

	ck_assert_uint_gt(len, 200);
	for (size_t at = 0; at < len; at++) {
		CK_RV rv;

		flip("item", 0, at);
		rv = p11_look(&s);
		ck_assert_msg(rv == CKR_SIGNET_STORE_DAMAGED || rv == CKR_SIGNET_STORE_VERSION ||
		              rv == CKR_SIGNET_SEALER_OFF || rv == CKR_TOKEN_NOT_RECOGNIZED,
		              "byte %zu gives 0x%lx", at, rv);
		damaged += rv == CKR_SIGNET_STORE_DAMAGED;
		flip("item", 0, at);
	}
	ck_assert_uint_gt(damaged, len / 2);
	p11_ok(p11_look(&s));
}
END_TEST

START_TEST(a_record_cut_short_anywhere_is_noticed)
{
	size_t len = record_len("object WHERE seq = 2");

	for (size_t keep = 0; keep < len; keep += 7) {
		char sql[128];

		snprintf(sql, sizeof sql, "UPDATE object SET record = substr(record, 1, %zu) "
		         "WHERE seq = 2", keep);
		p11_sql(sql);
		p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
		test_file_write(p11_store, sg_buf_bytes(&whole));
	}
}
END_TEST

START_TEST(a_store_cut_short_is_refused_and_stays_as_it_is)
{
	for (size_t keep = 0; keep < whole.len; keep += whole.len / 7) {
		struct test_snapshot before;
		CK_RV rv;

		test_file_write(p11_store, sg_bytes(whole.data, keep));
		before = test_snapshot_take(p11_store);
		rv = p11_look(&s);
		p11_is(CKR_SIGNET_STORE_DAMAGED, rv);
		test_snapshot_check(&before, p11_store);
	}
}
END_TEST

START_TEST(a_store_of_another_version_is_refused)
{
	p11_sql("PRAGMA user_version = 2");
	p11_is(CKR_SIGNET_STORE_VERSION, p11_look(&s));
}
END_TEST

START_TEST(a_store_that_disappears_closes_the_token)
{
	CK_SESSION_HANDLE again;
	CK_TOKEN_INFO info;

	p11_ok(p11_look(&s));
	priv = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	ck_assert_int_eq(remove(p11_store), 0);
	p11_is(CKR_TOKEN_NOT_RECOGNIZED,
	       p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &again));
	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_eq(info.flags & CKF_TOKEN_INITIALIZED, 0);
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &p11_eddsa, priv));
	p11_is(CKR_TOKEN_NOT_PRESENT, p11->C_FindObjectsInit(s, NULL, 0));
	test_file_write(p11_store, sg_buf_bytes(&whole));
	again = p11_open(0);
	ck_assert_uint_eq(p11_count(again), 2);
}
END_TEST

START_TEST(private_rows_are_checked_at_the_login)
{
	p11_teardown();
	p11_setup();
	s = p11_user();
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11->C_Finalize(NULL));
	p11_sql("DELETE FROM object WHERE seq = 2");
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(p11_count(s), 1);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_FindObjectsInit(s, NULL, 0));
}
END_TEST

/* A machine token of his, to which he has the keys, in the place of a token that was opened with
 * a PIN: nothing is looked for or made in that one by who thinks that he is in the other. */
START_TEST(who_is_logged_in_does_not_go_on_in_another_token)
{
	CK_OBJECT_HANDLE made;
	CK_TOKEN_INFO info;

	p11_teardown();
	p11_setup();
	s = p11_user();
	p11_make_pair(s, "pair", &pub, &priv);
	test_file_write(p11_store, sg_buf_bytes(&whole));
	if (_i == 0) {
		p11_is(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
		p11_is(CKR_USER_NOT_LOGGED_IN, make_token_key(s, &made));
		p11_login(s, CKU_USER, P11_PIN, CKR_DEVICE_REMOVED);
	} else if (_i == 1) {
		p11_is(CKR_DEVICE_REMOVED, make_token_key(s, &made));
		p11_is(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
	}
	p11_ok(p11->C_GetTokenInfo(0, &info));
	p11_is(CKR_SESSION_HANDLE_INVALID, make_token_key(s, &made));
	s = p11_open(CKF_RW_SESSION);
	ck_assert_uint_eq(p11_count(s), 2);
	p11_ok(make_token_key(s, &made));
}
END_TEST

/* Make of the machine token that is there, which is his, one with this uuid. */
static void take_the_uuid_of(const struct sg_token_record *genuine)
{
	struct sg_keyset *keys[2] = { NULL, NULL };
	struct sg_token_record record = { 0 };
	struct sg_config *config = NULL;
	struct sg_sealer *sealer = NULL;
	struct sg_store_txn *txn = NULL;
	struct sg_token *token = NULL;
	struct sg_secret *key = NULL;
	struct sg_buf stored = { 0 };
	struct sg_state state;

	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_read_record(token, &record), SG_OK);
	ck_assert_int_eq(sg_token_sealer(token, record.sealer, &sealer), SG_OK);
	ck_assert_int_eq(sg_token_unseal_open(token, sealer, &record, &key), SG_OK);
	memcpy(record.uuid, genuine->uuid, SG_UUID);
	ck_assert_int_eq(sg_token_derive(key, record.uuid, keys), SG_OK);
	sg_state_init(&state);
	for (int half = 0; half < 2; half++)
		sg_set_sign(&state.set[half], (enum sg_half)half, keys[half], record.uuid);
	ck_assert_int_eq(sg_store_begin(token->path, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_token_record_write(&record, keys, &stored), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&stored)), SG_OK);
	ck_assert_int_eq(sg_state_write(&state, &stored), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_buf_bytes(&stored)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	sg_keyset_free(&keys[0]);
	sg_keyset_free(&keys[1]);
	sg_secret_free(&key);
	sg_buf_free(&stored);
	sg_token_record_clear(&record);
	sg_token_free(&token);
	sg_config_free(&config);
}

static struct sg_token_record read_record(void)
{
	struct sg_token_record record = { 0 };
	struct sg_store_txn *txn = NULL;

	ck_assert_int_eq(sg_store_begin(p11_store, SG_STORE_READ, &txn), SG_OK);
	ck_assert_int_eq(sg_token_get_record(txn, &record), SG_OK);
	sg_store_abort(&txn);
	return record;
}

/* A uuid is no secret, and the sealed keys are not bound to it. */
START_TEST(nor_in_one_that_has_taken_its_uuid)
{
	struct sg_token_record genuine;
	CK_OBJECT_HANDLE made;
	struct sg_buf his;

	p11_teardown();
	p11_setup();
	p11_make_machine();
	his = test_file_read(p11_store);
	ck_assert_int_eq(remove(p11_store), 0);
	p11_make_pin_token();
	genuine = read_record();
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, CKU_USER, P11_PIN, CKR_OK);
	test_file_write(p11_store, sg_buf_bytes(&his));
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	take_the_uuid_of(&genuine);
	for (int i = 0; i < 3; i++) {
		p11_is(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
		ck_assert_uint_ne(make_token_key(s, &made), CKR_OK);
	}
	sg_token_record_clear(&genuine);
	sg_buf_free(&his);
	sg_crypto_stop();
}
END_TEST

static CK_RV set_pin(const char *old_pin, const char *new_pin)
{
	return p11->C_SetPIN(s, (CK_BYTE *)old_pin, strlen(old_pin), (CK_BYTE *)new_pin,
	                     strlen(new_pin));
}

/* Two tokens whose PINs are the same, and one in the place of the other. */
START_TEST(who_has_a_session_sets_no_pin_of_another_token)
{
	struct sg_buf before, after;

	p11_teardown();
	p11_setup();
	p11_make_pin_token();
	before = test_file_read(p11_store);
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_int_eq(remove(p11_store), 0);
	p11_make_pin_token();
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, _i < 2 ? CKU_USER : CKU_SO, _i < 2 ? P11_PIN : P11_SO_PIN, CKR_OK);
	test_file_write(p11_store, sg_buf_bytes(&before));
	for (int again = 0; again < 2; again++) {
		if (_i == 1)
			p11_is(CKR_DEVICE_REMOVED, p11->C_FindObjectsInit(s, NULL, 0));
		if (_i < 2)
			p11_is(CKR_DEVICE_REMOVED, set_pin(P11_PIN, "another pin"));
		else
			p11_is(CKR_DEVICE_REMOVED, p11->C_InitPIN(s, (CK_BYTE *)"another pin", 11));
	}
	after = test_file_read(p11_store);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&before), sg_buf_bytes(&after)));
	sg_buf_free(&before);
	sg_buf_free(&after);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("tamper");
	TCase *tc = tcase_create("tamper");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_store_that_nobody_changed_is_sound);
	tcase_add_test(tc, rows_that_are_deleted_doubled_or_swapped_are_noticed);
	tcase_add_test(tc, records_that_are_empty_or_nonsense_are_noticed);
	tcase_add_test(tc, an_older_version_of_a_row_is_noticed);
	tcase_add_test(tc, an_older_version_of_a_row_does_not_come_back_to_life);
	tcase_add_test(tc, a_row_put_back_is_not_written_over);
	tcase_add_test(tc, the_rows_of_another_token_are_noticed);
	tcase_add_loop_test(tc, every_byte_of_a_record_counts, 1, 3);
	tcase_add_test(tc, every_byte_of_the_state_counts);
	tcase_add_test(tc, every_byte_of_the_token_record_counts);
	tcase_add_test(tc, a_record_cut_short_anywhere_is_noticed);
	tcase_add_test(tc, a_store_cut_short_is_refused_and_stays_as_it_is);
	tcase_add_test(tc, a_store_of_another_version_is_refused);
	tcase_add_test(tc, a_store_that_disappears_closes_the_token);
	tcase_add_loop_test(tc, who_is_logged_in_does_not_go_on_in_another_token, 0, 3);
	tcase_add_test(tc, nor_in_one_that_has_taken_its_uuid);
	tcase_add_loop_test(tc, who_has_a_session_sets_no_pin_of_another_token, 0, 3);
	tcase_add_test(tc, private_rows_are_checked_at_the_login);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
