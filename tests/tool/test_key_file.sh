#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Key files that name a key: what is in them, what is not, and files that are none.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# The DER in a file as openssl sees it, without its offsets.
parsed() {
	openssl asn1parse -i -in "$1" | sed 's/^[^:]*:d=\([0-9]*\) .*prim: *\|^[^:]*:d=\([0-9]*\) .*cons: */\1\2 /; s/  */ /g'
}

file_has_the_form() {
	signet key-file --label machine > "$FOLDER/key.pem" || return 1
	parsed "$FOLDER/key.pem"
	[ "$(head -n 1 "$FOLDER/key.pem")" = '-----BEGIN PKCS#11 PROVIDER URI-----' ] &&
		[ "$(tail -n 1 "$FOLDER/key.pem")" = '-----END PKCS#11 PROVIDER URI-----' ] &&
		[ "$(parsed "$FOLDER/key.pem" | cut -d: -f1 | xargs)" = '0 SEQUENCE 1 VISIBLESTRING 1 UTF8STRING' ] &&
		parsed "$FOLDER/key.pem" | grep -qxF '1 VISIBLESTRING :PKCS#11 Provider URI v1.0'
}

# The URI in the file is the one that list shows of the private key.
file_names_the_key() {
	local uri label id

	uri=$(signet key-file --show "$FOLDER/key.pem") &&
		exits 0 list --json && grep -qF "\"$uri\"" "$FOLDER/out" &&
		[[ $uri == pkcs11:*token=plain* && $uri == *serial=* && $uri == *object=machine* ]] &&
		[[ $uri == *id=%* && $uri == *type=private ]] &&
		signet sign --label "$uri" < /dev/null > "$FOLDER/signature" && [ "$(stat -c %s "$FOLDER/signature")" = 64 ]
}

file_tells_json() {
	exits 0 key-file --label machine --json && json "$(cat "$FOLDER/key.pem")" pem &&
		json "$(signet key-file --show "$FOLDER/key.pem")" uri &&
		exits 0 key-file --show "$FOLDER/key.pem" --json && [[ $(cat "$FOLDER/out") != *pem* ]]
}

place_is_in_the_uri() {
	exits 0 key-file --label machine --pin-source "$1" && cp "$FOLDER/out" "$FOLDER/place.pem" &&
		exits 0 key-file --show "$FOLDER/place.pem" && prints "?pin-source=$2"
}

# A token with a PIN: its private half does not show, and is named all the same.
pin_token_is_named_without_its_pin() {
	exits 0 key-file --token asks --label desk && says '--pin-source' &&
		cp "$FOLDER/out" "$FOLDER/closed.pem" &&
		exits 0 key-file --token asks --label desk --pin-file "$FOLDER/pin" &&
		cmp "$FOLDER/out" "$FOLDER/closed.pem" &&
		exits 0 key-file --token asks --label desk --pin-source file:/run/pin && ! grep -q . "$FOLDER/err"
}

# A file that somebody else wrote, with a PIN in it.
pin_is_not_shown() {
	local uri='pkcs11:token=x;object=y?pin-value=13579' der

	der=$(printf '30%02x1a19%s0c%02x%s' $((${#uri} + 29)) "$(printf 'PKCS#11 Provider URI v1.0' | xxd -p)" \
		${#uri} "$(printf %s "$uri" | xxd -p -c 1000)")
	{
		echo '-----BEGIN PKCS#11 PROVIDER URI-----'
		xxd -r -p <<< "$der" | base64
		echo '-----END PKCS#11 PROVIDER URI-----'
	} > "$FOLDER/pin.pem"
	exits 0 key-file --show "$FOLDER/pin.pem" && says 'a PIN stands in' && prints 'object=y' &&
		! grep -q 13579 "$FOLDER/out" "$FOLDER/err"
}

# refuses_file COMMAND...: what the command prints is no such file.
refuses_file() {
	"$@" > "$FOLDER/none.pem" 2> /dev/null
	exits 1 key-file --show "$FOLDER/none.pem" && says "can't read the URI" && [ ! -s "$FOLDER/out" ]
}

tpm_start || exit 1
printf '123456' > "$FOLDER/pin"
signet init --label plain --machine > /dev/null || exit 1
signet keygen --token plain --label machine > /dev/null
signet keygen --token plain --label chip --type p256 > /dev/null
signet root create --token plain --label root --no-recovery > /dev/null 2>&1

check 'a key file has the form of pkcs11-provider' file_has_the_form
check 'it names the private key' file_names_the_key
check 'it is told in JSON too' file_tells_json
check 'a P-256 key is named' exits 0 key-file --label chip
check 'a key that signs nothing is refused' exits 3 key-file --label root
check 'a key that is not there is an error' fails 3 'there is no private key "nobody"' key-file --label nobody
check 'the place of a PIN is named' place_is_in_the_uri file:/etc/signet/pin file:/etc/signet/pin
check 'so is a credential' place_is_in_the_uri credential:pin credential:pin
check 'a place with odd characters is written so that it is read back' place_is_in_the_uri 'file:/a b&c' 'file:/a%20b%26c'
for place in '' 123456 pin file: file:pin credential: credential:a/b 'http:/x'; do
	check "\"$place\" is no place of a PIN, and is not repeated" eval \
		'fails 2 "no place of a PIN" key-file --label machine --pin-source "$place" && { [ "$place" != 123456 ] || ! grep -q 123456 "$FOLDER/err"; }'
done
check 'one of the two is needed' fails 2 'needs --label NAME, or --show FILE' key-file
check 'both are refused' fails 2 'opens no token' key-file --label machine --show "$FOLDER/key.pem"

signet init --label asks --pin-file "$FOLDER/pin" > /dev/null || exit 1
signet keygen --token asks --label desk --pin-file "$FOLDER/pin" > /dev/null
check 'a key of a token with a PIN is named without the PIN' pin_token_is_named_without_its_pin

check 'a PIN in a file of somebody else is not shown' pin_is_not_shown
check 'a file is read from standard input' eval 'signet key-file --show - < "$FOLDER/key.pem" | grep -q "^pkcs11:"'
check 'a file that is not there is an error' fails 3 'No such file' key-file --show "$FOLDER/nothing"
check 'a private key is no such file' refuses_file openssl genpkey -algorithm Ed25519
check 'a file that was cut short is none' refuses_file head -c 100 "$FOLDER/key.pem"
check 'nothing is none' refuses_file true
check 'garbage is none' refuses_file head -c 3000 /dev/urandom
check 'a file of more than 64 KiB is refused' eval \
	'head -c 70000 /dev/zero > "$FOLDER/none.pem"; fails 1 "has more than" key-file --show "$FOLDER/none.pem"'
finish
