/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Unseal shares in the token.
 */
#include "tools/unseal_share.h"

#include <stdio.h>
#include <string.h>

#include "client/rv.h"
#include "crypto/base64.h"
#include "crypto/hex.h"
#include "tools/fail.h"
#include "tools/object.h"
#include "tools/progress.h"
#include "tools/token.h"

/* CKA_APPLICATION of each. */
static const char application[] = "signet unseal share";

enum sg_err unseal_share_read(const struct sg_secret *text, struct sg_secret **share)
{
	struct sg_secret *out = NULL;
	enum sg_err err = sg_secret_new(UNSEAL_SHARE_MAX, &out);
	bool read;

	*share = NULL;
	if (err != SG_OK)
		return err;
	/* Vaults try digits first, too: what is both is short, and no share. */
	read = sg_hex_read(sg_secret_bytes(text), out->data, out->cap, &out->len) ||
	       sg_base64_read(sg_secret_bytes(text), out->data, out->cap, &out->len);
	if (!read || out->len < UNSEAL_SHARE_MIN) {
		sg_secret_free(&out);
		return SG_ERR_FORMAT;
	}
	*share = out;
	return SG_OK;
}

CK_RV unseal_share_keep(const struct tool *tool, const char *vault, const struct sg_secret *share)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_OBJECT_HANDLE object;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_SIGNET_SEALED, &tool_true, sizeof tool_true },
		{ CKA_MODIFIABLE, &tool_false, sizeof tool_false },
		{ CKA_COPYABLE, &tool_false, sizeof tool_false },
		{ CKA_APPLICATION, (void *)(uintptr_t)application, sizeof application - 1 },
		{ CKA_LABEL, (void *)(uintptr_t)vault, strlen(vault) },
		{ CKA_VALUE, share->data, share->len },
	};

	return C_CreateObject(tool->session, template, sizeof template / sizeof template[0],
	                      &object);
}

CK_RV unseal_shares_find(const struct tool *tool, const char *vault, CK_OBJECT_HANDLE *handles,
                         size_t max, size_t *n)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		/* Who does not know the PIN can make no private object. */
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_SIGNET_SEALED, &tool_true, sizeof tool_true },
		{ CKA_APPLICATION, (void *)(uintptr_t)application, sizeof application - 1 },
		{ CKA_LABEL, (void *)(uintptr_t)vault, vault != NULL ? strlen(vault) : 0 },
	};
	CK_ULONG got = 0;
	CK_RV rv, ended;

	*n = 0;
	rv = C_FindObjectsInit(tool->session, template,
	                       sizeof template / sizeof template[0] - (vault == NULL));
	if (rv != CKR_OK)
		return rv;
	rv = C_FindObjects(tool->session, handles, max, &got);
	ended = C_FindObjectsFinal(tool->session);
	*n = got;
	return rv == CKR_OK ? ended : rv;
}

/* Count a share of a vault; those beyond the last that there is room for are not counted. */
static void count(struct unseal_vaults *vaults, struct sg_bytes name)
{
	struct unseal_vault *vault = NULL;

	if (name.len == 0 || name.len >= UNSEAL_VAULT_NAME ||
	    memchr(name.data, 0, name.len) != NULL)
		return;
	for (size_t i = 0; i < vaults->n && vault == NULL; i++)
		if (sg_bytes_equal(sg_bytes_str(vaults->list[i].name), name))
			vault = &vaults->list[i];
	if (vault == NULL && vaults->n == UNSEAL_VAULTS_MAX)
		return;
	if (vault == NULL) {
		vault = &vaults->list[vaults->n++];
		snprintf(vault->name, sizeof vault->name, "%.*s", (int)name.len,
		         (const char *)name.data);
	}
	vault->shares++;
}

CK_RV unseal_vaults_read(const struct tool *tool, struct unseal_vaults *vaults)
{
	CK_OBJECT_HANDLE handles[UNSEAL_SHARES_MAX * UNSEAL_VAULTS_MAX];
	struct sg_buf label = { NULL, 0, 0 };
	size_t n;
	CK_RV rv;

	*vaults = (struct unseal_vaults){ .n = 0 };
	rv = unseal_shares_find(tool, NULL, handles, sizeof handles / sizeof handles[0], &n);
	for (size_t i = 0; i < n && rv == CKR_OK; i++) {
		rv = tool_attribute(tool, handles[i], CKA_LABEL, &label);
		if (rv == CKR_OK)
			count(vaults, sg_buf_bytes(&label));
	}
	sg_buf_free(&label);
	return rv;
}

CK_RV unseal_share_open(const struct tool *tool, CK_OBJECT_HANDLE handle, struct sg_secret **share)
{
	struct sg_secret *out = NULL;
	CK_ATTRIBUTE value = { CKA_VALUE, NULL, UNSEAL_SHARE_MAX };
	CK_RV rv = sg_rv(sg_secret_new(UNSEAL_SHARE_MAX, &out));

	*share = NULL;
	if (rv != CKR_OK)
		return rv;
	value.pValue = out->data;
	rv = C_GetAttributeValue(tool->session, handle, &value, 1);
	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && value.ulValueLen < UNSEAL_SHARE_MIN)) {
		sg_secret_free(&out);
		return CKR_OK;
	}
	if (rv != CKR_OK) {
		sg_secret_free(&out);
		return rv;
	}
	out->len = value.ulValueLen;
	*share = out;
	return CKR_OK;
}

/* Name the vault that is meant. */
static enum tool_exit choose(const struct tool *tool, const struct unseal_vaults *vaults,
                             char name[UNSEAL_VAULT_NAME])
{
	const char *wanted = tool->value[OPT_VAULT];

	if (vaults->n == 0)
		return tool_fail(TOOL_NOT_FOUND, "signet unseal add --vault NAME takes one in.",
		                 "token \"%.*s\" keeps no unseal shares",
		                 (int)TOOL_FIELD(tool->token.label).len, tool->token.label);
	if (wanted == NULL && vaults->n > 1)
		return tool_fail(TOOL_USAGE, "signet unseal list shows them.",
		                 "there are shares of %zu vaults: --vault NAME says which is meant",
		                 vaults->n);
	for (size_t i = 0; i < vaults->n; i++)
		if (wanted == NULL || strcmp(vaults->list[i].name, wanted) == 0) {
			snprintf(name, UNSEAL_VAULT_NAME, "%s", vaults->list[i].name);
			return TOOL_OK;
		}
	return tool_fail(TOOL_NOT_FOUND, "signet unseal list shows those that there are.",
	                 "there are no shares of a vault \"%s\"", wanted);
}

enum tool_exit unseal_shares_open(const struct tool *tool, struct unseal_shares *shares)
{
	CK_OBJECT_HANDLE handles[UNSEAL_SHARES_MAX];
	struct unseal_vaults vaults;
	enum tool_exit code;
	size_t n = 0;
	CK_RV rv;

	*shares = (struct unseal_shares){ .n = 0 };
	tool_log_clear();
	tool_progress_begin("waiting for the TPM");
	rv = unseal_vaults_read(tool, &vaults);
	tool_progress_end();
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't look for unseal shares");
	code = choose(tool, &vaults, shares->vault);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	tool_progress_begin("waiting for the TPM to open the shares");
	rv = unseal_shares_find(tool, shares->vault, handles, UNSEAL_SHARES_MAX, &n);
	for (size_t i = 0; i < n && rv == CKR_OK; i++) {
		rv = unseal_share_open(tool, handles[i], &shares->share[shares->n]);
		shares->n += shares->share[shares->n] != NULL;
	}
	tool_progress_end();
	if (rv != CKR_OK) {
		code = tool_fail_rv(rv, "can't open the unseal shares of \"%s\"", shares->vault);
		unseal_shares_free(shares);
	} else if (shares->n == 0) {
		code = tool_fail(TOOL_NOT_FOUND, "signet unseal remove, then signet unseal add.",
		                 "what is kept for \"%s\" is no share: none has the size of one",
		                 shares->vault);
	}
	return code;
}

void unseal_shares_free(struct unseal_shares *shares)
{
	for (size_t i = 0; i < UNSEAL_SHARES_MAX; i++)
		sg_secret_free(&shares->share[i]);
	shares->n = 0;
}
