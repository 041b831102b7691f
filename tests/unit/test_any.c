/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A list of sealers: all seal, any opens; what each error of a member leads to; which HSM
 * each member gets. Members that fail as they are told stand in for hardware.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/conformance.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "seal/any/sealer.h"
#include "seal/policy.h"
#include "seal/soft/sealer.h"

/* A member that does as it is told. A blob of it is its name's first byte and the secret. */
struct fake {
	enum sg_err open, provision, seal, unseal, status;
	unsigned provisions, seals, unseals;
	bool other;                     /* it does not have the parent that is asked about */
};

static struct fake one, two;
static struct sg_config config;
static char *folder, *passphrase;

/* What the HSMs of a list saw: the first URI of each that was asked to open. */
static const char *asked[SG_ANY_MOST];
static size_t asked_n;

struct fake_sealer {
	struct sg_sealer base;
	const struct sg_config *config;
};

static const struct sg_sealer_ops fake_one, fake_two, fake_hsm;

static struct fake *fake_of(const struct sg_sealer_ops *ops)
{
	return ops == &fake_two ? &two : &one;
}

static enum sg_err fake_new(const struct sg_sealer_ops *ops, const struct sg_config *with,
                            struct sg_sealer **out)
{
	struct fake_sealer *sealer = calloc(1, sizeof *sealer);

	ck_assert_ptr_nonnull(sealer);
	sealer->base.ops = ops;
	sealer->config = with;
	*out = &sealer->base;
	return SG_OK;
}

static enum sg_err fake_open_one(const struct sg_config *with, struct sg_sealer **out)
{
	*out = NULL;
	return one.open != SG_OK ? one.open : fake_new(&fake_one, with, out);
}

static enum sg_err fake_open_two(const struct sg_config *with, struct sg_sealer **out)
{
	*out = NULL;
	return two.open != SG_OK ? two.open : fake_new(&fake_two, with, out);
}

static enum sg_err fake_open_hsm(const struct sg_config *with, struct sg_sealer **out)
{
	return fake_new(&fake_hsm, with, out);
}

static void fake_free(struct sg_sealer *sealer)
{
	free(sealer);
}

static enum sg_err fake_provision(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                  struct sg_buf *parent, bool *made)
{
	struct fake *fake = fake_of(sealer->ops);

	(void)owner_auth;
	fake->provisions++;
	*made = fake->provision == SG_OK;
	return fake->provision == SG_OK ? sg_buf_set(parent, sg_bytes_str(sealer->ops->name))
	                                : fake->provision;
}

static enum sg_err fake_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                             const struct sg_seal_guard *guard, const struct sg_secret *plain,
                             struct sg_buf *out)
{
	struct fake *fake = fake_of(sealer->ops);

	(void)guard;
	ck_assert(sg_bytes_equal(parent, sg_bytes_str(sealer->ops->name)));
	fake->seals++;
	out->len = 0;
	ck_assert_int_eq(sg_buf_append(out, sg_bytes(sealer->ops->name, 1)), SG_OK);
	ck_assert_int_eq(sg_buf_append(out, sg_secret_bytes(plain)), SG_OK);
	return fake->seal;
}

static enum sg_err fake_unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_seal_guard *guard, struct sg_bytes blob,
                               struct sg_secret **out)
{
	struct fake *fake = fake_of(sealer->ops);

	*out = NULL;
	(void)guard;
	ck_assert(sg_bytes_equal(parent, sg_bytes_str(sealer->ops->name)));
	ck_assert_uint_eq(blob.data[0], (unsigned char)sealer->ops->name[0]);
	fake->unseals++;
	return fake->unseal == SG_OK ? sg_secret_copy(sg_bytes(blob.data + 1, blob.len - 1), out)
	                             : fake->unseal;
}

static enum sg_err fake_status(struct sg_sealer *sealer, struct sg_bytes parent,
                               struct sg_sealer_status *out)
{
	struct fake *fake = fake_of(sealer->ops);

	*out = (struct sg_sealer_status){ .parent_found = fake->status == SG_OK };
	strcpy(out->device, sealer->ops->name);
	out->parent_same = out->parent_found && !fake->other && parent.len > 0;
	return fake->status;
}

/* An HSM's parent is its URI. */
static enum sg_err hsm_provision(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                 struct sg_buf *parent, bool *made)
{
	const struct sg_config *own = ((struct fake_sealer *)sealer)->config;

	(void)owner_auth;
	*made = true;
	ck_assert_ptr_null(own->hsm[1]);
	return sg_buf_set(parent, sg_bytes_str(own->hsm[0]));
}

static enum sg_err hsm_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                            const struct sg_seal_guard *guard, const struct sg_secret *plain,
                            struct sg_buf *out)
{
	(void)sealer;
	(void)guard;
	(void)plain;
	return sg_buf_set(out, parent);
}

/* One that is asked first for the device that sealed, and fails all the same. */
static enum sg_err hsm_unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                              const struct sg_seal_guard *guard, struct sg_bytes blob,
                              struct sg_secret **out)
{
	const struct sg_config *own = ((struct fake_sealer *)sealer)->config;

	(void)guard;
	*out = NULL;
	ck_assert(sg_bytes_equal(parent, blob));
	ck_assert(sg_bytes_equal(parent, sg_bytes_str(own->hsm[0])));
	ck_assert_ptr_nonnull(own->hsm[1]);
	asked[asked_n++] = own->hsm[0];
	return SG_ERR_HW_MISSING;
}

static const struct sg_sealer_ops fake_one = {
	.name = "one", .model = "1", .hardware = true, .open = fake_open_one,
	.free = fake_free, .provision = fake_provision, .seal = fake_seal, .unseal = fake_unseal,
	.status = fake_status,
};
static const struct sg_sealer_ops fake_two = {
	.name = "two", .model = "2", .hardware = true, .open = fake_open_two,
	.free = fake_free, .provision = fake_provision, .seal = fake_seal, .unseal = fake_unseal,
	.status = fake_status,
};
static const struct sg_sealer_ops fake_hsm = {
	.name = "hsm", .model = "HSM", .hardware = true, .several = true, .open = fake_open_hsm,
	.free = fake_free, .provision = hsm_provision, .seal = hsm_seal, .unseal = hsm_unseal,
	.status = fake_status,
};

static const struct sg_sealer_ops *const pair[] = { &fake_one, &fake_two };

static struct sg_secret *plain;
static struct sg_secret *opened;
static struct sg_buf blob;

static void setup(void)
{
	ck_assert_int_eq(sg_any_open("one+two", pair, 2, &config, &test_sealer), SG_OK);
	test_provision();
	plain = test_secret(32, 0);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_secret_free(&opened);
	sg_buf_free(&blob);
	test_sealer_end();
}

static enum sg_err unseal(void)
{
	sg_secret_free(&opened);
	return test_unseal(NULL, sg_buf_bytes(&blob), &opened);
}

START_TEST(the_first_opens_alone)
{
	ck_assert_int_eq(unseal(), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(opened), sg_secret_bytes(plain)));
	ck_assert_uint_eq(one.unseals, 1);
	ck_assert_uint_eq(two.unseals, 0);
}
END_TEST

START_TEST(the_second_opens_where_the_first_is_away)
{
	one.unseal = SG_ERR_HW_MISSING;
	ck_assert_int_eq(unseal(), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(opened), sg_secret_bytes(plain)));
	ck_assert_uint_eq(two.unseals, 1);
}
END_TEST

START_TEST(a_wrong_pin_is_tried_once)
{
	one.unseal = SG_ERR_AUTH;
	ck_assert_int_eq(unseal(), SG_ERR_AUTH);
	one.unseal = SG_ERR_LOCKED;
	ck_assert_int_eq(unseal(), SG_ERR_LOCKED);
	ck_assert_uint_eq(two.unseals, 0);
	ck_assert_ptr_null(opened);
}
END_TEST

START_TEST(the_more_telling_of_two_errors_is_told)
{
	one.unseal = SG_ERR_HW_MISSING;
	two.unseal = SG_ERR_AUTH;
	ck_assert_int_eq(unseal(), SG_ERR_AUTH);
	two.unseal = SG_ERR_HW_OTHER;
	ck_assert_int_eq(unseal(), SG_ERR_HW_MISSING);
	one.unseal = SG_ERR_SEALED_DAMAGED;
	two.unseal = SG_ERR_HW_BUSY;
	ck_assert_int_eq(unseal(), SG_ERR_HW_BUSY);
}
END_TEST

START_TEST(all_must_seal)
{
	sg_buf_free(&blob);
	two.seal = SG_ERR_HW_MISSING;
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_MISSING);
	ck_assert_uint_eq(blob.len, 0);
	two.seal = SG_OK;
	one.seal = SG_ERR_HW_TIMEOUT;
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_TIMEOUT);
	ck_assert_uint_eq(blob.len, 0);
}
END_TEST

START_TEST(nothing_is_made_while_one_is_away)
{
	struct sg_buf parent = { 0 };
	bool made = true;

	one.provisions = 0;
	two.status = SG_ERR_HW_MISSING;
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, NULL, &parent, &made),
	                 SG_ERR_HW_MISSING);
	ck_assert(!made);
	ck_assert_uint_eq(one.provisions, 0);
	ck_assert_uint_eq(parent.len, 0);
}
END_TEST

START_TEST(one_that_fails_leaves_no_parent)
{
	struct sg_buf parent = { 0 };
	bool made;

	two.provision = SG_ERR_HW_OWNER_AUTH;
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, NULL, &parent, &made),
	                 SG_ERR_HW_OWNER_AUTH);
	ck_assert_uint_eq(parent.len, 0);
}
END_TEST

START_TEST(a_member_that_is_off_is_one_that_is_away)
{
	test_sealer_end();
	one.open = SG_ERR_SEALER_OFF;
	ck_assert_int_eq(sg_any_open("one+two", pair, 2, &config, &test_sealer), SG_OK);
	one.open = SG_OK;
	test_provision();
	ck_assert_int_eq(unseal(), SG_OK);
	ck_assert_uint_eq(one.unseals, 0);
	ck_assert_uint_eq(two.unseals, 1);
	sg_buf_free(&blob);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_SEALER_OFF);
}
END_TEST

START_TEST(a_list_of_which_none_is_on_does_not_open)
{
	struct sg_sealer *sealer = test_sealer;

	one.open = SG_ERR_SEALER_OFF;
	two.open = SG_ERR_CONFIG;
	ck_assert_int_eq(sg_any_open("one+two", pair, 2, &config, &sealer), SG_ERR_SEALER_OFF);
	ck_assert_ptr_null(sealer);
}
END_TEST

START_TEST(a_changed_list_is_refused)
{
	for (size_t i = 0; i < 5; i++) {
		blob.data[i] ^= 1;
		ck_assert_int_eq(unseal(), SG_ERR_FORMAT);
		blob.data[i] ^= 1;
	}
	test_parent.data[0] ^= 1;
	ck_assert_int_eq(unseal(), SG_ERR_HW_OTHER);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HW_OTHER);
}
END_TEST

START_TEST(a_plan_for_tries_is_refused)
{
	static struct sg_pin_plan *const plan = (struct sg_pin_plan *)&config;
	const struct sg_seal_guard guard = { .plan = plan };

	ck_assert_int_eq(test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                        plain, &blob),
	                 SG_ERR_HW_UNSUPPORTED);
}
END_TEST

START_TEST(it_offers_nothing_that_one_member_alone_could_keep)
{
	ck_assert_ptr_null(test_sealer->ops->tries);
	ck_assert_ptr_null(test_sealer->ops->pin_index);
	ck_assert_ptr_null(test_sealer->ops->counter);
	ck_assert_ptr_null(test_sealer->ops->tripwire);
	ck_assert_ptr_null(test_sealer->ops->resident);
}
END_TEST

START_TEST(it_has_its_name_and_a_model_of_it)
{
	ck_assert_str_eq(test_sealer->ops->name, "one+two");
	ck_assert_str_eq(test_sealer->ops->model, "ONE+TWO");
	ck_assert(test_sealer->ops->hardware);
	ck_assert_uint_eq(test_sealer->ops->members, 2);
}
END_TEST

START_TEST(the_status_is_good_as_long_as_one_is)
{
	struct sg_sealer_status status;

	two.status = SG_ERR_HW_REMOVED;
	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent), &status),
	                 SG_OK);
	ck_assert(status.parent_same);
	ck_assert_str_eq(status.device, "one; two");
	one.status = SG_ERR_HW_BUSY;
	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent), &status),
	                 SG_ERR_HW_BUSY);
	ck_assert(!status.parent_same);
}
END_TEST

/* Who moves a token asks the new sealer whether it sealed the token already. */
START_TEST(under_the_parent_of_another_sealer_it_is_well_and_not_the_same)
{
	const struct sg_bytes another = sg_bytes_str("one");
	struct sg_sealer_status status;

	ck_assert_int_eq(test_sealer->ops->status(test_sealer, another, &status), SG_OK);
	ck_assert(!status.parent_same);
}
END_TEST

START_TEST(each_member_has_a_status_of_its_own)
{
	struct sg_sealer_status status;
	char name[SG_SEALER_NAME];

	two.status = SG_ERR_HW_REMOVED;
	one.other = true;
	ck_assert_int_eq(test_sealer->ops->member(test_sealer, sg_buf_bytes(&test_parent), 0, name,
	                                          &status), SG_ERR_HW_OTHER);
	ck_assert_str_eq(name, "one");
	ck_assert_int_eq(test_sealer->ops->member(test_sealer, sg_buf_bytes(&test_parent), 1, name,
	                                          &status), SG_ERR_HW_REMOVED);
	ck_assert_str_eq(name, "two");
	one.other = false;
	ck_assert_int_eq(test_sealer->ops->member(test_sealer, sg_bytes(NULL, 0), 0, name, &status),
	                 SG_OK);
}
END_TEST

static const struct sg_sealer_ops *const hsms[] = { &fake_hsm, &fake_hsm };

static void setup_hsms(void)
{
	config.hsm[0] = (char *)"pkcs11:serial=1";
	config.hsm[1] = (char *)"pkcs11:serial=2";
	plain = test_secret(32, 0);
	ck_assert_int_eq(sg_any_open("hsm+hsm", hsms, 2, &config, &test_sealer), SG_OK);
}

START_TEST(each_hsm_has_a_uri_of_its_own)
{
	ck_assert(test_provision());
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_int_eq(unseal(), SG_ERR_HW_MISSING);
	ck_assert_uint_eq(asked_n, 2);
	ck_assert_ptr_eq(asked[0], config.hsm[0]);
	ck_assert_ptr_eq(asked[1], config.hsm[1]);
}
END_TEST

START_TEST(two_hsms_need_two_uris)
{
	bool made = true;

	config.hsm[1] = NULL;
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, NULL, &test_parent, &made),
	                 SG_ERR_CONFIG);
	ck_assert(!made);
}
END_TEST

START_TEST(two_hsms_under_one_key_are_refused)
{
	bool made;

	config.hsm[1] = config.hsm[0];
	ck_assert_int_eq(test_sealer->ops->provision(test_sealer, NULL, &test_parent, &made),
	                 SG_ERR_CONFIG);
	ck_assert_uint_eq(test_parent.len, 0);
}
END_TEST

static void setup_soft(void)
{
	static const struct sg_sealer_ops *const softs[] = { &sg_soft_sealer, &sg_soft_sealer };

	folder = scratch_make();
	passphrase = scratch_write(folder, "passphrase", "correct horse\n", 14, 0600);
	config = (struct sg_config){ .allow_soft = true, .soft_passphrase_file = passphrase };
	ck_assert_int_eq(sg_any_open("soft+soft", softs, 2, &config, &test_sealer), SG_OK);
	test_provision();
}

static void teardown_soft(void)
{
	test_sealer_end();
	free(passphrase);
	scratch_remove(&folder);
}

START_TEST(a_list_that_is_not_all_hardware_shows_itself_as_insecure)
{
	ck_assert(!test_sealer->ops->hardware);
	ck_assert_ptr_nonnull(strstr(test_sealer->ops->model, "insecure"));
}
END_TEST

START_TEST(what_one_member_refuses_another_one_opens)
{
	struct sg_bytes part[2];

	plain = test_secret(32, 0);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_buf_bytes(&blob), part, 2), SG_OK);
	for (size_t i = 0; i < 2; i++) {
		uint8_t *last = blob.data + (part[i].data - blob.data) + part[i].len - 1;

		*last ^= 1;
		ck_assert(test_opens(NULL, &blob, plain));
		*last ^= 1;
	}
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(what_no_member_sealed_is_refused)
{
	struct sg_bytes part[2];

	plain = test_secret(32, 0);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_int_eq(sg_any_read(SG_ANY_BLOBS, sg_buf_bytes(&blob), part, 2), SG_OK);
	for (size_t i = 0; i < 2; i++)
		blob.data[(size_t)(part[i].data - blob.data) + part[i].len - 1] ^= 1;
	ck_assert_int_eq(unseal(), SG_ERR_HW_OTHER);
	ck_assert_ptr_null(opened);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_policy_that_a_member_does_not_enforce_is_refused)
{
	struct sg_policy policy = { .auth = true };
	const struct sg_seal_guard guard = { .policy = &policy };
	struct sg_secret *secret = test_secret(32, 0);
	struct sg_buf out = { 0 };

	ck_assert_int_eq(test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                        secret, &out),
	                 SG_ERR_HW_UNSUPPORTED);
	ck_assert_uint_eq(out.len, 0);
	sg_secret_free(&secret);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("list of sealers");
	TCase *fakes = tcase_create("members"), *several = tcase_create("HSMs");
	TCase *all = tcase_create("conformance");

	tcase_add_checked_fixture(fakes, setup, teardown);
	tcase_add_test(fakes, the_first_opens_alone);
	tcase_add_test(fakes, the_second_opens_where_the_first_is_away);
	tcase_add_test(fakes, a_wrong_pin_is_tried_once);
	tcase_add_test(fakes, the_more_telling_of_two_errors_is_told);
	tcase_add_test(fakes, all_must_seal);
	tcase_add_test(fakes, nothing_is_made_while_one_is_away);
	tcase_add_test(fakes, one_that_fails_leaves_no_parent);
	tcase_add_test(fakes, a_member_that_is_off_is_one_that_is_away);
	tcase_add_test(fakes, a_list_of_which_none_is_on_does_not_open);
	tcase_add_test(fakes, a_changed_list_is_refused);
	tcase_add_test(fakes, a_plan_for_tries_is_refused);
	tcase_add_test(fakes, it_offers_nothing_that_one_member_alone_could_keep);
	tcase_add_test(fakes, it_has_its_name_and_a_model_of_it);
	tcase_add_test(fakes, the_status_is_good_as_long_as_one_is);
	tcase_add_test(fakes, under_the_parent_of_another_sealer_it_is_well_and_not_the_same);
	tcase_add_test(fakes, each_member_has_a_status_of_its_own);
	suite_add_tcase(s, fakes);
	tcase_add_checked_fixture(several, setup_hsms, teardown);
	tcase_add_test(several, each_hsm_has_a_uri_of_its_own);
	tcase_add_test(several, two_hsms_need_two_uris);
	tcase_add_test(several, two_hsms_under_one_key_are_refused);
	suite_add_tcase(s, several);
	tcase_add_checked_fixture(all, setup_soft, teardown_soft);
	test_conformance_add_list(all);
	tcase_add_test(all, what_one_member_refuses_another_one_opens);
	tcase_add_test(all, what_no_member_sealed_is_refused);
	tcase_add_test(all, a_list_that_is_not_all_hardware_shows_itself_as_insecure);
	tcase_add_test(all, a_policy_that_a_member_does_not_enforce_is_refused);
	suite_add_tcase(s, all);
	return s;
}

int main(void)
{
	return test_run(suite());
}
