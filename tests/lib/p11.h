/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The built module, loaded as an application loads it, on a state folder of
 * the test's own. The soft sealer stands in for a TPM unless a test says otherwise.
 * What a test calls goes through C_GetFunctionList or C_GetInterface; only tokens without a PIN, which
 * no C_ function makes, are made by the core that the test program is linked with.
 */
#ifndef TESTS_LIB_P11_H
#define TESTS_LIB_P11_H

#include <check.h>

#include "core/pkcs11.h"
#include "lib/softhsm.h"
#include "util/bytes.h"

#define P11_PIN "correct horse"
#define P11_SO_PIN "battery staple"

/* The function lists of 2.40 and of 3.2, and the folders and files of the fixture. */
extern CK_FUNCTION_LIST *p11;
extern CK_FUNCTION_LIST_3_2 *p11_3_2;
extern char *p11_folder, *p11_conf, *p11_store;

/* Load the module and make an empty state folder; and undo it. Nothing is initialised. */
void p11_setup(void);
void p11_teardown(void);

/* Make a test case with this fixture. */
TCase *p11_case(Suite *suite, const char *name);

/* Write the configuration: the lines, and the state folder. */
void p11_configure(const char *lines);

/* The lines of the sealer that p11_setup chose, for who writes more of them: the soft one, or an
 * HSM where SIGNET_TEST_SEALER is "hsm". */
extern char p11_sealer_lines[4096];

/* That HSM, between p11_setup and p11_teardown; else all zero. */
extern struct test_softhsm p11_softhsm;

/* Write the configuration with the soft sealer and these lines, for tests that are about it, or
 * about what an HSM has no part in. */
void p11_configure_soft(const char *lines);

/* Point the configuration at a TPM. */
void p11_configure_tpm(const char *tcti);

/* Require a return value, and name both in the message. */
#define p11_is(wanted, call) p11_check((wanted), (call), #call, __FILE__, __LINE__)
#define p11_ok(call) p11_is(CKR_OK, call)
void p11_check(CK_RV wanted, CK_RV got, const char *call, const char *file, int line);

/* Make a token as an operator does, without the module. One that is no machine's gets P11_PIN
 * and P11_SO_PIN where the plan names none. */
struct sg_token_plan;
void p11_make(CK_SLOT_ID slot, const struct sg_token_plan *plan);

/* Make a machine token in a slot. */
void p11_make_machine_in(CK_SLOT_ID slot);

/* Make a machine token in slot 0; call C_Initialize; open a session there. */
void p11_make_machine(void);
void p11_start(void);
CK_SESSION_HANDLE p11_open(CK_FLAGS flags);

/* Begin anew, and look at the token in slot 0; return what stands in the way of its objects. */
CK_RV p11_look(CK_SESSION_HANDLE *session);

/* All of it: a machine token and a read-write session. */
CK_SESSION_HANDLE p11_machine(void);

/* Initialise the module and make a PIN token with P11_PIN and P11_SO_PIN in slot 0,
 * without a session. */
void p11_make_pin_token(void);

/* A read-write session of such a token, the user logged in. */
CK_SESSION_HANDLE p11_user(void);

void p11_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin, CK_RV wanted);

/* A template under construction; it holds what its attributes point to, so it is not copied. */
struct p11_template {
	CK_ATTRIBUTE attr[32];
	CK_ULONG n;
	CK_ULONG numbers[32];
	CK_BBOOL bools[32];
};

void p11_bool(struct p11_template *t, CK_ATTRIBUTE_TYPE type, bool value);
void p11_ulong(struct p11_template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
void p11_bytes(struct p11_template *t, CK_ATTRIBUTE_TYPE type, const void *data, size_t len);
void p11_text(struct p11_template *t, CK_ATTRIBUTE_TYPE type, const char *text);

/* Make keys. Unless said otherwise they are session objects; a label makes a token object. */
void p11_make_pair(CK_SESSION_HANDLE session, const char *label, CK_OBJECT_HANDLE *public_key,
                   CK_OBJECT_HANDLE *private_key);
CK_OBJECT_HANDLE p11_make_aes(CK_SESSION_HANDLE session, const char *label);

/* Import an AES key that may do everything and be extracted. */
CK_OBJECT_HANDLE p11_import_aes(CK_SESSION_HANDLE session, struct sg_bytes key);

/* Import the private key of a seed, or the public key of a point. */
CK_OBJECT_HANDLE p11_import_seed(CK_SESSION_HANDLE session, const uint8_t seed[32]);
CK_OBJECT_HANDLE p11_import_point(CK_SESSION_HANDLE session, struct sg_bytes point);

/* Find all that match, of which handles gets at most max; count all there are; or find
 * the only one with that class and label. */
CK_ULONG p11_find(CK_SESSION_HANDLE session, struct p11_template *t, CK_OBJECT_HANDLE *handles,
                  CK_ULONG max);
CK_ULONG p11_count(CK_SESSION_HANDLE session);
/* Count the secret keys of that label, or all where it is NULL; eight at most. */
CK_ULONG p11_count_keys(CK_SESSION_HANDLE session, const char *label);
CK_OBJECT_HANDLE p11_find_label(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                                const char *label);

/* Read one attribute into out, which holds *len. */
CK_RV p11_get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
              void *out, CK_ULONG *len);
bool p11_get_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
CK_ULONG p11_get_ulong(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
CK_RV p11_set(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
              const void *value, CK_ULONG len);

/* Sign and verify a text. */
CK_RV p11_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *text,
               uint8_t signature[64]);
CK_RV p11_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *text,
                 uint8_t signature[64]);

/* Run statements on the store of slot 0 behind everybody's back. */
void p11_sql(const char *sql);

/* Run fn(arg) in a child that must end with exit status 0. */
void p11_in_child(void (*fn)(void *), void *arg);

extern CK_MECHANISM p11_eddsa, p11_pair_gen, p11_aes_gen, p11_kw, p11_kwp, p11_kw_pad;
extern const uint8_t p11_ed25519_oid[5];

#endif
