/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The login to an HSM. No PIN that was wrong is tried twice: an HSM locks itself
 * after a few.
 */
#include "client/login.h"

#include <string.h>

#include "client/calling.h"
#include "client/manner.h"
#include "client/rc.h"
#include "client/refusal.h"
#include "util/log.h"

/* What a token's information says of wrong PINs; each bit is worse than those before it. */
#define COUNTED (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)

/* False where the HSM does not tell. */
static bool read_count(const struct sg_client_place *place, CK_FLAGS *count)
{
	CK_TOKEN_INFO info;

	memset(&info, 0, sizeof info);
	if (place->f->C_GetTokenInfo(place->slot, &info) != CKR_OK)
		return false;
	*count = info.flags & COUNTED;
	return true;
}

/* Tell whether the HSM shows a wrong PIN since the last right one, as far as it says. */
static bool has_counted(const struct sg_client_place *place)
{
	CK_FLAGS count = COUNTED;

	return !read_count(place, &count) || count != 0;
}

/* Tell whether that will go on to show a PIN that was just refused, so that it says something when
 * it shows none any more. Our own module forgets it when it begins anew. */
static bool is_counted(const struct sg_client_place *place)
{
	return !sg_client_takes_own() && has_counted(place);
}

/* Tell whether a login that failed for another reason cost a try: the count is worse than it was
 * when the connection was made. It may have been somebody else's mistake by then. */
static bool cost_a_try(const struct sg_client_place *place)
{
	CK_FLAGS count = 0;

	return read_count(place, &count) && (count & ~place->info.flags) != 0;
}

/* Tell whether a PIN may be tried. One that was refused may where its file was written since, or
 * where the HSM's count was set back: somebody has set another PIN, or used the right one. */
static bool may_try(const struct sg_client_place *place, const char *uri,
                    const struct sg_secret *pin, const struct sg_client_pin_origin *origin)
{
	switch (sg_client_refusal_of(uri, pin, origin)) {
	case SG_CLIENT_REFUSAL_NONE:
		return true;
	case SG_CLIENT_REFUSAL_COUNTED:
		if (!has_counted(place))
			return true;
		break;
	case SG_CLIENT_REFUSAL_STANDS:
		break;
	}
	sg_log(SG_LOG_ERROR, "this PIN was refused before; it is tried again when its file is "
	       "written anew");
	return false;
}

/* Log in with a PIN, or at the HSM's own keyboard where it has one and pin is NULL. *once tells
 * that it cost a try, whatever the HSM says: it is not repeated. */
static enum sg_err login(const struct sg_client_place *place, const char *uri,
                         CK_SESSION_HANDLE session, const struct sg_secret *pin,
                         const struct sg_client_pin_origin *origin, bool *lost, bool *once)
{
	enum sg_err err, noted = SG_OK;
	CK_RV rv;

	if (pin != NULL && origin->inode != 0 &&
	    (place->info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		return SG_ERR_HSM_LAST;
	if (pin != NULL && !may_try(place, uri, pin, origin))
		return SG_ERR_HSM_PIN;
	rv = place->f->C_Login(session, CKU_USER, pin != NULL ? pin->data : NULL,
	                       pin != NULL ? pin->len : 0);
	if (rv == CKR_USER_ALREADY_LOGGED_IN)
		rv = CKR_OK;
	err = sg_client_err("C_Login", rv, lost);
	if (err == SG_OK) {
		sg_client_refusal_forget(uri);
	} else if (pin != NULL && (err == SG_ERR_HSM_PIN || err == SG_ERR_HSM_FAULT)) {
		*once = rv == CKR_PIN_INCORRECT || cost_a_try(place);
		if (*once)
			noted = sg_client_refusal_note(uri, pin, origin, is_counted(place));
	}
	return noted == SG_OK ? err : noted;
}

enum sg_err sg_client_login(const struct sg_client_place *place, const char *uri,
                            CK_SESSION_HANDLE session, bool *lost, bool *once)
{
	const CK_FLAGS flags = place->info.flags;
	struct sg_client_pin_origin origin;
	struct sg_secret *pin = NULL;
	struct sg_signal_hold hold;
	enum sg_err err;

	*once = false;
	if ((flags & CKF_LOGIN_REQUIRED) == 0)
		return SG_OK;
	if ((flags & CKF_USER_PIN_LOCKED) != 0) {
		sg_log(SG_LOG_ERROR, "the %s says that its PIN is locked", sg_client_noun());
		return SG_ERR_HSM_LOCKED;
	}
	err = sg_client_pin_read(place->uri, place->info.label, &origin, &pin);
	if (err == SG_OK && pin == NULL && (flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0) {
		sg_log(SG_LOG_ERROR, "the URI of the %s has no pin-source, and nobody can be "
		       "asked", sg_client_noun());
		err = SG_ERR_HSM_PIN;
	}
	if (err == SG_OK) {
		sg_client_enter(&hold);
		err = login(place, uri, session, pin, &origin, lost, once);
		sg_client_leave(&hold);
	}
	sg_secret_free(&pin);
	return err;
}
