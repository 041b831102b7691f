/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Reading the configuration. A copy is made of what OpenSSL lends.
 */
#include "provider/section.h"

#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider.h"

#define MODULE P11MODULEDIR "/signet.so"

/* p11-kit itself does not load its proxy as one of many; what that would do is ours to do. */
static bool is_proxy(const char *path)
{
	const char *name = strrchr(path, '/');

	return strcmp(name != NULL ? name + 1 : path, "p11-kit-proxy.so") == 0;
}

/* Copy a value that is there; false where memory is exhausted. */
static bool copy(const char *value, char **out)
{
	*out = NULL;
	if (value == NULL)
		return true;
	*out = strdup(value);
	return *out != NULL;
}

/* What is empty is not there. */
static const char *given(const char *value, const char *otherwise)
{
	return value != NULL && value[0] != '\0' ? value : otherwise;
}

bool sg_prov_section_read(struct sg_provider *provider)
{
	struct sg_prov_section *section = &provider->section;
	char *module = NULL, *pin_source = NULL;
	const char *path;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_ptr("pkcs11-module-path", &module, 0),
		OSSL_PARAM_utf8_ptr("pin-source", &pin_source, 0),
		OSSL_PARAM_END
	};

	if (provider->get_params(provider->handle, params) != 1)
		return false;
	path = given(module, MODULE);
	if (copy(is_proxy(path) ? NULL : path, &section->module) &&
	    copy(given(pin_source, NULL), &section->pin_source))
		return true;
	sg_prov_section_free(section);
	return false;
}

void sg_prov_section_free(struct sg_prov_section *section)
{
	free(section->module);
	free(section->pin_source);
	*section = (struct sg_prov_section){ NULL };
}

bool sg_prov_section_is_module(const struct sg_prov_section *section, const char *path)
{
	char *ours = NULL, *theirs = NULL;
	bool same;

	if (section->module == NULL)
		return is_proxy(path);
	same = strcmp(section->module, path) == 0;
	if (!same) {
		ours = realpath(section->module, NULL);
		theirs = realpath(path, NULL);
		same = ours != NULL && theirs != NULL && strcmp(ours, theirs) == 0;
	}
	free(ours);
	free(theirs);
	return same;
}
