/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What a registrar reads of its store, of its administrator and of the system: what tokens
 * demand, guards, ranges of addresses, host names and patterns, zones, and lines of heads.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "enroll/audit.h"
#include "enroll/guard.h"
#include "enroll/naming.h"
#include "enroll/token.h"
#include "enroll/zone_rule.h"
#include "fuzz/input.h"

#define DAY INT64_C(86400)
#define STEP (97 * DAY + 12345)

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

/* What can be read is written so that it reads the same. */
static void try_rules(struct sg_bytes text)
{
	struct sg_enroll_rules rules = { .class = SG_CLASS_MACHINE }, again = rules;
	struct sg_buf first = { 0 }, second = { 0 };
	const char *wrong = NULL;

	if (sg_enroll_rules_read(text, &rules, &wrong) == SG_OK) {
		need(wrong == NULL, "good rules have a wrong member");
		need(sg_enroll_rules_write(&rules, &first, &wrong) == SG_OK, "writing fails");
		need(sg_enroll_rules_read(sg_buf_bytes(&first), &again, &wrong) == SG_OK,
		     "what was written can't be read");
		need(sg_enroll_rules_write(&again, &second, &wrong) == SG_OK &&
		     sg_bytes_equal(sg_buf_bytes(&first), sg_buf_bytes(&second)),
		     "rules are written differently");
	} else {
		need(wrong != NULL, "no member is wrong in bad rules");
	}
	sg_enroll_rules_clear(&rules);
	sg_enroll_rules_clear(&again);
	sg_buf_free(&first);
	sg_buf_free(&second);
}

static void try_texts(const char *text)
{
	const struct sg_bytes bytes = sg_bytes_str(text);
	struct sg_guard guard;
	struct sg_nets nets;
	char name[SG_ENROLL_TEXT_MAX + 1];

	if (sg_guard_read(text, &guard)) {
		need(guard.days != 0 && guard.last <= 1440 && guard.first < 1440,
		     "a guard is out of bounds");
		for (int64_t at = 0; at < 20 * DAY; at += DAY / 5)
			(void)sg_guard_allows(&guard, sg_bytes_str("192.0.2.7"), at, -3600);
		need(guard.timed || guard.from.n > 0 || text[0] == '\0' ||
		     sg_guard_allows(&guard, sg_bytes_str(""), 0, 0), "a guard of nothing bounds");
	}
	if (sg_nets_read(bytes, &nets))
		need(nets.n > 0 && nets.n <= SG_NETS_MAX, "no range");
	if (sg_host_pattern_is(bytes) && strpbrk(text, "*?") == NULL)
		need(sg_host_matches(text, bytes), "a pattern is not its own name");
	if (sg_name_make(text, "00000000-0000-4000-8000-000000000000", "host", name, sizeof name))
		for (const char *c = name; *c != '\0'; c++)
			need(*c >= ' ' && *c <= '~', "a name is not plain");
}

static void try_zone(struct sg_bytes file)
{
	struct sg_zone *zone = NULL;
	struct sg_zone_rule rule;

	if (sg_zone_read(file, &zone) == SG_OK)
		for (int64_t at = -100 * 365 * DAY; at < 200 * 365 * DAY; at += STEP)
			need(labs((long)sg_zone_offset(zone, at)) <= SG_ZONE_OFFSET_MAX,
			     "clocks are days ahead");
	if (sg_zone_rule_read(file, &rule))
		for (int64_t at = -DAY; at < 200 * 365 * DAY; at += STEP)
			need(labs((long)sg_zone_rule_offset(&rule, at)) <= SG_ZONE_OFFSET_MAX,
			     "a rule is days ahead");
	sg_zone_free(&zone);
}

static void try_line(struct sg_bytes line)
{
	struct sg_fleet_head head;

	if (sg_audit_line_read(line, &head))
		need(head.seq > 0 && head.at >= 0 && line.len < SG_AUDIT_LINE_MAX,
		     "a head is out of bounds");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);

	need(text != NULL && sg_crypto_start() == SG_OK, "start");
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	try_rules(sg_bytes(data, len));
	try_texts(text);
	try_zone(sg_bytes(data, len));
	try_line(sg_bytes(data, len));
	sg_crypto_stop();
	free(text);
	return 0;
}
