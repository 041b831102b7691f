/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. What the verbs of a registrar share.
 */
#include "tools/registrar.h"

#include <string.h>
#include <time.h>

#include "enroll/audit.h"
#include "tools/fail.h"
#include "tools/fleet.h"
#include "tools/guard.h"
#include "tools/io.h"
#include "tools/object.h"
#include "tools/token.h"
#include "tools/unseal_client.h"
#include "tools/url.h"

#define AUTHORITIES_MAX ((size_t)4 << 20)
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define CHALLENGE_MAX 86400     /* seconds, of struct sg_registrar_config */

/* See struct sg_registrar_signer. */
static enum sg_err sign(void *context, struct sg_bytes message,
                        uint8_t signature[SG_FLEET_SIGNATURE])
{
	struct tool_registrar *r = context;
	CK_MECHANISM mechanism = { CKM_EDDSA, NULL, 0 };
	CK_ULONG len = SG_FLEET_SIGNATURE;
	CK_RV rv = tool_key_open(r->tool, r->key);

	if (rv == CKR_OK)
		rv = C_SignInit(r->tool->session, &mechanism, r->key);
	if (rv == CKR_OK)
		rv = C_Sign(r->tool->session, (CK_BYTE *)(uintptr_t)message.data, message.len,
		            signature, &len);
	return rv == CKR_OK && len == SG_FLEET_SIGNATURE ? SG_OK : SG_ERR_SYSTEM;
}

/* Find the key of --sign-with. */
static enum tool_exit open_signer(struct tool_registrar *r)
{
	struct tool *tool = r->tool;
	struct sg_buf point = { NULL, 0, 0 };
	enum tool_exit code = tool_open(tool, 0, TOOL_LOGIN);

	if (code == TOOL_OK)
		code = tool_find_one(tool, CKO_PRIVATE_KEY, tool->value[OPT_SIGN_WITH], &r->key);
	if (code == TOOL_OK)
		code = tool_public_key(tool, r->key, &point);
	if (code == TOOL_OK && point.len != sizeof r->signer.key)
		code = tool_fail(TOOL_MISMATCH, "signet keygen --label audit makes one.",
		                 "\"%s\" is no Ed25519 key", tool->value[OPT_SIGN_WITH]);
	if (code == TOOL_OK)
		memcpy(r->signer.key, point.data, sizeof r->signer.key);
	r->signer.sign = sign;
	r->signer.context = r;
	sg_buf_free(&point);
	return code;
}

/* Check what machines will be told: a name that can stand in a path, and the address of a server,
 * as signet request wants it of an identity. */
static enum tool_exit check_told(const struct tool *tool)
{
	const char *vault = tool->value[OPT_VAULT], *address = tool->value[OPT_API_URL];
	struct tool_url url;
	enum tool_exit code;

	if (vault[0] == '\0' || strlen(vault) > SG_ENROLL_TEXT_MAX ||
	    vault[strspn(vault, LETTERS "0123456789-._~")] != '\0' || vault[0] == '.')
		return tool_fail(TOOL_USAGE, "It stands in addresses: letters, digits, \"-\", \".\", "
		                 "\"_\" and \"~\", and no \".\" at the beginning.",
		                 "--vault is no name of a vault");
	code = unseal_client_check("--api-url", address, true);
	if (code != TOOL_OK)
		return code;
	code = tool_url_split(address, "--api-url", &url);
	if (code == TOOL_OK && url.target.len > 1)
		code = tool_fail(TOOL_USAGE, "Paths are put behind it: https://vault.example.org.",
		                 "--api-url is not the address of a server alone");
	tool_url_free(&url);
	return code;
}

static enum tool_exit fail_makers(const struct tool *tool)
{
	return tool_fail(TOOL_CONFIG, "--ek-ca wants certificates of makers of TPMs, in PEM.",
	                 "there is no certificate in %s, or a damaged one",
	                 tool->value[OPT_EK_CA]);
}

static enum tool_exit read_revocations(struct tool_registrar *out)
{
	const char *path = out->tool->value[OPT_EK_CRL];
	enum tool_exit code;

	if (!tool_given(out->tool, OPT_EK_CA))
		return tool_fail(TOOL_USAGE, NULL, "--ek-crl needs --ek-ca: who is not trusted has "
		                 "nothing to revoke");
	code = tool_read_file(path, SG_REVOCATIONS_MAX, &out->revocations);
	return code == TOOL_OK && out->revocations.len == 0
	               ? tool_fail(TOOL_CONFIG, NULL, "the file of --ek-crl is empty") : code;
}

/* Read the makers of TPMs that are trusted, and what they revoked. */
static enum tool_exit read_makers(struct tool_registrar *out)
{
	const struct tool *tool = out->tool;
	enum tool_exit code = TOOL_OK;

	if (tool_given(tool, OPT_EK_CA))
		code = tool_read_file(tool->value[OPT_EK_CA], AUTHORITIES_MAX, &out->authorities);
	if (code == TOOL_OK && tool_given(tool, OPT_EK_CA) && out->authorities.len == 0)
		code = fail_makers(tool);
	if (code == TOOL_OK && tool_given(tool, OPT_EK_CRL))
		code = read_revocations(out);
	return code;
}

/* A file elsewhere that is not there is told before anything is signed for it. */
static enum tool_exit check_heads(const struct tool *tool)
{
	const char *path = tool->value[OPT_HEADS];
	enum sg_err err;

	if (!tool_given(tool, OPT_HEADS))
		return TOOL_OK;
	if (!tool_given(tool, OPT_SIGN_WITH))
		return tool_fail(TOOL_USAGE, NULL, "--heads needs --sign-with: what is not signed "
		                 "proves nothing");
	tool_log_clear();
	err = sg_audit_writable(path);
	return err == SG_OK ? TOOL_OK
	                    : tool_fail(TOOL_STORE, "--heads names a file to which lines can be "
	                                "added; its folder must be there.",
	                                "can't keep heads of the log in %s", path);
}

enum tool_exit tool_registrar_open(struct tool *tool, struct tool_registrar *out)
{
	struct sg_registrar_config config = {
		.store = tool->value[OPT_REGISTRAR],
		.vault = tool->value[OPT_VAULT],
		.api_url = tool->value[OPT_API_URL],
		.heads = tool->value[OPT_HEADS],
	};
	int64_t seconds = 0;
	enum tool_exit code;
	enum sg_err err;

	*out = (struct tool_registrar){ .tool = tool };
	code = check_told(tool);
	if (code == TOOL_OK)
		code = tool_span_read(tool, OPT_CHALLENGE_LIFETIME, 0, &seconds);
	if (code != TOOL_OK)
		return code;
	if (seconds > CHALLENGE_MAX)
		return tool_fail(TOOL_USAGE, NULL, "--challenge-lifetime is at most a day");
	config.challenge_seconds = (uint32_t)seconds;
	code = check_heads(tool);
	if (code == TOOL_OK)
		code = read_makers(out);
	if (code == TOOL_OK && tool_given(tool, OPT_SIGN_WITH))
		code = open_signer(out);
	if (code != TOOL_OK)
		return code;
	config.authorities = sg_buf_bytes(&out->authorities);
	config.revocations = sg_buf_bytes(&out->revocations);
	config.signer = out->key != 0 ? &out->signer : NULL;
	tool_log_clear();
	tool_log_notices(true);
	err = sg_registrar_open(&config, &out->registrar);
	tool_log_notices(false);
	if (err == SG_ERR_FORMAT && tool_given(tool, OPT_EK_CRL))
		return tool_fail_err(err, "can't use the files of --ek-ca and --ek-crl");
	if (err == SG_ERR_FORMAT && tool_given(tool, OPT_EK_CA))
		return fail_makers(tool);
	return err == SG_OK ? TOOL_OK : tool_fleet_fail(err, config.store);
}

enum tool_exit tool_registrar_close(struct tool_registrar *registrar)
{
	enum sg_err err = SG_OK;

	if (registrar->registrar != NULL && registrar->key != 0)
		err = sg_registrar_sign(registrar->registrar, time(NULL));
	sg_registrar_close(&registrar->registrar);
	sg_buf_free(&registrar->authorities);
	sg_buf_free(&registrar->revocations);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't sign the head of the log");
}
