/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on roots that are sent to another machine. The victim's TPM has a certificate of its
 * maker, which is public; the attacker listens on its bus, may use it, and has keys of his own.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

#include "core/sent_key.h"
#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "crypto/spki.h"
#include "crypto/tpm_kdf.h"
#include "lib/authority.h"
#include "lib/conformance.h"
#include "lib/runner.h"
#include "seal/import.h"
#include "seal/tpm/credential.h"
#include "seal/tpm/duplicate.h"
#include "seal/tpm/ek.h"
#include "seal/tpm/send.h"
#include "seal/tpm/session.h"
#include "seal/tpm/srk.h"

#define NUMBER 32

static struct test_tpm tpm, other;
static struct test_authority maker;
static struct sg_secret *plain, *first, *second, *out;
static struct sg_node node;
static struct sg_parcel parcel;
static struct sg_buf spki;
static TPMT_PUBLIC storage_key, ek;
static EVP_PKEY *his;

static void setup(void)
{
	enum sg_ek kind;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start_wired(&tpm, NULL);
	test_sealer_on(tpm.tcti);
	test_provision();
	test_authority_make(&maker, "maker", NULL);
	test_endorse_tpm(&tpm, &maker);
	plain = test_secret(64, 0x11);
	first = test_secret(SG_PARCEL_KEY, 0x61);
	second = test_secret(SG_PARCEL_KEY, 0xa1);
	ck_assert_int_eq(test_sealer->ops->import->node(test_sealer, sg_buf_bytes(&test_parent),
	                                                &node), SG_OK);
	ck_assert_int_eq(sg_certificate_key(sg_buf_bytes(&node.certificate[SG_EK_P256]), &spki),
	                 SG_OK);
	ck_assert_int_eq(sg_ek_area(sg_buf_bytes(&spki), &kind, &ek), SG_OK);
	ck_assert_int_eq(sg_tpm_storage_key_read(sg_buf_bytes(&node.key), &storage_key), SG_OK);
	test_tpm_forget(&tpm);
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_secret_free(&first);
	sg_secret_free(&second);
	sg_secret_free(&out);
	sg_node_clear(&node);
	sg_parcel_clear(&parcel);
	sg_buf_free(&spki);
	EVP_PKEY_free(his);
	test_authority_free(&maker);
	test_sealer_end();
	test_tpm_stop(&tpm);
	test_tpm_stop(&other);
	sg_crypto_stop();
}

static enum sg_err receive(void)
{
	return test_sealer->ops->import->open(test_sealer, sg_buf_bytes(&test_parent), &parcel, &out);
}

/* Close a parcel as sg_tpm_send does, with keys that the test knows. */
static void close_with_known_keys(void)
{
	ck_assert_int_eq(sg_node_name(&node, parcel.to), SG_OK);
	parcel.endorsed = true;
	parcel.ek = SG_EK_P256;
	ck_assert_int_eq(sg_tpm_duplicate(&storage_key, first, &parcel), SG_OK);
	ck_assert_int_eq(sg_tpm_credential_make(&ek, sg_bytes(parcel.to, sizeof parcel.to), second,
	                                        &parcel.credential, &parcel.credential_seed), SG_OK);
	ck_assert_int_eq(sg_parcel_close(&parcel, first, second, plain), SG_OK);
}

/* A piece of 8 bytes is enough to be seen. */
static bool piece_seen(const struct sg_secret *secret)
{
	bool seen = false;

	for (size_t at = 0; at + 8 <= secret->len; at += 8)
		seen = seen || test_tpm_seen(&tpm, sg_bytes(secret->data + at, 8));
	return seen;
}

START_TEST(who_listens_while_a_root_is_received_sees_no_key_of_it)
{
	close_with_known_keys();
	ck_assert_int_eq(receive(), SG_OK);
	ck_assert(sg_secret_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	/* He sees what is public, so that the recording is one. */
	ck_assert(test_tpm_seen(&tpm, sg_buf_bytes(&parcel.object)));
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_ActivateCredential), 1);
	ck_assert(!piece_seen(first));
	ck_assert(!piece_seen(second));
	ck_assert(!piece_seen(plain));
}
END_TEST

/* What is sent for one TPM, given to another one as if it were for that. */
START_TEST(what_is_sent_opens_in_no_other_tpm)
{
	close_with_known_keys();
	sg_sealer_free(&test_sealer);
	sg_buf_free(&test_parent);
	test_tpm_start(&other);
	test_sealer_on(other.tcti);
	test_provision();
	ck_assert_int_eq(receive(), SG_ERR_PARCEL_OTHER);
	memcpy(parcel.to, test_parent.data, sizeof parcel.to);
	ck_assert_int_eq(receive(), SG_ERR_TAG);
	ck_assert_ptr_null(out);
}
END_TEST

/* Put a key of his own in the place of the node's: its area says that it can't leave a TPM, and
 * he has the private half. */
static void plant_his_key(void)
{
	uint8_t point[1 + 2 * NUMBER];
	size_t len = 0;

	his = EVP_EC_gen("P-256");
	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(his, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
	                                                 point, sizeof point, &len), 1);
	memcpy(storage_key.unique.ecc.x.buffer, point + 1, NUMBER);
	memcpy(storage_key.unique.ecc.y.buffer, point + 1 + NUMBER, NUMBER);
	ck_assert_int_eq(sg_tpm_area_write(&storage_key, &node.key), SG_OK);
	ck_assert_int_eq(sg_tpm_node_check(&node), SG_OK);
}

/* Agree with the ephemeral key of the sender, as only the holder of the storage key can. */
static void agree(uint8_t z[NUMBER])
{
	uint8_t point[1 + 2 * NUMBER] = { 4 };
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *ctx;
	size_t len = NUMBER;

	memcpy(point + 1, parcel.seed.data + 2, NUMBER);
	memcpy(point + 1 + NUMBER, parcel.seed.data + 4 + NUMBER, NUMBER);
	ck_assert_int_eq(EVP_PKEY_copy_parameters(peer, his), 1);
	ck_assert_int_eq(EVP_PKEY_set1_encoded_public_key(peer, point, sizeof point), 1);
	ctx = EVP_PKEY_CTX_new(his, NULL);
	ck_assert_int_eq(EVP_PKEY_derive_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	ck_assert_int_eq(EVP_PKEY_derive(ctx, z, &len), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
}

/* Do by his private half what TPM2_Import and TPM2_Unseal do: he has the first key then. */
static struct sg_secret *open_first_key(void)
{
	static const uint8_t iv[16];
	const size_t head = 2 + 32, len = parcel.duplicate.len - head;
	uint8_t z[NUMBER], name[SG_TPM_NAME], opened[128];
	struct sg_secret *seed = NULL, *key = NULL, *first_key = NULL;
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	TPMT_PUBLIC object;
	int n = 0;

	agree(z);
	ck_assert_int_eq(sg_tpm_area_read(sg_buf_bytes(&parcel.object), &object), SG_OK);
	ck_assert_int_eq(sg_tpm_area_name(&object, name), SG_OK);
	ck_assert_int_eq(sg_tpm_kdfe(sg_bytes(z, NUMBER), "DUPLICATE",
	                             sg_bytes(parcel.seed.data + 2, NUMBER),
	                             sg_bytes(storage_key.unique.ecc.x.buffer, NUMBER), 32, &seed),
	                 SG_OK);
	ck_assert_int_eq(sg_tpm_kdfa(sg_secret_bytes(seed), "STORAGE", sg_bytes(name, sizeof name),
	                             sg_bytes(NULL, 0), 16, &key), SG_OK);
	ck_assert_int_eq(EVP_DecryptInit_ex2(cipher, EVP_aes_128_cfb128(), key->data, iv, NULL), 1);
	ck_assert_int_eq(EVP_DecryptUpdate(cipher, opened, &n, parcel.duplicate.data + head,
	                                   (int)len), 1);
	/* Behind seedValue stands what is sealed. */
	ck_assert_int_eq(n, 2 + 2 + 2 + 2 + 32 + 2 + SG_PARCEL_KEY);
	ck_assert_int_eq(sg_secret_copy(sg_bytes(opened + n - SG_PARCEL_KEY, SG_PARCEL_KEY),
	                                &first_key), SG_OK);
	EVP_CIPHER_CTX_free(cipher);
	sg_secret_free(&seed);
	sg_secret_free(&key);
	return first_key;
}

START_TEST(a_key_of_his_own_that_somebody_trusts_opens_it)
{
	const struct sg_sending how = { .node = &node };
	struct sg_secret *key;

	plant_his_key();
	ck_assert_int_eq(sg_tpm_send(&how, plain, &parcel), SG_OK);
	key = open_first_key();
	ck_assert_int_eq(sg_parcel_open(&parcel, key, NULL, &out), SG_OK);
	ck_assert(sg_secret_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	sg_secret_free(&key);
}
END_TEST

START_TEST(a_key_of_his_own_beside_the_certificate_of_another_opens_nothing)
{
	const struct sg_sending how = { .node = &node, .endorsement = &spki };
	struct sg_secret *key;

	plant_his_key();
	ck_assert_int_eq(sg_tpm_send(&how, plain, &parcel), SG_OK);
	key = open_first_key();
	ck_assert_int_ne(sg_parcel_open(&parcel, key, NULL, &out), SG_OK);
	parcel.endorsed = false;
	ck_assert_int_ne(sg_parcel_open(&parcel, key, NULL, &out), SG_OK);
	ck_assert_ptr_null(out);
	sg_secret_free(&key);
}
END_TEST

/* Load his key into the victim's TPM: the public half, or both. */
static TSS2_RC load_his_key(struct sg_tpm *t, bool both, ESYS_TR *object)
{
	const TPM2B_PUBLIC area = { .publicArea = storage_key };
	TPM2B_SENSITIVE sensitive = { .sensitiveArea.sensitiveType = TPM2_ALG_ECC };
	TPM2B_ECC_PARAMETER *number = &sensitive.sensitiveArea.sensitive.ecc;
	BIGNUM *d = NULL;

	number->size = NUMBER;
	ck_assert_int_eq(EVP_PKEY_get_bn_param(his, OSSL_PKEY_PARAM_PRIV_KEY, &d), 1);
	ck_assert_int_eq(BN_bn2binpad(d, number->buffer, NUMBER), NUMBER);
	BN_clear_free(d);
	return Esys_LoadExternal(t->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	                         both ? &sensitive : NULL, &area, ESYS_TR_RH_NULL, object);
}

START_TEST(nor_does_the_tpm_with_that_certificate_give_him_the_other_half)
{
	const struct sg_sending how = { .node = &node, .endorsement = &spki };
	ESYS_TR srk, session, key, object = ESYS_TR_NONE;
	TPM2B_PUBLIC *area = NULL;
	struct sg_tpm t;

	plant_his_key();
	ck_assert_int_eq(sg_tpm_send(&how, plain, &parcel), SG_OK);
	ck_assert_int_eq(sg_tpm_open(&t, tpm.tcti), SG_OK);
	ck_assert_int_eq(sg_srk_open(&t, sg_buf_bytes(&test_parent), &srk), SG_OK);
	ck_assert_int_eq(sg_tpm_session_open(&t, srk, TPM2_SE_HMAC, &session), SG_OK);
	ck_assert_int_eq(sg_ek_open(&t, session, SG_EK_P256, &key, &area), SG_OK);
	Esys_Free(area);
	/* A TPM loads no key from outside that says it can't be from outside. */
	ck_assert_uint_ne(load_his_key(&t, true, &object), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(load_his_key(&t, false, &object), TSS2_RC_SUCCESS);
	/* The public half alone, and a key that the TPM really has. */
	ck_assert_int_ne(sg_tpm_credential_open(&t, srk, session, key, _i == 0 ? object : srk,
	                                        sg_buf_bytes(&parcel.credential),
	                                        sg_buf_bytes(&parcel.credential_seed), &out), SG_OK);
	ck_assert_ptr_null(out);
	sg_tpm_close(&t);
}
END_TEST

/* Sign a parcel of somebody else's anew: he may have made nothing of what is in it. */
START_TEST(a_signature_of_his_in_the_place_of_another_opens_nothing)
{
	uint8_t signer[SG_PARCEL_SIGNER] = { 7 };
	const struct sg_sending how = { .node = &node, .signer = signer };

	ck_assert_int_eq(sg_tpm_send(&how, plain, &parcel), SG_OK);
	ck_assert_int_eq(receive(), SG_OK);
	sg_secret_free(&out);
	parcel.signer[0] ^= 1;
	ck_assert_int_eq(receive(), SG_ERR_TAG);
	parcel.signer[0] ^= 1;
	parcel.is_signed = false;
	ck_assert_int_eq(receive(), SG_ERR_TAG);
	ck_assert_ptr_null(out);
}
END_TEST

/* A root that he knows already, and that is to be extractable there, or trusted, or no secret. */
static const CK_ATTRIBUTE_TYPE claims[] = { CKA_EXTRACTABLE, CKA_TRUSTED, CKA_PRIVATE };

START_TEST(a_sender_does_not_decide_what_is_the_receivers_affair)
{
	const struct sg_sending how = { .node = &node };
	struct sg_sent_key content = { .value = test_secret(32, 9) }, taken = { .value = NULL };
	struct sg_secret *closed = NULL;

	ck_assert_int_eq(sg_attrs_set_ulong(&content.attrs, CKA_CLASS, CKO_SECRET_KEY), SG_OK);
	ck_assert_int_eq(sg_attrs_set_ulong(&content.attrs, CKA_KEY_TYPE, CKK_AES), SG_OK);
	ck_assert_int_eq(sg_attrs_set(&content.attrs, CKA_LABEL, sg_bytes_str("root")), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(&content.attrs, claims[_i], claims[_i] != CKA_PRIVATE),
	                 SG_OK);
	ck_assert_int_eq(sg_sent_key_write(&content, &closed), SG_OK);
	ck_assert_int_eq(sg_tpm_send(&how, closed, &parcel), SG_OK);
	ck_assert_int_eq(receive(), SG_OK);
	ck_assert_int_eq(sg_sent_key_read(sg_secret_bytes(out), &taken), SG_ERR_FORMAT);
	sg_secret_free(&closed);
	sg_sent_key_clear(&content);
	sg_sent_key_clear(&taken);
}
END_TEST

/* A storage key that could leave its TPM, or be imported into one, proves nothing. */
START_TEST(a_key_that_may_be_copied_is_not_sent_to)
{
	static const TPMA_OBJECT missing[] = {
		TPMA_OBJECT_FIXEDTPM, TPMA_OBJECT_FIXEDPARENT, TPMA_OBJECT_RESTRICTED,
	};
	const struct sg_sending how = { .node = &node, .endorsement = &spki };

	storage_key.objectAttributes &= ~missing[_i];
	ck_assert_int_eq(sg_tpm_area_write(&storage_key, &node.key), SG_OK);
	ck_assert_int_eq(sg_tpm_node_check(&node), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_tpm_send(&how, plain, &parcel), SG_ERR_FORMAT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sent");
	TCase *tcase = tcase_create("sent");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, who_listens_while_a_root_is_received_sees_no_key_of_it);
	tcase_add_test(tcase, what_is_sent_opens_in_no_other_tpm);
	tcase_add_test(tcase, a_key_of_his_own_that_somebody_trusts_opens_it);
	tcase_add_test(tcase, a_key_of_his_own_beside_the_certificate_of_another_opens_nothing);
	tcase_add_loop_test(tcase, nor_does_the_tpm_with_that_certificate_give_him_the_other_half,
	                    0, 2);
	tcase_add_test(tcase, a_signature_of_his_in_the_place_of_another_opens_nothing);
	tcase_add_loop_test(tcase, a_sender_does_not_decide_what_is_the_receivers_affair, 0, 3);
	tcase_add_loop_test(tcase, a_key_that_may_be_copied_is_not_sent_to, 0, 3);
	suite_add_tcase(s, tcase);
	return test_run(s);
}
