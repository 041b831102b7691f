/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What members the four messages have, and their bounds.
 */
#include "enroll/message.h"

#include <string.h>

#include "crypto/digest.h"
#include "enroll/member.h"
#include "seal/policy.h"

#define AREA_MAX SG_NODE_KEY_MAX
#define ATTEST_MAX 1024
#define CREATION_MAX 1024               /* TPMS_CREATION_DATA */
#define CREDENTIAL_MAX 512              /* of TPM2B_ID_OBJECT, and of what an RSA key encrypts */
#define DUPLICATE_MAX 1024
#define REQUEST_MAX 8192
#define PCRS_MAX SG_POLICY_TEXT_MAX
#define URL_MAX 1024
#define NUMBER_MAX INT64_MAX            /* as JSON is read here */
#define LAST(n) ((n) - 1)

static const char *const origins[SG_ORIGINS] = {
	[SG_ORIGIN_ANY] = "any",
	[SG_ORIGIN_HOST] = "host",
	[SG_ORIGIN_TPM] = "tpm",
	[SG_ORIGIN_VAULT] = "vault",
};

static const char *const classes[SG_CLASSES] = {
	[SG_CLASS_MACHINE] = "machine",
	[SG_CLASS_AGENT] = "agent",
};

static const char *const levels[SG_LEVELS] = {
	[SG_LEVEL_NONE] = "none",
	[SG_LEVEL_ASSERTED] = "asserted",
	[SG_LEVEL_BORN] = "born",
	[SG_LEVEL_MINTED] = "minted",
};

static const char *const eks[SG_EKS] = {
	[SG_EK_P256] = "p256",
	[SG_EK_RSA2048] = "rsa2048",
};

/* A member of the structure S that is called the same there. */
#define MEMBER(name, kind, field, min, max) { name, &kind, offsetof(S, field), min, max, NULL }
#define NAMED(name, field, min, names) \
	{ name, &sg_enroll_name, offsetof(S, field), min, LAST(sizeof names / sizeof names[0]), \
	  names }

#define S struct sg_enroll_hello
static const struct sg_enroll_member hello_members[] = {
	MEMBER("token", sg_enroll_text, token, 1, SG_ENROLL_TEXT_MAX),
	MEMBER("host", sg_enroll_text, host, 1, SG_ENROLL_TEXT_MAX),
	MEMBER("software", sg_enroll_text, software, 1, SG_ENROLL_TEXT_MAX),
	NAMED("class", class, 0, classes),
	NAMED("origin", origin, 0, origins),
	MEMBER("nonce", sg_enroll_fixed, nonce, SG_ENROLL_NONCE, SG_ENROLL_NONCE),
	MEMBER("clock", sg_enroll_number, clock, 0, NUMBER_MAX),
	NAMED("ekKind", ek_kind, 0, eks),
	MEMBER("ek", sg_enroll_bytes, ek, 1, AREA_MAX),
	MEMBER("chain", sg_enroll_chain, chain, 0, SG_NODE_CERTIFICATE_MAX),
	MEMBER("ak", sg_enroll_bytes, ak, 1, AREA_MAX),
	MEMBER("parent", sg_enroll_bytes, parent, 1, AREA_MAX),
};
#undef S

#define S struct sg_enroll_challenge
static const struct sg_enroll_member challenge_members[] = {
	MEMBER("session", sg_enroll_fixed, session, SG_ENROLL_SESSION, SG_ENROLL_SESSION),
	MEMBER("nonce", sg_enroll_fixed, nonce, SG_ENROLL_NONCE, SG_ENROLL_NONCE),
	MEMBER("expires", sg_enroll_number, expires, 0, NUMBER_MAX),
	NAMED("origin", origin, SG_ORIGIN_HOST, origins),
	MEMBER("credential", sg_enroll_bytes, credential, 1, CREDENTIAL_MAX),
	MEMBER("credentialSeed", sg_enroll_bytes, credential_seed, 1, CREDENTIAL_MAX),
	MEMBER("lifetime", sg_enroll_number, lifetime, 0, NUMBER_MAX),
	MEMBER("pcrs", sg_enroll_text, pcrs, 0, PCRS_MAX),
	MEMBER("quote", sg_enroll_text, quote, 0, PCRS_MAX),
	MEMBER("eventLog", sg_enroll_flag, eventlog, 0, 1),
	MEMBER("object", sg_enroll_bytes, object, 0, AREA_MAX),
	MEMBER("duplicate", sg_enroll_bytes, duplicate, 0, DUPLICATE_MAX),
	MEMBER("seed", sg_enroll_bytes, seed, 0, CREDENTIAL_MAX),
	MEMBER("parentCredential", sg_enroll_bytes, parent_credential, 0, CREDENTIAL_MAX),
	MEMBER("parentCredentialSeed", sg_enroll_bytes, parent_credential_seed, 0, CREDENTIAL_MAX),
	MEMBER("key", sg_enroll_fixed, key, 0, SG_ENROLL_KEY_LEN),
};
#undef S

/* The proof stays last: it signs the others. */
#define S struct sg_enroll_evidence
static const struct sg_enroll_member evidence_members[] = {
	MEMBER("session", sg_enroll_fixed, session, SG_ENROLL_SESSION, SG_ENROLL_SESSION),
	MEMBER("opened", sg_enroll_fixed, opened, SG_ENROLL_HASH, SG_ENROLL_HASH),
	NAMED("origin", origin, SG_ORIGIN_HOST, origins),
	MEMBER("key", sg_enroll_fixed, key, SG_ENROLL_KEY_LEN, SG_ENROLL_KEY_LEN),
	MEMBER("object", sg_enroll_bytes, object, 1, AREA_MAX),
	MEMBER("creation", sg_enroll_bytes, creation, 0, CREATION_MAX),
	MEMBER("certified", sg_enroll_signed, certified, 0, ATTEST_MAX),
	MEMBER("steps", sg_enroll_text, steps, 0, SG_ENROLL_STEPS_MAX),
	MEMBER("label", sg_enroll_bytes, label, 0, SG_ENROLL_TEXT_MAX),
	MEMBER("quoted", sg_enroll_text, quoted, 0, PCRS_MAX),
	MEMBER("quote", sg_enroll_signed, quote, 0, ATTEST_MAX),
	MEMBER("eventLog", sg_enroll_bytes, eventlog, 0, SG_ENROLL_EVENTLOG_MAX),
	MEMBER("time", sg_enroll_signed, time, 0, ATTEST_MAX),
	MEMBER("request", sg_enroll_bytes, request, 0, REQUEST_MAX),
	MEMBER("proof", sg_enroll_fixed, proof, SG_ENROLL_PROOF_LEN, SG_ENROLL_PROOF_LEN),
};
#undef S

#define S struct sg_enroll_identity
static const struct sg_enroll_member identity_members[] = {
	MEMBER("id", sg_enroll_text, id, 1, SG_ENROLL_ID_MAX),
	MEMBER("name", sg_enroll_text, name, 1, SG_ENROLL_TEXT_MAX),
	MEMBER("vault", sg_enroll_text, vault, 1, SG_ENROLL_TEXT_MAX),
	MEMBER("apiUrl", sg_enroll_text, api_url, 1, URL_MAX),
	NAMED("class", class, 0, classes),
	NAMED("level", level, 0, levels),
	MEMBER("approved", sg_enroll_flag, approved, 0, 1),
	MEMBER("expires", sg_enroll_number, expires, 0, NUMBER_MAX),
	MEMBER("key", sg_enroll_fixed, key, SG_ENROLL_KEY_LEN, SG_ENROLL_KEY_LEN),
};
#undef S

#define FORM(name, members) { name, members, sizeof members / sizeof members[0] }

static const struct sg_enroll_form hello_form = FORM("hello", hello_members);
static const struct sg_enroll_form challenge_form = FORM("challenge", challenge_members);
static const struct sg_enroll_form evidence_form = FORM("evidence", evidence_members);
static const struct sg_enroll_form identity_form = FORM("identity", identity_members);

/* Return a name of a table; one of no number is that of none. */
static const char *name_of(const char *const *names, size_t n, size_t i)
{
	return i < n ? names[i] : "unknown";
}

static bool find(const char *const *names, size_t n, const char *name, size_t *out)
{
	for (*out = 0; *out < n; (*out)++)
		if (strcmp(names[*out], name) == 0)
			return true;
	return false;
}

const char *sg_enroll_origin_name(enum sg_enroll_origin origin)
{
	return name_of(origins, SG_ORIGINS, (size_t)origin);
}

enum sg_enroll_level sg_enroll_origin_level(enum sg_enroll_origin origin)
{
	static const enum sg_enroll_level proven[SG_ORIGINS] = {
		[SG_ORIGIN_HOST] = SG_LEVEL_ASSERTED,
		[SG_ORIGIN_TPM] = SG_LEVEL_BORN,
		[SG_ORIGIN_VAULT] = SG_LEVEL_MINTED,
	};

	return proven[origin];
}

const char *sg_enroll_class_name(enum sg_enroll_class class)
{
	return name_of(classes, SG_CLASSES, (size_t)class);
}

const char *sg_enroll_level_name(enum sg_enroll_level level)
{
	return name_of(levels, SG_LEVELS, (size_t)level);
}

bool sg_enroll_origin_find(const char *name, enum sg_enroll_origin *out)
{
	size_t i;
	const bool found = find(origins, SG_ORIGINS, name, &i);

	if (found)
		*out = (enum sg_enroll_origin)i;
	return found;
}

bool sg_enroll_class_find(const char *name, enum sg_enroll_class *out)
{
	size_t i;
	const bool found = find(classes, SG_CLASSES, name, &i);

	if (found)
		*out = (enum sg_enroll_class)i;
	return found;
}

bool sg_enroll_level_find(const char *name, enum sg_enroll_level *out)
{
	size_t i;
	const bool found = find(levels, SG_LEVELS, name, &i);

	if (found)
		*out = (enum sg_enroll_level)i;
	return found;
}

enum sg_err sg_enroll_hello_write(const struct sg_enroll_hello *hello, struct sg_buf *out)
{
	return sg_enroll_form_write(&hello_form, hello, out);
}

enum sg_err sg_enroll_challenge_write(const struct sg_enroll_challenge *challenge,
                                      struct sg_buf *out)
{
	return sg_enroll_form_write(&challenge_form, challenge, out);
}

enum sg_err sg_enroll_evidence_write(const struct sg_enroll_evidence *evidence,
                                     struct sg_buf *out)
{
	return sg_enroll_form_write(&evidence_form, evidence, out);
}

enum sg_err sg_enroll_identity_write(const struct sg_enroll_identity *identity,
                                     struct sg_buf *out)
{
	return sg_enroll_form_write(&identity_form, identity, out);
}

enum sg_enroll_reason sg_enroll_hello_read(struct sg_bytes json, struct sg_enroll_hello *hello)
{
	return sg_enroll_form_read(&hello_form, json, hello);
}

enum sg_enroll_reason sg_enroll_challenge_read(struct sg_bytes json,
                                               struct sg_enroll_challenge *challenge)
{
	return sg_enroll_form_read(&challenge_form, json, challenge);
}

enum sg_enroll_reason sg_enroll_evidence_read(struct sg_bytes json,
                                              struct sg_enroll_evidence *evidence)
{
	return sg_enroll_form_read(&evidence_form, json, evidence);
}

/* An id goes into header fields, files and addresses, so it is a plain name in all of them. */
static bool plain_id(struct sg_bytes id)
{
	static const char marks[] = { '-', '_', '.' };

	for (size_t i = 0; i < id.len; i++) {
		const char c = (char)id.data[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    (i == 0 || memchr(marks, c, sizeof marks) == NULL))
			return false;
	}
	return id.len > 0;
}

enum sg_enroll_reason sg_enroll_identity_read(struct sg_bytes json,
                                              struct sg_enroll_identity *identity)
{
	const enum sg_enroll_reason reason = sg_enroll_form_read(&identity_form, json, identity);

	return reason == SG_ENROLL_OK && !plain_id(sg_buf_bytes(&identity->id)) ? SG_ENROLL_FORMAT
	                                                                       : reason;
}

void sg_enroll_hello_clear(struct sg_enroll_hello *hello)
{
	sg_enroll_form_clear(&hello_form, hello);
	*hello = (struct sg_enroll_hello){ .class = SG_CLASS_MACHINE };
}

void sg_enroll_challenge_clear(struct sg_enroll_challenge *challenge)
{
	sg_enroll_form_clear(&challenge_form, challenge);
	*challenge = (struct sg_enroll_challenge){ .origin = SG_ORIGIN_ANY };
}

void sg_enroll_evidence_clear(struct sg_enroll_evidence *evidence)
{
	sg_enroll_form_clear(&evidence_form, evidence);
	*evidence = (struct sg_enroll_evidence){ .origin = SG_ORIGIN_ANY };
}

void sg_enroll_identity_clear(struct sg_enroll_identity *identity)
{
	sg_enroll_form_clear(&identity_form, identity);
	*identity = (struct sg_enroll_identity){ .class = SG_CLASS_MACHINE };
}

enum sg_err sg_enroll_evidence_digest(const struct sg_enroll_evidence *evidence,
                                      const uint8_t transcript[SG_ENROLL_HASH],
                                      uint8_t out[SG_ENROLL_HASH])
{
	static const char label[] = "signet enroll 1 proof";
	struct sg_buf bytes = { NULL, 0, 0 };
	struct sg_writer w = sg_writer(&bytes);
	enum sg_err err;

	sg_write_bytes(&w, sg_bytes(label, sizeof label));
	sg_write_bytes(&w, sg_bytes(transcript, SG_ENROLL_HASH));
	sg_enroll_form_bind(&evidence_form, LAST(evidence_form.n), evidence, &w);
	err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&bytes), out);
	sg_buf_free(&bytes);
	return err;
}

struct sg_bytes sg_enroll_message_trim(struct sg_bytes json)
{
	static const char white[] = { ' ', '\t', '\r', '\n' };

	while (json.len > 0 && memchr(white, json.data[0], sizeof white) != NULL)
		json = sg_bytes(json.data + 1, json.len - 1);
	while (json.len > 0 && memchr(white, json.data[json.len - 1], sizeof white) != NULL)
		json.len--;
	return json;
}
