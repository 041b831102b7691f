#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attack: another user on the machine. He reads what he can, is first where a file will be,
# swaps folders and files of his victim, and gives it a configuration that runs his code.
# Root is the victim, and a user without any right the attacker.

# What redirects is given to check as text, and functions are called by their names:
# shellcheck disable=SC2016,SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

if [ "$(id -u)" != 0 ] || ! setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null; then
	echo '1..0 # SKIP only root can be attacked by another user here'
	exit 0
fi

shared=$FOLDER/shared           # sticky, as /tmp
open=$FOLDER/open               # writable by all, by a mistake of the victim's

# attacker COMMAND...: run it as the other user, who has a time limit.
attacker() {
	timeout --kill-after=5 30 setpriv --reuid 65534 --regid 65534 --clear-groups --reset-env -- "$@"
}

# can_not COMMAND...: the attacker tries it, and it fails.
can_not() {
	! attacker "$@" > "$FOLDER/out" 2> "$FOLDER/err" || { echo "the attacker can $*"; return 1; }
}

# as_it_was: the victim's tokens are untouched, and work.
as_it_was() {
	[ "$(sha256sum "$FOLDER"/state/*.db)" = "$fingerprint" ] || { echo 'the store was changed'; return 1; }
	printf x | exits 0 sign --label key
}

nothing_is_readable() {
	local file

	for file in "$SIGNET_STATE" "$SIGNET_STATE"/*; do
		can_not cat "$file" && can_not cp -r "$file" "$shared/loot" && can_not truncate -s 0 "$file" &&
			can_not rm -f "$file" && can_not chmod 0777 "$file" && can_not ln "$file" "$shared/name" || return 1
	done
	can_not ls "$SIGNET_STATE" && can_not touch "$SIGNET_STATE/slot-0001.db" && as_it_was
}

# Every file that a store consists of while it is written, made with the most careless umask.
nothing_is_readable_meanwhile() {
	local state=$shared/careless

	(
		umask 0
		SIGNET_STATE=$state exits 0 init --label careless --machine
		# The folder is opened, so that the modes of the files alone keep him out.
		chmod 0755 "$state"
		closed_files "$state"
	)
}

# closed_files FOLDER: no file in it can be read or written by group or others.
closed_files() {
	[ -n "$(find "$1" -type f)" ] && [ -z "$(find "$1" -type f -perm /077)" ] && can_not cat "$1/slot-0000.db"
}

his_own_signet_does_not_help() {
	local command=("$FOLDER/signet" list)

	install -m 0755 "$SIGNET" "$FOLDER/signet"
	can_not env SIGNET_CONF="$FOLDER/theirs" SIGNET_STATE="$SIGNET_STATE" SIGNET_TCTI="$SIGNET_TCTI" "${command[@]}" &&
		says "can't" && as_it_was
}

the_tpm_does_not_answer_him() {
	can_not env TPM2TOOLS_TCTI="$SIGNET_TCTI" tpm2_getrandom 8
}

# first COMMAND: the attacker has run it in the sticky folder when the victim makes a token there.
first() {
	local SIGNET_STATE=$shared/first/state

	export SIGNET_STATE
	rm -rf "$shared/first" "$shared/his"
	attacker mkdir -m 0777 "$shared/his" || return 1
	attacker sh -c "cd '$shared' && $1" || return 1
	exits 7 init --label planted --machine && says 65534 || return 1
	[ -z "$(find "$shared/his" "$open" -mindepth 1)" ] || { echo 'something was written there'; return 1; }
}

# The same for the state folder itself.
first_in_place() {
	local SIGNET_STATE=$shared/place

	export SIGNET_STATE
	rm -rf "$shared/place" "$shared/his"
	attacker mkdir -m 0777 "$shared/his" || return 1
	attacker sh -c "cd '$shared' && $1" || return 1
	exits 7 init --label planted --machine && says "$2" || return 1
	[ -z "$(find "$shared/his" "$open" -mindepth 1)" ] || { echo 'something was written there'; return 1; }
	as_it_was_elsewhere
}

as_it_was_elsewhere() {
	SIGNET_STATE=$FOLDER/state as_it_was
}

# The victim keeps an older copy of its tokens beside them, and the folder above is open. The
# attacker can read neither, but he can rename both.
an_old_copy() {
	local SIGNET_STATE=$open/state

	export SIGNET_STATE
	cp -a "$FOLDER/state" "$open/old"
	cp -a "$FOLDER/state" "$open/state"
	exits 7 list && says 'chmod go-w' || return 1
	chmod 0755 "$open"
	exits 0 keygen --label newer || return 1
	chmod 0777 "$open"
	attacker sh -c "cd '$open' && mv state away && mv old state" || { echo 'the attack failed'; return 1; }
	fails 7 'chmod go-w' list && fails 7 'chmod go-w' sign --label key < /dev/null && exits 1 doctor &&
		prints 'FAIL  state folder' && prints 'chmod go-w'
}

# He swaps the folder for a link to one of his own again and again while the victim makes tokens.
a_race() {
	local SIGNET_STATE=$open/way/state status=0 i

	export SIGNET_STATE
	mkdir "$open/way" && attacker mkdir -m 0777 "$shared/catch" || return 1
	attacker sh -c "cd '$open'; while [ ! -e '$shared/enough' ]; do mv way real; ln -s '$shared/catch' way; rm way; mv real way; done" \
		> /dev/null 2>&1 &
	for ((i = 0; i < 20; i++)); do
		signet init --label raced --machine > "$FOLDER/out" 2> "$FOLDER/err" && status=1
	done
	touch "$shared/enough"
	wait "$!"
	[ -z "$(find "$shared/catch" -mindepth 1)" ] || { echo 'a token was made in his folder'; status=1; }
	return "$status"
}

# evil FILE: code of his, as a way to the TPM; it leaves the file pwned.
make_evil() {
	printf '#include <stdio.h>\n__attribute__((constructor)) static void run(void) { FILE *f = fopen("%s", "w"); if (f) fclose(f); }\n' \
		"$FOLDER/pwned" > "$FOLDER/evil.c"
	gcc -shared -fPIC -o "$shared/evil.so" "$FOLDER/evil.c" && chmod 0755 "$shared/evil.so" && rm "$FOLDER/evil.c"
}

# not_run CONF: a command with this configuration is refused, and does not run his code.
not_run() {
	rm -f "$FOLDER/pwned"
	( unset SIGNET_TCTI; SIGNET_CONF=$1 exits 10 list && says 'Permission denied' || says "$2" ) || return 1
	[ ! -e "$FOLDER/pwned" ] || { echo 'his code was run'; return 1; }
}

# The same code in a configuration of the victim's own does run, so the attack is one.
the_code_is_evil() {
	rm -f "$FOLDER/pwned"
	echo "tcti = $shared/evil.so" > "$FOLDER/own.conf"
	( unset SIGNET_TCTI; SIGNET_CONF=$FOLDER/own.conf signet list > /dev/null 2>&1 )
	[ -e "$FOLDER/pwned" ]
}

a_configuration_of_his() {
	rm -f "$shared/conf"
	attacker sh -c "echo 'tcti = $shared/evil.so' > '$shared/conf'" && not_run "$shared/conf" 'can be changed by others'
}

a_configuration_in_place_of_the_victims() {
	mkdir -p "$open/etc" && chmod 0777 "$open/etc" && : > "$open/etc/signet.conf" || return 1
	attacker sh -c "cd '$open/etc' && mv signet.conf old && echo 'tcti = $shared/evil.so' > signet.conf" &&
		not_run "$open/etc/signet.conf" 'chmod go-w'
}

# A file of the victim's own, which says what the attacker likes, in the place of the configuration.
another_file_of_the_victims() {
	rm -rf "${open:?}/etc"
	mkdir -p "$open/etc" && chmod 0777 "$open/etc" && : > "$open/etc/signet.conf" || return 1
	echo "tcti = $shared/evil.so" > "$open/etc/draft"
	attacker sh -c "cd '$open/etc' && mv draft signet.conf" && not_run "$open/etc/signet.conf" 'chmod go-w'
}

a_link_as_configuration() {
	rm -f "$shared/link"
	attacker ln -s "$FOLDER/own.conf" "$shared/link" && not_run "$shared/link" 'symbolic link'
}

# pin COMMAND: the attacker has put something where the victim expects a PIN.
pin() {
	rm -rf "$shared/pin"
	attacker sh -c "cd '$shared' && $1" || return 1
	exits 1 init --label guarded --pin-file "$shared/pin" && says 'the PIN of the new token' && says "$2" &&
		exits 0 status && ! prints guarded > /dev/null
}

tpm_start || exit 1
chmod 0711 "$FOLDER"
mkdir -m 0777 "$shared" "$open"
chmod 1777 "$shared"
chmod 0777 "$open"
: > "$FOLDER/theirs"
chmod 0644 "$FOLDER/theirs"
{ signet init --label token --machine && signet keygen --label key; } > /dev/null || exit 1
fingerprint=$(sha256sum "$FOLDER"/state/*.db)

check 'he reads, changes, removes and links nothing' nothing_is_readable
check 'nor does he in a folder that was opened, whatever the umask' nothing_is_readable_meanwhile
check 'signet in his hands is refused too' his_own_signet_does_not_help
check 'the TPM does not answer him' the_tpm_does_not_answer_him
check 'a folder of his on the way is not used' first 'mkdir -m 0777 first first/state'
check 'a link of his on the way is not followed' first 'ln -s his first'
check 'nor one to the tokens of the victim' first "ln -s '$FOLDER' first"
check 'a folder of his is not used' first_in_place 'mkdir -m 0777 place' 'owned by user 65534'
check 'a link of his is not followed' first_in_place 'ln -s his place' 'symbolic link'
check 'nor one to the tokens of the victim themselves' first_in_place "ln -s '$FOLDER/state' place" 'symbolic link'
check 'a pipe of his is not opened' first_in_place 'mkfifo place' 'something else'
check 'an old copy that he put in the place of the tokens is not used' an_old_copy
check 'while he swaps folders nothing is made in his' a_race
if command -v gcc > /dev/null && make_evil && the_code_is_evil; then
	check 'his configuration does not run his code' a_configuration_of_his
	check 'nor does one that he put in the place of the victim'"'"'s' a_configuration_in_place_of_the_victims
	check 'nor another file of the victim that he put there' another_file_of_the_victims
	check 'nor a link' a_link_as_configuration
else
	check 'code of his can be run at all' false
fi
check 'a PIN of his is not taken' pin 'echo 12345678 > pin; chmod 0600 pin' 'owned by user 65534'
check 'nor one behind a link' pin "ln -s '$FOLDER/theirs' pin" 'symbolic link'
check 'nor one from a pipe, for which the victim does not wait' pin 'mkfifo -m 0600 pin' 'something else'
check 'after all of this the tokens of the victim are as they were' as_it_was
finish
