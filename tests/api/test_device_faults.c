/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The module on hardware that dies or breaks off at each command of each call in turn, a
 * TPM or an HSM; an HSM also refuses (a TPM does in tpm/test_refusals). The caller learns
 * what happened, and the token afterwards is the one that it was or the one that it was to
 * become: nothing is half written.
 */
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/device.h"
#include "lib/hwkeys.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define OTHER_PIN "staple battery"
#define COMMANDS 300                    /* more than any call sends */

static CK_SESSION_HANDLE s;
static const char *pin;
static CK_ULONG objects;

/* Stands in front of that of the C library: who looks for an HSM that is away does so again and
 * again, with pauses. */
__attribute__((visibility("default")))
int nap(const struct timespec *pause, struct timespec *rest) __asm__("nanosleep");

int nap(const struct timespec *pause, struct timespec *rest)
{
	return test_device_is_hsm() ? 0 : (int)syscall(SYS_nanosleep, pause, rest);
}

/* PINs have no part in what an HSM is asked: where nothing is about one, the token has none. */
static bool machine;

static CK_RV login(const char *with)
{
	return p11->C_Login(s, CKU_USER, (CK_BYTE *)with, strlen(with));
}

/* The power comes back, and the process begins anew. */
static void recover(void)
{
	(void)p11->C_Finalize(NULL);
	test_device_power_cut();
	p11_start();
	s = p11_open(CKF_RW_SESSION);
}

/* Everything that the token had works. */
static void check_keys(CK_ULONG wanted)
{
	uint8_t signature[64];

	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "pair"), "x", signature));
	p11_ok(p11_verify(s, p11_find_label(s, CKO_PUBLIC_KEY, "pair"), "x", signature));
	p11_ok(hwkeys_use_sealed(s, "sealed"));
	p11_ok(hwkeys_sign_resident(s, "resident"));
	ck_assert_uint_eq(p11_count(s), wanted);
	test_device_require_idle();
}

/* Wrong PINs and power cuts count towards the lockout of a TPM, which is not what is tested. */
static void never_lock(void)
{
	if (!test_device_is_hsm())
		test_tpm_shell(&test_device_tpm, "tpm2_dictionarylockout -s -n 10000 -t 1 -l 1");
}

static void set_up_token(bool with_pin)
{
	uint8_t signature[64];

	test_device_setup();
	machine = !with_pin;
	s = machine ? p11_machine() : p11_user();
	never_lock();
	pin = P11_PIN;
	CK_OBJECT_HANDLE pub, priv;
	p11_make_pair(s, "pair", &pub, &priv);
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(hwkeys_make_sealed(s, "sealed"));
	p11_ok(hwkeys_make_resident(s, "resident"));
	objects = p11_count(s);
	ck_assert_uint_eq(objects, 5);
}

static void set_up(void)
{
	set_up_token(!test_device_is_hsm());
}

static void set_up_pin(void)
{
	set_up_token(true);
}

/* One call under test. */
struct call {
	CK_RV (*prepare)(void);         /* without a fault; may be NULL */
	CK_RV (*run)(void);
	void (*check)(bool done);       /* after a new start */
	unsigned least;                 /* commands that it sends to a TPM */
};

/* Not every fault matters, but what fails says why. */
static void require_told(int way, unsigned hit, CK_RV rv)
{
	if (hit == 0)
		p11_ok(rv);
	else if (rv != CKR_OK)
		test_device_require_told(way, rv);
}

/* Do the call again and again, with the fault at its first, second ... command, until it gets
 * by. */
static void at_each_command(const struct call *call, int way)
{
	unsigned nth, hit = 1;
	CK_RV rv;

	for (nth = 1; hit > 0; nth++) {
		ck_assert_uint_lt(nth, COMMANDS);
		recover();
		if (call->prepare != NULL)
			p11_ok(call->prepare());
		test_device_fail(way, nth);
		rv = call->run();
		hit = test_device_mend();
		require_told(way, hit, rv);
		recover();
		call->check(rv == CKR_OK);
	}
	ck_assert_uint_gt(nth - 1, test_device_is_hsm() ? call->least > 0 : call->least);
}

static CK_RV login_now(void)
{
	CK_RV rv;

	if (!machine)
		return login(pin);
	rv = p11->C_FindObjectsInit(s, NULL, 0);
	return rv == CKR_OK ? p11->C_FindObjectsFinal(s) : rv;
}

static void check_same(bool done)
{
	(void)done;
	p11_ok(login_now());
	check_keys(objects);
}

START_TEST(a_login)
{
	at_each_command(&(struct call){ NULL, login_now, check_same, 4 }, _i);
}
END_TEST

static CK_RV use_sealed(void)
{
	return hwkeys_use_sealed(s, "sealed");
}

START_TEST(the_first_use_of_a_sealed_key)
{
	at_each_command(&(struct call){ login_now, use_sealed, check_same, 4 }, _i);
}
END_TEST

static CK_RV sign_resident(void)
{
	return hwkeys_sign_resident(s, "resident");
}

START_TEST(a_signature_by_the_hardware)
{
	at_each_command(&(struct call){ login_now, sign_resident, check_same, 4 }, _i);
}
END_TEST

static CK_RV make_another_sealed(void)
{
	return hwkeys_make_sealed(s, "more");
}

static void check_one_more(bool done)
{
	objects += done ? 1 : 0;
	check_same(done);
}

START_TEST(a_new_sealed_key)
{
	at_each_command(&(struct call){ login_now, make_another_sealed, check_one_more, 3 }, _i);
}
END_TEST

static CK_RV make_another_resident(void)
{
	return hwkeys_make_resident(s, "more");
}

static void check_two_more(bool done)
{
	objects += done ? 2 : 0;
	check_same(done);
}

START_TEST(a_new_key_in_the_hardware)
{
	at_each_command(&(struct call){ login_now, make_another_resident, check_two_more, 3 }, _i);
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

/* The new PIN is valid and the old one is not, or the other way round. */
static void check_pin(bool done)
{
	const char *valid = done ? other_pin() : pin, *invalid = done ? pin : other_pin();

	p11_is(CKR_PIN_INCORRECT, login(invalid));
	pin = valid;
	check_same(done);
}

START_TEST(a_change_of_the_pin)
{
	at_each_command(&(struct call){ login_now, change_pin, check_pin, 7 }, _i);
}
END_TEST

static CK_RV login_so(void)
{
	return p11->C_Login(s, CKU_SO, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN));
}

static CK_RV reset_pin(void)
{
	const char *new = other_pin();

	return p11->C_InitPIN(s, (CK_BYTE *)new, strlen(new));
}

START_TEST(a_reset_of_the_pin)
{
	at_each_command(&(struct call){ login_so, reset_pin, check_pin, 3 }, _i);
}
END_TEST

static CK_RV destroy_sealed(void)
{
	return p11->C_DestroyObject(s, p11_find_label(s, CKO_SECRET_KEY, "doomed"));
}

static CK_RV make_doomed(void)
{
	CK_RV rv = login_now();

	return rv != CKR_OK ? rv : hwkeys_make_sealed(s, "doomed");
}

START_TEST(the_end_of_a_sealed_key)
{
	at_each_command(&(struct call){ make_doomed, destroy_sealed, check_same, 0 }, _i);
}
END_TEST

static CK_RV make_anew(void)
{
	CK_BYTE label[33] = "made anew                       ";

	p11_ok(p11->C_CloseAllSessions(0));
	return p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label);
}

/* All is there and opens, or nothing but what a new token has. */
static void check_anew(bool done)
{
	CK_TOKEN_INFO info;

	p11_ok(p11->C_GetTokenInfo(0, &info));
	ck_assert_uint_ne(info.flags & CKF_TOKEN_INITIALIZED, 0);
	ck_assert_int_eq(memcmp(info.label, "made anew", 9) == 0, done);
	if (!done) {
		check_same(done);
		return;
	}
	p11_is(CKR_USER_PIN_NOT_INITIALIZED, login_now());
	p11_ok(login_so());
	ck_assert_uint_eq(p11_count(s), 0);
}

/* A call that got by although the TPM failed at its last command has made the token. */
START_TEST(a_token_made_anew)
{
	unsigned hit = 1;
	CK_RV rv = CKR_DEVICE_ERROR;

	for (unsigned nth = 1; hit > 0 && rv != CKR_OK; nth++) {
		recover();
		test_device_fail(_i, nth);
		rv = make_anew();
		hit = test_device_mend();
		require_told(_i, hit, rv);
		recover();
		check_anew(rv == CKR_OK);
		ck_assert_uint_lt(nth, COMMANDS);
	}
}
END_TEST

static void set_up_empty(void)
{
	test_device_setup();
	p11_start();
	never_lock();
}

START_TEST(the_first_token)
{
	CK_BYTE label[33] = "the first                       ";
	CK_TOKEN_INFO info;
	unsigned nth, hit = 1;
	CK_RV rv = CKR_DEVICE_ERROR;

	for (nth = 1; hit > 0 && rv != CKR_OK; nth++) {
		test_device_fail(_i, nth);
		rv = p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label);
		hit = test_device_mend();
		require_told(_i, hit, rv);
		(void)p11->C_Finalize(NULL);
		test_device_power_cut();
		p11_start();
		p11_ok(p11->C_GetTokenInfo(0, &info));
		ck_assert_int_eq((info.flags & CKF_TOKEN_INITIALIZED) != 0, rv == CKR_OK);
		ck_assert_uint_lt(nth, COMMANDS);
	}
	ck_assert_uint_gt(nth, 5);
	s = p11_open(CKF_RW_SESSION);
	p11_ok(login_so());
	test_device_require_idle();
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("device faults");
	TCase *tc = tcase_create("faults"), *pins = tcase_create("pins");
	TCase *empty = tcase_create("empty");
	/* A PIN takes longer than all calls of an HSM. */
	const int with_pins = test_device_is_hsm() ? 1 : test_device_faults();

	tcase_add_checked_fixture(tc, set_up, test_device_teardown);
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_login, 0, test_device_faults());
	tcase_add_loop_test(tc, the_first_use_of_a_sealed_key, 0, test_device_faults());
	tcase_add_loop_test(tc, a_signature_by_the_hardware, 0, test_device_faults());
	tcase_add_loop_test(tc, a_new_sealed_key, 0, test_device_faults());
	tcase_add_loop_test(tc, a_new_key_in_the_hardware, 0, test_device_faults());
	tcase_add_loop_test(tc, the_end_of_a_sealed_key, 0, test_device_faults());
	tcase_add_checked_fixture(pins, set_up_pin, test_device_teardown);
	suite_add_tcase(suite, pins);
	tcase_add_loop_test(pins, a_change_of_the_pin, 0, with_pins);
	tcase_add_loop_test(pins, a_reset_of_the_pin, 0, with_pins);
	tcase_add_loop_test(pins, a_token_made_anew, 0, with_pins);
	tcase_add_checked_fixture(empty, set_up_empty, test_device_teardown);
	suite_add_tcase(suite, empty);
	tcase_add_loop_test(empty, the_first_token, 0, test_device_faults());
	return suite;
}

int main(void)
{
	return test_run(suite());
}
