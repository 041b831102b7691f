#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attacks on what brings a root back: too few people who come together, one of them who lies, who
# finds what was handed out, who may use the token and wants the root itself, and who breaks off the
# handing out.

# Functions are called by their names:
# shellcheck disable=SC2317

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/tool/terminal.sh
. "$SIGNET_TEST_SRCDIR/tests/tool/terminal.sh"

# of N...: the options that name these shares of the root.
of() {
	local n

	for n; do
		printf -- '--share %s ' "$FOLDER/s$n"
	done
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# bytes: the bytes of hexadecimal digits.
bytes() {
	# shellcheck disable=SC2059
	printf "$(sed 's/../\\x&/g')"
}

# with_sum: the share in hexadecimal digits, with the sum that it has.
with_sum() {
	local head

	read -r -n 106 head
	{ bytes <<< "$head"; bytes <<< "$head" | sha256sum | head -c 8 | bytes; } | base64 -w0
}

# Two of five with a threshold of three. He has a sharing of a root of his own, 7/7, and gives its
# third share the head of ours, and a sum that is right.
too_few() {
	local i ours his

	for i in 1 2; do
		sed -n "$((2 * i))p" "$FOLDER/all" > "$FOLDER/s$i"
	done
	# shellcheck disable=SC2046
	fails 8 'it takes 3 shares' root recover --token other --label stolen $(of 1 2) || return 1
	exits 0 root create --token other --label his --shares 5 --threshold 3 --format base64 --all-in-one "$FOLDER/his" || return 1
	ours=$(base64 -d "$FOLDER/s1" | hex)
	his=$(sed -n 6p "$FOLDER/his" | base64 -d | hex)
	with_sum <<< "${ours:0:40}${his:40:66}" > "$FOLDER/s3"
	# shellcheck disable=SC2046
	fails 8 "don't have the root together" root recover --token other --label stolen $(of 1 2 3) &&
		fails 3 'no secret key' wrap --token other --root stolen --new
}

# One of four lies: he has changed his share, and its sum. Whatever comes back, it is not his.
liar() {
	local ours

	sed -n 6p "$FOLDER/all" > "$FOLDER/s3"
	sed -n 8p "$FOLDER/all" > "$FOLDER/s4"
	ours=$(base64 -d "$FOLDER/s2" | hex)
	with_sum <<< "${ours:0:60}$(printf %02x $((0x${ours:60:2} ^ 1)))${ours:62:44}" > "$FOLDER/s5"
	# shellcheck disable=SC2046
	fails 8 "don't have the root together" root recover --token other --label lied $(of 1 5 3) &&
		fails 3 'no secret key' wrap --token other --root lied --new &&
		exits 8 root rehearse $(of 1 5 3 4) && says 's5 line 1: share 2 of 5 is wrong'
}

# He finds the encrypted shares, or the recovery file, and has keys of his own.
finds_what_was_handed_out() {
	exits 0 root create --token box --label boxed --shares 2 --threshold 2 --share-key "$FOLDER/alice.pub" \
		--share-key "$FOLDER/bob.pub" --out-dir "$FOLDER/boxes" &&
		exits 0 root create --token box --label closed --recovery-key "$FOLDER/alice.pub" --recovery-file "$FOLDER/file" || return 1
	fails 3 'not given' root recover --token other --label stolen --share "$FOLDER/boxes/share-1.json" --key-file "$FOLDER/mallory" &&
		fails 3 'not given' root recover --token other --label stolen --recovery-file "$FOLDER/file" --key-file "$FOLDER/mallory" || return 1
	# He says that they are for his key.
	sed -i "s/signet1[a-z0-9]*/$(cat "$FOLDER/mallory.pub")/" "$FOLDER/boxes/share-1.json" "$FOLDER/file"
	fails 8 damaged root recover --token other --label stolen --share "$FOLDER/boxes/share-1.json" --key-file "$FOLDER/mallory" &&
		fails 8 damaged root recover --token other --label stolen --recovery-file "$FOLDER/file" --key-file "$FOLDER/mallory"
}

# He may use the token, and the root must not leave it for recovery.
shares_it_himself() {
	exits 0 root create --token box --label kept --no-recovery && exits 0 root create --token box --label sent --no-recovery --leave send,deliver || return 1
	for root in kept sent; do
		fails 1 'may not leave for recovery' root share --token box --root "$root" --shares 2 --threshold 2 --all-in-one "$FOLDER/mine" &&
			fails 1 'may not leave for recovery' root share --token box --root "$root" --recovery-key "$FOLDER/mallory.pub" \
				--recovery-file "$FOLDER/mine" && [ ! -e "$FOLDER/mine" ] || return 1
	done
}

# He ends the command when the first share has been seen: no root is in the token that nobody could
# have back.
broken_off() {
	! converse "'$SIGNET' root create --token box --label half --shares 2 --threshold 2" \
		'this screen: ' 1 'compared: ' done 'this screen: ' $'\003' &&
		exits 0 root list --token box --json && ! grep -q '"half"' "$FOLDER/out"
}

# He comes to the terminal after somebody: nothing stands there, and the command shows him the next
# share only.
comes_later() {
	converse "'$SIGNET' root create --token box --label seen --shares 2 --threshold 2" \
		'this screen: ' 1 'compared: ' done 'this screen: ' 2 'compared: ' done || return 1
	# Between each share and the next prompt, and behind the last, the screen is cleared.
	{ tr '\r\n' '  ' < "$FOLDER/screen" | sed 's/compared: /\n/g'; echo; } | sed 1d > "$FOLDER/after"
	[ "$(wc -l < "$FOLDER/after")" = 2 ] && [ "$(grep -cE $'^(done)? *\033\\[H\033\\[2J\033\\[3J' "$FOLDER/after")" = 2 ]
}

# Who presses Enter once too often, or types the answers ahead, shows nobody the next one's share.
types_ahead() {
	! converse "'$SIGNET' root create --token box --label ahead --shares 2 --threshold 2" \
		'this screen: ' $'1\n1\n\n' 'compared: ' $'done\n2\ndone\n\n' 'this screen: ' '' 'this screen: ' $'\003' &&
		[ "$(grep -c 'Write it down' "$FOLDER/screen")" = 1 ]
}

tpm_start || exit 1
signet init --label box --machine > /dev/null || exit 1
signet init --label other --machine > /dev/null || exit 1
signet root create --token box --label root --shares 5 --threshold 3 --format base64 --all-in-one "$FOLDER/all" > /dev/null || exit 1
for name in alice bob mallory; do
	signet recovery-key --out "$FOLDER/$name" > "$FOLDER/$name.pub" || exit 1
done

check 'too few shares bring nothing back, also with one that is made up' too_few
check 'one who lies is noticed, and named where there are enough others' liar
check 'who finds encrypted shares or a recovery file opens them with no key of his own' finds_what_was_handed_out
check 'a root that may not leave for recovery is shared with nobody' shares_it_himself
check 'who ends the handing out leaves no root that nobody has' broken_off
check 'who comes to the terminal after somebody sees nothing of his share' comes_later
check 'who types ahead sees no share of the next person' types_ahead
finish
