/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. UTF-8, one character at a time: the only decoder. It takes the bytes of
 * strangers and says of each whether it may be stored or shown.
 */
#ifndef SG_UTIL_UTF8_H
#define SG_UTIL_UTF8_H

#include "util/bytes.h"

/* Return the length of the character at the beginning, 0 where there is none: no bytes
 * left, a form that is cut short or too long, half a surrogate pair, or a number beyond
 * Unicode [RFC 3629 §4]. */
size_t sg_utf8_len(struct sg_bytes text);

/* Tell whether the character at the beginning steers a terminal: U+0000 to U+001F and
 * U+007F to U+009F. False where there is no character. */
bool sg_utf8_control(struct sg_bytes text);

/* Tell whether the character at the beginning is not seen, or changes how others are shown:
 * direction marks, joiners, line separators, tags and whatever else a program may ignore
 * [Unicode 15 §23.2]. False where there is no character. */
bool sg_utf8_invisible(struct sg_bytes text);

/* Tell whether the text is nothing but characters that steer no terminal; so is no text. */
bool sg_utf8_plain(struct sg_bytes text);

#endif
