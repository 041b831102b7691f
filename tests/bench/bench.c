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

#include "config.h"
#ifdef HAVE_LIB25519
#include <lib25519.h>
#endif

#include "bench/cold.h"
#include "bench/enroll.h"
#include "bench/fleet.h"
#include "bench/hsm.h"
#include "bench/measure.h"
#include "bench/provider.h"
#include "bench/request.h"
#include "bench/scale.h"
#include "lib/scratch.h"
#include "lib/tpm.h"

#define COLD_ROUNDS 15
#define KIB 1024

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

	/* The envelope: root wraps project, project wraps data, data encrypts a text. */
	unsigned char project[32], data[32];
	unsigned char wrapped_project[40], wrapped_data[40];
	unsigned char sealed_text[KIB + 16];
};

struct row {
	const char *name;
	const char *against;
	void (*ours)(void *bench);
	void (*raw)(void *bench);
	bool threads;                   /* measure with two as well */
};

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void ours_sign(void *bench)
{
	struct bench *b = bench;
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	unsigned char signature[64];
	CK_ULONG len = sizeof signature;

	bench_check(b->p11->C_SignInit(b->session, &eddsa, b->sign_key), "C_SignInit");
	bench_check(b->p11->C_Sign(b->session, b->message, sizeof b->message, signature, &len),
	            "C_Sign");
}

#ifdef HAVE_LIB25519
static void raw_sign(void *bench)
{
	struct bench *b = bench;
	unsigned char sealed[sizeof b->message + 64];
	long long len;

	lib25519_sign(sealed, &len, b->message, sizeof b->message, b->sk);
}
#else
static void raw_sign(void *bench)
{
	struct bench *b = bench;
	unsigned char signature[64];

	if (crypto_sign_detached(signature, NULL, b->message, sizeof b->message, b->sk) != 0)
		abort();
}
#endif

static void ours_unwrap(void *bench)
{
	struct bench *b = bench;
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[] = { { CKA_KEY_TYPE, &type, sizeof type } };
	CK_OBJECT_HANDLE key;

	bench_check(b->p11->C_UnwrapKey(b->session, &kwp, b->root, b->wrapped, b->wrapped_len,
	                                template, 1, &key), "C_UnwrapKey");
	bench_check(b->p11->C_DestroyObject(b->session, key), "C_DestroyObject");
}

static void raw_unwrap(void *bench)
{
	struct bench *b = bench;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char out[64];
	int len;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_DecryptInit_ex2(ctx, b->kwp, b->key, NULL, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, out, &len, b->wrapped, (int)b->wrapped_len) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static void ours_decrypt(void *bench)
{
	struct bench *b = bench;
	CK_GCM_PARAMS params = { .pIv = b->iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	unsigned char out[64];
	CK_ULONG len = sizeof out;

	bench_check(b->p11->C_DecryptInit(b->session, &gcm, b->aes), "C_DecryptInit");
	bench_check(b->p11->C_Decrypt(b->session, b->sealed, sizeof b->sealed, out, &len),
	            "C_Decrypt");
}

static void raw_decrypt(void *bench)
{
	struct bench *b = bench;
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

/* Unwrap a key that unwraps others, or one that decrypts; a key by itself is never both. */
static CK_OBJECT_HANDLE unwrap_with(struct bench *b, CK_OBJECT_HANDLE key, unsigned char *wrapped,
                                    CK_BBOOL unwraps)
{
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[] = {
		{ CKA_KEY_TYPE, &type, sizeof type }, { unwraps ? CKA_UNWRAP : CKA_DECRYPT, &yes, 1 },
	};
	CK_OBJECT_HANDLE unwrapped;

	bench_check(b->p11->C_UnwrapKey(b->session, &kwp, key, wrapped, 40, template, 2,
	                                &unwrapped), "C_UnwrapKey");
	return unwrapped;
}

static void ours_envelope(void *bench)
{
	struct bench *b = bench;
	CK_GCM_PARAMS params = { .pIv = b->iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_OBJECT_HANDLE project = unwrap_with(b, b->root, b->wrapped_project, CK_TRUE);
	CK_OBJECT_HANDLE data = unwrap_with(b, project, b->wrapped_data, CK_FALSE);
	unsigned char out[KIB];
	CK_ULONG len = sizeof out;

	bench_check(b->p11->C_DecryptInit(b->session, &gcm, data), "C_DecryptInit");
	bench_check(b->p11->C_Decrypt(b->session, b->sealed_text, sizeof b->sealed_text, out, &len),
	            "C_Decrypt");
	bench_check(b->p11->C_DestroyObject(b->session, data), "C_DestroyObject");
	bench_check(b->p11->C_DestroyObject(b->session, project), "C_DestroyObject");
}

/* Unwrap or wrap 32 bytes; return the length of the result. */
static int evp_wrap(struct bench *b, const unsigned char *key, int wrap, const unsigned char *in,
                    int len, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int written;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(ctx, b->kwp, key, NULL, wrap, NULL) != 1 ||
	    EVP_CipherUpdate(ctx, out, &written, in, len) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	return written;
}

/* The two unwrappings, the schedule of the data key and the decryption. */
static void raw_envelope(void *bench)
{
	struct bench *b = bench;
	unsigned char project[48], data[48], out[KIB];
	EVP_CIPHER_CTX *ctx;
	int len;

	(void)evp_wrap(b, b->key, 0, b->wrapped_project, 40, project);
	(void)evp_wrap(b, project, 0, b->wrapped_data, 40, data);
	ctx = EVP_CIPHER_CTX_new();
	if (EVP_DecryptInit_ex2(ctx, b->gcm, data, b->iv, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, out, &len, b->sealed_text, KIB) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, b->sealed_text + KIB) != 1 ||
	    EVP_DecryptFinal_ex(ctx, out + len, &len) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static void make_envelope(struct bench *b)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char text[KIB] = { 0 };
	int len;

	randombytes_buf(b->project, sizeof b->project);
	randombytes_buf(b->data, sizeof b->data);
	(void)evp_wrap(b, b->key, 1, b->project, 32, b->wrapped_project);
	(void)evp_wrap(b, b->project, 1, b->data, 32, b->wrapped_data);
	if (EVP_EncryptInit_ex2(ctx, b->gcm, b->data, b->iv, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, b->sealed_text, &len, text, KIB) != 1 ||
	    EVP_EncryptFinal_ex(ctx, b->sealed_text + len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, b->sealed_text + KIB) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
}

static const struct row rows[] = {
	{ "C_SignInit + C_Sign, Ed25519, 64 bytes", "the fastest library", ours_sign, raw_sign,
	  true },
	{ "C_DecryptInit + C_Decrypt, AES-GCM, 64 bytes", "EVP, fresh context", ours_decrypt,
	  raw_decrypt, true },
	{ "C_UnwrapKey + C_DestroyObject, KWP, 32 bytes", "EVP, fresh context", ours_unwrap,
	  raw_unwrap, true },
	{ "root -> project -> data key -> 1 KiB", "EVP, fresh contexts", ours_envelope,
	  raw_envelope, false },
};

/* Two threads need a session each. What the raw calls gain by the second thread is what
 * this machine could give us at that time. */
static void run_threads(struct bench *b, const struct row *row)
{
	struct bench second = *b;
	struct bench_work ours[2] = { { row->ours, b }, { row->ours, &second } };
	struct bench_work raw[2] = { { row->raw, b }, { row->raw, &second } };

	bench_check(b->p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &second.session),
	            "C_OpenSession");
	printf("%-50s %5.2f times one            (raw: %.2f)\n", "  two threads",
	       bench_two_threads(ours), bench_two_threads(raw));
	bench_check(b->p11->C_CloseSession(second.session), "C_CloseSession");
}

static void run_row(struct bench *b, const struct row *row)
{
	bench_row(row->name, row->against,
	          bench_measure((struct bench_work){ row->ours, b },
	                        (struct bench_work){ row->raw, b }));
	if (row->threads)
		run_threads(b, row);
}

/* What the module computes beyond the unsealing: dlopen with its libraries, the store, the
 * record, the key. */
static void run_cold(struct test_tpm *tpm, const char *self, const char *module)
{
	double passed[COLD_ROUNDS], own[COLD_ROUNDS];
	size_t commands;

	test_tpm_forget(tpm);
	(void)bench_cold_sample(self, module);
	pthread_mutex_lock(&tpm->lock);
	commands = tpm->count;
	pthread_mutex_unlock(&tpm->lock);
	for (int i = 0; i < COLD_ROUNDS; i++) {
		struct bench_cold cold = bench_cold_sample(self, module);

		passed[i] = cold.passed;
		own[i] = cold.computed - bench_cold_sample(self, NULL).computed;
	}
	printf("%-50s %.1f ms, its own work %.1f ms, %zu TPM commands\n",
	       "cold start: dlopen to first signature", bench_median(passed, COLD_ROUNDS) / 1e6,
	       bench_median(own, COLD_ROUNDS) / 1e6, commands);
}

static void set_up(struct bench *b)
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
	make_envelope(b);
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

static struct sg_token *make_token(const struct sg_config *config, CK_SLOT_ID slot)
{
	const struct sg_token_plan plan = { .label = sg_bytes_str("bench"), .sealer = "tpm",
		                            .machine = true };
	struct sg_token *token = NULL;

	ck_assert_int_eq(sg_token_new(config, slot, &token), SG_OK);
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	return token;
}

static const char *self;
static bool hurry;

/* The fixtures of the tests want to run inside a test. */
START_TEST(bench)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	static const CK_SLOT_ID slots[2] = { 0, 1 };
	char module[400], *state = scratch_make();
	struct sg_config *config = NULL;
	struct sg_token *tokens[3];
	static struct test_tpm tpm;
	static struct bench b;

	snprintf(module, sizeof module, "%s/.libs/signet.so", build != NULL ? build : ".");
	test_tpm_start_wired(&tpm, NULL);
	setenv("SIGNET_STATE", state, 1);
	setenv("SIGNET_TCTI", tpm.tcti, 1);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	for (CK_SLOT_ID i = 0; i < 3; i++)
		tokens[i] = make_token(config, i);
	bench_fill_token(tokens[2]);
	b.p11 = bench_load(module);
	bench_many_token_keys(b.p11, 2);
	set_up(&b);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		run_row(&b, &rows[i]);
	bench_provider(b.p11, module);
	bench_many_session_keys(b.p11, slots);
	run_cold(&tpm, self, module);
	bench_check(b.p11->C_Finalize(NULL), "C_Finalize");
	bench_hsm(b.p11);
	bench_requests(hurry);
	bench_enrolments(hurry);
	bench_fleet(hurry);
	EVP_CIPHER_free(b.kwp);
	EVP_CIPHER_free(b.gcm);
	for (int i = 0; i < 3; i++)
		sg_token_free(&tokens[i]);
	sg_config_free(&config);
	test_tpm_stop(&tpm);
	scratch_remove(&state);
}
END_TEST

START_TEST(enrolments)
{
	bench_enrolments(hurry);
	bench_fleet(hurry);
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
	if (argc == 2 && strcmp(argv[1], "--unseal") == 0)
		return bench_unseal_child();
	self = argv[0];
	if (argc == 2 && strcmp(argv[1], "--requests") == 0) {
		bench_requests(false);
		return EXIT_SUCCESS;
	}
	hurry = argc > 1 && strcmp(argv[argc - 1], "--quick") == 0;
	if (hurry)
		bench_hurry();
	if (argc > 1 && strcmp(argv[1], "--enrolments") == 0)
		tcase_add_test(tcase, enrolments);
	else
		tcase_add_test(tcase, bench);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	if (failed > 0)
		srunner_print(runner, CK_NORMAL);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
