/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. The certificates that makers leave in their TPMs. They are read without a session:
 * a certificate stands by its signature, and who looks at it is another machine.
 */
#include "seal/tpm/ek.h"

#include "crypto/certificate.h"
#include "crypto/der.h"
#include "seal/tpm/area.h"
#include "seal/tpm/nv.h"
#include "seal/tpm/rc.h"
#include "util/log.h"

#define PIECE 512                       /* bytes that every TPM gives out at once */

/* Where those between stand, as one string of bytes over indices that follow each other
 * [TCG EK Credential Profile 2.5 §2.2.1.5]. */
#define BETWEEN_FIRST 0x01c00100
#define BETWEEN_LAST 0x01c001ff
#define BETWEEN_BYTES ((size_t)SG_ATTEST_BETWEEN * SG_NODE_CERTIFICATE_MAX)

/* Where they stand [TCG EK Credential Profile §2.2.1.4]. */
static const TPM2_HANDLE handles[SG_EKS] = {
	[SG_EK_P256] = 0x01c0000a,
	[SG_EK_RSA2048] = 0x01c00002,
};

/* Append what is in an index. */
static enum sg_err read_all(struct sg_tpm *tpm, ESYS_TR nv, size_t size, struct sg_buf *out)
{
	const size_t end = out->len + size;
	enum sg_err err = SG_OK;

	while (out->len < end && err == SG_OK) {
		const size_t rest = end - out->len;
		uint16_t n = (uint16_t)(rest < PIECE ? rest : PIECE);
		TPM2B_MAX_NV_BUFFER *data = NULL;

		err = sg_tpm_err(TPM2_CC_NV_Read,
		                 Esys_NV_Read(tpm->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE,
		                              ESYS_TR_NONE, n, (uint16_t)(size - rest), &data));
		if (err == SG_OK && data->size != n)
			err = SG_ERR_HW_FAULT;
		if (err == SG_OK)
			err = sg_buf_append(out, sg_bytes(data->buffer, data->size));
		Esys_Free(data);
	}
	return err;
}

/* Append what is in the index at a handle, of at most so many bytes. Errors: NOT_FOUND where there
 * is none that anybody may read, and those of the TPM. */
static enum sg_err read_index(struct sg_tpm *tpm, TPM2_HANDLE handle, size_t max,
                              struct sg_buf *out)
{
	ESYS_TR nv = ESYS_TR_NONE;
	TPMS_NV_PUBLIC area;
	enum sg_err err = sg_nv_look(tpm, handle, &nv, &area);

	if (err == SG_ERR_HW_NV_GONE)
		return SG_ERR_NOT_FOUND;
	if (err != SG_OK)
		return err;
	if (nv == ESYS_TR_NONE || (area.attributes & TPMA_NV_AUTHREAD) == 0 ||
	    (area.attributes & TPMA_NV_WRITTEN) == 0 || area.dataSize > max)
		return SG_ERR_NOT_FOUND;
	return read_all(tpm, nv, area.dataSize, out);
}

/* Some makers make the index longer than the certificate in it. */
static enum sg_err cut(struct sg_buf *out)
{
	struct sg_reader r = sg_reader(sg_buf_bytes(out));

	if (sg_der_read(&r).tag != SG_DER_SEQUENCE)
		return SG_ERR_NOT_FOUND;
	out->len -= r.rest.len;
	return SG_OK;
}

enum sg_err sg_ek_certificate(struct sg_tpm *tpm, enum sg_ek kind, struct sg_buf *out)
{
	enum sg_err err;

	out->len = 0;
	err = read_index(tpm, handles[kind], SG_NODE_CERTIFICATE_MAX, out);
	return err == SG_OK ? cut(out) : err;
}

/* Take the certificates out of a string of them. What fills an index up follows the last one. */
static enum sg_err part(struct sg_bytes all, struct sg_buf out[SG_ATTEST_BETWEEN])
{
	struct sg_reader r = sg_reader(all);
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < SG_ATTEST_BETWEEN && err == SG_OK; i++) {
		const uint8_t *start = r.rest.data;
		const size_t before = r.rest.len;

		if (sg_der_read(&r).tag != SG_DER_SEQUENCE ||
		    before - r.rest.len > SG_NODE_CERTIFICATE_MAX)
			break;
		err = sg_buf_set(&out[i], sg_bytes(start, before - r.rest.len));
	}
	return err;
}

enum sg_err sg_ek_between(struct sg_tpm *tpm, struct sg_buf out[SG_ATTEST_BETWEEN])
{
	struct sg_buf all = { 0 };
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < SG_ATTEST_BETWEEN; i++)
		out[i].len = 0;
	for (TPM2_HANDLE h = BETWEEN_FIRST; h <= BETWEEN_LAST && err == SG_OK; h++)
		err = read_index(tpm, h, BETWEEN_BYTES - all.len, &all);
	if (err == SG_OK || err == SG_ERR_NOT_FOUND)
		err = part(sg_buf_bytes(&all), out);
	sg_buf_free(&all);
	return err;
}

/* Tell whether the certificate is that of the key which the TPM makes, whose area have gets. */
static enum sg_err check(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind,
                         struct sg_bytes certificate, struct sg_buf *have, bool *good)
{
	struct sg_buf spki = { 0 }, want = { 0 };
	TPMT_PUBLIC area = { 0 };
	TPM2B_PUBLIC *found = NULL;
	ESYS_TR ek = ESYS_TR_NONE;
	enum sg_ek said = SG_EKS;
	enum sg_err err = SG_OK;

	*good = false;
	if (sg_certificate_key(certificate, &spki) != SG_OK ||
	    sg_ek_area(sg_buf_bytes(&spki), &said, &area) != SG_OK || said != kind)
		goto out;
	err = sg_ek_open(tpm, session, kind, &ek, &found);
	if (err == SG_OK)
		err = sg_tpm_area_write(&area, &want);
	if (err == SG_OK)
		err = sg_tpm_area_write(&found->publicArea, have);
	*good = err == SG_OK && sg_bytes_equal(sg_buf_bytes(have), sg_buf_bytes(&want));
out:
	Esys_Free(found);
	sg_buf_free(&spki);
	sg_buf_free(&want);
	return err;
}

enum sg_err sg_ek_certified(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind,
                            struct sg_buf *out, struct sg_buf *area)
{
	struct sg_buf have = { 0 };
	bool good = false;
	enum sg_err err = sg_ek_certificate(tpm, kind, out);

	if (err == SG_OK) {
		err = check(tpm, session, kind, sg_buf_bytes(out), &have, &good);
		if (err == SG_OK && !good)
			sg_log(SG_LOG_NOTICE, "a certificate in the TPM is not that of its "
			       "endorsement key, and is left out");
	}
	if (good && area != NULL)
		err = sg_buf_set(area, sg_buf_bytes(&have));
	if (!good)
		out->len = 0;
	sg_buf_free(&have);
	return err == SG_ERR_NOT_FOUND ? SG_OK : err;
}
