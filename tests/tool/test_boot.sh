#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. A vault's boots, as they happen: the power goes, everything starts anew, the root comes up by
# itself. After a change of what is measured it does not; then the shares bring it back elsewhere and
# here, and signed values or sealing anew bring it up again here. Each command is a new process.

# What redirects is given to check as text, and functions are called by their names:
# shellcheck disable=SC2016,SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

secret='DATABASE_URL=postgres://vault'
bank=sha256
pcr=16

# value: what the PCR holds now, in hexadecimal digits of small letters.
value() {
	tpm2_pcrread "$bank:$pcr" | sed -n "s/^ *$pcr *: 0x//p" | tr A-F a-f
}

# after VALUE TEXT: what it will hold when that is measured.
after() {
	{ xxd -r -p <<< "$1"; printf '%s' "$2" | sha256sum | cut -d' ' -f1 | xxd -r -p; } | sha256sum | cut -d' ' -f1
}

# boot [TEXT]: the power goes, and the machine starts; it measures that, where something was changed.
boot() {
	tpm_power_cut || return 1
	[ $# -eq 0 ] || tpm2_pcrextend "$pcr:$bank=$(printf '%s' "$1" | sha256sum | cut -d' ' -f1)"
}

vault_is_set_up() {
	exits 0 keygen --label updates --type p256 && signet pubkey --label updates --format pem > "$FOLDER/updates.pem" &&
		exits 0 root create --label root --pcr "$bank:$pcr" --shares 5 --threshold 3 --format base64 --all-in-one "$FOLDER/shares" &&
		exits 0 root create --label other --policy-key "$FOLDER/updates.pem" --no-recovery && sign_values "$(value)" &&
		for root in root other; do
			signet wrap --root "$root" --new > "$FOLDER/$root.key" &&
				printf '%s' "$secret" | signet encrypt --root "$root" --through "$FOLDER/$root.key" > "$FOLDER/$root.sealed" || return 1
		done
}

# sign_values VALUE: what the maker of the update does, and the machine takes in.
sign_values() {
	signet policy sign --label updates --pcr "$bank:$pcr=$1" > "$FOLDER/signatures" &&
		exits 0 policy update --signatures "$FOLDER/signatures"
}

# reads ROOT ARGUMENT...: the secret can be read.
reads() {
	local root=$1

	shift
	exits 0 decrypt --root "$root" --through "$FOLDER/$root.key" "$@" < "$FOLDER/$root.sealed" && [ "$(cat "$FOLDER/out")" = "$secret" ]
}

# reads_not ROOT: it can't, and why is told: the PCR, what was expected and what was found.
reads_not() {
	fails 11 "PCR $pcr of the bank $bank differs" decrypt --root "$1" --through "$FOLDER/$1.key" < "$FOLDER/$1.sealed" && says "$(value)"
}

comes_up_after_a_power_cut() {
	boot && reads root && reads other && exits 0 unseal --check && prints 'ok    root root' && prints 'ok    root other'
}

does_not_come_up_when_something_else_was_booted() {
	boot 'another kernel' && reads_not root && says "expected $measured" && says 'signet policy update' && says 'signet root recover' && reads_not other && exits 1 unseal --check && prints 'FAIL  root root'
}

# Where the machine is lost the shares are all that there is: three of five people meet at another one.
people_bring_the_root_back_elsewhere() {
	(
		export SIGNET_STATE=$FOLDER/elsewhere
		exits 0 init --label spare --machine && sed -n '2p;6p;10p' "$FOLDER/shares" > "$FOLDER/three" &&
			exits 0 root rehearse --share "$FOLDER/three" && exits 0 root recover --label root --share "$FOLDER/three" && reads root &&
			sed -n '4p;8p' "$FOLDER/shares" > "$FOLDER/two" && ! signet root recover --label two --share "$FOLDER/two"
	)
}

# The root does not open here, so nothing tells whether it is the same: somebody must say so. Until
# the shares have proved good it stays.
people_put_it_back_here() {
	fails 9 already root recover --label root --share "$FOLDER/three" && says '--replace puts it' &&
		fails 8 'it takes 3 shares' root recover --label root --replace --yes --share "$FOLDER/two" &&
		fails 2 "can't be compared" root recover --label root --replace --share "$FOLDER/three" && reads_not root && old=$(root_id) &&
		exits 0 root recover --label root --replace --yes --share "$FOLDER/three" && prints 'Replaced the decryption root "root"' &&
		reads root && [ "$(root_id)" = "$old" ] && exits 0 root list && prints 'policy pcr' &&
		exits 0 root recover --label root --replace --share "$FOLDER/three" &&
		{ boot && reads_not root && exits 0 root recover --label root --replace --yes --share "$FOLDER/three" && boot 'another kernel'; }
}

root_id() {
	signet root list --json | tr -d ' \n' | sed 's/.*"label":"root","id":"\([0-9a-f]*\)".*/\1/'
}

signed_values_bring_it_up_here() {
	sign_values "$(value)" && reads other && reads_not root && boot 'another kernel' && reads other
}

# The root that nobody signs for comes up where it was sealed, and from there for what will be.
sealing_anew_brings_it_up_here() {
	boot && reads root && exits 0 reseal --root root --pcr "$bank:$pcr=$(after "$measured" 'another kernel')" && reads_not root &&
		exits 1 unseal --check && boot 'another kernel' && reads root && exits 0 unseal --check
}

old_kernel_is_no_way_back() {
	boot && reads_not root
}

# What an update will measure is known before: that is when it must be said.
check_tells_before_the_boot() {
	boot 'another kernel' && exits 0 unseal --check && printf '%s:%s=%s' "$bank" "$pcr" "$(value)" > "$FOLDER/values" &&
		exits 0 unseal --check --pcr-values "$FOLDER/values" &&
		printf '%s:%s=%s' "$bank" "$pcr" "$(after "$measured" 'a third kernel')" > "$FOLDER/values" &&
		exits 1 unseal --check --pcr-values "$FOLDER/values"
}

tpm_start || exit 1
exits 0 init --label token --machine || exit 1
measured=$(value)
check 'a vault is set up' vault_is_set_up
check 'after a power cut it comes up by itself' comes_up_after_a_power_cut
check 'where something else was booted it does not, and says which PCR differs' does_not_come_up_when_something_else_was_booted
check 'people bring the root back elsewhere, three of five' people_bring_the_root_back_elsewhere
check 'people put it back here, in the place of what does not open' people_put_it_back_here
check 'signed values bring it up here' signed_values_bring_it_up_here
check 'sealing anew brings it up here' sealing_anew_brings_it_up_here
check 'the old kernel is no way back' old_kernel_is_no_way_back
check 'what will be is checked before the boot' check_tells_before_the_boot
finish
