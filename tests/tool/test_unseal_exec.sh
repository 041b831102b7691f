#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Roots that are handed to programs as bytes: signet unseal exec and credential.

# What redirects is given to check as text, and functions are called by their names:
# shellcheck disable=SC2016,SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# shellcheck source=tests/tool/credential.sh
. "$SIGNET_TEST_SRCDIR/tests/tool/credential.sh"

program_reads_the_bytes() {
	exits 0 unseal exec --root vault -- sh -c 'cat <&$SIGNET_ROOT_FD' && cmp "$FOLDER/out" "$FOLDER/known"
}

number_and_variable_can_be_chosen() {
	exits 0 unseal exec --root vault --fd 17 -- cat /dev/fd/17 && cmp "$FOLDER/out" "$FOLDER/known" &&
		exits 0 unseal exec --root vault --env KEY_FD -- sh -c 'cat <&$KEY_FD' && cmp "$FOLDER/out" "$FOLDER/known" &&
		exits 0 unseal exec --root vault --env KEY_FD --fd 5 -- sh -c 'echo "$KEY_FD $SIGNET_ROOT_FD"' &&
		[ "$(cat "$FOLDER/out")" = '5 ' ]
}

root_with_a_pin_of_its_own_is_opened_with_it() {
	printf '271828' > "$FOLDER/key-pin" && printf '314159' > "$FOLDER/other-pin" &&
		exits 0 root import --label guarded --leave deliver --no-recovery --key-pin-file "$FOLDER/key-pin" < "$FOLDER/known" &&
		exits 0 unseal exec --root guarded --key-pin-file "$FOLDER/key-pin" --fd 5 -- cat /dev/fd/5 && cmp "$FOLDER/out" "$FOLDER/known" &&
		fails 2 '--key-pin-file FILE' unseal exec --root guarded -- true &&
		fails 4 'PIN' unseal exec --root guarded --key-pin-file "$FOLDER/other-pin" -- true
}

form_is_what_is_asked_for() {
	exits 0 unseal exec --root vault --fd 5 --format hex -- cat /dev/fd/5 && [ "$(cat "$FOLDER/out")" = "$(xxd -p -c 64 "$FOLDER/known")" ] &&
		exits 0 unseal exec --root vault --fd 5 --format base64 -- cat /dev/fd/5 && [ "$(cat "$FOLDER/out")" = "$(base64 "$FOLDER/known")" ] &&
		fails 2 'must be raw, hex or base64' unseal exec --root vault --format words -- true
}

program_has_the_process_and_the_exit_code() {
	signet unseal exec --root vault -- sh -c 'echo $$ $PPID; exit 41' > "$FOLDER/out"
	[ $? -eq 41 ] || return 1
	setsid sh -c 'echo $$; exec "$@"' - "$SIGNET" unseal exec --root vault -- sh -c 'echo $$' > "$FOLDER/out" &&
		[ "$(sort -u "$FOLDER/out" | wc -l)" = 1 ]
}

program_that_is_not_there_is_told() {
	fails 127 "can't run $FOLDER/none" unseal exec --root vault -- "$FOLDER/none" &&
		fails 126 "can't run $FOLDER/known" unseal exec --root vault -- "$FOLDER/known" &&
		fails 2 'needs -- and COMMAND' unseal exec --root vault &&
		fails 2 'needs -- and COMMAND' unseal exec --root vault -- &&
		fails 2 'takes COMMAND behind --' unseal exec --root vault true &&
		fails 2 '--fd takes a number from 3 to 1023' unseal exec --root vault --fd 2 -- true &&
		fails 2 '--fd takes a number from 3 to 1023' unseal exec --root vault --fd 5x -- true &&
		fails 2 '--env takes the name of a variable' unseal exec --root vault --env 1A -- true &&
		fails 2 '--env takes the name of a variable' unseal exec --root vault --env A=B -- true
}

# Descriptors of the command's own, such as that of a TPM, would be the program's too.
program_gets_one_descriptor() {
	exits 0 unseal exec --root vault --fd 5 -- sh -c 'ls /proc/$$/fd' > /dev/null 7>&- 8>&- 9>&-
	(ls "/proc/$BASHPID/fd"; echo 5) | sort -u > "$FOLDER/before"
	sort -u "$FOLDER/out" | comm -13 "$FOLDER/before" - > "$FOLDER/more"
	# A shell keeps its script on one more.
	! grep -qvxE '10|255' "$FOLDER/more"
}

service_gets_the_bytes() {
	local result=0

	serve --root vault || return 1
	{ "$LOAD" "$SOCKET" vault.service root > "$FOLDER/out" && cmp "$FOLDER/out" "$FOLDER/known" &&
		"$LOAD" "$SOCKET" other.service root > "$FOLDER/out" && cmp "$FOLDER/out" "$FOLDER/known"; } || result=1
	stop_serving
	cat "$FOLDER/server"
	grep -q 'gave the root "vault" to vault.service' "$FOLDER/server" && return "$result"
}

service_gets_an_error_and_no_empty_answer() {
	local result=0

	serve --root none || return 1
	! "$LOAD" "$SOCKET" vault.service root > "$FOLDER/out" && [ ! -s "$FOLDER/out" ] || result=1
	wait "$SERVER" && result=1
	SERVER=
	cat "$FOLDER/server"
	grep -q 'there is no' "$FOLDER/server" && return "$result"
}

without_a_socket_it_says_who_starts_it() {
	fails 2 'no socket was passed' unseal credential --root vault && says signet-root@
}

tpm_start || exit 1
check 'a token is made' exits 0 init --label token --machine
check 'a root that may leave as bytes comes in' \
	make_known_root
check 'a program reads the bytes of a root from a descriptor' program_reads_the_bytes
check 'the number and the variable can be chosen' number_and_variable_can_be_chosen
check 'a root with a PIN of its own is opened with it' root_with_a_pin_of_its_own_is_opened_with_it
check 'the form is what is asked for' form_is_what_is_asked_for
check 'the program has the process and its exit code is the command'\''s' program_has_the_process_and_the_exit_code
check 'a program that is not there is told, as by a shell' program_that_is_not_there_is_told
check 'the program gets one descriptor and no other' program_gets_one_descriptor
check 'a service gets the bytes as a credential' service_gets_the_bytes
check 'where there is no root a service gets an error, and no empty answer' service_gets_an_error_and_no_empty_answer
check 'without a socket it says who starts it' without_a_socket_it_says_who_starts_it
finish
