/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on keys that an enrolment made, of all three origins. The attacker has the store, the
 * machine with its TPM, whose hierarchies have no passwords, and TPMs of his own. The token is a
 * machine token: what it does at boot he can have done too, and that is signatures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "core/key_reseal.h"
#include "core/module.h"
#include "core/token_objects.h"
#include "lib/conformance.h"
#include "lib/enrolled.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/tpm.h"
#include "seal/tpm/sealed.h"

#define LATER "86400000"
#define FIRST SG_KEY_ORIGIN_HOST        /* loops go over all origins */
#define END (SG_KEY_ORIGIN_VAULT + 1)
#define CUT_TAKES 4200                  /* ms of the clock that a power cut takes, at most */

static struct test_tpm tpm, other;
static char *folder;
static CK_SESSION_HANDLE s;
static struct sg_attest_object object;
static uint8_t public_key[32];
static const char *wanted;

static void with_token(void (*fn)(struct sg_token *token, int arg), int arg)
{
	struct sg_module *module = sg_module_enter();
	struct sg_token *token;

	ck_assert_ptr_nonnull(module);
	ck_assert_int_eq(sg_module_token(module, 0, &token), SG_OK);
	fn(token, arg);
	sg_module_leave();
}

static void make_token(struct sg_token *token, int arg)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("token"), .sealer = "tpm", .machine = true,
	};

	(void)arg;
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
}

static void make_object(struct sg_token *token, int origin)
{
	ck_assert_int_eq(sg_token_refresh(token), SG_OK);
	test_enrolled_make(token, (enum sg_key_origin)origin, wanted, &object, public_key);
}

/* Begin with the TPM at this place. */
static void start(const char *tcti)
{
	char *conf = scratch_path(folder, "signet.conf"), text[4096];

	snprintf(text, sizeof text, "state = %s/state\ntcti = %s\ntripwire = off\n", folder, tcti);
	test_file_write(conf, sg_bytes_str(text));
	ck_assert_int_eq(setenv("SIGNET_CONF", conf, 1), 0);
	free(conf);
	ck_assert_uint_eq(C_Initialize(NULL), CKR_OK);
}

static CK_RV open_session(void)
{
	return C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s);
}

static void setup(void)
{
	test_tpm_start(&tpm);
	test_tpm_start(&other);
	folder = scratch_make();
	wanted = "";
	start(tpm.tcti);
	with_token(make_token, 0);
	ck_assert_uint_eq(open_session(), CKR_OK);
}

static void teardown(void)
{
	(void)C_Finalize(NULL);
	sg_attest_object_clear(&object);
	scratch_remove(&folder);
	test_tpm_stop(&tpm);
	test_tpm_stop(&other);
}

static CK_OBJECT_HANDLE add(int origin)
{
	CK_OBJECT_HANDLE key = 0;

	with_token(make_object, origin);
	ck_assert_uint_eq(test_enrolled_add(s, (enum sg_key_origin)origin, &object, public_key,
	                                    &key), CKR_OK);
	return key;
}

/* Sign with the one private key there is, as another process would; the cause where it can't. */
static CK_RV sign_anew(const char *tcti)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };
	CK_OBJECT_HANDLE key = 0;
	CK_BYTE signature[64];
	CK_ULONG n = 0, len = sizeof signature;
	CK_RV rv;

	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	start(tcti);
	rv = open_session();
	if (rv == CKR_OK)
		rv = C_FindObjectsInit(s, &template, 1);
	if (rv == CKR_OK)
		rv = C_FindObjects(s, &key, 1, &n);
	if (rv == CKR_OK && n == 0)
		rv = CKR_OBJECT_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = C_FindObjectsFinal(s);
	if (rv == CKR_OK)
		rv = C_SignInit(s, &eddsa, key);
	return rv == CKR_OK ? C_Sign(s, (CK_BYTE *)"a request", 9, signature, &len) : rv;
}

START_TEST(a_store_that_was_copied_signs_beside_no_other_tpm)
{
	add(_i);
	ck_assert_uint_ne(sign_anew(other.tcti), CKR_OK);
	ck_assert_uint_eq(sign_anew(tpm.tcti), CKR_OK);
}
END_TEST

/* He opened the token on its machine, and took what the hardware made of the key. */
START_TEST(what_the_hardware_made_of_a_key_opens_below_no_storage_key_of_his)
{
	const struct sg_seal_guard guard = { .auth = NULL };
	struct sg_secret *out = NULL;

	add(_i);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	test_sealer_on(other.tcti);
	test_provision();
	ck_assert_int_ne(test_sealer->ops->unseal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                          sg_buf_bytes(&object.blob), &out), SG_OK);
	ck_assert_ptr_null(out);
	test_sealer_end();
	start(tpm.tcti);
}
END_TEST

START_TEST(who_clears_the_tpm_has_no_key_any_more)
{
	add(_i);
	test_tpm_shell(&tpm, "tpm2_clear -c p");
	ck_assert_uint_ne(sign_anew(tpm.tcti), CKR_OK);
}
END_TEST

static uint64_t clock_now;

static enum sg_err read_clock(struct sg_sealer *sealer, struct sg_bytes parent, void *arg)
{
	(void)arg;
	return sealer->ops->attest->clock(sealer, parent, &clock_now);
}

static void ask_clock(struct sg_token *token, int arg)
{
	(void)arg;
	ck_assert_int_eq(sg_token_refresh(token), SG_OK);
	ck_assert_int_eq(sg_token_ask_sealer(token, read_clock, NULL), SG_OK);
}

/* He owns the TPM, and can move its clock: but only forward. */
START_TEST(a_lease_that_ended_is_not_begun_again_by_who_owns_the_tpm)
{
	wanted = "until=" LATER;
	add(_i);
	ck_assert_uint_eq(sign_anew(tpm.tcti), CKR_OK);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_uint_eq(sign_anew(tpm.tcti), CKR_SIGNET_POLICY);
	test_tpm_shell(&tpm, "! tpm2_setclock 1000 2>/dev/null");
	ck_assert_uint_eq(sign_anew(tpm.tcti), CKR_SIGNET_POLICY);
	test_tpm_restart(&tpm);
	ck_assert_uint_eq(sign_anew(tpm.tcti), CKR_SIGNET_POLICY);
}
END_TEST

/* A cut takes what the TPM had not written of its clock, and no more. */
START_TEST(a_power_cut_takes_no_more_of_the_clock_than_is_said)
{
	uint64_t before;

	for (int i = 0; i < 3; i++) {
		with_token(ask_clock, 0);
		before = clock_now;
		test_tpm_power_cut(&tpm);
		with_token(ask_clock, 0);
		ck_assert_uint_ge(clock_now + CUT_TAKES, before);
	}
}
END_TEST

/* He has the bytes of the object, and says in them that it has another lease, or none. */
START_TEST(a_lease_is_not_taken_off_what_the_hardware_made)
{
	const struct sg_seal_guard guard = { .auth = NULL };
	struct sg_sealed sealed = { .imported = false };
	struct sg_buf changed = { 0 };
	struct sg_secret *out = NULL;

	wanted = "until=" LATER;
	add(SG_KEY_ORIGIN_HOST);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&object.blob), &sealed), SG_OK);
	sealed.policy.until = _i == 0 ? 0 : 2 * sealed.policy.until;
	ck_assert_int_eq(sg_sealed_write(&sealed, &changed), SG_OK);
	ck_assert_uint_eq(C_Finalize(NULL), CKR_OK);
	test_sealer_on(tpm.tcti);
	test_provision();
	ck_assert_int_ne(test_sealer->ops->unseal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                          sg_buf_bytes(&changed), &out), SG_OK);
	ck_assert_ptr_null(out);
	test_sealer_end();
	sg_sealed_clear(&sealed);
	sg_buf_free(&changed);
	start(tpm.tcti);
}
END_TEST

/* While it is open he could have the token seal it anew, for longer. */
START_TEST(a_key_does_not_shed_its_lease_by_being_sealed_anew)
{
	const struct sg_key_reseal how = { .other_policy = true };

	wanted = "until=" LATER;
	ck_assert_uint_eq(sg_key_reseal(s, add(_i), &how), CKR_ACTION_PROHIBITED);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_uint_eq(sign_anew(tpm.tcti), CKR_SIGNET_POLICY);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("enrolled");
	TCase *tc = tcase_create("enrolled");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_store_that_was_copied_signs_beside_no_other_tpm, FIRST, END);
	tcase_add_loop_test(tc, what_the_hardware_made_of_a_key_opens_below_no_storage_key_of_his,
	                    FIRST, END);
	tcase_add_loop_test(tc, who_clears_the_tpm_has_no_key_any_more, FIRST, END);
	tcase_add_loop_test(tc, a_lease_that_ended_is_not_begun_again_by_who_owns_the_tpm, FIRST, END);
	tcase_add_test(tc, a_power_cut_takes_no_more_of_the_clock_than_is_said);
	tcase_add_loop_test(tc, a_lease_is_not_taken_off_what_the_hardware_made, 0, 2);
	tcase_add_loop_test(tc, a_key_does_not_shed_its_lease_by_being_sealed_anew, FIRST, END);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
