/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Enabled units.
 */
#include "tools/unseal_units.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where systemd keeps what is enabled for good [systemctl(1)]. */
static const char *const folders[] = {
	"/etc/systemd/system/*.wants/signet-*", "/etc/systemd/system/*.requires/signet-*",
};

/* A unit may be wanted by several others. */
static bool is_named(const struct tool_text *text, const char *name)
{
	size_t len = strlen(name);
	struct sg_bytes rest = sg_buf_bytes(&text->buf);

	while (rest.len >= len) {
		const uint8_t *at = memmem(rest.data, rest.len, name, len);

		if (at == NULL)
			return false;
		rest = sg_bytes(at + len, rest.len - (size_t)(at - rest.data) - len);
		if (rest.len == 0 || rest.data[0] == ',')
			return true;
	}
	return false;
}

void unseal_units(const char *root, struct tool_text *text)
{
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		glob_t found = { 0 };
		char *pattern;

		if (asprintf(&pattern, "%s%s", root, folders[i]) < 0) {
			text->err = SG_ERR_NOMEM;
			return;
		}
		if (glob(pattern, 0, NULL, &found) == 0)
			for (size_t j = 0; j < found.gl_pathc; j++) {
				const char *name = strrchr(found.gl_pathv[j], '/') + 1;

				if (is_named(text, name))
					continue;
				tool_text_add(text, "%s%s", text->buf.len > 0 ? ", " : "",
				              name);
			}
		globfree(&found);
		free(pattern);
	}
}
