/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Describes this TPM for others, and opens what they closed for it. The keys of a
 * parcel leave the TPM in salted sessions only, and nothing of it stays in the TPM.
 */
#include "seal/import.h"

#include "crypto/certificate.h"
#include "seal/tpm/credential.h"
#include "seal/tpm/duplicate.h"
#include "seal/tpm/ek.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/sealed.h"
#include "seal/tpm/sealer.h"
#include "seal/tpm/session.h"
#include "seal/tpm/srk.h"
#include "util/log.h"

struct describe {
	struct sg_bytes parent;
	struct sg_node *node;
};

/* Read the area of the parent, whose Name was compared; what is read here is, too. */
static enum sg_err read_key(struct sg_tpm *tpm, ESYS_TR srk, struct sg_bytes parent,
                            struct sg_node *node)
{
	TPM2B_PUBLIC *area = NULL;
	uint8_t name[SG_NODE_NAME];
	enum sg_err err;

	err = sg_tpm_err(TPM2_CC_ReadPublic,
	                 Esys_ReadPublic(tpm->esys, srk, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                                 &area, NULL, NULL));
	if (err == SG_OK)
		err = sg_tpm_area_write(&area->publicArea, &node->key);
	if (err == SG_OK)
		err = sg_node_name(node, name);
	if (err == SG_OK && !sg_bytes_equal(sg_bytes(name, sizeof name), parent))
		err = SG_ERR_HW_FAULT;
	Esys_Free(area);
	return err;
}

/* Tell whether the certificate is that of the key which the TPM makes. */
static enum sg_err check_certificate(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind,
                                     struct sg_bytes certificate, bool *good)
{
	struct sg_buf spki = { 0 };
	TPMT_PUBLIC area = { 0 };
	TPM2B_PUBLIC *found = NULL;
	ESYS_TR ek = ESYS_TR_NONE;
	enum sg_ek said = SG_EKS;
	struct sg_buf have = { 0 }, want = { 0 };
	enum sg_err err;

	*good = false;
	if (sg_certificate_key(certificate, &spki) != SG_OK ||
	    sg_ek_area(sg_buf_bytes(&spki), &said, &area) != SG_OK || said != kind) {
		err = SG_OK;
		goto out;
	}
	err = sg_ek_open(tpm, session, kind, &ek, &found);
	if (err == SG_OK)
		err = sg_tpm_area_write(&area, &want);
	if (err == SG_OK)
		err = sg_tpm_area_write(&found->publicArea, &have);
	*good = err == SG_OK && sg_bytes_equal(sg_buf_bytes(&have), sg_buf_bytes(&want));
out:
	Esys_Free(found);
	sg_buf_free(&spki);
	sg_buf_free(&have);
	sg_buf_free(&want);
	return err;
}

static enum sg_err read_certificate(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind,
                                    struct sg_node *node)
{
	struct sg_buf *out = &node->certificate[kind];
	bool good = false;
	enum sg_err err = sg_ek_certificate(tpm, kind, out);

	if (err == SG_OK)
		err = check_certificate(tpm, session, kind, sg_buf_bytes(out), &good);
	if (err == SG_ERR_HW_OWNER_AUTH)        /* which was said */
		err = SG_ERR_NOT_FOUND;
	if (err == SG_OK && !good)
		sg_log(SG_LOG_NOTICE, "a certificate in the TPM is not that of its endorsement key, "
		       "and is left out");
	if (!good)
		out->len = 0;
	return err == SG_ERR_NOT_FOUND ? SG_OK : err;
}

static enum sg_err do_describe(struct sg_tpm *tpm, void *arg)
{
	struct describe *d = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, d->parent, &srk, &session);

	sg_node_clear(d->node);         /* of a try before */
	if (err == SG_OK)
		err = read_key(tpm, srk, d->parent, d->node);
	for (int i = 0; i < SG_EKS && err == SG_OK; i++)
		err = read_certificate(tpm, session, (enum sg_ek)i, d->node);
	return err;
}

static enum sg_err import_node(struct sg_sealer *sealer, struct sg_bytes parent,
                               struct sg_node *node)
{
	struct describe d = { parent, node };

	return sg_tpm_transact(sealer, do_describe, &d);
}

struct opening {
	struct sg_bytes parent;
	const struct sg_parcel *parcel;
	TPM2B_PUBLIC area;
	TPM2B_PRIVATE duplicate;
	TPM2B_ENCRYPTED_SECRET seed;
	struct sg_secret *key, *second;
};

/* Import gives the object's private area in the form that this TPM loads. */
static enum sg_err import(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session,
                          const struct opening *o, TPM2B_PRIVATE *out)
{
	static const TPM2B_DATA no_key;
	static const TPMT_SYM_DEF_OBJECT none = { .algorithm = TPM2_ALG_NULL };
	TPM2B_PRIVATE *made = NULL;
	enum sg_err err;

	err = sg_tpm_err(TPM2_CC_Import,
	                 Esys_Import(tpm->esys, srk, session, ESYS_TR_NONE, ESYS_TR_NONE, &no_key,
	                             &o->area, &o->duplicate, &o->seed, &none, &made));
	if (err == SG_OK)
		*out = *made;
	Esys_Free(made);
	return err;
}

static enum sg_err open_first(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session, struct opening *o)
{
	const struct sg_seal_guard nothing = { .auth = NULL };
	struct sg_sealed sealed = { .object.area = o->area };
	enum sg_err err;

	err = import(tpm, srk, session, o, &sealed.object.private_area);
	if (err == SG_OK)
		err = sg_policy_copy(&o->parcel->policy, &sealed.policy);
	if (err == SG_OK)
		err = sg_sealed_open(tpm, srk, &nothing, &sealed, &o->key);
	sg_sealed_clear(&sealed);
	return err;
}

static enum sg_err open_second(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session, struct opening *o)
{
	TPM2B_PUBLIC *area = NULL;
	ESYS_TR ek = ESYS_TR_NONE;
	enum sg_err err = sg_ek_open(tpm, session, o->parcel->ek, &ek, &area);

	if (err == SG_OK)
		err = sg_tpm_credential_open(tpm, srk, session, ek, srk,
		                             sg_buf_bytes(&o->parcel->credential),
		                             sg_buf_bytes(&o->parcel->credential_seed),
		                             &o->second);
	Esys_Free(area);
	return err;
}

/* Each half is a transaction of its own, since a TPM may have no more than three slots. */
static enum sg_err do_open_first(struct sg_tpm *tpm, void *arg)
{
	struct opening *o = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, o->parent, &srk, &session);

	return err == SG_OK ? open_first(tpm, srk, session, o) : err;
}

static enum sg_err do_open_second(struct sg_tpm *tpm, void *arg)
{
	struct opening *o = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, o->parent, &srk, &session);

	return err == SG_OK ? open_second(tpm, srk, session, o) : err;
}

static enum sg_err refuse_other(void)
{
	sg_log(SG_LOG_ERROR, "this was sent to another machine, or to this one before its TPM was "
	       "exchanged or cleared");
	return SG_ERR_PARCEL_OTHER;
}

static enum sg_err import_open(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_parcel *parcel, struct sg_secret **plain)
{
	struct opening o = { .parent = parent, .parcel = parcel };
	enum sg_err err;

	*plain = NULL;
	if (!sg_bytes_equal(parent, sg_bytes(parcel->to, sizeof parcel->to)))
		return refuse_other();
	err = sg_tpm_duplicate_read(parcel, &o.area, &o.duplicate, &o.seed);
	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_open_first, &o);
	if (err == SG_OK && parcel->endorsed)
		err = sg_tpm_transact(sealer, do_open_second, &o);
	if (err == SG_OK)
		err = sg_parcel_open(parcel, o.key, o.second, plain);
	if (err == SG_ERR_SEALED_DAMAGED) {
		sg_log(SG_LOG_ERROR, "the TPM does not open what was sent: it was changed on its way, "
		       "or the certificate that the sender was given is that of another TPM");
		err = SG_ERR_TAG;
	}
	sg_secret_free(&o.key);
	sg_secret_free(&o.second);
	return err;
}

const struct sg_import_ops sg_tpm_import = { .node = import_node, .open = import_open };
