/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What a sealer is: something that turns a small secret into a blob which
 * only the same hardware opens again. core holds blobs as opaque bytes; this ring
 * does not know the store. A sealer keeps no session and no object in the hardware
 * between two calls. Calls into one sealer may come from several threads; it
 * serialises them itself.
 */
#ifndef SG_SEAL_SEALER_H
#define SG_SEAL_SEALER_H

#include <stdatomic.h>

#include "util/config.h"
#include "util/secret.h"

#define SG_SEAL_MAX 128                 /* bytes a sealer must be able to seal */
#define SG_SEAL_AUTH 32                 /* bytes of an authorisation value */
#define SG_SEAL_PARENT_MAX 4096         /* bytes of a parent's identity at most */
#define SG_SEAL_BLOB_MAX 16384          /* bytes of a blob at most */
#define SG_SEALER_NAME 16               /* bytes of a sealer's name, with its zero */
#define SG_SEALER_MODEL 16              /* bytes of a model at most, without a zero */

/* What the hardware tells about itself; numbers are 0 where known is false. */
struct sg_sealer_status {
	char device[128];               /* how it is reached: "device:/dev/tpmrm0" */
	char maker[32];                 /* "IBM", "STM " ... empty when unknown */
	char firmware[32];
	bool parent_found;              /* a storage root key stands at its place */
	bool parent_same;               /* and it is the one that was asked about */
	bool parent_foreign;            /* something else stands at its place */
	bool pin_wrong;                 /* its own PIN was given wrongly since the last right one */
	bool lockout_known;
	bool locked;                    /* PINs are refused now */
	uint32_t tries_left;            /* wrong PINs until it locks */
	uint32_t tries;                 /* and when there was none for long */
	uint32_t seconds_per_try;       /* until one more try is given back */
};

/* The base of every sealer; implementations embed it as their first member. */
struct sg_sealer {
	const struct sg_sealer_ops *ops;
	atomic_uint shares;             /* how many others have it: see sg_sealer_share */
	atomic_int late;                /* questions that a list gave up, to be answered yet */
};

/* How a sealer is told to guard a secret. All zero: the hardware alone guards it. */
struct sg_seal_guard {
	/* SG_SEAL_AUTH bytes, or NULL; wrong ones count towards the hardware's lockout, or in an
	 * index of their own. */
	const struct sg_secret *auth;
	/* To seal: the index to make, once (seal/pin_index.h), and the authorisation for that. Each
	 * may be NULL. */
	const struct sg_pin_plan *plan;
	const struct sg_secret *owner_auth;
	/* To seal: what else must hold when it is opened, or NULL. PCR values that it does not
	 * name are those of now. */
	const struct sg_policy *policy;
	/* To unseal: where a look at the hardware is put, taken before the secret opens and in the
	 * same session (seal/tripwire.h); or NULL. It counts also where unsealing fails. */
	struct sg_boot_look *look;
	/* To unseal: what is known of PCR values that somebody signed, or NULL. */
	const struct sg_policy_signatures *signatures;
};

/* How many wrong PINs are left to a sealed blob. */
struct sg_seal_tries {
	bool known;
	bool own;                       /* counted for this blob alone, not for all */
	uint32_t left;                  /* 0: locked */
	uint32_t most;
	uint32_t seconds;               /* until one is given back; 0: only a right one does */
};

struct sg_attest_ops;
struct sg_boot_look;
struct sg_import_ops;
struct sg_pin_index_ops;
struct sg_pin_plan;
struct sg_policy;
struct sg_policy_signatures;
struct sg_resident_ops;
struct sg_counter_ops;
struct sg_tripwire_ops;

struct sg_sealer_ops {
	const char *name;               /* in the token record and the configuration: "tpm" */
	const char *model;              /* CK_TOKEN_INFO.model, at most SG_SEALER_MODEL bytes */
	bool hardware;                  /* false: shows itself as insecure */
	bool several;                   /* config->hsm names its devices: a list may repeat it */
	bool policies;                  /* it enforces policies; not each of it all of them */
	size_t members;                 /* of a list of sealers (seal/any); 0: it is none */

	enum sg_err (*start)(void);     /* see sg_sealer_start; NULL: nothing to prepare */

	/* Make the object; no I/O, so that it succeeds without hardware. Errors: NOMEM,
	 * SEALER_OFF. */
	enum sg_err (*open)(const struct sg_config *config, struct sg_sealer **out);
	void (*free)(struct sg_sealer *sealer);

	/* Tell whether nothing bounds how long its device takes; NULL: something does. */
	bool (*may_hang)(struct sg_sealer *sealer);

	/* Find or make the parent key. parent gets its identity, to be kept and given to
	 * every later call; *made tells whether it was made now. Where parent has an identity, the
	 * new one is in the same device, also where others are configured. owner_auth may be NULL.
	 * Errors: HW_OWNER_AUTH and all of the hardware's. */
	enum sg_err (*provision)(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
	                         struct sg_buf *parent, bool *made);

	/* Seal 1 to SG_SEAL_MAX bytes under the parent; the blob replaces what out holds, and
	 * names all that guards it but the values of guard. Errors: HW_OTHER where the parent is
	 * not the one named, HW_UNSUPPORTED for a policy that it can't enforce, which comes
	 * before all that the hardware could say. */
	enum sg_err (*seal)(struct sg_sealer *sealer, struct sg_bytes parent,
	                    const struct sg_seal_guard *guard, const struct sg_secret *plain,
	                    struct sg_buf *out);

	/* Open a blob; the caller frees *out. Errors: HW_OTHER, AUTH for a wrong
	 * authorisation, LOCKED, POLICY, FORMAT for a blob that can't be
	 * one, SEALED_DAMAGED or FORMAT for one that was changed. */
	enum sg_err (*unseal)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      const struct sg_seal_guard *guard, struct sg_bytes blob,
	                      struct sg_secret **out);

	/* Ask the hardware about itself; parent may be empty. Fills out as far as it
	 * got, device always. Errors: those of opening it. */
	enum sg_err (*status)(struct sg_sealer *sealer, struct sg_bytes parent,
	                      struct sg_sealer_status *out);

	/* Ask member i of a list about itself, and tell its name; NULL where members is 0.
	 * Errors: those of the member's status, of opening it; HW_OTHER, HW_NO_PARENT,
	 * HW_FOREIGN, HSM_OTHER where it is not the one that sealed. */
	enum sg_err (*member)(struct sg_sealer *sealer, struct sg_bytes parent, size_t i,
	                      char name[SG_SEALER_NAME], struct sg_sealer_status *out);

	/* What it does with keys that live in it (seal/resident.h); NULL: it keeps none. */
	const struct sg_resident_ops *resident;

	/* Tell how many wrong PINs are left to a blob; known is false where nobody counts, or
	 * nobody may ask. NULL: nobody ever does. Errors: HW_OTHER, FORMAT, PIN_INDEX where what
	 * counted is gone, those of the hardware. */
	enum sg_err (*tries)(struct sg_sealer *sealer, struct sg_bytes parent,
	                     struct sg_bytes blob, struct sg_seal_tries *out);

	/* How it counts for one PIN alone (seal/pin_index.h); NULL: it can't. */
	const struct sg_pin_index_ops *pin_index;

	/* How it takes in what was closed for it elsewhere (seal/import.h); NULL: it can't. */
	const struct sg_import_ops *import;

	/* Its counters (seal/counter.h); NULL: it keeps none. */
	const struct sg_counter_ops *counter;
	/* How it shows to others what it is (seal/attest.h); NULL: it can't. */
	const struct sg_attest_ops *attest;
	/* How it tells that the hardware was reset (seal/tripwire.h); NULL: it can't. */
	const struct sg_tripwire_ops *tripwire;
};

/* Prepare the libraries of all sealers, from C_Initialize: what they need of the
 * environment is set before other threads work. threads: they may make some, so that hardware which
 * hangs can be given up. Cheap when repeated. Errors: NOMEM. */
enum sg_err sg_sealer_start(bool threads);

/* Open the sealer of that name with this configuration, which must outlive it. A name may be a
 * list, "hsm+tpm" (seal/any/sealer.h): of 2 to 4 other names, of which only those of sealers that
 * several devices can have repeat, and shorter than SG_SEALER_NAME.
 * Errors: SEALER_UNKNOWN, SEALER_OFF, NOMEM. Free it with sg_sealer_free. */
enum sg_err sg_sealer_open(const char *name, const struct sg_config *config,
                           struct sg_sealer **out);

/* Write the model of the sealer of that name; "unknown" for a name that this build does
 * not have. */
void sg_sealer_model(const char *name, char out[SG_SEALER_MODEL + 1]);

/* Tell whether a name is that of this sealer, or of a list that has it; and whether all that
 * seals is hardware. False for a name that this build does not have. */
bool sg_sealer_has(const char *name, const char *member);
bool sg_sealer_is_hardware(const char *name);

/* Return the sealer for one owner more, who frees it too: it ends with the last. */
struct sg_sealer *sg_sealer_share(struct sg_sealer *sealer);

/* Free *sealer and set it to NULL; NULL is fine. Sends nothing to the hardware. */
void sg_sealer_free(struct sg_sealer **sealer);

#endif
