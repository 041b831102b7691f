/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Rewrapping one key.
 */
#include "tools/rewrap_key.h"

#include <string.h>

#include "tools/fail.h"
#include "tools/guard.h"

#define CHALLENGE 16
#define MAC 32

bool tool_rewrap_is_of_key(CK_RV rv)
{
	return rv == CKR_WRAPPED_KEY_INVALID || rv == CKR_WRAPPED_KEY_LEN_RANGE ||
	       rv == CKR_KEY_SIZE_RANGE;
}

/* Of whatever type it is, its bytes are those of a generic secret. */
CK_RV tool_rewrap_open(const struct tool *tool, CK_OBJECT_HANDLE with, struct sg_bytes wrapped,
                       CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &tool_false, sizeof tool_false },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
		{ CKA_EXTRACTABLE, &tool_true, sizeof tool_true },
		{ CKA_SIGN, &tool_true, sizeof tool_true },
	};
	CK_RV rv;

	tool_log_clear();
	rv = tool_key_open(tool, with);
	return rv != CKR_OK ? rv
	                    : C_UnwrapKey(tool->session, &mechanism, with,
	                                  (CK_BYTE *)wrapped.data, wrapped.len, template,
	                                  sizeof template / sizeof template[0], key);
}

/* Answer a challenge with a key: two keys of one length that answer alike are the same. HMAC
 * alone does not tell a key from the one with zeros behind it. */
static CK_RV answer(const struct tool *tool, CK_OBJECT_HANDLE key, CK_BYTE challenge[CHALLENGE],
                    CK_BYTE mac[MAC])
{
	CK_MECHANISM mechanism = { CKM_SHA256_HMAC, NULL, 0 };
	CK_ULONG len = MAC;
	CK_RV rv = C_SignInit(tool->session, &mechanism, key);

	return rv == CKR_OK ? C_Sign(tool->session, challenge, CHALLENGE, mac, &len) : rv;
}

static CK_RV measure(const struct tool *tool, CK_OBJECT_HANDLE key, CK_ULONG *len)
{
	CK_ATTRIBUTE attr = { CKA_VALUE_LEN, len, sizeof *len };

	return C_GetAttributeValue(tool->session, key, &attr, 1);
}

/* Unwrap what was wrapped, and compare it with what it was wrapped from. */
static CK_RV check(const struct tool *tool, CK_OBJECT_HANDLE with, struct sg_bytes wrapped,
                   CK_OBJECT_HANDLE key, bool *same)
{
	CK_BYTE challenge[CHALLENGE], before[MAC], after[MAC];
	CK_ULONG len_before = 0, len_after = 0;
	CK_OBJECT_HANDLE again = 0;
	CK_RV rv, destroyed;

	*same = false;
	rv = tool_rewrap_open(tool, with, wrapped, &again);
	if (rv != CKR_OK)
		return rv;
	rv = C_GenerateRandom(tool->session, challenge, sizeof challenge);
	if (rv == CKR_OK)
		rv = answer(tool, key, challenge, before);
	if (rv == CKR_OK)
		rv = answer(tool, again, challenge, after);
	if (rv == CKR_OK)
		rv = measure(tool, key, &len_before);
	if (rv == CKR_OK)
		rv = measure(tool, again, &len_after);
	*same = rv == CKR_OK && len_before == len_after && memcmp(before, after, MAC) == 0;
	destroyed = C_DestroyObject(tool->session, again);
	return rv == CKR_OK ? destroyed : rv;
}

static CK_RV wrap(const struct tool *tool, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key,
                  struct sg_buf *out)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ULONG len = 0;
	CK_RV rv;

	tool_log_clear();
	rv = tool_key_open(tool, with);
	if (rv == CKR_OK)
		rv = C_WrapKey(tool->session, &mechanism, with, key, NULL, &len);
	if (rv == CKR_OK && sg_buf_reserve(out, len) != SG_OK)
		rv = CKR_HOST_MEMORY;
	if (rv == CKR_OK)
		rv = C_WrapKey(tool->session, &mechanism, with, key, out->data, &len);
	if (rv == CKR_OK)
		out->len = len;
	return rv;
}

/* Find the version that opens it. */
static CK_RV open_any(const struct tool_rewrap_key *how, struct sg_bytes wrapped,
                      CK_OBJECT_HANDLE *key, size_t *version)
{
	CK_RV rv = CKR_WRAPPED_KEY_INVALID;

	for (*version = 0; *version < how->root->n; (*version)++) {
		rv = tool_rewrap_open(how->tool, how->root->version[*version].key, wrapped, key);
		if (rv != CKR_WRAPPED_KEY_INVALID)
			return rv;
	}
	return rv;
}

static enum tool_rewrapped stop(struct tool_rewrap_key *how, CK_RV rv, const char *what)
{
	how->code = tool_fail_rv(rv, "can't %s a key", what);
	return TOOL_REWRAP_STOPPED;
}

/* Wrap an open key, and check what came of it. */
static enum tool_rewrapped rewrap(struct tool_rewrap_key *how, CK_OBJECT_HANDLE key,
                                  struct sg_buf *out)
{
	CK_OBJECT_HANDLE newest = how->root->version[0].key;
	bool same;
	CK_RV rv = wrap(how->tool, newest, key, out);

	if (rv != CKR_OK)
		return stop(how, rv, "wrap");
	rv = check(how->tool, newest, sg_buf_bytes(out), key, &same);
	if (rv != CKR_OK)
		return stop(how, rv, "unwrap again");
	if (same)
		return TOOL_REWRAP_DONE;
	how->code = tool_fail(TOOL_FAILED, NULL, "a key that was wrapped and unwrapped again is "
	                      "another one: the token can't be trusted");
	return TOOL_REWRAP_STOPPED;
}

enum tool_rewrapped tool_rewrap_key(void *arg, struct sg_bytes wrapped, struct sg_buf *out,
                                    const char **why)
{
	struct tool_rewrap_key *how = arg;
	enum tool_rewrapped verdict = TOOL_REWRAP_KEPT;
	CK_OBJECT_HANDLE key = 0;
	const struct tool_exit_row *row;
	size_t version = 0;
	CK_RV rv = open_any(how, wrapped, &key, &version);

	if (tool_rewrap_is_of_key(rv)) {
		row = tool_exit_rv(rv);
		*why = rv == CKR_WRAPPED_KEY_INVALID ? "no version of the root opens it"
		       : row != NULL                 ? row->sentence
		                                     : "it is no wrapped key";
		return TOOL_REWRAP_UNOPENED;
	}
	if (rv != CKR_OK)
		return stop(how, rv, "unwrap");
	if (version > 0)
		verdict = rewrap(how, key, out);
	rv = C_DestroyObject(how->tool->session, key);
	if (rv != CKR_OK && verdict != TOOL_REWRAP_STOPPED)
		verdict = stop(how, rv, "close");
	return verdict;
}
