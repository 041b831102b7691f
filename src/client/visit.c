/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. A session without a login.
 */
#include "client/visit.h"

#include "client/calling.h"

enum sg_err sg_client_visit(const char *uri,
                            enum sg_err (*fn)(struct sg_client_session *s, void *arg), void *arg)
{
	struct sg_client_session s = { .client = NULL };
	struct sg_client_place *place = NULL;
	struct sg_signal_hold hold;
	enum sg_err err = sg_client_place_find(uri, &place);

	if (err != SG_OK)
		return err;
	s.f = place->f;
	s.slot = place->slot;
	sg_client_enter(&hold);
	err = sg_client_check(&s, "C_OpenSession",
	                      place->f->C_OpenSession(place->slot, CKF_SERIAL_SESSION, NULL, NULL,
	                                              &s.handle));
	if (err == SG_OK) {
		err = fn(&s, arg);
		(void)place->f->C_CloseSession(s.handle);
	}
	sg_client_leave(&hold);
	sg_client_place_free(&place);
	return err;
}
