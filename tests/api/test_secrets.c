/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Where secrets go when the whole module runs: over the TPM's bus, and into
 * the memory of the program. The bytes looked for are known, and stand veiled in
 * this program, so that it finds no copy of its own.
 */
#include <string.h>

#include "lib/memory.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/tpm.h"

#define PIN "a long and memorable PIN"

static struct test_tpm tpm;

/* A seed and a root, veiled. */
static const uint8_t veiled_seed[32] = {
	0x11, 0x7c, 0x93, 0x5e, 0xd8, 0x20, 0xb7, 0x6a, 0x4d, 0xf3, 0x09, 0xc1, 0x82, 0x3b, 0xee, 0x57,
	0x68, 0xa4, 0x1f, 0xdb, 0x70, 0x35, 0xc9, 0x8e, 0x02, 0xb6, 0x5b, 0xf1, 0x94, 0x2d, 0xea, 0x43,
};
static const uint8_t veiled_root[32] = {
	0xe4, 0x39, 0x8b, 0x16, 0x5f, 0xc2, 0x7d, 0xa0, 0x33, 0x98, 0xef, 0x44, 0x0b, 0xd6, 0x71, 0xbc,
	0x2a, 0x85, 0xfe, 0x13, 0x67, 0xc8, 0x9d, 0x50, 0xb1, 0x0c, 0x72, 0xed, 0x26, 0x9f, 0x4a, 0xd3,
};

/* The volatile keeps the compiler from doing this once and for all, into the program. */
static void unveil(const volatile uint8_t *veiled, uint8_t out[32])
{
	for (int i = 0; i < 32; i++)
		out[i] = veiled[i] ^ TEST_VEIL;
}

static void setup(void)
{
	p11_setup();
	test_tpm_start_wired(&tpm, NULL);
	p11_configure_tpm(tpm.tcti);
}

static void teardown(void)
{
	test_tpm_stop(&tpm);
	p11_teardown();
}

/* A PIN token with the known seed and the known root, each sealed on its own. */
static void make_token(void)
{
	struct p11_template seed = { .n = 0 }, root = { .n = 0 };
	unsigned char label[32];
	CK_OBJECT_HANDLE object;
	CK_SESSION_HANDLE s;
	uint8_t bytes[32];

	memset(label, ' ', sizeof label);
	memcpy(label, "secrets", 7);
	p11_ok(p11->C_Initialize(NULL));
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	s = p11_open(CKF_RW_SESSION);
	p11_login(s, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(p11->C_InitPIN(s, (CK_BYTE *)PIN, strlen(PIN)));
	p11_ok(p11->C_Logout(s));
	p11_login(s, CKU_USER, PIN, CKR_OK);

	unveil(veiled_seed, bytes);
	p11_ulong(&seed, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&seed, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&seed, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&seed, CKA_VALUE, bytes, sizeof bytes);
	p11_bool(&seed, CKA_TOKEN, true);
	p11_bool(&seed, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_CreateObject(s, seed.attr, seed.n, &object));

	unveil(veiled_root, bytes);
	p11_ulong(&root, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&root, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(&root, CKA_VALUE, bytes, sizeof bytes);
	p11_bool(&root, CKA_TOKEN, true);
	p11_bool(&root, CKA_SIGNET_SEALED, true);
	p11_ok(p11->C_CreateObject(s, root.attr, root.n, &object));
	explicit_bzero(bytes, sizeof bytes);
	p11_ok(p11->C_Finalize(NULL));
}

/* In a module started anew: log in, sign with the seed, encrypt with the root. */
static void use_token(void)
{
	uint8_t iv[12] = { 0 }, out[32], signature[64];
	CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
	CK_OBJECT_CLASS class[] = { CKO_PRIVATE_KEY, CKO_SECRET_KEY };
	CK_OBJECT_HANDLE key[2];
	CK_ULONG len = sizeof out;
	CK_SESSION_HANDLE s;

	p11_ok(p11->C_Initialize(NULL));
	s = p11_open(0);
	p11_login(s, CKU_USER, PIN, CKR_OK);
	for (int i = 0; i < 2; i++) {
		struct p11_template t = { .n = 0 };

		p11_ulong(&t, CKA_CLASS, class[i]);
		ck_assert_uint_eq(p11_find(s, &t, &key[i], 1), 1);
	}
	p11_ok(p11_sign(s, key[0], "a message", signature));
	p11_ok(p11->C_EncryptInit(s, &gcm, key[1]));
	p11_ok(p11->C_Encrypt(s, (CK_BYTE *)"sixteen bytes ab", 16, out, &len));
}

START_TEST(neither_seed_nor_root_nor_pin_crosses_the_bus)
{
	const uint8_t srk[] = { 0x81, 0x00, 0x00, 0x01 };
	uint8_t seed[32], root[32];

	make_token();
	use_token();
	p11_ok(p11->C_Finalize(NULL));
	unveil(veiled_seed, seed);
	unveil(veiled_root, root);
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(seed, sizeof seed)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(seed, 16)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(root, sizeof root)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes(root, 16)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes_str(PIN)));
	ck_assert(!test_tpm_seen(&tpm, sg_bytes_str(P11_SO_PIN)));
	/* What has to be there is found: the search works. */
	ck_assert(test_tpm_seen(&tpm, sg_bytes(srk, sizeof srk)));
}
END_TEST

START_TEST(no_copy_of_seed_or_root_is_left_in_memory)
{
	static uint8_t planted[32];

	make_token();
	use_token();
	p11_ok(p11->C_Finalize(NULL));
	ck_assert_uint_eq(test_memory_find(veiled_seed, sizeof veiled_seed), 0);
	ck_assert_uint_eq(test_memory_find(veiled_root, sizeof veiled_root), 0);
	unveil(veiled_root, planted);
	ck_assert_uint_eq(test_memory_find(veiled_root, sizeof veiled_root), 1);
}
END_TEST

START_TEST(no_copy_of_a_seed_lies_outside_guarded_memory_while_it_is_used)
{
	make_token();
	use_token();
	/* Guarded memory can be read here only where the kernel has no memfd_secret. */
	ck_assert_uint_le(test_memory_find(veiled_seed, sizeof veiled_seed), 1);
	ck_assert_uint_le(test_memory_find(veiled_root, sizeof veiled_root), 1);
	p11_ok(p11->C_Finalize(NULL));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("secrets");
	TCase *t = tcase_create("secrets");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 240);
	tcase_add_test(t, neither_seed_nor_root_nor_pin_crosses_the_bus);
	tcase_add_test(t, no_copy_of_seed_or_root_is_left_in_memory);
	tcase_add_test(t, no_copy_of_a_seed_lies_outside_guarded_memory_while_it_is_used);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
