#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. doc/examples/envelope.c, as its readers use it: secrets come back while keys of all levels are
# rotated, one is bound to its place, and what was destroyed is gone.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

STORE=$FOLDER/store

envelope() {
	"$SIGNET_TEST_BUILDDIR/tests/tool/envelope" "$SIGNET_TEST_BUILDDIR/.libs/signet.so" "$STORE" "$@"
}

# reads VERSION TEXT
reads() {
	[ "$(envelope get bank web db "$1")" = "$2" ]
}

versions_come_back() {
	[ "$(envelope put bank web db root <<< one)" = 1 ] && [ "$(envelope put bank web db root <<< two)" = 2 ] &&
		reads 1 one && reads 2 two && ! grep -rqa 'one\|two' "$STORE"
}

is_bound() {
	! envelope get shop web db 1 && ! envelope get bank web other 1 && cp -r "$STORE/web" "$STORE/app" && ! envelope get bank app db 1 &&
		rm -r "$STORE/app" && reads 1 one
}

# swap SUFFIX...: exchange these files of both versions.
swap() {
	local suffix

	for suffix in "$@"; do
		mv "$STORE/web/db.1$suffix" "$FOLDER/swapped" && mv "$STORE/web/db.2$suffix" "$STORE/web/db.1$suffix" &&
			mv "$FOLDER/swapped" "$STORE/web/db.2$suffix" || return 1
	done
}

# does_not_read: neither version, and nothing comes out.
does_not_read() {
	! envelope get bank web db 1 > "$FOLDER/out" && [ ! -s "$FOLDER/out" ] && ! envelope get bank web db 2 > "$FOLDER/out" && [ ! -s "$FOLDER/out" ]
}

swapping_fails() {
	swap '' && does_not_read && swap '' .key && does_not_read && swap '' && does_not_read && swap '' .key && reads 1 one && reads 2 two
}

# Two processes read while another one rotates; each read must succeed, and is told with what was marked
# before it.
reader() {
	local value mark

	while [ ! -e "$FOLDER/stop" ]; do
		mark=$(< "$FOLDER/mark")
		value=$(envelope get bank web db "$1")
		[ "$value" = "$2" ] || { echo "failed: $value"; return 1; }
		echo "read $mark"
	done
}

# have_read DESCRIPTOR...: what each reads from now on succeeds, three times.
have_read() {
	local line i reader

	MARK=$((MARK + 1))
	echo "$MARK" > "$FOLDER/mark.new" && mv "$FOLDER/mark.new" "$FOLDER/mark" || return 1
	for reader in "$@"; do
		for ((i = 0; i < 3;)); do
			if ! read -r -t 60 -u "$reader" line || [ "${line%% *}" != read ]; then
				echo "a reader $line"
				return 1
			fi
			[ "$line" != "read $MARK" ] || i=$((i + 1))
		done
	done
}

rotates_while_others_read() {
	local result=0 one two MARK=0

	echo 0 > "$FOLDER/mark"
	exec {one}< <(reader 1 one) {two}< <(reader 2 two)
	{ have_read "$one" "$two" && envelope rotate-project web root && [ -e "$STORE/web/key.2" ] && [ ! -e "$STORE/web/key.1" ] &&
		have_read "$one" "$two" && exits 0 root rotate --root root --no-recovery && envelope rotate-project web root-v2 &&
		have_read "$one" "$two" && exits 0 root retire --root root --version 1 --not-needed --yes &&
		have_read "$one" "$two"; } || result=1
	touch "$FOLDER/stop"
	! { cat <&"$one" && cat <&"$two"; } | grep failed || result=1
	exec {one}<&- {two}<&-
	[ "$result" = 0 ] && reads 1 one && reads 2 two
}

# The root alone: what its old version wrapped is of no use any more.
root_is_rotated() {
	cp "$STORE/web/key.3" "$FOLDER/old" && exits 0 root rotate --root root --no-recovery && envelope rotate-root web root-v3 &&
		! cmp -s "$STORE/web/key.3" "$FOLDER/old" && reads 1 one && exits 0 root retire --root root --version 2 --not-needed --yes &&
		reads 2 two && cp "$STORE/web/key.3" "$FOLDER/new" && cp "$FOLDER/old" "$STORE/web/key.3" && ! envelope get bank web db 1 &&
		cp "$FOLDER/new" "$STORE/web/key.3" && reads 1 one
}

# Not even with a backup of the key, once the project's key was rotated.
destroyed_is_gone() {
	cp "$STORE/web/db.1.key" "$FOLDER/backup" && envelope destroy web db 1 && ! envelope get bank web db 1 && reads 2 two &&
		envelope rotate-project web root-v3 && cp "$FOLDER/backup" "$STORE/web/db.1.key" && ! envelope get bank web db 1 && reads 2 two &&
		rm "$STORE/web/db.1.key" && [ "$(envelope put bank web db root-v3 <<< three)" = 3 ] && reads 3 three
}

# As long as the limit comes back, longer does not go in; nor does what can't be read.
values_are_whole() {
	head -c 65536 /dev/urandom > "$FOLDER/longest" && [ "$(envelope put bank long db root-v3 < "$FOLDER/longest")" = 1 ] &&
		envelope get bank long db 1 | cmp - "$FOLDER/longest" && echo >> "$FOLDER/longest" &&
		! envelope put bank long db root-v3 < "$FOLDER/longest" > "$FOLDER/out" 2> "$FOLDER/log2" && grep -q 'longer than' "$FOLDER/log2" &&
		[ ! -s "$FOLDER/out" ] && ! envelope put bank long db root-v3 < "$FOLDER" > "$FOLDER/out" && [ ! -s "$FOLDER/out" ] &&
		[ "$(cd "$STORE/long" && echo *)" = 'db.1 db.1.key key.1' ]
}

# A project that is not there must not count as one that is done.
mistakes_are_told() {
	! envelope rotate-root non root-v3 && ! envelope rotate-project non root-v3 && ! envelope destroy non db 1 && ! envelope get bank non db 1 &&
		[ ! -e "$STORE/non" ] && ! envelope rotate-root web none && ! envelope get bank web db 2x && ! envelope get bank web db 02 &&
		! envelope put bank web "$(printf 'x%.0s' {1..201})" root-v3 <<< long && ! envelope get bank web db 0 && ! envelope get bank web db 4294967298 && ! envelope destroy web db 2x && reads 2 two
}

tpm_start || exit 1
mkdir "$STORE"
signet init --label token --machine > /dev/null || exit 1
signet root create --label root --no-recovery > /dev/null || exit 1

check 'each version of a secret comes back, and lies nowhere in the clear' versions_come_back
check 'it is bound to vault, project and name' is_bound
check 'swapping two versions fails, whatever is swapped' swapping_fails
check 'keys of all levels are rotated while others read' rotates_while_others_read
check 'the root is rotated, and its old version retired' root_is_rotated
check 'a version whose key was destroyed is gone' destroyed_is_gone
check 'a value comes back whole, or does not go in' values_are_whole
check 'a wrong project, root or version is told' mistakes_are_told
check 'names can not lead out of the store' eval '! envelope put bank .. db root < /dev/null && ! envelope get bank web ../x 1'
finish
