/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Whether the process is ending. The objects of a module in C++ are taken down
 * by exit(3), in the order in which libraries were loaded, last first; who is told to finish only
 * after that, as a provider is by OpenSSL, must not call the module any more.
 */
#ifndef SG_CLIENT_ENDING_H
#define SG_CLIENT_ENDING_H

#include <stdbool.h>

/* A module was loaded: learn of the end of the process before the module does. */
void sg_client_ending_watch(void);

/* Tell whether the process is ending: no module may be called. */
bool sg_client_is_ending(void);

#endif
