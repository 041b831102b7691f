#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Roots, wrapped keys and encrypted files.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

root_is_what_it_should_be() {
	exits 0 root create --label root --no-recovery --json && json 'secret key' class && json AES-256 type &&
		json 'wrap, unwrap' usage && json false extractable && json true sealed_alone
}

# CKR_ACTION_PROHIBITED: its uses are changed as its CKA_ID would be, and with it what it wrapped could be decrypted.
root_cannot_be_changed() {
	! pkcs11-tool --module "$SIGNET_TEST_BUILDDIR/.libs/signet.so" --token-label token --type secrkey --label root \
		--set-id 77 > "$FOLDER/out" 2> "$FOLDER/err" && says 0x1b
}

root_list_shows_roots_alone() {
	exits 0 keygen --label other && exits 0 root list --json && json root 0 label &&
		! "$JSON" 1 < "$FOLDER/out" && exits 0 root list && prints root && ! prints other
}

chain_is_made() {
	signet wrap --root root --new > "$FOLDER/project" &&
		[ "$(stat -c %s "$FOLDER/project")" = 40 ] &&
		signet wrap --root root --through "$FOLDER/project" --new > "$FOLDER/data" &&
		signet wrap --root root --through "$FOLDER/project" --through "$FOLDER/data" --new --format base64 > "$FOLDER/deep" &&
		[ "$(wc -l < "$FOLDER/deep")" = 1 ] &&
		! cmp -s "$FOLDER/project" "$FOLDER/data"
}

chain_is_checked() {
	exits 0 unwrap --root root --check < "$FOLDER/project" &&
		exits 0 unwrap --root root --through "$FOLDER/project" --check < "$FOLDER/data" &&
		exits 0 unwrap --root root --through "$FOLDER/project" --through "$FOLDER/data" --check < "$FOLDER/deep"
}

checking_keeps_nothing() {
	exits 0 list --json && cp "$FOLDER/out" "$FOLDER/before" && exits 0 unwrap --root root --check < "$FOLDER/project" &&
		exits 0 list --json && cmp "$FOLDER/out" "$FOLDER/before"
}

# refuses_wrapped TEXT COMMAND...
refuses_wrapped() {
	local text=$1

	shift
	"$@" > "$FOLDER/input"
	fails 8 "$text" unwrap --root root --check < "$FOLDER/input" &&
		fails 8 "$text" unwrap --root root --label never < "$FOLDER/input" &&
		fails 8 "$text" wrap --root root --through "$FOLDER/input" --new && exits 3 delete --label never --yes
}

# A key with known bytes goes in, and comes out of what wrapped it as OpenSSL says.
known_key_wraps_as_openssl_does() {
	local kek=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
	local key=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff

	unhex "$kek" | signet wrap --root root --stdin > "$FOLDER/kek" || return 1
	unhex "$key" > "$FOLDER/key"
	signet wrap --root root --through "$FOLDER/kek" --stdin < "$FOLDER/key" > "$FOLDER/wrapped" || return 1
	openssl enc -id-aes256-wrap-pad -K "$kek" -iv a65959a6 -in "$FOLDER/key" -out "$FOLDER/expected" || return 1
	cmp "$FOLDER/wrapped" "$FOLDER/expected"
}

unhex() {
	# shellcheck disable=SC2059
	printf "$(sed 's/../\\x&/g' <<< "$1")"
}

# refuses_key BYTES
refuses_key() {
	head -c "$1" /dev/zero | fails 1 '16, 24 or 32 bytes' wrap --root root --stdin
}

takes_key() {
	head -c "$1" /dev/urandom | signet wrap --root root --stdin | signet unwrap --root root --check
}

unwrapped_key_has_its_use() {
	exits 0 unwrap --root root --label opened --json < "$FOLDER/project" && json 'encrypt, decrypt' usage &&
		json false extractable && json false sealed_alone &&
		exits 0 unwrap --root root --label wrapper --usage wrap --extractable --json < "$FOLDER/project" &&
		json 'wrap, unwrap' usage && json true extractable &&
		exits 0 unwrap --root root --label all --usage both --json < "$FOLDER/project" &&
		json 'encrypt, decrypt, wrap, unwrap' usage
}

# The same key, wrapped by the same root: RFC 5649 has no randomness.
wraps_an_extractable_key() {
	signet wrap --root root --label wrapper > "$FOLDER/again" && cmp "$FOLDER/project" "$FOLDER/again"
}

# round_trip FILE ARGUMENT...
round_trip() {
	local file=$1

	shift
	signet encrypt --root root --through "$FOLDER/project" "$@" < "$file" > "$FOLDER/sealed" &&
		signet decrypt --root root --through "$FOLDER/project" "$@" < "$FOLDER/sealed" > "$FOLDER/opened" &&
		cmp "$file" "$FOLDER/opened"
}

sealed_has_the_form() {
	printf 'A=1\n' > "$FOLDER/plain"
	round_trip "$FOLDER/plain" && [ "$(stat -c %s "$FOLDER/sealed")" = $((18 + 4 + 16)) ] &&
		[ "$(head -c 6 "$FOLDER/sealed" | od -An -tx1 | tr -d ' \n')" = 534745310001 ] &&
		! grep -qa 'A=1' "$FOLDER/sealed"
}

same_file_encrypts_differently() {
	round_trip "$FOLDER/plain" && cp "$FOLDER/sealed" "$FOLDER/first" && round_trip "$FOLDER/plain" &&
		! cmp -s "$FOLDER/first" "$FOLDER/sealed"
}

base64_round_trip() {
	signet encrypt --root root --through "$FOLDER/project" --format base64 < "$FOLDER/plain" > "$FOLDER/text" &&
		[ "$(wc -l < "$FOLDER/text")" = 1 ] &&
		signet decrypt --root root --through "$FOLDER/project" < "$FOLDER/text" | cmp - "$FOLDER/plain"
}

# Every byte of the file counts, and nothing comes out where one is wrong.
every_byte_counts() {
	local size at

	round_trip "$FOLDER/plain" --aad text || return 1
	size=$(stat -c %s "$FOLDER/sealed")
	for at in 0 4 5 6 17 18 21 22 $((size - 1)); do
		cp "$FOLDER/sealed" "$FOLDER/bent"
		# shellcheck disable=SC2059
		printf "\\x$(printf %02x $((0x$(od -An -tx1 -j "$at" -N 1 "$FOLDER/sealed" | tr -d ' ') ^ 1)))" |
			dd of="$FOLDER/bent" bs=1 seek="$at" conv=notrunc status=none
		signet decrypt --root root --through "$FOLDER/project" --aad text < "$FOLDER/bent" > "$FOLDER/opened" 2> "$FOLDER/err" &&
			{ echo "byte $at"; return 1; }
		[ ! -s "$FOLDER/opened" ] || return 1
	done
}

every_length_counts() {
	local size len code

	size=$(stat -c %s "$FOLDER/sealed")
	for len in 0 3 5 17 18 33 $((size - 1)); do
		code=8
		[ "$len" -ge 6 ] || code=1
		head -c "$len" "$FOLDER/sealed" > "$FOLDER/bent"
		fails "$code" signet decrypt --root root --through "$FOLDER/project" --aad text < "$FOLDER/bent" || return 1
	done
	{ cat "$FOLDER/sealed"; printf x; } > "$FOLDER/bent"
	fails 8 changed decrypt --root root --through "$FOLDER/project" --aad text < "$FOLDER/bent"
}

later_version_is_refused() {
	{ printf 'SGE1\0\002'; head -c 100 /dev/zero; } > "$FOLDER/bent"
	fails 1 'version 2' decrypt --root root --through "$FOLDER/project" < "$FOLDER/bent"
}

needs_aes_256() {
	head -c 16 /dev/urandom | signet wrap --root root --stdin > "$FOLDER/short" &&
		fails 1 'AES-256' encrypt --root root --through "$FOLDER/short" < "$FOLDER/plain"
}

root_encrypts_if_made_so() {
	exits 0 root create --label crypt --usage encrypt --no-recovery &&
		signet encrypt --root crypt < "$FOLDER/plain" | signet decrypt --root crypt | cmp - "$FOLDER/plain" &&
		fails 1 'not made for this use' wrap --root crypt --new
}

survives_a_restart() {
	signet encrypt --root root --through "$FOLDER/project" --through "$FOLDER/data" < "$FOLDER/plain" > "$FOLDER/sealed" &&
		tpm_restart &&
		signet decrypt --root root --through "$FOLDER/project" --through "$FOLDER/data" < "$FOLDER/sealed" | cmp - "$FOLDER/plain"
}

tpm_start || exit 1
signet init --label token --machine > /dev/null || exit 1

check 'a root wraps, is sealed by itself and never leaves' root_is_what_it_should_be
if [ -n "${SIGNET_TEST_SANITIZER:-}" ] || ! command -v pkcs11-tool > /dev/null; then
	skip 'what a root is for stays' 'there is no pkcs11-tool that loads this build'
else
	check 'what a root is for stays' root_cannot_be_changed
fi
check 'root list shows roots alone' root_list_shows_roots_alone
check 'a root that exists is refused' fails 9 already root create --label root --no-recovery
check 'a wrong usage is an error' fails 2 'must be wrap, encrypt or both' root create --label x --no-recovery --usage sign
check 'a root never leaves, not even wrapped' fails 1 'may not leave' wrap --root root --label root
check 'an Ed25519 key is no root' fails 3 'no secret key' wrap --root other --new
check 'a chain of keys is made' chain_is_made
check 'every key of it can be unwrapped' chain_is_checked
check 'checking keeps nothing' checking_keeps_nothing
check 'a key of another place in the chain is refused' refuses_wrapped 'another key wrapped it' cat "$FOLDER/data"
check 'no bytes are refused' refuses_wrapped 'length' true
check 'a few bytes are refused' refuses_wrapped 'length' printf abc
check 'random bytes of the right length are refused' refuses_wrapped 'another key wrapped it' head -c 40 /dev/urandom
check 'a whole page of garbage is refused' refuses_wrapped 'wrapped' head -c 4096 /dev/urandom
check 'more than that is refused too' eval 'head -c 5000 /dev/zero | fails 1 4096 unwrap --root root --check'
check 'a file of the chain that is not there is an error' fails 3 'No such file' wrap --root root --through "$FOLDER/none" --new
check 'a known key is wrapped as OpenSSL wraps it' known_key_wraps_as_openssl_does
check 'a key of 16 bytes is taken' takes_key 16
check 'one of 24 is taken' takes_key 24
check 'one of 15 is refused' refuses_key 15
check 'one of 33 is refused' refuses_key 33
check 'none is refused' refuses_key 0
check 'wrap wants to know which key' fails 2 'say which key' wrap --root root
check 'and only one' fails 2 'say which key' wrap --root root --new --label root
check 'unwrap wants a label or --check' fails 2 'either --label' unwrap --root root
check 'an unwrapped key may do what it was unwrapped for' unwrapped_key_has_its_use
check 'an extractable key is wrapped, to the same bytes' wraps_an_extractable_key
check 'a label that exists is refused' eval 'fails 9 already unwrap --root root --label opened < "$FOLDER/project"'

check 'an encrypted file has the documented form' sealed_has_the_form
check 'an empty file comes back' round_trip /dev/null
check 'a file comes back with its text' round_trip "$SIGNET_TEST_SRCDIR/LICENSE" --aad 'project é'
check 'the same file is encrypted differently each time' same_file_encrypts_differently
check 'base64 comes back too' base64_round_trip
check 'another text is noticed' eval 'round_trip "$FOLDER/plain" --aad a &&
	fails 8 changed decrypt --root root --through "$FOLDER/project" --aad b < "$FOLDER/sealed"'
check 'another key is noticed' eval 'fails 8 changed decrypt --root root --through "$FOLDER/kek" --aad a < "$FOLDER/sealed"'
check 'every byte of it counts' every_byte_counts
check 'every length of it counts' every_length_counts
check 'a later version is refused' later_version_is_refused
check 'a file is encrypted with an AES-256 key only' needs_aes_256
check 'more than 64 MiB is refused' eval 'head -c 67108865 /dev/zero | fails 1 "64 MiB" encrypt --root root --through "$FOLDER/project"'
check 'a root for wrapping does not encrypt' fails 1 'not made for this use' encrypt --root root
check 'a root for encryption does' root_encrypts_if_made_so
check 'everything comes back after a restart of the TPM' survives_a_restart
finish
