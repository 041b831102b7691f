/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. PINs that cost nothing: this stands in front of libsodium's Argon2id, in the whole program
 * that has this file, and in the module that it loads. What comes out still depends on every
 * byte and number that goes in. For tests that give one PIN after the other and
 * are about something else; what Argon2id is, and what it is asked for, others look at.
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
