/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. PINs and passphrases that cost nothing: this stands in front of libsodium's Argon2id, in
 * the whole program and in the module that it loads. What comes out still depends on every byte
 * and number that goes in. What Argon2id is, and what it is asked for, is looked at by programs without
 * this one (tests/local.mk), and by the scripts.
 */
#include <sodium.h>
#include <string.h>

__attribute__((visibility("default")))
int crypto_pwhash(unsigned char *const out, unsigned long long out_len, const char *const pin,
                  unsigned long long pin_len, const unsigned char *const salt,
                  unsigned long long passes, size_t memory, int algorithm)
{
	const uint64_t numbers[] = { passes, memory, (uint64_t)algorithm };
	crypto_generichash_state state;

	if (crypto_generichash_init(&state, salt, crypto_pwhash_SALTBYTES, out_len) != 0 ||
	    crypto_generichash_update(&state, (const void *)numbers, sizeof numbers) != 0 ||
	    crypto_generichash_update(&state, (const void *)pin, pin_len) != 0)
		return -1;
	return crypto_generichash_final(&state, out, out_len);
}
