/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Encrypted files.
 */
#include "tools/sealed.h"

#include <string.h>

#include "tools/fail.h"
#include "util/cursor.h"

#define MAGIC "SGE1"
#define VERSION 1

void tool_sealed_head(const uint8_t nonce[TOOL_SEALED_NONCE], uint8_t head[TOOL_SEALED_HEAD])
{
	memcpy(head, MAGIC, 4);
	head[4] = VERSION >> 8;
	head[5] = VERSION & 0xff;
	memcpy(head + 6, nonce, TOOL_SEALED_NONCE);
}

enum tool_exit tool_sealed_read(struct sg_bytes file, struct sg_bytes *head,
                                struct sg_bytes *nonce, struct sg_bytes *cipher)
{
	struct sg_reader r = sg_reader(file);
	uint16_t version;

	sg_read_magic(&r, MAGIC);
	version = sg_read_u16(&r);
	if (r.failed)
		return tool_fail(TOOL_FAILED, "It begins with SGE1.",
		                 "this is no file that signet encrypt wrote");
	if (version != VERSION)
		return tool_fail(TOOL_FAILED, "Use the version of signet that wrote it, or a newer one.",
		                 "this file has version %u, and only version %u is known", version,
		                 VERSION);
	*nonce = sg_read_bytes(&r, TOOL_SEALED_NONCE);
	if (r.failed || r.rest.len < TOOL_SEALED_TAG)
		return tool_fail(TOOL_MISMATCH, NULL, "this file was cut short");
	*head = sg_bytes(file.data, TOOL_SEALED_HEAD);
	*cipher = r.rest;
	return TOOL_OK;
}

enum sg_err tool_sealed_aad(struct sg_bytes head, const char *text, struct sg_buf *aad)
{
	enum sg_err err = sg_buf_set(aad, head);

	return err == SG_OK ? sg_buf_append(aad, sg_bytes_str(text)) : err;
}
