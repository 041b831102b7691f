/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What the verbs of a registrar share: opening it as the options say. The key that signs
 * its log is used through PKCS#11, like every other.
 */
#ifndef TOOLS_REGISTRAR_H
#define TOOLS_REGISTRAR_H

#include "enroll/registrar.h"
#include "tools/tool.h"

/* The options that tool_registrar_open reads, for the lists of verbs. */
#define TOOL_REGISTRAR_OPTIONS \
	OPT_REGISTRAR, OPT_VAULT, OPT_API_URL, OPT_EK_CA, OPT_EK_CRL, OPT_SIGN_WITH, OPT_HEADS, \
		OPT_TOKEN, OPT_PIN_FILE, OPT_KEY_PIN_FILE

struct tool_registrar {
	struct tool *tool;
	CK_OBJECT_HANDLE key;           /* of --sign-with; 0: heads of the log are not signed */
	struct sg_registrar_signer signer;
	struct sg_buf authorities;      /* of --ek-ca */
	struct sg_buf revocations;      /* of --ek-crl */
	struct sg_registrar *registrar;
};

/* Open the registrar that --registrar, --vault and --api-url describe. It is told what fails. The
 * caller ends it with tool_registrar_close, also after an error. */
enum tool_exit tool_registrar_open(struct tool *tool, struct tool_registrar *out);

/* Sign the head of the log where something is new, and close. */
enum tool_exit tool_registrar_close(struct tool_registrar *registrar);

#endif
