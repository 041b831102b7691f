#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# OpenSSH with keys in the token: ssh-keygen lists them, ssh-agent holds and uses them, and
# ssh-keygen signs by it. P-256 only: OpenSSH takes Ed25519 keys from a token since 10.1.
# Prints TAP.
#
# The functions are called by their names:
# shellcheck disable=SC2317
set -uo pipefail

# shellcheck source=tests/interop/common.sh
. "$(dirname "$0")/common.sh"
need ssh-keygen openssh-client
need ssh-agent openssh-client
interop_start
echo "# $(ssh -V 2>&1)"

agent=
interop_stop() {
	[ -z "$agent" ] || kill "$agent" 2> /dev/null
	[ -z "$agent" ] || wait "$agent" 2> /dev/null
	agent=
}

# What OpenSSH asks instead of a terminal: it gives the PIN that stands in a file.
cat > askpass << END_OF_SCRIPT
#!/bin/sh
cat '$work/pin'
END_OF_SCRIPT
chmod 755 askpass
printf '%s\n' "$pin" > pin
export SSH_ASKPASS_REQUIRE=force SSH_ASKPASS=$work/askpass SSH_AUTH_SOCK=$work/agent

keygen() { "${limit[@]}" ssh-keygen "$@"; }
add() { "${limit[@]}" ssh-add "$@"; }

# fed FILE COMMAND...: run the command with the file as its input.
fed() {
	local file=$1

	shift
	"$@" < "$file"
}

# signed_by FILE: what the agent's key with this public half signs is good.
signed_by() {
	rm -f message.sig
	succeeds keygen -Y sign -f "$1" -n file message
	echo "machine $(cat "$1")" > allowed
	succeeds fed message ssh-keygen -Y verify -f allowed -I machine -n file -s message.sig
	says 'Good "file" signature for machine with ECDSA key'
}

echo 'a message' > message
make_token first 0
prepare user --keypairgen --key-type EC:prime256v1 --label chip --id 60 --usage-sign

it 'ssh-keygen lists the public key, which is that of openssl'
succeeds keygen -D "$module"
counts 1 '^ecdsa-sha2-nistp256 .* chip$'
counts 1 .
cp "$TAP_FOLDER/out" chip.pub
succeeds public_pem 60 chip.pem
succeeds keygen -i -m PKCS8 -f chip.pem
equal "$(cat "$TAP_FOLDER/out")" "$(cut -d ' ' -f 1-2 chip.pub)"

it 'the agent takes the key, and signs with it'
ssh-agent -D -a "$SSH_AUTH_SOCK" -P "$module" > agent.log 2>&1 < /dev/null &
agent=$!
eventually test -S "$SSH_AUTH_SOCK" || wrong "the agent does not answer: $(cat agent.log)"
succeeds add -s "$module"
says 'Card added'
succeeds add -L
equal "$(cut -d ' ' -f 1-2 "$TAP_FOLDER/out")" "$(cut -d ' ' -f 1-2 chip.pub)"
succeeds add -T chip.pub
signed_by chip.pub

it 'the agent gives the key back'
succeeds add -e "$module"
fails add -L
fails keygen -Y sign -f chip.pub -n file message

it 'with a wrong PIN the agent has no key, and with the right one again it has'
echo 000000 > pin
fails add -s "$module"
fails add -L
echo "$pin" > pin
succeeds add -s "$module"
signed_by chip.pub
succeeds add -e "$module"

it 'an Ed25519 key beside it is passed over, or used'
make_key machine 01
succeeds keygen -D "$module"
grep '^ecdsa' "$TAP_FOLDER/out" > chip.again
same chip.pub chip.again

it 'a machine token needs no PIN'
rm askpass
succeeds "$SIGNET_TEST_BUILDDIR/signet" init --label robot --machine
succeeds tool --token-label robot --keypairgen --key-type EC:prime256v1 --label hand --id 61 --usage-sign
succeeds keygen -D "$module"
says '^ecdsa-sha2-nistp256 .* hand$'
grep ' hand$' "$TAP_FOLDER/out" > hand.pub
succeeds add -s "$module"
signed_by hand.pub

done_testing
