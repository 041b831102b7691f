/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Bytes as words that people can read aloud and write down: two bytes are a word of five
 * letters, consonants and vowels in turn, as "lusab" [Wilkerson, A proposal for proquints,
 * 2009]. No table is read at a place that depends on the bytes.
 */
#ifndef SG_UTIL_PROQUINT_H
#define SG_UTIL_PROQUINT_H

#include "util/secret.h"

#define SG_PROQUINT_LINE 6              /* words in a line */

/* Write bytes as lines of words; the caller frees *text. Of an odd number the last word has
 * a zero byte more. Errors: SECURE_MEMORY, NOMEM. */
enum sg_err sg_proquint_write(struct sg_bytes bytes, struct sg_secret **text);

/* Read words, which blanks, hyphens and ends of lines part, in large or small letters; the caller
 * frees *bytes. *wrong is the number of the first word that is none, from 1 on, or 0.
 * Errors: FORMAT, SECURE_MEMORY, NOMEM. */
enum sg_err sg_proquint_read(struct sg_bytes text, struct sg_secret **bytes, size_t *wrong);

/* Tell whether a character parts words. Where words end is no secret. */
bool sg_proquint_parts(uint8_t c);

#endif
