/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What names a key in an HSM is read as it was written, and nothing else is.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/runner.h"
#include "seal/hsm/kept.h"

static struct sg_buf blob;
static struct sg_hsm_kept got;

static void write_kind(enum sg_resident_kind kind, struct sg_bytes parent)
{
	struct sg_hsm_kept kept = { .kind = sg_hsm_kept_kind(kind), .parent = parent };

	memset(kept.id, 0x11, sizeof kept.id);
	ck_assert_int_eq(sg_hsm_kept_write(&kept, &blob), SG_OK);
}

static void tear_down(void)
{
	sg_buf_free(&blob);
}

/* The form of doc/formats.md. */
START_TEST(a_name_has_the_form_that_is_documented)
{
	write_kind(SG_RESIDENT_ED25519, sg_bytes_str("ab"));
	assert_bytes(sg_buf_bytes(&blob), hex("5347484b" "03" "11111111111111111111111111111111"
	                                      "00000002" "6162"));
}
END_TEST

static const enum sg_resident_kind kinds[] = {
	SG_RESIDENT_P256, SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_ED25519, SG_RESIDENT_AES256,
};

START_TEST(what_is_written_is_read)
{
	write_kind(kinds[_i], repeat('p', SG_CLIENT_ID_MAX));
	ck_assert(sg_hsm_kept_read(sg_buf_bytes(&blob), &got));
	ck_assert_int_eq(got.kind->kind, kinds[_i]);
	assert_bytes(sg_bytes(got.id, sizeof got.id), repeat(0x11, SG_HSM_KEY_ID));
	assert_bytes(got.parent, repeat('p', SG_CLIENT_ID_MAX));
}
END_TEST

START_TEST(no_other_length_is_read)
{
	write_kind(SG_RESIDENT_P256, sg_bytes_str("parent"));
	for (size_t len = 0; len < blob.len; len++)
		ck_assert(!sg_hsm_kept_read(sg_bytes(blob.data, len), &got));
	ck_assert_int_eq(sg_buf_append(&blob, sg_bytes_str("x")), SG_OK);
	ck_assert(!sg_hsm_kept_read(sg_buf_bytes(&blob), &got));
}
END_TEST

START_TEST(no_unknown_kind_or_magic_is_read)
{
	write_kind(SG_RESIDENT_P256, sg_bytes_str("parent"));
	for (int kind = 0; kind < 256; kind++) {
		blob.data[4] = (uint8_t)kind;
		ck_assert(sg_hsm_kept_read(sg_buf_bytes(&blob), &got) == (kind >= 1 && kind <= 4));
	}
	blob.data[4] = 1;
	blob.data[0] ^= 1;
	ck_assert(!sg_hsm_kept_read(sg_buf_bytes(&blob), &got));
}
END_TEST

START_TEST(a_parent_has_one_to_255_bytes)
{
	write_kind(SG_RESIDENT_P256, sg_bytes(NULL, 0));
	ck_assert(!sg_hsm_kept_read(sg_buf_bytes(&blob), &got));
	write_kind(SG_RESIDENT_P256, repeat('p', SG_CLIENT_ID_MAX + 1));
	ck_assert(!sg_hsm_kept_read(sg_buf_bytes(&blob), &got));
}
END_TEST

START_TEST(a_label_has_the_form_that_is_documented)
{
	char label[SG_HSM_KEPT_LABEL];
	uint8_t token[SG_RESIDENT_ID];

	sg_hsm_kept_label(repeat(0xa5, SG_RESIDENT_ID).data, label);
	assert_bytes(sg_bytes(label, sizeof label),
	             sg_bytes_str("signet-a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5"));
	ck_assert(sg_hsm_kept_owner(sg_bytes(label, sizeof label), token));
	assert_bytes(sg_bytes(token, sizeof token), repeat(0xa5, SG_RESIDENT_ID));
}
END_TEST

static const char *const others[] = {
	"", "signet", "signet-", "signet-seal-gcm",
	"signet-a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a", "signet-a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a55",
	"signet-A5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", "signet-a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5ag",
	"signet a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5", "Signet-a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5",
};

START_TEST(no_other_label_is_that_of_a_token)
{
	uint8_t token[SG_RESIDENT_ID];

	ck_assert(!sg_hsm_kept_owner(sg_bytes_str(others[_i]), token));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hsm kept");
	TCase *tc = tcase_create("kept");

	tcase_add_checked_fixture(tc, NULL, tear_down);
	tcase_add_test(tc, a_name_has_the_form_that_is_documented);
	tcase_add_loop_test(tc, what_is_written_is_read, 0, 4);
	tcase_add_test(tc, no_other_length_is_read);
	tcase_add_test(tc, no_unknown_kind_or_magic_is_read);
	tcase_add_test(tc, a_parent_has_one_to_255_bytes);
	tcase_add_test(tc, a_label_has_the_form_that_is_documented);
	tcase_add_loop_test(tc, no_other_label_is_that_of_a_token, 0,
	                    sizeof others / sizeof others[0]);
	suite_add_tcase(suite, tc);
	return test_run(suite);
}
