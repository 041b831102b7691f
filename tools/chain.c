/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Chains of wrapped keys.
 */
#include "tools/chain.h"

#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/io.h"

#define WRAPPED_MAX 4096
#define AES_256 32

CK_OBJECT_HANDLE tool_chain_key(const struct tool_keys *keys, size_t i)
{
	if (keys->last != 0)
		return i == 0 ? keys->last : 0;
	return i < keys->root.n ? keys->root.version[i].key : 0;
}

bool tool_chain_not_mine(CK_RV rv)
{
	return rv == CKR_WRAPPED_KEY_INVALID || rv == CKR_ENCRYPTED_DATA_INVALID ||
	       rv == CKR_AEAD_DECRYPT_FAILED;
}

bool tool_chain_goes_on(CK_RV rv, CK_RV *closed)
{
	const bool stays = rv == CKR_SIGNET_POLICY || rv == CKR_FUNCTION_CANCELED;

	if (stays && *closed == CKR_OK)
		*closed = rv;
	return stays || tool_chain_not_mine(rv);
}

static CK_RV unwrap_with(const struct tool *tool, CK_OBJECT_HANDLE with, struct sg_bytes wrapped,
                         const struct tool_unwrapped *as, CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL token = as->label.len > 0 ? CK_TRUE : CK_FALSE;
	struct tool_unwrapped copy = *as;
	CK_ATTRIBUTE template[16] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &token, sizeof token },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
		{ CKA_EXTRACTABLE, &copy.extractable, sizeof copy.extractable },
		{ CKA_WRAP, &copy.wrap, sizeof copy.wrap },
		{ CKA_UNWRAP, &copy.wrap, sizeof copy.wrap },
		{ CKA_ENCRYPT, &copy.encrypt, sizeof copy.encrypt },
		{ CKA_DECRYPT, &copy.encrypt, sizeof copy.encrypt },
		{ CKA_LABEL, (void *)as->label.data, as->label.len },
		{ CKA_ID, (void *)as->id.data, as->id.len },
	};
	CK_ULONG n = 12;
	CK_RV rv = tool_key_open(tool, with);

	if (as->len > 0)
		template[n++] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &copy.len, sizeof copy.len };
	return rv != CKR_OK ? rv
	                    : C_UnwrapKey(tool->session, &mechanism, with,
	                                  (CK_BYTE *)wrapped.data, wrapped.len, template, n,
	                                  key);
}

CK_RV tool_unwrap(const struct tool *tool, const struct tool_keys *keys, struct sg_bytes wrapped,
                  const struct tool_unwrapped *as, CK_OBJECT_HANDLE *key)
{
	CK_RV rv = CKR_WRAPPED_KEY_INVALID, closed = CKR_OK;

	for (size_t i = 0; tool_chain_key(keys, i) != 0 && tool_chain_goes_on(rv, &closed); i++) {
		if (closed == CKR_OK)
			tool_log_clear();
		rv = unwrap_with(tool, tool_chain_key(keys, i), wrapped, as, key);
	}
	return tool_chain_goes_on(rv, &closed) && closed != CKR_OK ? closed : rv;
}

enum tool_exit tool_wrapped_read(const char *path, struct sg_buf *wrapped)
{
	enum tool_exit code = tool_read_file(path, WRAPPED_MAX, wrapped);
	enum sg_err err = code == TOOL_OK ? tool_unbase64(wrapped) : SG_OK;

	return err == SG_OK ? code : tool_fail_err(err, "can't read %s", path);
}

/* Tell whether a wrapped key can have this length [RFC 5649 §4.1]: a key of another kind then. */
static bool is_wrapped_key(size_t len)
{
	return len >= 16 && len % 8 == 0;
}

/* Replace the keys by the one that is wrapped in the file. */
static enum tool_exit step(const struct tool *tool, const char *path, bool encrypts,
                           struct tool_keys *keys)
{
	const struct tool_unwrapped as = {
		.wrap = encrypts ? CK_FALSE : CK_TRUE,
		.encrypt = encrypts ? CK_TRUE : CK_FALSE,
		.len = encrypts ? AES_256 : 0,
	};
	struct sg_buf wrapped = { NULL, 0, 0 };
	enum tool_exit code = tool_wrapped_read(path, &wrapped);
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv;

	if (code == TOOL_OK) {
		rv = tool_unwrap(tool, keys, sg_buf_bytes(&wrapped), &as, &key);
		if (rv == CKR_WRAPPED_KEY_LEN_RANGE && encrypts && is_wrapped_key(wrapped.len))
			code = tool_fail(TOOL_FAILED, NULL, "the key in %s is no AES-256 key, which files "
			                 "are encrypted with", path);
		else if (rv != CKR_OK)
			code = tool_fail_rv(rv, "can't unwrap the key in %s", path);
	}
	keys->last = key;
	sg_buf_free(&wrapped);
	return code;
}

enum tool_exit tool_chain(struct tool *tool, enum tool_chain_use use, struct tool_keys *keys)
{
	enum tool_exit code = tool_versions_find(tool, tool->value[OPT_ROOT], &keys->root);

	keys->last = 0;
	for (size_t i = 0; i < tool->throughs && code == TOOL_OK; i++)
		code = step(tool, tool->through[i],
		            use == TOOL_CHAIN_ENCRYPT && i + 1 == tool->throughs, keys);
	return code;
}

enum tool_exit tool_chain_maker(const struct tool *tool, const struct tool_keys *keys,
                                CK_OBJECT_HANDLE *key)
{
	*key = tool_chain_key(keys, 0);
	return tool->throughs == 0 ? tool_versions_newest(&keys->root) : TOOL_OK;
}
