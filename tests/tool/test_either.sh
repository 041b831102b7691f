#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. A token that a list of sealers seals: what the command says of it, with and without
# one of them.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

set_up() {
	tpm_start || return 1
	echo passphrase > "$FOLDER/passphrase"
	printf '%s\n' 'sealer = tpm+soft' 'allow-soft = yes' "soft-passphrase-file = $FOLDER/passphrase" \
		"tcti = $SIGNET_TCTI" > "$SIGNET_CONF"
	printf 'a long pin' > "$FOLDER/pin"
	printf 'another pin' > "$FOLDER/new"
}

made() {
	exits 0 status && prints '1. tpm: ' && prints '2. soft: soft: is there' &&
		exits 0 init --label both --pin-file "$FOLDER/pin" && prints 'Sealers: tpm+soft (' &&
		prints 'For development only.' && exits 0 keygen --label key --pin-file "$FOLDER/pin"
}

all_there() {
	exits 0 status && prints 'sealers: tpm+soft, any of which opens it' && prints ': has its key' &&
		exits 0 status --json && json tpm+soft tokens 0 sealer && json tpm tokens 0 members 0 sealer &&
		json false tokens 0 members 0 locked && json soft tokens 0 members 1 sealer &&
		exits 0 doctor && prints 'ok    sealer 1 of slot 0: tpm' && prints 'ok    sealer 2 of slot 0: soft' &&
		prints 'counted by the lockout of the TPM where the TPM is asked'
}

without_the_tpm() {
	tpm_kill
	exits 0 list --pin-file "$FOLDER/pin" && exits 0 status && prints '1. tpm: ' &&
		prints 'There is no TPM where it was looked for' && exits 0 status --json &&
		json device-missing tokens 0 members 0 error && exits 0 doctor && prints 'warn  TPM: there is none' &&
		prints 'warn  sealer 1 of slot 0: tpm' && prints 'ok    sealer 2 of slot 0: soft'
}

needs_all() {
	fails 6 '"tpm", 1 of the 2 sealers of "tpm+soft", does not seal, and all of them must' \
		pin set --pin-file "$FOLDER/pin" --new-pin-file "$FOLDER/new" &&
		fails 6 '"tpm", 1 of the 2 sealers of "tpm+soft", is not there' init --label other --machine &&
		exits 0 list --pin-file "$FOLDER/pin" && exits 4 list --pin-file "$FOLDER/new"
}

refused() {
	fails 1 'keeps no keys' keygen --label pair --type p256 --pin-file "$FOLDER/pin" &&
		fails 6 "keeps no counters" init --label other --machine --rollback-protection &&
		fails 6 "can't count the wrong tries" init --label other --pin-file "$FOLDER/pin" --pin-tries 5 &&
		fails 6 'no policies' init --label other --machine --pcr sha256:7 &&
		fails 10 'no list of 2 to 4 different sealers' init --label other --machine --sealer tpm+tpm
}

set_up || exit 1
check 'a token is made that two seal' made
check 'status and doctor show each of them' all_there
check 'without the TPM it opens, and both say what is away' without_the_tpm
check 'a change of PIN and a new token need both' needs_all
tpm_resume || exit 1
check 'what one alone could keep is refused' refused
finish
