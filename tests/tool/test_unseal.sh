#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Unseal shares: keeping them, and sending them to a vault.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/vault.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/vault.sh"

unseal_end() {
	vault_stop_all
	tool_end
}
trap unseal_end EXIT

VAULT_FOLDER=$FOLDER/vault

# add VAULT SHARE...: keep shares of a vault.
add() {
	local vault=$1 i

	shift
	for i in "$@"; do
		exits 0 unseal add --vault "$vault" --share-file - < "$VAULT_FOLDER/share$i" || return 1
	done
}

# unseals CODE ARGUMENT...: send the shares to the vault that was started last.
unseals() {
	local code=$1

	shift
	exits "$code" unseal vault --addr "https://127.0.0.1:$VAULT_PORT" --ca "$VAULT_FOLDER/ca.pem" "$@"
}

# got SHARES: tell whether the vault got these shares, in this order, and nothing that is no share.
got() {
	local found

	found=$(vault_log vault | sed -n 's/^share //p' | tr '\n' ' ')
	[ "$found" = "$*${*:+ }" ] || { echo "it got: $found"; vault_log vault; return 1; }
}

# silent: tell whether no share stands in what was written.
silent() {
	local i

	for i in 1 2 3 4 5; do
		! grep -qF "$(cat "$VAULT_FOLDER/share$i")" "$FOLDER/out" "$FOLDER/err" || return 1
	done
}

# tls ARGUMENT...: start a vault with a good certificate, of which three shares are needed.
tls() {
	vault_stop vault
	vault_start vault --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" --threshold 3 "$@"
}

shares_are_kept() {
	add main 1 2 && prints 'Keeps 2 shares of "main" in token "token".' &&
		xxd -r -p "$VAULT_FOLDER/share3" | base64 > "$FOLDER/text" &&
		exits 0 unseal add --vault main --share-file - < "$FOLDER/text" && prints 'Keeps 3 shares'
}

shares_are_listed() {
	exits 0 unseal list && [ "$(cat "$FOLDER/out")" = 'main: 3 shares' ] &&
		exits 0 unseal list --json && json main 0 vault && json 3 0 shares && silent
}

# They are data, sealed one by one, which list shows as such.
shares_are_sealed() {
	exits 0 list --json && json data 0 class && json true 0 sealed_alone && json true 0 private && silent &&
		! grep -qaF "$(cat "$VAULT_FOLDER/share1")" "$FOLDER"/state/* &&
		! xxd -p -c 100000 "$FOLDER"/state/slot-0000.db | tr -d '\n' | grep -qF "$(cat "$VAULT_FOLDER/share1")"
}

# Somebody who may make public objects calls one so, and another as it should not be.
only_sealed_data_is_a_share() {
	printf 'not a share at all' > "$FOLDER/text" &&
		pkcs11-tool --module "$SIGNET_TEST_BUILDDIR/.libs/signet.so" --token-label token --write-object "$FOLDER/text" --type data \
			--application-label 'signet unseal share' --label planted > /dev/null 2>&1 &&
		exits 0 unseal list && [ "$(cat "$FOLDER/out")" = 'main: 3 shares' ] &&
		pkcs11-tool --module "$SIGNET_TEST_BUILDDIR/.libs/signet.so" --token-label token --delete-object --type data \
			--application-label 'signet unseal share' --label planted > /dev/null 2>&1
}

no_share_is_refused() {
	local text

	for text in '' 00 '12 34' "$(head -c 34 /dev/zero | base64)" "$(cat "$VAULT_FOLDER/share4")0" 'no share at all!'; do
		printf %s "$text" > "$FOLDER/text"
		exits 2 unseal add --vault main --share-file - < "$FOLDER/text" || return 1
	done
	fails 2 'no option --share' unseal add --vault main --share "$(cat "$VAULT_FOLDER/share4")" && silent
}

# Data of another size, put there by another program.
what_is_no_share_is_passed_over() {
	local plant=("$SIGNET_TEST_BUILDDIR/tests/tool/plant_key" "$SIGNET_TEST_BUILDDIR/.libs/signet.so" token)

	add odd 1 2 && "${plant[@]}" odd share 40 private && "${plant[@]}" odd share 3 private || return 1
	tls --threshold 2 && unseals 0 --vault odd && got 1 2 && add odd 3 && exits 0 unseal --check && prints 'shares of odd: 3 open' &&
		exits 0 unseal remove --vault odd --yes && "${plant[@]}" odd share 40 private && unseals 3 --vault odd && says 'size of one' &&
		exits 0 unseal remove --vault odd --yes
}

# It would stand in the journal, of a service as of a script.
misplaced_share_is_not_shown() {
	local share encoded

	share=$(cat "$VAULT_FOLDER/share4") && encoded=$(xxd -r -p "$VAULT_FOLDER/share4" | base64)
	fails 2 'not repeated' unseal add --vault main "$share" && silent &&
		fails 2 'not repeated' unseal add --vault main -- "$share" && silent && fails 2 'not repeated' list "$share" && silent &&
		fails 2 'not repeated' unseal "$share" && ! says "${share:0:20}" && fails 2 'not repeated' unseal add "--$share" && ! says "${share:0:20}" &&
		fails 2 'looks like a share itself' unseal add --vault main --share-file "$share" && silent &&
		fails 2 'looks like a share itself' unseal add --vault main --share-file "$encoded" && ! says "$encoded" &&
		fails 2 'not repeated' root recover "$share" && silent && fails 2 'not repeated' root import cabin && ! says cabin &&
		fails 3 none unseal add --vault main --share-file none && fails 2 'no argument "here"' list here
}

# Before a share is opened; a broken one is told when it is used.
unfit_authorities_are_told() {
	: > "$FOLDER/authority"
	fails 2 'holds no certificate' unseal vault --timeout 1 --addr https://127.0.0.1:9 --ca "$FOLDER/authority" &&
		fails 2 'is no file' unseal vault --timeout 1 --addr https://127.0.0.1:9 --ca /dev/null &&
		fails 2 'is no file' unseal vault --timeout 1 --addr https://127.0.0.1:9 --ca "$FOLDER" &&
		fails 2 '--ca names no file' unseal vault --timeout 1 --addr https://127.0.0.1:9 --ca '' &&
		fails 2 '--ca names no file' unseal vault --timeout 1 --addr https://127.0.0.1:9 --ca - < "$VAULT_FOLDER/ca.pem" &&
		printf '%s\n' '-----BEGIN CERTIFICATE-----' 'AAAA' '-----END CERTIFICATE-----' > "$FOLDER/authority" && tls &&
		exits 2 unseal vault --vault main --addr "https://127.0.0.1:$VAULT_PORT" --ca "$FOLDER/authority" --timeout 1 &&
		says "the file of --ca can't be used" && got
}

same_share_is_refused() {
	fails 9 'kept already' unseal add --vault main --share-file - < "$VAULT_FOLDER/share2"
}

unseals_a_vault() {
	tls && unseals 0 && prints "https://127.0.0.1:$VAULT_PORT is unsealed." && got 1 2 3 && silent && [ ! -s "$FOLDER/err" ]
}

unsealed_already_is_fine() {
	unseals 0 && prints 'is unsealed already.' && got 1 2 3
}

waits_while_it_starts() {
	tls --starting 2 --unborn 1 && unseals 0 && says 'not ready (status 503)' && says 'not initialized' && got 1 2 3
}

# The server comes when it was asked for; until then the port is nobody's.
waits_while_nobody_is_there() {
	local pid port code=0

	tls && port=$VAULT_PORT && vault_stop vault || return 1
	setsid "$SIGNET" unseal vault --addr "https://127.0.0.1:$port" --ca "$VAULT_FOLDER/ca.pem" \
		--timeout 1 > "$FOLDER/out" 2> "$FOLDER/err" &
	pid=$!
	vault_await "$FOLDER/err" 1 && says "can't be reached"
	wait "$pid" || code=$?
	[ "$code" = 13 ] && says "can't unseal \"main\"" && says 'within 1 seconds'
}

slow_one_is_given_up() {
	tls --hold /v1/sys/seal-status && unseals 13 --timeout 1 && says "can't be reached" && got
}

# The third of five is wrong: the fourth attempt goes without it.
wrong_one_among_more_is_left_out() {
	add spare 1 2 && head -c 33 /dev/urandom | od -An -v -tx1 | tr -d ' \n' > "$FOLDER/text" &&
		exits 0 unseal add --vault spare --share-file - < "$FOLDER/text" && add spare 4 5 || return 1
	tls && unseals 0 --vault spare && says 'one that is kept is wrong' && got 1 2 foreign 2 foreign 4 foreign 4 5 4 5 1 &&
		exits 0 unseal remove --vault spare --yes
}

# Three shares and the question before them take it longer than that.
time_is_kept_where_each_answer_is_slow() {
	tls --slow 300 && unseals 13 --timeout 1 && says 'within 1 seconds' && ! prints unsealed
}

# The first takes what it is asked and never answers.
slow_one_does_not_starve_others() {
	local first

	tls --hold /v1/sys/seal-status && first=$VAULT_PORT && vault_stop second &&
		vault_start second --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" --threshold 3 || return 1
	exits 13 unseal vault --addr "https://127.0.0.1:$first" --addr "https://127.0.0.1:$VAULT_PORT" \
		--ca "$VAULT_FOLDER/ca.pem" --timeout 3 && prints "127.0.0.1:$VAULT_PORT is unsealed" && got
}

# The clock is set later, or the certificate renewed: here the authority comes while it waits.
waits_for_trust() {
	local pid code=0

	tls && cp "$VAULT_FOLDER/other.pem" "$FOLDER/authority" && : > "$FOLDER/err" || return 1
	setsid "$SIGNET" unseal vault --vault main --addr "https://127.0.0.1:$VAULT_PORT" --ca "$FOLDER/authority" \
		--timeout 30 > "$FOLDER/out" 2> "$FOLDER/err" &
	pid=$!
	{ vault_await "$FOLDER/err" 1 "$pid" && says 'not trusted' && [ -z "$(vault_log vault)" ]; } || code=1
	cp "$VAULT_FOLDER/ca.pem" "$FOLDER/authority.new" && mv "$FOLDER/authority.new" "$FOLDER/authority" && wait "$pid" && [ "$code" = 0 ] && got 1 2 3
}

others_shares_are_forgotten() {
	tls --begun 2 && unseals 0 && vault_log vault | grep -q '^reset$' && got 1 2 3
}

spoilt_attempt_is_made_again() {
	tls --meddled 1 && unseals 0 && says "others' shares" && got 1 2 2 3 1
}

node_that_joins_later_is_waited_for() {
	tls --joining 2 && unseals 0 && says 'has all shares' && got 1 2 3
}

wrong_shares_are_given_up() {
	add wrong 4 && head -c 33 /dev/urandom | od -An -v -tx1 | tr -d ' \n' > "$FOLDER/text" &&
		exits 0 unseal add --vault wrong --share-file - < "$FOLDER/text" &&
		fails 2 'shares of 2 vaults' unseal vault --addr "https://127.0.0.1:$VAULT_PORT" || return 1
	vault_stop vault
	vault_start vault --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" --threshold 2 &&
		unseals 8 --vault wrong && says 'not those of this vault' && [ "$(vault_log vault | grep -c '^share')" = 6 ] &&
		exits 0 unseal remove --vault wrong --yes && exits 0 unseal list && ! prints wrong
}

too_few_shares_wait_for_people() {
	vault_stop vault
	vault_start vault --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" --threshold 4 --begun 0 &&
		unseals 13 --timeout 1 && says 'it has 3 shares of the 4' && got 1 2 3
}

cluster_is_unsealed() {
	local first

	tls && first=$VAULT_PORT &&
		vault_start second --cert "$VAULT_FOLDER/cert.pem" --key "$VAULT_FOLDER/cert.key" --threshold 2 --starting 1 &&
		exits 0 unseal vault --addr "https://127.0.0.1:$first" --addr "https://127.0.0.1:$VAULT_PORT/" \
			--ca "$VAULT_FOLDER/ca.pem" && [ "$(wc -l < "$FOLDER/out")" = 2 ] && got 1 2 3
}

# misbehaves CODE TEXT ANSWER: a server that answers something else gets no share, and its text is not shown.
misbehaves() {
	tls --answer "$3" && unseals "$1" --timeout 5 && says "$2" && got && ! says html
}

# The authority is not one of the machine's.
machine_trusts_it_not() {
	tls && exits 8 unseal vault --addr "https://127.0.0.1:$VAULT_PORT" --timeout 1 && says 'not trusted' && got
}

plain_only_where_allowed() {
	vault_stop vault
	vault_start vault --threshold 3 &&
		fails 2 "don't go over http" unseal vault --addr "http://127.0.0.1:$VAULT_PORT" &&
		fails 2 "don't go over http" unseal vault --addr "http://localhost:$VAULT_PORT" --allow-http &&
		fails 2 "don't go over http" unseal vault --addr "http://127.0.0.1.example.org:$VAULT_PORT" --allow-http &&
		got && exits 0 unseal vault --addr "http://127.0.0.1:$VAULT_PORT" --allow-http && got 1 2 3
}

# One sentence for the journal.
changed_boot_is_told() {
	exits 0 init --label boot --machine --pcr sha256:16 &&
		exits 0 unseal add --vault main --share-file - --token boot < "$VAULT_FOLDER/share1" || return 1
	tpm2_pcrextend "16:sha256=$(printf '1%.0s' {1..64})" && exits 11 unseal vault --addr https://127.0.0.1:9 --token boot &&
		says 'the vault stays sealed because PCR 16 of the bank sha256 changed' && says 'signet policy update'
}

wrong_addresses() {
	local addr

	for addr in '' vault:8200 ftp://vault/ file:///etc/passwd 'https://' 'https://a:secret@vault/' 'https://vault/?x' 'https://vault/#x' 'https://vault/#' 'https://vault/?'; do
		exits 2 unseal vault --addr "$addr" && ! says secret || { echo "$addr"; return 1; }
	done
}

tpm_start || exit 1
vault_prepare || exit 1
signet init --label token --machine > /dev/null || exit 1

check 'without shares there is nothing to send' fails 3 'keeps no unseal shares' unseal vault --addr https://127.0.0.1:9
check 'shares are kept, in digits and in base64' shares_are_kept
check 'it is shown how many there are of which vault' shares_are_listed
check 'each is data that the hardware sealed, and stands nowhere' shares_are_sealed
if [ -n "${SIGNET_TEST_SANITIZER:-}" ] || ! command -v pkcs11-tool > /dev/null; then
	skip 'other data of that name is no share' 'there is no pkcs11-tool that loads this build'
else
	check 'other data of that name is no share' only_sealed_data_is_a_share
fi
check 'what is no share is refused' no_share_is_refused
check 'a share in the wrong place is not shown' misplaced_share_is_not_shown
check 'a share that is kept is refused' same_share_is_refused
check 'what has not the size of a share is passed over' what_is_no_share_is_passed_over
check 'a vault that there is no share of is an error' fails 3 'no shares of a vault "other"' unseal vault --addr https://127.0.0.1:9 --vault other
check 'a vault is unsealed by as many shares as it needs' unseals_a_vault
check 'one that is unsealed gets none' unsealed_already_is_fine
check 'one that starts is waited for' waits_while_it_starts
check 'one that is not there is waited for until time is over' waits_while_nobody_is_there
check 'and one that does not answer' slow_one_is_given_up
check 'the time limit is kept where each answer is slow' time_is_kept_where_each_answer_is_slow
check 'one that never answers does not take the time of the others' slow_one_does_not_starve_others
check 'one that is not trusted yet is waited for, and gets no share' waits_for_trust
check 'a wrong share among more than needed is left out' wrong_one_among_more_is_left_out
check 'who else began to unseal it begins anew' others_shares_are_forgotten
check 'an attempt that another share spoilt is made again' spoilt_attempt_is_made_again
check 'a node that has all shares and joins is waited for' node_that_joins_later_is_waited_for
check 'shares of another vault are given up' wrong_shares_are_given_up
check 'fewer shares than it needs are sent once' too_few_shares_wait_for_people
check 'all servers of a cluster are unsealed' cluster_is_unsealed
check 'the authorities of the machine are asked where none is named' machine_trusts_it_not
check 'garbage is no state of a seal' misbehaves 13 'no state of a seal' garbage
check 'an endless answer is not read' misbehaves 13 'not answer as a vault' huge
check 'what is no vault is told' misbehaves 13 'status 404' missing
check 'a vault that unseals itself gets no share' misbehaves 1 'unseals itself' auto
check 'http:// is taken where it stays in the machine and is allowed' plain_only_where_allowed
check 'a wrong address is refused, and not shown' wrong_addresses
check 'a file of authorities that is not there is an error' fails 3 'No such file' unseal vault --addr https://127.0.0.1:9 --ca "$FOLDER/none"
check 'a file without authorities is said to be one' unfit_authorities_are_told
check 'a wrong time limit is an error' fails 2 'number of seconds' unseal vault --addr https://127.0.0.1:9 --timeout 0
check 'it is said why a machine does not unseal after an update' changed_boot_is_told
finish
