#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the documents say of files and tests is true: `folder/file.c` is there, below
# tests/, src/ or at the top, and `folder/file.c: name` has a test of that name. Each line
# of the threat model names an attack. Prints TAP; each rule is tried on a planted violation too.
#
# The rules are called by their names:
# shellcheck disable=SC2016,SC2317
set -euo pipefail

root=${SIGNET_TEST_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"
copy=
trap 'rm -rf "$copy"' EXIT

# documents TREE: those that cite.
documents() {
	(
		cd "$1"
		find . -maxdepth 1 -name README.md
		[ ! -d doc ] || find ./doc -name '*.md'
	)
}

# citations TREE: "document file" or "document file: name", one a line.
citations() {
	local document

	while read -r document; do
		{ grep -oE '`[a-z]+/[A-Za-z0-9_./-]+\.(c|h|sh|md|env)(: [^`]+)?`' "$1/$document" || true; } | tr -d '`' |
			sed "s,^,$document ,"
	done < <(documents "$1")
}

# resolve TREE FILE: find where a cited file lies, as FOUND.
resolve() {
	local folder

	FOUND=
	for folder in tests src .; do
		if [ -z "$FOUND" ] && [ -f "$1/$folder/$2" ]; then
			FOUND=$folder/$2
		fi
	done
}

# names TREE: every test below tests/ as "file: name", in C or in a script.
names() {
	[ -d "$1/tests" ] || return 0
	(
		cd "$1"
		LC_ALL=C find tests \( -name '*.[ch]' -o -name '*.sh' \) -exec awk '
		/^START_TEST\([a-z0-9_]+\)$/ { print FILENAME ": " substr($0, 12, length($0) - 12) }
		/^[ \t]*(it|check) \047[^\047]*\047/ { split($0, part, "\047"); print FILENAME ": " part[2] }' {} +
	)
}

missing_files() {
	local document file

	while read -r document file; do
		file=${file%%: *}
		resolve "$1" "$file"
		[ -n "$FOUND" ] || echo "$document: there is no $file"
	done < <(citations "$1")
}

missing_tests() {
	local document citation
	local -A there=()

	while read -r citation; do
		there[$citation]=1
	done < <(names "$1")
	while read -r document citation; do
		[[ $citation == *': '* ]] || continue
		resolve "$1" "${citation%%: *}"
		[ -z "$FOUND" ] || [ -n "${there[$FOUND: ${citation#*: }]:-}" ] || echo "$document: there is no test $citation"
	done < <(citations "$1")
}

# Lines of the threat model's table whose last cell names no attack that is carried out.
claims_without_test() {
	[ -f "$1/doc/threat-model.md" ] || return 0
	awk -F '|' '/^\| / && $2 !~ /attacker|---/ && $(NF - 1) !~ /`attack\/[^`]+: [^`]+`/ { print $2 }' \
		"$1/doc/threat-model.md"
}

# rule NAME FUNCTION FILE TEXT: the tree keeps the rule, and the text in the file breaks it.
rule() {
	report "$1" "$("$2" "$root")"
	copy=$(mktemp -d)
	mkdir -p "$copy/doc" "$copy/tests/unit"
	printf '/* START_TEST(another) */\nSTART_TEST(one)\n' > "$copy/tests/unit/test_planted.c"
	printf "check 'one' f\n" > "$copy/tests/unit/planted.sh"
	printf '%s\n' "$4" > "$copy/$3"
	report "$1: a violation is noticed" "$([ -n "$("$2" "$copy")" ] || echo "$2 did not notice \"$4\" in $3")"
	rm -rf "$copy"
}

report 'there are citations to look at' \
	"$([ "$(citations "$root" | grep -c ': ')" -ge 30 ] || echo 'fewer than 30 name a test')"
rule 'every file that is cited is there' missing_files doc/planted.md 'see `unit/test_nothing.c`'
rule 'every test that is cited is there' missing_tests README.md 'see `unit/test_planted.c: another`'
rule 'every test of a script that is cited is there' missing_tests README.md 'see `unit/planted.sh: two`'
rule 'every line of the threat model names an attack' claims_without_test doc/threat-model.md '| who | gets | not | `api/a.c: b` |'

done_testing
