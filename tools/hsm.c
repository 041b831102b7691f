/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. HSMs of the command line.
 */
#include "tools/hsm.h"

#include <string.h>

#include "tools/fail.h"
#include "tools/uri.h"

enum tool_exit tool_hsms_check(const struct tool *tool)
{
	for (size_t i = 0; i < tool->hsms; i++)
		if (!tool_uri_is(tool->hsm[i]) || strstr(tool->hsm[i], "pin-value=") != NULL)
			return tool_fail(TOOL_USAGE, "--hsm 'pkcs11:token=NAME?module-path=FILE&"
			                 "pin-source=file:FILE'; without pin-source, the PIN is asked "
			                 "for.", "an HSM is named by a pkcs11: URI, without a PIN in it");
	return TOOL_OK;
}

enum sg_err tool_hsms_take(const struct tool *tool, struct sg_config *config)
{
	enum sg_err err = SG_OK;

	if (tool->hsms > 0)
		sg_config_clear_hsms(config);
	for (size_t i = 0; i < tool->hsms && err == SG_OK; i++)
		err = sg_config_add_hsm(config, tool->hsm[i]);
	return err;
}

const char *tool_hsms_sealer(const struct tool *tool, const struct sg_config *config,
                             char out[SG_SEALER_NAME])
{
	if (tool_given(tool, OPT_SEALER))
		return tool->value[OPT_SEALER];
	if (tool->hsms == 0)
		return config->sealer;
	out[0] = '\0';
	for (size_t i = 0; i < tool->hsms; i++)
		strcat(out, i == 0 ? "hsm" : "+hsm");
	if (tool_given(tool, OPT_TPM) && tool->hsms < SG_CONFIG_HSMS)
		strcat(out, "+tpm");
	return out;
}

static bool is_configured(const struct sg_config *config, const char *uri)
{
	for (size_t i = 0; i < SG_CONFIG_HSMS && config->hsm[i] != NULL; i++)
		if (strcmp(config->hsm[i], uri) == 0)
			return true;
	return false;
}

static void tell_missing(const struct tool *tool, const struct sg_config *config,
                         struct tool_text *text)
{
	size_t missing = 0;

	for (size_t i = 0; i < tool->hsms; i++)
		missing += !is_configured(config, tool->hsm[i]);
	if (missing == 0)
		return;
	tool_text_add(text, "%s must be named from now on, in ",
	              missing == 1 ? "This HSM" : "These HSMs");
	tool_text_name(text, sg_bytes_str(config->path));
	tool_text_add(text, ":\n");
	for (size_t i = 0; i < tool->hsms; i++) {
		if (is_configured(config, tool->hsm[i]))
			continue;
		tool_text_add(text, "    hsm = ");
		tool_text_name(text, sg_bytes_str(tool->hsm[i]));
		tool_text_add(text, "\n");
	}
}

void tool_hsms_tell(const struct tool *tool, struct tool_text *text)
{
	struct sg_config *config = NULL;

	if (tool->hsms == 0)
		return;
	/* Anew: what the command line names took the place of what the file does. */
	if (sg_config_load(&config) == SG_OK)
		tell_missing(tool, config, text);
	sg_config_free(&config);
}
