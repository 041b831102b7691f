#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Keys with a policy or a PIN of their own, from the command: made, used, closed by a change
# of the machine, sealed anew, and opened by PCR values that somebody signed.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

printf 'seven dwarfs' > "$FOLDER/key-pin"
printf 'eight dwarfs' > "$FOLDER/other-pin"
printf 'secret' > "$FOLDER/plain"
ones=1111111111111111111111111111111111111111111111111111111111111111

extend() { tpm2_pcrextend "$1:sha256=$ones"; }

# wraps CODE OPTION...: the root wraps a key, or not.
wraps() {
	local code=$1

	shift
	exits "$code" wrap --new "$@"
}

root_with_pcrs() {
	exits 0 root create --label root --no-recovery --pcr sha256:7,16 && wraps 0 --root root &&
		exits 0 list && prints 'policy pcr=sha256:7,16: holds' && exits 0 list --json &&
		prints '"policy_met": true' && exits 0 doctor && prints 'pcr=sha256:7,16 holds' && exits 0 status &&
		prints 'key "root": policy pcr=sha256:7,16: holds'
}

closed_by_a_change() {
	extend 16 && wraps 11 --root root && says 'PCR 16 of the bank sha256 differs: expected' &&
		exits 0 list && prints 'policy pcr=sha256:7,16: does not hold' && exits 0 list --json &&
		prints '"policy_met": false' && exits 0 status && prints 'pcr=sha256:7,16: does not hold' &&
		exits 0 status --json && prints '"policy_met": false' && exits 1 doctor && prints 'PCR 16' && prints 'key "root"' &&
		exits 0 keygen --label free && exits 0 sign --label free < "$FOLDER/plain"
}

sealed_anew() {
	fails 11 'PCR 16' reseal --root root && tpm_restart && exits 0 reseal --root root --pcr sha256:14 &&
		prints 'anew' && extend 16 && wraps 0 --root root && extend 14 && wraps 11 --root root &&
		tpm_restart && exits 0 reseal --root root --pcr none && extend 14 && wraps 0 --root root &&
		exits 0 list && ! grep -q 'policy' "$FOLDER/out"
}

root_with_a_pin() {
	exits 0 root create --label pinned --no-recovery --usage both --key-pin-file "$FOLDER/key-pin" --pcr sha256:7 &&
		exits 0 status && prints 'key "pinned": policy pcr=sha256:7: not looked at; a PIN of its own' &&
		exits 0 list && prints 'has a PIN of its own' && prints 'policy pcr=sha256:7: not looked at' &&
		fails 2 'the PIN of key "pinned" is needed' wrap --root pinned --new &&
		fails 4 'PIN is wrong' wrap --root pinned --new --key-pin-file "$FOLDER/other-pin" &&
		wraps 0 --root pinned --key-pin-file "$FOLDER/key-pin" && cp "$FOLDER/out" "$FOLDER/wrapped" &&
		exits 0 unwrap --root pinned --check --key-pin-file "$FOLDER/key-pin" < "$FOLDER/wrapped" &&
		exits 0 encrypt --root pinned --key-pin-file "$FOLDER/key-pin" < "$FOLDER/plain" &&
		cp "$FOLDER/out" "$FOLDER/sealed" &&
		exits 0 decrypt --root pinned --key-pin-file "$FOLDER/key-pin" < "$FOLDER/sealed" &&
		cmp "$FOLDER/out" "$FOLDER/plain" &&
		fails 2 'is needed' decrypt --root pinned < "$FOLDER/sealed"
}

pin_changed() {
	tpm2_dictionarylockout -c && fails 4 'PIN is wrong' reseal --root pinned --key-pin-file "$FOLDER/other-pin" &&
		exits 0 reseal --root pinned --key-pin-file "$FOLDER/key-pin" --new-pin-file "$FOLDER/other-pin" &&
		fails 4 'PIN is wrong' wrap --root pinned --new --key-pin-file "$FOLDER/key-pin" &&
		wraps 0 --root pinned --key-pin-file "$FOLDER/other-pin"
}

rotated_with_a_pin() {
	tpm2_dictionarylockout -c && exits 0 root create --label turned --no-recovery --key-pin-file "$FOLDER/key-pin" \
		--pcr sha256:7 && wraps 0 --root turned --key-pin-file "$FOLDER/key-pin" --format base64 &&
		cp "$FOLDER/out" "$FOLDER/list" &&
		fails 2 'is needed' root rotate --root turned --no-recovery &&
		fails 4 'PIN is wrong' root rotate --root turned --no-recovery --key-pin-file "$FOLDER/other-pin" &&
		exits 0 root rotate --root turned --no-recovery --key-pin-file "$FOLDER/key-pin" && exits 0 list &&
		[ "$(grep -c 'policy pcr=sha256:7: not looked at' "$FOLDER/out")" -eq 3 ] &&
		wraps 0 --root turned-v2 --key-pin-file "$FOLDER/key-pin" &&
		exits 0 root rewrap --root turned --key-pin-file "$FOLDER/key-pin" < "$FOLDER/list" && [ -s "$FOLDER/out" ] &&
		! cmp -s "$FOLDER/out" "$FOLDER/list" &&
		exits 0 reseal --root turned --key-pin-file "$FOLDER/key-pin" --pcr none && prints 'in 2 versions'
}

shared_with_a_pin() {
	tpm2_dictionarylockout -c &&
		exits 0 root create --label shared --shares 3 --threshold 2 --all-in-one "$FOLDER/shares" \
		--key-pin-file "$FOLDER/key-pin" --pcr sha256:16 &&
		wraps 0 --root shared --key-pin-file "$FOLDER/key-pin" && cp "$FOLDER/out" "$FOLDER/wrapped" &&
		fails 2 'is needed' root rehearse --share "$FOLDER/shares" --root shared &&
		exits 0 root rehearse --share "$FOLDER/shares" --root shared --key-pin-file "$FOLDER/key-pin" &&
		extend 16 && fails 11 'PCR 16' wrap --root shared --new --key-pin-file "$FOLDER/key-pin" &&
		exits 0 delete --label shared --yes &&
		exits 0 root recover --label shared --share "$FOLDER/shares" --key-pin-file "$FOLDER/other-pin" &&
		exits 0 unwrap --root shared --check --key-pin-file "$FOLDER/other-pin" < "$FOLDER/wrapped" && tpm_restart
}

keys_for_signing() {
	exits 0 keygen --label machine --pcr sha256:16 --key-pin-file "$FOLDER/key-pin" &&
		exits 0 sign --label machine --key-pin-file "$FOLDER/key-pin" < "$FOLDER/plain" &&
		openssl genpkey -algorithm Ed25519 -out "$FOLDER/key.pem" 2> /dev/null &&
		exits 0 import --label taken --pcr sha256:16 < "$FOLDER/key.pem" &&
		exits 0 sign --label taken < "$FOLDER/plain" && extend 16 &&
		fails 11 'PCR 16' sign --label taken < "$FOLDER/plain" &&
		fails 11 'PCR 16' sign --label machine --key-pin-file "$FOLDER/key-pin" < "$FOLDER/plain" &&
		tpm_restart && exits 0 reseal --label taken --pcr none && extend 16 &&
		exits 0 sign --label taken < "$FOLDER/plain" &&
		fails 1 'did not seal "free" on its own' reseal --label free --pcr sha256:16 && tpm_restart
}

signed_values() {
	exits 0 keygen --label updates --type p256 && exits 0 pubkey --label updates --format pem &&
		cp "$FOLDER/out" "$FOLDER/updates.pub" &&
		exits 0 root create --label fleet --no-recovery --policy-key "$FOLDER/updates.pub" &&
		wraps 11 --root fleet && says 'no signature of that signer is known' &&
		exits 0 policy sign --label updates --pcr "sha256:13=$(printf '0%.0s' {1..64})" &&
		cp "$FOLDER/out" "$FOLDER/signed.json" &&
		exits 0 policy update --signatures "$FOLDER/signed.json" && wraps 0 --root fleet && extend 13 &&
		wraps 11 --root fleet && says 'PCR 13 of the bank sha256 differs: expected' && tpm_restart
}

what_makes_no_sense() {
	fails 2 'lives in the hardware' keygen --label x --type p256 --pcr sha256:7 &&
		fails 2 'one key' reseal --new-pin-file "$FOLDER/other-pin" &&
		fails 2 'either' reseal --root root --label root --pcr sha256:7 &&
		fails 2 'not for one key' reseal --root root --so-pin-file "$FOLDER/other-pin" &&
		printf abc > "$FOLDER/short" &&
		fails 2 '4 to 255 bytes' keygen --label x --key-pin-file "$FOLDER/short" &&
		fails 3 'there is no' reseal --root nobody --pcr none &&
		fails 3 'no key "nobody"' reseal --label nobody --pcr none
}

tpm_start || exit 1
signet init --label box --machine > /dev/null || exit 1

check 'a root is made with PCRs of its own, and shows them' root_with_pcrs
check 'a changed PCR closes it, is named, and closes nothing else' closed_by_a_change
check 'it is sealed anew while it opens, and not after' sealed_anew
check 'a root with a PIN is used with it, and not without' root_with_a_pin
check 'its PIN is changed by who knows it' pin_changed
check 'its next version has them too' rotated_with_a_pin
check 'its shares outlive its PIN and its PCRs' shared_with_a_pin
check 'keys for signing have both as well' keys_for_signing
check 'a root opens with values that a signer signed' signed_values
check 'what makes no sense is refused' what_makes_no_sense
finish
