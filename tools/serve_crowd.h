/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Who is connected to a server and since when, so that nobody stays for longer than he
 * may, however slowly he talks, and nobody has more connections than he may. Closes nothing: it
 * only ends what goes over a connection.
 */
#ifndef TOOLS_SERVE_CROWD_H
#define TOOLS_SERVE_CROWD_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/serve_socket.h"

struct serve_crowd;

/* Make one for connections that may last so many seconds, and of which a source may have so many;
 * the caller frees *out. False: no memory. */
bool serve_crowd_new(unsigned seconds, unsigned per_source, struct serve_crowd **out);
void serve_crowd_free(struct serve_crowd **crowd);

/* Note a connection until serve_crowd_leave, which comes before its descriptor is closed. One that
 * its source has too much is ended at once. NULL: no memory; it is ended, and nothing is noted. */
struct serve_guest *serve_crowd_join(struct serve_crowd *crowd, int fd,
                                     const struct serve_source *source);
void serve_crowd_leave(struct serve_crowd *crowd, struct serve_guest **guest);

/* End those whose time is over, and tell how many are there. */
size_t serve_crowd_sweep(struct serve_crowd *crowd);

#endif
