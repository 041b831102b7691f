# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Vaults of a script's own (tests/tool/vault.c), and certificates for them.
#
#   vault_start NAME ARGUMENT...    start one; $VAULT_PORT is its port
#   vault_stop NAME                 end it
#   vault_log NAME                  print what it was asked, a line each
#
# What they have is below $VAULT_FOLDER, which the script sets: shares 1 to 5 in digits, the
# authority ca.pem, and cert.pem, wrong.pem (of another authority) and named.pem (for another
# name), each with its key.

# shellcheck disable=SC2034
declare -A VAULT_END=() VAULT_PID=()

# vault_certificate NAME AUTHORITY ALTERNATIVE
vault_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
		-CA "$VAULT_FOLDER/$2.pem" -CAkey "$VAULT_FOLDER/$2.key" -addext "subjectAltName=$3" \
		-addext basicConstraints=critical,CA:FALSE \
		-keyout "$VAULT_FOLDER/$1.key" -out "$VAULT_FOLDER/$1.pem" 2> /dev/null
}

# vault_authority NAME
vault_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
		-keyout "$VAULT_FOLDER/$1.key" -out "$VAULT_FOLDER/$1.pem" 2> /dev/null
}

vault_prepare() {
	local i

	mkdir -p "$VAULT_FOLDER"
	vault_authority ca && vault_authority other && vault_certificate cert ca IP:127.0.0.1 &&
		vault_certificate wrong other IP:127.0.0.1 && vault_certificate named ca DNS:vault.example.org ||
		return 1
	for i in 1 2 3 4 5; do
		head -c 33 /dev/urandom | od -An -v -tx1 | tr -d ' \n' > "$VAULT_FOLDER/share$i"
	done
}

# vault_await FILE LINES [PID]: wait until a file has so many lines, while that process lives.
vault_await() {
	local i

	for ((i = 0; i < 500; i++)); do
		[ "$(wc -l < "$1")" -lt "$2" ] || return 0
		[ -z "${3:-}" ] || kill -0 "$3" 2> /dev/null || break
		sleep 0.01
	done
	echo "$1 has fewer than $2 lines:" && cat "$1"
	return 1
}

vault_start() {
	local name=$1 folder=$VAULT_FOLDER/$1 fd i shares=()

	shift
	for i in 1 2 3 4 5; do
		shares+=(--share "$(cat "$VAULT_FOLDER/share$i")")
	done
	rm -rf "$folder" && mkdir "$folder" && mkfifo "$folder/in" && : > "$folder/log" || return 1
	(
		# Those of the others would not end with what this shell has.
		for fd in "${VAULT_END[@]}"; do
			exec {fd}>&-
		done
		exec "$SIGNET_TEST_BUILDDIR/tests/tool/vault" "${shares[@]}" "$@"
	) < "$folder/in" > "$folder/log" 2> "$folder/err" &
	VAULT_PID[$name]=$!
	exec {fd}> "$folder/in"
	VAULT_END[$name]=$fd
	vault_await "$folder/log" 1 "${VAULT_PID[$name]}" || { cat "$folder/err"; return 1; }
	VAULT_PORT=$(head -n 1 "$folder/log")
}

vault_stop() {
	local fd=${VAULT_END[$1]:-}

	[ -n "$fd" ] || return 0
	exec {fd}>&-
	wait "${VAULT_PID[$1]}"
	unset "VAULT_END[$1]" "VAULT_PID[$1]"
}

vault_stop_all() {
	local name

	for name in "${!VAULT_END[@]}"; do
		vault_stop "$name"
	done
}

vault_log() {
	tail -n +2 "$VAULT_FOLDER/$1/log"
}
