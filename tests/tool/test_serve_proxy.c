/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Who sent what a proxy passed on. 10.0.0.0/8 and 2001:db8:1::/48 are proxies that are
 * trusted.
 */
#include "tools/serve_proxy.h"

#include <stdio.h>
#include <string.h>

#include "lib/runner.h"

#define TRUSTED "10.0.0.0/8,2001:db8:1::/48"
#define PROXY "10.0.0.1"
#define FIVE "192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1,192.0.2.1"

static struct sg_nets trusted;

static void setup(void)
{
	ck_assert(sg_nets_read(sg_bytes_str(TRUSTED), &trusted));
}

/* Return the source of a request from a peer with such lines, or "refused". */
static const char *source_of(const char *peer, const char *const *x, const char *const *standard)
{
	static char source[INET6_ADDRSTRLEN];
	struct serve_way way = { .forwarded = { .n = 0 } };

	for (; x[way.x_forwarded_for.n] != NULL; way.x_forwarded_for.n++)
		way.x_forwarded_for.line[way.x_forwarded_for.n] = x[way.x_forwarded_for.n];
	for (; standard[way.forwarded.n] != NULL; way.forwarded.n++)
		way.forwarded.line[way.forwarded.n] = standard[way.forwarded.n];
	snprintf(source, sizeof source, "%s", peer);
	return serve_proxy_source(&trusted, &way, source) ? source : "refused";
}

static const struct {
	const char *peer, *x[3], *standard[3], *source;
} ways[] = {
	/* Who is no proxy speaks for himself. */
	{ "192.0.2.1", { "198.51.100.1" }, { NULL }, "192.0.2.1" },
	{ "192.0.2.1", { "nonsense" }, { "\"" }, "192.0.2.1" },
	{ "-", { "198.51.100.1" }, { NULL }, "-" },
	/* A proxy for whom it heard. */
	{ PROXY, { "192.0.2.1" }, { NULL }, "192.0.2.1" },
	{ PROXY, { "2001:DB8::0:1" }, { NULL }, "2001:db8::1" },
	{ PROXY, { "::ffff:192.0.2.1" }, { NULL }, "192.0.2.1" },
	{ PROXY, { "192.0.2.1:4711" }, { NULL }, "192.0.2.1" },
	{ PROXY, { "[2001:db8::1]:4711" }, { NULL }, "2001:db8::1" },
	{ "2001:db8:1::7", { "192.0.2.1" }, { NULL }, "192.0.2.1" },
	{ PROXY, { NULL }, { "for=192.0.2.1" }, "192.0.2.1" },
	{ PROXY, { NULL }, { "by=10.0.0.1; For=192.0.2.1 ;proto=https" }, "192.0.2.1" },
	{ PROXY, { NULL }, { "for=\"[2001:db8::1]:4711\"" }, "2001:db8::1" },
	{ PROXY, { NULL }, { "for=\"192.0.2\\.1\";host=\"a,b;for=c\"" }, "192.0.2.1" },
	{ PROXY, { NULL }, { "for=192.0.2.1;x=\"a\\\"b\"" }, "192.0.2.1" },
	{ PROXY, { NULL }, { "x=\"a\\\", for=198.51.100.1\";for=192.0.2.1" }, "192.0.2.1" },
	/* Through several of them. */
	{ PROXY, { "192.0.2.1, 10.2.2.2,10.3.3.3" }, { NULL }, "192.0.2.1" },
	{ PROXY, { "192.0.2.1", "10.2.2.2" }, { NULL }, "192.0.2.1" },
	{ PROXY, { NULL }, { "for=192.0.2.1, for=10.2.2.2", "for=10.3.3.3" }, "192.0.2.1" },
	/* What the client made up stands before its address. */
	{ PROXY, { "198.51.100.1, 192.0.2.1" }, { NULL }, "192.0.2.1" },
	{ PROXY, { "10.9.9.9, 192.0.2.1" }, { NULL }, "192.0.2.1" },
	{ PROXY, { "nonsense, , 192.0.2.1" }, { NULL }, "192.0.2.1" },
	{ PROXY, { "198.51.100.1", "192.0.2.1, 10.2.2.2" }, { NULL }, "192.0.2.1" },
	{ PROXY, { NULL }, { "for=198.51.100.1, for=192.0.2.1" }, "192.0.2.1" },
	{ PROXY, { NULL }, { "host=\"for=198.51.100.1\"", "for=192.0.2.1" }, "192.0.2.1" },
	/* Where nobody says more it is the last who is known. */
	{ PROXY, { NULL }, { NULL }, PROXY },
	{ PROXY, { "" }, { NULL }, PROXY },
	{ PROXY, { "10.2.2.2" }, { NULL }, "10.2.2.2" },
	{ PROXY, { "192.0.2.1, unknown" }, { NULL }, PROXY },
	{ PROXY, { NULL }, { "for=192.0.2.1, for=_hidden" }, PROXY },
	{ PROXY, { NULL }, { "for=192.0.2.1, proto=https" }, PROXY },
	/* What nobody can read is refused, and so is what the client may have put beside it. */
	{ PROXY, { "192.0.2.1" }, { "for=198.51.100.1" }, "refused" },
	{ PROXY, { "nonsense" }, { NULL }, "refused" },
	{ PROXY, { "192.0.2.1, 192.0.2.300" }, { NULL }, "refused" },
	{ PROXY, { "192.0.2.1:" }, { NULL }, "refused" },
	{ PROXY, { "192.0.2.1:123456" }, { NULL }, "refused" },
	{ PROXY, { "[192.0.2.1]" }, { NULL }, "refused" },
	{ PROXY, { "[2001:db8::1" }, { NULL }, "refused" },
	{ PROXY, { "[2001:db8::1]x" }, { NULL }, "refused" },
	{ PROXY, { "fe80::1%eth0" }, { NULL }, "refused" },
	{ PROXY, { "192.0.2.1\x1b[m" }, { NULL }, "refused" },
	{ PROXY, { NULL }, { "for=\"192.0.2.1" }, "refused" },
	{ PROXY, { NULL }, { "for=\"x, for=192.0.2.1" }, "refused" },
	{ PROXY, { NULL }, { "for=\", for=\"[2001:db8::1]\"" }, "refused" },
	{ PROXY, { NULL }, { "for=\"\\", "for=192.0.2.1" }, "refused" },
	{ PROXY, { NULL }, { "for=192.0.2.1;for=198.51.100.1" }, "refused" },
	{ PROXY, { NULL }, { "for=" }, "refused" },
	{ PROXY, { NULL }, { "for=\"\"" }, "refused" },
};

START_TEST(the_last_who_is_no_trusted_proxy_asks)
{
	ck_assert_str_eq(source_of(ways[_i].peer, ways[_i].x, ways[_i].standard), ways[_i].source);
}
END_TEST

START_TEST(a_way_has_a_bound)
{
	static const char *const none[] = { NULL };
	const char *lines[SERVE_PROXY_LINES + 1] = { NULL };
	struct serve_way way = { .forwarded = { .n = 0 } };
	char source[INET6_ADDRSTRLEN] = PROXY, long_one[200];
	size_t i;

	for (i = 0; i < SERVE_PROXY_LINES; i++)
		lines[i] = FIVE;
	ck_assert_str_eq(source_of(PROXY, lines, none), "192.0.2.1");
	for (i = 0; i < SERVE_PROXY_LINES; i++)
		lines[i] = FIVE "," FIVE;
	ck_assert_str_eq(source_of(PROXY, lines, none), "refused");
	/* More lines than there is room for are counted alone. */
	way.x_forwarded_for.n = SERVE_PROXY_LINES + 1;
	ck_assert(!serve_proxy_source(&trusted, &way, source));
	memset(long_one, '1', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	ck_assert_str_eq(source_of(PROXY, (const char *const[]){ long_one, NULL }, none), "refused");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serve_proxy");
	TCase *tcase = tcase_create("proxy");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, the_last_who_is_no_trusted_proxy_asks, 0,
	                    sizeof ways / sizeof ways[0]);
	tcase_add_test(tcase, a_way_has_a_bound);
	suite_add_tcase(suite, tcase);
	return test_run(suite);
}
