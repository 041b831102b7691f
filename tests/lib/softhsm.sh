# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Tests. An HSM of a script's own: SoftHSM 2 with one token, in a folder that ends with the
# script.
#
#   . "$SIGNET_TEST_SRCDIR/tests/lib/softhsm.sh"
#   softhsm_start FOLDER
#
# softhsm_start exports SOFTHSM2_CONF, and sets SOFTHSM_MODULE, the path of SoftHSM,
# SOFTHSM_URI, which names the token with its module and the file of its PIN, and
# SOFTHSM_LINES, the lines of a configuration whose tokens it seals. softhsm_away takes all
# that the HSM has away, and softhsm_back puts it back. Each function returns 1 and says why
# where it fails.

SOFTHSM_FOLDER=

softhsm_start() {
	local places=(/usr/lib/*/softhsm/libsofthsm2.so /usr/lib*/softhsm/libsofthsm2.so \
		/usr/lib*/pkcs11/libsofthsm2.so /usr/local/lib*/softhsm/libsofthsm2.so)

	SOFTHSM_FOLDER=$1
	SOFTHSM_MODULE=${SIGNET_TEST_SOFTHSM:-$(ls "${places[@]}" 2> /dev/null | head -n 1)}
	if [ ! -f "$SOFTHSM_MODULE" ] || ! command -v softhsm2-util > /dev/null; then
		echo 'SoftHSM is missing; on Debian: apt-get install softhsm2' >&2
		return 1
	fi
	export SOFTHSM2_CONF=$SOFTHSM_FOLDER/softhsm2.conf
	mkdir "$SOFTHSM_FOLDER/hsm" && (umask 077 && printf 12345678 > "$SOFTHSM_FOLDER/hsm-pin") || return 1
	# A child may begin anew, as PKCS#11 has it; by default SoftHSM does not allow that.
	printf '%s\n' "directories.tokendir = $SOFTHSM_FOLDER/hsm" 'objectstore.backend = file' \
		'log.level = ERROR' 'library.reset_on_fork = true' > "$SOFTHSM2_CONF" || return 1
	softhsm2-util --module "$SOFTHSM_MODULE" --init-token --free --label hsm --pin 12345678 \
		--so-pin 87654321 > "$SOFTHSM_FOLDER/hsm-log" 2>&1 || { cat "$SOFTHSM_FOLDER/hsm-log" >&2; return 1; }
	SOFTHSM_URI="pkcs11:token=hsm?module-path=$SOFTHSM_MODULE&pin-source=file:$SOFTHSM_FOLDER/hsm-pin"
	SOFTHSM_LINES="sealer = hsm
hsm = $SOFTHSM_URI"
}

softhsm_away() {
	mv "$SOFTHSM_FOLDER/hsm" "$SOFTHSM_FOLDER/hsm-away" && mkdir "$SOFTHSM_FOLDER/hsm"
}

# As nobody wrote anything while it was away, there is nothing else in its place.
softhsm_back() {
	rmdir "$SOFTHSM_FOLDER/hsm" && mv "$SOFTHSM_FOLDER/hsm-away" "$SOFTHSM_FOLDER/hsm"
}
