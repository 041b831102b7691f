#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The openssl and ssh-keygen commands against what the token makes: public keys in every
# form, signatures, and wrapped keys in both directions. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
need ssh-keygen openssh-client
interop_start
echo "# $(openssl version); $(ssh -V 2>&1)"
printf '%s' "$pin" > pin
chmod 600 pin

signet() { "${limit[@]}" "$SIGNET_TEST_BUILDDIR/signet" "$@"; }

# output FILE COMMAND...: keep what the command prints.
output() {
	local file=$1

	shift
	"$@" > "$file"
}

# fed FILE COMMAND...: run the command with the file as its input.
fed() {
	local file=$1

	shift
	"$@" < "$file"
}

# string FILE: its bytes, behind their length, as SSH has it.
string() {
	printf '%b' "$(printf '\\x%02x' $(($(stat -c %s "$1") >> 24 & 255)) $(($(stat -c %s "$1") >> 16 & 255)) \
		$(($(stat -c %s "$1") >> 8 & 255)) $(($(stat -c %s "$1") & 255)))"
	cat "$1"
}

make_token first 0
make_key machine 01
: > empty
printf x > byte
head -c 100 /dev/urandom > data
head -c 1000000 /dev/urandom > long
openssl genpkey -algorithm ed25519 -out ours.pem
openssl pkey -in ours.pem -pubout -out ours.pub

# --- public keys ---

it 'the public key is the same through pkcs11-tool and in every form of the command'
succeeds public_pem 01 machine.pem
succeeds output form.pem signet pubkey --label machine --format pem
succeeds openssl pkey -pubin -in form.pem -out normal.pem
same normal.pem machine.pem
succeeds openssl pkey -pubin -in machine.pem -outform DER -out machine.der
tail -c 32 machine.der > machine.raw
succeeds output form.raw signet pubkey --label machine --format raw
equal "$(cat form.raw)" "$(base64 -w 0 machine.raw)"

it 'ssh-keygen takes the SSH line, and its fingerprint is that of the same key'
succeeds output form.ssh signet pubkey --label machine --format ssh
printf 'ssh-ed25519' > kind
{ string kind; string machine.raw; } > blob
equal "$(cut -d ' ' -f 1-2 form.ssh)" "ssh-ed25519 $(base64 -w 0 blob)"
succeeds ssh-keygen -l -f form.ssh
fingerprint=$(openssl dgst -sha256 -binary blob | base64 -w 0 | tr -d =)
equal "$(awk '{ print $1, $2, $NF }' "$TAP_FOLDER/out")" "256 SHA256:$fingerprint (ED25519)"

# --- signatures ---

for input in byte data long; do
	it "openssl finds a signature over $input good, whoever asks the token for it"
	succeeds user --sign --mechanism EDDSA --id 01 --input-file "$input" --output-file by_tool
	verifies machine.pem "$input" by_tool
	succeeds fed "$input" output by_signet signet sign --label machine --pin-file pin
	same by_tool by_signet
done

it 'openssl refuses the signature for anything else'
printf x >> long
fails openssl pkeyutl -verify -pubin -inkey machine.pem -rawin -in long -sigfile by_tool
says 'Signature Verification Failure'
fails openssl pkeyutl -verify -pubin -inkey ours.pub -rawin -in data -sigfile by_tool

it 'an imported key signs as it does in openssl'
succeeds fed ours.pem signet import --label ours --pin-file pin
succeeds fed data output by_signet signet sign --label ours --pin-file pin
succeeds openssl pkeyutl -sign -inkey ours.pem -rawin -in data -out by_openssl
same by_signet by_openssl

it 'ssh-keygen verifies what the token signed in the form of SSH'
# The signed data and the signature of PROTOCOL.sshsig, version 1, around a signature of ours.
printf 'file' > namespace
printf 'sha512' > digestname
openssl dgst -sha512 -binary -out digest data
{ printf SSHSIG; string namespace; string empty; string digestname; string digest; } > signed
succeeds fed signed output raw signet sign --label machine --pin-file pin
{ string kind; string raw; } > signature
{
	printf 'SSHSIG\0\0\0\1'
	string blob; string namespace; string empty; string digestname; string signature
} > sshsig
{ echo '-----BEGIN SSH SIGNATURE-----'; base64 -w 70 sshsig; echo '-----END SSH SIGNATURE-----'; } > sshsig.pem
echo "machine $(cut -d ' ' -f 1-2 form.ssh)" > allowed
succeeds fed data ssh-keygen -Y verify -f allowed -I machine -n file -s sshsig.pem
says 'Good "file" signature for machine with ED25519 key'
fails fed long ssh-keygen -Y verify -f allowed -I machine -n file -s sshsig.pem

# --- wrapped keys ---

# How openssl calls the two forms, and the value that each begins with.
declare -A cipher=([0x2109]=id-aes256-wrap [0x210B]=id-aes256-wrap-pad)
declare -A first=([0x2109]=a6a6a6a6a6a6a6a6 [0x210B]=a65959a6)
declare -A name=([0x2109]='RFC 3394' [0x210B]='RFC 5649')

openssl_wraps() {
	openssl enc "-${cipher[$1]}" -K "$(hex kek)" -iv "${first[$1]}" -in "$2" -out "$3"
}

head -c 32 /dev/urandom > kek
head -c 16 /dev/urandom > key.16
head -c 24 /dev/urandom > key.24
head -c 32 /dev/urandom > key.32
head -c 20 /dev/urandom > key.20
prepare user --write-object kek --type secrkey --key-type AES:32 --label kek --id 10 --private --sensitive --usage-wrap
for bytes in 16 24 32; do
	prepare user --write-object "key.$bytes" --type secrkey --key-type "AES:$bytes" --id "$bytes" --private --extractable
done

for mechanism in 0x2109 0x210B; do
	for bytes in 16 24 32; do
		it "${name[$mechanism]}: the token wraps $bytes bytes as openssl does, and unwraps what openssl wrapped"
		succeeds user --wrap --mechanism "$mechanism" --id 10 --application-id "$bytes" --output-file by_token
		succeeds openssl_wraps "$mechanism" "key.$bytes" by_openssl
		same by_token by_openssl
		succeeds user --unwrap --mechanism "$mechanism" --id 10 --input-file by_openssl --key-type "AES:$bytes" \
			--application-id "5$bytes$((mechanism % 2))" --extractable
		says "^ +VALUE: +$(hex "key.$bytes")\$"
	done
done

it 'RFC 5649: a generic secret whose length is no multiple of eight is unwrapped'
succeeds openssl_wraps 0x210B key.20 by_openssl
succeeds user --unwrap --mechanism 0x210B --id 10 --input-file by_openssl --key-type GENERIC:20 \
	--application-id 60 --extractable
says '^Secret Key Object; Generic secret length 20$' "^ +VALUE: +$(hex key.20)\$"

it 'what openssl wrapped under another key is refused'
mv kek right
head -c 32 /dev/urandom > kek
for mechanism in 0x2109 0x210B; do
	succeeds openssl_wraps "$mechanism" key.32 by_openssl
	fails user --unwrap --mechanism "$mechanism" --id 10 --input-file by_openssl --key-type AES:32 --application-id 61
	says CKR_WRAPPED_KEY_INVALID
done
mv right kek

it 'one form is not taken for the other'
succeeds openssl_wraps 0x2109 key.32 by_openssl
fails user --unwrap --mechanism 0x210B --id 10 --input-file by_openssl --key-type AES:32 --application-id 61
says CKR_WRAPPED_KEY_INVALID
succeeds openssl_wraps 0x210B key.32 by_openssl
fails user --unwrap --mechanism 0x2109 --id 10 --input-file by_openssl --key-type AES:32 --application-id 61
says CKR_WRAPPED_KEY_INVALID

done_testing
