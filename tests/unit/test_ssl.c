/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The OpenSSL context: one in a process, none shared with the application,
 * a new one in a child.
 */
#include "crypto/ssl.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/aes_gcm.h"
#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "crypto/kdf.h"
#include "crypto/keywrap.h"
#include "lib/hex.h"
#include "lib/runner.h"

#define THREADS 8
#define ROUNDS 200
#define CHILDREN 10

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static void teardown(void)
{
	sg_crypto_stop();
}

/* Encrypt and decrypt once; no assertion, because threads and children call it. */
static bool round_trip(uint8_t seed)
{
	uint8_t key[32], iv[12], text[64], want[64], tag[16];
	struct sg_bytes key_view = sg_bytes(key, sizeof(key)), iv_view = sg_bytes(iv, sizeof(iv));
	struct sg_bytes text_view = sg_bytes(text, sizeof(text)), none = sg_bytes(NULL, 0);

	memset(key, seed, sizeof(key));
	memset(iv, seed, sizeof(iv));
	memset(text, seed, sizeof(text));
	memcpy(want, text, sizeof(text));
	if (sg_gcm_encrypt(key_view, iv_view, none, text_view, text, tag, 16) != SG_OK ||
	    memcmp(text, want, sizeof(text)) == 0)
		return false;
	return sg_gcm_decrypt(key_view, iv_view, none, text_view, sg_bytes(tag, 16),
	                      text) == SG_OK && memcmp(text, want, sizeof(text)) == 0;
}

/* Fork a child that ends itself if it hangs, and return whether it did its work. */
static bool child_round_trip(uint8_t seed)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		alarm(20);

		/* Not _exit: ThreadSanitizer would call the parent's threads leaked. */
		syscall(SYS_exit_group, round_trip(seed) ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

START_TEST(the_context_is_made_once)
{
	const struct sg_ssl *ssl = sg_ssl();

	ck_assert_ptr_nonnull(ssl);
	ck_assert_ptr_eq(sg_ssl(), ssl);
}
END_TEST

START_TEST(a_context_that_was_freed_is_made_again)
{
	sg_ssl_free();
	ck_assert(round_trip(1));
	sg_ssl_free();
	sg_ssl_free();
	ck_assert(round_trip(2));
}
END_TEST

START_TEST(the_context_is_not_that_of_the_application)
{
	ck_assert_ptr_nonnull(sg_ssl()->lib);
	ck_assert_ptr_ne(sg_ssl()->lib, OSSL_LIB_CTX_get0_global_default());
}
END_TEST

START_TEST(only_three_lengths_choose_a_cipher)
{
	const struct sg_ssl *ssl = sg_ssl();

	for (size_t len = 0; len < 70; len++) {
		const struct sg_cipher *cipher = sg_ssl_aes(ssl->gcm, len);

		if (len == 16 || len == 24 || len == 32)
			ck_assert_ptr_eq(cipher, &ssl->gcm[len / 8 - 2]);
		else
			ck_assert_ptr_null(cipher);
	}
}
END_TEST

/* Use everything that calls OpenSSL. */
static bool use_all(void)
{
	uint8_t wrapped[40], digest[SG_DIGEST_MAX];
	struct sg_secret *key = NULL;
	bool good;

	good = round_trip(3) &&
	       sg_digest_once(SG_SHA384, sg_bytes_str("abc"), digest) == SG_OK &&
	       sg_keywrap_wrap(SG_KWP, repeat(1, 32), repeat(2, 32), wrapped) == SG_OK &&
	       sg_hkdf_sha256(repeat(1, 32), repeat(2, 32), repeat(3, 32), 32, &key) == SG_OK;
	sg_secret_free(&key);
	return good;
}

static bool application_has_aes(void)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	bool there = cipher != NULL;

	EVP_CIPHER_free(cipher);
	ERR_clear_error();
	return there;
}

/* Name a configuration that takes the default provider away from who reads it. */
static void name_configuration(char path[])
{
	static const char text[] =
		"openssl_conf = init\n[init]\nproviders = list\n"
		"[list]\nnull = section\n[section]\nactivate = 1\n";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), (ssize_t)sizeof(text) - 1);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(setenv("OPENSSL_CONF", path, 1), 0);
}

/* OpenSSL reads its configuration once. If we had made it do so, the application
 * would have no AES in the end; and reading it could load a provider that calls us. */
START_TEST(no_openssl_configuration_is_read)
{
	char path[] = "/tmp/signet-test-XXXXXX";

	name_configuration(path);
	ck_assert(use_all());
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(setenv("OPENSSL_CONF", "/dev/null", 1), 0);
	ck_assert(application_has_aes());
}
END_TEST

START_TEST(the_configuration_of_the_application_does_not_touch_us)
{
	char path[] = "/tmp/signet-test-XXXXXX";

	name_configuration(path);
	ck_assert_msg(!application_has_aes(), "the configuration has no effect");
	ck_assert(use_all());
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(a_failure_leaves_the_error_queue_of_the_application_alone)
{
	struct sg_secret *plain = NULL;
	uint8_t out[16];

	ERR_clear_error();
	ck_assert_int_eq(sg_gcm_decrypt(repeat(1, 32), repeat(2, 12), sg_bytes(NULL, 0),
	                                repeat(3, 16), repeat(4, 16), out), SG_ERR_TAG);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	ERR_raise(ERR_LIB_USER, 42);
	ck_assert_int_eq(sg_keywrap_unwrap(SG_KWP, repeat(1, 32), repeat(2, 40), &plain),
	                 SG_ERR_TAG);
	ck_assert_int_eq(ERR_GET_REASON(ERR_peek_error()), 42);
	ck_assert_int_eq(ERR_GET_REASON(ERR_peek_last_error()), 42);
	ERR_clear_error();
}
END_TEST

START_TEST(a_child_makes_a_context_of_its_own)
{
	const struct sg_ssl *ssl = sg_ssl();

	ck_assert(child_round_trip(5));
	ck_assert_ptr_eq(sg_ssl(), ssl);
	ck_assert(round_trip(6));
}
END_TEST

static struct {
	pthread_barrier_t start;
	const struct sg_ssl *seen[THREADS];
	atomic_int good;
} shared;

static void *encrypt_often(void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;
	int good = 0;

	pthread_barrier_wait(&shared.start);
	shared.seen[i] = sg_ssl();
	for (int round = 0; round < ROUNDS; round++)
		good += round_trip((uint8_t)(i * 31 + (size_t)round));
	atomic_fetch_add(&shared.good, good);
	return NULL;
}

/* Start the threads, and return when all of them are about to ask for the context. */
static void start_threads(pthread_t threads[THREADS])
{
	ck_assert_int_eq(pthread_barrier_init(&shared.start, NULL, THREADS + 1), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, encrypt_often,
		                                (void *)(uintptr_t)i), 0);
	pthread_barrier_wait(&shared.start);
}

static void end_threads(pthread_t threads[THREADS])
{
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	pthread_barrier_destroy(&shared.start);
}

START_TEST(threads_that_start_together_get_one_context)
{
	pthread_t threads[THREADS];

	start_threads(threads);
	end_threads(threads);
	ck_assert_int_eq(shared.good, THREADS * ROUNDS);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_ptr_eq(shared.seen[i], sg_ssl());
}
END_TEST

START_TEST(children_forked_while_threads_encrypt_can_encrypt_too)
{
	pthread_t threads[THREADS];
	int good = 0;

	start_threads(threads);
	for (int i = 0; i < CHILDREN; i++)
		good += child_round_trip((uint8_t)i);
	end_threads(threads);
	ck_assert_int_eq(good, CHILDREN);
	ck_assert_int_eq(shared.good, THREADS * ROUNDS);
}
END_TEST

/* AddressSanitizer's allocator has locks that a child finds taken for ever. */
#ifdef __SANITIZE_ADDRESS__
static bool children_of_threads_can_allocate(void)
{
	return false;
}
#else
static bool children_of_threads_can_allocate(void)
{
	return true;
}
#endif

static Suite *suite(void)
{
	Suite *s = suite_create("ssl");
	TCase *tc = tcase_create("ssl");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, no_openssl_configuration_is_read);
	tcase_add_test(tc, the_configuration_of_the_application_does_not_touch_us);
	tcase_add_test(tc, the_context_is_made_once);
	tcase_add_test(tc, a_context_that_was_freed_is_made_again);
	tcase_add_test(tc, the_context_is_not_that_of_the_application);
	tcase_add_test(tc, only_three_lengths_choose_a_cipher);
	tcase_add_test(tc, a_failure_leaves_the_error_queue_of_the_application_alone);
	tcase_add_test(tc, a_child_makes_a_context_of_its_own);
	tcase_add_test(tc, threads_that_start_together_get_one_context);
	if (children_of_threads_can_allocate())
		tcase_add_test(tc, children_forked_while_threads_encrypt_can_encrypt_too);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
