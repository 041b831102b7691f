#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Whether the next boot will unseal.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

zero=$(printf '0%.0s' {1..64})
one=$(printf '1%.0s' {1..64})

# result CHECK RESULT: tell what a check of the JSON says.
result() {
	local i check

	for i in {0..20}; do
		check=$("$JSON" "$i" check < "$FOLDER/out" 2> /dev/null) || break
		[ "$check" != "$1" ] || { json "$2" "$i" result && return; }
	done
	echo "$1 does not say $2" && cat "$FOLDER/out"
	return 1
}

# checks CODE ARGUMENT...
checks() {
	local code=$1

	shift
	exits "$code" unseal --check --json "$@"
}

share() {
	head -c 33 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | signet unseal add --vault main --share-file - "$@" > /dev/null
}

empty_token_has_nothing() {
	exits 0 unseal --check && prints 'warn  kept: ' && prints 'ok    PIN: the token has none' && checks 0 && result kept warn &&
		result policy ok && result hardware ok && result tripwire ok && result token ok
}

what_is_kept_opens() {
	share && exits 0 root create --label root --no-recovery && checks 0 && result 'shares of main' ok && result 'root root' ok &&
		exits 0 unseal check && prints 'ok    root root: it opens'
}

# values OF: PCRs as tpm2_pcrread writes them.
values() {
	printf '  sha1:\n    16: 0x%s\n  sha256:\n    0 : 0x%s\n    16: 0x%s\n' "${zero:0:40}" "$zero" "$1"
}

pcr_of_now_is_good() {
	signet init --label boot --machine --pcr sha256:16 > /dev/null && checks 0 --token boot && result policy ok &&
		values "$zero" > "$FOLDER/values" && checks 0 --token boot --pcr-values "$FOLDER/values" && result policy ok &&
		checks 0 --token boot --pcr-values - < <(tpm2_pcrread sha256) && result policy ok &&
		printf 'sha256:16=%s' "$zero" > "$FOLDER/values" && checks 0 --token boot --pcr-values "$FOLDER/values"
}

predicted_pcr_is_compared() {
	values "$one" > "$FOLDER/values" && checks 1 --token boot --pcr-values "$FOLDER/values" && result policy FAIL &&
		exits 1 unseal --check --token boot --pcr-values "$FOLDER/values" && prints 'PCR 16 of sha256 differs' &&
		prints 'signet reseal' && printf 'sha256:7=%s\n' "$zero" > "$FOLDER/values" &&
		exits 1 unseal --check --token boot --pcr-values "$FOLDER/values" && prints 'does not say what that will be'
}

# A root may have a policy of its own, and a PIN of its own that nobody types.
policy_of_a_root_is_compared() {
	exits 0 root create --label bound --no-recovery --pcr sha256:16 --token token && printf 'sha256:16=%s' "$one" > "$FOLDER/values" &&
		checks 0 --token token && result 'root bound' ok &&
		exits 1 unseal --check --token token --pcr-values "$FOLDER/values" && prints 'root bound: pcr=sha256:16 does not hold' &&
		exits 0 delete --label bound --yes --token token || return 1
	printf 12345678 > "$FOLDER/pin" && chmod 0600 "$FOLDER/pin" &&
		exits 0 root create --label asks --no-recovery --key-pin-file "$FOLDER/pin" --token token &&
		checks 0 --token token && result 'root asks' warn && exits 0 delete --label asks --yes --token token
}

# It is opened with that PIN as the service does; a wrong one is tried once, with one root alone.
root_with_a_pin_is_opened() {
	local root

	printf 12345678 > "$FOLDER/pin" && printf 87654321 > "$FOLDER/wrong" && chmod 0600 "$FOLDER/pin" "$FOLDER/wrong" || return 1
	for root in first second; do
		exits 0 root create --label $root --no-recovery --key-pin-file "$FOLDER/pin" --token token || return 1
	done
	checks 0 --token token --key-pin-file tty && result 'root first' warn &&
		checks 0 --token token --key-pin-file "$FOLDER/pin" && result 'root first' ok && result 'root second' ok &&
		checks 1 --token token --key-pin-file "$FOLDER/wrong" && grep -q 'not opened: the PIN was wrong' "$FOLDER/out" &&
		[ "$(grep -c FAIL "$FOLDER/out")" = 1 ] || return 1
	for root in first second; do
		exits 0 delete --label $root --token token --yes || return 1
	done
	tpm2_dictionarylockout -c > /dev/null
}

signed_values_are_looked_for() {
	exits 0 keygen --label signer --type p256 --token token &&
		signet pubkey --label signer --format pem --token token > "$FOLDER/signer.pem" &&
		signet init --label signed --machine --policy-key "$FOLDER/signer.pem" > /dev/null || return 1
	signet policy sign --label signer --pcr "sha256:16=$zero" --token token > "$FOLDER/signatures" &&
		exits 0 policy update --signatures "$FOLDER/signatures" --token signed &&
		printf 'sha256:16=%s' "$zero" > "$FOLDER/values" &&
		checks 0 --token signed --pcr-values "$FOLDER/values" && result policy ok || return 1
	printf 'sha256:16=%s' "$one" > "$FOLDER/values" && exits 1 unseal --check --token signed --pcr-values "$FOLDER/values" &&
		prints 'nobody has signed them' && prints 'policy update'
}

changed_pcr_closes_it_now() {
	tpm2_pcrextend "16:sha256=$one" && checks 1 --token boot && result token FAIL &&
		exits 1 unseal --check --token boot && prints 'PCR 16' || return 1
	tpm2_pcrreset 16 && checks 0 --token boot
}

pin_must_come_from_somewhere() {
	printf 12345678 > "$FOLDER/pin" && printf 87654321 > "$FOLDER/wrong" && chmod 0600 "$FOLDER/pin" "$FOLDER/wrong" &&
		signet init --label pin --pin-file "$FOLDER/pin" > /dev/null && share --token pin --pin-file "$FOLDER/pin" || return 1
	checks 1 --token pin && result PIN FAIL && checks 0 --token pin --pin-file "$FOLDER/pin" && result 'shares of main' ok &&
		result lockout ok && checks 1 --token pin --pin-file "$FOLDER/wrong" && result token FAIL && says 'is wrong'
}

other_tpm_is_told() {
	tpm_stop && tpm_start && checks 1 --token token && result hardware FAIL
}

tpm_start || exit 1
signet init --label token --machine > /dev/null || exit 1

check 'a token without anything is told so' empty_token_has_nothing
check 'what is kept is opened' what_is_kept_opens
check 'PCRs of now are good' pcr_of_now_is_good
check 'values of the next boot are compared' predicted_pcr_is_compared
check 'the policy of a root is compared, too' policy_of_a_root_is_compared
check 'a root with a PIN of its own is opened with it' root_with_a_pin_is_opened
check 'signed values are looked for' signed_values_are_looked_for
check 'a PCR that changed closes the token, and is named' changed_pcr_closes_it_now
check 'a PIN must come from somewhere' pin_must_come_from_somewhere
check 'values that are none are an error' eval 'echo nonsense | fails 2 "no values of PCRs" unseal --check --token boot --pcr-values -'
check 'a token that is not there is an error' fails 3 'no token' unseal --check --token none
check 'another TPM is told' other_tpm_is_told
finish
