/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The module behind dlopen, and short ways to say what most tests say.
 */
#include "lib/p11.h"

#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/rv.h"
#include "core/token.h"
#include "crypto/crypto.h"
#include "lib/file.h"
#include "lib/scratch.h"
#include "lib/softhsm.h"

CK_FUNCTION_LIST *p11;
CK_FUNCTION_LIST_3_2 *p11_3_2;
char *p11_folder, *p11_conf, *p11_store;
char p11_sealer_lines[4096];

CK_MECHANISM p11_eddsa = { CKM_EDDSA, NULL, 0 };
CK_MECHANISM p11_pair_gen = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
CK_MECHANISM p11_aes_gen = { CKM_AES_KEY_GEN, NULL, 0 };
CK_MECHANISM p11_kw = { CKM_AES_KEY_WRAP, NULL, 0 };
CK_MECHANISM p11_kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
CK_MECHANISM p11_kw_pad = { CKM_AES_KEY_WRAP_PAD, NULL, 0 };
const uint8_t p11_ed25519_oid[5] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

void p11_check(CK_RV wanted, CK_RV got, const char *call, const char *file, int line)
{
	const char *wanted_name = sg_rv_name(wanted), *got_name = sg_rv_name(got);

	ck_assert_msg(wanted == got, "%s:%d: %s gives %s 0x%lx, not %s 0x%lx", file, line, call,
	              got_name != NULL ? got_name : "", got,
	              wanted_name != NULL ? wanted_name : "", wanted);
}

static void load(void)
{
	CK_RV (*get_list)(CK_FUNCTION_LIST **);
	CK_RV (*get_interface)(CK_UTF8CHAR *, CK_VERSION *, CK_INTERFACE **, CK_FLAGS);
	CK_INTERFACE *interface;
	const char *build = getenv("SIGNET_TEST_BUILDDIR");
	char path[4096];
	void *module;

	snprintf(path, sizeof path, "%s/.libs/signet.so", build != NULL ? build : ".");
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(module != NULL, "%s", dlerror());
	*(void **)&get_list = dlsym(module, "C_GetFunctionList");
	ck_assert_ptr_nonnull(get_list);
	ck_assert_uint_eq(get_list(&p11), CKR_OK);
	*(void **)&get_interface = dlsym(module, "C_GetInterface");
	ck_assert_ptr_nonnull(get_interface);
	ck_assert_uint_eq(get_interface(NULL, &(CK_VERSION){ 3, 2 }, &interface, 0), CKR_OK);
	p11_3_2 = interface->pFunctionList;
}

void p11_configure(const char *lines)
{
	char text[8192];

	snprintf(text, sizeof text, "state = %s/state\n%s\n", p11_folder, lines);
	test_file_write(p11_conf, sg_bytes_str(text));
}

void p11_configure_tpm(const char *tcti)
{
	char lines[256];

	snprintf(lines, sizeof lines, "tcti = %s", tcti);
	p11_configure(lines);
}

static void soft_lines(char *lines, size_t size)
{
	char *passphrase = scratch_path(p11_folder, "passphrase");

	test_file_write(passphrase, sg_bytes_str("a passphrase of the tests"));
	snprintf(lines, size, "sealer = soft\nallow-soft = yes\nsoft-passphrase-file = %s",
	         passphrase);
	free(passphrase);
}

void p11_configure_soft(const char *lines)
{
	char soft[4096], all[8000];

	soft_lines(soft, sizeof soft);
	snprintf(all, sizeof all, "%s\n%s", soft, lines);
	p11_configure(all);
}

struct test_softhsm p11_softhsm;

static bool over_hsm(void)
{
	const char *sealer = getenv("SIGNET_TEST_SEALER");

	return sealer != NULL && strcmp(sealer, "hsm") == 0;
}

static void hsm_lines(char *lines, size_t size)
{
	test_softhsm_start(&p11_softhsm);
	snprintf(lines, size, "sealer = hsm\nhsm = %s", p11_softhsm.uri);
}

void p11_setup(void)
{
	p11_folder = scratch_make();
	p11_conf = scratch_path(p11_folder, "signet.conf");
	p11_store = scratch_path(p11_folder, "state/slot-0000.db");
	/* The passphrase stands there in any case: a test may configure the soft sealer as well. */
	soft_lines(p11_sealer_lines, sizeof p11_sealer_lines);
	if (over_hsm())
		hsm_lines(p11_sealer_lines, sizeof p11_sealer_lines);
	p11_configure(p11_sealer_lines);
	ck_assert_int_eq(setenv("SIGNET_CONF", p11_conf, 1), 0);
	unsetenv("SIGNET_STATE");
	unsetenv("SIGNET_TCTI");
	load();
}

void p11_teardown(void)
{
	(void)p11->C_Finalize(NULL);
	test_softhsm_stop(&p11_softhsm);
	scratch_remove(&p11_folder);
	free(p11_conf);
	free(p11_store);
}

TCase *p11_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, p11_setup, p11_teardown);
	suite_add_tcase(suite, tc);
	return tc;
}

void p11_make(CK_SLOT_ID slot, const struct sg_token_plan *plan)
{
	struct sg_secret *pin = NULL, *so_pin = NULL;
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;
	struct sg_token_plan whole = *plan;

	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str(P11_PIN), &pin), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str(P11_SO_PIN), &so_pin), SG_OK);
	if (!whole.machine && whole.user_pin == NULL) {
		whole.user_pin = pin;
		whole.so_pin = so_pin;
	}
	if (whole.sealer == NULL)
		whole.sealer = config->sealer;
	ck_assert_int_eq(sg_token_new(config, slot, &token), SG_OK);
	ck_assert_int_eq(sg_token_create(token, &whole, NULL), SG_OK);
	sg_token_free(&token);
	sg_config_free(&config);
	sg_secret_free(&pin);
	sg_secret_free(&so_pin);
	sg_crypto_stop();
}

void p11_make_machine_in(CK_SLOT_ID slot)
{
	const struct sg_token_plan plan = { .label = sg_bytes_str("machine"), .machine = true };

	p11_make(slot, &plan);
}

void p11_make_machine(void)
{
	p11_make_machine_in(0);
}

void p11_start(void)
{
	p11_ok(p11->C_Initialize(NULL));
}

CK_SESSION_HANDLE p11_open(CK_FLAGS flags)
{
	CK_SESSION_HANDLE session = 0;

	p11_ok(p11->C_OpenSession(0, flags | CKF_SERIAL_SESSION, NULL, NULL, &session));
	return session;
}

CK_RV p11_look(CK_SESSION_HANDLE *session)
{
	CK_RV rv;

	(void)p11->C_Finalize(NULL);
	p11_start();
	rv = p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, session);
	if (rv == CKR_OK)
		rv = p11->C_FindObjectsInit(*session, NULL, 0);
	if (rv == CKR_OK)
		p11_ok(p11->C_FindObjectsFinal(*session));
	return rv;
}

CK_SESSION_HANDLE p11_machine(void)
{
	p11_make_machine();
	p11_start();
	return p11_open(CKF_RW_SESSION);
}

void p11_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin, CK_RV wanted)
{
	p11_is(wanted, p11->C_Login(session, user, (CK_BYTE *)pin, strlen(pin)));
}

void p11_make_pin_token(void)
{
	CK_BYTE label[33] = "pin token                       ";
	CK_SESSION_HANDLE session;

	p11_start();
	p11_ok(p11->C_InitToken(0, (CK_BYTE *)P11_SO_PIN, strlen(P11_SO_PIN), label));
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_SO, P11_SO_PIN, CKR_OK);
	p11_ok(p11->C_InitPIN(session, (CK_BYTE *)P11_PIN, strlen(P11_PIN)));
	p11_ok(p11->C_CloseSession(session));
}

CK_SESSION_HANDLE p11_user(void)
{
	CK_SESSION_HANDLE session;

	p11_make_pin_token();
	session = p11_open(CKF_RW_SESSION);
	p11_login(session, CKU_USER, P11_PIN, CKR_OK);
	return session;
}

static CK_ATTRIBUTE *add(struct p11_template *t, CK_ATTRIBUTE_TYPE type)
{
	ck_assert_uint_lt(t->n, 32);
	t->attr[t->n].type = type;
	return &t->attr[t->n++];
}

void p11_bool(struct p11_template *t, CK_ATTRIBUTE_TYPE type, bool value)
{
	CK_ATTRIBUTE *attr = add(t, type);
	CK_BBOOL *room = &t->bools[t->n - 1];

	*room = value ? CK_TRUE : CK_FALSE;
	attr->pValue = room;
	attr->ulValueLen = sizeof *room;
}

void p11_ulong(struct p11_template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	CK_ATTRIBUTE *attr = add(t, type);
	CK_ULONG *room = &t->numbers[t->n - 1];

	*room = value;
	attr->pValue = room;
	attr->ulValueLen = sizeof *room;
}

void p11_bytes(struct p11_template *t, CK_ATTRIBUTE_TYPE type, const void *data, size_t len)
{
	CK_ATTRIBUTE *attr = add(t, type);

	attr->pValue = (void *)(uintptr_t)data;
	attr->ulValueLen = len;
}

void p11_text(struct p11_template *t, CK_ATTRIBUTE_TYPE type, const char *text)
{
	p11_bytes(t, type, text, strlen(text));
}

static void add_label(struct p11_template *t, const char *label)
{
	p11_bool(t, CKA_TOKEN, label != NULL);
	if (label != NULL)
		p11_text(t, CKA_LABEL, label);
}

void p11_make_pair(CK_SESSION_HANDLE session, const char *label, CK_OBJECT_HANDLE *public_key,
                   CK_OBJECT_HANDLE *private_key)
{
	struct p11_template pub = { 0 }, priv = { 0 };

	p11_bytes(&pub, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	add_label(&pub, label);
	add_label(&priv, label);
	p11_ok(p11->C_GenerateKeyPair(session, &p11_pair_gen, pub.attr, pub.n, priv.attr, priv.n,
	                              public_key, private_key));
}

CK_OBJECT_HANDLE p11_make_aes(CK_SESSION_HANDLE session, const char *label)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE key = 0;

	p11_ulong(&t, CKA_VALUE_LEN, 32);
	p11_bool(&t, CKA_WRAP, true);
	p11_bool(&t, CKA_UNWRAP, true);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_DECRYPT, true);
	add_label(&t, label);
	p11_ok(p11->C_GenerateKey(session, &p11_aes_gen, t.attr, t.n, &key));
	return key;
}

CK_OBJECT_HANDLE p11_import_aes(CK_SESSION_HANDLE session, struct sg_bytes key)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE handle = 0;

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_AES);
	p11_bytes(&t, CKA_VALUE, key.data, key.len);
	p11_bool(&t, CKA_WRAP, true);
	p11_bool(&t, CKA_UNWRAP, true);
	p11_bool(&t, CKA_ENCRYPT, true);
	p11_bool(&t, CKA_DECRYPT, true);
	p11_bool(&t, CKA_EXTRACTABLE, true);
	p11_ok(p11->C_CreateObject(session, t.attr, t.n, &handle));
	return handle;
}

CK_OBJECT_HANDLE p11_import_seed(CK_SESSION_HANDLE session, const uint8_t seed[32])
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE handle = 0;

	p11_ulong(&t, CKA_CLASS, CKO_PRIVATE_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&t, CKA_VALUE, seed, 32);
	p11_ok(p11->C_CreateObject(session, t.attr, t.n, &handle));
	return handle;
}

CK_OBJECT_HANDLE p11_import_point(CK_SESSION_HANDLE session, struct sg_bytes point)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE handle = 0;

	p11_ulong(&t, CKA_CLASS, CKO_PUBLIC_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_EC_EDWARDS);
	p11_bytes(&t, CKA_EC_PARAMS, p11_ed25519_oid, sizeof p11_ed25519_oid);
	p11_bytes(&t, CKA_EC_POINT, point.data, point.len);
	p11_ok(p11->C_CreateObject(session, t.attr, t.n, &handle));
	return handle;
}

CK_ULONG p11_find(CK_SESSION_HANDLE session, struct p11_template *t, CK_OBJECT_HANDLE *handles,
                  CK_ULONG max)
{
	CK_OBJECT_HANDLE batch[3];      /* few, so that more than one call is needed */
	CK_ULONG n, total = 0;

	p11_ok(p11->C_FindObjectsInit(session, t != NULL ? t->attr : NULL, t != NULL ? t->n : 0));
	do {
		p11_ok(p11->C_FindObjects(session, batch, 3, &n));
		for (CK_ULONG i = 0; i < n; i++, total++)
			if (total < max)
				handles[total] = batch[i];
	} while (n > 0);
	p11_ok(p11->C_FindObjectsFinal(session));
	return total;
}

CK_ULONG p11_count(CK_SESSION_HANDLE session)
{
	return p11_find(session, NULL, NULL, 0);
}

CK_ULONG p11_count_keys(CK_SESSION_HANDLE session, const char *label)
{
	struct p11_template t = { .n = 0 };
	CK_OBJECT_HANDLE found[8];

	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	if (label != NULL)
		p11_text(&t, CKA_LABEL, label);
	return p11_find(session, &t, found, 8);
}

CK_OBJECT_HANDLE p11_find_label(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                                const char *label)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE handle = 0;

	p11_ulong(&t, CKA_CLASS, class);
	p11_text(&t, CKA_LABEL, label);
	ck_assert_uint_eq(p11_find(session, &t, &handle, 1), 1);
	return handle;
}

CK_RV p11_get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
              void *out, CK_ULONG *len)
{
	CK_ATTRIBUTE attr = { type, out, *len };
	CK_RV rv = p11->C_GetAttributeValue(session, object, &attr, 1);

	*len = attr.ulValueLen;
	return rv;
}

bool p11_get_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = 7;
	CK_ULONG len = sizeof value;

	p11_ok(p11_get(session, object, type, &value, &len));
	ck_assert_uint_eq(len, sizeof value);
	ck_assert(value == CK_TRUE || value == CK_FALSE);
	return value == CK_TRUE;
}

CK_ULONG p11_get_ulong(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = 0, len = sizeof value;

	p11_ok(p11_get(session, object, type, &value, &len));
	ck_assert_uint_eq(len, sizeof value);
	return value;
}

CK_RV p11_set(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
              const void *value, CK_ULONG len)
{
	CK_ATTRIBUTE attr = { type, (void *)(uintptr_t)value, len };

	return p11->C_SetAttributeValue(session, object, &attr, 1);
}

CK_RV p11_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *text,
               uint8_t signature[64])
{
	CK_ULONG len = 64;
	CK_RV rv = p11->C_SignInit(session, &p11_eddsa, key);

	return rv != CKR_OK ? rv : p11->C_Sign(session, (CK_BYTE *)text, strlen(text), signature,
	                                       &len);
}

CK_RV p11_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *text,
                 uint8_t signature[64])
{
	CK_RV rv = p11->C_VerifyInit(session, &p11_eddsa, key);

	return rv != CKR_OK ? rv : p11->C_Verify(session, (CK_BYTE *)text, strlen(text), signature,
	                                         64);
}

void p11_sql(const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open_v2(p11_store, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", sql,
	              sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

void p11_in_child(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		fn(arg);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}
