/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Reading identity.json.
 */
#include "tools/identity.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/uri_pem.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/uri.h"
#include "util/file.h"

#define FILE_MAX ((size_t)64 << 10)

static const struct {
	const char *id, *address;
	unsigned flags;
} kinds[] = {
	{ "machineId", "apiUrl", 0 },
	{ "agentId", "apiUrl", 0 },
	{ "tunnelId", "tunnelUrl", SG_REQUEST_AS_TUNNEL },
};

void tool_identity_free(struct tool_identity *identity)
{
	free(identity->id);
	free(identity->address);
	free(identity->key);
	*identity = (struct tool_identity){ .id = NULL };
}

/* Copy a string of the object; *out stays NULL where there is none. False: it is no string, holds
 * a zero byte, or there is no memory. */
static bool take(const json_t *json, const char *key, char **out)
{
	const json_t *value = json_object_get(json, key);

	if (value == NULL || json_is_null(value))
		return true;
	if (!json_is_string(value) ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return false;
	*out = strdup(json_string_value(value));
	return *out != NULL;
}

/* Take the URI in the file where clients look for the key. A file that is not there, or holds a key
 * itself, is of no use here: some other way of naming one is needed then. */
static enum tool_exit take_key(const json_t *json, char **uri)
{
	struct sg_buf text = { NULL, 0, 0 }, der = { NULL, 0, 0 };
	enum tool_exit code = TOOL_OK;
	struct sg_bytes view;
	char *path = NULL;

	if (!take(json, "privateKeyPath", &path) || path == NULL ||
	    sg_file_read_trusted(path, FILE_MAX, &text) != SG_OK ||
	    sg_uri_pem_read(sg_buf_bytes(&text), &der) != SG_OK ||
	    sg_uri_der_read(sg_buf_bytes(&der), &view) != SG_OK)
		goto out;
	*uri = strndup((const char *)view.data, view.len);
	code = *uri != NULL ? tool_uri_check(*uri) : tool_fail_err(SG_ERR_NOMEM, "can't name a key");
out:
	free(path);
	sg_buf_wipe(&text);
	sg_buf_wipe(&der);
	return code;
}

/* The address of a vault is that of a server: paths are put behind it. */
static enum tool_exit check_address(const char *path, char *address)
{
	struct tool_url url;
	size_t len = strlen(address);
	enum tool_exit code = tool_url_split(address, "the address of --identity", &url);

	if (code == TOOL_OK && (url.scheme.len == 0 || url.target.len != 1))
		code = tool_fail(TOOL_FAILED, NULL, "%s has an address that is not that of a server "
		                 "alone, such as https://vault.example.org", path);
	else if (code == TOOL_OK && address[len - 1] == '/')
		address[len - 1] = '\0';
	tool_url_free(&url);
	return code;
}

enum tool_exit tool_identity_read(const char *path, struct tool_identity *out)
{
	struct sg_buf text = { NULL, 0, 0 };
	enum tool_exit code = tool_read_file(path, FILE_MAX, &text);
	json_t *json = NULL;
	size_t i = 0;

	*out = (struct tool_identity){ .id = NULL };
	if (code != TOOL_OK)
		goto out;
	json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	while (i < sizeof kinds / sizeof kinds[0] && json_object_get(json, kinds[i].id) == NULL)
		i++;
	if (i == sizeof kinds / sizeof kinds[0] || !take(json, kinds[i].id, &out->id) ||
	    !take(json, kinds[i].address, &out->address) || out->id == NULL) {
		code = tool_fail(TOOL_FAILED, "It is JSON with machineId and apiUrl; --id gives the "
		                 "identifier without a file.", "%s is no identity of a machine",
		                 path);
		goto out;
	}
	out->flags = kinds[i].flags;
	if (out->address != NULL)
		code = check_address(path, out->address);
	if (code == TOOL_OK)
		code = take_key(json, &out->key);
out:
	json_decref(json);
	sg_buf_free(&text);
	return code;
}

enum tool_exit tool_identity_url(const struct tool_identity *identity, const char *given,
                                 const char *option, char **url)
{
	struct tool_url one = { .text = NULL }, two = { .text = NULL };
	enum tool_exit code = TOOL_OK;

	*url = NULL;
	if (identity->address != NULL && given[0] == '/') {
		if (asprintf(url, "%s%s", identity->address, given) < 0)
			*url = NULL;
	} else {
		*url = strdup(given);
	}
	if (*url == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't read %s", option);
	if (identity->address == NULL || given[0] == '/')
		return TOOL_OK;
	code = tool_url_split(given, option, &one);
	if (code == TOOL_OK)
		code = tool_url_split(identity->address, "the address of --identity", &two);
	if (code == TOOL_OK && !tool_url_same_server(&one, &two))
		code = tool_fail(TOOL_USAGE, "Whoever gets a signed request could send it to the vault. "
		                 "--id, instead of --identity, signs for any address.",
		                 "%s is not of %s, the vault of --identity", option,
		                 identity->address);
	tool_url_free(&one);
	tool_url_free(&two);
	return code;
}
