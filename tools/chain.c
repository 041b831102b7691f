/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Chains of wrapped keys.
 */
#include "tools/chain.h"

#include "tools/fail.h"
#include "tools/io.h"
#include "tools/object.h"

#define WRAPPED_MAX 4096
#define AES_256 32

CK_RV tool_unwrap(const struct tool *tool, CK_OBJECT_HANDLE with, struct sg_bytes wrapped,
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

	if (as->len > 0)
		template[n++] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &copy.len, sizeof copy.len };
	return C_UnwrapKey(tool->session, &mechanism, with, (CK_BYTE *)wrapped.data, wrapped.len,
	                   template, n, key);
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

/* Replace *key by the one that it has wrapped into the file. */
static enum tool_exit step(const struct tool *tool, const char *path, bool encrypts,
                           CK_OBJECT_HANDLE *key)
{
	const struct tool_unwrapped as = {
		.wrap = encrypts ? CK_FALSE : CK_TRUE,
		.encrypt = encrypts ? CK_TRUE : CK_FALSE,
		.len = encrypts ? AES_256 : 0,
	};
	struct sg_buf wrapped = { NULL, 0, 0 };
	enum tool_exit code = tool_wrapped_read(path, &wrapped);
	CK_RV rv;

	if (code == TOOL_OK) {
		tool_log_clear();
		rv = tool_unwrap(tool, *key, sg_buf_bytes(&wrapped), &as, key);
		if (rv == CKR_WRAPPED_KEY_LEN_RANGE && encrypts && is_wrapped_key(wrapped.len))
			code = tool_fail(TOOL_FAILED, NULL, "the key in %s is no AES-256 key, which files "
			                 "are encrypted with", path);
		else if (rv != CKR_OK)
			code = tool_fail_rv(rv, "can't unwrap the key in %s", path);
	}
	sg_buf_free(&wrapped);
	return code;
}

enum tool_exit tool_chain(struct tool *tool, enum tool_chain_use use, CK_OBJECT_HANDLE *key)
{
	enum tool_exit code = tool_find_one(tool, CKO_SECRET_KEY, tool->value[OPT_ROOT], key);

	for (size_t i = 0; i < tool->throughs && code == TOOL_OK; i++)
		code = step(tool, tool->through[i],
		            use == TOOL_CHAIN_ENCRYPT && i + 1 == tool->throughs, key);
	return code;
}
