/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What the sealer "hsm" and lists of sealers keep in the store: the identity of the key
 * that seals, blobs, keys that an HSM keeps, and lists of all that. What can be read is written
 * as it was, and nothing opens but what was closed.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "fuzz/input.h"
#include "seal/any/list.h"
#include "seal/hsm/blob.h"
#include "seal/hsm/kept.h"
#include "seal/hsm/sealer.h"
#include "seal/sealer.h"

static struct sg_secret *inner, *auth, *plain;

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static void make_secrets(void)
{
	need(sg_crypto_start() == SG_OK, "crypto");
	need(sg_secret_copy(sg_bytes_str("the key that an HSM closed......"), &inner) == SG_OK &&
	     sg_secret_copy(sg_bytes_str("what Argon2id made of a PIN....."), &auth) == SG_OK &&
	     sg_secret_copy(sg_bytes_str("what is sealed"), &plain) == SG_OK, "secrets");
}

static bool lies_in(struct sg_bytes part, struct sg_bytes whole)
{
	return part.data >= whole.data && part.len <= whole.len &&
	       (size_t)(part.data - whole.data) <= whole.len - part.len;
}

static void try_parent(struct sg_bytes stored)
{
	struct sg_hsm_profile profile;

	if (!sg_hsm_sealer_profile(stored, &profile))
		return;
	need(profile.id_len > 0 && profile.id_len <= SG_CLIENT_ID_MAX, "a key without a name");
	need(sg_hsm_profile_known(profile.way, profile.iv), "a profile that is none");
	need(strcmp(sg_hsm_way_name(profile.way), "unknown") != 0, "a way without a name");
}

/* Of the parts of a blob, make one that opens, and spoil it. */
static void close_again(const struct sg_hsm_blob *blob)
{
	const struct sg_secret *with = blob->auth ? auth : NULL;
	const struct sg_secret *without = blob->auth ? NULL : auth;
	struct sg_hsm_profile profile = { .id_len = blob->id.len };
	struct sg_secret *opened = NULL;
	struct sg_buf out = { 0 };
	struct sg_hsm_blob again;

	if (blob->id.len > 0)
		memcpy(profile.id, blob->id.data, blob->id.len);
	need(sg_hsm_blob_write(&profile, blob->closed, inner, with, plain, &out) == SG_OK,
	     "a blob can't be written");
	need(out.len <= SG_SEAL_BLOB_MAX, "a blob is longer than a blob may be");
	need(sg_hsm_blob_read(sg_buf_bytes(&out), &again), "a blob that was written can't be read");
	need(sg_bytes_equal(again.head, blob->head), "a head is written differently");
	need(sg_hsm_blob_open(&again, inner, with, &opened) == SG_OK &&
	     sg_secret_equal(sg_secret_bytes(opened), sg_secret_bytes(plain)),
	     "a blob does not open");
	sg_secret_free(&opened);
	need(sg_hsm_blob_open(&again, inner, without, &opened) == SG_ERR_SEALED_DAMAGED,
	     "a blob opens with another authorisation");
	/* All but the magic and the lengths, which are looked at before. */
	out.data[4 + 1 + 4 + (blob->id.len > 0 ? 0 : 4)] ^= 1;
	need(!sg_hsm_blob_read(sg_buf_bytes(&out), &again) ||
	     sg_hsm_blob_open(&again, inner, with, &opened) == SG_ERR_SEALED_DAMAGED,
	     "a blob whose head was changed opens");
	sg_buf_free(&out);
}

static void try_blob(struct sg_bytes stored)
{
	struct sg_secret *opened = NULL;
	struct sg_hsm_blob blob;

	if (!sg_hsm_blob_read(stored, &blob))
		return;
	need(lies_in(blob.id, stored) && lies_in(blob.closed, stored) &&
	     lies_in(blob.cipher, stored) && lies_in(blob.tag, stored) &&
	     blob.head.data == stored.data, "a part lies outside of its blob");
	need(sg_hsm_blob_open(&blob, inner, auth, &opened) == SG_ERR_SEALED_DAMAGED,
	     "a blob opens that nobody closed");
	close_again(&blob);
}

static void try_kept(struct sg_bytes stored)
{
	uint8_t token[SG_RESIDENT_ID];
	char label[SG_HSM_KEPT_LABEL];
	struct sg_buf out = { 0 };
	struct sg_hsm_kept kept;

	if (sg_hsm_kept_read(stored, &kept)) {
		need(kept.kind != NULL && kept.parent.len > 0, "a key of no kind, or of nobody");
		need(sg_hsm_kept_write(&kept, &out) == SG_OK, "writing fails");
		need(sg_bytes_equal(sg_buf_bytes(&out), stored), "a key is written differently");
	}
	if (sg_hsm_kept_owner(stored, token)) {
		sg_hsm_kept_label(token, label);
		need(sg_bytes_equal(sg_bytes(label, sizeof label), stored),
		     "a label is written differently");
	}
	sg_buf_free(&out);
}

/* Write what was read. */
static void write_list(enum sg_any_kind kind, const struct sg_bytes *part, size_t n,
                       struct sg_bytes stored)
{
	struct sg_buf copy[SG_ANY_MOST] = { { 0 } }, out = { 0 };

	for (size_t i = 0; i < n; i++) {
		need(lies_in(part[i], stored), "a part lies outside of its list");
		need(sg_buf_set(&copy[i], part[i]) == SG_OK, "memory");
	}
	need(sg_any_write(kind, copy, n, &out) == SG_OK, "writing fails");
	need(sg_bytes_equal(sg_buf_bytes(&out), stored), "a list is written differently");
	for (size_t i = 0; i < n; i++)
		sg_buf_free(&copy[i]);
	sg_buf_free(&out);
}

static void try_list(struct sg_bytes stored)
{
	struct sg_bytes part[SG_ANY_MOST];
	enum sg_err err;
	unsigned reads = 0;

	for (int kind = SG_ANY_PARENTS; kind <= SG_ANY_BLOBS; kind++) {
		for (size_t n = 2; n <= SG_ANY_MOST; n++) {
			err = sg_any_read((enum sg_any_kind)kind, stored, part, n);
			need(err == SG_OK || err == SG_ERR_FORMAT, "a list fails for another cause");
			if (err != SG_OK)
				continue;
			reads++;
			write_list((enum sg_any_kind)kind, part, n, stored);
			for (size_t i = 0; i < n; i++) {
				try_parent(part[i]);
				try_blob(part[i]);
			}
		}
	}
	need(reads <= 1, "a list is two lists");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sg_bytes stored = sg_bytes(fuzz_copy(data, len), len);

	if (inner == NULL)
		make_secrets();
	try_parent(stored);
	try_blob(stored);
	try_kept(stored);
	try_list(stored);
	fuzz_release();
	return 0;
}
