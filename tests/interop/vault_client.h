/* SPDX-License-Identifier: Apache-2.0
 *
 * Interop tests. What the PKCS#11 seals of vaults call, in their order and with their arguments:
 * OpenBao's classic client, which logs in and out around every operation; its pooled one, which
 * stays logged in; and Vault Enterprise, as its documentation describes it. No code of theirs is
 * in here, and none of ours: the module is loaded with dlopen, and asked for a list of 2.40.
 */
#ifndef TESTS_INTEROP_VAULT_CLIENT_H
#define TESTS_INTEROP_VAULT_CLIENT_H

#include "core/pkcs11.h"
#include "interop/vault_config.h"

#define VAULT_DATA 4096

/* How a client goes about it. */
struct vault_kind {
	const char *name;
	const char *prefix;             /* of its variables */
	bool stays;                     /* logged in, by one session that it keeps */
	bool looks_apart;               /* for a key, in a session of that one's own */
	bool needs_pin;                 /* and does not start without */
	bool codes;                     /* knows of CBC with a code, and makes keys */
};

struct vault {
	const struct vault_kind *kind;
	struct vault_config config;
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE kept;         /* where it stays */
	CK_MECHANISM_TYPE mechanism;
};

/* What a vault stores: by which key, and what came of it. */
struct vault_blob {
	char label[VAULT_TEXT], id[VAULT_TEXT];
	CK_BYTE iv[16];
	CK_ULONG iv_len;
	CK_BYTE data[VAULT_DATA];
	CK_ULONG len;
	CK_BYTE code[32];               /* of CBC */
};

/* Find a kind by its name; NULL where there is none. */
const struct vault_kind *vault_kind(const char *name);

/* Load the module, find the token and log in as this kind does; and end. False: a line on standard
 * error says why, as with all that follow. */
bool vault_start(struct vault *v, const struct vault_kind *kind, const char *path);
bool vault_stop(struct vault *v);

/* Open a session in which an operation can be made, and give it back. Threads may do this at the
 * same time, and what follows. */
bool vault_enter(struct vault *v, CK_SESSION_HANDLE *session);
bool vault_leave(struct vault *v, CK_SESSION_HANDLE session);

/* Seal some bytes by the key of the configuration, or open what was sealed by the key that it
 * names, which may be another. out holds VAULT_DATA bytes. */
bool vault_encrypt(struct vault *v, const CK_BYTE *in, CK_ULONG len, struct vault_blob *out);
bool vault_decrypt(struct vault *v, const struct vault_blob *in, CK_BYTE *out, CK_ULONG *len);

/* Within these tests. */
bool vault_ok(CK_RV rv, const char *call);
bool vault_fail(const char *why);

/* Find the one key with a label, and an ID if there is one, that encrypts or decrypts, or makes codes
 * or checks them; make it where there is none and the configuration wants that. */
bool vault_find(struct vault *v, CK_SESSION_HANDLE s, const char *label, const char *id,
                bool decrypts, CK_OBJECT_HANDLE *key);
bool vault_find_code_key(struct vault *v, CK_SESSION_HANDLE s, bool checks, CK_OBJECT_HANDLE *key);

#endif
