/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Text fields.
 */
#include "api/text.h"

#include <stdlib.h>
#include <string.h>

void sg_text_pad(unsigned char *field, size_t size, const char *text)
{
	size_t len = strnlen(text, size);

	memset(field, ' ', size);
	memcpy(field, text, len);
}

CK_VERSION sg_text_version(const char *text)
{
	CK_VERSION version;
	char *end;

	version.major = (CK_BYTE)strtoul(text, &end, 10);
	version.minor = *end == '.' ? (CK_BYTE)strtoul(end + 1, NULL, 10) : 0;
	return version;
}
