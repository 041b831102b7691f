#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Versions of roots: rotate, rewrap, retire, and that the tools find the right version.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# wrapped: a new key under the newest version, in a line of JSON.
wrapped() {
	printf '{"id": "%s", "wrapped" : "%s", "n":1.0e2}\n' "$1" "$(signet wrap --root root --new --format base64)"
}

# An old version goes on opening what it made; a URI or a label of it means the root.
rotate_makes_the_next_version() {
	signet wrap --root root --new > "$FOLDER/key1" &&
		signet encrypt --root both --aad x < "$FOLDER/conf.plain" > "$FOLDER/sealed1" &&
		exits 0 root rotate --root root --no-recovery --json && json root-v2 label && json 'wrap, unwrap' usage &&
		exits 0 root rotate --root both --no-recovery && prints 'next version of the root "both-v2"' &&
		signet wrap --root root --new > "$FOLDER/key2" &&
		exits 0 unwrap --root root --check < "$FOLDER/key1" && exits 0 unwrap --root root --check < "$FOLDER/key2" &&
		exits 0 unwrap --root root-v2 --check < "$FOLDER/key1"
}

decrypt_finds_the_version() {
	signet encrypt --root both --aad x < "$FOLDER/conf.plain" > "$FOLDER/sealed2" &&
		signet decrypt --root both --aad x < "$FOLDER/sealed1" | cmp - "$FOLDER/conf.plain" &&
		signet decrypt --root both --aad x < "$FOLDER/sealed2" | cmp - "$FOLDER/conf.plain" &&
		fails 8 changed decrypt --root both --aad y < "$FOLDER/sealed1"
}

chains_find_the_version() {
	signet wrap --root root --through "$FOLDER/key1" --new > "$FOLDER/data" &&
		signet encrypt --root root --through "$FOLDER/key1" --through "$FOLDER/data" < "$FOLDER/conf.plain" > "$FOLDER/through" &&
		signet decrypt --root root --through "$FOLDER/key1" --through "$FOLDER/data" < "$FOLDER/through" | cmp - "$FOLDER/conf.plain"
}

list_shows_versions() {
	exits 0 root list && prints 'version 1 of root "root"; recovery: none' && prints 'version 2 of root "root", the newest' &&
		exits 0 root list --json && grep -q '"newest": false' "$FOLDER/out"
}

old_version_unwraps_alone() {
	exits 0 root list --json && [ "$(grep -c '"usage": "unwrap"' "$FOLDER/out")" = 1 ] &&
		[ "$(grep -c '"usage": "decrypt, unwrap"' "$FOLDER/out")" = 1 ]
}

# Recovery is arranged before the version is in the token; of a root that may not leave for it, it can't be.
recovery_is_asked_for() {
	fails 2 recovery root rotate --root root &&
		fails 2 'may not leave for recovery' root rotate --root root --shares 3 --threshold 2 --all-in-one "$FOLDER/shares" &&
		[ ! -e "$FOLDER/shares" ] &&
		exits 0 root rotate --root root --shares 3 --threshold 2 --all-in-one "$FOLDER/shares" --leave recovery --new-label third &&
		prints third && [ -s "$FOLDER/shares" ] && exits 0 root list && prints 'version 3 of root "root", the newest; recovery: shares 2/3'
}

make_lines() {
	{
		printf '{"id":"old","wrapped":"%s","z":[1,{}]}\n' "$(base64 -w0 "$FOLDER/key1")"
		printf '\n'
		base64 -w0 "$FOLDER/key2"
		printf '\r\n'
		wrapped new
		printf '{"id":"none","wrapped":"AAAA"}\n'
		printf '{"id":"other","wrapped":"%s"}\n' "$(base64 -w0 "$FOLDER/data")"
		printf '{"id":"pkcs8","wrapped":"%s"}' "$(base64 -w0 "$FOLDER/key1")"
	} > "$FOLDER/lines"
}

# All that stays as it is stays so byte for byte; what can't be opened is named.
rewrap_changes_keys_alone() {
	make_lines
	exits 8 root rewrap --root root < "$FOLDER/lines" && says 'line 5: ' && says 'line 6: no version of the root opens it' &&
		says '7 lines: 3 keys rewrapped to version 3, 1 were there already, 2 stay as they were' &&
		cp "$FOLDER/out" "$FOLDER/rewrapped" &&
		diff <(sed 's/"wrapped" *: *"[^"]*"/W/; s/^[A-Za-z0-9+/=]\{20,\}/B/' "$FOLDER/lines") \
			<(sed 's/"wrapped" *: *"[^"]*"/W/; s/^[A-Za-z0-9+/=]\{20,\}/B/' "$FOLDER/rewrapped") &&
		[ "$(sed -n 4,6p "$FOLDER/lines")" = "$(sed -n 4,6p "$FOLDER/rewrapped")" ] &&
		! grep -qF "$(base64 -w0 "$FOLDER/key1")" "$FOLDER/rewrapped"
}

# It is the same key: what was encrypted through it before comes back through what it is now.
rewrapped_key_is_the_same() {
	sed -n '1s/.*"wrapped":"\([^"]*\)".*/\1/p' "$FOLDER/rewrapped" > "$FOLDER/key3" &&
		exits 0 unwrap --root root --through "$FOLDER/key3" --check < "$FOLDER/data"
}

rewrap_is_done_once() {
	sed 5,6d "$FOLDER/rewrapped" > "$FOLDER/done" && exits 0 root rewrap --root root < "$FOLDER/done" && cmp "$FOLDER/out" "$FOLDER/done" &&
		says '0 keys rewrapped'
}

rewrap_takes_files() {
	cp "$FOLDER/lines" "$FOLDER/file" && exits 8 root rewrap --root root --in-place "$FOLDER/file" && cmp "$FOLDER/file" "$FOLDER/rewrapped" &&
		exits 8 root rewrap --root root --output "$FOLDER/new" < "$FOLDER/lines" && cmp "$FOLDER/new" "$FOLDER/rewrapped" &&
		fails 9 exists root rewrap --root root --output "$FOLDER/new" < "$FOLDER/lines" && ! ls "$FOLDER"/*.rewrap* > "$FOLDER/log2" 2>&1
}

retire_wants_evidence() {
	fails 1 'is the newest' root retire --root root --version 3 --not-needed --yes &&
		fails 3 'no version 9' root retire --root root --version 9 --not-needed --yes &&
		fails 2 'must be a number' root retire --root root --version 1x --not-needed --yes &&
		fails 2 'nothing says' root retire --root root --version 1 --yes &&
		fails 8 'proves nothing' root retire --root root --version 1 --inventory /dev/null --yes &&
		sed 5,6d "$FOLDER/lines" > "$FOLDER/inventory" &&
		fails 8 'it alone opens 2 of 4 keys' root retire --root root --version 1 --inventory "$FOLDER/inventory" --yes &&
		says 'line 1: version 1 alone opens it' &&
		fails 8 'nothing opens 2' root retire --root root --version 1 --inventory - --yes < "$FOLDER/rewrapped" &&
		fails 2 'no terminal' root retire --root root --version 1 --inventory "$FOLDER/done" &&
		exits 0 unwrap --root root --check < "$FOLDER/key1"
}

retire_destroys() {
	exits 0 root retire --root root --version 1 --inventory "$FOLDER/done" --yes && says 'version 1 is destroyed' &&
		fails 8 'another key wrapped it' unwrap --root root --check < "$FOLDER/key1" &&
		exits 0 unwrap --root root --check < "$FOLDER/key2" && exits 0 unwrap --root root --check < "$FOLDER/key3" &&
		exits 0 root retire --root root --version 2 --not-needed --yes && says 'is lost' &&
		exits 0 unwrap --root root --check < "$FOLDER/key3" && exits 0 root rotate --root root --no-recovery && prints root-v4
}

# Beside a newer version from elsewhere, or where a rotation of a key in an HSM was killed, an old one may be open still.
open_old_version_is_closed() {
	exits 0 root create --label twin --no-recovery && exits 0 root import --label twin-v2 --no-recovery --in-format raw < <(head -c 32 /dev/urandom) &&
		exits 0 root list --json && [ "$(grep -c '"root": "twin"' "$FOLDER/out")" = 2 ] &&
		[ "$(grep -c '"usage": "unwrap"' "$FOLDER/out")" = 1 ] && signet wrap --root twin --new > "$FOLDER/twin" &&
		exits 0 root rewrap --root twin < /dev/null && exits 0 root list --json && [ "$(grep -c '"usage": "unwrap"' "$FOLDER/out")" = 2 ] && exits 0 unwrap --root twin-v2 --check < "$FOLDER/twin"
}

# What a version encrypted is in no inventory of wrapped keys.
decrypting_version_is_retired_by_two_words() {
	exits 0 root create --label seal --usage both --no-recovery && signet wrap --root seal --new --format base64 > "$FOLDER/seal.keys" &&
		exits 0 root rotate --root seal --no-recovery && exits 0 root rewrap --root seal --in-place "$FOLDER/seal.keys" &&
		fails 8 'also decrypts' root retire --root seal --version 1 --inventory "$FOLDER/seal.keys" --yes &&
		exits 0 root retire --root seal --version 1 --inventory "$FOLDER/seal.keys" --not-needed --yes && says "It can't be had back."
}

# Whoever boots something else would have new secrets sealed for that.
root_that_does_not_open_is_not_rotated() {
	exits 0 root create --label bound --pcr sha256:16 --no-recovery && tpm2_pcrextend 16:sha256="$(printf '%064d' 1)" &&
		fails 11 'does not open now' root rotate --root bound --no-recovery && tpm_power_cut &&
		exits 0 root rotate --root bound --no-recovery && prints bound-v2
}

# What an older version wrapped does not wait for a newer one that stays closed.
closed_version_keeps_no_older_one_closed() {
	exits 0 root create --label mixed --no-recovery && signet wrap --root mixed --new > "$FOLDER/mixed" &&
		exits 0 root rotate --root mixed --no-recovery && exits 0 reseal --label mixed-v2 --pcr sha256:16 &&
		signet wrap --root mixed --new > "$FOLDER/mixed-v2" && tpm2_pcrextend 16:sha256="$(printf '%064d' 1)" &&
		exits 0 unwrap --root mixed --check < "$FOLDER/mixed" && fails 11 'PCR 16' unwrap --root mixed --check < "$FOLDER/mixed-v2" &&
		tpm_power_cut
}

# A version that may not leave is not asked for its value.
older_version_is_rehearsed() {
	exits 0 root create --label held --shares 2 --threshold 2 --all-in-one "$FOLDER/held" &&
		exits 0 root rotate --root held --no-recovery --leave none && exits 0 root rehearse --root held --share "$FOLDER/held" &&
		prints 'version 1'
}

tpm_start || exit 1
printf 'A=1\n' > "$FOLDER/conf.plain"
signet init --label token --machine > /dev/null || exit 1
signet root create --label root --no-recovery > /dev/null || exit 1
signet root create --label both --no-recovery --usage both > /dev/null || exit 1

check 'rotate makes the next version, and what the old one wrapped opens' rotate_makes_the_next_version
check 'decrypt finds the version that encrypted' decrypt_finds_the_version
check 'a chain begins with the version that wrapped' chains_find_the_version
check 'root list shows the versions, and which is the newest' list_shows_versions
check 'an old version unwraps and decrypts alone' old_version_unwraps_alone
check 'recovery is arranged for each version' recovery_is_asked_for
check 'doctor counts old versions' eval 'exits 0 doctor && prints "3 of 5 are old versions"'
check 'a name that is no root is not rotated' eval 'signet unwrap --root root --label plain < "$FOLDER/key1" > /dev/null &&
	fails 1 "is no root" root rotate --root plain --no-recovery'
check 'a label that is taken is refused' fails 9 already root rotate --root root --no-recovery --new-label both
check 'rewrap changes keys alone, and names what it can not open' rewrap_changes_keys_alone
check 'a rewrapped key is the same key' rewrapped_key_is_the_same
check 'what is rewrapped stays' rewrap_is_done_once
check 'rewrap writes files, whole' rewrap_takes_files
check 'a file that is not there is an error' fails 3 'No such file' root rewrap --root root --in-place "$FOLDER/none"
check 'two places to write are one too many' fails 2 'both be given' root rewrap --root root --in-place a --output b
check 'retire wants evidence' retire_wants_evidence
check 'retire destroys what is not needed' retire_destroys
check 'the name of a root whose first version is gone is taken' fails 9 'signet root rotate' root create --label root --no-recovery
check 'an old version that is open still is closed' open_old_version_is_closed
check 'a version that decrypts is given up by two words' decrypting_version_is_retired_by_two_words
check 'a root that does not open now is not rotated' root_that_does_not_open_is_not_rotated
check 'a version that stays closed keeps no older one closed' closed_version_keeps_no_older_one_closed
check 'an older version is rehearsed beside one that may not leave' older_version_is_rehearsed
finish
