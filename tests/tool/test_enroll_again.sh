#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. signet enroll, once more: it goes on after any interruption with the token spent once, tells
# what was done or begun before, and enrols anew where it is told to.
#
# The functions are called by their names:
# shellcheck disable=SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/machine.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/machine.sh"
trap machine_end EXIT

machine_prepare || exit 1

members() {
	sqlite3 "$REGISTRAR" 'SELECT count(*) FROM machine'
}

id() {
	"$JSON" machineId < "$ID/identity.json"
}

again() {
	fresh && enrol 0 && registrar_token > "$FOLDER/token" && enrol 0 --again --origin tpm && says 'the key is "key-' && [ "$(private_keys)" = 2 ]
}

# still ID: who does not ask for another enrolment is told of the one before, and has its files.
still() {
	enrol 0 && prints 'enrolled already' && of "$1" machineId
}

# Where there are two keys, the one that the identity names signs; nothing else would.
names_its_key() {
	exits 0 request sign --method GET --url /v1/x --identity "$FOLDER/identity/identity.json" || return 1
	cp "$FOLDER/identity/identity.json" "$FOLDER/alone.json" && sed -i "s,$FOLDER/identity/private.pem,$FOLDER/none.pem," "$FOLDER/alone.json" &&
		fails 2 'there are 2 keys' request sign --method GET --url /v1/x --identity "$FOLDER/alone.json"
}

# On a machine that has no token yet nothing but the file that is named wrong can be meant.
no_such_file() {
	fresh && fails 3 "$FOLDER/typo" enroll "$REGISTRAR_URL" --token-file "$FOLDER/typo" --ca "$REGISTRAR_FOLDER/ca.pem" &&
		fails 3 "$FOLDER/typo" enroll begin --token-file "$FOLDER/typo"
}

again_in_vain() {
	local id

	fresh && enrol 0 && id=$("$JSON" machineId < "$FOLDER/identity/identity.json" | tr -d '"') || return 1
	printf 'sgt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n' > "$FOLDER/token"
	enrol 13 --again && says token-unknown && still "$id" && ! says 'under way' || return 1
	signet enroll begin --again --token-file "$FOLDER/token" > /dev/null && still "$id" && says 'another enrolment is under way' || return 1
	fails 9 'enrolled already' enroll begin --token-file "$FOLDER/token" && registrar_token > "$FOLDER/token" && enrol 0 --again &&
		[ "$(private_keys)" = 2 ] && ! of "$id" machineId && names_its_key && enrol 0 && prints 'enrolled already' && ! says 'under way'
}

lost_answer() {
	fresh && signet enroll begin --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" &&
		signet enroll answer < "$FOLDER/challenge" > "$FOLDER/evidence" &&
		signet registrar finish "${FILES[@]}" < "$FOLDER/evidence" > "$FOLDER/lost" || return 1
	enrol 0 && of "$("$JSON" id < "$FOLDER/lost")" machineId && [ "$(private_keys)" = 1 ]
}

otherwise_begun() {
	under_way && cp "$FOLDER/token" "$FOLDER/first" && enrol 9 --origin tpm && says 'another --origin' &&
		enrol 9 --class agent && says 'another --class' && registrar_token > "$FOLDER/token" &&
		enrol 9 && says 'another --token-file' && cp "$FOLDER/first" "$FOLDER/token" &&
		enrol 0 --origin host --class machine && prints 'Level: asserted' && [ "$(private_keys)" = 1 ] || return 1
	under_way && enrol 0 --origin tpm --again && prints 'Level: born' && [ "$(private_keys)" = 1 ]
}

otherwise_done() {
	fresh && enrol 0 --origin tpm --label mine && enrol 9 --origin host && says 'another --origin' && enrol 9 --class agent &&
		says 'another --class' && enrol 9 --label yours && says 'another --label' && enrol 0 --origin tpm --class machine --label mine
}

files_again() {
	fresh && enrol 0 --label mine && cp -R "$FOLDER/identity" "$FOLDER/before" && rm -r "$FOLDER/identity" "$FOLDER/token" && enrol 0 &&
		prints 'enrolled already' && diff -r "$FOLDER/before" "$FOLDER/identity" || return 1
	rm -r "$FOLDER/before" && signet delete --label mine --yes > /dev/null && enrol 3 && says 'not there any more'
}

# dies POINT ARGUMENT...: enrol, and be killed before that point; tell whether it came so far. What
# fails without that is remembered.
dies() {
	local status=0

	SIGNET_DYING=$1 setsid -w "$SIGNET_TEST_BUILDDIR/tests/tool/dying" enroll "$REGISTRAR_URL" --token-file "$FOLDER/token" \
		--ca "$REGISTRAR_FOLDER/ca.pem" --identity "$ID" "${@:2}" < /dev/null > "$FOLDER/out" 2> "$FOLDER/err" || status=$?
	[ "$status" = 137 ] || { echo "at point $1: $status"; cat "$FOLDER/err"; ended=$status; return 1; }
}

# whole ORIGIN: who was killed goes on, and is one machine with one key.
whole() {
	enrol 0 --origin "$1" && of vault_test vaultId && [ "$(members)" = $((before + 1)) ] &&
		[ "$(signet list | grep -oE '^(private|public) key' | sort | xargs)" = 'private key public key' ]
}

# Killed at each point of an enrolment: of the token, the messages on either side, the key, the
# files, and the end. Where the store writes the key, which it does in several, a few are left out.
killed() {
	local before point ended=

	fresh uses=100 || return 1
	for ((point = 1; point < 100; point++)); do
		[[ $point != @(8|9|10) ]] || continue
		rm -rf "$SIGNET_STATE" "$ID" && before=$(members) || return 1
		dies "$point" --origin host || break
		whole host || return 1
	done 2> /dev/null
	[ "$ended" = 0 ] && [ "$point" -gt 9 ]
}

# What differs by the origin: where the answer was lost, or the key is not in the token yet.
killed_between() {
	local before point ended=

	fresh uses=100 || return 1
	for point in 6 7; do
		rm -rf "$SIGNET_STATE" "$ID" && before=$(members) && dies "$point" --origin "$1" && whole "$1" || return 1
	done 2> /dev/null
}

# Wherever it is killed, who asks for nothing new is who it was, until it is the new one.
again_killed() {
	local before first point ended=

	fresh uses=2 && enrol 0 --label first && first=$(id) && before=$(members) || return 1
	for ((point = 1; point < 100; point++)); do
		dies "$point" --again --label second || [ "$ended" = 0 ] || return 1
		enrol 0 || return 1
		[ "$(id)" = "$first" ] || break
		[ -z "$ended" ] && prints 'enrolled already' || return 1
	done 2> /dev/null
	[ "$point" -gt 4 ] && [ "$(members)" = $((before + 1)) ] && enrol 0 && prints 'enrolled already' && [ "$(private_keys)" = 2 ]
}

no_registrar() {
	fresh && registrar_stop && enrol 13 --timeout 1 && says "can't reach the registrar" && start && enrol 0
}

two_at_once() {
	local serial

	fresh && signet init --label machine --machine > /dev/null && signet enroll begin --token-file "$FOLDER/token" > /dev/null || return 1
	serial=$(state)
	flock "$serial.lock" "$SIGNET" enroll "$REGISTRAR_URL" --token-file "$FOLDER/token" > "$FOLDER/out" 2> "$FOLDER/err"
	[ "$?" = 1 ] && says 'another process enrols this token' && enrol 0
}

damaged() {
	local before

	fresh uses=2 && enrol 0 && before=$(members) && printf 'x' | dd of="$(state)" bs=1 seek=20 conv=notrunc 2> /dev/null &&
		enrol 7 && says 'is damaged' && says '--again enrols once more' && [ "$(members)" = "$before" ] &&
		enrol 9 --again && says 'is not of this machine' && rm -rf "$ID" && enrol 0 --again && [ "$(members)" = $((before + 1)) ]
}

# Evidence that was made is not thrown away without a word.
begun_again() {
	fresh && signet enroll begin --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" && signet enroll answer < "$FOLDER/challenge" > "$FOLDER/evidence" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/other" && fails 9 'whose evidence is made' enroll begin --token-file "$FOLDER/token" &&
		fails 9 'another challenge is answered' enroll answer < "$FOLDER/other" && signet enroll answer < "$FOLDER/challenge" | cmp - "$FOLDER/evidence" &&
		signet enroll answer --again < "$FOLDER/other" > "$FOLDER/new" && ! cmp -s "$FOLDER/new" "$FOLDER/evidence" &&
		signet enroll begin --again --token-file "$FOLDER/token" > /dev/null
}

# gone: nothing of an enrolment is left beside the token, once that is destroyed.
gone() {
	[ -n "$(find "$SIGNET_STATE" -name 'enroll-*')" ] && exits 0 destroy --token machine --yes && [ -z "$(find "$SIGNET_STATE" -name 'enroll-*')" ]
}

# The token of the registrar is in the state until it is answered.
destroyed() {
	fresh uses=2 && signet init --label machine --machine > /dev/null && signet enroll begin --token-file "$FOLDER/token" > /dev/null && gone || return 1
	exits 0 enroll "$REGISTRAR_URL" --token-file "$FOLDER/token" --ca "$REGISTRAR_FOLDER/ca.pem" && [ -f "$(state).identity/identity.json" ] && gone
}

registrar_token > "$FOLDER/token" && start || exit 1
check 'it can enrol again, with another key beside the first' again
check 'where another enrolment is refused or given up, the one before stays' again_in_vain
check 'a file of --token-file that is not there is told as that, also on a fresh machine' no_such_file
check 'an answer that was lost is given again, and the token is spent once' lost_answer
check 'an enrolment that is under way otherwise is not gone on with' otherwise_begun
check 'nor is one that is done otherwise told as what was asked for' otherwise_done
check 'files that were lost are written again' files_again
check 'it goes on after it was killed, wherever that was' killed
check 'also with a key of the TPM' killed_between tpm
check 'and with one of the registrar' killed_between vault
check 'who enrols again and is killed is who it was before, or the new one' again_killed
check 'it goes on where the registrar was away' no_registrar
check 'two processes do not enrol one token' two_at_once
check 'with a token goes what its enrolment left' destroyed
check 'a state that a disk changed makes no second machine' damaged
check 'evidence that was made is given up by --again alone' begun_again
finish
