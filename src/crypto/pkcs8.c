/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Reads private keys as strict DER, alone or in PEM armour. Must never copy a
 * private key outside guarded memory; views into the input and into decoded PEM do the rest.
 */
#include "crypto/pkcs8.h"

#include <string.h>

#include "crypto/base64.h"
#include "crypto/der.h"
#include "crypto/ed25519.h"
#include "crypto/pem.h"

#define INPUT_MAX 16384

static const uint8_t ed25519_oid[] = { SG_ED25519_OID };

/* Tell whether the value of an object identifier, without tag and length, is Ed25519's. */
static bool is_ed25519(struct sg_bytes oid)
{
	return sg_bytes_equal(oid, sg_bytes(ed25519_oid + 2, sizeof(ed25519_oid) - 2));
}

/* Tell what a DER structure is by the order of its elements. It may be damaged
 * further inside. */
static enum sg_pkcs8_kind classify_der(struct sg_bytes der)
{
	struct sg_reader file = sg_reader(der), algorithm;
	struct sg_reader top = sg_der_expect(&file, SG_DER_SEQUENCE);
	struct sg_der first, second, oid;

	if (!sg_reader_done(&file))
		return SG_PKCS8_UNKNOWN;
	first = sg_der_read(&top);
	second = sg_der_read(&top);
	if (first.tag == SG_DER_SEQUENCE && second.tag == SG_DER_OCTET_STRING)
		return SG_PKCS8_ENCRYPTED;
	if (first.tag == SG_DER_SEQUENCE && second.tag == SG_DER_BIT_STRING)
		return SG_PKCS8_PUBLIC;
	if (first.tag != SG_DER_INTEGER)
		return SG_PKCS8_UNKNOWN;

	/* SEC 1 has the key after the version; PKCS#1 has eight more numbers there,
	 * where an RSA public key has one. */
	if (second.tag == SG_DER_OCTET_STRING)
		return SG_PKCS8_OTHER_KEY;
	if (second.tag == SG_DER_INTEGER)
		return top.rest.len > 0 ? SG_PKCS8_OTHER_KEY : SG_PKCS8_PUBLIC;
	if (second.tag != SG_DER_SEQUENCE || sg_der_next(&top) != SG_DER_OCTET_STRING)
		return SG_PKCS8_UNKNOWN;
	algorithm = sg_reader(second.value);
	oid = sg_der_read(&algorithm);
	if (oid.tag != SG_DER_OID)
		return SG_PKCS8_UNKNOWN;
	return is_ed25519(oid.value) ? SG_PKCS8_ED25519 : SG_PKCS8_OTHER_KEY;
}

bool sg_pkcs8_parse(struct sg_bytes der, struct sg_bytes oid, size_t len,
                    struct sg_bytes *private_key, struct sg_bytes *public_key)
{
	struct sg_reader file = sg_reader(der);
	struct sg_reader top = sg_der_expect(&file, SG_DER_SEQUENCE);
	struct sg_reader version = sg_der_expect(&top, SG_DER_INTEGER);
	struct sg_reader algorithm = sg_der_expect(&top, SG_DER_SEQUENCE);
	struct sg_reader outer = sg_der_expect(&top, SG_DER_OCTET_STRING);
	struct sg_reader inner = sg_der_expect(&outer, SG_DER_OCTET_STRING);
	uint8_t number = sg_read_u8(&version);

	*private_key = inner.rest;
	*public_key = sg_bytes(NULL, 0);
	if (sg_der_next(&top) == SG_DER_CONTEXT_0)
		sg_der_read(&top);
	if (sg_der_next(&top) == SG_DER_CONTEXT_1_PRIMITIVE) {
		struct sg_reader bits = sg_der_expect(&top, SG_DER_CONTEXT_1_PRIMITIVE);

		/* No bit of the last byte is unused; only version 2 has this field. */
		if (sg_read_u8(&bits) != 0 || bits.rest.len != len || number != 1)
			return false;
		*public_key = bits.rest;
	}
	return sg_reader_done(&version) && number <= 1 && !algorithm.failed &&
	       sg_bytes_equal(algorithm.rest, oid) && private_key->len == len &&
	       sg_reader_done(&outer) && sg_reader_done(&top) && sg_reader_done(&file);
}

static enum sg_err read_der(struct sg_bytes der, enum sg_pkcs8_kind *kind, struct sg_secret **seed)
{
	struct sg_secret *key = NULL;
	struct sg_bytes seed_view, public_view;
	enum sg_err err = SG_ERR_FORMAT;

	*kind = classify_der(der);
	if (*kind != SG_PKCS8_ED25519)
		goto out;
	*kind = SG_PKCS8_UNKNOWN;
	if (!sg_pkcs8_parse(der, sg_bytes(ed25519_oid, sizeof(ed25519_oid)), SG_ED25519_SEED,
	                    &seed_view, &public_view))
		goto out;
	if (public_view.len > 0) {
		err = sg_ed25519_from_seed(seed_view, &key);
		if (err != SG_OK)
			goto out;
		if (!sg_bytes_equal(public_view, sg_ed25519_public(key))) {
			err = SG_ERR_FORMAT;
			goto out;
		}
	}
	err = sg_secret_copy(seed_view, seed);
	if (err == SG_OK)
		*kind = SG_PKCS8_ED25519;
out:
	sg_secret_free(&key);
	return err;
}

static bool starts_with(struct sg_bytes bytes, const char *head)
{
	size_t len = strlen(head);

	return bytes.len >= len && memcmp(bytes.data, head, len) == 0;
}

static bool ends_with(struct sg_bytes bytes, const char *tail)
{
	size_t len = strlen(tail);

	return bytes.len >= len && memcmp(bytes.data + bytes.len - len, tail, len) == 0;
}

static enum sg_err read_pem(struct sg_bytes body, enum sg_pkcs8_kind *kind, struct sg_secret **seed)
{
	struct sg_secret *der = NULL;
	enum sg_err err = SG_ERR_FORMAT;

	*kind = SG_PKCS8_UNKNOWN;

	err = sg_secret_new(body.len / 4 * 3 + 3, &der);
	if (err != SG_OK)
		goto out;
	if (!sg_base64_read(body, der->data, der->cap, &der->len)) {
		err = SG_ERR_FORMAT;
		goto out;
	}
	err = read_der(sg_secret_bytes(der), kind, seed);
out:
	sg_secret_free(&der);
	return err;
}

/* Look for the first private key in a text that may hold other things. */
static enum sg_err read_text(struct sg_bytes text, enum sg_pkcs8_kind *kind,
                             struct sg_secret **seed)
{
	struct sg_pem pem;

	if (starts_with(text, "ssh-") || starts_with(text, "ecdsa-") || starts_with(text, "sk-"))
		*kind = SG_PKCS8_PUBLIC;
	while (sg_pem_next(&text, &pem)) {
		if (sg_bytes_equal(pem.label, sg_bytes_str("PRIVATE KEY")))
			return read_pem(pem.body, kind, seed);
		if (sg_bytes_equal(pem.label, sg_bytes_str("ENCRYPTED PRIVATE KEY")))
			*kind = SG_PKCS8_ENCRYPTED;
		else if (sg_bytes_equal(pem.label, sg_bytes_str("OPENSSH PRIVATE KEY")))
			*kind = SG_PKCS8_OPENSSH;
		else if (ends_with(pem.label, " PRIVATE KEY"))
			*kind = SG_PKCS8_OTHER_KEY;
		else if (ends_with(pem.label, "PUBLIC KEY"))
			*kind = SG_PKCS8_PUBLIC;
		if (ends_with(pem.label, "PRIVATE KEY"))
			break;
	}
	return SG_ERR_FORMAT;
}

enum sg_err sg_pkcs8_ed25519(struct sg_bytes input, enum sg_pkcs8_kind *kind,
                             struct sg_secret **seed)
{
	*kind = SG_PKCS8_UNKNOWN;
	*seed = NULL;
	if (input.len == 0 || input.len > INPUT_MAX)
		return SG_ERR_FORMAT;
	if (starts_with(input, "openssh-key-v1")) {
		*kind = SG_PKCS8_OPENSSH;
		return SG_ERR_FORMAT;
	}

	/* A text can start with '0', which is the tag of a sequence, but a text is
	 * never one sequence to its last byte with a known order of elements. */
	if (classify_der(input) != SG_PKCS8_UNKNOWN)
		return read_der(input, kind, seed);
	return read_text(input, kind, seed);
}
