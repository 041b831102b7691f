#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# p11-kit: finding the module by its configuration, listing it in programs that never use
# it (nothing may be printed, nothing asked of the hardware), its proxy, forks, and its remoting.
# Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# p11-kit reads no user's configuration as root, so root runs all of it as nobody.
become=()
if [ "$(id -u)" -eq 0 ]; then
	become=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	export TMPDIR=/tmp
fi

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
need p11-kit p11-kit
need p11tool gnutls-bin
need pkg-config pkgconf
interop_start
echo "# p11-kit $(pkg-config --modversion p11-kit-1)"
proxy=$(pkg-config --variable=proxy_module p11-kit-1)
client=$(pkg-config --variable=p11_module_path p11-kit-1)/p11-kit-client.so
[ -f "$proxy" ] || bail "$proxy is missing; on Debian: apt-get install p11-kit-modules"

limit=("${become[@]}" "${limit[@]}")
server=

interop_stop() {
	[ -z "$server" ] || kill "$server" 2> /dev/null
	[ -z "$server" ] || wait "$server" 2> /dev/null
	server=
}

# The module's own file, but for the place of the module, and no other modules.
mkdir -p config/pkcs11/modules
install -m 755 "$module" "$work/signet.so"
module=$work/signet.so
echo 'user-config: only' > config/pkcs11/pkcs11.conf
sed "s,^module: .*,module: $module," "$SIGNET_TEST_BUILDDIR/src/api/signet.module" > config/pkcs11/modules/signet.module
head -c 100 /dev/urandom > data

# What is made as root belongs to nobody.
hand_over() { [ ${#become[@]} -eq 0 ] || chown -R 65534:65534 "$HARDWARE_FOLDER"; }
hand_over
[ ${#become[@]} -eq 0 ] || "${become[@]}" test -w "$work" || bail "nobody cannot use $work"

kit() { "${limit[@]}" p11-kit "$@"; }
through() { "${limit[@]}" pkcs11-tool --module "$proxy" --token-label 'first light' "$@"; }
remote() { P11_KIT_SERVER_ADDRESS=unix:path=$work/socket "${limit[@]}" pkcs11-tool --module "$client" "$@"; }

# --- listing ---

it 'the module is found by its configuration'
succeeds kit list-modules
quiet
says 'signet' "$module" 'library-description: PKCS#11 token for machines$' 'library-manufacturer: signet$'

make_token 'first light' 0
make_key machine 01
hand_over
succeeds public_pem 01 machine.pem

# lists_token: the last command listed it, with all that p11-kit shows, and without a complaint.
lists_token() {
	quiet
	says 'token: first light$' ' manufacturer: signet$' " model: $model\$" ' serial-number: [0-9a-f]{16}$' \
		' token-initialized$' ' user-pin-initialized$' ' login-required$' ' rng$'
	counts 1 ' token-initialized$'
}

it 'the token is listed'
succeeds kit list-modules
lists_token

# What the hardware is asked is written to the file commands, and later no longer.
record() {
	if over_tpm; then
		export TCTI_PCAP_FILE=$work/commands SIGNET_TCTI=pcap:$direct
	else
		export PKCS11SPY=$SOFTHSM_MODULE PKCS11SPY_OUTPUT=$work/commands
		sed "s,module-path=[^&]*,module-path=$spy," conf > signet.conf
	fi
}

record_no_more() {
	unset TCTI_PCAP_FILE PKCS11SPY PKCS11SPY_OUTPUT
	SIGNET_TCTI=$direct
	cp conf signet.conf
}

# Hardware that is looked for in the wrong place.
misplace() {
	SIGNET_TCTI=device:$work/no-such-device
	over_tpm || sed "s,module-path=[^&]*,module-path=$work/no-such-module.so," conf > signet.conf
}

direct=$SIGNET_TCTI
cp signet.conf conf
if ! over_tpm; then
	spy=$(ls /usr/lib/*/pkcs11-spy.so /usr/lib*/pkcs11-spy.so 2> /dev/null | head -n 1)
	[ -f "$spy" ] || bail 'pkcs11-spy.so is missing; on Debian: apt-get install opensc'
fi

it 'listing asks nothing of the hardware'
record
succeeds kit list-modules
lists_token
[ ! -e commands ] || wrong "$(stat -c %s commands) bytes of questions were recorded"

it 'a signature does, and the record shows it'
succeeds user --sign --mechanism EDDSA --id 01 --input-file data --output-file signature
[ -s commands ] || wrong 'no question was recorded'
verifies machine.pem data signature
record_no_more

it 'the token is listed without its hardware'
misplace
succeeds kit list-modules
lists_token
record_no_more
hardware_away
succeeds kit list-modules
lists_token
succeeds hardware_back
hand_over

it 'a user who has no tokens sees an empty slot and no complaint'
SIGNET_STATE=$work/elsewhere
succeeds kit list-modules
quiet
counts 0 ' token-initialized$'
[ ! -e elsewhere ] || wrong 'the folder of the tokens was made'
SIGNET_STATE=$work/state

it 'a wrong line in the configuration disables the module, silently, and no other'
echo 'module: p11-kit-trust.so' > config/pkcs11/modules/trust.module
echo 'nonsense' >> signet.conf
succeeds kit list-modules
quiet
omits 'first light'
says 'library-manufacturer: PKCS#11 Kit$'
cp conf signet.conf
rm config/pkcs11/modules/trust.module
succeeds kit list-modules
lists_token

# --- its own commands; before 0.25 it has no more than list-modules ---

if pkg-config --atleast-version=0.25 p11-kit-1; then
	token='pkcs11:token=first%20light'

	it 'list-tokens finds the token by its URI'
	succeeds kit list-tokens "$token"
	lists_token

	it 'list-mechanisms shows what signs and what wraps'
	succeeds kit list-mechanisms "$token"
	quiet
	says '(eddsa|0x1057 \(unknown\)): sign verify generate-key-pair key-size=255-255$' \
		'(aes-gcm|0x1087 \(unknown\)): message-encrypt message-decrypt multi-message encrypt decrypt wrap unwrap key-size=16-32$' \
		'(aes-key-wrap|0x2109 \(unknown\)): wrap unwrap key-size=16-32$' '^sha256: digest$'

	it 'list-objects shows the public key, and after a login the private one'
	succeeds kit list-objects "$token"
	quiet
	says 'class: public-key$' 'label: machine$' 'id: 01$'
	counts 1 '^Object: '
	succeeds kit list-objects --login "$token?pin-value=$pin"
	quiet
	says 'class: private-key$'
	counts 2 '^Object: '

	it 'export-object writes the public key'
	succeeds kit export-object "$token;object=machine;type=public"
	quiet
	cp "$TAP_FOLDER/out" exported.pem
	succeeds openssl pkey -pubin -in exported.pem -out normal.pem
	same machine.pem normal.pem

	it 'generate-keypair makes an Ed25519 key pair that signs'
	succeeds kit generate-keypair --type=eddsa --curve=ed25519 --label=other --id=40 --login "$token?pin-value=$pin"
	quiet
	succeeds public_pem 40 other.pem
	differ other.pem machine.pem
	succeeds user --sign --mechanism EDDSA --id 40 --input-file data --output-file signature
	verifies other.pem data signature
	succeeds user --delete-object --type privkey --id 40
	succeeds user --delete-object --type pubkey --id 40

	it 'generate-keypair makes a P-256 key pair in the hardware'
	succeeds kit generate-keypair --type=ecdsa --curve=secp256r1 --label=chip --id=41 --login \
		"$token?pin-value=$pin"
	quiet
	succeeds kit export-object "$token;object=chip;type=public"
	cp "$TAP_FOLDER/out" chip.pem
	succeeds user --sign --mechanism ECDSA-SHA256 --id 41 --input-file data --output-file signature \
		--signature-format openssl
	succeeds openssl dgst -sha256 -verify chip.pem -signature signature data
	says 'Verified OK'
	succeeds user --delete-object --type privkey --id 41
	succeeds user --delete-object --type pubkey --id 41

	it 'import-object stores a certificate, export-object gives it back and delete-object removes it'
	openssl req -x509 -newkey ed25519 -keyout ours.pem -nodes -subj /CN=ours -days 3 -out ours.crt 2> log
	hand_over
	succeeds kit import-object --file=ours.crt --label=ours --login "$token?pin-value=$pin"
	succeeds kit export-object "$token;object=ours;type=cert"
	cp "$TAP_FOLDER/out" exported.pem
	same ours.crt exported.pem
	succeeds kit delete-object --login "$token;object=ours?pin-value=$pin"
	fails kit export-object "$token;object=ours;type=cert"
fi

# --- programs that get the module from p11-kit ---

it 'p11tool finds the token without being told the module'
succeeds "${limit[@]}" p11tool --list-tokens 'pkcs11:manufacturer=signet'
quiet
says 'Label: first light$' "Module: $module\$"
counts 1 '^Token [0-9]'

it 'p11tool signs with a key that only its URI names'
succeeds "${limit[@]}" env "GNUTLS_PIN=$pin" p11tool --login --test-sign --hash=SHA512 \
	'pkcs11:manufacturer=signet;object=machine;type=private'
says 'Signing using EdDSA-Ed25519\.\.\. ok' 'Verifying against public key in the token\.\.\. ok'

it 'the proxy shows the token and its keys'
succeeds "${limit[@]}" pkcs11-tool --module "$proxy" --list-token-slots
says '^ +token label +: first light$' '^ +token manufacturer +: signet$' "^ +token model +: $model\$"
succeeds through --login --pin "$pin" --list-objects
object 'Private Key Object; EC_EDWARDS' 01 '^ +label: +machine$'
object 'Public Key Object; EC_EDWARDS' 01 '^ +label: +machine$'

it 'a key signs and verifies through the proxy'
succeeds through --login --pin "$pin" --sign --mechanism EDDSA --id 01 --input-file data --output-file signature
verifies machine.pem data signature
succeeds through --verify --mechanism EDDSA --id 01 --input-file data --signature-file signature
says 'Signature is valid'

it 'a wrong PIN is called that through the proxy'
fails through --login --pin 000000 --list-objects
says CKR_PIN_INCORRECT

it 'the tests of pkcs11-tool report no error through the proxy'
succeeds through --login --pin "$pin" --test
says '^No errors$'
omits 'ERR'

it 'a child initializes through the proxy, and its parent signs afterwards'
succeeds through --test-fork --login --pin "$pin" --sign --mechanism EDDSA --id 01 --input-file data \
	--output-file signature
says 'Calling C_Initialize in forked child process'
verifies machine.pem data signature

it 'a key in the hardware signs through the proxy'
succeeds through --login --pin "$pin" --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
succeeds public_pem 60 chip.pem
succeeds through --login --pin "$pin" --sign --mechanism ECDSA-SHA256 --id 60 --input-file data \
	--output-file signature --signature-format openssl
succeeds openssl dgst -sha256 -verify chip.pem -signature signature data
says 'Verified OK'

# --- remoting: it carries what it knows, which EdDSA is not in any version yet ---

serve() {
	# Not through the limit: the test ends it by its pid.
	"${become[@]}" p11-kit server --foreground --provider "$module" --name "$work/socket" \
		'pkcs11:token=first%20light' < /dev/null > server.log 2>&1 &
	server=$!
	eventually test -S socket
}

it 'a server offers the token to other processes'
serve || wrong "there is no socket: $(cat server.log)"
succeeds remote --list-token-slots
says '^ +token label +: first light$' '^ +token manufacturer +: signet$'
counts 1 '^Slot '

it 'keys, random bytes and digests come through the server'
succeeds remote --login --pin "$pin" --list-objects
object 'Private Key Object; EC_EDWARDS' 01 '^ +label: +machine$'
succeeds remote --generate-random 32 --output-file random
size random 32
succeeds remote --hash --mechanism SHA256 --input-file data --output-file digest
equal "$(hex digest)" "$(sha256sum < data | cut -d ' ' -f 1)"

it 'a key is made through the server and used without it'
succeeds remote --login --pin "$pin" --keygen --key-type AES:32 --id 20 --label remote --extractable --private
succeeds user --list-objects --type secrkey
object 'Secret Key Object; AES length 32' 20 '^ +label: +remote$'

it 'a key in the hardware signs through the server'
succeeds remote --login --pin "$pin" --sign --mechanism ECDSA --id 60 --input-file digest --output-file signature \
	--signature-format openssl
succeeds openssl dgst -sha256 -verify chip.pem -signature signature data
says 'Verified OK'

it 'a wrong PIN is called that through the server'
fails remote --login --pin 000000 --list-objects
says CKR_PIN_INCORRECT

it 'a signature through the server is good, or the version says that it does not carry the mechanism'
succeeds remote --list-mechanisms
if grep -q EDDSA "$TAP_FOLDER/out"; then
	succeeds remote --login --pin "$pin" --sign --mechanism EDDSA --id 01 --input-file data --output-file signature
	verifies machine.pem data signature
else
	fails remote --login --pin "$pin" --sign --mechanism EDDSA --id 01 --input-file data --output-file none
	says CKR_MECHANISM_INVALID
fi

done_testing
