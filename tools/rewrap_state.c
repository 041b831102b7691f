/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. State of rewrapping. Its form is in doc/formats.md.
 */
#include "tools/rewrap_state.h"

#include <string.h>
#include <unistd.h>

#include "crypto/digest.h"

#define MAGIC "SGRW"
#define VERSION 1
#define BODY (TOOL_REWRAP_STATE - 32)   /* what the digest at the end is over */

void tool_rewrap_state_begin(struct tool_rewrap_file *file, const uint8_t id[TOOL_REWRAP_ID])
{
	memcpy(file->chain, id, TOOL_REWRAP_ID);
	file->steps = file->in = file->out = 0;
	file->count = (struct tool_rewrap_count){ 0 };
}

enum sg_err tool_rewrap_state_step(struct tool_rewrap_file *file, struct sg_bytes in,
                                   struct sg_bytes out)
{
	struct sg_digest *digest = NULL;
	uint8_t lengths[16];
	enum sg_err err = sg_digest_new(SG_SHA256, &digest);

	sg_put_u64(lengths, in.len);
	sg_put_u64(lengths + 8, out.len);
	if (err == SG_OK)
		err = sg_digest_update(digest, sg_bytes(file->chain, sizeof file->chain));
	if (err == SG_OK)
		err = sg_digest_update(digest, sg_bytes(lengths, sizeof lengths));
	if (err == SG_OK)
		err = sg_digest_update(digest, in);
	if (err == SG_OK)
		err = sg_digest_update(digest, out);
	if (err == SG_OK)
		err = sg_digest_final(digest, file->chain);
	sg_digest_free(&digest);
	file->steps++;
	file->in += in.len;
	file->out += out.len;
	return err;
}

bool tool_rewrap_state_make(const struct tool_rewrap_file *file, uint8_t out[TOOL_REWRAP_STATE])
{
	const uint64_t numbers[] = {
		file->steps, file->in, file->out, file->count.done, file->count.kept,
		file->count.failed,
	};

	memcpy(out, MAGIC, 4);
	sg_put_u32(out + 4, VERSION);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sg_put_u64(out + 8 + 8 * i, numbers[i]);
	memcpy(out + BODY - TOOL_REWRAP_ID, file->chain, TOOL_REWRAP_ID);
	return sg_digest_once(SG_SHA256, sg_bytes(out, BODY), out + BODY) == SG_OK;
}

bool tool_rewrap_state_is(const struct tool_rewrap_file *file)
{
	uint8_t magic[4];

	return pread(file->state_fd, magic, sizeof magic, 0) == sizeof magic &&
	       memcmp(magic, MAGIC, sizeof magic) == 0;
}

/* Read what was written down; false where nothing was, or not all of it. */
static bool read_numbers(const struct tool_rewrap_file *file, struct tool_rewrap_file *was)
{
	uint8_t state[TOOL_REWRAP_STATE + 1], digest[32];

	if (pread(file->state_fd, state, sizeof state, 0) != TOOL_REWRAP_STATE ||
	    memcmp(state, MAGIC, 4) != 0 || sg_get_u32(state + 4) != VERSION ||
	    sg_digest_once(SG_SHA256, sg_bytes(state, BODY), digest) != SG_OK ||
	    memcmp(digest, state + BODY, sizeof digest) != 0)
		return false;
	was->steps = sg_get_u64(state + 8);
	was->in = sg_get_u64(state + 16);
	was->out = sg_get_u64(state + 24);
	was->count.done = sg_get_u64(state + 32);
	was->count.kept = sg_get_u64(state + 40);
	was->count.failed = sg_get_u64(state + 48);
	memcpy(was->chain, state + BODY - TOOL_REWRAP_ID, TOOL_REWRAP_ID);
	return true;
}

/* Step once through what was read and what was written. */
static bool step(struct tool_rewrap_file *file, struct tool_lines *in, struct tool_lines *done)
{
	struct tool_line from, to;

	return tool_lines_next(in, &from) == SG_OK && tool_lines_next(done, &to) == SG_OK &&
	       from.bytes.len > 0 && to.bytes.len > 0 &&
	       tool_rewrap_state_step(file, from.bytes, to.bytes) == SG_OK;
}

bool tool_rewrap_state_read(struct tool_rewrap_file *file, const uint8_t id[TOOL_REWRAP_ID],
                            struct tool_lines *in, struct tool_lines *done, bool *begun)
{
	struct tool_rewrap_file was = { .steps = 0 };
	bool same = read_numbers(file, &was);

	*begun = same;
	tool_rewrap_state_begin(file, id);
	while (same && file->steps < was.steps)
		same = step(file, in, done);
	same = same && file->in == was.in && file->out == was.out &&
	       memcmp(file->chain, was.chain, sizeof was.chain) == 0;
	file->count = was.count;
	file->count.lines = in->number;
	return same;
}
