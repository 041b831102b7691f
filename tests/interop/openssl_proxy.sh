#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The OpenSSL provider over p11-kit's proxy, which has the tokens of all modules that p11-kit
# knows, ours among them. Prints TAP.
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
need pkg-config pkgconf
interop_start
proxy=$(pkg-config --variable=proxy_module p11-kit-1)
[ -f "$proxy" ] || bail "$proxy is missing; on Debian: apt-get install p11-kit-modules"
limit=("${become[@]}" "${limit[@]}")

mkdir -p config/pkcs11/modules
install -m 755 "$module" "$work/module.so"
install -m 755 "$SIGNET_TEST_BUILDDIR/src/provider/.libs/signet.so" "$work/signet.so"
module=$work/module.so
echo 'user-config: only' > config/pkcs11/pkcs11.conf
sed "s,^module: .*,module: $module," "$SIGNET_TEST_BUILDDIR/src/api/signet.module" > config/pkcs11/modules/signet.module
cat > openssl.cnf << END
openssl_conf = init
[init]
providers = providers
[providers]
default = openssl_itself
signet = tokens
[openssl_itself]
activate = 1
[tokens]
module = $work/signet.so
pkcs11-module-path = $proxy
pin-source = file:$work/pin
activate = 1
END
install -m 600 /dev/null pin
printf '%s' "$pin" > pin
head -c 1000 /dev/urandom > data

# What is made as root belongs to nobody.
hand_over() { [ ${#become[@]} -eq 0 ] || chown -R 65534:65534 "$HARDWARE_FOLDER"; }
hand_over
[ ${#become[@]} -eq 0 ] || "${become[@]}" test -w "$work" || bail "nobody cannot use $work"
make_token first 0
make_key machine 01
prepare user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign
prepare public_pem 01 machine.pem
prepare public_pem 60 chip.pem
hand_over

through() { "${limit[@]}" env "OPENSSL_CONF=$work/openssl.cnf" openssl "$@"; }

it 'keys are found through the proxy'
succeeds through storeutl -noout 'pkcs11:token=first'
says 'Total found: 4'

it 'they sign through it'
succeeds through pkeyutl -sign -inkey 'pkcs11:token=first;object=machine;type=private' -rawin -in data -out signature
size signature 64
verifies machine.pem data signature
succeeds through dgst -sha256 -sign 'pkcs11:token=first;object=chip;type=private' -out signature data
succeeds openssl dgst -sha256 -verify chip.pem -signature signature data
says 'Verified OK'

it 'a program that forks signs on both sides through it'
succeeds gcc -O1 -Wall -Werror -o fork_sign "$SIGNET_TEST_SRCDIR/tests/interop/fork_sign.c" -lcrypto
printf 'a message of the fork' > message
hand_over
succeeds "${limit[@]}" env "OPENSSL_CONF=$work/openssl.cnf" ./fork_sign 'pkcs11:token=first;object=machine;type=private'
for name in before child parent; do
	verifies machine.pem message "$name"
done

done_testing
