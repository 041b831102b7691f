/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A member of a list that answers late, or when nobody waits for it any more.
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"
#include "seal/any/ask.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;        /* it answers when it is open */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;        /* of what follows */
static unsigned questions, answers;
static bool freed;

static const struct sg_seal_guard nothing;
static struct sg_sealer *member;
static struct sg_secret *auth, *opened;

static unsigned read_under_lock(const unsigned *number)
{
	unsigned value;

	pthread_mutex_lock(&lock);
	value = *number;
	pthread_mutex_unlock(&lock);
	return value;
}

static void count(unsigned *number)
{
	pthread_mutex_lock(&lock);
	++*number;
	pthread_mutex_unlock(&lock);
}

static void wait_at_the_gate(void)
{
	count(&questions);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	count(&answers);
}

static enum sg_err slow_unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_seal_guard *guard, struct sg_bytes blob,
                               struct sg_secret **out)
{
	(void)sealer;
	wait_at_the_gate();
	if (!sg_bytes_equal(parent, sg_bytes_str("parent")) ||
	    (guard->auth != NULL &&
	     !sg_bytes_equal(sg_secret_bytes(guard->auth), sg_bytes_str("authorisation"))))
		return SG_ERR_AUTH;
	return sg_secret_copy(blob, out);
}

static enum sg_err slow_status(struct sg_sealer *sealer, struct sg_bytes parent,
                               struct sg_sealer_status *out)
{
	(void)sealer;
	wait_at_the_gate();
	out->parent_found = true;
	return parent.len == 0 ? SG_ERR_HSM_MISSING : SG_OK;
}

static void slow_free(struct sg_sealer *sealer)
{
	free(sealer);
	pthread_mutex_lock(&lock);
	freed = true;
	pthread_mutex_unlock(&lock);
}

static bool may_hang = true;

static bool slow_may_hang(struct sg_sealer *sealer)
{
	(void)sealer;
	return may_hang;
}

static const struct sg_sealer_ops slow = {
	.name = "slow", .free = slow_free, .unseal = slow_unseal, .status = slow_status,
	.may_hang = slow_may_hang,
};

static void set_up(void)
{
	member = calloc(1, sizeof *member);
	ck_assert_ptr_nonnull(member);
	member->ops = &slow;
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("authorisation"), &auth), SG_OK);
}

static void tear_down(void)
{
	sg_sealer_free(&member);
	sg_secret_free(&auth);
	sg_secret_free(&opened);
}

static enum sg_err unseal(unsigned seconds, const char *blob)
{
	const struct sg_seal_guard guard = { .auth = auth };

	sg_secret_free(&opened);
	return sg_any_ask_unseal(member, seconds, sg_bytes_str("parent"), &guard,
	                         sg_bytes_str(blob), &opened);
}

static void open_the_gate_and_wait_for(unsigned many)
{
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < 60000 && (read_under_lock(&answers) < many ||
	                              atomic_load(&member->late) > 0); i++)
		poll(NULL, 0, 1);
	ck_assert_uint_eq(read_under_lock(&answers), many);
	ck_assert_int_eq(atomic_load(&member->late), 0);
}

START_TEST(what_it_says_in_time_is_passed_on)
{
	struct sg_sealer_status status = { 0 };

	ck_assert_int_eq(unseal(60, "blob"), SG_OK);
	ck_assert(sg_bytes_equal(sg_secret_bytes(opened), sg_bytes_str("blob")));
	sg_secret_free(&opened);
	ck_assert_int_eq(sg_any_ask_unseal(member, 60, sg_bytes_str("other"), &nothing,
	                                   sg_bytes_str("blob"), &opened), SG_ERR_AUTH);
	ck_assert_ptr_null(opened);
	ck_assert_int_eq(sg_any_ask_status(member, 60, sg_bytes_str("p"), &status), SG_OK);
	ck_assert(status.parent_found);
	status.parent_found = false;
	ck_assert_int_eq(sg_any_ask_status(member, 60, sg_bytes(NULL, 0), &status),
	                 SG_ERR_HSM_MISSING);
	ck_assert(status.parent_found);
}
END_TEST

START_TEST(one_that_is_late_is_asked_nothing_until_it_has_answered)
{
	struct sg_sealer_status status = { 0 };

	pthread_mutex_lock(&gate);
	ck_assert_int_eq(unseal(1, "blob"), SG_ERR_HSM_TIMEOUT);
	ck_assert_ptr_null(opened);
	ck_assert_int_eq(unseal(1, "blob"), SG_ERR_HSM_TIMEOUT);
	ck_assert_int_eq(sg_any_ask_status(member, 1, sg_bytes(NULL, 0), &status),
	                 SG_ERR_HSM_TIMEOUT);
	ck_assert(!status.parent_found);
	ck_assert_uint_eq(read_under_lock(&questions), 1);
	open_the_gate_and_wait_for(1);
	ck_assert_int_eq(unseal(60, "blob"), SG_OK);
}
END_TEST

START_TEST(it_lives_until_it_has_answered)
{
	bool gone = false;

	pthread_mutex_lock(&gate);
	ck_assert_int_eq(unseal(1, "blob"), SG_ERR_HSM_TIMEOUT);
	sg_sealer_free(&member);
	sg_secret_free(&auth);
	ck_assert(!freed);
	pthread_mutex_unlock(&gate);
	for (int i = 0; i < 60000 && !gone; i++) {
		poll(NULL, 0, 1);
		pthread_mutex_lock(&lock);
		gone = freed;
		pthread_mutex_unlock(&lock);
	}
	ck_assert(gone);
}
END_TEST

/* Nobody would come to open the gate, where the caller were not the one that passes it. */
static void the_caller_asks(unsigned seconds)
{
	ck_assert_int_eq(unseal(seconds, "blob"), SG_OK);
	ck_assert_int_eq(atomic_load(&member->late), 0);
}

START_TEST(without_a_limit_or_a_reason_the_caller_waits)
{
	the_caller_asks(0);
	may_hang = false;
	the_caller_asks(1);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("asking a member");
	TCase *tcase = tcase_create("asking");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_it_says_in_time_is_passed_on);
	tcase_add_test(tcase, one_that_is_late_is_asked_nothing_until_it_has_answered);
	tcase_add_test(tcase, it_lives_until_it_has_answered);
	tcase_add_test(tcase, without_a_limit_or_a_reason_the_caller_waits);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
