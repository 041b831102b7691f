/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Ed25519ctx and Ed25519ph out of libsodium's SHA-512, scalars and points.
 * libsodium has only the second and without a context; OpenSSL has both from 3.2 on, but
 * keeps the seed on the heap meanwhile, and its digests look for an ENGINE (see
 * crypto/ssl.h). What must be secret is computed in guarded memory.
 */
#include "crypto/ed25519_dom.h"

#include <sodium.h>
#include <string.h>

#include "crypto/stack.h"

#define SCALAR 32
#define POINT SG_ED25519_PUBLIC

static const char label[] = "SigEd25519 no Ed25519 collisions";

/* All that a signature is made of [RFC 8032 §5.1.6]. */
struct work {
	uint8_t expanded[crypto_hash_sha512_BYTES];     /* the private scalar and the prefix */
	uint8_t hash[crypto_hash_sha512_BYTES];
	uint8_t wide[crypto_core_ed25519_NONREDUCEDSCALARBYTES];
	uint8_t s[SCALAR], r[SCALAR], k[SCALAR], ks[SCALAR];
	crypto_hash_sha512_state state;
};

static bool fits(struct sg_ed25519_dom dom, struct sg_bytes message)
{
	return dom.context.len <= SG_ED25519_CONTEXT_MAX &&
	       (dom.prehashed ? message.len == SG_ED25519_PREHASH : dom.context.len > 0);
}

/* libsodium's functions on digests return 0, always. */
static void feed(crypto_hash_sha512_state *state, struct sg_bytes bytes)
{
	if (bytes.len > 0)
		(void)crypto_hash_sha512_update(state, bytes.data, bytes.len);
}

/* Hash dom2, the parts and the message to a scalar [RFC 8032 §5.1]. */
static void hash(struct work *w, struct sg_ed25519_dom dom, struct sg_bytes first,
                 struct sg_bytes second, struct sg_bytes message, uint8_t out[SCALAR])
{
	const uint8_t form[2] = { dom.prehashed, (uint8_t)dom.context.len };

	(void)crypto_hash_sha512_init(&w->state);
	feed(&w->state, sg_bytes(label, sizeof(label) - 1));
	feed(&w->state, sg_bytes(form, sizeof(form)));
	feed(&w->state, dom.context);
	feed(&w->state, first);
	feed(&w->state, second);
	feed(&w->state, message);
	(void)crypto_hash_sha512_final(&w->state, w->hash);
	crypto_core_ed25519_scalar_reduce(out, w->hash);
}

/* Bring a number of 32 bytes below the order of the group. */
static void reduce(struct work *w, const uint8_t in[SCALAR], uint8_t out[SCALAR])
{
	memset(w->wide, 0, sizeof(w->wide));
	memcpy(w->wide, in, SCALAR);
	crypto_core_ed25519_scalar_reduce(out, w->wide);
}

/* Find the private scalar and the prefix of a seed [RFC 8032 §5.1.5]. */
static void expand(struct work *w, const uint8_t *seed)
{
	(void)crypto_hash_sha512(w->expanded, seed, SG_ED25519_SEED);
	w->expanded[0] &= 248;
	w->expanded[31] &= 127;
	w->expanded[31] |= 64;
	reduce(w, w->expanded, w->s);
}

enum sg_err sg_ed25519_dom_sign(struct sg_ed25519_dom dom, struct sg_bytes key,
                                struct sg_bytes message, uint8_t signature[SG_ED25519_SIGNATURE])
{
	uint8_t made[SG_ED25519_SIGNATURE];
	struct sg_secret *room = NULL;
	struct sg_bytes prefix, point;
	struct work *w;
	enum sg_err err;

	if (key.len != SG_ED25519_KEY || !fits(dom, message))
		return SG_ERR_RANGE;
	err = sg_secret_new(sizeof(*w), &room);
	if (err != SG_OK)
		return err;
	w = (struct work *)(void *)room->data;
	prefix = sg_bytes(w->expanded + SCALAR, SCALAR);
	point = sg_bytes(key.data + SG_ED25519_SEED, POINT);
	expand(w, key.data);
	hash(w, dom, prefix, sg_bytes(NULL, 0), message, w->r);
	if (crypto_scalarmult_ed25519_base_noclamp(made, w->r) != 0) {
		err = SG_ERR_CRYPTO;
		goto out;
	}
	hash(w, dom, sg_bytes(made, POINT), point, message, w->k);
	crypto_core_ed25519_scalar_mul(w->ks, w->k, w->s);
	crypto_core_ed25519_scalar_add(made + POINT, w->ks, w->r);
	/* Only now, for the message may lie where the signature goes. */
	memcpy(signature, made, sizeof(made));
out:
	sodium_stackzero(SG_STACK_USED);
	sg_secret_free(&room);
	return err;
}

enum sg_err sg_ed25519_dom_verify(struct sg_ed25519_dom dom, struct sg_bytes public_key,
                                  struct sg_bytes message, struct sg_bytes signature)
{
	const struct sg_bytes r = sg_bytes(signature.data, POINT);
	uint8_t sb[POINT], ka[POINT], difference[POINT];
	const uint8_t *s = signature.data + POINT;
	struct work w;

	if (public_key.len != POINT || signature.len != SG_ED25519_SIGNATURE || !fits(dom, message))
		return SG_ERR_RANGE;
	/* As in pure Ed25519 every number has one form, and no point is of small order. */
	reduce(&w, s, w.s);
	if (memcmp(w.s, s, SCALAR) != 0 || crypto_core_ed25519_is_valid_point(r.data) != 1)
		return SG_ERR_TAG;
	hash(&w, dom, r, public_key, message, w.k);
	if (crypto_scalarmult_ed25519_base_noclamp(sb, s) != 0 ||
	    crypto_scalarmult_ed25519_noclamp(ka, w.k, public_key.data) != 0 ||
	    crypto_core_ed25519_sub(difference, sb, ka) != 0)
		return SG_ERR_TAG;
	return memcmp(difference, r.data, POINT) == 0 ? SG_OK : SG_ERR_TAG;
}
