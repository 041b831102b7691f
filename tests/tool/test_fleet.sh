#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. signet registrar token, machine and agent, and signet audit verify: what an administrator
# does to a registrar, also while it is served.
#
# The functions are called by their names:
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/registrar.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/registrar.sh"

end() {
	registrar_stop > /dev/null
	tool_end
}
trap end EXIT

REGISTRAR_FOLDER=$FOLDER/registrar
registrar_prepare || exit 1
STORE=(--registrar "$REGISTRAR")
NOBODY=1b671a64-40d5-491e-99b0-da01ff1f3341
KEY=$(openssl genpkey -algorithm ed25519 | openssl pkey -pubout -outform DER | tail -c 32 | base64)
ID=

# told NAME...: print a value of the JSON that the last command wrote.
told() {
	"$JSON" "$@" < "$FOLDER/out"
}

makes_a_token() {
	exits 0 registrar token create "${STORE[@]}" --level none --machine-lifetime 30d --machine-name 'worker-{uuid8}' &&
		grep -qxE 'sgt_[A-Za-z0-9_-]{43}' "$FOLDER/out" && cp "$FOLDER/out" "$FOLDER/token" &&
		says 'the identifier of the token is' && [ "$(stat -c %a "$REGISTRAR")" = 600 ]
}

into_a_file() {
	exits 0 registrar token create "${STORE[@]}" --output "$FOLDER/new" --json && [ "$(stat -c %a "$FOLDER/new")" = 600 ] &&
		! grep -q sgt_ "$FOLDER/out" && grep -qx 'sgt_.*' "$FOLDER/new" &&
		fails 9 'Nothing is written over' registrar token create "${STORE[@]}" --output "$FOLDER/new" &&
		[ "$(grep -c . "$FOLDER/new")" = 1 ]
}

lists_tokens() {
	exits 0 registrar token list "${STORE[@]}" --json && [ "$(told 0 state)" = good ] &&
		[ "$(told 0 rules level)" = none ] && [ "$(told 1 rules level)" = asserted ] && [ "$(told 1 maxUses)" = 1 ] &&
		exits 0 registrar token list "${STORE[@]}" && prints '0 of 1 used' && ! grep -q "$(cat "$FOLDER/token")" "$FOLDER/out"
}

refuses_nonsense() {
	fails 2 'a number from 1 to 10000' registrar token create "${STORE[@]}" --uses 0 &&
		fails 2 'a number from 1 to 10000' registrar token create "${STORE[@]}" --uses 10001 &&
		fails 2 'look at --machine-lifetime' registrar token create "${STORE[@]}" --machine-lifetime 10m &&
		fails 2 'look at --valid' registrar token create "${STORE[@]}" --valid 13mo &&
		fails 2 'a number with its unit' registrar token create "${STORE[@]}" --valid 10 &&
		fails 2 'look at --sources' registrar token create "${STORE[@]}" --sources 10.0.0.1/8 &&
		fails 2 'look at --machine-name' registrar token create "${STORE[@]}" --machine-name '{what}' &&
		fails 2 'look at --guard' registrar token create "${STORE[@]}" --guard 'after=8' &&
		fails 2 'look at --guard' registrar token create "${STORE[@]}" --guard 'days=mon zone=Mars/Base' &&
		fails 2 'look at --level' registrar token create "${STORE[@]}" --level none --maker STM &&
		fails 2 'none, asserted, born or minted' registrar token create "${STORE[@]}" --level high
}

refuses_what_nobody_could_use() {
	: > "$FOLDER/none"
	fails 2 'look at --bind-pcrs' registrar token create "${STORE[@]}" --origin vault --bind-pcrs sha256:7 &&
		fails 2 'look at --bind-pcrs' registrar token create "${STORE[@]}" --level minted --bind-pcrs sha256:7 &&
		fails 2 'look at --origin' registrar token create "${STORE[@]}" --level minted --origin tpm &&
		fails 1 'names no TPM' registrar token create "${STORE[@]}" --eks "$FOLDER/none"
}

# A variable of a script that is not set must not make a token without that limit.
takes_no_empty_limit() {
	local option before

	before=$(sha256sum < "$REGISTRAR")
	for option in --name --class --level --origin --machine-lifetime --machine-name --hosts --sources --maker --eks --bind-pcrs \
		--quote-pcrs --guard --output --uses --valid; do
		fails 2 "$option must be followed by" registrar token create "${STORE[@]}" "$option" '' || return 1
	done
	fails 2 '--hosts must be followed by' registrar token create "${STORE[@]}" --hosts= &&
		fails 2 '--ek-ca must be followed by' registrar begin "${STORE[@]}" --vault v --api-url https://x --ek-ca '' < /dev/null &&
		fails 2 '--heads must be followed by' audit verify "${STORE[@]}" --heads '' && [ "$(sha256sum < "$REGISTRAR")" = "$before" ]
}

reads_a_list_of_tpms() {
	printf '%064d\n%064d\n' 1 2 > "$FOLDER/eks"
	echo short > "$FOLDER/bad"
	exits 0 registrar token create "${STORE[@]}" --eks "$FOLDER/eks" --quote-pcrs sha256:7 --json &&
		exits 0 registrar token list "${STORE[@]}" --json && [ "$(told 2 rules eks 1)" = "$(printf '%064d' 2)" ] &&
		[ "$(told 2 rules quote)" = pcr=sha256:7 ] &&
		fails 1 'line 1 of' registrar token create "${STORE[@]}" --eks "$FOLDER/bad"
}

# A machine of a program in the field comes while the registrar is served.
a_machine_comes() {
	registrar_start --allow-http && curl -sS --max-time 20 -o "$FOLDER/out" "$REGISTRAR_URL/v1/vault_test/enroll/register" \
		-d "{\"token\":\"$(cat "$FOLDER/token")\",\"publicKey\":\"$KEY\",\"hostname\":\"web-1\"}" &&
		ID=$(told machineId) && [[ $(told machineName) == worker-* ]] &&
		exits 0 registrar token list "${STORE[@]}" --json && [ "$(told 0 state)" = used ]
}

lists_machines() {
	exits 0 registrar machine list "${STORE[@]}" && prints "$ID" && prints active && prints none &&
		exits 0 registrar agent list "${STORE[@]}" && [ ! -s "$FOLDER/out" ] &&
		exits 0 registrar machine list "${STORE[@]}" --json && [ "$(told 0 id)" = "$ID" ] && [ "$(told 0 host)" = web-1 ] &&
		[ "$(told 0 source)" = 127.0.0.1 ]
}

state() {
	exits 0 registrar machine show "${STORE[@]}" --id "$ID" --json || return 1
	[ "$(told "$1")" = "$2" ] || { cat "$FOLDER/out"; return 1; }
}

changes_it() {
	exits 0 registrar machine disable "${STORE[@]}" --id "$ID" && state state disabled &&
		exits 0 registrar machine enable "${STORE[@]}" --id "$ID" && state state active &&
		exits 0 registrar machine guard "${STORE[@]}" --id "$ID" --guard 'from=10.0.0.0/8 days=mon zone=Europe/Berlin' &&
		state guard 'from=10.0.0.0/8 days=mon zone=Europe/Berlin' &&
		fails 1 "can't guard" registrar machine guard "${STORE[@]}" --id "$ID" --guard 'from=x' &&
		fails 1 "can't guard" registrar machine guard "${STORE[@]}" --id "$ID" --guard 'days=mon zone=Mars/Base' &&
		exits 0 registrar machine guard "${STORE[@]}" --id "$ID" --guard '' && state guard ''
}

extends_it() {
	local end

	fails 1 'No extension stands' registrar machine revert "${STORE[@]}" --id "$ID" &&
		state state active && end=$(told expires) &&
		exits 0 registrar machine extend "${STORE[@]}" --id "$ID" --by 10d && state state active &&
		[ "$(told expires)" != "$end" ] && [ "$(told extensions 0 reverted)" = null ] &&
		exits 0 registrar machine revert "${STORE[@]}" --id "$ID" && state expires "$end" &&
		[ "$(told extensions 0 reverted)" != null ] &&
		exits 0 registrar machine show "${STORE[@]}" --id "$ID" && prints ', reverted'
}

answers_in_json() {
	exits 0 registrar machine disable "${STORE[@]}" --id "$ID" --json && [ "$(told state)" = disabled ] && [ "$(told id)" = "$ID" ] &&
		exits 0 registrar machine enable "${STORE[@]}" --id "$ID" --json && [ "$(told state)" = active ] &&
		exits 0 registrar machine approve "${STORE[@]}" --id "$ID" --json && [ "$(told approved)" = true ] &&
		exits 0 registrar machine guard "${STORE[@]}" --id "$ID" --guard days=mon --json && [ "$(told guard)" = days=mon ] &&
		exits 0 registrar machine guard "${STORE[@]}" --id "$ID" --guard '' --json && [ -z "$(told guard)" ] &&
		exits 0 registrar machine extend "${STORE[@]}" --id "$ID" --by 1d --json && [ "$(told deleted)" = false ] &&
		exits 0 registrar machine revert "${STORE[@]}" --id "$ID" --json && [ "$(told id)" = "$ID" ]
}

ends_it() {
	exits 0 registrar machine revoke "${STORE[@]}" --id "$ID" --json && [ "$(told state)" = revoked ] && state state revoked &&
		fails 1 "can't extend" registrar machine extend "${STORE[@]}" --id "$ID" --by 1d &&
		exits 0 registrar machine delete "${STORE[@]}" --id "$ID" --json && [ "$(told deleted)" = true ] &&
		fails 3 'no such machine' registrar machine show "${STORE[@]}" --id "$ID"
}

knows_nobody() {
	fails 3 'no such machine' registrar machine approve "${STORE[@]}" --id "$NOBODY" &&
		fails 3 'no such agent' registrar agent approve "${STORE[@]}" --id "$ID" &&
		fails 3 'no such token' registrar token revoke "${STORE[@]}" --id "$NOBODY" &&
		fails 3 'no such machine' registrar machine show "${STORE[@]}" --id "' OR 1=1"
}

revokes_a_token() {
	local token

	exits 0 registrar token list "${STORE[@]}" --json && token=$(told 1 id) &&
		exits 0 registrar token revoke "${STORE[@]}" --id "$token" --json && [ "$(told state)" = revoked ] &&
		[ "$(told id)" = "$token" ] &&
		exits 0 registrar token list "${STORE[@]}" --json && [ "$(told 1 state)" = revoked ]
}

logs_all() {
	registrar_stop && exits 0 audit verify "${STORE[@]}" && prints 'The log is whole' && prints 'None is covered' &&
		exits 0 audit verify "${STORE[@]}" --json && [ "$(told good)" = true ] && [ "$(told entries)" -ge 11 ]
}

# A head of a log that was longer, which no store of ours has.
misses_what_was_signed() {
	echo 'signet-head 1 9 5 0x' > "$FOLDER/heads"
	exits 8 audit verify "${STORE[@]}" --heads "$FOLDER/heads" && says 'line 1 (line)' &&
		exits 8 audit verify "${STORE[@]}" --heads "$FOLDER/heads" --json && [ "$(told fault)" = line ] &&
		[ "$(told line)" = 1 ]
}

# The examples of signet-fleet(1), in a folder that others may read.
as_the_manual_says() {
	(
		umask 022
		SIGNET=$(realpath "$SIGNET")
		mkdir "$FOLDER/plain" && cd "$FOLDER/plain" && mkdir -m 700 fleet &&
			exits 0 registrar token create --registrar fleet/db --uses 20 --valid 24h --machine-lifetime 30d \
				--machine-name 'worker-{uuid8}' --output token &&
			[ "$(stat -c %a token)" = 600 ] && exits 0 registrar machine list --registrar fleet/db &&
			exits 0 audit verify --registrar fleet/db && prints 'The log is whole'
	)
}

without_a_store() {
	fails 7 'there is no registrar' registrar token list --registrar "$REGISTRAR_FOLDER/none.db" &&
		fails 7 'there is no registrar' audit verify --registrar "$REGISTRAR_FOLDER/none.db" && [ ! -e "$REGISTRAR_FOLDER/none.db" ]
}

# What is said of a token's store would be bad advice here.
of_a_damaged_store() {
	head -c 4096 /dev/zero > "$REGISTRAR_FOLDER/damaged.db" && chmod 600 "$REGISTRAR_FOLDER/damaged.db" || return 1
	fails 7 'the machines and the log lie in it' registrar token list --registrar "$REGISTRAR_FOLDER/damaged.db" && ! says 'can be deleted' > /dev/null &&
		fails 7 'the machines and the log lie in it' audit verify --registrar "$REGISTRAR_FOLDER/damaged.db"
}

check 'token create makes the store and shows the token' makes_a_token
check 'or writes it to a private file' into_a_file
check 'token list shows what a token demands, and never its text' lists_tokens
check 'what no token can be is refused by name' refuses_nonsense
check 'and so is what nobody could use' refuses_what_nobody_could_use
check 'an option that is empty is no limit that is not there' takes_no_empty_limit
check 'a list of TPMs is read' reads_a_list_of_tpms
check 'a machine comes while the registrar is served' a_machine_comes
check 'machine list shows it, and agent list does not' lists_machines
check 'it is disabled, enabled and guarded' changes_it
check 'it is extended, and that is reverted' extends_it
check 'each of these answers in JSON' answers_in_json
check 'it is revoked and deleted' ends_it
check 'what is not there is said so' knows_nobody
check 'a token is revoked' revokes_a_token
check 'audit verify finds the log whole' logs_all
check 'and a head that does not fit' misses_what_was_signed
check 'the examples of the manual work in a folder that others may read' as_the_manual_says
check 'without a store there is nothing to manage' without_a_store
check 'a damaged one is not to be deleted' of_a_damaged_store
finish
