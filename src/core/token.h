/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. One token: its store, its sealer, its keys while it is open, its objects
 * and who is logged in. Here core passes bytes between the store and the sealer,
 * which do not know each other. No lock but the sealer's own, `opening` and the store's is
 * held while the hardware is asked, and no lock but `opening` while the store is waited for
 * or read. Lock order: opening, store, lock.
 */
#ifndef SG_CORE_TOKEN_H
#define SG_CORE_TOKEN_H

#include <pthread.h>
#include <time.h>

#include "core/login_cache.h"
#include "core/object_table.h"
#include "core/pkcs11.h"
#include "core/record.h"
#include "core/state.h"
#include "core/token_record.h"
#include "seal/sealer.h"
#include "store/stamp.h"
#include "util/config.h"

#define SG_NEVER_SHOWN UINT64_MAX       /* no generation */
#define SG_PIN_MIN 4
#define SG_PIN_MAX 255

enum sg_user {
	SG_NOBODY,
	SG_USER,
	SG_SO,
	SG_USERS
};

/* What is known of the tries of a PIN; see core/token_tries.h. */
struct sg_pin_state {
	bool low;                       /* a wrong PIN was given since the last right one */
	time_t locked;                  /* when the hardware last refused PINs; 0: never */
	struct sg_seal_tries tries;     /* what it said last */
	time_t asked;                   /* when that was; 0: never */
};

struct sg_token {
	CK_SLOT_ID slot;
	char *path;                             /* of its store */
	const struct sg_config *config;         /* borrowed, outlives the token */

	/* Serialises what asks the hardware about this token, so that sixteen threads
	 * unseal once. Only those who need the hardware take it. */
	pthread_mutex_t opening;
	struct sg_sealer *sealer;               /* guarded by opening; NULL until first needed */
	bool watched;                           /* guarded by opening: the tripwire was looked at */

	/* Guards all that follows. Nobody takes it twice: a writer may wait in between. */
	pthread_rwlock_t lock;
	bool present;                           /* the store was there when it was last read */
	/* Authenticated with all keys that are there: see token_record.h for what that
	 * is worth where those of the private half are not. */
	struct sg_token_record record;
	struct sg_store_stamp record_stamp;     /* of the store that record was read from */
	struct sg_keyset *keys[2];              /* by enum sg_half; NULL while closed */
	struct sg_secret *token_key;            /* only while the security officer is logged in */
	enum sg_user user;
	struct sg_login_cache cache;            /* of the user's logins */
	struct sg_pin_state pin[SG_USERS];
	uint64_t shown[2];                      /* generation of each half that objects shows */
	struct sg_store_stamp shown_stamp;      /* of the store that had these */
	uint64_t changes;                       /* of token objects in the table, by this process */
	struct sg_object_table objects;
	struct sg_sealer *shared;               /* a share of sealer, or NULL; may be of another
	                                         * name than the record's */
	CK_ULONG sessions;
	CK_ULONG read_only_sessions;
	bool replaced;                          /* all sessions are those of a token that is gone */
	uint64_t era;                           /* counts the tokens that are gone */
	bool remaking;                          /* C_InitToken is at work: no session opens */

	/* How often each half was closed; read without a lock. An operation with a key
	 * of a half that was closed since it began is over. */
	atomic_uint epoch[2];

	/* Some key with a PIN of its own was open in this process; read without a lock. */
	atomic_bool pinned;
	uint64_t pin_closings;                  /* how often such keys were closed */
};

/* What a new token is to be. PINs may be NULL: without user_pin the officer sets
 * it later; a machine token has neither. */
struct sg_token_plan {
	struct sg_bytes label;
	const char *sealer;
	bool machine;
	const struct sg_secret *user_pin;
	const struct sg_secret *so_pin;
	const struct sg_secret *owner_auth;     /* of the TPM's owner hierarchy, or NULL */
	struct sg_bytes policy;                 /* what else opening it needs, as text; or empty */
	uint32_t pin_tries;                     /* wrong PINs that an index takes; 0: no index */
	bool rollback_protection;               /* anchor the store to a counter */
};

/* Make the in-memory token of a slot; no I/O. The caller frees it. Errors: NOMEM. */
enum sg_err sg_token_new(const struct sg_config *config, CK_SLOT_ID slot, struct sg_token **out);

/* Free the token, wiping its keys; sends nothing to the hardware. NULL is fine. */
void sg_token_free(struct sg_token **token);

/* Make a token in the slot's empty store. *parent_made tells whether the sealer made
 * its parent key now; it may be NULL. Errors: ARG and RANGE for label and PINs,
 * STORE_EXISTS, and all of the sealer's. */
enum sg_err sg_token_create(struct sg_token *token, const struct sg_token_plan *plan,
                            bool *parent_made);

/* Make the token new under the same serial: all objects and the user's PIN go.
 * Errors: AUTH where there is an officer's PIN and it is not this one, or none; PIN_LEFT where it
 * is done. */
enum sg_err sg_token_recreate(struct sg_token *token, struct sg_bytes so_pin,
                              struct sg_bytes label);

/* Keep sessions from being opened while the token is made new; false where there are
 * some, or another thread is at it. */
bool sg_token_remake_begin(struct sg_token *token);
void sg_token_remake_end(struct sg_token *token);

/* Read the token record anew, or only if the store seems to have changed since. A store that
 * is gone, belongs to another token or was made new closes this one. Who is logged in or has a
 * session gets no other in its place. Errors: STORE_MISSING, TOKEN_REPLACED until all sessions
 * are closed, and the store's. */
enum sg_err sg_token_sync_anew(struct sg_token *token);
enum sg_err sg_token_sync(struct sg_token *token);

/* Make sure that public objects can be read, and on a machine token all. Asks the
 * hardware once. Errors: the sealer's and the store's, STORE_DAMAGED. */
enum sg_err sg_token_open(struct sg_token *token);

/* Tell whether private objects can be used: logged in, or a machine token that is open. */
bool sg_token_private_open(struct sg_token *token);

/* Log in [PKCS#11 3.1 §5.6.8]. A machine token's PIN is empty, or any where the configuration says
 * so. What the configuration keeps of logins is in core/login_cache.h. Errors:
 * USER_ALREADY_LOGGED_IN, USER_ANOTHER_ALREADY_LOGGED_IN, PIN_INCORRECT, PIN_LOCKED,
 * USER_PIN_NOT_INITIALIZED; TOKEN_NOT_RECOGNIZED where it was made new meanwhile. */
CK_RV sg_token_login(struct sg_token *token, enum sg_user user, struct sg_bytes pin);

/* Let the hardware check the PIN of the user, who is logged in, once more; nothing opens by
 * it. Errors: PIN_INCORRECT, PIN_LOCKED. */
CK_RV sg_token_confirm_user(struct sg_token *token, struct sg_bytes pin);

/* Log out; private objects close and their handles end. Where logins are counted, one that is not
 * the last takes one off and nothing else; `all` ends them all. Errors: USER_NOT_LOGGED_IN. */
CK_RV sg_token_logout(struct sg_token *token, bool all);

/* Count a session with these flags as closed; the last one logs out, in one step, so
 * that a login through a session opened meanwhile stays. */
void sg_token_session_closed(struct sg_token *token, CK_FLAGS flags);

/* Set the user's PIN while the officer is logged in. owner_auth, that of the TPM's owner
 * hierarchy, is for the index of a PIN with tries of its own, and may be NULL. Errors:
 * PIN_LEN_RANGE, USER_NOT_LOGGED_IN; SIGNET_UNCOUNTED and SIGNET_PIN_LEFT where it is done. */
CK_RV sg_token_init_pin(struct sg_token *token, struct sg_bytes pin,
                        const struct sg_secret *owner_auth);

/* Change a PIN, proving the old one to the hardware; nobody need be logged in. owner_auth as
 * above. Errors: PIN_INCORRECT, PIN_LEN_RANGE, PIN_LOCKED, USER_PIN_NOT_INITIALIZED;
 * SIGNET_UNCOUNTED and SIGNET_PIN_LEFT where it is done. */
CK_RV sg_token_set_pin(struct sg_token *token, enum sg_user user, struct sg_bytes old_pin,
                       struct sg_bytes new_pin, const struct sg_secret *owner_auth);

/* Ask the sealer of this token, or the configured one where there is no token yet,
 * about itself. Errors: those of sg_sealer_ops.status. */
enum sg_err sg_token_status(struct sg_token *token, struct sg_sealer_status *out);

/* One member of a list of sealers (seal/any/sealer.h), as it tells about itself. */
struct sg_token_member {
	char name[SG_SEALER_NAME];
	enum sg_err err;                /* of asking it */
	struct sg_sealer_status status;
};

/* Ask member i of the token's sealer in the same way; *there is false beyond the last, and where
 * it is no list. What the member answers stands in *out. Errors: the store's, those of opening
 * the sealer. */
enum sg_err sg_token_member(struct sg_token *token, size_t i, struct sg_token_member *out,
                            bool *there);

/* Within this ring. */

/* Read the record that was just written. Where that fails, it still holds: the log tells, and
 * the next who needs it reads it. */
void sg_token_sync_written(struct sg_token *token);

/* Return the token's sealer, opening it; the caller holds `opening`. */
enum sg_err sg_token_sealer(struct sg_token *token, const char *name, struct sg_sealer **out);

/* Take and give back `opening`: before the hardware is asked about this token. */
void sg_token_opening_lock(struct sg_token *token);
void sg_token_opening_unlock(struct sg_token *token);

/* Tell whether private objects can be used; the caller holds the lock. */
bool sg_token_private_is_open(const struct sg_token *token);

/* Tell whether the length can be that of a PIN. */
bool sg_pin_fits(struct sg_bytes pin);

/* Read the record from the store into an empty one; takes no lock. */
enum sg_err sg_token_read_record(const struct sg_token *token, struct sg_token_record *record);

/* Read the record of the token that is known, into an empty one: what a PIN is about to be given
 * to. Errors: TOKEN_REPLACED where another stands there, those of sg_token_sync. */
enum sg_err sg_token_read_own(struct sg_token *token, struct sg_token_record *record);

/* The same as sg_token_read_record in a transaction. */
enum sg_err sg_token_get_record(struct sg_store_txn *txn, struct sg_token_record *record);

/* Replace the stored token record: fn changes a copy of it under the store's write
 * lock, then it is authenticated with the keys of both halves and written. The caller holds
 * `opening`. */
enum sg_err sg_token_change_record(struct sg_token *token, struct sg_keyset *const keys[2],
                                   enum sg_err (*fn)(struct sg_token_record *record, void *arg),
                                   void *arg);

/* A PIN that something is to be sealed under. */
struct sg_pin_seal {
	struct sg_bytes pin;
	const struct sg_pin_plan *plan;         /* of the index that counts wrong ones, or NULL */
	const struct sg_secret *owner_auth;     /* to make it, or NULL */
};

/* Seal the token key under a PIN, and the record's parent and policy, into one of the
 * copies. The caller holds `opening`. */
enum sg_err sg_token_seal_pin(struct sg_sealer *sealer, const struct sg_token_record *record,
                              const struct sg_secret *token_key, const struct sg_pin_seal *how,
                              struct sg_sealed_copy *copy);

/* Seal the record's open copy: the token key of a machine token, the public key of another.
 * The caller holds `opening`. */
enum sg_err sg_token_seal_open(struct sg_sealer *sealer, const struct sg_secret *token_key,
                               struct sg_token_record *record);

/* Open the open copy; the caller frees *key. The caller holds `opening`. Errors: the
 * sealer's, STORE_DAMAGED. */
enum sg_err sg_token_unseal_open(struct sg_token *token, struct sg_sealer *sealer,
                                 const struct sg_token_record *record, struct sg_secret **key);

/* Open a copy with a PIN; the caller frees *token_key. The caller holds `opening`. */
enum sg_err sg_token_unseal_pin(struct sg_token *token, struct sg_sealer *sealer,
                                const struct sg_token_record *record, enum sg_seal_slot slot,
                                struct sg_bytes pin, struct sg_secret **token_key);

/* Tell which sealed copy is a user's. */
enum sg_seal_slot sg_user_slot(enum sg_user user);

/* Prove a PIN to the hardware. The record, which was read a moment ago, is afterwards the one that
 * it was proved with, and the newest. The caller holds `opening` and frees keys and *token_key.
 * Errors: STORE_BUSY where other processes change the record all the time, AUTH, the sealer's. */
enum sg_err sg_token_prove_pin(struct sg_token *token, enum sg_user user, struct sg_bytes pin,
                               struct sg_token_record *record, struct sg_keyset *keys[2],
                               struct sg_secret **token_key);

/* Derive both halves' keys from the token key. */
enum sg_err sg_token_derive(const struct sg_secret *token_key, const uint8_t uuid[SG_UUID],
                            struct sg_keyset *keys[2]);

/* Forget keys, objects and login; the caller holds the lock for writing. */
void sg_token_close(struct sg_token *token);

#endif
