/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sessions and their table.
 */
#include "core/session.h"

#include <stdlib.h>

#include "client/rv.h"
#include "core/token_objects.h"

#define BATCH 256

static atomic_ulong next_handle = 1;

/* Sessions are closed all the time, and who waits for that is not to wait for ever. */
static const pthread_rwlock_t fair = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void sg_session_table_init(struct sg_session_table *table)
{
	table->by_handle = (struct sg_map){ NULL, 0, 0 };
	sg_gate_init(&table->gate);
	table->closing = fair;
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

void sg_session_cancel(struct sg_session *session, CK_FLAGS flags)
{
	for (int kind = 0; kind < SG_OPS; kind++)
		if (flags & sg_op_flag(kind))
			sg_op_end(&session->op[kind]);
	if (flags & CKF_FIND_OBJECTS)
		sg_find_end(&session->find);
}

CK_RV sg_session_open(struct sg_session_table *table, struct sg_token *token, CK_FLAGS flags,
                      CK_SESSION_HANDLE *handle)
{
	struct sg_session *session = calloc(1, sizeof *session);
	CK_SESSION_HANDLE number;
	enum sg_err err = SG_OK;
	CK_RV rv = CKR_OK;

	if (session == NULL)
		return CKR_HOST_MEMORY;
	number = atomic_fetch_add(&next_handle, 1);
	session->handle = number;
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
	} else if (token->replaced) {
		rv = CKR_DEVICE_REMOVED;
	} else if (token->user == SG_SO && (flags & CKF_RW_SESSION) == 0) {
		rv = CKR_SESSION_READ_WRITE_SO_EXISTS;
	} else {
		session->era = token->era;
		token->sessions++;
		if ((flags & CKF_RW_SESSION) == 0)
			token->read_only_sessions++;
	}
	pthread_rwlock_unlock(&token->lock);
	if (rv == CKR_OK) {
		sg_gate_close(&table->gate);
		err = sg_map_put(&table->by_handle, number, session);
		sg_gate_open(&table->gate);
	}
	/* Once it is in the table, another thread may have closed and freed it. */
	if (rv == CKR_OK && err == SG_OK) {
		*handle = number;
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

	sg_gate_enter(&table->gate);
	if (handle != CK_INVALID_HANDLE)
		session = sg_map_get(&table->by_handle, handle);
	if (session != NULL)
		atomic_fetch_add(&session->refs, 1);
	sg_gate_leave(&table->gate);
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

	pthread_rwlock_rdlock(&table->closing);
	sg_gate_close(&table->gate);
	if (handle != CK_INVALID_HANDLE)
		session = sg_map_take(&table->by_handle, handle);
	sg_gate_open(&table->gate);
	if (session != NULL)
		end(session);
	pthread_rwlock_unlock(&table->closing);
	return session != NULL;
}

/* Take some sessions out of the table, of this token or of any, from before an era; 0 when none
 * is left. The map may not change while it is walked. */
static size_t take_some(struct sg_session_table *table, const struct sg_token *token,
                        uint64_t era, struct sg_session *batch[BATCH])
{
	uint64_t key;
	size_t at = 0, n = 0;
	void *value;

	sg_gate_close(&table->gate);
	while (n < BATCH && sg_map_next(&table->by_handle, &at, &key, &value)) {
		struct sg_session *session = value;

		if (token == NULL || (session->token == token && session->era < era))
			batch[n++] = session;
	}
	for (size_t i = 0; i < n; i++)
		sg_map_take(&table->by_handle, batch[i]->handle);
	sg_gate_open(&table->gate);
	return n;
}

static void close_before(struct sg_session_table *table, const struct sg_token *token,
                         uint64_t era)
{
	struct sg_session *batch[BATCH];
	size_t n;

	pthread_rwlock_rdlock(&table->closing);
	while ((n = take_some(table, token, era, batch)) > 0)
		for (size_t i = 0; i < n; i++)
			end(batch[i]);
	pthread_rwlock_unlock(&table->closing);
}

void sg_session_close_all(struct sg_session_table *table, const struct sg_token *token)
{
	close_before(table, token, UINT64_MAX);
}

void sg_session_close_gone(struct sg_session_table *table, struct sg_token *token)
{
	uint64_t era;

	pthread_rwlock_rdlock(&token->lock);
	era = token->era;
	pthread_rwlock_unlock(&token->lock);
	close_before(table, token, era);
	pthread_rwlock_wrlock(&table->closing);
	pthread_rwlock_unlock(&table->closing);
}

void sg_session_table_clear(struct sg_session_table *table)
{
	sg_session_close_all(table, NULL);
	sg_map_free(&table->by_handle);
	sg_gate_destroy(&table->gate);
	pthread_rwlock_destroy(&table->closing);
}

/* Get references to all sessions of a token. Where there is no memory for them there are none:
 * what is over can't be used anyway, and is freed when somebody tries. */
static size_t sessions_of(struct sg_session_table *table, const struct sg_token *token,
                          struct sg_session ***out)
{
	uint64_t key;
	size_t at = 0, n = 0;
	void *value;

	sg_gate_enter(&table->gate);
	*out = calloc(table->by_handle.count + 1, sizeof **out);
	while (*out != NULL && sg_map_next(&table->by_handle, &at, &key, &value)) {
		struct sg_session *session = value;

		if (session->token != token)
			continue;
		atomic_fetch_add(&session->refs, 1);
		(*out)[n++] = session;
	}
	sg_gate_leave(&table->gate);
	return n;
}

void sg_session_end_private(struct sg_session_table *table, const struct sg_token *token)
{
	struct sg_session **sessions = NULL;
	size_t n = sessions_of(table, token, &sessions);

	for (size_t i = 0; i < n; i++) {
		pthread_mutex_lock(&sessions[i]->lock);
		for (int kind = 0; kind < SG_OPS; kind++)
			(void)sg_op_active(&sessions[i]->op[kind]);
		pthread_mutex_unlock(&sessions[i]->lock);
		unref(sessions[i]);
	}
	free(sessions);
}
