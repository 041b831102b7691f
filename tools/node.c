/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Nodes: reading and believing them.
 */
#include "tools/node.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/certificate.h"
#include "seal/tpm/send.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/terminal.h"
#include "tools/text.h"

enum tool_exit tool_node_fingerprint(const struct sg_node *node, char out[TOOL_FINGERPRINT])
{
	uint8_t name[SG_NODE_NAME];
	enum sg_err err = sg_node_name(node, name);

	if (err != SG_OK)
		return tool_fail_err(err, "can't compute the fingerprint");
	sg_bytes_hex(sg_bytes(name + 2, sizeof name - 2), out);
	out[TOOL_FINGERPRINT - 1] = '\0';
	return TOOL_OK;
}

enum tool_exit tool_node_read(const char *path, struct sg_node *node)
{
	struct sg_buf text = { 0 };
	enum tool_exit code = tool_read_file(path, SG_NODE_TEXT_MAX, &text);
	enum sg_err err;

	tool_log_clear();
	err = code == TOOL_OK ? sg_node_read(sg_buf_bytes(&text), node) : SG_OK;
	if (err == SG_OK && code == TOOL_OK)
		err = sg_tpm_node_check(node);
	if (err == SG_ERR_FORMAT)
		code = tool_fail(TOOL_FAILED, "signet root node > node.pub, on the other machine, writes "
		                 "such a file.", "can't send to %s: %s", path, tool_log_lines(err));
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't read %s", path);
	sg_buf_free(&text);
	return code;
}

/* Try each certificate that the node has; the first that is good will do. */
static enum tool_exit endorse(const char *path, const struct sg_node *node,
                              struct sg_buf *endorsement)
{
	struct sg_buf authorities = { 0 };
	enum tool_exit code = tool_read_file(path, SG_CERTIFICATES_MAX, &authorities);
	enum sg_err err = SG_ERR_NOT_FOUND;

	tool_log_clear();
	for (int i = 0; i < SG_EKS && code == TOOL_OK && err != SG_OK; i++) {
		const struct sg_buf *certificate = &node->certificate[i];

		if (certificate->len == 0)
			continue;
		err = sg_certificate_verify(sg_buf_bytes(certificate), sg_buf_bytes(&authorities),
		                            SG_EKU_ENDORSEMENT);
		if (err == SG_OK)
			err = sg_certificate_key(sg_buf_bytes(certificate), endorsement);
	}
	if (code == TOOL_OK && err == SG_ERR_NOT_FOUND)
		code = tool_fail(TOOL_MISMATCH, "Compare the fingerprint on both machines, and give it "
		                 "with --trust instead.", "the TPM of the node has no certificate of "
		                 "its maker");
	else if (code == TOOL_OK && err != SG_OK)
		code = tool_fail(TOOL_MISMATCH, "The authorities of --ek-ca must be those of the maker of "
		                 "that TPM.", "can't believe the node: %s", tool_log_lines(SG_OK));
	sg_buf_free(&authorities);
	return code;
}

static enum tool_exit compare(const char *said, const char *fingerprint)
{
	if (strcasecmp(said, fingerprint) == 0)
		return TOOL_OK;
	return tool_fail(TOOL_MISMATCH, "signet root node shows it on the other machine: it must be "
	                 "that one, all of it.", "the node has the fingerprint %s, not the one that "
	                 "--trust says", fingerprint);
}

static enum tool_exit ask(const struct sg_node *node, const char *fingerprint)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	bool yes;

	if (!tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Compare the fingerprint with what signet root node shows "
		                 "there and give it with --trust.",
		                 "nothing says that the node with the fingerprint %s is the one that is "
		                 "meant", fingerprint);
	tool_text_add(&text, "The machine that calls itself \"");
	tool_text_name(&text, sg_buf_bytes(&node->host));
	tool_text_add(&text, "\" has the fingerprint\n  %s\nDoes signet root node show the very same "
	              "one there?%c", fingerprint, 0);
	yes = text.err == SG_OK && tool_terminal_yes((const char *)text.buf.data);
	sg_buf_free(&text.buf);
	return yes ? TOOL_OK : tool_fail(TOOL_FAILED, NULL, "nothing was sent");
}

enum tool_exit tool_node_trust(const struct tool *tool, const struct sg_node *node,
                               struct sg_buf *endorsement)
{
	char fingerprint[TOOL_FINGERPRINT];
	enum tool_exit code = tool_node_fingerprint(node, fingerprint);

	if (code == TOOL_OK && tool_given(tool, OPT_TRUST))
		code = compare(tool->value[OPT_TRUST], fingerprint);
	if (code == TOOL_OK && tool_given(tool, OPT_EK_CA))
		code = endorse(tool->value[OPT_EK_CA], node, endorsement);
	if (code == TOOL_OK && !tool_given(tool, OPT_TRUST))
		code = ask(node, fingerprint);
	return code;
}
