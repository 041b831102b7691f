/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Opening a token's key.
 */
#include "core/token_proof.h"

#include "core/token_tries.h"

/* Prove every PIN that is given, so that none becomes another by mistake; each opens the
 * same token key. */
static enum sg_err prove_pins(struct sg_token *token, const struct sg_token_pins *pins,
                              struct sg_token_proof *proof)
{
	const struct sg_token_record *record = &proof->record;
	enum sg_err err = SG_ERR_ARG;

	for (int slot = SG_SEAL_USER; slot < SG_SEAL_SLOTS; slot++) {
		const struct sg_secret *pin = sg_token_pin(pins, (enum sg_seal_slot)slot);

		if (pin == NULL)
			continue;
		sg_secret_free(&proof->token_key);
		err = record->copy[slot].blob.len == 0
		              ? SG_ERR_AUTH
		              : sg_token_unseal_pin(token, proof->sealer, record,
		                                    (enum sg_seal_slot)slot,
		                                    sg_secret_bytes(pin), &proof->token_key);
		sg_token_note_try(token, proof->sealer, record,
		                  slot == SG_SEAL_USER ? SG_USER : SG_SO, err);
		if (err != SG_OK)
			break;
	}
	return err;
}

static enum sg_err open_key(struct sg_token *token, const struct sg_token_pins *pins,
                            struct sg_token_proof *proof)
{
	if (!proof->record.machine)
		return prove_pins(token, pins, proof);
	if (pins->user != NULL || pins->so != NULL)
		return SG_ERR_ARG;
	return sg_token_unseal_open(token, proof->sealer, &proof->record, &proof->token_key);
}

enum sg_err sg_token_prove(struct sg_token *token, const struct sg_token_pins *pins,
                           struct sg_token_proof *proof)
{
	enum sg_err err = sg_token_sealer(token, proof->record.sealer, &proof->sealer);

	if (err == SG_OK)
		err = open_key(token, pins, proof);
	if (err == SG_OK)
		err = sg_token_derive(proof->token_key, proof->record.uuid, proof->keys);
	return err == SG_OK ? sg_token_record_check(&proof->record, proof->keys) : err;
}

void sg_token_proof_clear(struct sg_token_proof *proof)
{
	sg_token_record_clear(&proof->record);
	sg_secret_free(&proof->token_key);
	sg_keyset_free(&proof->keys[0]);
	sg_keyset_free(&proof->keys[1]);
	proof->sealer = NULL;
}
