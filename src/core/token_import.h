/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. A token as a place that other machines send to: what they must know of its hardware,
 * and opening what they closed for it.
 */
#ifndef SG_CORE_TOKEN_IMPORT_H
#define SG_CORE_TOKEN_IMPORT_H

#include "core/token.h"
#include "seal/parcel.h"

/* Describe the token's hardware, and by what name this machine calls itself. Needs no PIN. The
 * caller clears the node, which is empty before, also after an error. Errors: HW_UNSUPPORTED
 * for a sealer that takes nothing in; the sealer's and the store's. */
enum sg_err sg_token_describe(struct sg_token *token, struct sg_node *node);

/* Open a parcel; the caller frees *plain. Errors: CLOSED where the token is, HW_UNSUPPORTED,
 * PARCEL_OTHER, POLICY, TAG, FORMAT, the sealer's. */
enum sg_err sg_token_receive(struct sg_token *token, const struct sg_parcel *parcel,
                             struct sg_secret **plain);

#endif
