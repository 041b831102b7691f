/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Secrets that a TPM derives for one label, against swtpm: that they are the same as long as
 * the TPM is, and that it derives nothing else.
 */
#include "seal/tpm/derived.h"

#include <string.h>

#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "lib/conformance.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/tpm/area.h"
#include "seal/tpm/session.h"
#include "seal/tpm/srk.h"
#include "util/log.h"

#define LATER "86400000"

static struct test_tpm tpm;
static struct sg_secret *first, *out;
static struct sg_attest_object object;
static struct sg_policy policy;
static struct sg_buf log_text;

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	ck_assert_int_eq(sg_buf_append(&log_text, sg_bytes_str(line)), SG_OK);
}

static bool logged(const char *text)
{
	return memmem(log_text.data, log_text.len, text, strlen(text)) != NULL;
}

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start_wired(&tpm, NULL);
	test_sealer_on(tpm.tcti);
	test_provision();
	sg_log_set(keep, NULL);
}

static void teardown(void)
{
	sg_log_set(NULL, NULL);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	sg_secret_free(&first);
	sg_secret_free(&out);
	sg_attest_object_clear(&object);
	sg_policy_clear(&policy);
	sg_buf_free(&log_text);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static struct sg_bytes parent(void)
{
	return sg_buf_bytes(&test_parent);
}

static enum sg_err open_blob(struct sg_bytes blob)
{
	const struct sg_seal_guard guard = { .auth = NULL };

	sg_secret_free(&out);
	log_text.len = 0;
	test_tpm_forget(&tpm);
	return test_sealer->ops->unseal(test_sealer, parent(), &guard, blob, &out);
}

static enum sg_err reopen(void)
{
	enum sg_err err = open_blob(sg_buf_bytes(&object.blob));

	if (err == SG_OK)
		ck_assert(sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(first)));
	return err;
}

/* Make a key for a label, and see that something comes of it. */
static void derive(const char *label, const char *text)
{
	const struct sg_attest_guard guard = { .policy = &policy };

	sg_policy_clear(&policy);
	sg_attest_object_clear(&object);
	sg_secret_free(&first);
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(text), &policy), SG_OK);
	ck_assert_int_eq(test_sealer->ops->attest->derive(test_sealer, parent(), &guard,
	                                                  sg_bytes_str(label), &object), SG_OK);
	ck_assert_int_eq(open_blob(sg_buf_bytes(&object.blob)), SG_OK);
	first = out;
	out = NULL;
	ck_assert_uint_eq(first->len, 32);
}

START_TEST(the_secret_is_the_same_each_time_and_after_restarts)
{
	derive("label", "");
	ck_assert_int_eq(reopen(), SG_OK);
	test_tpm_restart(&tpm);
	ck_assert_int_eq(reopen(), SG_OK);
	test_tpm_power_cut(&tpm);
	ck_assert_int_eq(reopen(), SG_OK);
}
END_TEST

START_TEST(it_takes_seven_commands)
{
	static const uint32_t codes[] = {
		TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load, TPM2_CC_PolicyCpHash,
		TPM2_CC_PolicyAuthorize, TPM2_CC_HMAC, TPM2_CC_FlushContext,
	};

	derive("label", "");
	ck_assert_int_eq(reopen(), SG_OK);
	ck_assert_uint_eq(tpm.count, sizeof codes / sizeof codes[0]);
	ck_assert_mem_eq(tpm.codes, codes, sizeof codes);
}
END_TEST

START_TEST(it_does_not_cross_in_clear_and_two_keys_give_two)
{
	struct sg_secret *other;

	derive("label", "");
	ck_assert_int_eq(reopen(), SG_OK);
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(first)));
	other = first;
	first = NULL;
	derive("label", "");
	ck_assert(!sg_bytes_equal(sg_secret_bytes(first), sg_secret_bytes(other)));
	sg_secret_free(&other);
}
END_TEST

START_TEST(the_key_was_born_in_the_tpm_and_the_policy_is_all_that_uses_it)
{
	uint8_t digest[SG_POLICY_DIGEST];
	struct sg_buf lock = { 0 };
	struct sg_writer w = sg_writer(&lock);
	TPMT_PUBLIC area;

	derive("label", "pcr=sha256:7;until=" LATER);
	ck_assert_int_eq(sg_tpm_area_read(sg_buf_bytes(&object.area), &area), SG_OK);
	ck_assert_uint_eq(area.objectAttributes,
	                  TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	                  TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_ADMINWITHPOLICY |
	                  TPMA_OBJECT_NODA);
	ck_assert_int_eq(sg_policy_digest(&object.policy, digest), SG_OK);
	assert_bytes(sg_bytes(area.authPolicy.buffer, area.authPolicy.size),
	             sg_bytes(digest, sizeof digest));
	ck_assert_uint_eq(object.policy.until, 86400000);
	ck_assert(sg_pcrs_known(&object.policy.pcrs));
	ck_assert_int_eq(sg_policy_signer_area(sg_buf_bytes(&object.policy.signer), &w), SG_OK);
	assert_bytes(sg_buf_bytes(&lock), sg_buf_bytes(&object.lock));
	ck_assert_uint_gt(object.creation.len, 0);
	sg_buf_free(&lock);
}
END_TEST

START_TEST(it_ends_with_its_lease)
{
	derive("label", "until=" LATER);
	test_tpm_restart(&tpm);
	ck_assert_int_eq(reopen(), SG_OK);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_int_eq(reopen(), SG_ERR_LEASE);
	ck_assert(logged("the lease ended"));
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(it_is_bound_to_the_boot)
{
	derive("label", "pcr=sha256:7");
	ck_assert_int_eq(reopen(), SG_OK);
	test_tpm_shell(&tpm, "tpm2_pcrextend 7:sha256="
	               "2222222222222222222222222222222222222222222222222222222222222222");
	ck_assert_int_eq(reopen(), SG_ERR_POLICY);
	ck_assert(logged("PCR 7 of the bank sha256 differs"));
}
END_TEST

/* Write the blob again with another label. */
START_TEST(another_label_in_the_blob_opens_nothing)
{
	struct sg_derived derived;
	struct sg_buf other = { 0 };

	derive("label", "");
	ck_assert_int_eq(sg_derived_read(sg_buf_bytes(&object.blob), &derived), SG_OK);
	ck_assert_int_eq(sg_buf_set(&derived.label, sg_bytes_str("other")), SG_OK);
	ck_assert_int_eq(sg_derived_write(&derived, &other), SG_OK);
	ck_assert_int_eq(open_blob(sg_buf_bytes(&other)), SG_ERR_SEALED_DAMAGED);
	ck_assert(logged("the label was changed"));
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_HMAC), 0);
	sg_derived_clear(&derived);
	sg_buf_free(&other);
}
END_TEST

/* The use that was approved [TPM2 Part 1 §16.7], and the policy of it. */
static void approved_use(const struct sg_derived *derived, TPM2B_DIGEST *cp_hash,
                         uint8_t approved[32])
{
	uint8_t name[SG_TPM_NAME], message[36 + 32] = { 0 };
	struct sg_buf use = { 0 };
	struct sg_writer w = sg_writer(&use);

	ck_assert_int_eq(sg_tpm_area_name(&derived->key.area.publicArea, name), SG_OK);
	sg_write_u32(&w, TPM2_CC_HMAC);
	sg_write_bytes(&w, sg_bytes(name, sizeof name));
	sg_write_u16(&w, (uint16_t)derived->label.len);
	sg_write_bytes(&w, sg_buf_bytes(&derived->label));
	sg_write_u16(&w, TPM2_ALG_SHA256);
	cp_hash->size = 32;
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&use), cp_hash->buffer), SG_OK);
	sg_put_u32(message + 32, TPM2_CC_PolicyCpHash);
	memcpy(message + 36, cp_hash->buffer, 32);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_bytes(message, sizeof message), approved),
	                 SG_OK);
	sg_buf_free(&use);
}

/* Bring a session to the key's policy, as its owner does. */
static void assert_policy(struct sg_tpm *t, ESYS_TR session, const struct sg_derived *derived)
{
	static const TPM2B_NONCE none;
	TPMT_TK_VERIFIED ticket = { .tag = TPM2_ST_VERIFIED, .hierarchy = TPM2_RH_OWNER };
	TPM2B_DIGEST cp_hash, approved = { .size = 32 };
	TPM2B_NAME name = { .size = 34, .name = { 0, TPM2_ALG_SHA256 } };

	approved_use(derived, &cp_hash, approved.buffer);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_buf_bytes(&object.lock), name.name + 2), SG_OK);
	ticket.digest.size = (uint16_t)derived->ticket.len;
	memcpy(ticket.digest.buffer, derived->ticket.data, derived->ticket.len);
	ck_assert_uint_eq(Esys_PolicyCpHash(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                    ESYS_TR_NONE, &cp_hash), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Esys_PolicyAuthorize(t->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                                       ESYS_TR_NONE, &approved, &none, &name, &ticket),
	                  TSS2_RC_SUCCESS);
}

static TSS2_RC hmac(struct sg_tpm *t, ESYS_TR key, ESYS_TR session, const char *label)
{
	TPM2B_MAX_BUFFER buffer = { .size = (uint16_t)strlen(label) };
	TPM2B_DIGEST *made = NULL;
	TSS2_RC rc;

	memcpy(buffer.buffer, label, strlen(label));
	rc = Esys_HMAC(t->esys, key, session, ESYS_TR_NONE, ESYS_TR_NONE, &buffer, TPM2_ALG_SHA256,
	               &made);
	Esys_Free(made);
	return rc;
}

/* Somebody who has the machine, the blob and our program, and asks for more. */
START_TEST(the_tpm_itself_refuses_every_other_label_and_an_empty_authorisation)
{
	struct sg_derived derived;
	ESYS_TR srk, session, key;
	struct sg_tpm t;

	derive("label", "");
	ck_assert_int_eq(sg_derived_read(sg_buf_bytes(&object.blob), &derived), SG_OK);
	ck_assert_int_eq(sg_tpm_open(&t, tpm.tcti), SG_OK);
	ck_assert_int_eq(sg_srk_open(&t, parent(), &srk), SG_OK);
	ck_assert_uint_eq(Esys_Load(t.esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	                            &derived.key.private_area, &derived.key.area, &key),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(hmac(&t, key, ESYS_TR_PASSWORD, "label") & 0xff,
	                  TPM2_RC_AUTH_UNAVAILABLE & 0xff);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(sg_tpm_session_open(&t, srk, TPM2_SE_POLICY, &session), SG_OK);
		assert_policy(&t, session, &derived);
		ck_assert_int_eq(sg_tpm_session_next(&t, session, TPMA_SESSION_ENCRYPT |
		                                     TPMA_SESSION_CONTINUESESSION), SG_OK);
		if (i == 0)
			ck_assert_uint_ne(hmac(&t, key, session, "other"), TSS2_RC_SUCCESS);
		else
			ck_assert_uint_eq(hmac(&t, key, session, "label"), TSS2_RC_SUCCESS);
		ck_assert_uint_eq(Esys_FlushContext(t.esys, session), TSS2_RC_SUCCESS);
	}
	sg_tpm_close(&t);
	sg_derived_clear(&derived);
}
END_TEST

START_TEST(clearing_the_tpm_ends_it)
{
	derive("label", "");
	test_tpm_shell(&tpm, "tpm2_clear -c p");
	ck_assert_int_eq(reopen(), SG_ERR_HW_OTHER);
	sg_buf_free(&test_parent);
	test_provision();
	ck_assert_int_ne(reopen(), SG_OK);
	ck_assert_ptr_null(out);
}
END_TEST

START_TEST(a_pin_is_not_what_opens_it)
{
	struct sg_secret *pin = test_secret(SG_SEAL_AUTH, 1);
	const struct sg_seal_guard guard = { .auth = pin };

	derive("label", "");
	ck_assert_int_eq(test_sealer->ops->unseal(test_sealer, parent(), &guard,
	                                          sg_buf_bytes(&object.blob), &out), SG_ERR_AUTH);
	sg_secret_free(&pin);
}
END_TEST

START_TEST(a_blob_that_was_changed_anywhere_opens_to_nothing_else)
{
	struct sg_derived derived;
	size_t read = 0;

	derive("label", "until=" LATER);
	for (size_t i = 0; i < object.blob.len; i++) {
		object.blob.data[i] ^= 1;
		if (sg_derived_read(sg_buf_bytes(&object.blob), &derived) == SG_OK) {
			/* Whatever reads well is label, ticket, unique or private: the TPM sees. */
			if (read++ % 8 == 0)
				ck_assert_int_ne(open_blob(sg_buf_bytes(&object.blob)), SG_OK);
		}
		sg_derived_clear(&derived);
		object.blob.data[i] ^= 1;
	}
	ck_assert_uint_gt(read, 32);
	ck_assert_int_eq(reopen(), SG_OK);
	for (size_t len = 0; len < object.blob.len; len++) {
		ck_assert_int_eq(sg_derived_read(sg_bytes(object.blob.data, len), &derived),
		                 SG_ERR_FORMAT);
		sg_derived_clear(&derived);
	}
}
END_TEST

START_TEST(labels_have_bounds)
{
	const struct sg_attest_guard guard = { .policy = NULL };
	uint8_t label[SG_ATTEST_LABEL_MAX + 1] = { 0 };

	ck_assert_int_eq(test_sealer->ops->attest->derive(test_sealer, parent(), &guard,
	                                                  sg_bytes(label, 0), &object), SG_ERR_RANGE);
	ck_assert_int_eq(test_sealer->ops->attest->derive(test_sealer, parent(), &guard,
	                                                  sg_bytes(label, sizeof label), &object),
	                 SG_ERR_RANGE);
	ck_assert_int_eq(test_sealer->ops->attest->derive(test_sealer, parent(), &guard,
	                                                  sg_bytes(label, sizeof label - 1), &object),
	                 SG_OK);
	ck_assert_int_eq(open_blob(sg_buf_bytes(&object.blob)), SG_OK);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("derived");
	TCase *tc = tcase_create("derived");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_secret_is_the_same_each_time_and_after_restarts);
	tcase_add_test(tc, it_takes_seven_commands);
	tcase_add_test(tc, it_does_not_cross_in_clear_and_two_keys_give_two);
	tcase_add_test(tc, the_key_was_born_in_the_tpm_and_the_policy_is_all_that_uses_it);
	tcase_add_test(tc, it_ends_with_its_lease);
	tcase_add_test(tc, it_is_bound_to_the_boot);
	tcase_add_test(tc, another_label_in_the_blob_opens_nothing);
	tcase_add_test(tc, the_tpm_itself_refuses_every_other_label_and_an_empty_authorisation);
	tcase_add_test(tc, clearing_the_tpm_ends_it);
	tcase_add_test(tc, a_pin_is_not_what_opens_it);
	tcase_add_test(tc, a_blob_that_was_changed_anywhere_opens_to_nothing_else);
	tcase_add_test(tc, labels_have_bounds);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
