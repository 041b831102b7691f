#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Attack: the TPM is reset under a running machine, restarted, or put back to an older state, as
# who has the board does it to give PCRs other values, and who has the host of a virtual machine
# to have tries of a PIN again. The machine itself boots and sleeps in namespaces: boot_id is
# another file, and the clocks have offsets.

# Functions are called by their names:
# shellcheck disable=SC2317

# own_root COMMAND...: run it under a root folder of our own, with all of the machine's below. In a
# namespace of a user without rights root's folders are nobody's, and signet refuses them.
own_root() {
	local entry

	PATH=$PATH:/usr/sbin:/sbin
	mount -t tmpfs -o mode=0755 tmpfs /media && mkdir /media/own || return 1
	for entry in /*; do
		if [ -L "$entry" ]; then
			cp -P "$entry" /media || return 1
		elif [ -d "$entry" ] && [ "$entry" != /media ]; then
			mkdir "/media$entry" && mount --rbind "$entry" "/media$entry" || return 1
		fi
	done
	TMPDIR=/own chroot /media "$@"
}

as_root=
[ "$(id -u)" = 0 ] || as_root='--user --map-root-user'
# shellcheck disable=SC2086
if ! unshare $as_root --mount --time --boottime 10 true 2> /dev/null; then
	echo '1..0 # SKIP this user can not make it look as if the machine booted or slept'
	exit 0
fi
if [ -n "$as_root" ]; then
	export -f own_root
	# shellcheck disable=SC2086
	exec unshare $as_root --mount -- "$BASH" -c 'own_root "$@"' bash "$BASH" "$(realpath "$0")"
fi

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

BOOT=
SLEPT=0
SHIFT=0
HOST_SLEPT=

# signet ARGUMENT...: in the boot BOOT, with the clocks put on by SHIFT seconds, and after SLEPT
# seconds of sleep.
signet() {
	setsid -w unshare --mount --time --monotonic "$SHIFT" --boottime $((SHIFT + SLEPT)) -- sh -c \
		'[ -z "$1" ] || mount --bind "$1" /proc/sys/kernel/random/boot_id || exit 99
		shift
		exec "$@"' sh "${BOOT:+$FOLDER/boot.$BOOT}" "$SIGNET" "$@"
}

# boot NUMBER [SECONDS]: from now on it is that boot of the machine, which was so long ago. A machine
# that slept itself has no offset that makes it one that did not, and needs none: it has no age.
boot() {
	local up

	BOOT=$1
	printf '%08d-0000-4000-8000-000000000000\n' "$1" > "$FOLDER/boot.$1"
	read -r up _ < /proc/uptime
	[ -n "$HOST_SLEPT" ] || SHIFT=$((${2:-0} - ${up%.*}))
}

# Tell whether the machine of this test slept since its boot, as it was kept.
host_slept() {
	[ "$(od -An -tu8 --endian=big -j44 -N8 "$SIGNET_STATE/slot-0000.boot")" -ge 10 ]
}

mode() {
	echo "tripwire = $1" > "$SIGNET_CONF"
}

signs() {
	printf x | exits 0 sign --token "${1:-box}" --label key
}

# refused NAME...: the token stays closed, and these are the reasons, and no others.
refused() {
	local wanted=$*

	printf x | exits 11 sign --token "${token:-box}" --label key && says 'The tripwire has tripped' || return 1
	[ -z "$wanted" ] || has_tripped "$wanted"
}

# has_tripped 'NAME NAME...'
has_tripped() {
	local found

	signet status --json > "$FOLDER/out" 2> "$FOLDER/err"
	found=$(tr -d '\n' < "$FOLDER/out" | sed 's/.*"tripped": *\[\([^]]*\)\].*/\1/' | tr -d '" ' | tr , ' ')
	[ "$found" = "$1" ] || { echo "what tripped is \"$found\" instead of \"$1\""; return 1; }
}

# has_tripped_among NAME: it is one of the reasons.
has_tripped_among() {
	signet status --json > "$FOLDER/out" 2> "$FOLDER/err"
	grep -q "\"$1\"" "$FOLDER/out" || { echo "$1 is no reason"; cat "$FOLDER/out"; return 1; }
}

accepted() {
	exits 0 tripwire accept && prints Accepted && has_tripped ''
}

untouched() {
	signs && has_tripped '' && exits 0 status && prints 'nothing that a boot does not explain' &&
		exits 0 doctor && prints 'ok    tripwire of slot 0'
}

reset_is_reported() {
	mode log
	tpm_restart && signs && has_tripped reset && exits 0 status &&
		prints 'tripwire: tripped: the TPM was reset while the machine stayed up' && exits 0 doctor &&
		prints 'warn  tripwire of slot 0: tripped' && prints 'signet tripwire accept'
}

reported_until_accepted() {
	signs && boot 1 && tpm_restart && signs && has_tripped_among reset && accepted && signs && has_tripped ''
}

reset_closes() {
	mode refuse
	signs && tpm_restart && refused 'reset seed' && exits 1 doctor && prints 'FAIL  tripwire of slot 0' && refused &&
		boot 2 && tpm_restart && refused && has_tripped_among reset && accepted && signs
}

power_cut_closes() {
	tpm_power_cut && refused && has_tripped_among reset && accepted && signs
}

boot_explains() {
	boot 3 && tpm_restart && signs && has_tripped '' && boot 4 && tpm_power_cut && signs && has_tripped '' &&
		exits 0 status && prints 'nothing that a boot does not explain'
}

# The record is from an earlier boot: its counters say nothing.
reset_before_the_first_use() {
	boot 10 10800 && tpm_restart && tpm_restart && refused young && exits 11 status &&
		prints 'the TPM was started long after the machine' && accepted && signs
}

# As late as it was accepted, and no later.
late_as_accepted() {
	boot 11 10800 && tpm_restart && signs && has_tripped '' && boot 12 36000 && tpm_restart && refused young &&
		boot 13 && tpm_restart && refused && accepted && signs && boot 14 10800 && tpm_restart && refused young &&
		boot 15 && tpm_restart && accepted && signs
}

reset_at_a_first_look() {
	rm "$SIGNET_STATE/slot-0000.boot" && boot 16 10800 && tpm_restart && refused young &&
		rm "$SIGNET_STATE/slot-0000.boot" && boot 17 && tpm_restart && signs && has_tripped ''
}

boot_without_reset() {
	boot 5 && refused not-reset && accepted && signs
}

# What was copied before the boot has the counters of the boot when it is started again.
copy_from_before_the_boot() {
	boot 6 && tpm_end_orderly && tpm_keep copy && tpm_resume && signs && has_tripped '' &&
		tpm_kill && tpm_put_back copy && tpm_resume && refused && has_tripped_among seed &&
		! grep -q '"reset"' "$FOLDER/out" && accepted && signs
}

# The same while signet is not used, and the machine boots.
older_copy_at_a_boot() {
	boot 7 && tpm_end_orderly && tpm_keep copy && tpm_resume && signs && boot 8 && tpm_restart && signs &&
		has_tripped '' && boot 9 && tpm_kill && tpm_put_back copy && tpm_resume && refused older && accepted && signs
}

older_copy_in_a_boot() {
	tpm_kill && tpm_put_back copy && tpm_resume && tpm_restart && accepted && tpm_restart && refused &&
		accepted && tpm_kill && tpm_put_back copy && tpm_resume && refused && has_tripped_among older &&
		accepted && signs
}

restart_without_sleep() {
	signs && tpm_sleep && refused restart && accepted && signs
}

restart_with_sleep() {
	tpm_sleep && SLEPT=1000 && signs && has_tripped '' && SLEPT=5000 && tpm_sleep && signs && has_tripped ''
}

# A sleep explains a restart only.
reset_with_sleep() {
	SLEPT=9000
	tpm_restart && refused 'reset seed' && accepted && signs
}

record_is_damaged() {
	truncate -s 100 "$SIGNET_STATE/slot-0000.boot" && refused && has_tripped_among record && accepted && signs
}

# replaced COMMAND...: it puts something else in the place of the record.
replaced() {
	local record=$SIGNET_STATE/slot-0000.boot

	rm "$record" && "$@" "$record" && refused record && exits 1 doctor && prints "in $record" &&
		exits 0 tripwire accept && prints "Accepted, after it had tripped: what was noted" &&
		prints "in $record" && has_tripped '' && signs
}

record_is_replaced() {
	replaced mkfifo && replaced ln -s /dev/zero && replaced install -m 0666 /dev/null
}

# A password of the endorsement hierarchy keeps the clock from a session that asserts a policy.
kept_back() {
	exits 0 init --label sealed --machine --pcr sha256:16 && exits 0 keygen --token sealed --label key &&
		signs sealed && tpm2_changeauth -c e secret && token=sealed refused && exits 11 status &&
		prints 'does not tell its counters and its clock any more' && tpm2_changeauth -c e -p secret &&
		exits 0 destroy --token sealed --yes && [ ! -e "$SIGNET_STATE/slot-0001.boot" ]
}

off() {
	mode off
	tpm_restart && signs && exits 0 status && prints 'tripwire: off' && exits 0 doctor &&
		prints 'warn  tripwire of slot 0: off' && fails 10 'tripwire = off' tripwire accept &&
		says 'next step: Set tripwire = log, or refuse.' && ! says soft
}

tpm_start || exit 1
{ signet init --label box --machine && signet keygen --label key; } > /dev/null || exit 1
! host_slept || HOST_SLEPT=yes
boot 0
signet tripwire accept > /dev/null || exit 1

check 'a TPM that nobody touched is not reported' untouched
check 'a reset of the TPM of a running machine is reported' reset_is_reported
check 'until somebody accepts it, whatever boots meanwhile' reported_until_accepted
check 'with refuse it closes the token until somebody accepts it' reset_closes
check 'so does a power cut of the TPM alone' power_cut_closes
check 'a boot of the machine explains a reset and a power cut' boot_explains
if [ -n "$HOST_SLEPT" ]; then
	skip 'a reset before the first use in a boot closes the token' 'this machine slept since its boot'
else
	check 'a reset before the first use in a boot closes the token' reset_before_the_first_use
	check 'a TPM that is started as late as it was accepted does not' late_as_accepted
	check 'nor hides it who deletes the record' reset_at_a_first_look
fi
check 'a boot that did not reset the TPM closes the token' boot_without_reset
check 'a copy of the TPM from before the boot is noticed, though its counters are right' copy_from_before_the_boot
check 'an older copy of the TPM is noticed at a boot' older_copy_at_a_boot
check 'and within a boot' older_copy_in_a_boot
check 'a restart of the TPM of a machine that is awake closes the token' restart_without_sleep
check 'a sleep of the machine explains it' restart_with_sleep
check 'but no reset' reset_with_sleep
check 'a record that was cut short is reported' record_is_damaged
check 'so is something else in its place' record_is_replaced
check 'so is a TPM that keeps its counters back' kept_back
check 'where it is off nobody looks, and the doctor says so' off
finish
