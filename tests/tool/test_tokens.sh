#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Tokens: made, chosen among several, shown, destroyed.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

nothing_yet() {
	exits 0 status && prints 'There is no token yet' && exits 0 status --json && json missing tpm storage_key &&
		json '[]' tokens && [ ! -e "$SIGNET_STATE" ]
}

doctor_is_content() {
	exits 0 doctor && ! prints FAIL && prints 'signet init makes it'
}

first_makes_the_storage_key() {
	exits 0 init --label one --machine && prints 'was made now' && prints "$SIGNET_STATE/slot-0000.db" &&
		[ "$(stat -c %a "$SIGNET_STATE")" = 700 ] && [ "$(stat -c %a "$SIGNET_STATE/slot-0000.db")" = 600 ]
}

second_finds_it() {
	exits 0 init --label 'two "é"' --machine --json && json false storage_key_made && json true machine &&
		json 'two "é"' label && [ "$("$JSON" serial < "$FOLDER/out" | tr -d '\n' | wc -c)" = 16 ]
}

several_must_be_chosen() {
	fails 2 'several tokens' keygen --label key && says '"one"' && says '--token' &&
		exits 0 keygen --label key --token one && exits 0 keygen --label key --token 'two "é"'
}

serial_chooses() {
	local serial

	exits 0 status --json && serial=$("$JSON" tokens 1 serial < "$FOLDER/out") &&
		exits 0 pubkey --label key --token "$serial" --json && [[ $("$JSON" uri < "$FOLDER/out") == *"serial=$serial"* ]]
}

uri_chooses() {
	local uri

	exits 0 list --token one --json && uri=$("$JSON" 0 uri < "$FOLDER/out") &&
		exits 0 pubkey --label "$uri" --json && json "$uri" uri && exits 0 list --token pkcs11:token=one &&
		exits 3 list --token pkcs11:token=three
}

status_tells_all() {
	exits 0 status --json && json one tokens 0 label && json tpm tokens 0 sealer && json 2 tokens 0 objects &&
		json 1 tokens 0 visible 'private key' && json same tokens 0 tpm storage_key && json false tokens 0 tpm locked &&
		json "$SIGNET_STATE" state && json "$SIGNET_TCTI" tcti &&
		exits 0 status && prints 'is the one that sealed this token' && prints '2: 1 private key, 1 public key'
}

doctor_opens_them() {
	exits 0 doctor && prints '"one" opens with this TPM' && exits 0 doctor --json && json ok 0 result
}

destroys() {
	fails 2 'no terminal' destroy --token one && exits 0 pubkey --token one --label key &&
		exits 0 destroy --token one --yes && exits 3 pubkey --token one --label key &&
		exits 0 pubkey --label key && [ ! -e "$SIGNET_STATE/slot-0000.db" ]
}

# The one that is left is the default, and the old name is free again.
name_is_free_again() {
	exits 0 init --label one --machine && exits 3 pubkey --token one --label key
}

# Several at once take different slots. No more than three: this TPM has three slots for
# sessions, and no resource manager.
several_at_once() {
	local i pids=()

	for i in 1 2 3; do
		signet init --label "at once $i" --machine > /dev/null 2>> "$FOLDER/err" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" || { cat "$FOLDER/err"; return 1; }
	done
	for i in 1 2 3; do
		exits 0 keygen --label key --token "at once $i" && exits 0 destroy --token "at once $i" --yes || return 1
	done
}

tpm_is_chosen() {
	local tcti=$SIGNET_TCTI

	SIGNET_TCTI=device:/nonexistent exits 0 init --label named --machine --tpm "$tcti" && prints "SIGNET_TCTI=$tcti" &&
		exits 0 keygen --label x --token named
}

soft_is_off() {
	fails 10 'allow-soft' init --label soft --machine --sealer soft
}

soft_shows_itself() {
	printf 'passphrase\n' > "$FOLDER/passphrase"
	printf 'allow-soft = yes\nsoft-passphrase-file = %s\n' "$FOLDER/passphrase" > "$FOLDER/soft.conf"
	export SIGNET_CONF=$FOLDER/soft.conf
	exits 0 init --label soft --machine --sealer soft && exits 0 keygen --label x --token soft &&
		exits 0 status && prints 'for development only' && exits 0 doctor && prints 'warn  token'
}

# A umask that takes the owner's bits too; the journals of the store are made under it as well.
any_umask_will_do() {
	local result=0 mode

	umask 0777
	{
		SIGNET_STATE=$FOLDER/masked/state exits 0 init --label masked --machine &&
			SIGNET_STATE=$FOLDER/masked/state exits 0 keygen --label key &&
			SIGNET_STATE=$FOLDER/masked/state exits 0 pubkey --label key
	} || result=1
	umask 077
	mode=$(stat -c %a "$FOLDER/masked" "$FOLDER/masked/state" "$FOLDER/masked/state/slot-0000.db" | xargs)
	[ "$mode" = '700 700 600' ] || { echo "modes $mode"; result=1; }
	return "$result"
}

tpm_start || exit 1
check 'a machine without a token is shown' nothing_yet
check 'the doctor has nothing against it' doctor_is_content
check 'a kind of token must be chosen' fails 2 'kind of token' init --label one
check 'a machine token takes no PIN' fails 2 "don't go together" init --label one --machine --pin-file -
check 'no token is an error with the next step' fails 3 'signet init' list
check 'the first token makes the storage root key' first_makes_the_storage_key
check 'a label of another token is refused' fails 9 'already' init --label one --machine
check 'a label of 33 bytes is refused' fails 2 '1 to 32 bytes' init --label 123456789012345678901234567890123 --machine
check 'a label that is no text is refused' fails 2 'UTF-8' init --label $'\xff\xfe' --machine
check 'a label of spaces is refused' fails 2 'spaces' init --label '  ' --machine
check 'an empty label is refused' fails 2 '1 to 32 bytes' init --label '' --machine
check 'the second token finds the storage root key' second_finds_it
check 'among several one must be chosen' several_must_be_chosen
check 'a token that is not there is an error' fails 3 'there is no token "three"' list --token three
check 'a serial number chooses' serial_chooses
check 'a URI chooses' uri_chooses
check 'status tells it all' status_tells_all
check 'the doctor opens them' doctor_opens_them
check 'a token is made under any umask' any_umask_will_do
check 'a token is destroyed, and only when told to' destroys
check 'its name is free then' name_is_free_again
check 'several tokens are made at once' several_at_once
check 'a TPM is chosen with the token' tpm_is_chosen
check 'the soft sealer is off' soft_is_off
check 'an unknown sealer is an error' fails 10 'sealer' init --label x --machine --sealer paper
check 'the soft sealer shows itself' soft_shows_itself
finish
