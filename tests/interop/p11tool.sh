#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# GnuTLS's p11tool and certtool on a sealed token: tokens and PINs, keys, and
# certificates signed by a key that stays in the token. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
need p11tool gnutls-bin
need certtool gnutls-bin
interop_start
echo "# $(p11tool --version | head -n 1)"

p11() { "${limit[@]}" p11tool --provider "$module" --batch "$@"; }
certificates() { "${limit[@]}" certtool --provider "$module" "$@"; }

export GNUTLS_PIN=$pin GNUTLS_SO_PIN=$so_pin
url='pkcs11:token=first%20light'
head -c 100 /dev/urandom > data
openssl genpkey -algorithm ed25519 -out ours.pem
openssl pkey -in ours.pem -pubout -out ours.pub
printf 'cn = "machine"\ntls_www_client\nsigning_key\n' > template

# --- tokens and PINs ---

it 'an empty slot is no token'
succeeds p11 --list-tokens
quiet
omits Token

it 'a token is made'
succeeds p11 --initialize --label 'first light' pkcs11:
says 'Token was successfully initialized'
succeeds p11 --list-tokens
quiet
says 'URL: pkcs11:model='"${model/ /%20}"';manufacturer=signet;serial=[0-9a-f]{16};token=first%20light$' \
	'Label: first light$' 'Flags: RNG, Requires login, uPIN uninitialized$' 'Manufacturer: signet$' \
	"Model: $model\$" 'Serial: [0-9a-f]{16}$'
counts 1 '^Token [0-9]'

it 'the security officer sets the PIN of the user'
succeeds p11 --initialize-pin "$url"
says "Setting user's PIN"
succeeds p11 --list-tokens
says 'Flags: RNG, Requires login$'

it 'a token without objects is empty'
tap_run p11 --login --list-all "$url"
says 'No matching objects found'

it 'a wrong PIN is called that'
GNUTLS_PIN=000000
fails p11 --login --list-all "$url"
says 'Wrong PIN has been provided'
GNUTLS_PIN=$pin
fails p11 --login --list-all "$url?pin-value=000000"
says 'Error in provided PIN'

it 'the security officer changes his own PIN and resets that of the user'
export GNUTLS_NEW_SO_PIN=87654321
succeeds p11 --initialize-so-pin "$url"
so_pin=87654321
GNUTLS_SO_PIN=$so_pin GNUTLS_PIN=654321
succeeds p11 --initialize-pin "$url"
pin=654321
tap_run p11 --login --list-all "$url"
says 'No matching objects found'

it 'every mechanism is listed'
succeeds p11 --list-mechanisms "$url"
says 'CKM_EC_EDWARDS_KEY_PAIR_GEN .*generate_key_pair' 'CKM_EDDSA .*sign verify' 'CKM_AES_GCM .*encrypt decrypt' \
	'CKM_AES_KEY_WRAP .*wrap unwrap' 'CKM_SHA256 digest' '^\[0x210a\]' '^\[0x210b\]'

it 'random bytes are given out, each time others'
succeeds p11 --generate-random=32 --outfile random.1 "$url"
succeeds p11 --generate-random=32 --outfile random.2 "$url"
size random.1 32
size random.2 32
differ random.1 random.2

# --- keys ---

# 3.7 asks for the key with CKM_EDDSA, the mechanism that signs.
it 'an Ed25519 key pair is made'
succeeds p11 --login --generate-privkey=ed25519 --label machine --id 01 --outfile machine.pem "$url"
succeeds openssl pkey -pubin -in machine.pem -noout -text
says 'ED25519 Public-Key'

it 'both halves of the key are listed after a login, the public one before'
succeeds p11 --login --list-all "$url"
quiet
counts 2 '^Object [0-9]'
says 'id=%01;object=machine;type=public$' 'id=%01;object=machine;type=private$' \
	'Type: Public key \(EdDSA \(Ed25519\)\)$' 'Type: Private key \(EdDSA \(Ed25519\)\)$' \
	'Flags: CKA_PRIVATE; CKA_NEVER_EXTRACTABLE; CKA_SENSITIVE; $' 'ID: 01$'
succeeds p11 --list-all "$url"
quiet
counts 1 '^Object [0-9]'
says 'type=public$'

it 'the public key is exported from either half'
succeeds p11 --login --export-pubkey --outfile exported.pem "$url;object=machine;type=private"
succeeds openssl pkey -pubin -in exported.pem -out normal.pem
same machine.pem normal.pem
succeeds p11 --export --outfile exported.pem "$url;object=machine;type=public"
succeeds openssl pkey -pubin -in exported.pem -out normal.pem
same machine.pem normal.pem

it 'a signature is made and verified'
succeeds p11 --login --test-sign --hash=SHA512 "$url;object=machine;type=private"
says 'Signing using EdDSA-Ed25519\.\.\. ok' 'Verifying against private key parameters\.\.\. ok' \
	'Verifying against public key in the token\.\.\. ok'

it 'RSA and Ed448 keys and other curves are not made'
fails p11 --login --generate-privkey=rsa --label other "$url"
fails p11 --login --generate-privkey=ed448 --label other "$url"
fails p11 --login --generate-privkey=ecdsa --curve=secp384r1 --label other "$url"
succeeds p11 --login --list-all "$url"
counts 2 '^Object [0-9]'

it 'an Ed25519 private key is imported and signs like the original'
succeeds p11 --login --write --load-privkey ours.pem --label imported --id 05 "$url"
succeeds user --sign --mechanism EDDSA --id 05 --input-file data --output-file signature
succeeds openssl pkeyutl -sign -inkey ours.pem -rawin -in data -out expected
same signature expected

# GnuTLS uses a private key only where it finds its public half, or a certificate.
it 'a public key is imported beside it, and a signature is made and verified'
succeeds p11 --login --write --load-pubkey ours.pub --label imported --id 05 "$url"
succeeds p11 --login --test-sign --hash=SHA512 "$url;object=imported;type=private"
says 'Signing using EdDSA-Ed25519\.\.\. ok' 'Verifying against public key in the token\.\.\. ok'
succeeds p11 --login --export-pubkey --outfile exported.pem "$url;object=imported;type=private"
same exported.pem ours.pub
succeeds tool --verify --mechanism EDDSA --id 05 --input-file data --signature-file expected
says 'Signature is valid'

it 'a secret key is imported and hidden'
succeeds p11 --login --write --secret-key=000102030405060708090a0b0c0d0e0f --label secret --id 06 "$url"
succeeds p11 --login --list-all "$url;object=secret"
says 'Type: Secret key' 'CKA_SENSITIVE'
tap_run p11 --list-all "$url;object=secret"
says 'No matching objects found'

# --- certificates ---

it 'a certificate request is signed by the key, and openssl verifies it'
succeeds certificates --generate-request --load-privkey "$url;object=machine;type=private" \
	--template template --outfile request.pem
succeeds openssl req -in request.pem -verify -noout
says 'verify OK'
succeeds openssl req -in request.pem -pubkey -noout -out request.pub
same machine.pem request.pub

it 'a certificate is signed by the key, and openssl verifies it'
succeeds certificates --generate-self-signed --load-privkey "$url;object=machine;type=private" \
	--template template --outfile certificate.pem
succeeds openssl verify -check_ss_sig -CAfile certificate.pem certificate.pem
says 'certificate.pem: OK'

it 'a certificate is stored, found by its key and exported'
succeeds p11 --login --write --load-certificate certificate.pem --label machine --id 01 "$url"
succeeds p11 --list-all-certs "$url"
quiet
counts 1 '^Object [0-9]'
says 'Type: X\.509 Certificate \(EdDSA \(Ed25519\)\)$' 'Label: machine$' 'ID: 01$'
succeeds p11 --login --list-certs "$url"
counts 1 '^Object [0-9]'
succeeds p11 --export --outfile exported.pem "$url;object=machine;type=cert"
openssl x509 -in certificate.pem -outform DER -out original.der
openssl x509 -in exported.pem -outform DER -out exported.der
same original.der exported.der

it 'no certificate is marked as trusted'
fails p11 --login --write --mark-trusted --load-certificate certificate.pem --label trusted "$url"
says 'PKCS #11 error in attribute'

# --- P-256, in the hardware ---

it 'a P-256 key pair is made and listed'
succeeds p11 --login --generate-privkey=ecdsa --curve=secp256r1 --label chip --id 20 --outfile chip.pem "$url"
succeeds p11 --login --list-all "$url;object=chip"
quiet
counts 2 '^Object [0-9]'
says 'Type: Public key \(EC/ECDSA-SECP256R1\)$' 'Type: Private key \(EC/ECDSA-SECP256R1\)$' \
	'Flags: CKA_PRIVATE; CKA_NEVER_EXTRACTABLE; CKA_SENSITIVE; $'
succeeds p11 --login --export-pubkey --outfile exported.pem "$url;object=chip;type=private"
same chip.pem exported.pem

it 'it signs, with every digest'
for bits in 256 384 512; do
	succeeds p11 --login --test-sign --hash="SHA$bits" "$url;object=chip;type=private"
	says "Signing using ECDSA-SHA$bits\.\.\. ok" 'Verifying against private key parameters\.\.\. ok' \
		'Verifying against public key in the token\.\.\. ok'
done

it 'a request and a certificate are signed by it, and openssl verifies them'
succeeds certificates --generate-request --load-privkey "$url;object=chip;type=private" \
	--template template --outfile request.pem
succeeds openssl req -in request.pem -verify -noout
says 'verify OK'
succeeds certificates --generate-self-signed --load-privkey "$url;object=chip;type=private" \
	--template template --outfile certificate.pem
succeeds openssl verify -check_ss_sig -CAfile certificate.pem certificate.pem
says 'certificate.pem: OK'

# --- changing and deleting ---

it 'a label and an ID are changed'
succeeds p11 --login --set-label=renamed "$url;object=imported;type=private"
succeeds p11 --login --set-id=0909 "$url;object=renamed;type=private"
succeeds p11 --login --list-all "$url;object=renamed"
says 'ID: 09:09$'
counts 1 '^Object [0-9]'

it 'objects are deleted once'
succeeds p11 --login --delete "$url;object=imported"
says '1 objects deleted'
fails p11 --login --delete "$url;object=imported"
says 'The requested data were not available'

# --- without a PIN, without hardware ---

it 'without its hardware a token is listed and its objects are not'
hardware_away
succeeds p11 --list-tokens
quiet
says 'Label: first light$'
fails p11 --list-all "$url"
fails p11 --login --list-all "$url"
says 'PKCS #11 error in token'
succeeds hardware_back
succeeds p11 --login --list-all "$url"

it 'a machine token signs without any PIN'
unset GNUTLS_PIN GNUTLS_SO_PIN
succeeds "$SIGNET_TEST_BUILDDIR/signet" init --label robot --machine
succeeds "$SIGNET_TEST_BUILDDIR/signet" keygen --token robot --label hand
succeeds p11 --list-tokens
says 'Flags: RNG$'
succeeds p11 --list-all pkcs11:token=robot
quiet
counts 2 '^Object [0-9]'
succeeds p11 --test-sign --hash=SHA512 'pkcs11:token=robot;object=hand;type=private'
says 'Signing using EdDSA-Ed25519\.\.\. ok' 'Verifying against public key in the token\.\.\. ok'
succeeds certificates --generate-request --load-privkey 'pkcs11:token=robot;object=hand;type=private' \
	--template template --outfile request.pem
succeeds openssl req -in request.pem -verify -noout

done_testing
