/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Keys that need the hardware.
 */
#include "lib/hwkeys.h"

#include "lib/p11.h"

CK_RV hwkeys_make_sealed(CK_SESSION_HANDLE session, const char *label)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE key;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SIGNET_SEALED, true);
	p11_text(&t, CKA_LABEL, label);
	return p11->C_GenerateKey(session, &p11_aes_gen, t.attr, t.n, &key);
}

CK_RV hwkeys_make_resident(CK_SESSION_HANDLE session, const char *label)
{
	static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	struct p11_template public = { .n = 0 }, private = { .n = 0 };
	CK_OBJECT_HANDLE pub, priv;

	p11_bytes(&public, CKA_EC_PARAMS, p256, sizeof p256);
	p11_bool(&public, CKA_TOKEN, true);
	p11_text(&public, CKA_LABEL, label);
	p11_bool(&private, CKA_TOKEN, true);
	p11_text(&private, CKA_LABEL, label);
	return p11->C_GenerateKeyPair(session, &gen, public.attr, public.n, private.attr, private.n,
	                              &pub, &priv);
}

CK_RV hwkeys_use_sealed(CK_SESSION_HANDLE session, const char *label)
{
	CK_BYTE iv[12] = { 1 }, text[20] = { 2 }, sealed[36];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_ULONG len = sizeof sealed;
	CK_RV rv = p11->C_EncryptInit(session, &gcm, p11_find_label(session, CKO_SECRET_KEY, label));

	return rv != CKR_OK ? rv : p11->C_Encrypt(session, text, sizeof text, sealed, &len);
}

CK_RV hwkeys_sign_resident(CK_SESSION_HANDLE session, const char *label)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof signature;
	CK_RV rv = p11->C_SignInit(session, &ecdsa,
	                           p11_find_label(session, CKO_PRIVATE_KEY, label));

	return rv != CKR_OK ? rv : p11->C_Sign(session, digest, sizeof digest, signature, &len);
}
