/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root send: close a key for another machine's TPM, without that machine.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/leave.h"
#include "core/sent_key.h"
#include "seal/tpm/send.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/io.h"
#include "tools/node.h"
#include "tools/object.h"
#include "tools/policy.h"
#include "tools/root.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/versions.h"

/* What is sent, to whom, and who signs it. */
struct sending {
	struct sg_node node;
	struct sg_buf endorsement;      /* empty: none was verified */
	struct sg_policy policy;
	CK_OBJECT_HANDLE key, signer;   /* the latter 0: nobody */
	struct sg_buf signer_point;
	struct sg_sent_key content;
};

/* Read --pcr, in which all values must be given: those of this machine are of no use there. */
static enum tool_exit read_policy(const struct tool *tool, struct sg_policy *policy)
{
	struct sg_buf text = { 0 };
	enum tool_exit code = tool_policy_read(tool, &text);
	enum sg_err err = SG_OK;

	if (code == TOOL_OK)
		err = sg_policy_parse(sg_buf_bytes(&text), policy);
	if (err != SG_OK)
		code = tool_fail_err(err, "can't take the policy");
	else if (code == TOOL_OK && !sg_pcrs_known(&policy->pcrs))
		code = tool_fail(TOOL_USAGE, "For example --pcr sha256:7=VALUE, with what tpm2_pcrread "
		                 "or signet policy sign shows there.",
		                 "--pcr must say which values the PCRs of the other machine have");
	sg_buf_free(&text);
	return code;
}

/* Find the key that a name names among those that can be sent. */
static enum tool_exit find_key(struct tool *tool, const char *name, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	enum tool_exit code = tool_find(tool, CKO_SECRET_KEY, name, &handles, &count);

	free(handles);
	if (code != TOOL_OK)
		return code;
	code = tool_find_one(tool, count > 0 ? CKO_SECRET_KEY : CKO_PRIVATE_KEY, name, key);
	return code == TOOL_OK ? tool_version_check_maker(tool, *key, name) : code;
}

/* Who sends one version may think that he sent them all. */
static void note_versions(struct tool *tool, CK_OBJECT_HANDLE key)
{
	struct sg_buf root = { 0 };
	struct tool_versions versions = { .n = 0 };

	if (tool_version_of(tool, key, &root) != 0 &&
	    tool_versions_find(tool, tool->value[OPT_LABEL], &versions) == TOOL_OK &&
	    versions.n > 1)
		tool_note("this is one of the %zu versions of the root, and each is sent by its own "
		          "label", versions.n);
	tool_versions_free(&versions);
	sg_buf_free(&root);
}

/* Templates in a key say what comes of other keys: they would be lost, and with them a limit. */
static enum tool_exit check_templates(const struct tool *tool, CK_OBJECT_HANDLE key)
{
	static const CK_ATTRIBUTE_TYPE limits[] = {
		CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE,
	};

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		CK_ATTRIBUTE attr = { limits[i], NULL, 0 };

		if (C_GetAttributeValue(tool->session, key, &attr, 1) == CKR_OK &&
		    attr.ulValueLen > 0)
			return tool_fail(TOOL_FAILED, NULL, "can't send \"%s\": a key with templates for "
			                 "other keys stays where it is", tool->value[OPT_LABEL]);
	}
	return TOOL_OK;
}

/* Decide by which ways it may leave there: no more than here. */
static enum tool_exit choose_ways(const struct tool *tool, CK_OBJECT_HANDLE key, CK_ULONG *leave)
{
	CK_ATTRIBUTE attr = { CKA_SIGNET_LEAVE, leave, sizeof *leave };
	CK_ULONG own;
	CK_FLAGS wanted = 0;
	enum tool_exit code;

	if (C_GetAttributeValue(tool->session, key, &attr, 1) != CKR_OK)
		*leave = 0;
	own = *leave;
	if ((own & CKF_SIGNET_LEAVE_SEND) == 0)
		return tool_fail(TOOL_FAILED, "By which ways a key may leave is said when it is made: "
		                 "signet root create --leave recovery,send.",
		                 "can't send \"%s\": it may not leave by that way",
		                 tool->value[OPT_LABEL]);
	code = tool_root_leave(tool, own, &wanted);
	if (code == TOOL_OK && (wanted & ~own) != 0)
		code = tool_fail(TOOL_USAGE, NULL, "--leave is \"%s\", but here the key may leave by %s "
		                 "only", tool->value[OPT_LEAVE], tool_root_ways(own));
	*leave = wanted;
	return code;
}

static CK_RV copy_attribute(const struct tool *tool, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type,
                            struct sg_sent_key *content)
{
	struct sg_buf value = { 0 };
	CK_ATTRIBUTE attr = { type, NULL, 0 };
	CK_RV rv = tool_attribute(tool, key, type, &value);

	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		return CKR_OK;
	attr.pValue = value.data;
	attr.ulValueLen = value.len;
	if (rv == CKR_OK)
		rv = sg_sent_key_set(content, &attr);
	sg_buf_free(&value);
	return rv;
}

static enum sg_err name_host(struct sg_sent_key *content)
{
	char name[SG_SENT_HOST_MAX + 1] = { 0 };
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	if (gethostname(name, sizeof name - 1) == 0)
		tool_text_name(&text, sg_bytes_str(name));
	if (text.err == SG_OK && text.buf.len <= SG_SENT_HOST_MAX)
		text.err = sg_buf_set(&content->host, sg_buf_bytes(&text.buf));
	sg_buf_free(&text.buf);
	return text.err;
}

/* Take what the token says of the key, and at last its value. */
static enum tool_exit take(const struct tool *tool, struct sending *s)
{
	const CK_ATTRIBUTE_TYPE *types = sg_sent_key_types();
	struct sg_sent_key *content = &s->content;
	CK_ULONG leave = 0;
	CK_ATTRIBUTE ways = { CKA_SIGNET_LEAVE, &leave, sizeof leave };
	struct sg_bytes label;
	enum tool_exit code = check_templates(tool, s->key);
	CK_RV rv = CKR_OK;

	if (code == TOOL_OK)
		code = choose_ways(tool, s->key, &leave);
	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	content->made = (uint64_t)time(NULL);
	if (name_host(content) != SG_OK)
		rv = CKR_HOST_MEMORY;
	for (size_t i = 0; types[i] != CKA_VALUE && rv == CKR_OK; i++)
		rv = copy_attribute(tool, s->key, types[i], content);
	if (rv == CKR_OK && !sg_attrs_get(&content->attrs, CKA_LABEL, &label))
		return tool_fail(TOOL_FAILED, "A program that may change it gives it one, by CKA_LABEL.",
		                 "can't send \"%s\": it has no label, by which it is known there",
		                 tool->value[OPT_LABEL]);
	if (rv == CKR_OK)
		rv = sg_sent_key_set(content, &ways);
	if (rv == CKR_OK)
		rv = tool_key_open(tool, s->key);
	if (rv == CKR_OK)
		rv = sg_leave_take(tool->session, s->key, CKF_SIGNET_LEAVE_SEND, &content->value);
	return rv == CKR_OK ? TOOL_OK
	                    : tool_fail_rv(rv, "can't send \"%s\"", tool->value[OPT_LABEL]);
}

/* Find the Ed25519 key that signs. */
static enum tool_exit find_signer(struct tool *tool, struct sending *s)
{
	const char *name = tool->value[OPT_SIGN_WITH];
	enum tool_exit code;

	if (name == NULL)
		return TOOL_OK;
	code = tool_find_one(tool, CKO_PRIVATE_KEY, name, &s->signer);
	if (code == TOOL_OK)
		code = tool_public_key(tool, s->signer, &s->signer_point);
	if (code == TOOL_OK && s->signer_point.len != SG_PARCEL_SIGNER)
		code = tool_fail(TOOL_USAGE, NULL, "\"%s\" is no Ed25519 key", name);
	return code;
}

static CK_RV sign(const struct tool *tool, const struct sending *s, struct sg_parcel *parcel)
{
	CK_MECHANISM mechanism = { CKM_EDDSA, NULL, 0 };
	CK_ULONG len = sizeof parcel->signature;
	struct sg_buf message = { 0 };
	CK_RV rv = CKR_HOST_MEMORY;

	if (s->signer == 0)
		return CKR_OK;
	if (sg_parcel_signed(parcel, &message) == SG_OK)
		rv = C_SignInit(tool->session, &mechanism, s->signer);
	if (rv == CKR_OK)
		rv = C_Sign(tool->session, message.data, message.len, parcel->signature, &len);
	sg_buf_free(&message);
	return rv;
}

static enum tool_exit close_it(const struct tool *tool, const struct sending *s)
{
	const struct sg_sending how = {
		.node = &s->node,
		.endorsement = s->endorsement.len > 0 ? &s->endorsement : NULL,
		.policy = &s->policy,
		.signer = s->signer != 0 ? s->signer_point.data : NULL,
	};
	struct sg_parcel parcel = { .is_signed = false };
	struct sg_secret *plain = NULL;
	struct sg_buf text = { 0 };
	enum tool_exit code = TOOL_OK;
	CK_RV rv = CKR_OK;
	enum sg_err err;

	tool_log_clear();
	err = sg_sent_key_write(&s->content, &plain);
	if (err == SG_OK)
		err = sg_tpm_send(&how, plain, &parcel);
	if (err == SG_OK)
		rv = sign(tool, s, &parcel);
	if (err == SG_OK && rv == CKR_OK)
		err = sg_parcel_write(&parcel, &text);
	if (err != SG_OK)
		code = tool_fail_err(err, "can't send \"%s\"", tool->value[OPT_LABEL]);
	else if (rv != CKR_OK)
		code = tool_fail_rv(rv, "can't sign with \"%s\"", tool->value[OPT_SIGN_WITH]);
	else
		code = tool_write(sg_buf_bytes(&text));
	sg_parcel_clear(&parcel);
	sg_secret_free(&plain);
	sg_buf_free(&text);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct sending s = { .key = 0 };
	enum tool_exit code = tool_start();

	if (code == TOOL_OK)
		code = tool_node_read(tool->value[OPT_TO], &s.node);
	if (code == TOOL_OK)
		code = read_policy(tool, &s.policy);
	if (code == TOOL_OK)
		code = tool_node_trust(tool, &s.node, &s.endorsement);
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = find_key(tool, tool->value[OPT_LABEL], &s.key);
	if (code == TOOL_OK)
		code = find_signer(tool, &s);
	if (code == TOOL_OK)
		code = take(tool, &s);
	if (code == TOOL_OK)
		code = close_it(tool, &s);
	if (code == TOOL_OK)
		note_versions(tool, s.key);
	sg_node_clear(&s.node);
	sg_buf_free(&s.endorsement);
	sg_policy_clear(&s.policy);
	sg_buf_free(&s.signer_point);
	sg_sent_key_clear(&s.content);
	return code;
}

const struct tool_verb tool_verb_root_send = {
	.name = "root send",
	.summary = "close a root for the TPM of another machine",
	.usage = "--label NAME --to node.pub [--trust FINGERPRINT] [--ek-ca FILE]\n"
	         "                   [--pcr BANK:PCRS=VALUE] [--sign-with KEY] [--leave WAYS]\n"
	         "                   [--token LABEL] [--pin-file FILE] [--key-pin-file FILE] > root.sent",
	.text = "Only that TPM opens what is written, with signet root receive; this machine may be\n"
	        "off by then, and the other one is not asked now. The root, or another key, must have\n"
	        "been made with --leave send. It leaves there by the same ways, unless --leave says\n"
	        "by fewer. Each version of a root is sent by its own label.\n"
	        "The node is believed where --trust says its fingerprint, as signet root node shows it\n"
	        "there, or where somebody compares it on the terminal. With --ek-ca its TPM must have\n"
	        "a certificate of its maker, too, which proves a TPM, and not whose it is.",
	.example = "signet root send --label root --to node.pub --trust 5e1f... > root.sent",
	.run = run,
	.options = { OPT_LABEL, OPT_TO, OPT_EK_CA, OPT_TRUST, OPT_PCR, OPT_SIGN_WITH, OPT_LEAVE,
	             OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE },
	.required = { OPT_LABEL, OPT_TO },
};
