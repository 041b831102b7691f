#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Takes the defences of tests/attack/mutations out, one at a time, in a copy of the source,
# and looks whether the test that is named there fails. Usage: mutate.sh [WORD], in the folder
# of a build; with a word only those mutations whose text has it. MUTATIONS names another list. A
# test that fails with nothing taken out notices nothing, and is refused.
# With --check it only looks whether each can be taken out of the source as it is now, and
# whether the test is there.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
list=${MUTATIONS:-$root/tests/attack/mutations}
copy=$PWD/mutate
jobs=$(nproc)

# Fields of the mutation at hand.
defence='' file='' notices=''
edits=()

# each FUNCTION: call it for each mutation, with the fields set.
each() {
	local line

	defence='' file='' notices='' edits=()
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		'#'*) ;;
		'defence: '*) defence=${line#*: } ;;
		'file: '*) file=${line#*: } ;;
		'edit: '*) edits+=("${line#*: }") ;;
		'notices: '*) notices=${line#*: } ;;
		'')
			[ -z "$defence$file$notices${edits[*]}" ] || "$1"
			defence='' file='' notices='' edits=()
			;;
		*)
			echo "$list: what is \"$line\"?" >&2
			exit 2
			;;
		esac
	done < <(cat "$list"; echo)
}

# mutant FILE: the file without the defence, on standard output. Every edit must change it.
mutant() {
	# shellcheck disable=SC2016
	perl -e '
		open my $in, "<", shift or exit 1;
		local ($/, $_) = undef;
		$_ = <$in>;
		for my $edit (@ARGV) {
			my $before = $_;
			exit 1 unless eval "$edit; 1" and $_ ne $before;
		}
		print' -- "$1" "${edits[@]}"
}

# Does the test named "attack/test_x.c: name" exist?
has_test() {
	local test=$root/tests/${notices%%: *} name=${notices#*: }

	[ -f "$test" ] && grep -qxE "START_TEST\($name\)|(it|check|report) '$name'.*" "$test"
}

checked=0

check() {
	checked=$((checked + 1))
	if [ -z "$defence" ] || [ -z "$file" ] || [ -z "$notices" ] || [ ${#edits[@]} -eq 0 ]; then
		echo "\"$defence\" in $list lacks its name, file, edit or test"
		return
	fi
	mutant "$root/$file" > /dev/null || echo "$file: \"$defence\" can't be taken out as $list says"
	has_test || echo "$defence: there is no test $notices"
}

# Copy what changed, so that a second run builds little.
refresh() {
	local name

	mkdir -p "$copy"
	(cd "$root" && git ls-files) | while read -r name; do
		[ ! -f "$root/$name" ] || cmp -s "$root/$name" "$copy/$name" ||
			install -D -m "$(stat -c %a "$root/$name")" "$root/$name" "$copy/$name"
	done
	cd "$copy"
	[ -f configure ] || autoreconf -fi > /dev/null 2>&1
	[ -f Makefile ] || ./configure -q CFLAGS='-O1 -g'
}

# build PROGRAM...: and before them the module and the command, which most tests use.
build() {
	make -s -j "$jobs" all > "$copy/mutate.log" 2>&1 &&
		{ [ $# -eq 0 ] || make -s -j "$jobs" "$@" >> "$copy/mutate.log" 2>&1; }
}

# Run the test; print what fails of it.
failures() {
	local test=tests/${notices%%: *} status=0 command

	case $test in
	*.sh) command=(bash "$test") ;;
	*) command=("${test%.c}") ;;
	esac
	SIGNET_TEST_SRCDIR=$copy SIGNET_TEST_BUILDDIR=$copy timeout 600 "${command[@]}" > "$copy/tap" 2> "$copy/err" || status=$?
	grep -a '^not ok' "$copy/tap" || [ "$status" -eq 0 ] || echo "exit status $status"
}

programs() {
	! grep -qs '"lib/faulty\.h"' "$root/tests/$1" || echo faulty.la
	case $1 in
	attack/test_timing.sh) echo tests/ct/secrets ;;
	# What scripts call.
	*.sh) make -s --eval='helpers: ; @printf "%s\n" $(filter tests/tool/%,$(check_DATA))' helpers ;;
	*.c) echo "tests/${1%.c}" ;;
	esac
}

# What failed of each test file with nothing taken out.
declare -A anyway=()

# Does the test fail with nothing taken out? Each file is run once to know.
fails_anyway() {
	local test=${notices%%: *}

	if [ -z "${anyway[$test]+known}" ]; then
		build "$@" || { echo "mutate.sh: $test does not build" >&2; exit 1; }
		anyway[$test]=$(failures)
	fi
	grep -qE -e '^exit status' <<< "${anyway[$test]}" ||
		grep -qF -e "${notices#*: }" <<< "${anyway[$test]}"
}

unnoticed=0 noticed=0

take_out() {
	local seen verdict='NOT NOTICED' programs

	[[ "$defence $file $notices ${edits[*]}" == *"$word"* ]] || return 0
	mapfile -t programs < <(programs "${notices%%: *}")
	cp "$copy/$file" "$copy/mutate.kept"
	if fails_anyway "${programs[@]}"; then
		verdict='FAILS ANYWAY' seen=${anyway[${notices%%: *}]}
	elif ! mutant "$copy/mutate.kept" > "$copy/$file"; then
		verdict='DOES NOT APPLY' seen=
	elif ! build "${programs[@]}"; then
		verdict='DOES NOT BUILD' seen=$(grep -m 3 error "$copy/mutate.log")
	else
		seen=$(failures)
		! grep -qF -e "${notices#*: }" <<< "$seen" || verdict=noticed
	fi
	cat "$copy/mutate.kept" > "$copy/$file"
	if [ "$verdict" = noticed ]; then noticed=$((noticed + 1)); else unnoticed=$((unnoticed + 1)); fi
	printf '%s: %s\n\twithout it in %s: %s\n' "$verdict" "$defence" "$file" "$notices"
	[ "$verdict" = noticed ] || printf '\tbut: %s\n' "${seen:-everything passes}"
}

case ${1-} in
--check) ;;
-*)
	sed -n '4,9s/^# //p' "$0"
	[ "$1" = --help ] && exit 0 || exit 2
	;;
*)
	# The copy that is made here is large, and no folder of the source is the place for it.
	[ -f config.status ] || { echo "mutate.sh: run it in the folder of a build" >&2; exit 2; }
	;;
esac
if [ "${1-}" = --check ]; then
	each check
	[ "$checked" -gt 0 ] || echo "$list names no defence"
	exit 0
fi
word=${1-}
refresh
build || { tail -n 20 "$copy/mutate.log"; exit 1; }
each take_out
echo "$noticed noticed, $unnoticed not"
[ "$unnoticed" -eq 0 ] && [ "$noticed" -gt 0 ]
