/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on a registrar's log by who can write its store: it was changed, thinned out, cut off or
 * written anew.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "enroll/audit.h"
#include "enroll/registrar.h"
#include "lib/file.h"
#include "lib/runner.h"
#include "lib/scratch.h"
#include "store/chain.h"

#define NOW INT64_C(1711468800)

static char *folder, *path, *heads;
static struct sg_registrar *registrar;
static struct sg_fleet *fleet;
static struct sg_secret *signer_key;
static struct sg_registrar_signer signer;

static enum sg_err sign(void *context, struct sg_bytes message,
                        uint8_t signature[SG_FLEET_SIGNATURE])
{
	return sg_ed25519_sign(sg_secret_bytes(context), message, signature);
}

static void open_registrar(void)
{
	const struct sg_registrar_config config = { .store = path, .create = true,
		                                    .vault = "vault_x",
		                                    .api_url = "https://machines.example",
		                                    .signer = &signer, .heads = heads };

	sg_registrar_close(&registrar);
	ck_assert_int_eq(sg_registrar_open(&config, &registrar), SG_OK);
	fleet = sg_registrar_fleet(registrar);
}

static void setup(void)
{
	folder = scratch_make();
	path = scratch_path(folder, "fleet.db");
	heads = scratch_path(folder, "heads");
	ck_assert_int_eq(sg_ed25519_generate(&signer_key), SG_OK);
	memcpy(signer.key, sg_ed25519_public(signer_key).data, sizeof signer.key);
	signer.sign = sign;
	signer.context = signer_key;
	open_registrar();
}

static void teardown(void)
{
	sg_registrar_close(&registrar);
	sg_secret_free(&signer_key);
	free(path);
	free(heads);
	scratch_remove(&folder);
}

/* Fill the log, have its end signed, and close the registrar. */
static void fill_log(void)
{
	char actor[32];

	for (unsigned i = 0; i < 10; i++) {
		struct sg_fleet_event event = { NOW + i, "machine-approved", actor, "m",
		                                sg_bytes_str("{}") };

		snprintf(actor, sizeof actor, "actor %u", i);
		ck_assert_int_eq(fleet->ops->event_add(fleet, &event), SG_OK);
	}
	ck_assert_int_eq(sg_registrar_sign(registrar, NOW + 20), SG_OK);
	sg_registrar_close(&registrar);
}

/* Do to the store what somebody who can write it does. */
static void tamper(const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
	              sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static struct sg_audit_report verified(bool with_heads)
{
	struct sg_buf text = { NULL, 0, 0 };
	struct sg_audit_report report;

	open_registrar();
	if (with_heads)
		text = test_file_read(heads);
	ck_assert_int_eq(sg_audit_verify(fleet, sg_buf_bytes(&text), signer.key, &report),
	                 SG_OK);
	sg_buf_free(&text);
	return report;
}

START_TEST(heads_are_signed_after_a_clock_that_was_ahead_too)
{
	struct sg_fleet_event event = { NOW + 21, "machine-approved", "actor", "m",
	                                sg_bytes_str("{}") };
	struct sg_audit_report report;
	bool more;

	fill_log();
	open_registrar();
	ck_assert_int_eq(fleet->ops->event_add(fleet, &event), SG_OK);
	ck_assert_int_eq(sg_registrar_tick(registrar, NOW + 3650 * INT64_C(86400), &more), SG_OK);
	ck_assert_int_eq(fleet->ops->event_add(fleet, &event), SG_OK);
	ck_assert_int_eq(sg_registrar_tick(registrar, NOW + 22, &more), SG_OK);
	report = verified(true);
	ck_assert_int_eq(report.fault, SG_AUDIT_SOUND);
	ck_assert_uint_eq(report.signed_seq, 12);
	ck_assert_int_eq(report.signed_at, NOW + 22);
}
END_TEST

START_TEST(a_log_that_nobody_touched_is_whole)
{
	struct sg_audit_report report;

	fill_log();
	report = verified(true);
	ck_assert_int_eq(report.fault, SG_AUDIT_SOUND);
	ck_assert_uint_eq(report.entries, 10);
	ck_assert_uint_eq(report.signed_seq, 10);
}
END_TEST

START_TEST(an_entry_that_was_changed_is_found)
{
	static const char *const changes[] = {
		"UPDATE entry SET actor = 'nobody' WHERE seq = 4",
		"UPDATE entry SET at = at + 1 WHERE seq = 4",
		"UPDATE entry SET event = 'machine-removed' WHERE seq = 4",
		"UPDATE entry SET subject = 'n' WHERE seq = 4",
		"UPDATE entry SET detail = x'7b7d20' WHERE seq = 4",
		"UPDATE entry SET actor = 'actor 3machine', event = '-approved' WHERE seq = 4",
	};
	struct sg_audit_report report;

	fill_log();
	tamper(changes[_i]);
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_CHANGED);
	ck_assert_uint_eq(report.seq, 4);
}
END_TEST

START_TEST(an_entry_that_was_removed_is_found)
{
	struct sg_audit_report report;

	fill_log();
	tamper("DELETE FROM entry WHERE seq = 4");
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_MISSING);
	ck_assert_uint_eq(report.seq, 4);
	sg_registrar_close(&registrar);
	/* And where the gap is closed, by what is not the same any more. */
	tamper("UPDATE entry SET seq = seq - 1 WHERE seq > 4");
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_CHANGED);
}
END_TEST

START_TEST(a_log_that_was_cut_off_is_found)
{
	struct sg_audit_report report;

	fill_log();
	tamper("DELETE FROM entry WHERE seq > 7");
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_CUT);
	ck_assert_uint_eq(report.seq, 8);
	sg_registrar_close(&registrar);
	/* With its signatures gone, too, only those that were kept elsewhere tell. */
	tamper("DELETE FROM head");
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_SOUND);
	ck_assert_uint_eq(report.signed_seq, 0);
	sg_registrar_close(&registrar);
	report = verified(true);
	ck_assert_int_eq(report.fault, SG_AUDIT_CUT);
}
END_TEST

/* Write the log anew from nothing, as somebody would who knows how hashes are made. */
static void write_anew(void)
{
	struct sg_fleet *other = NULL;

	tamper("DELETE FROM entry");
	ck_assert_int_eq(sg_fleet_open(path, false, &other), SG_OK);
	for (unsigned i = 0; i < 10; i++) {
		struct sg_fleet_event event = { NOW + i, "machine-approved", "somebody else", "m",
		                                sg_bytes_str("{}") };

		ck_assert_int_eq(other->ops->event_add(other, &event), SG_OK);
	}
	sg_fleet_close(&other);
}

START_TEST(a_log_that_was_written_anew_is_found)
{
	struct sg_audit_report report;

	fill_log();
	write_anew();
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_REWRITTEN);
	ck_assert_uint_eq(report.seq, 10);
}
END_TEST

START_TEST(and_so_is_one_that_was_signed_anew_with_another_key)
{
	struct sg_secret *own = NULL, *real = signer_key;
	struct sg_registrar_signer kept = signer;
	struct sg_audit_report report;

	fill_log();
	write_anew();
	tamper("DELETE FROM head");
	ck_assert_int_eq(sg_ed25519_generate(&own), SG_OK);
	memcpy(signer.key, sg_ed25519_public(own).data, sizeof signer.key);
	signer.context = own;
	open_registrar();
	ck_assert_int_eq(sg_registrar_sign(registrar, NOW + 30), SG_OK);
	sg_registrar_close(&registrar);
	signer = kept;
	ck_assert_ptr_eq(signer.context, real);
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_HEAD);
	sg_secret_free(&own);
}
END_TEST

START_TEST(a_head_that_was_changed_is_found)
{
	struct sg_audit_report report;
	struct sg_buf text;

	fill_log();
	tamper("UPDATE head SET at = at + 1");
	report = verified(false);
	ck_assert_int_eq(report.fault, SG_AUDIT_HEAD);
	sg_registrar_close(&registrar);
	tamper("DELETE FROM head");
	text = test_file_read(heads);
	text.data[text.len - 2] = text.data[text.len - 2] == '0' ? '1' : '0';
	test_file_write(heads, sg_buf_bytes(&text));
	report = verified(true);
	ck_assert_int_eq(report.fault, SG_AUDIT_HEAD);
	sg_buf_free(&text);
}
END_TEST

/* A full disk, or a power cut, ends a write in the middle. */
START_TEST(a_head_whose_write_was_cut_short_costs_no_other_head)
{
	struct sg_audit_report report;
	struct sg_buf text, torn = { NULL, 0, 0 };

	fill_log();
	text = test_file_read(heads);
	for (size_t len = 1; len < text.len - 1 && text.data[len] != '\n'; len += 7) {
		ck_assert_int_eq(sg_buf_set(&torn, sg_buf_bytes(&text)), SG_OK);
		ck_assert_int_eq(sg_buf_append(&torn, sg_bytes(text.data, len)), SG_OK);
		test_file_write(heads, sg_buf_bytes(&torn));
		report = verified(true);
		ck_assert_int_eq(report.fault, SG_AUDIT_SOUND);
		ck_assert_uint_eq(report.torn, 1);
	}
	for (int i = 0; i < 2; i++) {
		struct sg_fleet_event event = { NOW + 30 + i, "machine-approved", "somebody", "m",
		                                sg_bytes_str("{}") };

		open_registrar();
		ck_assert_int_eq(fleet->ops->event_add(fleet, &event), SG_OK);
		ck_assert_int_eq(sg_registrar_sign(registrar, NOW + 31 + i), SG_OK);
		sg_registrar_close(&registrar);
	}
	report = verified(true);
	ck_assert_int_eq(report.fault, SG_AUDIT_SOUND);
	ck_assert_uint_eq(report.torn, 1);
	ck_assert_uint_eq(report.signed_seq, report.entries);
	sg_buf_free(&torn);
	sg_buf_free(&text);
}
END_TEST

START_TEST(a_line_that_is_no_head_is_told_by_its_number)
{
	static const char *const wrong[] = { "x", "signet-head 2 1 2 00", "signet-head 1 1 2 0g",
	                                     "signet-head 1 1x", "signet-head 1 1 2 3g", "",
	                                     "signet-head 1  2" };
	struct sg_audit_report report;
	struct sg_buf text, with = { NULL, 0, 0 };
	uint64_t lines = 0;

	fill_log();
	text = test_file_read(heads);
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert_int_eq(sg_buf_set(&with, sg_buf_bytes(&text)), SG_OK);
		ck_assert_int_eq(sg_buf_append(&with, sg_bytes_str(wrong[i])), SG_OK);
		ck_assert_int_eq(sg_buf_append(&with, sg_bytes_str("\n")), SG_OK);
		test_file_write(heads, sg_buf_bytes(&with));
		report = verified(true);
		ck_assert_int_eq(report.fault, SG_AUDIT_LINE);
		ck_assert_uint_eq(report.seq, lines + 1);
	}
	sg_buf_free(&with);
	sg_buf_free(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("audit");
	TCase *tcase = tcase_create("log");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, heads_are_signed_after_a_clock_that_was_ahead_too);
	tcase_add_test(tcase, a_log_that_nobody_touched_is_whole);
	tcase_add_loop_test(tcase, an_entry_that_was_changed_is_found, 0, 6);
	tcase_add_test(tcase, an_entry_that_was_removed_is_found);
	tcase_add_test(tcase, a_log_that_was_cut_off_is_found);
	tcase_add_test(tcase, a_log_that_was_written_anew_is_found);
	tcase_add_test(tcase, and_so_is_one_that_was_signed_anew_with_another_key);
	tcase_add_test(tcase, a_head_that_was_changed_is_found);
	tcase_add_test(tcase, a_head_whose_write_was_cut_short_costs_no_other_head);
	tcase_add_test(tcase, a_line_that_is_no_head_is_told_by_its_number);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
