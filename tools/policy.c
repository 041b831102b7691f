/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Reads --pcr, --policy-key and --signatures.
 */
#include "tools/policy.h"

#include <string.h>

#include "crypto/spki.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/text.h"
#include "tools/token.h"

#define KEY_FILE_MAX 16384

bool tool_policy_given(const struct tool *tool)
{
	return tool_given(tool, OPT_PCR) || tool_given(tool, OPT_POLICY_KEY);
}

/* "sha256:7,11+sha384:0": a clause for each bank. */
static void add_pcrs(struct tool_text *text, const char *value)
{
	while (*value != '\0') {
		size_t len = strcspn(value, "+");

		tool_text_add(text, "pcr=%.*s;", (int)len, value);
		value += len;
		value += *value == '+';
	}
}

static enum tool_exit add_signer(struct tool_text *text, const char *path)
{
	struct sg_buf pem = { 0 }, der = { 0 };
	enum tool_exit code = tool_read_file(path, KEY_FILE_MAX, &pem);
	enum sg_err err = SG_OK;

	if (code == TOOL_OK)
		err = sg_spki_from_pem(sg_buf_bytes(&pem), &der);
	if (err == SG_ERR_FORMAT)
		code = tool_fail(TOOL_USAGE, "openssl pkey -pubout writes it.",
		                 "%s holds no public key of P-256 or RSA (2048, 3072 or 4096 bits) in "
		                 "PEM", path);
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't read %s", path);
	if (code == TOOL_OK) {
		tool_text_add(text, "signer=");
		tool_text_hex(text, sg_buf_bytes(&der));
	}
	sg_buf_free(&pem);
	sg_buf_free(&der);
	return code;
}

enum tool_exit tool_policy_read(const struct tool *tool, struct sg_buf *out)
{
	const char *pcrs = tool->value[OPT_PCR], *key = tool->value[OPT_POLICY_KEY];
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	struct sg_policy policy = { 0 };
	enum tool_exit code = TOOL_OK;
	enum sg_err err;

	if (pcrs != NULL && strcmp(pcrs, "none") != 0)
		add_pcrs(&text, pcrs);
	if (key != NULL)
		code = add_signer(&text, key);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	err = text.err;
	if (err == SG_OK && text.buf.len == 0 && pcrs != NULL && strcmp(pcrs, "none") != 0)
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_policy_parse(sg_buf_bytes(&text.buf), &policy);
	if (err == SG_OK)
		err = sg_policy_text(&policy, true, out);
	if (err == SG_ERR_FORMAT)
		code = tool_fail(TOOL_USAGE, "For example --pcr sha256:7,11, or sha256:7=VALUE+sha384:0 for "
		                 "given values and several banks.",
		                 "--pcr %s can't be understood: %s", pcrs, tool_log_lines(err));
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't take the policy");
out:
	sg_policy_clear(&policy);
	sg_buf_free(&text.buf);
	return code;
}

enum tool_exit tool_policy_signatures(const struct tool *tool, struct sg_buf *json,
                                      struct sg_policy_signatures *signatures)
{
	const char *path = tool->value[OPT_SIGNATURES];
	enum tool_exit code = tool_read_file(path, SG_POLICY_FILE_MAX, json);
	enum sg_err err;

	if (code == TOOL_OK)            /* digests are computed */
		code = tool_start();
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = sg_policy_signatures_add(signatures, sg_buf_bytes(json));
	if (err != SG_OK)
		return tool_fail_err(err, "can't take the signatures of %s", path);
	if (signatures->doubted > 0)
		return tool_fail(TOOL_FAILED, "Have it signed again, or take out its \"values\": the "
		                 "signature counts without them.", "can't take the signatures of %s: "
		                 "%s", path, tool_log_lines(SG_OK));
	return TOOL_OK;
}
