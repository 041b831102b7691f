#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. P-256 keys, which live in the TPM: made, shown, listed, used.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

printf 'GET:/v1/secrets' > "$FOLDER/data"

made_in_the_tpm() {
	exits 0 keygen --label machine --type p256 && prints 'in the TPM' &&
		exits 0 keygen --label told --type p256 --json && json P-256 type && json true resident &&
		json false extractable && json sign usage
}

listed_as_resident() {
	exits 0 list && prints 'P-256, may sign, in the TPM' && exits 0 list --json && json true 1 resident &&
		json false 0 resident
}

ed25519_is_the_default() {
	exits 0 keygen --label plain --json && json Ed25519 type && json false resident &&
		exits 0 keygen --label named --type ed25519 --json && json Ed25519 type
}

# The three forms of a public key are of one key, and the programs they are for read them.
forms_agree() {
	local raw pem ssh

	signet pubkey --label machine > "$FOLDER/pem" && signet pubkey --label machine --format ssh > "$FOLDER/ssh" || return 1
	raw=$(signet pubkey --label machine --format raw) || return 1
	pem=$(openssl pkey -pubin -in "$FOLDER/pem" -outform DER | tail -c 65 | base64 -w 0) || return 1
	ssh=$(cut -d' ' -f2 "$FOLDER/ssh" | base64 -d | tail -c 65 | base64 -w 0) || return 1
	[ "$raw" = "$pem" ] && [ "$raw" = "$ssh" ] &&
		[ "$(ssh-keygen -i -m PKCS8 -f "$FOLDER/pem")" = "$(cut -d' ' -f1,2 "$FOLDER/ssh")" ] &&
		ssh-keygen -l -f "$FOLDER/ssh" | grep -q ECDSA
}

openssl_verifies() {
	signet pubkey --label machine > "$FOLDER/pem" &&
		signet sign --label machine < "$FOLDER/data" > "$FOLDER/signature" &&
		openssl dgst -sha256 -verify "$FOLDER/pem" -signature "$FOLDER/signature" "$FOLDER/data"
}

# verifies FORMAT: what was signed so verifies, and for other data it does not.
verifies() {
	signet sign --label machine --format "$1" < "$FOLDER/data" > "$FOLDER/signature" &&
		exits 0 verify --label machine --signature "$FOLDER/signature" < "$FOLDER/data" &&
		exits 0 verify --label machine --signature "$FOLDER/signature" --format "$1" < "$FOLDER/data" &&
		fails 8 'does not fit' verify --label machine --signature "$FOLDER/signature" < /dev/null
}

# refuses_signature BYTES: so many zeros are no signature.
refuses_signature() {
	head -c "$1" /dev/zero > "$FOLDER/zeros"
	fails 8 signature verify --label machine --signature "$FOLDER/zeros" < "$FOLDER/data"
}

survives_a_restart() {
	tpm_restart && openssl_verifies
}

needs_the_pin() {
	printf 1234 > "$FOLDER/pin"
	exits 0 init --label desk --pin-file "$FOLDER/pin" &&
		exits 0 keygen --token desk --label key --type p256 --pin-file "$FOLDER/pin" &&
		exits 0 pubkey --token desk --label key && ! exits 0 sign --token desk --label key < "$FOLDER/data" &&
		exits 0 sign --token desk --label key --pin-file "$FOLDER/pin" < "$FOLDER/data"
}

tpm_start || exit 1
signet init --label token --machine > /dev/null || exit 1

check 'a key is made in the TPM' made_in_the_tpm
check 'the list says where it lives' listed_as_resident
check 'Ed25519 is what is made without --type' ed25519_is_the_default
check 'another type is refused with what there is' fails 2 'ed25519 or p256' keygen --label x --type rsa
check 'no key is made in an HSM that there is not' fails 2 'over an HSM' keygen --label x --in-hsm
check 'a key in the TPM is not extractable' fails 2 'extractable' keygen --label x --type p256 --extractable
check 'OpenSSL and OpenSSH read the public key' forms_agree
check 'OpenSSL verifies its signatures' openssl_verifies
check 'so does verify, of raw ones' verifies raw
check 'and of those in base64' verifies base64
check 'a signature of 64 zeros is refused' refuses_signature 64
check 'one of 70 zeros is refused' refuses_signature 70
check 'the key works after a restart of the TPM' survives_a_restart
check 'a key of a PIN token needs the PIN' needs_the_pin
finish
