/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of seal/parcel.c and seal/node.c: files, and the box. What stands in for what a TPM would
 * open is anything.
 */
#include "seal/parcel.h"

#include <string.h>

#include "crypto/crypto.h"
#include "crypto/pem.h"
#include "lib/conformance.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define NODE_DIGEST "e09065d31df188a5fd3ae9c1eddca7deb91a8c9955895f42a7197d3a308e9435"

static struct sg_parcel parcel, again;
static struct sg_node node, node_again;
static struct sg_secret *key, *second, *plain, *out;
static struct sg_buf text, other;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	key = test_secret(SG_PARCEL_KEY, 1);
	second = test_secret(SG_PARCEL_KEY, 101);
	plain = test_secret(77, 7);
	ck_assert_int_eq(sg_buf_set(&parcel.object, repeat(1, 60)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&parcel.duplicate, repeat(2, 100)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&parcel.seed, repeat(3, 68)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&parcel.credential, repeat(4, 70)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&parcel.credential_seed, repeat(5, 68)), SG_OK);
	memset(parcel.to, 6, sizeof parcel.to);
	memset(parcel.signer, 7, sizeof parcel.signer);
	memset(parcel.signature, 8, sizeof parcel.signature);
	parcel.ek = SG_EK_RSA2048;
	parcel.endorsed = parcel.is_signed = true;
	ck_assert_int_eq(sg_buf_set(&node.host, sg_bytes_str("vault-2")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&node.key, repeat(1, 90)), SG_OK);
	ck_assert_int_eq(sg_buf_set(&node.certificate[SG_EK_P256], repeat(2, 500)), SG_OK);
}

static void teardown(void)
{
	sg_secret_free(&key);
	sg_secret_free(&second);
	sg_secret_free(&plain);
	sg_secret_free(&out);
	sg_parcel_clear(&parcel);
	sg_parcel_clear(&again);
	sg_node_clear(&node);
	sg_node_clear(&node_again);
	sg_buf_free(&text);
	sg_buf_free(&other);
	sg_crypto_stop();
}

/* Write the parcel, read it, and write that: both texts are alike. */
static void there_and_back(void)
{
	ck_assert_int_eq(sg_parcel_close(&parcel, key, parcel.endorsed ? second : NULL, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_write(&parcel, &text), SG_OK);
	ck_assert_int_eq(sg_parcel_read(sg_buf_bytes(&text), &again), SG_OK);
	ck_assert_int_eq(sg_parcel_write(&again, &other), SG_OK);
	assert_bytes(sg_buf_bytes(&other), sg_buf_bytes(&text));
}

START_TEST(what_was_closed_is_read_and_opened)
{
	parcel.endorsed = _i & 1;
	parcel.is_signed = _i & 2;
	if (_i & 4)
		ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7="
			"0000000000000000000000000000000000000000000000000000000000000000"),
			&parcel.policy), SG_OK);
	there_and_back();
	ck_assert_int_eq(sg_parcel_open(&again, key, again.endorsed ? second : NULL, &out), SG_OK);
	assert_bytes(sg_secret_bytes(out), sg_secret_bytes(plain));
}
END_TEST

START_TEST(each_key_is_needed)
{
	ck_assert_int_eq(sg_parcel_close(&parcel, key, second, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_open(&parcel, key, NULL, &out), SG_ERR_RANGE);
	ck_assert_int_eq(sg_parcel_open(&parcel, second, key, &out), SG_ERR_TAG);
	ck_assert_int_eq(sg_parcel_open(&parcel, key, key, &out), SG_ERR_TAG);
	ck_assert_ptr_null(out);
	/* To say that there is no second key does not help. */
	parcel.endorsed = false;
	ck_assert_int_eq(sg_parcel_open(&parcel, key, NULL, &out), SG_ERR_TAG);
}
END_TEST

/* Change each byte of the record; the text around it is nobody's. */
START_TEST(no_byte_can_be_changed)
{
	struct sg_buf record = { 0 };

	parcel.is_signed = false;       /* a signature is looked at by who knows the signer */
	ck_assert_int_eq(sg_parcel_close(&parcel, key, second, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_write(&parcel, &text), SG_OK);
	ck_assert_int_eq(sg_pem_read(sg_buf_bytes(&text), "SIGNET SENT KEY", 4096, &record), SG_OK);
	for (size_t at = 0; at < record.len; at++) {
		enum sg_err err;

		record.data[at] ^= 1;
		text.len = 0;
		ck_assert_int_eq(sg_pem_write("SIGNET SENT KEY", sg_buf_bytes(&record), &text), SG_OK);
		err = sg_parcel_read(sg_buf_bytes(&text), &again);
		if (err == SG_OK)
			err = sg_parcel_open(&again, key, again.endorsed ? second : NULL, &out);
		ck_assert_msg(err == SG_ERR_TAG || err == SG_ERR_FORMAT, "byte %zu", at);
		ck_assert_ptr_null(out);
		sg_parcel_clear(&again);
		memset(&again, 0, sizeof again);
		record.data[at] ^= 1;
	}
	sg_buf_free(&record);
}
END_TEST

START_TEST(a_text_that_is_cut_short_is_refused)
{
	ck_assert_int_eq(sg_parcel_close(&parcel, key, second, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_write(&parcel, &text), SG_OK);
	for (size_t len = 0; len < text.len - 1; len += 11) {
		ck_assert_int_eq(sg_parcel_read(sg_bytes(text.data, len), &again), SG_ERR_FORMAT);
		sg_parcel_clear(&again);
		memset(&again, 0, sizeof again);
	}
}
END_TEST

START_TEST(the_signer_is_part_of_what_is_signed_and_of_the_box)
{
	ck_assert_int_eq(sg_parcel_close(&parcel, key, second, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_signed(&parcel, &text), SG_OK);
	parcel.signer[5] ^= 1;
	ck_assert_int_eq(sg_parcel_signed(&parcel, &other), SG_OK);
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&text), sg_buf_bytes(&other)));
	ck_assert_int_eq(sg_parcel_open(&parcel, key, second, &out), SG_ERR_TAG);
}
END_TEST

START_TEST(a_policy_of_anything_but_values_is_refused)
{
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7="
		"0000000000000000000000000000000000000000000000000000000000000000"),
		&parcel.policy), SG_OK);
	parcel.policy.auth = true;
	ck_assert_int_eq(sg_parcel_close(&parcel, key, second, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_write(&parcel, &text), SG_OK);
	ck_assert_int_eq(sg_parcel_read(sg_buf_bytes(&text), &again), SG_ERR_FORMAT);
}
END_TEST

START_TEST(a_node_is_read_as_it_was_written)
{
	uint8_t name[SG_NODE_NAME];

	ck_assert_int_eq(sg_node_write(&node, &text), SG_OK);
	ck_assert_int_eq(sg_node_read(sg_buf_bytes(&text), &node_again), SG_OK);
	assert_bytes(sg_buf_bytes(&node_again.host), sg_buf_bytes(&node.host));
	assert_bytes(sg_buf_bytes(&node_again.key), sg_buf_bytes(&node.key));
	assert_bytes(sg_buf_bytes(&node_again.certificate[SG_EK_P256]),
	             sg_buf_bytes(&node.certificate[SG_EK_P256]));
	ck_assert_uint_eq(node_again.certificate[SG_EK_RSA2048].len, 0);
	/* What sha256sum says of 90 bytes of 1. */
	ck_assert_int_eq(sg_node_name(&node, name), SG_OK);
	assert_bytes(sg_bytes(name, sizeof name), hex("000b" NODE_DIGEST));
}
END_TEST

START_TEST(a_node_whose_host_steers_a_terminal_is_refused)
{
	ck_assert_int_eq(sg_buf_set(&node.host, sg_bytes_str("\033[2J")), SG_OK);
	ck_assert_int_eq(sg_node_write(&node, &text), SG_OK);
	ck_assert_int_eq(sg_node_read(sg_buf_bytes(&text), &node_again), SG_ERR_FORMAT);
}
END_TEST

START_TEST(another_file_is_no_node)
{
	ck_assert_int_eq(sg_parcel_close(&parcel, key, second, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_write(&parcel, &text), SG_OK);
	ck_assert_int_eq(sg_node_read(sg_buf_bytes(&text), &node_again), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_node_write(&node, &text), SG_OK);
	ck_assert_int_eq(sg_parcel_read(sg_buf_bytes(&text), &again), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_node_read(sg_bytes(text.data, text.len - 40), &node_again),
	                 SG_ERR_FORMAT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parcel");
	TCase *tc = tcase_create("parcel");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, what_was_closed_is_read_and_opened, 0, 8);
	tcase_add_test(tc, each_key_is_needed);
	tcase_add_test(tc, no_byte_can_be_changed);
	tcase_add_test(tc, a_text_that_is_cut_short_is_refused);
	tcase_add_test(tc, the_signer_is_part_of_what_is_signed_and_of_the_box);
	tcase_add_test(tc, a_policy_of_anything_but_values_is_refused);
	tcase_add_test(tc, a_node_is_read_as_it_was_written);
	tcase_add_test(tc, a_node_whose_host_steers_a_terminal_is_refused);
	tcase_add_test(tc, another_file_is_no_node);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
