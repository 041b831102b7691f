#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. What the doctor says of least privilege: who may come to the TPM, to the tokens,
# and what a program could do that was taken over.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# A file stands for the device: nothing but its mode matters.
device() {
	: > "$FOLDER/device"
	chmod "$1" "$FOLDER/device"
	shift
	SIGNET_TCTI=device:$FOLDER/device exits 1 doctor
	"$@"
}

user_without_rights() {
	install -m 0755 "$SIGNET" "$FOLDER/copy" && chmod 0711 "$FOLDER" && chmod 0644 "$SIGNET_CONF" || return 1
	SIGNET_STATE=/nonexistent/state setpriv --reuid 65534 --regid 65534 --clear-groups "$@" "$FOLDER/copy" doctor \
		> "$FOLDER/out" 2> "$FOLDER/err"
	prints 'ok    privileges: user 65534'
}

opened_folder() {
	mkdir -p "$FOLDER/open" && chmod 0777 "$FOLDER/open"
	SIGNET_STATE=$FOLDER/open/state exits 1 doctor && prints 'FAIL  state folder' && prints "chmod go-w '$FOLDER/open'"
}

check 'a TPM that a group may open is fine' device 0660 prints "ok    access to the TPM: $FOLDER/device"
check 'a TPM that everybody may open is a warning' device 0666 prints 'warn  access to the TPM'
check 'so is one that everybody may only read' device 0664 prints 'warn  access to the TPM'
check 'nothing is said of a device that is not there' eval \
	'SIGNET_TCTI=device:/nonexistent exits 1 doctor && ! prints "access to the TPM" > /dev/null'
check 'a folder of tokens that others could replace is a failure' opened_folder
if [ "$(id -u)" = 0 ]; then
	check 'root is told that a service needs less' eval 'exits 1 doctor && prints "warn  privileges: this is root"'
else
	skip 'root is told that a service needs less' 'this is not root'
fi
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2> /dev/null; then
	check 'a user may gain privileges' eval 'user_without_rights && prints "new privileges: possibly"'
	check 'or has given that up' eval 'user_without_rights --no-new-privs && prints "new privileges: no;"'
else
	skip 'a user may gain privileges' 'no program can be made to run as another user here'
	skip 'or has given that up' 'no program can be made to run as another user here'
fi
finish
