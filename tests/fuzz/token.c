/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The token record and the state record: what can be parsed is written as it
 * was, and passes its own authentication once that was made with the right keys.
 */
#include "core/anchor.h"
#include "core/state.h"
#include "core/token_record.h"
#include "crypto/crypto.h"
#include "fuzz/input.h"

static struct sg_keyset *keys[2];
static const uint8_t uuid[SG_UUID] = "token";

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static void make_keys(void)
{
	struct sg_secret *key = NULL;

	need(sg_crypto_start() == SG_OK, "crypto");
	need(sg_secret_new(SG_TOKEN_KEY, &key) == SG_OK, "a key");
	key->len = SG_TOKEN_KEY;
	need(sg_keyset_derive(key, uuid, &keys[SG_PUBLIC_HALF]) == SG_OK, "keys");
	key->data[0] ^= 1;
	need(sg_keyset_derive(key, uuid, &keys[SG_PRIVATE_HALF]) == SG_OK, "keys");
	sg_secret_free(&key);
}

static void try_token(struct sg_bytes stored)
{
	struct sg_token_record record = { 0 }, again = { 0 };
	struct sg_buf out = { 0 };
	char serial[SG_SERIAL];
	enum sg_err err = sg_token_record_parse(stored, &record);

	need(err == SG_OK || err == SG_ERR_STORE_DAMAGED || err == SG_ERR_STORE_VERSION,
	     "a token record fails for another cause");
	if (err == SG_OK) {
		(void)sg_token_record_check(&record, keys);
		sg_token_record_serial(&record, serial);
		(void)sg_token_record_set_label(&record, sg_bytes(record.label, SG_LABEL));
		need(sg_token_record_write(&record, keys, &out) == SG_OK, "writing fails");
		need(sg_token_record_parse(sg_buf_bytes(&out), &again) == SG_OK,
		     "a token record that was written can't be read");
		need(sg_token_record_check(&again, keys) == SG_OK, "its authentication fails");
		again.mac[SG_PRIVATE_HALF][0] ^= 1;
		need(sg_token_record_check(&again, keys) != SG_OK, "a false one passes");
	}
	sg_token_record_clear(&record);
	sg_token_record_clear(&again);
	sg_buf_free(&out);
}

static void try_state(struct sg_bytes stored)
{
	struct sg_buf out = { 0 };
	struct sg_state state;

	if (sg_state_parse(stored, &state) == SG_OK) {
		(void)sg_set_check(&state.set[0], SG_PUBLIC_HALF, keys[0], uuid);
		need(sg_state_write(&state, &out) == SG_OK, "writing fails");
		need(sg_bytes_equal(sg_buf_bytes(&out), stored), "a state is written differently");
		sg_set_add(&state.set[0], keys[0], uuid, 1);
		sg_set_sign(&state.set[0], SG_PUBLIC_HALF, keys[0], uuid);
		need(sg_set_check(&state.set[0], SG_PUBLIC_HALF, keys[0], uuid) == SG_OK,
		     "the authentication of a set fails");
		need(sg_set_check(&state.set[0], SG_PRIVATE_HALF, keys[0], uuid) != SG_OK,
		     "a set passes for the other half");
	}
	sg_buf_free(&out);
}

static void try_anchor(struct sg_bytes stored)
{
	struct sg_token_record record = { .machine = true };
	struct sg_state state = { .set = { { 0 } } };
	struct sg_buf out = { 0 };
	struct sg_anchor anchor;

	if (sg_anchor_parse(stored, &anchor) == SG_OK) {
		(void)sg_anchor_check(&anchor, keys, &record, &state);
		need(sg_anchor_write(&anchor, &out) == SG_OK, "writing fails");
		need(sg_bytes_equal(sg_buf_bytes(&out), stored),
		     "an anchor is written differently");
		sg_anchor_sign(&anchor, keys, &record, &state);
		need(sg_anchor_check(&anchor, keys, &record, &state) == SG_OK,
		     "the authentication of an anchor fails");
		record.mac[SG_PRIVATE_HALF][0] ^= 1;
		need(sg_anchor_check(&anchor, keys, &record, &state) != SG_OK,
		     "an anchor passes for another record");
		record.mac[SG_PRIVATE_HALF][0] ^= 1;
		anchor.witness.sum[0] ^= 1;
		need(sg_anchor_check(&anchor, keys, &record, &state) != SG_OK,
		     "an anchor passes with another witness");
	}
	sg_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (keys[0] == NULL)
		make_keys();
	try_token(sg_bytes(data, len));
	try_state(sg_bytes(data, len));
	try_anchor(sg_bytes(data, len));
	return 0;
}
