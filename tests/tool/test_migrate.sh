#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Tokens that move: from the development sealer to a TPM, on to another TPM and back,
# with what is in them and what protects them; and what is said where they can't.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/softhsm.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/softhsm.sh"

printf 123456 > "$FOLDER/pin"
printf 87654321 > "$FOLDER/so"
printf 654321 > "$FOLDER/other"
printf words > "$FOLDER/words"
printf 'a message' > "$FOLDER/message"
printf 'allow-soft = yes\nsoft-passphrase-file = %s\n' "$FOLDER/words" > "$SIGNET_CONF"

STORE=$SIGNET_STATE/slot-0000.db
ASIDE=$SIGNET_STATE/slot-0000.aside-1

# Two TPMs: the variables of the script's own are those of b.
tpm_start || exit 1
A=$SIGNET_TCTI A_FOLDER=$TPM_FOLDER A_PID=$TPM_PID
tpm_start || exit 1
B=$SIGNET_TCTI

end_both() {
	kill -KILL "$A_PID" 2> /dev/null
	wait "$A_PID" 2> /dev/null
	rm -rf "${A_FOLDER:?}"
	tool_end
}
trap end_both EXIT

# on TCTI COMMAND...: run it with that TPM in the environment, of which a and b are short names.
on() {
	local tcti=$A

	[ "$1" = a ] || tcti=$B
	shift
	SIGNET_TCTI=$tcti TPM2TOOLS_TCTI=$tcti "$@"
}

indices() {
	on "$1" tpm2_getcap handles-nv-index | grep -c 0x
}

made() {
	exits 0 init --label box --machine --sealer soft && exits 0 keygen --label key --token box &&
		exits 0 root create --label root --no-recovery --token box && exits 0 list --token box --json &&
		cp "$FOLDER/out" "$FOLDER/list" && exits 0 sign --label key --token box --format base64 < "$FOLDER/message" &&
		cp "$FOLDER/out" "$FOLDER/signature" && exits 0 wrap --root root --token box --new --format base64 &&
		cp "$FOLDER/out" "$FOLDER/wrapped"
}

# The same objects with the same keys, on a TPM.
same() {
	on "$1" exits 0 list --token box --json && cmp "$FOLDER/out" "$FOLDER/list" &&
		on "$1" exits 0 sign --label key --token box --format base64 < "$FOLDER/message" &&
		cmp "$FOLDER/out" "$FOLDER/signature" && on "$1" exits 0 unwrap --root root --token box --check < "$FOLDER/wrapped"
}

dry() {
	cp "$STORE" "$FOLDER/before" && on a exits 0 migrate --token box --to tpm --dry-run && prints 'Would move token "box"' &&
		prints 'from soft to tpm' && cmp "$STORE" "$FOLDER/before" && [ ! -e "$ASIDE" ] &&
		on a exits 0 migrate --token box --to tpm --dry-run --json && json false done && json true dry_run &&
		json soft from && json tpm to && json 1 sealed
}

to_tpm() {
	on a exits 0 migrate --token box --to tpm --rollback-protection && prints 'Moved token "box"' &&
		prints 'sealed one by one; all were read again and compared' && prints "$ASIDE" && same a &&
		[ "$(indices a)" -eq 1 ] && on a exits 0 status && prints 'a counter in the TPM'
}

already() {
	on a fails 9 'sealed by this hardware already' migrate --token box --to tpm
}

to_other_tpm() {
	on a exits 0 migrate --token box --to tpm --tpm "$B" && prints "tcti = $B" && same b &&
		[ "$(indices a)" -eq 1 ] && [ "$(indices b)" -eq 1 ] &&
		on a fails 11 'not the TPM' keygen --token box --label new
}

doctor_tells() {
	on b exits 0 doctor && prints "$ASIDE is a store of token \"box\", sealed by \"soft\"" &&
		prints 'slot-0000.aside-2 is a store of token "box", sealed by "tpm"' && ! prints 'looks like one that counts'
}

# The counter of what was set aside is no stray.
no_stray() {
	on a exits 1 doctor && ! prints 'looks like one that counts'
}

way_back() {
	mv "$STORE" "$FOLDER/newest" && mv "$SIGNET_STATE/slot-0000.aside-2" "$STORE" && same a &&
		mv "$STORE" "$SIGNET_STATE/slot-0000.aside-2" && mv "$FOLDER/newest" "$STORE" && same b
}

# unread LINE...: what the doctor says of a store that was set aside and can't be read, and that
# destroying it leaves it as it is.
unread() {
	local line

	on b exits 0 doctor || on b exits 1 doctor
	for line; do
		prints "$line" || return 1
	done
	cp "$ASIDE" "$FOLDER/unread" && { mv "$SIGNET_STATE/slot-0000.aside-2" "$FOLDER/aside-2" || return 1; }
	fails 7 'may hold its keys, is left as it is' destroy --token box --aside --yes || return 1
	mv "$FOLDER/aside-2" "$SIGNET_STATE/slot-0000.aside-2" && cmp -s "$ASIDE" "$FOLDER/unread"
}

# Only a damaged one is to be removed by rm.
unread_is_spared() {
	cp -p "$ASIDE" "$FOLDER/aside" && chmod 644 "$ASIDE" && unread 'not private to its user' "chmod 0600 '$ASIDE'" &&
		! prints 'rm removes it' && chmod 600 "$ASIDE" &&
		printf '\0\0\0\143' | dd of="$ASIDE" bs=1 seek=60 conv=notrunc status=none && unread 'another version of signet' 'Use the version that made it' &&
		! prints 'rm removes it' && truncate -s 1000 "$ASIDE" && unread 'cut short or changed' 'rm removes it' &&
		cp -p "$FOLDER/aside" "$ASIDE" && same b
}

aside_destroyed() {
	fails 2 'no terminal' destroy --token box --aside &&
		exits 0 destroy --token box --aside --tpm "$A" --yes && [ ! -e "$ASIDE" ] &&
		[ ! -e "$SIGNET_STATE/slot-0000.aside-2" ] && [ "$(indices a)" -eq 0 ] && same b &&
		fails 3 'was set aside' destroy --token box --aside --yes
}

# There and back on the same TPM: what goes with the old store is not what the token needs.
there_and_back() {
	on b exits 0 migrate --token box --to tpm --tpm "$A" && on a exits 0 migrate --token box --to tpm --tpm "$B" &&
		[ "$(indices b)" -eq 2 ] && on b exits 0 destroy --token box --aside --yes && [ "$(indices b)" -eq 1 ] && same b &&
		on b exits 0 keygen --token box --label new && on b exits 0 delete --token box --label new --yes &&
		on a tpm2_clear -c p
}

to_soft() {
	fails 1 'not all of token "box" can move to soft' migrate --token box --to soft &&
		says 'rollback protection, for which the new sealer has no counter' && same b &&
		exits 0 migrate --token box --to soft --leave-behind && prints 'Left behind' && same a
}

gone() {
	on b exits 0 destroy --token box --yes && [ -z "$(ls "$SIGNET_STATE")" ] && [ "$(indices b)" -eq 0 ]
}

pins() {
	on a exits 0 init --label desk --pin-file "$FOLDER/pin" --so-pin-file "$FOLDER/so" --pin-tries 3 &&
		on a exits 0 keygen --token desk --label key --pin-file "$FOLDER/pin" &&
		on a fails 2 "officer's PIN is needed too" migrate --token desk --to tpm --tpm "$B" --pin-file "$FOLDER/pin" &&
		on a fails 4 'PIN is wrong' migrate --token desk --to tpm --tpm "$B" --pin-file "$FOLDER/other" --so-pin-file "$FOLDER/so" &&
		on a exits 0 migrate --token desk --to tpm --tpm "$B" --pin-file "$FOLDER/pin" --so-pin-file "$FOLDER/so" &&
		[ "$(indices b)" -eq 1 ] && on b exits 0 sign --token desk --label key --pin-file "$FOLDER/pin" --format base64 < "$FOLDER/message" &&
		on b fails 4 '2 of 3 tries' sign --token desk --label key --pin-file "$FOLDER/other" --format base64 &&
		on b exits 0 pin reset --token desk --so-pin-file "$FOLDER/so" --new-pin-file "$FOLDER/other"
}

# A copy of the token's own store names what counts its PIN.
copies() {
	local store

	store=$(ls "$SIGNET_STATE"/slot-*.db) && cp -p "$store" "${store%.db}.aside-9" &&
		on b exits 0 destroy --token desk --aside --yes && [ "$(indices b)" -eq 1 ] &&
		cp -p "$store" "${store%.db}.moving" &&
		(ulimit -f 4; on b fails 7 'no space left' migrate --token desk --to tpm --tpm "$A" --pin-file "$FOLDER/other" --so-pin-file "$FOLDER/so") &&
		[ ! -e "${store%.db}.moving" ] && [ "$(indices b)" -eq 1 ] &&
		on b exits 0 sign --token desk --label key --pin-file "$FOLDER/other" --format base64 < "$FOLDER/message"
}

without_officer() {
	on b fails 2 "don't go together" migrate --token desk --to tpm --tpm "$A" --so-pin-file "$FOLDER/so" --without-officer &&
		on b exits 0 migrate --token desk --to tpm --tpm "$A" --pin-file "$FOLDER/other" --without-officer &&
		on a fails 1 'no security officer' pin reset --token desk --so-pin-file "$FOLDER/so" --new-pin-file "$FOLDER/pin" &&
		on a exits 0 sign --token desk --label key --pin-file "$FOLDER/other" --format base64 < "$FOLDER/message" &&
		on a exits 0 destroy --token desk --yes && rm -f "$SIGNET_STATE"/*.aside-* && on b tpm2_clear -c p
}

policy() {
	on a exits 0 init --label box --machine --pcr sha256:16 && on a exits 0 keygen --token box --label key &&
		on a fails 1 'can move' migrate --token box --to soft && says 'the policy of the token, which the new sealer' &&
		on a exits 1 migrate --token box --to soft --json && json policy left_behind 0 what && json false done &&
		on a fails 6 'no PCRs' migrate --token box --to soft --leave-behind --pcr sha256:16 &&
		on a exits 0 migrate --token box --to tpm --tpm "$B" && on b exits 0 list --token box && prints key &&
		on b tpm2_pcrextend 16:sha256=0123456789012345678901234567890123456789012345678901234567890123 &&
		on b exits 11 list --token box
}

# An HSM has no PCRs: nothing is made in it where the move would need them.
policy_over_hsm() {
	softhsm_start "$FOLDER" && on a exits 0 init --label pcrs --machine --pcr sha256:16 &&
		on a fails 1 'can move' migrate --token pcrs --to hsm --hsm "$SOFTHSM_URI" --dry-run &&
		says 'the policy of the token, which the new sealer' &&
		on a fails 1 'can move' migrate --token pcrs --to hsm+tpm --hsm "$SOFTHSM_URI" --dry-run &&
		[ -z "$(find "$FOLDER/hsm" -name '*.object' ! -name token.object)" ] &&
		on a fails 1 'can move' migrate --token pcrs --to hsm --hsm "$SOFTHSM_URI" &&
		on a exits 0 migrate --token pcrs --to hsm --hsm "$SOFTHSM_URI" --leave-behind && prints 'Left behind' &&
		exits 0 destroy --token pcrs --aside --tpm "$A" --yes && exits 0 destroy --token pcrs --yes
}

unmet() {
	on b fails 11 'policy' migrate --token box --to tpm --tpm "$A"
}

missing() {
	on a exits 0 init --label other --machine && STORE=$SIGNET_STATE/slot-0001.db &&
		on a fails 6 'TPM' migrate --token other --to tpm --tpm "swtpm:path=$FOLDER/nothing" &&
		on a fails 10 'no sealer' migrate --token other --to nothing && on a exits 0 list --token other &&
		: > "$SIGNET_CONF" && on a fails 10 'allow-soft' migrate --token other --to soft && on a exits 0 list --token other
}

broken_off() {
	: > "$SIGNET_STATE/slot-0001.moving" && : > "$SIGNET_STATE/slot-0007.db.new-abcdef" && chmod 600 "$SIGNET_STATE"/slot-* &&
		{ on a exits 1 doctor || on a exits 0 doctor; } && prints 'slot-0001.moving is of a token that is being moved' &&
		prints 'slot-0007.db.new-abcdef is a store that was never finished' &&
		on a exits 0 migrate --token other --to tpm --tpm "$B" && [ ! -e "$SIGNET_STATE/slot-0001.moving" ]
}

check 'a token of the development sealer is made' made
check 'a dry run tells what would be done, and changes nothing' dry
check 'it moves to a TPM with all keys, and gets rollback protection' to_tpm
check 'it does not move to where it is' already
check 'it moves on to another TPM, with its protection' to_other_tpm
check 'the doctor tells of the stores that were set aside' doctor_tells
check 'what these need in a TPM is no stray' no_stray
check 'a store that was set aside is the way back' way_back
check 'one that can not be read is left, and only a damaged one is to be removed by hand' unread_is_spared
check 'destroy removes them, with what they have in the TPM' aside_destroyed
check 'what goes with an old store is not what the token needs' there_and_back
check 'what the new sealer lacks is named, and left behind where that is said' to_soft
check 'the token goes with what was set aside' gone
check 'a PIN token needs both PINs, and keeps its count of tries' pins
check 'a copy of the store that is cleared away takes no count of tries with it' copies
check 'the officer can be left out' without_officer
check 'a policy stays, or is named' policy
check 'a policy is named before anything is made in an HSM' policy_over_hsm
check 'a token that does not open does not move' unmet
check 'hardware that is missing, off or unknown is said to be' missing
check 'what was broken off is told by the doctor, and taken away' broken_off
finish
