#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Ed25519 keys: made, imported, listed, shown, used, deleted.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/tool/terminal.sh
. "$SIGNET_TEST_SRCDIR/tests/tool/terminal.sh"

odd='a "quoted" \back\ é 鍵 %s'

# Whether OpenSSL takes the signature of some data.
openssl_verifies() {
	signet pubkey --label "$1" > "$FOLDER/pem" &&
		printf 'GET:/v1/secrets' > "$FOLDER/data" &&
		signet sign --label "$1" < "$FOLDER/data" > "$FOLDER/signature" &&
		[ "$(stat -c %s "$FOLDER/signature")" = 64 ] &&
		openssl pkeyutl -verify -pubin -inkey "$FOLDER/pem" -rawin -in "$FOLDER/data" -sigfile "$FOLDER/signature"
}

keygen_tells_json() {
	exits 0 keygen --label json --json && json json label && json 'private key' class &&
		json Ed25519 type && json false extractable && json sign usage
}

odd_label_survives() {
	exits 0 keygen --label "$odd" --json && json "$odd" label && exits 0 pubkey --label "$odd" --json &&
		json "$odd" label && exits 0 list --json && [ -n "$("$JSON" 0 label < "$FOLDER/out")" ] &&
		exits 0 list && prints "$odd" && openssl_verifies "$odd"
}

halves_share_the_id() {
	exits 0 keygen --label halves --id 00ff10Ab --json && json 00ff10ab id &&
		exits 0 list && [ "$(grep -c 'id 00ff10ab' "$FOLDER/out")" = 2 ]
}

random_id_is_16_bytes() {
	exits 0 keygen --label id1 --json && [ "$("$JSON" id < "$FOLDER/out" | tr -d '\n' | wc -c)" = 32 ]
}

# The three forms of a public key are of one key.
forms_agree() {
	local raw pem ssh

	raw=$(signet pubkey --label machine --format raw) || return 1
	pem=$(signet pubkey --label machine --format pem | openssl pkey -pubin -outform DER | tail -c 32 | base64) || return 1
	ssh=$(signet pubkey --label machine --format ssh | cut -d' ' -f2 | base64 -d | tail -c 32 | base64) || return 1
	[ "$(base64 -d <<< "$raw" | wc -c)" = 32 ] && [ "$raw" = "$pem" ] && [ "$raw" = "$ssh" ] &&
		exits 0 pubkey --label machine --json && json "$raw" raw &&
		exits 0 pubkey --label machine --format all && prints "$raw" && prints 'BEGIN PUBLIC KEY' && prints ssh-ed25519
}

uri_names_a_key() {
	local uri

	exits 0 list --json && uri=$("$JSON" 1 uri < "$FOLDER/out") && [[ $uri == pkcs11:* ]] &&
		exits 0 sign --label "$uri" < /dev/null
}

imported_key_is_the_same() {
	openssl genpkey -algorithm Ed25519 -out "$FOLDER/key.pem" &&
		exits 0 import --label imported < "$FOLDER/key.pem" &&
		[ "$(openssl pkey -in "$FOLDER/key.pem" -pubout)" = "$(signet pubkey --label imported)" ] &&
		openssl_verifies imported
}

imports_der() {
	openssl genpkey -algorithm Ed25519 -outform DER | signet import --label der
}

# refuses_key TEXT COMMAND...: importing what the command prints fails and says the text.
refuses_key() {
	local text=$1

	shift
	"$@" > "$FOLDER/input" 2> /dev/null
	fails 1 "$text" import --label refused < "$FOLDER/input" && exits 3 pubkey --label refused
}

# shellcheck disable=SC2317
openssh_key() {
	rm -f "$FOLDER/ssh" "$FOLDER/ssh.pub"
	ssh-keygen -q -t ed25519 -N '' -f "$FOLDER/ssh" && cat "$FOLDER/ssh"
}

verifies() {
	printf data | signet sign --label machine --format "$1" > "$FOLDER/signature" &&
		printf data | exits 0 verify --label machine --signature "$FOLDER/signature" &&
		printf data | exits 0 verify --label machine --signature "$FOLDER/signature" --format "$1" &&
		printf Data | fails 8 'does not fit' verify --label machine --signature "$FOLDER/signature"
}

# refuses_signature BYTES: so many zeros are no signature.
refuses_signature() {
	head -c "$1" /dev/zero > "$FOLDER/signature"
	fails 8 signature verify --label machine --signature "$FOLDER/signature" < /dev/null
}

long_data_is_refused() {
	head -c 67108865 /dev/zero | fails 1 '64 MiB' sign --label machine
}

list_is_true() {
	exits 0 list --json && json 'public key' 0 class && json machine 0 label && json verify 0 usage &&
		json false 0 private && json 'private key' 1 class && json true 1 private && json false 1 sealed_alone
}

deletes_both_halves() {
	exits 0 keygen --label gone && fails 2 -- delete --label gone && exits 0 pubkey --label gone &&
		exits 0 delete --label gone --yes && exits 3 pubkey --label gone && exits 3 sign --label gone < /dev/null &&
		exits 3 delete --label gone --yes
}

delete_asks() {
	exits 0 keygen --label asked &&
		! converse "'$SIGNET' delete --label asked" '[yes/no] ' no && grep -q 'no way back' "$FOLDER/screen" &&
		exits 0 pubkey --label asked && converse "'$SIGNET' delete --label asked" '[yes/no] ' yes &&
		exits 3 pubkey --label asked
}

tpm_start || exit 1
signet init --label token --machine > /dev/null || exit 1

check 'a key is made' exits 0 keygen --label machine
check 'OpenSSL verifies its signatures' openssl_verifies machine
check 'keygen tells JSON' keygen_tells_json
check 'the three forms of the public key agree' forms_agree
check 'a wrong form is an error' fails 2 'must be raw, pem, ssh or all' pubkey --label machine --format der
check 'the list tells class, use and kind' list_is_true
check 'a label that exists is refused' fails 9 'already' keygen --label machine
check 'a label with quotes and UTF-8 survives' odd_label_survives
check 'a label that is no UTF-8 is refused' fails 2 'UTF-8' keygen --label $'\xff'
check 'a label with a control character is refused' fails 2 'control' keygen --label $'a\tb'
check 'a label with a control character of two bytes is refused' fails 2 'control' keygen --label $'a\xc2\x9bb'
check 'a label that looks like a URI is refused' fails 2 'URI' keygen --label pkcs11:object=x
check 'both halves have the id that was given' halves_share_the_id
check 'without one they have 16 random bytes' random_id_is_16_bytes
check 'an id that is no hexadecimal is refused' fails 2 'hexadecimal' keygen --label x --id 0g
check 'the URI of the list names a key' uri_names_a_key
check 'a broken URI is an error' fails 2 'URI' sign --label pkcs11:object=%zz
check 'a PIN in a URI is refused' fails 2 'every user' sign --label 'pkcs11:object=machine?pin-value=1234'
check 'so is the source of one' fails 2 'pin-file' sign --label 'pkcs11:object=machine?pin-source=/etc/pin'
check 'an unknown key is an error that says so' fails 3 'there is no private key "nobody"' sign --label nobody

check 'a raw signature is verified, and a bad one noticed' verifies raw
check 'so is one in base64' verifies base64
check 'a signature of no bytes is refused' refuses_signature 0
check 'one of 63 bytes is refused' refuses_signature 63
check 'one of 64 zeros is refused' refuses_signature 64
check 'one of 65 bytes is refused' refuses_signature 65
check 'a signature that is not there is an error' fails 3 'No such file' verify --label machine --signature "$FOLDER/none"
check 'data of more than 64 MiB is refused' long_data_is_refused

check 'a key is imported and stays the same' imported_key_is_the_same
check 'DER is imported too' imports_der
check 'an import onto a label that exists is refused' eval 'fails 9 already import --label machine < "$FOLDER/key.pem"'
check 'an encrypted key is refused with what to do' refuses_key 'openssl pkcs8' \
	openssl genpkey -algorithm Ed25519 -aes128 -pass pass:x
check 'an RSA key is refused' refuses_key 'another algorithm' openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048
check 'a public key is refused' refuses_key 'public key' openssl pkey -in "$FOLDER/key.pem" -pubout
check "OpenSSH's format is refused with what to do" refuses_key 'ssh-keygen -p -m PKCS8' openssh_key
check 'nothing at all is refused' refuses_key 'no private key' true
check 'garbage is refused' refuses_key 'no private key' head -c 1000 /dev/urandom
check 'endless garbage is refused' refuses_key 'no private key' head -c 100000 /dev/zero
check 'a key that was cut short is refused' refuses_key 'no private key' head -c 70 "$FOLDER/key.pem"

check 'delete removes both halves, and only when told to' deletes_both_halves
check 'delete asks on a terminal' delete_asks
finish
