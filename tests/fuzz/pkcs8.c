/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The reader of private keys, PEM and DER. A seed comes out only for an
 * Ed25519 key, and belongs to the public key of which the file can hold a copy.
 */
#include "crypto/pkcs8.h"

#include "crypto/crypto.h"
#include "fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum sg_pkcs8_kind kind = SG_PKCS8_UNKNOWN;
	struct sg_secret *seed = NULL;
	enum sg_err err;

	if (sg_crypto_start() != SG_OK)
		fuzz_fail("crypto does not start");
	err = sg_pkcs8_ed25519(sg_bytes(data, len), &kind, &seed);
	if (err != SG_OK && err != SG_ERR_FORMAT)
		fuzz_fail("a key fails for another cause: %s", sg_err_sentence(err));
	if ((err == SG_OK) != (kind == SG_PKCS8_ED25519) || (err == SG_OK) != (seed != NULL))
		fuzz_fail("the kind %d does not fit the answer", (int)kind);
	if (seed != NULL && seed->len != 32)
		fuzz_fail("a seed has %zu bytes", seed->len);
	sg_secret_free(&seed);
	return 0;
}
