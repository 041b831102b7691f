#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attack: who wants the unseal shares of a vault while they are sent. He stands in the place of the
# vault, leads to himself, or looks at the process that sends.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/vault.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/vault.sh"

SENDER=
attack_end() {
	[ -z "$SENDER" ] || kill -KILL "$SENDER" 2> /dev/null
	vault_stop_all
	tool_end
}
trap attack_end EXIT

VAULT_FOLDER=$FOLDER/vault

# his ARGUMENT...: the vault that is asked.
his() {
	vault_stop vault
	vault_start vault --threshold 2 "$@"
}

# asks CODE ARGUMENT...: send the shares there.
asks() {
	local code=$1

	shift
	exits "$code" unseal vault --addr "https://127.0.0.1:$VAULT_PORT" --ca "$VAULT_FOLDER/ca.pem" --timeout "${WAIT:-5}" "$@"
}

# A good one gets them, so the attacks fail for their own reasons.
vault_gets_them() {
	his --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" && asks 0 && [ "$(vault_log vault | grep -c '^share')" = 2 ]
}

# untrusted NAME: he has this certificate, and its key; not even what is asked comes to him.
untrusted() {
	his --cert "$VAULT_FOLDER/$1.pem" --key "$VAULT_FOLDER/$1.key" && WAIT=2 asks 8 && says 'not trusted' && [ -z "$(vault_log vault)" ]
}

# He answers in the clear where TLS was asked for, and to http:// too.
in_the_clear() {
	his && asks 13 && [ -z "$(vault_log vault)" ] &&
		exits 2 unseal vault --addr "http://localhost:$VAULT_PORT" --allow-http && [ -z "$(vault_log vault)" ]
}

# The vault was made to send elsewhere, where he has a certificate that is good.
redirected() {
	his --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" --answer redirect && asks 13 &&
		says 'not followed' && [ "$(vault_log vault)" = 'GET /v1/sys/seal-status' ]
}

# Nobody listens where the proxy would be; the keys of the connection would be in the file.
environment() {
	his --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" &&
		https_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 \
			SSLKEYLOGFILE=$FOLDER/keys asks 0 && [ ! -e "$FOLDER/keys" ]
}

# It sends back what it got: neither is that shown.
echoing() {
	his --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" --answer echo && asks 13 &&
		[ "$(vault_log vault | grep -c '^share')" -ge 1 ] &&
		! grep -qF -e "$(cat "$VAULT_FOLDER/share1")" -e "$(cat "$VAULT_FOLDER/share2")" "$FOLDER/out" "$FOLDER/err"
}

# Who does not know the PIN puts data there that looks like shares: of another vault, of this one.
planted() {
	local -x SIGNET_STATE=$FOLDER/closed
	local plant=("$SIGNET_TEST_BUILDDIR/tests/tool/plant_key" "$SIGNET_TEST_BUILDDIR/.libs/signet.so" closed) i

	mkdir -m 700 "$SIGNET_STATE" && printf 'correct horse' > "$FOLDER/pin" && chmod 600 "$FOLDER/pin" &&
		exits 0 init --label closed --pin-file "$FOLDER/pin" || return 1
	for i in 1 2; do
		exits 0 unseal add --vault main --pin-file "$FOLDER/pin" --share-file - < "$VAULT_FOLDER/share$i" || return 1
	done
	"${plant[@]}" other share 33 public && "${plant[@]}" main share 33 public && "${plant[@]}" main share 40 public || return 1
	exits 0 unseal list --pin-file "$FOLDER/pin" && [ "$(cat "$FOLDER/out")" = 'main: 2 shares' ] || return 1
	his --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" && asks 0 --pin-file "$FOLDER/pin" &&
		! vault_log vault | grep -q foreign
}

# sends LINES ARGUMENT...: send the shares to a vault that holds what is asked of it, until it has
# been asked so much.
sends() {
	local signet lines=$1

	shift
	[ -z "$SENDER" ] || { kill -KILL "$SENDER"; wait "$SENDER"; }
	his --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" "$@" || return 1
	mkdir -p "$FOLDER/core"
	signet=$(realpath "$SIGNET")
	(
		cd "$FOLDER/core" && ulimit -c unlimited
		exec "$signet" unseal vault --addr "https://127.0.0.1:$VAULT_PORT" --ca "$VAULT_FOLDER/ca.pem" --timeout 60
	) > "$FOLDER/out" 2> "$FOLDER/err" &
	SENDER=$!
	vault_await "$VAULT_FOLDER/vault/log" "$lines" "$SENDER"
}

# goes_on: let the share that is held in.
goes_on() {
	printf x >&"${VAULT_END[vault]}"
}

# memory: what can be read of the sender's memory.
memory() {
	local range rest from to

	while read -r range rest; do
		case $rest in
		r*) ;;
		*) continue ;;
		esac
		from=$((16#${range%-*})) to=$((16#${range#*-}))
		dd if="/proc/$SENDER/mem" iflag=skip_bytes,count_bytes bs=65536 skip=$from count=$((to - from)) status=none 2> /dev/null
	done < "/proc/$SENDER/maps"
	return 0
}

# While a share is on its way it stands in no place that others read.
seen_from_outside() {
	local share

	sends 3 --hold /v1/sys/unseal || return 1
	share=$(cat "$VAULT_FOLDER/share1")
	! grep -qaF "$share" "/proc/$SENDER/cmdline" && ! grep -qaF "$share" "/proc/$SENDER/environ" &&
		! grep -qF "$share" "$FOLDER/out" "$FOLDER/err" && ! grep -rqaF "$share" "$SIGNET_STATE"
}

# Both were sent, and what is wanted now is how many more there must be. The search finds what is there.
found_in_memory() {
	sends 2 --hold /v1/sys/seal-status --threshold 3 && goes_on && vault_await "$VAULT_FOLDER/vault/log" 7 "$SENDER" || return 1
	if [ "$(id -u)" != 0 ]; then
		# Nobody else may look.
		! head -c 1 "/proc/$SENDER/mem" > /dev/null 2>&1 && ! cat "/proc/$SENDER/environ" > /dev/null 2>&1
		return
	fi
	memory > "$FOLDER/memory"
	grep -qaF 'X-Vault-Request' "$FOLDER/memory" || { echo 'the search finds nothing'; return 1; }
	! grep -qaF "$(cat "$VAULT_FOLDER/share1")" "$FOLDER/memory" && ! grep -qaF "$(cat "$VAULT_FOLDER/share2")" "$FOLDER/memory" &&
		kill -KILL "$SENDER" && { wait "$SENDER"; SENDER=; }
}

# A share is on its way, in memory of libraries.
dumped() {
	if ! dumps_here; then
		# They go to a program, or nowhere. To who is not root the kernel shows that there is none.
		[ "$(id -u)" = 0 ] || [ "$(stat -c %U "/proc/$SENDER/environ")" = root ]
		return
	fi
	kill -ABRT "$SENDER"
	wait "$SENDER"
	SENDER=
	[ -z "$(ls "$FOLDER/core")" ] || { ls "$FOLDER/core"; return 1; }
}

# Whether processes leave their dumps where they are.
dumps_here() {
	mkdir -p "$FOLDER/dumps"
	{ (cd "$FOLDER/dumps" && ulimit -c unlimited && exec sh -c 'kill -ABRT $$'); } > /dev/null 2>&1
	[ -n "$(ls "$FOLDER/dumps")" ]
}

tpm_start || exit 1
vault_prepare || exit 1
signet init --label token --machine > /dev/null || exit 1
for i in 1 2; do
	signet unseal add --vault main --share-file - < "$VAULT_FOLDER/share$i" > /dev/null || exit 1
done

check 'the vault gets the shares' vault_gets_them
check 'a server with a certificate of another authority gets no share' untrusted wrong
check 'a server with a certificate for another name gets no share' untrusted named
check 'a server without TLS gets no share' in_the_clear
check 'where a server leads to another one no share goes' redirected
check 'no proxy of the environment gets a share, and nobody the keys of the connection' environment
check 'what a server answers is not shown, a share least of all' echoing
check 'what somebody planted without the PIN is no share, and stops nothing' planted
check 'a share that is sent stands in no argument, no environment, no output and no file' seen_from_outside
# A sanitizer makes no dump, and keeps what was freed.
if [ -n "${SIGNET_TEST_SANITIZER:-}" ]; then
	finish
	exit
fi
check 'a core dump of who sends has no share' dumped
check 'a share that was sent is not in memory any more' found_in_memory
finish
