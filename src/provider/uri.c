/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. URIs that name objects of tokens [RFC 7512].
 */
#include "provider/uri.h"

#include <string.h>

#include "provider/reason.h"
#include "util/log.h"

/* Move the PIN of a URI, if it has one, into guarded memory; p11-kit frees its copy as it is. */
static enum sg_err take_pin(P11KitUri *uri, struct sg_secret **pin)
{
	const char *value = p11_kit_uri_get_pin_value(uri);
	enum sg_err err;

	if (value == NULL)
		return SG_OK;
	err = sg_secret_copy(sg_bytes_str(value), pin);
	explicit_bzero((char *)value, strlen(value));
	p11_kit_uri_set_pin_value(uri, NULL);
	return err;
}

enum sg_err sg_prov_uri_read(const char *text, P11KitUri **uri, struct sg_secret **pin)
{
	enum sg_err err;
	int rc;

	*pin = NULL;
	*uri = p11_kit_uri_new();
	if (*uri == NULL)
		return SG_ERR_NOMEM;
	rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, *uri);
	/* It may have read a PIN before it met what it could not read. */
	err = take_pin(*uri, pin);
	if (err == SG_OK && (rc != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(*uri))) {
		sg_log(SG_LOG_ERROR, "the URI can't be read: %s",
		       rc != P11_KIT_URI_OK ? p11_kit_uri_message(rc) : "it has an unknown part");
		err = SG_ERR_FORMAT;
	}
	if (err != SG_OK) {
		sg_secret_free(pin);
		p11_kit_uri_free(*uri);
		*uri = NULL;
	}
	return err;
}

/* Tell whether the URI leaves the choice of the module to the configuration, or makes the same. */
static bool is_allowed(const struct sg_provider *provider, P11KitUri *uri)
{
	const char *path = p11_kit_uri_get_module_path(uri);

	return (path == NULL || sg_prov_section_is_module(&provider->section, path)) &&
	       p11_kit_uri_get_module_name(uri) == NULL;
}

bool sg_prov_uri_open(struct sg_provider *provider, const char *text, P11KitUri **uri,
                      struct sg_secret **pin)
{
	enum sg_err err = sg_prov_uri_read(text, uri, pin);

	if (err == SG_OK && is_allowed(provider, *uri))
		return true;
	if (err == SG_OK)
		sg_prov_raise(provider, SG_PROV_OTHER_MODULE);
	else if (err == SG_ERR_FORMAT)
		sg_prov_raise(provider, SG_PROV_URI);
	else
		sg_prov_raise_err(provider, err);
	p11_kit_uri_free(*uri);
	*uri = NULL;
	sg_secret_free(pin);
	return false;
}

enum sg_err sg_prov_uri_of_token(const struct sg_provider *provider, P11KitUri *wanted,
                                 const CK_TOKEN_INFO *token, bool has_pin, char **text)
{
	const char *pin_source = p11_kit_uri_get_pin_source(wanted);
	P11KitUri *uri = p11_kit_uri_new();
	enum sg_err err = SG_ERR_NOMEM;
	CK_TOKEN_INFO *info;

	*text = NULL;
	if (uri == NULL)
		return SG_ERR_NOMEM;
	info = p11_kit_uri_get_token_info(uri);
	memcpy(info->label, token->label, sizeof info->label);
	memcpy(info->manufacturerID, token->manufacturerID, sizeof info->manufacturerID);
	memcpy(info->model, token->model, sizeof info->model);
	memcpy(info->serialNumber, token->serialNumber, sizeof info->serialNumber);
	if (provider->section.module != NULL)
		p11_kit_uri_set_module_path(uri, provider->section.module);
	if (pin_source == NULL)
		pin_source = provider->section.pin_source;
	if (!has_pin && pin_source != NULL)
		p11_kit_uri_set_pin_source(uri, pin_source);
	if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, text) == P11_KIT_URI_OK)
		err = SG_OK;
	p11_kit_uri_free(uri);
	return err;
}

enum sg_err sg_prov_uri_of_key(const char *token, struct sg_bytes id, struct sg_bytes label,
                               char **text)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE attributes[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_ID, (void *)(uintptr_t)id.data, id.len },
		{ CKA_LABEL, (void *)(uintptr_t)label.data, label.len },
	};
	P11KitUri *uri = p11_kit_uri_new();
	enum sg_err err = SG_ERR_NOMEM;
	int rc = P11_KIT_URI_OK;

	*text = NULL;
	if (uri == NULL || p11_kit_uri_parse(token, P11_KIT_URI_FOR_ANY, uri) != P11_KIT_URI_OK)
		goto out;
	p11_kit_uri_set_pin_source(uri, NULL);
	p11_kit_uri_set_module_path(uri, NULL);
	for (size_t i = 0; i < 3 && rc == P11_KIT_URI_OK; i++)
		if (attributes[i].ulValueLen > 0)
			rc = p11_kit_uri_set_attribute(uri, &attributes[i]);
	if (rc == P11_KIT_URI_OK &&
	    p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, text) == P11_KIT_URI_OK)
		err = SG_OK;
out:
	p11_kit_uri_free(uri);
	return err;
}
