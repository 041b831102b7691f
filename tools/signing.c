/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Signing requests.
 */
#include "tools/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/object.h"
#include "tools/token.h"

#define DIGITS 15               /* of SG_REQUEST_TIME_MAX */

/* What signs a form. */
static const struct way {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;               /* CK_UNAVAILABLE_INFORMATION: several */
	CK_MECHANISM_TYPE mechanism;
	const char *what;
} ways[] = {
	[SG_REQUEST_VAULT] = { CKO_PRIVATE_KEY, CKK_EC_EDWARDS, CKM_EDDSA, "Ed25519 key" },
	[SG_REQUEST_RFC9421] = { CKO_PRIVATE_KEY, CKK_EC_EDWARDS, CKM_EDDSA, "Ed25519 key" },
	[SG_REQUEST_HMAC] = { CKO_SECRET_KEY, CK_UNAVAILABLE_INFORMATION, CKM_SHA256_HMAC,
	                      "key for HMAC" },
};

/* A key and what became of its last use. */
struct key {
	const struct tool *tool;
	CK_OBJECT_HANDLE handle;
	CK_MECHANISM_TYPE mechanism;
	CK_RV rv;
};

enum tool_exit tool_form_read(const struct tool *tool, enum sg_request_form *form)
{
	const char *name = tool->value[OPT_FORM];

	*form = SG_REQUEST_ANY;
	if (name == NULL || sg_request_form_find(name, form) == SG_REQUEST_OK)
		return TOOL_OK;
	return tool_fail(TOOL_USAGE, NULL, "--form is \"%s\", but must be vault, rfc9421 or hmac",
	                 name);
}

enum tool_exit tool_seconds_read(const struct tool *tool, enum tool_option option,
                                 int64_t otherwise, int64_t *out)
{
	const char *text = tool->value[option];

	*out = otherwise;
	if (text == NULL)
		return TOOL_OK;
	if (text[0] == '\0' || strlen(text) > DIGITS || strspn(text, "0123456789") != strlen(text))
		return tool_fail(TOOL_USAGE, NULL, "\"%s\" is no number of seconds", text);
	*out = strtoll(text, NULL, 10);
	return TOOL_OK;
}

enum tool_exit tool_components_read(const struct tool *tool, enum tool_option option, char **out)
{
	const char *list = tool->value[option];
	char *to;

	*out = NULL;
	if (list == NULL)
		return TOOL_OK;
	if (list[strspn(list, ", ")] == '\0')
		return tool_fail(TOOL_USAGE, tool->verb->example, "a list of components is empty");
	if (strchr(list, '"') != NULL) {
		*out = strdup(list);
		return *out != NULL ? TOOL_OK : tool_fail_err(SG_ERR_NOMEM, "can't read a list");
	}
	/* Each name gets two quotes and a space. */
	*out = to = malloc(4 * strlen(list) + 1);
	if (to == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't read a list");
	for (list += strspn(list, ", "); *list != '\0'; list += strspn(list, ", ")) {
		size_t len = strcspn(list, ", ");

		to += sprintf(to, "%s\"%.*s\"", to == *out ? "" : " ", (int)len, list);
		list += len;
	}
	return TOOL_OK;
}

/* Read a number of seconds that is at least one: the library takes 0 for nothing said. */
static enum tool_exit read_positive(const struct tool *tool, enum tool_option option,
                                    const char *name, int64_t *out)
{
	enum tool_exit code = tool_seconds_read(tool, option, 0, out);

	if (code == TOOL_OK && tool_given(tool, option) && *out == 0)
		code = tool_fail(TOOL_USAGE, NULL, "%s takes 1 second or more", name);
	return code;
}

enum tool_exit tool_sig_label_check(const struct tool *tool)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz*";
	static const char any[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.*";
	const char *label = tool->value[OPT_SIG_LABEL];

	/* [RFC 9651 §3.1.2] */
	if (label == NULL || (label[0] != '\0' && strchr(lower, label[0]) != NULL &&
	                      strspn(label, any) == strlen(label) &&
	                      strlen(label) <= SG_REQUEST_LABEL_MAX))
		return TOOL_OK;
	return tool_fail(TOOL_USAGE, "--sig-label sig2", "--sig-label takes up to %d lower-case letters, "
	                 "digits and _-.*, the first of them a letter or *", SG_REQUEST_LABEL_MAX);
}

/* Read --as, which says more than the file of --identity. */
static enum tool_exit read_as(const struct tool *tool, unsigned *flags)
{
	static const struct {
		const char *name;
		unsigned flag;
	} kinds[] = {
		{ "machine", 0 },
		{ "agent", SG_REQUEST_AS_AGENT },
		{ "tunnel", SG_REQUEST_AS_TUNNEL },
	};
	const char *as = tool->value[OPT_AS];

	if (as == NULL)
		return TOOL_OK;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].name, as) == 0) {
			*flags = kinds[i].flag;
			return TOOL_OK;
		}
	return tool_fail(TOOL_USAGE, NULL, "--as is \"%s\", but must be machine, agent or tunnel",
	                 as);
}

/* Refuse what says nothing in the form that was chosen: who gave it would believe that it did. */
static enum tool_exit check_form(const struct tool *tool, enum sg_request_form form)
{
	static const struct {
		enum tool_option option;
		const char *name;
		unsigned forms;
	} bound[] = {
		{ OPT_AS, "--as", 1u << SG_REQUEST_VAULT },
		{ OPT_ALLOW_QUERY, "--allow-query", 1u << SG_REQUEST_VAULT },
		{ OPT_NONCE, "--nonce", 1u << SG_REQUEST_VAULT | 1u << SG_REQUEST_RFC9421 },
		{ OPT_COMPONENTS, "--components", 1u << SG_REQUEST_RFC9421 },
		{ OPT_SIG_LABEL, "--sig-label", 1u << SG_REQUEST_RFC9421 },
		{ OPT_TAG, "--tag", 1u << SG_REQUEST_RFC9421 },
		{ OPT_LIFETIME, "--lifetime", 1u << SG_REQUEST_RFC9421 },
	};

	for (size_t i = 0; i < sizeof bound / sizeof bound[0]; i++)
		if (tool_given(tool, bound[i].option) && (bound[i].forms & 1u << form) == 0)
			return tool_fail(TOOL_USAGE, NULL, "form %s has no %s",
			                 sg_request_form_name(form), bound[i].name);
	return TOOL_OK;
}

enum tool_exit tool_signing_read(const struct tool *tool, struct tool_signing *signing)
{
	struct sg_request_signing *how = &signing->how;
	enum tool_exit code;

	*signing = (struct tool_signing){ .how = { .size = sizeof signing->how } };
	code = tool_form_read(tool, &how->form);
	if (how->form == SG_REQUEST_ANY)
		how->form = SG_REQUEST_VAULT;
	if (code == TOOL_OK)
		code = check_form(tool, how->form);
	if (code == TOOL_OK && tool_given(tool, OPT_IDENTITY))
		code = tool_identity_read(tool->value[OPT_IDENTITY], &signing->identity);
	if (how->form == SG_REQUEST_VAULT)
		how->flags = signing->identity.flags;
	if (code == TOOL_OK)
		code = read_as(tool, &how->flags);
	if (code == TOOL_OK)
		code = tool_components_read(tool, OPT_COMPONENTS, &signing->components);
	if (code == TOOL_OK)
		code = read_positive(tool, OPT_TIMESTAMP, "--timestamp", &how->created);
	if (code == TOOL_OK)
		code = read_positive(tool, OPT_LIFETIME, "--lifetime", &how->lifetime);
	if (code == TOOL_OK)
		code = tool_sig_label_check(tool);
	if (code != TOOL_OK)
		return code;
	if (tool_given(tool, OPT_ALLOW_QUERY))
		how->flags |= SG_REQUEST_ALLOW_QUERY;
	how->id = sg_request_text(tool_given(tool, OPT_REQUEST_ID) ? tool->value[OPT_REQUEST_ID]
	                                                           : signing->identity.id);
	how->nonce = sg_request_text(tool->value[OPT_NONCE]);
	how->label = sg_request_text(tool->value[OPT_SIG_LABEL]);
	how->tag = sg_request_text(tool->value[OPT_TAG]);
	how->components = sg_request_text(signing->components);
	if (how->id.len == 0 && how->form != SG_REQUEST_RFC9421)
		return tool_fail(TOOL_USAGE, "It is the identifier that the vault gave to this machine "
		                 "when it was enrolled.", "signet %s needs --id ID or --identity FILE",
		                 tool->verb->name);
	return TOOL_OK;
}

void tool_signing_free(struct tool_signing *signing)
{
	tool_identity_free(&signing->identity);
	free(signing->components);
	signing->components = NULL;
}

/* Find the only key that signs this form, for who has one and does not name it. */
static enum tool_exit find_only(struct tool *tool, const struct way *way, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_CLASS class = way->class;
	CK_KEY_TYPE type = way->type;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_SIGN, &tool_true, sizeof tool_true },
		{ CKA_KEY_TYPE, &type, sizeof type },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	enum tool_exit code = tool_find_matching(
		tool, template, type == CK_UNAVAILABLE_INFORMATION ? 2 : 3, &handles, &count);

	if (code == TOOL_OK && count == 1)
		*key = handles[0];
	else if (code == TOOL_OK && count == 0)
		code = tool_fail(TOOL_NOT_FOUND, "signet keygen --label NAME makes an Ed25519 key, signet "
		                 "import --type hmac takes one for HMAC.",
		                 "there is no %s in token \"%.*s\"", way->what,
		                 (int)TOOL_FIELD(tool->token.label).len, tool->token.label);
	else if (code == TOOL_OK)
		code = tool_fail(TOOL_USAGE, "signet list shows them.",
		                 "there are %zu keys that could sign: --label NAME says which",
		                 count);
	free(handles);
	return code;
}

/* Find the key that --label names, and see that it is one for the form. */
static enum tool_exit find_key(struct tool *tool, const struct way *way, CK_OBJECT_HANDLE *key)
{
	enum tool_exit code;
	CK_KEY_TYPE type;

	if (!tool_given(tool, OPT_LABEL))
		return find_only(tool, way, key);
	code = tool_find_one(tool, way->class, tool->value[OPT_LABEL], key);
	if (code != TOOL_OK)
		return code;
	type = tool_attribute_ulong(tool, *key, CKA_KEY_TYPE);
	return way->type == CK_UNAVAILABLE_INFORMATION || type == way->type
	               ? TOOL_OK
	               : tool_fail(TOOL_FAILED, NULL, "\"%s\" is no %s", tool->value[OPT_LABEL],
	                           way->what);
}

/* See sg_request_signer. */
static int sign(void *context, const uint8_t *bytes, size_t len, uint8_t *signature,
                size_t *signature_len)
{
	struct key *key = context;
	CK_MECHANISM mechanism = { key->mechanism, NULL, 0 };
	CK_ULONG made = SG_REQUEST_SIGNATURE_MAX;

	tool_log_clear();
	key->rv = tool_key_open(key->tool, key->handle);
	if (key->rv == CKR_OK)
		key->rv = C_SignInit(key->tool->session, &mechanism, key->handle);
	if (key->rv == CKR_OK)
		key->rv = C_Sign(key->tool->session, (CK_BYTE *)(uintptr_t)bytes, len, signature,
		                 &made);
	*signature_len = made;
	return key->rv != CKR_OK;
}

enum tool_exit tool_fail_request(enum sg_request_reason reason, const char *what)
{
	static const struct {
		enum sg_request_reason reason;
		const char *advice;
	} advices[] = {
		{ SG_REQUEST_QUERY, "A vault takes none on signed routes; --allow-query signs it where "
		                    "one does." },
		{ SG_REQUEST_COMPONENT_ABSENT, "--header gives the fields of the request." },
		{ SG_REQUEST_SCHEME, "Give the whole address: https://..." },
		{ SG_REQUEST_AUTHORITY, "Give the whole address: https://..." },
	};
	const char *advice = NULL;
	enum tool_exit code = TOOL_USAGE;

	for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
		if (advices[i].reason == reason)
			advice = advices[i].advice;
	if (reason == SG_REQUEST_NOMEM || reason == SG_REQUEST_CRYPTO)
		code = TOOL_FAILED;
	return tool_fail(code, advice, "%s: %s", what, sg_request_reason_sentence(reason));
}

enum tool_exit tool_signing_make(struct tool *tool, struct tool_signing *signing,
                                 const struct sg_request_message *message,
                                 struct sg_request_signature **signature)
{
	const struct way *way = &ways[signing->how.form];
	struct key key = { .tool = tool, .mechanism = way->mechanism };
	enum sg_request_reason reason;
	enum tool_exit code;

	*signature = NULL;
	/* Whoever is named by the identity signs, and no other key that happens to be there. */
	if (!tool_given(tool, OPT_LABEL) && way->class == CKO_PRIVATE_KEY)
		tool->value[OPT_LABEL] = signing->identity.key;
	code = tool_open(tool, 0, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = find_key(tool, way, &key.handle);
	if (code != TOOL_OK)
		return code;
	signing->how.sign = sign;
	signing->how.context = &key;
	reason = sg_request_sign(message, &signing->how, signature);
	if (reason == SG_REQUEST_SIGNER && key.rv != CKR_OK)
		return tool_fail_rv(key.rv, "can't sign the request");
	return reason == SG_REQUEST_OK ? TOOL_OK
	                               : tool_fail_request(reason, "can't sign the request");
}
