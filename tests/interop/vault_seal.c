/* SPDX-License-Identifier: Apache-2.0
 *
 * Interop tests. A vault, as far as its seal goes, for vault.sh:
 *
 *   vault_seal CLIENT FILE beat THREADS ROUNDS   each thread seals and opens, again and again
 *   vault_seal CLIENT FILE encrypt < PLAIN > BLOB
 *   vault_seal CLIENT FILE decrypt < BLOB > PLAIN
 *
 * CLIENT is classic, pooled or enterprise, and FILE has the seal's stanza.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interop/vault_client.h"

#define THREADS 64

static struct vault vault;
static pthread_barrier_t all_in;
static int rounds;

/* What the heartbeat of a vault does; a real one waits ten minutes in between. */
static bool beat(int round)
{
	CK_BYTE plain[64], opened[VAULT_DATA];
	struct vault_blob blob;
	CK_ULONG len = 0, size = 1 + (CK_ULONG)round % sizeof plain;

	memset(plain, round, sizeof plain);
	return vault_encrypt(&vault, plain, size, &blob) &&
	       vault_decrypt(&vault, &blob, opened, &len) &&
	       ((len == size && memcmp(plain, opened, len) == 0) ||
	        vault_fail("what was opened is not what was sealed"));
}

/* All threads are in an operation at once before any of them goes on. */
static void *work(void *arg)
{
	CK_SESSION_HANDLE s;
	bool fine = vault_enter(&vault, &s);

	pthread_barrier_wait(&all_in);
	fine = fine && vault_leave(&vault, s);
	for (int i = 0; i < rounds && fine; i++)
		fine = beat(i);
	*(bool *)arg = fine;
	return NULL;
}

static bool run_threads(int n)
{
	pthread_t thread[THREADS];
	bool fine[THREADS], all = true;

	if (n < 1 || n > THREADS || pthread_barrier_init(&all_in, NULL, (unsigned)n) != 0)
		return vault_fail("so many threads are not to be had");
	for (int i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, work, &fine[i]) != 0)
			abort();
	for (int i = 0; i < n; i++) {
		pthread_join(thread[i], NULL);
		all = all && fine[i];
	}
	pthread_barrier_destroy(&all_in);
	return all;
}

static bool encrypt(void)
{
	struct vault_blob blob;
	CK_BYTE plain[VAULT_DATA / 2];
	CK_ULONG len = fread(plain, 1, sizeof plain, stdin);

	return vault_encrypt(&vault, plain, len, &blob) &&
	       fwrite(&blob, sizeof blob, 1, stdout) == 1;
}

static bool decrypt(void)
{
	struct vault_blob blob;
	CK_BYTE plain[VAULT_DATA];
	CK_ULONG len = 0;

	return fread(&blob, sizeof blob, 1, stdin) == 1 &&
	       vault_decrypt(&vault, &blob, plain, &len) && fwrite(plain, 1, len, stdout) == len;
}

int main(int argc, char **argv)
{
	const struct vault_kind *kind = argc > 3 ? vault_kind(argv[1]) : NULL;
	bool fine = false;

	if (kind == NULL) {
		fprintf(stderr, "usage: vault_seal CLIENT FILE beat THREADS ROUNDS|encrypt|decrypt\n");
		return EXIT_FAILURE;
	}
	if (!vault_start(&vault, kind, argv[2]))
		return EXIT_FAILURE;
	if (strcmp(argv[3], "beat") == 0 && argc == 6) {
		rounds = atoi(argv[5]);
		fine = run_threads(atoi(argv[4]));
	} else if (strcmp(argv[3], "encrypt") == 0) {
		fine = encrypt();
	} else if (strcmp(argv[3], "decrypt") == 0) {
		fine = decrypt();
	}
	fine = vault_stop(&vault) && fine;
	return fine && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
