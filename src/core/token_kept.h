/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Keys that hardware keeps for a token, seen from the hardware: each bears the names of
 * its token and of its object there. So what is left of one whose record is gone can be found, and
 * goes with its token. Asks the hardware, and holds no lock.
 */
#ifndef SG_CORE_TOKEN_KEPT_H
#define SG_CORE_TOKEN_KEPT_H

#include "core/token.h"
#include "seal/resident.h"

/* A key that hardware has for a token, or a device that could not be asked for such. */
struct sg_token_kept {
	size_t i;                       /* of the device */
	char device[SG_RESIDENT_DEVICE];
	bool asked;                     /* false: key is void */
	struct sg_resident_found key;
	enum sg_err err;                /* why it is still there; SG_OK where it is not */
};

struct sg_token_kept_list {
	struct sg_token_kept *entry;
	size_t n, cap;
};

/* Which of a token's keys are meant. Both are paths of stores, or NULL: any. */
struct sg_token_kept_which {
	const char *in;                 /* this one has their records */
	const char *not_in;             /* and this one, if it is there, has not */
};

/* List the keys of the token of that uuid in all devices of its sealer, with a row for each device
 * that does not answer; nothing where it keeps none. The caller clears *list, empty before, also
 * after an error. Errors: NOMEM, the store's. */
enum sg_err sg_token_kept_find(struct sg_sealer *sealer, const uint8_t uuid[SG_UUID],
                               const struct sg_token_kept_which *which,
                               struct sg_token_kept_list *list);

/* Destroy them; who is gone leaves the list. */
void sg_token_kept_remove(struct sg_sealer *sealer, struct sg_token_kept_list *list);

/* Tell whether the store at path has a record of the key. Errors: the store's. */
enum sg_err sg_token_kept_recorded(const char *path, const uint8_t key[SG_RESIDENT_ID],
                                   bool *recorded);

/* Enter a row for each device, of an error for which none could be asked. Errors: NOMEM. */
enum sg_err sg_token_kept_give_up(struct sg_sealer *sealer, enum sg_err why,
                                  struct sg_token_kept_list *list);

void sg_token_kept_clear(struct sg_token_kept_list *list);

#endif
