/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. One run of `signet`: its verb, its options, its session. Each verb is
 * one row in the file of its name; the help, the parser and the completion read
 * only these rows.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <stdbool.h>

#include "tools/exit.h"
#include "util/bytes.h"
#include "util/config.h"

enum tool_option {
	OPT_END,                /* ends the lists of a verb */
	OPT_AAD,
	OPT_ADDR,
	OPT_AGAIN,
	OPT_ALLOW_HTTP,
	OPT_ALLOW_QUERY,
	OPT_ALL_IN_ONE,
	OPT_API_URL,
	OPT_APPROVE_BY_HAND,
	OPT_AS,
	OPT_ASIDE,
	OPT_BIND_PCRS,
	OPT_BODY,
	OPT_BY,
	OPT_BY_CLOCK,
	OPT_CA,
	OPT_CHALLENGE_LIFETIME,
	OPT_CHECK,
	OPT_CLASS,
	OPT_COMPONENTS,
	OPT_CURL,
	OPT_DRY_RUN,
	OPT_EKS,
	OPT_EK_CA,
	OPT_EK_CHAIN,
	OPT_EK_CRL,
	OPT_ENV,
	OPT_EVENT_LOG,
	OPT_EXTRACTABLE,
	OPT_FAILURES,
	OPT_FIELD,
	OPT_FD,
	OPT_FORCE,
	OPT_FORM,
	OPT_FORMAT,
	OPT_FROM,
	OPT_GUARD,
	OPT_HEADER,
	OPT_HEADS,
	OPT_HOSTS,
	OPT_ID,
	OPT_IDENTITY,
	OPT_IDENTITY_DIR,
	OPT_IN,
	OPT_IN_FORMAT,
	OPT_JSON,
	OPT_KEY_FILE,
	OPT_KEY_PIN_FILE,
	OPT_LABEL,
	OPT_LEAVE,
	OPT_LEAVE_BEHIND,
	OPT_LEVEL,
	OPT_LIFETIME,
	OPT_LISTEN,
	OPT_LOGIN,
	OPT_MACHINE,
	OPT_MACHINES,
	OPT_MACHINE_LIFETIME,
	OPT_MACHINE_NAME,
	OPT_MAKER,
	OPT_MEMBER_ID,
	OPT_METHOD,
	OPT_HSM,
	OPT_IN_HSM,
	OPT_IN_PLACE,
	OPT_INVENTORY,
	OPT_NEW,
	OPT_NEW_LABEL,
	OPT_NEW_PIN_FILE,
	OPT_NO_RECOVERY,
	OPT_NONCE,
	OPT_NONCES,
	OPT_ORIGIN,
	OPT_OUT,
	OPT_OUT_DIR,
	OPT_NOT_NEEDED,
	OPT_OUTPUT,
	OPT_OWNER_AUTH_FILE,
	OPT_PCR,
	OPT_PCR_VALUES,
	OPT_PIN_FILE,
	OPT_PIN_SOURCE,
	OPT_PIN_TRIES,
	OPT_POLICY_KEY,
	OPT_PUBLIC_KEY,
	OPT_RATE,
	OPT_QUOTE_PCRS,
	OPT_RECOVERY_FILE,
	OPT_RECOVERY_KEY,
	OPT_REGISTRAR,
	OPT_REPLACE,
	OPT_REQUEST_ID,
	OPT_REQUIRE,
	OPT_REQUIRE_EVENT_LOG,
	OPT_ROLLBACK_PROTECTION,
	OPT_ROOT,
	OPT_SCHEME,
	OPT_SEALER,
	OPT_SHARE_FILE,
	OPT_SHARE,
	OPT_SHARE_KEY,
	OPT_SHARES,
	OPT_SHOW,
	OPT_SIG_LABEL,
	OPT_SIGN_WITH,
	OPT_SIGNATURE,
	OPT_SIGNATURES,
	OPT_SKEW,
	OPT_SO,
	OPT_SOURCES,
	OPT_SO_PIN_FILE,
	OPT_SOURCE,
	OPT_STDIN,
	OPT_TAG,
	OPT_THRESHOLD,
	OPT_THROUGH,
	OPT_TIMEOUT,
	OPT_TIMESTAMP,
	OPT_TLS_CERT,
	OPT_TLS_KEY,
	OPT_TO,
	OPT_TOKEN,
	OPT_TOKEN_FILE,
	OPT_TOKEN_NAME,
	OPT_TPM,
	OPT_TRUST,
	OPT_TRUST_PROXY,
	OPT_TYPE,
	OPT_UNIT,
	OPT_URL,
	OPT_USAGE,
	OPT_USES,
	OPT_VALID,
	OPT_VAULT,
	OPT_VERSION,
	OPT_WITHOUT_OFFICER,
	OPT_YES,
	OPT_COUNT
};

#define TOOL_THROUGH_MAX 8
#define TOOL_REPEATS_MAX 256            /* values of options that may be given several times */
#define TOOL_OPTIONS_MAX 32

struct tool;

struct tool_verb {
	const char *name;               /* one to three words */
	const char *summary;            /* a line of the overview */
	const char *usage;              /* what stands behind the name */
	const char *text;               /* what else the help says, or NULL */
	const char *example;
	enum tool_exit (*run)(struct tool *tool);
	enum tool_option options[TOOL_OPTIONS_MAX];     /* those it takes */
	enum tool_option required[4];
	bool reads_stdin;               /* so no secret can be read from there */
	bool filled;                    /* no option is empty, as it is by a variable of a script
	                                 * that is not set: it would take a limit away */
	bool makes;                     /* and then tells what, so that must be possible */
	const char *argument;           /* the one word that it takes: "URL"; NULL: none */
	const char *operands;           /* what stands behind "--": "COMMAND"; NULL: nothing may */
	bool passes;                    /* they begin at the first word that is no option, too */
};

/* One run. */
struct tool {
	const struct tool_verb *verb;
	const char *group;              /* the first words of a verb whose last is missing */
	const char *argument;           /* of the verb, or NULL */
	const char *value[OPT_COUNT];   /* NULL: not given; "" for an option without argument */
	const char *through[TOOL_THROUGH_MAX];
	size_t throughs;
	const char *hsm[SG_CONFIG_HSMS];
	size_t hsms;
	struct {
		enum tool_option option;
		const char *value;
	} repeated[TOOL_REPEATS_MAX];   /* the other options that may be given several times */
	size_t repeats;
	char **operand;                 /* those behind "--", ended by NULL; NULL: there are none */

	/* Set by tool_open. */
	CK_SLOT_ID slot;
	CK_TOKEN_INFO token;
	CK_SESSION_HANDLE session;
	bool logged_in;
};

static inline bool tool_given(const struct tool *tool, enum tool_option option)
{
	return tool->value[option] != NULL;
}

/* Return the next value of an option that may be given several times, or NULL; *at is 0 before
 * the first. */
const char *tool_next(const struct tool *tool, enum tool_option option, size_t *at);

/* The overview and the verbs, each in the file of its name. */
extern const struct tool_verb tool_verb_audit_verify, tool_verb_curl, tool_verb_decrypt,
	tool_verb_delete,
	tool_verb_destroy,
	tool_verb_doctor, tool_verb_encrypt, tool_verb_enroll,
	tool_verb_enroll_answer, tool_verb_enroll_begin, tool_verb_enroll_ek,
	tool_verb_enroll_finish,
	tool_verb_import, tool_verb_init,
	tool_verb_key_file,
	tool_verb_keygen, tool_verb_list, tool_verb_migrate, tool_verb_pin_reset, tool_verb_pin_set,
	tool_verb_policy_sign, tool_verb_policy_update, tool_verb_pubkey, tool_verb_recovery_key,
	tool_verb_registrar_begin, tool_verb_registrar_finish, tool_verb_registrar_serve,
	tool_verb_registrar_token_create, tool_verb_registrar_token_list,
	tool_verb_registrar_token_revoke,
	tool_verb_request_sign, tool_verb_request_verify, tool_verb_reseal,
	tool_verb_rollback_accept, tool_verb_root_create, tool_verb_root_import,
	tool_verb_root_list, tool_verb_root_node, tool_verb_root_receive,
	tool_verb_root_send, tool_verb_root_recover, tool_verb_root_rehearse,
	tool_verb_root_retire, tool_verb_root_rewrap, tool_verb_root_rotate,
	tool_verb_root_share, tool_verb_sign,
	tool_verb_status, tool_verb_tripwire_accept,
	tool_verb_unseal_add, tool_verb_unseal_check,
	tool_verb_unseal_list, tool_verb_unseal_remove, tool_verb_unseal_vault,
	tool_verb_unseal_credential, tool_verb_unseal_exec,
	tool_verb_unwrap, tool_verb_verify, tool_verb_wrap;

/* Return all verbs, ended by NULL, in the order of the overview. */
const struct tool_verb *const *tool_verbs(void);

#endif
