/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: the cryptography of this build, tried with known values, and the memory
 * for secrets. Needs neither a configuration nor a TPM.
 */
#include "tools/doctor.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "crypto/aes_gcm.h"
#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "crypto/keywrap.h"
#include "seal/sealer.h"
#include "tools/fail.h"
#include "util/slab.h"

#define MEMLOCK_WANTED ((rlim_t)8 << 20)        /* 100,000 unwrapped AES keys */

/* RFC 8032 §7.1 test 2, and a round through each of the others. */
static enum sg_err try_crypto(void)
{
	static const uint8_t seed[32] = {
		0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11,
		0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed,
		0x4f, 0xb8, 0xa6, 0xfb,
	};
	static const uint8_t public_key[32] = {
		0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b,
		0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1,
		0x2a, 0xf4, 0x66, 0x0c,
	};
	uint8_t signature[SG_ED25519_SIGNATURE], wrapped[40], cipher[32], tag[SG_GCM_TAG];
	struct sg_bytes key = sg_bytes(seed, sizeof seed), iv = sg_bytes(public_key, SG_GCM_IV);
	struct sg_bytes none = sg_bytes(NULL, 0);
	struct sg_secret *pair = NULL, *plain = NULL;
	enum sg_err err;

	err = sg_ed25519_from_seed(key, &pair);
	if (err == SG_OK && !sg_bytes_equal(sg_ed25519_public(pair), sg_bytes(public_key, 32)))
		err = SG_ERR_CRYPTO;
	if (err == SG_OK)
		err = sg_ed25519_sign(sg_secret_bytes(pair), iv, signature);
	if (err == SG_OK)
		err = sg_ed25519_verify(sg_bytes(public_key, 32), iv,
		                        sg_bytes(signature, sizeof signature));
	if (err == SG_OK)
		err = sg_keywrap_wrap(SG_KWP, key, sg_bytes(public_key, 32), wrapped);
	if (err == SG_OK)
		err = sg_keywrap_unwrap(SG_KWP, key, sg_bytes(wrapped, sizeof wrapped), &plain);
	if (err == SG_OK)
		err = sg_gcm_encrypt(key, iv, none, sg_bytes(public_key, 32), cipher, tag,
		                     sizeof tag);
	if (err == SG_OK)
		err = sg_gcm_decrypt(key, iv, none, sg_bytes(cipher, 32), sg_bytes(tag, sizeof tag),
		                     cipher);
	if (err == SG_OK && memcmp(cipher, public_key, sizeof cipher) != 0)
		err = SG_ERR_CRYPTO;
	sg_secret_free(&pair);
	sg_secret_free(&plain);
	return err;
}

void doctor_check_crypto(struct doctor *doctor)
{
	char tpm[SG_SEALER_MODEL + 1], hsm[SG_SEALER_MODEL + 1], soft[SG_SEALER_MODEL + 1];
	enum sg_err err;

	sg_sealer_model("tpm", tpm);
	sg_sealer_model("hsm", hsm);
	sg_sealer_model("soft", soft);
	tool_log_clear();
	err = sg_crypto_start();
	if (err == SG_OK)
		err = try_crypto();
	if (err == SG_OK)
		doctor_report(doctor, "cryptography", FINE, NULL, "Ed25519, AES key wrap and "
		              "AES-GCM work; sealers: tpm (%s), hsm (%s), soft (%s)", tpm, hsm,
		              soft);
	else if (err == SG_ERR_CRYPTO || err == SG_ERR_TAG)
		doctor_report(doctor, "cryptography", FAIL, "Reinstall libssl3 and libsodium23.",
		              "%s (%s)", sg_err_sentence(err), tool_log_lines(err));
	else                    /* memory, most often: the next check says more */
		doctor_report_err(doctor, "cryptography", err);
}

void doctor_check_memory(struct doctor *doctor)
{
	const char *fix = sg_err_advice(SG_ERR_SECURE_MEMORY);
	struct sg_slab_status status;
	struct rlimit limit;
	enum sg_err err;

	tool_log_clear();
	err = sg_slab_probe();
	if (err != SG_OK) {
		doctor_report_err(doctor, "memory for secrets", err);
		return;
	}
	sg_slab_status(&status);
	if (status.kind == SG_SLAB_MEMFD_SECRET)
		doctor_report(doctor, "memory for secrets", FINE, NULL,
		              "memfd_secret: not even root reads it with a debugger");
	else
		doctor_report(doctor, "memory for secrets", WARN, "Start the kernel with "
		              "secretmem.enable=1 (from 6.5 on it is enabled).", "locked, but this "
		              "kernel gives no memfd_secret: root can read it with a debugger");
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		doctor_report(doctor, "memory limit", WARN, NULL, "%s", strerror(errno));
	else if (limit.rlim_cur < MEMLOCK_WANTED)
		doctor_report(doctor, "memory limit", WARN, fix, "RLIMIT_MEMLOCK is %llu KiB: "
		              "enough for some keys, not for 100,000",
		              (unsigned long long)limit.rlim_cur >> 10);
	else if (limit.rlim_cur == RLIM_INFINITY)
		doctor_report(doctor, "memory limit", FINE, NULL, "RLIMIT_MEMLOCK is unlimited");
	else
		doctor_report(doctor, "memory limit", FINE, NULL, "RLIMIT_MEMLOCK is %llu KiB",
		              (unsigned long long)limit.rlim_cur >> 10);
}
