/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. tpm2-tss uses OpenSSL's default context, as the module of an HSM may, and that
 * reads the application's configuration, and that may load a provider that calls this very module, in the
 * middle of a call. Peers recurse there without end or wait for themselves.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/device.h"
#include "lib/p11.h"
#include "lib/runner.h"
#include "lib/scratch.h"

/* Have OpenSSL load the provider when its default context is first used. */
static void activate_provider(void)
{
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char text[1024], module[512], *path;
	int n;

	ck_assert_ptr_nonnull(build);
	n = snprintf(module, sizeof module, "%s/.libs/signet.so", build);
	ck_assert(n > 0 && (size_t)n < sizeof module);
	n = snprintf(text, sizeof text,
	             "openssl_conf = all\n[all]\nproviders = list\n[list]\ndefault = on\n"
	             "recursing = ours\n[on]\nactivate = 1\n[ours]\nactivate = 1\n"
	             "module = %s/.libs/recursing_provider.so\n", build);
	ck_assert(n > 0 && (size_t)n < sizeof text);
	path = scratch_write(p11_folder, "openssl.cnf", text, (size_t)n, 0600);
	ck_assert_int_eq(setenv("OPENSSL_CONF", path, 1), 0);
	ck_assert_int_eq(setenv("SIGNET_TEST_MODULE", module, 1), 0);
	free(path);
}

/* The part of a process that has not used OpenSSL yet: this program, run again. */
static int use_token(const char *module)
{
	CK_FUNCTION_LIST *list = NULL;
	void *handle = dlopen(module, RTLD_NOW);
	CK_C_GetFunctionList get;
	CK_SESSION_HANDLE session;

	if (handle == NULL)
		return EXIT_FAILURE;
	*(void **)&get = dlsym(handle, "C_GetFunctionList");
	if (get == NULL || get(&list) != CKR_OK || list->C_Initialize(NULL) != CKR_OK ||
	    list->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK ||
	    list->C_FindObjectsInit(session, NULL, 0) != CKR_OK ||
	    list->C_FindObjectsFinal(session) != CKR_OK || list->C_Finalize(NULL) != CKR_OK)
		return EXIT_FAILURE;
	/* The provider was loaded, and what it did from inside worked too. */
	return getenv("SIGNET_TEST_PROVIDER") != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *self;

START_TEST(a_provider_that_is_loaded_in_a_call_may_call_the_module)
{
	int status;
	pid_t pid;

	p11_make_machine();
	activate_provider();
	pid = fork();
	if (pid == 0) {
		alarm(50);
		execl(self, self, "use", (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("recursion");
	TCase *t = tcase_create("recursion");

	tcase_add_checked_fixture(t, test_device_setup_plain, test_device_teardown);
	tcase_add_test(t, a_provider_that_is_loaded_in_a_call_may_call_the_module);
	suite_add_tcase(s, t);
	return s;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return use_token(getenv("SIGNET_TEST_MODULE"));
	self = argv[0];
	return test_run(suite());
}
