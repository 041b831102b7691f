/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The connection to one HSM: its sessions, the login, and beginning anew where
 * the HSM lost them. Sessions stay open between two calls, unlike a TPM's: opening one costs a
 * network HSM a round trip, and a login a second. Any number of threads use it at once.
 */
#ifndef SG_CLIENT_POOL_H
#define SG_CLIENT_POOL_H

#include "client/place.h"
#include "util/bytes.h"

#define SG_CLIENT_ID_MAX 255               /* bytes of a CKA_ID: some make whole paths of it */

struct sg_client;

/* A session that is lent to one thread, logged in. */
struct sg_client_session {
	struct sg_client *client;       /* NULL: of nobody who is logged in (client/visit.h) */
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE handle;
	bool is_own;                    /* the module is ours */
	uint64_t epoch;                 /* of the connection, and of no other */
	bool lost;                      /* sessions and handles of the connection are void */
};

/* Make the connection that a pkcs11: URI names; no I/O. The caller frees *out. Errors: NOMEM. */
enum sg_err sg_client_new(const char *uri, struct sg_client **out);

/* Close the sessions, let go of the module and free *client, setting it to NULL; NULL is fine. In
 * a child of fork it only forgets them: they are the parent's. */
void sg_client_free(struct sg_client **client);

/* Have fn work in a session. It calls the HSM itself, and passes what it returns to
 * sg_client_check. Where the connection was lost meanwhile, the next call makes it anew, and
 * with again also this one, once: fn must not mind to be run twice. Errors: fn's, HSM_MISSING,
 * HSM_PIN, HSM_LOCKED, HSM_SESSIONS where not even one session opens, and others of the module. */
enum sg_err sg_client_do(struct sg_client *client, bool again,
                         enum sg_err (*fn)(struct sg_client_session *s, void *arg), void *arg);

/* Translate what a function of the module returned in this session. */
enum sg_err sg_client_check(struct sg_client_session *s, const char *function, CK_RV rv);

/* See whether we are logged in still, where what is not found, or not whole, would be believed to
 * be gone. All who use the module in this process share the login, and who logs out hides
 * private objects from us too. Errors: HSM_REMOVED, which the next call makes good. */
enum sg_err sg_client_check_login(struct sg_client_session *s);

/* Find the key of this class and id, which the connection remembers. Errors: HSM_OTHER where there
 * is none, HSM_FAULT where there are two. */
enum sg_err sg_client_find_key(struct sg_client_session *s, CK_OBJECT_CLASS class,
                               struct sg_bytes id, CK_OBJECT_HANDLE *key);

/* The same, and have a key that is not remembered looked at first: one that check refuses is none.
 * Errors: those of check too. */
enum sg_err sg_client_find_key_checked(struct sg_client_session *s, CK_OBJECT_CLASS class,
                                       struct sg_bytes id,
                                       enum sg_err (*check)(struct sg_client_session *s,
                                                            CK_OBJECT_HANDLE key, void *arg),
                                       void *arg, CK_OBJECT_HANDLE *key);

/* The same by a template, without remembering it: at most max objects, and how many. Where
 * none is found, the login is checked. */
enum sg_err sg_client_find(struct sg_client_session *s, CK_ATTRIBUTE *template, CK_ULONG n,
                           CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count);

/* Forget a key that is about to be destroyed: its handle may be given to another. */
void sg_client_forget_key(struct sg_client_session *s, CK_OBJECT_CLASS class, struct sg_bytes id);

/* Put what is known of the token into *info, as it was when the connection was made; and see
 * whether that still stands. */
enum sg_err sg_client_info(struct sg_client *client, CK_TOKEN_INFO *info);

/* Return the URI that it was made with, without what follows a question mark. */
const char *sg_client_name(const struct sg_client *client);

/* Return the attributes of the URI, which name a key where there are some. The caller is in fn. */
CK_ATTRIBUTE *sg_client_uri_attributes(struct sg_client_session *s, CK_ULONG *n);

#endif
