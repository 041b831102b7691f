#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Output that can't be written is an error, binary output spares terminals, and
# closed descriptors do no harm.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# full ARGUMENT...: a full disk is noticed.
full() {
	local status=0

	signet "$@" > /dev/full 2> "$FOLDER/err" || status=$?
	[ "$status" = 1 ] && says 'No space left'
}

# closed ARGUMENT...: so is a closed standard output.
closed() {
	local status=0

	signet "$@" >&- 2> "$FOLDER/err" || status=$?
	[ "$status" = 1 ] && says "can't write to standard output"
}

# With standard output closed the store would get its number, and lines would go into it.
store_is_unharmed() {
	signet delete --label closed --yes >&- 2>&- && exits 3 pubkey --label closed && exits 0 doctor
}

# untold TEXT ARGUMENT...: what was made can't be told, and the error says that it was made.
untold() {
	local text=$1 status=0

	shift
	signet "$@" > /dev/full 2> "$FOLDER/err" || status=$?
	[ "$status" = 12 ] && says 'No space left' && says "all the same it is done: $text" || { echo "exit code $status"; return 1; }
}

key_is_made_all_the_same() {
	local id

	untold 'Made the Ed25519 key pair "full" (id ' keygen --label full || return 1
	id=$(sed -n 's/.*(id \([0-9a-f]*\))$/\1/p' "$FOLDER/err")
	exits 0 list && prints '"full"' && prints "id $id"
}

others_are_made_all_the_same() {
	untold 'Made the decryption root "fullroot"' root create --label fullroot --no-recovery --json && exits 0 wrap --root fullroot --new --format base64 &&
		cp "$FOLDER/out" "$FOLDER/wrapped" &&
		untold 'Unwrapped the key "fullkey"' unwrap --root fullroot --label fullkey < "$FOLDER/wrapped" &&
		openssl genpkey -algorithm Ed25519 > "$FOLDER/key.pem" &&
		untold 'Imported the Ed25519 key pair "fullpem"' import --label fullpem < "$FOLDER/key.pem" &&
		untold 'Made the token "fulltoken"' init --label fulltoken --machine &&
		exits 0 pubkey --token token --label fullpem && exits 0 delete --token token --label fullkey --yes &&
		exits 0 list --token fulltoken && exits 0 destroy --token fulltoken --yes
}

nothing_is_made_without_output() {
	closed keygen --label closed && exits 3 pubkey --label closed && closed init --label closed --machine &&
		! grep -q closed <(signet status)
}

nothing_is_made_where_nobody_reads() {
	local status=0

	exec 9> >(:)
	wait $!
	signet keygen --label unread >&9 2> "$FOLDER/err" || status=$?
	exec 9>&-
	[ "$status" = 1 ] && says 'nobody reads it' && exits 3 pubkey --label unread
}

nothing_is_made_where_output_is_read_only() {
	local status=0

	signet keygen --label unread 1< /dev/null 2> "$FOLDER/err" || status=$?
	[ "$status" = 1 ] && says "can't write to standard output" && exits 3 pubkey --label unread
}

closed_input_is_an_error() {
	local status=0

	signet sign --label key <&- > "$FOLDER/out" 2> "$FOLDER/err" || status=$?
	[ "$status" = 1 ] && says "can't read" && [ ! -s "$FOLDER/out" ]
}

closed_errors_change_nothing() {
	local status=0

	signet pubkey --label nobody 2>&- || status=$?
	[ "$status" = 3 ]
}

# on_terminal COMMAND: run it with a terminal; what it shows is in $FOLDER/screen.
on_terminal() {
	script -qec "$1" /dev/null < /dev/null > "$FOLDER/screen"
}

terminal_is_spared() {
	local verb

	for verb in "sign --label key < '$FOLDER/conf'" 'wrap --root root --new' "encrypt --root crypt < '$FOLDER/conf'"; do
		on_terminal "'$SIGNET' $verb"
		[ $? = 2 ] && grep -q 'is a terminal' "$FOLDER/screen" && grep -q base64 "$FOLDER/screen" || return 1
	done
}

terminal_takes_base64() {
	on_terminal "'$SIGNET' sign --label key --format base64 < '$FOLDER/conf'" && grep -qE '^[A-Za-z0-9+/]{86}==' "$FOLDER/screen"
}

terminal_can_be_forced() {
	on_terminal "'$SIGNET' wrap --root root --new --force" && [ "$(wc -c < "$FOLDER/screen")" -ge 40 ]
}

# What nobody types is not waited for.
input_from_a_terminal_is_refused() {
	local verb

	for verb in 'import --label x' 'unwrap --root root --check' 'decrypt --root crypt' 'wrap --root root --stdin --format base64'; do
		on_terminal "'$SIGNET' $verb"
		[ $? = 2 ] && grep -q 'standard input is a terminal' "$FOLDER/screen" || { echo "$verb"; return 1; }
	done
}

label_can_not_steer_the_terminal() {
	local escape=$'\e'

	fails 3 'there is no private key "' sign --label "${escape}[2J" < /dev/null && ! grep -q "$escape" "$FOLDER/err"
}

# pkcs11-tool writes labels that signet itself would refuse.
foreign_label_is_shown_harmless() {
	local escape=$'\e'

	pkcs11-tool --module "$SIGNET_TEST_BUILDDIR/.libs/signet.so" --token-label token --keygen --key-type AES:32 \
		--label "bad${escape}[2J"$'\xff' > /dev/null 2>&1 || return 1
	exits 0 list && prints 'bad?[2J?' && ! grep -q "$escape" "$FOLDER/out" && exits 0 list --json &&
		"$JSON" < "$FOLDER/out" && prints 'bad\u001B[2J'$'\xef\xbf\xbd'
}

# A label with marks that turn the line around is a good label, and is shown without them.
direction_marks_are_not_shown() {
	local mark=$'\xe2\x80\xae'

	exits 0 keygen --label "marks${mark}evil" && prints 'marks?evil' && ! grep -q "$mark" "$FOLDER/out" || return 1
	exits 0 list && prints '"marks?evil"' && prints 'object=marks%E2%80%AEevil' && ! grep -q "$mark" "$FOLDER/out" || return 1
	fails 9 'marks?evil' keygen --label "marks${mark}evil" && ! grep -q "$mark" "$FOLDER/err" || return 1
	exits 0 pubkey --label "marks${mark}evil" --format ssh && ! grep -q "marks" "$FOLDER/out" || return 1
	exits 0 list --json && prints "marks${mark}evil"
}

nothing_but_json_on_output() {
	exits 0 status --json && [ ! -s "$FOLDER/err" ] && json token tokens 0 label && exits 0 root list --json && json root 0 label &&
		[ ! -s "$FOLDER/err" ]
}

# The TPM is stopped until the line is there.
progress_is_told() {
	local line=

	kill -STOP "$TPM_PID"
	coproc SLOW { script -qec "'$SIGNET' list" /dev/null < /dev/null; }
	local pid=$SLOW_PID out=${SLOW[0]}

	IFS= read -r -t 20 -u "$out" line
	kill -CONT "$TPM_PID"
	cat <&"$out" > "$FOLDER/screen"
	wait "$pid" && [[ $line == *'waiting for the TPM ...'* ]] && grep -q 'private key' "$FOLDER/screen"
}

tpm_library_is_silent() {
	unset TSS2_LOG
	SIGNET_TCTI=device:/nonexistent exits 6 list && ! grep -v '^signet: ' "$FOLDER/err"
}

tpm_start || exit 1
{
	signet init --label token --machine && signet keygen --label key && signet root create --label root --no-recovery &&
		signet root create --label crypt --usage encrypt --no-recovery
} > /dev/null || exit 1

for verb in --help --version 'sign --help' status 'status --json' doctor list 'list --json' 'pubkey --label key' 'root list' \
	'wrap --root root --new' 'wrap --root root --new --format base64'; do
	# shellcheck disable=SC2086
	check "a full disk is noticed by $verb" full $verb
done
check 'a full disk is noticed by sign' eval 'full sign --label key < /dev/null'
check 'a full disk is noticed by encrypt' eval 'full encrypt --root crypt < /dev/null'
check 'a closed output is noticed' closed pubkey --label key
check 'a key that was made is told to be made, if only on standard error' key_is_made_all_the_same
check 'so is all else that was made' others_are_made_all_the_same
check 'where the output is closed nothing is made' nothing_is_made_without_output
check 'nor where nobody reads it' nothing_is_made_where_nobody_reads
check 'nor where it is read-only' nothing_is_made_where_output_is_read_only
check 'a closed output does the store no harm' eval 'exits 0 keygen --label closed && store_is_unharmed'
check 'a closed input is an error' closed_input_is_an_error
check 'closed errors change nothing' closed_errors_change_nothing
check 'binary output is not sent to a terminal' terminal_is_spared
check 'base64 is' terminal_takes_base64
check 'binary output can be forced' terminal_can_be_forced
check 'keys and files are not waited for on a terminal' input_from_a_terminal_is_refused
check 'an argument can not steer the terminal' label_can_not_steer_the_terminal
check "a label can't turn its line around" direction_marks_are_not_shown
check 'JSON stands alone' nothing_but_json_on_output
check 'a TPM that takes its time is waited for with a line of progress' progress_is_told
check 'the TPM library is silent' tpm_library_is_silent
if [ -n "$SIGNET_TEST_SANITIZER" ]; then
	skip "a foreign label can't steer the terminal" 'pkcs11-tool was not built with the sanitizer'
elif command -v pkcs11-tool > /dev/null; then
	check "a foreign label can't steer the terminal" foreign_label_is_shown_harmless
else
	skip "a foreign label can't steer the terminal" 'pkcs11-tool is not installed'
fi
finish
