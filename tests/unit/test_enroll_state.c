/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What a machine keeps of its enrolment.
 */
#include "enroll/state.h"

#include <string.h>

#include "crypto/digest.h"
#include "lib/hex.h"
#include "lib/runner.h"

static struct sg_enroll_state state, again;
static struct sg_buf bytes;

static void set(struct sg_buf *buf, const char *text)
{
	ck_assert_int_eq(sg_buf_set(buf, sg_bytes_str(text)), SG_OK);
}

static void set_up(void)
{
	state.phase = SG_PHASE_NAMED;
	set(&state.ak_blob, "attestation key");
	set(&state.hello, "hello");
	set(&state.challenge, "challenge");
	set(&state.evidence, "evidence");
	set(&state.identity, "identity");
	set(&state.blob, "blob");
	set(&state.before, "before");
	memset(state.key, 7, sizeof state.key);
	ck_assert_int_eq(sg_enroll_state_write(&state, &bytes), SG_OK);
}

static void tear_down(void)
{
	sg_enroll_state_clear(&state);
	sg_enroll_state_clear(&again);
	sg_buf_free(&bytes);
}

START_TEST(a_state_is_read_as_it_was_written)
{
	ck_assert_int_eq(sg_enroll_state_read(sg_buf_bytes(&bytes), &again), SG_OK);
	ck_assert_int_eq(again.phase, SG_PHASE_NAMED);
	assert_bytes(sg_buf_bytes(&again.ak_blob), sg_bytes_str("attestation key"));
	assert_bytes(sg_buf_bytes(&again.hello), sg_bytes_str("hello"));
	assert_bytes(sg_buf_bytes(&again.challenge), sg_bytes_str("challenge"));
	assert_bytes(sg_buf_bytes(&again.evidence), sg_bytes_str("evidence"));
	assert_bytes(sg_buf_bytes(&again.identity), sg_bytes_str("identity"));
	assert_bytes(sg_buf_bytes(&again.blob), sg_bytes_str("blob"));
	assert_bytes(sg_buf_bytes(&again.before), sg_bytes_str("before"));
	assert_bytes(sg_bytes(again.key, sizeof again.key), repeat(7, sizeof again.key));
}
END_TEST

START_TEST(a_changed_byte_is_noticed)
{
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 1;
		ck_assert_msg(sg_enroll_state_read(sg_buf_bytes(&bytes), &again) != SG_OK, "%zu", i);
		bytes.data[i] ^= 1;
		sg_enroll_state_clear(&again);
	}
}
END_TEST

START_TEST(a_state_that_is_cut_short_is_none)
{
	for (size_t len = 0; len < bytes.len; len++) {
		ck_assert_int_ne(sg_enroll_state_read(sg_bytes(bytes.data, len), &again), SG_OK);
		sg_enroll_state_clear(&again);
	}
}
END_TEST

START_TEST(a_state_of_another_version_is_told_from_a_damaged_one)
{
	bytes.data[7] = 3;
	ck_assert_int_eq(sg_enroll_state_read(sg_buf_bytes(&bytes), &again), SG_ERR_STORE_VERSION);
}
END_TEST

/* It ends before the identity of before. */
START_TEST(a_state_of_the_first_version_is_read)
{
	const size_t hash = SG_ENROLL_HASH, last = sizeof(uint32_t) + strlen("before");

	bytes.data[7] = 1;
	bytes.len -= last;
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_bytes(bytes.data, bytes.len - hash),
	                                bytes.data + bytes.len - hash), SG_OK);
	ck_assert_int_eq(sg_enroll_state_read(sg_buf_bytes(&bytes), &again), SG_OK);
	assert_bytes(sg_buf_bytes(&again.blob), sg_bytes_str("blob"));
	ck_assert_uint_eq(again.before.len, 0);
}
END_TEST

START_TEST(a_phase_has_all_that_it_goes_on_from)
{
	sg_buf_free(&state.blob);
	ck_assert_int_eq(sg_enroll_state_write(&state, &bytes), SG_OK);
	ck_assert_int_eq(sg_enroll_state_read(sg_buf_bytes(&bytes), &again), SG_ERR_FORMAT);
	sg_enroll_state_clear(&again);
	state.phase = SG_PHASE_BEGUN;
	ck_assert_int_eq(sg_enroll_state_write(&state, &bytes), SG_OK);
	ck_assert_int_eq(sg_enroll_state_read(sg_buf_bytes(&bytes), &again), SG_OK);
}
END_TEST

START_TEST(who_begins_anew_keeps_the_attestation_key)
{
	sg_enroll_state_restart(&state);
	ck_assert_int_eq(state.phase, SG_PHASE_NONE);
	ck_assert_uint_eq(state.hello.len + state.challenge.len + state.evidence.len +
	                  state.identity.len + state.blob.len, 0);
	ck_assert_uint_gt(state.ak_blob.len, 0);
}
END_TEST

/* An identity as a registrar gives it. */
static void set_identity(struct sg_buf *buf, const char *id, uint8_t key)
{
	struct sg_enroll_identity identity = { .class = SG_CLASS_MACHINE };

	set(&identity.id, id);
	set(&identity.name, "name");
	set(&identity.vault, "vault");
	set(&identity.api_url, "https://vault.example");
	memset(identity.key, key, sizeof identity.key);
	ck_assert_int_eq(sg_enroll_identity_write(&identity, buf), SG_OK);
	sg_enroll_identity_clear(&identity);
}

START_TEST(who_was_done_is_so_again_where_another_enrolment_is_given_up)
{
	struct sg_buf first = { NULL, 0, 0 };

	sg_buf_free(&state.before);
	set_identity(&state.identity, "first", 1);
	set_identity(&first, "first", 1);
	memset(state.key, 1, sizeof state.key);
	sg_enroll_state_finish(&state);
	sg_enroll_state_restart(&state);
	ck_assert_int_eq(state.phase, SG_PHASE_NONE);
	set(&state.hello, "hello");
	state.phase = SG_PHASE_BEGUN;
	sg_enroll_state_restart(&state);        /* as often as its challenge is over */
	set(&state.hello, "hello");
	state.phase = SG_PHASE_BEGUN;
	ck_assert_int_eq(sg_enroll_state_write(&state, &bytes), SG_OK);
	ck_assert_int_eq(sg_enroll_state_read(sg_buf_bytes(&bytes), &again), SG_OK);
	sg_enroll_state_return(&again);
	ck_assert_int_eq(again.phase, SG_PHASE_DONE);
	assert_bytes(sg_buf_bytes(&again.identity), sg_buf_bytes(&first));
	assert_bytes(sg_bytes(again.key, sizeof again.key), repeat(1, sizeof again.key));
	ck_assert_uint_eq(again.before.len + again.hello.len, 0);
	ck_assert_uint_gt(again.ak_blob.len, 0);
	sg_enroll_state_return(&again);
	ck_assert_int_eq(again.phase, SG_PHASE_DONE);
	sg_buf_free(&first);
}
END_TEST

START_TEST(who_was_never_done_begins_anew_where_it_is_given_up)
{
	sg_buf_free(&state.before);
	sg_enroll_state_return(&state);
	ck_assert_int_eq(state.phase, SG_PHASE_NONE);
	ck_assert_uint_eq(state.hello.len + state.identity.len, 0);
}
END_TEST

START_TEST(the_identity_of_before_goes_when_the_new_one_is_done)
{
	sg_enroll_state_finish(&state);
	ck_assert_uint_eq(state.before.len, 0);
	assert_bytes(sg_buf_bytes(&state.identity), sg_bytes_str("identity"));
}
END_TEST

START_TEST(what_is_done_has_no_enrolment_token_any_more)
{
	sg_enroll_state_finish(&state);
	ck_assert_int_eq(sg_enroll_state_write(&state, &bytes), SG_OK);
	ck_assert_int_eq(sg_enroll_state_read(sg_buf_bytes(&bytes), &again), SG_OK);
	ck_assert_int_eq(again.phase, SG_PHASE_DONE);
	ck_assert_uint_eq(again.hello.len + again.evidence.len + again.blob.len, 0);
	assert_bytes(sg_buf_bytes(&again.identity), sg_bytes_str("identity"));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("enrolment state");
	TCase *tcase = tcase_create("state");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_state_is_read_as_it_was_written);
	tcase_add_test(tcase, a_changed_byte_is_noticed);
	tcase_add_test(tcase, a_state_that_is_cut_short_is_none);
	tcase_add_test(tcase, a_state_of_another_version_is_told_from_a_damaged_one);
	tcase_add_test(tcase, a_phase_has_all_that_it_goes_on_from);
	tcase_add_test(tcase, who_begins_anew_keeps_the_attestation_key);
	tcase_add_test(tcase, a_state_of_the_first_version_is_read);
	tcase_add_test(tcase, who_was_done_is_so_again_where_another_enrolment_is_given_up);
	tcase_add_test(tcase, who_was_never_done_begins_anew_where_it_is_given_up);
	tcase_add_test(tcase, the_identity_of_before_goes_when_the_new_one_is_done);
	tcase_add_test(tcase, what_is_done_has_no_enrolment_token_any_more);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
