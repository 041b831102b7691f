/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The PKCS#11 names: p11-kit's header in its PKCS#11 spelling, and ours
 * for what it lacks. Everything above this ring speaks CK_RV.
 */
#ifndef SG_CORE_PKCS11_H
#define SG_CORE_PKCS11_H

#include <p11-kit/pkcs11.h>

#include <signet/pkcs11.h>

#endif
