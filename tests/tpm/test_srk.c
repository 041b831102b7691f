/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The storage root key: made, found, pinned by Name, never replaced.
 */
#include <string.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/tpm.h"

static struct test_tpm tpm, other;
static struct sg_secret *plain, *out;
static struct sg_buf blob;

static void setup(void)
{
	test_tpm_start(&tpm);
	test_sealer_on(tpm.tcti);
	plain = test_secret(32, 0);
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_secret_free(&out);
	sg_buf_free(&blob);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

/* Shell: put the key in key.ctx at the place of the storage root key. */
#define SRK_ATTRIBUTES "'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|" \
	"restricted|decrypt' "
#define PUT "tpm2_evictcontrol -C o -c key.ctx 0x81000001 && tpm2_flushcontext -t"
#define MAKE_RSA "tpm2_createprimary -C o -G rsa2048:aes128cfb -c key.ctx -a " SRK_ATTRIBUTES
#define MAKE_ECC "tpm2_createprimary -C o -G ecc:aes128cfb -c key.ctx -a " SRK_ATTRIBUTES

static enum sg_err provision(const char *owner_auth, bool *made)
{
	struct sg_secret *auth = NULL;
	enum sg_err err;

	if (owner_auth != NULL)
		ck_assert_int_eq(sg_secret_copy(sg_bytes_str(owner_auth), &auth), SG_OK);
	err = test_sealer->ops->provision(test_sealer, auth, &test_parent, made);
	sg_secret_free(&auth);
	return err;
}

static struct sg_sealer_status status(void)
{
	struct sg_sealer_status s;

	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent), &s),
	                 SG_OK);
	return s;
}

START_TEST(the_key_is_made_once)
{
	uint8_t name[64];
	size_t len;

	ck_assert(test_provision());
	len = test_parent.len;
	ck_assert_uint_eq(len, 34);
	memcpy(name, test_parent.data, len);
	ck_assert(!test_provision());
	ck_assert(sg_bytes_equal(sg_bytes(name, len), sg_buf_bytes(&test_parent)));
}
END_TEST

/* The template of the TCG is known to others too, as tpm2-tools shows: the unique field
 * of two coordinates of 32 zero bytes, in the form that it reads. */
START_TEST(the_key_is_the_one_that_others_would_make)
{
	struct sg_buf mine;

	test_provision();
	mine = test_parent;
	test_parent = (struct sg_buf){ 0 };
	test_tpm_shell(&tpm, "{ printf '\\040\\000'; head -c 128 /dev/zero; printf '\\040\\000'; "
	               "head -c 128 /dev/zero; } >unique && "
	               "tpm2_evictcontrol -C o -c 0x81000001 && "
	               MAKE_ECC "-u unique && " PUT);
	ck_assert(!test_provision());
	ck_assert(sg_bytes_equal(sg_buf_bytes(&mine), sg_buf_bytes(&test_parent)));
	sg_buf_free(&mine);
}
END_TEST

START_TEST(a_storage_root_key_of_somebody_else_is_used)
{
	test_tpm_shell(&tpm, _i == 0 ? MAKE_ECC "&& " PUT : MAKE_RSA "&& " PUT);
	ck_assert(!test_provision());
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

static const char *const foreign[] = {
	/* A signing key. */
	"tpm2_createprimary -C o -G ecc256:ecdsa -c key.ctx -a 'fixedtpm|fixedparent|"
	"sensitivedataorigin|userwithauth|noda|sign'",
	/* A storage key that counts power cuts towards the lockout. */
	"tpm2_createprimary -C o -G ecc:aes128cfb -c key.ctx -a 'fixedtpm|fixedparent|"
	"sensitivedataorigin|userwithauth|restricted|decrypt'",
	/* A storage key of another curve. */
	"tpm2_createprimary -C o -G ecc384:aes256cfb -c key.ctx -a " SRK_ATTRIBUTES,
};

START_TEST(a_foreign_object_in_its_place_is_left_untouched)
{
	bool made = true;

	test_tpm_shell(&tpm, foreign[_i]);
	test_tpm_shell(&tpm, PUT " && tpm2_readpublic -c 0x81000001 -n before");
	ck_assert_int_eq(provision(NULL, &made), SG_ERR_HW_FOREIGN);
	ck_assert(!made);
	test_tpm_shell(&tpm, "tpm2_readpublic -c 0x81000001 -n after && cmp before after");
	ck_assert(status().parent_foreign);
	ck_assert(!status().parent_found);
	ck_assert(!status().parent_same);
}
END_TEST

START_TEST(a_removed_key_is_told_apart)
{
	test_provision();
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_shell(&tpm, "tpm2_evictcontrol -C o -c 0x81000001");
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_OTHER);
	ck_assert(!status().parent_found);
	ck_assert(!status().parent_foreign);
	/* The same hierarchy gives the same key again. */
	ck_assert(test_provision());
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

START_TEST(a_replaced_key_is_told_apart)
{
	test_provision();
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_shell(&tpm, "tpm2_evictcontrol -C o -c 0x81000001 && " MAKE_RSA "&& " PUT);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_OTHER);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_OTHER);
	ck_assert(status().parent_found);
	ck_assert(!status().parent_same);
}
END_TEST

START_TEST(a_key_that_gave_way_to_something_else_is_told_apart)
{
	test_provision();
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_shell(&tpm, "tpm2_evictcontrol -C o -c 0x81000001");
	test_tpm_shell(&tpm, foreign[_i]);
	test_tpm_shell(&tpm, PUT);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_FOREIGN);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_FOREIGN);
	/* It gives way again, and nothing was lost. */
	test_tpm_shell(&tpm, "tpm2_evictcontrol -C o -c 0x81000001");
	ck_assert(test_provision());
	ck_assert(test_opens(NULL, &blob, plain));
}
END_TEST

START_TEST(a_cleared_tpm_is_another_one)
{
	test_provision();
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_tpm_shell(&tpm, "tpm2_clear");
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_OTHER);
	test_tpm_shell(&tpm, MAKE_ECC "&& " PUT);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_OTHER);
}
END_TEST

START_TEST(another_tpm_is_told_apart)
{
	struct sg_buf mine = { 0 };

	test_provision();
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	mine = test_parent;
	test_parent = (struct sg_buf){ 0 };
	sg_sealer_free(&test_sealer);

	test_tpm_start(&other);
	test_sealer_on(other.tcti);
	test_provision();
	ck_assert(!sg_bytes_equal(sg_buf_bytes(&mine), sg_buf_bytes(&test_parent)));
	/* Whoever pins the new parent still can't open the blob of the old one. */
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out),
	                 SG_ERR_SEALED_DAMAGED);
	sg_buf_free(&test_parent);
	test_parent = mine;
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HW_OTHER);
	ck_assert(!status().parent_same);
	test_tpm_stop(&other);
}
END_TEST

START_TEST(an_owner_authorisation_is_asked_for)
{
	bool made = true;

	test_tpm_shell(&tpm, "tpm2_changeauth -c owner secret");
	ck_assert_int_eq(provision(NULL, &made), SG_ERR_HW_OWNER_AUTH);
	ck_assert_int_eq(provision("wrong", &made), SG_ERR_HW_OWNER_AUTH);
	ck_assert(!made);
	ck_assert_int_eq(provision("secret", &made), SG_OK);
	ck_assert(made);
	/* From here on nobody needs it. */
	ck_assert_int_eq(provision(NULL, &made), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_uint_eq(test_tpm_loaded(&tpm, 0x80), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, 0x02), 0);
}
END_TEST

START_TEST(an_owner_authorisation_that_is_too_long_is_refused)
{
	char longest[80];
	bool made;

	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	ck_assert_int_eq(provision(longest, &made), SG_ERR_HW_OWNER_AUTH);
}
END_TEST

START_TEST(the_status_names_the_maker)
{
	struct sg_sealer_status s = status();

	ck_assert_str_eq(s.device, tpm.tcti);
	ck_assert_str_eq(s.maker, "IBM");
	ck_assert_str_ne(s.firmware, "");
	ck_assert(!s.parent_found);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tpm storage root key");
	TCase *tcase = tcase_create("srk");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_key_is_made_once);
	tcase_add_test(tcase, the_key_is_the_one_that_others_would_make);
	tcase_add_loop_test(tcase, a_storage_root_key_of_somebody_else_is_used, 0, 2);
	tcase_add_loop_test(tcase, a_foreign_object_in_its_place_is_left_untouched, 0,
	                    sizeof foreign / sizeof foreign[0]);
	tcase_add_test(tcase, a_removed_key_is_told_apart);
	tcase_add_test(tcase, a_replaced_key_is_told_apart);
	tcase_add_loop_test(tcase, a_key_that_gave_way_to_something_else_is_told_apart, 0,
	                    sizeof foreign / sizeof foreign[0]);
	tcase_add_test(tcase, a_cleared_tpm_is_another_one);
	tcase_add_test(tcase, another_tpm_is_told_apart);
	tcase_add_test(tcase, an_owner_authorisation_is_asked_for);
	tcase_add_test(tcase, an_owner_authorisation_that_is_too_long_is_refused);
	tcase_add_test(tcase, the_status_names_the_maker);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
