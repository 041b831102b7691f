/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys of a token that no hardware sealed.
 */
#ifndef TESTS_LIB_KEYS_H
#define TESTS_LIB_KEYS_H

#include "core/keyset.h"

/* Derive the keys of a half from a key that consists of this byte alone. The caller frees them
 * with sg_keyset_free. */
struct sg_keyset *test_keyset(uint8_t byte, const uint8_t uuid[SG_UUID]);

#endif
