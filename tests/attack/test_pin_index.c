/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests, attacks. Somebody owns the TPM, has the sealed blob, and does not know the PIN. He
 * removes the index that counts wrong PINs and puts others in its place, replays what he has
 * recorded, tries around the index, and cuts the power to get more tries. Each attack is
 * carried out with commands of his own; that they would open the blob with the right values
 * is shown first.
 */
#include <string.h>
#include <tss2/tss2_esys.h>

#include "crypto/crypto.h"
#include "lib/conformance.h"
#include "lib/fault.h"
#include "lib/runner.h"
#include "seal/tpm/nv.h"
#include "seal/tpm/pin_index.h"
#include "seal/tpm/sealed.h"
#include "seal/tpm/session.h"
#include "seal/tpm/srk.h"

#define TRIES 3

static struct test_tpm tpm;
static struct sg_secret *plain, *right, *wrong, *out;
static struct sg_buf blob, neighbour;
static struct sg_pin_plan *plan;
static struct sg_tpm_pin halves;        /* of the right PIN */

/* The attacker's connection. */
static struct sg_tpm his;
static ESYS_TR srk, session;

/* What he defines indices with. */
static const TPM2B_AUTH evil = { .size = 4, .buffer = "evil" };

static enum sg_err seal(const struct sg_pin_plan *with, struct sg_buf *to)
{
	const struct sg_seal_guard guard = { .auth = right, .plan = with };

	return test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard, plain, to);
}

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_fault_start(&tpm);
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0);
	right = test_secret(SG_SEAL_AUTH, 1);
	wrong = test_secret(SG_SEAL_AUTH, 2);
	ck_assert_int_eq(test_sealer->ops->pin_index->plan(test_sealer, sg_buf_bytes(&test_parent),
	                                                   TRIES, &plan), SG_OK);
	ck_assert_int_eq(seal(plan, &blob), SG_OK);
	ck_assert_int_eq(sg_tpm_pin_split(right, &halves), SG_OK);
}

static void teardown(void)
{
	sg_pin_plan_free(&plan);
	sg_tpm_pin_free(&halves);
	sg_secret_free(&plain);
	sg_secret_free(&right);
	sg_secret_free(&wrong);
	sg_secret_free(&out);
	sg_buf_free(&blob);
	sg_buf_free(&neighbour);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static enum sg_err try(const struct sg_secret *auth)
{
	return test_unseal(auth, sg_buf_bytes(&blob), &out);
}

/* He opens the TPM, and a policy session. */
static void come(void)
{
	ck_assert_int_eq(sg_tpm_open(&his, tpm.tcti), SG_OK);
	ck_assert_int_eq(sg_srk_open(&his, sg_buf_bytes(&test_parent), &srk), SG_OK);
	ck_assert_int_eq(sg_tpm_session_open(&his, srk, TPM2_SE_POLICY, &session), SG_OK);
}

static void leave(void)
{
	sg_tpm_close(&his);
}

/* What is wrong, without the number of what it is wrong with. */
static TSS2_RC bare(TSS2_RC rc)
{
	return (rc & TPM2_RC_FMT1) != 0 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

static TPM2B_AUTH value_of(const struct sg_secret *secret)
{
	TPM2B_AUTH value = { .size = (UINT16)secret->len };

	memcpy(value.buffer, secret->data, secret->len);
	return value;
}

/* The index as it stands there. */
static ESYS_TR index_now(TPMS_NV_PUBLIC *area)
{
	ESYS_TR nv;

	ck_assert_int_eq(sg_nv_look(&his, plan->index.handle, &nv, area), SG_OK);
	return nv;
}

/* Put an index under his own value in the place of ours: the same, but for what is given. */
static ESYS_TR replace(TPMA_NV attributes, const TPM2B_DIGEST *policy)
{
	TPM2B_NV_PUBLIC area = { 0 };
	ESYS_TR nv = index_now(&area.nvPublic);

	ck_assert_uint_eq(Esys_NV_UndefineSpace(his.esys, ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD,
	                                        ESYS_TR_NONE, ESYS_TR_NONE), TSS2_RC_SUCCESS);
	area.nvPublic.attributes = (area.nvPublic.attributes & ~TPMA_NV_WRITTEN) | attributes;
	if (policy != NULL)
		area.nvPublic.authPolicy = *policy;
	ck_assert_uint_eq(Esys_NV_DefineSpace(his.esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
	                                      ESYS_TR_NONE, ESYS_TR_NONE, &evil, &area, &nv),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Esys_TR_SetAuth(his.esys, nv, &evil), TSS2_RC_SUCCESS);
	return nv;
}

/* Write to it: as owner, or in the name of the index. */
static TSS2_RC write_index(ESYS_TR as, ESYS_TR nv, ESYS_TR by)
{
	const TPM2B_MAX_NV_BUFFER data = { .size = 8, .buffer = { 0, 0, 0, 0, 0, 0, 0, TRIES } };

	return bare(Esys_NV_Write(his.esys, as, nv, by, ESYS_TR_NONE, ESYS_TR_NONE, &data, 0));
}

static TSS2_RC ask_index(ESYS_TR nv)
{
	static const TPM2B_NONCE none;

	return bare(Esys_PolicySecret(his.esys, nv, session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
	                              ESYS_TR_NONE, &none, &none, &none, 0, NULL, NULL));
}

/* Unseal with what the session has been granted, and a value for the object. */
static TSS2_RC unseal(const TPM2B_AUTH *value)
{
	struct sg_sealed sealed;
	TPM2B_SENSITIVE_DATA *data = NULL;
	ESYS_TR object;
	TSS2_RC rc;

	ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&blob), &sealed), SG_OK);
	ck_assert_uint_eq(Esys_Load(his.esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	                            &sealed.object.private_area, &sealed.object.area, &object),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Esys_PolicyAuthValue(his.esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                       ESYS_TR_NONE), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Esys_TR_SetAuth(his.esys, object, value), TSS2_RC_SUCCESS);
	ck_assert_int_eq(sg_tpm_session_next(&his, session, 0), SG_OK);
	rc = Esys_Unseal(his.esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
	if (rc == TSS2_RC_SUCCESS)
		ck_assert(sg_bytes_equal(sg_bytes(data->buffer, data->size), sg_secret_bytes(plain)));
	Esys_Free(data);
	sg_sealed_clear(&sealed);
	return bare(rc);
}

START_TEST(his_commands_would_open_it_with_the_right_values)
{
	TPM2B_AUTH index = value_of(halves.index), object = value_of(halves.object);
	TPMS_NV_PUBLIC area;
	ESYS_TR nv;

	come();
	nv = index_now(&area);
	ck_assert_uint_eq(Esys_TR_SetAuth(his.esys, nv, &index), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(ask_index(nv), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(unseal(&object), TSS2_RC_SUCCESS);
	leave();
}
END_TEST

/* He can't write it, and unwritten it grants nothing. */
START_TEST(the_same_index_with_a_value_of_his_stays_unwritten)
{
	TPM2B_AUTH object = value_of(halves.object);
	ESYS_TR nv;

	come();
	nv = replace(0, NULL);
	ck_assert_uint_eq(write_index(ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD),
	                  TPM2_RC_NV_AUTHORIZATION);
	ck_assert_uint_ne(write_index(nv, nv, ESYS_TR_PASSWORD), TSS2_RC_SUCCESS);
	ck_assert_uint_ne(write_index(nv, nv, session), TSS2_RC_SUCCESS);
	ck_assert_uint_ne(ask_index(nv), TSS2_RC_SUCCESS);
	/* Even if he knew the other half. */
	ck_assert_uint_eq(unseal(&object), TPM2_RC_POLICY_FAIL);
	leave();
	ck_assert_int_eq(try(right), SG_ERR_PIN_INDEX);
}
END_TEST

/* What he needs to write: as owner, by the index's value, or by a policy that everybody meets. */
static const struct {
	TPMA_NV attributes;
	bool policy;
} written[] = {
	{ TPMA_NV_OWNERWRITE, false },
	{ 0, true },
	{ TPMA_NV_OWNERWRITE, true },
};

START_TEST(an_index_that_he_can_write_is_another)
{
	static const TPM2B_DIGEST nothing = { .size = 32 };     /* of an empty policy */
	TPM2B_AUTH object = value_of(halves.object);
	ESYS_TR nv;

	come();
	nv = replace(written[_i].attributes, written[_i].policy ? &nothing : NULL);
	if (written[_i].attributes != 0)
		ck_assert_uint_eq(write_index(ESYS_TR_RH_OWNER, nv, ESYS_TR_PASSWORD),
		                  TSS2_RC_SUCCESS);
	else
		ck_assert_uint_eq(write_index(nv, nv, session), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(ask_index(nv), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(unseal(&object), TPM2_RC_POLICY_FAIL);
	leave();
	ck_assert_int_eq(try(right), SG_ERR_PIN_INDEX);
}
END_TEST

/* He has the TPM take what stands in the authPolicy, for a command of his, in a new session. */
static TSS2_RC take_either(TPM2_CC code)
{
	TPML_DIGEST branches = { .count = 2, .digests = { { .size = 32 }, { .size = 32 } } };

	ck_assert_uint_eq(Esys_FlushContext(his.esys, session), TSS2_RC_SUCCESS);
	ck_assert_int_eq(sg_tpm_session_open(&his, srk, TPM2_SE_POLICY, &session), SG_OK);
	if (code != 0)
		ck_assert_uint_eq(Esys_PolicyCommandCode(his.esys, session, ESYS_TR_NONE,
		                                         ESYS_TR_NONE, ESYS_TR_NONE, code),
		                  TSS2_RC_SUCCESS);
	memcpy(branches.digests[0].buffer, plan->index.writer, 32);
	ck_assert_int_eq(sg_pin_index_reader(branches.digests[1].buffer), SG_OK);
	return bare(Esys_PolicyOR(his.esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                          &branches));
}

/* None but reading comes to the authPolicy without a signature. */
static const TPM2_CC other_commands[] = {
	0, TPM2_CC_NV_Write, TPM2_CC_NV_ChangeAuth, TPM2_CC_PolicySecret, TPM2_CC_PolicyNV,
	TPM2_CC_NV_Certify, TPM2_CC_NV_UndefineSpaceSpecial,
};

START_TEST(what_lets_everybody_read_lets_him_in_for_nothing_else)
{
	come();
	ck_assert_uint_eq(take_either(other_commands[_i]), TPM2_RC_VALUE);
	leave();
}
END_TEST

START_TEST(with_what_lets_him_read_he_only_reads)
{
	static const TPM2B_NONCE none;
	TPM2B_AUTH object = value_of(halves.object);
	TPM2B_MAX_NV_BUFFER *data = NULL;
	ESYS_TR nv, target;
	TPMS_NV_PUBLIC area;

	ck_assert_int_eq(try(wrong), SG_ERR_AUTH);
	come();
	nv = index_now(&area);
	ck_assert_uint_eq(take_either(TPM2_CC_NV_Read), TSS2_RC_SUCCESS);
	ck_assert_int_eq(sg_tpm_session_next(&his, session, TPMA_SESSION_CONTINUESESSION), SG_OK);
	ck_assert_uint_eq(Esys_NV_Read(his.esys, nv, nv, session, ESYS_TR_NONE, ESYS_TR_NONE, 8, 0,
	                               &data), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(sg_get_u32(data->buffer), 1);
	Esys_Free(data);
	/* Neither is the count set back, nor the index asked without its value. */
	ck_assert_uint_eq(take_either(TPM2_CC_NV_Read), TSS2_RC_SUCCESS);
	ck_assert_int_eq(sg_tpm_session_next(&his, session, TPMA_SESSION_CONTINUESESSION), SG_OK);
	ck_assert_uint_eq(write_index(nv, nv, session), TPM2_RC_POLICY_CC);
	ck_assert_uint_eq(take_either(TPM2_CC_NV_Read), TSS2_RC_SUCCESS);
	ck_assert_int_eq(sg_tpm_session_next(&his, session, TPMA_SESSION_CONTINUESESSION), SG_OK);
	ck_assert_int_eq(sg_tpm_session_open(&his, srk, TPM2_SE_POLICY, &target), SG_OK);
	ck_assert_uint_ne(Esys_PolicySecret(his.esys, nv, target, session, ESYS_TR_NONE,
	                                    ESYS_TR_NONE, &none, &none, &none, 0, NULL, NULL),
	                  TSS2_RC_SUCCESS);
	session = target;
	ck_assert_uint_eq(unseal(&object), TPM2_RC_POLICY_FAIL);
	leave();
}
END_TEST

/* Find the parameters of PolicySigned in what crossed the bus. */
static void recorded(TPM2B_NONCE *nonce, TPM2B_DIGEST *command, TPMT_SIGNATURE *signature)
{
	static const uint8_t code[] = { 0x00, 0x00, 0x01, 0x60 };
	const uint8_t *at = memmem(tpm.record.data, tpm.record.len, code, sizeof code);
	TPMS_SIGNATURE_ECC *ecdsa = &signature->signature.ecdsa;
	struct sg_reader r;

	ck_assert_ptr_nonnull(at);
	r = sg_reader(sg_bytes(at + 12, (size_t)(tpm.record.data + tpm.record.len - at) - 12));
	nonce->size = sg_read_u16(&r);
	if (nonce->size > 0 && nonce->size <= 32)
		memcpy(nonce->buffer, sg_read_bytes(&r, nonce->size).data, nonce->size);
	command->size = sg_read_u16(&r);
	ck_assert_uint_le(command->size, 32);
	if (command->size > 0)
		memcpy(command->buffer, sg_read_bytes(&r, command->size).data, command->size);
	ck_assert_uint_eq(sg_read_u16(&r), 0);
	ck_assert_uint_eq(sg_read_u32(&r), 0);
	signature->sigAlg = sg_read_u16(&r);
	ecdsa->hash = sg_read_u16(&r);
	ecdsa->signatureR.size = sg_read_u16(&r);
	ck_assert_uint_le(ecdsa->signatureR.size, 32);
	memcpy(ecdsa->signatureR.buffer, sg_read_bytes(&r, ecdsa->signatureR.size).data,
	       ecdsa->signatureR.size);
	ecdsa->signatureS.size = sg_read_u16(&r);
	ck_assert_uint_le(ecdsa->signatureS.size, 32);
	memcpy(ecdsa->signatureS.buffer, sg_read_bytes(&r, ecdsa->signatureS.size).data,
	       ecdsa->signatureS.size);
	ck_assert(!r.failed);
}

/* The key's public half crossed the bus too; here it is taken from where it is known. */
static ESYS_TR signer(void)
{
	const struct sg_tpm_blob *key = (const void *)plan->signer->data;
	ESYS_TR loaded;

	ck_assert_uint_eq(Esys_LoadExternal(his.esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
	                                    &key->area, ESYS_TR_RH_OWNER, &loaded),
	                  TSS2_RC_SUCCESS);
	return loaded;
}

/* The signature that let the index be written once is good for one session, which is over. */
START_TEST(what_he_recorded_lets_him_write_nothing)
{
	static const TPM2B_NONCE none;
	TPM2B_NONCE nonce = { 0 };
	TPM2B_DIGEST command = { 0 };
	TPMT_SIGNATURE signature = { 0 };
	ESYS_TR nv, key;

	recorded(&nonce, &command, &signature);
	come();
	nv = replace(0, NULL);
	key = signer();
	ck_assert_uint_ne(Esys_PolicySigned(his.esys, key, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                    ESYS_TR_NONE, &nonce, &command, &none, 0, &signature,
	                                    NULL, NULL), TSS2_RC_SUCCESS);
	/* And as if it had been signed for any session. */
	ck_assert_uint_ne(Esys_PolicySigned(his.esys, key, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                    ESYS_TR_NONE, &none, &command, &none, 0, &signature,
	                                    NULL, NULL), TSS2_RC_SUCCESS);
	ck_assert_int_eq(sg_tpm_session_next(&his, session, 0), SG_OK);
	ck_assert_uint_ne(write_index(nv, nv, session), TSS2_RC_SUCCESS);
	leave();
}
END_TEST

/* While it is loaded, its handle is open to who shares the TPM or sits on its bus: what he had it
 * sign without a nonce would let him write for ever. */
START_TEST(the_key_that_signs_does_not_sign_for_him)
{
	static const TPMT_TK_HASHCHECK outside = {
		.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL,
	};
	static const TPMT_SIG_SCHEME ecdsa = {
		.scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256,
	};
	const struct sg_tpm_blob *key = (const void *)plan->signer->data;
	TPM2B_DIGEST digest = { .size = 32 };
	TPMT_SIGNATURE *signature = NULL;
	ESYS_TR loaded;

	come();
	ck_assert_uint_eq(Esys_Load(his.esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	                            &key->private_area, &key->area, &loaded), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Esys_Sign(his.esys, loaded, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	                            &digest, &ecdsa, &outside, &signature) & 0xff,
	                  TPM2_RC_BAD_AUTH & 0xff);
	leave();
}
END_TEST

/* Neither half of what the PIN becomes is worth anything without the other. */
START_TEST(who_got_hold_of_the_half_of_the_index_opens_nothing)
{
	static const TPM2B_AUTH empty;
	TPM2B_AUTH index = value_of(halves.index);
	const TPM2B_AUTH *const values[] = { &empty, &index, &evil };
	TPMS_NV_PUBLIC area;
	ESYS_TR nv;

	come();
	nv = index_now(&area);
	ck_assert_uint_eq(Esys_TR_SetAuth(his.esys, nv, &index), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(ask_index(nv), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(unseal(values[_i]), TPM2_RC_BAD_AUTH);
	leave();
}
END_TEST

START_TEST(who_got_hold_of_the_half_of_the_object_opens_nothing)
{
	TPM2B_AUTH object = value_of(halves.object);

	come();
	ck_assert_uint_eq(unseal(&object), TPM2_RC_POLICY_FAIL);
	leave();
}
END_TEST

/* Around the policy: the value of the object as a password. */
START_TEST(no_password_opens_it)
{
	TPM2B_AUTH object = value_of(halves.object);
	TPM2B_SENSITIVE_DATA *data = NULL;
	struct sg_sealed sealed;
	ESYS_TR loaded;

	come();
	ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&blob), &sealed), SG_OK);
	ck_assert_uint_eq(Esys_Load(his.esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	                            &sealed.object.private_area, &sealed.object.area, &loaded),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Esys_TR_SetAuth(his.esys, loaded, &object), TSS2_RC_SUCCESS);
	ck_assert_uint_ne(Esys_Unseal(his.esys, loaded, ESYS_TR_PASSWORD, ESYS_TR_NONE,
	                              ESYS_TR_NONE, &data), TSS2_RC_SUCCESS);
	ck_assert_ptr_null(data);
	sg_sealed_clear(&sealed);
	leave();
}
END_TEST

START_TEST(power_cuts_give_no_more_tries)
{
	for (int i = 0; i < TRIES; i++) {
		ck_assert_int_eq(try(wrong), SG_ERR_AUTH);
		test_tpm_power_cut(&tpm);
	}
	ck_assert_int_eq(try(right), SG_ERR_PIN_SPENT);
	test_tpm_power_cut(&tpm);
	ck_assert_int_eq(try(right), SG_ERR_PIN_SPENT);
}
END_TEST

START_TEST(a_try_whose_answer_nobody_sees_is_counted)
{
	for (int i = 0; i < TRIES; i++) {
		test_fault_set(TEST_DIE_AFTER, TPM2_CC_PolicySecret, 1, 0);
		ck_assert_int_eq(try(wrong), SG_ERR_HW_REMOVED);
		ck_assert_uint_eq(test_fault_clear(), 1);
		test_tpm_power_cut(&tpm);
	}
	ck_assert_int_eq(try(right), SG_ERR_PIN_SPENT);
}
END_TEST

START_TEST(power_cuts_after_right_pins_lock_nothing)
{
	for (int i = 0; i < 2 * TRIES; i++) {
		ck_assert(test_opens(right, &blob, plain));
		test_tpm_power_cut(&tpm);
	}
	ck_assert(test_opens(right, &blob, plain));
}
END_TEST

START_TEST(the_mistakes_of_a_neighbour_lock_nothing)
{
	ck_assert_int_eq(seal(NULL, &neighbour), SG_OK);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(test_unseal(wrong, sg_buf_bytes(&neighbour), &out), SG_ERR_AUTH);
	ck_assert_int_eq(test_unseal(right, sg_buf_bytes(&neighbour), &out), SG_ERR_LOCKED);
	ck_assert(test_opens(right, &blob, plain));
}
END_TEST

START_TEST(who_may_end_the_lockout_gets_no_more_tries)
{
	for (int i = 0; i < TRIES; i++)
		ck_assert_int_eq(try(wrong), SG_ERR_AUTH);
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -c");
	ck_assert_int_eq(try(right), SG_ERR_PIN_SPENT);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attack: pin index");
	TCase *tc = tcase_create("owner"), *power = tcase_create("tries");

	tcase_add_checked_fixture(tc, setup, teardown);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, his_commands_would_open_it_with_the_right_values);
	tcase_add_test(tc, the_same_index_with_a_value_of_his_stays_unwritten);
	tcase_add_loop_test(tc, an_index_that_he_can_write_is_another, 0, 3);
	tcase_add_loop_test(tc, what_lets_everybody_read_lets_him_in_for_nothing_else, 0,
	                    (int)(sizeof other_commands / sizeof other_commands[0]));
	tcase_add_test(tc, with_what_lets_him_read_he_only_reads);
	tcase_add_test(tc, what_he_recorded_lets_him_write_nothing);
	tcase_add_test(tc, the_key_that_signs_does_not_sign_for_him);
	tcase_add_loop_test(tc, who_got_hold_of_the_half_of_the_index_opens_nothing, 0, 3);
	tcase_add_test(tc, who_got_hold_of_the_half_of_the_object_opens_nothing);
	tcase_add_test(tc, no_password_opens_it);
	tcase_add_checked_fixture(power, setup, teardown);
	suite_add_tcase(s, power);
	tcase_add_test(power, power_cuts_give_no_more_tries);
	tcase_add_test(power, a_try_whose_answer_nobody_sees_is_counted);
	tcase_add_test(power, power_cuts_after_right_pins_lock_nothing);
	tcase_add_test(power, the_mistakes_of_a_neighbour_lock_nothing);
	tcase_add_test(power, who_may_end_the_lockout_gets_no_more_tries);
	return s;
}

int main(void)
{
	return test_run(suite());
}
