#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. Roots that are sent to another machine: two TPMs and two state folders are two machines.

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

printf 'a message' > "$FOLDER/message"
printf 'allow-soft = yes\nsoft-passphrase-file = %s\n' "$FOLDER/message" > "$SIGNET_CONF"

# The variables of the script's own are those of the second machine.
tpm_start || exit 1
A=$SIGNET_TCTI A_FOLDER=$TPM_FOLDER A_PID=$TPM_PID
tpm_start || exit 1
B=$SIGNET_TCTI
STATE=$SIGNET_STATE

end_both() {
	kill -KILL "$A_PID" 2> /dev/null
	wait "$A_PID" 2> /dev/null
	rm -rf "${A_FOLDER:?}"
	tool_end
}
trap end_both EXIT

# on MACHINE COMMAND...: run it there: a, b, or with a's TPM, and other tokens, s and l.
on() {
	local tcti=$A machine=$1

	[ "$machine" != b ] || tcti=$B
	shift
	SIGNET_STATE=$STATE-$machine SIGNET_TCTI=$tcti TPM2TOOLS_TCTI=$tcti "$@"
}

cat > "$FOLDER/openssl.conf" << END
[req]
distinguished_name = name
x509_extensions = ca
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[ek]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = 2.23.133.8.1
subjectAltName = critical, URI:urn:example:tpm
END

# authority NAME: make one, NAME.pem with its NAME.key.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$FOLDER/$1.key" -out "$FOLDER/$1.pem" \
		-subj "/CN=$1" -config "$FOLDER/openssl.conf" -days 2 2> /dev/null
}

# A certificate of the TPM of b, as its maker would leave it, by openssl.
endorse() {
	on b tpm2_createek -Q -G ecc -c "$FOLDER/ek.ctx" -u "$FOLDER/ek.pem" -f pem && on b tpm2_flushcontext -t || return 1
	authority any && authority maker && openssl req -new -key "$FOLDER/any.key" -subj /CN=tpm -out "$FOLDER/any.csr" -config "$FOLDER/openssl.conf" &&
		openssl x509 -req -in "$FOLDER/any.csr" -CA "$FOLDER/maker.pem" -CAkey "$FOLDER/maker.key" -days 2 \
			-force_pubkey "$FOLDER/ek.pem" -extfile "$FOLDER/openssl.conf" -extensions ek -outform DER \
			-out "$FOLDER/ek.crt" 2> /dev/null || return 1
	on b tpm2_nvdefine -Q 0x1c0000a -C p -s "$(stat -c %s "$FOLDER/ek.crt")" \
		-a 'ppwrite|ppread|ownerread|authread|no_da|platformcreate' &&
		on b tpm2_nvwrite -Q 0x1c0000a -C p -i "$FOLDER/ek.crt"
}

made() {
	on a exits 0 init --label one --machine && on b exits 0 init --label two --machine &&
		on a exits 0 root create --label root --no-recovery --leave send,recovery &&
		on a exits 0 root create --label home --no-recovery &&
		on a exits 0 keygen --label me && on a exits 0 pubkey --label me --format pem &&
		cp "$FOLDER/out" "$FOLDER/me.pem" &&
		on a exits 0 wrap --root root --new && cp "$FOLDER/out" "$FOLDER/wrapped"
}

# What a wrapped, b can unwrap.
same_root() {
	on b exits 0 unwrap --root "${1:-root}" --check < "$FOLDER/wrapped"
}

described() {
	on b exits 0 root node && prints 'BEGIN SIGNET NODE' && says 'the fingerprint is ' &&
		says 'no certificate of its maker' && cp "$FOLDER/out" "$FOLDER/node.pub" || return 1
	PRINT=$(sed -n 's/.*the fingerprint is //p' "$FOLDER/err")
	# It is the Name that the TPM gives the key.
	on b tpm2_readpublic -Q -c 0x81000001 -n "$FOLDER/name" &&
		[ "000b$PRINT" = "$(od -An -tx1 "$FOLDER/name" | tr -d ' \n')" ] &&
		on b exits 0 root node --json && json "$PRINT" fingerprint
}

sent_and_received() {
	on a exits 0 root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" &&
		prints 'BEGIN SIGNET SENT KEY' && cp "$FOLDER/out" "$FOLDER/root.sent" &&
		on b fails 2 'Nothing proves who sent it' root receive < "$FOLDER/root.sent" &&
		on b exits 0 root receive --yes < "$FOLDER/root.sent" && prints 'Received "root"' &&
		says 'By these ways it may leave again: recovery,send' && same_root
}

a_second_one_has_another_name() {
	on b fails 9 root root receive --yes < "$FOLDER/root.sent" &&
		on b exits 0 root receive --yes --label again < "$FOLDER/root.sent" && same_root again &&
		on b exits 0 root list && prints again
}

nobody_else_receives() {
	on a fails 11 'sent to another machine' root receive --yes < "$FOLDER/root.sent"
}

never_silently() {
	on a fails 2 'nothing says that the node' root send --label root --to "$FOLDER/node.pub" &&
		on a fails 8 'has the fingerprint' root send --label root --to "$FOLDER/node.pub" --trust "${PRINT/[0-7]/8}" &&
		on a fails 8 'has the fingerprint' root send --label root --to "$FOLDER/node.pub" --trust "${PRINT%?}"
}

only_what_may_leave() {
	on a fails 1 'may not leave by that way' root send --label home --to "$FOLDER/node.pub" --trust "$PRINT" &&
		on a fails 2 'may leave by recovery,send only' \
			root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" --leave deliver
}

fewer_ways_there() {
	on a exits 0 root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" --leave none &&
		cp "$FOLDER/out" "$FOLDER/kept.sent" && on b exits 0 root receive --yes --label kept < "$FOLDER/kept.sent" &&
		says 'may leave again: none' &&
		on b fails 1 'may not leave by that way' root send --label kept --to "$FOLDER/node.pub" --trust "$PRINT"
}

signed() {
	on a exits 0 root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" --sign-with me &&
		cp "$FOLDER/out" "$FOLDER/signed" && on b fails 8 'not signed' root receive --from "$FOLDER/me.pem" < "$FOLDER/root.sent" &&
		on b exits 0 root receive --from "$FOLDER/me.pem" --label signed < "$FOLDER/signed" && says 'that of --from' &&
		same_root signed || return 1
	for form in raw ssh; do
		on a exits 0 pubkey --label me --format $form && cp "$FOLDER/out" "$FOLDER/me.$form" &&
			on b exits 0 root receive --from "$FOLDER/me.$form" --label "signed $form" < "$FOLDER/signed" || return 1
	done
	on b exits 0 keygen --label other && on b exits 0 pubkey --label other --format pem &&
		cp "$FOLDER/out" "$FOLDER/other.pem" &&
		on b fails 8 'another key' root receive --from "$FOLDER/other.pem" --label no < "$FOLDER/signed"
}

# Everybody can say whose signature it is: the last line is a part of it.
forged() {
	awk '/END/ { sub(/^./, substr(last, 1, 1) == "A" ? "B" : "A", last) } NR > 1 { print last } { last = $0 } END { print }' \
		"$FOLDER/signed" > "$FOLDER/forged"
	[ "$(cmp -l "$FOLDER/signed" "$FOLDER/forged" | wc -l)" = 1 ] &&
		on b fails 8 'the signature is wrong' root receive --from "$FOLDER/me.pem" --label no < "$FOLDER/forged" &&
		on b fails 8 'the signature is wrong' root receive --yes --label no < "$FOLDER/forged"
}

# A new version follows the old one, which then opens only. The old one is sent as it is now.
rotated() {
	on a exits 0 root rotate --root root --no-recovery --leave send,recovery && on a exits 0 wrap --root root --new &&
		cp "$FOLDER/out" "$FOLDER/wrapped2" &&
		on a exits 0 root send --label root-v2 --to "$FOLDER/node.pub" --trust "$PRINT" && says 'one of the 2 versions' &&
		cp "$FOLDER/out" "$FOLDER/v2.sent" && on b exits 0 root receive --yes < "$FOLDER/v2.sent" &&
		says 'version 2 of the root "root"' && says 'It may wrap, unwrap' && same_root &&
		on b exits 0 unwrap --root root --check < "$FOLDER/wrapped2" && on b exits 0 wrap --root root --new &&
		cp "$FOLDER/out" "$FOLDER/new" && on a exits 0 unwrap --root root --check < "$FOLDER/new"
}

# Nothing but letters is changed, so that it stays base64.
changed() {
	local line

	for line in 3 6 9 12; do
		sed "${line}s/[a-y]/z/" "$FOLDER/root.sent" > "$FOLDER/changed"
		! cmp -s "$FOLDER/root.sent" "$FOLDER/changed" || continue
		! on b signet root receive --yes --label changed < "$FOLDER/changed" > "$FOLDER/out" 2> "$FOLDER/err" &&
			[ ! -s "$FOLDER/out" ] || return 1
	done
	head -n 8 "$FOLDER/root.sent" > "$FOLDER/cut"
	on b fails 1 'damaged' root receive --yes --label cut < "$FOLDER/cut" &&
		on b fails 1 'damaged' root receive --yes --label cut < "$FOLDER/node.pub"
}

no_node() {
	on a fails 1 'no description of a node' root send --label root --to "$FOLDER/root.sent" --trust "$PRINT" &&
		on a fails 3 'node.none' root send --label root --to "$FOLDER/node.none" --trust "$PRINT"
}

zeros=0000000000000000000000000000000000000000000000000000000000000000

in_that_state_alone() {
	on a fails 2 'must say which values' root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" --pcr sha256:7 &&
		on a exits 0 root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" --pcr sha256:7=$zeros &&
		cp "$FOLDER/out" "$FOLDER/bound" && on b exits 0 root receive --yes --label bound < "$FOLDER/bound" &&
		on b tpm2_pcrextend 7:sha256=${zeros//0/1} &&
		on b fails 11 'PCR 7' root receive --yes --label bound2 < "$FOLDER/bound"
}

with_a_certificate() {
	endorse && authority other.ca && on b exits 0 root node && cp "$FOLDER/out" "$FOLDER/node.pub" &&
		on a exits 0 root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" --ek-ca "$FOLDER/maker.pem" &&
		cp "$FOLDER/out" "$FOLDER/proven" &&
		on b exits 0 root receive --yes --label proven < "$FOLDER/proven" && same_root proven &&
		on b exits 0 doctor && prints "a certificate of the TPM's maker proves to others" &&
		on a exits 0 doctor && prints 'must compare the fingerprint' &&
		on a fails 8 "can't believe the node" root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" --ek-ca "$FOLDER/other.ca.pem"
}

# Who swaps the file for that of a machine of his own may have a TPM of the same maker.
certificate_is_not_enough() {
	on a fails 2 'nothing says that the node' root send --label root --to "$FOLDER/node.pub" --ek-ca "$FOLDER/maker.pem" &&
		on a fails 8 'has the fingerprint' root send --label root --to "$FOLDER/node.pub" --ek-ca "$FOLDER/maker.pem" --trust "${PRINT/[0-7]/8}"
}

identity_keys_too() {
	on a fails 1 'may not leave by that way' root send --label me --to "$FOLDER/node.pub" --trust "$PRINT"
}

# Sending needs no TPM; receiving does.
without_a_tpm() {
	on s exits 0 init --label soft --machine --sealer soft &&
		on s exits 0 root create --label root --no-recovery --leave send && on s exits 0 wrap --root root --new &&
		cp "$FOLDER/out" "$FOLDER/wrapped" &&
		on s exits 0 root send --label root --to "$FOLDER/node.pub" --trust "$PRINT" && cp "$FOLDER/out" "$FOLDER/soft.sent" &&
		on b exits 0 root receive --yes --label soft < "$FOLDER/soft.sent" && same_root soft &&
		on s fails 6 'only a TPM opens' root node && on s fails 6 'only a TPM opens' root receive --yes < "$FOLDER/soft.sent"
}

# The policy here is one of this machine.
guarded() {
	on b exits 0 root receive --yes --label guarded --pcr sha256:23 < "$FOLDER/root.sent" &&
		on b exits 0 wrap --root guarded --new && on b tpm2_pcrextend 23:sha256=${zeros//0/1} &&
		on b fails 11 'PCR 23' wrap --root guarded --new
}

# A list of sealers receives by its TPM.
one_of_several() {
	on l exits 0 init --label list --machine --sealer soft+tpm && on l exits 0 root node && cp "$FOLDER/out" "$FOLDER/list.pub" &&
		on s exits 0 root send --label root --to "$FOLDER/list.pub" --trust "$(sed -n 's/.*the fingerprint is //p' "$FOLDER/err")" &&
		cp "$FOLDER/out" "$FOLDER/list.sent" && on l exits 0 root receive --yes < "$FOLDER/list.sent" &&
		on l exits 0 unwrap --root root --check < "$FOLDER/wrapped"
}

check 'two machines have tokens' made
check 'a machine describes its TPM' described
check 'a root that is sent is received and is the same' sent_and_received
check 'a second one of the same name needs another' a_second_one_has_another_name
check 'no other machine receives it' nobody_else_receives
check 'no node is believed silently' never_silently
check 'only keys that may leave so are sent' only_what_may_leave
check 'it can be received with fewer ways to leave' fewer_ways_there
check 'a signature says who sent it' signed
check 'a signature that is forged is refused' forged
check 'a new version is sent and takes the place of the old one' rotated
check 'what was changed or cut is refused' changed
check 'another file is no node' no_node
check 'the receiver must be in the state that was demanded' in_that_state_alone
check 'a certificate of the maker is verified beside the fingerprint' with_a_certificate
check 'a certificate of the maker says not whose machine it is' certificate_is_not_enough
check 'what is received gets a policy of its own here' guarded
check 'an identity key that was not made for it stays' identity_keys_too
check 'sending needs no TPM, and receiving does' without_a_tpm
check 'a token that a TPM seals as one of several receives' one_of_several
finish
