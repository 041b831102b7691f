/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sessions and their table.
 */
#include "core/session.h"

#include <stdlib.h>

#include "core/rv.h"
#include "core/token_objects.h"

static atomic_ulong next_handle = 1;

enum sg_err sg_session_table_init(struct sg_session_table *table)
{
	table->by_handle = (struct sg_map){ NULL, 0, 0 };
	return pthread_rwlock_init(&table->lock, NULL) == 0 ? SG_OK : SG_ERR_NOMEM;
}

static void unref(struct sg_session *session)
{
	if (atomic_fetch_sub(&session->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&session->lock);
	free(session);
}

void sg_find_end(struct sg_find *find)
{
	free(find->handles);
	*find = (struct sg_find){ false, NULL, 0, 0 };
}

CK_RV sg_session_open(struct sg_session_table *table, struct sg_token *token, CK_FLAGS flags,
                      CK_SESSION_HANDLE *handle)
{
	struct sg_session *session = calloc(1, sizeof *session);
	enum sg_err err = SG_OK;
	CK_RV rv = CKR_OK;

	if (session == NULL)
		return CKR_HOST_MEMORY;
	session->handle = atomic_fetch_add(&next_handle, 1);
	session->token = token;
	session->flags = flags;
	atomic_init(&session->refs, 1);
	if (pthread_mutex_init(&session->lock, NULL) != 0) {
		free(session);
		return CKR_HOST_MEMORY;
	}
	pthread_rwlock_wrlock(&token->lock);
	if (token->remaking) {
		rv = CKR_TOKEN_NOT_RECOGNIZED;
	} else if (token->user == SG_SO && (flags & CKF_RW_SESSION) == 0) {
		rv = CKR_SESSION_READ_WRITE_SO_EXISTS;
	} else {
		token->sessions++;
		if ((flags & CKF_RW_SESSION) == 0)
			token->read_only_sessions++;
	}
	pthread_rwlock_unlock(&token->lock);
	if (rv == CKR_OK) {
		pthread_rwlock_wrlock(&table->lock);
		err = sg_map_put(&table->by_handle, session->handle, session);
		pthread_rwlock_unlock(&table->lock);
	}
	if (rv == CKR_OK && err == SG_OK) {
		*handle = session->handle;
		return CKR_OK;
	}
	if (rv == CKR_OK) {
		sg_token_session_closed(token, flags);
		rv = sg_rv(err);
	}
	unref(session);
	return rv;
}

struct sg_session *sg_session_acquire(struct sg_session_table *table, CK_SESSION_HANDLE handle)
{
	struct sg_session *session = NULL;

	pthread_rwlock_rdlock(&table->lock);
	if (handle != CK_INVALID_HANDLE)
		session = sg_map_get(&table->by_handle, handle);
	if (session != NULL)
		atomic_fetch_add(&session->refs, 1);
	pthread_rwlock_unlock(&table->lock);
	if (session == NULL)
		return NULL;
	pthread_mutex_lock(&session->lock);
	if (session->closed)
		sg_session_release(&session);
	return session;
}

void sg_session_release(struct sg_session **session)
{
	struct sg_session *s = *session;

	*session = NULL;
	if (s == NULL)
		return;
	pthread_mutex_unlock(&s->lock);
	unref(s);
}

/* End a session that is no longer in the table; drops the table's reference. */
static void end(struct sg_session *session)
{
	pthread_mutex_lock(&session->lock);
	session->closed = true;
	for (int i = 0; i < SG_OPS; i++)
		sg_op_end(&session->op[i]);
	sg_find_end(&session->find);
	pthread_mutex_unlock(&session->lock);
	sg_token_forget_session(session->token, session);
	sg_token_session_closed(session->token, session->flags);
	unref(session);
}

bool sg_session_close(struct sg_session_table *table, CK_SESSION_HANDLE handle)
{
	struct sg_session *session = NULL;

	pthread_rwlock_wrlock(&table->lock);
	if (handle != CK_INVALID_HANDLE)
		session = sg_map_take(&table->by_handle, handle);
	pthread_rwlock_unlock(&table->lock);
	if (session == NULL)
		return false;
	end(session);
	return true;
}

/* Take one session out of the table, of this token or of any; NULL when none is left. */
static struct sg_session *take_one(struct sg_session_table *table, const struct sg_token *token)
{
	struct sg_session *found = NULL;
	uint64_t key;
	size_t at = 0;
	void *value;

	pthread_rwlock_wrlock(&table->lock);
	while (found == NULL && sg_map_next(&table->by_handle, &at, &key, &value)) {
		struct sg_session *session = value;

		if (token == NULL || session->token == token)
			found = session;
	}
	if (found != NULL)
		sg_map_take(&table->by_handle, found->handle);
	pthread_rwlock_unlock(&table->lock);
	return found;
}

void sg_session_close_all(struct sg_session_table *table, const struct sg_token *token)
{
	struct sg_session *session;

	while ((session = take_one(table, token)) != NULL)
		end(session);
}

void sg_session_table_clear(struct sg_session_table *table)
{
	sg_session_close_all(table, NULL);
	sg_map_free(&table->by_handle);
	pthread_rwlock_destroy(&table->lock);
}

/* Get a reference to the session of a token with the next higher handle; NULL at the end. */
static struct sg_session *next_session(struct sg_session_table *table,
                                       const struct sg_token *token, CK_SESSION_HANDLE after)
{
	struct sg_session *found = NULL;
	uint64_t key;
	size_t at = 0;
	void *value;

	pthread_rwlock_rdlock(&table->lock);
	while (sg_map_next(&table->by_handle, &at, &key, &value)) {
		struct sg_session *session = value;

		if (session->token == token && session->handle > after &&
		    (found == NULL || session->handle < found->handle))
			found = session;
	}
	if (found != NULL)
		atomic_fetch_add(&found->refs, 1);
	pthread_rwlock_unlock(&table->lock);
	return found;
}

static void end_private_ops(struct sg_session *session)
{
	for (int i = 0; i < SG_OPS; i++)
		if (session->op[i].key != NULL && session->op[i].key->secluded)
			sg_op_end(&session->op[i]);
}

void sg_session_end_private(struct sg_session_table *table, const struct sg_token *token)
{
	CK_SESSION_HANDLE after = CK_INVALID_HANDLE;
	struct sg_session *session;

	while ((session = next_session(table, token, after)) != NULL) {
		after = session->handle;
		pthread_mutex_lock(&session->lock);
		end_private_ops(session);
		pthread_mutex_unlock(&session->lock);
		unref(session);
	}
}
