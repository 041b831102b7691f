/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sessions: a handle, a token, and the operations in progress. A call holds
 * its session's lock from beginning to end, so two threads on one session take
 * turns; threads with sessions of their own share nothing but a table look-up.
 */
#ifndef SG_CORE_SESSION_H
#define SG_CORE_SESSION_H

#include "core/op.h"
#include "core/token.h"
#include "util/gate.h"

/* The state of C_FindObjects. */
struct sg_find {
	bool active;
	CK_OBJECT_HANDLE *handles;
	size_t count;
	size_t at;
};

struct sg_session {
	CK_SESSION_HANDLE handle;
	struct sg_token *token;         /* borrowed; the module keeps it until C_Finalize */
	CK_FLAGS flags;                 /* CKF_SERIAL_SESSION, CKF_RW_SESSION */
	uint64_t era;                   /* the token's when it was opened */
	atomic_uint refs;
	pthread_mutex_t lock;           /* guards all that follows */
	bool closed;
	bool has_objects;               /* it has owned session objects */
	struct sg_find find;
	struct sg_op op[SG_OPS];
	uint64_t pins_wanted;           /* times that a key asked for a PIN so far */
	struct {
		CK_OBJECT_HANDLE key;
		uint64_t order;         /* among those times; 0: none that waits */
	} asked;                        /* last by a call that has no Init function */
};

/* All sessions of the module. */
struct sg_session_table {
	struct sg_gate gate;            /* guards all that follows */
	struct sg_map by_handle;
	pthread_rwlock_t closing;       /* shared by all who end what they took out of the map */
};

/* Make an empty table. */
void sg_session_table_init(struct sg_session_table *table);

/* Close every session and free the table; no thread is in a call. */
void sg_session_table_clear(struct sg_session_table *table);

/* Open a session [PKCS#11 3.1 §5.6.1]. Errors: SESSION_READ_WRITE_SO_EXISTS, HOST_MEMORY,
 * DEVICE_REMOVED while sessions of a token that is gone are there. */
CK_RV sg_session_open(struct sg_session_table *table, struct sg_token *token, CK_FLAGS flags,
                      CK_SESSION_HANDLE *handle);

/* Find a session and lock it; NULL where there is none. Give it back with sg_session_release. */
struct sg_session *sg_session_acquire(struct sg_session_table *table, CK_SESSION_HANDLE handle);
void sg_session_release(struct sg_session **session);

/* Close a session: operations end, its session objects go, and with the last
 * session of a token its login [PKCS#11 3.1 §5.6.2]. False where there is none. */
bool sg_session_close(struct sg_session_table *table, CK_SESSION_HANDLE handle);

/* Close all sessions of a token. */
void sg_session_close_all(struct sg_session_table *table, const struct sg_token *token);

/* Close those that are sessions of a token that is gone, and wait for all that others are
 * closing: then nothing is left of it. The caller holds no session's lock. */
void sg_session_close_gone(struct sg_session_table *table, struct sg_token *token);

/* End all operations of a token's sessions whose keys were closed since they began: after a
 * logout, so that nothing keeps a key. What began after the next login goes on. The caller
 * holds no session's lock: two logouts that wait for each other's never end. */
void sg_session_end_private(struct sg_session_table *table, const struct sg_token *token);

/* End those operations of a session that flags name (CKF_SIGN, CKF_FIND_OBJECTS ...); its
 * lock is held [PKCS#11 3.1 §5.6.5]. */
void sg_session_cancel(struct sg_session *session, CK_FLAGS flags);

/* End the search of a session; its lock is held. */
void sg_find_end(struct sg_find *find);

#endif
