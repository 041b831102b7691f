/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of seal/hsm/resident.c: that a key is the one of its blob, and used under no other parent.
 */
#include <string.h>

#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"
#include "seal/hsm/sealer.h"

#define PARENT_ID 10                    /* where the CKA_ID stands in a parent */

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct sg_config config;
static const struct sg_resident_ops *ops;
static struct sg_buf blob, next;

static void make(const char *name, struct sg_buf *out)
{
	struct sg_resident_plan plan = {
		.name.token = "a token 3456789", .kind = SG_RESIDENT_HMAC_SHA256,
		.uses = SG_RESIDENT_SIGN,
	};
	uint8_t point[SG_RESIDENT_POINT];

	memcpy(plan.name.key, name, sizeof plan.name.key);
	ck_assert_int_eq(ops->create(test_sealer, sg_buf_bytes(&test_parent), &plan, out, point),
	                 SG_OK);
}

static enum sg_err use(void)
{
	uint8_t mac[SG_RESIDENT_MAC];

	return ops->hmac(test_sealer, sg_buf_bytes(&test_parent), sg_buf_bytes(&blob),
	                 sg_bytes_str("text"), mac);
}

static void setup(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	config = (struct sg_config){ .hsm = { hsm.uri } };
	test_faulty_quirks(&hsm, FAULTY_REUSES_HANDLES);
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
	ops = test_sealer->ops->resident;
	ck_assert(test_provision());
	make("the first key 5", &blob);
	ck_assert_int_eq(use(), SG_OK);
}

static void teardown(void)
{
	sg_buf_free(&blob);
	sg_buf_free(&next);
	test_sealer_end();
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

/* The key of a token in a token that another key seals. */
START_TEST(a_key_is_used_under_its_own_parent_alone)
{
	test_parent.data[PARENT_ID] ^= 1;
	ck_assert_int_eq(use(), SG_ERR_HSM_OTHER);
	ck_assert_int_eq(ops->destroy(test_sealer, sg_buf_bytes(&test_parent),
	                              sg_buf_bytes(&blob)), SG_ERR_HSM_OTHER);
	test_parent.data[PARENT_ID] ^= 1;
	ck_assert_int_eq(use(), SG_OK);
}
END_TEST

START_TEST(a_destroyed_key_is_gone_though_its_handle_names_another)
{
	ck_assert_int_eq(ops->destroy(test_sealer, sg_buf_bytes(&test_parent),
	                              sg_buf_bytes(&blob)), SG_OK);
	make("the second key6", &next);
	ck_assert_int_eq(use(), SG_ERR_HSM_KEY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hsm_resident_ops");
	TCase *tcase = tcase_create("resident");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_key_is_used_under_its_own_parent_alone);
	tcase_add_test(tcase, a_destroyed_key_is_gone_though_its_handle_names_another);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
