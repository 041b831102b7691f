/* SPDX-License-Identifier: Apache-2.0
 *
 * signet policy sign: sign PCR values with a key of a token, in the form that systemd-measure
 * writes, and with the values beside it, so that tokens whose policy names the key open with these
 * values, and can say in what others differ.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/p256.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/json.h"
#include "tools/kind.h"
#include "tools/object.h"
#include "tools/policy.h"
#include "tools/text.h"
#include "tools/token.h"

/* Read --pcr: PCRs of one bank, all with values. */
static enum tool_exit read_pcrs(const struct tool *tool, struct sg_policy *policy, size_t *bank)
{
	struct sg_buf text = { 0 };
	size_t banks = 0;
	enum tool_exit code = tool_policy_read(tool, &text);
	enum sg_err err = SG_OK;

	if (code == TOOL_OK)
		err = sg_policy_parse(sg_buf_bytes(&text), policy);
	if (err != SG_OK)
		code = tool_fail_err(err, "can't take the PCRs");
	for (size_t i = 0; i < SG_PCR_BANKS && code == TOOL_OK; i++) {
		if (policy->pcrs.bank[i].selected == 0)
			continue;
		*bank = i;
		banks++;
	}
	if (code == TOOL_OK && banks != 1)
		code = tool_fail(TOOL_USAGE, "Sign each bank by itself, into one file with "
		                 "--signatures.",
		                 "a signature is over PCRs of one bank");
	if (code == TOOL_OK && !sg_pcrs_known(&policy->pcrs))
		code = tool_fail(TOOL_USAGE, "tpm2_pcrread shows those of a machine; give them as in "
		                 "--pcr sha256:7=VALUE.",
		                 "the values that are signed must be given");
	sg_buf_free(&text);
	return code;
}

/* Find the key, which a TPM must be able to verify with, and the print of its public half. */
static enum tool_exit find_key(struct tool *tool, CK_OBJECT_HANDLE *key,
                               const struct tool_kind **kind, uint8_t print[SG_POLICY_DIGEST])
{
	struct sg_buf info = { 0 };
	enum tool_exit code = tool_find_one(tool, CKO_PRIVATE_KEY, tool->value[OPT_LABEL], key);
	enum sg_err err;
	CK_RV rv;

	if (code == TOOL_OK)
		code = tool_kind_of(tool, *key, kind);
	if (code == TOOL_OK && !(*kind)->der)
		code = tool_fail(TOOL_USAGE, "signet keygen --type p256 makes one that can.",
		                 "a TPM can't verify what \"%s\" signs", tool->value[OPT_LABEL]);
	if (code != TOOL_OK)
		return code;
	rv = tool_attribute(tool, *key, CKA_PUBLIC_KEY_INFO, &info);
	if (rv != CKR_OK)
		code = tool_fail_rv(rv, "can't read the public half of \"%s\"",
		                    tool->value[OPT_LABEL]);
	err = code == TOOL_OK ? sg_policy_signer_print(sg_buf_bytes(&info), print) : SG_OK;
	if (err != SG_OK)
		code = tool_fail_err(err, "can't name the signer");
	sg_buf_free(&info);
	return code;
}

/* Read the file of --signatures, or begin with nothing. */
static enum tool_exit read_others(const struct tool *tool, json_t **root)
{
	struct sg_policy_signatures others = { 0 };
	struct sg_buf text = { 0 };
	enum tool_exit code = TOOL_OK;

	if (tool->value[OPT_SIGNATURES] == NULL) {
		*root = json_object();
		return TOOL_OK;
	}
	code = tool_policy_signatures(tool, &text, &others);
	if (code == TOOL_OK) {
		*root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES,
		                   NULL);
		if (*root == NULL)
			code = tool_fail_err(SG_ERR_NOMEM, "can't read %s",
			                     tool->value[OPT_SIGNATURES]);
	}
	sg_policy_signatures_clear(&others);
	sg_buf_free(&text);
	return code;
}

static json_t *entry(const struct sg_policy *policy, size_t bank,
                     const uint8_t print[SG_POLICY_DIGEST], const uint8_t digest[SG_POLICY_DIGEST],
                     struct sg_bytes signature)
{
	struct tool_text base64 = { { NULL, 0, 0 }, SG_OK };
	json_t *one = json_object(), *pcrs = json_array(), *values = json_object();
	const struct sg_pcr_bank *given = &policy->pcrs.bank[bank];
	char key[16];

	for (unsigned n = 0; n < SG_PCRS; n++) {
		if ((given->selected >> n & 1) == 0)
			continue;
		tool_json_append(pcrs, json_integer(n));
		snprintf(key, sizeof key, "%u", n);
		tool_json_put(values, key, tool_json_hex(sg_bytes(given->value[n],
		                                                  sg_pcr_hashes[bank].len)));
	}
	tool_text_base64(&base64, signature);
	tool_json_put(one, "pcrs", pcrs);
	tool_json_put(one, "pkfp", tool_json_hex(sg_bytes(print, SG_POLICY_DIGEST)));
	tool_json_put(one, "pol", tool_json_hex(sg_bytes(digest, SG_POLICY_DIGEST)));
	tool_json_put(one, "sig", tool_json_text(sg_buf_bytes(&base64.buf)));
	tool_json_put(one, "values", values);
	sg_buf_free(&base64.buf);
	return one;
}

/* Put the signature behind those of its bank. */
static enum tool_exit add(json_t *root, const char *bank, json_t *one)
{
	json_t *list = json_object_get(root, bank);

	if (list == NULL) {
		list = json_array();
		tool_json_put(root, bank, list);
	}
	if (!json_is_array(list)) {
		json_decref(one);
		return tool_fail(TOOL_FAILED, NULL, "what the file has for the bank %s is no list",
		                 bank);
	}
	tool_json_append(list, one);
	return TOOL_OK;
}

static enum tool_exit sign(struct tool *tool, const struct sg_policy *policy, size_t bank,
                           json_t *root)
{
	uint8_t print[SG_POLICY_DIGEST], digest[SG_POLICY_DIGEST], der[SG_P256_DER_MAX];
	CK_MECHANISM mechanism = { 0, NULL, 0 };
	CK_BYTE signature[SG_P256_SIGNATURE];
	CK_ULONG len = sizeof signature;
	const struct tool_kind *kind = NULL;
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code = find_key(tool, &key, &kind, print);
	CK_RV rv;

	if (code != TOOL_OK)
		return code;
	if (sg_policy_pcr_digest(&policy->pcrs, digest) != SG_OK)
		return tool_fail_err(SG_ERR_CRYPTO, "can't compute the policy");
	tool_log_clear();
	mechanism.mechanism = kind->sign;
	rv = C_SignInit(tool->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = C_Sign(tool->session, digest, sizeof digest, signature, &len);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't sign with \"%s\"", tool->value[OPT_LABEL]);
	return add(root, sg_pcr_hashes[bank].name,
	           entry(policy, bank, print, digest,
	                 sg_bytes(der, sg_p256_to_der(signature, der))));
}

static enum tool_exit run(struct tool *tool)
{
	struct sg_policy policy = { 0 };
	json_t *root = NULL;
	size_t bank = 0;
	enum tool_exit code = read_pcrs(tool, &policy, &bank);

	if (code == TOOL_OK)
		code = read_others(tool, &root);
	if (code == TOOL_OK)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = sign(tool, &policy, bank, root);
	if (code == TOOL_OK) {
		code = tool_json_out(root);
		root = NULL;
	}
	json_decref(root);
	sg_policy_clear(&policy);
	return code;
}

const struct tool_verb tool_verb_policy_sign = {
	.name = "policy sign",
	.summary = "sign PCR values, for tokens whose policy names the key",
	.usage = "--label NAME --pcr BANK:PCR=VALUE[,...] [--signatures FILE]\n"
	         "              [--token LABEL] [--pin-file FILE] > signatures",
	.text = "The key is a P-256 key of this token; signet pubkey --format pem writes what the\n"
	        "other machines give to --policy-key. With --signatures those of the file come first.",
	.example = "signet policy sign --label updates --pcr sha256:11=$VALUE > signed.json",
	.run = run,
	.options = { OPT_LABEL, OPT_PCR, OPT_SIGNATURES, OPT_TOKEN, OPT_PIN_FILE },
	.required = { OPT_LABEL, OPT_PCR },
};
