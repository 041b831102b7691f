#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Stores and configurations that are damaged, unsafe or of somebody else are
# refused with the reason, and left as they are.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# with_store COMMAND TEST...: try a test with a store that the command has changed; it must
# be untouched then, and is put back.
with_store() {
	local change=$1 result=0 before

	shift
	rm -rf "$SIGNET_STATE"
	cp -a "$FOLDER/good" "$SIGNET_STATE"
	(cd "$SIGNET_STATE" && eval "$change") || return 1
	before=$(state_of_files)
	"$@" || result=1
	[ "$before" = "$(state_of_files)" ] || { echo 'the store was touched'; result=1; }
	rm -rf "$SIGNET_STATE"
	cp -a "$FOLDER/good" "$SIGNET_STATE"
	return "$result"
}

state_of_files() {
	(cd "$FOLDER" && find -L state -type f -exec sha256sum {} + ; stat -c '%n %a %u' state state/*) 2> /dev/null
}

# refused CODE TEXT: by whatever wants to use it, and the doctor says the same.
refused() {
	fails "$1" "$2" list && fails "$1" "$2" sign --label key < /dev/null && fails "$1" "$2" keygen --label new &&
		exits "$1" status && prints "$2" && exits "$1" status --json && "$JSON" < "$FOLDER/out" > /dev/null &&
		exits 1 doctor && prints "$2"
}

unsafe() {
	refused 7 chmod && prints FAIL
}

# The folder can't be listed safely, so the doctor speaks of it.
unsafe_folder() {
	fails 7 "chmod 0700" list && fails 7 "chmod 0700" init --label new --machine && exits 1 doctor && prints 'FAIL  state folder' && prints 'chmod 0700'
}

other_owner() {
	fails 7 'is owned by ' list && exits 1 doctor && prints FAIL
}

row_was_changed() {
	fails 7 'cut short or changed' sign --label key < /dev/null
}

healthy_one_is_usable() {
	exits 0 list --token token && fails 2 'several tokens' list && says "can't be read" &&
		exits 7 list --token nobody
}

# wrong_config TEXT LINE...
wrong_config() {
	local text=$1

	shift
	printf '%b\n' "$@" > "$FOLDER/wrong.conf"
	SIGNET_CONF=$FOLDER/wrong.conf fails 10 "$text" list && says 'signet.conf(5)' &&
		SIGNET_CONF=$FOLDER/wrong.conf exits 1 doctor && prints 'FAIL  configuration' && prints "$text"
}

# can_set_user: tell whether a program here can run as another user than who starts it.
can_set_user() {
	[ "$(id -u)" = 0 ] && chmod 0711 "$FOLDER" || return 1
	cp "$(command -v id)" "$FOLDER/id" && chown 65534 "$FOLDER/id" && chmod 4755 "$FOLDER/id" && [ "$("$FOLDER/id" -u)" = 65534 ]
}

# as_other MODE ARGUMENT...: run a copy of the command that belongs to another user, in an
# environment that names files everywhere.
as_other() {
	local mode=$1

	shift
	cp "$SIGNET" "$FOLDER/copy" && chown 65534 "$FOLDER/copy" && chmod "$mode" "$FOLDER/copy" || return 1
	SIGNET=$FOLDER/copy SIGNET_CONF=$FOLDER/conf SIGNET_STATE=$FOLDER/there SIGNET_TCTI=device:$FOLDER/tpm HOME=$FOLDER/home \
		XDG_STATE_HOME=$FOLDER/xdg CREDENTIALS_DIRECTORY=$FOLDER/credentials signet "$@" > "$FOLDER/out" 2> "$FOLDER/err"
}

# Who starts a set-user-ID program must not choose its files, nor the library it loads as TCTI.
environment_is_not_believed() {
	as_other 0755 status
	prints "State folder: $FOLDER/there" && prints "Configuration: $FOLDER/conf" && prints "device:$FOLDER/tpm" || return 1
	as_other 4755 status
	prints 'State folder: /' && prints 'TPM: ' && ! prints "$FOLDER"
}

# The folder of credentials is exempt from the rules for private files.
credentials_are_not_believed() {
	mkdir -p "$FOLDER/credentials" && chmod 0711 "$FOLDER/credentials" && echo 1234 > "$FOLDER/credentials/pin" &&
		chown 65534 "$FOLDER/credentials/pin" && chmod 0644 "$FOLDER/credentials/pin" || return 1
	as_other 4755 init --label x --pin-file "$FOLDER/credentials/pin"
	says 'group and others must have no access'
}

tpm_start || exit 1
{ signet init --label token --machine && signet keygen --label key; } > /dev/null || exit 1
cp -a "$SIGNET_STATE" "$FOLDER/good"

check 'a sound store is used' with_store true exits 0 list
check 'an empty store is refused' with_store ': > slot-0000.db' refused 7 'no store at all'
check 'a store that was cut short is refused' with_store 'truncate -s 5000 slot-0000.db' refused 7 'cut short'
check 'garbage is refused' with_store 'head -c 20480 /dev/urandom > slot-0000.db' refused 7 'no store at all'
check 'a text is refused' with_store 'echo hello > slot-0000.db' refused 7 'no store at all'
check 'a store that others can read is refused' with_store 'chmod 0640 slot-0000.db' unsafe
check 'a store that others can write is refused' with_store 'chmod 0606 slot-0000.db' unsafe
check 'a link is refused' with_store 'mv slot-0000.db ../elsewhere; ln -s ../elsewhere slot-0000.db' refused 7 'symbolic link'
check 'a store with two names is refused' with_store 'ln slot-0000.db other' refused 7 'names'
check 'a folder in its place is refused' with_store 'rm slot-0000.db; mkdir slot-0000.db' refused 7 'something else'
check 'a folder that others can enter is refused' with_store 'chmod 0755 .' unsafe_folder
if command -v sqlite3 > /dev/null; then
	check 'a store of another version is refused' with_store 'sqlite3 slot-0000.db "PRAGMA user_version = 99"' \
		refused 7 'another version'
	check 'another database is refused' with_store 'rm slot-0000.db; sqlite3 slot-0000.db "CREATE TABLE t (x)"' \
		refused 7 'no store at all'
else
	skip 'a store of another version is refused' 'sqlite3 is not installed'
	skip 'another database is refused' 'sqlite3 is not installed'
fi
if [ "$(id -u)" = 0 ]; then
	check "somebody else's store is refused" with_store 'chown 65534 slot-0000.db' other_owner
	check "somebody else's folder is refused" with_store 'chown 65534 .' other_owner
else
	# In a user namespace everything of root's is nobody's, the folders on the way too.
	skip "somebody else's store is refused" 'only root can make one'
	if [ "$(stat -c '%a %u' /root)" = '700 0' ]; then
		SIGNET_STATE=/root check "somebody else's folder is refused" other_owner
	else
		skip "somebody else's folder is refused" 'only root can make one, and /root is none'
	fi
fi
if can_set_user 2> /dev/null; then
	check 'a set-user-ID program does not believe the environment' environment_is_not_believed
	check 'nor takes its credentials from there' credentials_are_not_believed
else
	skip 'a set-user-ID program does not believe the environment' 'no program can be made to run as another user here'
	skip 'nor takes its credentials from there' 'no program can be made to run as another user here'
fi
chmod 0700 "$FOLDER"
check 'beside a damaged token the others can be used' with_store 'echo hello > slot-0001.db' healthy_one_is_usable

check 'a configuration with an unknown key is refused' wrong_config 'wrong.conf:2: there is no key "tpm"' '# a comment' 'tpm = x'
check 'one with a key that stands twice is refused' wrong_config 'wrong.conf:2' 'log = none' 'log = none'
check 'one with a wrong value is refused' wrong_config 'wrong.conf:1' 'allow-soft = perhaps'
check 'one without an equals sign is refused' wrong_config 'wrong.conf:1' 'log'
check 'one that is binary is refused' wrong_config 'wrong.conf' 'log = \\0none'
check 'one that is not there is an error' eval 'SIGNET_CONF=$FOLDER/none fails 10 "is not there" list'
check 'a relative state folder is an error' eval 'SIGNET_STATE=relative fails 10 "absolute path" list'
check 'the log in the configuration does not take away the messages' eval \
	'echo "log = syslog" > "$FOLDER/log.conf"; SIGNET_CONF=$FOLDER/log.conf SIGNET_TCTI=device:/nonexistent fails 6 /nonexistent list'
finish
