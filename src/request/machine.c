/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Whose request it is. Nothing here may take longer or shorter for a machine that is
 * there than for one that is not.
 */
#include "request/machine.h"

#include <ctype.h>
#include <string.h>

#include "crypto/ed25519.h"

#define UUID_TEXT 36

/* Keys of nobody: what they say of a signature is not looked at. This is the public key of the
 * first example of RFC 8032 §7.1: like any other, to who verifies. */
static const uint8_t no_key[SG_ED25519_PUBLIC] = {
	0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64,
	0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68,
	0xf7, 0x07, 0x51, 0x1a,
};
static const uint8_t no_hmac_key[32];

static bool is_uuid(struct sg_request_text id)
{
	if (id.len != UUID_TEXT)
		return false;
	for (size_t i = 0; i < UUID_TEXT; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? id.data[i] != '-' : !isxdigit((unsigned char)id.data[i]))
			return false;
	}
	return true;
}

static void lower(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
}

enum sg_request_reason sg_machine_id(struct sg_request_text id, char out[SG_REQUEST_ID_MAX + 1])
{
	if (id.len > SG_REQUEST_ID_MAX)
		return SG_REQUEST_TOO_LONG;
	if (id.len > 0)
		memcpy(out, id.data, id.len);
	out[id.len] = '\0';
	if (is_uuid(id))
		lower(out, id.len);
	return SG_REQUEST_OK;
}

/* Try all keys that a machine may have, with others in the place of those that it hasn't. */
static enum sg_request_reason check_ed25519(const struct sg_request_machine *machine,
                                            const struct sg_request_signature *signature,
                                            const uint8_t **signer)
{
	const unsigned n = machine != NULL ? machine->n_keys : 0;

	for (unsigned i = 0; i < SG_REQUEST_KEYS_MAX; i++) {
		const uint8_t *key = i < n ? machine->keys[i] : no_key;

		if (sg_request_check_ed25519(signature, key) == SG_REQUEST_OK && i < n) {
			*signer = key;
			return SG_REQUEST_OK;
		}
	}
	return n > 0 ? SG_REQUEST_SIGNATURE : SG_REQUEST_KEY;
}

static enum sg_request_reason check_hmac(const struct sg_request_machine *machine,
                                         const struct sg_request_signature *signature)
{
	enum sg_request_reason reason;
	uint8_t code[32] = { 0 };

	if (machine != NULL && machine->hmac_key != NULL && machine->hmac_key_len > 0)
		return sg_request_check_hmac(signature, machine->hmac_key, machine->hmac_key_len);
	if (machine != NULL && machine->code != NULL) {
		reason = machine->code(machine->code_context,
		                       (const uint8_t *)signature->base.data,
		                       signature->base.len, code) == 0
		         ? sg_request_check_code(signature, code) : SG_REQUEST_LOOKUP;
		/* It would sign what a stranger sent. */
		explicit_bzero(code, sizeof code);
		return reason;
	}
	(void)!sg_request_check_hmac(signature, no_hmac_key, sizeof no_hmac_key);
	return SG_REQUEST_KEY;
}

enum sg_request_reason sg_machine_check(const struct sg_request_machine *machine,
                                        const struct sg_request_signature *signature,
                                        const uint8_t **key)
{
	enum sg_request_reason reason;

	*key = NULL;
	reason = signature->form == SG_REQUEST_HMAC ? check_hmac(machine, signature)
	                                            : check_ed25519(machine, signature, key);

	return machine != NULL ? reason : SG_REQUEST_UNKNOWN;
}

enum sg_request_reason sg_machine_state(const struct sg_request_machine *machine, int64_t now)
{
	if (machine->revoked)
		return SG_REQUEST_REVOKED;
	if (!machine->enabled)
		return SG_REQUEST_DISABLED;
	if (machine->not_before != 0 && now < machine->not_before)
		return SG_REQUEST_NOT_YET;
	if (machine->expires != 0 && now >= machine->expires)
		return SG_REQUEST_ENDED;
	return SG_REQUEST_OK;
}

enum sg_request_reason sg_machine_once(const uint8_t *key,
                                       const struct sg_request_signature *signature,
                                       struct sg_buf *out)
{
	const struct sg_bytes nonce = sg_bytes(signature->nonce.data, signature->nonce.len);
	const struct sg_bytes whole = sg_bytes(signature->signature, signature->signature_len);
	const bool has_nonce = signature->has_nonce && key != NULL;
	enum sg_err err;

	err = sg_buf_reserve(out, 1 + SG_ED25519_PUBLIC + nonce.len + whole.len);
	/* The first byte says what follows, so that no two read alike. */
	if (err == SG_OK)
		err = sg_buf_append(out, sg_bytes(has_nonce ? "n" : "s", 1));
	if (err == SG_OK && has_nonce)
		err = sg_buf_append(out, sg_bytes(key, SG_ED25519_PUBLIC));
	if (err == SG_OK)
		err = sg_buf_append(out, has_nonce ? nonce : whole);
	return err == SG_OK ? SG_REQUEST_OK : SG_REQUEST_NOMEM;
}
