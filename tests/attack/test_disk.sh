#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attacks of who has the disk: reads it, puts it beside another TPM, has the board too, boots
# something else there, cuts the power, guesses PINs, or writes files of his own on it.

# Functions are called by their names:
# shellcheck disable=SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

printf 123456 > "$FOLDER/pin"
printf 654321 > "$FOLDER/wrong"
printf data > "$FOLDER/data"

# signs CODE TOKEN OPTION...
signs() {
	local code=$1 token=$2

	shift 2
	exits "$code" sign --token "$token" --label 'name of the key' "$@" < "$FOLDER/data"
}

# on_disk HEX: tell whether a file of the state folder has these bytes.
on_disk() {
	local file

	for file in "$SIGNET_STATE"/*; do
		xxd -p "$file" | tr -d '\n' | grep -qF "$1" && return 0
	done
	return 1
}

hex() { xxd -p | tr -d '\n'; }

# The last 32 bytes of the DER are the seed [RFC 8410].
made() {
	openssl genpkey -algorithm ed25519 -out "$FOLDER/key.pem" 2> /dev/null &&
		SEED=$(openssl pkey -in "$FOLDER/key.pem" -outform DER | tail -c 32 | hex) &&
		exits 0 init --label box --machine &&
		exits 0 import --token box --label 'name of the key' --id c0ffee42c0ffee42 < "$FOLDER/key.pem" &&
		exits 0 init --label desk --pin-file "$FOLDER/pin" &&
		exits 0 keygen --token desk --label 'name of the key' --pin-file "$FOLDER/pin" &&
		exits 0 init --label boot --machine --pcr sha256:7 &&
		exits 0 keygen --token boot --label 'name of the key' &&
		signs 0 box && signs 0 desk --pin-file "$FOLDER/pin" && signs 0 boot
}

# That the label of the token is found shows that the search finds.
nothing_on_the_disk() {
	on_disk "$(printf box | hex)" && ! on_disk "$SEED" && ! on_disk "${SEED:0:32}" &&
		! on_disk "$(printf %s "$SEED" | xxd -r -p | base64 | hex)" &&
		! on_disk "$(printf 'name of the key' | hex)" && ! on_disk c0ffee42c0ffee42 &&
		! on_disk "$(hex < "$FOLDER/pin")"
}

# The TPM of the attacker is a new one, or one that he has used already.
beside_another_tpm() {
	local result=0

	tpm_keep mine && tpm_kill && rm -rf "${TPM_FOLDER:?}/state" && mkdir "$TPM_FOLDER/state" && tpm_resume || return 1
	signs 11 box && says 'not the TPM that sealed' && signs 11 desk --pin-file "$FOLDER/pin" || result=1
	SIGNET_STATE=$FOLDER/his exits 0 init --label his --machine && signs 11 box && says 'not the TPM that sealed' || result=1
	tpm_kill && tpm_put_back mine && tpm_resume && signs 0 box && return "$result"
}

with_the_board() {
	tpm_restart && signs 0 box && signs 4 desk --pin-file "$FOLDER/wrong" && says 'is wrong' &&
		exits 0 list --token desk && ! prints 'name of the key (private'
}

boots_something_else() {
	signs 0 boot && tpm2_pcrextend "7:sha256=$(printf other | sha256sum | cut -d ' ' -f 1)" && signs 11 boot &&
		says 'PCR 7' && signs 0 box && tpm_restart && signs 0 boot
}

cuts_the_power() {
	local i

	for i in 1 2 3 4 5 6 7 8; do
		signs 0 box && tpm_power_cut || return 1
	done
	signs 0 box && signs 0 boot && exits 0 keygen --token box --label "key $i"
}

# Each start of the TPM after a power cut can count as a try; so there are at most as many.
guesses_pins() {
	local i

	tpm2_dictionarylockout -s -n 5 -t 1000 -l 1000 && tpm2_dictionarylockout -c || return 1
	for i in 1 2 3 4 5; do
		signs 4 desk --pin-file "$FOLDER/wrong" || break
		tpm_restart || return 1
	done
	[ "$i" -gt 1 ] && signs 5 desk --pin-file "$FOLDER/pin" && tpm_power_cut && signs 5 desk --pin-file "$FOLDER/pin" &&
		signs 0 box && tpm2_dictionarylockout -c && signs 0 desk --pin-file "$FOLDER/pin"
}

# A store in the place of another: each opens as itself, or not at all.
swaps_stores() {
	cp "$SIGNET_STATE/slot-0000.db" "$FOLDER/zero" && cp "$SIGNET_STATE/slot-0001.db" "$FOLDER/one" &&
		cp "$FOLDER/one" "$SIGNET_STATE/slot-0000.db" && rm -f "$SIGNET_STATE/slot-0000.boot" &&
		signs 3 box && cp "$FOLDER/zero" "$SIGNET_STATE/slot-0000.db" && signs 0 box
}

plants_files() {
	local file=$SIGNET_STATE/slot-0000.db size

	size=$(stat -c %s "$file")
	for what in 'head -c 100000 /dev/urandom' "head -c $((size / 2)) $FOLDER/zero" 'cat /dev/null' \
		"cat $FOLDER/zero /dev/zero | head -c 200000"; do
		bash -c "$what" > "$file" && cp "$file" "$FOLDER/planted"
		if ! signs 7 box || ! cmp -s "$file" "$FOLDER/planted"; then
			echo "after $what"
			cp "$FOLDER/zero" "$file"
			return 1
		fi
	done
	cp "$FOLDER/zero" "$file" && signs 0 box
}

tpm_start || exit 1
check 'keys are made, and sign' made
check 'who reads the disk finds no key and no attribute of one' nothing_on_the_disk
check 'beside another TPM nothing opens' beside_another_tpm
check 'with the board the machine token opens, and private keys behind a PIN do not' with_the_board
check 'who boots something else does not open a token that is bound to the boot' boots_something_else
check 'power cuts, again and again, close no machine token' cuts_the_power
check 'guessing a PIN ends at the lockout, and the machine goes on' guesses_pins
check 'a store in the place of another is not taken for it' swaps_stores
check 'a file that is no store is refused, and left as it is' plants_files
finish
