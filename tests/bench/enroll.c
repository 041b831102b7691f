/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Enrolments verified.
 */
#include "bench/enroll.h"

#include <check.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/enrollees.h"
#include "bench/measure.h"
#include "crypto/crypto.h"
#include "crypto/p256.h"
#include "enroll/area.h"
#include "enroll/verify.h"

#define MACHINES 48                     /* 16 of each origin */
#define ROUNDS 7                        /* with a store, each with a new one */

/* A machine as the registrar knows it when its evidence comes, and its keys for the raw calls. */
struct machine {
	const struct bench_enrollee *sent;
	struct sg_enroll_pending pending;
	struct sg_enroll_evidence evidence;
	X509 *certificate;
	EVP_PKEY *ek, *ak;
	bool minted;
};

struct bench {
	const struct bench_enrollees *enrollees;
	struct machine *machines;
	size_t n, next;
	const struct sg_enroll_demand *demand;
	X509 *issuer, *root;
};

static struct machine machines[MACHINES];

static void need(bool condition)
{
	if (!condition)
		abort();
}

static EVP_PKEY *p256_key(const uint8_t point[SG_P256_POINT])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	need(key != NULL && EVP_PKEY_set1_encoded_public_key(key, point, SG_P256_POINT) == 1);
	return key;
}

/* Take up what the registrar's store has of a machine. */
static void take_machine(struct sg_fleet *fleet, const struct bench_enrollee *sent,
                         struct machine *m)
{
	struct sg_fleet_session session = { .closed = false };
	struct sg_enroll_hello hello = { .clock = 0 };
	uint8_t point[SG_P256_POINT];
	const uint8_t *der;

	m->sent = sent;
	ck_assert_int_eq(sg_enroll_evidence_read(sg_buf_bytes(&sent->evidence), &m->evidence),
	                 SG_ENROLL_OK);
	ck_assert_int_eq(sg_enroll_hello_read(sg_buf_bytes(&sent->hello), &hello), SG_ENROLL_OK);
	ck_assert_int_eq(fleet->ops->session_find(fleet, m->evidence.session, &session), SG_OK);
	memcpy(m->pending.transcript, session.transcript, sizeof m->pending.transcript);
	m->pending.credential = session.credential;
	m->pending.hello = session.hello;
	m->pending.challenge = session.challenge;
	m->minted = m->evidence.origin == SG_ORIGIN_VAULT;
	der = hello.chain[0].data;
	m->certificate = d2i_X509(NULL, &der, (long)hello.chain[0].len);
	ck_assert_ptr_nonnull(m->certificate);
	m->ek = X509_get_pubkey(m->certificate);
	ck_assert(sg_area_ak_read(sg_buf_bytes(&hello.ak), point));
	m->ak = p256_key(point);
	sg_enroll_hello_clear(&hello);
}

static void free_machine(struct machine *m)
{
	sg_enroll_pending_clear(&m->pending);
	sg_enroll_evidence_clear(&m->evidence);
	X509_free(m->certificate);
	EVP_PKEY_free(m->ek);
	EVP_PKEY_free(m->ak);
}

/* Whoever waits for its answer does so between the two halves. */
static void ours_enrolment(void *arg)
{
	struct bench *b = arg;
	struct machine *m = &b->machines[b->next++ % b->n];
	const struct sg_bytes json = sg_buf_bytes(&m->sent->hello);
	const uint64_t at = (uint64_t)b->enrollees->now;
	struct sg_enroll_pending pending = { .credential = NULL };
	struct sg_enroll_hello hello = { .clock = 0 };
	struct sg_enroll_challenge challenge = { .expires = 0 };
	struct sg_enroll_evidence evidence = { .origin = SG_ORIGIN_ANY };
	struct sg_enroll_finding finding;

	need(sg_enroll_hello_read(json, &hello) == SG_ENROLL_OK);
	need(sg_enroll_challenge_make(json, &hello, b->demand, at, &pending, &challenge) ==
	     SG_ENROLL_OK);
	need(sg_enroll_evidence_read(sg_buf_bytes(&m->sent->evidence), &evidence) == SG_ENROLL_OK);
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

static void raw_encrypt(EVP_PKEY *rsa)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa, NULL);
	uint8_t out[256];
	size_t len = sizeof out;

	need(EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_encrypt(ctx, out, &len, out, 32) == 1);
	EVP_PKEY_CTX_free(ctx);
}

static void raw_agree(EVP_PKEY *peer)
{
	EVP_PKEY *ephemeral = EVP_EC_gen("P-256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ephemeral, NULL);
	uint8_t out[32];
	size_t len = sizeof out;

	need(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	     EVP_PKEY_derive(ctx, out, &len) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(ephemeral);
}

static void raw_chain(const struct bench *b, const struct machine *m)
{
	need(X509_verify(m->certificate, X509_get0_pubkey(b->issuer)) == 1 &&
	     X509_verify(b->issuer, X509_get0_pubkey(b->root)) == 1);
}

/* A key that is minted goes to the storage key, for which that of attestation stands here, and into
 * a second credential. */
static void raw_mint(const struct machine *m)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];

	crypto_sign_keypair(public, secret);
	raw_agree(m->ak);
	raw_encrypt(m->ek);
}

/* Both halves look at the chain: the second might be told other authorities. */
static void raw_enrolment(void *arg)
{
	struct bench *b = arg;
	const struct machine *m = &b->machines[b->next++ % b->n];

	raw_chain(b, m);
	raw_encrypt(m->ek);
	if (m->minted)
		raw_mint(m);
	raw_chain(b, m);
	if (!m->minted)
		raw_verify(m->ak, &m->evidence.certified);
	raw_verify(m->ak, &m->evidence.quote);
	raw_verify(m->ak, &m->evidence.time);
	need(crypto_sign_verify_detached(m->evidence.proof, m->pending.transcript,
	                                 sizeof m->pending.transcript, m->evidence.key) != 2);
}

static void measure_judging(struct bench *b)
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

/* A registrar's share of the machines, which it has not seen yet. */
struct share {
	struct sg_registrar *registrar;
	const struct bench_enrollees *enrollees;
	size_t from, to;
};

/* Send a message as often as a machine does that is told to come again: another one had the store
 * for too long. */
static void ask(enum sg_enroll_reason (*call)(struct sg_registrar *registrar,
                                              const struct sg_registrar_caller *caller,
                                              struct sg_bytes json, struct sg_buf *answer),
                const struct share *s, const struct sg_buf *message, struct sg_buf *answer)
{
	const struct sg_registrar_caller caller = { "192.0.2.7", s->enrollees->now };
	enum sg_enroll_reason reason;

	do
		reason = call(s->registrar, &caller, sg_buf_bytes(message), answer);
	while (reason == SG_ENROLL_BUSY);
	need(reason == SG_ENROLL_OK);
}

/* What `signet registrar serve` calls for the two messages of each. The evidence is that of a hello
 * from before; another hello of the machine would take its place. */
static void *serve(void *arg)
{
	const struct share *s = arg;
	struct sg_buf answer = { 0 };

	for (size_t i = s->from; i < s->to; i++) {
		ask(sg_registrar_finish, s, &s->enrollees->all[i].evidence, &answer);
		ask(sg_registrar_begin, s, &s->enrollees->all[i].hello, &answer);
	}
	sg_buf_free(&answer);
	return NULL;
}

/* Return how many were taken in a second that passed, by that many threads. */
static double serve_all(const struct bench_enrollees *e, size_t threads)
{
	struct sg_registrar *registrar = bench_enrollees_registrar(e, "served.db");
	const size_t half = threads == 1 ? e->n : e->n / 2;
	struct share first = { registrar, e, 0, half }, other = { registrar, e, half, e->n };
	const double began = bench_now();
	pthread_t thread;
	double passed;

	need(pthread_create(&thread, NULL, serve, &other) == 0);
	(void)serve(&first);
	need(pthread_join(thread, NULL) == 0);
	passed = bench_now() - began;
	sg_registrar_close(&registrar);
	return 1e9 * (double)e->n / passed;
}

static void measure_serving(const struct bench_enrollees *e, bool quick)
{
	const size_t rounds = quick ? 1 : ROUNDS;
	double one[ROUNDS], two[ROUNDS];

	for (size_t i = 0; i < rounds; i++) {
		one[i] = serve_all(e, 1);
		two[i] = serve_all(e, 2);
	}
	printf("%-50s %.0f a second, with two threads %.0f\n", "  and kept in the registrar's store",
	       bench_median(one, rounds), bench_median(two, rounds));
}

/* The first of the file has signed the machines' certificates, the other one that. */
static void read_authorities(const struct bench_enrollees *e, struct bench *b)
{
	BIO *pem = BIO_new_mem_buf(e->authorities.data, (int)e->authorities.len);

	b->issuer = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	b->root = PEM_read_bio_X509(pem, NULL, NULL, NULL);
	ck_assert(b->issuer != NULL && b->root != NULL);
	BIO_free(pem);
}

void bench_enrolments(bool quick)
{
	const size_t n = quick ? 3 : MACHINES;
	struct sg_authorities *authorities = NULL;
	struct sg_registrar *registrar;
	struct sg_enroll_demand demand;
	struct bench_enrollees e;
	struct bench b = { .enrollees = &e, .machines = machines, .n = n, .demand = &demand };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	bench_enrollees_make(n, &e);
	ck_assert_int_eq(sg_authorities_read(sg_buf_bytes(&e.authorities), &authorities), SG_OK);
	sg_enroll_rules_demand(&e.rules, authorities, &demand);
	read_authorities(&e, &b);
	registrar = bench_enrollees_registrar(&e, "judged.db");
	for (size_t i = 0; i < n; i++)
		take_machine(sg_registrar_fleet(registrar), &e.all[i], &machines[i]);
	sg_registrar_close(&registrar);
	measure_judging(&b);
	measure_serving(&e, quick);
	for (size_t i = 0; i < n; i++)
		free_machine(&machines[i]);
	X509_free(b.issuer);
	X509_free(b.root);
	sg_authorities_free(&authorities);
	bench_enrollees_free(&e);
	sg_crypto_stop();
}
