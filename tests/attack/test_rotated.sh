#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attack: roots with versions. Who has an old version wants new keys wrapped by it; who has no PIN wants
# them wrapped by a key that he knows.

# What redirects is given to check as text, and functions are called by their names:
# shellcheck disable=SC2016,SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

MODULE=$SIGNET_TEST_BUILDDIR/.libs/signet.so

# reopens CODE LABEL
reopens() {
	local status=0

	"$SIGNET_TEST_BUILDDIR/tests/tool/reopen_key" "$MODULE" "$2" || status=$?
	[ "$status" = "$1" ] || { echo "status $status"; return 1; }
}

old_version_wraps_nothing() {
	signet wrap --root root --new > "$FOLDER/before" && reopens 0 root && exits 0 root rotate --root root --no-recovery &&
		reopens 3 root && exits 0 unwrap --root root --check < "$FOLDER/before" && reopens 0 root-v2
}

# What was wrapped opens without it, so it was not that one that wrapped.
planted_version_wraps_nothing() {
	"$SIGNET_TEST_BUILDDIR/tests/tool/plant_key" "$MODULE" asks planted safe 9 &&
		signet wrap --token asks --pin-file "$FOLDER/pin" --root safe --new > "$FOLDER/wrapped" &&
		exits 0 root list --token asks --pin-file "$FOLDER/pin" && prints 'version 1 of root "safe", the newest' &&
		exits 0 delete --token asks --pin-file "$FOLDER/pin" --label planted --yes &&
		exits 0 unwrap --token asks --pin-file "$FOLDER/pin" --root safe --check < "$FOLDER/wrapped"
}

# Nor does he have a root rotated past it, or its keys brought to it.
planted_version_is_never_the_newest() {
	"$SIGNET_TEST_BUILDDIR/tests/tool/plant_key" "$MODULE" asks planted safe 9 &&
		base64 -w0 "$FOLDER/wrapped" > "$FOLDER/line" &&
		exits 0 root rewrap --token asks --pin-file "$FOLDER/pin" --root safe < "$FOLDER/line" && cmp "$FOLDER/out" "$FOLDER/line" &&
		exits 0 root rotate --token asks --pin-file "$FOLDER/pin" --root safe --no-recovery && prints safe-v2
}

# With the real thing: root still, of what root wrapped before. Each key is in the file all the time, once.
killed_rewrap_loses_nothing() {
	local i process

	for ((i = 0; i < 300; i++)); do
		printf '{"id":%d,"wrapped":"%s","note":"%4000d"}\n' "$i" "$(base64 -w0 "$FOLDER/before")" "$i"
	done > "$FOLDER/keys"
	cp "$FOLDER/keys" "$FOLDER/original"
	for i in 1 2 3; do
		"$SIGNET" root rewrap --root root --in-place "$FOLDER/keys" 2> "$FOLDER/err" &
		process=$!
		while [ ! -s "$FOLDER/keys.rewrap" ] && kill -0 "$process" 2> "$FOLDER/err"; do :; done
		kill -9 "$process" 2> "$FOLDER/err"
		wait "$process" 2> "$FOLDER/err"
		cmp -s "$FOLDER/keys" "$FOLDER/original" || [ "$(grep -c '"wrapped":"[A-Za-z0-9+/=]*","note"' "$FOLDER/keys")" = 300 ] || return 1
	done
	exits 0 root rewrap --root root --in-place "$FOLDER/keys" && exits 0 root retire --root root --version 1 --inventory "$FOLDER/keys" --yes &&
		says '0 of the 300 keys'
}

tpm_start || exit 1
signet init --label token --machine > /dev/null || exit 1
signet root create --label root --no-recovery > /dev/null || exit 1
check 'an old version wraps nothing new, whatever a program tries' old_version_wraps_nothing
check 'a rewrap that is killed again and again loses no key' killed_rewrap_loses_nothing
printf '123456' > "$FOLDER/pin"
signet init --label asks --pin-file "$FOLDER/pin" > /dev/null || exit 1
signet root create --token asks --pin-file "$FOLDER/pin" --label safe --no-recovery > /dev/null || exit 1
check 'a key that was planted as a later version wraps nothing' planted_version_wraps_nothing
check 'and is never the newest' planted_version_is_never_the_newest
finish
