# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Tests. One machine with a TPM that its maker certified, and a registrar for it; after
# tests/tool/lib.sh.
#
#   machine_prepare             make them; start runs the registrar
#   machine_end                 end both
#   fresh [ARGUMENT...]         a machine that has nothing, and a token (tests/tool/make_token.c)
#   enrol CODE ARGUMENT...      enrol it
#
# The token is $FOLDER/token, what --identity names $ID.

# shellcheck source=tests/lib/maker.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/maker.sh"
# shellcheck source=tests/lib/registrar.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/registrar.sh"

machine_prepare() {
	umask 077
	ID=$FOLDER/identity
	REGISTRAR_FOLDER=$FOLDER/registrar
	registrar_prepare && registrar_certificate && maker_prepare && maker_tpm machine || return 1
	# registrar_start has the same store and vault as these.
	FILES=(--registrar "$REGISTRAR" --vault vault_test --api-url https://vault.example.org --ek-ca "$MAKER_CA")
}

machine_end() {
	registrar_stop > /dev/null
	maker_stop
	tool_end
}

start() {
	registrar_start --tls-cert "$REGISTRAR_FOLDER/cert.pem" --tls-key "$REGISTRAR_FOLDER/key.pem" --ek-ca "$MAKER_CA"
}

# enrol CODE ARGUMENT...
enrol() {
	local code=$1

	shift
	exits "$code" enroll "$REGISTRAR_URL" --token-file "$FOLDER/token" --ca "$REGISTRAR_FOLDER/ca.pem" --identity "$ID" "$@"
}

# fresh [ARGUMENT...]: a machine that has nothing, and a token for it.
fresh() {
	rm -rf "$SIGNET_STATE" "$FOLDER/identity" "$FOLDER/token"
	registrar_token "$@" > "$FOLDER/token" && [ -s "$FOLDER/token" ]
}

state() {
	find "$SIGNET_STATE" -name 'enroll-*' ! -name '*.lock' ! -name '*.identity'
}

private_keys() {
	signet list | grep -c '^private key'
}

# of VALUE KEY...: what identity.json has.
of() {
	local value=$1

	shift
	cp "$FOLDER/identity/identity.json" "$FOLDER/out" && json "$value" "$@"
}

# An answer that is under way, of a machine whose key it makes itself.
under_way() {
	fresh uses=9 && signet enroll begin --token-file "$FOLDER/token" --origin host > "$FOLDER/hello" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" &&
		signet enroll answer < "$FOLDER/challenge" > "$FOLDER/evidence"
}
