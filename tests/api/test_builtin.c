/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Profile and mechanism objects: found by those who ask, and by nobody else.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

static CK_ULONG find_class(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *handles,
                           CK_ULONG max)
{
	struct p11_template t = { 0 };

	/* As pkcs11-provider and NSS look for them. */
	p11_bool(&t, CKA_TOKEN, true);
	p11_ulong(&t, CKA_CLASS, class);
	return p11_find(s, &t, handles, max);
}

START_TEST(profiles_are_found_by_their_class)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_OBJECT_HANDLE handles[8];
	CK_ULONG n = find_class(s, CKO_PROFILE, handles, 8);

	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(p11_get_ulong(s, handles[0], CKA_PROFILE_ID), CKP_BASELINE_PROVIDER);
	ck_assert_uint_eq(p11_get_ulong(s, handles[1], CKA_PROFILE_ID), CKP_HKDF_TLS_TOKEN);
	ck_assert(p11_get_bool(s, handles[0], CKA_TOKEN));
	ck_assert(!p11_get_bool(s, handles[0], CKA_PRIVATE));
}
END_TEST

START_TEST(each_listed_mechanism_has_an_object)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_OBJECT_HANDLE handles[128];
	CK_MECHANISM_TYPE list[128];
	CK_ULONG n = 128, found = find_class(s, CKO_MECHANISM, handles, 128);

	p11_ok(p11->C_GetMechanismList(0, list, &n));
	ck_assert_uint_eq(found, n);
	for (CK_ULONG i = 0; i < n; i++)
		ck_assert_uint_eq(p11_get_ulong(s, handles[i], CKA_MECHANISM_TYPE), list[i]);
}
END_TEST

START_TEST(who_does_not_ask_for_them_does_not_see_them)
{
	CK_SESSION_HANDLE s = p11_machine();
	struct p11_template token = { 0 }, label = { 0 }, session = { 0 };

	ck_assert_uint_eq(p11_count(s), 0);
	p11_bool(&token, CKA_TOKEN, true);
	ck_assert_uint_eq(p11_find(s, &token, NULL, 0), 0);
	p11_text(&label, CKA_LABEL, "CKP_BASELINE_PROVIDER");
	ck_assert_uint_eq(p11_find(s, &label, NULL, 0), 0);
	p11_bool(&session, CKA_TOKEN, false);
	p11_ulong(&session, CKA_CLASS, CKO_PROFILE);
	ck_assert_uint_eq(p11_find(s, &session, NULL, 0), 0);
}
END_TEST

START_TEST(one_profile_can_be_asked_for)
{
	CK_SESSION_HANDLE s = p11_machine();
	struct p11_template t = { 0 }, none = { 0 };

	p11_ulong(&t, CKA_CLASS, CKO_PROFILE);
	p11_ulong(&t, CKA_PROFILE_ID, CKP_HKDF_TLS_TOKEN);
	ck_assert_uint_eq(p11_find(s, &t, NULL, 0), 1);
	p11_ulong(&none, CKA_CLASS, CKO_PROFILE);
	p11_ulong(&none, CKA_PROFILE_ID, CKP_COMPLETE_PROVIDER);
	ck_assert_uint_eq(p11_find(s, &none, NULL, 0), 0);
}
END_TEST

START_TEST(they_are_seen_before_login_and_by_their_own_identity)
{
	CK_OBJECT_HANDLE handles[2];
	CK_SESSION_HANDLE s;
	CK_BYTE id[2][64];
	CK_ULONG len[2] = { 64, 64 };

	p11_make_pin_token();
	s = p11_open(0);
	ck_assert_uint_eq(find_class(s, CKO_PROFILE, handles, 2), 2);
	for (int i = 0; i < 2; i++)
		p11_ok(p11_get(s, handles[i], CKA_UNIQUE_ID, id[i], &len[i]));
	ck_assert(!sg_bytes_equal(sg_bytes(id[0], len[0]), sg_bytes(id[1], len[1])));
}
END_TEST

START_TEST(nobody_makes_changes_copies_or_destroys_one)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_OBJECT_HANDLE profile, other;
	struct p11_template t = { 0 };
	CK_ULONG size = 0;

	find_class(s, CKO_PROFILE, &profile, 1);
	p11_is(CKR_ACTION_PROHIBITED, p11_set(s, profile, CKA_LABEL, "x", 1));
	p11_is(CKR_ACTION_PROHIBITED, p11->C_CopyObject(s, profile, NULL, 0, &other));
	p11_is(CKR_ACTION_PROHIBITED, p11->C_DestroyObject(s, profile));
	p11_ok(p11->C_GetObjectSize(s, profile, &size));
	p11_is(CKR_KEY_HANDLE_INVALID, p11->C_SignInit(s, &p11_eddsa, profile));
	p11_ulong(&t, CKA_CLASS, _i ? CKO_MECHANISM : CKO_PROFILE);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11->C_CreateObject(s, t.attr, t.n, &other));
	p11_ulong(&t, _i ? CKA_MECHANISM_TYPE : CKA_PROFILE_ID, 1);
	p11_is(CKR_ATTRIBUTE_VALUE_INVALID, p11->C_CreateObject(s, t.attr, t.n, &other));
	ck_assert_uint_eq(find_class(s, CKO_PROFILE, &profile, 1), 2);
}
END_TEST

/* What CKP_HKDF_TLS_TOKEN promises [PKCS#11 Profiles 3.1 §2.6]. */
START_TEST(the_ivs_of_tls_are_derived_as_data)
{
	static const struct {
		const char *info;
		size_t len;
	} infos[] = { { "\0\x0ctls iv\0", 9 }, { "\0\x0ctls quic iv\0", 14 } };
	CK_HKDF_PARAMS params = {
		.bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL,
		.pInfo = (CK_BYTE *)(uintptr_t)infos[_i].info, .ulInfoLen = infos[_i].len,
	};
	CK_MECHANISM hkdf = { CKM_HKDF_DATA, &params, sizeof params };
	CK_SESSION_HANDLE s = p11_machine();
	struct p11_template base = { 0 }, t = { 0 };
	CK_OBJECT_HANDLE secret, iv;
	CK_BYTE out[16];
	CK_ULONG len = sizeof out;

	p11_ulong(&base, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&base, CKA_KEY_TYPE, CKK_HKDF);
	p11_bytes(&base, CKA_VALUE, repeat('s', 32).data, 32);
	p11_bool(&base, CKA_DERIVE, true);
	p11_ok(p11->C_CreateObject(s, base.attr, base.n, &secret));
	p11_ulong(&t, CKA_VALUE_LEN, 12);
	p11_ok(p11->C_DeriveKey(s, &hkdf, secret, t.attr, t.n, &iv));
	ck_assert_uint_eq(p11_get_ulong(s, iv, CKA_CLASS), CKO_DATA);
	p11_ok(p11_get(s, iv, CKA_VALUE, out, &len));
	ck_assert_uint_eq(len, 12);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("builtin");
	TCase *tc = p11_case(s, "builtin");

	tcase_add_test(tc, profiles_are_found_by_their_class);
	tcase_add_test(tc, each_listed_mechanism_has_an_object);
	tcase_add_test(tc, who_does_not_ask_for_them_does_not_see_them);
	tcase_add_test(tc, one_profile_can_be_asked_for);
	tcase_add_test(tc, they_are_seen_before_login_and_by_their_own_identity);
	tcase_add_loop_test(tc, nobody_makes_changes_copies_or_destroys_one, 0, 2);
	tcase_add_loop_test(tc, the_ivs_of_tls_are_derived_as_data, 0, 2);
	return s;
}

int main(void)
{
	return test_run(suite());
}
