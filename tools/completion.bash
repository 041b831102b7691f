# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Completion of signet for bash. A test compares it with the help of every verb.

_signet_options() {
	case $1 in
	init) echo --label --machine --pin-file --so-pin-file --pin-tries --pcr --policy-key --rollback-protection --sealer --tpm --hsm --owner-auth-file --json ;;
	status | doctor) echo --json ;;
	keygen) echo --label --type --id --extractable --in-hsm --pcr --policy-key --key-pin-file --token --pin-file --json ;;
	import) echo --label --type --pcr --policy-key --key-pin-file --id --token --pin-file --json ;;
	list) echo --login --pin-file --token --json ;;
	pubkey) echo --label --format --token --pin-file --json ;;
	key-file) echo --label --pin-source --show --token --pin-file --json ;;
	sign) echo --label --format --token --pin-file --key-pin-file --force ;;
	verify) echo --label --signature --format --token ;;
	'request sign') echo --url --method --header --body --label --form --id --identity --as --timestamp --nonce --allow-query --components --sig-label --tag --lifetime --json --curl --token --pin-file --key-pin-file ;;
	'request verify') echo --public-key --machines --registrar --class --source --label --form --skew --nonces --require --sig-label --tag --allow-query --timestamp --scheme --url --method --header --body --json --token --pin-file --key-pin-file ;;
	curl) echo --label --form --id --identity --as --timestamp --nonce --allow-query --components --sig-label --tag --lifetime --token --pin-file --key-pin-file ;;
	enroll) echo --token-file --origin --label --class --identity --ca --timeout --ek-chain --event-log --again --allow-http --owner-auth-file --token --pin-file --json ;;
	'enroll answer') echo --event-log --again --token --pin-file ;;
	'enroll begin') echo --token-file --origin --class --ek-chain --again --owner-auth-file --token --pin-file ;;
	'enroll ek') echo --json ;;
	'enroll finish') echo --label --identity --token --pin-file --json ;;
	delete) echo --label --yes --token --pin-file ;;
	'registrar begin') echo --registrar --vault --api-url --ek-ca --ek-crl --sign-with --heads --token --pin-file --key-pin-file --challenge-lifetime ;;
	'registrar finish') echo --registrar --vault --api-url --ek-ca --ek-crl --sign-with --heads --token --pin-file --key-pin-file ;;
	'registrar serve') echo --registrar --vault --api-url --ek-ca --ek-crl --sign-with --heads --token --pin-file --key-pin-file --listen --tls-cert --tls-key --allow-http --rate --failures --trust-proxy --challenge-lifetime ;;
	'registrar token create') echo --registrar --name --uses --valid --class --level --origin --machine-lifetime --by-clock --machine-name --hosts --sources --maker --eks --bind-pcrs --quote-pcrs --require-event-log --approve-by-hand --guard --output --json ;;
	'registrar token list' | 'registrar machine list' | 'registrar agent list') echo --registrar --json ;;
	'registrar machine show' | 'registrar agent show') echo --registrar --id --json ;;
	'registrar machine extend' | 'registrar agent extend') echo --registrar --id --by --json ;;
	'registrar machine guard' | 'registrar agent guard') echo --registrar --id --guard --json ;;
	'registrar token revoke' | 'registrar machine '* | 'registrar agent '*) echo --registrar --id --json ;;
	'audit verify') echo --registrar --heads --public-key --json ;;
	'root create') echo --label --shares --threshold --share-key --out-dir --format --all-in-one --recovery-key --recovery-file --no-recovery --leave --usage --pcr --policy-key --key-pin-file --in-hsm --id --token --pin-file --json ;;
	'root import') echo --label --in --in-format --shares --threshold --share-key --out-dir --format --all-in-one --recovery-key --recovery-file --no-recovery --leave --usage --pcr --policy-key --key-pin-file --id --token --pin-file --json ;;
	'root list') echo --token --pin-file --json ;;
	'root node') echo --token --json ;;
	'root receive') echo --from --label --yes --pcr --policy-key --key-pin-file --token --pin-file --json ;;
	'root recover') echo --label --replace --yes --share --key-file --recovery-file --leave --usage --pcr --policy-key --key-pin-file --id --token --pin-file --json ;;
	'root rehearse') echo --share --key-file --recovery-file --root --token --pin-file --key-pin-file --json ;;
	'root send') echo --label --to --ek-ca --trust --pcr --sign-with --leave --token --pin-file --key-pin-file ;;
	'root share') echo --root --shares --threshold --share-key --out-dir --format --all-in-one --recovery-key --recovery-file --token --pin-file --key-pin-file --json ;;
	recovery-key) echo --out --key-file --json ;;
	'root retire') echo --root --version --inventory --field --not-needed --yes --token --pin-file --key-pin-file ;;
	'root rotate') echo --root --shares --threshold --share-key --out-dir --format --all-in-one --recovery-key --recovery-file --no-recovery --leave --new-label --id --token --pin-file --key-pin-file --json ;;
	'root rewrap') echo --root --field --output --in-place --token --pin-file --key-pin-file ;;
	wrap) echo --root --through --new --label --stdin --format --token --pin-file --key-pin-file --force ;;
	unwrap) echo --root --through --label --check --usage --extractable --id --token --pin-file --key-pin-file --json ;;
	encrypt) echo --root --through --aad --format --token --pin-file --key-pin-file --force ;;
	decrypt) echo --root --through --aad --token --pin-file --key-pin-file ;;
	'unseal add') echo --vault --share-file --token --pin-file ;;
	'unseal check') echo --pcr-values --token --pin-file --key-pin-file --json ;;
	'unseal list') echo --token --pin-file --json ;;
	'unseal remove') echo --vault --yes --token --pin-file ;;
	'unseal credential') echo --root --version --format --unit --token --pin-file --key-pin-file ;;
	'unseal exec') echo --root --version --env --fd --format --token --pin-file --key-pin-file ;;
	'unseal vault') echo --addr --vault --ca --timeout --allow-http --token --pin-file ;;
	'pin set') echo --pin-file --so --so-pin-file --new-pin-file --owner-auth-file --token ;;
	'pin reset') echo --so-pin-file --new-pin-file --owner-auth-file --token ;;
	reseal) echo --pcr --policy-key --root --label --key-pin-file --new-pin-file --pin-file --so-pin-file --owner-auth-file --token ;;
	'policy sign') echo --label --pcr --signatures --token --pin-file ;;
	'policy update') echo --signatures --token --pin-file ;;
	'tripwire accept') echo --token ;;
	'rollback accept') echo --pin-file --so-pin-file --owner-auth-file --token --yes ;;
	migrate) echo --to --tpm --hsm --pin-file --so-pin-file --without-officer --leave-behind --dry-run --pcr --policy-key --pin-tries --rollback-protection --owner-auth-file --token --json ;;
	destroy) echo --token --aside --tpm --owner-auth-file --yes ;;
	esac
}

_signet() {
	local verbs='init status doctor keygen import list pubkey key-file sign verify request curl enroll delete registrar audit root recovery-key wrap unwrap encrypt decrypt unseal pin reseal policy tripwire rollback migrate destroy'
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} words

	COMPREPLY=()
	if [ "$verb" = help ] && [ "$COMP_CWORD" = 3 ]; then
		case $previous in
		audit) words='verify' ;;
		enroll) words='answer begin ek finish' ;;
		root) words='create import list node receive recover rehearse retire rewrap rotate send share' ;;
		registrar) words='agent begin finish machine serve token' ;;
		request) words='sign verify' ;;
		unseal) words='add check credential exec list remove vault' ;;
		pin) words='set reset' ;;
		policy) words='sign update' ;;
		tripwire | rollback) words='accept' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
		return
	fi
	case $verb in
	audit | registrar | request | root | unseal | pin | policy | tripwire | rollback) [ "$COMP_CWORD" -le 2 ] || verb="$verb ${COMP_WORDS[2]}" ;;
	enroll)
		case $COMP_CWORD:${COMP_WORDS[2]} in
		2:*) ;;
		*:answer | *:begin | *:ek | *:finish) verb="enroll ${COMP_WORDS[2]}" ;;
		esac
		;;
	esac
	case $verb in
	'registrar token' | 'registrar machine' | 'registrar agent') [ "$COMP_CWORD" -le 3 ] || verb="$verb ${COMP_WORDS[3]}" ;;
	esac
	case $COMP_CWORD:$verb in
	'3:registrar token') words='create list revoke' ;;
	'3:registrar machine' | '3:registrar agent') words='list show approve disable enable extend revert guard revoke delete' ;;
	esac
	[ -z "${words-}" ] || previous=-
	case $COMP_CWORD:$previous in
	*:-) ;;
	1:*) words="$verbs help --help --version" ;;
	2:help) words=$verbs ;;
	2:audit) words='verify' ;;
	2:root) words='create import list node receive recover rehearse retire rewrap rotate send share' ;;
	2:registrar) words='agent begin finish machine serve token' ;;
	2:request) words='sign verify' ;;
	2:unseal) words='add check credential exec list remove vault' ;;
	2:pin) words='set reset' ;;
	2:policy) words='sign update' ;;
	2:tripwire | 2:rollback) words='accept' ;;
	*:--format)
		case $verb in
		pubkey) words='raw pem ssh all' ;;
		root*) words='words base64' ;;
		unseal*) words='raw hex base64' ;;
		*) words='raw base64' ;;
		esac
		;;
	*:--as) words='machine agent tunnel' ;;
	*:--class) words='machine agent' ;;
	*:--level) words='none asserted born minted' ;;
	*:--origin) words='host tpm vault' ;;
	*:--form) words='vault rfc9421 hmac' ;;
	*:--in-format) words='raw base64' ;;
	*:--leave) words='recovery send deliver none' ;;
	*:--type) words='ed25519 p256 hmac' ;;
	*:--usage) words='wrap encrypt both' ;;
	*:--to)
		if [ "$verb" = 'root send' ]; then
			compopt -o filenames 2> /dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
			return
		fi
		words='tpm hsm soft hsm+tpm hsm+hsm'
		;;
	*:--pin-source) words='file: credential:' ;;
	*:--scheme) words='https http' ;;
	*:--sealer) words='tpm hsm soft hsm+tpm hsm+hsm' ;;
	*:--tpm) words='device:/dev/tpmrm0' ;;
	*:--label | *:--id | *:--in | *:--root | *:--shares | *:--threshold | *:--token | *:--trust | *:--sign-with | *:--aad | *:--addr | *:--env | *:--fd | *:--timeout | *:--unit | *:--vault | *:--field | *:--new-label | *:--url | *:--method | *:--header | *:--timestamp | *:--nonce | *:--components | *:--sig-label | *:--tag | *:--lifetime | *:--skew | *:--api-url | *:--failures | *:--listen | *:--rate | *:--source | *:--require | *:--by | *:--guard | *:--hosts | *:--machine-lifetime | *:--machine-name | *:--maker | *:--name | *:--bind-pcrs | *:--quote-pcrs | *:--sources | *:--trust-proxy | *:--uses | *:--valid | *:--version) return ;;
	*:--*-file | *:--all-in-one | *:--ca | *:--ek-ca | *:--ek-chain | *:--ek-crl | *:--event-log | *:--from | *:--in-place | *:--inventory | *:--output | *:--show | *:--pcr-values | *:--out | *:--out-dir | *:--*-key | *:--share | *:--through | *:--signature | *:--signatures | *:--body | *:--identity | *:--machines | *:--nonces | *:--heads | *:--registrar | *:--tls-cert | *:--eks)
		compopt -o filenames 2> /dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	2:enroll) words="answer begin ek finish $(_signet_options "$verb") --help" ;;
	*) words="$(_signet_options "$verb") --help" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _signet signet
