#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Tokens with a policy: made, opened, closed by a change of the machine, sealed anew,
# and opened by PCR values that somebody signed.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

printf 'GET:/v1/secrets' > "$FOLDER/data"
printf 123456 > "$FOLDER/pin"
printf 87654321 > "$FOLDER/so"
ones=1111111111111111111111111111111111111111111111111111111111111111

extend() { tpm2_pcrextend "$1:sha256=$ones"; }

# signs CODE TOKEN OPTION...: the key of that token signs, or not.
signs() {
	local code=$1 token=$2

	shift 2
	exits "$code" sign --token "$token" --label key "$@" < "$FOLDER/data"
}

made_with_pcrs() {
	exits 0 init --label box --machine --pcr sha256:7,11 && exits 0 keygen --token box --label key &&
		signs 0 box && exits 0 status && grep -qx '    policy: pcr=sha256:7,11' "$FOLDER/out" &&
		exits 0 doctor && prints 'pcr=sha256:7,11 holds'
}

closed_by_a_change() {
	extend 8 && signs 0 box && extend 11 && signs 11 box && says 'PCR 11 of the bank sha256 differs: expected' &&
		says 'not in the state that the key was sealed to'
}

open_after_a_restart() {
	tpm_restart && signs 0 box
}

sealed_anew_before_an_update() {
	exits 0 reseal --token box --pcr none && prints 'anew' && extend 7 && signs 0 box &&
		exits 0 reseal --token box --pcr sha256:7 && signs 0 box && extend 7 && signs 11 box && tpm_restart &&
		signs 11 box && says 'PCR 7'
}

# What was sealed to a value to come does not open before, and does after.
sealed_to_a_value_to_come() {
	local next

	next=$( (head -c 32 /dev/zero; xxd -r -p <<< "$ones") | sha256sum | cut -d ' ' -f 1)
	exits 0 init --label later --machine --pcr "sha256:12=$next" && signs 11 later && says 'PCR 12' &&
		extend 12 && exits 0 keygen --token later --label key && signs 0 later
}

with_a_pin() {
	tpm_restart && exits 0 init --label desk --pin-file "$FOLDER/pin" --so-pin-file "$FOLDER/so" --pcr sha256:7 &&
		exits 0 keygen --token desk --label key --pin-file "$FOLDER/pin" &&
		signs 0 desk --pin-file "$FOLDER/pin" && extend 7 && signs 11 desk --pin-file "$FOLDER/pin" && says 'PCR 7'
}

pin_resealed() {
	tpm_restart && exits 0 reseal --token desk --pcr sha256:14 --pin-file "$FOLDER/pin" &&
		prints 'What a PIN that was not given opens is sealed as it was' && extend 7 &&
		signs 0 desk --pin-file "$FOLDER/pin" &&
		fails 11 'PCR 7' pin reset --token desk --so-pin-file "$FOLDER/so" --new-pin-file "$FOLDER/pin" &&
		tpm_restart &&
		exits 0 reseal --token desk --pin-file "$FOLDER/pin" --so-pin-file "$FOLDER/so" && extend 7 &&
		exits 0 pin reset --token desk --so-pin-file "$FOLDER/so" --new-pin-file "$FOLDER/pin" &&
		extend 14 && signs 11 desk --pin-file "$FOLDER/pin" && says 'PCR 14' && tpm_restart
}

wrong_pin_reseals_nothing() {
	printf 999999 > "$FOLDER/wrong"
	fails 4 'PIN is wrong' reseal --token desk --pcr none --pin-file "$FOLDER/wrong" &&
		fails 4 'PIN is wrong' reseal --token desk --pcr none --pin-file "$FOLDER/pin" --so-pin-file "$FOLDER/wrong" &&
		exits 11 status && prints 'policy: pcr=sha256:14' && signs 0 desk --pin-file "$FOLDER/pin"
}

# Every PCR of every bank, which makes the longest policy, with a signer and a PIN beside it.
the_longest() {
	local all
	all=$(seq -s , 0 23)

	openssl genrsa -out "$FOLDER/long.pem" 4096 2> /dev/null &&
		openssl pkey -in "$FOLDER/long.pem" -pubout -out "$FOLDER/long.pub" &&
		exits 0 init --label long --pin-file "$FOLDER/pin" --so-pin-file "$FOLDER/so" \
			--pcr "sha256:$all+sha384:$all+sha512:$all" --policy-key "$FOLDER/long.pub" &&
		exits 11 status --json && exits 0 destroy --token long --yes
}

sign_values() {
	local print

	tpm2_createpolicy --policy-pcr -l sha256:7 -L "$FOLDER/policy" > /dev/null && tpm2_flushcontext -l &&
		openssl dgst -sha256 -sign "$FOLDER/op.pem" -out "$FOLDER/sig" "$FOLDER/policy" || return 1
	print=$(openssl pkey -in "$FOLDER/op.pem" -pubout -outform DER | sha256sum | cut -d ' ' -f 1)
	printf '{"sha256":[{"pcrs":[7],"pkfp":"%s","pol":"%s","sig":"%s"}]}' "$print" \
		"$(xxd -p -c 64 "$FOLDER/policy")" "$(base64 -w 0 "$FOLDER/sig")" > "$FOLDER/signed.json"
}

opened_by_signed_values() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$FOLDER/op.pem" &&
		openssl pkey -in "$FOLDER/op.pem" -pubout -out "$FOLDER/op.pub" &&
		exits 0 init --label fleet --machine --policy-key "$FOLDER/op.pub" &&
		signs 11 fleet && says 'no signature of that signer is known' && sign_values &&
		exits 0 policy update --token fleet --signatures "$FOLDER/signed.json" &&
		exits 0 keygen --token fleet --label key && signs 0 fleet
}

an_update_needs_a_signature_only() {
	extend 7 && signs 11 fleet && says 'none of the known signatures is over the values of now' &&
		! says 'differs: expected' && sign_values &&
		exits 0 policy update --token fleet --signatures - < "$FOLDER/signed.json" && signs 0 fleet
}

# The operator's key lives in a TPM itself; here it is the same one.
signed_by_a_token() {
	local next

	tpm_restart && exits 0 init --label ops --machine && exits 0 keygen --token ops --label updates --type p256 &&
		exits 0 pubkey --token ops --label updates --format pem && cp "$FOLDER/out" "$FOLDER/updates.pub" &&
		exits 0 init --label node --machine --policy-key "$FOLDER/updates.pub" && signs 11 node || return 1
	next=$( (head -c 32 /dev/zero; xxd -r -p <<< "$ones") | sha256sum | cut -d ' ' -f 1)
	exits 0 policy sign --token ops --label updates --pcr "sha256:13=$(printf '0%.0s' {1..64})" &&
		cp "$FOLDER/out" "$FOLDER/first.json" &&
		exits 0 policy sign --token ops --label updates --pcr "sha256:13=$next" --signatures "$FOLDER/first.json" &&
		cp "$FOLDER/out" "$FOLDER/both.json" &&
		exits 0 policy update --token node --signatures "$FOLDER/first.json" &&
		exits 0 keygen --token node --label key && signs 0 node && extend 13 && signs 11 node &&
		names_what_differs says && exits 11 status && names_what_differs prints && exits 1 doctor &&
		names_what_differs prints &&
		exits 0 policy update --token node --signatures "$FOLDER/both.json" && signs 0 node
}

# names_what_differs COMMAND: it does, with both values of PCR 13.
names_what_differs() {
	"$1" 'none of the known signatures is over the values of now' &&
		"$1" "PCR 13 of the bank sha256 differs: expected $(printf '0%.0s' {1..64}), found $next"
}

# Whoever writes the file tells what he likes; the signature counts, and is over something else.
values_that_are_not_what_was_signed() {
	sed "s/$(printf '0%.0s' {1..64})/$ones/" "$FOLDER/first.json" > "$FOLDER/lie.json" &&
		! cmp -s "$FOLDER/first.json" "$FOLDER/lie.json" &&
		fails 1 'are not those that were signed' policy update --token node --signatures "$FOLDER/lie.json" &&
		fails 1 'are not those that were signed' policy sign --token ops --label updates \
			--pcr "sha256:13=$ones" --signatures "$FOLDER/lie.json" &&
		signs 0 node && sed 's/"values"/"hints"/' "$FOLDER/lie.json" > "$FOLDER/plain.json" &&
		exits 0 policy update --token node --signatures "$FOLDER/plain.json" && signs 11 node &&
		! says 'differs: expected'
}

what_nobody_verifies_is_not_signed() {
	fails 2 'must be given' policy sign --token ops --label updates --pcr sha256:13 &&
		fails 2 'one bank' policy sign --token ops --label updates --pcr "sha256:13=$ones+sha384:1=$ones${ones:0:32}" &&
		exits 0 keygen --token ops --label ed25519 &&
		fails 2 "can't verify" policy sign --token ops --label ed25519 --pcr "sha256:13=$ones" &&
		echo '[]' > "$FOLDER/bad.json" &&
		fails 1 'is not the JSON' policy sign --token ops --label updates --pcr "sha256:13=$ones" \
			--signatures "$FOLDER/bad.json"
}

where_nobody_reads_it() {
	local files
	kept() { find "$FOLDER/state" -name '*.policy.json' | wc -l; }

	files=$(kept)
	exits 0 init --label last --machine &&
		fails 2 'names who may sign' policy update --token last --signatures "$FOLDER/signed.json" &&
		[ "$(kept)" -eq "$files" ] && exits 0 reseal --token last --policy-key "$FOLDER/op.pub" &&
		exits 0 policy update --token last --signatures "$FOLDER/signed.json" &&
		[ "$(kept)" -eq "$((files + 1))" ] && exits 0 destroy --token last --yes && [ "$(kept)" -eq "$files" ]
}

a_file_that_is_none_changes_nothing() {
	echo '{' > "$FOLDER/bad.json"
	echo '{}' > "$FOLDER/empty.json"
	fails 1 'is not the JSON' policy update --token fleet --signatures "$FOLDER/bad.json" &&
		fails 2 'no signature' policy update --token fleet --signatures "$FOLDER/empty.json" && signs 0 fleet
}

tpm_start || exit 1

check 'a token is made with PCRs, and shows them' made_with_pcrs
check 'a changed PCR closes it, and the message names it' closed_by_a_change
check 'it opens when the machine is as it was' open_after_a_restart
check 'sealed anew before an update, it opens after it' sealed_anew_before_an_update
check 'it can be sealed to a value to come' sealed_to_a_value_to_come
check 'a PIN and PCRs are both needed' with_a_pin
check 'each PIN seals its own copy anew' pin_resealed
check 'a wrong PIN seals nothing anew' wrong_pin_reseals_nothing
check 'a token opens with values that its signer signed' opened_by_signed_values
check 'after an update a new signature is enough' an_update_needs_a_signature_only
check 'signatures are kept where somebody reads them, and go with the token' where_nobody_reads_it
check 'a file without signatures is refused and changes nothing' a_file_that_is_none_changes_nothing
check 'a key of a token signs values, and tells in what others differ' signed_by_a_token
check 'values that are not those that were signed are refused' values_that_are_not_what_was_signed
check 'what no TPM could verify is not signed' what_nobody_verifies_is_not_signed
check 'a bank that there is not is refused with what there is' fails 2 'sha256, sha384 or sha512' \
	init --label x --machine --pcr sha1:7
check 'a PCR that there is not is refused' fails 2 'not the number of a PCR' init --label x --machine --pcr sha256:24
check 'the longest policy can be made, and the token read' the_longest
check 'no PCR at all is refused' fails 2 'understood' init --label x --machine --pcr ''
check 'a file that holds no public key is refused' fails 2 'no public key' init --label x --machine \
	--policy-key "$FOLDER/data"
finish
