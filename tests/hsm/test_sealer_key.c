/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Which HSM and which key of it the sealer "hsm" takes, what it refuses, and that it
 * leaves no key behind that is of no use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/conformance.h"
#include "lib/faulty.h"
#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/softhsm.h"
#include "seal/hsm/profile.h"
#include "seal/hsm/sealer.h"
#include "seal/policy.h"
#include "util/log.h"

#define OTHER "another token"
#define LABEL_IN_URI "hsm%20of%20a%20test"

static struct test_softhsm softhsm;
static struct test_faulty hsm;
static struct sg_config config;
static char path[] = "the configuration";

static void open_sealer(void)
{
	sg_sealer_free(&test_sealer);
	ck_assert_int_eq(sg_sealer_open("hsm", &config, &test_sealer), SG_OK);
}

static void setup(void)
{
	test_softhsm_start(&softhsm);
	test_faulty_start(&hsm, softhsm.module, softhsm.pin_file);
	config = (struct sg_config){ .path = path, .hsm = { hsm.uri } };
	open_sealer();
}

static void teardown(void)
{
	test_sealer_end();
	for (size_t i = 0; i < SG_CONFIG_HSMS; i++)
		if (config.hsm[i] != hsm.uri)
			free(config.hsm[i]);
	test_faulty_stop(&hsm);
	test_softhsm_stop(&softhsm);
}

static enum sg_err provision(void)
{
	bool made;

	return test_sealer->ops->provision(test_sealer, NULL, &test_parent, &made);
}

/* Take the HSM by its URI with more attributes in it. */
static void name_more(const char *attributes)
{
	const char *query = strchr(hsm.uri, '?');
	char *uri = NULL;

	ck_assert_ptr_nonnull(query);
	ck_assert_int_gt(asprintf(&uri, "%.*s%s%s", (int)(query - hsm.uri), hsm.uri, attributes,
	                          query), 0);
	if (config.hsm[0] != hsm.uri)
		free(config.hsm[0]);
	config.hsm[0] = uri;
	open_sealer();
}

static CK_ULONG count(void)
{
	return test_hsm_count(softhsm.module, TEST_HSM_LABEL);
}

/* A key that somebody made in the HSM. */
struct made_key {
	const char *label, *id;
	bool extractable;
};

static void make_key_in(struct test_hsm *in, void *arg)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	const struct made_key *key = arg;
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE handle;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_SENSITIVE, true);
	p11_bool(&t, CKA_EXTRACTABLE, key->extractable);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_DECRYPT, true);
	p11_text(&t, CKA_LABEL, key->label);
	p11_text(&t, CKA_ID, key->id);
	p11_ok(in->f->C_GenerateKey(in->session, &mechanism, t.attr, t.n, &handle));
}

static void make_key(const char *label, const char *id, bool extractable)
{
	struct made_key key = { label, id, extractable };

	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, make_key_in, &key);
}

#define RSA_BYTES 256

static void make_pair_in(struct test_hsm *in, void *arg)
{
	CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
	struct p11_template public_t = { .n = 0 }, private_t = { .n = 0 };
	CK_OBJECT_HANDLE public, private;

	(void)arg;
	p11_bool(&public_t, CKA_TOKEN, true);
	p11_ulong(&public_t, CKA_MODULUS_BITS, 8 * RSA_BYTES);
	p11_bytes(&public_t, CKA_PUBLIC_EXPONENT, "\1\0\1", 3);
	p11_text(&public_t, CKA_ID, "my id");
	p11_bool(&private_t, CKA_TOKEN, true);
	p11_bool(&private_t, CKA_PRIVATE, true);
	p11_bool(&private_t, CKA_SENSITIVE, true);
	p11_bool(&private_t, CKA_EXTRACTABLE, false);
	p11_bool(&private_t, CKA_DECRYPT, true);
	p11_text(&private_t, CKA_LABEL, "mine");
	p11_text(&private_t, CKA_ID, "my id");
	p11_ok(in->f->C_GenerateKeyPair(in->session, &mechanism, public_t.attr, public_t.n,
	                                private_t.attr, private_t.n, &public, &private));
}

/* Put another public key in the place of the one that is there. */
static void swap_public_in(struct test_hsm *in, void *arg)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof class };
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE object;
	CK_ULONG n;

	(void)arg;
	p11_ok(in->f->C_FindObjectsInit(in->session, &wanted, 1));
	p11_ok(in->f->C_FindObjects(in->session, &object, 1, &n));
	p11_ok(in->f->C_FindObjectsFinal(in->session));
	ck_assert_uint_eq(n, 1);
	p11_ok(in->f->C_DestroyObject(in->session, object));
	p11_ulong(&t, CKA_CLASS, CKO_PUBLIC_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_RSA);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_text(&t, CKA_ID, "my id");
	p11_bytes(&t, CKA_MODULUS, repeat(0xc3, RSA_BYTES).data, RSA_BYTES);
	p11_bytes(&t, CKA_PUBLIC_EXPONENT, "\1\0\1", 3);
	p11_ok(in->f->C_CreateObject(in->session, t.attr, t.n, &object));
}

static void in_hsm(void (*fn)(struct test_hsm *in, void *arg))
{
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, fn, NULL);
}

static void destroy_all_in(struct test_hsm *in, void *arg)
{
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 0;

	(void)arg;
	p11_ok(in->f->C_FindObjectsInit(in->session, NULL, 0));
	p11_ok(in->f->C_FindObjects(in->session, found, 8, &n));
	p11_ok(in->f->C_FindObjectsFinal(in->session));
	for (CK_ULONG i = 0; i < n; i++)
		p11_ok(in->f->C_DestroyObject(in->session, found[i]));
}

static void destroy_all(void)
{
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, destroy_all_in, NULL);
}

/* Provision, and see which key was taken. */
static void takes(const char *id)
{
	const size_t len = strlen(id);

	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_uint_gt(test_parent.len, 10 + len);
	ck_assert_uint_eq(test_parent.data[9], len);
	ck_assert_mem_eq(test_parent.data + 10, id, len);
}

static void seals(void)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert(test_opens(NULL, &blob, plain));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}

static const char *const names[] = { ";object=mine", ";id=my%20id", ";object=mine;id=my%20id" };

START_TEST(the_key_that_the_uri_names_is_taken)
{
	make_key("mine", "my id", false);
	make_key("not mine", "another", false);
	name_more(names[_i]);
	takes("my id");
	seals();
	ck_assert_uint_eq(count(), 2);
}
END_TEST

/* Google's key ids are the paths of its keys. */
START_TEST(a_key_whose_id_is_a_long_path_is_taken)
{
	char *id = strndup((const char *)repeat('p', SG_CLIENT_ID_MAX).data, SG_CLIENT_ID_MAX);

	make_key("mine", id, false);
	name_more(";object=mine");
	takes(id);
	seals();
	free(id);
}
END_TEST

START_TEST(a_key_whose_id_is_longer_than_any_path_is_refused)
{
	char *id = strndup((const char *)repeat('p', SG_CLIENT_ID_MAX + 1).data, SG_CLIENT_ID_MAX + 1);

	make_key("mine", id, false);
	name_more(";object=mine");
	ck_assert_int_eq(provision(), SG_ERR_HSM_MECHANISM);
	free(id);
}
END_TEST

static void name_pair(void)
{
	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_GONE);
	test_faulty_mechanism(&hsm, CKM_AES_KEY_WRAP_PAD, FAULTY_GONE);
	in_hsm(make_pair_in);
	name_more(";object=mine");
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_uint_eq(test_parent.data[4], SG_HSM_OAEP_SHA1);
}

START_TEST(an_hsm_that_answers_another_public_key_later_gets_nothing)
{
	name_pair();
	test_faulty_quirks(&hsm, FAULTY_OTHER_MODULUS);
	test_faulty_forget(&hsm);
	seals();
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_EncryptInit"), 0);
	ck_assert_uint_eq(test_faulty_calls(&hsm, "C_Encrypt"), 0);
}
END_TEST

START_TEST(an_hsm_that_answers_another_public_key_at_once_seals_nothing)
{
	test_faulty_quirks(&hsm, FAULTY_OTHER_MODULUS);
	test_faulty_mechanism(&hsm, CKM_AES_GCM, FAULTY_GONE);
	test_faulty_mechanism(&hsm, CKM_AES_KEY_WRAP_PAD, FAULTY_GONE);
	in_hsm(make_pair_in);
	name_more(";object=mine");
	ck_assert_int_eq(provision(), SG_ERR_HSM_MECHANISM);
}
END_TEST

START_TEST(a_public_key_that_was_put_in_the_place_of_ours_is_not_taken)
{
	struct sg_buf before = { 0 };

	name_pair();
	ck_assert_int_eq(sg_buf_set(&before, sg_buf_bytes(&test_parent)), SG_OK);
	in_hsm(swap_public_in);
	seals();
	open_sealer();
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&before), sg_buf_bytes(&test_parent)));
	sg_buf_free(&before);
}
END_TEST

START_TEST(a_key_that_the_uri_names_in_vain_is_not_made)
{
	make_key("not mine", "another", false);
	name_more(names[_i]);
	ck_assert_int_eq(provision(), SG_ERR_HSM_OTHER);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(a_named_key_that_could_leave_the_hsm_is_refused)
{
	make_key("mine", "my id", true);
	name_more(names[_i]);
	ck_assert_int_eq(provision(), SG_ERR_HSM_MECHANISM);
	ck_assert_uint_eq(count(), 1);
}
END_TEST

START_TEST(a_named_key_without_an_id_is_refused)
{
	make_key("mine", "", false);
	name_more(";object=mine");
	ck_assert_int_eq(provision(), SG_ERR_HSM_MECHANISM);
}
END_TEST

START_TEST(a_key_of_our_label_that_could_leave_the_hsm_seals_nothing)
{
	make_key("signet-seal-gcm", "planted", true);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_ptr_null(memmem(test_parent.data, test_parent.len, "planted", 7));
	seals();
}
END_TEST

START_TEST(two_keys_of_one_id_are_not_chosen_from)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	make_key("mine", "my id", false);
	name_more(";object=mine");
	takes("my id");
	make_key("not mine", "my id", false);
	open_sealer();
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HSM_FAULT);
	sg_secret_free(&plain);
}
END_TEST

static const struct broken {
	CK_MECHANISM_TYPE types[3];
	unsigned how;
	CK_ULONG left;
} broken[] = {
	{ { CKM_AES_GCM, CKM_AES_KEY_WRAP_PAD, CKM_RSA_PKCS_OAEP }, FAULTY_GONE, 0 },
	{ { CKM_AES_GCM, CKM_AES_KEY_WRAP_PAD, CKM_RSA_PKCS_OAEP }, FAULTY_REFUSED, 0 },
	{ { CKM_AES_KEY_GEN, CKM_AES_KEY_GEN, CKM_RSA_PKCS_KEY_PAIR_GEN }, FAULTY_GONE, 0 },
};

START_TEST(where_nothing_works_that_is_said_and_no_key_is_left)
{
	for (size_t i = 0; i < 3; i++)
		test_faulty_mechanism(&hsm, broken[_i].types[i], broken[_i].how);
	ck_assert_int_eq(provision(), SG_ERR_HSM_MECHANISM);
	ck_assert_uint_eq(test_parent.len, 0);
	ck_assert_uint_eq(count(), 0);
}
END_TEST

static const char *const liars[] = { "C_Encrypt", "C_Decrypt", "C_WrapKey", "C_GetAttributeValue" };

/* RSA is spared: it takes seconds, and shows nothing more. */
START_TEST(what_an_hsm_garbles_is_noticed_when_it_is_tried)
{
	test_faulty_mechanism(&hsm, CKM_RSA_PKCS_OAEP, FAULTY_GONE);
	test_faulty_garble(&hsm, "C_Encrypt");
	test_faulty_garble(&hsm, "C_GetAttributeValue");
	ck_assert_int_eq(provision(), SG_ERR_HSM_MECHANISM);
	ck_assert_uint_eq(count(), 0);
}
END_TEST

static const uint64_t lengths[] = { 0, 1, 31, 33, 4096, UINT64_MAX };

START_TEST(a_length_that_an_hsm_lies_about_is_not_believed)
{
	test_faulty_mechanism(&hsm, CKM_RSA_PKCS_OAEP, FAULTY_GONE);
	for (size_t i = 0; i < sizeof liars / sizeof liars[0]; i++) {
		test_faulty_lie(&hsm, liars[i], lengths[_i]);
		ck_assert_int_ne(provision(), SG_ERR_NOMEM);
		if (test_parent.len > 0)
			seals();
		sg_buf_free(&test_parent);
		test_faulty_honest(&hsm, liars[i]);
	}
}
END_TEST

START_TEST(a_length_that_becomes_a_lie_is_noticed)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 }, unused = { 0 };

	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_faulty_lie(&hsm, "C_Decrypt", lengths[_i]);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HSM_FAULT);
	ck_assert_ptr_null(out);
	test_faulty_lie(&hsm, "C_Encrypt", lengths[_i]);
	ck_assert_int_eq(test_seal(NULL, plain, &unused), SG_ERR_HSM_MECHANISM);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(what_becomes_garbage_is_noticed)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	test_faulty_garble(&hsm, "C_Decrypt");
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_SEALED_DAMAGED);
	ck_assert_ptr_null(out);
	test_faulty_honest(&hsm, "C_Decrypt");
	ck_assert(test_opens(NULL, &blob, plain));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

static unsigned serials;

/* SoftHSM's have 16 digits. */
static void count_serials(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	for (const char *at = line; (at = strstr(at, ";serial=")) != NULL; at += 8 + 16)
		serials += strspn(at + 8, "0123456789abcdef") == 16;
}

START_TEST(a_uri_that_fits_two_tokens_is_refused)
{
	test_softhsm_add(&softhsm, TEST_HSM_LABEL);
	sg_log_set(count_serials, NULL);
	ck_assert_int_eq(provision(), SG_ERR_CONFIG);
	sg_log_set(NULL, NULL);
	ck_assert_uint_eq(serials, 2);
}
END_TEST

/* Move a token's parent and blobs to where another HSM is configured. */
static void move_to(const char *label)
{
	char *uri = test_hsm_uri(hsm.module, label, softhsm.pin_file);

	config.hsm[0] = uri;
	open_sealer();
}

/* A module that leads back to us would seal tokens by themselves. */
START_TEST(a_token_of_ours_is_no_hsm)
{
	ck_assert_int_eq(provision(), SG_OK);
	test_faulty_quirks(&hsm, FAULTY_SAYS_SIGNET);
	open_sealer();
	ck_assert_int_eq(provision(), SG_ERR_HSM_MISSING);
}
END_TEST

START_TEST(another_hsm_is_told_apart)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };
	struct sg_sealer_status status;

	test_softhsm_add(&softhsm, OTHER);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	move_to(OTHER);
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HSM_OTHER);
	ck_assert_ptr_null(out);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HSM_OTHER);
	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent),
	                                          &status), SG_OK);
	ck_assert(!status.parent_found);
	ck_assert(!status.parent_same);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, OTHER), 0);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(the_hsm_that_has_the_key_is_found_among_several)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	test_softhsm_add(&softhsm, OTHER);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	config.hsm[0] = strdup("pkcs11:token=nowhere?module-path=/nonexistent.so");
	config.hsm[1] = test_hsm_uri(hsm.module, OTHER, softhsm.pin_file);
	config.hsm[2] = hsm.uri;
	open_sealer();
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert(test_opens(NULL, &blob, plain));
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

#define SERIAL 16               /* bytes of the serial of a token of SoftHSM: the parent's last */

/* A URI of the label, by which two HSMs go, and of another serial; or of a serial alone. */
static char *by_serial(const char *module, const char *serial, bool alone)
{
	char *uri = NULL;

	ck_assert_int_gt(asprintf(&uri, "pkcs11:%sserial=%.*s?module-path=%s&pin-source=file:%s",
	                          alone ? "" : "token=" LABEL_IN_URI ";", SERIAL, serial, module,
	                          softhsm.pin_file), 0);
	return uri;
}

START_TEST(of_two_hsms_of_one_label_the_one_that_sealed_is_asked_first)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };
	struct test_faulty other;
	const char *serial;

	test_faulty_start(&other, softhsm.module, softhsm.pin_file);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	ck_assert_uint_gt(test_parent.len, SERIAL);
	serial = (const char *)test_parent.data + test_parent.len - SERIAL;
	config.hsm[0] = by_serial(other.module, "0123456789abcdef", _i);
	config.hsm[1] = by_serial(hsm.module, serial, _i);
	open_sealer();
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_uint_eq(test_faulty_calls(&other, NULL), 0);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
	sg_sealer_free(&test_sealer);
	test_faulty_stop(&other);
}
END_TEST

static void name_both(void)
{
	config.hsm[0] = test_hsm_uri(hsm.module, OTHER, softhsm.pin_file);
	config.hsm[1] = hsm.uri;
	open_sealer();
}

static void status_of(struct sg_bytes parent, const char *device)
{
	struct sg_sealer_status status;

	ck_assert_int_eq(test_sealer->ops->status(test_sealer, parent, &status), SG_OK);
	ck_assert_msg(strncmp(status.device, device, strcspn(device, "?")) == 0 &&
	              strlen(status.device) == strcspn(device, "?"), "%s", status.device);
}

START_TEST(status_names_the_hsm_that_has_the_key_and_else_the_first)
{
	struct sg_buf nowhere = { 0 };

	test_softhsm_add(&softhsm, OTHER);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(sg_buf_set(&nowhere, sg_buf_bytes(&test_parent)), SG_OK);
	nowhere.data[10] ^= 1;
	name_both();
	status_of(sg_bytes(NULL, 0), config.hsm[0]);
	status_of(sg_bytes_str("another sealer's"), config.hsm[0]);
	status_of(sg_buf_bytes(&test_parent), config.hsm[1]);
	config.hsm[1] = config.hsm[0];
	config.hsm[0] = hsm.uri;
	open_sealer();
	status_of(sg_buf_bytes(&nowhere), config.hsm[0]);
	sg_buf_free(&nowhere);
}
END_TEST

START_TEST(without_a_parent_the_first_hsm_alone_is_asked)
{
	struct sg_sealer_status status;

	config.hsm[0] = strdup("pkcs11:token=nowhere?module-path=/nonexistent.so");
	config.hsm[1] = hsm.uri;
	open_sealer();
	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_bytes(NULL, 0), &status),
	                 SG_ERR_HSM_MISSING);
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 0);
}
END_TEST

START_TEST(a_token_of_before_stays_with_its_hsm)
{
	struct sg_buf before = { 0 };

	test_softhsm_add(&softhsm, OTHER);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(sg_buf_set(&before, sg_buf_bytes(&test_parent)), SG_OK);
	name_both();
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&test_parent), sg_buf_bytes(&before)));
	ck_assert_uint_eq(test_hsm_count(softhsm.module, OTHER), 0);
	/* And another goes to the first. */
	sg_buf_free(&test_parent);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, OTHER), 1);
	sg_buf_free(&before);
}
END_TEST

START_TEST(a_token_whose_hsm_is_away_gets_no_other)
{
	test_softhsm_add(&softhsm, OTHER);
	ck_assert_int_eq(provision(), SG_OK);
	name_both();
	test_faulty_fail(&hsm, "C_OpenSession", 1, TEST_FOREVER, CKR_TOKEN_NOT_PRESENT);
	ck_assert_int_eq(provision(), SG_ERR_HSM_REMOVED);
	ck_assert_uint_eq(test_hsm_count(softhsm.module, OTHER), 0);
}
END_TEST

START_TEST(a_module_that_others_can_change_is_not_loaded)
{
	ck_assert_int_eq(chmod(hsm.module, _i == 0 ? 0777 : 0775), 0);
	ck_assert_int_eq(provision(), SG_ERR_CONFIG);
	ck_assert_uint_eq(test_faulty_calls(&hsm, NULL), 0);
	ck_assert_int_eq(chmod(hsm.module, 0755), 0);
	ck_assert_int_eq(provision(), SG_OK);
}
END_TEST

static void plant_in(struct test_hsm *in, void *arg)
{
	static const uint8_t value[32] = { 7 };
	const struct sg_bytes *id = arg;
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE handle;

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bool(&t, CKA_TOKEN, true);
	p11_bool(&t, CKA_PRIVATE, false);
	p11_bytes(&t, CKA_VALUE, value, sizeof value);
	p11_bytes(&t, CKA_ID, id->data, id->len);
	p11_ok(in->f->C_CreateObject(in->session, t.attr, t.n, &handle));
}

START_TEST(a_public_key_beside_ours_closes_nothing)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };
	struct sg_bytes id;

	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	id = sg_bytes(test_parent.data + 10, SG_HSM_KEY_ID);
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, plant_in, &id);
	open_sealer();
	ck_assert(test_opens(NULL, &blob, plain));
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

static void try_wrong_in(struct test_hsm *in, void *arg)
{
	(void)arg;
	p11_ok(in->f->C_Logout(in->session));
	p11_is(CKR_PIN_INCORRECT, in->f->C_Login(in->session, CKU_USER, (CK_BYTE *)"wrong", 5));
}

START_TEST(status_tells_that_a_wrong_pin_of_the_hsm_was_tried)
{
	struct sg_sealer_status status;
	const struct sg_bytes none = sg_bytes(NULL, 0);

	ck_assert_int_eq(test_sealer->ops->status(test_sealer, none, &status), SG_OK);
	ck_assert(!status.pin_wrong);
	sg_sealer_free(&test_sealer);
	test_hsm_in_child(softhsm.module, TEST_HSM_LABEL, try_wrong_in, NULL);
	open_sealer();
	ck_assert_int_eq(test_sealer->ops->status(test_sealer, none, &status), SG_OK);
	ck_assert(status.pin_wrong);
}
END_TEST

START_TEST(that_one_is_away_is_said_before_that_another_lacks_the_key)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };

	test_softhsm_add(&softhsm, OTHER);
	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	config.hsm[0] = strdup("pkcs11:token=nowhere?module-path=/nonexistent.so");
	config.hsm[1] = test_hsm_uri(hsm.module, OTHER, softhsm.pin_file);
	open_sealer();
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HSM_MISSING);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_key_that_was_deleted_meanwhile_is_missed)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_OK);
	destroy_all();
	ck_assert_int_eq(test_unseal(NULL, sg_buf_bytes(&blob), &out), SG_ERR_HSM_OTHER);
	ck_assert_ptr_null(out);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HSM_OTHER);
	ck_assert_uint_eq(count(), 0);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

/* Where the HSM can bind it, a wrong PIN is refused by the HSM itself. */
START_TEST(the_hsm_gives_nothing_out_for_a_wrong_authorisation)
{
	struct sg_secret *auth = test_secret(SG_SEAL_AUTH, 1), *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };
	struct sg_secret *out = NULL;

	ck_assert_int_eq(provision(), SG_OK);
	ck_assert_int_eq(test_seal(auth, plain, &blob), SG_OK);
	auth->data[0] ^= 1;
	test_faulty_forget(&hsm);
	ck_assert_int_eq(test_unseal(auth, sg_buf_bytes(&blob), &out), SG_ERR_AUTH);
	/* Had it opened, that would have been the end: it was asked whether it works at all. */
	ck_assert_uint_gt(test_faulty_calls(&hsm, "C_Decrypt"), 1);
	sg_secret_free(&auth);
	sg_secret_free(&plain);
	sg_buf_free(&blob);
}
END_TEST

START_TEST(a_policy_is_refused)
{
	struct sg_policy policy = { .auth = true };
	const struct sg_seal_guard guard = { .policy = &policy };
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(provision(), SG_OK);
	ck_assert(!sg_policy_empty(&policy));
	ck_assert_int_eq(test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                                        plain, &blob), SG_ERR_HW_UNSUPPORTED);
	ck_assert_uint_eq(blob.len, 0);
	sg_secret_free(&plain);
}
END_TEST

START_TEST(without_an_hsm_in_the_configuration_that_is_said)
{
	struct sg_sealer_status status;

	config.hsm[0] = NULL;
	open_sealer();
	ck_assert_int_eq(provision(), SG_ERR_CONFIG);
	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_bytes(NULL, 0), &status),
	                 SG_ERR_CONFIG);
	ck_assert_str_ne(status.device, "");
}
END_TEST

static const struct uri {
	const char *text;
	enum sg_err err;
} uris[] = {
	{ "pkcs11:token=nowhere?module-path=/nonexistent.so", SG_ERR_HSM_MISSING },
	{ "pkcs11:token=%zz", SG_ERR_CONFIG },
	{ "pkcs11:colour=blue", SG_ERR_CONFIG },
	{ "http://localhost/", SG_ERR_CONFIG },
};

START_TEST(a_uri_that_leads_nowhere_is_an_error_when_it_is_followed)
{
	config.hsm[0] = strdup(uris[_i].text);
	open_sealer();
	ck_assert_int_eq(provision(), uris[_i].err);
}
END_TEST

/* After the magic: the way, the kind of IV, an id of one byte, a label and a serial of none. */
static const struct parent {
	uint8_t bytes[20];
	size_t len;
} parents[] = {
	{ "", 0 },
	{ "SGHP", 4 },
	{ "SGHQ\1\1\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },          /* another magic */
	{ "SGHP\0\1\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },          /* no such way */
	{ "SGHP\6\0\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },
	{ "SGHP\377\0\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },
	{ "SGHP\1\0\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },          /* GCM without an IV */
	{ "SGHP\1\4\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },
	{ "SGHP\2\1\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },          /* key wrap with one */
	{ "SGHP\5\2\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },
	{ "SGHP\4\0\0\0\0\1x\0\0\0\0\0\0\0\0", 19 },          /* RSA-OAEP without its key */
	{ "SGHP\1\1\0\0\0\0\0\0\0\0\0\0\0\0", 18 },           /* no id */
	{ "SGHP\1\1\377\377\377\377x\0\0\0\0\0\0\0\0", 19 },  /* one that is too long */
	{ "SGHP\1\1\0\0\0\1x\0\0\0\1\0\0\0\0", 19 },          /* a label that is not there */
	{ "SGHP\1\1\0\0\0\1x\0\0\0\0\0\0\0\1", 19 },          /* a serial that is not there */
	{ "SGHP\1\1\0\0\0\1x\0\0\0\0\0\0\0\21", 19 },         /* one that is too long */
	{ "SGHP\1\1\0\0\0\1x\0\0\0\0", 15 },                  /* none */
	{ "SGHP\1\1\0\0\0\1x\0\0\0\0\0\0\0\0y", 20 },         /* something behind it */
};

static bool asked_for_a_key(void)
{
	return test_faulty_calls(&hsm, "C_FindObjectsInit") > 0;
}

START_TEST(what_is_no_parent_is_another_hsm)
{
	struct sg_secret *plain = test_secret(32, 0), *out = NULL;
	struct sg_buf blob = { 0 };
	struct sg_sealer_status status;

	ck_assert_int_eq(sg_buf_set(&test_parent, sg_bytes(parents[_i].bytes, parents[_i].len)),
	                 SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HSM_OTHER);
	ck_assert_int_eq(test_unseal(NULL, sg_bytes_str("blob"), &out), SG_ERR_HSM_OTHER);
	ck_assert_int_eq(test_sealer->ops->status(test_sealer, sg_buf_bytes(&test_parent),
	                                          &status), SG_OK);
	ck_assert(!status.parent_found);
	ck_assert(!asked_for_a_key());
	sg_secret_free(&plain);
}
END_TEST

START_TEST(what_is_one_is_looked_for)
{
	struct sg_secret *plain = test_secret(32, 0);
	struct sg_buf blob = { 0 };

	ck_assert_int_eq(sg_buf_set(&test_parent,
	                            sg_bytes("SGHP\1\1\0\0\0\1x\0\0\0\0\0\0\0\0", 19)),
	                 SG_OK);
	ck_assert_int_eq(test_seal(NULL, plain, &blob), SG_ERR_HSM_OTHER);
	ck_assert(asked_for_a_key());
	sg_secret_free(&plain);
}
END_TEST

#define COUNT(list) (sizeof (list) / sizeof (list)[0])

static Suite *suite(void)
{
	Suite *s = suite_create("hsm_sealer_key");
	TCase *tcase = tcase_create("key");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, the_key_that_the_uri_names_is_taken, 0, COUNT(names));
	tcase_add_test(tcase, a_key_whose_id_is_a_long_path_is_taken);
	tcase_add_test(tcase, an_hsm_that_answers_another_public_key_later_gets_nothing);
	tcase_add_test(tcase, an_hsm_that_answers_another_public_key_at_once_seals_nothing);
	tcase_add_test(tcase, a_public_key_that_was_put_in_the_place_of_ours_is_not_taken);
	tcase_add_test(tcase, a_key_whose_id_is_longer_than_any_path_is_refused);
	tcase_add_loop_test(tcase, a_key_that_the_uri_names_in_vain_is_not_made, 0, COUNT(names));
	tcase_add_loop_test(tcase, a_named_key_that_could_leave_the_hsm_is_refused, 0,
	                    COUNT(names));
	tcase_add_test(tcase, a_named_key_without_an_id_is_refused);
	tcase_add_test(tcase, a_key_of_our_label_that_could_leave_the_hsm_seals_nothing);
	tcase_add_test(tcase, two_keys_of_one_id_are_not_chosen_from);
	tcase_add_loop_test(tcase, where_nothing_works_that_is_said_and_no_key_is_left, 0,
	                    COUNT(broken));
	tcase_add_test(tcase, what_an_hsm_garbles_is_noticed_when_it_is_tried);
	tcase_add_loop_test(tcase, a_length_that_an_hsm_lies_about_is_not_believed, 0,
	                    COUNT(lengths));
	tcase_add_loop_test(tcase, a_length_that_becomes_a_lie_is_noticed, 0, COUNT(lengths));
	tcase_add_test(tcase, what_becomes_garbage_is_noticed);
	tcase_add_test(tcase, a_uri_that_fits_two_tokens_is_refused);
	tcase_add_test(tcase, a_token_of_ours_is_no_hsm);
	tcase_add_test(tcase, another_hsm_is_told_apart);
	tcase_add_test(tcase, the_hsm_that_has_the_key_is_found_among_several);
	tcase_add_loop_test(tcase, of_two_hsms_of_one_label_the_one_that_sealed_is_asked_first, 0,
	                    2);
	tcase_add_test(tcase, status_names_the_hsm_that_has_the_key_and_else_the_first);
	tcase_add_test(tcase, without_a_parent_the_first_hsm_alone_is_asked);
	tcase_add_test(tcase, a_token_of_before_stays_with_its_hsm);
	tcase_add_test(tcase, a_token_whose_hsm_is_away_gets_no_other);
	tcase_add_loop_test(tcase, a_module_that_others_can_change_is_not_loaded, 0, 2);
	tcase_add_test(tcase, a_public_key_beside_ours_closes_nothing);
	tcase_add_test(tcase, status_tells_that_a_wrong_pin_of_the_hsm_was_tried);
	tcase_add_test(tcase, that_one_is_away_is_said_before_that_another_lacks_the_key);
	tcase_add_test(tcase, a_key_that_was_deleted_meanwhile_is_missed);
	tcase_add_test(tcase, the_hsm_gives_nothing_out_for_a_wrong_authorisation);
	tcase_add_test(tcase, a_policy_is_refused);
	tcase_add_test(tcase, without_an_hsm_in_the_configuration_that_is_said);
	tcase_add_loop_test(tcase, a_uri_that_leads_nowhere_is_an_error_when_it_is_followed, 0,
	                    COUNT(uris));
	tcase_add_loop_test(tcase, what_is_no_parent_is_another_hsm, 0, COUNT(parents));
	tcase_add_test(tcase, what_is_one_is_looked_for);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
