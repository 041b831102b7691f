/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What comes from other machines: descriptions of nodes, keys that were sent, what is in
 * these, and certificates. What can be read is written as it was, and an area that is taken for a
 * storage key is one that something can be closed for.
 */
#include <string.h>

#include "core/sent_key.h"
#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "crypto/pem.h"
#include "fuzz/input.h"
#include "seal/tpm/duplicate.h"
#include "seal/tpm/ek.h"
#include "seal/tpm/send.h"

static struct sg_secret *key, *second;

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static void make_secrets(void)
{
	need(sg_crypto_start() == SG_OK, "crypto");
	need(sg_secret_copy(sg_bytes_str("the first of the two that close it"), &key) == SG_OK &&
	     sg_secret_copy(sg_bytes_str("the second of the two that close it"), &second) == SG_OK,
	     "secrets");
	key->len = second->len = SG_PARCEL_KEY;
}

/* The text is given as it is, and as what a block of it holds. */
static void as_text(struct sg_bytes input, const char *label, struct sg_buf *text)
{
	need(sg_pem_write(label, input, text) == SG_OK, "memory");
}

static void try_node(struct sg_bytes text)
{
	struct sg_node node = { .host = { NULL, 0, 0 } }, again = node;
	struct sg_buf first = { 0 }, other = { 0 };

	if (sg_node_read(text, &node) == SG_OK) {
		(void)sg_tpm_node_check(&node);
		need(sg_node_write(&node, &first) == SG_OK, "a node can't be written");
		need(sg_node_read(sg_buf_bytes(&first), &again) == SG_OK, "nor read again");
		need(sg_node_write(&again, &other) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&other)),
		     "a node has another form");
	}
	sg_node_clear(&node);
	sg_node_clear(&again);
	sg_buf_free(&first);
	sg_buf_free(&other);
}

static void try_parcel(struct sg_bytes text)
{
	struct sg_parcel parcel = { .is_signed = false }, again = { .is_signed = false };
	struct sg_buf first = { 0 }, other = { 0 };
	struct sg_secret *plain = NULL;
	struct sg_tpm_imported imported;

	if (sg_parcel_read(text, &parcel) == SG_OK) {
		need(sg_parcel_open(&parcel, key, parcel.endorsed ? second : NULL, &plain) != SG_OK,
		     "what nobody closed is opened");
		(void)sg_tpm_duplicate_read(&parcel, &imported);
		need(sg_parcel_write(&parcel, &first) == SG_OK, "a parcel can't be written");
		need(sg_parcel_read(sg_buf_bytes(&first), &again) == SG_OK, "nor read again");
		need(sg_parcel_write(&again, &other) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&other)),
		     "a parcel has another form");
	}
	sg_parcel_clear(&parcel);
	sg_parcel_clear(&again);
	sg_buf_free(&first);
	sg_buf_free(&other);
}

static void try_content(struct sg_bytes bytes)
{
	struct sg_sent_key content = { .value = NULL };
	struct sg_secret *again = NULL;

	if (sg_sent_key_read(bytes, &content) == SG_OK)
		need(sg_sent_key_write(&content, &again) == SG_OK &&
		     sg_bytes_equal(sg_secret_bytes(again), bytes), "what was sent has another form");
	sg_secret_free(&again);
	sg_sent_key_clear(&content);
}

static void try_keys(struct sg_bytes bytes)
{
	struct sg_parcel parcel = { .is_signed = false };
	struct sg_buf spki = { 0 };
	TPMT_PUBLIC area;
	enum sg_ek kind;

	if (sg_tpm_storage_key_read(bytes, &area) == SG_OK && area.type == TPM2_ALG_ECC)
		need(sg_tpm_duplicate(&area, key, &parcel) == SG_OK, "a storage key is none");
	if (sg_certificate_key(bytes, &spki) == SG_OK)
		(void)sg_ek_area(sg_buf_bytes(&spki), &kind, &area);
	sg_parcel_clear(&parcel);
	sg_buf_free(&spki);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sg_bytes input = sg_bytes(data, size);
	struct sg_buf node = { 0 }, parcel = { 0 };

	if (key == NULL)
		make_secrets();
	as_text(input, "SIGNET NODE", &node);
	as_text(input, "SIGNET SENT KEY", &parcel);
	try_node(input);
	try_node(sg_buf_bytes(&node));
	try_parcel(input);
	try_parcel(sg_buf_bytes(&parcel));
	try_content(input);
	try_keys(input);
	sg_buf_free(&node);
	sg_buf_free(&parcel);
	return 0;
}
