/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What must hold after every call [PKCS#11 3.1 §5.2].
 */
#include "fuzz/model.h"

#include <stdio.h>
#include <string.h>

#include "client/rv.h"
#include "fuzz/mechanism.h"
#include "fuzz/world.h"

#define SESSIONS 12
#define OBJECTS 96
#define FUNCTIONS 128
#define PIECE 16        /* of a secret, which is too long to turn up by chance */

enum known { OFF, ON, UNSURE };

static bool initialized;

static struct {
	CK_SESSION_HANDLE handle;
	CK_SLOT_ID slot;
	bool open;
	enum known op[MODEL_OPS];
	unsigned searched;              /* deaths when its search began */
} sessions[SESSIONS];
static unsigned n_sessions;

static struct {
	CK_OBJECT_HANDLE handle;
	CK_SESSION_HANDLE session;      /* that takes it along, or 0 */
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	unsigned dead;                  /* the number of its death, or 0 */
} objects[OBJECTS];
static unsigned n_objects;
static unsigned deaths;

/* How often a function was called in this process; the last row stays empty. */
static struct {
	const char *name;
	unsigned long calls, successes;
} tally[FUNCTIONS + 1];

/* Answers that mean that something broke, which nothing in here can cause. */
static const CK_RV broken[] = {
	CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_HOST_MEMORY, CKR_DEVICE_ERROR,
	CKR_DEVICE_MEMORY, CKR_DEVICE_REMOVED, CKR_TOKEN_WRITE_PROTECTED,
	CKR_SIGNET_SECURE_MEMORY, CKR_SIGNET_STORE_DAMAGED, CKR_SIGNET_STORE_VERSION,
	CKR_SIGNET_STORE_UNSAFE, CKR_SIGNET_STORE_BUSY, CKR_SIGNET_CONFIG,
};

void model_reset(void)
{
	memset(sessions, 0, sizeof sessions);
	memset(objects, 0, sizeof objects);
	n_sessions = 0;
	n_objects = 0;
	deaths = 0;
	initialized = false;
}

static int find_session(CK_SESSION_HANDLE handle)
{
	for (unsigned i = 0; i < n_sessions; i++)
		if (sessions[i].handle == handle)
			return (int)i;
	return -1;
}

static int find_object(CK_OBJECT_HANDLE handle)
{
	for (unsigned i = 0; i < n_objects; i++)
		if (objects[i].handle == handle)
			return (int)i;
	return -1;
}

CK_SESSION_HANDLE model_session(struct fuzz_input *in)
{
	static const CK_SESSION_HANDLE wild[] = { 0, ~0UL, 1UL << 32, 0x4000 };
	unsigned choice = fuzz_byte(in);

	if (n_sessions == 0 || choice >= 252)
		return wild[choice % 4];
	/* Closed ones are rarely of interest. */
	for (unsigned i = 0; i < n_sessions && choice < 240; i++)
		if (sessions[(choice + i) % n_sessions].open)
			return sessions[(choice + i) % n_sessions].handle;
	return sessions[choice % n_sessions].handle;
}

static CK_OBJECT_HANDLE any_object(unsigned choice)
{
	static const CK_OBJECT_HANDLE wild[] = { 0, ~0UL, 1UL << 32, 0x4000 };

	if (n_objects == 0 || choice >= 252)
		return wild[choice % 4];
	return objects[choice % n_objects].handle;
}

CK_OBJECT_HANDLE model_object(struct fuzz_input *in)
{
	return any_object(fuzz_byte(in));
}

CK_OBJECT_HANDLE model_key(struct fuzz_input *in, const CK_MECHANISM *mechanism, CK_FLAGS flag)
{
	unsigned choice = fuzz_byte(in);

	for (unsigned i = 0; i < n_objects && choice < 224; i++) {
		unsigned at = (choice + i) % n_objects;

		if (!objects[at].dead && fuzz_mechanism_takes(mechanism, flag, objects[at].class,
		                                              objects[at].type))
			return objects[at].handle;
	}
	return any_object(choice);
}

bool model_dead(CK_OBJECT_HANDLE handle)
{
	int i = find_object(handle);

	return handle == 0 || (i >= 0 && objects[i].dead > 0);
}

static void count(const char *name, CK_RV rv)
{
	unsigned at = 0;

	while (at < FUNCTIONS - 1 && tally[at].name != NULL && strcmp(tally[at].name, name) != 0)
		at++;
	tally[at].name = name;
	tally[at].calls++;
	tally[at].successes += rv == CKR_OK;
}

void model_tally(void)
{
	for (unsigned i = 0; tally[i].name != NULL; i++)
		printf("# %-28s %8lu calls %8lu successes\n", tally[i].name, tally[i].calls,
		       tally[i].successes);
}

void model_answer(const char *name, CK_RV rv)
{
	count(name, rv);
	if (sg_rv_name(rv) == NULL)
		fuzz_fail("%s answers 0x%lx, which has no name", name, rv);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		if (rv == broken[i])
			fuzz_fail("%s answers %s", name, sg_rv_name(rv));
	if ((rv == CKR_CRYPTOKI_NOT_INITIALIZED) && initialized)
		fuzz_fail("%s answers CKR_CRYPTOKI_NOT_INITIALIZED after C_Initialize", name);
}

void model_session_answer(const char *name, CK_SESSION_HANDLE session, CK_RV rv)
{
	int i = find_session(session);
	bool open = i >= 0 && sessions[i].open;

	model_answer(name, rv);
	if (!initialized && rv != CKR_CRYPTOKI_NOT_INITIALIZED)
		fuzz_fail("%s answers %s before C_Initialize", name, sg_rv_name(rv));
	if (initialized && open != (rv != CKR_SESSION_HANDLE_INVALID))
		fuzz_fail("%s answers %s for a session that is %s", name, sg_rv_name(rv),
		          open ? "open" : "not open");
}

static void bury(unsigned at)
{
	if (objects[at].dead == 0)
		objects[at].dead = ++deaths;
}

void model_initialized(bool yes)
{
	initialized = yes;
	for (unsigned i = 0; i < n_sessions; i++)
		sessions[i].open = false;
	for (unsigned i = 0; i < n_objects; i++)
		bury(i);
}

void model_opened(CK_SESSION_HANDLE session, CK_SLOT_ID slot)
{
	unsigned at = 0;

	if (session == 0 || find_session(session) >= 0)
		fuzz_fail("C_OpenSession gives the handle %lu, which is taken", session);
	while (at < n_sessions && sessions[at].open)
		at++;
	if (n_sessions < SESSIONS)
		at = n_sessions++;
	if (at == SESSIONS)
		fuzz_fail("there are more sessions than this program wanted");
	memset(&sessions[at], 0, sizeof sessions[at]);
	sessions[at].handle = session;
	sessions[at].slot = slot;
	sessions[at].open = true;
}

void model_closed(CK_SESSION_HANDLE session)
{
	int at = find_session(session);

	if (at >= 0)
		sessions[at].open = false;
	for (unsigned i = 0; i < n_objects; i++)
		if (objects[i].session == session)
			bury(i);
}

void model_closed_all(CK_SLOT_ID slot)
{
	for (unsigned i = 0; i < n_sessions; i++)
		if (sessions[i].open && sessions[i].slot == slot)
			model_closed(sessions[i].handle);
}

/* Operations with private keys end then; which ones those are is not known here. */
void model_logged_out(void)
{
	for (unsigned i = 0; i < n_sessions; i++)
		for (int op = 0; op < MODEL_OPS; op++)
			if (sessions[i].op[op] == ON)
				sessions[i].op[op] = UNSURE;
}

void model_remade(CK_SLOT_ID slot)
{
	for (unsigned i = 0; i < n_sessions; i++)
		if (sessions[i].open && sessions[i].slot == slot)
			fuzz_fail("C_InitToken makes the token of an open session new");
}

static int add_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_CLASS class = 0;
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE attributes[] = {
		{ CKA_CLASS, &class, sizeof class }, { CKA_KEY_TYPE, &type, sizeof type },
	};
	unsigned at = n_objects;

	(void)C_GetAttributeValue(session, object, attributes, 2);

	for (unsigned i = 0; n_objects == OBJECTS && i < OBJECTS; i++)
		if (objects[i].dead)
			at = i;
	if (at == OBJECTS)
		return -1;
	if (at == n_objects)
		n_objects++;
	memset(&objects[at], 0, sizeof objects[at]);
	objects[at].handle = object;
	objects[at].class = class;
	objects[at].type = type;
	return (int)at;
}

void model_made(const char *name, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	CK_BBOOL token = CK_FALSE;
	CK_ATTRIBUTE attribute = { CKA_TOKEN, &token, sizeof token };
	CK_RV rv = C_GetAttributeValue(session, object, &attribute, 1);
	int at;

	if (rv != CKR_OK || find_object(object) >= 0)
		fuzz_fail("%s gives the handle %lu, for which %s", name, object,
		          rv != CKR_OK ? sg_rv_name(rv) : "there was an object already");
	at = add_object(session, object);
	if (at >= 0 && !token)
		objects[at].session = session;
}

void model_found(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	int at = find_object(object), searcher = find_session(session);

	/* What died since the search began may still be found. */
	if (object == 0 || (at >= 0 && searcher >= 0 && objects[at].dead > 0 &&
	                    objects[at].dead <= sessions[searcher].searched))
		fuzz_fail("C_FindObjects gives the handle %lu, whose object is no more", object);
	if (at < 0)
		(void)add_object(session, object);
}

void model_destroyed(CK_OBJECT_HANDLE object)
{
	int at = find_object(object);

	if (model_dead(object))
		fuzz_fail("C_DestroyObject destroys %lu once more", object);
	if (at < 0)
		at = add_object(0, object);
	if (at >= 0)
		bury((unsigned)at);
}

void model_begun(const char *name, CK_SESSION_HANDLE session, enum model_op op, bool cancel,
                 CK_RV rv)
{
	int at = find_session(session);
	enum known *known;

	if (at < 0 || !sessions[at].open || !initialized)
		return;
	known = &sessions[at].op[op];
	if (rv == CKR_OPERATION_ACTIVE && *known == OFF)
		fuzz_fail("%s: CKR_OPERATION_ACTIVE where there is none", name);
	if (rv == CKR_OK && *known == ON && !cancel)
		fuzz_fail("%s begins a second operation", name);
	if (cancel)
		*known = *known == OFF ? OFF : UNSURE;
	else if (rv == CKR_OK)
		*known = ON;
	if (rv == CKR_OK && op == MODEL_FIND)
		sessions[at].searched = deaths;
	if (cancel || rv == CKR_OK)
		return;
	if (rv == CKR_OPERATION_ACTIVE)
		*known = ON;
	else if (*known != OFF)
		*known = UNSURE;
}

void model_went_on(const char *name, CK_SESSION_HANDLE session, enum model_op op, bool last,
                   bool size, CK_RV rv)
{
	int at = find_session(session);
	enum known *known;

	if (at < 0 || !sessions[at].open || !initialized)
		return;
	known = &sessions[at].op[op];
	if (rv == CKR_OPERATION_NOT_INITIALIZED && *known == ON)
		fuzz_fail("%s: the operation has ended by itself", name);
	if (rv != CKR_OPERATION_NOT_INITIALIZED && *known == OFF)
		fuzz_fail("%s: %s in an operation that has ended", name, sg_rv_name(rv));
	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && (size || !last)))
		*known = ON;
	else
		*known = OFF;
}

void model_message(const char *name, CK_SESSION_HANDLE session, enum model_op op, CK_RV rv)
{
	int at = find_session(session);
	enum known *known;

	if (at < 0 || !sessions[at].open || !initialized)
		return;
	known = &sessions[at].op[op];
	if ((rv == CKR_OPERATION_NOT_INITIALIZED && *known == ON) ||
	    (rv != CKR_OPERATION_NOT_INITIALIZED && *known == OFF))
		fuzz_fail("%s: %s where there is %s operation", name, sg_rv_name(rv),
		          *known == ON ? "an" : "no");
	*known = rv == CKR_OPERATION_NOT_INITIALIZED ? OFF : ON;
}

void model_ended(CK_SESSION_HANDLE session, enum model_op op)
{
	int at = find_session(session);

	if (at >= 0)
		sessions[at].op[op] = OFF;
}

void model_given_out(const char *name, const void *data, size_t len)
{
	for (int i = 0; i < WORLD_SECRETS; i++)
		for (size_t at = 0; at + PIECE <= WORLD_SECRET; at += PIECE)
			if (len >= PIECE && memmem(data, len, world_secret[i] + at, PIECE) != NULL)
				fuzz_fail("%s gives out a sensitive value", name);
}
