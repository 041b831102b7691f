/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Another process keeps the store locked: who waits for it, and who does not. Whoever
 * waits for a lock of SQLite naps in between, and the function for that is ours here, so a test
 * knows that its threads have come there. Nothing is timed: the other process gives the store
 * back only when it is told that those who need not wait have done their work.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/runner.h"

#define FINDERS 3

/* Under this name the module finds it. */
__attribute__((visibility("default")))
int nap(const struct timespec *pause, struct timespec *rest) __asm__("nanosleep");

static sem_t napping;                   /* how many of the finders have come to wait */
static _Thread_local bool finds;
static atomic_uint wrong;

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE pub, priv;
static uint8_t signature[64];

int nap(const struct timespec *pause, struct timespec *rest)
{
	(void)pause;
	(void)rest;
	if (finds) {
		finds = false;
		sem_post(&napping);
	}
	(void)poll(NULL, 0, 1);
	return 0;
}

/* The other process, which ends when it is told so, or when there is nobody left to tell it. */
struct keeper {
	pid_t pid;
	int tell;
};

static void keep_store(int ready, int told)
{
	sqlite3 *db = NULL;
	char byte = 0;

	if (sqlite3_open_v2(p11_store, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK &&
	    write(ready, &byte, 1) == 1)
		(void)!read(told, &byte, 1);
	_exit(0);
}

static struct keeper keeper_start(void)
{
	struct keeper keeper;
	int ready[2], told[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(told), 0);
	keeper.pid = fork();
	ck_assert_int_ge(keeper.pid, 0);
	if (keeper.pid == 0) {
		close(ready[0]);
		close(told[1]);
		keep_store(ready[1], told[0]);
	}
	close(ready[1]);
	close(told[0]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	keeper.tell = told[1];
	return keeper;
}

static void keeper_end(struct keeper *keeper)
{
	int status;

	ck_assert_int_eq(write(keeper->tell, "", 1), 1);
	close(keeper->tell);
	ck_assert_int_eq(waitpid(keeper->pid, &status, 0), keeper->pid);
}

static void *find(void *arg)
{
	CK_SESSION_HANDLE *mine = arg;

	finds = true;
	if (p11->C_FindObjectsInit(*mine, NULL, 0) != CKR_OK ||
	    p11->C_FindObjectsFinal(*mine) != CKR_OK)
		atomic_fetch_add(&wrong, 1);
	return NULL;
}

static CK_SESSION_HANDLE (*const tokens[])(void) = { p11_machine, p11_user };

/* A search that waits with a lock of the token in its hands keeps out whoever closes a session,
 * and he those who only want to look a key up: until the finders give up. */
START_TEST(a_search_that_waits_for_the_store_keeps_nobody_from_signing)
{
	CK_SESSION_HANDLE own[FINDERS], spare[FINDERS];
	CK_OBJECT_HANDLE session_pub, session_priv;
	pthread_t finders[FINDERS];
	struct keeper keeper;

	ck_assert_int_eq(sem_init(&napping, 0, 0), 0);
	s = tokens[_i]();
	p11_make_pair(s, NULL, &session_pub, &session_priv);
	for (int i = 0; i < FINDERS; i++) {
		own[i] = p11_open(0);
		spare[i] = p11_open(0);
	}
	p11_make_pair(s, "pair", &pub, &priv);  /* no search can do without the store then */
	keeper = keeper_start();
	for (int i = 0; i < FINDERS; i++)
		ck_assert_int_eq(pthread_create(&finders[i], NULL, find, &own[i]), 0);
	for (int i = 0; i < FINDERS; i++)
		ck_assert_int_eq(sem_wait(&napping), 0);
	for (int i = 0; i < FINDERS; i++)
		p11_ok(p11->C_CloseSession(spare[i]));
	p11_ok(p11_sign(s, session_priv, "with a session key", signature));
	p11_ok(p11_verify(s, session_pub, "with a session key", signature));
	p11_ok(p11_sign(s, priv, "with a token key", signature));
	p11_ok(p11_verify(s, pub, "with a token key", signature));
	keeper_end(&keeper);
	for (int i = 0; i < FINDERS; i++)
		ck_assert_int_eq(pthread_join(finders[i], NULL), 0);
	ck_assert_uint_eq(atomic_load(&wrong), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("waiting");
	TCase *tc = p11_case(suite, "waiting");

	tcase_add_loop_test(tc, a_search_that_waits_for_the_store_keeps_nobody_from_signing, 0, 2);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
