/* SPDX-License-Identifier: Apache-2.0
 *
 * Interop tests. The clients. Every output is asked for twice, first for its size, and must be
 * just as long as it was said.
 */
#include "interop/vault_client.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG 16

/* The 48 bytes that miekg/pkcs11 sends. */
struct gcm_params {
	CK_BYTE *iv;
	CK_ULONG iv_len, iv_bits;
	CK_BYTE *aad;
	CK_ULONG aad_len, tag_bits;
};

const struct vault_kind *vault_kind(const char *name)
{
	static const struct vault_kind kinds[] = {
		{ .name = "classic", .prefix = "BAO_HSM_", .needs_pin = true },
		{ .name = "pooled", .prefix = "BAO_HSM_", .stays = true, .looks_apart = true },
		{ .name = "enterprise", .prefix = "VAULT_HSM_", .stays = true, .needs_pin = true,
		  .codes = true },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

bool vault_ok(CK_RV rv, const char *call)
{
	if (rv != CKR_OK)
		fprintf(stderr, "%s: 0x%lx\n", call, rv);
	return rv == CKR_OK;
}

bool vault_fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	return false;
}

/* The list of 2.40, and no other. */
static bool load(struct vault *v)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_RV (*get_list)(CK_FUNCTION_LIST **list);
	void *module = dlopen(v->config.lib, RTLD_LAZY);

	if (module == NULL)
		return vault_fail(dlerror());
	*(void **)&get_list = dlsym(module, "C_GetFunctionList");
	if (get_list == NULL)
		return vault_fail("there is no C_GetFunctionList");
	return vault_ok(get_list(&v->f), "C_GetFunctionList") &&
	       ((v->f->version.major == 2 && v->f->version.minor == 40) ||
	        vault_fail("the list is not one of 2.40")) &&
	       vault_ok(v->f->C_Initialize(&args), "C_Initialize");
}

/* Tell whether a label, which is padded with blanks, is that of the configuration; and whether the
 * token has sessions for a pool. */
static bool is_wanted(const struct vault *v, const CK_TOKEN_INFO *info)
{
	const size_t len = strlen(v->config.token_label);
	size_t end = sizeof info->label;

	while (end > 0 && info->label[end - 1] == ' ')
		end--;
	return end == len && memcmp(info->label, v->config.token_label, len) == 0 &&
	       (info->ulMaxSessionCount == CK_EFFECTIVELY_INFINITE || info->ulMaxRwSessionCount >= 2);
}

static bool find_token(struct vault *v)
{
	CK_SLOT_ID slots[64];
	CK_ULONG n = 0, room = 64;
	CK_TOKEN_INFO info;

	if (!vault_ok(v->f->C_GetSlotList(CK_TRUE, NULL, &n), "C_GetSlotList") ||
	    !vault_ok(v->f->C_GetSlotList(CK_TRUE, slots, &room), "C_GetSlotList"))
		return false;
	for (CK_ULONG i = 0; i < room; i++) {
		if (!vault_ok(v->f->C_GetTokenInfo(slots[i], &info), "C_GetTokenInfo"))
			return false;
		v->slot = slots[i];
		if (is_wanted(v, &info))
			return true;
	}
	return vault_fail("no token has that label");
}

static bool open_session(struct vault *v, CK_SESSION_HANDLE *session)
{
	return vault_ok(v->f->C_OpenSession(v->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                                    session), "C_OpenSession");
}

static bool log_in(struct vault *v, CK_SESSION_HANDLE session)
{
	return vault_ok(v->f->C_Login(session, CKU_USER, (CK_BYTE *)v->config.pin,
	                              strlen(v->config.pin)), "C_Login");
}

/* Look at the keys, or make them, before anybody needs them. */
static bool settle_keys(struct vault *v)
{
	CK_OBJECT_HANDLE key;

	return vault_find(v, v->kept, v->config.key_label, v->config.key_id, false, &key) &&
	       (v->mechanism == CKM_AES_GCM || vault_find_code_key(v, v->kept, false, &key));
}

bool vault_start(struct vault *v, const struct vault_kind *kind, const char *path)
{
	*v = (struct vault){ .kind = kind };
	if (!vault_config_read(path, kind->prefix, &v->config))
		return false;
	if (kind->needs_pin && v->config.pin[0] == '\0')
		return vault_fail("pin is required");
	v->mechanism = vault_mechanism(v->config.mechanism, CKM_AES_GCM);
	if (v->mechanism != CKM_AES_GCM && !(v->mechanism == CKM_AES_CBC_PAD && kind->codes))
		return vault_fail("unsupported mechanism");
	if (!load(v) || !find_token(v))
		return false;
	if (kind->stays && !(open_session(v, &v->kept) && log_in(v, v->kept)))
		return false;
	return !kind->codes || settle_keys(v);
}

bool vault_stop(struct vault *v)
{
	bool fine = true;

	if (v->kind->stays)
		fine = vault_ok(v->f->C_Logout(v->kept), "C_Logout") &&
		       vault_ok(v->f->C_CloseAllSessions(v->slot), "C_CloseAllSessions");
	return vault_ok(v->f->C_Finalize(NULL), "C_Finalize") && fine;
}

/* The classic client leaves the session of a login that failed open. */
bool vault_enter(struct vault *v, CK_SESSION_HANDLE *session)
{
	return open_session(v, session) && (v->kind->stays || log_in(v, *session));
}

bool vault_leave(struct vault *v, CK_SESSION_HANDLE session)
{
	bool fine = v->kind->stays || vault_ok(v->f->C_Logout(session), "C_Logout");

	return vault_ok(v->f->C_CloseSession(session), "C_CloseSession") && fine;
}

/* Enter, and find the key; the pooled client looks in a session that it then gives back. */
static bool enter_with_key(struct vault *v, const struct vault_blob *blob, bool decrypts,
                           CK_SESSION_HANDLE *s, CK_OBJECT_HANDLE *key)
{
	if (!vault_enter(v, s) || !vault_find(v, *s, blob->label, blob->id, decrypts, key))
		return false;
	return !v->kind->looks_apart || (vault_leave(v, *s) && vault_enter(v, s));
}

/* Make the code of IV and data, or check it. */
static bool make_code(struct vault *v, CK_SESSION_HANDLE s, struct vault_blob *blob, bool check)
{
	CK_MECHANISM mechanism = { vault_mechanism(v->config.hmac_mechanism, CKM_SHA256_HMAC), NULL, 0 };
	CK_BYTE all[16 + VAULT_DATA];
	CK_ULONG len = 0;
	CK_OBJECT_HANDLE key;

	memcpy(all, blob->iv, 16);
	memcpy(all + 16, blob->data, blob->len);
	if (!vault_find_code_key(v, s, check, &key))
		return false;
	if (check)
		return vault_ok(v->f->C_VerifyInit(s, &mechanism, key), "C_VerifyInit") &&
		       vault_ok(v->f->C_Verify(s, all, 16 + blob->len, blob->code, 32), "C_Verify");
	if (!vault_ok(v->f->C_SignInit(s, &mechanism, key), "C_SignInit") ||
	    !vault_ok(v->f->C_Sign(s, all, 16 + blob->len, NULL, &len), "C_Sign"))
		return false;
	return (len == 32 || vault_fail("a code is not 32 bytes")) &&
	       vault_ok(v->f->C_Sign(s, all, 16 + blob->len, blob->code, &len), "C_Sign");
}

/* The mechanism with its parameter, which is gone after the call that takes it. */
static CK_MECHANISM mechanism_of(const struct vault *v, struct vault_blob *blob,
                                 struct gcm_params *gcm)
{
	*gcm = (struct gcm_params){ blob->iv, 12, 96, NULL, 0, TAG * 8 };
	return v->mechanism == CKM_AES_GCM
	               ? (CK_MECHANISM){ CKM_AES_GCM, gcm, sizeof *gcm }
	               : (CK_MECHANISM){ CKM_AES_CBC_PAD, blob->iv, 16 };
}

static CK_ULONG sealed_len(const struct vault *v, CK_ULONG len)
{
	return v->mechanism == CKM_AES_GCM ? len + TAG : (len / 16 + 1) * 16;
}

static bool encrypt(struct vault *v, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, const CK_BYTE *in,
                    CK_ULONG len, struct vault_blob *out)
{
	struct gcm_params gcm;
	CK_MECHANISM mechanism = mechanism_of(v, out, &gcm);
	CK_BYTE *data = (CK_BYTE *)in;

	if (!vault_ok(v->f->C_GenerateRandom(s, out->iv, out->iv_len), "C_GenerateRandom") ||
	    !vault_ok(v->f->C_EncryptInit(s, &mechanism, key), "C_EncryptInit"))
		return false;
	memset(&gcm, 0xff, sizeof gcm);
	if (!vault_ok(v->f->C_Encrypt(s, data, len, NULL, &out->len), "C_Encrypt"))
		return false;
	/* 12 bytes more would be taken for an IV of the HSM's own. */
	if (out->len < sealed_len(v, len) || out->len > sizeof out->data)
		return vault_fail("the size that was asked for is wrong");
	return vault_ok(v->f->C_Encrypt(s, data, len, out->data, &out->len), "C_Encrypt") &&
	       (out->len == sealed_len(v, len) || vault_fail("the output has another size"));
}

bool vault_encrypt(struct vault *v, const CK_BYTE *in, CK_ULONG len, struct vault_blob *out)
{
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE s;

	*out = (struct vault_blob){ .iv_len = v->mechanism == CKM_AES_GCM ? 12 : 16 };
	memcpy(out->label, v->config.key_label, sizeof out->label);
	memcpy(out->id, v->config.key_id, sizeof out->id);
	return enter_with_key(v, out, false, &s, &key) && encrypt(v, s, key, in, len, out) &&
	       (v->mechanism == CKM_AES_GCM || make_code(v, s, out, false)) && vault_leave(v, s);
}

bool vault_decrypt(struct vault *v, const struct vault_blob *in, CK_BYTE *out, CK_ULONG *len)
{
	struct vault_blob blob = *in;
	struct gcm_params gcm;
	CK_MECHANISM mechanism = mechanism_of(v, &blob, &gcm);
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE s;

	if (!enter_with_key(v, &blob, true, &s, &key) ||
	    !(v->mechanism == CKM_AES_GCM || make_code(v, s, &blob, true)) ||
	    !vault_ok(v->f->C_DecryptInit(s, &mechanism, key), "C_DecryptInit") ||
	    !vault_ok(v->f->C_Decrypt(s, blob.data, blob.len, NULL, len), "C_Decrypt"))
		return false;
	if (*len > VAULT_DATA)
		return vault_fail("the size that was asked for is wrong");
	return vault_ok(v->f->C_Decrypt(s, blob.data, blob.len, out, len), "C_Decrypt") &&
	       vault_leave(v, s);
}
