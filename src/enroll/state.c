/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The state of an enrolment as bytes, with a hash at the end that finds what a disk
 * did to them.
 */
#include "enroll/state.h"

#include <string.h>

#include "crypto/digest.h"
#include "util/cursor.h"

#define MAGIC "SGEN"
#define VERSION 2
#define FIRST 1                         /* a version that had no identity of before */
#define BLOB_MAX 65536

/* A buffer of the state, and its bound. */
struct part {
	size_t offset, max;
};

static const struct part parts[] = {
	{ offsetof(struct sg_enroll_state, ak_blob), BLOB_MAX },
	{ offsetof(struct sg_enroll_state, hello), SG_ENROLL_MESSAGE_MAX },
	{ offsetof(struct sg_enroll_state, challenge), SG_ENROLL_MESSAGE_MAX },
	{ offsetof(struct sg_enroll_state, evidence), SG_ENROLL_MESSAGE_MAX },
	{ offsetof(struct sg_enroll_state, identity), SG_ENROLL_MESSAGE_MAX },
	{ offsetof(struct sg_enroll_state, blob), BLOB_MAX },
	{ offsetof(struct sg_enroll_state, before), SG_ENROLL_MESSAGE_MAX },
};

#define PARTS (sizeof parts / sizeof parts[0])
#define PARTS_FIRST (PARTS - 1)

static struct sg_buf *part_of(struct sg_enroll_state *state, size_t i)
{
	return (struct sg_buf *)((uint8_t *)state + parts[i].offset);
}

enum sg_err sg_enroll_state_write(const struct sg_enroll_state *state, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);
	uint8_t digest[SG_ENROLL_HASH];

	out->len = 0;
	sg_write_magic(&w, MAGIC);
	sg_write_u32(&w, VERSION);
	sg_write_u32(&w, (uint32_t)state->phase);
	sg_write_bytes(&w, sg_bytes(state->key, sizeof state->key));
	for (size_t i = 0; i < PARTS; i++)
		sg_write_var(&w, sg_buf_bytes((const struct sg_buf *)((const uint8_t *)state +
		                                                      parts[i].offset)));
	if (w.err == SG_OK)
		w.err = sg_digest_once(SG_SHA256, sg_buf_bytes(out), digest);
	sg_write_bytes(&w, sg_bytes(digest, sizeof digest));
	return w.err;
}

/* Tell whether all that a phase has is there. */
static bool whole(const struct sg_enroll_state *state)
{
	if (state->phase == SG_PHASE_DONE || state->phase == SG_PHASE_NONE)
		return true;
	return state->hello.len > 0 &&
	       (state->phase < SG_PHASE_ANSWERED ||
	        (state->challenge.len > 0 && state->evidence.len > 0 && state->blob.len > 0)) &&
	       (state->phase < SG_PHASE_NAMED || state->identity.len > 0);
}

enum sg_err sg_enroll_state_read(struct sg_bytes bytes, struct sg_enroll_state *state)
{
	struct sg_reader r = sg_reader(bytes);
	uint8_t digest[SG_ENROLL_HASH];
	struct sg_bytes kept, key;
	uint32_t phase, version;
	enum sg_err err;

	if (bytes.len < sizeof digest)
		return SG_ERR_FORMAT;
	err = sg_digest_once(SG_SHA256, sg_bytes(bytes.data, bytes.len - sizeof digest), digest);
	sg_read_magic(&r, MAGIC);
	version = sg_read_u32(&r);
	if (err == SG_OK && version != VERSION && version != FIRST && !r.failed)
		return SG_ERR_STORE_VERSION;
	phase = sg_read_u32(&r);
	key = sg_read_bytes(&r, sizeof state->key);
	if (key.len == sizeof state->key)
		memcpy(state->key, key.data, key.len);
	for (size_t i = 0; i < (version == FIRST ? PARTS_FIRST : PARTS) && err == SG_OK; i++)
		err = sg_buf_set(part_of(state, i), sg_read_var(&r, parts[i].max));
	kept = sg_read_bytes(&r, sizeof digest);
	if (err != SG_OK)
		return err;
	state->phase = phase < SG_PHASES ? (enum sg_enroll_phase)phase : SG_PHASE_NONE;
	return sg_reader_done(&r) && phase < SG_PHASES && whole(state) &&
	                       sg_bytes_equal(kept, sg_bytes(digest, sizeof digest))
	               ? SG_OK
	               : SG_ERR_FORMAT;
}

/* Forget all but the attestation key and the part at keep. */
static void forget(struct sg_enroll_state *state, const struct sg_buf *keep)
{
	for (size_t i = 1; i < PARTS; i++)
		if (part_of(state, i) != keep)
			sg_buf_wipe(part_of(state, i));
}

static void move(struct sg_buf *from, struct sg_buf *to)
{
	sg_buf_wipe(to);
	*to = *from;
	*from = (struct sg_buf){ NULL, 0, 0 };
}

void sg_enroll_state_restart(struct sg_enroll_state *state)
{
	if (state->phase == SG_PHASE_DONE)
		move(&state->identity, &state->before);
	forget(state, &state->before);
	memset(state->key, 0, sizeof state->key);
	state->phase = SG_PHASE_NONE;
}

void sg_enroll_state_return(struct sg_enroll_state *state)
{
	struct sg_enroll_identity identity = { .class = SG_CLASS_MACHINE };

	if (state->phase == SG_PHASE_DONE)
		return;
	sg_enroll_state_restart(state);
	if (sg_enroll_identity_read(sg_buf_bytes(&state->before), &identity) == SG_ENROLL_OK) {
		memcpy(state->key, identity.key, sizeof state->key);
		move(&state->before, &state->identity);
		state->phase = SG_PHASE_DONE;
	}
	sg_enroll_identity_clear(&identity);
}

void sg_enroll_state_finish(struct sg_enroll_state *state)
{
	forget(state, &state->identity);
	state->phase = SG_PHASE_DONE;
}

void sg_enroll_state_clear(struct sg_enroll_state *state)
{
	forget(state, NULL);
	sg_buf_wipe(&state->ak_blob);
	*state = (struct sg_enroll_state){ .phase = SG_PHASE_NONE };
}
