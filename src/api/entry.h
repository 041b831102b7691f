/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. The one thing every file of entry points needs: PKCS#11's prototypes,
 * marked for export.
 */
#ifndef SG_API_ENTRY_H
#define SG_API_ENTRY_H

#pragma GCC visibility push(default)
#include "core/pkcs11.h"
#pragma GCC visibility pop

#endif
