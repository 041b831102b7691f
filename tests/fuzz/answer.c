/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What a vault says of its seal: it is understood or refused, and what is understood
 * holds together.
 */
#include "tools/unseal_answer.h"

#include <string.h>

#include "fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct unseal_answer answer;
	bool read = unseal_answer_read(sg_bytes(data, len), &answer);

	if (!read && !answer.sealed)
		fuzz_fail("what is no answer says that a vault is unsealed");
	if (read && answer.sealed && answer.initialized &&
	    (answer.t == 0 || answer.t > answer.n || answer.progress >= answer.t))
		fuzz_fail("a sealed vault has shares that it can't have");
	if (memchr(answer.nonce, 0, sizeof answer.nonce) == NULL ||
	    memchr(answer.type, 0, sizeof answer.type) == NULL)
		fuzz_fail("a word does not end");
	return 0;
}
