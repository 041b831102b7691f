/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Calls at random: any function with any handle, NULL where there should be a
 * pointer, lengths that are absurd. The sequence is the same in every run. Nothing
 * may crash, every answer has a name that says something, and the token is sound
 * afterwards. Lengths that come with a pointer are true: no library can know better.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "client/rv.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define CALLS 50000
#define THREADS 4
#define BUFFER 1024

/* Handles that calls gave out, for other calls to use; shared by all threads. An
 * object's place tells what it probably is. */
enum place { PUBLIC, PRIVATE, SECRET, OTHER, PLACES };

static _Atomic CK_ULONG sessions[8], objects[8 * PLACES];

/* The first answer that is none, and which call gave it. */
static _Atomic CK_RV bad_rv;
static atomic_int bad_call;

struct hammer {
	uint64_t state;
	CK_ULONG focus;                 /* the session of most calls, for a while */
	CK_BYTE in[BUFFER], out[BUFFER], iv[600];
	CK_ULONG numbers[8];
	CK_BBOOL bools[8];
	CK_ATTRIBUTE attrs[2][8];
	CK_GCM_PARAMS gcm;
	CK_MECHANISM mechanism;
};

static uint64_t next(struct hammer *h)
{
	h->state ^= h->state << 13;
	h->state ^= h->state >> 7;
	h->state ^= h->state << 17;
	return h->state;
}

static CK_ULONG below(struct hammer *h, CK_ULONG n)
{
	return (CK_ULONG)(next(h) >> 11) % n;
}

static bool one_in(struct hammer *h, CK_ULONG n)
{
	return below(h, n) == 0;
}

static CK_ULONG absurd(struct hammer *h)
{
	static const CK_ULONG lengths[] = {
		0, 1, 16, 64, 4096, 65536, 65537, 1UL << 31, 1UL << 32, ~0UL >> 1, ~0UL - 1, ~0UL,
	};

	return lengths[below(h, sizeof lengths / sizeof lengths[0])];
}

static CK_ULONG session(struct hammer *h)
{
	if (one_in(h, 100))
		h->focus = below(h, 8);
	return one_in(h, 30) ? absurd(h) : atomic_load(&sessions[one_in(h, 10) ? below(h, 8)
	                                                                        : h->focus]);
}

static CK_ULONG object(struct hammer *h, enum place place)
{
	if (one_in(h, 10))
		place = (enum place)below(h, PLACES);
	return one_in(h, 30) ? absurd(h) : atomic_load(&objects[below(h, 8) * PLACES + place]);
}

static void keep(struct hammer *h, enum place place, CK_ULONG made)
{
	atomic_store(&objects[below(h, 8) * PLACES + place], made);
}

/* A buffer and its length; now and then NULL with any length. */
static CK_BYTE *buffer(struct hammer *h, CK_BYTE *bytes, CK_ULONG *len)
{
	if (one_in(h, 12)) {
		*len = absurd(h);
		return NULL;
	}
	*len = below(h, one_in(h, 4) ? BUFFER : 80);
	return bytes;
}

static CK_ULONG *maybe(struct hammer *h, CK_ULONG *pointer)
{
	return one_in(h, 40) ? NULL : pointer;
}

static const CK_ATTRIBUTE_TYPE types[] = {
	CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_LABEL, CKA_UNIQUE_ID, CKA_APPLICATION, CKA_VALUE,
	CKA_OBJECT_ID, CKA_CERTIFICATE_TYPE, CKA_ISSUER, CKA_KEY_TYPE, CKA_SUBJECT, CKA_ID,
	CKA_SENSITIVE, CKA_ENCRYPT, CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_VERIFY, CKA_DERIVE,
	CKA_START_DATE, CKA_VALUE_LEN, CKA_EXTRACTABLE, CKA_LOCAL, CKA_MODIFIABLE,
	CKA_DESTROYABLE, CKA_EC_PARAMS, CKA_EC_POINT, CKA_SIGNET_SEALED, CKA_TRUSTED, CKA_MODULUS,
	CKA_WRAP_TEMPLATE,
};

static void fill_attr(struct hammer *h, CK_ATTRIBUTE *a, size_t i)
{
	static const CK_ULONG numbers[] = { 0, 1, 2, 3, 4, 16, 24, 32, CKK_AES, CKK_EC_EDWARDS, ~0UL };

	a->type = one_in(h, 30) ? absurd(h) : types[below(h, sizeof types / sizeof types[0])];
	h->numbers[i] = numbers[below(h, sizeof numbers / sizeof numbers[0])];
	h->bools[i] = (CK_BBOOL)below(h, one_in(h, 10) ? 256 : 2);
	switch (below(h, 5)) {
	case 0:
		a->pValue = &h->numbers[i];
		a->ulValueLen = sizeof h->numbers[i];
		break;
	case 1:
	case 2:
		a->pValue = &h->bools[i];
		a->ulValueLen = 1;
		break;
	case 3:
		a->pValue = (void *)(uintptr_t)p11_ed25519_oid;
		a->ulValueLen = sizeof p11_ed25519_oid;
		break;
	default:
		a->pValue = buffer(h, h->in, &a->ulValueLen);
		break;
	}
}

/* A template that makes sense half of the time. */
static CK_ATTRIBUTE *template(struct hammer *h, int which, CK_ULONG *n)
{
	CK_ATTRIBUTE *attrs = h->attrs[which];

	if (one_in(h, 30)) {
		*n = absurd(h);
		return NULL;
	}
	*n = below(h, 5);
	for (CK_ULONG i = 0; i < *n; i++)
		fill_attr(h, &attrs[i], i);
	if (one_in(h, 2)) {
		static const CK_ULONG values[] = { CKO_SECRET_KEY, CKK_AES, 32 };

		for (size_t i = 0; i < 3; i++)
			h->numbers[5 + i] = values[i];
		attrs[0] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &h->numbers[7], sizeof(CK_ULONG) };
		if (one_in(h, 2))
			attrs[0] = (CK_ATTRIBUTE){ CKA_VALUE, h->in, 32 };
		attrs[1] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &h->numbers[6], sizeof(CK_ULONG) };
		attrs[2] = (CK_ATTRIBUTE){ CKA_CLASS, &h->numbers[5], sizeof(CK_ULONG) };
		*n = *n < 3 ? 3 : *n;
	} else if (one_in(h, 3)) {
		attrs[0] = (CK_ATTRIBUTE){ CKA_EC_PARAMS, (void *)(uintptr_t)p11_ed25519_oid, 5 };
		*n = 1;
	}
	return attrs;
}

static CK_ATTRIBUTE *output_template(struct hammer *h, CK_ULONG *n)
{
	CK_ATTRIBUTE *attrs = h->attrs[0];

	*n = below(h, 5);
	for (CK_ULONG i = 0; i < *n; i++) {
		attrs[i].type = types[below(h, sizeof types / sizeof types[0])];
		attrs[i].pValue = buffer(h, h->out, &attrs[i].ulValueLen);
	}
	return attrs;
}

/* A mechanism, most often the one that is wanted. */
static CK_MECHANISM *mechanism(struct hammer *h, CK_MECHANISM_TYPE wanted)
{
	static const CK_MECHANISM_TYPE known[] = {
		CKM_EDDSA, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_AES_KEY_GEN, CKM_AES_GCM,
		CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_KWP, CKM_SHA256,
		CKM_SHA384, CKM_SHA512, CKM_RSA_PKCS,
	};
	CK_MECHANISM *m = &h->mechanism;

	if (one_in(h, 40))
		return NULL;
	if (one_in(h, 8))
		wanted = one_in(h, 4) ? absurd(h) : known[below(h, sizeof known / sizeof known[0])];
	m->mechanism = wanted;
	m->pParameter = NULL;
	m->ulParameterLen = one_in(h, 20) ? absurd(h) : 0;
	if (wanted == CKM_AES_GCM && !one_in(h, 10)) {
		h->gcm = (CK_GCM_PARAMS){ .pIv = h->iv, .ulIvLen = below(h, 520), .ulTagBits = 128 };
		h->gcm.pAAD = buffer(h, h->in, &h->gcm.ulAADLen);
		if (one_in(h, 10))
			h->gcm.ulTagBits = absurd(h);
		if (one_in(h, 10))
			h->gcm.pIv = NULL;
		m->pParameter = &h->gcm;
		m->ulParameterLen = sizeof h->gcm;
	}
	return m;
}

/* One call of each kind; the pieces that several need are prepared for all. */
static CK_RV call(struct hammer *h, int which)
{
	CK_ULONG in_len, out_len, out_len2, n, n2, k = 0, k2 = 0;
	CK_SESSION_HANDLE s = session(h);
	CK_BYTE *in = buffer(h, h->in, &in_len), *out = buffer(h, h->out, &out_len);
	CK_ATTRIBUTE *t, *t2;
	CK_SESSION_INFO session_info;
	CK_TOKEN_INFO token_info;
	CK_OBJECT_HANDLE found[8];
	enum place any = (enum place)below(h, PLACES);
	CK_RV rv;

	switch (which) {
	case 0:
		rv = p11->C_OpenSession(below(h, 3), CKF_SERIAL_SESSION | (one_in(h, 2) ? CKF_RW_SESSION
		                                                                        : 0),
		                        NULL, NULL, maybe(h, &k));
		if (rv == CKR_OK)
			atomic_store(&sessions[below(h, 8)], k);
		return rv;
	case 1:
		return one_in(h, 8) ? p11->C_CloseSession(s) : CKR_OK;
	case 2:
		return one_in(h, 40) ? p11->C_CloseAllSessions(below(h, 3)) : CKR_OK;
	case 3:
		return p11->C_GetSessionInfo(s, one_in(h, 20) ? NULL : &session_info);
	case 4:
		return p11->C_GetTokenInfo(below(h, 4), one_in(h, 20) ? NULL : &token_info);
	case 5:
		return p11->C_Login(s, below(h, 4), in, in_len < 4 || in == NULL ? in_len : 0);
	case 6:
		return p11->C_Logout(s);
	case 7:
		t = template(h, 0, &n);
		rv = p11->C_CreateObject(s, t, n, maybe(h, &k));
		if (rv == CKR_OK)
			keep(h, OTHER, k);
		return rv;
	case 8:
		return one_in(h, 10) ? p11->C_DestroyObject(s, object(h, any)) : CKR_OK;
	case 9:
		t = output_template(h, &n);
		return p11->C_GetAttributeValue(s, object(h, any), t, n);
	case 10:
		t = template(h, 0, &n);
		return p11->C_SetAttributeValue(s, object(h, any), t, n);
	case 11:
		t = template(h, 0, &n);
		return p11->C_FindObjectsInit(s, t, n);
	case 12:
		return p11->C_FindObjects(s, found, below(h, 9), maybe(h, &k));
	case 13:
		return p11->C_FindObjectsFinal(s);
	case 14:
		return p11->C_EncryptInit(s, mechanism(h, CKM_AES_GCM), object(h, SECRET));
	case 15:
		return p11->C_Encrypt(s, in, in_len, out, maybe(h, &out_len));
	case 16:
		return p11->C_EncryptUpdate(s, in, in_len, out, maybe(h, &out_len));
	case 17:
		return p11->C_EncryptFinal(s, out, maybe(h, &out_len));
	case 18:
		return p11->C_DecryptInit(s, mechanism(h, CKM_AES_GCM), object(h, SECRET));
	case 19:
		return p11->C_Decrypt(s, in, in_len, out, maybe(h, &out_len));
	case 20:
		return p11->C_DecryptUpdate(s, in, in_len, out, maybe(h, &out_len));
	case 21:
		return p11->C_DecryptFinal(s, out, maybe(h, &out_len));
	case 22:
		return p11->C_DigestInit(s, mechanism(h, CKM_SHA384));
	case 23:
		return p11->C_Digest(s, in, in_len, out, maybe(h, &out_len));
	case 24:
		return p11->C_DigestUpdate(s, in, in_len);
	case 25:
		return p11->C_DigestFinal(s, out, maybe(h, &out_len));
	case 26:
		return p11->C_SignInit(s, mechanism(h, CKM_EDDSA), object(h, PRIVATE));
	case 27:
		return p11->C_Sign(s, in, in_len, out, maybe(h, &out_len));
	case 28:
		return p11->C_SignUpdate(s, in, in_len);
	case 29:
		return p11->C_SignFinal(s, out, maybe(h, &out_len));
	case 30:
		return p11->C_VerifyInit(s, mechanism(h, CKM_EDDSA), object(h, PUBLIC));
	case 31:
		return p11->C_Verify(s, in, in_len, out, out_len);
	case 32:
		return p11->C_VerifyUpdate(s, in, in_len);
	case 33:
		return p11->C_VerifyFinal(s, out, out_len);
	case 34:
		t = template(h, 0, &n);
		rv = p11->C_GenerateKey(s, mechanism(h, CKM_AES_KEY_GEN), t, n, maybe(h, &k));
		if (rv == CKR_OK)
			keep(h, SECRET, k);
		return rv;
	case 35:
		t = template(h, 0, &n);
		t2 = template(h, 1, &n2);
		rv = p11->C_GenerateKeyPair(s, mechanism(h, CKM_EC_EDWARDS_KEY_PAIR_GEN), t, n, t2,
		                            t2 != NULL && one_in(h, 2) ? 0 : n2, &k, maybe(h, &k2));
		if (rv == CKR_OK) {
			keep(h, PUBLIC, k);
			keep(h, PRIVATE, k2);
		}
		return rv;
	case 36:
		return p11->C_WrapKey(s, mechanism(h, CKM_AES_KEY_WRAP_KWP), object(h, OTHER),
		                      object(h, OTHER), out, maybe(h, &out_len));
	case 37:
		t = template(h, 0, &n);
		rv = p11->C_UnwrapKey(s, mechanism(h, CKM_AES_KEY_WRAP_KWP), object(h, OTHER),
		                      in, in_len, t, n, maybe(h, &k));
		if (rv == CKR_OK)
			keep(h, SECRET, k);
		return rv;
	case 38:
		out = buffer(h, h->out, &out_len2);
		return out != NULL || out_len2 < BUFFER ? p11->C_GenerateRandom(s, out, out_len2)
		                                        : CKR_OK;
	case 39:
		return p11->C_DigestKey(s, object(h, any));
	case 40:
		return p11->C_GetObjectSize(s, object(h, any), maybe(h, &k));
	case 41:
		return p11->C_GetSlotList(CK_TRUE, one_in(h, 2) ? NULL : found, maybe(h, &(CK_ULONG){ 8 }));
	case 42:
		return p11->C_InitPIN(s, in, in_len < 4 || in == NULL ? in_len : 0);
	case 43:
		return p11->C_SetPIN(s, in, in_len < 4 || in == NULL ? in_len : 0, in,
		                     in_len < 4 || in == NULL ? in_len : 0);
	case 44:
		return p11->C_GetMechanismList(below(h, 4), one_in(h, 2) ? NULL : (CK_ULONG[16]){ 0 },
		                               maybe(h, &(CK_ULONG){ 16 }));
	case 45:
		return p11->C_SeedRandom(s, in, in_len);
	case 46:
		return p11->C_InitToken(below(h, 4), in, in == NULL ? in_len : in_len % 4, h->in);
	default:
		return CKR_OK;
	}
}

#define KINDS 47

static bool is_answer(CK_RV rv)
{
	return rv != CKR_GENERAL_ERROR && rv != CKR_FUNCTION_FAILED && rv != CKR_HOST_MEMORY &&
	       rv != CKR_SIGNET_STORE_DAMAGED && sg_rv_name(rv) != NULL;
}

static void hammer(uint64_t seed, int calls)
{
	struct hammer h = { .state = seed };

	for (int i = 0; i < calls; i++) {
		int which = (int)below(&h, KINDS);
		CK_RV rv = call(&h, which);

		if (!is_answer(rv)) {
			atomic_store(&bad_call, which);
			atomic_store(&bad_rv, rv);
			return;
		}
	}
}

static void prepare(void)
{
	CK_SESSION_HANDLE s = p11_machine();
	CK_OBJECT_HANDLE pub, priv;

	for (size_t i = 0; i < 8; i++) {
		const char *label = i % 2 ? "stored" : NULL;

		p11_make_pair(s, label, &pub, &priv);
		atomic_store(&objects[i * PLACES + PUBLIC], pub);
		atomic_store(&objects[i * PLACES + PRIVATE], priv);
		atomic_store(&objects[i * PLACES + SECRET], p11_make_aes(s, label));
		atomic_store(&objects[i * PLACES + OTHER],
		             p11_import_aes(s, sg_bytes("0123456789abcdef", 16)));
	}
	for (size_t i = 0; i < 8; i++)
		atomic_store(&sessions[i], p11_open(i % 2 ? CKF_RW_SESSION : 0));
}

static void require_sound(void)
{
	CK_SESSION_HANDLE s;
	uint8_t signature[64];
	CK_OBJECT_HANDLE pub, priv;

	ck_assert_msg(atomic_load(&bad_rv) == CKR_OK, "call %d gives 0x%lx",
	              atomic_load(&bad_call), (unsigned long)atomic_load(&bad_rv));
	p11_ok(p11->C_Finalize(NULL));
	p11_start();
	s = p11_open(CKF_RW_SESSION);
	p11_make_pair(s, "made in the end", &pub, &priv);
	p11_ok(p11_sign(s, priv, "x", signature));
	p11_ok(p11_verify(s, pub, "x", signature));
	ck_assert_uint_ge(p11_count(s), 2);
}

START_TEST(calls_at_random_do_no_harm)
{
	prepare();
	hammer(0x9e3779b97f4a7c15u * (uint64_t)(_i + 1), CALLS);
	require_sound();
}
END_TEST

static void *in_thread(void *arg)
{
	hammer((uint64_t)(uintptr_t)arg * 0xbf58476d1ce4e5b9u, CALLS / THREADS);
	return NULL;
}

START_TEST(calls_at_random_from_many_threads_do_no_harm)
{
	pthread_t threads[THREADS];

	prepare();
	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, in_thread, (void *)(i + 1)), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	require_sound();
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("hammer");
	TCase *tc = p11_case(suite, "hammer");

	tcase_add_loop_test(tc, calls_at_random_do_no_harm, 0, 4);
	tcase_add_test(tc, calls_at_random_from_many_threads_do_no_harm);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
