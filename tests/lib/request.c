/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Requests that tests sign and change.
 */
#include "lib/request.h"

#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "crypto/mac.h"

static void set_public(struct test_signer *signer)
{
	struct sg_secret *key = NULL;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_ed25519_from_seed(sg_bytes(signer->seed, 32), &key), SG_OK);
	memcpy(signer->public_key, sg_ed25519_public(key).data, 32);
	sg_secret_free(&key);
}

void test_signer_42(struct test_signer *signer)
{
	*signer = (struct test_signer){ .hmac = NULL };
	memset(signer->seed, 0x42, sizeof(signer->seed));
	set_public(signer);
}

void test_signer_of(struct test_signer *signer, const char *seed)
{
	*signer = (struct test_signer){ .hmac = NULL };
	ck_assert(sg_bytes_unhex(sg_bytes_str(seed), signer->seed, sizeof(signer->seed)));
	set_public(signer);
}

int test_sign(void *context, const uint8_t *bytes, size_t len, uint8_t *signature,
              size_t *signature_len)
{
	struct test_signer *signer = context;
	const struct sg_bytes message = sg_bytes(bytes, len);
	struct sg_secret *key = NULL;

	signer->calls++;
	if (signer->hmac) {
		sg_mac(sg_bytes_str(signer->hmac), &message, 1, signature);
		*signature_len = SG_MAC;
		return 0;
	}
	ck_assert_int_eq(sg_ed25519_from_seed(sg_bytes(signer->seed, 32), &key), SG_OK);
	ck_assert_int_eq(sg_ed25519_sign(sg_secret_bytes(key), message, signature), SG_OK);
	sg_secret_free(&key);
	*signature_len = SG_ED25519_SIGNATURE;
	return 0;
}

void test_message(struct test_message *out, const char *method, const char *target)
{
	memset(out, 0, sizeof(*out));
	out->message.method = sg_request_text(method);
	out->message.target = sg_request_text(target);
	out->message.scheme = sg_request_text("https");
	out->message.fields = out->fields;
}

void test_message_add(struct test_message *message, const char *name, const char *value)
{
	struct sg_request_field *field = &message->fields[message->message.n_fields++];

	ck_assert_uint_le(message->message.n_fields,
	                  sizeof(message->fields) / sizeof(message->fields[0]));
	field->name = sg_request_text(name);
	field->value = sg_request_text(value);
}

void test_message_body(struct test_message *message, const char *body)
{
	message->digest.size = sizeof(message->digest);
	test_reason(sg_request_body_once(SG_REQUEST_SHA256 | SG_REQUEST_SHA512, body, strlen(body),
	                                 &message->digest),
	            SG_REQUEST_OK);
	message->message.body = &message->digest;
}

void test_message_take(struct test_message *message, const struct sg_request_signature *signature)
{
	for (size_t i = 0; i < signature->n_fields; i++)
		message->fields[message->message.n_fields++] = signature->fields[i];
}

void test_message_set(struct test_message *message, const char *name, const char *value)
{
	size_t n = 0;

	for (size_t i = 0; i < message->message.n_fields; i++) {
		const struct sg_request_text have = message->fields[i].name;

		if (have.len == strlen(name) && strncasecmp(have.data, name, have.len) == 0) {
			if (!value)
				continue;
			message->fields[i].value = sg_request_text(value);
		}
		message->fields[n++] = message->fields[i];
	}
	message->message.n_fields = n;
}

void test_reads(const struct test_message *message, enum sg_request_reason reason)
{
	struct sg_request_signature *signature = NULL;

	test_reason(sg_request_read(&message->message, NULL, &signature), reason);
	ck_assert_int_eq(signature != NULL, reason == SG_REQUEST_OK);
	sg_request_signature_free(&signature);
}

void test_sign_message(struct test_message *message, const struct sg_request_signing *how,
                       struct sg_request_signature **signature)
{
	sg_request_signature_free(signature);
	test_reason(sg_request_sign(&message->message, how, signature), SG_REQUEST_OK);
	test_message_take(message, *signature);
}

enum sg_request_reason test_check_message(const struct test_message *message,
                                          const struct sg_request_reading *how,
                                          const struct test_signer *signer,
                                          struct sg_request_signature **signature)
{
	enum sg_request_reason reason;

	sg_request_signature_free(signature);
	reason = sg_request_read(&message->message, how, signature);
	if (reason != SG_REQUEST_OK)
		return reason;
	return signer->hmac != NULL ?
	       sg_request_check_hmac(*signature, (const uint8_t *)signer->hmac,
	                             strlen(signer->hmac)) :
	       sg_request_check_ed25519(*signature, signer->public_key);
}

void test_b2_message(struct test_message *out)
{
	test_message(out, "POST", "/foo?param=Value&Pet=dog");
	test_message_add(out, "Host", "example.com");
	test_message_add(out, "Date", "Tue, 20 Apr 2021 02:07:55 GMT");
	test_message_add(out, "Content-Type", "application/json");
	test_message_add(out, "Content-Digest", TEST_B2_DIGEST);
	test_message_add(out, "Content-Length", "18");
	test_message_body(out, "{\"hello\": \"world\"}");
}

void test_b2_signing(struct sg_request_signing *how, struct test_signer *signer)
{
	test_signer_of(signer, "9f8362f87a484a954e6e740c5b4c0e84229139a20aa8ab56ff66586f6a7d29c5");
	*how = (struct sg_request_signing){
		.size = sizeof(*how),
		.form = SG_REQUEST_RFC9421,
		.flags = SG_REQUEST_NO_NONCE | SG_REQUEST_NO_ALG,
		.sign = test_sign,
		.context = signer,
		.created = 1618884473,
		.id = sg_request_text("test-key-ed25519"),
	};
}
