/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Showing to others what this TPM is: its keys, and the credentials that only it
 * opens. Each call is a transaction or a few; nothing stays in the TPM in between.
 */
#include "seal/tpm/attest.h"

#include <string.h>

#include "seal/tpm/ak.h"
#include "seal/tpm/area.h"
#include "seal/tpm/credential.h"
#include "seal/tpm/ek.h"
#include "seal/tpm/key.h"
#include "seal/tpm/sealer.h"
#include "seal/tpm/srk.h"

/* In which order endorsement keys are tried: making one of P-256 takes no time. */
static const enum sg_ek preferred[] = { SG_EK_P256, SG_EK_RSA2048 };

#define PREFERRED (sizeof preferred / sizeof preferred[0])

/* Finding or making the keys. What a transaction found is replaced where it runs again. */
struct search {
	struct sg_bytes parent;
	struct sg_attest_keys *keys;
	struct sg_tpm_blob ak;
	bool known;                     /* the attestation key, from before */
};

/* Take the first endorsement key that its maker certified. */
static enum sg_err do_find(struct sg_tpm *tpm, void *arg)
{
	struct search *s = arg;
	struct sg_attest_keys *keys = s->keys;
	ESYS_TR srk, session;
	enum sg_err err = sg_tpm_open_parent(tpm, s->parent, &srk, &session);

	keys->certificate.len = 0;
	for (size_t i = 0; i < SG_ATTEST_BETWEEN; i++)
		keys->between[i].len = 0;
	if (err == SG_OK)
		err = sg_srk_area(tpm, srk, s->parent, &keys->parent);
	for (size_t i = 0; i < PREFERRED && err == SG_OK && keys->certificate.len == 0; i++) {
		keys->ek_kind = preferred[i];
		err = sg_ek_certified(tpm, session, preferred[i], &keys->certificate, &keys->ek);
	}
	if (err == SG_OK && keys->certificate.len > 0)
		err = sg_ek_between(tpm, keys->between);
	return err;
}

static enum sg_err do_make_ek(struct sg_tpm *tpm, void *arg)
{
	struct search *s = arg;
	TPM2B_PUBLIC *area = NULL;
	ESYS_TR srk, session, ek;
	enum sg_err err = sg_tpm_open_parent(tpm, s->parent, &srk, &session);

	if (err == SG_OK)
		err = sg_ek_open(tpm, session, s->keys->ek_kind, &ek, &area);
	if (err == SG_OK)
		err = sg_tpm_area_write(&area->publicArea, &s->keys->ek);
	Esys_Free(area);
	return err;
}

/* Find the endorsement key: one with a certificate, or the first that the TPM can make. */
static enum sg_err find_ek(struct sg_sealer *sealer, struct search *s)
{
	enum sg_err err = sg_tpm_transact(sealer, do_find, s);

	if (err != SG_OK || s->keys->certificate.len > 0)
		return err;
	for (size_t i = 0; i < PREFERRED; i++) {
		s->keys->ek_kind = preferred[i];
		err = sg_tpm_transact(sealer, do_make_ek, s);
		if (err != SG_ERR_HW_UNSUPPORTED)
			break;
	}
	return err;
}

/* Looking at one endorsement key. */
static enum sg_err do_look(struct sg_tpm *tpm, void *arg)
{
	struct sg_attest_keys *keys = arg;
	TPM2B_PUBLIC *area = NULL;
	ESYS_TR ek;
	enum sg_err err = sg_ek_certified(tpm, ESYS_TR_PASSWORD, keys->ek_kind, &keys->certificate,
	                                  &keys->ek);

	if (err != SG_OK || keys->certificate.len > 0)
		return err;
	err = sg_ek_open(tpm, ESYS_TR_PASSWORD, keys->ek_kind, &ek, &area);
	if (err == SG_OK)
		err = sg_tpm_area_write(&area->publicArea, &keys->ek);
	Esys_Free(area);
	return err;
}

static enum sg_err endorsements(struct sg_sealer *sealer, struct sg_attest_keys keys[SG_EKS],
                                size_t *n)
{
	size_t certified = SG_EKS;
	struct sg_attest_keys first;
	enum sg_err err = SG_OK;

	*n = 0;
	memset(keys, 0, SG_EKS * sizeof *keys);
	for (size_t i = 0; i < PREFERRED && err == SG_OK; i++) {
		keys[*n].ek_kind = preferred[i];
		err = sg_tpm_transact(sealer, do_look, &keys[*n]);
		if (err == SG_OK && keys[*n].certificate.len > 0 && certified == SG_EKS)
			certified = *n;
		*n += err == SG_OK;
		err = err == SG_ERR_HW_UNSUPPORTED ? SG_OK : err;
	}
	if (err != SG_OK || certified == SG_EKS)
		return err == SG_OK && *n == 0 ? SG_ERR_HW_UNSUPPORTED : err;
	first = keys[certified];
	memmove(keys + 1, keys, certified * sizeof *keys);
	keys[0] = first;
	return SG_OK;
}

static enum sg_err do_ak(struct sg_tpm *tpm, void *arg)
{
	struct search *s = arg;
	ESYS_TR srk, session, object;
	enum sg_err err = sg_tpm_open_parent(tpm, s->parent, &srk, &session);

	if (err != SG_OK)
		return err;
	return s->known ? sg_tpm_key_load(tpm, srk, session, &s->ak, &object)
	                : sg_ak_create(tpm, srk, session, &s->ak);
}

static enum sg_err find_ak(struct sg_sealer *sealer, struct sg_bytes blob, struct search *s)
{
	enum sg_err err;

	s->known = blob.len > 0 && sg_ak_read(blob, &s->ak) == SG_OK;
	err = sg_tpm_transact(sealer, do_ak, s);
	if (s->known && err == SG_ERR_SEALED_DAMAGED) {
		s->known = false;
		err = sg_tpm_transact(sealer, do_ak, s);
	}
	if (err == SG_OK)
		err = sg_tpm_area_write(&s->ak.area.publicArea, &s->keys->ak);
	return err == SG_OK ? sg_ak_write(&s->ak, &s->keys->ak_blob) : err;
}

static enum sg_err keys(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes ak_blob,
                        struct sg_attest_keys *out)
{
	struct search s = { .parent = parent, .keys = out };
	enum sg_err err;

	memset(out, 0, sizeof *out);
	err = find_ek(sealer, &s);
	return err == SG_OK ? find_ak(sealer, ak_blob, &s) : err;
}

/* Opening a credential. */
struct opening {
	struct sg_bytes parent;
	enum sg_ek ek;
	struct sg_tpm_blob ak;
	bool of_ak;                     /* else of the parent */
	struct sg_bytes credential, seed;
	struct sg_secret **secret;
};

static enum sg_err do_activate(struct sg_tpm *tpm, void *arg)
{
	struct opening *o = arg;
	TPM2B_PUBLIC *area = NULL;
	ESYS_TR srk, session, ek, object;
	enum sg_err err = sg_tpm_open_parent(tpm, o->parent, &srk, &session);

	object = srk;
	if (err == SG_OK && o->of_ak)
		err = sg_tpm_key_load(tpm, srk, session, &o->ak, &object);
	if (err == SG_OK)
		err = sg_ek_open(tpm, session, o->ek, &ek, &area);
	if (err == SG_OK)
		err = sg_tpm_credential_open(tpm, srk, session, ek, object, o->credential, o->seed,
		                             o->secret);
	Esys_Free(area);
	return err;
}

static enum sg_err activate(struct sg_sealer *sealer, struct sg_bytes parent, enum sg_ek ek,
                            struct sg_bytes ak_blob, struct sg_bytes credential,
                            struct sg_bytes seed, struct sg_secret **secret)
{
	struct opening o = {
		.parent = parent, .ek = ek, .of_ak = ak_blob.len > 0,
		.credential = credential, .seed = seed, .secret = secret,
	};
	enum sg_err err = SG_OK;

	*secret = NULL;
	if (o.of_ak)
		err = sg_ak_read(ak_blob, &o.ak);
	return err == SG_OK ? sg_tpm_transact(sealer, do_activate, &o) : err;
}

const struct sg_attest_ops sg_tpm_attest = {
	.endorsements = endorsements,
	.keys = keys,
	.activate = activate,
	.seal = sg_tpm_attest_seal,
	.derive = sg_tpm_attest_derive,
	.import = sg_tpm_attest_import,
	.certify = sg_tpm_attest_certify,
	.time = sg_tpm_attest_time,
	.quote = sg_tpm_attest_quote,
	.clock = sg_tpm_attest_clock,
};
