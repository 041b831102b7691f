/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Finding and showing objects.
 */
#include "tools/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/progress.h"
#include "tools/root.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/uri.h"
#include "util/utf8.h"

#define ID_LEN 16
#define CHUNK 64

CK_BBOOL tool_true = CK_TRUE, tool_false = CK_FALSE;

/* What a name says: label, id or both. */
static enum tool_exit read_name(const char *name, struct sg_buf *label, struct sg_buf *id)
{
	if (tool_uri_is(name))
		return tool_uri_read(name, label, id);
	if (name[0] == '\0')
		return tool_fail(TOOL_USAGE, NULL, "a label can't be empty");
	return sg_buf_set(label, sg_bytes_str(name)) == SG_OK
	               ? TOOL_OK
	               : tool_fail_err(SG_ERR_NOMEM, "can't look for a key");
}

/* Take all handles that the search gives. */
static CK_RV gather(const struct tool *tool, CK_OBJECT_HANDLE **handles, size_t *count)
{
	CK_OBJECT_HANDLE *grown;
	CK_ULONG got = CHUNK;
	CK_RV rv = CKR_OK;

	while (rv == CKR_OK && got == CHUNK && *count < TOOL_OBJECTS_MAX) {
		grown = reallocarray(*handles, *count + CHUNK, sizeof *grown);
		if (grown == NULL)
			return CKR_HOST_MEMORY;
		*handles = grown;
		rv = C_FindObjects(tool->session, grown + *count, CHUNK, &got);
		if (rv == CKR_OK)
			*count += got;
	}
	return rv;
}

enum tool_exit tool_find_matching(struct tool *tool, CK_ATTRIBUTE *template, CK_ULONG n,
                                  CK_OBJECT_HANDLE **handles, size_t *count)
{
	CK_RV rv, ended;

	*handles = NULL;
	*count = 0;
	tool_log_clear();
	tool_progress_begin("waiting for the TPM");
	rv = C_FindObjectsInit(tool->session, template, n);
	tool_progress_end();
	if (rv == CKR_OK) {
		rv = gather(tool, handles, count);
		ended = C_FindObjectsFinal(tool->session);
		rv = rv == CKR_OK ? ended : rv;
	}
	if (rv == CKR_OK)
		return TOOL_OK;
	free(*handles);
	*handles = NULL;
	*count = 0;
	return tool_fail_rv(rv, "can't read the objects of the token");
}

enum tool_exit tool_find(struct tool *tool, CK_OBJECT_CLASS class, const char *name,
                         CK_OBJECT_HANDLE **handles, size_t *count)
{
	struct sg_buf label = { NULL, 0, 0 }, id = { NULL, 0, 0 };
	CK_ATTRIBUTE template[3];
	enum tool_exit code = TOOL_OK;
	CK_ULONG n = 0;

	*handles = NULL;
	*count = 0;
	if (name != NULL)
		code = read_name(name, &label, &id);
	if (class != TOOL_ANY_CLASS)
		template[n++] = (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof class };
	if (label.len > 0)
		template[n++] = (CK_ATTRIBUTE){ CKA_LABEL, label.data, label.len };
	if (id.len > 0)
		template[n++] = (CK_ATTRIBUTE){ CKA_ID, id.data, id.len };
	if (code == TOOL_OK)
		code = tool_find_matching(tool, template, n, handles, count);
	sg_buf_free(&label);
	sg_buf_free(&id);
	return code;
}

const char *tool_class_name(CK_OBJECT_CLASS class)
{
	static const char *const names[] = {
		[CKO_DATA] = "data",
		[CKO_CERTIFICATE] = "certificate",
		[CKO_PUBLIC_KEY] = "public key",
		[CKO_PRIVATE_KEY] = "private key",
		[CKO_SECRET_KEY] = "secret key",
	};

	return class < sizeof names / sizeof names[0] ? names[class] : "object";
}

enum tool_exit tool_find_one(struct tool *tool, CK_OBJECT_CLASS class, const char *name,
                             CK_OBJECT_HANDLE *handle)
{
	bool hidden = (tool->token.flags & CKF_LOGIN_REQUIRED) != 0 && !tool->logged_in;
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	enum tool_exit code = tool_find(tool, class, name, &handles, &count);

	if (code != TOOL_OK)
		return code;
	if (count == 1)
		*handle = handles[0];
	else if (count == 0)
		code = tool_fail(TOOL_NOT_FOUND,
		                 hidden ? "Private objects show only with the PIN: --pin-file."
		                        : "signet list shows what there is.",
		                 "there is no %s \"%s\" in token \"%.*s\"", tool_class_name(class),
		                 name, (int)TOOL_FIELD(tool->token.label).len, tool->token.label);
	else
		code = tool_fail(TOOL_FAILED, "signet list shows a pkcs11: URI for each; it names one.",
		                 "there are %zu objects \"%s\" of class %s", count, name,
		                 tool_class_name(class));
	free(handles);
	return code;
}

enum tool_exit tool_check_new(struct tool *tool, const char *label)
{
	static const char other[] = "Choose another label, or remove the old one with signet delete.";
	static const char replace[] = "--replace puts it in the place of that one, once the shares "
	                              "have proved good.";
	const bool mends = tool_verb_takes(tool->verb, OPT_REPLACE);
	CK_ATTRIBUTE root[] = {
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_SIGNET_ROOT, (void *)label, strlen(label) },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true }, /* anybody makes public ones */
	};
	CK_OBJECT_HANDLE *handles = NULL;
	enum tool_exit code;
	size_t count = 0;

	if (tool_uri_is(label))
		return tool_fail(TOOL_USAGE, NULL, "the label of a new key can't be a pkcs11: URI");
	if (strlen(label) > 255)
		return tool_fail(TOOL_USAGE, NULL, "a label has at most 255 bytes");
	if (!sg_utf8_plain(sg_bytes_str(label)))
		return tool_fail(TOOL_USAGE, NULL, "a label must be UTF-8 text without control "
		                 "characters");
	code = tool_find(tool, TOOL_ANY_CLASS, label, &handles, &count);
	free(handles);
	if (code == TOOL_OK && count > 0)
		code = tool_fail(TOOL_EXISTS, mends ? replace : other,
		                 "there is an object \"%s\" already", label);
	if (code != TOOL_OK)
		return code;
	/* Its first version may be gone, and with it that label. */
	code = tool_find_matching(tool, root, (tool->token.flags & CKF_LOGIN_REQUIRED) != 0 ? 3 : 2,
	                          &handles, &count);
	free(handles);
	if (code == TOOL_OK && count > 0)
		code = tool_fail(TOOL_EXISTS, "signet root rotate makes the next version; signet root "
		                 "list shows them. Or choose another label.",
		                 "there are versions of a root \"%s\" already", label);
	return code;
}

enum tool_exit tool_new_id(const struct tool *tool, struct sg_buf *id)
{
	const char *given = tool->value[OPT_ID];
	CK_RV rv;

	if (given != NULL) {
		enum sg_err err = tool_hex_read(given, id);

		if (err != SG_OK && err != SG_ERR_FORMAT)
			return tool_fail_err(err, "can't read --id");
		if (err == SG_ERR_FORMAT || id->len > 255)
			return tool_fail(TOOL_USAGE, NULL, "--id is \"%s\", but must be hexadecimal "
			                 "digits, two for each byte", given);
		return TOOL_OK;
	}
	if (sg_buf_reserve(id, ID_LEN) != SG_OK)
		return tool_fail_err(SG_ERR_NOMEM, "can't make a CKA_ID");
	rv = C_GenerateRandom(tool->session, id->data, ID_LEN);
	if (rv != CKR_OK)
		return tool_fail_rv(rv, "can't make a CKA_ID");
	id->len = ID_LEN;
	return TOOL_OK;
}

enum tool_exit tool_usage(const struct tool *tool, const char *otherwise, CK_BBOOL *wrap,
                          CK_BBOOL *encrypt)
{
	const char *usage = tool_given(tool, OPT_USAGE) ? tool->value[OPT_USAGE] : otherwise;
	bool both = strcmp(usage, "both") == 0;

	*wrap = both || strcmp(usage, "wrap") == 0 ? CK_TRUE : CK_FALSE;
	*encrypt = both || strcmp(usage, "encrypt") == 0 ? CK_TRUE : CK_FALSE;
	if (*wrap == CK_FALSE && *encrypt == CK_FALSE)
		return tool_fail(TOOL_USAGE, NULL, "--usage is \"%s\", but must be wrap, encrypt or "
		                 "both", usage);
	return TOOL_OK;
}

CK_RV tool_attribute(const struct tool *tool, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type,
                     struct sg_buf *out)
{
	CK_ATTRIBUTE attr = { type, NULL, 0 };
	CK_RV rv = C_GetAttributeValue(tool->session, handle, &attr, 1);

	out->len = 0;
	if (rv != CKR_OK)
		return rv;
	if (sg_buf_reserve(out, attr.ulValueLen + 1) != SG_OK)
		return CKR_HOST_MEMORY;
	attr.pValue = out->data;
	rv = C_GetAttributeValue(tool->session, handle, &attr, 1);
	if (rv == CKR_OK)
		out->len = attr.ulValueLen;
	return rv;
}

enum tool_exit tool_public_key(const struct tool *tool, CK_OBJECT_HANDLE handle,
                               struct sg_buf *point)
{
	struct sg_buf value = { NULL, 0, 0 };
	enum tool_exit code = TOOL_OK;
	size_t len;
	CK_RV rv;

	tool_log_clear();
	rv = tool_attribute(tool, handle, CKA_EC_POINT, &value);
	/* Raw, or in a DER OCTET STRING, as the configuration and the curve want it. */
	len = value.len == 34 || value.len == 67 ? value.len - 2 : value.len;
	if (rv != CKR_OK)
		code = tool_fail_rv(rv, "can't read the public key");
	else if (len != 32 && len != 65)
		code = tool_fail(TOOL_FAILED, NULL, "this is no Ed25519 or P-256 key");
	else if (sg_buf_set(point, sg_bytes(value.data + value.len - len, len)) != SG_OK)
		code = tool_fail_err(SG_ERR_NOMEM, "can't read the public key");
	sg_buf_free(&value);
	return code;
}

bool tool_attribute_bool(const struct tool *tool, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE attr = { type, &value, sizeof value };

	return C_GetAttributeValue(tool->session, handle, &attr, 1) == CKR_OK && value != CK_FALSE;
}

CK_ULONG tool_attribute_ulong(const struct tool *tool, CK_OBJECT_HANDLE handle,
                              CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE attr = { type, &value, sizeof value };

	if (C_GetAttributeValue(tool->session, handle, &attr, 1) != CKR_OK)
		return CK_UNAVAILABLE_INFORMATION;
	return value;
}

static void read_usage(const struct tool *tool, struct tool_object *object)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		const char *name;
	} uses[] = {
		{ CKA_SIGN, "sign" },       { CKA_VERIFY, "verify" }, { CKA_ENCRYPT, "encrypt" },
		{ CKA_DECRYPT, "decrypt" }, { CKA_WRAP, "wrap" },     { CKA_UNWRAP, "unwrap" },
		{ CKA_DERIVE, "derive" },
	};
	size_t len = 0;

	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
		if (tool_attribute_bool(tool, object->handle, uses[i].type))
			len += (size_t)snprintf(object->usage + len, sizeof object->usage - len,
			                        "%s%s", len > 0 ? ", " : "", uses[i].name);
}

const char *tool_hardware(const struct tool *tool)
{
	return sg_bytes_equal(TOOL_FIELD(tool->token.model), sg_bytes_str("HSM")) ? "HSM" : "TPM";
}

enum tool_exit tool_check_in_hsm(const struct tool *tool)
{
	if (!tool_given(tool, OPT_IN_HSM))
		return TOOL_OK;
	if (tool_given(tool, OPT_EXTRACTABLE))
		return tool_fail(TOOL_USAGE, NULL, "a key in the HSM can't be --extractable");
	if (strcmp(tool_hardware(tool), "HSM") != 0)
		return tool_fail(TOOL_USAGE, "signet status shows what seals a token; init --hsm makes "
		                 "one over an HSM.",
		                 "--in-hsm needs a token over an HSM alone, and token \"%.*s\" is none",
		                 (int)TOOL_FIELD(tool->token.label).len, tool->token.label);
	return TOOL_OK;
}

/* Who gave an enrolled key its secret, in the words of an enrolment; NULL for any other key. */
static const char *origin(CK_ULONG value)
{
	static const char *const names[] = {
		[CK_SIGNET_ORIGIN_HOST] = "host",
		[CK_SIGNET_ORIGIN_TPM] = "tpm",
		[CK_SIGNET_ORIGIN_VAULT] = "vault",
	};

	return value < sizeof names / sizeof names[0] ? names[value] : NULL;
}

enum tool_exit tool_object_read(const struct tool *tool, CK_OBJECT_HANDLE handle,
                                struct tool_object *out)
{
	CK_ULONG len;
	CK_RV rv;

	*out = (struct tool_object){ .handle = handle };
	out->class = tool_attribute_ulong(tool, handle, CKA_CLASS);
	out->key_type = tool_attribute_ulong(tool, handle, CKA_KEY_TYPE);
	len = out->class == CKO_SECRET_KEY ? tool_attribute_ulong(tool, handle, CKA_VALUE_LEN)
	                                   : CK_UNAVAILABLE_INFORMATION;
	out->bits = len == CK_UNAVAILABLE_INFORMATION ? 0 : 8 * len;
	out->secluded = tool_attribute_bool(tool, handle, CKA_PRIVATE);
	out->extractable = tool_attribute_bool(tool, handle, CKA_EXTRACTABLE);
	out->sealed = tool_attribute_bool(tool, handle, CKA_SIGNET_SEALED);
	out->resident = tool_attribute_bool(tool, handle, CKA_SIGNET_RESIDENT);
	out->leave = tool_attribute_ulong(tool, handle, CKA_SIGNET_LEAVE);
	if (out->leave == CK_UNAVAILABLE_INFORMATION)
		out->leave = 0;
	tool_guard_show(tool, handle, &out->policy, &out->pin);
	if (out->class == CKO_PRIVATE_KEY || out->class == CKO_SECRET_KEY)
		out->lives = out->resident ? tool_hardware(tool) : "sealed";
	out->origin = origin(tool_attribute_ulong(tool, handle, CKA_SIGNET_ORIGIN));
	read_usage(tool, out);
	rv = tool_attribute(tool, handle, CKA_LABEL, &out->label);
	if (rv == CKR_OK)
		rv = tool_attribute(tool, handle, CKA_ID, &out->id);
	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID)
		return tool_fail_rv(rv, "can't read an object");
	out->uri = tool_uri_make(&tool->token, out->class, sg_buf_bytes(&out->label),
	                         sg_buf_bytes(&out->id));
	return TOOL_OK;
}

void tool_object_free(struct tool_object *object)
{
	sg_buf_free(&object->label);
	sg_buf_free(&object->id);
	sg_buf_free(&object->policy);
	free(object->uri);
	*object = (struct tool_object){ 0 };
}

void tool_key_type_name(const struct tool_object *object, char out[32])
{
	switch (object->key_type) {
	case CKK_EC_EDWARDS:
		snprintf(out, 32, "Ed25519");
		break;
	case CKK_EC:
		snprintf(out, 32, "P-256");
		break;
	case CKK_AES:
		if (object->bits > 0)
			snprintf(out, 32, "AES-%lu", object->bits);
		else
			snprintf(out, 32, "AES");
		break;
	case CKK_GENERIC_SECRET:
		snprintf(out, 32, "generic secret");
		break;
	case CK_UNAVAILABLE_INFORMATION:
		out[0] = '\0';
		break;
	default:
		snprintf(out, 32, "type 0x%lx", object->key_type);
		break;
	}
}

json_t *tool_object_json(const struct tool_object *object)
{
	json_t *json = json_object();
	char type[32];

	tool_key_type_name(object, type);
	tool_json_put(json, "class", json_string(tool_class_name(object->class)));
	tool_json_put(json, "label", tool_json_text(sg_buf_bytes(&object->label)));
	tool_json_put(json, "id", tool_json_hex(sg_buf_bytes(&object->id)));
	tool_json_put(json, "type", json_string(type));
	tool_json_put(json, "usage", json_string(object->usage));
	tool_json_put(json, "private", json_boolean(object->secluded));
	tool_json_put(json, "extractable", json_boolean(object->extractable));
	tool_json_put(json, "leave", json_string(tool_root_ways(object->leave)));
	tool_json_put(json, "sealed_alone", json_boolean(object->sealed));
	tool_json_put(json, "resident", json_boolean(object->resident));
	tool_json_put(json, "policy",
	              object->policy.len > 0 ? tool_json_text(sg_buf_bytes(&object->policy))
	                                     : json_null());
	tool_json_put(json, "pin", json_boolean(object->pin));
	tool_json_put(json, "lives",
	              object->lives != NULL ? json_string(object->lives) : json_null());
	tool_json_put(json, "origin",
	              object->origin != NULL ? json_string(object->origin) : json_null());
	tool_json_put(json, "uri", object->uri != NULL ? json_string(object->uri) : json_null());
	return json;
}

/* Note for the worst case what is known without asking the token again. */
static void note_made(const struct tool *tool, struct sg_bytes id, const char *what)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_hex(&text, id);
	tool_done("%s \"%s\" (id %.*s)", what, tool->value[OPT_LABEL],
	          text.err == SG_OK ? (int)text.buf.len : 0, (const char *)text.buf.data);
	sg_buf_free(&text.buf);
}

enum tool_exit tool_object_made(const struct tool *tool, CK_OBJECT_HANDLE handle,
                                struct sg_bytes id, const char *what)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	struct tool_object object;
	enum tool_exit code;

	note_made(tool, id, what);
	code = tool_object_read(tool, handle, &object);
	if (code == TOOL_OK && tool_given(tool, OPT_JSON)) {
		code = tool_json_out(tool_object_json(&object));
	} else if (code == TOOL_OK) {
		tool_text_add(&text, "%s \"", what);
		tool_text_name(&text, sg_buf_bytes(&object.label));
		tool_text_add(&text, "\" in token \"");
		tool_text_name(&text, TOOL_FIELD(tool->token.label));
		tool_text_add(&text, "\" (id ");
		tool_text_hex(&text, sg_buf_bytes(&object.id));
		tool_text_add(&text, ").\n");
		if (object.resident)
			tool_text_add(&text, "It lives in the %s and never leaves it.\n",
			              object.lives);
		code = tool_text_out(&text);
	}
	tool_object_free(&object);
	return code;
}

enum tool_exit tool_object_make(struct tool *tool, const struct tool_maker *maker,
                                const void *arg)
{
	const char *label = tool->value[OPT_LABEL];
	struct sg_buf id = { NULL, 0, 0 };
	CK_OBJECT_HANDLE key = 0;
	enum tool_exit code;
	CK_RV rv;

	code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_check_new(tool, label);
	if (code == TOOL_OK && maker->check != NULL)
		code = maker->check(tool);
	if (code == TOOL_OK)
		code = tool_new_id(tool, &id);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	tool_progress_begin(maker->progress);
	rv = maker->make(tool, sg_bytes_str(label), sg_buf_bytes(&id), arg, &key);
	tool_progress_end();
	if (rv == CKR_SIGNET_UNCOUNTED)
		note_made(tool, sg_buf_bytes(&id), maker->made);
	code = rv == CKR_OK ? tool_object_made(tool, key, sg_buf_bytes(&id), maker->made)
	                    : tool_fail_rv(rv, "%s \"%s\"", maker->failed, label);
out:
	sg_buf_free(&id);
	return code;
}
