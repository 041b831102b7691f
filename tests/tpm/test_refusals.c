/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Each command of each kind of operation is refused, or its answer spoiled, one after the
 * other, by our TCTI in this process (seal/tpm/tcti_fault.h). The caller gets the return
 * value of that fault; the token is then the one that it was or the one that it was to become, for
 * a process that begins anew, and everything in it works.
 */
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "client/rv.h"
#include "core/token_reseal.h"
#include "crypto/crypto.h"
#include "lib/fault.h"
#include "lib/hwkeys.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "seal/tpm/tcti.h"

#define OTHER_PIN "staple battery"
#define COMMANDS 100                    /* more than any operation sends */
#define SLOTS 3                         /* that an operation may hold in the TPM at once */

static struct test_tpm tpm;
static CK_SESSION_HANDLE s;
static const char *pin;                 /* NULL: a machine token */
static CK_ULONG objects;

static const struct {
	enum test_fault fault;
	uint32_t code;
	CK_RV rv;
	unsigned left;                  /* objects and sessions that nobody can flush then */
} ways[] = {
	{ TEST_REFUSE, TPM2_RC_FAILURE, CKR_SIGNET_HW_FAILURE, 1 },
	{ TEST_REFUSE, TPM2_RC_COMMAND_CODE, CKR_SIGNET_HW_UNSUPPORTED, 1 },
	{ TEST_CUT, 0, CKR_DEVICE_ERROR, 1 },
	{ TEST_DROP, 0, CKR_DEVICE_REMOVED, SLOTS },
	{ TEST_LOSE, 0, CKR_DEVICE_REMOVED, SLOTS },
	{ TEST_LATE, 0, CKR_SIGNET_HW_TIMEOUT, SLOTS },
};
#define WAYS (int)(sizeof ways / sizeof ways[0])

static void start(void)
{
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

static CK_RV open_token(void)
{
	CK_RV rv;

	if (pin != NULL)
		return p11->C_Login(s, CKU_USER, (CK_BYTE *)pin, strlen(pin));
	rv = p11->C_FindObjectsInit(s, NULL, 0);
	return rv == CKR_OK ? p11->C_FindObjectsFinal(s) : rv;
}

static void set_up(const struct sg_token_plan *plan)
{
	CK_OBJECT_HANDLE public_key, private_key;

	test_fault_start_inside(&tpm);
	/* Power cuts count towards the lockout. */
	test_tpm_shell(&tpm, "tpm2_dictionarylockout -s -n 10000 -t 1 -l 1");
	p11_setup();
	/* What is linked into this program, not the module. */
	ck_assert_uint_eq(C_GetFunctionList(&p11), CKR_OK);
	p11_configure_tpm(tpm.tcti);
	p11_make(0, plan);
	pin = plan->machine ? NULL : P11_PIN;
	start();
	p11_ok(open_token());
	p11_make_pair(s, "pair", &public_key, &private_key);
	p11_ok(hwkeys_make_sealed(s, "sealed"));
	p11_ok(hwkeys_make_resident(s, "resident"));
	objects = p11_count(s);
	ck_assert_uint_eq(objects, 5);
}

static void set_up_machine(void)
{
	set_up(&(struct sg_token_plan){ .label = sg_bytes_str("token"), .machine = true });
}

/* Its changes are counted. */
static void set_up_counted(void)
{
	set_up(&(struct sg_token_plan){ .label = sg_bytes_str("token"), .machine = true,
	                                .rollback_protection = true });
}

/* Its PIN has an index of its own. */
static void set_up_pin(void)
{
	set_up(&(struct sg_token_plan){ .label = sg_bytes_str("token"), .pin_tries = 10 });
}

static void tear_down(void)
{
	p11_teardown();
	test_tpm_stop(&tpm);
}

static size_t loaded(void)
{
	return test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT) +
	       test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION);
}

/* A process begins anew. What a TPM did not let go of, or what nobody could tell it, is
 * the TPM's, until it loses its power. */
static void begin_anew(unsigned left)
{
	const size_t found = loaded();

	ck_assert_uint_le(found, left);
	(void)p11->C_Finalize(NULL);
	if (found > 0)
		test_tpm_power_cut(&tpm);
	start();
}

/* The token opens, and has what it should have. */
static void check_token(void)
{
	uint8_t signature[64];

	p11_ok(open_token());
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "pair"), "x", signature));
	ck_assert_uint_eq(p11_count(s), objects);
	ck_assert_uint_eq(loaded(), 0);
}

/* Everything in it works. */
static void check_keys(void)
{
	p11_ok(hwkeys_use_sealed(s, "sealed"));
	p11_ok(hwkeys_sign_resident(s, "resident"));
}

/* One kind of operation. */
struct kind {
	CK_RV (*prepare)(void);         /* without a fault; may be NULL */
	CK_RV (*run)(void);
	void (*expect)(bool done);      /* what becomes of the token; may be NULL */
	unsigned least;                 /* commands */
};

/* It was done although the last commands, which count or tidy up, failed. */
static bool is_done(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_SIGNET_UNCOUNTED || rv == CKR_SIGNET_PIN_LEFT;
}

/* Do it again and again, with the fault at its first, second ... command, until it gets by. */
static void at_each_command(const struct kind *kind, int way)
{
	unsigned nth, hit = 1, told = 0;
	CK_RV rv;

	for (nth = 1; hit > 0; nth++) {
		ck_assert_uint_lt(nth, COMMANDS);
		begin_anew(0);
		if (kind->prepare != NULL)
			p11_ok(kind->prepare());
		test_fault_set(ways[way].fault, TEST_ANY, nth, ways[way].code);
		rv = kind->run();
		hit = test_fault_clear();
		if (hit == 0)
			p11_ok(rv);
		else if (!is_done(rv))
			p11_is(ways[way].rv, rv);
		told += hit > 0 && rv != CKR_OK;
		begin_anew(hit * ways[way].left);
		if (kind->expect != NULL)
			kind->expect(is_done(rv));
		check_token();
	}
	check_keys();
	ck_assert_uint_gt(nth - 1, kind->least);
	ck_assert_uint_ge(told, kind->least);
}

START_TEST(opening_a_token)
{
	at_each_command(&(struct kind){ NULL, open_token, NULL, 4 }, _i);
}
END_TEST

static CK_RV unseal(void)
{
	return hwkeys_use_sealed(s, "sealed");
}

START_TEST(unsealing_a_key)
{
	at_each_command(&(struct kind){ open_token, unseal, NULL, 4 }, _i);
}
END_TEST

static CK_RV sign(void)
{
	return hwkeys_sign_resident(s, "resident");
}

START_TEST(a_signature_in_the_tpm)
{
	at_each_command(&(struct kind){ open_token, sign, NULL, 4 }, _i);
}
END_TEST

static CK_RV seal(void)
{
	return hwkeys_make_sealed(s, "more");
}

static void expect_one_more(bool done)
{
	objects += done;
}

START_TEST(sealing_a_key)
{
	at_each_command(&(struct kind){ open_token, seal, expect_one_more, 3 }, _i);
}
END_TEST

static CK_RV make_resident(void)
{
	return hwkeys_make_resident(s, "more");
}

static void expect_two_more(bool done)
{
	objects += done ? 2 : 0;
}

START_TEST(making_a_key_in_the_tpm)
{
	at_each_command(&(struct kind){ open_token, make_resident, expect_two_more, 3 }, _i);
}
END_TEST

/* Nothing but the counter of the token needs the TPM here. */
static CK_RV change(void)
{
	const CK_OBJECT_HANDLE key = p11_find_label(s, CKO_PRIVATE_KEY, "pair");
	const CK_BYTE id = (CK_BYTE)objects;

	return p11_set(s, key, CKA_ID, &id, 1);
}

START_TEST(counting_a_change)
{
	at_each_command(&(struct kind){ open_token, change, NULL, 10 }, _i);
}
END_TEST

/* A token as the command has it, in a slot. */
static CK_RV with_token(CK_SLOT_ID slot, enum sg_err (*fn)(struct sg_token *token))
{
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	enum sg_err err;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, slot, &token), SG_OK);
	err = fn(token);
	sg_token_free(&token);
	sg_config_free(&config);
	sg_crypto_stop();
	return sg_rv(err);
}

static enum sg_err reseal_it(struct sg_token *token)
{
	return sg_token_reseal(token, &(struct sg_token_reseal){ .other_policy = false });
}

static CK_RV reseal(void)
{
	return with_token(0, reseal_it);
}

START_TEST(resealing_a_token)
{
	at_each_command(&(struct kind){ NULL, reseal, NULL, 8 }, _i);
}
END_TEST

static enum sg_err make_it(struct sg_token *token)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("another"), .sealer = "tpm", .machine = true,
		.rollback_protection = true,
	};

	return sg_token_create(token, &plan, NULL);
}

static CK_RV make(void)
{
	return with_token(1, make_it);
}

/* There is a whole token or none; the next one is to find none. */
static void expect_token(bool done)
{
	char *path = scratch_path(p11_folder, "state/slot-0001.db");
	CK_TOKEN_INFO info = { .flags = 0 };
	CK_SESSION_HANDLE session;
	CK_RV rv;

	rv = p11->C_GetTokenInfo(1, &info);
	ck_assert_int_eq(rv == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) != 0, done);
	if (done) {
		p11_ok(p11->C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &session));
		p11_ok(p11->C_FindObjectsInit(session, NULL, 0));
		ck_assert_int_eq(unlink(path), 0);
	}
	free(path);
}

START_TEST(making_a_token)
{
	at_each_command(&(struct kind){ NULL, make, expect_token, 8 }, _i);
}
END_TEST

START_TEST(logging_in)
{
	at_each_command(&(struct kind){ NULL, open_token, NULL, 8 }, _i);
}
END_TEST

static const char *other_pin(void)
{
	return strcmp(pin, P11_PIN) == 0 ? OTHER_PIN : P11_PIN;
}

static CK_RV change_pin(void)
{
	const char *new = other_pin();

	return p11->C_SetPIN(s, (CK_BYTE *)pin, strlen(pin), (CK_BYTE *)new, strlen(new));
}

static void expect_pin(bool done)
{
	pin = done ? other_pin() : pin;
}

START_TEST(changing_a_pin_and_its_index)
{
	at_each_command(&(struct kind){ NULL, change_pin, expect_pin, 20 }, _i);
}
END_TEST

static CK_RV login_officer(void)
{
	return p11->C_Login(s, CKU_SO, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN));
}

static CK_RV reset_pin(void)
{
	const char *new = other_pin();

	return p11->C_InitPIN(s, (CK_BYTE *)new, strlen(new));
}

START_TEST(resetting_a_pin_and_its_index)
{
	at_each_command(&(struct kind){ login_officer, reset_pin, expect_pin, 12 }, _i);
}
END_TEST

START_TEST(each_command_is_told_with_its_number)
{
	const uint64_t before = sg_tpm_command_count();

	begin_anew(0);
	p11_ok(open_token());
	ck_assert_uint_gt(sg_tpm_command_count(), before);
	ck_assert_uint_eq(test_fault_number(), sg_tpm_command_count());
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("tpm refusals");
	TCase *tc = tcase_create("machine");

	tcase_add_checked_fixture(tc, set_up_machine, tear_down);
	tcase_add_loop_test(tc, opening_a_token, 0, 1);
	tcase_add_loop_test(tc, unsealing_a_key, 0, WAYS);
	tcase_add_loop_test(tc, a_signature_in_the_tpm, 0, 1);
	tcase_add_loop_test(tc, sealing_a_key, 0, 1);
	tcase_add_loop_test(tc, making_a_key_in_the_tpm, 0, 1);
	tcase_add_loop_test(tc, resealing_a_token, 0, 1);
	tcase_add_test(tc, each_command_is_told_with_its_number);
	suite_add_tcase(suite, tc);
	tc = tcase_create("counted");
	tcase_add_checked_fixture(tc, set_up_counted, tear_down);
	tcase_add_loop_test(tc, counting_a_change, 0, 1);
	tcase_add_loop_test(tc, making_a_token, 0, 1);
	suite_add_tcase(suite, tc);
	tc = tcase_create("pin");
	tcase_add_checked_fixture(tc, set_up_pin, tear_down);
	tcase_add_loop_test(tc, logging_in, 0, 1);
	tcase_add_loop_test(tc, changing_a_pin_and_its_index, 0, 1);
	tcase_add_loop_test(tc, resetting_a_pin_and_its_index, 0, 1);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
