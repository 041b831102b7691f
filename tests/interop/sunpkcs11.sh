#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# SunPKCS11, which carries PKCS#11 to Java: keys, ciphers and the key store, in one process
# of Java (SunPkcs11.java), whose answers are looked at one by one. Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
need java default-jdk-headless
need javac default-jdk-headless
interop_start
echo "# $(java -version 2>&1 | head -n 1)"

# Without files in shared folders, and with the compiler that starts soonest.
sun() {
	"${limit[@]}" java -XX:-UsePerfData -XX:TieredStopAtLevel=1 -Djava.io.tmpdir="$work" \
		"$SIGNET_TEST_SRCDIR/tests/interop/SunPkcs11.java" "$@"
}

# answers NAME PATTERN: the program has said this of that step.
answers() { says "^$1: $2\$"; }

head -c 1000 /dev/urandom > message
# Keys that Java brings for HMAC become generic secrets, which sign only if told so. Pairs
# live in the hardware, so they are objects of the token.
cat > java.cfg << END
name = signet
library = $module
slot = 0
attributes(import, CKO_SECRET_KEY, CKK_GENERIC_SECRET) = {
  CKA_SIGN = true
}
attributes(generate, *, CKK_EC) = {
  CKA_TOKEN = true
}
END
make_token java 0
make_key machine 01
# stored COMMAND...: keytool on the token.
stored() {
	"${limit[@]}" keytool -J-XX:-UsePerfData -J-XX:TieredStopAtLevel=1 -keystore NONE -storetype PKCS11 \
		-providerClass sun.security.pkcs11.SunPKCS11 -providerArg java.cfg -storepass "$pin" "$@"
}

prepare user --keygen --key-type AES:32 --label found --id 10 --private --sensitive --usage-decrypt

# --- keytool ---

it 'keytool makes a P-256 key pair in the hardware, with its certificate'
succeeds stored -genkeypair -keyalg EC -groupname secp256r1 -alias chip -dname CN=chip
succeeds stored -list
says '^chip, PrivateKeyEntry'
succeeds stored -exportcert -alias chip -rfc -file chip.crt
succeeds openssl verify -check_ss_sig -CAfile chip.crt chip.crt
says 'chip.crt: OK'

it 'keytool signs a request, and openssl verifies it'
succeeds stored -certreq -alias chip -file request.pem
succeeds openssl req -in request.pem -verify -noout
says 'verify OK'

it 'keytool makes a secret key, and deletes it'
succeeds stored -genseckey -keyalg AES -keysize 256 -alias secret
succeeds stored -list
says '^secret, SecretKeyEntry'
succeeds stored -delete -alias secret
succeeds user --list-objects --type secrkey
omits 'label: +secret$'

# --- a program ---

it 'the program runs to its end'
succeeds sun java.cfg "$pin"
quiet
answers logout 'done'

it 'random bytes and digests are given out'
answers random 'true'
for bits in 256 384 512; do
	answers "SHA-$bits" "$("sha${bits}sum" < message | cut -d ' ' -f 1)"
done

it 'a wrong PIN opens no key store'
answers 'wrong PIN' 'threw .*CKR_PIN_INCORRECT'

it 'AES keys of every size are made in the token and stay there'
for bits in 128 192 256; do
	answers "AES-$bits" "SunPKCS11-signet AES secret key, $bits bits ?session object, sensitive, unextractable\) true"
done
answers 'no value' null

it 'AES-GCM is what Java itself makes of it, with additional data'
answers 'both ways' 'true true'
answers 'another header' 'threw javax\.crypto\.AEADBadTagException.*'

it 'AES-CBC and AES-CTR are what Java itself makes of them'
answers AES/CBC/NoPadding 'true true'
answers AES/CBC/PKCS5Padding 'true true'
answers AES/CTR/NoPadding 'true true'

it 'ECDSA signatures of a key in the hardware are good for Java itself and for the token'
for name in SHA256withECDSA SHA384withECDSA SHA512withECDSA NONEwithECDSA SHA256withECDSAinP1363Format; do
	answers "$name" 'true true false'
done
answers 'key pair' \
	'SunPKCS11-signet EC private key, 256 bits ?token object, sensitive, unextractable\) true true false'

it 'an HMAC is what Java itself makes of it, with keys of both'
answers HmacSHA256 'true 32'
answers HmacSHA384 'true 48'
answers HmacSHA512 'true 64'

it 'eight threads use a key'
answers threads 200

it 'keys of the token are found, stored and deleted'
answers aliases '\[chip, found\]'
answers found true
answers stored true
answers copied true
answers deleted false
succeeds user --list-objects --type secrkey
counts 1 '^ +label: +stored$'
counts 3 '^Secret Key Object'

done_testing
