/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Verifying signed requests.
 */
#include "bench/request.h"

#include <check.h>
#include <pthread.h>
#include <signet/request.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "lib/scratch.h"

#define REQUESTS 40000                  /* more than the front of the nonce store takes */
#define CHUNK 500                       /* made, verified and barely checked in turns */
#define THREADS 2
#define NOW 1711468800
#define ID "6f9619ff-8b86-d011-b42d-00c04fc964ff"

struct request {
	struct sg_request_message message;
	struct sg_request_field fields[6];
	struct sg_request_signature *signature;
};

static struct request requests[CHUNK];
static unsigned char pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
static struct sg_request_verifier *verifier;

static int look_up(void *context, struct sg_request_text id, struct sg_request_text header,
                   struct sg_request_machine *machine)
{
	(void)context;
	(void)header;
	if (id.len != strlen(ID) || memcmp(id.data, ID, id.len) != 0)
		return 0;
	machine->enabled = true;
	machine->n_keys = 1;
	memcpy(machine->keys[0], pk, sizeof pk);
	return 1;
}

static int64_t now(void *context)
{
	(void)context;
	return NOW;
}

static int sign(void *context, const uint8_t *bytes, size_t len, uint8_t *signature, size_t *n)
{
	(void)context;
	*n = crypto_sign_BYTES;
	return crypto_sign_detached(signature, NULL, bytes, len, sk);
}

static void make_request(struct request *r, enum sg_request_form form)
{
	const struct sg_request_signing how = {
		.size = sizeof how, .form = form, .sign = sign, .id = sg_request_text(ID),
		.created = NOW,
	};

	memset(r, 0, sizeof *r);
	r->message = (struct sg_request_message){
		.method = sg_request_text("GET"), .scheme = sg_request_text("https"),
		.target = sg_request_text("/v1/secret/sk_a1b2c3d4e5"), .fields = r->fields,
		.n_fields = 2,
	};
	r->fields[0] = (struct sg_request_field){ sg_request_text("Host"),
		                                  sg_request_text("vault.example") };
	r->fields[1] = (struct sg_request_field){ sg_request_text("Accept"),
		                                  sg_request_text("*/*") };
	if (sg_request_sign(&r->message, &how, &r->signature) != SG_REQUEST_OK ||
	    r->signature->n_fields > 4)
		abort();
	for (size_t i = 0; i < r->signature->n_fields; i++)
		r->fields[r->message.n_fields++] = r->signature->fields[i];
}

static void verify(size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		const struct sg_request_verdict *verdict = NULL;

		if (sg_request_verify(verifier, &requests[i].message,
		                      sg_request_text("192.0.2.1"), &verdict) != SG_REQUEST_OK) {
			fprintf(stderr, "bench: a request was refused: %s\n",
			        sg_request_reason_name(verdict->reason));
			exit(EXIT_FAILURE);
		}
		sg_request_verdict_free(&verdict);
	}
}

static void check(size_t from, size_t n)
{
	for (size_t i = from; i < from + n; i++) {
		const struct sg_request_signature *s = requests[i].signature;

		if (crypto_sign_verify_detached(s->signature, (const unsigned char *)s->base.data,
		                                s->base.len, pk) != 0)
			abort();
	}
}

struct share {
	void (*fn)(size_t from, size_t n);
	size_t from, n;
};

static void *do_share(void *arg)
{
	const struct share *share = arg;

	share->fn(share->from, share->n);
	return NULL;
}

/* Return the nanoseconds that so many threads need for n requests. */
static double measure(void (*fn)(size_t from, size_t n), size_t n, unsigned threads)
{
	struct share shares[THREADS];
	pthread_t ids[THREADS];
	double began;

	if (threads == 1) {
		began = bench_computed();
		fn(0, n);
		return bench_computed() - began;
	}
	began = bench_now();
	for (unsigned i = 0; i < threads; i++) {
		shares[i] = (struct share){ fn, i * (n / threads), n / threads };
		if (pthread_create(&ids[i], NULL, do_share, &shares[i]) != 0)
			exit(EXIT_FAILURE);
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return bench_now() - began;
}

/* Make requests, as if they had just been read, and measure both. */
static void measure_chunk(enum sg_request_form form, size_t n, unsigned threads, bool raw_first,
                          struct bench_pair *sum)
{
	for (size_t i = 0; i < n; i++)
		make_request(&requests[i], form);
	if (raw_first)
		sum->raw += measure(check, n, threads);
	sum->ours += measure(verify, n, threads);
	if (!raw_first)
		sum->raw += measure(check, n, threads);
	for (size_t i = 0; i < n; i++)
		sg_request_signature_free(&requests[i].signature);
}

static void run(enum sg_request_form form, const char *name, unsigned threads, bool quick)
{
	const size_t chunk = quick ? 10 : CHUNK, n = quick ? 20 : REQUESTS;
	char *folder = scratch_make(), *path = scratch_path(folder, "nonces.db");
	const struct sg_request_verifying how = {
		.size = sizeof how, .lookup = look_up, .nonces = path, .clock = now,
	};
	struct bench_pair pair = { 0, 0 };

	if (sg_request_verifier_new(&how, &verifier, NULL) != SG_REQUEST_OK)
		exit(EXIT_FAILURE);
	for (size_t done = 0; done < n; done += chunk)
		measure_chunk(form, chunk, threads, done / chunk % 2 == 1, &pair);
	sg_request_verifier_free(&verifier);
	bench_row(name, "libsodium's check",
	          (struct bench_pair){ pair.ours / (double)n, pair.raw / (double)n });
	free(path);
	scratch_remove(&folder);
}

void bench_requests(bool quick)
{
	if (sodium_init() < 0)
		exit(EXIT_FAILURE);
	crypto_sign_keypair(pk, sk);
	run(SG_REQUEST_VAULT, "verify a signed request, vault form", 1, quick);
	run(SG_REQUEST_VAULT, "  two threads", THREADS, quick);
	run(SG_REQUEST_RFC9421, "verify a signed request, RFC 9421", 1, quick);
	run(SG_REQUEST_RFC9421, "  two threads", THREADS, quick);
}
