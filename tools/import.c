/* SPDX-License-Identifier: Apache-2.0
 *
 * signet import: take an Ed25519 key from standard input into the token. The key
 * never leaves guarded memory on its way.
 */
#include <string.h>
#include <unistd.h>

#include "crypto/ed25519.h"
#include "crypto/pkcs8.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/import.h"
#include "tools/io.h"
#include "tools/object.h"

#define INPUT_MAX (16 << 10)

static CK_BYTE ed25519[] = { SG_ED25519_OID };

static enum tool_exit wrong_kind(enum sg_err err, enum sg_pkcs8_kind kind)
{
	static const struct {
		const char *what;
		const char *advice;
	} kinds[] = {
		[SG_PKCS8_ED25519] = { "is a damaged key", NULL },
		[SG_PKCS8_ENCRYPTED] = {
			"is encrypted",
			"openssl pkcs8 -in key.pem | signet import --label NAME decrypts it on the way." },
		[SG_PKCS8_OPENSSH] = {
			"is in OpenSSH's own format",
			"On a copy of the file, ssh-keygen -p -m PKCS8 -N '' -f COPY writes PKCS#8; or "
			"make a new key with signet keygen." },
		[SG_PKCS8_OTHER_KEY] = {
			"is a key of another algorithm than Ed25519",
			"signet keygen makes a key that fits." },
		[SG_PKCS8_PUBLIC] = {
			"is a public key", "The private one is needed: a file that begins with "
			"-----BEGIN PRIVATE KEY-----." },
		[SG_PKCS8_UNKNOWN] = {
			"is no private key, or a damaged one",
			"openssl genpkey -algorithm Ed25519 writes the form that is wanted: PKCS#8, PEM "
			"or DER." },
	};

	if (err != SG_ERR_FORMAT)
		return tool_fail_err(err, "can't read the key");
	return tool_fail(TOOL_FAILED, kinds[kind].advice,
	                 "can't import: what is on standard input %s", kinds[kind].what);
}

/* What is imported. */
struct plan {
	struct sg_secret *pair;         /* 64 bytes */
	struct tool_guard guard;
};

/* Make both halves of the key. */
static CK_RV create(const struct tool *tool, struct sg_bytes label, struct sg_bytes id,
                    const void *arg, CK_OBJECT_HANDLE *private_key)
{
	const struct plan *plan = arg;
	const struct sg_secret *pair = plan->pair;
	struct sg_bytes point = sg_ed25519_public(pair);
	CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC_EDWARDS;
	CK_ATTRIBUTE private_template[11 + TOOL_GUARD_ATTRS] = {
		{ CKA_CLASS, &private_class, sizeof private_class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_PRIVATE, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_EC_PARAMS, ed25519, sizeof ed25519 },
		{ CKA_VALUE, pair->data, SG_ED25519_SEED },
		{ CKA_SIGN, &tool_true, sizeof tool_true },
		{ CKA_SENSITIVE, &tool_true, sizeof tool_true },
		{ CKA_EXTRACTABLE, &tool_false, sizeof tool_false },
	};
	CK_ATTRIBUTE public_template[] = {
		{ CKA_CLASS, &public_class, sizeof public_class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_TOKEN, &tool_true, sizeof tool_true },
		{ CKA_LABEL, (void *)label.data, label.len },
		{ CKA_ID, (void *)id.data, id.len },
		{ CKA_EC_PARAMS, ed25519, sizeof ed25519 },
		{ CKA_EC_POINT, (void *)point.data, point.len },
		{ CKA_VERIFY, &tool_true, sizeof tool_true },
	};
	CK_OBJECT_HANDLE public_key;
	CK_ULONG n = 11;
	CK_RV rv;

	tool_guard_put(&plan->guard, false, private_template, &n);
	rv = C_CreateObject(tool->session, private_template, n, private_key);
	if (!tool_rv_is_done(rv))
		return rv;
	tool_log_clear();               /* of what is counted or taken back by what follows */
	rv = C_CreateObject(tool->session, public_template,
	                    sizeof public_template / sizeof public_template[0], &public_key);
	/* Both or none; the second one that was counted has counted the first. */
	if (!tool_rv_is_done(rv) &&
	    !tool_rv_is_done(C_DestroyObject(tool->session, *private_key)))
		tool_note("the private half of the key could not be taken back: signet delete removes it");
	return rv;
}

static enum tool_exit run(struct tool *tool)
{
	static const struct tool_maker maker = {
		"taking the key", "Imported the Ed25519 key pair", "can't import", NULL, create,
	};
	struct plan plan = { .pair = NULL };
	struct sg_secret *input = NULL, *seed = NULL;
	enum sg_pkcs8_kind kind = SG_PKCS8_UNKNOWN;
	enum tool_exit code;
	enum sg_err err;

	if (tool_given(tool, OPT_TYPE) && strcmp(tool->value[OPT_TYPE], "hmac") == 0)
		return tool_import_hmac(tool);
	if (tool_given(tool, OPT_TYPE) && strcmp(tool->value[OPT_TYPE], "ed25519") != 0)
		return tool_fail(TOOL_USAGE, "A p256 key is made in the TPM, by signet keygen.",
		                 "--type is \"%s\", but must be ed25519 or hmac",
		                 tool->value[OPT_TYPE]);
	code = tool_check_stdin("signet import --label NAME < key.pem");
	if (code == TOOL_OK)
		code = tool_guard_read(tool, &plan.guard);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	err = sg_secret_read_fd(STDIN_FILENO, INPUT_MAX, &input);
	if (err == SG_ERR_RANGE)
		err = SG_ERR_FORMAT;
	if (err == SG_OK)
		err = sg_pkcs8_ed25519(sg_secret_bytes(input), &kind, &seed);
	if (err == SG_OK)
		err = sg_ed25519_from_seed(sg_secret_bytes(seed), &plan.pair);
	sg_secret_free(&input);
	sg_secret_free(&seed);
	code = err == SG_OK ? tool_object_make(tool, &maker, &plan) : wrong_kind(err, kind);
out:
	sg_secret_free(&plan.pair);
	tool_guard_clear(&plan.guard);
	return code;
}

const struct tool_verb tool_verb_import = {
	.name = "import",
	.summary = "take an Ed25519 key from standard input into the token",
	.usage = "--label NAME [--type ed25519|hmac] [--pcr BANK:PCRS] [--policy-key FILE]\n"
	         "                [--key-pin-file FILE] [--id HEX] [--token LABEL] [--pin-file FILE]\n"
	         "                [--json] < key.pem",
	.text = "The key is PKCS#8, PEM or DER, and not encrypted; with --type hmac it is a key for\n"
	        "HMAC, in hexadecimal digits or an API key bax-ID-DIGITS, whose digits are taken. Remove\n"
	        "the file afterwards: it still holds the key.",
	.example = "signet import --label machine < key.pem",
	.run = run,
	.options = { OPT_LABEL, OPT_TYPE, TOOL_GUARD_OPTIONS, OPT_ID, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_JSON },
	.required = { OPT_LABEL },
	.reads_stdin = true,
	.makes = true,
};
