/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Extends digests of policies. seal/policy.c makes the digests of our own policies;
 * this is the verifier's half, which is not to share its mistakes.
 */
#include "enroll/policy_digest.h"

#include <string.h>

/* Command codes [TPM2 Part 2 §6.5.2]. */
#define CC_POLICY_SECRET 0x00000151
#define CC_POLICY_AUTHORIZE 0x0000016a
#define CC_POLICY_AUTH_VALUE 0x0000016b
#define CC_POLICY_COMMAND_CODE 0x0000016c
#define CC_POLICY_COUNTER_TIMER 0x0000016d
#define CC_POLICY_OR 0x00000171
#define CC_POLICY_PCR 0x0000017f

#define CLOCK_AT 8                      /* in TPMS_TIME_INFO [TPM2 Part 2 §10.11.6] */
#define UNSIGNED_LT 5                   /* TPM_EO [TPM2 Part 2 §6.8] */

/* digest = SHA-256(digest ‖ code ‖ parts). */
static enum sg_err extend(uint8_t digest[SG_POLICY_DIGEST], uint32_t code,
                          const struct sg_bytes *parts, size_t n)
{
	struct sg_buf all = { 0 };
	struct sg_writer w = sg_writer(&all);
	enum sg_err err;

	sg_write_bytes(&w, sg_bytes(digest, SG_POLICY_DIGEST));
	sg_write_u32(&w, code);
	for (size_t i = 0; i < n; i++)
		sg_write_bytes(&w, parts[i]);
	err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&all), digest);
	sg_buf_free(&all);
	return err;
}

/* PolicyUpdate: code and Name, and then the reference in a hash of its own [TPM2 Part 3
 * §23.2.3]. */
static enum sg_err update(uint8_t digest[SG_POLICY_DIGEST], uint32_t code, struct sg_bytes name,
                          struct sg_bytes ref)
{
	struct sg_digest *d = NULL;
	enum sg_err err = extend(digest, code, &name, 1);

	if (err == SG_OK)
		err = sg_digest_new(SG_SHA256, &d);
	if (err == SG_OK)
		err = sg_digest_update(d, sg_bytes(digest, SG_POLICY_DIGEST));
	if (err == SG_OK && ref.len > 0)
		err = sg_digest_update(d, ref);
	if (err == SG_OK)
		err = sg_digest_final(d, digest);
	sg_digest_free(&d);
	return err;
}

enum sg_err sg_enroll_digest_pcr(uint8_t digest[SG_POLICY_DIGEST], const struct sg_pcrs *pcrs)
{
	uint8_t values[SG_PCRS_DIGEST];
	struct sg_buf selection = { 0 };
	struct sg_writer w = sg_writer(&selection);
	enum sg_err err = sg_pcrs_digest(pcrs, values);

	sg_pcrs_selection(pcrs, &w);
	if (err == SG_OK)
		err = w.err;
	if (err == SG_OK) {
		const struct sg_bytes parts[] = {
			sg_buf_bytes(&selection), sg_bytes(values, sizeof values),
		};

		err = extend(digest, CC_POLICY_PCR, parts, 2);
	}
	sg_buf_free(&selection);
	return err;
}

enum sg_err sg_enroll_digest_clock(uint8_t digest[SG_POLICY_DIGEST], uint64_t until)
{
	uint8_t compared[8 + 2 + 2] = { [9] = CLOCK_AT, [11] = UNSIGNED_LT };
	uint8_t args[SG_POLICY_DIGEST];
	struct sg_bytes part = sg_bytes(args, sizeof args);
	enum sg_err err;

	sg_put_u64(compared, until);
	err = sg_digest_once(SG_SHA256, sg_bytes(compared, sizeof compared), args);
	return err == SG_OK ? extend(digest, CC_POLICY_COUNTER_TIMER, &part, 1) : err;
}

enum sg_err sg_enroll_digest_authorize(uint8_t digest[SG_POLICY_DIGEST], struct sg_bytes name,
                                       struct sg_bytes ref)
{
	memset(digest, 0, SG_POLICY_DIGEST);
	return update(digest, CC_POLICY_AUTHORIZE, name, ref);
}

enum sg_err sg_enroll_digest_secret(uint8_t digest[SG_POLICY_DIGEST], struct sg_bytes name,
                                    struct sg_bytes ref)
{
	return update(digest, CC_POLICY_SECRET, name, ref);
}

enum sg_err sg_enroll_digest_auth(uint8_t digest[SG_POLICY_DIGEST])
{
	return extend(digest, CC_POLICY_AUTH_VALUE, NULL, 0);
}

enum sg_err sg_enroll_digest_command(uint8_t digest[SG_POLICY_DIGEST], uint32_t code)
{
	uint8_t bytes[4];
	struct sg_bytes part = sg_bytes(bytes, sizeof bytes);

	sg_put_u32(bytes, code);
	return extend(digest, CC_POLICY_COMMAND_CODE, &part, 1);
}

enum sg_err sg_enroll_digest_or(uint8_t digest[SG_POLICY_DIGEST],
                                const uint8_t (*branches)[SG_POLICY_DIGEST], size_t n)
{
	struct sg_bytes all = sg_bytes(branches, n * sizeof branches[0]);

	memset(digest, 0, SG_POLICY_DIGEST);
	return extend(digest, CC_POLICY_OR, &all, 1);
}
