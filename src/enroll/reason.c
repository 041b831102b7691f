/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The table of reasons.
 */
#include "enroll/reason.h"

#include <stddef.h>

struct row {
	const char *name;
	unsigned status;                /* of HTTP [RFC 9110 §15] */
	const char *sentence;
};

static const struct row rows[SG_ENROLL_REASON_COUNT] = {
	[SG_ENROLL_OK] = { "ok", 200, "Everything is fine" },
	[SG_ENROLL_INTERNAL] = { "internal", 500, "The registrar itself cannot do it" },

	[SG_ENROLL_FORMAT] = { "format", 400, "The message is not of the form that it must have" },
	[SG_ENROLL_VERSION] = { "version", 400, "The message is of a version that is not spoken here" },
	[SG_ENROLL_TOO_LONG] = { "too-long", 413, "The message, or a part of it, is too long" },

	[SG_ENROLL_TOKEN_UNKNOWN] = { "token-unknown", 401, "There is no such enrolment token" },
	[SG_ENROLL_TOKEN_ENDED] = {
		"token-ended", 403, "The time of the token is over, or has not begun" },
	[SG_ENROLL_TOKEN_REVOKED] = { "token-revoked", 403, "The token is revoked" },
	[SG_ENROLL_TOKEN_USED] = { "token-used", 403, "The token was used as often as it may be" },
	[SG_ENROLL_SOURCE] = { "source", 403, "The token is not for this address" },
	[SG_ENROLL_HOST] = { "host", 403, "The token is not for a machine of this name" },
	[SG_ENROLL_CLASS] = { "class", 403, "The token is not for this class of identity" },
	[SG_ENROLL_ORIGIN] = { "origin", 403, "A key of this origin is not taken" },
	[SG_ENROLL_LEVEL] = { "level", 403, "Less is proven than the token demands" },
	[SG_ENROLL_LOCKED_OUT] = {
		"locked-out", 429, "The source failed too often and has to wait" },
	[SG_ENROLL_BUSY] = { "busy", 503, "The registrar has too much to do just now" },
	[SG_ENROLL_TOKEN_BUSY] = {
		"token-busy", 503, "Too many enrol by this token at the same time" },

	[SG_ENROLL_SESSION_UNKNOWN] = { "session-unknown", 404, "There is no such challenge" },
	[SG_ENROLL_SESSION_ENDED] = { "session-ended", 410, "The time to answer the challenge is over" },
	[SG_ENROLL_SESSION_USED] = { "session-used", 409, "The challenge was answered before" },
	[SG_ENROLL_MEMBER_OVER] = {
		"member-over", 403, "Who enrolled with this evidence is revoked, or his time is over" },

	[SG_ENROLL_EK] = { "ek", 403, "The endorsement key is not made from a known template" },
	[SG_ENROLL_EK_UNCERTIFIED] = {
		"ek-uncertified", 403, "The endorsement key has no certificate and is not in the list" },
	[SG_ENROLL_EK_CHAIN] = {
		"ek-chain", 403, "No chain leads from the endorsement key to a trusted maker" },
	[SG_ENROLL_EK_REVOKED] = {
		"ek-revoked", 403, "The maker of the TPM revoked its certificate, or one above it" },
	[SG_ENROLL_EK_LIST] = {
		"ek-list", 503, "The list of revoked certificates is out of date, or not its maker's" },
	[SG_ENROLL_EK_USAGE] = {
		"ek-usage", 403, "The certificate is not one for an endorsement key" },
	[SG_ENROLL_EK_OTHER] = { "ek-other", 403, "The certificate is that of another key" },
	[SG_ENROLL_EK_MAKER] = { "ek-maker", 403, "The token is not for TPMs of this maker" },
	[SG_ENROLL_EK_UNLISTED] = { "ek-unlisted", 403, "The token is not for this TPM" },

	[SG_ENROLL_AK] = {
		"ak", 403, "The attestation key is not a restricted signing key that stays in its TPM" },
	[SG_ENROLL_PARENT] = {
		"parent", 403, "The storage key is not a storage key that stays in its TPM" },
	[SG_ENROLL_CREDENTIAL] = {
		"credential", 403, "The credential was not opened: the keys are not in one TPM" },

	[SG_ENROLL_ATTEST] = { "attest", 403, "An attestation is none, or of another kind" },
	[SG_ENROLL_ATTEST_SIGNATURE] = {
		"attest-signature", 403, "An attestation is not signed by the attestation key" },
	[SG_ENROLL_ATTEST_OTHER] = {
		"attest-other", 403, "An attestation is of another enrolment, or for another key" },
	[SG_ENROLL_OBJECT] = { "object", 403, "The object is not as it must be" },
	[SG_ENROLL_OBJECT_NAME] = {
		"object-name", 403, "The attestation is that of another object" },
	[SG_ENROLL_OBJECT_LEAVES] = {
		"object-leaves", 403, "The object could be duplicated to another TPM" },
	[SG_ENROLL_OBJECT_PARENT] = {
		"object-parent", 403, "The object is below another storage key" },
	[SG_ENROLL_CREATION] = {
		"creation", 403, "The creation data are not those of the object" },
	[SG_ENROLL_KEY_SWAPPED] = {
		"key-swapped", 403, "The object was made for another public key" },
	[SG_ENROLL_POLICY] = {
		"policy", 403, "The steps do not make the policy of the object: it has a hidden branch" },
	[SG_ENROLL_POLICY_OTHER] = {
		"policy-other", 403, "The policy of the object is not the one that was asked for" },
	[SG_ENROLL_QUOTE] = { "quote", 403, "The PCRs that were asked for are not quoted" },
	[SG_ENROLL_PCRS] = { "pcrs", 403, "The PCRs do not have the values that the token demands" },
	[SG_ENROLL_EVENTLOG] = { "eventlog", 403, "The event log does not lead to the PCRs" },
	[SG_ENROLL_CLOCK] = {
		"clock", 403, "The clock of the TPM is unsafe, or the key would open for too long" },
	[SG_ENROLL_PROOF] = { "proof", 403, "The key did not sign the evidence" },
	[SG_ENROLL_REQUEST] = {
		"request", 403, "The certificate request is not that of the key" },
	[SG_ENROLL_KEY] = { "key", 400, "The key is not an Ed25519 public key that is safe to take" },
	[SG_ENROLL_KEY_KNOWN] = { "key-known", 409, "Another machine has the key" },
};

static const struct row *find(enum sg_enroll_reason reason)
{
	static const struct row none = { "unknown", 500, "The reason is unknown" };
	const size_t i = (size_t)reason;

	return i < SG_ENROLL_REASON_COUNT && rows[i].name != NULL ? &rows[i] : &none;
}

const char *sg_enroll_reason_name(enum sg_enroll_reason reason)
{
	return find(reason)->name;
}

const char *sg_enroll_reason_sentence(enum sg_enroll_reason reason)
{
	return find(reason)->sentence;
}

unsigned sg_enroll_reason_status(enum sg_enroll_reason reason)
{
	return find(reason)->status;
}

/* [RFC 9110 §15.6, RFC 6585 §4] */
bool sg_enroll_reason_later(enum sg_enroll_reason reason)
{
	const unsigned status = sg_enroll_reason_status(reason);

	return status == 429 || status >= 500;
}
