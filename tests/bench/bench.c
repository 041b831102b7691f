/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Each row is measured against the raw library call that does the same work,
 * in turns, in the same run; the ratio of the medians is what counts. Absolute
 * figures belong to the machine and stand beside it only for orientation.
 */
#include <check.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cold.h"
#include "core/token.h"
#include "lib/scratch.h"
#include "lib/tpm.h"

#define ROUNDS 21
#define COLD_ROUNDS 15
#define ROUND_NS 1e7

struct bench {
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE sign_key, root, aes;

	/* For the raw calls. */
	unsigned char sk[crypto_sign_SECRETKEYBYTES];
	unsigned char key[32];
	EVP_CIPHER *kwp, *gcm;

	unsigned char message[64];
	unsigned char wrapped[64];
	CK_ULONG wrapped_len;
	unsigned char sealed[80];
	unsigned char iv[12];
};

struct row {
	const char *name;
	const char *against;
	void (*ours)(struct bench *b);
	void (*raw)(struct bench *b);
};

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void ours_sign(struct bench *b)
{
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	unsigned char signature[64];
	CK_ULONG len = sizeof signature;

	bench_check(b->p11->C_SignInit(b->session, &eddsa, b->sign_key), "C_SignInit");
	bench_check(b->p11->C_Sign(b->session, b->message, sizeof b->message, signature, &len),
	            "C_Sign");
}

static void raw_sign(struct bench *b)
{
	unsigned char signature[64];

	if (crypto_sign_detached(signature, NULL, b->message, sizeof b->message, b->sk) != 0)
		abort();
}

static void ours_unwrap(struct bench *b)
{
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[] = { { CKA_KEY_TYPE, &type, sizeof type } };
	CK_OBJECT_HANDLE key;

	bench_check(b->p11->C_UnwrapKey(b->session, &kwp, b->root, b->wrapped, b->wrapped_len,
	                                template, 1, &key), "C_UnwrapKey");
	bench_check(b->p11->C_DestroyObject(b->session, key), "C_DestroyObject");
}

static void raw_unwrap(struct bench *b)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char out[64];
	int len;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_DecryptInit_ex2(ctx, b->kwp, b->key, NULL, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, out, &len, b->wrapped, (int)b->wrapped_len) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static void ours_decrypt(struct bench *b)
{
	CK_GCM_PARAMS params = { .pIv = b->iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	unsigned char out[64];
	CK_ULONG len = sizeof out;

	bench_check(b->p11->C_DecryptInit(b->session, &gcm, b->aes), "C_DecryptInit");
	bench_check(b->p11->C_Decrypt(b->session, b->sealed, sizeof b->sealed, out, &len),
	            "C_Decrypt");
}

static void raw_decrypt(struct bench *b)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char out[64];
	int len;

	if (EVP_DecryptInit_ex2(ctx, b->gcm, b->key, b->iv, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, out, &len, b->sealed, 64) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, b->sealed + 64) != 1 ||
	    EVP_DecryptFinal_ex(ctx, out + len, &len) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static const struct row rows[] = {
	{ "C_SignInit + C_Sign, Ed25519, 64 bytes", "crypto_sign_detached", ours_sign, raw_sign },
	{ "C_UnwrapKey + C_DestroyObject, KWP, 32 bytes", "EVP, fresh context", ours_unwrap,
	  raw_unwrap },
	{ "C_DecryptInit + C_Decrypt, AES-GCM, 64 bytes", "EVP, fresh context", ours_decrypt,
	  raw_decrypt },
};

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *samples, size_t n)
{
	qsort(samples, n, sizeof *samples, ascending);
	return samples[n / 2];
}

/* Return the nanoseconds of one call, measured over n of them. */
static double measure(struct bench *b, void (*fn)(struct bench *b), long n)
{
	double start = bench_now();

	for (long i = 0; i < n; i++)
		fn(b);
	return (bench_now() - start) / (double)n;
}

static void run_row(struct bench *b, const struct row *row)
{
	double ours[ROUNDS], raw[ROUNDS], o, r;
	long n = (long)(ROUND_NS / measure(b, row->raw, 100)) + 1;

	(void)measure(b, row->ours, n);
	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = measure(b, row->ours, n);
		raw[i] = measure(b, row->raw, n);
	}
	o = median(ours, ROUNDS);
	r = median(raw, ROUNDS);
	printf("%-48s %5.2f of %-22s (%.0f/s, %.0f/s)\n", row->name, r / o, row->against, 1e9 / o,
	       1e9 / r);
}

/* What the hardware and tpm2-tss take for one unsealing, without us. */
static double bare_unseal(const struct sg_config *config)
{
	const struct sg_seal_guard nothing = { NULL };
	struct sg_secret *plain = NULL, *opened = NULL;
	struct sg_buf parent = { 0 }, blob = { 0 };
	struct sg_sealer *sealer = NULL;
	bool made;
	double start;

	if (sg_sealer_open("tpm", config, &sealer) != SG_OK ||
	    sealer->ops->provision(sealer, NULL, &parent, &made) != SG_OK ||
	    sg_secret_new(32, &plain) != SG_OK)
		exit(EXIT_FAILURE);
	plain->len = 32;
	if (sealer->ops->seal(sealer, sg_buf_bytes(&parent), &nothing, plain, &blob) != SG_OK)
		exit(EXIT_FAILURE);
	start = bench_now();
	if (sealer->ops->unseal(sealer, sg_buf_bytes(&parent), &nothing, sg_buf_bytes(&blob),
	                        &opened) != SG_OK)
		exit(EXIT_FAILURE);
	start = bench_now() - start;
	sg_secret_free(&plain);
	sg_secret_free(&opened);
	sg_sealer_free(&sealer);
	sg_buf_free(&parent);
	sg_buf_free(&blob);
	return start;
}

static void run_cold(struct test_tpm *tpm, const struct sg_config *config, const char *self,
                     const char *module)
{
	double cold[COLD_ROUNDS], bare[COLD_ROUNDS], c, u;
	size_t commands;

	test_tpm_forget(tpm);
	(void)bench_cold_sample(self, module);
	pthread_mutex_lock(&tpm->lock);
	commands = tpm->count;
	pthread_mutex_unlock(&tpm->lock);
	for (int i = 0; i < COLD_ROUNDS; i++) {
		cold[i] = bench_cold_sample(self, module);
		bare[i] = bare_unseal(config);
	}
	c = median(cold, COLD_ROUNDS);
	u = median(bare, COLD_ROUNDS);
	printf("%-48s %5.2f of %-22s (%.1f ms, %.1f ms), %zu TPM commands\n",
	       "cold start: dlopen to first signature", u / c, "unsealing alone", c / 1e6, u / 1e6,
	       commands);
}

static void set_up(struct bench *b, const char *module)
{
	CK_MECHANISM pair = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_GCM_PARAMS params = { .pIv = b->iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	static unsigned char curve[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	CK_KEY_TYPE aes = CKK_AES;
	CK_ATTRIBUTE public_template[] = { { CKA_TOKEN, &no, 1 },
		                           { CKA_EC_PARAMS, curve, sizeof curve } };
	CK_ATTRIBUTE private_template[] = { { CKA_TOKEN, &yes, 1 } };
	CK_ATTRIBUTE aes_template[] = {
		{ CKA_CLASS, &secret, sizeof secret }, { CKA_KEY_TYPE, &aes, sizeof aes },
		{ CKA_VALUE, b->key, sizeof b->key },  { CKA_ENCRYPT, &yes, 1 },
		{ CKA_DECRYPT, &yes, 1 },              { CKA_WRAP, &yes, 1 },
		{ CKA_UNWRAP, &yes, 1 },               { CKA_EXTRACTABLE, &yes, 1 },
	};
	CK_OBJECT_HANDLE public_key;
	unsigned char pk[crypto_sign_PUBLICKEYBYTES];
	CK_ULONG len = sizeof b->sealed;

	randombytes_buf(b->key, sizeof b->key);
	crypto_sign_keypair(pk, b->sk);
	b->kwp = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	b->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	b->p11 = bench_load(module);
	bench_check(b->p11->C_Initialize(NULL), "C_Initialize");
	bench_check(b->p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                                  &b->session), "C_OpenSession");
	bench_check(b->p11->C_GenerateKeyPair(b->session, &pair, public_template, 2,
	                                      private_template, 1, &public_key, &b->sign_key),
	            "C_GenerateKeyPair");
	bench_check(b->p11->C_CreateObject(b->session, aes_template, 8, &b->aes), "C_CreateObject");
	b->root = b->aes;
	b->wrapped_len = sizeof b->wrapped;
	bench_check(b->p11->C_WrapKey(b->session, &kwp, b->root, b->aes, b->wrapped,
	                              &b->wrapped_len), "C_WrapKey");
	bench_check(b->p11->C_EncryptInit(b->session, &gcm, b->aes), "C_EncryptInit");
	bench_check(b->p11->C_Encrypt(b->session, b->message, sizeof b->message, b->sealed, &len),
	            "C_Encrypt");
}

static const char *self;

/* The fixtures of the tests want to run inside a test. */
START_TEST(bench)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	struct sg_token_plan plan = { .label = sg_bytes_str("bench"), .sealer = "tpm",
		                      .machine = true };
	char module[400], *state = scratch_make();
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	static struct test_tpm tpm;
	static struct bench b;

	snprintf(module, sizeof module, "%s/.libs/signet.so", build != NULL ? build : ".");
	test_tpm_start_wired(&tpm, NULL);
	setenv("SIGNET_STATE", state, 1);
	setenv("SIGNET_TCTI", tpm.tcti, 1);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	set_up(&b, module);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		run_row(&b, &rows[i]);
	run_cold(&tpm, config, self, module);
	bench_check(b.p11->C_Finalize(NULL), "C_Finalize");
	EVP_CIPHER_free(b.kwp);
	EVP_CIPHER_free(b.gcm);
	sg_token_free(&token);
	sg_config_free(&config);
	test_tpm_stop(&tpm);
	scratch_remove(&state);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("bench");
	TCase *tcase = tcase_create("bench");
	SRunner *runner;
	int failed;

	if (argc == 3 && strcmp(argv[1], "--cold") == 0)
		return bench_cold_child(argv[2]);
	self = argv[0];
	tcase_add_test(tcase, bench);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
