/* SPDX-License-Identifier: Apache-2.0
 *
 * signet delete: remove a key, both halves of it.
 */
#include <stdlib.h>

#include "tools/fail.h"
#include "tools/object.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"

/* Ask on the terminal, naming what would go. */
static enum tool_exit confirm(const struct tool *tool, const CK_OBJECT_HANDLE *handles,
                              size_t count)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code = TOOL_OK;
	bool root = false, yes = false;

	if (tool_given(tool, OPT_YES))
		return TOOL_OK;
	if (!tool_terminal_there())
		return tool_fail(TOOL_USAGE, "Give --yes to delete without being asked.",
		                 "there is no terminal to ask on");
	tool_text_add(&text, "Delete");
	for (size_t i = 0; i < count && code == TOOL_OK; i++) {
		struct tool_object object;

		code = tool_object_read(tool, handles[i], &object);
		tool_text_add(&text, "%s %s \"", i > 0 ? "," : "", tool_class_name(object.class));
		tool_text_name(&text, sg_buf_bytes(&object.label));
		tool_text_add(&text, "\"");
		root = root || object.class == CKO_SECRET_KEY;
		tool_object_free(&object);
	}
	tool_text_add(&text, "? There is no way back%s.",
	              root ? ", and what this key wrapped or encrypted is lost" : "");
	tool_text_add(&text, "%c", '\0');
	if (code == TOOL_OK && text.err == SG_OK)
		yes = tool_terminal_yes((const char *)text.buf.data);
	sg_buf_free(&text.buf);
	if (code == TOOL_OK && !yes)
		code = tool_fail(TOOL_FAILED, NULL, "nothing was deleted");
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	const char *name = tool->value[OPT_LABEL];
	CK_OBJECT_HANDLE *handles = NULL;
	enum tool_exit code;
	size_t count = 0;
	CK_RV rv = CKR_OK;

	code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);
	if (code == TOOL_OK)
		code = tool_find(tool, TOOL_ANY_CLASS, name, &handles, &count);
	if (code == TOOL_OK && count == 0)
		code = tool_fail(TOOL_NOT_FOUND, "signet list shows what there is.",
		                 "there is no object \"%s\"", name);
	if (code == TOOL_OK)
		code = confirm(tool, handles, count);
	/* An object that is gone uncounted is gone, and the others are to go, too. */
	for (size_t i = 0; i < count && code == TOOL_OK; i++) {
		tool_log_clear();
		rv = C_DestroyObject(tool->session, handles[i]);
		if (tool_rv_is_done(rv))
			continue;
		code = tool_fail_rv(rv, "can't delete \"%s\"", name);
		if (i > 0)
			tool_note("%zu of %zu objects of that name are gone: signet list shows what "
			          "is left", i, count);
	}
	/* The last one that was counted has counted those before it. */
	if (code == TOOL_OK && rv != CKR_OK)
		code = tool_fail_rv(rv, "can't delete \"%s\"", name);
	free(handles);
	return code;
}

const struct tool_verb tool_verb_delete = {
	.name = "delete",
	.summary = "delete a key, both halves of it",
	.usage = "--label NAME [--yes] [--token LABEL] [--pin-file FILE]",
	.text = "Deletes every object of that label; a pkcs11: URI can name one of them. Asks on the\n"
	        "terminal unless --yes is given.",
	.example = "signet delete --label machine --yes",
	.run = run,
	.options = { OPT_LABEL, OPT_YES, OPT_TOKEN, OPT_PIN_FILE },
	.required = { OPT_LABEL },
};
