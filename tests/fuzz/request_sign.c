/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. A request that is signed: it can be read and is good, as it is and when it comes from
 * the wire; and no more when a byte of it has changed.
 */
#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/crypto.h"
#include "crypto/mac.h"
#include "fuzz/request.h"
#include "request/text.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CREATED INT64_C(1711468800)

static const char hmac_key[] = "a key that everybody knows";

/* What a signature of one of the forms may bring. */
static const char *const carriers[] = {
	"x-machine-id", "x-agent-id", "x-tunnel-id", "x-timestamp", "x-nonce", "x-signature",
	"x-bella-key-id", "x-bella-timestamp", "x-bella-signature", "signature-input", "signature",
};

#define OF_RFC9421 2            /* the last ones */

static const struct sg_secret *ed25519_key(void)
{
	static struct sg_secret *key;
	uint8_t seed[SG_ED25519_SEED];

	memset(seed, 0x42, sizeof seed);
	if (key == NULL)
		request_need(sg_crypto_start() == SG_OK &&
		             sg_ed25519_from_seed(sg_bytes(seed, sizeof seed), &key) == SG_OK, "a key");
	return key;
}

enum sg_request_reason request_check(const struct sg_request_signature *signature)
{
	if (signature->form == SG_REQUEST_HMAC)
		return sg_request_check_hmac(signature, (const uint8_t *)hmac_key, sizeof hmac_key);
	return sg_request_check_ed25519(signature, sg_ed25519_public(ed25519_key()).data);
}

void request_keys(struct sg_request_machine *machine)
{
	machine->n_keys = 1;
	memcpy(machine->keys[0], sg_ed25519_public(ed25519_key()).data, sizeof machine->keys[0]);
	machine->hmac_key = (const uint8_t *)hmac_key;
	machine->hmac_key_len = sizeof hmac_key;
}

static int sign(void *context, const uint8_t *bytes, size_t len, uint8_t *signature,
                size_t *signature_len)
{
	const enum sg_request_form *form = context;
	const struct sg_bytes base = sg_bytes(bytes, len);

	*signature_len = *form == SG_REQUEST_HMAC ? SG_MAC : SG_ED25519_SIGNATURE;
	if (*form != SG_REQUEST_HMAC)
		return sg_ed25519_sign(sg_secret_bytes(ed25519_key()), base, signature) != SG_OK;
	sg_mac(sg_bytes(hmac_key, sizeof hmac_key), &base, 1, signature);
	return 0;
}

static bool carries(struct sg_request_text name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sg_request_same_name(name, sg_request_text(carriers[i])))
			return true;
	return false;
}

/* The message without its signatures, or with those of others that may stay. */
static void strip(const struct fuzz_message *from, const struct fuzz_choices *choices,
                  struct fuzz_message *out)
{
	const bool stay = choices->keep_signatures && choices->form == SG_REQUEST_RFC9421;
	const size_t n = LENGTH_OF(carriers) - (stay ? OF_RFC9421 : 0);

	*out = *from;
	out->message.fields = out->fields;
	out->message.n_fields = 0;
	out->message.body = &out->digest;
	for (size_t i = 0; i < from->message.n_fields; i++)
		if (!carries(from->fields[i].name, n))
			out->fields[out->message.n_fields++] = from->fields[i];
}

static void fill(const struct sg_request_message *message, const struct fuzz_choices *choices,
                 struct sg_request_structured *structured, struct sg_request_signing *out)
{
	const bool any_nonce = choices->form != SG_REQUEST_HMAC && !(choices->flags & SG_REQUEST_NO_NONCE);
	int64_t number;

	structured->name = request_option(message, "fuzz-structured");
	structured->structure = choices->structure;
	*out = (struct sg_request_signing){
		.size = sizeof *out, .form = choices->form, .flags = choices->flags, .sign = sign,
		.context = (void *)&choices->form,
		.id = request_option(message, "fuzz-id"),
		.created = CREATED,
		.nonce = request_option(message, "fuzz-nonce"),
		.label = request_option(message, "fuzz-label"),
		.tag = request_option(message, "fuzz-tag"),
		.components = request_option(message, "fuzz-components"),
		.digests = choices->to % 4,
		.structured = structured,
		.n_structured = structured->name.len > 0,
	};
	if (out->id.len == 0)
		out->id = sg_request_text("machine-1");
	if (out->nonce.len == 0 && any_nonce)
		out->nonce = sg_request_text("bm9uY2U");
	if (sg_request_number(request_option(message, "fuzz-created"), &number))
		out->created = number;
	if (sg_request_number(request_option(message, "fuzz-lifetime"), &number))
		out->lifetime = number;
}

static void same_signature(const struct sg_request_signature *a,
                           const struct sg_request_signature *b)
{
	request_need(a->form == b->form && sg_request_same(a->id, b->id) &&
	             sg_request_same(a->id_field, b->id_field), "its identifier is another");
	request_need(a->has_created && b->has_created && a->created == b->created &&
	             a->has_expires == b->has_expires &&
	             (!a->has_expires || a->expires == b->expires), "its time is another");
	request_need(a->has_nonce == b->has_nonce && sg_request_same(a->nonce, b->nonce),
	             "its nonce is another");
	request_need(sg_request_same(a->label, b->label) && sg_request_same(a->tag, b->tag) &&
	             sg_request_same(a->alg, b->alg), "its parameters are others");
	request_need(a->n_components == b->n_components, "it covers something else");
	for (size_t i = 0; i < a->n_components; i++)
		request_need(sg_request_same(a->components[i], b->components[i]),
		             "it covers another component");
	request_need(sg_request_same(a->base, b->base), "something else was signed");
	request_need(a->signature_len == b->signature_len &&
	             memcmp(a->signature, b->signature, a->signature_len) == 0,
	             "its signature is another");
}

static void read_again(const struct sg_request_message *message,
                       const struct sg_request_reading *how,
                       const struct sg_request_signature *made)
{
	struct sg_request_signature *found = NULL;
	const enum sg_request_reason reason = sg_request_read(message, how, &found);

	if (reason != SG_REQUEST_OK)
		fuzz_fail("what was signed can't be read: %s", sg_request_reason_name(reason));
	same_signature(made, found);
	request_need(request_check(found) == SG_REQUEST_OK, "what was signed is not good");
	sg_request_signature_free(&found);
}

/* As read_again, from the bytes that are sent. */
static void read_from_wire(const struct fuzz_message *sent, const struct sg_request_reading *how,
                           const struct sg_request_signature *made, unsigned minor)
{
	struct sg_request_head *head = NULL;
	struct sg_request_message message;
	struct sg_buf text = { 0 };

	request_write(&sent->message, minor, &text);
	request_need(sg_request_parse(text.data, text.len, &head) == SG_REQUEST_OK,
	             "what was signed can't be sent");
	message = head->message;
	message.scheme = sent->message.scheme;
	message.authority = sent->message.authority;
	message.body = sent->message.body;
	read_again(&message, how, made);
	sg_request_head_free(&head);
	sg_buf_free(&text);
}

void request_sign(const struct fuzz_message *from, const struct fuzz_choices *choices,
                  unsigned minor)
{
	static struct fuzz_message sent;
	struct sg_request_structured structured;
	struct sg_request_signing how;
	struct sg_request_signature *made = NULL;
	struct sg_request_reading reading = { .size = sizeof reading };
	enum sg_request_reason reason;

	strip(from, choices, &sent);
	fill(&sent.message, choices, &structured, &how);
	reason = sg_request_sign(&sent.message, &how, &made);
	request_need((reason == SG_REQUEST_OK) == (made != NULL), "an error comes with a signature");
	if (made == NULL || sent.message.n_fields + made->n_fields > SG_REQUEST_FIELDS_MAX)
		goto out;
	for (size_t i = 0; i < made->n_fields; i++)
		sent.fields[sent.message.n_fields++] = made->fields[i];
	reading.form = how.form;
	reading.flags = choices->flags & SG_REQUEST_ALLOW_QUERY;
	reading.label = made->label;
	reading.require = how.form == SG_REQUEST_RFC9421 ? how.components : reading.require;
	reading.structured = how.structured;
	reading.n_structured = how.n_structured;
	read_again(&sent.message, &reading, made);
	read_from_wire(&sent, &reading, made, minor);
	request_verify(&sent.message, &reading, made, choices);
	request_change(&sent, made, &reading, choices);
out:
	sg_request_signature_free(&made);
}
