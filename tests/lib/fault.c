/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Faults of a TPM, in our TCTI and on the wire.
 */
#include "lib/fault.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "seal/tpm/tcti_fault.h"
#include "util/bytes.h"

/* Guarded by lock: the wire has a thread of its own. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	struct test_tpm *tpm;
	bool inside;                    /* what fails is our TCTI */
	bool armed;
	bool first;                     /* up to the n-th, not only that one */
	enum test_fault fault;
	uint32_t command;
	unsigned nth;
	uint32_t value;
	uint64_t number;                /* of the last command that our TCTI told of */
	unsigned seen;                  /* commands of that kind */
	unsigned done;
	bool hit;                       /* the command that is under way */
} plan;

static bool kind_is(uint32_t code)
{
	return plan.command == TEST_ANY || plan.command == code;
}

static bool turn_is(void)
{
	return plan.nth == TEST_ALWAYS || plan.seen == plan.nth ||
	       (plan.first && plan.seen < plan.nth);
}

/* Note the command; end the TPM where that is what is to happen. */
static void note(uint32_t code)
{
	plan.hit = false;
	if (plan.armed && kind_is(code)) {
		plan.seen++;
		plan.hit = turn_is();
		plan.done += plan.hit;
	}
	if (plan.hit && plan.fault == TEST_DIE_BEFORE)
		kill(plan.tpm->pid, SIGKILL);
}

/* The place for faults in our TCTI, in programs that link this. */
struct sg_tcti_fault sg_tcti_fault_at(TPM2_CC command, uint64_t number)
{
	static const enum sg_tcti_fault_way ways[] = {
		[TEST_REFUSE] = SG_TCTI_FAULT_REFUSE, [TEST_DROP] = SG_TCTI_FAULT_DROP,
		[TEST_LOSE] = SG_TCTI_FAULT_LOSE, [TEST_CUT] = SG_TCTI_FAULT_CUT,
		[TEST_LATE] = SG_TCTI_FAULT_LATE,
	};
	struct sg_tcti_fault fault = { SG_TCTI_FAULT_NONE, 0 };

	pthread_mutex_lock(&lock);
	if (plan.inside) {
		plan.number = number;
		note(command);
		if (plan.hit)
			fault = (struct sg_tcti_fault){ ways[plan.fault], plan.value };
	}
	pthread_mutex_unlock(&lock);
	return fault;
}

static bool before(void *arg, uint32_t code)
{
	bool pass;

	(void)arg;
	pthread_mutex_lock(&lock);
	note(code);
	pass = !plan.hit || (plan.fault != TEST_DROP && plan.fault != TEST_DIE_BEFORE);
	pthread_mutex_unlock(&lock);
	return pass;
}

static bool instead(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	static const uint8_t refusal[10] = { 0x80, 0x01, 0, 0, 0, 10 };
	bool refuse;

	(void)arg;
	(void)code;
	pthread_mutex_lock(&lock);
	refuse = plan.hit && plan.fault == TEST_REFUSE;
	if (refuse) {
		memcpy(frame, refusal, sizeof refusal);
		sg_put_u32(frame + 6, plan.value);
		*len = sizeof refusal;
	}
	pthread_mutex_unlock(&lock);
	return refuse;
}

/* Be slow, but not when the test is over. */
static void idle(struct test_tpm *tpm, uint32_t milliseconds)
{
	struct pollfd end = { .fd = tpm->end[0], .events = POLLIN };

	while (poll(&end, 1, (int)milliseconds) < 0 && errno == EINTR)
		;
}

static void after(void *arg, uint32_t code, uint8_t *frame, size_t *len)
{
	uint32_t delay = 0;

	(void)arg;
	(void)code;
	(void)frame;
	pthread_mutex_lock(&lock);
	if (plan.hit && (plan.fault == TEST_LOSE || plan.fault == TEST_DIE_AFTER))
		*len = 0;
	if (plan.hit && plan.fault == TEST_CUT)
		*len /= 2;
	if (plan.hit && plan.fault == TEST_DIE_AFTER)
		kill(plan.tpm->pid, SIGKILL);
	if (plan.hit && plan.fault == TEST_DELAY)
		delay = plan.value;
	pthread_mutex_unlock(&lock);
	if (delay > 0)
		idle(plan.tpm, delay);
}

static const struct test_wire_hooks hooks = {
	.command = before, .answer = instead, .response = after,
};

static void set(enum test_fault fault, uint32_t command, unsigned nth, uint32_t value, bool first)
{
	pthread_mutex_lock(&lock);
	plan.armed = true;
	plan.first = first;
	plan.fault = fault;
	plan.command = command;
	plan.nth = nth;
	plan.value = value;
	plan.seen = plan.done = 0;
	pthread_mutex_unlock(&lock);
}

void test_fault_set(enum test_fault fault, uint32_t command, unsigned nth, uint32_t value)
{
	set(fault, command, nth, value, false);
}

void test_fault_first(enum test_fault fault, uint32_t command, unsigned many, uint32_t value)
{
	set(fault, command, many, value, true);
}

unsigned test_fault_clear(void)
{
	unsigned done;

	pthread_mutex_lock(&lock);
	done = plan.armed ? plan.done : 0;
	plan.armed = false;
	pthread_mutex_unlock(&lock);
	return done;
}

uint64_t test_fault_number(void)
{
	uint64_t number;

	pthread_mutex_lock(&lock);
	number = plan.number;
	pthread_mutex_unlock(&lock);
	return number;
}

/* Have no fault yet. */
static void prepare(struct test_tpm *tpm, bool inside)
{
	test_fault_clear();
	plan.tpm = tpm;
	plan.inside = inside;
}

void test_fault_start_inside(struct test_tpm *tpm)
{
	prepare(tpm, true);
	test_tpm_start(tpm);
}

void test_fault_start(struct test_tpm *tpm)
{
	prepare(tpm, false);
	test_tpm_start_wired(tpm, &hooks);
}

void test_fault_start_device(struct test_tpm *tpm)
{
	prepare(tpm, false);
	test_tpm_start_device(tpm, &hooks);
}

/* The TCTI for swtpm of tpm2-tss loses its copy of the name where nobody answers, and is
 * unloaded before the search for leaks, so that no suppression could name it. Programs
 * whose TPM dies do without that search. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}
