# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. A command on a terminal of its own, and who sits at it.

# converse COMMAND (PROMPT ANSWER)...: give each answer when the screen ends with its prompt; an
# answer of one control character is typed as it is. What stands on the screen is in $FOLDER/screen.
converse() {
	local command=$1 piece status tail

	shift
	: > "$FOLDER/screen"
	# Whoever started the tests in the background has interrupts ignored.
	coproc TYPED { env --default-signal=INT timeout 120 script -qec "$command" /dev/null 2>&1; }
	local pid=$TYPED_PID in=${TYPED[1]} out=${TYPED[0]}

	while [ $# -ge 2 ]; do
		tail=
		while [[ $tail != *"$1" ]]; do
			IFS= read -r -d "${1: -1}" -t 60 -u "$out" piece || break 2
			tail+=$piece${1: -1}
		done
		printf '%s' "$tail" >> "$FOLDER/screen"
		piece=
		case $2 in
		[[:cntrl:]]) printf '%s' "$2" >&"$in" ;;
		*) printf '%s\n' "$2" >&"$in" ;;
		esac
		shift 2
	done
	printf '%s' "${piece:-}" >> "$FOLDER/screen"
	cat <&"$out" >> "$FOLDER/screen"
	wait "$pid"
	status=$?
	return "$status"
}
