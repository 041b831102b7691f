#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the style of the project asks of every file and a machine can see. Prints
# TAP. Each rule is tried on a planted violation as well.
#
# The rules are called by their names, and programs of awk have dollars of their own:
# shellcheck disable=SC2016,SC2317
set -euo pipefail

root=${SIGNET_TEST_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"
copy=
trap 'rm -rf "$copy"' EXIT

# files TREE FIND-EXPRESSION...: the project's own files, not those of builds or tools: what
# lies at the top, and in the folders of the project.
files() {
	local tree=$1 folder
	local own=()

	shift
	for folder in .ci doc include m4 scripts src tests tools; do
		[ ! -d "$tree/$folder" ] || own+=("./$folder")
	done
	(
		cd "$tree"
		find . -maxdepth 1 ! -name aclocal.m4 ! -name 'config.*' ! -name configure ! -name '*~' -type f "$@" -print
		[ ${#own[@]} -eq 0 ] || find "${own[@]}" -path './m4/l*.m4' -prune -o -type f "$@" -print
	) | sed 's,^\./,,' | sort
}

# search TREE FILES PATTERN: matching lines in the files (one a line) of the tree.
search() {
	[ -n "$2" ] || return 0
	(
		cd "$1"
		xargs -d '\n' grep -HnE -e "$3" <<< "$2" || true
	)
}

sources() { files "$1" \( -name '*.[ch]' -o -name '*.sh' -o -name '*.map' -o -name '*.py' -o -name '*.java' \); }

# each TREE FILES PROGRAM: run an awk program over all of the files (one a line) of the tree at once.
each() {
	[ -n "$2" ] || return 0
	(
		cd "$1"
		LC_ALL=C xargs -d '\n' awk "$3" <<< "$2"
	)
}

# Of a file of no line awk tells nothing.
licence() {
	each "$1" "$(sources "$1"; scripts "$1")" '
	function told() { if (file != "" && !named) print file }
	FNR == 1 { told(); file = FILENAME; named = 0 }
	FNR <= 2 && /SPDX-License-Identifier: Apache-2\.0/ { named = 1 }
	END { told() }'
	empty "$1"
}

# Sources and scripts without a line.
empty() {
	local file

	{ sources "$1"; scripts "$1"; } | while read -r file; do
		[ -s "$1/$file" ] || echo "$file"
	done
}

# Scripts have no ending.
scripts() {
	local name

	for name in quickstart tests/run .ci/run; do
		[ ! -f "$1/$name" ] || echo "$name"
	done
}

# The marks stand in two pieces so that this file doesn't hold them.
marks() {
	search "$1" "$(files "$1" \( -name '*.[ch]' -o -name '*.sh' -o -name '*.mk' -o -name '*.am' -o -name '*.ac' \
		-o -name '*.in' -o -name '*.md' -o -name '*.[1-8]' -o -name '*.py' -o -name '*.java' -o -name run -o -name quickstart \))" \
		'\<(TO''DO|FIX''ME|XX''X)\>'
}

hidden_types() {
	search "$1" "$(files "$1" -path './src/*' -name '*.[ch]')" \
		'^[[:space:]]*typedef[[:space:]]+(struct|union|enum)\>' | grep -vF '(*' || true
}

# Fixtures may, between two bounded looks at whether a daemon is up; tests may not.
waiting() {
	search "$1" "$(files "$1" -path './tests/*' ! -path './tests/lib/*' ! -path ./tests/lint/style.sh \
		\( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.java' -o -name run \))" \
		'\<(sleep|usleep|nanosleep|clock_nanosleep|g_usleep)\>([[:space:]]*\(|[[:space:]]+[0-9$."])'
}

# Folders of whoever wrote it, which nobody else has.
machine_paths() {
	search "$1" "$(files "$1" \( -name '*.[ch]' -o -name '*.sh' -o -name '*.mk' -o -name '*.md' -o -path './doc/*' \
		-o -name run -o -name quickstart \) ! -path ./tests/lint/style.sh)" \
		'(^|[^[:alnum:]_.-])/(mnt|home/[[:alnum:]])' |
		grep -vE '/home/(someone|user|you)\>' || true
}

hidden_flow() {
	each "$1" "$(files "$1" -path './src/*' -name '*.[ch]')" '
	FNR == 1 { inside = 0 }
	/^[ \t]*#[ \t]*define/ { inside = 1 }
	inside && /(^|[^A-Za-z0-9_])(goto|return)([^A-Za-z0-9_]|$)/ { print FILENAME ":" FNR ": " $0 }
	!/\\$/ { inside = 0 }'
}

# Columns with tabs of eight. A line that ends in a text may have ten more: texts that are
# printed are better to find whole.
long_lines() {
	each "$1" "$(files "$1" \( -path './src/*' -o -path './tools/*' -o -path './include/*' \) -name '*.[ch]')" '
	function columns(s,    n, at) {
		gsub(/[\200-\277]/, "", s)    # of a character of several bytes one is left
		while ((at = index(s, "\t")) > 0) {
			n += at - 1
			n += 8 - n % 8
			s = substr(s, at + 1)
		}
		return n + length(s)
	}
	# Twelve characters are short enough whatever they are.
	length($0) > 12 && columns($0) > (/"[^"A-Za-z]*$/ ? 110 : 100) {
		print FILENAME ":" FNR ": " columns($0) " columns"
	}'
}

# rule NAME FUNCTION FILE TEXT: the tree keeps the rule, and the text in the file breaks it.
rule() {
	local found

	report "$1" "$("$2" "$root")"
	copy=$(mktemp -d)
	mkdir -p "$copy/$(dirname "$3")"
	printf '%b\n' "$4" > "$copy/$3"
	found=$("$2" "$copy")
	rm -rf "$copy"
	report "$1: a violation is noticed" \
		"$([ -n "$found" ] || echo "$2 did not notice \"$4\" in $3")"
}

rule 'every source names its licence' licence src/core/planted.c '/* no licence */\nint x;'
rule 'every program of the tests names its licence' licence tests/interop/planted.py 'print(1)'
rule 'nothing is left to do' marks src/core/planted.c "/* TO""DO: later */"
rule 'no struct hides behind a typedef' hidden_types src/core/planted.h 'typedef struct a a;'
rule 'no test sleeps' waiting tests/unit/planted.c 'int f(void) { return sleep(1); }'
rule 'no script of the tests sleeps' waiting tests/interop/planted.sh 'sleep 0.1'
rule 'no program of the tests sleeps' waiting tests/interop/planted.java 'Thread.sleep(10);'
rule 'no file names a path of a machine' machine_paths doc/planted.md 'see /home/me/notes'
rule 'no macro returns or jumps' hidden_flow src/core/planted.h '#define T(x) \\\\\n\tif (x) return'

rule 'no line is longer than a hundred columns' long_lines src/core/planted.c \
	"/* $(printf '%098d' 0) */"

done_testing
