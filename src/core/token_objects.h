/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The objects of a token: finding, adding, changing and destroying them, in
 * the table and in the store together. What other processes did is seen at the next
 * search. Who may do what is decided above, in core/access.c.
 */
#ifndef SG_CORE_TOKEN_OBJECTS_H
#define SG_CORE_TOKEN_OBJECTS_H

#include "core/token.h"

/* Bring the table up to date with the store, opening the token if need be; one
 * look at the file, which is not opened, where it is known to be unchanged. Errors: those of
 * sg_token_open, STORE_DAMAGED where a row is missing, foreign, old or changed. */
enum sg_err sg_token_refresh(struct sg_token *token);

/* Gather the handles of all visible objects that match a checked template,
 * ascending; the caller frees *handles. A template that asks for session objects
 * only, or for built-in ones, does not open the token. */
enum sg_err sg_token_find(struct sg_token *token, const CK_ATTRIBUTE *template, CK_ULONG n,
                          CK_OBJECT_HANDLE **handles, size_t *count);

/* Get a reference to a visible object, or to a built-in one. A public object of an anchored store
 * that was read before a login is read again first. Errors: NOT_FOUND, those of
 * sg_token_refresh. */
enum sg_err sg_token_object(struct sg_token *token, CK_OBJECT_HANDLE handle,
                            struct sg_object **out);

/* Add new objects, all or none; token objects are stored in one transaction. The
 * caller's references go over on success. session, whose lock is held, owns those that
 * are session objects. After an error nothing is stored. A logout meanwhile takes
 * effect afterwards: the handle of a private object names nothing then. Errors: the store's,
 * and the sealer's for CKA_SIGNET_SEALED. */
enum sg_err sg_token_add(struct sg_token *token, struct sg_session *session,
                         struct sg_object **objects, size_t n, CK_OBJECT_HANDLE *handles);

/* Give an object other attributes, which this takes over. object is the version that
 * they were made from. Errors: NOT_FOUND where that isn't the newest any more. */
enum sg_err sg_token_change(struct sg_token *token, CK_OBJECT_HANDLE handle,
                            const struct sg_object *object, struct sg_attrs *attrs);

/* Put a changed version in the place of an object, of which object is the version that it was
 * made from; its material is closed where it is stored. The caller's reference on *changed may go
 * over. Errors: as above. */
enum sg_err sg_token_put(struct sg_token *token, CK_OBJECT_HANDLE handle,
                         const struct sg_object *object, struct sg_object **changed);

/* Destroy an object, of which this is the version that the caller looked at. Errors:
 * NOT_FOUND where that isn't the newest any more; those of the hardware that keeps a key. */
enum sg_err sg_token_destroy(struct sg_token *token, CK_OBJECT_HANDLE handle,
                             struct sg_object *object);

/* Forget the session objects of a session that closes. */
void sg_token_forget_session(struct sg_token *token, const struct sg_session *session);

#endif
