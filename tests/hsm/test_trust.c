/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that somebody put into an HSM: which of them seal a token, and which do not.
 */
#include "seal/hsm/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"
#include "seal/hsm/profile.h"
#include "util/log.h"

#define OURS "signet-seal-gcm"
#define PLANTED "planted by him"
#define WAY 4                   /* where the way stands in a parent */
#define ID 10                   /* and the CKA_ID of the key */

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct sg_config config;
static unsigned warned;

static void count_warnings(enum sg_log_level level, const char *line, void *arg)
{
	(void)arg;
	warned += level == SG_LOG_NOTICE && strstr(line, "somebody may have a copy") != NULL;
}

static void open_sealer(void)
{
	sg_sealer_free(&test_sealer);
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
}

static void setup(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	config.hsm[0] = hsm.uri;
	open_sealer();
	warned = 0;
	sg_log_set(count_warnings, NULL);
}

static void teardown(void)
{
	sg_log_set(NULL, NULL);
	test_sealer_end();
	if (config.hsm[0] != hsm.uri)
		free(config.hsm[0]);
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

static enum sg_err provision(void)
{
	bool made;

	open_sealer();
	return test_sealer->ops->provision(test_sealer, NULL, &test_parent, &made);
}

static enum sg_err seal(void)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };
	enum sg_err err;

	open_sealer();
	err = test_seal(NULL, plain, &blob);
	if (err == SG_OK)
		ck_assert(test_opens(NULL, &blob, plain));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
	return err;
}

static void name(const char *attributes)
{
	const char *query = strchr(hsm.uri, '?');

	ck_assert_ptr_nonnull(query);
	ck_assert_int_gt(asprintf(&config.hsm[0], "%.*s%s%s", (int)(query - hsm.uri), hsm.uri,
	                          attributes, query), 0);
}

/* How he comes by a key that he puts there; CLOSES: as GENERATED, but it may not open. */
enum how { GENERATED, CREATED, DERIVED, CLOSES };

struct plant {
	enum how how;
	bool public;                    /* which takes no PIN */
	bool readable, extractable;     /* at first */
	bool wraps;
};

static const struct plant
good = { GENERATED, false, false, false, false },
public = { GENERATED, true, false, false, false },
known = { CREATED, false, false, false, false };

static const struct plant bad[] = {
	{ CREATED, false, false, false, false },
	{ CREATED, true, false, false, false },
	{ DERIVED, false, false, false, false },
	{ GENERATED, true, false, false, false },
	{ GENERATED, false, true, false, false },
	{ GENERATED, false, false, true, false },
	{ GENERATED, false, false, false, true },
	{ CLOSES, false, false, false, false },
};

struct planting {
	const struct plant *plant;
	const char *label, *id;
	size_t id_len;
};

static void fill(struct p11_template *t, const struct planting *p)
{
	const struct plant *plant = p->plant;

	p11_bool(t, CKA_TOKEN, true);
	p11_bool(t, CKA_PRIVATE, !plant->public);
	p11_bool(t, CKA_SENSITIVE, !plant->readable);
	p11_bool(t, CKA_EXTRACTABLE, plant->extractable);
	p11_bool(t, CKA_ENCRYPT, true);
	p11_bool(t, CKA_DECRYPT, plant->how != CLOSES);
	p11_bool(t, CKA_WRAP, plant->wraps);
	p11_bool(t, CKA_UNWRAP, plant->wraps);
	p11_bool(t, CKA_SIGN, false);
	p11_bool(t, CKA_VERIFY, false);
	p11_bool(t, CKA_DERIVE, false);
	p11_text(t, CKA_LABEL, p->label);
	p11_bytes(t, CKA_ID, p->id, p->id_len);
}

static CK_OBJECT_HANDLE generate(struct test_hsm *in, struct p11_template *t)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(t, CKA_VALUE_LEN, 32);
	p11_ok(in->f->C_GenerateKey(in->session, &mechanism, t->attr, t->n, &key));
	return key;
}

/* He knows its value. */
static CK_OBJECT_HANDLE create(struct test_hsm *in, struct p11_template *t)
{
	static const uint8_t value[32] = "a value that he knows";
	CK_OBJECT_HANDLE key;

	p11_ulong(t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(t, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(t, CKA_VALUE, value, sizeof value);
	p11_ok(in->f->C_CreateObject(in->session, t->attr, t->n, &key));
	return key;
}

/* It was never readable nor extractable; but he who made the first key may encrypt with it, and
 * knows by that what comes of it. */
static CK_OBJECT_HANDLE derive(struct test_hsm *in, struct p11_template *t)
{
	CK_BYTE block[32] = { 0 };
	CK_KEY_DERIVATION_STRING_DATA data = { block, sizeof block };
	CK_MECHANISM generating = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_MECHANISM deriving = { CKM_AES_ECB_ENCRYPT_DATA, &data, sizeof data };
	struct p11_template first = { .n = 0 };
	CK_OBJECT_HANDLE base, key;

	p11_ulong(&first, CKA_VALUE_LEN, 32);
	p11_bool(&first, CKA_SENSITIVE, true);
	p11_bool(&first, CKA_EXTRACTABLE, false);
	p11_bool(&first, CKA_ENCRYPT, true);
	p11_bool(&first, CKA_DERIVE, true);
	p11_ok(in->f->C_GenerateKey(in->session, &generating, first.attr, first.n, &base));
	p11_ulong(t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(t, CKA_KEY_TYPE, CKK_AES);
	p11_ulong(t, CKA_VALUE_LEN, 32);
	p11_ok(in->f->C_DeriveKey(in->session, &deriving, base, t->attr, t->n, &key));
	return key;
}

/* Afterwards it looks as ours does, as far as a template can make it. */
static void plant_in(struct test_hsm *in, void *arg)
{
	static CK_OBJECT_HANDLE (*const make[])(struct test_hsm *in, struct p11_template *t) = {
		[GENERATED] = generate, [CREATED] = create, [DERIVED] = derive,
		[CLOSES] = generate,
	};
	const struct planting *p = arg;
	struct p11_template t = { .n = 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE sensitive = { CKA_SENSITIVE, &yes, 1 }, stays = { CKA_EXTRACTABLE, &no, 1 };
	CK_OBJECT_HANDLE key;

	if (p->plant->public)
		p11_ok(in->f->C_Logout(in->session));
	fill(&t, p);
	key = make[p->plant->how](in, &t);
	if (p->plant->readable)
		p11_ok(in->f->C_SetAttributeValue(in->session, key, &sensitive, 1));
	if (p->plant->extractable)
		p11_ok(in->f->C_SetAttributeValue(in->session, key, &stays, 1));
}

static void plant(const struct plant *plant, const char *label)
{
	struct planting p = { plant, label, PLANTED, sizeof PLANTED - 1 };

	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, plant_in, &p);
}

static bool took_the_planted_one(void)
{
	return memmem(test_parent.data, test_parent.len, PLANTED, sizeof PLANTED - 1) != NULL;
}

/* All are made with it, so that what the next test finds is not a mistake of the planting. */
START_TEST(a_key_that_looks_as_ours_does_is_taken)
{
	plant(&good, OURS);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(took_the_planted_one());
	ck_assert_int_eq(seal(), SG_OK);
}
END_TEST

START_TEST(a_key_of_our_label_that_somebody_put_there_is_not_taken)
{
	plant(&bad[_i], OURS);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(!took_the_planted_one());
	ck_assert_uint_eq(test_parent.data[WAY], SG_HSM_GCM);
	ck_assert_int_eq(seal(), SG_OK);
}
END_TEST

START_TEST(our_own_key_is_found_among_such_keys)
{
	struct sg_buf first = { 0 };

	plant(&known, OURS);
	plant(&public, OURS);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(sg_buf_set(&first, sg_buf_bytes(&test_parent)), SG_OK);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&test_parent)));
	sg_buf_free(&first);
}
END_TEST

START_TEST(a_named_key_may_have_been_brought_there_which_is_said)
{
	plant(&known, "mine");
	name(";object=mine");
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(took_the_planted_one());
	ck_assert_uint_gt(warned, 0);
	ck_assert_int_eq(seal(), SG_OK);
}
END_TEST

START_TEST(a_named_key_that_is_public_is_refused)
{
	plant(&public, "mine");
	name(";object=mine");
	ck_assert_int_eq(provision(), SG_ERR_HSM_MECHANISM);
}
END_TEST

START_TEST(where_an_hsm_has_no_login_all_keys_are_public)
{
	test_faulty_quirks(&hsm, FAULTY_NO_LOGIN);
	plant(&public, "mine");
	name(";object=mine");
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(took_the_planted_one());
	ck_assert_int_eq(seal(), SG_OK);
}
END_TEST

START_TEST(of_two_named_keys_none_is_taken)
{
	plant(&good, "mine");
	plant(&known, "mine");
	name(";object=mine");
	ck_assert_int_eq(provision(), SG_ERR_CONFIG);
}
END_TEST

START_TEST(an_hsm_that_tells_no_origin_gets_a_key_for_each_token)
{
	test_faulty_quirks(&hsm, FAULTY_TELLS_NO_ORIGIN);
	plant(&good, OURS);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(!took_the_planted_one());
	ck_assert_int_eq(seal(), SG_OK);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), 3);
}
END_TEST

static void destroy_in(struct test_hsm *in, void *arg)
{
	struct planting *p = arg;
	CK_ATTRIBUTE id = { CKA_ID, (void *)p->id, p->id_len };
	CK_OBJECT_HANDLE key;
	CK_ULONG n;

	p11_ok(in->f->C_FindObjectsInit(in->session, &id, 1));
	p11_ok(in->f->C_FindObjects(in->session, &key, 1, &n));
	p11_ok(in->f->C_FindObjectsFinal(in->session));
	ck_assert_uint_eq(n, 1);
	p11_ok(in->f->C_DestroyObject(in->session, key));
	plant_in(in, p);
}

/* Put a key that he knows into the place of the one that seals. */
static void replace(const char *label)
{
	struct planting p = { &known, label, (char *)test_parent.data + ID, SG_HSM_KEY_ID };

	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, destroy_in, &p);
}

START_TEST(a_key_that_took_the_place_of_ours_seals_nothing)
{
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(seal(), SG_OK);
	replace(OURS);
	ck_assert_int_eq(seal(), SG_ERR_HSM_OTHER);
}
END_TEST

static const struct naming {
	const char *attributes;
	enum sg_err err;
} namings[] = {
	{ ";object=restored", SG_OK },
	{ ";object=another", SG_ERR_HSM_OTHER },
	{ ";id=another", SG_ERR_HSM_OTHER },
	{ ";object=restored;id=another", SG_ERR_HSM_OTHER },
};

/* As after the HSM was restored from a copy. */
START_TEST(a_key_that_was_brought_back_seals_when_it_is_named)
{
	ck_assert_int_eq(provision(), SG_OK);
	replace("restored");
	name(namings[_i].attributes);
	ck_assert_int_eq(seal(), namings[_i].err);
}
END_TEST

#define COUNT(list) (sizeof (list) / sizeof (list)[0])

static Suite *suite(void)
{
	Suite *s = suite_create("hsm_trust");
	TCase *tc = tcase_create("trust");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_key_that_looks_as_ours_does_is_taken);
	tcase_add_loop_test(tc, a_key_of_our_label_that_somebody_put_there_is_not_taken, 0,
	                    COUNT(bad));
	tcase_add_test(tc, our_own_key_is_found_among_such_keys);
	tcase_add_test(tc, a_named_key_may_have_been_brought_there_which_is_said);
	tcase_add_test(tc, a_named_key_that_is_public_is_refused);
	tcase_add_test(tc, where_an_hsm_has_no_login_all_keys_are_public);
	tcase_add_test(tc, of_two_named_keys_none_is_taken);
	tcase_add_test(tc, an_hsm_that_tells_no_origin_gets_a_key_for_each_token);
	tcase_add_test(tc, a_key_that_took_the_place_of_ours_seals_nothing);
	tcase_add_loop_test(tc, a_key_that_was_brought_back_seals_when_it_is_named, 0,
	                    COUNT(namings));
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
