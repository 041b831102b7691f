/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Attestation keys: their template, and the signatures that they make.
 */
#include "seal/tpm/ak.h"

#include "seal/tpm/area.h"
#include "seal/tpm/creation.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

static const char magic[4] = { 'S', 'G', 'A', '1' };

/* Who has the blob and the parent may have the TPM attest, and no power cut counts as a try. */
static const TPMT_PUBLIC template = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT |
	                    TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	                    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
	                    TPMA_OBJECT_NODA,
	.parameters.eccDetail = {
		.symmetric = { .algorithm = TPM2_ALG_NULL },
		.scheme = { .scheme = TPM2_ALG_ECDSA,
		            .details = { .ecdsa = { .hashAlg = TPM2_ALG_SHA256 } } },
		.curveID = TPM2_ECC_NIST_P256,
		.kdf = { .scheme = TPM2_ALG_NULL },
	},
};

/* Tell whether an area is that of a key which was made from the template. */
static bool is_ours(const TPMT_PUBLIC *area)
{
	struct sg_buf have = { 0 }, want = { 0 };
	TPMT_PUBLIC ours = template;
	bool same = area->type == TPM2_ALG_ECC && area->unique.ecc.x.size <= SG_TPM_NUMBER &&
	            area->unique.ecc.y.size <= SG_TPM_NUMBER;

	ours.unique = area->unique;
	same = same && sg_tpm_area_write(area, &have) == SG_OK &&
	       sg_tpm_area_write(&ours, &want) == SG_OK &&
	       sg_bytes_equal(sg_buf_bytes(&have), sg_buf_bytes(&want));
	sg_buf_free(&have);
	sg_buf_free(&want);
	return same;
}

enum sg_err sg_ak_write(const struct sg_tpm_blob *ak, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	sg_write_magic(&w, magic);
	sg_tpm_blob_write(ak, &w);
	return w.err;
}

enum sg_err sg_ak_read(struct sg_bytes blob, struct sg_tpm_blob *out)
{
	struct sg_reader r = sg_reader(blob);
	enum sg_err err;

	sg_read_magic(&r, magic);
	err = sg_tpm_blob_read(&r, out);
	if (err == SG_OK && !is_ours(&out->area.publicArea))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_log(SG_LOG_NOTICE, "the blob is not that of an attestation key that this program "
		       "had a TPM make");
	return err;
}

enum sg_err sg_ak_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                         struct sg_tpm_blob *out)
{
	static const TPM2B_SENSITIVE_CREATE nothing;
	const TPM2B_PUBLIC wanted = { .publicArea = template };
	enum sg_err err;

	err = sg_tpm_session_next(tpm, session,
	                          TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT |
	                          TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK)
		err = sg_tpm_create(tpm, srk, session, &nothing, &wanted, NULL, out);
	if (err == SG_OK && !is_ours(&out->area.publicArea)) {
		sg_log(SG_LOG_ERROR, "the TPM made another key than was asked for");
		err = SG_ERR_HW_FAULT;
	}
	return err;
}

enum sg_err sg_ak_take(const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *signature,
                       struct sg_attest_signed *out)
{
	if (signature->sigAlg != TPM2_ALG_ECDSA || attest->size == 0) {
		sg_log(SG_LOG_ERROR, "the TPM made another signature than was asked for");
		return SG_ERR_HW_FAULT;
	}
	sg_tpm_number(&signature->signature.ecdsa.signatureR, out->signature);
	sg_tpm_number(&signature->signature.ecdsa.signatureS, out->signature + SG_TPM_NUMBER);
	return sg_buf_set(&out->attest, sg_bytes(attest->attestationData, attest->size));
}
