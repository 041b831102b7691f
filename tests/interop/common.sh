# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Interop tests. What the scripts of this folder share: hardware that seals their tokens, a TPM
# or an HSM, a folder of their own, the built module and command, and pkcs11-tool to prepare
# tokens with. They run programs that others wrote, so each has a time limit.

SIGNET_TEST_SRCDIR=${SIGNET_TEST_SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
SIGNET_TEST_BUILDDIR=${SIGNET_TEST_BUILDDIR:-$PWD}

# shellcheck source=tests/lib/tap.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/tap.sh"
# shellcheck source=tests/lib/hardware.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/hardware.sh"

module=$SIGNET_TEST_BUILDDIR/.libs/signet.so
pin=123456
so_pin=12345678
limit=(timeout --kill-after=5 60)

# Defects: PKCS#11 names a cause for everything that a foreign program can do wrong, and
# a value of signet's own means nothing to it. pkcs11-tool calls them unknown.
TAP_FORBIDDEN='CKR_GENERAL_ERROR|CKR_VENDOR|[Uu]nknown (PKCS ?#?11 )?error|0x80534[0-9a-fA-F]{3}'

# What tokens say that they are, as a pattern.
model='TPM 2\.0'
over_tpm || model=HSM

# Start the hardware, and go to an empty folder that ends with it.
interop_start() {
	if [ -n "${SIGNET_TEST_SANITIZER:-}" ]; then
		echo '1..0 # SKIP programs of others cannot load the module of a build with a sanitizer'
		exit 0
	fi
	if over_tpm; then
		need swtpm swtpm
		need swtpm_ioctl swtpm-tools
		need tpm2_shutdown tpm2-tools
	fi
	need pkcs11-tool opensc
	need openssl openssl
	[ -f "$module" ] || bail "$module was not built"
	trap interop_end EXIT
	trap 'exit 1' HUP INT TERM
	hardware_start || bail 'no hardware'
	work=$HARDWARE_FOLDER/work
	mkdir "$work" "$HARDWARE_FOLDER/tap"
	cd "$work" || bail "$work cannot be entered"
	printf '%s\n' "$HARDWARE_LINES" > signet.conf
	export LC_ALL=C HOME=$work XDG_CONFIG_HOME=$work/config
	export SIGNET_STATE=$work/state SIGNET_CONF=$work/signet.conf
	unset GNUTLS_PIN GNUTLS_SO_PIN GNUTLS_NEW_SO_PIN OPENSC_CONF OPENSC_DEBUG XDG_RUNTIME_DIR \
		PKCS11SPY PKCS11SPY_OUTPUT P11_KIT_DEBUG P11_KIT_STRICT P11_KIT_SERVER_ADDRESS
	tap_start "$HARDWARE_FOLDER/tap"
	# Tests give more wrong PINs than a fresh TPM takes. An HSM never sees any.
	! over_tpm || wrong_pins 1000 || bail 'the TPM takes no lockout parameters'
}

# wrong_pins NUMBER: how many the TPM takes before it locks.
wrong_pins() {
	tpm2_dictionarylockout --setup-parameters --max-tries="$1" --recovery-time=1000 \
		--lockout-recovery-time=1000
}

# A script may define this for what else it started.
interop_stop() { :; }

interop_end() {
	interop_stop
	cd /
	hardware_stop
}

tool() { "${limit[@]}" pkcs11-tool --module "$module" "$@"; }
user() { tool --login --pin "$pin" "$@"; }
officer() { tool --login --login-type so --so-pin "$so_pin" "$@"; }

# prepare COMMAND...: what the tests of a script build on.
prepare() {
	"$@" < /dev/null > "$work/log" 2>&1 || bail "$* failed: $(tail -n 3 "$work/log" | tr '\n' ' ')"
}

# make_token LABEL SLOT: a PIN token, ready for its user.
make_token() {
	prepare tool --init-token --slot "$2" --label "$1" --so-pin "$so_pin"
	prepare officer --slot "$2" --init-pin --pin "$pin"
}

# make_key LABEL ID: an Ed25519 key pair on the only token.
make_key() {
	prepare user --keypairgen --key-type EC:edwards25519 --label "$1" --id "$2"
}

# public_pem ID FILE: the public half of a key, in whatever form pkcs11-tool gives it.
public_pem() {
	tool --read-object --type pubkey --id "$1" --output-file public && openssl pkey -pubin -in public -out "$2"
}

# verifies PEM DATA SIGNATURE: openssl finds the Ed25519 signature good.
verifies() {
	succeeds openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3"
	says 'Signature Verified Successfully'
}

# Of the list that the last command printed, the object with this heading and ID is there
# once and has lines that match the patterns.
object() {
	local heading=$1 id=$2 found pattern

	shift 2
	found=$(awk -v heading="^$heading" -v id="^ +ID: +$id\$" '
		function flush() { if (text ~ heading && has) { print text; n++ } text = ""; has = 0 }
		/^[^ ]/ { flush() }
		{ text = text $0 "\n" }
		$0 ~ id { has = 1 }
		END { flush(); print "objects: " n + 0 }' "$TAP_FOLDER/out")
	grep -q '^objects: 1$' <<< "$found" || wrong "$heading with ID $id is not there once"
	for pattern in "$@"; do
		grep -qE -e "$pattern" <<< "$found" || wrong "$heading with ID $id has nothing that matches $pattern"
	done
}

# value_of ID: the value of a secret key that the last command listed.
value_of() {
	awk -v id="^ +ID: +$1\$" '/^[^ ]/ { value = "" } /^ +VALUE:/ { value = $2 } $0 ~ id { print value }' "$TAP_FOLDER/out"
}

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
