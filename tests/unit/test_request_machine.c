/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of request/machine.c: names of machines, and what may come once.
 */
#include "crypto/ed25519.h"
#include "lib/runner.h"
#include "lib/server.h"
#include "request/machine.h"

#define UPPER_ID "6F9619FF-8B86-D011-B42D-00C04FC964FF"

START_TEST(an_identifier_is_looked_up_in_lower_case_where_it_is_a_uuid)
{
	static const char *const texts[][2] = {
		{ UPPER_ID, TEST_ID },
		{ "6F9619FF-8B86-D011-B42D-00C04FC964FG", "6F9619FF-8B86-D011-B42D-00C04FC964FG" },
		{ "6F9619FF08B86-D011-B42D-00C04FC964FF", "6F9619FF08B86-D011-B42D-00C04FC964FF" },
		{ "Bax-A", "Bax-A" },
		{ "", "" },
	};
	char id[SG_REQUEST_ID_MAX + 1], lengthy[SG_REQUEST_ID_MAX + 1];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		test_reason(sg_machine_id(sg_request_text(texts[i][0]), id), SG_REQUEST_OK);
		ck_assert_str_eq(id, texts[i][1]);
	}
	memset(lengthy, 'x', sizeof lengthy);
	test_reason(sg_machine_id((struct sg_request_text){ lengthy, sizeof lengthy }, id),
	            SG_REQUEST_TOO_LONG);
	test_reason(sg_machine_id((struct sg_request_text){ lengthy, sizeof lengthy - 1 }, id),
	            SG_REQUEST_OK);
}
END_TEST

/* Tell whether two keys with two nonces, or signatures without one, are one and a replay. */
static bool same(const uint8_t *key, const char *nonce, const uint8_t *other_key,
                 const char *other_nonce)
{
	const struct sg_request_signature one = {
		.has_nonce = nonce != NULL, .nonce = sg_request_text(nonce), .signature = "n",
		.signature_len = 1,
	};
	const struct sg_request_signature other = {
		.has_nonce = other_nonce != NULL, .nonce = sg_request_text(other_nonce),
		.signature = "n", .signature_len = 1,
	};
	struct sg_buf a = { 0 }, b = { 0 };
	bool equal;

	test_reason(sg_machine_once(key, &one, &a), SG_REQUEST_OK);
	test_reason(sg_machine_once(other_key, &other, &b), SG_REQUEST_OK);
	equal = sg_bytes_equal(sg_buf_bytes(&a), sg_buf_bytes(&b));
	sg_buf_free(&a);
	sg_buf_free(&b);
	return equal;
}

START_TEST(what_may_come_once_is_of_its_key_and_its_kind)
{
	static const uint8_t a[SG_ED25519_PUBLIC] = { 1 }, b[SG_ED25519_PUBLIC] = { 2 };

	ck_assert(same(a, "x", a, "x"));
	ck_assert(!same(a, "x", b, "x"));
	ck_assert(!same(a, "x", a, "X"));
	ck_assert(!same(a, "n", a, NULL));
	/* A signature is one of its key already. */
	ck_assert(same(a, NULL, b, NULL));
	ck_assert(same(NULL, "x", NULL, "y"));
}
END_TEST

START_TEST(a_machine_that_is_all_zero_may_not_sign)
{
	const struct sg_request_machine machine = { .id = "" };

	test_reason(sg_machine_state(&machine, 0), SG_REQUEST_DISABLED);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("request_machine");
	TCase *tcase = tcase_create("request_machine");

	tcase_add_test(tcase, an_identifier_is_looked_up_in_lower_case_where_it_is_a_uuid);
	tcase_add_test(tcase, what_may_come_once_is_of_its_key_and_its_kind);
	tcase_add_test(tcase, a_machine_that_is_all_zero_may_not_sign);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
