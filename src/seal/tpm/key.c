/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Keys that the TPM makes and computes with. Whatever is secret goes
 * through the encrypted session that the caller opened, and is left neither in memory
 * of ours nor of tpm2-tss.
 */
#include "seal/tpm/key.h"

#include <string.h>

#include "seal/tpm/area.h"
#include "seal/tpm/auth.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/session.h"
#include "util/log.h"

#define HALF SG_TPM_NUMBER
#define UNCOMPRESSED 0x04               /* [SEC 1 §2.3.3] */

static const char magic[4] = { 'S', 'G', 'K', '1' };

/* The TPM makes the key and nobody ever gives an authorisation: who has the blob and the
 * parent may use it, and power cuts do not count as wrong tries. */
static TPMA_OBJECT attributes(unsigned uses)
{
	TPMA_OBJECT bits = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
	                   TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
	                   TPMA_OBJECT_NODA;

	if (uses & SG_RESIDENT_SIGN)
		bits |= TPMA_OBJECT_SIGN_ENCRYPT;
	if (uses & SG_RESIDENT_DERIVE)
		bits |= TPMA_OBJECT_DECRYPT;
	return bits;
}

/* A key that only signs is held to ECDSA, so that the TPM's other schemes can't be tried
 * on it. One that does both may have no scheme [TPM2 Part 2 §12.2.3.6]. */
static TPMI_ALG_ECC_SCHEME scheme(unsigned uses)
{
	return uses == SG_RESIDENT_SIGN ? TPM2_ALG_ECDSA : TPM2_ALG_NULL;
}

static void p256_fill(TPMT_PUBLIC *area, unsigned uses)
{
	TPMS_ECC_PARMS *ecc = &area->parameters.eccDetail;

	area->type = TPM2_ALG_ECC;
	ecc->symmetric.algorithm = TPM2_ALG_NULL;
	ecc->scheme.scheme = scheme(uses);
	if (ecc->scheme.scheme != TPM2_ALG_NULL)
		ecc->scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	ecc->curveID = TPM2_ECC_NIST_P256;
	ecc->kdf.scheme = TPM2_ALG_NULL;
}

static void hmac_fill(TPMT_PUBLIC *area)
{
	TPMT_KEYEDHASH_SCHEME *keyed = &area->parameters.keyedHashDetail.scheme;

	area->type = TPM2_ALG_KEYEDHASH;
	keyed->scheme = TPM2_ALG_HMAC;
	keyed->details.hmac.hashAlg = TPM2_ALG_SHA256;
}

/* Fill in the template of a key; false where such a key has not these uses. */
static bool area_fill(TPM2B_PUBLIC *out, enum sg_resident_kind kind, unsigned uses)
{
	*out = (TPM2B_PUBLIC){ 0 };
	out->publicArea.nameAlg = TPM2_ALG_SHA256;
	out->publicArea.objectAttributes = attributes(uses);
	switch (kind) {
	case SG_RESIDENT_P256:
		p256_fill(&out->publicArea, uses);
		return uses > 0 && uses <= (SG_RESIDENT_SIGN | SG_RESIDENT_DERIVE);
	case SG_RESIDENT_HMAC_SHA256:
		hmac_fill(&out->publicArea);
		return uses == SG_RESIDENT_SIGN;
	case SG_RESIDENT_ED25519:
	case SG_RESIDENT_AES256:
		break;
	}
	return false;
}

static bool p256_ours(const TPMT_PUBLIC *area, const TPMT_PUBLIC *wanted)
{
	const TPMS_ECC_PARMS *have = &area->parameters.eccDetail;
	const TPMS_ECC_PARMS *want = &wanted->parameters.eccDetail;

	return have->symmetric.algorithm == want->symmetric.algorithm &&
	       have->scheme.scheme == want->scheme.scheme &&
	       (have->scheme.scheme == TPM2_ALG_NULL ||
	        have->scheme.details.ecdsa.hashAlg == want->scheme.details.ecdsa.hashAlg) &&
	       have->curveID == want->curveID && have->kdf.scheme == want->kdf.scheme &&
	       area->unique.ecc.x.size <= HALF && area->unique.ecc.y.size <= HALF;
}

static bool hmac_ours(const TPMT_PUBLIC *area, const TPMT_PUBLIC *wanted)
{
	const TPMT_KEYEDHASH_SCHEME *have = &area->parameters.keyedHashDetail.scheme;
	const TPMT_KEYEDHASH_SCHEME *want = &wanted->parameters.keyedHashDetail.scheme;

	return have->scheme == want->scheme &&
	       have->details.hmac.hashAlg == want->details.hmac.hashAlg &&
	       area->unique.keyedHash.size == SG_RESIDENT_MAC;
}

/* Tell whether a public area is one that the TPM made of area_fill's template. */
static bool area_ours(const TPMT_PUBLIC *area, enum sg_resident_kind kind, unsigned uses)
{
	TPM2B_PUBLIC template;
	const TPMT_PUBLIC *wanted = &template.publicArea;

	if (!area_fill(&template, kind, uses) || area->type != wanted->type ||
	    area->nameAlg != wanted->nameAlg || area->authPolicy.size != 0 ||
	    area->objectAttributes != wanted->objectAttributes)
		return false;
	return kind == SG_RESIDENT_P256 ? p256_ours(area, wanted) : hmac_ours(area, wanted);
}

enum sg_err sg_tpm_key_write(const struct sg_tpm_blob *key, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	sg_write_magic(&w, magic);
	sg_tpm_blob_write(key, &w);
	return w.err;
}

enum sg_err sg_tpm_key_read(struct sg_bytes blob, enum sg_resident_kind kind, unsigned use,
                            struct sg_tpm_blob *out)
{
	const TPMT_PUBLIC *area = &out->area.publicArea;
	struct sg_reader r = sg_reader(blob);
	enum sg_err err;

	sg_read_magic(&r, magic);
	err = sg_tpm_blob_read(&r, out);

	if (err == SG_OK && !area_ours(area, kind, use) &&
	    !area_ours(area, kind, SG_RESIDENT_SIGN | SG_RESIDENT_DERIVE))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_log(SG_LOG_ERROR, "the blob is not that of a key that this program had a TPM "
		       "make for this use");
	return err;
}

void sg_tpm_key_point(const struct sg_tpm_blob *key, uint8_t point[SG_RESIDENT_POINT])
{
	const TPMS_ECC_POINT *unique = &key->area.publicArea.unique.ecc;

	point[0] = UNCOMPRESSED;
	sg_tpm_number(&unique->x, point + 1);
	sg_tpm_number(&unique->y, point + 1 + HALF);
}

enum sg_err sg_tpm_key_create(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                              enum sg_resident_kind kind, unsigned uses,
                              const struct sg_secret *auth, struct sg_tpm_blob *out)
{
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	TPM2B_PUBLIC template, *area = NULL;
	TPM2B_PRIVATE *private_area = NULL;
	TPM2B_SENSITIVE_CREATE *sensitive;
	struct sg_secret *guarded = NULL;
	enum sg_err err;

	if (!area_fill(&template, kind, uses))
		return SG_ERR_ARG;
	err = sg_secret_new(sizeof *sensitive, &guarded);
	if (err != SG_OK)
		return err;
	sensitive = (void *)guarded->data;
	if (auth != NULL)
		sg_tpm_auth_fill(&sensitive->sensitive.userAuth, auth);
	/* The private part is encrypted by the parent, and still no business of the bus: who
	 * has it may use the key. */
	err = sg_tpm_session_next(tpm, session, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_Create,
		                 Esys_Create(tpm->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE,
		                             sensitive, &template, &outside, &pcrs, &private_area,
		                             &area, NULL, NULL, NULL));
	if (auth != NULL)
		sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	if (err != SG_OK)
		goto out;
	if (!area_ours(&area->publicArea, kind, uses)) {
		sg_log(SG_LOG_ERROR, "the TPM made another key than was asked for");
		err = SG_ERR_HW_FAULT;
		goto out;
	}
	*out = (struct sg_tpm_blob){ *area, *private_area };
out:
	Esys_Free(area);
	if (private_area != NULL)
		explicit_bzero(private_area, sizeof *private_area);
	Esys_Free(private_area);
	sg_secret_free(&guarded);
	return err;
}

enum sg_err sg_tpm_key_load(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                            const struct sg_tpm_blob *key, ESYS_TR *object)
{
	return sg_tpm_err(TPM2_CC_Load,
	                  Esys_Load(tpm->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE,
	                            &key->private_area, &key->area, object));
}

enum sg_err sg_tpm_key_sign(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                            const struct sg_secret *auth,
                            const uint8_t digest[SG_RESIDENT_DIGEST],
                            uint8_t signature[SG_RESIDENT_SIGNATURE])
{
	/* That the digest was made outside is fine for a key that is not restricted. */
	static const TPMT_TK_HASHCHECK outside = {
		.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL,
	};
	static const TPMT_SIG_SCHEME ecdsa = {
		.scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256,
	};
	TPM2B_DIGEST in = { .size = SG_RESIDENT_DIGEST };
	TPMT_SIGNATURE *made = NULL;
	enum sg_err err;

	memcpy(in.buffer, digest, SG_RESIDENT_DIGEST);
	/* A signature can't be encrypted: it is no TPM2B [TPM2 Part 1 §21.1]. */
	err = sg_tpm_session_next(tpm, session, TPMA_SESSION_DECRYPT |
	                                        (auth != NULL ? TPMA_SESSION_CONTINUESESSION : 0));
	if (err == SG_OK && auth != NULL)
		err = sg_tpm_auth_set(tpm, object, auth);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_Sign,
		                 Esys_Sign(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE,
		                           &in, &ecdsa, &outside, &made));
	if (auth != NULL)
		sg_tpm_scrub(tpm, object, session);
	if (err != SG_OK)
		goto out;
	if (made->sigAlg != TPM2_ALG_ECDSA) {
		sg_log(SG_LOG_ERROR, "the TPM made another signature than was asked for");
		err = SG_ERR_HW_FAULT;
		goto out;
	}
	sg_tpm_number(&made->signature.ecdsa.signatureR, signature);
	sg_tpm_number(&made->signature.ecdsa.signatureS, signature + HALF);
out:
	Esys_Free(made);
	return err;
}

enum sg_err sg_tpm_key_ecdh(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                            const uint8_t point[SG_RESIDENT_POINT], struct sg_secret **shared)
{
	TPM2B_ECC_POINT in = { .point = { .x = { .size = HALF }, .y = { .size = HALF } } };
	TPM2B_ECC_POINT *made = NULL;
	TSS2_RC rc;
	enum sg_err err;

	*shared = NULL;
	memcpy(in.point.x.buffer, point + 1, HALF);
	memcpy(in.point.y.buffer, point + 1 + HALF, HALF);
	err = sg_secret_new(SG_RESIDENT_SHARED, shared);
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, session,
		                          TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
	if (err != SG_OK)
		goto out;
	rc = Esys_ECDH_ZGen(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &in, &made);
	sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	err = sg_tpm_err(TPM2_CC_ECDH_ZGen, rc);
	if (err == SG_OK) {
		sg_tpm_number(&made->point.x, (*shared)->data);
		(*shared)->len = SG_RESIDENT_SHARED;
	}
out:
	if (made != NULL)
		explicit_bzero(made, sizeof *made);
	Esys_Free(made);
	if (err != SG_OK)
		sg_secret_free(shared);
	return err;
}

/* Put the next piece of the data where tpm2-tss wants it. */
static void piece(TPM2B_MAX_BUFFER *buffer, struct sg_bytes *data)
{
	size_t len = data->len < TPM2_MAX_DIGEST_BUFFER ? data->len : TPM2_MAX_DIGEST_BUFFER;

	buffer->size = (UINT16)len;
	if (len > 0)
		memcpy(buffer->buffer, data->data, len);
	*data = sg_bytes(data->data + len, data->len - len);
}

/* Compute over more than one piece; the last one ends the session. */
static enum sg_err hmac_sequence(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                                 struct sg_bytes data, TPM2B_MAX_BUFFER *buffer,
                                 TPM2B_DIGEST **made)
{
	static const TPM2B_AUTH none;
	const TPMA_SESSION in = TPMA_SESSION_DECRYPT | TPMA_SESSION_CONTINUESESSION;
	ESYS_TR sequence = ESYS_TR_NONE;
	enum sg_err err;

	err = sg_tpm_session_next(tpm, session, in);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_HMAC_Start,
		                 Esys_HMAC_Start(tpm->esys, object, session, ESYS_TR_NONE,
		                                 ESYS_TR_NONE, &none, TPM2_ALG_SHA256, &sequence));
	while (err == SG_OK && data.len > TPM2_MAX_DIGEST_BUFFER) {
		piece(buffer, &data);
		err = sg_tpm_err(TPM2_CC_SequenceUpdate,
		                 Esys_SequenceUpdate(tpm->esys, sequence, session, ESYS_TR_NONE,
		                                     ESYS_TR_NONE, buffer));
	}
	if (err == SG_OK)
		err = sg_tpm_session_next(tpm, session,
		                          TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
	if (err != SG_OK)
		return err;
	piece(buffer, &data);
	return sg_tpm_err(TPM2_CC_SequenceComplete,
	                  Esys_SequenceComplete(tpm->esys, sequence, session, ESYS_TR_NONE,
	                                        ESYS_TR_NONE, buffer, ESYS_TR_RH_NULL, made,
	                                        NULL));
}

static enum sg_err hmac_once(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                             struct sg_bytes data, TPM2B_MAX_BUFFER *buffer,
                             TPM2B_DIGEST **made)
{
	enum sg_err err = sg_tpm_session_next(tpm, session,
	                                      TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);

	if (err != SG_OK)
		return err;
	piece(buffer, &data);
	return sg_tpm_err(TPM2_CC_HMAC,
	                  Esys_HMAC(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, buffer,
	                            TPM2_ALG_SHA256, made));
}

enum sg_err sg_tpm_key_hmac(struct sg_tpm *tpm, ESYS_TR object, ESYS_TR session,
                            struct sg_bytes data, uint8_t mac[SG_RESIDENT_MAC])
{
	struct sg_secret *guarded = NULL;
	TPM2B_MAX_BUFFER *buffer;
	TPM2B_DIGEST *made = NULL;
	enum sg_err err;

	err = sg_secret_new(sizeof *buffer, &guarded);
	if (err != SG_OK)
		return err;
	buffer = (void *)guarded->data;
	err = data.len > TPM2_MAX_DIGEST_BUFFER
	              ? hmac_sequence(tpm, object, session, data, buffer, &made)
	              : hmac_once(tpm, object, session, data, buffer, &made);
	sg_tpm_scrub(tpm, ESYS_TR_RH_NULL, ESYS_TR_PASSWORD);
	if (err == SG_OK && made->size != SG_RESIDENT_MAC) {
		sg_log(SG_LOG_ERROR, "the TPM computed another code than was asked for");
		err = SG_ERR_HW_FAULT;
	}
	if (err == SG_OK)
		memcpy(mac, made->buffer, SG_RESIDENT_MAC);
	if (made != NULL)
		explicit_bzero(made, sizeof *made);
	Esys_Free(made);
	sg_secret_free(&guarded);
	return err;
}
