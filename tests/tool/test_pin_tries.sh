#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. A PIN with tries of its own: made, shown, spent, reset, and gone from the TPM.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

pin=$FOLDER/pin
so=$FOLDER/so
wrong=$FOLDER/wrong

# indices NUMBER: tell whether the TPM has so many.
indices() {
	local found

	found=$(tpm2_getcap handles-nv-index | grep -c .) || true
	[ "$found" = "$1" ] || { echo "the TPM has $found indices"; return 1; }
}

only_with_a_number() {
	local bad

	for bad in 0 1001 -1 x '' 3x 99999; do
		fails 2 'from 1 to 1000' init --label t --pin-file "$pin" --pin-tries "$bad" || return 1
	done
	fails 2 "don't go together" init --label t --machine --pin-tries 3
}

is_made_and_shown() {
	exits 0 init --label t --pin-file "$pin" --so-pin-file "$so" --pin-tries 3 && indices 1 &&
		exits 0 status && prints 'PIN: 3 of 3 tries are left, counted for this PIN alone' &&
		exits 0 status --json && json true tokens 0 pin_tries known && json 3 tokens 0 pin_tries left &&
		json 3 tokens 0 pin_tries most && exits 0 doctor && prints 'ok    PIN of slot 0'
}

counts_down() {
	fails 4 '2 of 3 tries are left' list --pin-file "$wrong" &&
		fails 4 '1 of 3 tries is left' list --pin-file "$wrong" && says 'only the security officer' &&
		exits 0 doctor && prints 'warn  PIN of slot 0' &&
		exits 0 list --pin-file "$pin" && exits 0 status && prints '3 of 3 tries'
}

is_spent() {
	exits 4 list --pin-file "$wrong" && exits 4 list --pin-file "$wrong" &&
		fails 4 'that was the last of 3 tries' list --pin-file "$wrong" && says 'signet pin reset' &&
		fails 5 'All tries of the PIN are spent' list --pin-file "$pin" && says 'signet pin reset' &&
		exits 0 status && prints 'all 3 tries are spent' && exits 0 status --json &&
		json 0 tokens 0 pin_tries left && exits 1 doctor && prints 'FAIL  PIN of slot 0'
}

is_reset() {
	exits 0 pin reset --so-pin-file "$so" --new-pin-file "$pin" && indices 1 &&
		exits 0 list --pin-file "$pin" && exits 0 status && prints '3 of 3 tries'
}

other_tokens_go_on() {
	exits 0 init --label other --pin-file "$pin" && exits 4 list --token t --pin-file "$wrong" &&
		exits 0 list --token other --pin-file "$pin" &&
		exits 4 list --token other --pin-file "$wrong" && exits 4 list --token other --pin-file "$wrong" &&
		exits 4 list --token other --pin-file "$wrong" && exits 5 list --token other --pin-file "$pin" &&
		exits 0 list --token t --pin-file "$pin" && exits 0 destroy --token other --yes &&
		tpm2_dictionarylockout -c
}

configured() {
	echo 'pin-tries = 7' > "$SIGNET_CONF"
	exits 0 init --label configured --pin-file "$pin" && exits 0 status && prints '7 of 7 tries' &&
		exits 0 init --label machine --machine && exits 0 destroy --token machine --yes &&
		exits 0 destroy --token configured --yes && indices 1
	: > "$SIGNET_CONF"
}

# not_to_be_removed: tell whether the doctor has the index of the newest store left alone.
not_to_be_removed() {
	exits 1 doctor && prints 'may need it' && prints 'Leave it alone' && ! prints tpm2_nvundefine
}

# The handle of an index in a record is no longer the one that it was.
handle_changed() {
	perl -0777 -pi -e 'BEGIN { $h = pack("N", hex shift) } s/\Q$h\E/~$h/ge' "$1" "$STORE"
}

newest_is_spared() {
	STORE=$FOLDER/state/slot-0000.db
	cp "$STORE" "$FOLDER/old" &&
		exits 0 pin set --token t --pin-file "$pin" --new-pin-file "$so" && cp "$STORE" "$FOLDER/newest" &&
		cp "$FOLDER/old" "$STORE" && not_to_be_removed && prints 'is gone' &&
		cp "$FOLDER/newest" "$STORE" && handle_changed "$(tpm2_getcap handles-nv-index | sed -n 's/^- //p')" &&
		! cmp -s "$FOLDER/newest" "$STORE" && not_to_be_removed && prints 'cut short or changed' &&
		cp "$FOLDER/newest" "$STORE" && exits 0 list --token t --pin-file "$so" && exits 0 doctor && ! prints 'may need it' &&
		exits 0 pin set --token t --pin-file "$so" --new-pin-file "$pin" && indices 1
}

# A PIN that was not set yet, of a copy from before, names no index.
newest_of_none_is_spared() {
	STORE=$FOLDER/state/slot-0001.db
	exits 0 init --label later --so-pin-file "$so" --pin-tries 3 && cp "$STORE" "$FOLDER/old" &&
		exits 0 pin reset --token later --so-pin-file "$so" --new-pin-file "$pin" && cp "$STORE" "$FOLDER/newest" &&
		cp "$FOLDER/old" "$STORE" && exits 0 doctor && prints 'Leave it alone' && ! prints tpm2_nvundefine &&
		cp "$FOLDER/newest" "$STORE" && exits 0 destroy --token later --yes && indices 1
}

# What a killed command would leave.
orphan_is_named() {
	SIGNET_STATE=$FOLDER/elsewhere exits 0 init --label lost --pin-file "$pin" --pin-tries 3 &&
		rm -r "$FOLDER/elsewhere" && exits 0 doctor && prints 'belongs to no token here' &&
		prints tpm2_nvundefine && indices 2
}

# Every verb that makes an index or removes one is given the owner's password.
owner_password() {
	printf 'ownerpassword\n' > "$FOLDER/owner" && printf 'no-owner\n' > "$FOLDER/not-owner" &&
		tpm2_changeauth -c o ownerpassword &&
		fails 6 "can't change the PIN: The owner hierarchy" pin set --token t --pin-file "$pin" --new-pin-file "$wrong" &&
		says '--owner-auth-file' && fails 6 "can't set the user's PIN: The owner" pin reset --token t --so-pin-file "$so" --new-pin-file "$wrong" &&
		fails 6 "can't seal the token anew: The owner" reseal --token t --pin-file "$pin" &&
		fails 6 'The owner hierarchy' pin set --token t --pin-file "$pin" --new-pin-file "$wrong" --owner-auth-file "$FOLDER/not-owner" &&
		says 'that was given for it is wrong' &&
		exits 0 list --token t --pin-file "$pin" && exits 0 status &&
		prints '3 of 3 tries are left' && exits 4 list --token t --pin-file "$wrong" && says '2 of 3 tries are left' &&
		exits 0 status && prints '2 of 3 tries are left' && indices 2
}

owner_password_is_given() {
	exits 0 pin set --token t --pin-file "$pin" --new-pin-file "$wrong" --owner-auth-file "$FOLDER/owner" && indices 2 &&
		exits 4 list --token t --pin-file "$pin" && exits 0 list --token t --pin-file "$wrong" &&
		exits 0 pin reset --token t --so-pin-file "$so" --new-pin-file "$pin" --owner-auth-file "$FOLDER/owner" && indices 2 &&
		exits 0 list --token t --pin-file "$pin" &&
		exits 0 reseal --token t --pin-file "$pin" --owner-auth-file "$FOLDER/owner" && indices 2 &&
		exits 0 list --token t --pin-file "$pin" &&
		exits 0 destroy --token t --yes && says 'tpm2_nvundefine' && indices 2 && tpm2_changeauth -c o -p ownerpassword
}

no_officer() {
	exits 0 init --label alone --pin-file "$pin" &&
		fails 1 'has no security officer' pin reset --token alone --so-pin-file "$so" --new-pin-file "$pin" &&
		fails 1 'has no security officer' pin set --token alone --so --so-pin-file "$so" --new-pin-file "$pin" &&
		fails 1 'has no security officer' reseal --token alone --so-pin-file "$so" &&
		exits 0 destroy --token alone --yes
}

# A store on which something is mounted can't be removed; the TPM must be left as it is then.
can_not_be_destroyed() {
	cat > "$FOLDER/mounted" <<- END
		#!/bin/sh
		exec unshare -Urm sh -c 'mount --bind "\$0" "\$0" && exec "\$@"' "$FOLDER/state/slot-0000.db" '$SIGNET' "\$@"
	END
	chmod 0700 "$FOLDER/mounted" && exits 0 init --label stays --pin-file "$pin" --pin-tries 3 --rollback-protection &&
		indices 4 && SIGNET=$FOLDER/mounted fails 1 "can't destroy" destroy --token stays --yes && indices 4 &&
		exits 0 keygen --token stays --label key --pin-file "$pin" && exits 0 destroy --token stays --yes && indices 2
}

is_destroyed() {
	exits 0 init --label t --pin-file "$pin" --pin-tries 3 && indices 3 &&
		exits 0 destroy --token t --yes && indices 2
}

tpm_start || exit 99
printf '1234secret' > "$pin"
printf '9876secret' > "$so"
printf 'nonesuch' > "$wrong"
check 'tries are a number from 1 to 1000, and of a PIN' only_with_a_number
check 'a token with tries of its own is made and shows them' is_made_and_shown
check 'tries are counted down, and a right PIN gives them back' counts_down
check 'tries that are spent stay spent, and it is said what to do' is_spent
check 'the security officer sets a new PIN' is_reset
check 'neither is another PIN locked nor does another PIN lock this one' other_tokens_go_on
check 'the configuration can say how many' configured
check 'the index of a newer store than the one that is there is not to be removed' newest_is_spared
check 'nor where there was no PIN yet' newest_of_none_is_spared
check 'an index that no token names is found by the doctor' orphan_is_named
check 'an owner with a password is named' owner_password
check 'the password of the owner is taken by all that make or remove an index' owner_password_is_given
check 'a token without an officer says so' no_officer
if unshare -Urm true 2> /dev/null; then
	check 'a token that can not be destroyed keeps its PIN' can_not_be_destroyed
else
	skip 'a token that can not be destroyed keeps its PIN' 'there are no user namespaces'
fi
check 'a token that is destroyed leaves no index' is_destroyed
finish
