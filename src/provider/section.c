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

bool sg_prov_section_read(struct sg_provider *provider)
{
	struct sg_prov_section *section = &provider->section;
	char *module = NULL, *pin_source = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_ptr("pkcs11-module-path", &module, 0),
		OSSL_PARAM_utf8_ptr("pin-source", &pin_source, 0),
		OSSL_PARAM_END
	};

	if (provider->get_params(provider->handle, params) != 1)
		return false;
	section->module = strdup(module != NULL && module[0] != '\0' ? module : MODULE);
	if (pin_source != NULL && pin_source[0] != '\0')
		section->pin_source = strdup(pin_source);
	if (section->module != NULL && (pin_source == NULL || pin_source[0] == '\0' ||
	                               section->pin_source != NULL))
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
	bool same = strcmp(section->module, path) == 0;

	if (!same) {
		ours = realpath(section->module, NULL);
		theirs = realpath(path, NULL);
		same = ours != NULL && theirs != NULL && strcmp(ours, theirs) == 0;
	}
	free(ours);
	free(theirs);
	return same;
}
