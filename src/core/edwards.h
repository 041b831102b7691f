/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The encodings of an Ed25519 public key in attributes. Clients of three
 * generations write them in five ways; all are read, one is kept: the object
 * identifier and the 32 bytes.
 */
#ifndef SG_CORE_EDWARDS_H
#define SG_CORE_EDWARDS_H

#include "core/attrs.h"
#include "util/config.h"

/* Tell whether CKA_EC_PARAMS names Ed25519: the object identifier 1.3.101.112
 * [RFC 8410], that of RFC 8032's OpenPGP use, or the curve's name as a DER
 * PrintableString [PKCS#11 3.1 §6.3.3]. */
bool sg_edwards_params(struct sg_bytes params);

/* Read CKA_EC_POINT: 32 raw bytes, a DER OCTET STRING or a DER BIT STRING of them.
 * The view is into value. False for anything else. */
bool sg_edwards_point(struct sg_bytes value, struct sg_bytes *point);

/* Set CKA_EC_PARAMS, CKA_EC_POINT (raw) and CKA_PUBLIC_KEY_INFO from 32 bytes. Errors: NOMEM. */
enum sg_err sg_edwards_set(struct sg_attrs *attrs, struct sg_bytes point);

/* Write CKA_EC_POINT as clients are to see it; out holds 34 bytes. Return the length. */
size_t sg_edwards_emit(struct sg_bytes point, enum sg_ec_point form, uint8_t out[34]);

#endif
