/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. pkcs11: URIs.
 */
#include "tools/uri.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/uri.h>

#include "tools/fail.h"

bool tool_uri_is(const char *name)
{
	return strncmp(name, "pkcs11:", 7) == 0;
}

static int parse(const char *text, P11KitUri **uri)
{
	*uri = p11_kit_uri_new();
	if (*uri == NULL)
		return P11_KIT_URI_UNEXPECTED;
	return p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, *uri);
}

bool tool_uri_is_token(const char *text, const CK_TOKEN_INFO *info)
{
	P11KitUri *uri = NULL;
	bool same;

	same = parse(text, &uri) == P11_KIT_URI_OK && p11_kit_uri_match_token_info(uri, info) == 1;
	p11_kit_uri_free(uri);
	return same;
}

const char *tool_uri_naming_token(const struct tool *tool)
{
	static const enum tool_option named[] = { OPT_LABEL, OPT_ROOT, OPT_TLS_KEY };

	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		const char *name = tool->value[named[i]];

		if (name != NULL && tool_uri_is(name))
			return name;
	}
	return NULL;
}

static enum sg_err copy_attribute(P11KitUri *uri, CK_ATTRIBUTE_TYPE type, struct sg_buf *out)
{
	const CK_ATTRIBUTE *attr = p11_kit_uri_get_attribute(uri, type);

	return attr == NULL ? SG_OK : sg_buf_set(out, sg_bytes(attr->pValue, attr->ulValueLen));
}

/* Parse and check; the caller frees *uri in any case. */
static enum tool_exit parse_checked(const char *text, P11KitUri **uri)
{
	int rc = parse(text, uri);

	if (rc != P11_KIT_URI_OK)
		return tool_fail(TOOL_USAGE, NULL, "this pkcs11: URI can't be read: %s",
		                 p11_kit_uri_message(rc));
	if (p11_kit_uri_get_pin_value(*uri) != NULL)
		return tool_fail(TOOL_USAGE, "Use --pin-file.", "a PIN in a URI is not taken: every "
		                 "user of the machine can read arguments");
	if (p11_kit_uri_get_pin_source(*uri) != NULL)
		return tool_fail(TOOL_USAGE, "Use --pin-file.", "pin-source in a URI is not taken");
	if (p11_kit_uri_any_unrecognized(*uri))
		return tool_fail(TOOL_USAGE, NULL, "this pkcs11: URI has a part that is not known");
	return TOOL_OK;
}

enum tool_exit tool_uri_check(const char *text)
{
	P11KitUri *uri = NULL;
	enum tool_exit code = parse_checked(text, &uri);

	p11_kit_uri_free(uri);
	return code;
}

enum tool_exit tool_uri_read(const char *text, struct sg_buf *label, struct sg_buf *id)
{
	P11KitUri *uri = NULL;
	enum tool_exit code = parse_checked(text, &uri);

	if (code != TOOL_OK)
		goto out;
	if (copy_attribute(uri, CKA_LABEL, label) != SG_OK ||
	    copy_attribute(uri, CKA_ID, id) != SG_OK)
		code = tool_fail_err(SG_ERR_NOMEM, "can't read a URI");
	else if (label->len == 0 && id->len == 0)
		code = tool_fail(TOOL_USAGE, NULL, "this pkcs11: URI names no object");
out:
	p11_kit_uri_free(uri);
	return code;
}

char *tool_uri_make(const CK_TOKEN_INFO *token, CK_OBJECT_CLASS class, struct sg_bytes label,
                    struct sg_bytes id)
{
	CK_ATTRIBUTE attrs[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
	};
	P11KitUri *uri = p11_kit_uri_new();
	CK_TOKEN_INFO *info;
	char *text = NULL;
	int rc = P11_KIT_URI_OK;

	if (uri == NULL)
		return NULL;
	info = p11_kit_uri_get_token_info(uri);
	memcpy(info->label, token->label, sizeof info->label);
	memcpy(info->serialNumber, token->serialNumber, sizeof info->serialNumber);
	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0] && rc == P11_KIT_URI_OK; i++)
		if (attrs[i].ulValueLen > 0)
			rc = p11_kit_uri_set_attribute(uri, &attrs[i]);
	if (rc == P11_KIT_URI_OK)
		rc = p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text);
	p11_kit_uri_free(uri);
	return rc == P11_KIT_URI_OK ? text : NULL;
}

/* Append the value of a query attribute: what RFC 7512 §2.3 has for it stays as people write it,
 * which p11-kit would escape, and the rest is escaped. */
static enum sg_err append_value(struct sg_buf *out, const char *value)
{
	static const char kept[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	                           "-._~:[]@!$'()*+,=/?|";
	enum sg_err err = SG_OK;

	for (; *value != '\0' && err == SG_OK; value++) {
		char text[4] = { *value, '\0' };

		if (strchr(kept, *value) == NULL)
			snprintf(text, sizeof text, "%%%02X", (unsigned)(unsigned char)*value);
		err = sg_buf_append(out, sg_bytes_str(text));
	}
	return err;
}

char *tool_uri_private(const CK_TOKEN_INFO *token, struct sg_bytes label, struct sg_bytes id,
                       const char *pin_source)
{
	char *uri = tool_uri_make(token, CKO_PRIVATE_KEY, label, id);
	struct sg_buf text = { 0 };
	enum sg_err err;

	if (uri == NULL || pin_source == NULL)
		return uri;
	err = sg_buf_append(&text, sg_bytes_str(uri));
	if (err == SG_OK)
		err = sg_buf_append(&text, sg_bytes_str("?pin-source="));
	if (err == SG_OK)
		err = append_value(&text, pin_source);
	if (err == SG_OK)
		err = sg_buf_append(&text, sg_bytes("", 1));
	free(uri);
	uri = err == SG_OK ? strdup((const char *)text.data) : NULL;
	sg_buf_free(&text);
	return uri;
}

enum sg_err tool_uri_without_pin(struct sg_bytes uri, char **out, bool *pin)
{
	struct sg_buf text = { 0 };
	P11KitUri *parsed = NULL;
	enum sg_err err;

	*out = NULL;
	*pin = false;
	err = sg_buf_set(&text, uri);
	if (err == SG_OK)
		err = sg_buf_append(&text, sg_bytes("", 1));
	if (err == SG_OK && parse((const char *)text.data, &parsed) != P11_KIT_URI_OK)
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		goto out;
	*pin = p11_kit_uri_get_pin_value(parsed) != NULL;
	p11_kit_uri_set_pin_value(parsed, NULL);
	/* What p11-kit does not know could be a PIN too, and is left out with it. */
	if (*pin || p11_kit_uri_any_unrecognized(parsed))
		p11_kit_uri_format(parsed, P11_KIT_URI_FOR_ANY, out);
	else
		*out = strdup((const char *)text.data);
	if (*out == NULL)
		err = SG_ERR_NOMEM;
out:
	p11_kit_uri_free(parsed);
	sg_buf_wipe(&text);
	return err;
}
