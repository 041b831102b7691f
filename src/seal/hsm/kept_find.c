/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Finding kept keys. An object that can't be read as one of ours is somebody else's:
 * it is passed over, and never destroyed.
 */
#include "seal/hsm/kept_find.h"

#include <string.h>

#include "util/array.h"
#include "util/log.h"

#define ROUND 64                /* handles that are asked for at a time */
#define OF_ONE 64               /* objects of one name that are looked at together */
#define ROUNDS 64

static const struct {
	CK_OBJECT_CLASS class;
	unsigned half;
} halves[] = {
	{ CKO_SECRET_KEY, SG_RESIDENT_SECRET_HALF },
	{ CKO_PRIVATE_KEY, SG_RESIDENT_PRIVATE_HALF },
	{ CKO_PUBLIC_KEY, SG_RESIDENT_PUBLIC_HALF },
};

static unsigned half_of(CK_OBJECT_CLASS class)
{
	for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++)
		if (halves[i].class == class)
			return halves[i].half;
	return 0;
}

/* Tell whether this says no more than that the object is none of ours: it has not those
 * attributes, or longer ones, or is gone. */
static bool is_other(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	       rv == CKR_BUFFER_TOO_SMALL || rv == CKR_OBJECT_HANDLE_INVALID;
}

/* Read what an object says of itself; found->halves is 0 where it is none of ours. */
static enum sg_err read_name(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                             struct sg_resident_found *found)
{
	CK_OBJECT_CLASS class = 0;
	char label[SG_HSM_KEPT_LABEL];
	struct sg_resident_name name;
	CK_ATTRIBUTE attr[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_LABEL, label, sizeof label },
		{ CKA_ID, name.key, sizeof name.key },
	};
	CK_RV rv = s->f->C_GetAttributeValue(s->handle, object, attr, 3);

	found->halves = 0;
	if (is_other(rv))
		return SG_OK;
	if (rv != CKR_OK)
		return sg_client_check(s, "C_GetAttributeValue", rv);
	if (attr[0].ulValueLen != sizeof class || attr[2].ulValueLen != sizeof name.key ||
	    attr[1].ulValueLen > sizeof label ||
	    !sg_hsm_kept_owner(sg_bytes(label, attr[1].ulValueLen), name.token))
		return SG_OK;
	found->name = name;
	found->halves = half_of(class);
	return SG_OK;
}

static bool same_name(const struct sg_resident_name *a, const struct sg_resident_name *b)
{
	return memcmp(a->token, b->token, sizeof a->token) == 0 &&
	       memcmp(a->key, b->key, sizeof a->key) == 0;
}

/* Enter what was found; the halves of a pair are one key. */
static enum sg_err enter(struct sg_resident_list *list, const struct sg_resident_found *found)
{
	struct sg_resident_found *grown;

	for (size_t i = 0; i < list->n; i++) {
		if (same_name(&list->found[i].name, &found->name)) {
			list->found[i].halves |= found->halves;
			return SG_OK;
		}
	}
	grown = sg_array_grow(list->found, list->n, &list->cap, sizeof *list->found);
	if (grown == NULL)
		return SG_ERR_NOMEM;
	list->found = grown;
	list->found[list->n++] = *found;
	return SG_OK;
}

/* Get the handles of all objects that fit, at most max. More than that is no error. */
static enum sg_err find_all(struct sg_client_session *s, CK_ATTRIBUTE *template, CK_ULONG n,
                            CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count)
{
	CK_ULONG got = 0, room;
	enum sg_err err, end;

	*count = 0;
	err = sg_client_check(s, "C_FindObjectsInit",
	                      s->f->C_FindObjectsInit(s->handle, template, n));
	if (err != SG_OK)
		return err;
	do {
		room = max - *count < ROUND ? max - *count : ROUND;
		err = sg_client_check(s, "C_FindObjects",
		                      s->f->C_FindObjects(s->handle, found + *count, room, &got));
		if (err == SG_OK && got > room)
			err = SG_ERR_HSM_FAULT;
		if (err == SG_OK)
			*count += got;
	} while (err == SG_OK && got > 0 && *count < max);
	end = sg_client_check(s, "C_FindObjectsFinal", s->f->C_FindObjectsFinal(s->handle));
	return err == SG_OK ? end : err;
}

static enum sg_err list_found(struct sg_client_session *s, const uint8_t *token,
                              const CK_OBJECT_HANDLE *handles, CK_ULONG n,
                              struct sg_resident_list *list)
{
	struct sg_resident_found found;
	enum sg_err err = SG_OK;

	for (CK_ULONG i = 0; i < n && err == SG_OK; i++) {
		err = read_name(s, handles[i], &found);
		if (err == SG_OK && found.halves != 0 &&
		    (token == NULL || memcmp(found.name.token, token, SG_RESIDENT_ID) == 0))
			err = enter(list, &found);
	}
	return err;
}

enum sg_err sg_hsm_kept_list(struct sg_client_session *s, const uint8_t token[SG_RESIDENT_ID],
                             struct sg_resident_list *list)
{
	CK_OBJECT_HANDLE handles[SG_HSM_LOOK_MAX];
	char label[SG_HSM_KEPT_LABEL];
	CK_ATTRIBUTE template = { CKA_LABEL, label, sizeof label };
	CK_ULONG n = 0;
	enum sg_err err;

	list->n = 0;
	if (token != NULL)
		sg_hsm_kept_label(token, label);
	err = find_all(s, &template, token != NULL ? 1 : 0, handles, SG_HSM_LOOK_MAX, &n);
	list->more = n == SG_HSM_LOOK_MAX;
	return err == SG_OK ? list_found(s, token, handles, n, list) : err;
}

/* Destroy those of the objects that are halves of the key; *gone tells how many. What remains when
 * one resists is less, and said. */
static enum sg_err remove_found(struct sg_client_session *s, const struct sg_resident_name *name,
                                const CK_OBJECT_HANDLE *handles, CK_ULONG n, CK_ULONG *gone)
{
	struct sg_resident_found found;
	enum sg_err err = SG_OK, one;

	*gone = 0;
	for (CK_ULONG i = 0; i < n; i++) {
		one = read_name(s, handles[i], &found);
		if (one == SG_OK && found.halves != 0 && same_name(&found.name, name)) {
			one = sg_client_check(s, "C_DestroyObject",
			                      s->f->C_DestroyObject(s->handle, handles[i]));
			*gone += one == SG_OK;
		}
		if (err == SG_OK)
			err = one;
	}
	return err;
}

/* Anybody can put public objects of the same name beside a key: it is over when all were seen. */
enum sg_err sg_hsm_kept_remove(struct sg_client_session *s, const struct sg_resident_name *name)
{
	char label[SG_HSM_KEPT_LABEL];
	CK_ATTRIBUTE template[] = {
		{ CKA_LABEL, label, sizeof label },
		{ CKA_ID, (void *)name->key, sizeof name->key },
	};
	CK_OBJECT_HANDLE handles[OF_ONE];
	CK_ULONG n = OF_ONE, gone = 1;
	enum sg_err err = sg_client_check_login(s);

	sg_hsm_kept_label(name->token, label);
	for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++)
		sg_client_forget_key(s, halves[i].class, sg_bytes(name->key, sizeof name->key));
	for (int i = 0; i < ROUNDS && err == SG_OK && n == OF_ONE && gone > 0; i++) {
		err = find_all(s, template, 2, handles, OF_ONE, &n);
		if (err == SG_OK)
			err = remove_found(s, name, handles, n, &gone);
	}
	if (err == SG_OK && n == OF_ONE) {
		sg_log(SG_LOG_ERROR, "the HSM has too many objects of the name of one key");
		err = SG_ERR_HSM_FAULT;
	}
	return err;
}

enum sg_err sg_hsm_kept_check_name(struct sg_client_session *s, const struct sg_resident_name *name,
                                   CK_OBJECT_HANDLE object)
{
	struct sg_resident_found found;
	enum sg_err err = read_name(s, object, &found);

	if (err == SG_OK && (found.halves == 0 || !same_name(&found.name, name))) {
		sg_log(SG_LOG_ERROR, "the HSM does not keep the CKA_LABEL and CKA_ID of a key as they "
		       "were given: nobody could tell later whose it is");
		err = SG_ERR_HSM_MECHANISM;
	}
	return err;
}
