/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Taking a key for HMAC into the token. It is in guarded memory on all of its way.
 */
#include "tools/import.h"

#include <string.h>
#include <unistd.h>

#include "crypto/hex.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/io.h"
#include "tools/object.h"

#define INPUT_MAX 1024
#define KEY_MIN 16
#define KEY_MAX 256

/* What is imported. */
struct plan {
	struct sg_secret *key;
	struct tool_guard guard;
};

/* See struct tool_maker. */
static CK_RV create(const struct tool *tool, struct sg_bytes label, struct sg_bytes id,
                    const void *arg, CK_OBJECT_HANDLE *key)
{
	const struct plan *plan = arg;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE template[11 + TOOL_GUARD_ATTRS] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_VALUE, plan->key->data, plan->key->len },
		{ CKA_SIGN, &tool_true, sizeof tool_true },
		{ CKA_VERIFY, &tool_true, sizeof tool_true },
		{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
		{ CKA_EXTRACTABLE, &tool_false, sizeof tool_false },
	};
	CK_ULONG n = 11;

	tool_guard_put(&plan->guard, false, template, &n);
	return C_CreateObject(tool->session, template, n, key);
}

/* View the digits: less the end of the line, and what stands before them in an API key. */
static struct sg_bytes digits_of(const struct sg_secret *input)
{
	static const char api[] = "bax-";
	struct sg_bytes text = sg_secret_bytes(input);
	const uint8_t *dash;

	while (text.len > 0 && memchr("\r\n", text.data[text.len - 1], 2) != NULL)
		text.len--;
	if (text.len < strlen(api) || memcmp(text.data, api, strlen(api)) != 0)
		return text;
	dash = memchr(text.data + strlen(api), '-', text.len - strlen(api));
	return dash != NULL ? sg_bytes(dash + 1, text.len - (size_t)(dash + 1 - text.data)) : text;
}

static enum tool_exit read_key(struct sg_secret **key)
{
	struct sg_secret *input = NULL;
	enum tool_exit code = TOOL_OK;
	enum sg_err err;

	tool_log_clear();
	err = sg_secret_read_fd(STDIN_FILENO, INPUT_MAX, &input);
	if (err == SG_OK)
		err = sg_secret_new(KEY_MAX, key);
	if (err == SG_OK && !sg_hex_read(digits_of(input), (*key)->data, KEY_MAX, &(*key)->len))
		err = SG_ERR_FORMAT;
	if (err == SG_ERR_FORMAT || err == SG_ERR_RANGE || (err == SG_OK && (*key)->len < KEY_MIN))
		code = tool_fail(TOOL_FAILED, "It is hexadecimal digits, or an API key bax-ID-DIGITS, "
		                 "in one line.", "can't import: what is on standard input is no key for "
		                 "HMAC of %d to %d bytes", KEY_MIN, KEY_MAX);
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't read the key");
	sg_secret_free(&input);
	return code;
}

enum tool_exit tool_import_hmac(struct tool *tool)
{
	static const struct tool_maker maker = {
		"taking the key", "Imported the key for HMAC", "can't import", NULL, create,
	};
	struct plan plan = { .key = NULL };
	enum tool_exit code;

	code = tool_check_stdin("signet import --type hmac --label NAME < key");
	if (code == TOOL_OK)
		code = tool_guard_read(tool, &plan.guard);
	if (code == TOOL_OK)
		code = read_key(&plan.key);
	if (code == TOOL_OK)
		code = tool_object_make(tool, &maker, &plan);
	sg_secret_free(&plan.key);
	tool_guard_clear(&plan.guard);
	return code;
}
