/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What is known of the next boot: values of PCRs in files, and enabled units.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "tools/unseal_pcrs.h"
#include "tools/unseal_units.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct sg_pcrs pcrs;

static enum sg_err reads(const char *text)
{
	return unseal_pcrs_read(sg_bytes_str(text), &pcrs);
}

START_TEST(values_are_read_as_tpm2_pcrread_writes_them)
{
	ck_assert_int_eq(reads("  sha1:\n    0 : 0x00\n  sha256:\n    7 : 0x" HEX "\n    14: 0X" HEX
	                       "\n  sha384:\n"), SG_OK);
	ck_assert_uint_eq(pcrs.bank[SG_SHA256].known, 1 << 7 | 1 << 14);
	ck_assert_uint_eq(pcrs.bank[SG_SHA256].value[7][1], 0x11);
	ck_assert(pcrs.bank[SG_SHA384].known == 0);
}
END_TEST

START_TEST(values_are_read_as_policies_have_them)
{
	ck_assert_int_eq(reads("sha256:7=" HEX ",8=" HEX "\n"), SG_OK);
	ck_assert_uint_eq(pcrs.bank[SG_SHA256].known, 1 << 7 | 1 << 8);
	ck_assert_int_eq(reads("sha256:7=" HEX "+sha256:8=" HEX), SG_OK);
	ck_assert_uint_eq(pcrs.bank[SG_SHA256].known, 1 << 7 | 1 << 8);
}
END_TEST

static const char *const wrong[] = {
	"", "\n\n", "sha256", "sha256:", "7 : 0x" HEX, "sha256:24=" HEX, "sha256:7=" HEX "00",
	"sha256:7", "sha256:7=", "sha256:\n 7 : zz", "sha256:7=" HEX ",7=" HEX, "sha256:x=" HEX,
	"sha1:0=00", "sha256:7=" HEX "\nnonsense", "sha256:100=" HEX,
};

START_TEST(what_is_no_value_is_refused)
{
	ck_assert_msg(reads(wrong[_i]) == SG_ERR_FORMAT, "%s", wrong[_i]);
}
END_TEST

START_TEST(a_policy_is_compared_with_values)
{
	struct sg_policy_signatures none = { NULL };
	struct sg_policy policy = { 0 };
	enum unseal_policy says;
	char which[64];

	ck_assert_int_eq(sg_policy_parse(sg_bytes_str("pcr=sha256:7=" HEX), &policy), SG_OK);
	ck_assert_int_eq(reads("sha256:7=" HEX), SG_OK);
	ck_assert_int_eq(unseal_pcrs_compare(&policy, &none, &pcrs, &says, which), SG_OK);
	ck_assert_int_eq(says, UNSEAL_POLICY_HOLDS);
	pcrs.bank[SG_SHA256].value[7][31] ^= 1;
	ck_assert_int_eq(unseal_pcrs_compare(&policy, &none, &pcrs, &says, which), SG_OK);
	ck_assert_int_eq(says, UNSEAL_POLICY_DIFFERS);
	ck_assert_str_eq(which, "PCR 7 of sha256");
	ck_assert_int_eq(reads("sha256:8=" HEX), SG_OK);
	ck_assert_int_eq(unseal_pcrs_compare(&policy, &none, &pcrs, &says, which), SG_OK);
	ck_assert_int_eq(says, UNSEAL_POLICY_UNKNOWN);
	sg_policy_clear(&policy);
}
END_TEST

static void enable(const char *root, const char *folder, const char *unit)
{
	static const char *const parts[] = { "/etc", "/etc/systemd", "/etc/systemd/system" };
	char path[4096];

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(path, sizeof path, "%s%s", root, parts[i]);
		(void)mkdir(path, 0700);
	}
	snprintf(path, sizeof path, "%s/etc/systemd/system/%s", root, folder);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/etc/systemd/system/%s/%s", root, folder, unit);
	ck_assert_int_eq(symlink("/nowhere", path), 0);
}

START_TEST(enabled_units_are_named_once)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	char *root = scratch_make();

	unseal_units(root, &text);
	ck_assert(text.err == SG_OK && text.buf.len == 0);
	enable(root, "multi-user.target.wants", "signet-unseal.service");
	enable(root, "multi-user.target.wants", "vault.service");
	enable(root, "openbao.service.wants", "signet-unseal.service");
	enable(root, "sockets.target.requires", "signet-root@vault.socket");
	unseal_units(root, &text);
	ck_assert_int_eq(text.err, SG_OK);
	ck_assert(sg_bytes_equal(sg_buf_bytes(&text.buf),
	                         sg_bytes_str("signet-unseal.service, signet-root@vault.socket")));
	sg_buf_free(&text.buf);
	scratch_remove(&root);
}
END_TEST

static void start(void)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
}

static Suite *suite(void)
{
	Suite *s = suite_create("unseal_boot");
	TCase *tc = tcase_create("unseal_boot");

	tcase_add_checked_fixture(tc, start, sg_crypto_stop);
	tcase_add_test(tc, values_are_read_as_tpm2_pcrread_writes_them);
	tcase_add_test(tc, values_are_read_as_policies_have_them);
	tcase_add_loop_test(tc, what_is_no_value_is_refused, 0, sizeof wrong / sizeof wrong[0]);
	tcase_add_test(tc, a_policy_is_compared_with_values);
	tcase_add_test(tc, enabled_units_are_named_once);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return test_run(suite());
}
