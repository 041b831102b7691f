/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The form of an encrypted file, "SGE1": see doc/formats.md.
 */
#ifndef TOOLS_SEALED_H
#define TOOLS_SEALED_H

#include "tools/io.h"

#define TOOL_SEALED_NONCE 12
#define TOOL_SEALED_HEAD 18             /* magic, version, nonce */
#define TOOL_SEALED_TAG 16

/* Write the head of a file with this nonce. */
void tool_sealed_head(const uint8_t nonce[TOOL_SEALED_NONCE], uint8_t head[TOOL_SEALED_HEAD]);

/* Take a file apart; the views are into it. Errors are told. */
enum tool_exit tool_sealed_read(struct sg_bytes file, struct sg_bytes *head,
                                struct sg_bytes *nonce, struct sg_bytes *cipher);

/* Make the additional data: the head, then the text of --aad. */
enum sg_err tool_sealed_aad(struct sg_bytes head, const char *text, struct sg_buf *aad);

#endif
