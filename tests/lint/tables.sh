#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tables of doc/pkcs11.md are those of the code, line by line. Prints TAP; with
# --write it puts the code's tables into the document instead ("make doc-tables").
# tests/lint/tables.c makes them; in the document each stands between two marks.
set -euo pipefail

root=${SIGNET_TEST_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
program=${SIGNET_TEST_BUILDDIR:-$PWD}/tests/lint/tables
document=doc/pkcs11.md
tables=(functions mechanisms keys attributes)
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shown DOCUMENT TABLE: what stands between the marks of the table.
shown() {
	awk -v table="$2" '$0 == "<!-- end -->" { inside = 0 }
		inside { print }
		$0 == "<!-- make doc-tables: " table " -->" { inside = 1 }' "$1"
}

# difference DOCUMENT TABLE: what would have to change.
difference() {
	shown "$1" "$2" > "$work/shown"
	diff -u --label "$document" --label 'the code; "make doc-tables" writes it' "$work/shown" "$work/$2" || true
}

# rewrite DOCUMENT: print it with the tables of the code.
rewrite() {
	awk -v folder="$work" '$0 == "<!-- end -->" { inside = 0 }
		!inside { print }
		/^<!-- make doc-tables: [a-z]+ -->$/ {
			inside = 1
			file = folder "/" $4
			while ((getline text < file) > 0)
				print text
			close(file)
		}' "$1"
}

for table in "${tables[@]}"; do
	"$program" "$table" > "$work/$table" ||
		bail "$program $table fails: $(cat "$work/$table")"
done

if [ "${1:-}" = --write ]; then
	rewrite "$root/$document" > "$work/new"
	cmp -s "$work/new" "$root/$document" || cat "$work/new" > "$root/$document"
	exit 0
fi

for table in "${tables[@]}"; do
	report "the document has the $table of the code" "$(difference "$root/$document" "$table")"
	report "the $table are more than a heading" \
		"$([ "$(wc -l < "$work/$table")" -gt 4 ] || cat "$work/$table")"
	sed "3s/ |/ x |/" "$work/$table" > "$work/planted"
	{ echo "<!-- make doc-tables: $table -->"; cat "$work/planted"; echo '<!-- end -->'; } > "$work/document"
	report "a wrong line among the $table is noticed" \
		"$([ -n "$(difference "$work/document" "$table")" ] || echo 'it was not')"
	rewrite "$work/document" > "$work/mended"
	report "and is mended" "$(difference "$work/mended" "$table")"
done

done_testing
