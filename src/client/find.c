/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Finding objects and keys in a session. Handles of keys are remembered.
 */
#include "client/known.h"
#include "client/manner.h"
#include "util/log.h"

enum sg_err sg_client_find(struct sg_client_session *s, CK_ATTRIBUTE *template, CK_ULONG n,
                           CK_OBJECT_HANDLE *found, CK_ULONG max, CK_ULONG *count)
{
	enum sg_err err, end;

	*count = 0;
	err = sg_client_check(s, "C_FindObjectsInit",
	                      s->f->C_FindObjectsInit(s->handle, template, n));
	if (err != SG_OK)
		return err;
	err = sg_client_check(s, "C_FindObjects",
	                      s->f->C_FindObjects(s->handle, found, max, count));
	end = sg_client_check(s, "C_FindObjectsFinal", s->f->C_FindObjectsFinal(s->handle));
	if (err == SG_OK && *count > max)
		err = SG_ERR_HSM_FAULT;
	if (err == SG_OK)
		err = end;
	return err == SG_OK && *count == 0 ? sg_client_check_login(s) : err;
}

enum sg_err sg_client_find_key_checked(struct sg_client_session *s, CK_OBJECT_CLASS class,
                                       struct sg_bytes id,
                                       enum sg_err (*check)(struct sg_client_session *s,
                                                            CK_OBJECT_HANDLE key, void *arg),
                                       void *arg, CK_OBJECT_HANDLE *key)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_PRIVATE, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n;
	enum sg_err err;

	if (id.len == 0 || id.len > SG_CLIENT_ID_MAX)
		return SG_ERR_RANGE;
	if (sg_client_known_find(sg_client_known_of(s), s->epoch, class, id, key))
		return SG_OK;
	err = sg_client_find(s, template, 2, found, 2, &n);
	/* Anybody can put another one beside it that is not private, without a PIN. */
	if (err == SG_OK && n > 1 && class != CKO_PUBLIC_KEY)
		err = sg_client_find(s, template, 3, found, 2, &n);
	if (err != SG_OK)
		return err;
	if (n == 0)
		return SG_ERR_HSM_OTHER;
	if (n > 1) {
		sg_log(SG_LOG_ERROR, "the %s has two keys of one class and one CKA_ID",
		       sg_client_noun());
		return SG_ERR_HSM_FAULT;
	}
	if (check != NULL)
		err = check(s, found[0], arg);
	if (err != SG_OK)
		return err;
	*key = found[0];
	sg_client_known_put(sg_client_known_of(s), s->epoch, class, id, *key);
	return SG_OK;
}

enum sg_err sg_client_find_key(struct sg_client_session *s, CK_OBJECT_CLASS class,
                               struct sg_bytes id, CK_OBJECT_HANDLE *key)
{
	return sg_client_find_key_checked(s, class, id, NULL, NULL, key);
}

void sg_client_forget_key(struct sg_client_session *s, CK_OBJECT_CLASS class, struct sg_bytes id)
{
	sg_client_known_drop(sg_client_known_of(s), class, id);
}
