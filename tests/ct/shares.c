/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: shares and recovery keys, in all the forms in which people have them.
 */
#include <string.h>

#include "core/recovery.h"
#include "core/share_text.h"
#include "ct/cases.h"
#include "util/bech32.h"
#include "util/proquint.h"

static struct sg_bytes view(const struct sg_secret *secret)
{
	return sg_secret_bytes(secret);
}

/* In both forms, and with a letter that is wrong, whose word is told. */
START_TEST(shares_are_written_and_read)
{
	const enum sg_share_form form = _i == 0 ? SG_SHARE_WORDS : SG_SHARE_BASE64;
	struct sg_secret *secret = ct_make(SG_SHARE_SECRET), *text[3] = { NULL }, *back = NULL;
	enum sg_share_fault fault[3];
	struct sg_share share[3], read[3];
	size_t wrong;

	ck_assert_int_eq(sg_share_make(secret, 3, 2, share), SG_OK);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(sg_share_text_write(&share[i], form, &text[i]), SG_OK);
		ck_assert_int_eq(sg_share_text_read(view(text[i]), &read[i], &wrong), SG_OK);
	}
	ck_assert_int_eq(sg_share_combine(read, 3, fault, &back), SG_OK);
	ck_assert(sg_secret_equal(view(secret), view(back)));
	for (size_t i = 0; i < 3; i++) {
		sg_share_clear(&share[i]);
		sg_share_clear(&read[i]);
	}
	/* A letter that is one of base64 afterwards too, whatever the secret: V in the place of U. */
	if (_i == 0)
		text[0]->data[66] ^= 2;
	else
		text[0]->data[0] ^= 3;
	ck_assert_int_ne(sg_share_text_read(view(text[0]), &read[0], &wrong), SG_OK);
	ck_assert_uint_eq(wrong, _i == 0 ? 12 : 0);
	for (size_t i = 0; i < 3; i++)
		sg_secret_free(&text[i]);
	sg_secret_free(&back);
	sg_secret_free(&secret);
}
END_TEST

START_TEST(words_are_written_and_read)
{
	struct sg_secret *bytes = ct_make(21), *text = NULL, *back = NULL;
	size_t wrong;

	ck_assert_int_eq(sg_proquint_write(view(bytes), &text), SG_OK);
	ck_assert_int_eq(sg_proquint_read(view(text), &back, &wrong), SG_OK);
	sg_secret_free(&back);
	text->data[7] = 'x';
	ck_assert_int_eq(sg_proquint_read(view(text), &back, &wrong), SG_ERR_FORMAT);
	sg_secret_free(&text);
	sg_secret_free(&bytes);
}
END_TEST

START_TEST(recovery_keys_are_written_and_read)
{
	struct sg_secret *key = NULL, *text = NULL, *back = NULL;
	size_t wrong;

	ck_assert_int_eq(sg_x25519_generate(&key), SG_OK);
	ck_assert_int_eq(sg_recovery_private_write(key, &text), SG_OK);
	ck_assert_int_eq(sg_recovery_private_read(view(text), &back, &wrong), SG_OK);
	ck_assert(sg_secret_equal(view(key), view(back)));
	sg_secret_free(&back);
	text->data[40] ^= 1;
	ck_assert_int_eq(sg_recovery_private_read(view(text), &back, &wrong), SG_ERR_FORMAT);
	ck_assert_uint_eq(wrong, 41);
	sg_secret_free(&text);
	sg_secret_free(&key);
}
END_TEST

START_TEST(roots_are_closed_for_a_key_and_opened)
{
	struct sg_secret *key = NULL, *root = ct_make(SG_RECOVERY_ROOT), *back = NULL;
	struct sg_buf box = { NULL, 0, 0 };
	uint8_t public_key[SG_X25519_LEN];

	ck_assert_int_eq(sg_x25519_generate(&key), SG_OK);
	memcpy(public_key, key->data + SG_X25519_LEN, sizeof public_key);
	ct_public(public_key, sizeof public_key);
	ck_assert_int_eq(sg_recovery_close(sg_bytes(public_key, sizeof public_key), root, &box),
	                 SG_OK);
	ct_public(box.data, box.len);
	ck_assert_int_eq(sg_recovery_open(key, sg_buf_bytes(&box), &back), SG_OK);
	ck_assert(sg_secret_equal(view(root), view(back)));
	sg_secret_free(&back);
	sg_secret_free(&root);
	sg_secret_free(&key);
	sg_buf_free(&box);
}
END_TEST

void ct_shares_add(TCase *tcase)
{
	tcase_add_loop_test(tcase, shares_are_written_and_read, 0, 2);
	tcase_add_test(tcase, words_are_written_and_read);
	tcase_add_test(tcase, recovery_keys_are_written_and_read);
	tcase_add_test(tcase, roots_are_closed_for_a_key_and_opened);
}
