/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Describes this TPM for others, and opens what they closed for it. The keys of a
 * parcel leave the TPM in salted sessions only, and nothing of it stays in the TPM.
 */
#include "seal/import.h"

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

static enum sg_err read_certificate(struct sg_tpm *tpm, ESYS_TR session, enum sg_ek kind,
                                    struct sg_node *node)
{
	enum sg_err err = sg_ek_certified(tpm, session, kind, &node->certificate[kind], NULL);

	if (err != SG_ERR_HW_EK_AUTH)
		return err;
	/* Without that password the node goes without a certificate. */
	sg_log(SG_LOG_ERROR, "the endorsement hierarchy of the TPM has a password");
	return SG_OK;
}

static enum sg_err do_describe(struct sg_tpm *tpm, void *arg)
{
	struct describe *d = arg;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, d->parent, &srk, &session);

	sg_node_clear(d->node);         /* of a try before */
	if (err == SG_OK)
		err = sg_srk_area(tpm, srk, d->parent, &d->node->key);
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
	struct sg_tpm_imported object;
	struct sg_secret *key, *second;
};

static enum sg_err open_first(struct sg_tpm *tpm, ESYS_TR srk, ESYS_TR session, struct opening *o)
{
	const struct sg_seal_guard nothing = { .auth = NULL };
	struct sg_sealed sealed = { .imported = true, .object.area = o->object.area };
	enum sg_err err;

	err = sg_tpm_import_object(tpm, srk, session, &o->object, &sealed.object.private_area);
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
	err = sg_tpm_duplicate_read(parcel, &o.object);
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
