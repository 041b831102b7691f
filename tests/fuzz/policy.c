/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Policies as text and as they are stored, signers, and files of signed PCR values:
 * what can be read is written as it was, and gives the same digest; and an object of the TPM
 * under such a policy, whose digest therefore fits, is read or refused. And what is kept of a TPM:
 * objects of all kinds, attestation keys.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/spki.h"
#include "fuzz/input.h"
#include "seal/policy_signature.h"
#include "seal/tpm/ak.h"
#include "seal/tpm/derived.h"
#include "seal/tpm/sealed.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static void try_text(struct sg_bytes text)
{
	struct sg_policy policy = { 0 }, again = { 0 };
	struct sg_buf first = { 0 }, second = { 0 };
	enum sg_err err = sg_policy_parse(text, &policy);

	need(err == SG_OK || err == SG_ERR_FORMAT, "a text fails for another cause");
	if (err == SG_OK) {
		need(sg_policy_text(&policy, true, &first) == SG_OK, "writing fails");
		need(sg_policy_parse(sg_buf_bytes(&first), &again) == SG_OK,
		     "a canonical text can't be read");
		need(sg_policy_text(&again, true, &second) == SG_OK, "writing again fails");
		need(sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&second)),
		     "a canonical text has another form");
	}
	sg_policy_clear(&policy);
	sg_policy_clear(&again);
	sg_buf_free(&first);
	sg_buf_free(&second);
}

/* A fuzzer does not find a digest that fits, so it is given one. */
static void try_sealed(const struct sg_policy *policy, const uint8_t digest[SG_POLICY_DIGEST])
{
	struct sg_sealed sealed = { .object.private_area.size = 64 }, again = { 0 };
	TPMT_PUBLIC *area = &sealed.object.area.publicArea;
	struct sg_buf blob = { 0 };

	area->type = TPM2_ALG_KEYEDHASH;
	area->nameAlg = TPM2_ALG_SHA256;
	area->parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
	area->unique.keyedHash.size = 32;
	area->authPolicy.size = SG_POLICY_DIGEST;
	memcpy(area->authPolicy.buffer, digest, SG_POLICY_DIGEST);
	area->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	                         TPMA_OBJECT_ADMINWITHPOLICY;
	if (!policy->auth || policy->index.handle != 0)
		area->objectAttributes |= TPMA_OBJECT_NODA;
	need(sg_policy_copy(policy, &sealed.policy) == SG_OK, "memory");
	need(sg_sealed_write(&sealed, &blob) == SG_OK, "an object can't be written");
	need(sg_sealed_read(sg_buf_bytes(&blob), &again) == SG_OK, "an object can't be read");
	need(sg_sealed_has_auth(&again) == policy->auth, "it is not known whether it has a PIN");
	need(policy->auth || policy->index.handle == 0, "an index counts for no PIN");
	sg_sealed_clear(&sealed);
	sg_sealed_clear(&again);
	sg_buf_free(&blob);
}

static void try_stored(struct sg_bytes stored)
{
	uint8_t digest[SG_POLICY_DIGEST];
	struct sg_policy policy = { 0 };
	struct sg_buf out = { 0 };
	struct sg_writer w = sg_writer(&out);
	enum sg_err err = sg_policy_read(stored, &policy);

	need(err == SG_OK || err == SG_ERR_FORMAT, "a stored policy fails for another cause");
	if (err == SG_OK) {
		sg_policy_write(&policy, &w);
		need(w.err == SG_OK && sg_bytes_equal(sg_buf_bytes(&out), stored),
		     "a policy is written differently");
		need(sg_policy_digest(&policy, digest) == SG_OK, "it has no digest");
		if (!sg_policy_empty(&policy))
			try_sealed(&policy, digest);
	}
	sg_policy_clear(&policy);
	sg_buf_free(&out);
}

/* What is kept of a TPM reads as it was written. */
static void try_blobs(struct sg_bytes stored)
{
	struct sg_derived derived = { .label = { NULL, 0, 0 } };
	struct sg_sealed sealed = { .imported = false };
	struct sg_buf out = { 0 };
	struct sg_tpm_blob ak;

	if (sg_sealed_read(stored, &sealed) == SG_OK) {
		need(sg_sealed_write(&sealed, &out) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&out), stored), "an object is written differently");
		need(!sealed.imported || !sg_sealed_has_auth(&sealed), "a PIN was imported");
		need(!sg_derived_is(stored), "an object is of two kinds");
	}
	out.len = 0;
	if (sg_derived_read(stored, &derived) == SG_OK) {
		need(sg_derived_write(&derived, &out) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&out), stored), "a key is written differently");
		need(sg_derived_is(stored) && derived.label.len > 0 &&
		     derived.policy.signer.len > 0, "a key derives for every label");
	}
	out.len = 0;
	if (sg_ak_read(stored, &ak) == SG_OK)
		need(sg_ak_write(&ak, &out) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&out), stored),
		     "an attestation key is written differently");
	sg_sealed_clear(&sealed);
	sg_derived_clear(&derived);
	sg_buf_free(&out);
}

static void try_files(struct sg_bytes file)
{
	struct sg_policy_signatures signatures = { 0 };
	struct sg_buf der = { 0 }, pem = { 0 };
	struct sg_spki spki;

	(void)sg_policy_signatures_add(&signatures, file);
	for (size_t i = 0; i < signatures.n; i++) {
		need(signatures.list[i].len > 0 && signatures.list[i].len <= SG_POLICY_SIGNATURE_MAX &&
		     signatures.list[i].selected >> SG_PCRS == 0, "a signature is not checked");
		need(signatures.list[i].values == NULL || signatures.list[i].values->known ==
		     signatures.list[i].selected, "values are not those of the PCRs");
	}
	if (sg_spki_read(file, &spki) == SG_OK) {
		need(sg_spki_pem(file, &pem) == SG_OK, "a key can't be written");
		need(sg_spki_from_pem(sg_buf_bytes(&pem), &der) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&der), file), "a key is another after PEM");
	}
	(void)sg_spki_from_pem(file, &der);
	sg_policy_signatures_clear(&signatures);
	sg_buf_free(&der);
	sg_buf_free(&pem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	need(sg_crypto_start() == SG_OK, "crypto");
	try_text(sg_bytes(data, len));
	try_stored(sg_bytes(data, len));
	try_blobs(sg_bytes(data, len));
	try_files(sg_bytes(data, len));
	sg_crypto_stop();
	return 0;
}
