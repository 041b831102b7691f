#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. The shell's own TPM starts, restarts, loses its power and leaves nothing.

# shellcheck source=tests/lib/tpm.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tpm.sh"
trap tpm_stop EXIT

count=0

# check NAME COMMAND...
check() {
	local name=$1 result=ok
	shift
	"$@" >/dev/null 2>&1 || result="not ok"
	count=$((count + 1))
	echo "$result $count - $name"
}

answers() {
	tpm2_getrandom 8
}

resets() {
	tpm2_readclock | sed -n 's/.*reset_count: *//p'
}

one_more_reset() {
	local before
	before=$(resets) && "$@" && (($(resets) == before + 1))
}

gone() {
	! kill -0 "$pid" && [[ ! -e $folder ]]
}

echo 1..7
check "a TPM starts" tpm_start
check "it answers" answers
check "it restarts" one_more_reset tpm_restart
check "it comes back after a power cut" one_more_reset tpm_power_cut
folder=$TPM_FOLDER
tpm_kill
check "a killed one does not answer" eval '! answers'
tpm_resume
pid=$TPM_PID
check "it answers again" answers
tpm_stop
check "nothing is left of it" gone
