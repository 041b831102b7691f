/* SPDX-License-Identifier: Apache-2.0
 *
 * Attack: somebody on the TPM's bus who sends commands of his own between those of the program,
 * while its session is open and its object loaded. He learns both handles.
 */
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"

#define HANDLE 0, 0, 0, 0               /* filled in when it is known */
#define PASSWORD 0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 1, 0, 0

static struct test_tpm tpm;
static struct sg_secret *plain, *auth, *out;
static struct sg_buf blob;

/* What he sends before the command with this code, once, and what he gets. */
static _Atomic uint32_t moment;
static bool his_object;                 /* it is about the object, not the session */
static bool in_session;                 /* that of the program, not with a password */
static uint8_t his[128];
static size_t his_len;
static uint8_t object[4], session[4];   /* handles of the program's, as they were given out */
static uint32_t answer_code;
static uint8_t answer[TEST_TPM_FRAME];
static size_t answer_len;

static bool send_his(void *arg, uint32_t code)
{
	(void)arg;
	if (code == moment) {
		moment = 0;
		memcpy(his + 10, his_object ? object : session, 4);
		if (in_session)
			memcpy(his + 18, session, 4);
		do
			answer_code = test_tpm_slip_in(&tpm, sg_bytes(his, his_len), answer,
			                               &answer_len);
		while (answer_code == TPM2_RC_RETRY);
	}
	return true;
}

static void listen(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	(void)arg;
	if (*len >= 14 && code == TPM2_CC_Load)
		memcpy(object, frame + 10, 4);
	if (*len >= 14 && code == TPM2_CC_StartAuthSession)
		memcpy(session, frame + 10, 4);
}

static void setup(void)
{
	static const struct test_wire_hooks hooks = { .command = send_his, .response = listen };

	moment = 0;
	in_session = false;
	test_tpm_start_wired(&tpm, &hooks);
	test_sealer_on(tpm.tcti);
	test_provision();
	plain = test_secret(32, 0x20);
	auth = test_secret(SG_SEAL_AUTH, 0x80);
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

/* Seal, let him send that when the object is about to be unsealed, and return what comes of it. */
static enum sg_err open_while_he_sends(const struct sg_secret *with, struct sg_bytes command,
                                       bool about_object)
{
	ck_assert_int_eq(test_seal(with, plain, &blob), SG_OK);
	memcpy(his, command.data, command.len);
	his_len = command.len;
	his_object = about_object;
	moment = TPM2_CC_Unseal;
	answer_code = UINT32_MAX;
	return test_unseal(with, sg_buf_bytes(&blob), &out);
}

static bool he_has_it(void)
{
	return memmem(answer, answer_len, plain->data, plain->len) != NULL;
}

static const uint8_t unseal[] = {
	0x80, 0x02, 0, 0, 0, 27, 0, 0, 0x01, 0x5e, HANDLE, PASSWORD,
};

/* No PIN guards it, so who can send commands needs nobody's session. */
START_TEST(what_no_pin_guards_he_unseals_himself)
{
	ck_assert_int_eq(open_while_he_sends(NULL, sg_bytes(unseal, sizeof unseal), true), SG_OK);
	ck_assert_uint_eq(answer_code, TPM2_RC_SUCCESS);
	ck_assert(he_has_it());
}
END_TEST

START_TEST(what_a_pin_guards_he_does_not_unseal)
{
	ck_assert_int_eq(open_while_he_sends(auth, sg_bytes(unseal, sizeof unseal), true), SG_OK);
	ck_assert_uint_eq(answer_code & 0xff, TPM2_RC_AUTH_FAIL & 0xff);
	ck_assert(!he_has_it());
	ck_assert(sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
}
END_TEST

/* It is open and the object loaded, but each command in it takes an HMAC with its salt. */
START_TEST(he_does_not_unseal_in_the_session_of_the_program)
{
	static const uint8_t command[] = {
		0x80, 0x02, 0, 0, 0, 91, 0, 0, 0x01, 0x5e, HANDLE, 0, 0, 0, 73, HANDLE,
		0, 32, [24 ... 55] = 0x11, 0x01, 0, 32, [59 ... 90] = 0x22,
	};

	in_session = true;
	ck_assert_int_eq(open_while_he_sends(auth, sg_bytes(command, sizeof command), true), SG_OK);
	ck_assert_uint_eq(answer_code, TPM2_RC_S + TPM2_RC_1 + TPM2_RC_AUTH_FAIL);
	ck_assert(!he_has_it());
	ck_assert(sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
}
END_TEST

START_TEST(what_he_flushes_is_an_error_and_no_more)
{
	static const uint8_t flush[] = { 0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, HANDLE };

	ck_assert_int_ne(open_while_he_sends(auth, sg_bytes(flush, sizeof flush), _i == 0), SG_OK);
	ck_assert_uint_eq(answer_code, TPM2_RC_SUCCESS);
	ck_assert_ptr_null(out);
	ck_assert(test_opens(auth, &blob, plain));
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("attack: a sender on the bus");
	TCase *tcase = tcase_create("sender");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_no_pin_guards_he_unseals_himself);
	tcase_add_test(tcase, what_a_pin_guards_he_does_not_unseal);
	tcase_add_test(tcase, he_does_not_unseal_in_the_session_of_the_program);
	tcase_add_loop_test(tcase, what_he_flushes_is_an_error_and_no_more, 0, 2);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
