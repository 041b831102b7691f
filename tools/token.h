/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Tokens: listing them, choosing the one that is meant, opening a session
 * and logging in. A PKCS#11 client, like any other.
 */
#ifndef TOOLS_TOKEN_H
#define TOOLS_TOKEN_H

#include "tools/tool.h"

#define TOOL_TOKEN_WHY 2048

/* One token that is there, readable or not. */
struct tool_token {
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
	CK_RV rv;                       /* of reading it; info is empty unless CKR_OK */
	enum sg_err err;                /* the cause */
	char why[TOOL_TOKEN_WHY];       /* what the library said about it */
};

struct tool_tokens {
	struct tool_token *list;
	size_t count;
	CK_SLOT_ID empty;               /* the first slot without a token */
};

enum tool_login {
	TOOL_NO_LOGIN,
	TOOL_LOGIN_IF_GIVEN,            /* only with --pin-file or --login */
	TOOL_LOGIN,                     /* where the token has a PIN */
};

/* Call C_Initialize, once. */
enum tool_exit tool_start(void);

/* List the tokens; free them with tool_tokens_free. */
enum tool_exit tool_tokens_read(struct tool_tokens *tokens);
void tool_tokens_free(struct tool_tokens *tokens);

/* Return the view of a padded field without its padding. */
struct sg_bytes tool_field(const unsigned char *field, size_t size);
#define TOOL_FIELD(array) tool_field(array, sizeof(array))

/* Choose the token that --token, or a pkcs11: URI, names, or the only one. */
enum tool_exit tool_token_choose(struct tool *tool);

/* Find core's token of the slot that was chosen, for what PKCS#11 has no call for;
 * sg_module_leave ends it. Errors: those of reading the token. */
struct sg_token;
enum sg_err tool_token_enter(const struct tool *tool, struct sg_token **token);

/* Make sure that the token that was chosen has a security officer, before anybody is asked for
 * that PIN: without one, every PIN is wrong. */
enum tool_exit tool_officer_needed(const struct tool *tool);

/* Choose, open a session with the flags, and log in. */
enum tool_exit tool_open(struct tool *tool, CK_FLAGS flags, enum tool_login login);

/* Tell about a PIN that was not taken, with the tries that are left. */
enum tool_exit tool_login_failed(struct tool *tool, CK_USER_TYPE user, CK_RV rv,
                                 const char *what);

/* Log in with the PIN of an option: CKU_USER or CKU_SO. */
enum tool_exit tool_log_in(struct tool *tool, CK_USER_TYPE user, enum tool_option option);

#endif
