# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Tests. What seals the tokens of a script that runs with either: a TPM, or an HSM where
# SIGNET_TEST_SEALER is "hsm", and then there is no TPM.
#
#   . "$SIGNET_TEST_SRCDIR/tests/lib/hardware.sh"
#   trap hardware_stop EXIT
#   hardware_start
#
# hardware_start sets HARDWARE_FOLDER, which is the script's and ends with the hardware, and
# HARDWARE_LINES, which belong into the configuration. hardware_away and hardware_back take the
# hardware away and put it back, as after a loss of power. hardware_stop can be called at any
# time, any number of times. Each function returns 1 and says why where it fails.

# shellcheck source=tests/lib/tpm.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/lib/tpm.sh"
# shellcheck source=tests/lib/softhsm.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/softhsm.sh"

HARDWARE_FOLDER=
HARDWARE_LINES=

over_tpm() { [ "${SIGNET_TEST_SEALER:-}" != hsm ]; }

hardware_start() {
	if over_tpm; then
		tpm_start && HARDWARE_FOLDER=$TPM_FOLDER
		return
	fi
	HARDWARE_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/sghsm.XXXXXX") || return 1
	# Whatever asks a TPM all the same finds none.
	export SIGNET_TCTI=device:$HARDWARE_FOLDER/no-tpm
	softhsm_start "$HARDWARE_FOLDER" && HARDWARE_LINES=$SOFTHSM_LINES
}

hardware_away() {
	if over_tpm; then tpm_kill; else softhsm_away; fi
}

hardware_back() {
	if over_tpm; then tpm_resume; else softhsm_back; fi
}

hardware_stop() {
	tpm_stop
	[ -z "$HARDWARE_FOLDER" ] || rm -rf "$HARDWARE_FOLDER"
	HARDWARE_FOLDER=
}
