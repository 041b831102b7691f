/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Writes certificate requests, and compares what is read with what would be written.
 */
#include "enroll/request.h"

#include "crypto/der.h"
#include "crypto/ed25519.h"
#include "util/utf8.h"

#define NAME_MAX_LEN 64                 /* ub-common-name [RFC 5280 §A.1] */
#define SIGNATURE 64

/* Object identifiers in DER without their tag and length, but those of Ed25519, which has both. */
static const uint8_t ed25519[] = { SG_ED25519_OID };
static const uint8_t common_name[] = { 0x55, 0x04, 0x03 };      /* 2.5.4.3 */
static const uint8_t attestation[] = {  /* id-aa-attestation, 1.2.840.113549.1.9.16.2.59 */
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x3b };
static const uint8_t tpm_certify[] = {  /* tcg-attest-tpm-certify, 2.23.133.20.1 */
	0x67, 0x81, 0x05, 0x14, 0x01 };
static const uint8_t sealer[] = {       /* ours, of a UUID [X.667]:
	                                 * 2.25.256081296373299584643219386035904994910 */
	0x69, 0x83, 0x81, 0xa7, 0xbb, 0xad, 0x88, 0xe7, 0xfa, 0xff,
	0xe5, 0x9f, 0xef, 0xb8, 0xcb, 0xe5, 0x97, 0xe1, 0xbc, 0x5e };

static const char sealer_text[] =
	"The attested object is not the key of this request. It holds the key's seed, sealed, or the "
	"key is derived from it.";

static void oid(struct sg_writer *w, const uint8_t *id, size_t len)
{
	sg_der_write(w, SG_DER_OID, sg_bytes(id, len));
}

static void algorithm(struct sg_writer *w)
{
	sg_der_write(w, SG_DER_SEQUENCE, sg_bytes(ed25519, sizeof ed25519));
}

static void subject(struct sg_writer *w, struct sg_bytes name)
{
	const size_t start = w->buf->len;

	oid(w, common_name, sizeof common_name);
	sg_der_write(w, SG_DER_UTF8_STRING, name);
	sg_der_close(w, start, SG_DER_SEQUENCE);
	sg_der_close(w, start, SG_DER_SET);
	sg_der_close(w, start, SG_DER_SEQUENCE);
}

static void bits(struct sg_writer *w, struct sg_bytes bytes)
{
	const size_t start = w->buf->len;

	sg_write_u8(w, 0);              /* bits of the last byte that don't count */
	sg_write_bytes(w, bytes);
	sg_der_close(w, start, SG_DER_BIT_STRING);
}

static void public_key(struct sg_writer *w, const uint8_t *key)
{
	const size_t start = w->buf->len;

	algorithm(w);
	bits(w, sg_bytes(key, SG_ENROLL_KEY_LEN));
	sg_der_close(w, start, SG_DER_SEQUENCE);
}

/* The signature as TPMs have it: TPMT_SIGNATURE of ECDSA with SHA-256 [TPM2 Part 2 §11.3.4]. */
static void tpm_signature(struct sg_writer *w, struct sg_bytes signature)
{
	const size_t start = w->buf->len, half = signature.len / 2;

	sg_write_u16(w, 0x0018);
	sg_write_u16(w, 0x000b);
	sg_write_u16(w, (uint16_t)half);
	sg_write_bytes(w, sg_bytes(signature.data, half));
	sg_write_u16(w, (uint16_t)half);
	sg_write_bytes(w, sg_bytes(signature.data + half, half));
	sg_der_close(w, start, SG_DER_OCTET_STRING);
}

/* AttestationStatement ::= SEQUENCE { type, stmt }: what the TPM says. */
static void tpm_statement(struct sg_writer *w, const struct sg_enroll_request *request)
{
	const size_t start = w->buf->len;
	size_t inner;

	oid(w, tpm_certify, sizeof tpm_certify);
	inner = w->buf->len;
	sg_der_write(w, SG_DER_OCTET_STRING, sg_buf_bytes(&request->certified->attest));
	tpm_signature(w, sg_buf_bytes(&request->certified->signature));
	sg_der_write(w, SG_DER_OCTET_STRING, request->object);
	sg_der_close(w, inner, SG_DER_SEQUENCE);
	sg_der_close(w, start, SG_DER_SEQUENCE);
}

static void sealer_statement(struct sg_writer *w)
{
	const size_t start = w->buf->len;

	oid(w, sealer, sizeof sealer);
	sg_der_write(w, SG_DER_UTF8_STRING, sg_bytes_str(sealer_text));
	sg_der_close(w, start, SG_DER_SEQUENCE);
}

/* The attributes: one, whose one value is AttestationBundle ::= SEQUENCE { SEQUENCE OF
 * AttestationStatement } without certificates. */
static void attributes(struct sg_writer *w, const struct sg_enroll_request *request)
{
	const size_t start = w->buf->len;
	size_t bundle;

	oid(w, attestation, sizeof attestation);
	bundle = w->buf->len;
	tpm_statement(w, request);
	sealer_statement(w);
	sg_der_close(w, bundle, SG_DER_SEQUENCE);
	sg_der_close(w, bundle, SG_DER_SEQUENCE);
	sg_der_close(w, bundle, SG_DER_SET);
	sg_der_close(w, start, SG_DER_SEQUENCE);
	sg_der_close(w, start, SG_DER_CONTEXT_0);
}

static void version(struct sg_writer *w)
{
	static const uint8_t v1[] = { 0 };

	sg_der_write(w, SG_DER_INTEGER, sg_bytes(v1, sizeof v1));
}

/* CertificationRequestInfo, whose subject is an element that is given. */
static enum sg_err write_info(const struct sg_enroll_request *request, struct sg_bytes name,
                              struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	if (request->certified->signature.len != SIGNATURE)
		return SG_ERR_ARG;
	out->len = 0;
	version(&w);
	sg_write_bytes(&w, name);
	public_key(&w, request->key);
	attributes(&w, request);
	sg_der_close(&w, 0, SG_DER_SEQUENCE);
	return w.err;
}

enum sg_err sg_enroll_request_write(const struct sg_enroll_request *request,
                                    const struct sg_enroll_signer *signer, struct sg_buf *der)
{
	struct sg_buf name = { NULL, 0, 0 };
	struct sg_writer w = sg_writer(&name);
	uint8_t signature[SIGNATURE];
	enum sg_err err;

	if (request->name.len == 0 || request->name.len > NAME_MAX_LEN ||
	    !sg_utf8_plain(request->name))
		return SG_ERR_ARG;
	subject(&w, request->name);
	err = w.err;
	if (err == SG_OK)
		err = write_info(request, sg_buf_bytes(&name), der);
	if (err == SG_OK)
		err = signer->sign(signer->context, sg_buf_bytes(der), signature);
	if (err != SG_OK)
		goto out;
	w = sg_writer(der);
	algorithm(&w);
	bits(&w, sg_bytes(signature, sizeof signature));
	sg_der_close(&w, 0, SG_DER_SEQUENCE);
	err = w.err == SG_OK && der->len > SG_ENROLL_REQUEST_MAX ? SG_ERR_RANGE : w.err;
out:
	sg_buf_free(&name);
	return err;
}

/* A request that was taken apart; all are views. */
struct parts {
	struct sg_bytes info;           /* CertificationRequestInfo, with its tag and length */
	struct sg_bytes subject;        /* the same of the name */
	struct sg_bytes algorithm;      /* what is in it */
	struct sg_bytes signature;
};

/* Read an element and return it whole, with its tag and length. */
static struct sg_bytes whole(struct sg_reader *r, uint8_t tag)
{
	const struct sg_bytes before = r->rest;

	(void)sg_der_expect(r, tag);
	return sg_bytes(before.data, before.len - r->rest.len);
}

static bool take_apart(struct sg_bytes der, struct parts *parts)
{
	struct sg_reader all = sg_reader(der), r = sg_der_expect(&all, SG_DER_SEQUENCE), info, bit;

	parts->info = whole(&r, SG_DER_SEQUENCE);
	parts->algorithm = sg_der_expect(&r, SG_DER_SEQUENCE).rest;
	bit = sg_der_expect(&r, SG_DER_BIT_STRING);
	if (sg_read_u8(&bit) != 0)
		bit.failed = true;
	parts->signature = sg_read_bytes(&bit, SIGNATURE);
	info = sg_reader(parts->info);
	info = sg_der_expect(&info, SG_DER_SEQUENCE);
	(void)sg_der_expect(&info, SG_DER_INTEGER);
	parts->subject = whole(&info, SG_DER_SEQUENCE);
	return sg_reader_done(&all) && sg_reader_done(&r) && sg_reader_done(&bit) && !info.failed;
}

enum sg_enroll_reason sg_enroll_request_verify(const struct sg_enroll_request *request,
                                               struct sg_bytes der)
{
	struct sg_buf info = { NULL, 0, 0 };
	enum sg_enroll_reason reason = SG_ENROLL_REQUEST;
	struct parts parts;
	enum sg_err err;

	if (der.len > SG_ENROLL_REQUEST_MAX || !take_apart(der, &parts) ||
	    !sg_bytes_equal(parts.algorithm, sg_bytes(ed25519, sizeof ed25519)))
		return SG_ENROLL_REQUEST;
	/* Nothing but the subject may differ from what we would write. */
	err = write_info(request, parts.subject, &info);
	if (err == SG_ERR_NOMEM)
		reason = SG_ENROLL_INTERNAL;
	else if (err == SG_OK && sg_bytes_equal(sg_buf_bytes(&info), parts.info) &&
	         sg_ed25519_verify(sg_bytes(request->key, SG_ENROLL_KEY_LEN), parts.info,
	                           parts.signature) == SG_OK)
		reason = SG_ENROLL_OK;
	sg_buf_free(&info);
	return reason;
}
