#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attack: what somebody else gets of a root that is handed to a program as bytes. Another user and
# another service ask for it where systemd does, and the program itself is looked at from outside.

# What redirects is given to check as text, and functions are called by their names:
# shellcheck disable=SC2016,SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/tool/credential.sh
. "$SIGNET_TEST_SRCDIR/tests/tool/credential.sh"

if [ "$(id -u)" != 0 ] || ! setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null; then
	echo '1..0 # SKIP only root can be attacked by another user here'
	exit 0
fi

# It can be read through /proc, but not opened for writing and then written: the seals are the file's.
nobody_can_change_the_bytes() {
	exits 0 unseal exec --root vault --fd 5 -- sh -c '
		! sh -c "echo other >&5" && ! sh -c ": > /proc/self/fd/5" && ! sh -c "echo other >> /proc/self/fd/5" && cat <&5' &&
		cmp "$FOLDER/out" "$FOLDER/known"
}

root_that_may_not_leave_stays() {
	exits 0 root create --label stays --no-recovery &&
		fails 1 'does not leave its token as bytes' unseal exec --root stays -- cat /dev/fd/3 &&
		says '--leave deliver'
}

# holder: print the process that keeps the file of this process's descriptor 5 in memory.
holder='
	inode=$(stat -L -c %i /proc/self/fd/5)
	for process in /proc/[0-9]*; do
		[ "$process" != "/proc/$$" ] || continue
		grep -q " $inode .*memfd:signet-root" "$process/maps" 2> /dev/null && echo "${process#/proc/}" && break
	done'

page_is_locked_while_the_program_runs() {
	local process limit=$((SECONDS + 20))

	exits 0 unseal exec --root vault --fd 5 -- bash -c "$holder"'; cat "$process/comm" "$process/status"; ls "$process/fd"' &&
		prints signet-hold && grep -qE '^VmLck:[[:space:]]+4 kB' "$FOLDER/out" || return 1
	# It has the one descriptor that tells when the program has ended, and then it ends.
	[ "$(tail -n 1 "$FOLDER/out")" = 0 ] || return 1
	process=$(head -n 1 "$FOLDER/out")
	while [ -d "/proc/$process" ]; do
		[ "$SECONDS" -lt "$limit" ] || { echo "process $process is still there"; return 1; }
	done
}

only_units_that_are_named_get_them() {
	local result=0

	serve --root vault --unit vault.service --unit spare.service || return 1
	{ "$LOAD" "$SOCKET" other.service root > "$FOLDER/out" && [ ! -s "$FOLDER/out" ] &&
		"$LOAD" "$SOCKET" vault.service/x root > "$FOLDER/out" && cmp "$FOLDER/out" "$FOLDER/known" &&
		"$LOAD" "$SOCKET" spare.service root > "$FOLDER/out" && cmp "$FOLDER/out" "$FOLDER/known"; } || result=1
	stop_serving
	cat "$FOLDER/server"
	grep -q '"other.service" asked for the root and was refused' "$FOLDER/server" && return "$result"
}

# Who is neither root nor the user of the tokens can't be told from systemd by a name.
other_user_gets_nothing() {
	local result=0

	serve --root vault --unit vault.service || return 1
	chmod 755 "$FOLDER"
	chmod 666 "$SOCKET"
	cp "$LOAD" "$FOLDER/load" && chmod 755 "$FOLDER/load"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$FOLDER/load" "$SOCKET" vault.service root > "$FOLDER/out" &&
		[ ! -s "$FOLDER/out" ] || result=1
	stop_serving
	cat "$FOLDER/server"
	grep -q 'user 65534 asked for the root and was refused' "$FOLDER/server" && return "$result"
}

# Who may ask the TPM makes public objects of a PIN token, of any name, without the PIN.
planted_key_is_no_root() {
	local module=$SIGNET_TEST_BUILDDIR/.libs/signet.so

	printf 'correct horse' > "$FOLDER/pin"
	exits 0 init --label closed --pin-file "$FOLDER/pin" &&
		"$SIGNET_TEST_BUILDDIR/tests/tool/plant_key" "$module" closed vault &&
		fails 3 'is not taken for a root of this token' unseal exec --token closed --pin-file "$FOLDER/pin" --root vault --fd 5 -- cat /dev/fd/5 &&
		fails 3 'not taken for a root' wrap --token closed --pin-file "$FOLDER/pin" --root vault --new &&
		printf x | fails 3 'not taken for a root' encrypt --token closed --pin-file "$FOLDER/pin" --root vault &&
		exits 0 unseal --check --token closed --pin-file "$FOLDER/pin" && ! prints 'root vault' &&
		exits 0 root import --token closed --pin-file "$FOLDER/pin" --label own --leave deliver --no-recovery < "$FOLDER/known" &&
		"$SIGNET_TEST_BUILDDIR/tests/tool/plant_key" "$module" closed own &&
		exits 0 unseal exec --token closed --pin-file "$FOLDER/pin" --root own --fd 5 -- cat /dev/fd/5 && cmp "$FOLDER/out" "$FOLDER/known"
}

tpm_start || exit 1
exits 0 init --label token --machine && make_known_root || exit 1
check 'nobody can change the bytes' nobody_can_change_the_bytes
check 'a root that may not leave so stays' root_that_may_not_leave_stays
check 'the page is locked while the program runs, and no longer' page_is_locked_while_the_program_runs
check 'only units that are named get them' only_units_that_are_named_get_them
check 'another user gets nothing' other_user_gets_nothing
check 'a key that somebody planted under its name is no root' planted_key_is_no_root
finish
