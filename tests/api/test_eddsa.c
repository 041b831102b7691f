/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. CKM_EDDSA with CK_EDDSA_PARAMS: Ed25519ctx and Ed25519ph.
 */
#include <string.h>

#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

#define SEED "0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6"
#define POINT "dfc9425e4f968f7f0c29f0259cf5f9aed6851c2bb4ad8bfb860cfee0ab248292"
#define PH_SEED "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42"
#define PH_POINT "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf"

/* [RFC 8032 §7.2, §7.3] */
static const struct {
	CK_BBOOL ph;
	const char *seed, *point, *message, *context, *signature;
} vectors[] = {
	{ CK_FALSE, SEED, POINT, "f726936d19c800494e3fdaff20b276a8", "666f6f",
	  "55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a"
	  "8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d" },
	{ CK_TRUE, PH_SEED, PH_POINT, "616263", "",
	  "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
	  "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406" },
};

static CK_EDDSA_PARAMS params;
static CK_MECHANISM eddsa = { CKM_EDDSA, &params, sizeof params };
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE priv, pub;
static CK_BYTE text[300];

static void set_context(struct sg_bytes context)
{
	params.pContextData = (CK_BYTE *)context.data;
	params.ulContextDataLen = context.len;
}

static void set_up(void)
{
	p11_setup();
	s = p11_machine();
	priv = p11_import_seed(s, hex(SEED).data);
	pub = p11_import_point(s, hex(POINT));
	memset(&params, 0, sizeof params);
	set_context(hex("666f6f"));
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (CK_BYTE)(i * 3);
}

static CK_RV sign(CK_MECHANISM *m, struct sg_bytes message, CK_BYTE out[64])
{
	CK_RV rv = p11->C_SignInit(s, m, priv);

	return rv != CKR_OK ? rv : p11->C_Sign(s, (CK_BYTE *)message.data, message.len, out,
	                                       &(CK_ULONG){ 64 });
}

static CK_RV verify(CK_MECHANISM *m, struct sg_bytes message, const CK_BYTE *signature)
{
	CK_RV rv = p11->C_VerifyInit(s, m, pub);

	return rv != CKR_OK ? rv : p11->C_Verify(s, (CK_BYTE *)message.data, message.len,
	                                         (CK_BYTE *)signature, 64);
}

START_TEST(the_published_signatures_are_made_and_verified)
{
	struct sg_bytes message = hex(vectors[_i].message);
	CK_BYTE out[64];

	priv = p11_import_seed(s, hex(vectors[_i].seed).data);
	pub = p11_import_point(s, hex(vectors[_i].point));
	params.phFlag = vectors[_i].ph;
	set_context(hex(vectors[_i].context));
	p11_ok(sign(&eddsa, message, out));
	assert_bytes(sg_bytes(out, 64), hex(vectors[_i].signature));
	p11_ok(verify(&eddsa, message, out));
	out[5] ^= 1;
	p11_is(CKR_SIGNATURE_INVALID, verify(&eddsa, message, out));
}
END_TEST

START_TEST(parts_are_signed_as_the_whole)
{
	CK_BYTE whole[64], parts[64];

	params.phFlag = _i;
	for (CK_ULONG len = 0; len <= sizeof text; len += 60)
		for (CK_ULONG step = 1; step <= len + 1; step = step * 3 + 1) {
			p11_ok(sign(&eddsa, sg_bytes(text, len), whole));
			p11_ok(p11->C_SignInit(s, &eddsa, priv));
			p11_ok(p11->C_VerifyInit(s, &eddsa, pub));
			for (CK_ULONG at = 0; at < len; at += step) {
				CK_ULONG n = len - at < step ? len - at : step;

				p11_ok(p11->C_SignUpdate(s, text + at, n));
				p11_ok(p11->C_VerifyUpdate(s, text + at, n));
			}
			p11_ok(p11->C_SignFinal(s, parts, &(CK_ULONG){ 64 }));
			ck_assert_mem_eq(whole, parts, 64);
			p11_ok(p11->C_VerifyFinal(s, whole, 64));
		}
}
END_TEST

START_TEST(a_changed_part_is_noticed)
{
	CK_BYTE out[64];

	params.phFlag = _i;
	p11_ok(sign(&eddsa, sg_bytes(text, 300), out));
	p11_ok(p11->C_VerifyInit(s, &eddsa, pub));
	p11_ok(p11->C_VerifyUpdate(s, text, 299));
	p11_is(CKR_SIGNATURE_INVALID, p11->C_VerifyFinal(s, out, 64));
	p11_ok(p11->C_VerifyInit(s, &eddsa, pub));
	p11_is(CKR_SIGNATURE_LEN_RANGE, p11->C_Verify(s, text, 300, out, 63));
}
END_TEST

START_TEST(the_instances_do_not_verify_each_other)
{
	CK_EDDSA_PARAMS forms[3];
	CK_MECHANISM ways[4] = { { CKM_EDDSA, NULL, 0 } };
	CK_BYTE out[64];

	for (int i = 0; i < 3; i++) {
		memset(&forms[i], 0, sizeof forms[i]);
		ways[i + 1] = (CK_MECHANISM){ CKM_EDDSA, &forms[i], sizeof forms[i] };
	}
	forms[0].phFlag = forms[1].phFlag = CK_TRUE;
	forms[1].pContextData = forms[2].pContextData = (CK_BYTE *)"ctx";
	forms[1].ulContextDataLen = forms[2].ulContextDataLen = 3;
	for (int i = 0; i < 4; i++) {
		p11_ok(sign(&ways[i], sg_bytes(text, 64), out));
		for (int j = 0; j < 4; j++)
			p11_is(i == j ? CKR_OK : CKR_SIGNATURE_INVALID,
			       verify(&ways[j], sg_bytes(text, 64), out));
	}
}
END_TEST

START_TEST(a_signature_may_overwrite_its_message)
{
	CK_BYTE want[64], buffer[64];

	params.phFlag = _i;
	p11_ok(sign(&eddsa, sg_bytes(text, 64), want));
	memcpy(buffer, text, 64);
	p11_ok(sign(&eddsa, sg_bytes(buffer, 64), buffer));
	ck_assert_mem_eq(buffer, want, 64);
}
END_TEST

START_TEST(contexts_have_up_to_255_bytes)
{
	CK_BYTE out[64];

	for (int ph = 0; ph < 2; ph++)
		for (CK_ULONG len = 0; len <= 260; len += len == 0 || len > 250 ? 1 : 50) {
			bool fits = len <= 255 && (ph || len > 0);

			params.phFlag = ph ? CK_TRUE : CK_FALSE;
			set_context(sg_bytes(text, len));
			p11_is(fits ? CKR_OK : CKR_MECHANISM_PARAM_INVALID,
			       sign(&eddsa, sg_bytes(text, 9), out));
		}
}
END_TEST

START_TEST(bad_parameters_are_refused)
{
	static CK_EDDSA_PARAMS room[2];

	room[0] = params;
	for (CK_ULONG len = 1; len <= sizeof room; len++) {
		CK_MECHANISM m = { CKM_EDDSA, room, len };

		if (len != sizeof params)
			p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &m, priv));
	}
	params.pContextData = NULL;
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &eddsa, priv));
	params.ulContextDataLen = ~0UL;
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_VerifyInit(s, &eddsa, pub));
	params.ulContextDataLen = 0;
	params.phFlag = 2;
	p11_is(CKR_MECHANISM_PARAM_INVALID, p11->C_SignInit(s, &eddsa, priv));
	params.phFlag = CK_TRUE;
	p11_ok(p11->C_SignInit(s, &eddsa, priv));
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("eddsa");
	TCase *tc = tcase_create("eddsa");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_loop_test(tc, the_published_signatures_are_made_and_verified, 0, 2);
	tcase_add_loop_test(tc, parts_are_signed_as_the_whole, 0, 2);
	tcase_add_loop_test(tc, a_changed_part_is_noticed, 0, 2);
	tcase_add_test(tc, the_instances_do_not_verify_each_other);
	tcase_add_loop_test(tc, a_signature_may_overwrite_its_message, 0, 2);
	tcase_add_test(tc, contexts_have_up_to_255_bytes);
	tcase_add_test(tc, bad_parameters_are_refused);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
