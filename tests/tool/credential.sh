# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. What tests of roots that are handed out share, beside lib.sh: a root whose bytes are known,
# and listening for services as systemd does.

LOAD=$SIGNET_TEST_BUILDDIR/tests/tool/load_credential
SOCKET=$FOLDER/socket
SERVER=

head -c 32 /dev/urandom > "$FOLDER/known"

make_known_root() {
	exits 0 root import --label vault --leave deliver --no-recovery < "$FOLDER/known"
}

# serve ARGUMENT...: listen as systemd does; each run answers those who come until nobody does.
serve() {
	local limit=$((SECONDS + 60))

	rm -f "$SOCKET"
	: > "$FOLDER/server"
	systemd-socket-activate -l "$SOCKET" -E SIGNET_STATE="$SIGNET_STATE" -E SIGNET_CONF="$SIGNET_CONF" \
		-E SIGNET_TCTI="$SIGNET_TCTI" "$SIGNET" unseal credential "$@" 2>> "$FOLDER/server" &
	SERVER=$!
	# The socket has its name before anybody can connect to it.
	while ! grep -q '^Listening on' "$FOLDER/server"; do
		kill -0 "$SERVER" && [ "$SECONDS" -lt "$limit" ] || return 1
	done
}

stop_serving() {
	kill "$SERVER"
	wait "$SERVER" 2> /dev/null
	SERVER=
}

trap '[ -z "$SERVER" ] || stop_serving; tool_end' EXIT
