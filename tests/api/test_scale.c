/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Very many keys at once: that there is room for them and that each is found.
 * What they cost in time is for the bench to say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/p11.h"
#include "lib/runner.h"

#define MANY 100000
#define LIMIT ((size_t)8 << 20)         /* RLIMIT_MEMLOCK of most systems */

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE root;
static uint8_t wrapped[40];

/* Read how much memory of this process is locked. */
static size_t locked(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];
	size_t kib = 0;

	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof line, status) != NULL)
		if (strncmp(line, "VmLck:", 6) == 0)
			kib = strtoul(line + 6, NULL, 10);
	fclose(status);
	return kib << 10;
}

static void begin(void)
{
	CK_ULONG len = sizeof wrapped;

	s = p11_machine();
	root = p11_import_aes(s, sg_bytes("0123456789abcdef0123456789abcdef", 32));
	p11_ok(p11->C_WrapKey(s, &p11_kwp, root, root, wrapped, &len));
	ck_assert_uint_eq(len, sizeof wrapped);
}

static CK_OBJECT_HANDLE unwrap(CK_SESSION_HANDLE session, CK_ULONG id)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(&t, CKA_ID, &id, sizeof id);
	p11_ok(p11->C_UnwrapKey(session, &p11_kwp, root, wrapped, sizeof wrapped, t.attr, t.n,
	                        &key));
	return key;
}

static void require_found(CK_ULONG id, CK_OBJECT_HANDLE key)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE found = 0;

	p11_bool(&t, CKA_TOKEN, false);
	p11_bytes(&t, CKA_ID, &id, sizeof id);
	ck_assert_uint_eq(p11_find(s, &t, &found, 1), key != 0);
	ck_assert_uint_eq(found, key);
}

START_TEST(a_hundred_thousand_keys_fit_in_what_may_be_locked)
{
	static CK_OBJECT_HANDLE keys[MANY];
	CK_SESSION_HANDLE other;
	size_t full;

	begin();
	other = p11_open(0);
	for (CK_ULONG i = 0; i < MANY; i++)
		keys[i] = unwrap(other, i);
	full = locked();
	ck_assert_uint_le(full, LIMIT);
	/* A sanitizer makes mlock(2) do nothing. */
	if (strcmp(getenv("SIGNET_TEST_SANITIZER") ?: "", "") == 0)
		ck_assert_uint_ge(full, (size_t)32 * MANY);
	for (CK_ULONG i = 0; i < MANY; i += 997)
		require_found(i, keys[i]);
	for (CK_ULONG i = 0; i < MANY; i += 2)
		p11_ok(p11->C_DestroyObject(other, keys[i]));
	ck_assert_uint_eq(p11_count(s), 1 + MANY / 2);
	require_found(1, keys[1]);
	require_found(2, 0);
	p11_ok(p11->C_CloseSession(other));
	ck_assert_uint_eq(p11_count(s), 1);
	require_found(1, 0);
	if (full > 0)
		ck_assert_uint_lt(locked(), full);
}
END_TEST

START_TEST(the_memory_of_keys_that_went_is_used_again)
{
	CK_OBJECT_HANDLE keys[64];
	size_t before;

	begin();
	for (int i = 0; i < 64; i++)
		keys[i] = unwrap(s, (CK_ULONG)i);
	before = locked();
	for (CK_ULONG i = 0; i < MANY / 5; i++) {
		size_t at = i * 31 % 64;

		p11_ok(p11->C_DestroyObject(s, keys[at]));
		keys[at] = unwrap(s, i);
	}
	ck_assert_uint_eq(locked(), before);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("scale");
	TCase *tc = p11_case(suite, "scale");

	tcase_add_test(tc, a_hundred_thousand_keys_fit_in_what_may_be_locked);
	tcase_add_test(tc, the_memory_of_keys_that_went_is_used_again);
	return suite;
}

int main(void)
{
	return test_run(suite());
}
