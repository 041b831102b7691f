/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. A share of a root as people write it down: 29 words (util/proquint.h), or base64. Of
 * words it is told which one is mistyped. Both forms are secrets.
 */
#ifndef SG_CORE_SHARE_TEXT_H
#define SG_CORE_SHARE_TEXT_H

#include "core/share.h"

#define SG_SHARE_SECRET 32              /* bytes of the secrets that are shared so */
#define SG_SHARE_TEXT_WORDS 29
#define SG_SHARE_TEXT_MAX 1024          /* characters in which a share is looked for */

enum sg_share_form { SG_SHARE_WORDS, SG_SHARE_BASE64 };

/* Write a share of a secret of SG_SHARE_SECRET bytes: lines of words, or one line of base64. The
 * caller frees *text. Errors: RANGE for another length, SECURE_MEMORY, NOMEM. */
enum sg_err sg_share_text_write(const struct sg_share *share, enum sg_share_form form,
                                struct sg_secret **text);

/* Put blanks in the place of "words 7 to 12:", as it stands before each line that is shown to
 * people, so that it is read as it was saved. */
void sg_share_text_clean(struct sg_secret *text);

/* Tell whether text is to be words, from how long what stands in it is. */
bool sg_share_text_is_words(struct sg_bytes text);

/* Return how many words or other things there are in text. */
size_t sg_share_text_count(struct sg_bytes text);

/* Read a share in either form; the caller clears *share. *wrong is the number of the word, from 1
 * on, that is mistyped where it is one alone, and 0 else. Errors: RANGE for another number
 * of words, FORMAT for what is no share, TAG for one with a mistake in it; those of memory. */
enum sg_err sg_share_text_read(struct sg_bytes text, struct sg_share *share, size_t *wrong);

#endif
