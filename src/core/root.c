/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Versions of roots.
 */
#include "core/root.h"

#include "client/rv.h"
#include "core/access.h"
#include "core/door.h"
#include "core/object_ops.h"
#include "core/token_material.h"
#include "core/token_objects.h"
#include "core/token_succeed.h"

/* A version, as its attributes tell. A root from before there were versions has only its label. */
struct version {
	struct sg_bytes name;
	CK_ULONG number;
};

static struct version version_of(const struct sg_object *object)
{
	struct version version = { { NULL, 0 }, 0 };

	version.number = sg_attrs_ulong(&object->attrs, CKA_SIGNET_VERSION);
	if (sg_attrs_get(&object->attrs, CKA_SIGNET_ROOT, &version.name) && version.name.len > 0)
		return version;
	(void)sg_attrs_get(&object->attrs, CKA_LABEL, &version.name);
	version.number = 1;
	return version;
}

/* Tell whether two are versions of one root, and old a key of the token. */
static bool is_of_root(const struct sg_object *newer, const struct sg_object *old)
{
	const struct sg_bytes name = version_of(old).name;

	return old->token && old->class == CKO_SECRET_KEY && newer->class == CKO_SECRET_KEY &&
	       newer->key_type == old->key_type && newer->secluded == old->secluded &&
	       name.len > 0 && sg_bytes_equal(version_of(newer).name, name);
}

/* Tell whether one is a later version of the same root than the other. */
static bool is_later(const struct sg_object *newer, const struct sg_object *old)
{
	return is_of_root(newer, old) && version_of(newer).number > version_of(old).number;
}

/* Tell whether a key makes something new that it alone can open. */
static bool is_in_use(const struct sg_object *object)
{
	return sg_attrs_bool(&object->attrs, CKA_WRAP) ||
	       sg_attrs_bool(&object->attrs, CKA_ENCRYPT);
}

/* Make the attributes of a version that is closed, which bears its name and number from then on. */
static CK_RV closed_attrs(const struct sg_object *old, struct sg_attrs *attrs)
{
	const struct version version = version_of(old);
	enum sg_err err = sg_attrs_copy(&old->attrs, attrs);

	if (err == SG_OK)
		err = sg_attrs_set_bool(attrs, CKA_WRAP, false);
	if (err == SG_OK)
		err = sg_attrs_set_bool(attrs, CKA_ENCRYPT, false);
	if (err == SG_OK)
		err = sg_attrs_set(attrs, CKA_SIGNET_ROOT, version.name);
	if (err == SG_OK)
		err = sg_attrs_set_ulong(attrs, CKA_SIGNET_VERSION, version.number);
	return sg_rv(err);
}

/* Find a version that the session may change. */
static CK_RV find_old(struct sg_session *session, CK_OBJECT_HANDLE handle, struct sg_object **old)
{
	CK_RV rv = sg_rv(sg_token_object(session->token, handle, old));

	return rv == CKR_OK ? sg_access_change(session, *old) : rv;
}

static CK_RV try_succeed(struct sg_session *session, CK_OBJECT_HANDLE handle,
                         struct sg_object *made, CK_OBJECT_HANDLE *out, bool *stale)
{
	struct sg_object *old = NULL;
	struct sg_attrs attrs = { 0 };
	CK_RV rv = find_old(session, handle, &old);

	*stale = false;
	if (rv == CKR_OK && (!is_later(made, old) || !made->token))
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK && !is_in_use(old))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = closed_attrs(old, &attrs);
	if (rv == CKR_OK)
		rv = sg_object_settle(session, old,
		                      sg_token_succeed(session->token, old, &attrs, made, out),
		                      stale);
	sg_attrs_free(&attrs);
	sg_object_unref(&old);
	return rv;
}

static CK_RV try_replace(struct sg_session *session, CK_OBJECT_HANDLE handle,
                         struct sg_object *made, CK_OBJECT_HANDLE *out, bool *stale)
{
	struct sg_object *old = NULL;
	CK_RV rv = find_old(session, handle, &old);

	*stale = false;
	if (rv == CKR_OK && (!made->token || !is_of_root(made, old) ||
	                     version_of(made).number != version_of(old).number))
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK && (old->resident || !sg_attrs_bool(&old->attrs, CKA_DESTROYABLE) ||
	                     (is_in_use(made) && !is_in_use(old))))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = sg_object_settle(session, old,
		                      sg_token_replace(session->token, old, made, out), stale);
	sg_object_unref(&old);
	return rv;
}

/* Put a copy of fresh into the token in the way that is said. */
static CK_RV put_copy(struct sg_session *session, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE fresh,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *made,
                      CK_RV (*put)(struct sg_session *session, CK_OBJECT_HANDLE old,
                                   struct sg_object *made, CK_OBJECT_HANDLE *out, bool *stale))
{
	struct sg_object *copy = NULL;
	CK_RV rv = sg_object_copy_make(session, fresh, template, n, &copy);
	bool stale;

	if (rv == CKR_OK)
		rv = sg_rv(sg_token_open(session->token));
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_close_material(session->token, copy));
	stale = rv == CKR_OK;
	for (int i = 0; stale && i < SG_OBJECT_TRIES; i++)
		rv = put(session, old, copy, made, &stale);
	sg_object_unref(&copy);
	return rv;
}

static CK_RV try_close(struct sg_session *session, CK_OBJECT_HANDLE handle, CK_OBJECT_HANDLE newer,
                       bool *closed, bool *stale)
{
	struct sg_object *old = NULL, *later = NULL;
	struct sg_attrs attrs = { 0 };
	CK_RV rv = find_old(session, handle, &old);

	*stale = false;
	if (rv == CKR_OK)
		rv = sg_rv(sg_token_object(session->token, newer, &later));
	if (rv == CKR_OK && (!later->token || !is_later(later, old)))
		rv = CKR_ACTION_PROHIBITED;
	*closed = rv == CKR_OK && !is_in_use(old);
	if (rv == CKR_OK && !*closed)
		rv = closed_attrs(old, &attrs);
	if (rv == CKR_OK && !*closed)
		rv = sg_object_settle(session, old,
		                      sg_token_change(session->token, handle, old, &attrs), stale);
	sg_attrs_free(&attrs);
	sg_object_unref(&later);
	sg_object_unref(&old);
	return rv;
}

static CK_RV close_old(struct sg_session *session, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE newer,
                       bool *closed)
{
	CK_RV rv = CKR_OK;
	bool stale = true;

	for (int i = 0; stale && i < SG_OBJECT_TRIES; i++)
		rv = try_close(session, old, newer, closed, &stale);
	return rv;
}

CK_RV sg_root_succeed(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE fresh,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *made)
{
	struct sg_door door;
	CK_RV rv = sg_door_enter(handle, &door);

	if (rv == CKR_OK)
		rv = put_copy(door.session, old, fresh, template, n, made, try_succeed);
	sg_door_leave(&door);
	return rv;
}

CK_RV sg_root_replace(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE fresh,
                      const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE *made)
{
	struct sg_door door;
	CK_RV rv = sg_door_enter(handle, &door);

	if (rv == CKR_OK)
		rv = put_copy(door.session, old, fresh, template, n, made, try_replace);
	sg_door_leave(&door);
	return rv;
}

CK_RV sg_root_close(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE old, CK_OBJECT_HANDLE newer,
                    bool *closed)
{
	struct sg_door door;
	CK_RV rv = sg_door_enter(handle, &door);

	*closed = false;
	if (rv == CKR_OK)
		rv = close_old(door.session, old, newer, closed);
	sg_door_leave(&door);
	return rv;
}
