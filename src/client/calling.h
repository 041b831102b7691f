/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Calls into another PKCS#11 module. They are made between sg_client_enter and
 * sg_client_leave and nowhere else, so that it is known who is inside: what calls us meanwhile was
 * called by us, and a child of fork has of a module what its threads left there.
 */
#ifndef SG_CLIENT_CALLING_H
#define SG_CLIENT_CALLING_H

#include <stdbool.h>

#include "util/err.h"
#include "util/signal.h"

/* See to it that forks wait a moment for threads that are inside. Cheap when repeated.
 * Errors: NOMEM. */
enum sg_err sg_client_calling_start(void);

/* Begin and end calls into a module of this thread; they don't nest. Meanwhile no broken pipe
 * reaches the program, unless hold is NULL because the module sees to that itself; and OpenSSL's
 * queue of errors, which is the program's, is left as it was. */
void sg_client_enter(struct sg_signal_hold *hold);
void sg_client_leave(struct sg_signal_hold *hold);

/* Tell whether this thread is inside. */
bool sg_client_is_calling(void);

/* Tell whether this process was forked off one in which another thread was inside and did not come
 * out in time: a lock that it held is held for ever here, so no module may be called. */
bool sg_client_is_lost(void);

#endif
