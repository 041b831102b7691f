#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The folders of src/ are rings: a file includes only its own ring and lower
# ones, with the ring in the path, and a library only where that ring owns it.
# Prints TAP. The last tests plant a violation in a copy and expect it found.
set -euo pipefail

root=${SIGNET_TEST_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/lib/tap.sh
. "$root/tests/lib/tap.sh"
copy=
trap 'rm -rf "$copy"' EXIT

# A folder, and the folders that its files may include. The longest name counts.
rings='
src/util        util
src/crypto      crypto util
src/client      client crypto util
src/seal        seal client crypto util
src/store       store crypto util
src/core        core seal client store crypto util
src/api         api core seal client store crypto util
src/provider    provider client crypto util
src/request     request store crypto util
src/enroll      enroll request store seal client crypto util
include/signet
tools           tools api core enroll request seal client store crypto util
tests           lib attack bench ct fuzz interop tools api core enroll provider request seal client store crypto unit util
'

# A header in angle brackets, by its beginning, and the folders that may include it.
libraries='
openssl/        src/crypto src/provider tests
sodium          src/crypto src/util tests
lib25519        src/crypto tests
tss2/           src/seal/tpm tests
sqlite3         src/store tests
p11-kit/        src/core src/client src/seal/hsm src/provider tools include/signet tests
curl/           tools tests
microhttpd.h    tools tests
jansson         src/enroll src/seal tools tests
check.h         tests
valgrind/       tests
'

# Headers that don't leave their folder.
private='
crypto/ssl.h    src/crypto
crypto/x509.h   src/crypto
'

# includes TREE: every include as "file line bracket name".
includes() {
	(cd "$1" && find src include tools tests -name '*.[ch]' -exec grep -HnE '^[[:space:]]*#[[:space:]]*include' {} +) |
		sed -E 's/^([^:]*):([0-9]*):[[:space:]]*#[[:space:]]*include[[:space:]]*([<"]?)([^>"]*).*/\1 \2 \3 \4/'
}

# check TREE: print each violation on a line; says nothing about a tree that is sound.
check() {
	includes "$1" | awk -v rings="$rings" -v libraries="$libraries" -v private="$private" '
	function table(text, keys, values,    lines, n, i, key) {
		n = split(text, lines, "\n")
		for (i = 1; i <= n; i++) {
			if (lines[i] == "")
				continue
			key = lines[i]
			sub(/[ \t].*/, "", key)
			sub(/^[^ \t]*[ \t]*/, "", lines[i])
			keys[key] = 1
			values[key] = " " lines[i] " "
		}
	}
	# The folders of a list are whole parts of the path.
	function below(file, list,    folders, n, i) {
		n = split(list, folders, " ")
		for (i = 1; i <= n; i++)
			if (index(file, folders[i] "/") == 1)
				return 1
		return 0
	}
	function bad(what) { print $1 ":" $2 ": " what }
	BEGIN {
		table(rings, ring_keys, may)
		table(libraries, library_keys, users)
		table(private, private_keys, owners)
	}
	$3 == "<" {
		for (library in library_keys)
			if (index($4, library) == 1 && !below($1, users[library]))
				bad("<" $4 "> belongs to" users[library])
		next
	}
	$3 != "\"" { bad("an include that is no plain name"); next }
	{
		ring = ""
		for (folder in ring_keys)
			if (below($1, folder) && length(folder) > length(ring))
				ring = folder
		target = $4
		sub(/\/.*/, "", target)
		if (ring == "")
			bad("in no ring")
		else if ($4 == "config.h")      # made by configure; of no ring
			next
		else if (index($4, "/") == 0)
			bad("\"" $4 "\" has no ring in its path")
		else if ($4 ~ /(^|\/)\.\.?(\/|$)/)
			bad("\"" $4 "\" is relative")
		else if (index(may[ring], " " target " ") == 0)
			bad("\"" $4 "\" is not for " ring)
		else if ($4 in private_keys && !below($1, owners[$4] " tests"))
			bad("\"" $4 "\" belongs to" owners[$4])
	}'
}

# plant NAME FILE INCLUDE: add a file of that name, with its number in it, which has the include.
names=()
files=()
plant() {
	local file=${2/planted/planted_${#files[@]}}

	mkdir -p "$copy/${file%/*}"
	echo "#include $3" > "$copy/$file"
	names+=("$1")
	files+=("$file")
}

# found: one test for each that was planted, which fails if the include goes unnoticed.
found() {
	local i said

	said=$'\n'$(check "$copy")
	for i in "${!files[@]}"; do
		report "${names[i]}" "$([[ $said == *$'\n'"${files[i]}:1: "* ]] || echo "what ${files[i]} includes was not found")"
	done
}

report 'every include respects the rings' "$(check "$root")"
report 'there are includes to look at' \
	"$([ "$(includes "$root" | wc -l)" -gt 100 ] || echo 'fewer than 100 were found')"

copy=$(mktemp -d)
cp -R "$root/src" "$root/include" "$root/tools" "$root/tests" "$copy"
plant 'a higher ring is noticed' src/util/planted.c '"core/token.h"'
plant 'the other half of ring 2 is noticed' src/store/planted.c '"seal/sealer.h"'
plant 'a path without a ring is noticed' src/core/planted.c '"token.h"'
plant 'a path that goes up is noticed' src/core/planted.c '"core/../api/sign.h"'
plant 'a tool in a ring is noticed' src/core/planted.h '"tools/verb.h"'
plant 'a test in a ring is noticed' src/util/planted.c '"lib/runner.h"'
plant 'a ring in a public header is noticed' include/signet/planted.h '"core/pkcs11.h"'
plant 'OpenSSL outside crypto is noticed' src/core/planted.c '<openssl/evp.h>'
plant 'libsodium outside crypto and util is noticed' src/core/planted.c '<sodium.h>'
plant 'the TPM library outside seal/tpm is noticed' src/seal/planted.c '<tss2/tss2_esys.h>'
plant 'SQLite outside the store is noticed' src/core/planted.c '<sqlite3.h>'
plant 'the OpenSSL context outside crypto is noticed' src/core/planted.c '"crypto/ssl.h"'
plant 'a computed include is noticed' src/core/planted.c 'HEADER'
plant 'a folder in no ring is noticed' src/planted/planted.c '"util/bytes.h"'
found

done_testing
