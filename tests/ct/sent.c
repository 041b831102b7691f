/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time: keys that are sent to another machine, src/seal/parcel.c and
 * src/seal/tpm/send.c.
 */
#include <string.h>

#include "core/sent_key.h"
#include "ct/cases.h"
#include "lib/hex.h"
#include "seal/tpm/credential.h"
#include "seal/tpm/duplicate.h"
#include "seal/tpm/send.h"

/* The point of RFC 6979 §A.2.5, as a storage key of P-256. */
#define STORAGE_KEY \
	"0023000b00030472000000060080004300100003001000" \
	"2060fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" \
	"00207903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

START_TEST(a_key_is_closed_for_another_machine)
{
	struct sg_node node = { .host = { NULL, 0, 0 } };
	struct sg_sent_key content = { .value = ct_make(32) };
	const struct sg_sending how = { .node = &node };
	struct sg_parcel parcel = { .is_signed = false };
	struct sg_secret *plain = NULL;

	ck_assert_int_eq(sg_buf_set(&node.key, hex(STORAGE_KEY)), SG_OK);
	ck_assert_int_eq(sg_attrs_set(&content.attrs, CKA_LABEL, sg_bytes_str("root")), SG_OK);
	ck_assert_int_eq(sg_sent_key_write(&content, &plain), SG_OK);
	ck_assert_int_eq(sg_tpm_send(&how, plain, &parcel), SG_OK);
	sg_secret_free(&plain);
	sg_sent_key_clear(&content);
	sg_parcel_clear(&parcel);
	sg_node_clear(&node);
}
END_TEST

START_TEST(a_credential_is_made)
{
	struct sg_secret *secret = ct_make(32);
	struct sg_buf blob = { 0 }, encrypted = { 0 };
	uint8_t name[SG_NODE_NAME] = { 0, 0x0b };
	TPMT_PUBLIC key;

	ck_assert_int_eq(sg_tpm_storage_key_read(hex(STORAGE_KEY), &key), SG_OK);
	ck_assert_int_eq(sg_tpm_credential_make(&key, sg_bytes(name, sizeof name), secret, &blob,
	                                        &encrypted), SG_OK);
	sg_secret_free(&secret);
	sg_buf_free(&blob);
	sg_buf_free(&encrypted);
}
END_TEST

/* With the right keys, and with a wrong one: the difference is what is told. */
START_TEST(what_was_closed_is_opened)
{
	struct sg_secret *key = ct_make(SG_PARCEL_KEY), *second = ct_make(SG_PARCEL_KEY);
	struct sg_secret *plain = ct_make(50), *out = NULL;
	struct sg_parcel parcel = { .endorsed = true };

	second->data[0] ^= 1;
	ck_assert_int_eq(sg_parcel_close(&parcel, key, second, plain), SG_OK);
	ck_assert_int_eq(sg_parcel_open(&parcel, key, second, &out), SG_OK);
	sg_secret_free(&out);
	second->data[0] ^= 2;
	ck_assert_int_eq(sg_parcel_open(&parcel, key, second, &out), SG_ERR_TAG);
	sg_secret_free(&key);
	sg_secret_free(&second);
	sg_secret_free(&plain);
	sg_parcel_clear(&parcel);
}
END_TEST

void ct_sent_add(TCase *tcase)
{
	tcase_add_test(tcase, a_key_is_closed_for_another_machine);
	tcase_add_test(tcase, a_credential_is_made);
	tcase_add_test(tcase, what_was_closed_is_opened);
}
