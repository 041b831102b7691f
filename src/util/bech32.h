/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Bytes as a line of small or of large letters and digits, with a prefix that says what
 * they are and six characters that tell of mistakes: Bech32 [BIP 173]. As such a line may be a
 * private key, no table is read at a place that depends on the bytes.
 */
#ifndef SG_UTIL_BECH32_H
#define SG_UTIL_BECH32_H

#include "util/secret.h"

#define SG_BECH32_MORE 7                /* characters besides the prefix and the bytes */

/* Write bytes behind a prefix of small letters, digits and hyphens, in large letters where that is
 * wanted, without an end of line; the caller frees *text. Errors: RANGE where the line
 * would have more than 90 characters, SECURE_MEMORY, NOMEM. */
enum sg_err sg_bech32_write(const char *prefix, struct sg_bytes bytes, bool large,
                            struct sg_secret **text);

/* Read exactly len bytes that were written with this prefix; the caller frees *bytes. *wrong is the
 * number of the character that is wrong, from 1 on, where it is one alone, and 0 else. Errors:
 * ARG for another prefix, RANGE for another length, FORMAT where a character is wrong,
 * SECURE_MEMORY, NOMEM. */
enum sg_err sg_bech32_read(const char *prefix, struct sg_bytes text, size_t len,
                           struct sg_secret **bytes, size_t *wrong);

#endif
