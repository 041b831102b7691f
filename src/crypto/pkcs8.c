/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Reads private keys as strict DER, alone or in PEM armour, and writes
 * public keys. Must never copy a private key outside guarded memory; views into
 * the input and into decoded PEM do the rest.
 */
#include "crypto/pkcs8.h"

#include <sodium.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/p256.h"
#include "util/cursor.h"

#define INPUT_MAX 16384

/* ASN.1 tags [X.690 §8.1.2]. */
#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_OCTET_STRING 0x04
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_ATTRIBUTES 0xa0             /* [0], constructed [RFC 5958 §2] */
#define TAG_PUBLIC_KEY 0x81             /* [1], primitive */

static const uint8_t ed25519_oid[] = { SG_ED25519_OID };

/* OpenSSH public keys up to the bytes of the key [RFC 8709 §4, RFC 5656 §3.1]. */
static const uint8_t ssh_ed25519[] = {
	0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9', 0, 0, 0, 32,
};
static const uint8_t ssh_p256[] = {
	0, 0, 0, 19, 'e', 'c', 'd', 's', 'a', '-', 's', 'h', 'a', '2', '-', 'n', 'i', 's', 't', 'p',
	'2', '5', '6', 0, 0, 0, 8, 'n', 'i', 's', 't', 'p', '2', '5', '6', 0, 0, 0, 65,
};

static const struct ssh_type {
	const char *name;
	struct sg_bytes head;
	size_t len;             /* of the key behind it */
} ssh_types[] = {
	{ "ssh-ed25519 ", { ssh_ed25519, sizeof(ssh_ed25519) }, SG_ED25519_PUBLIC },
	{ "ecdsa-sha2-nistp256 ", { ssh_p256, sizeof(ssh_p256) }, SG_P256_POINT },
};

/* A line of PEM has 64 characters, which are 48 bytes [RFC 7468 §2]. */
#define PEM_LINE 64
#define PEM_BYTES 48

#define SSH_MAX (sizeof(ssh_p256) + SG_P256_POINT)

struct tlv {
	uint8_t tag;            /* 0: there was none */
	struct sg_bytes value;
};

static struct tlv tlv_fail(struct sg_reader *r)
{
	r->failed = true;
	return (struct tlv){ 0 };
}

/* Read one element with a definite length in the fewest bytes [X.690 §10.1]. */
static struct tlv tlv_read(struct sg_reader *r)
{
	struct tlv tlv = { .tag = sg_read_u8(r) };
	size_t len = sg_read_u8(r);

	if (len == 0x81) {
		len = sg_read_u8(r);
		if (len < 0x80)
			return tlv_fail(r);
	} else if (len == 0x82) {
		len = sg_read_u16(r);
		if (len < 0x100)
			return tlv_fail(r);
	} else if (len >= 0x80) {
		return tlv_fail(r);
	}
	tlv.value = sg_read_bytes(r, len);
	return r->failed ? (struct tlv){ 0 } : tlv;
}

/* Tell whether the value of an object identifier, without tag and length, is Ed25519's. */
static bool is_ed25519(struct sg_bytes oid)
{
	return sg_bytes_equal(oid, sg_bytes(ed25519_oid + 2, sizeof(ed25519_oid) - 2));
}

static struct sg_reader tlv_expect(struct sg_reader *r, uint8_t tag)
{
	struct tlv tlv = tlv_read(r);

	if (tlv.tag != tag)
		r->failed = true;
	return (struct sg_reader){ tlv.value, r->failed };
}

static uint8_t next_tag(const struct sg_reader *r)
{
	return !r->failed && r->rest.len > 0 ? r->rest.data[0] : 0;
}

/* Tell what a DER structure is by the order of its elements. It may be damaged
 * further inside. */
static enum sg_pkcs8_kind classify_der(struct sg_bytes der)
{
	struct sg_reader file = sg_reader(der), algorithm;
	struct sg_reader top = tlv_expect(&file, TAG_SEQUENCE);
	struct tlv first, second, oid;

	if (!sg_reader_done(&file))
		return SG_PKCS8_UNKNOWN;
	first = tlv_read(&top);
	second = tlv_read(&top);
	if (first.tag == TAG_SEQUENCE && second.tag == TAG_OCTET_STRING)
		return SG_PKCS8_ENCRYPTED;
	if (first.tag == TAG_SEQUENCE && second.tag == TAG_BIT_STRING)
		return SG_PKCS8_PUBLIC;
	if (first.tag != TAG_INTEGER)
		return SG_PKCS8_UNKNOWN;

	/* SEC 1 has the key after the version; PKCS#1 has eight more numbers there,
	 * where an RSA public key has one. */
	if (second.tag == TAG_OCTET_STRING)
		return SG_PKCS8_OTHER_KEY;
	if (second.tag == TAG_INTEGER)
		return top.rest.len > 0 ? SG_PKCS8_OTHER_KEY : SG_PKCS8_PUBLIC;
	if (second.tag != TAG_SEQUENCE || next_tag(&top) != TAG_OCTET_STRING)
		return SG_PKCS8_UNKNOWN;
	algorithm = sg_reader(second.value);
	oid = tlv_read(&algorithm);
	if (oid.tag != TAG_OID)
		return SG_PKCS8_UNKNOWN;
	return is_ed25519(oid.value) ? SG_PKCS8_ED25519 : SG_PKCS8_OTHER_KEY;
}

bool sg_pkcs8_parse(struct sg_bytes der, struct sg_bytes oid, size_t len,
                    struct sg_bytes *private_key, struct sg_bytes *public_key)
{
	struct sg_reader file = sg_reader(der);
	struct sg_reader top = tlv_expect(&file, TAG_SEQUENCE);
	struct sg_reader version = tlv_expect(&top, TAG_INTEGER);
	struct sg_reader algorithm = tlv_expect(&top, TAG_SEQUENCE);
	struct sg_reader outer = tlv_expect(&top, TAG_OCTET_STRING);
	struct sg_reader inner = tlv_expect(&outer, TAG_OCTET_STRING);
	uint8_t number = sg_read_u8(&version);

	*private_key = inner.rest;
	*public_key = sg_bytes(NULL, 0);
	if (next_tag(&top) == TAG_ATTRIBUTES)
		tlv_read(&top);
	if (next_tag(&top) == TAG_PUBLIC_KEY) {
		struct sg_reader bits = tlv_expect(&top, TAG_PUBLIC_KEY);

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

/* A PEM block [RFC 7468 §2]: its label and what stands between its two lines. */
struct pem {
	struct sg_bytes label;
	struct sg_bytes body;
};

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

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Take one line off the text, and its end (LF, CRLF or the end of the text) off the line. */
static struct sg_bytes take_line(struct sg_bytes *text)
{
	const uint8_t *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
	size_t len = end ? (size_t)(end - text->data) : text->len;
	struct sg_bytes line = sg_bytes(text->data, len);

	if (text->len > 0)
		*text = sg_bytes(text->data + len + (end ? 1 : 0), text->len - len - (end ? 1 : 0));
	while (line.len > 0 && is_blank(line.data[line.len - 1]))
		line.len--;
	return line;
}

/* Read the label of a line "-----BEGIN label-----", or of the END line. */
static bool read_label(struct sg_bytes line, const char *head, struct sg_bytes *label)
{
	const char *tail = "-----";
	size_t head_len = strlen(head), tail_len = strlen(tail);

	if (!starts_with(line, head) || !ends_with(line, tail) || line.len < head_len + tail_len)
		return false;
	*label = sg_bytes(line.data + head_len, line.len - head_len - tail_len);
	return true;
}

/* Find the next block; false at the end of the text and for a block without an end. */
static bool next_block(struct sg_bytes *text, struct pem *pem)
{
	struct sg_bytes line, end_label;
	bool inside = false;

	while (text->len > 0) {
		const uint8_t *start = text->data;

		line = take_line(text);
		if (!inside && read_label(line, "-----BEGIN ", &pem->label)) {
			inside = true;
			pem->body = sg_bytes(text->data, 0);
		} else if (inside && read_label(line, "-----END ", &end_label)) {
			pem->body.len = (size_t)(start - pem->body.data);
			return sg_bytes_equal(pem->label, end_label);
		}
	}
	return false;
}

static enum sg_err read_pem(struct sg_bytes body, enum sg_pkcs8_kind *kind, struct sg_secret **seed)
{
	struct sg_secret *der = NULL;
	enum sg_err err = SG_ERR_FORMAT;

	*kind = SG_PKCS8_UNKNOWN;

	/* libsodium would skip zero bytes along with the ignored ones. */
	if (body.len == 0 || memchr(body.data, 0, body.len))
		goto out;
	err = sg_secret_new(body.len / 4 * 3 + 3, &der);
	if (err != SG_OK)
		goto out;
	if (sodium_base642bin(der->data, der->cap, (const char *)body.data, body.len, " \t\r\n",
	                      &der->len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
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
	struct pem pem;

	if (starts_with(text, "ssh-") || starts_with(text, "ecdsa-") || starts_with(text, "sk-"))
		*kind = SG_PKCS8_PUBLIC;
	while (next_block(&text, &pem)) {
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

enum sg_err sg_spki_der(struct sg_bytes algorithm, struct sg_bytes point, struct sg_buf *out)
{
	/* Both lengths stay below 128, so they take a byte each. */
	const size_t inner = algorithm.len + 3 + point.len;
	const uint8_t head[] = { TAG_SEQUENCE, (uint8_t)inner };
	const uint8_t bits[] = { TAG_BIT_STRING, (uint8_t)(point.len + 1), 0 };
	enum sg_err err;

	if (inner > 127)
		return SG_ERR_RANGE;
	err = sg_buf_reserve(out, sizeof(head) + inner);
	if (err == SG_OK)
		err = sg_buf_append(out, sg_bytes(head, sizeof(head)));
	if (err == SG_OK)
		err = sg_buf_append(out, algorithm);
	if (err == SG_OK)
		err = sg_buf_append(out, sg_bytes(bits, sizeof(bits)));
	if (err == SG_OK)
		err = sg_buf_append(out, point);
	return err;
}

/* Append the strings one after the other, or nothing. */
static enum sg_err append_all(struct sg_buf *out, const char *const *strings, size_t n)
{
	size_t len = 0;
	enum sg_err err;

	for (size_t i = 0; i < n; i++)
		len += strlen(strings[i]);
	err = sg_buf_reserve(out, len);
	for (size_t i = 0; err == SG_OK && i < n; i++)
		err = sg_buf_append(out, sg_bytes_str(strings[i]));
	return err;
}

enum sg_err sg_spki_pem(struct sg_bytes spki, struct sg_buf *out)
{
	char line[PEM_LINE + 2];
	enum sg_err err;

	err = sg_buf_append(out, sg_bytes_str("-----BEGIN PUBLIC KEY-----\n"));
	for (size_t at = 0; err == SG_OK && at < spki.len; at += PEM_BYTES) {
		size_t n = spki.len - at < PEM_BYTES ? spki.len - at : PEM_BYTES;

		sodium_bin2base64(line, sizeof(line), spki.data + at, n,
		                  sodium_base64_VARIANT_ORIGINAL);
		strcat(line, "\n");
		err = sg_buf_append(out, sg_bytes_str(line));
	}
	if (err == SG_OK)
		err = sg_buf_append(out, sg_bytes_str("-----END PUBLIC KEY-----\n"));
	return err;
}

enum sg_err sg_ssh_line(struct sg_bytes public_key, const char *comment, struct sg_buf *out)
{
	const struct ssh_type *type = public_key.len == SG_P256_POINT ? &ssh_types[1] : &ssh_types[0];
	uint8_t blob[SSH_MAX];
	char base64[sodium_base64_ENCODED_LEN(SSH_MAX, sodium_base64_VARIANT_ORIGINAL)];
	const bool commented = comment && *comment;
	const char *const strings[] = {
		type->name, base64, commented ? " " : "", commented ? comment : "", "\n",
	};

	if (public_key.len != type->len)
		return SG_ERR_RANGE;
	for (const char *c = comment; commented && *c; c++) {
		if ((uint8_t)*c < 0x20 || *c == 0x7f)
			return SG_ERR_ARG;
	}
	memcpy(blob, type->head.data, type->head.len);
	memcpy(blob + type->head.len, public_key.data, type->len);
	sodium_bin2base64(base64, sizeof(base64), blob, type->head.len + type->len,
	                  sodium_base64_VARIANT_ORIGINAL);
	return append_all(out, strings, 5);
}
