/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks. Somebody may ask the TPM and write the store of a token with rollback protection, and
 * has no PIN. With the keys of the public half, which the TPM gives him, he writes other content
 * into a public row, under the generation that it has: its code, the sum over the rows and the
 * public code of the anchor stay right.
 */
#include <stdlib.h>
#include <string.h>

#include "core/token_accept.h"
#include "core/token_objects.h"
#include "core/token_write.h"
#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "store/store.h"

#define BYTES(text) (CK_BYTE *)(text), strlen(text)

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static struct sg_buf genuine;           /* the store before he came */

static void setup(void)
{
	p11_setup();
	test_tpm_start(&tpm);
	p11_configure_tpm(tpm.tcti);
}

static void teardown(void)
{
	(void)p11->C_Finalize(NULL);
	sg_buf_free(&genuine);
	test_tpm_stop(&tpm);
	p11_teardown();
}

static CK_RV login(CK_USER_TYPE user)
{
	return p11->C_Login(s, user, BYTES(user == CKU_SO ? P11_SO_PIN : P11_PIN));
}

/* A public key that wraps, which had another name once. */
static CK_OBJECT_HANDLE make_public_key(void)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, false);
	p11_bool(&t, CKA_WRAP, true);
	p11_text(&t, CKA_LABEL, "older");
	p11_ok(p11->C_GenerateKey(s, &p11_aes_gen, t.attr, t.n, &key));
	p11_ok(p11_set(s, key, CKA_LABEL, "genuine", strlen("genuine")));
	return key;
}

static void make_token(bool machine)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = machine,
		.rollback_protection = true,
	};

	p11_make(0, &plan);
	p11_ok(p11_look(&s));
	if (!machine)
		p11_ok(login(CKU_USER));
	(void)make_public_key();
	genuine = test_file_read(p11_store);
}

static CK_RV search(void)
{
	CK_RV rv = p11->C_FindObjectsInit(s, NULL, 0);

	if (rv == CKR_OK)
		p11_ok(p11->C_FindObjectsFinal(s));
	return rv;
}

static void with_a_label(struct sg_attrs *attrs)
{
	ck_assert_int_eq(sg_attrs_set(attrs, CKA_LABEL, sg_bytes_str("forged")), SG_OK);
}

static void with_trust(struct sg_attrs *attrs)
{
	const CK_BBOOL yes = CK_TRUE;

	with_a_label(attrs);
	ck_assert_int_eq(sg_attrs_set(attrs, CKA_TRUSTED, sg_bytes(&yes, sizeof yes)), SG_OK);
}

/* As it was before it was changed last. */
static void with_older_content(struct sg_attrs *attrs)
{
	ck_assert_int_eq(sg_attrs_set(attrs, CKA_LABEL, sg_bytes_str("older")), SG_OK);
}

static const struct {
	void (*change)(struct sg_attrs *);
	const char *label;
} changes[] = {
	{ with_a_label, "forged" },
	{ with_trust, "forged" },
	{ with_older_content, "older" },
};

static void begin(struct sg_config **config, struct sg_token **token)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(config), SG_OK);
	ck_assert_int_eq(sg_token_new(*config, 0, token), SG_OK);
}

static void end(struct sg_config **config, struct sg_token **token)
{
	sg_token_free(token);
	sg_config_free(config);
	sg_crypto_stop();
}

/* With the keys that he has he opens a row and closes it again. */
static enum sg_err rewrite(const uint8_t row[SG_UUID], struct sg_token *token,
                           struct sg_buf *record, void (*change)(struct sg_attrs *))
{
	struct sg_object *object = NULL;
	enum sg_err err = sg_record_open(token->record.uuid, row, token->keys[SG_PUBLIC_HALF],
	                                 sg_buf_bytes(record), &object);

	ck_assert_int_eq(err, SG_OK);
	change(&object->attrs);
	err = sg_record_close(token->record.uuid, token->keys[SG_PUBLIC_HALF], object,
	                      object->generation, record);
	sg_object_unref(&object);
	return err;
}

struct public_row {
	uint8_t uuid[SG_UUID];
	struct sg_buf record;
};

static enum sg_err keep_row(const uint8_t uuid[SG_UUID], struct sg_bytes record, void *arg)
{
	struct public_row *row = arg;

	memcpy(row->uuid, uuid, SG_UUID);
	return sg_buf_set(&row->record, record);
}

static void he_writes(void (*change)(struct sg_attrs *))
{
	struct public_row row = { .record = { 0 } };
	struct sg_store_txn *txn = NULL;
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;

	begin(&config, &token);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	if (!token->record.machine)
		ck_assert_ptr_null(token->keys[SG_PRIVATE_HALF]);
	ck_assert_int_eq(sg_store_begin(token->path, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_store_object_each(txn, keep_row, &row), SG_OK);
	ck_assert_int_eq(rewrite(row.uuid, token, &row.record, change), SG_OK);
	ck_assert_int_eq(sg_store_object_put(txn, row.uuid, sg_buf_bytes(&row.record)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	sg_buf_free(&row.record);
	end(&config, &token);
}

/* Make a row his, and the state fit, with a generation that lies some steps back. */
static void set_back(struct sg_token *token, struct sg_store_txn *txn, struct public_row *row,
                     void (*change)(struct sg_attrs *), uint64_t back)
{
	const struct sg_keyset *keys = token->keys[SG_PUBLIC_HALF];
	struct sg_object *object = NULL;
	struct sg_buf stored = { 0 };
	struct sg_state state;
	struct sg_set *set = &state.set[SG_PUBLIC_HALF];

	ck_assert_int_eq(sg_token_read_state(txn, &state), SG_OK);
	ck_assert_int_eq(sg_record_open(token->record.uuid, row->uuid, keys,
	                                sg_buf_bytes(&row->record), &object), SG_OK);
	change(&object->attrs);
	sg_set_remove(set, keys, row->uuid, object->generation);
	set->generation = object->generation - back;
	sg_set_add(set, keys, row->uuid, set->generation);
	sg_set_sign(set, SG_PUBLIC_HALF, keys, token->record.uuid);
	ck_assert_int_eq(sg_record_close(token->record.uuid, keys, object, set->generation,
	                                 &row->record), SG_OK);
	ck_assert_int_eq(sg_state_write(&state, &stored), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_STATE, sg_buf_bytes(&stored)), SG_OK);
	sg_object_unref(&object);
	sg_buf_free(&stored);
}

/* A store without its counter, so that it is written to before a login, with a row of his, and a
 * generation such that the row has that of the genuine one after some steps more. */
static void he_plants(void (*change)(struct sg_attrs *), uint64_t steps)
{
	struct public_row row = { .record = { 0 } };
	struct sg_token_record record = { 0 };
	struct sg_store_txn *txn = NULL;
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_buf stored = { 0 };
	struct sg_keyset *his[2];

	begin(&config, &token);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	ck_assert_ptr_null(token->keys[SG_PRIVATE_HALF]);
	his[0] = his[1] = token->keys[SG_PUBLIC_HALF];
	ck_assert_int_eq(sg_store_begin(token->path, SG_STORE_WRITE, &txn), SG_OK);
	ck_assert_int_eq(sg_token_get_record(txn, &record), SG_OK);
	sg_buf_free(&record.counter);
	ck_assert_int_eq(sg_token_record_write(&record, his, &stored), SG_OK);
	ck_assert_int_eq(sg_store_put(txn, SG_STORE_TOKEN, sg_buf_bytes(&stored)), SG_OK);
	ck_assert_int_eq(sg_store_object_each(txn, keep_row, &row), SG_OK);
	set_back(token, txn, &row, change, steps);
	ck_assert_int_eq(sg_store_object_put(txn, row.uuid, sg_buf_bytes(&row.record)), SG_OK);
	ck_assert_int_eq(sg_store_commit(&txn), SG_OK);
	sg_buf_free(&row.record);
	sg_buf_free(&stored);
	sg_token_record_clear(&record);
	end(&config, &token);
}

/* Before it nobody can tell: what would is under the PIN. */
START_TEST(a_public_row_that_he_rewrote_opens_to_no_pin)
{
	make_token(false);
	(void)p11->C_Finalize(NULL);
	he_writes(changes[_i].change);
	p11_ok(p11_look(&s));
	ck_assert_uint_eq(p11_count_keys(s, changes[_i].label), 1);
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_USER));
	p11_is(CKR_SIGNET_STORE_DAMAGED, login(CKU_SO));
	test_file_write(p11_store, sg_buf_bytes(&genuine));
	p11_ok(login(CKU_USER));
	ck_assert_uint_eq(p11_count_keys(s, "genuine"), 1);
}
END_TEST

/* He puts the genuine one back before anybody gives a PIN. */
START_TEST(what_was_read_before_a_login_does_not_stay)
{
	CK_OBJECT_HANDLE forged;
	char label[16];
	CK_ULONG len = sizeof label;

	make_token(false);
	(void)p11->C_Finalize(NULL);
	he_writes(with_trust);
	p11_ok(p11_look(&s));
	forged = p11_find_label(s, CKO_SECRET_KEY, "forged");
	ck_assert(p11_get_bool(s, forged, CKA_TRUSTED));
	test_file_write(p11_store, sg_buf_bytes(&genuine));
	p11_ok(login(_i == 0 ? CKU_USER : CKU_SO));
	p11_ok(p11_get(s, forged, CKA_LABEL, label, &len));
	ck_assert_uint_eq(len, strlen("genuine"));
	ck_assert_mem_eq(label, "genuine", len);
	ck_assert(!p11_get_bool(s, forged, CKA_TRUSTED));
	ck_assert_uint_eq(p11_count_keys(s, "forged"), 0);
}
END_TEST

/* The program changed his object, which he made such that this gave it the generation of the
 * genuine one. */
START_TEST(what_was_changed_before_a_login_does_not_stay)
{
	CK_OBJECT_HANDLE forged;

	make_token(false);
	(void)p11->C_Finalize(NULL);
	he_plants(with_trust, 2);   /* one to take the old row out of the sum, one to put the new one in */
	p11_ok(p11_look(&s));
	forged = p11_find_label(s, CKO_SECRET_KEY, "forged");
	p11_ok(p11_set(s, forged, CKA_ID, "x", 1));
	test_file_write(p11_store, sg_buf_bytes(&genuine));
	p11_ok(login(_i == 0 ? CKU_USER : CKU_SO));
	ck_assert_uint_eq(p11_count_keys(s, "forged"), 0);
	ck_assert_uint_eq(p11_count_keys(s, "genuine"), 1);
	ck_assert(!p11_get_bool(s, forged, CKA_TRUSTED));
}
END_TEST

START_TEST(what_was_copied_before_a_login_is_gone_after_it)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE token = { CKA_TOKEN, &yes, sizeof yes };
	CK_OBJECT_HANDLE copy;
	char label[16];
	CK_ULONG len = sizeof label;

	make_token(false);
	(void)p11->C_Finalize(NULL);
	he_plants(with_a_label, 1);
	p11_ok(p11_look(&s));
	p11_ok(p11->C_CopyObject(s, p11_find_label(s, CKO_SECRET_KEY, "forged"), &token, 1,
	                         &copy));
	test_file_write(p11_store, sg_buf_bytes(&genuine));
	p11_ok(login(CKU_USER));
	p11_is(CKR_OBJECT_HANDLE_INVALID, p11_get(s, copy, CKA_LABEL, label, &len));
}
END_TEST

/* He comes back right after the login, before anything is looked for. */
START_TEST(what_was_read_before_a_login_is_of_no_use_where_the_store_is_not_believed)
{
	CK_OBJECT_HANDLE forged;
	struct sg_buf his;

	make_token(false);
	(void)p11->C_Finalize(NULL);
	he_writes(with_trust);
	p11_ok(p11_look(&s));
	forged = p11_find_label(s, CKO_SECRET_KEY, "forged");
	his = test_file_read(p11_store);
	test_file_write(p11_store, sg_buf_bytes(&genuine));
	p11_ok(login(CKU_USER));
	test_file_write(p11_store, sg_buf_bytes(&his));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_set(s, forged, CKA_LABEL, "mine", 4));
	p11_is(CKR_SIGNET_STORE_DAMAGED, search());
	sg_buf_free(&his);
}
END_TEST

/* A thread that took hold of his object before another one logs in. */
START_TEST(who_held_it_over_a_login_writes_nothing_of_it)
{
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_object *his = NULL;
	CK_OBJECT_HANDLE *found = NULL;
	struct sg_attrs attrs = { 0 };
	size_t n = 0;

	make_token(false);
	(void)p11->C_Finalize(NULL);
	he_writes(with_trust);
	begin(&config, &token);
	ck_assert_int_eq(sg_token_find(token, NULL, 0, &found, &n), SG_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(sg_token_object(token, found[0], &his), SG_OK);
	test_file_write(p11_store, sg_buf_bytes(&genuine));
	p11_ok(sg_token_login(token, SG_USER, sg_bytes_str(P11_PIN)));
	ck_assert_int_eq(sg_attrs_copy(&his->attrs, &attrs), SG_OK);
	ck_assert_int_eq(sg_token_change(token, found[0], his, &attrs), SG_ERR_NOT_FOUND);
	sg_object_unref(&his);
	free(found);
	end(&config, &token);
}
END_TEST

START_TEST(who_is_logged_in_writes_nothing_on_top_of_it)
{
	CK_OBJECT_HANDLE key;

	make_token(false);
	key = p11_find_label(s, CKO_SECRET_KEY, "genuine");
	he_writes(changes[_i].change);
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_set(s, key, CKA_LABEL, "mine", 4));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_DestroyObject(s, key));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_SetPIN(s, BYTES(P11_PIN), BYTES(P11_SO_PIN)));
	ck_assert_uint_eq(p11_count_keys(s, changes[_i].label), 0);
}
END_TEST

/* Of which he had only that half of the keys. */
START_TEST(a_machine_token_does_not_open)
{
	make_token(true);
	(void)p11->C_Finalize(NULL);
	he_writes(with_a_label);
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11_look(&s));
	test_file_write(p11_store, sg_buf_bytes(&genuine));
	p11_ok(p11_look(&s));
}
END_TEST

START_TEST(it_is_not_accepted_for_the_newest_and_no_token_is_made_of_it)
{
	CK_BYTE label[33] = "anew                            ";
	struct sg_token_pins pins = { .user = NULL };
	struct sg_config *config = NULL;
	struct sg_secret *pin = NULL;
	struct sg_token *token = NULL;

	make_token(false);
	(void)p11->C_Finalize(NULL);
	he_writes(with_trust);
	begin(&config, &token);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str(P11_PIN), &pin), SG_OK);
	pins.user = pin;
	ck_assert_int_eq(sg_token_accept(token, &pins, false), SG_ERR_STORE_DAMAGED);
	sg_secret_free(&pin);
	end(&config, &token);
	p11_ok(p11->C_Initialize(NULL));
	p11_is(CKR_SIGNET_STORE_DAMAGED, p11->C_InitToken(0, BYTES(P11_SO_PIN), label));
}
END_TEST

static Suite *suite(void)
{
	const int n = sizeof changes / sizeof changes[0];
	Suite *suite = suite_create("attack: public rows");
	TCase *tc = tcase_create("public rows");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_public_row_that_he_rewrote_opens_to_no_pin, 0, n);
	tcase_add_loop_test(tc, what_was_read_before_a_login_does_not_stay, 0, 2);
	tcase_add_loop_test(tc, what_was_changed_before_a_login_does_not_stay, 0, 2);
	tcase_add_test(tc, what_was_copied_before_a_login_is_gone_after_it);
	tcase_add_test(tc, what_was_read_before_a_login_is_of_no_use_where_the_store_is_not_believed);
	tcase_add_test(tc, who_held_it_over_a_login_writes_nothing_of_it);
	tcase_add_loop_test(tc, who_is_logged_in_writes_nothing_on_top_of_it, 0, n);
	tcase_add_test(tc, a_machine_token_does_not_open);
	tcase_add_test(tc, it_is_not_accepted_for_the_newest_and_no_token_is_made_of_it);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
