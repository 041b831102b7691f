/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The table of reasons: a name for programs and a sentence for people.
 */
#include <signet/request.h>

struct row {
	const char *name;
	const char *sentence;
};

static const struct row rows[] = {
	[SG_REQUEST_OK] = { "ok", "Everything is fine" },

	[SG_REQUEST_ARGUMENT] = { "bad-argument", "An argument has an impossible value" },
	[SG_REQUEST_NOMEM] = { "no-memory", "There is not enough memory" },
	[SG_REQUEST_CRYPTO] = { "crypto", "A cryptographic library failed" },
	[SG_REQUEST_SIGNER] = { "signer", "The key made no signature" },

	[SG_REQUEST_TOO_LONG] = { "too-long", "A part of the request is longer than it may be" },
	[SG_REQUEST_TOO_MANY] = { "too-many", "The request has more parts than it may have" },
	[SG_REQUEST_METHOD] = { "method", "The method is no method of HTTP" },
	[SG_REQUEST_TARGET] = { "target", "The target of the request is none that HTTP knows" },
	[SG_REQUEST_SCHEME] = {
		"scheme", "The scheme is needed, and is not known, contradictory, or not http or https" },
	[SG_REQUEST_AUTHORITY] = {
		"authority", "The host is needed, and is missing, malformed or contradictory" },
	[SG_REQUEST_FIELD_NAME] = {
		"field-name", "The name of a header field has a byte that none may have" },
	[SG_REQUEST_FIELD_VALUE] = {
		"field-value", "The value of a header field has a byte that none may have" },

	[SG_REQUEST_INCOMPLETE] = { "incomplete", "The head of the request does not end" },
	[SG_REQUEST_LINE] = { "request-line", "The first line is not the line of a request" },
	[SG_REQUEST_VERSION] = { "version", "The version is not HTTP/1.0 or HTTP/1.1" },
	[SG_REQUEST_LINE_END] = {
		"line-end", "A line does not end with a carriage return and a line feed" },
	[SG_REQUEST_FOLDED] = { "folded", "A header field goes on in a second line" },
	[SG_REQUEST_COLON] = {
		"colon", "A header line has no colon, or something between its name and the colon" },
	[SG_REQUEST_CONTENT_LENGTH] = {
		"content-length", "The length of the body is no number, or is given more than once" },
	[SG_REQUEST_TRANSFER_CODING] = {
		"transfer-coding", "The body has a transfer coding that is not chunked alone" },
	[SG_REQUEST_FRAMING] = {
		"framing", "The body has both a length and a transfer coding" },

	[SG_REQUEST_UNSIGNED] = { "unsigned", "The request has no signature" },
	[SG_REQUEST_FORMS] = { "forms", "The request has signatures of more than one form" },
	[SG_REQUEST_MISSING] = { "missing", "A header field of the signature is missing" },
	[SG_REQUEST_REPEATED] = {
		"repeated", "A header field of the signature is there more than once" },
	[SG_REQUEST_ID] = { "id", "The identifier is empty or has a byte that none may have" },
	[SG_REQUEST_IDS_DIFFER] = { "ids-differ", "Two header fields name different identifiers" },
	[SG_REQUEST_TIMESTAMP] = { "timestamp", "The time is not written as it has to be" },
	[SG_REQUEST_NONCE] = { "nonce", "The nonce is empty or has a byte that none may have" },
	[SG_REQUEST_ENCODING] = { "encoding", "The signature is not written as it has to be" },
	[SG_REQUEST_QUERY] = {
		"query", "The target has a query string, which this form signs only where both sides "
		         "agree on it" },
	[SG_REQUEST_DIGEST_FORM] = {
		"digest-form", "Content-Digest has no digest that can be checked, or a malformed one" },
	[SG_REQUEST_DIGEST] = { "digest", "Content-Digest is not that of the body" },

	[SG_REQUEST_STRUCTURED] = {
		"structured", "A header field is not structured as it has to be" },
	[SG_REQUEST_LABEL] = {
		"label", "There is no signature of that label or tag, or more than one" },
	[SG_REQUEST_COMPONENT] = {
		"component", "A covered component is unknown, malformed, or not one of requests" },
	[SG_REQUEST_COMPONENT_TWICE] = { "component-twice", "A component is covered twice" },
	[SG_REQUEST_COMPONENT_ABSENT] = {
		"component-absent", "A covered component is not in the request" },
	[SG_REQUEST_COMPONENT_AMBIGUOUS] = {
		"component-ambiguous", "A covered query parameter is there more than once" },
	[SG_REQUEST_COMPONENT_TYPE] = {
		"component-type", "It is not known how a covered header field is structured" },
	[SG_REQUEST_PARAMETER] = {
		"parameter", "A parameter of the signature is malformed or there twice" },
	[SG_REQUEST_ALGORITHM] = { "algorithm", "The algorithm of the signature is not ed25519" },
	[SG_REQUEST_EXPIRES] = { "expires", "The signature expires before it was made" },
	[SG_REQUEST_UNCOVERED] = {
		"uncovered", "The signature does not cover all that it has to cover" },

	[SG_REQUEST_KEY] = { "key", "The key is none that such a signature can be checked with" },
	[SG_REQUEST_SIGNATURE] = {
		"signature", "The signature is not one of this request by this key" },

	[SG_REQUEST_LOCKED_OUT] = {
		"locked-out", "The source failed too often and has to wait" },
	[SG_REQUEST_UNKNOWN] = { "unknown-machine", "There is no such machine" },
	[SG_REQUEST_DISABLED] = { "disabled", "The machine is not enabled" },
	[SG_REQUEST_REVOKED] = { "revoked", "The key of the machine is revoked" },
	[SG_REQUEST_NOT_YET] = { "not-yet", "The time of the machine has not begun" },
	[SG_REQUEST_ENDED] = { "ended", "The time of the machine has ended" },
	[SG_REQUEST_UNDATED] = { "undated", "Nothing says when the request was signed" },
	[SG_REQUEST_EARLY] = { "early", "The request was signed too far in the future" },
	[SG_REQUEST_LATE] = {
		"late", "The request was signed too long ago, or its signature has expired" },
	[SG_REQUEST_DENIED] = { "denied", "The machine may not do this" },
	[SG_REQUEST_REPLAYED] = { "replayed", "The request was taken before" },
	[SG_REQUEST_UNSURE] = {
		"unsure", "It is not certain whether the request was taken before" },
	[SG_REQUEST_NONCES_FULL] = {
		"nonces-full", "The store of nonces holds as many as it may" },
	[SG_REQUEST_NONCES] = { "nonces", "The store of nonces cannot be read or written" },
	[SG_REQUEST_LOOKUP] = { "lookup", "The machine could not be looked up" },
};

static const struct row *find(enum sg_request_reason reason)
{
	static const struct row none = { "unknown", "The reason is unknown" };
	const size_t i = (size_t)reason;

	return i < sizeof(rows) / sizeof(rows[0]) && rows[i].name ? &rows[i] : &none;
}

const char *sg_request_reason_name(enum sg_request_reason reason)
{
	return find(reason)->name;
}

const char *sg_request_reason_sentence(enum sg_request_reason reason)
{
	return find(reason)->sentence;
}
