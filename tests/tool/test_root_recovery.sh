#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Having a root back: shares and recovery keys, handed out, rehearsed, and brought to a
# machine that has nothing else.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/tool/terminal.sh
. "$SIGNET_TEST_SRCDIR/tests/tool/terminal.sh"

# of FILE...: the options that name these files with shares.
of() {
	local file

	for file; do
		printf -- '--share %s ' "$FOLDER/$file"
	done
}

# made LABEL ARGUMENT...: a root of that label, and one key that it wrapped.
made() {
	exits 0 root create --label "$1" "${@:2}" && signet wrap --root "$1" --new > "$FOLDER/$1.key"
}

needs_one_of_three() {
	fails 2 'Choose one: --shares 5 --threshold 3' root create --label x && says --no-recovery &&
		fails 2 'two are given' root create --label x --no-recovery --shares 3 --threshold 2 &&
		fails 2 'two are given' root create --label x --recovery-key k --recovery-file f --shares 3 --threshold 2 &&
		fails 3 'no secret key' wrap --root x --new
}

numbers_are_checked() {
	fails 2 'belong together' root create --label x --shares 3 &&
		fails 2 'from 2 to 16' root create --label x --shares 17 --threshold 2 &&
		fails 2 'from 2 to 16' root create --label x --shares 3 --threshold 1 &&
		fails 2 'from 2 to 16' root create --label x --shares 3 --threshold 2x &&
		fails 2 'only 3 shares' root create --label x --shares 3 --threshold 4 --all-in-one "$FOLDER/none" &&
		[ ! -e "$FOLDER/none" ]
}

plain_shares_are_not_written_unasked() {
	fails 2 'there is none' root create --label x --shares 3 --threshold 2 &&
		fails 2 'for encrypted shares' root create --label x --shares 3 --threshold 2 --out-dir "$FOLDER/dir" &&
		[ ! -e "$FOLDER/dir" ] && fails 3 'no secret key' wrap --root x --new
}

all_in_one() {
	made one --shares 5 --threshold 3 --all-in-one "$FOLDER/all" && prints 'shares 3/5' &&
		[ "$(stat -c %a "$FOLDER/all")" = 600 ] && [ "$(grep -vc '^#' "$FOLDER/all")" = 5 ] &&
		fails 9 'Nothing is written over' root create --label y --shares 5 --threshold 3 --all-in-one "$FOLDER/all" &&
		fails 3 'no secret key' wrap --root y --new || return 1
	grep -v '^#' "$FOLDER/all" | split -l 1 -a 1 --numeric-suffixes=1 - "$FOLDER/s"
}

as_base64() {
	made two --shares 2 --threshold 2 --format base64 --all-in-one fd:7 7> "$FOLDER/b64" &&
		[ "$(grep -cE '^[A-Za-z0-9+/]{76}$' "$FOLDER/b64")" = 2 ] &&
		exits 0 root rehearse --share fd:8 --root two 8< "$FOLDER/b64" && prints 'version 1 of the root "two"'
}

list_says_so() {
	exits 0 root list --json && json one 0 label && json recovery 0 leave &&
		"$JSON" 0 recovery < "$FOLDER/out" | grep -qE '^shares 3/5 [0-9a-f]{16}$' &&
		exits 0 root list && prints 'may leave the token for recovery' && prints 'recovery: shares 3/5'
}

# Every three of the five, without a token; and no two of them.
rehearsed_without_a_token() {
	local i j k

	for i in 1 2 3; do
		for ((j = i + 1; j <= 4; j++)); do
			for ((k = j + 1; k <= 5; k++)); do
				# shellcheck disable=SC2046
				SIGNET_STATE=$FOLDER/nothing SIGNET_TCTI=none exits 0 root rehearse $(of s$i s$j s$k) &&
					prints "Shares $i, $j, $k of 5" || return 1
			done
			# shellcheck disable=SC2046
			fails 8 'it takes 3 shares of one sharing, and there are 2' root rehearse $(of s$i s$j) || return 1
		done
	done
	[ ! -e "$FOLDER/nothing" ]
}

rehearsed_against_the_root() {
	# shellcheck disable=SC2046
	exits 0 root rehearse $(of s1 s2 s3) --root one && prints 'version 1 of the root "one"' &&
		fails 8 'another root than "two"' root rehearse $(of s1 s2 s3) --root two &&
		exits 0 root rehearse $(of s5 s2 s3) --root one --json && json 5 shares 0 && json one compared_with &&
		exits 0 root list --json && json one 0 label && json two 1 label
}

# bent FILE WORD TEXT: the share with another word.
bent() {
	awk -v n="$2" -v w="$3" '{ $n = w; print }' "$FOLDER/$1"
}

mistakes_are_named() {
	local other

	other=$(awk '{ w = $7; print substr(w, 1, 4) (substr(w, 5) == "b" ? "d" : "b") }' "$FOLDER/s2")
	bent s2 7 "$other" > "$FOLDER/bad"
	# shellcheck disable=SC2046
	fails 8 "bad line 1: word 7 is mistyped" root rehearse $(of s1 bad s3) || return 1
	bent s2 29 babax > "$FOLDER/bad"
	# shellcheck disable=SC2046
	fails 8 "bad line 1: word 29 is mistyped" root rehearse $(of s1 bad s3) || return 1
	cut -d' ' -f 1-28 "$FOLDER/s2" > "$FOLDER/bad"
	# shellcheck disable=SC2046
	fails 8 'has not the 29 words' root rehearse $(of s1 bad s3) || return 1
	sed -n 2p "$FOLDER/b64" | sed 's/.$/#/' > "$FOLDER/bad"
	# shellcheck disable=SC2046
	fails 1 'bad line 1 is no share' root rehearse $(of s1 bad s3) || return 1
	sed -n 2p "$FOLDER/b64" | sed 's/^\(.\{60\}\)../\1AA/' > "$FOLDER/bad"
	# shellcheck disable=SC2046
	fails 8 'bad line 1 was damaged' root rehearse $(of s1 bad s3) || return 1
	: > "$FOLDER/bad"
	# shellcheck disable=SC2046
	fails 1 'there is no share in' root rehearse $(of s1 bad s3)
}

# Six words in a line, as they are shown.
lines_of_six_are_read() {
	xargs -n 6 < "$FOLDER/s4" > "$FOLDER/lines"
	# shellcheck disable=SC2046
	exits 0 root rehearse $(of s1 lines s3) --root one &&
		awk '{ printf "    words %2d to %2d:  %s\n", 6 * NR - 5, 6 * NR, $0 }' "$FOLDER/lines" > "$FOLDER/shown" &&
		exits 0 root rehearse $(of s1 shown s3) --root one
}

repeated_and_foreign_are_named() {
	# shellcheck disable=SC2046
	fails 8 's2 line 1: share 2 of 5 is there already' root rehearse $(of s1 s2 s2) && says 'there are 2' &&
		exits 0 root rehearse $(of s1 s2 s2 s3) && says 'is there already' || return 1
	# shellcheck disable=SC2046
	fails 8 'no sharing has the most of them' root rehearse $(of s1 s2 b64) && says 'b64 line 2: share 1 of 2 is of the sharing' &&
		exits 8 root rehearse $(of s1 s2 s3 b64) && prints 'bring a root back' && says 'b64 line 2: share 1 of 2 is of another sharing'
}

open_files_are_refused() {
	cp "$FOLDER/s1" "$FOLDER/open"
	chmod 0644 "$FOLDER/open"
	# shellcheck disable=SC2046
	fails 1 chmod root rehearse $(of open s2 s3)
}

keys_are_made() {
	local name

	for name in alice bob carol; do
		signet recovery-key --out "$FOLDER/$name" > "$FOLDER/$name.pub" || return 1
		[ "$(stat -c %a "$FOLDER/$name")" = 600 ] && grep -q '^SIGNET-SECRET-KEY-1' "$FOLDER/$name" &&
			[ "$(signet recovery-key --key-file "$FOLDER/$name")" = "$(cat "$FOLDER/$name.pub")" ] || return 1
	done
	fails 9 'Nothing is written over' recovery-key --out "$FOLDER/alice" && fails 2 'give one of them' recovery-key &&
		fails 2 'no terminal' recovery-key --out tty
}

mistyped_keys_are_named() {
	local key

	key=$(cat "$FOLDER/alice.pub")
	fails 8 'look at its character 20' root create --label x --recovery-file "$FOLDER/none" \
		--recovery-key "${key:0:19}$(tr 'qp' 'pq' <<< "${key:19:1}" | sed "s/^${key:19:1}$/q/")${key:20}" || return 1
	sed 's/.$//' "$FOLDER/alice.pub" > "$FOLDER/short"
	fails 8 'too short or too long' root create --label x --recovery-file "$FOLDER/none" --recovery-key "$FOLDER/short" &&
		fails 2 'has a private half' root create --label x --recovery-file "$FOLDER/none" --recovery-key "$FOLDER/alice" &&
		fails 3 'begins with signet1' root create --label x --recovery-file "$FOLDER/none" --recovery-key signet-of-nobody &&
		[ ! -e "$FOLDER/none" ]
}

everybody_has_a_key() {
	local a=$FOLDER/alice.pub b=$FOLDER/bob.pub c=$FOLDER/carol.pub

	fails 2 'is given twice' root create --label x --shares 3 --threshold 2 --share-key "$a" --share-key "$b" --share-key "$a" &&
		fails 2 'each person has one' root create --label x --shares 3 --threshold 2 --share-key "$a" --share-key "$b" &&
		fails 2 'more of --share-key' root create --label x --shares 2 --threshold 2 --share-key "$a" --share-key "$b" --share-key "$c" &&
		fails 2 'for plain shares' root create --label x --shares 2 --threshold 2 --share-key "$a" --share-key "$b" --format words &&
		fails 3 'no secret key' wrap --root x --new
}

encrypted_to_files() {
	made three --shares 3 --threshold 2 --share-key "$FOLDER/alice.pub" --share-key "$(cat "$FOLDER/bob.pub")" \
		--share-key "$FOLDER/carol.pub" --out-dir "$FOLDER/boxes" &&
		[ "$(find "$FOLDER/boxes" -type f -perm 600 | wc -l)" = 3 ] &&
		"$JSON" share < "$FOLDER/boxes/share-2.json" | grep -qx 2 &&
		"$JSON" key < "$FOLDER/boxes/share-2.json" | cmp - "$FOLDER/bob.pub"
}

encrypted_to_standard_output() {
	made four --shares 3 --threshold 2 --share-key "$FOLDER/alice.pub" --share-key "$FOLDER/bob.pub" \
		--share-key "$FOLDER/carol.pub" && says 'Made the decryption root "four"' && cp "$FOLDER/out" "$FOLDER/four.boxes" &&
		[ "$(wc -l < "$FOLDER/out")" = 3 ] &&
		fails 2 'name a folder with --out-dir' root create --label x --json --shares 2 --threshold 2 \
			--share-key "$FOLDER/alice.pub" --share-key "$FOLDER/bob.pub" &&
		exits 0 root rehearse --share - --key-file "$FOLDER/alice" --key-file "$FOLDER/bob" --key-file "$FOLDER/carol" \
			--root four < "$FOLDER/four.boxes"
}

boxes_open_with_their_keys() {
	local boxes=(--share "$FOLDER/boxes/share-1.json" --share "$FOLDER/boxes/share-3.json")

	exits 0 root rehearse "${boxes[@]}" --key-file "$FOLDER/alice" --key-file "$FOLDER/carol" --root three &&
		fails 3 'which is not given' root rehearse "${boxes[@]}" --key-file "$FOLDER/alice" --key-file "$FOLDER/bob" || return 1
	sed 's/"box":"...../"box":"AAAAA/' "$FOLDER/boxes/share-1.json" > "$FOLDER/bad"
	fails 8 'bad line 1 was damaged' root rehearse --share "$FOLDER/bad" "${boxes[@]:2}" --key-file "$FOLDER/alice" \
		--key-file "$FOLDER/carol" &&
		fails 1 'is no encrypted share' root rehearse --share - --key-file "$FOLDER/alice" <<< '{"signet":"share"}'
}

for_a_recovery_key() {
	made five --recovery-key "$FOLDER/alice.pub" --recovery-file "$FOLDER/five.json" --leave recovery,send --usage both &&
		prints "key $(cat "$FOLDER/alice.pub")" && exits 0 root list --json && json recovery,send 4 leave &&
		json 'encrypt, decrypt, wrap, unwrap' 4 usage &&
		exits 0 root rehearse --recovery-file "$FOLDER/five.json" --key-file "$FOLDER/alice" --root five &&
		fails 3 'which is not given' root rehearse --recovery-file "$FOLDER/five.json" --key-file "$FOLDER/bob" &&
		fails 2 'needs --key-file' root rehearse --recovery-file "$FOLDER/five.json" &&
		fails 1 'is no recovery file' root rehearse --recovery-file "$FOLDER/boxes/share-1.json" --key-file "$FOLDER/alice"
}

# "-" is standard output wherever shares and recovery files go, and no file of that name.
dash_is_standard_output() {
	local SIGNET

	SIGNET=$(realpath "$SIGNET_TEST_BUILDDIR/signet")
	(cd "$FOLDER" && exits 0 root create --label dash --shares 2 --threshold 2 --all-in-one -) && says 'Made the decryption root "dash"' &&
		[ ! -e "$FOLDER/-" ] && [ "$(grep -vc '^#' "$FOLDER/out")" = 2 ] && cp "$FOLDER/out" "$FOLDER/dashed" &&
		exits 0 root rehearse --share "$FOLDER/dashed" --root dash && exits 0 delete --label dash --yes &&
		fails 2 "can't both go" root create --label x --shares 2 --threshold 2 --all-in-one - --json &&
		fails 2 'another place for the private half' recovery-key --out -
}

# What the token's sealer can't enforce is refused before anybody has written anything down.
tried_before_it_is_handed_out() {
	printf 'allow-soft = yes\nsoft-passphrase-file = %s\n' "$FOLDER/alice.pub" > "$SIGNET_CONF"
	exits 0 init --label plain --machine --sealer soft || return 1
	head -c 32 /dev/urandom > "$FOLDER/raw"
	for way in "--recovery-key $FOLDER/alice.pub --recovery-file" '--shares 2 --threshold 2 --all-in-one'; do
		# shellcheck disable=SC2086
		fails 6 'nothing was handed out' root create --token plain --label x --pcr sha256:7 $way fd:7 7> "$FOLDER/none" && [ ! -s "$FOLDER/none" ] &&
			fails 6 'nothing was handed out' root import --token plain --label x --pcr sha256:7 $way fd:7 7> "$FOLDER/none" < "$FOLDER/raw" &&
			[ ! -s "$FOLDER/none" ] && ! says 'belongs to no root' > /dev/null || return 1
	done
	rm "$FOLDER/none"
	exits 0 root create --token plain --label x --shares 2 --threshold 2 --all-in-one "$FOLDER/none" && rm "$FOLDER/none" &&
		exits 0 list --token plain --json && [ "$(grep -c '"label"' "$FOLDER/out")" = 1 ] && exits 0 destroy --token plain --yes && : > "$SIGNET_CONF"
}

# What is not whole is no root, and nothing is left of it.
nothing_is_left_of_a_failure() {
	mkdir "$FOLDER/half" && : > "$FOLDER/half/share-2.json"
	fails 9 'Nothing is written over' root create --label x --shares 2 --threshold 2 --share-key "$FOLDER/alice.pub" \
		--share-key "$FOLDER/bob.pub" --out-dir "$FOLDER/half" && [ ! -e "$FOLDER/half/share-1.json" ] &&
		[ -e "$FOLDER/half/share-2.json" ] && fails 3 'no secret key' wrap --root x --new
}

without_recovery() {
	exits 0 root create --label none --no-recovery && prints "can't be had back" && exits 0 root list --json &&
		json none 5 leave && json none 5 recovery &&
		fails 1 'may not leave for recovery' root share --root none --shares 2 --threshold 2 --all-in-one "$FOLDER/none" &&
		[ ! -e "$FOLDER/none" ] && fails 2 'the way recovery' root create --label x --shares 2 --threshold 2 \
		--all-in-one "$FOLDER/none" --leave send && fails 2 'must be a list' root create --label x --no-recovery --leave all
}

shared_anew() {
	exits 0 root share --root one --shares 2 --threshold 2 --all-in-one "$FOLDER/again" && prints 'as well' &&
		exits 0 root list && prints 'recovery: shares 2/2' && exits 0 root rehearse --share "$FOLDER/again" --root one &&
		! grep -q 'is another' "$FOLDER/err" || return 1
	# shellcheck disable=SC2046
	exits 0 root rehearse $(of s1 s2 s3) --root one && says 'is another and works as well'
}

doctor_says_what_is_lost() {
	exits 0 doctor && prints '1 of 6 can'"'"'t be had back' && prints '"none" among them' && prints 'signet root rotate'
}

# Another token, where nothing is but what people have.
recovered() {
	exits 0 init --label other --machine &&
		exits 0 root recover --token other --label one --share "$FOLDER/again" && prints 'Recovered the decryption root "one"' &&
		exits 0 unwrap --token other --root one --check < "$FOLDER/one.key" &&
		exits 0 root recover --token other --label five --usage both --recovery-file "$FOLDER/five.json" \
			--key-file "$FOLDER/alice" --json && json "key $(cat "$FOLDER/alice.pub")" recovery && json recovery leave &&
		exits 0 unwrap --token other --root five --check < "$FOLDER/five.key" &&
		fails 9 already root recover --token other --label one --share "$FOLDER/again" &&
		exits 0 root share --token other --root one --shares 2 --threshold 2 --all-in-one "$FOLDER/third" &&
		exits 0 root rehearse --token token --root one --share "$FOLDER/third"
}

# One that opens is replaced by the same root alone; not by that of five.
replaced() {
	fails 8 'what came back is another root' root recover --token other --label one --replace --yes \
		--recovery-file "$FOLDER/five.json" --key-file "$FOLDER/alice" && exits 0 unwrap --token other --root one --check < "$FOLDER/one.key" &&
		exits 0 root recover --token other --label one --replace --usage wrap --share "$FOLDER/again" --json && json one label &&
		json 'wrap, unwrap' usage && exits 0 unwrap --token other --root one --check < "$FOLDER/one.key" &&
		exits 3 root recover --token other --label nothing --replace --share "$FOLDER/again" &&
		fails 2 'is for --replace' root recover --token other --label one --yes --share "$FOLDER/again"
}

imported() {
	head -c 32 /dev/urandom > "$FOLDER/raw"
	exits 0 root import --token other --label bytes --no-recovery < "$FOLDER/raw" &&
		exits 0 root import --token other --label bytes-v2 --shares 2 --threshold 2 --all-in-one "$FOLDER/seven" \
			--in fd:6 --in-format base64 --json 6< <(base64 "$FOLDER/raw") && json bytes-v2 label &&
		signet wrap --token other --root bytes --new > "$FOLDER/bytes.key" &&
		exits 0 root rehearse --token other --root bytes --share "$FOLDER/seven" && prints 'version 2 of the root "bytes"' &&
		exits 0 root list --token other --json && grep -q '"version": 2' "$FOLDER/out"
}

bad_imports_are_refused() {
	local import=(root import --token other --label bad --no-recovery)

	head -c 31 "$FOLDER/raw" | fails 1 'these are 31' "${import[@]}" &&
		head -c 999 /dev/urandom | fails 1 'more than' "${import[@]}" &&
		printf '%032d' 7 | fails 1 'these 32 bytes are text' "${import[@]}" &&
		base64 "$FOLDER/raw" | fails 1 '--in-format base64' "${import[@]}" &&
		printf 'no+base/64!' | fails 1 'no base64' "${import[@]}" --in-format base64 &&
		fails 2 'must be fd:N' "${import[@]}" --in "$FOLDER/raw" && fails 2 'Choose one' root import --token other --label bad < "$FOLDER/raw" &&
		fails 3 'no secret key' wrap --token other --root bad --new
}

# Each of three people sees one share, after which the screen is cleared.
shown_one_by_one() {
	local written=('compared: ' done) seen

	converse "'$SIGNET' root create --token token --label shown --shares 3 --threshold 2" 'this screen: ' 1 "${written[@]}" \
		'this screen: ' 2 "${written[@]}" 'this screen: ' 3 "${written[@]}" &&
		grep -q 'Made the decryption root "shown"' "$FOLDER/screen" || return 1
	tr '\r' '\n' < "$FOLDER/screen" | sed -n 's/^ *words .* to .*:  //p' > "$FOLDER/words"
	[ "$(wc -w < "$FOLDER/words")" = 87 ] && [ "$(grep -c $'\033\[2J' "$FOLDER/screen")" -ge 6 ] || return 1
	seen=$(xargs < "$FOLDER/words")
	cut -d' ' -f 1-29 <<< "$seen" > "$FOLDER/p1"
	cut -d' ' -f 30-58 <<< "$seen" > "$FOLDER/p2"
	cut -d' ' -f 59-87 <<< "$seen" > "$FOLDER/p3"
	# shellcheck disable=SC2046
	exits 0 root rehearse $(of p1 p2 p3) --token token --root shown && prints 'Shares 1, 2, 3 of 3'
}

# Who breaks off has no root, and no share on the screen.
broken_off() {
	! converse "'$SIGNET' root create --token token --label broken --shares 2 --threshold 2" 'this screen: ' 1 'compared: ' $'\003' &&
		tail -c 40 "$FOLDER/screen" | grep -q $'\033\[3J' && fails 3 'no secret key' wrap --token token --root broken --new
}

# A share in one line, a share in lines of which one is mistyped, one twice, one of another sharing.
typed_in() {
	local first next wrong

	first=$(cut -d' ' -f 1-20 "$FOLDER/p3")
	next=$(cut -d' ' -f 21-29 "$FOLDER/p3")
	wrong="x$(cut -c 2- <<< "$next")"
	converse "'$SIGNET' root rehearse --token token --root shown" \
		'first line: ' "$(cat "$FOLDER/p1")" 'first line: ' "$(cat "$FOLDER/p1")" 'first line: ' "$(cat "$FOLDER/s1")" \
		'first line: ' "$first" 'from word 21 on: ' "$wrong" 'from word 21 on: ' "$next" \
		'first line: ' '' &&
		grep -q 'share 1 of 3 is there already' "$FOLDER/screen" && grep -q 'share 1 of 5 is of another sharing' "$FOLDER/screen" &&
		grep -q 'word 21 is mistyped' "$FOLDER/screen" && grep -q 'Shares 1, 3 of 3' "$FOLDER/screen" &&
		! grep -q "${first%% *}" "$FOLDER/screen"
}

# Somebody comes with a share that was replaced, and comes first: the others are not sent away.
foreign_first() {
	local fed=()

	for share in s1 p1 p3; do
		fed+=('first line: ' "$(cat "$FOLDER/$share")")
	done
	converse "'$SIGNET' root rehearse --token token --root shown" "${fed[@]}" 'first line: ' '' &&
		grep -q 'share 1 of 5 is of the sharing [0-9a-f]' "$FOLDER/screen" && grep -q 'share 1 of 3 is of the sharing [0-9a-f]' "$FOLDER/screen" &&
		grep -q 'no. 1: share 1 of 5 is of another sharing' "$FOLDER/screen" && grep -q 'Shares 1, 3 of 3' "$FOLDER/screen"
}

# spoilt: the share in base64 with another value and the sum that it then has.
spoilt() {
	base64 -d > "$FOLDER/spoil"
	printf '\\x%02x' $((0x$(od -An -tx1 -j 30 -N 1 "$FOLDER/spoil" | tr -d ' ') ^ 1)) > "$FOLDER/byte"
	# shellcheck disable=SC2059
	printf "$(cat "$FOLDER/byte")" | dd of="$FOLDER/spoil" bs=1 seek=30 conv=notrunc status=none
	# shellcheck disable=SC2059
	{ head -c 53 "$FOLDER/spoil"; printf "$(head -c 53 "$FOLDER/spoil" | sha256sum | head -c 8 | sed 's/../\\x&/g')"; } | base64 -w0
}

# A share that is whole and wrong, as somebody makes who wants to spoil it: one more names it.
wrong_one_is_named() {
	exits 0 root create --token token --label big --shares 4 --threshold 2 --format base64 --all-in-one "$FOLDER/big" &&
		grep -v '^#' "$FOLDER/big" | head -n 1 | spoilt > "$FOLDER/spoilt" &&
		grep -v '^#' "$FOLDER/big" | sed -n 2p > "$FOLDER/good" && grep -v '^#' "$FOLDER/big" | sed -n 3p > "$FOLDER/more" || return 1
	# shellcheck disable=SC2046
	fails 8 'at least one of them is wrong' root rehearse $(of spoilt good) &&
		exits 8 root rehearse $(of spoilt good more) && says 'spoilt line 1: share 1 of 4 is wrong' && prints 'Shares 2, 3 of 4' &&
		exits 0 root recover --token other --label big $(of spoilt good more) && says 'share 1 of 4 is wrong'
}

# Who has not been needed learns whether his share is right.
further_ones_are_looked_at() {
	! converse "'$SIGNET' root rehearse" 'first line: ' "$(cat "$FOLDER/good")" 'first line: ' "$(cat "$FOLDER/more")" \
		'first line: ' "$(cat "$FOLDER/spoilt")" 'first line: ' '' &&
		grep -q 'share 1 of 4 is wrong' "$FOLDER/screen" && grep -q 'Shares 2, 3 of 4' "$FOLDER/screen" &&
		grep -q 'not with all of these shares' "$FOLDER/screen"
}

names_of_versions_are_kept() {
	fails 2 'signet root rotate' root create --token other --label db-v2 --no-recovery && exits 0 root create --token other --label db-v1x --no-recovery &&
		exits 0 delete --token other --label db-v1x --yes
}

root_with_versions_is_not_made_again() {
	exits 0 root create --token other --label twice --no-recovery && exits 0 root rotate --token other --root twice --no-recovery &&
		exits 0 root retire --token other --root twice --version 1 --not-needed --yes &&
		fails 9 'there are versions of a root' root create --token other --label twice --no-recovery
}

recovered_root_says_what_it_is() {
	exits 0 root create --token other --label seal --usage encrypt --shares 2 --threshold 2 --all-in-one "$FOLDER/seal" &&
		printf 'a secret' | signet encrypt --token other --root seal > "$FOLDER/sealed" && exits 0 delete --token other --label seal --yes &&
		exits 0 root recover --token other --label seal-v3 --share "$FOLDER/seal" && prints 'It is version 3 of the root "seal".' &&
		exits 0 decrypt --token other --root seal < "$FOLDER/sealed" && prints 'a secret' && exits 0 delete --token other --label seal-v3 --yes
}

equal_bytes_are_refused() {
	head -c 32 /dev/zero > "$FOLDER/zero" && fails 1 'all the same' root import --label zero --no-recovery < "$FOLDER/zero" &&
		head -c 32 /dev/zero | base64 > "$FOLDER/zero" &&
		fails 1 'all the same' root import --label zero --in-format base64 --no-recovery < "$FOLDER/zero"
}

tpm_start || exit 1
signet init --label token --machine > /dev/null || exit 1

check 'how it can be had back must be said' needs_one_of_three
check 'how many shares there are must make sense' numbers_are_checked
check 'plain shares are not written anywhere unasked' plain_shares_are_not_written_unasked
check 'they are written to one place where that is asked for' all_in_one
check 'shares can be base64' as_base64
check 'root list says how it was arranged' list_says_so
check 'any three of five bring it back, without a token, and no two' rehearsed_without_a_token
check 'what comes back is compared with the root of the token' rehearsed_against_the_root
check 'a mistyped word is named, and what else is wrong' mistakes_are_named
check 'words in lines are read' lines_of_six_are_read
check 'a repeated or foreign share is named' repeated_and_foreign_are_named
check 'a file that others can read is refused' open_files_are_refused
check 'keys are made, to a new private file' keys_are_made
check 'a mistyped character of a key is named' mistyped_keys_are_named
check 'everybody has a key of his own' everybody_has_a_key
check 'shares are encrypted to files' encrypted_to_files
check 'shares are encrypted to standard output' encrypted_to_standard_output
check 'they open with the keys of their people' boxes_open_with_their_keys
check 'a root is closed for a recovery key' for_a_recovery_key
check '"-" is standard output for all of them' dash_is_standard_output
check 'what can not come into the token is handed out to nobody' tried_before_it_is_handed_out
check 'nothing is left where not everything could be handed out' nothing_is_left_of_a_failure
check 'a root without recovery is shared with nobody' without_recovery
check 'doctor names roots that are lost with the machine' doctor_says_what_is_lost
check 'a root is shared anew, and the older shares still work' shared_anew
check 'it is recovered on a machine that has nothing' recovered
check 'a root that opens is replaced by itself alone' replaced
check 'a root is imported from standard input or a descriptor' imported
check 'what is no root is not imported' bad_imports_are_refused
check 'a wrong share is named where there are enough others' wrong_one_is_named
check 'shares are shown to one person after the other' shown_one_by_one
check 'who breaks off has no root, and no share on the screen' broken_off
check 'typed shares are taken one by one, and mistakes named' typed_in
check 'a foreign share that comes first sends nobody away' foreign_first
check 'further shares are looked at when a root is back' further_ones_are_looked_at
check 'what looks like the next version of a root is made by rotate alone' names_of_versions_are_kept
check 'a root that has versions is not made a second time' root_with_versions_is_not_made_again
check 'a root that comes back says which version it is, and can do all that it could' recovered_root_says_what_it_is
check 'bytes that are all the same are no root' equal_bytes_are_refused
finish
