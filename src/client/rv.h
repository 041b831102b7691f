/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. From causes to the PKCS#11 return values of our module and back, in one table:
 * for the module, which returns them, and for its clients, which get them.
 */
#ifndef SG_CLIENT_RV_H
#define SG_CLIENT_RV_H

#include <p11-kit/pkcs11.h>

#include <signet/pkcs11.h>

#include "util/err.h"

/* Return the CK_RV of a cause and log its sentence; SG_OK is CKR_OK. */
CK_RV sg_rv(enum sg_err err);

/* Return the cause that stands behind a CK_RV in the table, or SG_OK where
 * PKCS#11 itself is the cause. */
enum sg_err sg_rv_cause(CK_RV rv);

/* Return the name of a CK_RV, "CKR_PIN_INCORRECT", or NULL. */
const char *sg_rv_name(CK_RV rv);

#endif
