/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. The fixed-size text fields of PKCS#11's information structures.
 */
#ifndef SG_API_TEXT_H
#define SG_API_TEXT_H

#include "core/pkcs11.h"

/* Fill a field of size bytes with text and spaces, without a zero; longer text is cut. */
void sg_text_pad(unsigned char *field, size_t size, const char *text);

/* Read "major.minor..." as a CK_VERSION; what is not a number is 0. */
CK_VERSION sg_text_version(const char *text);

#endif
