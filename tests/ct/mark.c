/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time. The requests to valgrind, which are nothing where its header
 * was not there when this was built.
 */
#include "ct/mark.h"

#include <check.h>

#include "config.h"

#ifdef HAVE_VALGRIND_MEMCHECK_H
#include <valgrind/memcheck.h>

static bool watched(void)
{
	return RUNNING_ON_VALGRIND > 0;
}

static unsigned count(void)
{
	return (unsigned)VALGRIND_COUNT_ERRORS;
}

void ct_secret(const void *data, size_t len)
{
	if (len > 0)
		(void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

void ct_public(const void *data, size_t len)
{
	if (len > 0)
		(void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}
#else
static bool watched(void)
{
	return false;
}

static unsigned count(void)
{
	return 0;
}

void ct_secret(const void *data, size_t len)
{
	(void)data;
	(void)len;
}

void ct_public(const void *data, size_t len)
{
	(void)data;
	(void)len;
}
#endif

static unsigned before;

void ct_begin(void)
{
	ck_assert_msg(watched(), "memcheck does not watch: was valgrind/memcheck.h there when "
	              "this was configured? On Debian: apt-get install valgrind");
	before = count();
}

unsigned ct_findings(void)
{
	return count() - before;
}

void ct_end(void)
{
	ck_assert_msg(ct_findings() == 0, "a branch or an address depended on secrets, %u times",
	              ct_findings());
}
