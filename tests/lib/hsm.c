/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Tokens behind a PKCS#11 module of somebody else, used past signet.
 */
#include "lib/hsm.h"

#include <dlfcn.h>
#include <glob.h>
#include <p11-kit/uri.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/p11.h"

#define MAX_SLOTS 64

char *test_hsm_find(const char *variable, const char *const *patterns, const char *package)
{
	const char *named = getenv(variable);
	char *path = named != NULL ? strdup(named) : NULL;
	glob_t found;

	for (; path == NULL && *patterns != NULL; patterns++) {
		if (glob(*patterns, 0, NULL, &found) == 0) {
			path = strdup(found.gl_pathv[0]);
			globfree(&found);
		}
	}
	ck_assert_msg(path != NULL, "on Debian: apt-get install %s; elsewhere: set %s", package,
	              variable);
	return path;
}

/* Labels fill their field with blanks. */
static void put_label(CK_UTF8CHAR field[32], const char *label)
{
	size_t len = strlen(label);

	ck_assert_uint_le(len, 32);
	memset(field, ' ', 32);
	memcpy(field, label, len);
}

char *test_hsm_uri(const char *module, const char *label, const char *pin_file)
{
	P11KitUri *uri = p11_kit_uri_new();
	char source[256], *text = NULL;

	ck_assert_ptr_nonnull(uri);
	ck_assert_int_lt(snprintf(source, sizeof source, "file:%s", pin_file), (int)sizeof source);
	put_label(p11_kit_uri_get_token_info(uri)->label, label);
	p11_kit_uri_set_module_path(uri, module);
	p11_kit_uri_set_pin_source(uri, source);
	ck_assert_int_eq(p11_kit_uri_format(uri, P11_KIT_URI_FOR_TOKEN | P11_KIT_URI_FOR_MODULE,
	                                    &text), P11_KIT_URI_OK);
	p11_kit_uri_free(uri);
	return text;
}

CK_FUNCTION_LIST *test_hsm_load(const char *module)
{
	CK_RV (*get_list)(CK_FUNCTION_LIST **);
	void *object = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	CK_FUNCTION_LIST *f = NULL;

	ck_assert_msg(object != NULL, "%s", dlerror());
	*(void **)&get_list = dlsym(object, "C_GetFunctionList");
	ck_assert_ptr_nonnull(get_list);
	p11_ok(get_list(&f));
	return f;
}

CK_SLOT_ID test_hsm_slot(CK_FUNCTION_LIST *f, const char *label)
{
	CK_SLOT_ID slots[MAX_SLOTS], slot = 0;
	CK_ULONG n = MAX_SLOTS, matches = 0;
	CK_UTF8CHAR wanted[32];
	CK_TOKEN_INFO info;

	put_label(wanted, label);
	p11_ok(f->C_GetSlotList(CK_TRUE, slots, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		p11_ok(f->C_GetTokenInfo(slots[i], &info));
		if (memcmp(info.label, wanted, sizeof wanted) == 0) {
			slot = slots[i];
			matches++;
		}
	}
	ck_assert_msg(matches == 1, "%lu tokens are called \"%s\"", matches, label);
	return slot;
}

void test_hsm_enter(struct test_hsm *hsm, const char *module, const char *label)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_RV rv;

	*hsm = (struct test_hsm){ .f = test_hsm_load(module) };
	rv = hsm->f->C_Initialize(&args);
	hsm->initialised = rv == CKR_OK;
	if (rv != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		p11_ok(rv);
	hsm->slot = test_hsm_slot(hsm->f, label);
	p11_ok(hsm->f->C_OpenSession(hsm->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                             &hsm->session));
	rv = hsm->f->C_Login(hsm->session, CKU_USER, (CK_BYTE *)TEST_HSM_PIN,
	                     strlen(TEST_HSM_PIN));
	if (rv != CKR_USER_ALREADY_LOGGED_IN)
		p11_ok(rv);
}

void test_hsm_leave(struct test_hsm *hsm)
{
	p11_ok(hsm->f->C_CloseSession(hsm->session));
	if (hsm->initialised)
		p11_ok(hsm->f->C_Finalize(NULL));
}

void test_hsm_in_child(const char *module, const char *label,
                       void (*fn)(struct test_hsm *hsm, void *arg), void *arg)
{
	struct test_hsm hsm;
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		test_hsm_enter(&hsm, module, label);
		fn(&hsm, arg);
		test_hsm_leave(&hsm);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

static bool is_kept(const struct test_hsm *hsm, CK_OBJECT_HANDLE object)
{
	char label[64];
	CK_ATTRIBUTE attr = { CKA_LABEL, label, sizeof label };

	p11_ok(hsm->f->C_GetAttributeValue(hsm->session, object, &attr, 1));
	return attr.ulValueLen == 39 && memcmp(label, "signet-", 7) == 0;
}

CK_ULONG test_hsm_kept(const struct test_hsm *hsm, CK_OBJECT_HANDLE *found, CK_ULONG max)
{
	CK_OBJECT_HANDLE all[64];
	CK_ULONG n, kept = 0;

	p11_ok(hsm->f->C_FindObjectsInit(hsm->session, NULL, 0));
	p11_ok(hsm->f->C_FindObjects(hsm->session, all, 64, &n));
	p11_ok(hsm->f->C_FindObjectsFinal(hsm->session));
	for (CK_ULONG i = 0; i < n; i++)
		if (is_kept(hsm, all[i]) && kept++ < max)
			found[kept - 1] = all[i];
	return kept;
}

static void count(struct test_hsm *hsm, void *arg)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE on_token = { CKA_TOKEN, &yes, sizeof yes };
	CK_OBJECT_HANDLE object;
	CK_ULONG n, *total = arg;

	p11_ok(hsm->f->C_FindObjectsInit(hsm->session, &on_token, 1));
	do {
		p11_ok(hsm->f->C_FindObjects(hsm->session, &object, 1, &n));
		*total += n;
	} while (n > 0);
	p11_ok(hsm->f->C_FindObjectsFinal(hsm->session));
}

CK_ULONG test_hsm_count(const char *module, const char *label)
{
	CK_ULONG *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CK_ULONG total;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	test_hsm_in_child(module, label, count, shared);
	total = *shared;
	munmap(shared, sizeof *shared);
	return total;
}
