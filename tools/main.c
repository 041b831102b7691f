/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The table of verbs, and one run from the command line to the exit code.
 */
#include "config.h"

#include <stddef.h>

#include "client/pin.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/json.h"
#include "tools/options.h"
#include "tools/pin.h"
#include "tools/registrar_member.h"
#include "tools/terminal.h"
#include "tools/text.h"

static const struct tool_verb *const verbs[] = {
	&tool_verb_init,
	&tool_verb_status,
	&tool_verb_doctor,
	&tool_verb_keygen,
	&tool_verb_import,
	&tool_verb_list,
	&tool_verb_pubkey,
	&tool_verb_key_file,
	&tool_verb_sign,
	&tool_verb_verify,
	&tool_verb_request_sign,
	&tool_verb_request_verify,
	&tool_verb_curl,
	&tool_verb_enroll,
	&tool_verb_enroll_begin,
	&tool_verb_enroll_answer,
	&tool_verb_enroll_finish,
	&tool_verb_enroll_ek,
	&tool_verb_delete,
	&tool_verb_root_create,
	&tool_verb_root_list,
	&tool_verb_root_rotate,
	&tool_verb_root_rewrap,
	&tool_verb_root_retire,
	&tool_verb_root_node,
	&tool_verb_root_send,
	&tool_verb_root_receive,
	&tool_verb_root_share,
	&tool_verb_root_rehearse,
	&tool_verb_root_recover,
	&tool_verb_root_import,
	&tool_verb_recovery_key,
	&tool_verb_wrap,
	&tool_verb_unwrap,
	&tool_verb_encrypt,
	&tool_verb_decrypt,
	&tool_verb_registrar_serve,
	&tool_verb_registrar_begin,
	&tool_verb_registrar_finish,
	&tool_verb_registrar_token_create,
	&tool_verb_registrar_token_list,
	&tool_verb_registrar_token_revoke,
	&tool_verb_members[0],
	&tool_verb_members[1],
	&tool_verb_members[2],
	&tool_verb_members[3],
	&tool_verb_members[4],
	&tool_verb_members[5],
	&tool_verb_members[6],
	&tool_verb_members[7],
	&tool_verb_members[8],
	&tool_verb_members[9],
	&tool_verb_members[10],
	&tool_verb_members[11],
	&tool_verb_members[12],
	&tool_verb_members[13],
	&tool_verb_members[14],
	&tool_verb_members[15],
	&tool_verb_members[16],
	&tool_verb_members[17],
	&tool_verb_members[18],
	&tool_verb_members[19],
	&tool_verb_audit_verify,
	&tool_verb_unseal_add,
	&tool_verb_unseal_check,
	&tool_verb_unseal_list,
	&tool_verb_unseal_remove,
	&tool_verb_unseal_vault,
	&tool_verb_unseal_exec,
	&tool_verb_unseal_credential,
	&tool_verb_pin_set,
	&tool_verb_pin_reset,
	&tool_verb_reseal,
	&tool_verb_policy_sign,
	&tool_verb_policy_update,
	&tool_verb_tripwire_accept,
	&tool_verb_rollback_accept,
	&tool_verb_migrate,
	&tool_verb_destroy,
	NULL,
};

const struct tool_verb *const *tool_verbs(void)
{
	return verbs;
}

static enum tool_exit version(void)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "signet %s\n", PACKAGE_VERSION);
	return tool_text_out(&text);
}

int main(int argc, char **argv)
{
	struct tool tool = { NULL };
	enum tool_wanted wanted = TOOL_HELP;
	enum tool_exit code;

	tool_io_start();
	tool_json_start();
	tool_log_gather();
	code = tool_options_read(&tool, argc, argv, &wanted);
	if (code != TOOL_OK)
		return code;
	switch (wanted) {
	case TOOL_HELP:
		return tool_options_help(&tool);
	case TOOL_VERSION:
		return version();
	case TOOL_RUN:
		break;
	}
	if (tool_terminal_there())
		sg_client_pin_ask(tool_hsm_pin);
	if (tool.verb->makes)
		code = tool_check_output();
	if (code == TOOL_OK)
		code = tool.verb->run(&tool);
	/* Wipes what is open; it fails only where C_Initialize was not reached. */
	(void)C_Finalize(NULL);
	return code;
}
