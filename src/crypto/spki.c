/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Reads and writes public keys as SubjectPublicKeyInfo.
 */
#include "crypto/spki.h"

#include <string.h>

#include "crypto/der.h"
#include "crypto/pem.h"

#define INPUT_MAX 16384

static const uint8_t p256_algorithm[] = { SG_P256_ALGORITHM };
/* rsaEncryption with its NULL [RFC 3279 §2.3.1]. */
static const uint8_t rsa_algorithm[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
};

enum sg_err sg_spki_der(struct sg_bytes algorithm, struct sg_bytes point, struct sg_buf *out)
{
	/* Both lengths stay below 128, so they take a byte each. */
	const size_t inner = algorithm.len + 3 + point.len;
	const uint8_t head[] = { SG_DER_SEQUENCE, (uint8_t)inner };
	const uint8_t bits[] = { SG_DER_BIT_STRING, (uint8_t)(point.len + 1), 0 };
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

enum sg_err sg_spki_pem(struct sg_bytes spki, struct sg_buf *out)
{
	return sg_pem_write("PUBLIC KEY", spki, out);
}

/* Read a positive INTEGER, without the zero byte that keeps it positive [X.690 §8.3]. */
static struct sg_bytes read_positive(struct sg_reader *r)
{
	struct sg_bytes number = sg_der_expect(r, SG_DER_INTEGER).rest;

	if (number.len > 1 && number.data[0] == 0 && number.data[1] >= 0x80)
		return sg_bytes(number.data + 1, number.len - 1);
	if (number.len == 0 || number.data[0] == 0 || number.data[0] >= 0x80)
		r->failed = true;
	return number;
}

/* Read an RSA key [RFC 8017 §A.1.1] as TPMs take them. */
static bool read_rsa(struct sg_bytes bits, struct sg_spki *out)
{
	struct sg_reader file = sg_reader(bits);
	struct sg_reader top = sg_der_expect(&file, SG_DER_SEQUENCE);
	struct sg_bytes exponent;

	out->kind = SG_SPKI_RSA;
	out->key = read_positive(&top);
	exponent = read_positive(&top);
	if (!sg_reader_done(&top) || !sg_reader_done(&file) || exponent.len > 4)
		return false;
	out->exponent = 0;
	for (size_t i = 0; i < exponent.len; i++)
		out->exponent = out->exponent << 8 | exponent.data[i];
	return out->key.len == 256 || out->key.len == 384 || out->key.len == 512;
}

enum sg_err sg_spki_read(struct sg_bytes der, struct sg_spki *out)
{
	struct sg_reader file = sg_reader(der);
	struct sg_reader top = sg_der_expect(&file, SG_DER_SEQUENCE);
	struct sg_bytes start = top.rest, algorithm;
	struct sg_reader bits;
	bool fits = false;

	memset(out, 0, sizeof *out);
	sg_der_expect(&top, SG_DER_SEQUENCE);
	algorithm = sg_bytes(start.data, start.len - top.rest.len);
	bits = sg_der_expect(&top, SG_DER_BIT_STRING);
	if (sg_read_u8(&bits) != 0 || bits.failed ||
	    !sg_reader_done(&top) || !sg_reader_done(&file))
		return SG_ERR_FORMAT;
	if (sg_bytes_equal(algorithm, sg_bytes(p256_algorithm, sizeof p256_algorithm))) {
		out->kind = SG_SPKI_P256;
		out->key = bits.rest;
		fits = sg_p256_valid(bits.rest);
	} else if (sg_bytes_equal(algorithm, sg_bytes(rsa_algorithm, sizeof rsa_algorithm))) {
		fits = read_rsa(bits.rest, out);
	}
	return fits ? SG_OK : SG_ERR_FORMAT;
}

enum sg_err sg_spki_from_pem(struct sg_bytes text, struct sg_buf *der)
{
	struct sg_spki spki;
	enum sg_err err;

	der->len = 0;
	if (text.len > INPUT_MAX)
		return SG_ERR_FORMAT;
	err = sg_pem_read(text, "PUBLIC KEY", INPUT_MAX, der);
	return err == SG_OK ? sg_spki_read(sg_buf_bytes(der), &spki) : err;
}
