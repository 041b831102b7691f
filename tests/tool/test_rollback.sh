#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Tokens with rollback protection: what is said about an older copy of a store, and
# how its owner takes one that he restored himself.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/tool/terminal.sh
. "$SIGNET_TEST_SRCDIR/tests/tool/terminal.sh"

printf 123456 > "$FOLDER/pin"
printf 87654321 > "$FOLDER/so"
printf 654321 > "$FOLDER/other"

counters() { tpm2_getcap handles-nv-index | grep -c 0x; }

made() {
	exits 0 init --label box --machine --rollback-protection && [ "$(counters)" -eq 1 ] &&
		exits 0 keygen --token box --label key && exits 0 status &&
		prints 'rollback protection: a counter in the TPM' && exits 0 doctor && prints 'the store is the newest'
}

older_refused() {
	STORE=$FOLDER/state/slot-0000.db && cp "$STORE" "$FOLDER/backup" && cp "$STORE" "$FOLDER/newest" &&
		exits 0 delete --token box --label key --yes && cp "$STORE" "$FOLDER/newest" &&
		cp "$FOLDER/backup" "$STORE" && exits 7 list --token box && says 'not the newest' &&
		says 'rollback accept' && tpm_restart && exits 7 list --token box && ! exits 0 doctor && prints 'not the newest'
}

accepted() {
	fails 2 'an older copy, and there is no terminal' rollback accept --token box && says 'give --yes' &&
		! converse "'$SIGNET' rollback accept --token box" '[yes/no] ' no &&
		grep -q 'What was made since is lost' "$FOLDER/screen" && grep -q 'nothing was accepted' "$FOLDER/screen" &&
		exits 7 list --token box &&
		exits 0 rollback accept --token box --yes && exits 0 list --token box && prints key &&
		cp "$FOLDER/newest" "$STORE" && exits 7 list --token box &&
		exits 0 rollback accept --token box --yes && exits 0 list --token box && ! prints key
}

counter_lost() {
	tpm2_nvundefine -C o "$(tpm2_getcap handles-nv-index | sed -n 's/^- //p')" &&
		exits 11 list --token box && says 'is gone' && exits 0 rollback accept --token box &&
		exits 0 list --token box && [ "$(counters)" -eq 1 ] &&
		cp "$STORE" "$FOLDER/newest" && cp "$FOLDER/backup" "$STORE" &&
		exits 7 list --token box && says 'not the newest' && says 'counts for the token' &&
		fails 2 'an older copy' rollback accept --token box && cp "$FOLDER/newest" "$STORE" &&
		exits 0 list --token box
}

pin_asked_for() {
	exits 0 init --label desk --pin-file "$FOLDER/pin" --so-pin-file "$FOLDER/so" --rollback-protection &&
		STORE=$FOLDER/state/slot-0001.db && cp "$STORE" "$FOLDER/backup" &&
		exits 0 pin set --token desk --pin-file "$FOLDER/pin" --new-pin-file "$FOLDER/other" &&
		cp "$FOLDER/backup" "$STORE" &&
		exits 7 keygen --token desk --label key --pin-file "$FOLDER/pin" &&
		fails 4 'PIN is wrong' rollback accept --token desk --pin-file "$FOLDER/other" &&
		exits 7 keygen --token desk --label key --pin-file "$FOLDER/pin" &&
		exits 0 rollback accept --token desk --yes --so-pin-file "$FOLDER/so" &&
		exits 0 keygen --token desk --label key --pin-file "$FOLDER/pin"
}

none_to_accept() {
	exits 0 init --label plain --machine && fails 2 'no rollback protection' rollback accept --token plain
}

soft_refused() {
	printf 'words' > "$FOLDER/words" && chmod 600 "$FOLDER/words" &&
		printf 'allow-soft = yes\nsoft-passphrase-file = %s\n' "$FOLDER/words" >> "$SIGNET_CONF" &&
		! exits 0 init --label soft --machine --sealer soft --rollback-protection && says 'keeps no counters'
}

# What a killed command would leave.
orphan_is_named() {
	tpm2_nvdefine 0x01000001 -C o -s 8 -g sha384 -a 'ownerread|ownerwrite' &&
		exits 0 doctor && ! prints 'belongs to no token here' &&
		SIGNET_STATE=$FOLDER/elsewhere exits 0 init --label lost --machine --rollback-protection &&
		tpm2_nvundefine -C o 0x01000001 && [ "$(counters)" -eq 3 ] && rm -r "$FOLDER/elsewhere" && exits 0 doctor && prints 'counts versions of a store, and belongs to no token here' &&
		prints tpm2_nvundefine && [ "$(grep -c 'to no token' "$FOLDER/out")" -eq 1 ] &&
		tpm2_nvundefine -C o "$(sed -n 's/.*\(0x[0-9a-f]*\) in the TPM looks.*/\1/p' "$FOLDER/out")" &&
		exits 0 doctor && ! prints 'belongs to no token here' && [ "$(counters)" -eq 2 ]
}

# What must not be removed, or the token never opens again.
unread_is_spared() {
	chmod 644 "$FOLDER/state/slot-0001.db" && exits 1 doctor && prints 'may need it' && prints 'Leave it alone' &&
		! prints tpm2_nvundefine && chmod 600 "$FOLDER/state/slot-0001.db" &&
		cp "$FOLDER/state/slot-0001.db" "$FOLDER/whole" && truncate -s 1000 "$FOLDER/state/slot-0001.db" &&
		exits 1 doctor && prints 'may need it' && ! prints tpm2_nvundefine &&
		cp "$FOLDER/whole" "$FOLDER/state/slot-0001.db" && exits 0 doctor && ! prints 'may need it'
}

owner_password() {
	tpm2_changeauth -c o ownerpassword && exits 0 destroy --token desk --yes &&
		says 'counted the versions of the store, could not be removed from the TPM: The owner hierarchy' &&
		tpm2_changeauth -c o -p ownerpassword &&
		tpm2_nvundefine -C o "$(sed -n 's/.*-C o \(0x[0-9a-f]*\) .*/\1/p' "$FOLDER/err")" && [ "$(counters)" -eq 1 ]
}

destroyed() {
	exits 0 destroy --token box --yes && [ "$(counters)" -eq 0 ]
}

tpm_start || exit 1

check 'a token is made with a counter' made
check 'an older copy of the store is refused, and it is said what to do' older_refused
check 'whoever restored it himself accepts it, and the newer one is refused then' accepted
check 'a counter that is gone is made anew, and copies from before are older ones then' counter_lost
check 'accepting needs the PIN' pin_asked_for
check 'a token without protection has nothing to accept' none_to_accept
check 'a sealer without counters is refused' soft_refused
check 'a counter that no token names is found by the doctor' orphan_is_named
check 'the counter of a token that can not be read is not to be removed' unread_is_spared
check 'a counter that can not be removed is named' owner_password
check 'a token that is destroyed takes its counter along' destroyed
finish
