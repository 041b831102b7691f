/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The provider beside others: OpenSSL's own, before it and after it, pkcs11-provider where
 * that is installed, itself with another PKCS#11 module, and in OpenSSL's default context, which
 * tpm2-tss uses below the module.
 */
#include <openssl/err.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/runner.h"
#include "lib/scratch.h"
#include "lib/softhsm.h"
#include "provider/world.h"

#define ID "pkcs11:object=id;type=private"
#define CHIP "pkcs11:object=chip;type=private"

/* The folder of the build, without links. */
static char *build(void)
{
	const char *folder = getenv("SIGNET_TEST_BUILDDIR");
	char *real = realpath(folder != NULL ? folder : ".", NULL);

	ck_assert_ptr_nonnull(real);
	return real;
}

/* Write a configuration with these providers, in this order, and the sections behind them. Each %s of
 * the sections is the folder of the build. The caller frees the path. */
static char *write_list(const char *providers, const char *sections)
{
	char *text = NULL, *folder = build(), *path;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	fprintf(f, "openssl_conf = all\n[all]\nproviders = list\n[list]\n%s", providers);
	fputs("[on]\nactivate = 1\n", f);
	for (const char *at = sections; *at != '\0'; at++) {
		if (*at == '%')
			fputs(folder, f);
		else
			fputc(*at, f);
	}
	ck_assert_int_eq(fclose(f), 0);
	path = scratch_write(p11_folder, "openssl.cnf", text, len, 0600);
	free(folder);
	free(text);
	return path;
}

static void activate_list(const char *providers, const char *sections)
{
	char *path = write_list(providers, sections);

	world_deactivate();
	world_lib = OSSL_LIB_CTX_new();
	ck_assert_ptr_nonnull(world_lib);
	ck_assert_int_eq(OSSL_LIB_CTX_load_config(world_lib, path), 1);
	free(path);
}

#define OURS \
	"[ours]\nactivate = 1\nmodule = %/src/provider/.libs/signet.so\n" \
	"pkcs11-module-path = %/.libs/signet.so\n"

static void require_both(void)
{
	EVP_PKEY *id = world_key(ID), *chip = world_key(CHIP);

	world_require_signs(id);
	world_require_signs(chip);
	EVP_PKEY_free(chip);
	EVP_PKEY_free(id);
}

static void require_software_keys(void)
{
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(world_lib, NULL, "ED25519");
	EVP_PKEY *ec = EVP_PKEY_Q_keygen(world_lib, NULL, "EC", "P-256");
	EVP_PKEY *other = EVP_PKEY_Q_keygen(world_lib, NULL, "EC", "P-384");

	ck_assert_ptr_nonnull(ed);
	ck_assert_ptr_nonnull(ec);
	ck_assert_ptr_nonnull(other);
	world_require_signs(ed);
	world_require_signs(ec);
	world_require_signs(other);
	EVP_PKEY_free(other);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(ed);
}

START_TEST(behind_the_default_provider_all_works_whatever_its_name)
{
	static const char *const orders[] = {
		"default = on\nsignet = ours\n", "default = on\na = ours\n",
	};

	world_make_machine();
	activate_list(orders[_i], OURS);
	require_both();
	require_software_keys();
	require_both();
}
END_TEST

START_TEST(before_the_default_provider_it_says_where_it_belongs)
{
	world_make_machine();
	activate_list("signet = ours\ndefault = on\n", OURS);
	require_both();
	ck_assert_ptr_null(EVP_PKEY_Q_keygen(world_lib, NULL, "ED25519"));
	world_require_reason("put the default provider before this one");
	ck_assert_ptr_null(EVP_PKEY_Q_keygen(world_lib, NULL, "EC", "P-256"));
	world_require_reason("put the default provider before this one");
	require_both();
}
END_TEST

/* Make a P-256 pair in SoftHSM, past signet. */
static void make_in_softhsm(struct test_softhsm *softhsm)
{
	static unsigned char p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	struct p11_template public = { .n = 0 }, private = { .n = 0 };
	CK_OBJECT_HANDLE pub, priv;
	struct test_hsm hsm;

	p11_bytes(&public, CKA_EC_PARAMS, p256, sizeof p256);
	p11_bool(&public, CKA_TOKEN, true);
	p11_bool(&public, CKA_VERIFY, true);
	p11_text(&public, CKA_LABEL, "there");
	p11_bool(&private, CKA_TOKEN, true);
	p11_bool(&private, CKA_PRIVATE, true);
	p11_bool(&private, CKA_SIGN, true);
	p11_text(&private, CKA_LABEL, "there");
	test_hsm_enter(&hsm, softhsm->module, TEST_HSM_LABEL);
	p11_ok(hsm.f->C_GenerateKeyPair(hsm.session, &gen, public.attr, public.n, private.attr,
	                                private.n, &pub, &priv));
	test_hsm_leave(&hsm);
}

static EVP_PKEY *load_from(const char *uri, const char *properties)
{
	OSSL_STORE_CTX *store;
	OSSL_STORE_INFO *info = NULL;
	EVP_PKEY *key = NULL;

	ERR_clear_error();
	store = OSSL_STORE_open_ex(uri, world_lib, properties, NULL, NULL, NULL, NULL, NULL);
	if (store != NULL)
		info = OSSL_STORE_load(store);
	if (info != NULL)
		key = OSSL_STORE_INFO_get1_PKEY(info);
	OSSL_STORE_INFO_free(info);
	OSSL_STORE_close(store);
	return key;
}

START_TEST(two_configurations_of_it_live_side_by_side)
{
	struct test_softhsm softhsm;
	char sections[4096];
	EVP_PKEY *id, *there;

	world_make_machine();
	test_softhsm_start(&softhsm);
	make_in_softhsm(&softhsm);
	snprintf(sections, sizeof sections, "%s[theirs]\nactivate = 1\n"
	         "module = %%/src/provider/.libs/signet.so\npkcs11-module-path = %s\n"
	         "pin-source = file:%s\n", OURS, softhsm.module, softhsm.pin_file);
	activate_list("default = on\nsignet = ours\nhsm = theirs\n", sections);
	id = load_from(ID, "provider=signet");
	ck_assert_ptr_nonnull(id);
	there = load_from("pkcs11:object=there;type=private", "provider=hsm");
	if (there == NULL)
		ERR_print_errors_fp(stderr);
	ck_assert_ptr_nonnull(there);
	world_require_signs(id);
	world_require_signs(there);
	world_require_signs(id);
	/* Each has its own tokens only. */
	ck_assert_ptr_null(load_from(ID, "provider=hsm"));
	world_require_reason("the token has nothing that fits");
	EVP_PKEY_free(there);
	EVP_PKEY_free(id);
	world_deactivate();
	test_softhsm_stop(&softhsm);
}
END_TEST

#ifdef PKCS11_PROVIDER
START_TEST(pkcs11_provider_over_our_module_lives_beside_it)
{
	static const char *const orders[] = {
		"default = on\nsignet = ours\npkcs11 = theirs\n",
		"default = on\npkcs11 = theirs\nsignet = ours\n",
	};
	unsigned char signature[64];
	size_t len = sizeof signature;
	EVP_PKEY *ours, *theirs;

	world_make_machine();
	activate_list(orders[_i], OURS "[theirs]\nactivate = 1\nmodule = " PKCS11_PROVIDER "\n"
	              "pkcs11-module-path = %/.libs/signet.so\n"
	              "pkcs11-module-load-behavior = early\n");
	ours = load_from(ID, "provider=signet");
	ck_assert_ptr_nonnull(ours);
	theirs = load_from(ID, "provider=pkcs11");
	ck_assert_ptr_nonnull(theirs);
	world_require_signs(ours);
	/* Its private keys don't verify. */
	ck_assert(world_sign(theirs, "a text", signature, &len));
	ck_assert(world_verify(ours, "a text", signature, len));
	ck_assert_int_eq(EVP_PKEY_eq(ours, theirs), 1);
	require_software_keys();
	EVP_PKEY_free(theirs);
	world_require_signs(ours);
	EVP_PKEY_free(ours);
}
END_TEST
#endif

static const char *self;

/* Run this program again, with a configuration for OpenSSL's default context. */
static void require_alone(const char *path)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		test_tpm_abandon(&world_tpm);
		setenv("OPENSSL_CONF", path, 1);
		alarm(60);
		execl(self, self, "alone", (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(in_the_default_context_nothing_goes_in_circles)
{
	char *path;

	world_make_machine();
	path = write_list("default = on\nsignet = ours\n", OURS);
	require_alone(path);
	free(path);
}
END_TEST

/* A key in the TPM: the module asks tpm2-tss, which uses the context that loaded the provider. */
static int alone(void)
{
	EVP_PKEY *key = load_from(CHIP, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char signature[128];
	size_t len = sizeof signature;

	if (key == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, (const unsigned char *)"x", 1) != 1) {
		ERR_print_errors_fp(stderr);
		return EXIT_FAILURE;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return EXIT_SUCCESS;
}

static Suite *suite(void)
{
	Suite *s = suite_create("beside");
	TCase *t = world_case(s, "beside");

	tcase_add_loop_test(t, behind_the_default_provider_all_works_whatever_its_name, 0, 2);
	tcase_add_test(t, before_the_default_provider_it_says_where_it_belongs);
	tcase_add_test(t, two_configurations_of_it_live_side_by_side);
#ifdef PKCS11_PROVIDER
	tcase_add_loop_test(t, pkcs11_provider_over_our_module_lives_beside_it, 0, 2);
#endif
	tcase_add_test(t, in_the_default_context_nothing_goes_in_circles);
	return s;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return alone();
	self = argv[0];
	return test_run(suite());
}
