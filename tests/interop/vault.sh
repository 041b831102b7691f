#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A vault whose seal is a token of ours: the calls of OpenBao's two clients and of Vault, made by
# vault_seal, with the snippets of doc/vault as they are shipped. No vault runs here. The module's
# path and the PIN come from the environment, as the vaults take them. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
interop_start

snippets=$SIGNET_TEST_SRCDIR/doc/vault
seal=("${limit[@]}" "$SIGNET_TEST_BUILDDIR/tests/interop/vault_seal")
signet=$SIGNET_TEST_BUILDDIR/signet
export BAO_HSM_LIB=$module VAULT_HSM_LIB=$module BAO_HSM_PIN=$pin VAULT_HSM_PIN=$pin

# value FILE NAME: what a snippet says.
value() { sed -n "s/^ *$2 *= \"\(.*\)\"\$/\1/p" "$snippets/$1"; }

token=$(value openbao.hcl token_label)
key=$(value openbao.hcl key_label)

# with FILE...: the configuration that the hardware needs, and these snippets.
with() {
	printf '%s\n' "$HARDWARE_LINES" > signet.conf
	[ $# -eq 0 ] || (cd "$snippets" && cat -- "$@") >> signet.conf
}

root() { "$signet" root create --pin-file pin --no-recovery "$@"; }

# encrypts FILE CLIENT, decrypts FILE CLIENT: between plain and blob.
encrypts() { "${seal[@]}" "$2" "$1" encrypt < plain > blob; }
decrypts() { "${seal[@]}" "$2" "$1" decrypt < blob; }

# opens_again FILE...: every client opens what is sealed, in one thread and in several.
opens_again() {
	local file

	for file in "$@"; do
		succeeds "${seal[@]}" classic "$file" beat 1 2
		succeeds "${seal[@]}" classic "$file" beat 4 4
		succeeds "${seal[@]}" pooled "$file" beat 4 4
	done
}

printf '%s\n' "$pin" > pin
chmod 0600 pin
make_token "$token" 0
echo 'the keys of the vault' > plain

# --- a key that pkcs11-tool made, as OpenBao's documentation says ---

it 'pkcs11-tool makes the key'
succeeds user --keygen --key-type AES:32 --label "$key" --id 0a0b --private --sensitive
succeeds user --list-objects
counts 1 '^Secret Key Object'

it 'one thread of the classic client needs no settings'
with
succeeds "${seal[@]}" classic "$snippets/openbao.hcl" beat 1 3

it 'several do: PKCS#11 wants the second login to be an error'
fails "${seal[@]}" classic "$snippets/openbao.hcl" beat 3 0
says '^C_Login: 0x100$'

it 'the pooled client needs none, however many threads it has'
succeeds "${seal[@]}" pooled "$snippets/openbao.hcl" beat 6 6

it 'with the settings that are shipped all of them work'
with signet-pin.conf
opens_again "$snippets/openbao.hcl"

it 'and with the ID of the key'
sed 's/^}/  key_id = "0a0b"\n}/' "$snippets/openbao.hcl" > with_id.hcl
succeeds env BAO_HSM_KEY_ID=0a0b "${seal[@]}" classic "$snippets/openbao.hcl" beat 2 2
succeeds "${seal[@]}" pooled with_id.hcl beat 2 2

it 'a wrong PIN is called that, with these settings too'
fails env BAO_HSM_PIN=000000 "${seal[@]}" classic "$snippets/openbao.hcl" beat 1 1
says '^C_Login: 0xa0$'
fails env BAO_HSM_PIN=000000 "${seal[@]}" pooled "$snippets/openbao.hcl" beat 1 1
says '^C_Login: 0xa0$'

it 'what one client sealed the other opens, and another process'
succeeds encrypts "$snippets/openbao.hcl" classic
succeeds decrypts "$snippets/openbao.hcl" pooled
equal "$(cat "$TAP_FOLDER/out")" "$(cat plain)"

# --- a root ---

it 'a root seals, made for both uses or for encryption alone'
succeeds root --label both --usage both
succeeds root --label encrypts --usage encrypt
sed "s/\"$key\"/\"both\"/" "$snippets/openbao.hcl" > both.hcl
sed "s/\"$key\"/\"encrypts\"/" "$snippets/openbao.hcl" > encrypts.hcl
opens_again both.hcl encrypts.hcl

it 'a root that only wraps does not, and says so'
succeeds root --label wraps --usage wrap
sed "s/\"$key\"/\"wraps\"/" "$snippets/openbao.hcl" > wraps.hcl
fails "${seal[@]}" classic wraps.hcl beat 1 1
says '^the key lacks that use$'

it 'when a root is rotated the vault goes on to open what it sealed, and seals nothing with the old one'
succeeds encrypts both.hcl classic
succeeds "$signet" root rotate --root both --pin-file pin --no-recovery
for client in classic pooled; do
	succeeds decrypts both.hcl "$client"
	equal "$(cat "$TAP_FOLDER/out")" "$(cat plain)"
	fails "${seal[@]}" "$client" both.hcl beat 1 1
done

it 'with the new label it seals anew, and still opens what the old one sealed'
sed 's/"both"/"both-v2"/' both.hcl > both-v2.hcl
opens_again both-v2.hcl
for client in classic pooled; do
	succeeds decrypts both-v2.hcl "$client"
	equal "$(cat "$TAP_FOLDER/out")" "$(cat plain)"
done

it 'so it does with a key that has nothing to do with the one before'
succeeds encrypts "$snippets/openbao.hcl" pooled
succeeds decrypts both-v2.hcl classic
equal "$(cat "$TAP_FOLDER/out")" "$(cat plain)"

it 'until somebody destroys the old key'
succeeds user --delete-object --type secrkey --label "$key"
fails decrypts both-v2.hcl pooled
says '^no key found$'

# --- the hardware goes and comes ---

it 'a heartbeat fails while the hardware is away, and the next one does not'
hardware_away
fails "${seal[@]}" classic both-v2.hcl beat 1 1
succeeds hardware_back
succeeds "${seal[@]}" classic both-v2.hcl beat 1 1

# --- Vault ---

it 'Vault makes its keys, and uses them with a code'
succeeds "${seal[@]}" enterprise "$snippets/vault-hmac.hcl" beat 4 4
succeeds user --list-objects
object 'Secret Key Object; AES length 32' "$(
	awk -v label="$(value vault-hmac.hcl key_label)" '$1 == "label:" { hit = $2 == label } hit && $1 == "ID:" { print $2 }' "$TAP_FOLDER/out"
)" 'Usage: +encrypt, decrypt, wrap, unwrap$' 'Access: +sensitive, always sensitive, never extractable, local$'
counts 2 "^ +label: +$(value vault-hmac.hcl key_label)"

it 'it finds them again, and opens what it sealed'
succeeds encrypts "$snippets/vault-hmac.hcl" enterprise
succeeds decrypts "$snippets/vault-hmac.hcl" enterprise
equal "$(cat "$TAP_FOLDER/out")" "$(cat plain)"
succeeds user --list-objects
counts 2 "^ +label: +$(value vault-hmac.hcl key_label)"

it 'one that was changed is refused before it is decrypted'
# The first byte behind the label, the ID, the IV and its length.
printf '\377' | dd of=blob bs=1 seek=536 conv=notrunc 2> dd.log
fails decrypts "$snippets/vault-hmac.hcl" enterprise
says '^C_Verify: 0xc0$'

it 'with the same key it can change to GCM'
succeeds "${seal[@]}" enterprise "$snippets/vault-gcm.hcl" beat 4 4

# --- a machine token ---

it 'on a machine token everything goes without a login that matters'
rm -rf state
with signet-machine.conf
succeeds "$signet" init --label "$token" --machine
succeeds "$signet" root create --label "$key" --usage encrypt --no-recovery
opens_again "$snippets/openbao.hcl"
succeeds env BAO_HSM_PIN= "${seal[@]}" pooled "$snippets/openbao.hcl" beat 2 2
succeeds "${seal[@]}" enterprise "$snippets/vault-hmac.hcl" beat 2 2

it 'without the setting it takes no PIN'
with
fails "${seal[@]}" classic "$snippets/openbao.hcl" beat 1 1
says '^C_Login: 0xa0$'

done_testing
