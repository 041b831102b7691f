#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# OpenSC's pkcs11-tool on a sealed token: everything that it can ask of us, what
# it shows, and what it says where it has to fail. Prints TAP.
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
interop_start
echo "# $(opensc-tool --info 2> /dev/null | head -n 1)"
tool --help > help 2>&1

# can OPTION: this version knows it.
can() { grep -q -e "^ .*$1" help; }

# knows MECHANISM: this version has a name for it.
knows() { tool --list-mechanisms 2> /dev/null | grep -qE "^  $1,"; }

head -c 100 /dev/urandom > data
head -c 100000 /dev/urandom > long
head -c 32 /dev/urandom > aes
openssl genpkey -algorithm ed25519 -outform DER -out ours.der
openssl pkey -inform DER -in ours.der -pubout -out ours.pem
openssl req -x509 -new -keyform DER -key ours.der -subj /CN=machine -days 3 -outform DER -out cert.der

# --- tokens and PINs ---

it 'the library says who made it'
succeeds tool --show-info
says 'Cryptoki version 3\.2' '^Manufacturer +signet$' '^Library +PKCS#11 token for machines \(ver [0-9.]+\)$'

it 'every interface is listed, the newest first'
succeeds tool --list-interfaces
equal "$(awk '/version:/ { print $2 }' "$TAP_FOLDER/out" | tr '\n' ' ')" '3.2 3.0 2.40 '

it 'an empty slot is shown as uninitialized'
succeeds tool --list-slots
quiet
says '^Slot 0 \(0x0\): signet slot 0$'
counts 1 '^ +token state: +uninitialized$'

it 'a SO PIN that is too short is refused with its reason'
fails tool --init-token --slot 0 --label 'first light' --so-pin 123
says CKR_PIN_LEN_RANGE

it 'a slot that is not there is refused with its reason'
fails tool --init-token --slot 7 --label 'first light' --so-pin "$so_pin"
says CKR_SLOT_ID_INVALID

it 'a token is made'
succeeds tool --init-token --slot 0 --label 'first light' --so-pin "$so_pin"
quiet
says 'Token successfully initialized'

it 'a new token has no user PIN yet, and an empty slot follows it'
succeeds tool --list-slots
quiet
says '^ +token label +: first light$' '^ +token manufacturer +: signet$' '^ +token model +: '"$model"'$' \
	'^ +token flags +: login required, rng, token initialized$' '^ +serial num +: [0-9a-f]{16}$' \
	'^ +pin min/max +: 4/255$' '^Slot 1 \(0x1\): signet slot 1$'
counts 1 '^ +token state: +uninitialized$'
serial=$(awk '/serial num/ { print $4 }' "$TAP_FOLDER/out")

it 'a login without a user PIN says that there is none'
fails user --list-objects
says CKR_USER_PIN_NOT_INITIALIZED

it 'the security officer sets the PIN of the user'
succeeds officer --init-pin --pin "$pin"
says 'User PIN successfully initialized'
succeeds tool --list-token-slots
says '^ +token flags +: login required, rng, token initialized, PIN initialized$'

it 'a wrong PIN is called that'
fails tool --login --pin 000000 --list-objects
says 'C_Login failed: rv = CKR_PIN_INCORRECT'

it 'the PIN of a token without objects opens an empty list'
succeeds user --list-objects
omits 'Object'

it 'a PIN is changed, and the old one is no good afterwards'
succeeds user --change-pin --new-pin 654321
says 'PIN successfully changed'
fails user --list-objects
says CKR_PIN_INCORRECT
pin=654321
succeeds user --list-objects

it 'a PIN is not changed without the old one'
fails tool --change-pin --pin 000000 --new-pin 111111
says CKR_PIN_INCORRECT
succeeds user --list-objects

it 'a new PIN that is too short is refused with its reason'
fails user --change-pin --new-pin 123
says CKR_PIN_LEN_RANGE

it 'an unblocking key is nothing but a wrong PIN here'
fails tool --unlock-pin --puk "$so_pin" --new-pin 111111
says CKR_PIN_INCORRECT

it 'the security officer changes his own PIN'
succeeds officer --change-pin --new-pin 87654321
says 'PIN successfully changed'
fails officer --init-pin --pin 111111
says CKR_PIN_INCORRECT
so_pin=87654321

it 'the security officer resets the PIN of the user'
succeeds officer --init-pin --pin 123456
fails user --list-objects
says CKR_PIN_INCORRECT
pin=123456
succeeds user --list-objects

if over_tpm; then
	it 'a TPM that refuses PINs for now is not confused with a wrong PIN'
	succeeds wrong_pins 1
	fails user --list-objects
	says CKR_PIN_LOCKED
	fails officer --init-pin --pin "$pin"
	says CKR_PIN_LOCKED
	succeeds tpm2_dictionarylockout --clear-lockout
	succeeds wrong_pins 1000
	succeeds user --list-objects
fi

# --- mechanisms, random bytes, digests ---

it 'every mechanism is listed with its functions and sizes'
succeeds tool --list-mechanisms
says '^  EC-EDWARDS-KEY-PAIR-GEN, keySize=\{255,255\}, generate_key_pair' \
	'^  EDDSA, keySize=\{255,255\}, sign, verify' '^  AES-KEY-GEN, keySize=\{16,32\}, generate$' \
	'^  AES-GCM, keySize=\{16,32\}, encrypt, decrypt' '^  AES-KEY-WRAP, keySize=\{16,32\}, wrap, unwrap$' \
	'^  SHA256, digest$' '^  SHA384, digest$' '^  SHA512, digest$'
# Of RFC 5649 both numbers, with or without a name.
counts 2 '^  (mechtype-0x210[AB]|AES-KEY-WRAP-(PAD|KWP)), keySize=\{16,32\}, wrap, unwrap$'
# The table is that of the code.
counts "$(awk '/^<!-- make doc-tables: mechanisms/ { on = 1 } /^<!-- end/ { on = 0 } on && /^\| CKM_/ { n++ } END { print n }' \
	"$SIGNET_TEST_SRCDIR/doc/pkcs11.md")" '^  '

it 'random bytes are given out, each time others'
succeeds tool --generate-random 32 --output-file random.1
succeeds tool --generate-random 32 --output-file random.2
size random.1 32
size random.2 32
differ random.1 random.2

for bits in 256 384 512; do
	it "SHA-$bits is what sha${bits}sum says"
	succeeds tool --hash --mechanism "SHA$bits" --input-file long --output-file digest
	equal "$(hex digest)" "$("sha${bits}sum" < long | cut -d ' ' -f 1)"
done

it 'a digest that we do not have is called a wrong mechanism'
fails tool --hash --mechanism SHA-1 --input-file data --output-file digest
says CKR_MECHANISM_INVALID

# --- Ed25519 ---

it 'a key pair needs a login'
fails tool --keypairgen --key-type EC:edwards25519 --label machine --id 01
says CKR_USER_NOT_LOGGED_IN

it 'an Ed25519 key pair is made'
succeeds user --keypairgen --key-type EC:edwards25519 --label machine --id 01
omits 'warning|error'
object 'Private Key Object; EC_EDWARDS' 01 '^ +label: +machine$' '^ +Usage: +sign' \
	'^ +Access: +sensitive, always sensitive, never extractable, local$'
object 'Public Key Object; EC_EDWARDS' 01 '^ +label: +machine$' '^ +Usage: +verify' '^ +Access: +local$' \
	'^ +EC_POINT: +0420[0-9a-f]{64}$' '^ +EC_PARAMS: +06032b6570 \(OID 1\.3\.101\.112\)$'
point=$(awk '/EC_POINT:/ { print substr($2, 5) }' "$TAP_FOLDER/out")

it 'the public key is read without a login, and openssl understands it'
succeeds public_pem 01 machine.pem
openssl pkey -pubin -in machine.pem -outform DER -out machine.der
equal "$(hex machine.der)" "302a300506032b6570032100$point"

for input in data long; do
	it "a signature over $input is good for openssl and for us"
	succeeds user --sign --mechanism EDDSA --id 01 --input-file "$input" --output-file signature
	size signature 64
	verifies machine.pem "$input" signature
	succeeds tool --verify --mechanism EDDSA --id 01 --input-file "$input" --signature-file signature
	says 'Signature is valid'
done

it 'a signature over something else is invalid'
# Version 0.23 says so and exits with 0.
tap_run tool --verify --mechanism EDDSA --id 01 --input-file data --signature-file signature
says 'Invalid signature'
omits 'Signature is valid'

it 'a signature without a login is not made'
fails tool --sign --mechanism EDDSA --id 01 --input-file data --output-file none
omits CKR_DEVICE

it 'a private key is chosen for EDDSA only'
fails user --sign --mechanism RSA-PKCS --id 01 --input-file data
says CKR_MECHANISM_INVALID

it 'other curves and RSA are not to be had'
# Version 0.23 has no name for the value.
TAP_FORBIDDEN='' fails user --keypairgen --key-type EC:secp384r1 --id 09
says 'CKR_CURVE_NOT_SUPPORTED|0x140'
fails user --keypairgen --key-type rsa:2048 --id 09
succeeds user --list-objects
counts 2 '^(Public|Private) Key Object'

it 'a private key that asks for the PIN at each use gets it'
succeeds user --keypairgen --key-type EC:edwards25519 --id 09 --always-auth
object 'Private Key Object; EC_EDWARDS' 09 '^ +Access: +always authenticate, sensitive, '
succeeds user --sign --mechanism EDDSA --id 09 --input-file data --output-file signature
succeeds tool --verify --mechanism EDDSA --id 09 --input-file data --signature-file signature
says 'Signature is valid'
succeeds user --delete-object --type privkey --id 09
succeeds user --delete-object --type pubkey --id 09

it 'a key does nothing but what the mechanisms allow that it was made for'
succeeds user --keygen --key-type AES:32 --id 09 --usage-wrap --extractable --private --allowed-mechanisms AES-GCM
object 'Secret Key Object; AES length 32' 09 '^ +Usage: .*wrap, unwrap$'
fails user --wrap --mechanism AES-KEY-WRAP --id 09 --application-id 09 --output-file none
says CKR_KEY_FUNCTION_NOT_PERMITTED
succeeds user --delete-object --type secrkey --id 09

it 'an Ed25519 private key is imported, or the version cannot and sends us nothing'
tap_run user --write-object ours.der --type privkey --id 05 --label imported
if grep -q 'Unsupported key type' "$TAP_FOLDER/out" "$TAP_FOLDER/err"; then
	omits CKR_
	succeeds user --list-objects --type privkey
	counts 1 '^Private Key Object'
else
	equal "$TAP_STATUS" 0
	object 'Private Key Object; EC_EDWARDS' 05 '^ +label: +imported$' '^ +Access: +sensitive$'
	succeeds user --sign --mechanism EDDSA --id 05 --input-file data --output-file signature
	verifies ours.pem data signature
	succeeds openssl pkeyutl -sign -keyform DER -inkey ours.der -rawin -in data -out expected
	same signature expected
	succeeds user --delete-object --type privkey --id 05
fi

# --- P-256, in the hardware ---

it 'a P-256 key pair is made, and openssl understands the public key'
succeeds user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
object 'Private Key Object; EC' 60 '^ +label: +chip$' '^ +Usage: +sign$' \
	'^ +Access: +sensitive, always sensitive, never extractable, local$'
object 'Public Key Object; EC' 60 '^ +label: +chip$' '^ +EC_POINT: +044104[0-9a-f]{128}$' \
	'^ +EC_PARAMS: +06082a8648ce3d030107'
succeeds public_pem 60 chip.pem

for bits in 256 384 512; do
	it "a signature with ECDSA-SHA$bits is good for openssl and for us"
	succeeds user --sign --mechanism "ECDSA-SHA$bits" --id 60 --input-file long --output-file signature \
		--signature-format openssl
	succeeds openssl dgst "-sha$bits" -verify chip.pem -signature signature long
	says 'Verified OK'
	succeeds tool --verify --mechanism "ECDSA-SHA$bits" --id 60 --input-file long --signature-file signature \
		--signature-format openssl
	says 'Signature is valid'
	# Version 0.23 says so and exits with 0.
	tap_run tool --verify --mechanism "ECDSA-SHA$bits" --id 60 --input-file data --signature-file signature \
		--signature-format openssl
	says 'Invalid signature'
done

it 'a digest is signed as it is'
openssl dgst -sha256 -binary -out digest data
succeeds user --sign --mechanism ECDSA --id 60 --input-file digest --output-file signature
size signature 64
succeeds user --sign --mechanism ECDSA --id 60 --input-file digest --output-file signature --signature-format openssl
succeeds openssl dgst -sha256 -verify chip.pem -signature signature data
says 'Verified OK'

it 'a secret agreed on with a key in the hardware is that of openssl'
succeeds user --keypairgen --key-type EC:prime256v1 --label agree --id 61 --usage-derive
succeeds public_pem 61 agree.pem
openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -out peer.pem
openssl pkey -in peer.pem -pubout -outform DER -out peer.der
succeeds user --derive --mechanism ECDH1-DERIVE --id 61 --input-file peer.der --output-file shared
openssl pkeyutl -derive -inkey peer.pem -peerkey agree.pem -out expected
size shared 32
same shared expected

it 'a key that may only sign agrees on nothing'
fails user --derive --mechanism ECDH1-DERIVE --id 60 --input-file peer.der --output-file none
says CKR_KEY_FUNCTION_NOT_PERMITTED

it 'a P-256 key of openssl is not taken into the hardware'
openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256 -outform DER -out p256.der
fails user --write-object p256.der --type privkey --id 62
succeeds user --delete-object --type privkey --id 60
succeeds user --delete-object --type pubkey --id 60
succeeds user --delete-object --type privkey --id 61
succeeds user --delete-object --type pubkey --id 61

# --- secret keys: attributes are what the template asked for ---

it 'a sensitive AES-256 key shows no value'
succeeds user --keygen --key-type AES:32 --label kek --id 10 --sensitive --private --usage-wrap
object 'Secret Key Object; AES length 32' 10 '^ +label: +kek$' '^ +Usage: .*wrap, unwrap$' \
	'^ +Access: +sensitive, always sensitive, never extractable, local$'
omits VALUE:

it 'an extractable AES-128 key shows its value'
succeeds user --keygen --key-type AES:16 --label dek --id 11 --extractable --private
object 'Secret Key Object; AES length 16' 11 '^ +label: +dek$' '^ +Access: +extractable, local$'
dek=$(value_of 11)
equal "${#dek}" 32

it 'an extractable AES-256 key that is sensitive shows no value'
succeeds user --keygen --key-type AES:32 --label both --id 12 --extractable --sensitive --private
object 'Secret Key Object; AES length 32' 12 '^ +Access: +sensitive, always sensitive, extractable, local$'
omits VALUE:

it 'an AES-192 key that is neither shows no value'
succeeds user --keygen --key-type AES:24 --label neither --id 13 --private
object 'Secret Key Object; AES length 24' 13 '^ +Access: +never extractable, local$'
omits VALUE:

it 'a value of a size that AES does not have is refused'
fails user --keygen --key-type AES:20 --id 14
says CKR_ATTRIBUTE_VALUE_INVALID

it 'each object is listed once, as it was made'
succeeds user --list-objects
object 'Private Key Object; EC_EDWARDS' 01 '^ +label: +machine$'
object 'Public Key Object; EC_EDWARDS' 01 "^ +EC_POINT: +0420$point\$"
object 'Secret Key Object; AES length 32' 10 '^ +label: +kek$'
object 'Secret Key Object; AES length 16' 11 '^ +label: +dek$' "^ +VALUE: +$dek\$"
object 'Secret Key Object; AES length 32' 12 '^ +label: +both$'
object 'Secret Key Object; AES length 24' 13 '^ +label: +neither$'
counts 6 '^[A-Z][a-z]+ Key Object'
counts 6 '^ +Unique ID: +[0-9a-f]{32}$'
equal "$(grep -c 'Unique ID' "$TAP_FOLDER/out")" "$(grep 'Unique ID' "$TAP_FOLDER/out" | sort -u | wc -l)"

it 'without a login only the public key is listed'
succeeds tool --list-objects
omits 'warning|error'
counts 1 'Object;'
object 'Public Key Object; EC_EDWARDS' 01

it 'the value of an extractable key is read, that of a sensitive one is not'
succeeds user --read-object --type secrkey --id 11 --output-file value
equal "$(hex value)" "$dek"
fails user --read-object --type secrkey --id 12 --output-file none
says CKR_ATTRIBUTE_SENSITIVE
[ ! -s none ] || wrong 'a value was written'

it 'an AES key is imported'
succeeds user --write-object aes --type secrkey --key-type AES:32 --label taken --id 15 --extractable --private
object 'Secret Key Object; AES length 32' 15 '^ +label: +taken$' '^ +Access: +extractable$'
equal "$(value_of 15)" "$(hex aes)"

# --- key wrap ---

# Names differ from version to version, numbers do not.
mechanisms=(AES-KEY-WRAP 0x2109 0x210A 0x210B)
! knows AES-KEY-WRAP-PAD || mechanisms+=(AES-KEY-WRAP-PAD)
! knows AES-KEY-WRAP-KWP || mechanisms+=(AES-KEY-WRAP-KWP)
next=32
for mechanism in "${mechanisms[@]}"; do
	it "$mechanism wraps a key and unwraps it again"
	succeeds user --wrap --mechanism "$mechanism" --id 10 --application-id 15 --output-file "wrapped.$mechanism"
	size "wrapped.$mechanism" 40
	id=$(printf '%02x' $next)
	next=$((next + 1))
	succeeds user --unwrap --mechanism "$mechanism" --id 10 --input-file "wrapped.$mechanism" --key-type AES:32 \
		--application-id "$id" --application-label "by $mechanism" --extractable
	object 'Secret Key Object; AES length 32' "$id" "^ +label: +by $mechanism\$" '^ +Access: +extractable$'
	equal "$(value_of "$id")" "$(hex aes)"
done

it 'both numbers of RFC 5649 mean the same, and RFC 3394 is something else'
same wrapped.0x210A wrapped.0x210B
same wrapped.AES-KEY-WRAP wrapped.0x2109
differ wrapped.0x2109 wrapped.0x210A

it 'a wrapped key that was changed is invalid'
printf '\0' | cat - wrapped.0x210B | head -c 40 > changed
fails user --unwrap --mechanism 0x210B --id 10 --input-file changed --key-type AES:32 --application-id 40
says CKR_WRAPPED_KEY_INVALID

it 'a wrapped key of another size than asked for is refused'
fails user --unwrap --mechanism 0x210B --id 10 --input-file wrapped.0x210B --key-type AES:16 --application-id 40
says 'CKR_(WRAPPED_KEY_LEN_RANGE|TEMPLATE_INCONSISTENT)'

it 'a key that is not for wrapping does not wrap'
fails user --wrap --mechanism AES-KEY-WRAP --id 11 --application-id 15 --output-file none
says CKR_KEY_FUNCTION_NOT_PERMITTED

it 'a key that is not extractable is not wrapped'
fails user --wrap --mechanism AES-KEY-WRAP --id 10 --application-id 13 --output-file none
says CKR_KEY_UNEXTRACTABLE

it 'a sensitive key that is extractable is wrapped'
succeeds user --wrap --mechanism AES-KEY-WRAP --id 10 --application-id 12 --output-file wrapped.12
size wrapped.12 40

# --- AES-GCM ---

gcm=(--mechanism AES-GCM --iv 000102030405060708090a0b --tag-bits-len 128 --id 11)
if can --aad; then
	it 'AES-GCM encrypts and decrypts, with additional data'
	succeeds user --encrypt "${gcm[@]}" --aad 0102 --input-file data --output-file sealed
	size sealed 116
	succeeds user --decrypt "${gcm[@]}" --aad 0102 --input-file sealed --output-file opened
	same data opened

	it 'AES-GCM gives nothing out where the additional data differ'
	fails user --decrypt "${gcm[@]}" --aad 0103 --input-file sealed --output-file none
	says CKR_ENCRYPTED_DATA_INVALID
	[ ! -s none ] || wrong 'something was written'

	it 'AES-GCM encrypts what takes many calls'
	succeeds user --encrypt "${gcm[@]}" --aad 0102 --input-file long --output-file sealed
	size sealed 100016
else
	it 'this version has no parameters for AES-GCM and does not try it without'
	fails user --encrypt --mechanism AES-GCM --iv 000102030405060708090a0b --id 11 --input-file data \
		--output-file none
	says 'Mechanism AES-GCM illegal or not supported'
	omits CKR_
fi

# --- AES-CBC ---

it 'AES-CBC with padding is what openssl makes of it, and is decrypted'
cbc=(--mechanism AES-CBC-PAD --iv 000102030405060708090a0b0c0d0e0f --id 11)
succeeds user --encrypt "${cbc[@]}" --input-file long --output-file sealed
succeeds openssl enc -aes-128-cbc -K "$dek" -iv 000102030405060708090a0b0c0d0e0f -in long -out expected
same sealed expected
succeeds user --decrypt "${cbc[@]}" --input-file sealed --output-file opened
same long opened

# --- codes and derived keys ---

it 'a generic secret key is made, and its HMAC is that of openssl'
succeeds user --keygen --key-type GENERIC:32 --label mac --id 50 --usage-sign --extractable --private
object 'Secret Key Object; Generic secret length 32' 50 '^ +label: +mac$' '^ +Access: +extractable, local$'
mac=$(value_of 50)
equal "${#mac}" 64
for bits in 256 384 512; do
	succeeds user --sign --mechanism "SHA$bits-HMAC" --id 50 --input-file long --output-file code
	equal "$(hex code)" "$(openssl mac -digest "SHA$bits" -macopt "hexkey:$mac" -in long HMAC | tr A-F a-f)"
done

if can --aad; then
	it 'an HMAC is verified, and that of something else is not'
	succeeds user --verify --mechanism SHA512-HMAC --id 50 --input-file long --signature-file code
	says 'Signature is valid'
	fails user --verify --mechanism SHA512-HMAC --id 50 --input-file data --signature-file code
	says 'Invalid signature'

	it 'an AES-CMAC is that of openssl'
	succeeds user --write-object aes --type secrkey --key-type AES:32 --id 51 --usage-sign --private --sensitive
	succeeds user --sign --mechanism AES-CMAC --id 51 --input-file data --output-file code
	equal "$(hex code)" "$(openssl mac -cipher AES-256-CBC -macopt "hexkey:$(hex aes)" -in data CMAC | tr A-F a-f)"

	it 'a key derived by HKDF is that of openssl'
	printf 'a salt' > salt
	printf 'some info' > info
	succeeds user --write-object aes --type secrkey --key-type GENERIC:32 --id 52 --usage-derive --private --sensitive
	succeeds user --derive --mechanism HKDF-DERIVE --hash-algorithm SHA256 --salt-file salt --info-file info \
		--id 52 --key-type GENERIC:32 --extractable --output-file derived
	equal "$(hex derived)" "$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt "hexkey:$(hex aes)" \
		-kdfopt "hexsalt:$(hex salt)" -kdfopt "hexinfo:$(hex info)" HKDF | tr -d ':\n' | tr A-F a-f)"
fi

# --- other objects; changing and deleting ---

it 'a certificate is stored and comes back'
succeeds user --write-object cert.der --type cert --label cert --id 01
object 'Certificate Object; type = X.509 cert' 01 '^ +label: +cert$' '^ +subject: .*machine'
succeeds tool --read-object --type cert --id 01 --output-file back
same cert.der back

it 'data are stored and come back'
succeeds user --write-object data --type data --label note --application-label app --application-id 1.2.3.4
says "label: +'note'" "application: +'app'" 'app_id: +1\.2\.3\.4'
succeeds tool --read-object --type data --label note --output-file back
same data back

it 'private data are there for the user only'
succeeds user --write-object data --type data --label diary --private
says 'flags: .*private'
fails tool --read-object --type data --label diary --output-file none
succeeds user --read-object --type data --label diary --output-file back
same data back

it 'an ID is changed'
succeeds user --type secrkey --id 15 --set-id 16
succeeds user --list-objects --type secrkey
object 'Secret Key Object; AES length 32' 16 '^ +label: +taken$'

it 'an object is deleted once'
succeeds user --delete-object --type secrkey --id 16
fails user --delete-object --type secrkey --id 16
says 'object not found'
omits CKR_

# --- the tests that the tool brings ---

it 'its own tests report no error'
succeeds user --test
says '^No errors$'
omits 'ERR'

it 'its own tests report no error with mechanisms in software'
succeeds user --allow-sw --test
says '^No errors$'
omits 'ERR'

it 'a child of a fork initializes, and its parent signs afterwards'
succeeds user --test-fork --sign --mechanism EDDSA --id 01 --input-file data --output-file signature
says 'Calling C_Initialize in forked child process'
verifies machine.pem data signature

# The digest is long so that the threads end before it: the tool waits half a minute for those
# that have not.
it 'three threads initialize and look around while a digest is made'
truncate -s 64M zeros
succeeds tool --test-threads ILGISLT0 --test-threads ILGISLT0 --test-threads ILGISLT0 \
	--hash --mechanism SHA256 --input-file zeros --output-file digest
equal "$(hex digest)" "$(sha256sum < zeros | cut -d ' ' -f 1)"
rm zeros
says 'test_threads cleanup finished'
# What C_Initialize answers to all but the first is the only failure.
sed 's/CKR_CRYPTOKI_ALREADY_INITIALIZED//g; s/CKR_OK//g' "$TAP_FOLDER/out" > answers
! grep -ao 'CKR_[A-Z_]*' answers > others || wrong "a thread got $(sort -u others)"

# --- the hardware goes and comes ---

if over_tpm; then
	it 'a key signs after an orderly restart of the TPM'
	succeeds tpm_restart
	succeeds user --sign --mechanism EDDSA --id 01 --input-file data --output-file signature
	verifies machine.pem data signature

	it 'a key signs after a power cut'
	succeeds tpm_power_cut
	succeeds user --sign --mechanism EDDSA --id 01 --input-file data --output-file signature
	verifies machine.pem data signature
fi

it 'a key in the hardware signs after a power cut'
succeeds user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
succeeds public_pem 60 chip.pem
hardware_away
succeeds hardware_back
succeeds user --sign --mechanism ECDSA-SHA256 --id 60 --input-file data --output-file signature \
	--signature-format openssl
succeeds openssl dgst -sha256 -verify chip.pem -signature signature data
says 'Verified OK'
succeeds user --delete-object --type privkey --id 60
succeeds user --delete-object --type pubkey --id 60

it 'without its hardware the token is shown, and what needs it says that it is missing'
hardware_away
succeeds tool --list-slots
quiet
says '^ +token label +: first light$'
fails user --list-objects
says CKR_TOKEN_NOT_PRESENT
fails tool --list-objects
says CKR_TOKEN_NOT_PRESENT
fails tool --init-token --slot 1 --label second --so-pin "$so_pin"
says CKR_TOKEN_NOT_PRESENT

it 'all is well when the hardware is back'
succeeds hardware_back
succeeds user --sign --mechanism EDDSA --id 01 --input-file data --output-file signature
verifies machine.pem data signature

# --- a token of a machine, and a token made anew ---

it 'a machine token signs without any PIN'
succeeds "$SIGNET_TEST_BUILDDIR/signet" init --label 'a machine' --machine
succeeds tool --list-token-slots
says '^ +token label +: a machine$' '^ +token flags +: rng, token initialized'
succeeds tool --token-label 'a machine' --keypairgen --key-type EC:edwards25519 --label robot --id 02
succeeds tool --token-label 'a machine' --sign --mechanism EDDSA --id 02 --input-file data --output-file signature
size signature 64
succeeds tool --token-label 'a machine' --verify --mechanism EDDSA --id 02 --input-file data \
	--signature-file signature
says 'Signature is valid'

it 'its own tests report no error on a machine token'
succeeds tool --token-label 'a machine' --test
says '^No errors$'
omits 'ERR'

it 'a token is not made anew without the PIN of its security officer'
fails tool --init-token --slot 0 --label again --so-pin 00000000
says CKR_PIN_INCORRECT
succeeds user --list-objects --type privkey
counts 1 '^Private Key Object'

it 'a machine token is not made anew through PKCS#11'
fails tool --init-token --slot 1 --label again --so-pin "$so_pin"
says CKR_PIN_INCORRECT
succeeds tool --token-label 'a machine' --list-objects --type privkey
counts 1 '^Private Key Object'

it 'a token made anew keeps its serial number and nothing else'
succeeds tool --init-token --slot 0 --label again --so-pin "$so_pin"
succeeds tool --list-slots
says '^ +token label +: again$' "^ +serial num +: $serial\$"
succeeds tool --list-objects --slot 0
omits Object
fails user --slot 0 --list-objects
says CKR_USER_PIN_NOT_INITIALIZED

done_testing
