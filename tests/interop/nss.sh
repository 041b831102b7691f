#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# NSS's modutil and certutil: the module in a database of NSS, its tokens and PINs, its
# keys, and certificates on the token. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
need modutil libnss3-tools
need certutil libnss3-tools
interop_start

modules() { "${limit[@]}" modutil -dbdir "sql:$work/db" -force "$@"; }
certificates() { "${limit[@]}" certutil -d "sql:$work/db" "$@"; }
# As the user of the token, whose PIN is in the file pin.
token() { certificates "$@" -h first -f pin; }

mkdir db
prepare certificates -N --empty-password
printf '%s' "$pin" > pin
printf 654321 > another
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ours.pem -subj /CN=ours -days 3 \
	-out ours.crt 2> log || bail 'openssl makes no certificate'
openssl x509 -in ours.crt -outform DER -out ours.der
make_token first 0
make_key machine 01

# --- the module and its tokens ---

it 'the module is added and shown with its token'
succeeds modules -add signet -libfile "$module"
says 'Module "signet" added to database'
succeeds modules -list signet
quiet
says '^Name: signet$' '^Manufacturer: signet *$' '^Description: PKCS#11 token for machines *$' \
	'^PKCS #11 Version 3\.2$' '^ +Token Name: first *$' "^ +Token Model: $model *\$" \
	'^ +Token Serial Number: [0-9a-f]{16}$' '^ +Login Type: Login required$' '^ +User Pin: Initialized$'
counts 1 '^ +Status: Enabled$'

it 'the token is listed by its URI'
succeeds certificates -U
says '^ +token: first$' '^ +uri: pkcs11:token=first;manufacturer=signet;serial=[0-9a-f]{16};model='"${model/ /%20}"'$'

it 'the module is disabled and enabled'
succeeds modules -disable signet
says 'Slot "signet slot 0" disabled'
succeeds modules -list signet
counts 0 '^ +Status: Enabled$'
succeeds modules -enable signet
says 'Slot "signet slot 0" enabled'
succeeds modules -list signet
counts 1 '^ +Status: Enabled$'

# --- PINs and keys ---

it 'the private key is listed after a login'
succeeds token -K
says '01 +machine$'
counts 1 '^<'

it 'a wrong PIN is called that'
printf 000000 > pin
fails token -K
says SEC_ERROR_BAD_PASSWORD
printf '%s' "$pin" > pin

it 'the PIN is changed, and the old one is no good afterwards'
succeeds modules -changepw first -pwfile pin -newpwfile another
says 'password changed successfully'
fails token -K
says SEC_ERROR_BAD_PASSWORD
cp another pin
pin=654321
succeeds token -K
counts 1 '^<'

it 'a PIN is not changed without the old one'
printf 000000 > wrong
fails modules -changepw first -pwfile wrong -newpwfile another
succeeds token -K

# --- certificates ---

it 'a certificate is stored on the token, found and read back'
succeeds token -A -n ours -t ,, -i ours.crt
succeeds token -L
says '^first:ours '
succeeds token -L -n first:ours -r
cp "$TAP_FOLDER/out" back.der
same ours.der back.der
succeeds tool --list-objects --type cert
says '^Certificate Object; type = X\.509 cert$' '^ +label: +ours$'

it 'a certificate that pkcs11-tool stored is found'
succeeds user --write-object ours.der --type cert --label theirs --id 07
succeeds token -L -n first:theirs
says 'Subject: "CN=ours"'

it 'a certificate is deleted once'
succeeds token -D -n first:ours
fails token -D -n first:ours
succeeds tool --list-objects --type cert
omits 'label: +ours$'

# --- keys that NSS makes: P-256, in the hardware ---

head -c 100 /dev/urandom > noise

it 'a key pair is made, and a request signed that openssl verifies'
succeeds token -R -s CN=request -k ec -q nistp256 -z noise -o request.der
succeeds openssl req -inform DER -in request.der -verify -noout
says 'verify OK'

it 'a key pair is made with its certificate, and they are found together'
succeeds token -S -n chip -s CN=chip -x -t ,, -k ec -q nistp256 -z noise
succeeds token -K
says '^< *[0-9]+> +ec +[0-9a-f]{40} +first:chip$'
succeeds token -L
says '^first:chip +u,u,u *$'
succeeds token -L -n first:chip -a
cp "$TAP_FOLDER/out" chip.crt
succeeds openssl verify -check_ss_sig -CAfile chip.crt chip.crt
says 'chip.crt: OK'

it 'a request is signed by a key that is there'
id=$("${limit[@]}" certutil -d "sql:$work/db" -K -h first -f pin | awk '/first:chip/ { print $4 }')
succeeds token -R -s CN=again -k "$id" -o request.der
succeeds openssl req -inform DER -in request.der -verify -noout
says 'verify OK'
succeeds token -F -k "$id"

# --- the end ---

it 'without its hardware there are no keys, and with it again there are'
hardware_away
fails token -K
succeeds modules -list signet
says '^ +Token Name: first *$'
succeeds hardware_back
succeeds token -K
says '01 +machine$'

it 'the module is removed, and the token with it'
succeeds modules -delete signet
says 'Module "signet" deleted from database'
succeeds certificates -U
omits 'token: first'

done_testing
