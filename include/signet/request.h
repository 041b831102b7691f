/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed HTTP requests: what is signed, the header fields that carry a signature, and reading
 * them again. This header is the manual of libsignet-request, which needs no token, no TPM and
 * no configuration; pkg-config calls it signet-request. It never opens a connection, never
 * sends anything and keeps no key: who signs is a function of the caller.
 *
 * A program that signs fills a struct sg_request_message and a struct sg_request_signing, calls
 * sg_request_sign and adds the header fields that come back. A server fills the same message,
 * or has sg_request_parse fill it from the bytes of a connection, calls sg_request_read and
 * checks the signature; "Verifying as a server" below does that with all that belongs to it.
 *
 * Text is bytes with a length, nothing is changed that a caller gave, and what comes back lies
 * in memory of its own. Any number of threads may call any function, each with its own objects.
 *
 * A program goes on running with later versions of the library, whose structs have more members:
 *
 *  - what the library makes and frees (heads, signatures, verdicts, and the machine that a lookup
 *    fills) grows at the end, so don't make or copy one, or take its size;
 *  - what the caller has and may grow begins with size, which he sets to its sizeof. A size
 *    that isn't known is refused with SG_REQUEST_ARGUMENT;
 *  - texts, fields, structured fields and messages stay as they are for ever.
 */
#ifndef SIGNET_REQUEST_H
#define SIGNET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SG_REQUEST_API __attribute__((visibility("default")))
#define SG_REQUEST_USE SG_REQUEST_API __attribute__((warn_unused_result))

/* The bounds, in bytes where nothing else is said. What is longer is refused with
 * SG_REQUEST_TOO_LONG, what is more with SG_REQUEST_TOO_MANY. A body has no bound. */
#define SG_REQUEST_METHOD_MAX 32
#define SG_REQUEST_TARGET_MAX 8192
#define SG_REQUEST_AUTHORITY_MAX 300
#define SG_REQUEST_NAME_MAX 128         /* the name of a header field */
#define SG_REQUEST_VALUE_MAX 16384      /* one line of a header field */
#define SG_REQUEST_FIELDS_MAX 256       /* header fields */
#define SG_REQUEST_HEAD_MAX 65536       /* request line and header fields */
#define SG_REQUEST_ID_MAX 256           /* of a machine or a key */
#define SG_REQUEST_NONCE_MAX 256
#define SG_REQUEST_LABEL_MAX 64
#define SG_REQUEST_TAG_MAX 256
#define SG_REQUEST_COMPONENTS_MAX 64    /* covered components of one signature */
#define SG_REQUEST_LABELS_MAX 16        /* signatures of one request */
#define SG_REQUEST_SIGNATURE_MAX 64     /* Ed25519; a code of HMAC-SHA-256 has 32 */
#define SG_REQUEST_TIME_MAX 999999999999999     /* Unix seconds [RFC 9651 §3.3.1] */

/* A borrowed text; whoever made it keeps it alive. It needs no final zero. data may be NULL
 * only when len is 0. */
struct sg_request_text {
	const char *data;
	size_t len;
};

/* Make a text of a string; NULL gives an empty one. */
static inline struct sg_request_text sg_request_text(const char *string)
{
	struct sg_request_text text = { string, string == NULL ? 0 : strlen(string) };

	return text;
}

/* What every function that can fail returns: SG_REQUEST_OK, or why not. Each has a short name
 * for programs and a sentence for people. Numbers never change and are never used again; later
 * versions have others, so print a reason that you don't know by its name. */
enum sg_request_reason {
	SG_REQUEST_OK = 0,

	/* The caller and the machine. */
	SG_REQUEST_ARGUMENT = 1,        /* an argument has an impossible value */
	SG_REQUEST_NOMEM = 2,           /* memory is exhausted */
	SG_REQUEST_CRYPTO = 3,          /* a cryptographic library failed */
	SG_REQUEST_SIGNER = 4,          /* the caller's function made no signature */

	/* A request that none should send. */
	SG_REQUEST_TOO_LONG = 20,       /* a part is longer than its bound */
	SG_REQUEST_TOO_MANY = 21,       /* more parts than there may be */
	SG_REQUEST_METHOD = 22,         /* the method is no token */
	SG_REQUEST_TARGET = 23,         /* the target has none of its four forms */
	SG_REQUEST_SCHEME = 24,         /* the scheme is needed, and is none or not known */
	SG_REQUEST_AUTHORITY = 25,      /* the host is needed, and is none, bad or contradictory */
	SG_REQUEST_FIELD_NAME = 26,     /* the name of a header field is no token */
	SG_REQUEST_FIELD_VALUE = 27,    /* the value of a header field has a control byte */

	/* The head of a request [RFC 9112]. */
	SG_REQUEST_INCOMPLETE = 40,     /* the head has not ended yet */
	SG_REQUEST_LINE = 41,           /* the first line is no request line */
	SG_REQUEST_VERSION = 42,        /* not HTTP/1.0 or HTTP/1.1 */
	SG_REQUEST_LINE_END = 43,       /* a line ends with something else than CR LF */
	SG_REQUEST_FOLDED = 44,         /* a header field goes on in a second line */
	SG_REQUEST_COLON = 45,          /* a header line without a colon, or a space before it */
	SG_REQUEST_CONTENT_LENGTH = 46, /* the length of the body is no number, or given twice */
	SG_REQUEST_TRANSFER_CODING = 47, /* a transfer coding other than chunked alone */
	SG_REQUEST_FRAMING = 48,        /* both a length and a transfer coding */

	/* The fields of a signature. */
	SG_REQUEST_UNSIGNED = 60,       /* there is no signature */
	SG_REQUEST_FORMS = 61,          /* there are signatures of more than one form */
	SG_REQUEST_MISSING = 62,        /* a header field of the form is missing */
	SG_REQUEST_REPEATED = 63,       /* a header field is there twice that may be there once */
	SG_REQUEST_ID = 64,             /* the identifier is empty or has odd characters */
	SG_REQUEST_IDS_DIFFER = 65,     /* two header fields name different identifiers */
	SG_REQUEST_TIMESTAMP = 66,      /* the time is not written as the form wants it */
	SG_REQUEST_NONCE = 67,          /* the nonce is empty or has odd characters */
	SG_REQUEST_ENCODING = 68,       /* the signature is not written as the form wants it */
	SG_REQUEST_QUERY = 69,          /* a query string where the form has none */
	SG_REQUEST_DIGEST_FORM = 70,    /* Content-Digest is none that can be checked */
	SG_REQUEST_DIGEST = 71,         /* Content-Digest is not of this body */

	/* HTTP message signatures [RFC 9421]. */
	SG_REQUEST_STRUCTURED = 80,     /* a header field is no structured field */
	SG_REQUEST_LABEL = 81,          /* no signature of that label or tag, or more than one */
	SG_REQUEST_COMPONENT = 82,      /* a covered component that is none, or is none here */
	SG_REQUEST_COMPONENT_TWICE = 83, /* a component is covered twice */
	SG_REQUEST_COMPONENT_ABSENT = 84, /* a covered component is not in the request */
	SG_REQUEST_COMPONENT_AMBIGUOUS = 85, /* a covered query parameter is there more than once */
	SG_REQUEST_COMPONENT_TYPE = 86, /* of a field it is not known how it is structured */
	SG_REQUEST_PARAMETER = 87,      /* a parameter of the signature that is none, or mistyped */
	SG_REQUEST_ALGORITHM = 88,      /* an algorithm that is not done here */
	SG_REQUEST_EXPIRES = 89,        /* the signature would end before it began */
	SG_REQUEST_UNCOVERED = 90,      /* what must be covered is not */

	/* The check. */
	SG_REQUEST_KEY = 100,           /* the key is none, or is not for this form */
	SG_REQUEST_SIGNATURE = 101,     /* the signature is not of this request and this key */

	/* A server's answer, see "Verifying as a server". */
	SG_REQUEST_LOCKED_OUT = 120,    /* the source failed too often and has to wait */
	SG_REQUEST_UNKNOWN = 121,       /* there is no such machine */
	SG_REQUEST_DISABLED = 122,      /* the machine is not enabled */
	SG_REQUEST_REVOKED = 123,       /* the machine's key is revoked */
	SG_REQUEST_NOT_YET = 124,       /* the machine's time has not begun */
	SG_REQUEST_ENDED = 125,         /* the machine's time has ended */
	SG_REQUEST_UNDATED = 126,       /* nothing says when the request was signed */
	SG_REQUEST_EARLY = 127,         /* signed too far in the future */
	SG_REQUEST_LATE = 128,          /* signed too long ago, or the signature has expired */
	SG_REQUEST_DENIED = 129,        /* the caller's check denies it */
	SG_REQUEST_REPLAYED = 130,      /* the nonce or the signature was used before */
	SG_REQUEST_UNSURE = 131,        /* it can't be known whether it was used before */
	SG_REQUEST_NONCES_FULL = 132,   /* the store of nonces holds as many as it may */
	SG_REQUEST_NONCES = 133,        /* the store of nonces can't be read or written */
	SG_REQUEST_LOOKUP = 134,        /* the caller's function could not look the machine up */
};

/* Return the short lower-case name of a reason, as --json prints it. */
SG_REQUEST_API const char *sg_request_reason_name(enum sg_request_reason reason);

/* Return one sentence that says what is wrong, without a final full stop. */
SG_REQUEST_API const char *sg_request_reason_sentence(enum sg_request_reason reason);

/* ---- Forms --------------------------------------------------------------------------------
 *
 * A form says which bytes are signed and which header fields carry the signature.
 *
 * vault: Ed25519 over
 *
 *     METHOD:path:timestamp:nonce:bodyhash
 *
 *   in ASCII without an end of line. path is the target as it is sent (of an absolute one what
 *   follows the host, "/" where nothing does); timestamp is Unix seconds in decimal; nonce is
 *   opaque text of visible ASCII without a colon, since with one the same bytes could be read in
 *   two ways; bodyhash is the SHA-256 of the exact body in lower-case hexadecimal, of no bytes
 *   where there is no body. The fields are X-Machine-Id, X-Timestamp, X-Nonce, X-Signature
 *   (base64 of 64 bytes). Instead of X-Machine-Id a reader takes X-Agent-Id or X-Tunnel-Id; where
 *   several are there, they must be the same text. The host, the identifier and all other fields
 *   are not signed. The clients in the field refuse to sign a path with a query string, and so
 *   does this library, and refuses to read one, unless SG_REQUEST_ALLOW_QUERY says that both
 *   sides sign the query string as part of path.
 *
 * rfc9421: HTTP message signatures [RFC 9421] with the algorithm ed25519, and Content-Digest
 *   [RFC 9530] with sha-256 or sha-512 over the body. The fields are Signature-Input, Signature
 *   and, where there is a body, Content-Digest. Any number of signatures with different labels
 *   may be there. Covered components are all that a request has: @method, @target-uri,
 *   @authority, @scheme, @request-target, @path, @query, @query-param with its name, and header
 *   fields, plain or with sf, key or bs. Those of a response (@status, req) and of trailers (tr)
 *   are refused. In @target-uri and @authority scheme and host are in lower case and without the
 *   scheme's own port; every other byte of a target is as it is sent.
 *
 * hmac: HMAC-SHA-256 over
 *
 *     METHOD\npath\nquery\ntimestamp\nbodyhash
 *
 *   where path is as in vault, without the query string; query has the parameters of the query
 *   string, each decoded, encoded again (letters, digits and -._~ stay, a space is +, all else
 *   %XX) and with its equals sign, in order of their bytes with & between; timestamp is UTC as
 *   2026-11-22T01:02:03Z; and bodyhash is as in vault. The product's clients differ in how they
 *   encode other characters than letters, digits and -._~ so a query string should have no
 *   others. The fields are X-Bella-Key-Id, X-Bella-Timestamp and X-Bella-Signature (lower-case
 *   hexadecimal).
 *   There is no nonce: the signature itself is all that tells two requests apart.
 */
enum sg_request_form {
	SG_REQUEST_ANY = 0,             /* reading: the one whose fields are there */
	SG_REQUEST_VAULT,
	SG_REQUEST_RFC9421,
	SG_REQUEST_HMAC,
};

/* Return the name of a form as written above, NULL for none. */
SG_REQUEST_API const char *sg_request_form_name(enum sg_request_form form);

/* Find a form by its name. Errors: ARGUMENT for a name that none has. */
SG_REQUEST_USE enum sg_request_reason sg_request_form_find(const char *name,
                                                           enum sg_request_form *form);

/* ---- Bodies -------------------------------------------------------------------------------
 *
 * Of a body only its digest is needed, which is made of any number of parts, so that a body may
 * come from a stream and be of any size.
 */
#define SG_REQUEST_SHA256 1u
#define SG_REQUEST_SHA512 2u

/* What is known of a body. A caller may fill it by himself. All zero but size is right. */
struct sg_request_digest {
	size_t size;                    /* sizeof (struct sg_request_digest) */
	uint64_t length;                /* bytes of the body */
	unsigned have;                  /* SG_REQUEST_SHA256, SG_REQUEST_SHA512 or both */
	uint8_t sha256[32];
	uint8_t sha512[64];
};

/* A body that is being read. */
struct sg_request_body;

/* Start a body; the caller ends it with sg_request_body_free. digests says which are wanted, 0
 * is SHA-256, which every form takes. Errors: ARGUMENT, NOMEM, CRYPTO. */
SG_REQUEST_USE enum sg_request_reason sg_request_body_new(unsigned digests,
                                                          struct sg_request_body **body);

/* Take the next len bytes. Errors: CRYPTO. */
SG_REQUEST_USE enum sg_request_reason sg_request_body_add(struct sg_request_body *body,
                                                          const void *data, size_t len);

/* Write the digests of all that was added into *digest, whose size the caller has set; the body can
 * only be freed afterwards. Errors: ARGUMENT for a size that isn't known, CRYPTO. */
SG_REQUEST_USE enum sg_request_reason sg_request_body_end(struct sg_request_body *body,
                                                          struct sg_request_digest *digest);

/* Free; NULL and a pointer to NULL are fine. */
SG_REQUEST_API void sg_request_body_free(struct sg_request_body **body);

/* Make the digests of a body that is whole in memory, as the four before do. */
SG_REQUEST_USE enum sg_request_reason sg_request_body_once(unsigned digests, const void *data,
                                                           size_t len,
                                                           struct sg_request_digest *digest);

/* ---- Messages ----------------------------------------------------------------------------- */

/* A header field; repeated ones are several of them, in their order. Around the value there may
 * be spaces and tabs. A value may have been folded (CR LF and a space or tab within), which is
 * signed as one space; every other control byte but a tab is refused. */
struct sg_request_field {
	struct sg_request_text name;    /* in any case */
	struct sg_request_text value;
};

/* A request. All views are the caller's. A server behind a proxy gives scheme and authority as the
 * client knows them. */
struct sg_request_message {
	struct sg_request_text method;  /* "GET"; case matters */

	/* Exactly as in the request line: "/path?query", "http://host/path", "host:443" or "*"
	 * [RFC 9112 §3.2]. Its percent-encoding is never touched, so what is signed is what is
	 * sent. */
	struct sg_request_text target;

	/* "https" or "http". Empty where it isn't known: then @scheme and @target-uri cannot be
	 * covered, unless the target names it. */
	struct sg_request_text scheme;

	/* The host with its port, where it is not the default one. Empty: that of the target, or
	 * else of the header field Host. */
	struct sg_request_text authority;

	const struct sg_request_field *fields;
	size_t n_fields;

	/* NULL: there is no body, which is the same as one of no bytes. */
	const struct sg_request_digest *body;
};

/* The head of an HTTP/1.1 request, parsed. message views the bytes that were parsed. */
struct sg_request_head {
	struct sg_request_message message;      /* without scheme, authority and body */
	size_t len;                     /* bytes of the head: there the body begins */
	bool chunked;                   /* the body is in chunks [RFC 9112 §7.1] */
	bool has_content_length;
	uint64_t content_length;        /* bytes of the body; 0 where it has no field */
	unsigned minor;                 /* of the version: HTTP/1.minor */
	struct sg_request_field *fields;        /* of message; freed with the head */
};

/* Parse the request line and the header fields, up to the empty line [RFC 9112 §3, §5]. Whatever
 * two programs could understand in two ways is refused: another end of line than CR LF, an empty
 * line before, folded fields, a space before a colon, a second Content-Length, a Transfer-Encoding
 * other than chunked or beside a Content-Length, a second Host or none in HTTP/1.1, a host that is
 * not that of an absolute target. The bytes must stay while the head is used; the caller frees
 * *head with sg_request_head_free. Errors: INCOMPLETE where more bytes are needed, TOO_LONG from
 * SG_REQUEST_HEAD_MAX on, and those of "The head of a request" above. */
SG_REQUEST_USE enum sg_request_reason sg_request_parse(const void *data, size_t len,
                                                       struct sg_request_head **head);
SG_REQUEST_API void sg_request_head_free(struct sg_request_head **head);

/* ---- Signatures --------------------------------------------------------------------------- */

/* A signature with all that was signed: of sg_request_sign and sg_request_read. It owns what it
 * points to, also what came from the message, and does not change. */
struct sg_request_signature {
	enum sg_request_form form;

	/* The identifier of the machine (vault) or of the key (rfc9421: keyid, empty where there
	 * is none; hmac). It is the text of the request, in its case. Nothing but the key that is
	 * found by it vouches for it. */
	struct sg_request_text id;

	/* The header field that brought the identifier, as this header spells it; empty: none. */
	struct sg_request_text id_field;

	bool has_created;               /* always, but for rfc9421 without created */
	bool has_expires;
	int64_t created;                /* Unix seconds */
	int64_t expires;

	bool has_nonce;
	struct sg_request_text nonce;   /* opaque text */

	/* rfc9421 only. The last two are empty where they are not among the parameters. */
	struct sg_request_text label;
	struct sg_request_text tag;
	struct sg_request_text alg;

	/* What is covered, each as rfc9421 writes it: "@method" with its quotes, or
	 * "example";key="a". The other forms name what they cover in the same way. */
	const struct sg_request_text *components;
	size_t n_components;

	/* The exact bytes that are signed. Empty after SG_REQUEST_HEAD_ONLY. */
	struct sg_request_text base;

	uint8_t signature[SG_REQUEST_SIGNATURE_MAX];
	size_t signature_len;

	/* sg_request_sign: the header fields to add, in this order. Where the request has a field
	 * of the same name, which only rfc9421 allows, both are sent. */
	const struct sg_request_field *fields;
	size_t n_fields;
};

/* Free; NULL and a pointer to NULL are fine. */
SG_REQUEST_API void sg_request_signature_free(struct sg_request_signature **signature);

/* How a header field is structured [RFC 9651 §3]. */
enum sg_request_structure {
	SG_REQUEST_ITEM,
	SG_REQUEST_LIST,
	SG_REQUEST_DICTIONARY,
};

/* A header field that is covered with sf. Those of the RFCs are known: the caller names others. */
struct sg_request_structured {
	struct sg_request_text name;
	enum sg_request_structure structure;
};

/* Choices, for signing and reading. */
#define SG_REQUEST_ALLOW_QUERY 1u       /* vault: the query string is signed as part of path */
#define SG_REQUEST_AS_AGENT 2u          /* signing, vault: X-Agent-Id carries the identifier */
#define SG_REQUEST_AS_TUNNEL 4u         /* signing, vault: X-Tunnel-Id does; not with the last */
#define SG_REQUEST_NO_NONCE 8u          /* signing, rfc9421: no nonce */
#define SG_REQUEST_NO_ALG 16u           /* signing, rfc9421: no alg */
#define SG_REQUEST_HEAD_ONLY 32u        /* reading: the body isn't there yet */

/* ---- Signing ------------------------------------------------------------------------------ */

/* A function of the caller that signs len bytes: it writes the signature, at most
 * SG_REQUEST_SIGNATURE_MAX bytes, and its length. So a key may be in a token, in a program or
 * behind a network. It returns 0, or another number for failure. */
typedef int sg_request_signer(void *context, const uint8_t *bytes, size_t len, uint8_t *signature,
                              size_t *signature_len);

/* How to sign. All zero but size, form, id and sign is right. */
struct sg_request_signing {
	size_t size;                    /* sizeof (struct sg_request_signing) */
	enum sg_request_form form;
	unsigned flags;
	sg_request_signer *sign;
	void *context;                  /* given to sign */

	/* The identifier of the machine or the key. rfc9421: keyid, where it isn't empty. */
	struct sg_request_text id;

	int64_t created;                /* Unix seconds; 0: now */
	struct sg_request_text nonce;   /* empty: 16 random bytes in base64 */

	/* rfc9421 only. */
	struct sg_request_text label;   /* empty: "sig1" */
	struct sg_request_text tag;     /* empty: none */
	int64_t lifetime;               /* seconds from created to expires; 0: no expires */

	/* What to cover, as in Signature-Input within its brackets: "@method" "@authority" with
	 * quotes and parameters, header fields in lower case. Empty: @method, @target-uri (without
	 * a scheme @authority, @path and @query instead), and content-digest where there is a
	 * body. */
	struct sg_request_text components;

	/* Which Content-Digest is added, where one is covered and the request has none: of those
	 * that the body has. 0: sha-256 where the body has it. */
	unsigned digests;

	const struct sg_request_structured *structured;
	size_t n_structured;
};

/* Sign the request. The caller adds the fields of *signature to the request, frees it with
 * sg_request_signature_free, and sends exactly the method, target, host, covered fields and body
 * that he gave. Errors: those of a request that none should send; SIGNER; REPEATED where the
 * request has a field of the form already, in rfc9421 LABEL where it has that label; ID, NONCE,
 * TIMESTAMP, QUERY, and in rfc9421 the reasons of covered components; ARGUMENT also for a flag
 * or a nonce that the form has not; NOMEM, CRYPTO. */
SG_REQUEST_USE enum sg_request_reason
sg_request_sign(const struct sg_request_message *message, const struct sg_request_signing *how,
                struct sg_request_signature **signature);

/* ---- Reading ------------------------------------------------------------------------------ */

/* How to read. All zero but size is right. */
struct sg_request_reading {
	size_t size;                    /* sizeof (struct sg_request_reading) */
	enum sg_request_form form;      /* SG_REQUEST_ANY: the only one whose fields are there */
	unsigned flags;

	/* rfc9421: which of several signatures is wanted. Empty: whatever it is called, and
	 * there must be one alone that fits. */
	struct sg_request_text label;
	struct sg_request_text tag;

	/* Components that must be covered, written as in struct sg_request_signing. Empty:
	 * @method; @target-uri, or @authority with @path and @query, or with @request-target;
	 * content-digest where there is a body. @target-uri stands for all of its parts here, and
	 * content-digest is asked for only where there is a body. A single space asks for nothing.
	 * The forms other than rfc9421 always cover @method, @path, @query and the body, and
	 * nothing else: a request in one of them is refused where more is named here. */
	struct sg_request_text require;

	const struct sg_request_structured *structured;
	size_t n_structured;
};

/* Read the signature of a request: find its fields, parse them strictly, make the bytes that
 * must have been signed, and in rfc9421 compare a Content-Digest that is covered with the body.
 * It says nothing about whether the signature is good, the time is near or the nonce is new.
 * With SG_REQUEST_HEAD_ONLY the body is not looked at and *signature has no base: for refusing a
 * request before its body is read. how may be NULL. The caller frees *signature with
 * sg_request_signature_free. */
SG_REQUEST_USE enum sg_request_reason
sg_request_read(const struct sg_request_message *message, const struct sg_request_reading *how,
                struct sg_request_signature **signature);

/* Tell which digests of the body a reader needs for this message: those that its Content-Digest
 * names, and SHA-256 in any case. For sg_request_body_new. */
SG_REQUEST_API unsigned sg_request_digests_needed(const struct sg_request_message *message);

/* Check an Ed25519 signature (vault, rfc9421) against a public key of 32 bytes [RFC 8032 §5.1.7].
 * Errors: SIGNATURE where it is bad, KEY for a form that has no such key. */
SG_REQUEST_USE enum sg_request_reason
sg_request_check_ed25519(const struct sg_request_signature *signature, const uint8_t key[32]);

/* Check an HMAC (hmac) against a key, in constant time. Errors: as sg_request_check_ed25519. */
SG_REQUEST_USE enum sg_request_reason
sg_request_check_hmac(const struct sg_request_signature *signature, const uint8_t *key,
                      size_t key_len);

/* Check an HMAC (hmac) against the code of 32 bytes that the caller made of base, where the key
 * is in hardware, in constant time. Errors: as sg_request_check_ed25519. */
SG_REQUEST_USE enum sg_request_reason
sg_request_check_code(const struct sg_request_signature *signature, const uint8_t code[32]);

/* ---- Verifying as a server ----------------------------------------------------------------
 *
 * A verifier answers one question: may this request be served, and to whom. It does these steps
 * in this order, and the first that fails is the answer:
 *
 *  1. the source is not locked out;
 *  2. the signature can be read (sg_request_read);
 *  3. the machine is looked up, by a function of the caller;
 *  4. the time of signing lies within the skew of the server's clock, and a signature that names
 *     its end has not ended;
 *  5. the signature is good;
 *  6. the machine is enabled, not revoked and within its time;
 *  7. the caller's own check allows it, where there is one;
 *  8. the nonce is new, and is kept from here on.
 *
 * So a forgery burns no nonce. A client can't tell from the answer whether a machine is unknown,
 * disabled, revoked, ended, not yet begun, without a key for the form, or the signature bad: status
 * and text are the same, and an unknown machine costs the check of a signature too. The reason
 * is for the server's log.
 *
 * Nonces are kept in a file, in which each is until its request is too old to be taken again. It
 * may be shared by processes of one machine; it is never on a network. What was accepted is
 * refused afterwards also when the process or all of them were killed right behind the answer,
 * and after a restart. A power cut may lose what was kept last: after the next boot every request
 * is refused that was signed before the last moment whose requests may be lost, which is
 * at most a minute after the last one was accepted (SG_REQUEST_UNSURE). Where the file can't be
 * written or is full, requests are refused; none is taken without its nonce kept, and none that
 * is still good is dropped for another. Beside the file lie FILE-front and FILE-journal. All are
 * removed together or not at all, and whoever does makes requests of the last minutes
 * replayable, as does who puts an older copy of them in their place. A request from more than half
 * a minute in the future costs a write to the disk; others share one in many thousands, or
 * in half a minute.
 *
 * Where the clock of the machine goes ahead, requests are taken by it and nonces are forgotten by
 * it, what is signed before that is refused (SG_REQUEST_UNSURE) until the time has come again, and
 * the log says so. Who doesn't want to wait stops all processes that use the file, sets the clock,
 * waits for twice the skew, so that nothing that was taken is young enough to be taken again,
 * and removes FILE, FILE-front and FILE-journal.
 *
 * A nonce is one of the key that signed, whatever the identifier, which the forms vault and hmac
 * do not sign. In forms without one (hmac, and rfc9421 where the signer set none) the signature
 * stands for it: two requests that are equal, with the same second, are one and its replay.
 *
 * Failures are counted by source. A source is the text of an address, IPv4 or IPv6, with or
 * without a port ("192.0.2.1:4711", "[2001:db8::1]:4711"), which is not part of it; a mapped
 * IPv4 address is the IPv4 address, and IPv6 addresses are counted by their first 64 bits; what
 * is no address counts by its text. Who failed as often as is allowed within a window, wherever
 * that begins, is locked out for a time, in which his requests are refused unread. Counted are: a
 * bad signature, a machine that is unknown, disabled, revoked, ended, not begun or has no key for
 * the form, and a replay. A wrong clock, what can't be read, what the check denies and a
 * server's own trouble are not. A success does not clear the count, or who has one good key
 * could try others for ever. There is room for a number of sources: the one whose last failure is
 * oldest makes room for another, but one that is locked out never does before its time: where
 * there is no room for that, a new source is counted with all new ones of its network, which is the
 * first 24 bits of an IPv4 address and 48 of IPv6, and locked out with them. All this is in the
 * memory of the process.
 */

/* What a machine is: the caller keeps them apart, this library passes it on. */
enum sg_request_class {
	SG_REQUEST_MACHINE = 0,
	SG_REQUEST_AGENT,
	SG_REQUEST_TUNNEL,
};

#define SG_REQUEST_KEYS_MAX 2           /* of one machine: the present one and the next */

/* A function of the caller that makes the HMAC-SHA-256 of len bytes, where the key is in hardware.
 * It returns 0, or another number for failure. */
typedef int sg_request_coder(void *context, const uint8_t *bytes, size_t len, uint8_t code[32]);

/* A machine, as the caller's lookup tells it. All zero is one that is not enabled. */
struct sg_request_machine {
	/* The one name of the machine, for the verdict. Empty: the identifier of the request, in
	 * lower case where it is written as a UUID. */
	char id[SG_REQUEST_ID_MAX + 1];

	enum sg_request_class kind;
	bool enabled;
	bool revoked;
	int64_t not_before;             /* Unix seconds; 0: no such bound */
	int64_t expires;                /* from this second on it is refused; 0: no such bound */

	/* vault, rfc9421: the signature must be of one of them. */
	unsigned n_keys;
	uint8_t keys[SG_REQUEST_KEYS_MAX][32];

	/* hmac: the key, or else a function that computes with it. */
	const uint8_t *hmac_key;
	size_t hmac_key_len;
	sg_request_coder *code;
	void *code_context;

	void *record;                   /* the caller's; given to check and release */
};

/* Look a machine up: fill *machine, which is all zero, and return 1; 0 where there is none of
 * that identifier, -1 where it can't be told. id is lower-case where it is written as a UUID,
 * else as the request has it; header is the field that brought it, or empty. */
typedef int sg_request_lookup(void *context, struct sg_request_text id,
                              struct sg_request_text header, struct sg_request_machine *machine);

/* Free what lookup gave to the machine; called once for each that was found. */
typedef void sg_request_release(void *context, struct sg_request_machine *machine);

/* Allow a request whose signature is good (return 0), or deny it: by where it comes from, the time
 * of day, or what the machine may do. */
typedef int sg_request_check(void *context, const struct sg_request_message *message,
                             struct sg_request_text source,
                             const struct sg_request_machine *machine, int64_t now);

/* Return a time in seconds. */
typedef int64_t sg_request_clock(void *context);

enum sg_request_level {
	SG_REQUEST_ERROR = 0,           /* why requests are refused that may be good */
	SG_REQUEST_NOTICE = 1,          /* what the administrator wants to know */
};

/* Write a line to the server's log: what is wrong with the file of nonces, with its path, and what
 * mends it. It is one sentence without control bytes, of at most 511, valid during the call, which
 * is made by the thread that verifies. It must not verify. */
typedef void sg_request_log(void *context, enum sg_request_level level, const char *line);

#define SG_REQUEST_NO_NONCES 1u         /* keep none: a replay is not noticed */
#define SG_REQUEST_NO_LOCKOUT 2u        /* lock no source out */

/* How to verify. All zero but size, lookup and nonces is right. What is pointed to must
 * outlive the verifier. */
struct sg_request_verifying {
	size_t size;                    /* sizeof (struct sg_request_verifying) */
	unsigned flags;

	/* Any number of threads may be in these at a time. */
	sg_request_lookup *lookup;
	sg_request_release *release;    /* NULL: there is nothing to free */
	sg_request_check *check;        /* NULL: all is allowed */
	void *context;                  /* given to these three, the clocks and the log */

	const struct sg_request_reading *reading;       /* NULL: any form */
	int64_t skew;                   /* seconds to either side; 0: 300; at most 86400 */

	/* The file of nonces. It is made where there is none, in a folder that is there and
	 * that is private to the user (0700), as are the files. NULL only with
	 * SG_REQUEST_NO_NONCES. */
	const char *nonces;
	size_t nonces_max;              /* how many at most; 0: 1,000,000 */

	unsigned failures;              /* how many lock a source out; 0: 3; at most 100 */
	int64_t failure_window;         /* seconds in which they are counted; 0: 300 */
	int64_t lock_time;              /* seconds; 0: 300 */
	size_t sources_max;             /* how many are counted at most; 0: 16384 */

	sg_request_clock *clock;        /* Unix time; NULL: the system's */
	sg_request_clock *ticks;        /* for the lockout, never goes back; NULL: the system's */

	sg_request_log *log;            /* NULL: nobody is told; it is well to have one */
};

/* A verifier. Any number of threads may use it; a child of fork may go on using it, and begins
 * with a copy of the count of failures: but not where another thread of the program was in SQLite
 * on its own account while it forked, whose locks the child then finds held. */
struct sg_request_verifier;

/* Make a verifier; the caller frees it with sg_request_verifier_free when no thread uses it any
 * more. Errors: ARGUMENT, NOMEM, CRYPTO, NONCES where the file can't be used: why is in
 * *why, if that is not NULL, as a sentence that is valid for ever. */
SG_REQUEST_USE enum sg_request_reason
sg_request_verifier_new(const struct sg_request_verifying *how,
                        struct sg_request_verifier **verifier, const char **why);
SG_REQUEST_API void sg_request_verifier_free(struct sg_request_verifier **verifier);

/* The answer to a request. */
struct sg_request_verdict {
	enum sg_request_reason reason;  /* for the server's log; SG_REQUEST_OK: serve it */

	/* For the client: the status of the answer, one sentence, and where it isn't 0 the seconds
	 * for Retry-After. 200: serve it; 401: it isn't known who asks; 403: it is, and he may
	 * not; 429: the source is locked out; 503: the server can't tell. */
	unsigned status;
	const char *text;
	int64_t retry_after;

	/* What could be read, or NULL; whether it is good is what reason says. */
	const struct sg_request_signature *signature;

	/* Who signed: NULL unless the signature is good. Keys and the caller's pointers are not
	 * in it. */
	const struct sg_request_machine *machine;
};

/* Answer a request whose body was read. source is the address that it came from; empty: nobody is
 * locked out. Returns the verdict's reason. There is a verdict whatever the answer is, also
 * where memory is exhausted; the caller frees it with sg_request_verdict_free. Errors beside
 * those of the answer: ARGUMENT where verdict is NULL. */
SG_REQUEST_USE enum sg_request_reason
sg_request_verify(struct sg_request_verifier *verifier, const struct sg_request_message *message,
                  struct sg_request_text source, const struct sg_request_verdict **verdict);

/* Tell before the body is read whether there is use in reading it: steps 1, 2 and 4 with the
 * head alone. Nothing is kept; sg_request_verify must follow. */
SG_REQUEST_USE enum sg_request_reason
sg_request_verify_head(struct sg_request_verifier *verifier,
                       const struct sg_request_message *message, struct sg_request_text source,
                       const struct sg_request_verdict **verdict);

/* Free; NULL and a pointer to NULL are fine. */
SG_REQUEST_API void sg_request_verdict_free(const struct sg_request_verdict **verdict);

#ifdef __cplusplus
}
#endif

#endif
