#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Attacks on who signs requests by the command: to see a signature, or to get one that is
# good for a vault. In curl's place stands a program that writes down what it was given.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

# What stands in the list of processes, and what came on descriptors.
fake_curl() {
	mkdir -p "$FOLDER/bin" || return 1
	cat > "$FOLDER/bin/curl" <<- 'END'
		#!/bin/bash
		tr '\0' '\n' < /proc/$$/cmdline > "${0%/*}/listed"
		env >> "${0%/*}/listed"
		for word in "$@"; do
			[[ $word != @/dev/fd/* ]] || cat "${word#@}"
		done > "${0%/*}/given"
	END
	chmod 755 "$FOLDER/bin/curl"
	PATH=$FOLDER/bin:$PATH
}

# asked ARGUMENT...: tell whether curl was run.
asked() {
	rm -f "$FOLDER/bin/listed"
	exits 0 curl --label machine "$@" && [ -s "$FOLDER/bin/listed" ]
}

# kept CODE ARGUMENT...: nothing was given to anybody.
kept() {
	local code=$1

	shift
	rm -f "$FOLDER/bin/listed"
	exits "$code" curl --label machine "$@" && [ ! -e "$FOLDER/bin/listed" ] && [ ! -s "$FOLDER/out" ]
}

nothing_is_listed() {
	local secret

	asked --id m -v https://vault.example/v1 -d hidden-body && ! grep -q hidden-body "$FOLDER/bin/listed" &&
		grep -q hidden-body "$FOLDER/bin/given" && asked --id m https://vault.example/v1 --json hidden-body &&
		! grep -q hidden-body "$FOLDER/bin/listed" || return 1
	for secret in $(sed -n 's/^X-[A-Za-z-]*: \(.*\)/\1/p' "$FOLDER/bin/given" | tail -n +2); do
		! grep -qF -- "$secret" "$FOLDER/bin/listed" || { echo "$secret is listed"; return 1; }
	done
	[ "$(grep -c '^X-' "$FOLDER/bin/given")" = 4 ]
}

no_other_server_gets_one() {
	local bad

	printf '{"machineId":"m","apiUrl":"https://vault.example.org"}' > "$FOLDER/identity.json"
	asked --identity "$FOLDER/identity.json" /v1 && asked --identity "$FOLDER/identity.json" https://VAULT.example.org:443/v1 || return 1
	for bad in https://evil.example/v1 http://vault.example.org/v1 https://vault.example.org:444/v1 \
		https://vault.example.org.evil.example/v1 https://vault.example.org@evil.example/v1 \
		'https://evil.example\@vault.example.org/v1' 'https://evil.example#@vault.example.org/v1' \
		'https://evil.example?@vault.example.org/v1' vault.example.org/v1 evil.example/v1; do
		kept 2 --identity "$FOLDER/identity.json" "$bad" &&
			exits 2 request sign --label machine --identity "$FOLDER/identity.json" --url "$bad" && [ ! -s "$FOLDER/out" ] ||
			{ echo "$bad"; return 1; }
	done
}

no_redirect_is_followed() {
	kept 2 --id m -L https://vault.example/v1 && kept 2 --id m -sSL https://vault.example/v1 &&
		kept 2 --id m --location-trusted https://vault.example/v1 && kept 2 --id m --retry 2 https://vault.example/v1 &&
		kept 2 --id m https://vault.example/v1 https://evil.example && kept 2 --id m https://vault.example/v1 --next https://evil.example
}

curlrc_is_not_read() {
	asked --id m https://vault.example/v1 && [ "$(sed -n 3p "$FOLDER/bin/listed")" = -q ] ||
		{ head "$FOLDER/bin/listed"; return 1; }
	kept 2 --id m -K /dev/null https://vault.example/v1
}

tpm_start || exit 1
signet init --label test --machine > /dev/null || exit 1
signet keygen --label machine > /dev/null || exit 1
fake_curl || exit 1

check 'neither signature nor body is in the list of processes' nothing_is_listed
check 'with an identity no other server gets a signed request' no_other_server_gets_one
check 'no redirect takes a signed request elsewhere' no_redirect_is_followed
check 'a file of curl changes nothing that is signed' curlrc_is_not_read
finish
