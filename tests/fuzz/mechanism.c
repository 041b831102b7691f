/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Mechanisms. A parameter that holds pointers is never made of bare bytes,
 * and its pointers have as much behind them as their lengths say.
 */
#include "fuzz/mechanism.h"

#include <string.h>

#include "core/mech.h"
#include "fuzz/model.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static const CK_MECHANISM_TYPE foreign[] = {
	CKM_RSA_PKCS, CKM_SHA_1, CKM_AES_ECB, CKM_ECDSA, CKM_ECDH1_DERIVE, CKM_SHA256_HMAC,
	CKM_AES_CBC_PAD, CKM_AES_CTR, CKM_VENDOR_DEFINED, 1UL << 32, ~0UL,
};

static const CK_ULONG lengths[] = { 12, 0, 1, 16, 32, 64, 255, 512, 513 };
static const CK_ULONG absurd[] = { 1UL << 40, 1UL << 62, 1UL << 63, ~0UL };

/* Some bytes behind a pointer of a parameter, or a pointer and a length that don't fit. */
static void field(struct fuzz_input *in, CK_BYTE **data, CK_ULONG *len)
{
	unsigned choice = fuzz_byte(in);

	*len = lengths[choice % LENGTH_OF(lengths)];
	*data = fuzz_alloc(*len);
	memset(*data, (int)choice, *len);
	if (choice >= 248)
		*len = absurd[choice % LENGTH_OF(absurd)];
	if (choice >= 244)
		*data = NULL;
}

/* The newer form of CK_GCM_PARAMS, or the older, which lacks the number of bits. */
static void gcm(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	static const CK_ULONG bits[] = { 128, 96, 104, 112, 120, 0, 64, 127, 129, 256, ~0UL };
	struct {
		CK_BYTE *iv;
		CK_ULONG iv_len;
		CK_BYTE *aad;
		CK_ULONG aad_len;
		CK_ULONG bits;
	} old;
	CK_GCM_PARAMS p = { 0 };
	unsigned form = fuzz_byte(in);

	field(in, &old.iv, &old.iv_len);
	field(in, &old.aad, &old.aad_len);
	old.bits = form & 8 ? bits[fuzz_below(in, LENGTH_OF(bits))] : 128;
	p.pIv = old.iv;
	p.ulIvLen = old.iv_len;
	p.ulIvBits = form & 2 ? 8 * old.iv_len : form & 4 ? form : 0;
	p.pAAD = old.aad;
	p.ulAADLen = old.aad_len;
	p.ulTagBits = old.bits;
	mechanism->ulParameterLen = form & 1 ? sizeof old : sizeof p;
	mechanism->pParameter = form & 1 ? fuzz_copy(&old, sizeof old) : fuzz_copy(&p, sizeof p);
}

/* CK_EDDSA_PARAMS of PKCS#11 3.0. */
static void eddsa(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	struct {
		CK_BBOOL prehashed;
		CK_ULONG context_len;
		CK_BYTE *context;
	} p;

	memset(&p, 0, sizeof p);
	p.prehashed = (CK_BBOOL)fuzz_below(in, 3);
	field(in, &p.context, &p.context_len);
	mechanism->pParameter = fuzz_copy(&p, sizeof p);
	mechanism->ulParameterLen = sizeof p;
}

static void hkdf(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	static const CK_MECHANISM_TYPE hashes[] = { CKM_SHA256, CKM_SHA384, CKM_SHA512, CKM_SHA_1 };
	CK_HKDF_PARAMS p;
	unsigned form = fuzz_byte(in);

	memset(&p, 0, sizeof p);
	p.bExtract = (form & 1) == 0;
	p.bExpand = (form & 2) == 0;
	p.prfHashMechanism = hashes[form / 4 % 4];
	p.ulSaltType = form / 16 % 5;
	field(in, &p.pSalt, &p.ulSaltLen);
	field(in, &p.pInfo, &p.ulInfoLen);
	p.hSaltKey = model_object(in);
	mechanism->pParameter = fuzz_copy(&p, sizeof p);
	mechanism->ulParameterLen = sizeof p;
}

/* The IV of AES-CBC, which is all of its parameter. */
static void cbc(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	mechanism->ulParameterLen = fuzz_below(in, 16) == 15 ? 15 : 16;
	mechanism->pParameter = fuzz_alloc(mechanism->ulParameterLen);
	memset(mechanism->pParameter, 3, mechanism->ulParameterLen);
}

static void ctr(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	static const CK_ULONG bits[] = { 128, 32, 64, 8, 1, 0, 129, 7, 9, ~0UL };
	CK_AES_CTR_PARAMS p = { .ulCounterBits = bits[fuzz_below(in, LENGTH_OF(bits))] };

	memset(&p.cb, fuzz_byte(in), sizeof p.cb);
	mechanism->pParameter = fuzz_copy(&p, sizeof p);
	mechanism->ulParameterLen = sizeof p;
}

static void ecdh(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	static const CK_ULONG kdfs[] = { CKD_NULL, CKD_SHA1_KDF, 6, 0, ~0UL };
	CK_ECDH1_DERIVE_PARAMS p;
	unsigned form = fuzz_byte(in);

	memset(&p, 0, sizeof p);
	p.kdf = kdfs[form < 192 ? 0 : form % LENGTH_OF(kdfs)];
	if (form & 1)
		field(in, &p.pSharedData, &p.ulSharedDataLen);
	p.ulPublicDataLen = 32;
	p.pPublicData = fuzz_alloc(32);
	memset(p.pPublicData, fuzz_byte(in), 32);
	if (form & 2)
		field(in, &p.pPublicData, &p.ulPublicDataLen);
	mechanism->pParameter = fuzz_copy(&p, sizeof p);
	mechanism->ulParameterLen = sizeof p;
}

/* CK_MAC_GENERAL_PARAMS: how many bytes. */
static void mac_general(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	static const CK_ULONG sizes[] = { 16, 8, 4, 1, 0, 3, 17, 32, 33, 48, 64, 65, 1UL << 32, ~0UL };
	CK_ULONG size = sizes[fuzz_below(in, LENGTH_OF(sizes))];

	mechanism->pParameter = fuzz_copy(&size, sizeof size);
	mechanism->ulParameterLen = sizeof size;
}

/* Mechanisms whose parameter is a structure; some can do without. */
static const struct {
	CK_MECHANISM_TYPE type;
	void (*make)(struct fuzz_input *in, CK_MECHANISM *mechanism);
	bool optional;
} structures[] = {
	{ CKM_AES_GCM, gcm, false },
	{ CKM_EDDSA, eddsa, true },
	{ CKM_HKDF_DERIVE, hkdf, false },
	{ CKM_HKDF_DATA, hkdf, false },
	{ CKM_SHA256_HMAC_GENERAL, mac_general, false },
	{ CKM_SHA384_HMAC_GENERAL, mac_general, false },
	{ CKM_SHA512_HMAC_GENERAL, mac_general, false },
	{ CKM_AES_CBC, cbc, false },
	{ CKM_AES_CBC_PAD, cbc, false },
	{ CKM_AES_CTR, ctr, false },
	{ CKM_ECDH1_DERIVE, ecdh, false },
	{ CKM_AES_CMAC_GENERAL, mac_general, false },
};

/* Bare bytes, of a length that is not that of a structure with pointers. */
static void bare(struct fuzz_input *in, CK_MECHANISM *mechanism)
{
	static const CK_ULONG sizes[] = { 1, 4, 8, 12, 15, 16, 17, 23, 25, 39, 41, 47, 49, 63, 65 };

	mechanism->ulParameterLen = sizes[fuzz_below(in, LENGTH_OF(sizes))];
	mechanism->pParameter = fuzz_alloc(mechanism->ulParameterLen);
	memset(mechanism->pParameter, fuzz_byte(in), mechanism->ulParameterLen);
}

static CK_MECHANISM_TYPE any_type(unsigned choice)
{
	const struct sg_mech *const *mechs;
	size_t n;

	mechs = sg_mechs(&n);
	if (choice < 240)
		return mechs[choice % n]->type;
	return foreign[choice % LENGTH_OF(foreign)];
}

CK_MECHANISM_TYPE fuzz_mechanism_type(struct fuzz_input *in)
{
	return any_type(fuzz_byte(in));
}

/* Choose among those that have the flag. */
static CK_MECHANISM_TYPE flagged_type(struct fuzz_input *in, CK_FLAGS flag)
{
	const struct sg_mech *const *mechs;
	unsigned choice = fuzz_byte(in);
	size_t n;

	mechs = sg_mechs(&n);
	for (size_t i = 0; i < n && choice < 232; i++)
		if (mechs[(choice + i) % n]->flags & flag)
			return mechs[(choice + i) % n]->type;
	return any_type(choice);
}

static const struct sg_key_kind *key_kinds(const struct sg_mech *mech, CK_FLAGS flag)
{
	static const struct {
		CK_FLAGS flag;
		enum sg_op_kind kind;
	} kinds[] = {
		{ CKF_SIGN, SG_OP_SIGN }, { CKF_VERIFY, SG_OP_VERIFY },
		{ CKF_ENCRYPT, SG_OP_ENCRYPT }, { CKF_DECRYPT, SG_OP_DECRYPT },
		{ CKF_MESSAGE_ENCRYPT, SG_OP_MESSAGE_ENCRYPT },
		{ CKF_MESSAGE_DECRYPT, SG_OP_MESSAGE_DECRYPT },
	};

	for (size_t i = 0; i < LENGTH_OF(kinds); i++)
		if (kinds[i].flag == flag && mech->op[kinds[i].kind] != NULL)
			return mech->op[kinds[i].kind]->keys;
	if ((flag & (CKF_WRAP | CKF_UNWRAP)) && mech->wrap != NULL)
		return mech->wrap->keys;
	if ((flag & CKF_DERIVE) && mech->derive != NULL)
		return mech->derive->keys;
	return NULL;
}

bool fuzz_mechanism_takes(const CK_MECHANISM *mechanism, CK_FLAGS flag, CK_OBJECT_CLASS class,
                          CK_KEY_TYPE type)
{
	const struct sg_mech *mech = mechanism != NULL ? sg_mech(mechanism->mechanism) : NULL;
	const struct sg_key_kind *keys = mech != NULL ? key_kinds(mech, flag) : NULL;

	for (; keys != NULL && keys->class != CK_UNAVAILABLE_INFORMATION; keys++)
		if (keys->class == class && keys->type == type)
			return true;
	return false;
}

CK_MECHANISM *fuzz_mechanism(struct fuzz_input *in, CK_FLAGS flag)
{
	CK_MECHANISM mechanism = { flagged_type(in, flag), NULL, 0 };
	unsigned how = fuzz_byte(in);

	if (how >= 252)
		return NULL;
	if (how >= 244)
		mechanism.ulParameterLen = how;
	else if (how >= 236)
		bare(in, &mechanism);
	else
		for (size_t i = 0; i < LENGTH_OF(structures); i++)
			if (structures[i].type == mechanism.mechanism &&
			    (!structures[i].optional || how >= 200))
				structures[i].make(in, &mechanism);
	return fuzz_copy(&mechanism, sizeof mechanism);
}
