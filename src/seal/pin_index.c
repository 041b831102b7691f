/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. What an index for wrong PINs is called.
 */
#include "seal/pin_index.h"

#include <stdlib.h>
#include <string.h>

#define ALG_SHA256 0x000b

/* Command codes [TPM2 Part 2 §6.5.2]; they are part of digests. */
#define CC_NV_READ 0x0000014e
#define CC_POLICY_COMMAND_CODE 0x0000016c
#define CC_POLICY_OR 0x00000171

/* The range that an owner gives out as he likes [TCG Registry of Reserved TPM 2.0 Handles
 * §2.2.2]. */
#define OWNER_FIRST 0x01800000u
#define OWNER_LAST 0x01bfffffu

void sg_pin_index_read(struct sg_reader *r, struct sg_pin_index *index)
{
	struct sg_bytes writer;

	*index = (struct sg_pin_index){ 0 };
	index->handle = sg_read_u32(r);
	writer = sg_read_bytes(r, sizeof index->writer);
	if (index->handle < OWNER_FIRST || index->handle > OWNER_LAST)
		r->failed = true;
	if (r->failed)
		return;
	memcpy(index->writer, writer.data, writer.len);
	r->failed = sg_pin_index_authority(index) != SG_OK;
}

void sg_pin_index_write(const struct sg_pin_index *index, struct sg_writer *w)
{
	sg_write_u32(w, index->handle);
	sg_write_bytes(w, sg_bytes(index->writer, sizeof index->writer));
}

enum sg_err sg_pin_index_reader(uint8_t out[SG_POLICY_DIGEST])
{
	uint8_t message[SG_POLICY_DIGEST + 4 + 4] = { 0 };

	sg_put_u32(message + SG_POLICY_DIGEST, CC_POLICY_COMMAND_CODE);
	sg_put_u32(message + SG_POLICY_DIGEST + 4, CC_NV_READ);
	return sg_digest_once(SG_SHA256, sg_bytes(message, sizeof message), out);
}

enum sg_err sg_pin_index_authority(struct sg_pin_index *index)
{
	uint8_t message[SG_POLICY_DIGEST + 4 + 2 * SG_POLICY_DIGEST] = { 0 };
	uint8_t *branches = message + SG_POLICY_DIGEST + 4;
	enum sg_err err;

	sg_put_u32(message + SG_POLICY_DIGEST, CC_POLICY_OR);
	memcpy(branches, index->writer, SG_POLICY_DIGEST);
	err = sg_pin_index_reader(branches + SG_POLICY_DIGEST);
	return err != SG_OK ? err : sg_digest_once(SG_SHA256, sg_bytes(message, sizeof message),
	                                           index->authority);
}

bool sg_pin_index_same(const struct sg_pin_index *a, const struct sg_pin_index *b)
{
	return a->handle == b->handle &&
	       memcmp(a->authority, b->authority, sizeof a->authority) == 0;
}

enum sg_err sg_pin_index_name(const struct sg_pin_index *index, bool written,
                              uint8_t name[SG_PIN_INDEX_NAME])
{
	struct sg_buf area = { 0 };
	struct sg_writer w = sg_writer(&area);
	enum sg_err err;

	sg_write_u32(&w, index->handle);        /* TPMS_NV_PUBLIC [TPM2 Part 2 §13.5] */
	sg_write_u16(&w, ALG_SHA256);
	sg_write_u32(&w, SG_PIN_INDEX_ATTRIBUTES | (written ? SG_PIN_INDEX_WRITTEN : 0));
	sg_write_u16(&w, sizeof index->authority);
	sg_write_bytes(&w, sg_bytes(index->authority, sizeof index->authority));
	sg_write_u16(&w, SG_PIN_INDEX_DATA);
	err = w.err;
	name[0] = ALG_SHA256 >> 8;
	name[1] = ALG_SHA256 & 0xff;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&area), name + 2);
	sg_buf_free(&area);
	return err;
}

void sg_pin_plan_free(struct sg_pin_plan **plan)
{
	if (plan == NULL || *plan == NULL)
		return;
	sg_secret_free(&(*plan)->signer);
	sg_secret_free(&(*plan)->signer_auth);
	free(*plan);
	*plan = NULL;
}
