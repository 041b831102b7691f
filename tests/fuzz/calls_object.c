/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Objects.
 */
#include "client/rv.h"
#include "fuzz/calls.h"
#include "fuzz/data.h"
#include "fuzz/model.h"
#include "fuzz/template.h"

/* A pointer for a new handle, or NULL. */
static CK_OBJECT_HANDLE *handle(struct fuzz_input *in)
{
	return fuzz_below(in, 32) == 31 ? NULL : fuzz_alloc(sizeof(CK_OBJECT_HANDLE));
}

static void require_alive(const char *name, CK_OBJECT_HANDLE object, CK_RV rv)
{
	if (rv == CKR_OK && model_dead(object))
		fuzz_fail("%s works with the handle %lu, whose object is no more", name, object);
}

void fuzz_create_object(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE *object = handle(in);
	struct fuzz_template t = fuzz_template(in, FUZZ_CREATED);
	CK_RV rv = C_CreateObject(session, t.attr, t.n, object);

	model_session_answer("C_CreateObject", session, rv);
	if (rv == CKR_OK)
		model_made("C_CreateObject", session, *object);
}

void fuzz_copy_object(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE object = model_object(in), *copy = handle(in);
	struct fuzz_template t = fuzz_template(in, FUZZ_SOUGHT);
	CK_RV rv = C_CopyObject(session, object, t.attr, t.n, copy);

	model_session_answer("C_CopyObject", session, rv);
	require_alive("C_CopyObject", object, rv);
	if (rv == CKR_OK)
		model_made("C_CopyObject", session, *copy);
}

void fuzz_destroy_object(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE object = model_object(in);
	CK_RV rv = C_DestroyObject(session, object);

	model_session_answer("C_DestroyObject", session, rv);
	if (rv == CKR_OK)
		model_destroyed(object);
}

void fuzz_get_object_size(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE object = model_object(in);
	CK_ULONG *size = fuzz_below(in, 16) == 15 ? NULL : fuzz_alloc(sizeof *size);
	CK_RV rv = C_GetObjectSize(session, object, size);

	model_session_answer("C_GetObjectSize", session, rv);
	require_alive("C_GetObjectSize", object, rv);
}

/* Whether an attribute that decides about others is true; absent is false. */
static bool is_true(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE attr = { type, &value, sizeof value };

	return C_GetAttributeValue(session, object, &attr, 1) == CKR_OK && value == CK_TRUE;
}

/* The value of a private or secret key is given out where it may be, and nowhere else. */
static void check_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	CK_OBJECT_CLASS class = 0;
	CK_ATTRIBUTE attr = { CKA_CLASS, &class, sizeof class };

	if (C_GetAttributeValue(session, object, &attr, 1) != CKR_OK)
		fuzz_fail("an object of no class gives out its value");
	if (class != CKO_PRIVATE_KEY && class != CKO_SECRET_KEY)
		return;
	if (is_true(session, object, CKA_SENSITIVE) || !is_true(session, object, CKA_EXTRACTABLE))
		fuzz_fail("C_GetAttributeValue gives out a value that is sensitive");
}

void fuzz_get_attribute_value(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE object = model_object(in);
	CK_ULONG room[FUZZ_ASKED];
	struct fuzz_template t = fuzz_asking(in, room);
	CK_RV rv = C_GetAttributeValue(session, object, t.attr, t.n);

	model_session_answer("C_GetAttributeValue", session, rv);
	if (t.n > 0)
		require_alive("C_GetAttributeValue", object, rv);
	for (CK_ULONG i = 0; i < t.n; i++) {
		CK_ULONG len = t.attr[i].ulValueLen;

		if (t.attr[i].pValue == NULL)
			continue;
		if (rv == CKR_OK && len > room[i])
			fuzz_fail("C_GetAttributeValue writes %lu bytes where there is room for %lu",
			          len, room[i]);
		if (len > room[i])
			continue;
		model_given_out("C_GetAttributeValue", t.attr[i].pValue, len);
		if (rv == CKR_OK && t.attr[i].type == CKA_VALUE && len > 0)
			check_value(session, object);
	}
}

void fuzz_set_attribute_value(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	CK_OBJECT_HANDLE object = model_object(in);
	struct fuzz_template t = fuzz_template(in, FUZZ_SOUGHT);
	CK_RV rv = C_SetAttributeValue(session, object, t.attr, t.n);

	model_session_answer("C_SetAttributeValue", session, rv);
	require_alive("C_SetAttributeValue", object, rv);
}

void fuzz_find_objects_init(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	struct fuzz_template t = fuzz_template(in, FUZZ_SOUGHT);
	CK_RV rv = C_FindObjectsInit(session, t.attr, t.n);

	model_session_answer("C_FindObjectsInit", session, rv);
	model_begun("C_FindObjectsInit", session, MODEL_FIND, false, rv);
}

void fuzz_find_objects(struct fuzz_input *in)
{
	CK_SESSION_HANDLE session = model_session(in);
	unsigned choice = fuzz_byte(in);
	CK_ULONG max = choice % 40, n = 0;
	CK_OBJECT_HANDLE *found = choice >= 248 ? NULL : fuzz_alloc(max * sizeof *found);
	CK_RV rv = C_FindObjects(session, found, max, choice >= 244 && choice < 248 ? NULL : &n);

	model_session_answer("C_FindObjects", session, rv);
	if (rv != CKR_ARGUMENTS_BAD)    /* which is found out first, and harms no search */
		model_went_on("C_FindObjects", session, MODEL_FIND, false, false, rv);
	if (rv != CKR_OK)
		return;
	if (n > max)
		fuzz_fail("C_FindObjects gives %lu handles where there is room for %lu", n, max);
	for (CK_ULONG i = 0; i < n; i++)
		model_found(session, found[i]);
}
