/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Showing somebody else what this hardware is and what it holds: what a sealer offers that
 * can. All that comes out is public. What the bytes say is judged by who receives them
 * (enroll/verify.h).
 */
#ifndef SG_SEAL_ATTEST_H
#define SG_SEAL_ATTEST_H

#include "seal/node.h"
#include "seal/policy.h"
#include "seal/sealer.h"

#define SG_ATTEST_HASH 32
#define SG_ATTEST_LABEL_MAX 128         /* bytes of what a key is derived with */
#define SG_ATTEST_SIGNATURE 64          /* r ‖ s of ECDSA over P-256 */
#define SG_ATTEST_BETWEEN 7             /* certificates between that of an endorsement key and its
                                         * maker's */

/* The keys of the hardware, as TPMT_PUBLIC, and what its maker says of one. All zero is empty. */
struct sg_attest_keys {
	enum sg_ek ek_kind;
	struct sg_buf ek;
	struct sg_buf certificate;      /* of that endorsement key, in DER; empty: none */
	struct sg_buf between[SG_ATTEST_BETWEEN];       /* that the maker left beside it, in DER;
	                                                 * empty: no more. Not looked at */
	struct sg_buf ak;
	struct sg_buf ak_blob;          /* the attestation key, for the caller to keep */
	struct sg_buf parent;
};

struct sg_attest_signed {
	struct sg_buf attest;           /* TPMS_ATTEST */
	uint8_t signature[SG_ATTEST_SIGNATURE];
};

/* A key that was sealed or derived, and what shows it. All zero is empty. */
struct sg_attest_object {
	struct sg_buf blob;             /* that sg_sealer_ops.unseal opens: 32 bytes of a seed */
	struct sg_buf area;             /* TPMT_PUBLIC */
	struct sg_buf creation;         /* TPMS_CREATION_DATA; empty where it was imported */
	struct sg_buf hash, ticket;     /* for CertifyCreation later; empty where it was imported */
	struct sg_buf lock;             /* derived: TPMT_PUBLIC of the key that fixed the label */
	struct sg_policy policy;        /* all that its authPolicy is made of: PCRs have the values
	                                 * of then, and of a derived one that key is the signer */
};

/* What sealed objects are asked to be. */
struct sg_attest_guard {
	const struct sg_policy *policy; /* PCRs with values, and the clock; or NULL */
	struct sg_bytes outside;        /* outsideInfo */
};

struct sg_attest_ops {
	/* Find all endorsement keys of which keys() takes one, that one first, with their
	 * certificates; of the other members of keys none. No storage key is needed, and nothing is
	 * authenticated. The caller clears all. Errors: HW_UNSUPPORTED where there is none, those
	 * of the hardware. */
	enum sg_err (*endorsements)(struct sg_sealer *sealer, struct sg_attest_keys keys[SG_EKS],
	                            size_t *n);

	/* Make or load the keys. ak_blob is one that was kept from before, or empty: a new one is
	 * made then, and where the kept one doesn't load any more. The caller clears *keys. Errors:
	 * HW_OTHER, HW_UNSUPPORTED without an endorsement key, those of the hardware. */
	enum sg_err (*keys)(struct sg_sealer *sealer, struct sg_bytes parent,
	                    struct sg_bytes ak_blob, struct sg_attest_keys *keys);

	/* Open a credential by the endorsement key, for the Name of the attestation key, or of the
	 * parent where ak_blob is empty. The caller frees *secret. Errors: SEALED_DAMAGED where it
	 * is for another TPM. */
	enum sg_err (*activate)(struct sg_sealer *sealer, struct sg_bytes parent, enum sg_ek ek,
	                        struct sg_bytes ak_blob, struct sg_bytes credential,
	                        struct sg_bytes seed, struct sg_secret **secret);

	/* Seal a seed of the caller's. */
	enum sg_err (*seal)(struct sg_sealer *sealer, struct sg_bytes parent,
	                    const struct sg_attest_guard *guard, const struct sg_secret *plain,
	                    struct sg_attest_object *out);

	/* Make a key in the hardware from which 32 bytes follow for this one label, of 1 to
	 * SG_ATTEST_LABEL_MAX bytes. The policy has no signer of its own. The authPolicy is
	 * PolicyAuthorize by a key K that is thrown away, and after it the PCRs and the clock of
	 * the guard's policy, as sg_policy_digest has them with K as the signer: K signs the
	 * cpHash of the one use of the label, and the rest is there for a registrar to see. */
	enum sg_err (*derive)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      const struct sg_attest_guard *guard, struct sg_bytes label,
	                      struct sg_attest_object *out);

	/* Take in an object that was sealed elsewhere for the parent, under that policy or NULL. */
	enum sg_err (*import)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      const struct sg_policy *policy, struct sg_bytes area,
	                      const struct sg_secret *duplicate, struct sg_bytes seed,
	                      struct sg_attest_object *out);

	/* Have the attestation key say how an object was made, what the time is, and what is in
	 * PCRs (selected by pcrs, which gets their values). qualifying: SG_ATTEST_HASH bytes. */
	enum sg_err (*certify)(struct sg_sealer *sealer, struct sg_bytes parent,
	                       struct sg_bytes ak_blob, const struct sg_attest_object *object,
	                       struct sg_bytes qualifying, struct sg_attest_signed *out);
	enum sg_err (*time)(struct sg_sealer *sealer, struct sg_bytes parent,
	                    struct sg_bytes ak_blob, struct sg_bytes qualifying,
	                    struct sg_attest_signed *out);
	enum sg_err (*quote)(struct sg_sealer *sealer, struct sg_bytes parent,
	                     struct sg_bytes ak_blob, struct sg_bytes qualifying,
	                     struct sg_pcrs *pcrs, struct sg_attest_signed *out);

	/* Read the clock in ms, unauthenticated: to choose when a lease ends. */
	enum sg_err (*clock)(struct sg_sealer *sealer, struct sg_bytes parent, uint64_t *ms);
};

void sg_attest_keys_clear(struct sg_attest_keys *keys);
void sg_attest_object_clear(struct sg_attest_object *object);
void sg_attest_signed_clear(struct sg_attest_signed *attest);

#endif
