/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A crowd of processes that write to one token while some of them are killed, and
 * children of a process whose other threads go on signing.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"

#define WORKERS 8
#define KEYS 125                        /* of each worker: a thousand together */
#define NAME 48
#define KILLINGS 2                      /* of every second worker */

/* How far a worker got with a key. What it was doing when it was killed may have
 * happened or not; what it was told of must have. */
enum step { NOTHING, MAKING, MADE, DESTROYING, DESTROYED };

struct record {
	atomic_int step[WORKERS][KEYS];
	atomic_int at[WORKERS];         /* the key that a worker is at */
};

static struct record *record;           /* shared by all processes */

static void name_key(char name[NAME], int worker, int key)
{
	snprintf(name, NAME, "key %d of worker %d", key, worker);
}

/* Make keys, and destroy every second one, from where an earlier worker was killed. */
static void work(int worker, int from)
{
	CK_SESSION_HANDLE s;
	CK_OBJECT_HANDLE key;
	char name[NAME];

	p11_start();
	s = p11_open(CKF_RW_SESSION);
	for (int i = from; i < KEYS; i++) {
		atomic_int *step = &record->step[worker][i];

		atomic_store(&record->at[worker], i);
		name_key(name, worker, i);
		atomic_store(step, MAKING);
		key = p11_make_aes(s, name);
		atomic_store(step, MADE);
		if (i % 2 == 0)
			continue;
		atomic_store(step, DESTROYING);
		p11_ok(p11->C_DestroyObject(s, key));
		atomic_store(step, DESTROYED);
	}
	atomic_store(&record->at[worker], KEYS);
}

static pid_t start(int worker, int from)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		work(worker, from);
		_exit(EXIT_SUCCESS);
	}
	return pid;
}

/* One worker, and when it is to be killed: at these keys, whatever it is doing then. */
struct worker {
	pid_t pid;
	int kill_at[KILLINGS];
	int killed;
	bool ended;
};

/* End a worker that has come as far as it should, and let another go on behind the key
 * that it was at; or see that it ended well. */
static void look_after(struct worker *w, int number)
{
	int status;
	pid_t ended = waitpid(w->pid, &status, WNOHANG);

	ck_assert_int_ge(ended, 0);
	if (ended == w->pid) {
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
		w->ended = true;
	} else if (w->killed < KILLINGS && w->kill_at[w->killed] > 0 &&
	           atomic_load(&record->at[number]) >= w->kill_at[w->killed]) {
		ck_assert_int_eq(kill(w->pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(w->pid, &status, 0), w->pid);
		w->killed++;
		w->pid = start(number, atomic_load(&record->at[number]) + 1);
	}
}

/* Every second worker is killed, somewhere in the first and in the second half. */
static void plan(struct worker workers[WORKERS])
{
	uint32_t random = 12345;

	for (int i = 0; i < WORKERS; i += 2)
		for (int k = 0; k < KILLINGS; k++) {
			random = random * 1664525 + 1013904223;
			workers[i].kill_at[k] = k * KEYS / KILLINGS + 1 + (int)(random >> 27);
		}
}

static CK_ULONG found(CK_SESSION_HANDLE s, int worker, int key)
{
	struct p11_template t = { 0 };
	char name[NAME];

	name_key(name, worker, key);
	p11_text(&t, CKA_LABEL, name);
	return p11_find(s, &t, NULL, 0);
}

/* What each worker was told is true, and nothing else is there. */
static void require_record(CK_SESSION_HANDLE s)
{
	CK_ULONG all = 0;

	for (int worker = 0; worker < WORKERS; worker++)
		for (int i = 0; i < KEYS; i++) {
			int step = atomic_load(&record->step[worker][i]);
			CK_ULONG n = found(s, worker, i);

			ck_assert_uint_le(n, 1);
			if (step == MADE)
				ck_assert_uint_eq(n, 1);
			else if (step == DESTROYED || step == NOTHING)
				ck_assert_uint_eq(n, 0);
			all += n;
		}
	ck_assert_uint_eq(p11_count(s), all);
}

static void share_record(void)
{
	record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
	              0);
	ck_assert_ptr_ne(record, MAP_FAILED);
}

START_TEST(a_thousand_keys_of_eight_processes_survive_the_killing_of_some)
{
	struct worker workers[WORKERS] = { { 0 } };
	CK_SESSION_HANDLE s;
	int left, killed = 0;

	share_record();
	p11_make_machine();
	plan(workers);
	for (int i = 0; i < WORKERS; i++)
		workers[i].pid = start(i, 0);
	do {
		left = 0;
		for (int i = 0; i < WORKERS; i++) {
			if (!workers[i].ended)
				look_after(&workers[i], i);
			left += !workers[i].ended;
		}
		(void)poll(NULL, 0, 1);
	} while (left > 0);
	for (int i = 0; i < WORKERS; i++)
		killed += workers[i].killed;
	ck_assert_int_gt(killed, 0);
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	require_record(s);
	p11_make_aes(s, "made in the end");
	munmap(record, sizeof *record);
}
END_TEST

/* Fork while others sign. */

#define SIGNERS 4

static CK_OBJECT_HANDLE pub, priv;
static atomic_bool enough;
static atomic_uint wrong, signatures;   /* Check's own calls are for the test's thread only */

static void *sign(void *arg)
{
	CK_SESSION_HANDLE mine;
	uint8_t signature[64];

	(void)arg;
	if (p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &mine) != CKR_OK)
		atomic_fetch_add(&wrong, 1);
	while (!atomic_load(&enough)) {
		if (p11_sign(mine, priv, "signed by a thread", signature) != CKR_OK ||
		    p11_verify(mine, pub, "signed by a thread", signature) != CKR_OK)
			atomic_fetch_add(&wrong, 1);
		atomic_fetch_add(&signatures, 1);
	}
	return NULL;
}

/* A new one, whatever the parent's module was. */
static void sign_anew(void)
{
	CK_SESSION_HANDLE s;
	uint8_t signature[64];

	p11_start();
	s = p11_open(0);
	p11_ok(p11_sign(s, p11_find_label(s, CKO_PRIVATE_KEY, "pair"), "signed by a child",
	                signature));
}

/* p11-kit's order. */
static void initialize(void *arg)
{
	(void)arg;
	sign_anew();
	p11_ok(p11->C_Finalize(NULL));
}

/* pkcs11-provider's. */
static void finalize_and_initialize(void *arg)
{
	(void)arg;
	p11_is(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
	sign_anew();
}

/* That of a daemon's helper, which knows nothing of PKCS#11. */
static void just_exit(void *arg)
{
	(void)arg;
	exit(EXIT_SUCCESS);
}

static void (*const in_child[])(void *) = { initialize, finalize_and_initialize, just_exit };

START_TEST(the_threads_of_a_process_go_on_signing_while_it_forks)
{
	CK_SESSION_HANDLE s = p11_machine();
	pthread_t threads[SIGNERS];
	uint8_t signature[64];

	p11_make_pair(s, "pair", &pub, &priv);
	for (size_t i = 0; i < SIGNERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, sign, NULL), 0);
	for (int i = 0; i < 8; i++) {
		unsigned before = atomic_load(&signatures);

		p11_in_child(in_child[_i], NULL);
		p11_ok(p11_sign(s, priv, "signed by the parent", signature));
		p11_ok(p11_verify(s, pub, "signed by the parent", signature));
		while (atomic_load(&signatures) == before)
			(void)poll(NULL, 0, 1);
	}
	atomic_store(&enough, true);
	for (size_t i = 0; i < SIGNERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("crowd");
	TCase *tc = p11_case(suite, "crowd");

	tcase_add_test(tc, a_thousand_keys_of_eight_processes_survive_the_killing_of_some);
	if (test_can_fork_with_threads())
		tcase_add_loop_test(tc, the_threads_of_a_process_go_on_signing_while_it_forks, 0, 3);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
