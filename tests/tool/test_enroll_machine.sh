#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. signet enroll on the machine: what it makes, writes, shows and refuses. That it goes on after
# any interruption is in test_enroll_again.sh, what registrars take and refuse in test_enroll.sh.
#
# The functions are called by their names:
# shellcheck disable=SC2317,SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"
# shellcheck source=tests/lib/machine.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/machine.sh"
# shellcheck source=tests/lib/vault.sh
. "$SIGNET_TEST_SRCDIR/tests/lib/vault.sh"

end() {
	vault_stop_all
	machine_end
}
trap end EXIT

machine_prepare || exit 1

everything() {
	fresh && enrol 0 --origin "$1" && prints "Level: $2" || return 1
	[ "$(private_keys)" = 1 ] && of vault_test vaultId && of https://vault.example.org apiUrl && of "$FOLDER/identity/private.pem" privateKeyPath &&
		[ "$(stat -c %a "$FOLDER/identity" "$FOLDER/identity/identity.json" "$FOLDER/identity/private.pem" "$(state)" | xargs)" = '700 600 600 600' ] || return 1
	# The key file names a key that signs.
	signet list | sed -n 's/^private key "\(.*\)"$/\1/p' > "$FOLDER/label"
	signet key-file --show "$FOLDER/identity/private.pem" | grep -q "object=$(cat "$FOLDER/label");type=private" &&
		signet sign --label "$(cat "$FOLDER/label")" < "$FOLDER/conf" > "$FOLDER/signature" && [ "$(stat -c %s "$FOLDER/signature")" -ge 64 ]
}

once_more() {
	rm -f "$FOLDER/token"
	enrol 0 && prints 'enrolled already' && enrol 0 --json && json true before && json minted level
}

no_token_stays() {
	local token

	fresh && token=$(cat "$FOLDER/token") && enrol 0 || return 1
	! grep -qF "$token" "$(state)"
}

other_files() {
	local file

	# The registrar is not asked: it is not there.
	fresh uses=2 && enrol 0 && registrar_stop && enrol 9 --token second && says 'is not of this machine' || return 1
	for file in identity.json private.pem; do
		mkdir -m 700 "$FOLDER/theirs" && echo '-----BEGIN PRIVATE KEY-----' > "$FOLDER/theirs/$file" &&
			ID=$FOLDER/theirs enrol 9 --token second && says "$file is not of this machine" &&
			grep -q BEGIN "$FOLDER/theirs/$file" && rm -r "$FOLDER/theirs" || return 1
	done
	start && ID=$FOLDER/theirs enrol 0 --token second && rm -r "$FOLDER/theirs"
}

no_plain_id() {
	under_way && signet registrar finish "${FILES[@]}" < "$FOLDER/evidence" > "$FOLDER/answer" || return 1
	sed 's/"id":"[^"]*"/"id":"..\/x"/' "$FOLDER/answer" > "$FOLDER/forged" && fails 13 'no identity' enroll finish < "$FOLDER/forged" &&
		[ "$(private_keys)" = 0 ]
}

time_over() {
	under_way && signet registrar finish "${FILES[@]}" < "$FOLDER/evidence" > "$FOLDER/answer" &&
		sed 's/"expires":0/"expires":1700000000000/' "$FOLDER/answer" > "$FOLDER/ended" && exits 0 enroll finish < "$FOLDER/ended" &&
		says 'its time is over' && says '--again' && enrol 0 --json && json true ended && says '--again'
}

# at ADDRESS TEXT: what it says of who answers there.
at() {
	fails 13 "$2" enroll "$1" --token-file "$FOLDER/token" --ca "$REGISTRAR_FOLDER/ca.pem" --allow-http --timeout 60
}

no_registrar_there() {
	VAULT_FOLDER=$FOLDER/vault
	fresh && vault_prepare && at "$REGISTRAR_URL/path" 'there is no registrar at' || return 1
	vault_start other --answer missing && at "http://127.0.0.1:$VAULT_PORT" 'with status 404' && vault_stop other &&
		vault_start other --answer garbage && at "http://127.0.0.1:$VAULT_PORT" 'with status 200' && vault_stop other &&
		vault_start other --answer redirect && at "http://127.0.0.1:$VAULT_PORT" 'leads elsewhere' && vault_stop other
}

# The registrar is not asked: it is not there.
label() {
	fresh && signet init --label machine --machine > /dev/null && signet keygen --label mine > /dev/null || return 1
	registrar_stop && enrol 9 --label mine && says 'another key "mine"' && start && enrol 0 --label other && signet list | grep -q 'private key "other"'
}

by_files() {
	fresh && signet enroll begin --token-file "$FOLDER/token" --origin tpm > "$FOLDER/hello" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" &&
		signet enroll answer < "$FOLDER/challenge" > "$FOLDER/evidence" &&
		signet enroll answer < "$FOLDER/challenge" | cmp - "$FOLDER/evidence" &&
		signet registrar finish "${FILES[@]}" < "$FOLDER/evidence" > "$FOLDER/answer" &&
		exits 0 enroll finish --identity "$FOLDER/identity" --label piped < "$FOLDER/answer" && prints 'Level: born' &&
		[ "$(private_keys)" = 1 ] && signet list | grep -q 'private key "piped"'
}

# Somebody on the way of the files writes what he likes.
another_origin() {
	fresh && signet enroll begin --token-file "$FOLDER/token" --origin tpm > "$FOLDER/hello" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" &&
		sed 's/"origin":"tpm"/"origin":"host"/' "$FOLDER/challenge" > "$FOLDER/forged" && ! cmp -s "$FOLDER/challenge" "$FOLDER/forged" &&
		fails 13 'wants a key of origin host' enroll answer < "$FOLDER/forged" && signet enroll answer < "$FOLDER/challenge" > "$FOLDER/evidence"
}

another_identity() {
	under_way && signet registrar finish "${FILES[@]}" < "$FOLDER/evidence" > "$FOLDER/answer" || return 1
	sed 's/"asserted"/"minted"/' "$FOLDER/answer" > "$FOLDER/forged" && fails 13 'claims more' enroll finish < "$FOLDER/forged" &&
		sed 's/"machine"/"agent"/' "$FOLDER/answer" > "$FOLDER/forged" && fails 13 'another class' enroll finish < "$FOLDER/forged" &&
		sed 's|https://|file://|' "$FOLDER/answer" > "$FOLDER/forged" && fails 13 'https://' enroll finish < "$FOLDER/forged" &&
		[ "$(private_keys)" = 0 ] && exits 0 enroll finish < "$FOLDER/answer"
}

# What carries files changes the ends of lines.
line_ends() {
	fresh && signet enroll begin --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		sed 's/$/\r/' "$FOLDER/hello" | signet registrar begin "${FILES[@]}" --challenge-lifetime 20h > "$FOLDER/challenge" &&
		[ "$("$JSON" expires < "$FOLDER/challenge")" -gt $(($(date +%s) + 71900)) ] &&
		{ cat "$FOLDER/challenge" && printf ' \r\n\r\n'; } | signet enroll answer > "$FOLDER/evidence" &&
		sed 's/$/\r/' "$FOLDER/evidence" | signet registrar finish "${FILES[@]}" > "$FOLDER/answer" &&
		{ cat "$FOLDER/answer" && printf '\r\n'; } | signet enroll finish > "$FOLDER/out" && prints 'Level: asserted' || return 1
	fails 2 '--challenge-lifetime' registrar begin "${FILES[@]}" --challenge-lifetime 25h < "$FOLDER/hello"
}

out_of_turn() {
	fresh && signet init --label machine --machine > /dev/null || return 1
	fails 1 'waits for a challenge' enroll answer < "$FOLDER/challenge" && fails 1 'waits for an identity' enroll finish < "$FOLDER/answer"
}

request_is_one() {
	fresh && signet enroll begin --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" &&
		signet enroll answer < "$FOLDER/challenge" > "$FOLDER/evidence" &&
		"$JSON" request < "$FOLDER/evidence" | base64 -d > "$FOLDER/request.der" || return 1
	openssl req -inform DER -in "$FOLDER/request.der" -verify -noout 2>&1 | grep -q 'verify OK' &&
		openssl asn1parse -inform DER -in "$FOLDER/request.der" | grep -qE 'OBJECT +:(1\.2\.840\.113549\.1\.9\.16\.2\.59|id-aa-)'
}

not_trusted() {
	fresh && exits 13 enroll "$REGISTRAR_URL" --token-file "$FOLDER/token" && says 'is not trusted' && enrol 0
}

refused() {
	fresh && printf 'sgt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n' > "$FOLDER/token" && enrol 13 && says token-unknown &&
		registrar_token level=minted > "$FOLDER/token" && enrol 13 --origin tpm && says '(level)' && enrol 0 && prints 'Level: minted'
}

wrong_lines() {
	fresh && fails 2 'needs URL' enroll --token-file "$FOLDER/token" && fails 2 'is no address' enroll 'https://a b/' --token-file "$FOLDER/token" &&
		fails 2 "don't go over http" enroll http://127.0.0.1:1/ --token-file "$FOLDER/token" &&
		fails 2 '--origin is' enroll "$REGISTRAR_URL" --token-file "$FOLDER/token" --origin any2 &&
		fails 2 'takes no argument' enroll "$REGISTRAR_URL" more --token-file "$FOLDER/token" && [ ! -e "$SIGNET_STATE" ]
}

public_token() {
	fresh && chmod 644 "$FOLDER/token" && enrol 7 && says 'chmod 0600' && [ ! -e "$SIGNET_STATE" ]
}

hsm_token() {
	fresh && echo 'allow-soft = yes' > "$FOLDER/soft.conf" && printf 'passphrase' > "$FOLDER/passphrase" &&
		printf 'soft-passphrase-file = %s\nsealer = soft\n' "$FOLDER/passphrase" >> "$FOLDER/soft.conf" || return 1
	SIGNET_CONF=$FOLDER/soft.conf enrol 6 && says "can't show what the token is sealed by"
}

list_over() {
	local ca=$MAKER_FOLDER/ca

	: > "$FOLDER/index" && echo 01 > "$FOLDER/number" || return 1
	printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\n' "$FOLDER/index" "$FOLDER/number" > "$FOLDER/ca.conf"
	openssl ca -config "$FOLDER/ca.conf" -gencrl -keyfile "$ca/signkey.pem" -cert "$ca/issuercert.pem" -crl_lastupdate 20200101000000Z \
		-crl_nextupdate 20200201000000Z -out "$FOLDER/crl" 2> /dev/null || return 1
	fresh && signet enroll begin --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		fails 8 'ek-list' registrar begin "${FILES[@]}" --ek-crl "$FOLDER/crl" < "$FOLDER/hello" && says 'is out of date' &&
		fails 1 'no list of revoked' registrar begin "${FILES[@]}" --ek-crl "$MAKER_CA" < "$FOLDER/hello" &&
		fails 2 'needs --ek-ca' registrar begin "${FILES[@]:0:6}" --ek-crl "$FOLDER/crl" < "$FOLDER/hello" &&
		signet registrar begin "${FILES[@]}" < "$FOLDER/hello" > "$FOLDER/challenge"
}

# A registrar that trusts the maker's root alone.
between() {
	local from=("${FILES[@]:0:6}" --ek-ca "$MAKER_FOLDER/ca/swtpm-localca-rootca-cert.pem")

	fresh && signet enroll begin --token-file "$FOLDER/token" > "$FOLDER/hello" &&
		! signet registrar begin "${from[@]}" < "$FOLDER/hello" > "$FOLDER/out" 2> "$FOLDER/err" &&
		says 'ek-chain' &&
		signet enroll begin --token-file "$FOLDER/token" --again --ek-chain "$MAKER_FOLDER/ca/issuercert.pem" > "$FOLDER/hello" &&
		signet registrar begin "${from[@]}" < "$FOLDER/hello" > "$FOLDER/challenge" &&
		fails 1 'of 1 to 7' enroll begin --token-file "$FOLDER/token" --again --ek-chain "$FOLDER/token"
}

# What is shown is what a registrar takes.
shown() {
	rm -rf "$SIGNET_STATE" && exits 0 enroll ek && cp "$FOLDER/out" "$FOLDER/eks" && [ "$(grep -cxE '[0-9a-f]{64}' "$FOLDER/eks")" = 2 ] &&
		[ "$(wc -l < "$FOLDER/eks")" = 2 ] && says "$(head -c 8 "$FOLDER/eks")... is the " && says ', which signet enroll shows; certified for' &&
		says '--maker may be "id:00001014"' && [ ! -e "$SIGNET_STATE" ] || return 1
	head -n 1 "$FOLDER/eks" > "$FOLDER/first" && exits 0 enroll ek --json && json "$(cat "$FOLDER/first")" eks 0 hash && json true eks 0 shown &&
		json true eks 0 certified && json id:00001014 eks 0 makers 0 && json false eks 1 shown || return 1
	rm -f "$FOLDER/token" && signet registrar token create --registrar "$REGISTRAR" --eks "$FOLDER/first" --maker id:00001014 --output "$FOLDER/token" &&
		enrol 0 || return 1
	rm -rf "$SIGNET_STATE" "$ID" "$FOLDER/token" && tail -n 1 "$FOLDER/eks" > "$FOLDER/second" &&
		signet registrar token create --registrar "$REGISTRAR" --eks "$FOLDER/second" --output "$FOLDER/token" && enrol 13 && says '(ek-unlisted)' &&
		says 'signet enroll ek' && rm "$FOLDER/token" &&
		signet registrar token create --registrar "$REGISTRAR" --maker nobody --output "$FOLDER/token" && enrol 13 && says '(ek-maker)' && says 'signet enroll ek'
}

registrar_token > "$FOLDER/token" && start || exit 1
check 'a fresh machine enrols with a key that it makes' everything host asserted
check 'a fresh machine enrols with a key that its TPM makes' everything tpm born
check 'a fresh machine enrols with a key that the registrar makes' everything vault minted
check 'a second run says that it is enrolled, without a token' once_more
check 'nothing keeps the enrolment token in the end' no_token_stays
check 'files of another machine, or of somebody else, are not written over' other_files
check 'an id that is no plain name is refused' no_plain_id
check 'an enrolment whose time is over says so, and how to get another' time_over
check 'who is no registrar is told from one that refuses' no_registrar_there
check 'the TPM is shown as registrars take it' shown
check 'a label that is taken is refused before anything is sent' label
check 'the same works over files, and the same challenge has the same evidence' by_files
check 'an identity that claims more, or leads elsewhere, is not taken' another_identity
check 'nor a challenge of another origin than was asked for' another_origin
check 'messages keep their meaning where their ends of lines change' line_ends
check 'messages out of turn are refused' out_of_turn
check 'openssl verifies the certificate request' request_is_one
check 'a registrar that nobody vouches for gets nothing' not_trusted
check 'who sends the certificates between needs none at the registrar' between
check 'a list of revoked certificates that is over is told, and lets nobody through' list_over
check 'a refusal is told by its name, and another try begins anew' refused
check 'wrong command lines make nothing' wrong_lines
check 'a token file that others can read makes nothing' public_token
check 'a token that no TPM seals is refused' hsm_token
finish
