/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The command line and the help.
 */
#include "tools/options.h"

#include <stdio.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/text.h"

#define VERB_WORDS 3
#define VERB_MAX 96
#define SECRET_MIN 22           /* digits of base64 for 16 bytes */

struct option_row {
	const char *name;
	const char *arg;                /* what its argument is called, or NULL */
	const char *help;
	bool repeats;                   /* it may be given several times: see tool_next */
};

static const struct option_row rows[OPT_COUNT] = {
	[OPT_AAD] = { "--aad", "TEXT", "text that the file is bound to; decrypt needs the same" },
	[OPT_ADDR] = { "--addr", "URL", "a server of the vault; may be given several times", true },
	[OPT_AGAIN] = { "--again", NULL, "enrol once more; the key of before stays in the token" },
	[OPT_ALLOW_HTTP] = { "--allow-http", NULL,
	                     "take http://127.0.0.1 and http://[::1], where nobody listens in" },
	[OPT_ALLOW_QUERY] = { "--allow-query", NULL,
	                      "a query string is signed as a part of the path; form vault" },
	[OPT_ALL_IN_ONE] = { "--all-in-one", "FILE",
	                     "write all shares, plain, to a new private file or to fd:N" },
	[OPT_API_URL] = { "--api-url", "URL", "where machines send their requests afterwards" },
	[OPT_APPROVE_BY_HAND] = { "--approve-by-hand", NULL,
	                          "each machine waits until somebody approves it" },
	[OPT_AS] = { "--as", "KIND",
	             "what the identifier is one of: machine, agent or tunnel; form vault" },
	[OPT_ASIDE] = { "--aside", NULL, "only the stores that were set aside when the token moved" },
	[OPT_BIND_PCRS] = { "--bind-pcrs", "BANK:PCRS",
	                    "PCRs that the key must be bound to, such as sha256:7" },
	[OPT_BODY] = { "--body", "FILE", "the body of the request; - for standard input" },
	[OPT_BY] = { "--by", "SPAN", "by how much, such as 30d" },
	[OPT_BY_CLOCK] = { "--by-clock", NULL, "the TPM's clock ends the key, too" },
	[OPT_CA] = { "--ca", "FILE", "who signed the server's certificate, instead of the machine's" },
	[OPT_CHALLENGE_LIFETIME] = { "--challenge-lifetime", "SPAN",
		"how long a challenge may be answered" },
	[OPT_CHECK] = { "--check", NULL, "only check that it can be unwrapped" },
	[OPT_CLASS] = { "--class", "CLASS", "whether it is a machine or an agent" },
	[OPT_COMPONENTS] = { "--components", "LIST",
	                     "what is signed, such as @method,@target-uri; form rfc9421" },
	[OPT_CURL] = { "--curl", NULL, "answer in the form that curl -K reads" },
	[OPT_DRY_RUN] = { "--dry-run", NULL, "change nothing, only tell what would be done" },
	[OPT_EKS] = { "--eks", "FILE", "the TPMs that are allowed, a line each" },
	[OPT_EK_CA] = { "--ek-ca", "FILE",
	                "certificates, in PEM, of authorities that the maker of the TPM has" },
	[OPT_EK_CHAIN] = { "--ek-chain", "FILE",
	                   "certificates, in PEM, between the TPM's and its maker's" },
	[OPT_EK_CRL] = { "--ek-crl", "FILE",
	                 "what the authorities of --ek-ca revoked: lists in PEM, or one in DER" },
	[OPT_ENV] = { "--env", "VARIABLE", "where the number of the descriptor stands" },
	[OPT_EVENT_LOG] = { "--event-log", "FILE",
	                    "what the firmware measured, instead of the kernel's file" },
	[OPT_EXTRACTABLE] = { "--extractable", NULL, "let the key leave the token wrapped" },
	[OPT_FAILURES] = { "--failures", "N", "how often a source may fail before it is locked out" },
	[OPT_FIELD] = { "--field", "NAME",
	                "where the key stands in an object of JSON: a name or a JSON pointer; "
	                "wrapped if not given" },
	[OPT_FD] = { "--fd", "N", "the number that the descriptor is to have" },
	[OPT_FORCE] = { "--force", NULL, "write binary output to a terminal" },
	[OPT_FORM] = { "--form", "FORM",
	               "what is signed, and in which fields: vault, rfc9421 or hmac" },
	[OPT_FORMAT] = { "--format", "FORMAT", "form of the output (or of --signature)" },
	[OPT_FROM] = { "--from", "FILE", "public key of Ed25519 that must have signed it" },
	[OPT_GUARD] = { "--guard", "TEXT", "from where and when a machine may ask" },
	[OPT_HEADER] = { "--header", "FIELD",
	                 "a field of the request, \"Name: value\"; may be given several times",
	                 true },
	[OPT_HEADS] = { "--heads", "FILE", "the signed heads of the log, a line each" },
	[OPT_HOSTS] = { "--hosts", "PATTERN",
	                "what host names are taken: * is any text, ? a character" },
	[OPT_ID] = { "--id", "HEX", "CKA_ID of the key; random if not given" },
	[OPT_IDENTITY] = { "--identity", "FILE",
	                   "identity.json, which has the identifier and the vault's address" },
	[OPT_IDENTITY_DIR] = { "--identity", "DIR",
	                       "where identity.json and private.pem are written" },
	[OPT_IN] = { "--in", "fd:N", "where the root is read from, instead of standard input" },
	[OPT_IN_FORMAT] = { "--in-format", "FORMAT", "what the root is read as: raw or base64" },
	[OPT_JSON] = { "--json", NULL, "answer in JSON" },
	[OPT_KEY_FILE] = { "--key-file", "FILE",
	                   "the private half of a key kept offline; may be given several times",
	                   true },
	[OPT_KEY_PIN_FILE] = { "--key-pin-file", "FILE",
	                       "where the PIN of the key's own is read from, as for --pin-file" },
	[OPT_LABEL] = { "--label", "NAME", "the label; that of a key that exists may be a pkcs11: URI" },
	[OPT_LEAVE] = { "--leave", "WAYS", "by which ways it may leave: recovery,send,deliver or none" },
	[OPT_LEAVE_BEHIND] = { "--leave-behind", NULL,
	                       "go on without what can't move; it stays in the old store" },
	[OPT_LEVEL] = { "--level", "LEVEL", "what must be proven: none, asserted, born or minted" },
	[OPT_LIFETIME] = { "--lifetime", "SECONDS", "how long the signature is good; form rfc9421" },
	[OPT_LISTEN] = { "--listen", "ADDRESS:PORT",
	                 "where to listen; port 0 is any that is free" },
	[OPT_LOGIN] = { "--login", NULL, "ask for the PIN, to see private objects too" },
	[OPT_MACHINE] = { "--machine", NULL, "a token without PIN, guarded by the TPM alone" },
	[OPT_MACHINES] = { "--machines", "FILE", "the machines that may sign, in JSON" },
	[OPT_MACHINE_LIFETIME] = { "--machine-lifetime", "SPAN",
	                           "how long a machine lives, such as 30d" },
	[OPT_MACHINE_NAME] = { "--machine-name", "TEMPLATE",
	                       "what machines are called, such as worker-{uuid8}" },
	[OPT_MAKER] = { "--maker", "NAME",
	                "a maker of TPMs that is allowed; may be given several times", true },
	[OPT_MEMBER_ID] = { "--id", "ID", "the identifier that the list shows" },
	[OPT_METHOD] = { "--method", "METHOD", "the method of the request, such as POST" },
	[OPT_HSM] = { "--hsm", "URI", "the HSM, as a pkcs11: URI; may be given several times" },
	[OPT_IN_HSM] = { "--in-hsm", NULL, "make the key in the HSM, where it stays and is used" },
	[OPT_IN_PLACE] = { "--in-place", "FILE", "rewrite this file" },
	[OPT_INVENTORY] = { "--inventory", "FILE",
	                    "every wrapped key there is; - for standard input" },
	[OPT_NEW] = { "--new", NULL, "wrap a new AES-256 key that nobody ever sees" },
	[OPT_NEW_LABEL] = { "--new-label", "LABEL", "the label of the new version" },
	[OPT_NEW_PIN_FILE] = { "--new-pin-file", "FILE", "where the new PIN is read from" },
	[OPT_NO_RECOVERY] = { "--no-recovery", NULL, "let it be lost with this machine" },
	[OPT_NONCE] = { "--nonce", "TEXT", "the nonce; random if not given" },
	[OPT_NONCES] = { "--nonces", "FILE",
	                 "where nonces are kept, so that a request is taken once" },
	[OPT_ORIGIN] = { "--origin", "ORIGIN", "who gives the key its secret: host, tpm or vault" },
	[OPT_OUT] = { "--out", "FILE", "where the private half goes: a new file, or tty" },
	[OPT_OUT_DIR] = { "--out-dir", "DIR", "the folder for encrypted shares, a file for each" },
	[OPT_NOT_NEEDED] = { "--not-needed", NULL, "what this version alone opens may be lost" },
	[OPT_OUTPUT] = { "--output", "FILE", "write to this new file, which appears when it is whole" },
	[OPT_OWNER_AUTH_FILE] = { "--owner-auth-file", "FILE",
	                          "password of the TPM's owner hierarchy, if it has one" },
	[OPT_PCR] = { "--pcr", "BANK:PCRS",
	              "PCRs that must have the values of now, for example sha256:7,11" },
	[OPT_PCR_VALUES] = { "--pcr-values", "FILE",
	                     "values that PCRs will have, as tpm2_pcrread writes them; - for "
	                     "standard input" },
	[OPT_PIN_FILE] = { "--pin-file", "FILE",
	                   "where the PIN is read from: a private file, - for standard input, "
	                   "fd:N, or tty" },
	[OPT_PIN_SOURCE] = { "--pin-source", "PLACE",
	                     "where programs find the PIN: file:/PATH or credential:NAME" },
	[OPT_PIN_TRIES] = { "--pin-tries", "N",
	                    "wrong PINs in a row that are taken, counted for this PIN alone" },
	[OPT_POLICY_KEY] = { "--policy-key", "FILE",
	                     "public key, in PEM, of who may sign PCR values" },
	[OPT_PUBLIC_KEY] = { "--public-key", "FILE",
	                     "public key of Ed25519 that must have signed it: PEM, raw, base64 or ssh" },
	[OPT_RATE] = { "--rate", "N", "how many requests of a source are taken in a minute" },
	[OPT_QUOTE_PCRS] = { "--quote-pcrs", "BANK:PCRS",
	                     "PCRs that must be quoted, also with values" },
	[OPT_RECOVERY_FILE] = { "--recovery-file", "FILE", "the root, closed for the recovery key" },
	[OPT_RECOVERY_KEY] = { "--recovery-key", "KEY",
	                       "public half of a key kept offline: signet1... or a file with it" },
	[OPT_REGISTRAR] = { "--registrar", "FILE",
	                    "where the registrar keeps tokens and machines" },
	[OPT_REPLACE] = { "--replace", NULL,
	                  "put it in the place of the one that is there, which is destroyed" },
	[OPT_REQUEST_ID] = { "--id", "ID", "the identifier that the vault gave to the machine" },
	[OPT_REQUIRE] = { "--require", "LIST",
	                  "what must have been signed, such as @method,@target-uri; form rfc9421" },
	[OPT_REQUIRE_EVENT_LOG] = { "--require-event-log", NULL,
	                            "and the event log that leads to them" },
	[OPT_ROLLBACK_PROTECTION] = { "--rollback-protection", NULL,
	                              "refuse older copies of the store, by a counter in the TPM" },
	[OPT_ROOT] = { "--root", "NAME", "the root, by its label or a pkcs11: URI" },
	[OPT_SCHEME] = { "--scheme", "SCHEME",
	                 "how the request came: https, or http; form rfc9421" },
	[OPT_SEALER] = { "--sealer", "NAME",
	                 "what seals the token: tpm, hsm, hsm+tpm (either opens it), or soft" },
	[OPT_SHARE_FILE] = { "--share-file", "FILE",
	                     "where the share is read from: as --pin-file" },
	[OPT_SHARE] = { "--share", "FILE",
	                "a private file with one share or more, - or fd:N; may be given several "
	                "times", true },
	[OPT_SHARE_KEY] = { "--share-key", "KEY",
	                    "public half of a person's key, for one share; once for each person",
	                    true },
	[OPT_SHARES] = { "--shares", "N", "among how many people the root is shared, 2 to 16" },
	[OPT_SHOW] = { "--show", "FILE", "print the URI in this key file; - for standard input" },
	[OPT_SIG_LABEL] = { "--sig-label", "LABEL",
	                    "the label of the signature in its fields; form rfc9421" },
	[OPT_SIGN_WITH] = { "--sign-with", "KEY", "Ed25519 key of the token that signs what is sent" },
	[OPT_SIGNATURE] = { "--signature", "FILE", "the signature, raw or in base64" },
	[OPT_SIGNATURES] = { "--signatures", "FILE", "signed PCR values, in JSON; - for standard input" },
	[OPT_SKEW] = { "--skew", "SECONDS", "how far its time may be from that of this machine" },
	[OPT_SO] = { "--so", NULL, "the security officer's PIN instead of the user's" },
	[OPT_SOURCES] = { "--sources", "RANGES",
	                  "from which addresses, such as 10.0.0.0/8,2001:db8::/32" },
	[OPT_SO_PIN_FILE] = { "--so-pin-file", "FILE",
	                      "where the security officer's PIN is read from" },
	[OPT_SOURCE] = { "--source", "ADDRESS", "where the request came from, such as 192.0.2.7" },
	[OPT_STDIN] = { "--stdin", NULL, "wrap the key whose bytes are on standard input" },
	[OPT_TAG] = { "--tag", "TEXT", "what the signature is for; form rfc9421" },
	[OPT_THRESHOLD] = { "--threshold", "K", "how many of them bring it back together" },
	[OPT_THROUGH] = { "--through", "FILE",
	                  "a wrapped key in between; may be given several times, in the order of "
	                  "the chain" },
	[OPT_TIMEOUT] = { "--timeout", "SECONDS", "how long a server is waited for" },
	[OPT_TIMESTAMP] = { "--timestamp", "SECONDS",
	                    "the time of it, in seconds since 1970; now if not given" },
	[OPT_TLS_CERT] = { "--tls-cert", "FILE",
	                   "the server's certificate, and those between it and the authority's, in PEM" },
	[OPT_TLS_KEY] = { "--tls-key", "FILE", "its key, in PEM: a private file" },
	[OPT_TO] = { "--to", "WHERE",
	             "where it goes: the sealer of a token, such as tpm, or the file of a node" },
	[OPT_TOKEN] = { "--token", "LABEL", "the token, by label, serial number or pkcs11: URI" },
	[OPT_TOKEN_FILE] = { "--token-file", "FILE",
	                     "the enrolment token: a private file, fd:N or -" },
	[OPT_TOKEN_NAME] = { "--name", "TEXT", "what the token is for" },
	[OPT_TPM] = { "--tpm", "TCTI", "the TPM, for example device:/dev/tpmrm0" },
	[OPT_TRUST] = { "--trust", "FINGERPRINT", "what signet root node shows on that machine" },
	[OPT_TRUST_PROXY] = { "--trust-proxy", "RANGES",
	                      "which proxies' word about the client is believed: 10.0.0.0/8" },
	[OPT_TYPE] = { "--type", "TYPE", "the kind of key: ed25519, p256 (keygen) or hmac (import)" },
	[OPT_UNIT] = { "--unit", "UNIT",
	               "a service that may have it; may be given several times", true },
	[OPT_URL] = { "--url", "URL", "where the request goes" },
	[OPT_USAGE] = { "--usage", "USE", "what the key is for: wrap, encrypt or both" },
	[OPT_USES] = { "--uses", "N", "how many machines may come by it" },
	[OPT_VALID] = { "--valid", "SPAN", "how long it is good, such as 10m or 24h" },
	[OPT_VAULT] = { "--vault", "NAME", "what the vault is called here" },
	[OPT_VERSION] = { "--version", "N", "the version of the root" },
	[OPT_WITHOUT_OFFICER] = { "--without-officer", NULL,
	                          "have no security officer from now on, whose PIN isn't given" },
	[OPT_YES] = { "--yes", NULL, "don't ask" },
};

/* What people try, and why it is not there. */
static const char *const pin_options[] = {
	"--pin", "--so-pin", "--new-pin", "--password", "--passphrase", "--owner-auth",
};

const char *tool_option_shown(enum tool_option option)
{
	static char shown[64];

	snprintf(shown, sizeof shown, "%s%s%s", rows[option].name,
	         rows[option].arg != NULL ? " " : "",
	         rows[option].arg != NULL ? rows[option].arg : "");
	return shown;
}

/* Tell whether a verb has more words, the first of which are these. */
static bool is_first_word(const struct tool_verb *verb, const char *word)
{
	size_t len = strlen(word);

	return strncmp(verb->name, word, len) == 0 && verb->name[len] == ' ';
}

/* A beginning says more than a distance. */
static const struct tool_verb *nearest_verb(const char *name)
{
	const struct tool_verb *best = NULL;
	size_t least = 3, len = strlen(name);

	for (const struct tool_verb *const *at = tool_verbs(); *at != NULL; at++) {
		size_t distance = tool_text_distance(name, (*at)->name, least);

		if (len >= 3 && strncmp((*at)->name, name, len) == 0)
			return *at;
		if (distance < least) {
			least = distance;
			best = *at;
		}
	}
	return best;
}

/* Tell whether a word has something like a share or a key, in digits or base64. It is not repeated,
 * since what is told stands in the journal of a service. */
static bool looks_secret(const char *word)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "abcdefghijklmnopqrstuvwxyz+/=";
	size_t run = 0;

	while (*word != '\0' && run < SECRET_MIN)
		run = strchr(digits, *word++) != NULL ? run + 1 : 0;
	return run == SECRET_MIN;
}

static enum tool_exit unknown_verb(const char *name)
{
	const struct tool_verb *near = nearest_verb(name);
	char advice[96] = "signet --help lists the verbs.";

	if (near != NULL)
		snprintf(advice, sizeof advice, "did you mean signet %s?", near->name);
	if (looks_secret(name))
		return tool_fail(TOOL_USAGE, advice, "there is no such verb; what was given is not "
		                 "repeated, it may be a secret");
	return tool_fail(TOOL_USAGE, advice, "there is no verb \"%s\"", name);
}

/* Who asks for help gets it, whatever else he wrote. */
static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* Join the first n words; the second may look like an option: "unseal --check" is what people
 * try. */
static void join_words(char **argv, int n, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < n && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? " " : "",
		                        argv[i] + (i > 0 && argv[i][0] == '-' ? strlen("--") : 0));
}

/* Count the words that may be of a verb. */
static int count_words(int argc, char **argv)
{
	int n = 1;

	while (n < argc && n < VERB_WORDS &&
	       (argv[n][0] != '-' || (n == 1 && strcmp(argv[n], "--check") == 0)))
		n++;
	return n;
}

static const struct tool_verb *verb_named(const char *name)
{
	for (const struct tool_verb *const *at = tool_verbs(); *at != NULL; at++)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	return NULL;
}

static bool is_group(const char *name)
{
	for (const struct tool_verb *const *at = tool_verbs(); *at != NULL; at++)
		if (is_first_word(*at, name))
			return true;
	return false;
}

/* Find the verb that most of the first arguments make; *used tells how many it took. Where help is
 * all that is asked for, the first words of several will do. */
static enum tool_exit find_verb(struct tool *tool, int argc, char **argv, bool asks, int *used)
{
	static char name[VERB_MAX];
	const int words = count_words(argc, argv);
	int of_group = 0;
	char advice[VERB_MAX + 32];

	for (*used = words; *used > 0; (*used)--) {
		join_words(argv, *used, name, sizeof name);
		tool->verb = verb_named(name);
		if (tool->verb != NULL)
			return TOOL_OK;
		if (of_group == 0 && is_group(name))
			of_group = *used;
	}
	*used = 1;
	if (of_group < words) {
		join_words(argv, of_group + 1, name, sizeof name);
		return unknown_verb(name);
	}
	/* Half a verb has a help of its own: of those that begin with it. */
	join_words(argv, of_group, name, sizeof name);
	*used = of_group;
	tool->group = name;
	if (asks || wants_help(argc, argv))
		return TOOL_OK;
	snprintf(advice, sizeof advice, "signet %s --help lists them.", name);
	return tool_fail(TOOL_USAGE, advice, "signet %s is followed by a %s word", name,
	                 of_group == 1 ? "second" : "third");
}

bool tool_verb_takes(const struct tool_verb *verb, enum tool_option option)
{
	for (size_t i = 0; i < TOOL_OPTIONS_MAX && verb->options[i] != OPT_END; i++)
		if (verb->options[i] == option)
			return true;
	return false;
}

static enum tool_exit unknown_option(const struct tool_verb *verb, const char *name)
{
	const char *near = NULL;
	char advice[128];
	size_t least = 4;

	for (size_t i = 0; i < sizeof pin_options / sizeof pin_options[0]; i++)
		if (strcmp(pin_options[i], name) == 0)
			return tool_fail(TOOL_USAGE,
			                 "Use --pin-file FILE, --pin-file fd:N, or let signet ask "
			                 "on the terminal.",
			                 "%s is not taken: every user of the machine can read "
			                 "arguments, and the shell keeps them", name);
	for (enum tool_option option = OPT_END + 1; option < OPT_COUNT; option++) {
		size_t distance;

		if (!tool_verb_takes(verb, option))
			continue;
		distance = tool_text_distance(name, rows[option].name, least);
		if (distance < least) {
			least = distance;
			near = rows[option].name;
		}
	}
	if (near != NULL)
		snprintf(advice, sizeof advice, "did you mean %s?", near);
	else
		snprintf(advice, sizeof advice, "signet %s --help lists its options.", verb->name);
	if (looks_secret(name))
		return tool_fail(TOOL_USAGE, advice, "signet %s has no such option; what was given is "
		                 "not repeated, it may be a secret", verb->name);
	return tool_fail(TOOL_USAGE, advice, "signet %s has no option %s", verb->name, name);
}

/* Append a value of an option that may be given several times. */
static enum tool_exit append(enum tool_option option, const char *value, const char **list,
                             size_t *n, size_t max)
{
	if (*n == max)
		return tool_fail(TOOL_USAGE, NULL, "%s is given more than %zu times",
		                 rows[option].name, max);
	list[(*n)++] = value;
	return TOOL_OK;
}

const char *tool_next(const struct tool *tool, enum tool_option option, size_t *at)
{
	while (*at < tool->repeats) {
		size_t i = (*at)++;

		if (tool->repeated[i].option == option)
			return tool->repeated[i].value;
	}
	return NULL;
}

/* Keep the value of an option. */
static enum tool_exit keep(struct tool *tool, enum tool_option option, const char *value)
{
	enum tool_exit code = TOOL_OK;

	if (option == OPT_THROUGH) {
		code = append(option, value, tool->through, &tool->throughs, TOOL_THROUGH_MAX);
	} else if (option == OPT_HSM) {
		code = append(option, value, tool->hsm, &tool->hsms, SG_CONFIG_HSMS);
	} else if (rows[option].repeats) {
		if (tool->repeats == TOOL_REPEATS_MAX)
			return tool_fail(TOOL_USAGE, NULL, "there are more than %d options",
			                 TOOL_REPEATS_MAX);
		tool->repeated[tool->repeats].option = option;
		tool->repeated[tool->repeats++].value = value;
	} else if (tool->value[option] != NULL) {
		return tool_fail(TOOL_USAGE, NULL, "%s is given twice", rows[option].name);
	}
	tool->value[option] = value;
	return code;
}

/* Tell whether a word is an option of the verb, with or without "=". */
static bool is_option(const struct tool_verb *verb, const char *word)
{
	size_t len = strcspn(word, "=");

	for (enum tool_option option = OPT_END + 1; option < OPT_COUNT; option++)
		if (strlen(rows[option].name) == len && memcmp(rows[option].name, word, len) == 0 &&
		    tool_verb_takes(verb, option))
			return true;
	return false;
}

/* Read one option with its argument, which may be the next word; *used tells how many it took. */
static enum tool_exit read_option(struct tool *tool, char **argv, int *used)
{
	const char *equals = strchr(argv[0], '=');
	enum tool_option option;
	char name[64];

	*used = 1;
	snprintf(name, sizeof name, "%.*s",
	         equals != NULL ? (int)(equals - argv[0]) : (int)sizeof name, argv[0]);
	for (option = OPT_END + 1; option < OPT_COUNT; option++)
		if (strcmp(rows[option].name, name) == 0 && tool_verb_takes(tool->verb, option))
			break;
	if (option == OPT_COUNT)
		return unknown_option(tool->verb, name);
	if (rows[option].arg == NULL) {
		if (equals != NULL)
			return tool_fail(TOOL_USAGE, NULL, "%s takes no argument", name);
		return keep(tool, option, "");
	}
	if (equals == NULL && argv[1] == NULL)
		return tool_fail(TOOL_USAGE, NULL, "%s must be followed by %s", name,
		                 rows[option].arg);
	*used = equals != NULL ? 1 : 2;
	if (tool->verb->filled && *(equals != NULL ? equals + 1 : argv[1]) == '\0')
		return tool_fail(TOOL_USAGE, "Leave an option out that isn't wanted.",
		                 "%s must be followed by %s, and is empty", name,
		                 rows[option].arg);
	return keep(tool, option, equals != NULL ? equals + 1 : argv[1]);
}

static bool from_stdin(const struct tool *tool, enum tool_option option)
{
	return tool_given(tool, option) && (strcmp(tool->value[option], "-") == 0 ||
	                                    strcmp(tool->value[option], "fd:0") == 0);
}

/* Check what all verbs have in common. */
static enum tool_exit check(const struct tool *tool)
{
	static const enum tool_option readers[] = {
		OPT_PIN_FILE, OPT_SO_PIN_FILE, OPT_NEW_PIN_FILE, OPT_OWNER_AUTH_FILE,
		OPT_KEY_PIN_FILE,
		OPT_INVENTORY, OPT_SHOW, OPT_SIGNATURE, OPT_SHARE_FILE, OPT_PCR_VALUES,
		OPT_BODY, OPT_IDENTITY, OPT_MACHINES, OPT_PUBLIC_KEY, OPT_TOKEN_FILE,
	};
	unsigned users = tool->verb->reads_stdin ? 1 : 0;

	for (size_t i = 0; i < 4 && tool->verb->required[i] != OPT_END; i++)
		if (!tool_given(tool, tool->verb->required[i]))
			return tool_fail(TOOL_USAGE, tool->verb->example, "signet %s needs %s",
			                 tool->verb->name,
			                 tool_option_shown(tool->verb->required[i]));
	if (tool->verb->argument != NULL && tool->argument == NULL)
		return tool_fail(TOOL_USAGE, tool->verb->example, "signet %s needs %s",
		                 tool->verb->name, tool->verb->argument);
	if (tool->verb->operands != NULL && tool->operand == NULL)
		return tool_fail(TOOL_USAGE, tool->verb->example, "signet %s needs -- and %s",
		                 tool->verb->name, tool->verb->operands);
	for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
		users += from_stdin(tool, readers[i]);
	for (size_t i = 0; i < tool->repeats; i++)
		users += strcmp(tool->repeated[i].value, "-") == 0 ||
		         strcmp(tool->repeated[i].value, "fd:0") == 0;
	for (size_t i = 0; i < tool->throughs; i++)
		users += strcmp(tool->through[i], "-") == 0;
	if (tool_given(tool, OPT_STDIN))
		users++;
	if (users > 1)
		return tool_fail(TOOL_USAGE, "A PIN can also come from a private file, fd:N or tty.",
		                 "two things can't both be read from standard input");
	return TOOL_OK;
}

static enum tool_exit misplaced(const struct tool_verb *verb, const char *word)
{
	/* Of these verbs it may be a share or a root in any form. */
	if (tool_verb_takes(verb, OPT_SHARE_FILE) || tool_verb_takes(verb, OPT_SHARE) ||
	    tool_verb_takes(verb, OPT_IN_FORMAT) || looks_secret(word))
		return tool_fail(TOOL_USAGE, NULL, "signet %s takes no argument but options, which "
		                 "begin with --; what was given is not repeated, it may be a secret",
		                 verb->name);
	return tool_fail(TOOL_USAGE, NULL, "signet %s takes no argument \"%s\"; options begin with "
	                 "--", verb->name, word);
}

static enum tool_exit read_rest(struct tool *tool, int argc, char **argv,
                                enum tool_wanted *wanted)
{
	enum tool_exit code = TOOL_OK;
	int used;

	if (!tool->verb->passes && wants_help(argc, argv)) {
		*wanted = TOOL_HELP;
		return TOOL_OK;
	}
	for (int i = 0; i < argc; i += used) {
		used = 1;
		if (tool->verb->passes && wants_help(1, argv + i)) {
			*wanted = TOOL_HELP;
			return TOOL_OK;
		}
		if (tool->verb->passes && strcmp(argv[i], "--") != 0 &&
		    !is_option(tool->verb, argv[i])) {
			tool->operand = &argv[i];
			break;
		}
		if (strcmp(argv[i], "--") == 0 && tool->verb->operands != NULL && argc > i + 1) {
			tool->operand = &argv[i + 1];
			break;
		}
		if (strcmp(argv[i], "--") == 0 && argc == i + 1)
			break;
		if (tool->verb->operands != NULL && argv[i][0] != '-')
			return tool_fail(TOOL_USAGE, tool->verb->example,
			                 "signet %s takes %s behind --", tool->verb->name,
			                 tool->verb->operands);
		if (tool->verb->argument != NULL && tool->argument == NULL && argv[i][0] != '-') {
			tool->argument = argv[i];
			continue;
		}
		if (strcmp(argv[i], "--") == 0 || argv[i][0] != '-' || argv[i][1] == '\0')
			return misplaced(tool->verb, argv[i][0] == '-' && argv[i][1] == '-'
			                                     ? argv[i + 1] : argv[i]);
		code = read_option(tool, &argv[i], &used);
		if (code != TOOL_OK)
			return code;
	}
	*wanted = TOOL_RUN;
	return check(tool);
}

enum tool_exit tool_options_read(struct tool *tool, int argc, char **argv,
                                 enum tool_wanted *wanted)
{
	enum tool_exit code;
	int used = 0;

	*wanted = TOOL_HELP;
	if (argc < 2)
		return tool_fail(TOOL_USAGE, "signet --help lists the verbs.", "a verb is missing");
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		*wanted = TOOL_VERSION;
		return TOOL_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return TOOL_OK;
	if (strcmp(argv[1], "help") == 0) {
		if (argc == 2 || wants_help(1, argv + 2))
			return TOOL_OK;
		return find_verb(tool, argc - 2, argv + 2, true, &used);
	}
	if (argv[1][0] == '-')
		return tool_fail(TOOL_USAGE, "signet VERB --option, and signet --help lists the verbs.",
		                 "the verb comes first, not %s", argv[1]);
	code = find_verb(tool, argc - 1, argv + 1, false, &used);
	if (code != TOOL_OK || tool->verb == NULL)
		return code;
	return read_rest(tool, argc - 1 - used, argv + 1 + used, wanted);
}

static enum tool_exit overview(void)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "signet keeps keys in a token that a TPM seals, and signs and unwraps "
	              "with them.\n\nUsage: signet VERB [--option VALUE]...\n\nVerbs:\n");
	for (const struct tool_verb *const *at = tool_verbs(); *at != NULL; at++)
		tool_text_add(&text, "  %-26s %s\n", (*at)->name, (*at)->summary);
	tool_text_add(&text, "\nsignet VERB --help shows the options of a verb and an example; "
	              "signet --version the version.\n\nExit codes:\n");
	for (enum tool_exit code = TOOL_OK; code < TOOL_EXITS; code++)
		tool_text_add(&text, "  %2d  %s\n", (int)code, tool_exit_text(code));
	tool_text_add(&text, "\nEnvironment: SIGNET_CONF names the configuration file, SIGNET_STATE "
	              "the folder of the tokens,\nSIGNET_TCTI the TPM. See signet(1) and "
	              "signet.conf(5).\n");
	return tool_text_out(&text);
}

/* List the verbs of two words that begin with this one. */
static void add_group(struct tool_text *text, const char *group)
{
	tool_text_add(text, "Verbs:\n");
	for (const struct tool_verb *const *at = tool_verbs(); *at != NULL; at++)
		if (is_first_word(*at, group))
			tool_text_add(text, "  %-26s %s\n", (*at)->name, (*at)->summary);
	tool_text_add(text, "\nsignet %s VERB --help shows the options of a verb.\n\nExamples:\n",
	              group);
	for (const struct tool_verb *const *at = tool_verbs(); *at != NULL; at++)
		if (is_first_word(*at, group))
			tool_text_add(text, "  %s\n", (*at)->example);
}

/* The help of verbs of two words, by the first of them. */
static enum tool_exit group_help(const char *group)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "Usage: signet %s VERB [--option VALUE]...\n\n", group);
	add_group(&text, group);
	return tool_text_out(&text);
}

/* Tell whether a verb of one word begins others. */
static bool has_group(const struct tool_verb *verb)
{
	for (const struct tool_verb *const *at = tool_verbs(); *at != NULL; at++)
		if (is_first_word(*at, verb->name))
			return true;
	return false;
}

enum tool_exit tool_options_help(const struct tool *tool)
{
	const struct tool_verb *verb = tool->verb;
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	if (verb == NULL)
		return tool->group != NULL ? group_help(tool->group) : overview();
	tool_text_add(&text, "signet %s: %s\n\nUsage: signet %s %s\n\n", verb->name, verb->summary,
	              verb->name, verb->usage);
	if (verb->text != NULL)
		tool_text_add(&text, "%s\n\n", verb->text);
	tool_text_add(&text, "Options:\n");
	for (size_t i = 0; i < TOOL_OPTIONS_MAX && verb->options[i] != OPT_END; i++)
		tool_text_add(&text, "  %-24s %s\n", tool_option_shown(verb->options[i]),
		              rows[verb->options[i]].help);
	tool_text_add(&text, "  %-24s %s\n\nExample:\n  %s\n", "--help", "this text",
	              verb->example);
	if (has_group(verb)) {
		tool_text_add(&text, "\n");
		add_group(&text, verb->name);
	}
	return tool_text_out(&text);
}
