/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What one machine closes for another one's TPM: two TPMs are two machines, and the one
 * that sends is not asked for anything.
 */
#include <string.h>

#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "lib/authority.h"
#include "lib/conformance.h"
#include "lib/runner.h"
#include "seal/import.h"
#include "seal/tpm/send.h"

static struct test_tpm tpm, other;
static struct sg_secret *plain, *out;
static struct sg_node node;
static struct sg_parcel parcel;
static struct sg_policy policy;
static struct sg_buf spki;

static void setup(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	test_tpm_start(&tpm);
	test_sealer_on(tpm.tcti);
	plain = test_secret(100, 3);
}

static void teardown(void)
{
	sg_secret_free(&plain);
	sg_secret_free(&out);
	sg_node_clear(&node);
	sg_parcel_clear(&parcel);
	sg_policy_clear(&policy);
	sg_buf_free(&spki);
	test_sealer_end();
	test_tpm_stop(&tpm);
	test_tpm_stop(&other);
	sg_crypto_stop();
}

static enum sg_err describe(void)
{
	return test_sealer->ops->import->node(test_sealer, sg_buf_bytes(&test_parent), &node);
}

static enum sg_err receive(void)
{
	return test_sealer->ops->import->open(test_sealer, sg_buf_bytes(&test_parent), &parcel, &out);
}

static void assert_received(void)
{
	ck_assert_int_eq(receive(), SG_OK);
	ck_assert(sg_secret_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	sg_secret_free(&out);
}

/* Close for the node, with the key of its P-256 certificate or of another one, where there is. */
static void send_it(const struct sg_buf *endorsement)
{
	const struct sg_sending how = {
		.node = &node, .endorsement = endorsement, .policy = &policy,
	};

	ck_assert_int_eq(sg_tpm_send(&how, plain, &parcel), SG_OK);
}

/* Move the sealer to the TPM of another machine. */
static void move_to_other(void)
{
	sg_sealer_free(&test_sealer);
	sg_buf_free(&test_parent);
	if (other.pid == 0)
		test_tpm_start(&other);
	test_sealer_on(other.tcti);
	test_provision();
}

#define RSA_PARENT "tpm2_createprimary -Q -C o -G rsa2048:aes128cfb -c key.ctx -a 'fixedtpm|" \
	"fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt' && " \
	"tpm2_evictcontrol -Q -C o -c key.ctx 0x81000001 && tpm2_flushcontext -t"

START_TEST(what_is_sent_is_received_under_either_kind_of_storage_key)
{
	if (_i == 1)
		test_tpm_shell(&tpm, RSA_PARENT);
	test_provision();
	ck_assert_int_eq(describe(), SG_OK);
	send_it(NULL);
	assert_received();
	ck_assert_uint_eq(test_tpm_loaded(&tpm, 0x80), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, 0x02), 0);
}
END_TEST

START_TEST(it_goes_through_files_and_survives_a_restart)
{
	struct sg_buf text = { 0 };

	test_provision();
	ck_assert_int_eq(describe(), SG_OK);
	ck_assert_int_eq(sg_buf_set(&node.host, sg_bytes_str("vault-2")), SG_OK);
	ck_assert_int_eq(sg_node_write(&node, &text), SG_OK);
	sg_node_clear(&node);
	ck_assert_int_eq(sg_node_read(sg_buf_bytes(&text), &node), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&node.host), sg_bytes_str("vault-2")));
	send_it(NULL);
	ck_assert_int_eq(sg_parcel_write(&parcel, &text), SG_OK);
	sg_parcel_clear(&parcel);
	memset(&parcel, 0, sizeof parcel);
	ck_assert_int_eq(sg_parcel_read(sg_buf_bytes(&text), &parcel), SG_OK);
	test_tpm_restart(&tpm);
	assert_received();
	sg_buf_free(&text);
}
END_TEST

/* Give the TPM a certificate of that kind, and the public key in it. */
static void endorsed(const char *kind)
{
	const struct test_oddity none = { NULL };
	struct test_authority maker;
	struct sg_buf certificate = { 0 }, pem = { 0 };
	EVP_PKEY *key = test_endorsement_key(&tpm, kind);
	enum sg_ek which = strcmp(kind, "rsa") == 0 ? SG_EK_RSA2048 : SG_EK_P256;

	test_authority_make(&maker, "maker", NULL);
	test_authority_pem(&maker, &pem);
	test_endorse(&maker, key, &none, &certificate);
	test_endorsement_put(&tpm, kind, sg_buf_bytes(&certificate));
	ck_assert_int_eq(describe(), SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&node.certificate[which]),
	                         sg_buf_bytes(&certificate)));
	ck_assert_int_eq(sg_certificate_verify(sg_buf_bytes(&node.certificate[which]),
	                                       sg_buf_bytes(&pem), SG_EKU_ENDORSEMENT), SG_OK);
	ck_assert_int_eq(sg_certificate_key(sg_buf_bytes(&node.certificate[which]), &spki), SG_OK);
	EVP_PKEY_free(key);
	test_authority_free(&maker);
	sg_buf_free(&certificate);
	sg_buf_free(&pem);
}

START_TEST(an_endorsed_tpm_opens_what_is_closed_for_both_of_its_keys)
{
	test_provision();
	endorsed(_i == 0 ? "ecc" : "rsa");
	send_it(&spki);
	ck_assert(parcel.endorsed);
	assert_received();
}
END_TEST

START_TEST(an_endorsement_key_that_is_persistent_is_used)
{
	test_tpm_shell(&tpm, "tpm2_createek -Q -G ecc -c ek.ctx && tpm2_evictcontrol -Q -c ek.ctx "
	               "0x81010002 && tpm2_flushcontext -t");
	test_provision();
	endorsed("ecc");
	send_it(&spki);
	assert_received();
}
END_TEST

START_TEST(a_certificate_of_another_tpm_is_left_out)
{
	const struct test_oddity none = { NULL };
	struct test_authority maker;
	struct sg_buf certificate = { 0 };
	EVP_PKEY *foreign;

	test_tpm_start(&other);
	foreign = test_endorsement_key(&other, "ecc");
	test_authority_make(&maker, "maker", NULL);
	test_endorse(&maker, foreign, &none, &certificate);
	test_endorsement_put(&tpm, "ecc", sg_buf_bytes(&certificate));
	test_provision();
	ck_assert_int_eq(describe(), SG_OK);
	ck_assert_uint_eq(node.certificate[SG_EK_P256].len, 0);
	EVP_PKEY_free(foreign);
	test_authority_free(&maker);
	sg_buf_free(&certificate);
}
END_TEST

START_TEST(a_tpm_whose_endorsement_has_a_password_is_described_without)
{
	struct test_authority maker;

	test_authority_make(&maker, "maker", NULL);
	test_endorse_tpm(&tpm, &maker);
	test_tpm_shell(&tpm, "tpm2_changeauth -c endorsement secret");
	test_provision();
	ck_assert_int_eq(describe(), SG_OK);
	ck_assert_uint_eq(node.certificate[SG_EK_P256].len, 0);
	test_authority_free(&maker);
}
END_TEST

START_TEST(another_machine_is_told_that_it_is_not_meant)
{
	test_provision();
	ck_assert_int_eq(describe(), SG_OK);
	send_it(NULL);
	move_to_other();
	ck_assert_int_eq(receive(), SG_ERR_PARCEL_OTHER);
	ck_assert_ptr_null(out);
}
END_TEST

static const char *const measured = "tpm2_pcrextend 7:sha256="
	"1111111111111111111111111111111111111111111111111111111111111111";

START_TEST(the_receiving_tpm_demands_the_values_that_the_sender_named)
{
	static const char text[] = "pcr=sha256:7="
		"53ac0a3e8ce2c7c6a8e9df3ebe5e3a2f3d0f1e7a4f6a6d3b1a0f7e6d5c4b3a29";
	struct sg_policy wrong = { 0 };

	test_provision();
	ck_assert_int_eq(describe(), SG_OK);
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(text), &wrong), SG_OK);
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7=0000000000000000000000000000"
	                                              "000000000000000000000000000000000000"),
	                                 &policy), SG_OK);
	send_it(NULL);
	assert_received();
	test_tpm_shell(&tpm, measured);
	ck_assert_int_eq(receive(), SG_ERR_POLICY);
	/* It is the TPM that demands it: without the policy in the parcel nothing opens either. */
	sg_policy_clear(&parcel.policy);
	ck_assert_int_eq(receive(), SG_ERR_FORMAT);
	ck_assert_int_eq(sg_policy_copy(&wrong, &parcel.policy), SG_OK);
	ck_assert_int_eq(receive(), SG_ERR_FORMAT);
	sg_policy_clear(&wrong);
}
END_TEST

/* Flip a bit of every part; each is refused before anything is given out. */
static void refused_when_flipped(struct sg_buf *part)
{
	static const size_t places = 5;

	for (size_t i = 0; i < places; i++) {
		size_t at = i * (part->len - 1) / (places - 1);
		enum sg_err err;

		part->data[at] ^= 0x10;
		err = receive();
		ck_assert_msg(err == SG_ERR_TAG || err == SG_ERR_FORMAT, "byte %zu: %s", at,
		              sg_err_name(err));
		ck_assert_ptr_null(out);
		part->data[at] ^= 0x10;
	}
}

START_TEST(any_change_is_noticed)
{
	test_provision();
	endorsed("ecc");
	send_it(&spki);
	refused_when_flipped(&parcel.object);
	refused_when_flipped(&parcel.duplicate);
	refused_when_flipped(&parcel.seed);
	refused_when_flipped(&parcel.credential);
	refused_when_flipped(&parcel.credential_seed);
	refused_when_flipped(&parcel.box);
	assert_received();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tpm import");
	TCase *tcase = tcase_create("import");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_is_sent_is_received_under_either_kind_of_storage_key, 0, 2);
	tcase_add_test(tcase, it_goes_through_files_and_survives_a_restart);
	tcase_add_loop_test(tcase, an_endorsed_tpm_opens_what_is_closed_for_both_of_its_keys, 0, 2);
	tcase_add_test(tcase, an_endorsement_key_that_is_persistent_is_used);
	tcase_add_test(tcase, a_certificate_of_another_tpm_is_left_out);
	tcase_add_test(tcase, a_tpm_whose_endorsement_has_a_password_is_described_without);
	tcase_add_test(tcase, another_machine_is_told_that_it_is_not_meant);
	tcase_add_test(tcase, the_receiving_tpm_demands_the_values_that_the_sender_named);
	tcase_add_test(tcase, any_change_is_noticed);
	suite_add_tcase(s, tcase);
	return test_run(s);
}
