/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What is said of decryption roots: by which ways they may leave, which version they are,
 * how they can be had back; and how a session key becomes a root.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

static CK_SESSION_HANDLE s;

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
}

static CK_RV generate(struct p11_template *t, CK_OBJECT_HANDLE *key)
{
	*key = 0;
	p11_ulong(t, CKA_VALUE_LEN, 32);
	return p11->C_GenerateKey(s, &p11_aes_gen, t->attr, t->n, key);
}

static CK_RV with_ulong(CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, type, value);
	return generate(&t, &key);
}

static CK_ULONG read_ulong(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value, len = sizeof value;

	p11_ok(p11_get(s, key, type, (CK_BYTE *)&value, &len));
	return value;
}

START_TEST(the_ways_are_those_that_there_are)
{
	p11_ok(with_ulong(CKA_SIGNET_LEAVE, 0));
	p11_ok(with_ulong(CKA_SIGNET_LEAVE, 7));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, with_ulong(CKA_SIGNET_LEAVE, 8));
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, with_ulong(CKA_SIGNET_LEAVE, ~0UL));
}
END_TEST

START_TEST(the_ways_never_change)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key, copy;
	CK_ULONG less = CKF_SIGNET_LEAVE_RECOVERY, more = 7;
	CK_ATTRIBUTE change = { CKA_SIGNET_LEAVE, &less, sizeof less };

	p11_ulong(&t, CKA_SIGNET_LEAVE, 3);
	p11_ok(generate(&t, &key));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_SetAttributeValue(s, key, &change, 1));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_CopyObject(s, key, &change, 1, &copy));
	change.pValue = &more;
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_CopyObject(s, key, &change, 1, &copy));
	p11_ok(p11->C_CopyObject(s, key, NULL, 0, &copy));
	ck_assert_uint_eq(read_ulong(copy, CKA_SIGNET_LEAVE), 3);
}
END_TEST

START_TEST(a_key_that_was_given_no_way_gets_none)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key, copy;
	CK_ULONG way = CKF_SIGNET_LEAVE_RECOVERY, len = sizeof way;
	CK_ATTRIBUTE change = { CKA_SIGNET_LEAVE, &way, sizeof way };

	p11_ok(generate(&t, &key));
	p11_is(CKR_ATTRIBUTE_TYPE_INVALID, p11_get(s, key, CKA_SIGNET_LEAVE, (CK_BYTE *)&way,
	                                           &len));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_SetAttributeValue(s, key, &change, 1));
	p11_is(CKR_ATTRIBUTE_READ_ONLY, p11->C_CopyObject(s, key, &change, 1, &copy));
}
END_TEST

START_TEST(a_version_has_a_root_and_a_root_a_version)
{
	struct p11_template both = { 0 }, root = { 0 }, zero = { 0 };
	CK_OBJECT_HANDLE key;

	p11_is(CKR_TEMPLATE_INCONSISTENT, with_ulong(CKA_SIGNET_VERSION, 1));
	p11_text(&root, CKA_SIGNET_ROOT, "vault");
	p11_is(CKR_TEMPLATE_INCONSISTENT, generate(&root, &key));
	p11_text(&zero, CKA_SIGNET_ROOT, "vault");
	p11_ulong(&zero, CKA_SIGNET_VERSION, 0);
	p11_is(CKR_TEMPLATE_INCONSISTENT, generate(&zero, &key));
	p11_text(&both, CKA_SIGNET_ROOT, "vault");
	p11_ulong(&both, CKA_SIGNET_VERSION, 2);
	p11_ok(generate(&both, &key));
	ck_assert_uint_eq(read_ulong(key, CKA_SIGNET_VERSION), 2);
}
END_TEST

START_TEST(a_session_key_becomes_a_sealed_root)
{
	struct p11_template t = { 0 }, to = { 0 };
	CK_OBJECT_HANDLE key, root;
	CK_BYTE text[16];
	CK_ULONG len = sizeof text;

	p11_ulong(&t, CKA_SIGNET_LEAVE, CKF_SIGNET_LEAVE_RECOVERY);
	p11_ok(generate(&t, &key));
	p11_bool(&to, CKA_TOKEN, true);
	p11_bool(&to, CKA_SIGNET_SEALED, true);
	p11_text(&to, CKA_SIGNET_RECOVERY, "shares");
	p11_text(&to, CKA_LABEL, "root");
	p11_ok(p11->C_CopyObject(s, key, to.attr, to.n, &root));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	root = p11_find_label(s, CKO_SECRET_KEY, "root");
	ck_assert(p11_get_bool(s, root, CKA_SIGNET_SEALED));
	ck_assert(p11_get_bool(s, root, CKA_LOCAL));
	ck_assert(p11_get_bool(s, root, CKA_NEVER_EXTRACTABLE));
	ck_assert_uint_eq(read_ulong(root, CKA_SIGNET_LEAVE), CKF_SIGNET_LEAVE_RECOVERY);
	p11_ok(p11_get(s, root, CKA_SIGNET_RECOVERY, text, &len));
	assert_bytes(sg_bytes(text, len), sg_bytes_str("shares"));
}
END_TEST

START_TEST(a_copy_is_sealed_as_a_token_object_of_a_size_that_fits)
{
	struct p11_template sealed = { 0 }, token = { 0 }, t = { 0 };
	CK_OBJECT_HANDLE key, copy;

	p11_bool(&sealed, CKA_SIGNET_SEALED, true);
	p11_bool(&token, CKA_SIGNET_SEALED, true);
	p11_bool(&token, CKA_TOKEN, true);
	p11_ok(generate(&(struct p11_template){ 0 }, &key));
	p11_is(CKR_TEMPLATE_INCONSISTENT,
	       p11->C_CopyObject(s, key, sealed.attr, sealed.n, &copy));
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	p11_bytes(&t, CKA_VALUE, repeat('v', 129).data, 129);
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &key));
	p11_is(CKR_KEY_SIZE_RANGE, p11->C_CopyObject(s, key, token.attr, token.n, &copy));
}
END_TEST

/* What a template of a search is turned into is freed for each object: a sanitizer looks. */
START_TEST(a_search_by_policy_finds_nothing_where_no_key_has_one)
{
	CK_BYTE good[] = "pcr=sha256:7", bad[] = "pcr=sha256:77";
	CK_ATTRIBUTE wanted[] = { { CKA_SIGNET_POLICY, good, sizeof good - 1 },
	                          { CKA_SIGNET_POLICY, bad, sizeof bad - 1 } };
	CK_OBJECT_HANDLE found;
	CK_ULONG n;

	p11_ok(generate(&(struct p11_template){ 0 }, &found));
	for (int i = 0; i < 2; i++) {
		p11_ok(p11->C_FindObjectsInit(s, &wanted[i], 1));
		p11_ok(p11->C_FindObjects(s, &found, 1, &n));
		ck_assert_uint_eq(n, 0);
		p11_ok(p11->C_FindObjectsFinal(s));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leave");
	TCase *tc = tcase_create("leave");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	tcase_add_test(tc, the_ways_are_those_that_there_are);
	tcase_add_test(tc, the_ways_never_change);
	tcase_add_test(tc, a_key_that_was_given_no_way_gets_none);
	tcase_add_test(tc, a_version_has_a_root_and_a_root_a_version);
	tcase_add_test(tc, a_session_key_becomes_a_sealed_root);
	tcase_add_test(tc, a_search_by_policy_finds_nothing_where_no_key_has_one);
	tcase_add_test(tc, a_copy_is_sealed_as_a_token_object_of_a_size_that_fits);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
