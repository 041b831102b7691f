/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Very many keys.
 */
#ifndef TESTS_BENCH_SCALE_H
#define TESTS_BENCH_SCALE_H

#include "core/token.h"

/* Compare finding and creating a key where there are ten with where there are a hundred
 * thousand: of the same wrapped key, made in sessions of two tokens. */
void bench_many_session_keys(CK_FUNCTION_LIST *p11, const CK_SLOT_ID slots[2]);

/* Put ten thousand keys into a token that is not in use. */
void bench_fill_token(struct sg_token *token);

/* Search that token for the first time after the start, and again. */
void bench_many_token_keys(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot);

#endif
