/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Objects that a policy guards, against swtpm: that they open in the state they were
 * sealed to and in no other, and that the message says why.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/spki.h"
#include "lib/conformance.h"
#include "lib/hex.h"
#include "lib/runner.h"
#include "lib/tpm.h"
#include "seal/policy_signature.h"
#include "seal/tpm/sealed.h"
#include "util/log.h"

static struct test_tpm tpm;
static struct sg_secret *plain, *auth, *out;
static struct sg_buf blob, log_text;
static struct sg_policy policy;
static struct sg_policy_signatures signatures;

/* Which command a PCR is extended before, and how often; as another process would do. */
static uint32_t meddle_at;
static int meddle_left;

/* PCR_Extend of PCR 10, of the bank SHA-256, with an empty password. */
#define EXTEND "80020000004100000182" "0000000a" "00000009" "400000090000000000" \
	"00000001" "000b" "1111111111111111111111111111111111111111111111111111111111111111"

static bool meddle(void *arg, uint32_t code)
{
	(void)arg;
	if (code == meddle_at && meddle_left > 0) {
		meddle_left--;
		test_tpm_inject(&tpm, hex(EXTEND));
	}
	return true;
}

static void keep(enum sg_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	ck_assert_int_eq(sg_buf_append(&log_text, sg_bytes_str(line)), SG_OK);
	ck_assert_int_eq(sg_buf_append(&log_text, sg_bytes("\n", 1)), SG_OK);
}

static bool logged(const char *text)
{
	return memmem(log_text.data, log_text.len, text, strlen(text)) != NULL;
}

static void setup(void)
{
	static const struct test_wire_hooks hooks = { .command = meddle };

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	meddle_left = 0;
	test_tpm_start_wired(&tpm, &hooks);
	test_sealer_on(tpm.tcti);
	plain = test_secret(32, 0);
	auth = test_secret(SG_SEAL_AUTH, 1);
	test_provision();
	sg_log_set(keep, NULL);
}

static void teardown(void)
{
	sg_log_set(NULL, NULL);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_TRANSIENT), 0);
	ck_assert_uint_eq(test_tpm_loaded(&tpm, TPM2_HT_LOADED_SESSION), 0);
	sg_buf_free(&blob);
	sg_buf_free(&log_text);
	sg_secret_free(&plain);
	sg_secret_free(&auth);
	sg_secret_free(&out);
	sg_policy_clear(&policy);
	sg_policy_signatures_clear(&signatures);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

static void extend(unsigned pcr)
{
	char line[160];

	snprintf(line, sizeof line, "tpm2_pcrextend %u:sha256="
	         "2222222222222222222222222222222222222222222222222222222222222222", pcr);
	test_tpm_shell(&tpm, line);
}

static enum sg_err seal(const char *text, const struct sg_secret *pin)
{
	struct sg_seal_guard guard = { .auth = pin, .policy = &policy };

	sg_policy_clear(&policy);
	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(text), &policy), SG_OK);
	return test_sealer->ops->seal(test_sealer, sg_buf_bytes(&test_parent), &guard, plain, &blob);
}

static enum sg_err unseal(const struct sg_secret *pin)
{
	struct sg_seal_guard guard = { .auth = pin, .signatures = &signatures };
	enum sg_err err;

	sg_secret_free(&out);
	log_text.len = 0;
	test_tpm_forget(&tpm);
	err = test_sealer->ops->unseal(test_sealer, sg_buf_bytes(&test_parent), &guard,
	                               sg_buf_bytes(&blob), &out);
	if (err == SG_OK)
		ck_assert(sg_bytes_equal(sg_secret_bytes(out), sg_secret_bytes(plain)));
	return err;
}

START_TEST(a_secret_opens_while_the_pcrs_are_as_they_were)
{
	ck_assert_int_eq(seal("pcr=sha256:7,11", NULL), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_OK);
	extend(8);
	ck_assert_int_eq(unseal(NULL), SG_OK);
}
END_TEST

START_TEST(a_changed_pcr_closes_it_and_is_named)
{
	ck_assert_int_eq(seal("pcr=sha256:7,11", NULL), SG_OK);
	extend(11);
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	ck_assert_ptr_null(out);
	ck_assert(logged("PCR 11 of the bank sha256 differs: expected "
	                 "0000000000000000000000000000000000000000000000000000000000000000, found "));
	ck_assert(!logged("PCR 7"));
}
END_TEST

START_TEST(several_banks_and_more_than_eight_pcrs_are_taken)
{
	ck_assert_int_eq(seal("pcr=sha256:0,1,2,3,4,5,6,7,8,9,10,11;pcr=sha384:0,7", NULL), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_OK);
	extend(0);
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	ck_assert(logged("PCR 0 of the bank sha256 differs"));
	ck_assert(!logged("PCR 0 of the bank sha384"));
}
END_TEST

START_TEST(a_value_that_is_given_need_not_be_that_of_now)
{
	/* SHA-256(zeros ‖ 22...), what extend makes. */
	char text[128];
	uint8_t both[64], value[32];
	char digits[65] = "";

	memset(both, 0, 32);
	memset(both + 32, 0x22, 32);
	ck_assert_int_eq(sg_digest_once(SG_SHA256, sg_bytes(both, sizeof both), value), SG_OK);
	sg_bytes_hex(sg_bytes(value, sizeof value), digits);
	snprintf(text, sizeof text, "pcr=sha256:7=%s,11", digits);
	ck_assert_int_eq(seal(text, NULL), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	extend(7);
	ck_assert_int_eq(unseal(NULL), SG_OK);
}
END_TEST

START_TEST(a_bank_that_the_tpm_does_not_keep_is_refused_with_a_sentence)
{
	test_tpm_shell(&tpm, "tpm2_pcrallocate sha256:all+sha384:none+sha512:none+sha1:none");
	test_tpm_restart(&tpm);
	ck_assert_int_eq(seal("pcr=sha512:7", NULL), SG_ERR_HW_UNSUPPORTED);
	ck_assert(logged("does not keep the bank sha512"));
}
END_TEST

START_TEST(with_a_pin_both_are_needed)
{
	struct sg_secret *wrong = test_secret(SG_SEAL_AUTH, 2);

	ck_assert_int_eq(seal("pcr=sha256:7", auth), SG_OK);
	ck_assert_int_eq(unseal(auth), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_ERR_AUTH);
	ck_assert_int_eq(unseal(wrong), SG_ERR_AUTH);
	extend(7);
	ck_assert_int_eq(unseal(auth), SG_ERR_POLICY);
	sg_secret_free(&wrong);
}
END_TEST

START_TEST(a_wrong_pin_counts_towards_the_lockout_and_a_changed_pcr_does_not)
{
	struct sg_secret *wrong = test_secret(SG_SEAL_AUTH, 2);

	ck_assert_int_eq(seal("pcr=sha256:7", auth), SG_OK);
	extend(7);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(unseal(wrong), SG_ERR_POLICY);
	ck_assert_int_eq(seal("pcr=sha256:7", auth), SG_OK);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(unseal(wrong), SG_ERR_AUTH);
	ck_assert_int_eq(unseal(auth), SG_ERR_LOCKED);
	sg_secret_free(&wrong);
}
END_TEST

START_TEST(a_login_with_a_pin_and_pcrs_is_ten_commands_at_most)
{
	ck_assert_int_eq(seal("pcr=sha256:7,11", auth), SG_OK);
	ck_assert_int_eq(unseal(auth), SG_OK);
	ck_assert_uint_le(tpm.count, 10);
	/* Without a PIN the session ends with the command. */
	ck_assert_int_eq(seal("pcr=sha256:7,11", NULL), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_OK);
	ck_assert_uint_eq(tpm.count, 6);
}
END_TEST

START_TEST(neither_secret_nor_authorisation_crosses_in_clear)
{
	test_tpm_forget(&tpm);
	ck_assert_int_eq(seal("pcr=sha256:7", auth), SG_OK);
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(plain)));
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(auth)));
	ck_assert_int_eq(unseal(auth), SG_OK);
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(plain)));
	ck_assert(!test_tpm_seen(&tpm, sg_secret_bytes(auth)));
}
END_TEST

START_TEST(an_unseal_that_races_an_extend_succeeds_by_itself)
{
	ck_assert_int_eq(seal("pcr=sha256:7", _i == 0 ? NULL : auth), SG_OK);
	meddle_at = TPM2_CC_Unseal;
	meddle_left = 7;
	ck_assert_int_eq(unseal(_i == 0 ? NULL : auth), SG_OK);
	ck_assert_int_eq(meddle_left, 0);
}
END_TEST

START_TEST(it_gives_up_after_eight_races)
{
	ck_assert_int_eq(seal("pcr=sha256:7", NULL), SG_OK);
	meddle_at = TPM2_CC_Unseal;
	meddle_left = 9;
	ck_assert_int_eq(unseal(NULL), SG_ERR_PCR_CHANGED);
	ck_assert_int_eq(meddle_left, 1);
	meddle_left = 0;
	ck_assert_int_eq(unseal(NULL), SG_OK);
}
END_TEST

/* An authValue walks around a policy unless userWithAuth is clear [TPM2 Part 1 §23.2]. */
START_TEST(an_empty_authorisation_does_not_walk_around_the_policy)
{
	struct sg_sealed sealed;

	ck_assert_int_eq(seal("pcr=sha256:7", NULL), SG_OK);
	ck_assert_int_eq(sg_sealed_read(sg_buf_bytes(&blob), &sealed), SG_OK);
	ck_assert_uint_eq(sealed.object.area.publicArea.objectAttributes & TPMA_OBJECT_USERWITHAUTH,
	                  0);
	ck_assert_uint_ne(sealed.object.area.publicArea.objectAttributes &
	                  TPMA_OBJECT_ADMINWITHPOLICY, 0);
	sg_sealed_clear(&sealed);
}
END_TEST

/* Whoever can ask the TPM can put such a blob in the place of a PIN's. */
START_TEST(a_policy_without_an_authorisation_is_not_opened_with_one)
{
	ck_assert_int_eq(seal("pcr=sha256:7", NULL), SG_OK);
	ck_assert_int_eq(unseal(auth), SG_ERR_AUTH);
	ck_assert_ptr_null(out);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_Unseal), 0);
	ck_assert_int_eq(unseal(NULL), SG_OK);
}
END_TEST

START_TEST(a_policy_that_is_not_the_objects_is_refused)
{
	struct sg_buf other = { 0 };

	ck_assert_int_eq(seal("pcr=sha256:7", NULL), SG_OK);
	ck_assert_int_eq(sg_buf_set(&other, sg_buf_bytes(&blob)), SG_OK);
	/* One byte in the value of the PCR: magic, length, kind, length, hash, bitmap, value. */
	other.data[4 + 4 + 1 + 4 + 2 + 4] ^= 1;
	sg_buf_free(&blob);
	blob = other;
	ck_assert_int_eq(unseal(NULL), SG_ERR_FORMAT);
}
END_TEST

/* What the TPM's own tools make of the same policy. */
START_TEST(the_digest_is_that_of_the_tpm)
{
	uint8_t digest[SG_POLICY_DIGEST], theirs[SG_POLICY_DIGEST];
	char path[80];
	int fd;

	ck_assert_int_eq(seal("pcr=sha256:7,11", NULL), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_OK);
	test_tpm_shell(&tpm, "tpm2_createpolicy --policy-pcr -l sha256:7,11 -L policy >/dev/null && "
	               "tpm2_flushcontext -l");
	snprintf(path, sizeof path, "%s/policy", tpm.folder);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, theirs, sizeof theirs), sizeof theirs);
	close(fd);
	policy.pcrs.bank[SG_SHA256].known = policy.pcrs.bank[SG_SHA256].selected;
	ck_assert_int_eq(sg_policy_digest(&policy, digest), SG_OK);
	ck_assert_mem_eq(digest, theirs, sizeof digest);
}
END_TEST

/* Read a whole small file of the TPM's folder. */
static void slurp(const char *name, struct sg_buf *buf)
{
	char path[80];
	int fd;
	ssize_t n;

	snprintf(path, sizeof path, "%s/%s", tpm.folder, name);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	buf->len = 0;
	ck_assert_int_eq(sg_buf_reserve(buf, 65536), SG_OK);
	n = read(fd, buf->data, 65536);
	ck_assert_int_ge(n, 0);
	buf->len = (size_t)n;
	close(fd);
}

/* A time that the TPM's clock reaches only where somebody moves it. */
#define LATER "86400000"

START_TEST(a_time_that_has_not_come_leaves_it_open_also_after_a_restart)
{
	ck_assert_int_eq(seal("until=" LATER, NULL), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_OK);
	ck_assert_uint_eq(test_tpm_sent(&tpm, TPM2_CC_PolicyCounterTimer), 1);
	test_tpm_restart(&tpm);
	ck_assert_int_eq(unseal(NULL), SG_OK);
}
END_TEST

START_TEST(from_that_time_on_nothing_opens_it_and_the_log_says_when_it_ended)
{
	ck_assert_int_eq(seal("until=" LATER, NULL), SG_OK);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_int_eq(unseal(NULL), SG_ERR_LEASE);
	ck_assert_ptr_null(out);
	ck_assert(logged("the lease ended: it opened until the TPM's clock showed " LATER " ms, and "
	                 "that shows 8640"));
	test_tpm_restart(&tpm);
	ck_assert_int_eq(unseal(NULL), SG_ERR_LEASE);
}
END_TEST

START_TEST(with_pcrs_a_time_and_a_pin_all_are_needed)
{
	ck_assert_int_eq(seal("pcr=sha256:7;until=" LATER, auth), SG_OK);
	ck_assert_int_eq(unseal(auth), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_ERR_AUTH);
	test_tpm_shell(&tpm, "tpm2_setclock " LATER);
	ck_assert_int_eq(unseal(auth), SG_ERR_LEASE);
	ck_assert(logged("the lease ended"));
}
END_TEST

/* The file says another time than the object does. */
START_TEST(a_time_that_somebody_put_off_in_the_blob_is_refused)
{
	ck_assert_int_eq(seal("until=" LATER, NULL), SG_OK);
	blob.data[4 + 4 + 1 + 4] = 1;
	ck_assert_int_eq(unseal(NULL), SG_ERR_FORMAT);
}
END_TEST

START_TEST(the_digest_of_a_time_is_that_of_the_tpm)
{
	uint8_t digest[SG_POLICY_DIGEST];
	struct sg_buf file = { 0 };

	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("until=" LATER), &policy), SG_OK);
	ck_assert_int_eq(sg_policy_digest(&policy, digest), SG_OK);
	test_tpm_shell(&tpm, "tpm2_startauthsession -S session && "
	               "tpm2_policycountertimer -S session -L policy --ult clock=" LATER
	               " >/dev/null && tpm2_flushcontext session");
	slurp("policy", &file);
	ck_assert_uint_eq(file.len, sizeof digest);
	ck_assert_mem_eq(digest, file.data, sizeof digest);
	sg_buf_free(&file);
}
END_TEST

static const char *const make_key[] = {
	"openssl ecparam -name prime256v1 -genkey -noout -out op.pem 2>/dev/null",
	"openssl genrsa -out op.pem 2048 2>/dev/null",
};

/* Have openssl make the signer, and bring its policy into text. */
static void make_signer(int kind, char *text, size_t size)
{
	struct sg_buf pem = { 0 }, der = { 0 };

	test_tpm_shell(&tpm, make_key[kind]);
	test_tpm_shell(&tpm, "openssl pkey -in op.pem -pubout -out op.pub");
	slurp("op.pub", &pem);
	ck_assert_int_eq(sg_spki_from_pem(sg_buf_bytes(&pem), &der), SG_OK);
	ck_assert_uint_lt(7 + 2 * der.len, size);
	memcpy(text, "signer=", 7);
	sg_bytes_hex(sg_buf_bytes(&der), text + 7);
	text[7 + 2 * der.len] = '\0';
	sg_buf_free(&pem);
	sg_buf_free(&der);
}

/* Have openssl sign the values that PCR 7 has now, and take the signature in. */
static void sign_values(void)
{
	struct sg_buf json = { 0 };

	test_tpm_shell(&tpm,
		"tpm2_createpolicy --policy-pcr -l sha256:7 -L policy >/dev/null && tpm2_flushcontext -l && "
		"openssl dgst -sha256 -sign op.pem -out sig policy && "
		"print=$(openssl pkey -pubin -in op.pub -outform DER | sha256sum | cut -d ' ' -f 1) && "
		"printf '{\"sha256\":[{\"pcrs\":[7],\"pkfp\":\"%s\",\"pol\":\"%s\",\"sig\":\"%s\"}]}' "
		"\"$print\" \"$(xxd -p -c 64 policy)\" \"$(base64 -w 0 sig)\" > signatures.json");
	slurp("signatures.json", &json);
	ck_assert_int_eq(sg_policy_signatures_add(&signatures, sg_buf_bytes(&json)), SG_OK);
	sg_buf_free(&json);
}

START_TEST(values_that_the_signer_signed_open_it)
{
	char text[2048];

	make_signer(_i, text, sizeof text);
	ck_assert_int_eq(seal(text, NULL), SG_OK);
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	ck_assert(logged("no signature of that signer is known"));
	sign_values();
	ck_assert_int_eq(unseal(NULL), SG_OK);

	/* An update: the old signature does not fit, and the new one does, without sealing anew. */
	extend(7);
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	ck_assert(logged("none of the known signatures is over the values of now"));
	ck_assert(!logged("PCR 7"));
	sign_values();
	ck_assert_int_eq(unseal(NULL), SG_OK);
}
END_TEST

/* Tell what the values are that the last signature is over, or claim that they are others. */
static void tell_values(uint8_t byte)
{
	struct sg_policy_signature *last = &signatures.list[signatures.n - 1];

	free(last->values);
	last->values = calloc(1, sizeof *last->values);
	ck_assert_ptr_nonnull(last->values);
	last->values->selected = last->values->known = last->selected;
	memset(last->values->value[7], byte, 32);
}

START_TEST(where_no_signed_values_are_met_the_nearest_say_which_pcr_differs)
{
	char text[2048];

	make_signer(_i, text, sizeof text);
	ck_assert_int_eq(seal(text, NULL), SG_OK);
	sign_values();
	tell_values(0);
	ck_assert_int_eq(unseal(NULL), SG_OK);
	extend(7);
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	ck_assert(logged("none of the known signatures is over the values of now"));
	ck_assert(logged("the signed values that come nearest differ"));
	ck_assert(logged("PCR 7 of the bank sha256 differs: expected "
	                 "0000000000000000000000000000000000000000000000000000000000000000, found "));
	/* Another signature, which is none of the signer's: nothing is said of its values. */
	signatures.list[0].bytes[signatures.list[0].len - 1] ^= 1;
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	ck_assert(logged("none of the known signatures is over the values of now"));
	ck_assert(!logged("PCR 7"));
}
END_TEST

START_TEST(a_signer_pcrs_and_a_pin_hold_together)
{
	char text[2048];

	make_signer(_i, text, sizeof text);
	strcat(text, ";pcr=sha256:11");
	ck_assert_int_eq(seal(text, auth), SG_OK);
	sign_values();
	ck_assert_int_eq(unseal(auth), SG_OK);
	extend(11);
	ck_assert_int_eq(unseal(auth), SG_ERR_POLICY);
	ck_assert(logged("PCR 11"));
}
END_TEST

START_TEST(a_signature_of_somebody_else_opens_nothing)
{
	uint8_t print[SG_POLICY_DIGEST];
	char text[2048];

	make_signer(_i, text, sizeof text);
	ck_assert_int_eq(seal(text, NULL), SG_OK);
	ck_assert_int_eq(sg_policy_signer_print(sg_buf_bytes(&policy.signer), print), SG_OK);
	test_tpm_shell(&tpm, make_key[_i]);
	test_tpm_shell(&tpm, "openssl pkey -in op.pem -pubout -out op.pub");
	sign_values();
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
	/* It claims to be of the right one. */
	memcpy(signatures.list[0].signer, print, sizeof print);
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
}
END_TEST

START_TEST(a_changed_signature_opens_nothing)
{
	char text[2048];

	make_signer(_i, text, sizeof text);
	ck_assert_int_eq(seal(text, NULL), SG_OK);
	sign_values();
	signatures.list[0].bytes[signatures.list[0].len - 1] ^= 1;
	ck_assert_int_eq(unseal(NULL), SG_ERR_POLICY);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("policy");
	TCase *tc = tcase_create("policy");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_secret_opens_while_the_pcrs_are_as_they_were);
	tcase_add_test(tc, a_changed_pcr_closes_it_and_is_named);
	tcase_add_test(tc, several_banks_and_more_than_eight_pcrs_are_taken);
	tcase_add_test(tc, a_value_that_is_given_need_not_be_that_of_now);
	tcase_add_test(tc, a_bank_that_the_tpm_does_not_keep_is_refused_with_a_sentence);
	tcase_add_test(tc, with_a_pin_both_are_needed);
	tcase_add_test(tc, a_wrong_pin_counts_towards_the_lockout_and_a_changed_pcr_does_not);
	tcase_add_test(tc, a_login_with_a_pin_and_pcrs_is_ten_commands_at_most);
	tcase_add_test(tc, neither_secret_nor_authorisation_crosses_in_clear);
	tcase_add_loop_test(tc, an_unseal_that_races_an_extend_succeeds_by_itself, 0, 2);
	tcase_add_test(tc, it_gives_up_after_eight_races);
	tcase_add_test(tc, an_empty_authorisation_does_not_walk_around_the_policy);
	tcase_add_test(tc, a_policy_without_an_authorisation_is_not_opened_with_one);
	tcase_add_test(tc, a_policy_that_is_not_the_objects_is_refused);
	tcase_add_test(tc, the_digest_is_that_of_the_tpm);
	tcase_add_test(tc, a_time_that_has_not_come_leaves_it_open_also_after_a_restart);
	tcase_add_test(tc, from_that_time_on_nothing_opens_it_and_the_log_says_when_it_ended);
	tcase_add_test(tc, with_pcrs_a_time_and_a_pin_all_are_needed);
	tcase_add_test(tc, a_time_that_somebody_put_off_in_the_blob_is_refused);
	tcase_add_test(tc, the_digest_of_a_time_is_that_of_the_tpm);
	tcase_add_loop_test(tc, values_that_the_signer_signed_open_it, 0, 2);
	tcase_add_loop_test(tc, where_no_signed_values_are_met_the_nearest_say_which_pcr_differs, 0, 2);
	tcase_add_loop_test(tc, a_signer_pcrs_and_a_pin_hold_together, 0, 2);
	tcase_add_loop_test(tc, a_signature_of_somebody_else_opens_nothing, 0, 2);
	tcase_add_loop_test(tc, a_changed_signature_opens_nothing, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
