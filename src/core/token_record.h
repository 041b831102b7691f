/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The stored form of a token itself: who it is, which hardware guards it,
 * and the sealed copies of its key. The whole is authenticated with the keys of both halves,
 * so it is hostile until sg_token_record_check has passed.
 *
 * Whoever may ask the hardware has the keys of the public half, without any PIN, and can
 * write a record that passes as long as nobody has given one. The keys of the private half come
 * of the token key: the open copy of a machine token gives it, and in a PIN token the user's
 * PIN or the officer's. Wherever they are at hand they are checked too, so nothing that a PIN
 * opens rests on a record that somebody else made; and without both no record is written.
 */
#ifndef SG_CORE_TOKEN_RECORD_H
#define SG_CORE_TOKEN_RECORD_H

#include "core/keyset.h"
#include "crypto/kdf.h"
#include "seal/pin_index.h"

#define SG_LABEL 32                     /* bytes of a label, space-padded */
#define SG_SERIAL 16

/* The sealed copies. Values are array indices and part of the format. */
enum sg_seal_slot {
	SG_SEAL_OPEN,           /* no PIN: the token key of a machine token, else the public key */
	SG_SEAL_USER,           /* PIN token: the token key under the user's PIN */
	SG_SEAL_SO,             /* PIN token: the token key under the security officer's PIN */
	SG_SEAL_SLOTS
};

#define SG_PIN_LIST 16                  /* indices that a record can name */

/* The indices of the hardware that were made, or were to be made, for the PINs of a token.
 * One is entered before it is made and leaves the list when it is removed, so that none is
 * forgotten in the hardware whenever the power goes. */
struct sg_pin_list {
	struct sg_pin_entry {
		struct sg_pin_index index;
		bool condemned;         /* no copy uses it nor will: it is being removed */
	} entry[SG_PIN_LIST];
	size_t n;
};

struct sg_sealed_copy {
	struct sg_buf blob;             /* empty: there is no such copy */
	uint8_t salt[SG_ARGON2_SALT];   /* of the PIN */
	struct sg_argon2_cost cost;
};

struct sg_token_record {
	uint8_t uuid[SG_UUID];
	bool machine;                   /* no PIN: the hardware alone guards it */
	uint64_t created;               /* seconds since 1970 */
	char label[SG_LABEL];           /* space-padded */
	char sealer[SG_SEALER_NAME];    /* zero-padded */
	struct sg_buf parent;           /* the sealer's parent key, pinned */
	struct sg_sealed_copy copy[SG_SEAL_SLOTS];
	uint32_t pin_tries;             /* wrong PINs of the user in a row that an index takes; 0:
	                                 * the hardware's own lockout counts */
	struct sg_pin_list indices;     /* empty where pin_tries is 0 */
	struct sg_buf counter;          /* names its store's counter; empty: there is none */
	struct sg_buf policy;           /* of all copies, as text (seal/policy.h); empty: none */
	uint8_t mac[2][SG_MAC];         /* by enum sg_half; the private one covers the other */
};

/* Read a stored record into an empty one, checking its form only. Errors: STORE_DAMAGED,
 * STORE_VERSION. Free it with sg_token_record_clear, also after an error. */
enum sg_err sg_token_record_parse(struct sg_bytes stored, struct sg_token_record *record);

/* Authenticate the record with the keys of both halves and write it; it replaces what out
 * holds. Errors: CLOSED without the keys of both, NOMEM. */
enum sg_err sg_token_record_write(struct sg_token_record *record, struct sg_keyset *const keys[2],
                                  struct sg_buf *out);

/* Check the authentication of a parsed record: by the public half's keys, and by those of the
 * private half unless they are NULL, which they may be only where nobody has given a PIN.
 * Errors: STORE_DAMAGED, CLOSED without the public half's keys, NOMEM. */
enum sg_err sg_token_record_check(const struct sg_token_record *record,
                                  struct sg_keyset *const keys[2]);

/* Tell whether two records that were read or written are the same one. */
bool sg_token_record_same(const struct sg_token_record *a, const struct sg_token_record *b);

/* Free what the record owns and leave an empty one. */
void sg_token_record_clear(struct sg_token_record *record);

/* Write the serial number, which is fixed by the token's uuid: 16 hexadecimal digits, no zero. */
void sg_token_record_serial(const struct sg_token_record *record, char serial[SG_SERIAL]);

/* Set the label, space-padded. Errors: RANGE for more than 32 bytes, ARG where it is
 * empty or no UTF-8 text without control characters. */
enum sg_err sg_token_record_set_label(struct sg_token_record *record, struct sg_bytes label);

#endif
