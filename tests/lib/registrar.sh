# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. A registrar of a script's own, on a port of 127.0.0.1.
#
#   REGISTRAR_FOLDER=...            a private folder
#   registrar_certificate           make ca.pem, cert.pem and key.pem there
#   registrar_token ARGUMENT...     print a new token, see tests/tool/make_token.c
#   registrar_start ARGUMENT...     start it; $REGISTRAR_URL is where it is
#   registrar_stop                  end it by SIGTERM, and tell whether it ended well
#
# Its store is $REGISTRAR, its log $REGISTRAR_FOLDER/log.

REGISTRAR_PID=
REGISTRAR_URL=
REGISTRAR=
REGISTRAR_WHO=()

registrar_prepare() {
	mkdir -p -m 700 "$REGISTRAR_FOLDER"
	# shellcheck disable=SC2034
	REGISTRAR=$REGISTRAR_FOLDER/fleet.db
	REGISTRAR_WHO=(--registrar "$REGISTRAR" --vault vault_test --api-url https://vault.example.org)
}

registrar_certificate() {
	(
		cd "$REGISTRAR_FOLDER" || exit 1
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=authority \
			-keyout ca.key -out ca.pem 2> /dev/null &&
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=registrar \
				-CA ca.pem -CAkey ca.key -addext subjectAltName=IP:127.0.0.1,DNS:localhost \
				-addext basicConstraints=critical,CA:FALSE -keyout key.pem -out cert.pem 2> /dev/null &&
			chmod 600 ca.key key.pem
	)
}

registrar_token() {
	"${SIGNET_TEST_BUILDDIR:?}/tests/tool/make_token" "$REGISTRAR" "$@" | head -n 1
}

registrar_await() {
	local i

	for ((i = 0; i < 1000; i++)); do
		REGISTRAR_URL=$(sed -n 's/^Listening at //p' "$REGISTRAR_FOLDER/out")
		[ -z "$REGISTRAR_URL" ] || return 0
		kill -0 "$REGISTRAR_PID" 2> /dev/null || break
		sleep 0.01
	done
	echo 'the registrar does not start:' && cat "$REGISTRAR_FOLDER/log"
	return 1
}

# registrar_lines NUMBER PATTERN: wait until the log has so many lines of that kind.
registrar_lines() {
	local i

	for ((i = 0; i < 1000; i++)); do
		[ "$(grep -cE "$2" "$REGISTRAR_FOLDER/log")" -lt "$1" ] || return 0
		sleep 0.01
	done
	echo "the log has fewer than $1 lines of \"$2\":" && cat "$REGISTRAR_FOLDER/log"
	return 1
}

registrar_start() {
	: > "$REGISTRAR_FOLDER/out"
	: >> "$REGISTRAR_FOLDER/log"
	"${SIGNET_TEST_BUILDDIR:?}/signet" registrar serve "${REGISTRAR_WHO[@]}" --listen 127.0.0.1:0 "$@" \
		< /dev/null > "$REGISTRAR_FOLDER/out" 2>> "$REGISTRAR_FOLDER/log" &
	REGISTRAR_PID=$!
	registrar_await
}

registrar_stop() {
	local status=0

	[ -n "$REGISTRAR_PID" ] || return 0
	kill -TERM "$REGISTRAR_PID" 2> /dev/null
	wait "$REGISTRAR_PID" || status=$?
	REGISTRAR_PID=
	[ "$status" -eq 0 ] || { echo "the registrar ended with $status:"; cat "$REGISTRAR_FOLDER/log"; }
	return "$status"
}
