#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Keys that live in an HSM, by the command: made, shown, listed, used, deleted.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# shellcheck source=tests/lib/softhsm.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/softhsm.sh"

# What an HSM can't do is said to be that, and no key is made in it for nothing.
refuses() {
	printf 123456 > "$FOLDER/pin" && softhsm_start "$FOLDER" &&
		refused 'no PCRs' --machine --pcr sha256:7 && refused 'keeps no counters' --machine --rollback-protection &&
		refused "can't count the wrong tries" --pin-file "$FOLDER/pin" --pin-tries 3 &&
		[ -z "$(find "$FOLDER/hsm" -name '*.object' ! -name token.object)" ]
}

# refused WHY OPTION...
refused() {
	local why=$1

	shift
	fails 6 "$why" init --label none --hsm "$SOFTHSM_URI" "$@" && says 'an HSM has no PCRs, counts no wrong PINs' &&
		! says 'irmware' && ! says list-mechanisms
}

hsm_start() {
	exits 0 init --label box --machine --hsm "$SOFTHSM_URI" &&
		printf '%s\n' "$SOFTHSM_LINES" > "$SIGNET_CONF"
}

printf 'GET:/v1/secrets' > "$FOLDER/data"

made_in_the_hsm() {
	exits 0 keygen --label in --in-hsm && prints 'It lives in the HSM' &&
		exits 0 keygen --label told --in-hsm --json && json Ed25519 type && json true resident && json HSM lives &&
		json false extractable
}

p256_is_always_there() {
	exits 0 keygen --label pair --type p256 --json && json HSM lives && json P-256 type
}

others_are_sealed() {
	exits 0 keygen --label plain --json && json false resident && json sealed lives
}

listed() {
	exits 0 list && prints 'Ed25519, may sign, in the HSM' && prints 'P-256, may sign, in the HSM' &&
		prints 'Ed25519, may sign, sealed'
}

openssl_verifies() {
	signet sign --label in --format raw < "$FOLDER/data" > "$FOLDER/signature" &&
		signet pubkey --label in --format pem > "$FOLDER/pem" &&
		openssl pkeyutl -verify -pubin -inkey "$FOLDER/pem" -rawin -in "$FOLDER/data" -sigfile "$FOLDER/signature"
}

root_wraps() {
	exits 0 root create --label root --in-hsm --no-recovery && prints 'It lives in the HSM' &&
		exits 0 root list --json && json HSM 0 lives &&
		signet wrap --root root --new > "$FOLDER/wrapped" &&
		signet unwrap --root root --check < "$FOLDER/wrapped"
}

# Its versions live there too, and what a version wrapped is brought to the next by the HSM.
root_is_rotated() {
	exits 0 root rotate --root root --no-recovery && prints root-v2 && exits 0 root list --json && json HSM 1 lives &&
		[ "$(grep -c '"usage": "unwrap"' "$FOLDER/out")" = 1 ] && exits 0 unwrap --root root --check < "$FOLDER/wrapped" &&
		base64 -w0 "$FOLDER/wrapped" > "$FOLDER/lines" && exits 0 root rewrap --root root --in-place "$FOLDER/lines" &&
		says '1 keys rewrapped to version 2' && exits 0 root retire --root root --version 1 --inventory "$FOLDER/lines" --yes &&
		base64 -d "$FOLDER/lines" | signet unwrap --root root --check && fails 8 '' unwrap --root root --check < "$FOLDER/wrapped" &&
		exits 0 delete --label root-v2 --yes
}

root_encrypts() {
	exits 0 root create --label cipher --usage encrypt --in-hsm --no-recovery &&
		signet encrypt --root cipher < "$FOLDER/data" > "$FOLDER/sealed" &&
		signet decrypt --root cipher < "$FOLDER/sealed" | cmp - "$FOLDER/data"
}

# What the HSM gets goes whole, and there is a limit to that.
limit_is_told() {
	head -c 65537 /dev/zero > "$FOLDER/long" && fails 1 'takes 65536 bytes at most' sign --label in --format base64 < "$FOLDER/long" &&
		fails 1 'takes 65536 bytes at most' encrypt --root cipher --force < "$FOLDER/long" &&
		head -c 65536 "$FOLDER/long" > "$FOLDER/most" && signet encrypt --root cipher --force < "$FOLDER/most" > "$FOLDER/most.enc" &&
		signet decrypt --root cipher < "$FOLDER/most.enc" | cmp - "$FOLDER/most"
}

# Of a key in the HSM there are two objects, of the one that seals one.
deleted_there_too() {
	local before after

	before=$(find "$FOLDER/hsm" -name '*.object' | wc -l)
	exits 0 delete --label told --yes || return 1
	after=$(find "$FOLDER/hsm" -name '*.object' | wc -l)
	[ "$after" -eq $((before - 2)) ] || { echo "$before objects became $after"; return 1; }
}

# Of two HSMs that are configured, the first one gets the key, and is named.
names_the_hsm() {
	local second=${SOFTHSM_URI/token=hsm/token=second} first=${SOFTHSM_URI%%\?*}

	softhsm2-util --module "$SOFTHSM_MODULE" --init-token --free --label second --pin 12345678 --so-pin 87654321 > /dev/null &&
		printf '%s\n' "$SOFTHSM_LINES" "hsm = $second" 'allow-soft = yes' "soft-passphrase-file = $FOLDER/hsm-pin" \
			> "$SIGNET_CONF" && exits 0 init --label moves --machine --sealer soft &&
		exits 0 migrate --token moves --to hsm --dry-run && prints "to hsm ($first)." &&
		exits 0 migrate --token moves --to hsm && prints "to hsm ($first)." &&
		exits 0 migrate --token moves --to hsm --hsm "$second" && prints "to hsm (${second%%\?*})." &&
		! prints 'must be named' && exits 0 migrate --token moves --to soft &&
		printf '%s\n' "$SOFTHSM_LINES" 'allow-soft = yes' "soft-passphrase-file = $FOLDER/hsm-pin" > "$SIGNET_CONF" &&
		exits 0 migrate --token moves --to hsm --hsm "$second" && prints 'This HSM must be named' &&
		prints "    hsm = $second"
}

check 'what an HSM does not have is refused, and no key is made for it' refuses
check 'a token is made over an HSM' hsm_start
check 'an Ed25519 key is made in the HSM' made_in_the_hsm
check 'a P-256 key is always made there' p256_is_always_there
check 'a key that is not told to is sealed' others_are_sealed
check 'list says where each key lives' listed
check 'openssl verifies what a key in the HSM signs' openssl_verifies
check 'a root in the HSM wraps' root_wraps
check 'a root in the HSM is rotated, rewrapped and retired' root_is_rotated
check 'a root in the HSM encrypts' root_encrypts
check 'the most that the HSM takes is told' limit_is_told
check 'what is deleted is deleted in the HSM' deleted_there_too
check 'a key in the HSM is not extractable' fails 2 'extractable' keygen --label x --in-hsm --extractable
check 'of several HSMs the one that got the key is named' names_the_hsm
finish
