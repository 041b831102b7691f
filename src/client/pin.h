/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Where the PIN of an HSM comes from. It is read each time it is needed, and
 * stays nowhere.
 */
#ifndef SG_CLIENT_PIN_H
#define SG_CLIENT_PIN_H

#include <p11-kit/uri.h>
#include <stdint.h>

#include "util/secret.h"

#define SG_CLIENT_PIN_MAX 255

/* Which file a PIN was read from, and as it was when: all zero for one that somebody gave. */
struct sg_client_pin_origin {
	uint64_t device, inode;
	int64_t seconds, nanoseconds;   /* of its last change */
};

/* Read the PIN that the pin-source of a URI names [RFC 7512 §2.4]: file:/PATH, an absolute path, or
 * credential:NAME for one of systemd's. Without a pin-source, whoever set sg_client_pin_ask is
 * asked, with the label of the token, padded with blanks to 32 bytes. The caller frees *out, which
 * is NULL where there is nobody to ask. Errors: HSM_PIN where there is no such file, or no PIN in
 * it, and those of sg_file_read_secret. */
enum sg_err sg_client_pin_read(P11KitUri *uri, const unsigned char label[32],
                               struct sg_client_pin_origin *origin, struct sg_secret **out);

/* Have fn asked for PINs that no configuration names; NULL: nobody is. The caller of fn frees *pin.
 * For programs with somebody in front of them, before other threads work. */
void sg_client_pin_ask(enum sg_err (*fn)(const char *label, struct sg_secret **pin));

/* Tell whether somebody may be asked, who takes his time. */
bool sg_client_pin_may_ask(void);

#endif
