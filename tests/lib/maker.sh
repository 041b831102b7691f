# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Tests. A maker of TPMs: swtpm's own tools make TPMs whose endorsement keys are certified by an
# authority of this script's.
#
#   . "$SIGNET_TEST_SRCDIR/tests/lib/maker.sh"     after tests/lib/tpm.sh
#   maker_prepare FOLDER        an authority; $MAKER_CA are its certificates
#   maker_tpm NAME              make a TPM, start it, and export where it is
#   maker_use NAME              use another one that was made
#   maker_end NAME              take its power
#   maker_stop                  end all
#
# Each function returns 1 and says why where it fails.

MAKER_FOLDER=
MAKER_CA=
# shellcheck disable=SC2034
declare -A MAKER_PID=()

maker_prepare() {
	local base=${TMPDIR:-/tmp}

	command -v swtpm_setup > /dev/null && command -v swtpm_localca > /dev/null ||
		{ echo 'swtpm_setup is missing; on Debian: apt-get install swtpm-tools' >&2; return 1; }
	# The path of a unix socket has at most 107 bytes.
	((${#base} <= 60)) || base=/tmp
	MAKER_FOLDER=$(mktemp -d "$base/sgmaker.XXXXXX") || return 1
	mkdir "$MAKER_FOLDER/ca" || return 1
	cat > "$MAKER_FOLDER/localca.conf" <<- END
		statedir = $MAKER_FOLDER/ca
		signingkey = $MAKER_FOLDER/ca/signkey.pem
		issuercert = $MAKER_FOLDER/ca/issuercert.pem
		certserial = $MAKER_FOLDER/ca/certserial
	END
	cat > "$MAKER_FOLDER/localca.options" <<- END
		--platform-manufacturer Test
		--platform-version 1
		--platform-model Test
	END
	cat > "$MAKER_FOLDER/setup.conf" <<- END
		create_certs_tool = $(command -v swtpm_localca)
		create_certs_tool_config = $MAKER_FOLDER/localca.conf
		create_certs_tool_options = $MAKER_FOLDER/localca.options
		active_pcr_banks = sha256
	END
	# shellcheck disable=SC2034
	MAKER_CA=$MAKER_FOLDER/authorities.pem
}

# maker_setup NAME: make the state of a TPM.
maker_setup() {
	mkdir "$MAKER_FOLDER/$1" &&
		swtpm_setup --tpm2 --tpmstate "$MAKER_FOLDER/$1" --create-ek-cert --runas "$(id -un)" \
			--config "$MAKER_FOLDER/setup.conf" --logfile "$MAKER_FOLDER/$1.log" > /dev/null ||
		{ cat "$MAKER_FOLDER/$1.log" >&2; return 1; }
	cat "$MAKER_FOLDER"/ca/{issuercert,swtpm-localca-rootca-cert}.pem > "$MAKER_FOLDER/authorities.pem"
}

maker_use() {
	export SIGNET_TCTI=swtpm:path=$MAKER_FOLDER/$1.sock TPM2TOOLS_TCTI=swtpm:path=$MAKER_FOLDER/$1.sock
}

# maker_power NAME: start one that was made.
maker_power() {
	local i

	rm -f "$MAKER_FOLDER/$1.sock" "$MAKER_FOLDER/$1.sock.ctrl"
	swtpm socket --tpm2 --tpmstate "dir=$MAKER_FOLDER/$1" \
		--server "type=unixio,path=$MAKER_FOLDER/$1.sock" \
		--ctrl "type=unixio,path=$MAKER_FOLDER/$1.sock.ctrl" \
		--flags not-need-init,startup-clear < /dev/null > /dev/null 2>&1 &
	MAKER_PID[$1]=$!
	maker_use "$1"
	for ((i = 0; i < 500; i++)); do
		[[ -S $MAKER_FOLDER/$1.sock && -S $MAKER_FOLDER/$1.sock.ctrl ]] &&
			tpm2_getrandom 1 > /dev/null 2>&1 && return 0
		kill -0 "${MAKER_PID[$1]}" 2> /dev/null || break
		sleep 0.02
	done
	echo 'swtpm does not answer' >&2
	return 1
}

maker_tpm() {
	maker_setup "$1" && maker_power "$1"
}

maker_end() {
	[[ -n ${MAKER_PID[$1]:-} ]] || return 0
	kill "${MAKER_PID[$1]}" 2> /dev/null
	wait "${MAKER_PID[$1]}" 2> /dev/null
	unset "MAKER_PID[$1]"
	return 0
}

maker_stop() {
	local name

	for name in "${!MAKER_PID[@]}"; do
		maker_end "$name"
	done
	[[ -z $MAKER_FOLDER ]] || rm -rf "$MAKER_FOLDER"
	MAKER_FOLDER=
}
