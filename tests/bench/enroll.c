/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Enrolments verified.
 */
#include "bench/enroll.h"

#include <check.h>
#include <openssl/ec.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "crypto/crypto.h"
#include "crypto/p256.h"
#include "enroll/verify.h"
#include "lib/enroller.h"

#define MACHINES 32                     /* every fourth has an endorsement key of RSA */
#define AT 2000000000u

/* A machine that has answered a challenge, and its evidence as it came. */
struct machine {
	struct enroller enroller;
	struct sg_enroll_pending pending;
	struct sg_buf evidence;
	X509 *certificate;
};

struct bench {
	struct machine *machines;
	size_t n, next;
	const struct sg_enroll_demand *demand;
	EVP_PKEY *authority;
};

static struct machine machines[MACHINES];

static void make_machine(struct machine *m, const struct sg_enroll_demand *demand, enum sg_ek kind,
                         const struct test_authority *maker)
{
	struct enroller *e = &m->enroller;
	const uint8_t *der;

	enroller_make(e, kind, maker);
	ck_assert_int_eq(sg_enroll_challenge_make(sg_buf_bytes(&e->hello_json), &e->hello, demand,
	                                          AT, &m->pending, &e->challenge), SG_ENROLL_OK);
	ck_assert(enroller_answer(e, sg_buf_bytes(&m->pending.challenge)));
	ck_assert_int_eq(sg_enroll_evidence_write(&e->evidence, &m->evidence), SG_OK);
	der = e->hello.chain[0].data;
	m->certificate = d2i_X509(NULL, &der, (long)e->hello.chain[0].len);
	ck_assert_ptr_nonnull(m->certificate);
}

static void free_machine(struct machine *m)
{
	sg_enroll_pending_clear(&m->pending);
	enroller_free(&m->enroller);
	sg_buf_free(&m->evidence);
	X509_free(m->certificate);
}

static void need(bool condition)
{
	if (!condition)
		abort();
}

/* Whoever waits for its answer does so between the two halves. */
static void ours_enrolment(void *arg)
{
	struct bench *b = arg;
	struct machine *m = &b->machines[b->next++ % b->n];
	const struct sg_bytes json = sg_buf_bytes(&m->enroller.hello_json);
	struct sg_enroll_pending pending = { .credential = NULL };
	struct sg_enroll_hello hello = { .clock = 0 };
	struct sg_enroll_challenge challenge = { .expires = 0 };
	struct sg_enroll_evidence evidence = { .origin = SG_ORIGIN_ANY };
	struct sg_enroll_finding finding;

	need(sg_enroll_hello_read(json, &hello) == SG_ENROLL_OK);
	need(sg_enroll_challenge_make(json, &hello, b->demand, AT, &pending, &challenge) ==
	     SG_ENROLL_OK);
	need(sg_enroll_evidence_read(sg_buf_bytes(&m->evidence), &evidence) == SG_ENROLL_OK);
	need(sg_enroll_evidence_verify(&m->pending, b->demand, &evidence, &finding) ==
	     SG_ENROLL_OK);
	sg_enroll_pending_clear(&pending);
	sg_enroll_hello_clear(&hello);
	sg_enroll_challenge_clear(&challenge);
	sg_enroll_evidence_clear(&evidence);
}

static void raw_verify(EVP_PKEY *key, const struct sg_enroll_attest *attest)
{
	uint8_t der[SG_P256_DER_MAX];
	const size_t len = sg_p256_to_der(attest->signature.data, der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	need(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
	     EVP_DigestVerify(ctx, der, len, attest->attest.data, attest->attest.len) == 1);
	EVP_MD_CTX_free(ctx);
}

/* Something for the endorsement key: an agreement with a new key, or an encryption. */
static void raw_credential(EVP_PKEY *key)
{
	EVP_PKEY *ephemeral = EVP_PKEY_is_a(key, "EC") ? EVP_EC_gen("P-256") : NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ephemeral != NULL ? ephemeral : key, NULL);
	uint8_t out[256];
	size_t len = sizeof out;

	if (ephemeral != NULL)
		need(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, key) == 1 &&
		     EVP_PKEY_derive(ctx, out, &len) == 1);
	else
		need(EVP_PKEY_encrypt_init(ctx) == 1 &&
		     EVP_PKEY_encrypt(ctx, out, &len, out, 32) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(ephemeral);
}

static void raw_enrolment(void *arg)
{
	struct bench *b = arg;
	const struct machine *m = &b->machines[b->next++ % b->n];
	const struct enroller *e = &m->enroller;

	need(X509_verify(m->certificate, b->authority) == 1);
	raw_credential(e->tpm.ek_key);
	need(X509_verify(m->certificate, b->authority) == 1);
	raw_verify(e->tpm.ak_key, &e->evidence.certified);
	raw_verify(e->tpm.ak_key, &e->evidence.time);
	need(crypto_sign_verify_detached(e->evidence.proof, e->transcript, sizeof e->transcript,
	                                 e->evidence.key) != 2);
}

static void measure(struct bench *b)
{
	struct bench second = *b;
	const struct bench_work ours[2] = { { ours_enrolment, b }, { ours_enrolment, &second } };
	const struct bench_work raw[2] = { { raw_enrolment, b }, { raw_enrolment, &second } };
	const struct bench_pair pair = bench_measure(ours[0], raw[0]);
	double both;

	bench_row("verify a whole enrolment", "its signatures in EVP", pair);
	both = bench_two_threads(ours);
	printf("%-50s %5.2f times one            (raw: %.2f)\n", "  two threads", both,
	       bench_two_threads(raw));
	printf("%-50s %.0f a second\n", "  enrolments with two threads", 1e9 / pair.ours * both);
}

void bench_enrolments(bool quick)
{
	const size_t n = quick ? 2 : MACHINES;
	struct sg_authorities *authorities = NULL;
	struct sg_enroll_demand demand = { .lifetime = 3600, .bind_pcrs = "pcr=sha256:7" };
	struct test_authority maker;
	struct sg_buf pem = { 0 };
	struct bench b;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_authority_make(&maker, "maker", NULL);
	test_authority_pem(&maker, &pem);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&pem), &authorities), SG_OK);
	demand.authorities = authorities;
	for (size_t i = 0; i < n; i++)
		make_machine(&machines[i], &demand, i % 4 == 1 ? SG_EK_RSA2048 : SG_EK_P256, &maker);
	b = (struct bench){ machines, n, 0, &demand, maker.key };
	measure(&b);
	for (size_t i = 0; i < n; i++)
		free_machine(&machines[i]);
	sg_authorities_free(&authorities);
	test_authority_free(&maker);
	sg_buf_free(&pem);
	sg_crypto_stop();
}
