/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The sealer "hsm" does what every sealer must do, by whatever mechanism an HSM has.
 */
#include "seal/hsm/sealer.h"

#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/p11server.h"
#include "lib/runner.h"
#include "lib/softhsm.h"
#include "seal/hsm/profile.h"

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct test_p11server server;
static struct sg_config config;

static void open_sealer(void)
{
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
}

/* Before all tests of a case, so that they share a key: making one takes a second. */
static void make_key(void *unused)
{
	(void)unused;
	open_sealer();
	ck_assert(test_provision());
	test_sealer_end();
}

static void begin(char *uri)
{
	config.hsm[0] = uri;
	p11_in_child(make_key, NULL);
	test_other = SG_ERR_HSM_OTHER;
	/* Behind the identity stand the label and a serial number of 16. */
	test_other_at = sizeof TEST_HSM_LABEL - 1 + 16 + 2 * sizeof(uint32_t) + 1;
}

static void begin_soft(void)
{
	test_softhsm_start(&softhsm);
	begin(softhsm.uri);
}

static void start_faulty(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
}

static void begin_bits(void)
{
	start_faulty();
	test_faulty_quirks(&hsm, FAULTY_NEEDS_IV_BITS);
	begin(hsm.uri);
}

static void begin_written(void)
{
	start_faulty();
	test_faulty_gcm(&hsm, FAULTY_GCM_AT_INIT, 0);
	begin(hsm.uri);
}

static void begin_written_late(void)
{
	start_faulty();
	test_faulty_gcm(&hsm, FAULTY_GCM_AT_END, 0);
	begin(hsm.uri);
}

static void begin_appended(void)
{
	start_faulty();
	test_faulty_gcm(&hsm, FAULTY_GCM_APPENDED, 12);
	begin(hsm.uri);
}

/* As Luna 7 does it in FIPS mode. */
static void begin_appended_long(void)
{
	start_faulty();
	test_faulty_gcm(&hsm, FAULTY_GCM_APPENDED, 16);
	begin(hsm.uri);
}

/* A shorter one than the standard's is soon used twice. */
static void begin_appended_short(void)
{
	start_faulty();
	test_faulty_gcm(&hsm, FAULTY_GCM_APPENDED, 8);
	begin(hsm.uri);
}

static void begin_constant(void)
{
	start_faulty();
	test_faulty_gcm(&hsm, FAULTY_GCM_CONSTANT, 0);
	begin(hsm.uri);
}

static void begin_pad(void)
{
	start_faulty();
	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_GONE);
	begin(hsm.uri);
}

static void begin_kwp(void)
{
	start_faulty();
	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_GONE);
	test_faulty_quirks(&hsm, FAULTY_KWP_IS_210B);
	begin(hsm.uri);
}

/* As NetHSM and others do it: no public key encrypts in the module. */
static void begin_oaep(void)
{
	start_faulty();
	test_faulty_mechanism_flags(&hsm, CKM_RSA_PKCS_OAEP, CKF_ENCRYPT);
	test_faulty_fail(&hsm, "C_EncryptInit", 1, TEST_FOREVER, CKR_FUNCTION_NOT_SUPPORTED);
	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_GONE);
	test_faulty_mechanism(&hsm, CKM_AES_KEY_WRAP_PAD, FAULTY_GONE);
	begin(hsm.uri);
}

static void begin_server(void)
{
	test_softhsm_start(&softhsm);
	test_p11server_start(&server, &softhsm);
	begin(server.uri);
}

static void end(void)
{
	test_p11server_stop(&server);
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

static void setup(void)
{
	open_sealer();
	ck_assert(!test_provision());
}

/* The HSMs, what is kept of how they seal, and whether it is tried in full. */
static const struct kind {
	const char *name;
	void (*begin)(void);
	enum sg_hsm_way way;
	enum sg_hsm_iv iv;
	bool full;
} kinds[] = {
	{ "gcm", begin_soft, SG_HSM_GCM, SG_HSM_IV_OURS, true },
	{ "gcm_iv_bits", begin_bits, SG_HSM_GCM, SG_HSM_IV_OURS, true },
	{ "gcm_iv_written", begin_written, SG_HSM_GCM, SG_HSM_IV_WRITTEN, true },
	{ "gcm_iv_written_late", begin_written_late, SG_HSM_GCM, SG_HSM_IV_WRITTEN, false },
	{ "gcm_iv_appended", begin_appended, SG_HSM_GCM, SG_HSM_IV_APPENDED, true },
	{ "gcm_iv_appended_long", begin_appended_long, SG_HSM_GCM, SG_HSM_IV_APPENDED, true },
	{ "gcm_iv_appended_short", begin_appended_short, SG_HSM_PAD, SG_HSM_IV_NONE, false },
	{ "gcm_iv_constant", begin_constant, SG_HSM_PAD, SG_HSM_IV_NONE, false },
	{ "pad", begin_pad, SG_HSM_PAD, SG_HSM_IV_NONE, true },
	{ "kwp", begin_kwp, SG_HSM_KWP, SG_HSM_IV_NONE, true },
	{ "oaep", begin_oaep, SG_HSM_OAEP_SHA1, SG_HSM_IV_NONE, false },
	{ "p11_kit_server", begin_server, SG_HSM_OAEP_SHA1, SG_HSM_IV_NONE, true },
};

START_TEST(it_seals_by_what_the_hsm_has)
{
	ck_assert_uint_gt(test_parent.len, 6);
	/* p11-kit's server carries AES-GCM from 0.25 on. */
	if (kinds[_i].begin == begin_server && test_parent.data[4] == SG_HSM_GCM)
		return;
	ck_assert_uint_eq(test_parent.data[4], kinds[_i].way);
	ck_assert_uint_eq(test_parent.data[5], kinds[_i].iv);
}
END_TEST

#define WAY(way) (1u << (way))

/* What a key can do, and the ways whose keys may. */
static const struct use {
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE_TYPE type;
	unsigned ways;
} uses[] = {
	{ CKO_SECRET_KEY, CKA_ENCRYPT, WAY(SG_HSM_GCM) },
	{ CKO_SECRET_KEY, CKA_DECRYPT, WAY(SG_HSM_GCM) },
	{ CKO_SECRET_KEY, CKA_WRAP, WAY(SG_HSM_PAD) | WAY(SG_HSM_KWP) },
	{ CKO_SECRET_KEY, CKA_UNWRAP, WAY(SG_HSM_PAD) | WAY(SG_HSM_KWP) },
	{ CKO_SECRET_KEY, CKA_SIGN, 0 },
	{ CKO_SECRET_KEY, CKA_VERIFY, 0 },
	{ CKO_SECRET_KEY, CKA_DERIVE, 0 },
	{ CKO_PRIVATE_KEY, CKA_DECRYPT, WAY(SG_HSM_OAEP_SHA1) },
	{ CKO_PRIVATE_KEY, CKA_SIGN, 0 },
	{ CKO_PRIVATE_KEY, CKA_UNWRAP, 0 },
	{ CKO_PRIVATE_KEY, CKA_DERIVE, 0 },
	{ CKO_PUBLIC_KEY, CKA_ENCRYPT, WAY(SG_HSM_OAEP_SHA1) },
	{ CKO_PUBLIC_KEY, CKA_VERIFY, 0 },
	{ CKO_PUBLIC_KEY, CKA_WRAP, 0 },
	{ CKO_PUBLIC_KEY, CKA_DERIVE, 0 },
};

static CK_BBOOL read_bool(struct test_hsm *in, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 7;
	CK_ATTRIBUTE attr = { type, &value, sizeof value };

	p11_ok(in->f->C_GetAttributeValue(in->session, object, &attr, 1));
	return value;
}

static void check_key(struct test_hsm *in, CK_OBJECT_HANDLE key, enum sg_hsm_way way)
{
	CK_OBJECT_CLASS class = 0;
	CK_ATTRIBUTE attr = { CKA_CLASS, &class, sizeof class };

	p11_ok(in->f->C_GetAttributeValue(in->session, key, &attr, 1));
	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
		if (uses[i].class == class)
			ck_assert_msg(read_bool(in, key, uses[i].type) ==
			              ((uses[i].ways & WAY(way)) != 0), "use %zu", i);
	if (class == CKO_PUBLIC_KEY)
		return;
	ck_assert(read_bool(in, key, CKA_SENSITIVE) == CK_TRUE);
	ck_assert(read_bool(in, key, CKA_EXTRACTABLE) == CK_FALSE);
	ck_assert(read_bool(in, key, CKA_PRIVATE) == CK_TRUE);
	ck_assert(read_bool(in, key, CKA_NEVER_EXTRACTABLE) == CK_TRUE);
}

static void check_keys(struct test_hsm *in, void *arg)
{
	const enum sg_hsm_way *way = arg;
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 0;

	p11_ok(in->f->C_FindObjectsInit(in->session, NULL, 0));
	p11_ok(in->f->C_FindObjects(in->session, found, 8, &n));
	p11_ok(in->f->C_FindObjectsFinal(in->session));
	ck_assert_uint_eq(n, *way >= SG_HSM_OAEP_SHA256 ? 2 : 1);
	for (CK_ULONG i = 0; i < n; i++)
		check_key(in, found[i], *way);
}

/* And there is no other: what was tried in vain was removed. */
START_TEST(the_key_stays_in_the_hsm_and_does_two_things_only)
{
	enum sg_hsm_way way = (enum sg_hsm_way)test_parent.data[4];

	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, check_keys, &way);
}
END_TEST

START_TEST(nothing_is_left_in_the_hsm_by_sealing)
{
	struct sg_secret *plain = test_secret(32, 0), *opened = NULL;
	CK_ULONG before = test_hsm_count(softhsm.module, TEST_HSM_LABEL);
	struct sg_buf blob = { 0 };

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
		ck_assert(test_opens(NULL, &blob, plain));
		blob.data[blob.len - 1] ^= 1;
		ck_assert_int_ne(test_unseal(NULL, sg_buf_bytes(&blob), &opened), SG_OK);
	}
	ck_assert_uint_eq(test_hsm_count(softhsm.module, TEST_HSM_LABEL), before);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_second_token_uses_the_same_key)
{
	struct sg_buf first = { 0 };

	ck_assert_int_eq(sg_buf_set(&first, sg_buf_bytes(&test_parent)), SG_OK);
	ck_assert(!test_provision());
	ck_assert(sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&test_parent)));
	sg_buf_free(&first);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("hsm_sealer");
	TCase *tcase;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		tcase = tcase_create(kinds[i].name);
		tcase_set_timeout(tcase, 120);
		tcase_add_unchecked_fixture(tcase, kinds[i].begin, end);
		tcase_add_checked_fixture(tcase, setup, test_sealer_end);
		if (kinds[i].full)
			test_conformance_add(tcase);
		tcase_add_loop_test(tcase, it_seals_by_what_the_hsm_has, i, i + 1);
		tcase_add_loop_test(tcase, the_key_stays_in_the_hsm_and_does_two_things_only, i,
		                    i + 1);
		tcase_add_test(tcase, nothing_is_left_in_the_hsm_by_sealing);
		tcase_add_test(tcase, a_second_token_uses_the_same_key);
		suite_add_tcase(s, tcase);
	}
	return s;
}

int main(void)
{
	return test_run(suite());
}
