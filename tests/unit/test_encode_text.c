/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of provider/encode_text.c: a key in words says where it is and its public half, and to
 * write one that is not in a token is refused. What stands around it in the provider is played here.
 */
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

#include "lib/runner.h"
#include "provider/key.h"
#include "provider/reason.h"
#include "provider/uri.h"
#include "util/cursor.h"

#define PRIVATE OSSL_KEYMGMT_SELECT_PRIVATE_KEY

static struct sg_provider provider;
static struct sg_prov_key key;
static struct sg_buf written;
static size_t room;                     /* bytes that the other side takes */
static enum sg_err uri_fails;
static int raised;
static enum sg_err raised_err;

const char *sg_prov_link_uri(const struct sg_prov_link *link)
{
	ck_assert_ptr_eq(link, (const void *)&provider);
	return "pkcs11:token=t";
}

enum sg_err sg_prov_uri_of_key(const char *token, struct sg_bytes id, struct sg_bytes label,
                               char **text)
{
	ck_assert_str_eq(token, "pkcs11:token=t");
	ck_assert(sg_bytes_equal(id, sg_bytes_str("\1\2")));
	ck_assert(sg_bytes_equal(label, sg_bytes_str("machine")));
	*text = uri_fails == SG_OK ? strdup("pkcs11:token=t;object=machine;type=private") : NULL;
	return uri_fails;
}

void sg_prov_begin(void)
{
	raised = 0;
	raised_err = SG_OK;
}

int sg_prov_raise(const struct sg_provider *of, enum sg_prov_reason reason)
{
	ck_assert_ptr_eq(of, &provider);
	raised = (int)reason;
	return 0;
}

int sg_prov_raise_err(const struct sg_provider *of, enum sg_err err)
{
	ck_assert_ptr_eq(of, &provider);
	raised_err = err;
	return 0;
}

static int take(OSSL_CORE_BIO *bio, const void *data, size_t len, size_t *taken)
{
	ck_assert_ptr_null(bio);
	*taken = len < room ? len : room;
	ck_assert_int_eq(sg_buf_set(&written, sg_bytes(data, *taken)), SG_OK);
	return 1;
}

static void setup(void)
{
	provider = (struct sg_provider){ .bio_write_ex = take };
	key = (struct sg_prov_key){
		.kind = &sg_prov_kind_ed25519, .has_point = true, .link = (void *)&provider,
	};
	room = 4096;
	uri_fails = SG_OK;
	sg_prov_begin();
	ck_assert_int_eq(sg_buf_set(&key.id, sg_bytes_str("\1\2")), SG_OK);
	ck_assert_int_eq(sg_buf_set(&key.label, sg_bytes_str("machine")), SG_OK);
	for (size_t i = 0; i < sizeof key.point; i++)
		key.point[i] = (uint8_t)(0xf0 + i);
}

static void teardown(void)
{
	sg_buf_free(&key.id);
	sg_buf_free(&key.label);
	sg_buf_free(&written);
}

static void (*function(int id))(void)
{
	const OSSL_DISPATCH *at = sg_prov_encoders[0].implementation;

	while (at->function_id != 0 && at->function_id != id)
		at++;
	ck_assert_int_eq(at->function_id, id);
	return at->function;
}

static int encode(const struct sg_prov_key *of, const OSSL_PARAM *parameters, int selection)
{
	OSSL_FUNC_encoder_newctx_fn *new =
		(OSSL_FUNC_encoder_newctx_fn *)function(OSSL_FUNC_ENCODER_NEWCTX);
	OSSL_FUNC_encoder_freectx_fn *end =
		(OSSL_FUNC_encoder_freectx_fn *)function(OSSL_FUNC_ENCODER_FREECTX);
	OSSL_FUNC_encoder_encode_fn *fn =
		(OSSL_FUNC_encoder_encode_fn *)function(OSSL_FUNC_ENCODER_ENCODE);
	void *ctx = new(&provider);
	int done = fn(ctx, NULL, of, parameters, selection, NULL, NULL);

	end(ctx);
	return done;
}

static void require(const char *text)
{
	ck_assert_int_eq(encode(&key, NULL, PRIVATE), 1);
	ck_assert_int_eq(sg_buf_append(&written, sg_bytes("", 1)), SG_OK);
	ck_assert_str_eq((char *)written.data, text);
}

START_TEST(an_ed25519_key_is_told_in_words)
{
	require("ED25519 Private-Key, in a token:\n"
	        "uri: pkcs11:token=t;object=machine;type=private\n"
	        "pub:\n"
	        "    f0:f1:f2:f3:f4:f5:f6:f7:f8:f9:fa:fb:fc:fd:fe:\n"
	        "    ff:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:\n"
	        "    0e:0f\n");
}
END_TEST

START_TEST(a_p256_key_is_told_with_its_curve)
{
	key.kind = &sg_prov_kind_p256;
	require("EC Private-Key (256 bit), in a token:\n"
	        "uri: pkcs11:token=t;object=machine;type=private\n"
	        "pub:\n"
	        "    f0:f1:f2:f3:f4:f5:f6:f7:f8:f9:fa:fb:fc:fd:fe:\n"
	        "    ff:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:\n"
	        "    0e:0f:10:11:12:13:14:15:16:17:18:19:1a:1b:1c:\n"
	        "    1d:1e:1f:20:21:22:23:24:25:26:27:28:29:2a:2b:\n"
	        "    2c:2d:2e:2f:30\n"
	        "ASN1 OID: prime256v1\nNIST CURVE: P-256\n");
}
END_TEST

START_TEST(a_key_that_is_in_no_token_is_refused)
{
	key.link = NULL;
	ck_assert_int_eq(encode(&key, NULL, PRIVATE), 0);
	ck_assert_int_eq(raised, SG_PROV_PUBLIC_ONLY);
	ck_assert_uint_eq(written.len, 0);
}
END_TEST

START_TEST(public_halves_are_left_to_openssl)
{
	OSSL_FUNC_encoder_does_selection_fn *does =
		(OSSL_FUNC_encoder_does_selection_fn *)function(OSSL_FUNC_ENCODER_DOES_SELECTION);

	ck_assert_int_eq(does(&provider, OSSL_KEYMGMT_SELECT_PUBLIC_KEY), 0);
	ck_assert_int_eq(does(&provider, OSSL_KEYMGMT_SELECT_KEYPAIR), 1);
	ck_assert_int_eq(encode(&key, NULL, OSSL_KEYMGMT_SELECT_PUBLIC_KEY), 0);
	ck_assert_int_eq(raised, SG_PROV_PARAMETER);
}
END_TEST

START_TEST(what_is_no_key_of_ours_is_refused)
{
	const OSSL_PARAM parameters[] = { { NULL, 0, NULL, 0, 0 } };

	ck_assert_int_eq(encode(NULL, NULL, PRIVATE), 0);
	ck_assert_int_eq(raised, SG_PROV_PARAMETER);
	ck_assert_int_eq(encode(&key, parameters, PRIVATE), 0);
	ck_assert_int_eq(raised, SG_PROV_PARAMETER);
	ck_assert_uint_eq(written.len, 0);
}
END_TEST

START_TEST(half_a_text_is_a_failure)
{
	room = 40;
	ck_assert_int_eq(encode(&key, NULL, PRIVATE), 0);
}
END_TEST

START_TEST(without_a_uri_nothing_is_written)
{
	uri_fails = SG_ERR_NOMEM;
	ck_assert_int_eq(encode(&key, NULL, PRIVATE), 0);
	ck_assert_int_eq(raised_err, SG_ERR_NOMEM);
	ck_assert_uint_eq(written.len, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encode_text");
	TCase *tcase = tcase_create("text");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_ed25519_key_is_told_in_words);
	tcase_add_test(tcase, a_p256_key_is_told_with_its_curve);
	tcase_add_test(tcase, a_key_that_is_in_no_token_is_refused);
	tcase_add_test(tcase, public_halves_are_left_to_openssl);
	tcase_add_test(tcase, what_is_no_key_of_ours_is_refused);
	tcase_add_test(tcase, half_a_text_is_a_failure);
	tcase_add_test(tcase, without_a_uri_nothing_is_written);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
