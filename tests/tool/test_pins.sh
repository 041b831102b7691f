#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. PINs: where they come from, what a wrong one gets, how they are changed.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

pin=$FOLDER/pin
so=$FOLDER/so
new=$FOLDER/new
wrong=$FOLDER/wrong

# Forget the wrong PINs that were given, as time would.
forgive() {
	tpm2_dictionarylockout -c > /dev/null
}

from_everywhere() {
	exits 0 list --pin-file "$pin" && prints 'private key' &&
		exits 0 list --pin-file - < "$pin" && prints 'private key' &&
		exits 0 list --pin-file fd:7 7< "$pin" && prints 'private key' &&
		exits 0 list --pin-file fd:0 < "$pin" && prints 'private key'
}

from_a_credential() {
	local folder=$FOLDER/credentials

	mkdir "$folder"
	cp "$pin" "$folder/signet.pin"
	# systemd makes them so.
	chmod 0440 "$folder/signet.pin"
	CREDENTIALS_DIRECTORY=$folder exits 0 list --pin-file "$folder/signet.pin" && prints 'private key'
}

newline_does_not_count() {
	printf '1234secret' > "$FOLDER/bare"
	exits 0 list --pin-file "$FOLDER/bare" && prints 'private key'
	printf '1234secret\r\n' > "$FOLDER/bare"
	exits 0 list --pin-file "$FOLDER/bare" && prints 'private key'
}

open_file_is_refused() {
	cp "$pin" "$FOLDER/open"
	chmod 0644 "$FOLDER/open"
	fails 1 chmod list --pin-file "$FOLDER/open"
}

# typed COMMAND ANSWER...: answer each prompt that the command asks on its terminal.
# What stands on the screen is in $FOLDER/screen.
typed() {
	local command=$1 answer screen status

	shift
	: > "$FOLDER/screen"
	# Whoever started the tests in the background has interrupts ignored.
	coproc TYPED { env --default-signal=INT script -qec "$command" /dev/null 2>&1; }
	local pid=$TYPED_PID in=${TYPED[1]} out=${TYPED[0]}

	for answer in "$@"; do
		# The prompt ends with a colon; only behind it echo is off.
		IFS= read -r -d : -t 20 -u "$out" screen || break
		printf '%s:' "$screen" >> "$FOLDER/screen"
		printf '%s\n' "$answer" >&"$in"
	done
	cat <&"$out" >> "$FOLDER/screen"
	wait "$pid"
	status=$?
	return "$status"
}

asked_on_the_terminal() {
	typed "'$SIGNET' list --login" 1234secret &&
		grep -q 'private key' "$FOLDER/screen" && grep -q 'Enter the PIN of token "desk":' "$FOLDER/screen"
}

not_shown_on_the_terminal() {
	! grep -q 1234secret "$FOLDER/screen"
}

tty_is_a_name() {
	typed "'$SIGNET' list --pin-file tty" 1234secret && grep -q 'private key' "$FOLDER/screen"
}

new_pin_is_asked_twice() {
	typed "'$SIGNET' init --label asked" abcdef abcdef && exits 0 destroy --token asked --yes
}

different_pins_are_refused() {
	! typed "'$SIGNET' init --label asked" abcdef abcdeg && grep -q 'not the same' "$FOLDER/screen" &&
		exits 3 destroy --token asked --yes
}

# Tries are counted down, and a right PIN in between works.
counts_down() {
	forgive
	fails 4 '2 tries are left' list --pin-file "$wrong" && fails 4 '1 try is left' list --pin-file "$wrong" &&
		exits 0 list --pin-file "$pin" && prints 'private key'
}

locks() {
	forgive
	exits 4 list --pin-file "$wrong" && exits 4 list --pin-file "$wrong" &&
		fails 4 'last try' list --pin-file "$wrong" && fails 5 'was not tried' list --pin-file "$pin" &&
		says 'the next try is possible at' && says 'next step' &&
		exits 0 status --json && json true tokens 0 tpm locked && json 0 tokens 0 tpm tries_left &&
		exits 0 status && prints 'refuses every PIN' && exits 1 doctor && prints 'FAIL  lockout'
}

unlocks() {
	forgive
	exits 0 list --pin-file "$pin" && prints 'private key'
}

set_changes() {
	forgive
	exits 0 pin set --pin-file "$pin" --new-pin-file "$new" && exits 4 list --pin-file "$pin" &&
		exits 0 list --pin-file "$new" && prints 'private key' &&
		exits 0 pin set --pin-file "$new" --new-pin-file "$pin"
}

untold_changes() {
	local status=0

	signet pin set --pin-file "$pin" --new-pin-file "$new" > /dev/full 2> "$FOLDER/err" || status=$?
	[ "$status" = 12 ] && says 'all the same it is done: The PIN was changed.' && exits 0 pin set --pin-file "$new" --new-pin-file "$pin"
}

set_needs_the_old_one() {
	forgive
	fails 4 'is wrong' pin set --pin-file "$wrong" --new-pin-file "$new" && exits 0 list --pin-file "$pin"
}

so_resets() {
	forgive
	exits 0 pin reset --so-pin-file "$so" --new-pin-file "$new" && exits 0 list --pin-file "$new" &&
		prints 'private key' && exits 0 pin reset --so-pin-file "$so" --new-pin-file "$pin"
}

so_pin_changes() {
	forgive
	exits 0 pin set --so --so-pin-file "$so" --new-pin-file "$new" &&
		exits 4 pin reset --so-pin-file "$so" --new-pin-file "$pin" &&
		exits 0 pin set --so --so-pin-file "$new" --new-pin-file "$so"
}

officer_first() {
	exits 0 init --label officer --so-pin-file "$so" && exits 4 keygen --label x --token officer --pin-file "$pin" &&
		says 'pin reset' && exits 0 pin reset --token officer --so-pin-file "$so" --new-pin-file "$pin" &&
		exits 0 keygen --label x --token officer --pin-file "$pin" && exits 0 destroy --token officer --yes
}

public_without_pin() {
	exits 0 pubkey --label key && printf x | signet sign --label key --pin-file "$pin" > "$FOLDER/signature" &&
		printf x | exits 0 verify --label key --signature "$FOLDER/signature"
}

list_hides() {
	exits 0 list && prints 'public key' && ! prints 'private key' && says '--login'
}

# Everything that wants the PIN says so where there is no terminal.
pin_is_wanted() {
	fails 2 'no terminal' keygen --label x && fails 2 'no terminal' sign --label key < /dev/null &&
		fails 2 'no terminal' root create --label x --no-recovery && fails 2 'no terminal' delete --label key &&
		fails 2 'no terminal' wrap --root x --new && fails 2 'no terminal' decrypt --root x < "$FOLDER/sealed"
}

# Ctrl-C at the prompt ends the command, and what is typed shows again.
echo_comes_back() {
	typed "trap : INT; '$SIGNET' list --login; echo status \$?; stty -a" $'\x03' &&
		grep -q 'status 130' "$FOLDER/screen" && grep -qE '(^|[ ;])echo ' "$FOLDER/screen"
}

longest_pin() {
	{ head -c 255 /dev/zero | tr '\0' x; printf '\r\n'; } > "$FOLDER/longest"
	exits 0 init --label longest --pin-file "$FOLDER/longest" && exits 0 keygen --label x --token longest --pin-file "$FOLDER/longest" &&
		exits 0 destroy --token longest --yes
}

long_pin_on_the_terminal() {
	! typed "'$SIGNET' list --login" "$(head -c 256 /dev/zero | tr '\0' x)" && grep -q '255 bytes' "$FOLDER/screen"
}

machine_has_no_pin() {
	exits 0 init --label machine --machine && fails 1 'has no PIN' pin set --token machine --pin-file "$pin" --new-pin-file "$new" &&
		fails 1 'has no PIN' pin reset --token machine --so-pin-file "$so" --new-pin-file "$new" &&
		fails 2 'has no PIN' keygen --token machine --label key --pin-file "$pin" &&
		fails 2 'has no PIN' root create --token machine --label root --no-recovery --pin-file "$pin" &&
		fails 2 'has no PIN' list --token machine --login --pin-file "$pin" && exits 0 list --token machine && ! prints key
}

tpm_start || exit 1
printf '1234secret\n' > "$pin"
printf 'so-secret\n' > "$so"
printf 'another one\n' > "$new"
printf 'wrong one\n' > "$wrong"
printf 'SGE1\0\001%034d' 0 > "$FOLDER/sealed"

check 'a PIN token is made' exits 0 init --label desk --pin-file "$pin" --so-pin-file "$so"
check 'a key is made with the PIN' exits 0 keygen --label key --pin-file "$pin"
check 'a PIN comes from a file, standard input or a descriptor' from_everywhere
check 'a PIN comes from a credential' from_a_credential
check 'a newline at its end does not count' newline_does_not_count
check 'a PIN file that others can read is refused with the remedy' open_file_is_refused
check 'a PIN file that is not there is an error' fails 3 'no such file' list --pin-file "$FOLDER/none"
check 'a descriptor that is not open is an error' fails 1 'descriptor 9' list --pin-file fd:9
check 'a descriptor that is no number is an error' fails 3 'number' list --pin-file fd:x
check 'a PIN is asked for on the terminal' asked_on_the_terminal
check 'and not shown there' not_shown_on_the_terminal
check 'an interrupt gives the terminal its echo back' echo_comes_back
check 'the terminal can be named' tty_is_a_name
check 'a new PIN is asked for twice' new_pin_is_asked_twice
check 'two different ones make no token' different_pins_are_refused
check 'without a terminal the PIN file is asked for' pin_is_wanted
check 'public keys need no PIN' public_without_pin
check 'list says that private objects are hidden' list_hides
check 'a PIN that is too short is refused' eval 'printf abc > "$FOLDER/short"; fails 2 "4 to 255" init --label x --pin-file "$FOLDER/short"'
check 'a PIN that is too long is refused' eval 'head -c 256 /dev/zero > "$FOLDER/long"; fails 2 "255" init --label x --pin-file "$FOLDER/long"'
check 'a PIN of 255 bytes is taken, with a newline' longest_pin
check 'one that is too long is noticed on the terminal too' long_pin_on_the_terminal
check 'a wrong PIN tells how many tries are left' counts_down
check 'after the last one the TPM is locked, and everything says so' locks
check 'when that is over the PIN works again' unlocks
check 'the PIN is changed with the old one' set_changes
check 'a change that can not be told is told as a change' untold_changes
check 'and not with a wrong one' set_needs_the_old_one
check "the officer sets the user's PIN" so_resets
check "the officer's PIN is changed with the old one" so_pin_changes
check 'a token can begin with the officer alone' officer_first
check 'mixed up options are an error' fails 2 '--so goes with' pin set --so --pin-file "$pin"
check 'a machine token has no PIN to change' machine_has_no_pin
finish
