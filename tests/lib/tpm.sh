# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Tests. A TPM of a script's own: swtpm in a temporary folder, on unix sockets.
#
#   . "$SIGNET_TEST_SRCDIR/tests/lib/tpm.sh"
#   trap tpm_stop EXIT
#   tpm_start
#
# tpm_start exports SIGNET_TCTI and TPM2TOOLS_TCTI. tpm_restart shuts down in good
# order first; tpm_power_cut and tpm_kill do not. tpm_sleep does what happens to a TPM while
# its machine is suspended. tpm_keep and tpm_put_back are for a TPM without power. tpm_stop
# can be called at any time, any number of times. Each function returns 1 and says why where
# it fails.

# A configuration that the group can write is refused, whatever the umask of who tests.
umask 022

TPM_FOLDER=
TPM_PID=

# Both sockets must be there: swtpm makes them one after the other.
tpm_wait() {
	local i
	for ((i = 0; i < 500; i++)); do
		[[ -S $TPM_FOLDER/tpm.sock && -S $TPM_FOLDER/tpm.sock.ctrl ]] &&
			tpm2_getrandom 1 >/dev/null 2>&1 && return 0
		kill -0 "$TPM_PID" 2>/dev/null || break
		sleep 0.02
	done
	echo "swtpm does not answer; on Debian: apt-get install swtpm tpm2-tools" >&2
	return 1
}

# tpm_resume [STARTUP]: give a killed TPM its power back, with startup-clear or startup-state.
tpm_resume() {
	rm -f "$TPM_FOLDER/tpm.sock" "$TPM_FOLDER/tpm.sock.ctrl"
	swtpm socket --tpm2 --tpmstate "dir=$TPM_FOLDER/state" \
		--server "type=unixio,path=$TPM_FOLDER/tpm.sock" \
		--ctrl "type=unixio,path=$TPM_FOLDER/tpm.sock.ctrl" \
		--flags "not-need-init,${1:-startup-clear}" </dev/null >/dev/null 2>&1 &
	TPM_PID=$!
	tpm_wait
}

tpm_start() {
	local base=${TMPDIR:-/tmp}
	# The path of a unix socket has at most 107 bytes.
	((${#base} <= 60)) || base=/tmp
	TPM_FOLDER=$(mktemp -d "$base/sgtpm.XXXXXX") || return 1
	mkdir "$TPM_FOLDER/state" || return 1
	export SIGNET_TCTI=swtpm:path=$TPM_FOLDER/tpm.sock
	export TPM2TOOLS_TCTI=$SIGNET_TCTI
	tpm_resume
}

tpm_end() {
	[[ -n $TPM_PID ]] || return 0
	kill "-$1" "$TPM_PID" 2>/dev/null
	wait "$TPM_PID" 2>/dev/null
	TPM_PID=
	return 0
}

tpm_kill() {
	tpm_end KILL
}

tpm_power_cut() {
	tpm_end KILL
	tpm_resume
}

# tpm_end_orderly: shut down and stay without power.
tpm_end_orderly() {
	tpm2_shutdown --clear || return 1
	tpm_end TERM
}

tpm_restart() {
	tpm_end_orderly && tpm_resume
}

tpm_sleep() {
	tpm2_shutdown || return 1
	tpm_end TERM
	tpm_resume startup-state
}

# tpm_keep NAME, tpm_put_back NAME: make a copy of its whole state, and put it back.
tpm_keep() {
	rm -rf "${TPM_FOLDER:?}/$1"
	cp -a "$TPM_FOLDER/state" "$TPM_FOLDER/$1"
}

tpm_put_back() {
	rm -rf "${TPM_FOLDER:?}/state"
	cp -a "$TPM_FOLDER/$1" "$TPM_FOLDER/state"
}

tpm_stop() {
	tpm_end KILL
	[[ -z $TPM_FOLDER ]] || rm -rf "$TPM_FOLDER"
	TPM_FOLDER=
}
