/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What somebody learns who records every byte between the program and the TPM,
 * and what somebody achieves who changes them.
 */
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/resident.h"

static struct test_tpm tpm, attacker;
static struct sg_secret *plain, *auth, *out;
static struct sg_buf blob;

/* What the interposer does, and to which command; 0: nothing. */
static _Atomic uint32_t target;
static uint8_t forged[TEST_TPM_FRAME];
static size_t forged_len;
static enum deed { FORGE, GROW, SHRINK, FLIP, LONGER_SIZE, BIG_AUTH } deed;

static void interpose(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	(void)arg;
	if (code != target)
		return;
	switch (deed) {
	case FORGE:
		memcpy(frame, forged, forged_len);
		*len = forged_len;
		break;
	case GROW:              /* more bytes than the header says, which it then admits */
		memset(frame + *len, 0x41, 16);
		*len += 16;
		frame[5] = (uint8_t)*len;
		frame[4] = (uint8_t)(*len >> 8);
		break;
	case SHRINK:
		*len -= 8;
		frame[5] = (uint8_t)*len;
		frame[4] = (uint8_t)(*len >> 8);
		break;
	case FLIP:
		frame[*len - 1] ^= 1;
		break;
	case LONGER_SIZE:       /* the first parameter claims to reach far behind the end */
		frame[14] = 0xff;
		frame[15] = 0xf0;
		break;
	case BIG_AUTH:          /* the parameters claim the whole frame and more */
		frame[10] = 0;
		frame[11] = 0;
		frame[12] = 0xff;
		frame[13] = 0xff;
		break;
	}
}

static void setup(void)
{
	static const struct test_wire_hooks hooks = { .response = interpose };

	target = 0;
	test_tpm_start_wired(&tpm, &hooks);
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0x20);
	auth = test_secret(SG_SEAL_AUTH, 0x80);
	test_tpm_forget(&tpm);
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	sg_secret_free(&out);
	sg_buf_free(&blob);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

/* A piece of 8 bytes is enough to be seen. */
static bool piece_seen(const struct sg_secret *secret)
{
	bool seen = false;

	for (size_t at = 0; at + 8 <= secret->len; at += 8)
		seen = seen || test_tpm_seen(&tpm, sg_bytes(secret->data + at, 8));
	return seen;
}

START_TEST(neither_secret_nor_authorisation_crosses_in_clear)
{
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	ck_assert(test_opens(auth, &blob, plain));
	ck_assert_uint_gt(tpm.record.len, 1000);
	ck_assert(!piece_seen(plain));
	ck_assert(!piece_seen(auth));
}
END_TEST

START_TEST(a_machine_secret_does_not_cross_in_clear)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert(!piece_seen(plain));
}
END_TEST

static enum sg_err make_key(enum sg_resident_kind kind, unsigned uses,
                            uint8_t point[SG_RESIDENT_POINT])
{
	const struct sg_resident_plan plan = { .kind = kind, .uses = uses };

	return test_sealer->ops->resident->create(test_sealer, sg_buf_bytes(&test_parent), &plan,
	                                          &blob, point);
}

/* The private part is the end of the blob: 32 bytes of it, which differ for every key. */
static bool private_part_seen(void)
{
	return test_tpm_seen(&tpm, sg_bytes(blob.data + blob.len - 32, 32));
}

START_TEST(of_a_signature_only_what_is_public_crosses_in_clear)
{
	const struct sg_resident_ops *ops = test_sealer->ops->resident;
	uint8_t point[SG_RESIDENT_POINT], signature[SG_RESIDENT_SIGNATURE];

	ck_assert_int_eq(make_key(SG_RESIDENT_P256, SG_RESIDENT_SIGN, point), SG_OK);
	ck_assert_int_eq(ops->sign(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           plain->data, signature), SG_OK);
	ck_assert(!piece_seen(plain));
	ck_assert(!private_part_seen());
	ck_assert(test_tpm_seen(&tpm, sg_bytes(point + 1, 32)));
	ck_assert(test_tpm_seen(&tpm, sg_bytes(signature, 32)));
}
END_TEST

START_TEST(a_secret_that_the_tpm_agrees_on_does_not_cross_in_clear)
{
	const struct sg_resident_ops *ops = test_sealer->ops->resident;
	uint8_t point[SG_RESIDENT_POINT];

	ck_assert_int_eq(make_key(SG_RESIDENT_P256, SG_RESIDENT_DERIVE, point), SG_OK);
	ck_assert_int_eq(ops->ecdh(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                           point, &out), SG_OK);
	ck_assert(!piece_seen(out));
	ck_assert(!private_part_seen());
}
END_TEST

START_TEST(what_the_tpm_makes_a_code_of_does_not_cross_in_clear)
{
	const struct sg_resident_ops *ops = test_sealer->ops->resident;
	struct sg_secret *data = test_secret(2500, 7);
	uint8_t mac[SG_RESIDENT_MAC];
	static const size_t lengths[] = { 1000, 2500 };

	ck_assert_int_eq(make_key(SG_RESIDENT_HMAC_SHA256, SG_RESIDENT_SIGN, NULL), SG_OK);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ops->hmac(test_sealer, sg_buf_bytes(&test_parent),
		                           sg_buf_bytes(&blob), sg_bytes(data->data, lengths[i]),
		                           mac), SG_OK);
		ck_assert(!test_tpm_seen(&tpm, sg_bytes(mac, 8)));
	}
	ck_assert(!piece_seen(data));
	ck_assert(!private_part_seen());
	sg_secret_free(&data);
}
END_TEST

START_TEST(what_is_public_is_found_on_the_wire)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert(test_opens(NULL, &blob, plain));
	/* The Name that ReadPublic returns, and the public area that Load sends. */
	ck_assert(test_tpm_seen(&tpm, sg_buf_bytes(&test_parent)));
	ck_assert(test_tpm_seen(&tpm, sg_bytes(blob.data + 4, 40)));
}
END_TEST

START_TEST(an_owner_authorisation_does_not_cross_in_clear)
{
	struct sg_secret *owner = test_secret(12, 'a');         /* "abcdefghijkl" */
	struct sg_buf parent = { 0 };
	bool made = false;

	test_tpm_shell(&tpm, "tpm2_evictcontrol -C o -c 0x81000001 && "
	               "tpm2_changeauth -c owner abcdefghijkl");
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, owner, &parent, &made), SG_OK);
	ck_assert(made);
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(owner)));
	sg_buf_free(&parent);
	sg_secret_free(&owner);
}
END_TEST

/* Take the answer to ReadPublic from a TPM of the attacker's: a key that it can use. */
static void forge_read_public(void)
{
	struct sg_buf honest = test_parent;

	test_tpm_start_wired(&attacker, NULL);
	sg_sealer_free(&test_sealer);
	test_parent = (struct sg_buf){ 0 };
	test_sealer_on(attacker.tcti);
	test_provision();
	test_tpm_forget(&attacker);
	test_provision();
	/* Command of 14 bytes, then its answer. */
	forged_len = (size_t)attacker.record.data[18] << 8 | attacker.record.data[19];
	ck_assert_uint_le(14 + forged_len, attacker.record.len);
	memcpy(forged, attacker.record.data + 14, forged_len);
	test_sealer_end();
	test_tpm_stop(&attacker);
	test_sealer_on(tpm.tcti);
	test_parent = honest;
	test_tpm_forget(&tpm);
}

START_TEST(a_key_of_an_interposer_is_noticed_before_a_session_is_opened)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	forge_read_public();
	deed = FORGE;
	target = TPM2_CC_ReadPublic;
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_OTHER);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_OTHER);
	/* Each looked at the Name, and then at what it is that has another one. */
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_ReadPublic), 4);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_StartAuthSession), 0);
	target = 0;
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

/* The public area of one key with the Name of another: only the area counts. */
START_TEST(a_forged_name_does_not_help)
{
	struct sg_buf *name = &test_parent;
	size_t at;

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	forge_read_public();
	/* The answer is the area, the Name and the qualified Name, each behind its size. */
	at = 10 + 2 + ((size_t)forged[10] << 8 | forged[11]) + 2;
	ck_assert_uint_le(at + name->len, forged_len);
	memcpy(forged + at, name->data, name->len);
	deed = FORGE;
	target = TPM2_CC_ReadPublic;
	ck_assert_int_ne(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_StartAuthSession), 0);
}
END_TEST

static const uint32_t targets[] = {
	TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_Unseal,
};

/* Do that to the answer to one command: nothing comes out, and later all is well. */
static void require_refused(enum deed what, uint32_t command)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	deed = what;
	target = command;
	ck_assert_int_ne(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_OK);
	ck_assert_ptr_null(out);
	target = 0;
	ck_assert(test_opens(NULL, &blob, plain));
}

START_TEST(a_response_that_grew_is_refused)
{
	require_refused(GROW, targets[_i]);
}
END_TEST

START_TEST(a_response_that_shrank_is_refused)
{
	require_refused(SHRINK, targets[_i]);
}
END_TEST

START_TEST(a_changed_response_is_refused)
{
	require_refused(FLIP, targets[1 + _i]);
}
END_TEST

START_TEST(lengths_that_lie_are_refused)
{
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	deed = _i == 0 ? LONGER_SIZE : BIG_AUTH;
	target = TPM2_CC_Unseal;
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_FAULT);
	ck_assert_ptr_null(out);
	target = 0;
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm bus");
	TCase *tcase = tcase_create("bus");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, neither_secret_nor_authorisation_crosses_in_clear);
	tcase_add_test(tcase, a_machine_secret_does_not_cross_in_clear);
	tcase_add_test(tcase, of_a_signature_only_what_is_public_crosses_in_clear);
	tcase_add_test(tcase, a_secret_that_the_tpm_agrees_on_does_not_cross_in_clear);
	tcase_add_test(tcase, what_the_tpm_makes_a_code_of_does_not_cross_in_clear);
	tcase_add_test(tcase, what_is_public_is_found_on_the_wire);
	tcase_add_test(tcase, an_owner_authorisation_does_not_cross_in_clear);
	tcase_add_test(tcase, a_key_of_an_interposer_is_noticed_before_a_session_is_opened);
	tcase_add_test(tcase, a_forged_name_does_not_help);
	tcase_add_loop_test(tcase, a_response_that_grew_is_refused, 0, 4);
	tcase_add_loop_test(tcase, a_response_that_shrank_is_refused, 0, 4);
	tcase_add_loop_test(tcase, a_changed_response_is_refused, 0, 3);
	tcase_add_loop_test(tcase, lengths_that_lie_are_refused, 0, 2);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
