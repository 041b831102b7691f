#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. The help, the command line, the completion and the manual page agree, and
# mistakes are answered with what was meant.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# The verbs of the overview, and what the help of each says, which is asked for once.
mapfile -t VERBS < <(signet --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z-]\{1,\}\( [a-z-]\{1,\}\)\{0,2\}\)  .*/\1/p')
declare -A HELP

# They, one a line.
verbs() {
	printf '%s\n' "${VERBS[@]}"
}

# part HEADING VERB: what stands below the heading in a help, up to an empty line, in PART.
part() {
	PART=$'\n'${HELP[$2]}
	PART=${PART#*$'\n'"$1"}
	PART=${PART%%$'\n\n'*}
}

# options VERB: those that its help lists, in OPTIONS.
options() {
	local line

	OPTIONS=()
	part Options: "$1"
	while IFS= read -r line; do
		[[ ! $line =~ ^'  '(--[a-z-]*) ]] || OPTIONS+=("${BASH_REMATCH[1]}")
	done <<< "$PART"
}

# named OPTION TEXT: tell whether the text has it, and not only a longer one that begins like it.
named() {
	[[ $2 =~ (^|[^a-z-])"$1"($|[^a-z-]) ]]
}

there_are_verbs() {
	[ "${#VERBS[@]}" -ge 19 ] && verbs | grep -qx 'root create'
}

each_has_help() {
	local verb text

	for verb in "${VERBS[@]}"; do
		# shellcheck disable=SC2086
		exits 0 $verb --help && [ ! -s "$FOLDER/err" ] || return 1
		IFS= read -r -d '' text < "$FOLDER/out"
		HELP[$verb]=$text
		[[ $text == *"Usage: signet $verb "* ]] || { echo "$verb has no usage"; return 1; }
		[[ $text == *$'\n' ]] || { echo "the help of $verb ends within a line"; return 1; }
		part $'Example:\n' "$verb"
		[[ ${PART%%$'\n'*} == *"signet $verb"* ]] || { echo "$verb has no example"; return 1; }
	done
}

help_is_a_verb_too() {
	local verb text

	for verb in "${VERBS[@]}"; do
		# shellcheck disable=SC2086
		signet help $verb > "$FOLDER/out"
		IFS= read -r -d '' text < "$FOLDER/out"
		[ "$text" = "${HELP[$verb]}" ] || { echo "$verb"; return 1; }
	done
}

# Verbs of two words: the first alone has a help that lists them, each with an example.
groups_have_help() {
	local group verb groups

	groups=$(verbs | sed -n 's/ .*//p' | sort -u)
	[ "$(wc -w <<< "$groups")" -ge 2 ] || return 1
	for group in $groups; do
		exits 0 "$group" --help && [ ! -s "$FOLDER/err" ] || return 1
		[ "$(cat "$FOLDER/out")" = "$(signet help "$group")" ] && [ "$(cat "$FOLDER/out")" = "$(signet "$group" --nonsense -h)" ] || return 1
		while read -r verb; do
			sed -n '/^Verbs:/,/^$/p' "$FOLDER/out" | grep -q "^  $verb  *[a-z]" &&
				sed -n '/^Examples:/,$p' "$FOLDER/out" | grep -q "^  signet $verb" || { echo "$verb"; return 1; }
		done < <(verbs | grep "^$group ")
	done
}

# Every option stands in the line of usage, and every option of that line is taken.
usage_is_true() {
	local verb usage option

	for verb in "${VERBS[@]}"; do
		part Usage: "$verb"
		usage=$PART
		options "$verb"
		for option in "${OPTIONS[@]}"; do
			[ "$option" = --help ] || named "$option" "$usage" || { echo "$verb $option"; return 1; }
		done
		while [[ $usage =~ --[a-z-]+ ]]; do
			option=${BASH_REMATCH[0]}
			[[ " ${OPTIONS[*]} " == *" $option "* ]] || { echo "$verb $option"; return 1; }
			usage=${usage#*"$option"}
		done
	done
}

complete_words() {
	COMP_WORDS=(signet "$@")
	COMP_CWORD=$#
	_signet
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

completion_is_true() {
	local verb words

	# shellcheck source=tools/completion.bash
	. "$SIGNET_TEST_SRCDIR/tools/completion.bash"
	diff <({ verbs | cut -d' ' -f1 | sort -u; printf '%s\n' help --help --version; } | sort) \
		<(complete_words '') || return 1
	for verb in "${VERBS[@]}"; do
		read -ra words <<< "$verb"
		options "$verb"
		# The one verb that is also the first word of others.
		[ "$verb" != enroll ] || mapfile -t -O "${#OPTIONS[@]}" OPTIONS < <(verbs | sed -n 's/^enroll //p')
		[ "$(printf '%s\n' "${OPTIONS[@]}" | sort)" = "$(complete_words "${words[@]}" '')" ] || { echo "$verb"; return 1; }
	done
}

completion_knows_arguments() {
	# shellcheck source=tools/completion.bash
	. "$SIGNET_TEST_SRCDIR/tools/completion.bash"
	[ "$(complete_words request '' | xargs)" = 'sign verify' ] && [ "$(complete_words curl --form '' | xargs)" = 'hmac rfc9421 vault' ] &&
	[ "$(complete_words root '' | xargs)" = "$(verbs | sed -n 's/^root //p' | sort | xargs)" ] &&
		[ "$(complete_words help pin '' | xargs)" = 'reset set' ] && [ "$(complete_words enroll a)" = answer ] &&
		[ "$(complete_words help enroll '' | xargs)" = "$(verbs | sed -n 's/^enroll //p' | sort | xargs)" ] && [ "$(complete_words help sign '')" = '' ] &&
		[ "$(complete_words pubkey --format '' | xargs)" = 'all pem raw ssh' ] &&
		[ "$(complete_words sign --format r)" = raw ] &&
		[ "$(complete_words sign --label '')" = '' ]
}

manual_is_true() {
	local verb option text all=()

	text=$(cat "$SIGNET_TEST_SRCDIR"/doc/signet{,-curl,-enroll,-fleet,-registrar,-request}.1 | sed 's/\\&//g; s/Fl -/--/g; s/Cm //g')
	for verb in "${VERBS[@]}"; do
		grep -qE "^(\.It Nm |\.Nm )$verb( |\$)" <<< "$text" || { echo "$verb"; return 1; }
		options "$verb"
		all+=("${OPTIONS[@]}")
	done
	for option in $(printf '%s\n' "${all[@]}" | sort -u); do
		grep -qF -- "$option" <<< "$text" || { echo "$option"; return 1; }
	done
	for code in $(signet --help | sed -n '/^Exit codes:/,/^$/s/^ *\([0-9]*\)  .*/\1/p'); do
		grep -qx "\.It $code" <<< "$text" || { echo "exit code $code"; return 1; }
	done
}

manual_is_clean() {
	local found

	found=$(mandoc -Tlint "$SIGNET_TEST_SRCDIR"/doc/signet{,-curl,-enroll,-fleet,-registrar,-request}.1 "$SIGNET_TEST_SRCDIR"/doc/signet.conf.5 \
		"$SIGNET_TEST_SRCDIR"/doc/signet-provider.7 2>&1 |
		grep -v -e 'referenced manual not found' -e 'outdated mandoc.db')
	echo "$found"
	[ -z "$found" ]
}

configuration_is_described() {
	local key

	for key in $(grep -oE '^	\{ "[a-z-]+", "' "$SIGNET_TEST_SRCDIR/src/util/config.c" | cut -d'"' -f2); do
		grep -q "^\.It Ic $key " "$SIGNET_TEST_SRCDIR/doc/signet.conf.5" || { echo "$key"; return 1; }
	done
	[ -n "$key" ]
}

check 'the overview lists the verbs' there_are_verbs
check 'every verb has a help with an example' each_has_help
check 'signet help VERB is signet VERB --help' help_is_a_verb_too
check 'half a verb has a help that lists its second words' groups_have_help
check 'usage and options agree' usage_is_true
check 'the completion has the same verbs and options' completion_is_true
check 'the completion knows the arguments' completion_knows_arguments
check 'the manual page has every verb, option and exit code' manual_is_true
check 'signet.conf(5) has every key' configuration_is_described
if command -v mandoc > /dev/null; then
	check 'mandoc has nothing against the manual pages' manual_is_clean
else
	skip 'mandoc has nothing against the manual pages' 'mandoc is not installed'
fi

check 'the version is told' eval 'exits 0 --version && grep -qE "^signet [0-9]+\.[0-9]+" "$FOLDER/out"'
check 'help comes whatever else is there' exits 0 sign --nonsense --help
check 'no verb is an error' fails 2 'signet --help'
check 'an unknown verb suggests the nearest' fails 2 'did you mean signet keygen?' keygne
check 'the beginning of a verb suggests it' fails 2 'did you mean signet destroy?' dest
check 'a verb like no other suggests the overview' fails 2 'signet --help' frobnicate
check 'half a verb asks for the rest' fails 2 'second word' root
check 'and says where the rest is listed' fails 2 'signet root --help' root
check 'also with options behind it' fails 2 'second word' pin --token x
check 'help is asked for help' eval '[ "$(signet help --help)" = "$(signet --help)" ]'
check 'a wrong second word suggests the right one' fails 2 'did you mean signet root create?' root crete
check 'an option before the verb is an error' fails 2 'the verb comes first' --label x
check 'an unknown option suggests the nearest' fails 2 'did you mean --label?' keygen --lable x
check 'an option of another verb is not taken' fails 2 'has no option --through' keygen --through x
check 'a missing argument is named' fails 2 'must be followed by NAME' keygen --label
check 'an argument that is not wanted is an error' fails 2 'takes no argument' status --json=yes
check 'an option given twice is an error' fails 2 'given twice' keygen --label a --label=b
check 'a missing option is named' fails 2 'needs --signature FILE' verify --label x
check 'a stray word is an error' fails 2 'takes no argument "x"' status x
check 'a stray word behind -- is an error' fails 2 'takes no argument "--json"' status -- --json
check 'an empty label is an error' fails 2 'label' init --label '' --machine
check 'a PIN is no argument, and the reason is told' fails 2 'every user of the machine can read' keygen --label x --pin 1234
check 'not even with an equals sign' fails 2 'every user of the machine can read' keygen --label x --pin=1234
check 'a PIN given as argument is not repeated' eval '! says 1234'
check 'two things from standard input are an error' fails 2 'both be read' sign --label x --pin-file -
finish
