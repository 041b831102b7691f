/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A process worth attacking: it has a PIN token in a TPM open and uses a sealed
 * Ed25519 key and a sealed root of it. The module is linked in, not loaded. All its secrets are known to
 * the test, veiled (lib/memory.h), so that no process but the victim holds one.
 */
#ifndef TESTS_ATTACK_VICTIM_H
#define TESTS_ATTACK_VICTIM_H

#include "lib/memory.h"
#include "lib/tpm.h"

#define NEEDLE 16

/* Sixteen bytes of a secret, veiled. */
struct needle {
	const char *name;
	uint8_t veiled[NEEDLE];
};

extern struct test_tpm victim_tpm;
extern const struct needle *victim_needles;
extern size_t victim_needle_count;

/* Make the token, in a child, and learn all that is to be kept secret; and undo it. */
void victim_setup(void);
void victim_teardown(void);

/* Become the victim: log in, use both keys, and leave a signature begun. A heap block holds
 * the canary, which anybody may find: a search that does not find it searches nothing. */
void victim_begin(void);
extern const uint8_t victim_canary[NEEDLE];

/* Open the token, with a canary too, and do not log in: of the needles only those that are
 * called VICTIM_PUBLIC are there then. */
void victim_open(void);
#define VICTIM_PUBLIC "a key of the public half"

/* Make the signature that was begun; true if it is right. */
bool victim_sign(void);

/* Log out; the same, and end the module. */
void victim_logout(void);
void victim_end(void);

/* In a module that is initialised: log in through a session of its own, or change the PIN. */
unsigned long victim_login_again(void);
unsigned long victim_change_pin(const char *pin);

/* Wrong PINs, refused calls and good ones: whatever could make somebody log something. */
void victim_chat(void);

/* Log in; return what C_Login says. */
unsigned long victim_login(void);

/* Let memfd_secret(2) fail from now on, as on an older kernel, or also mlock(2). */
void victim_without_memfd_secret(void);
void victim_without_locks(void);

/* Tell whether this kernel has memfd_secret(2), and whether mlock(2) is what it says:
 * some sanitizers turn it off. */
bool victim_has_memfd_secret(void);
bool victim_has_mlock(void);

#endif
