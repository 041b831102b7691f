#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tests. What is said when the TPM is missing, not permitted, locked by an owner, another
# one or changed, and when memory can't be locked.

# What redirects is given to check as text:
# shellcheck disable=SC2016

# shellcheck source=tests/tool/lib.sh
. "${SIGNET_TEST_SRCDIR:?}/tests/tool/lib.sh"

no_tpm() {
	fails 6 /nonexistent list && says 'next step: Switch the TPM on' && fails 6 /nonexistent keygen --label x &&
		fails 6 /nonexistent init --label new --machine && exits 6 status && prints /nonexistent &&
		exits 6 status --json && json device-missing tokens 0 tpm error && json token tokens 0 label &&
		exits 1 doctor && prints 'FAIL  TPM' && prints 'Switch the TPM on'
}

no_token_and_no_tpm() {
	local SIGNET_STATE=$FOLDER/none

	export SIGNET_STATE
	exits 6 status && exits 6 status --json && json device-missing tpm error && fails 6 /nonexistent init --label x --machine &&
		[ ! -e "$FOLDER/none/slot-0000.db" ]
}

unknown_tcti() {
	fails 6 '' list && exits 1 doctor && prints 'FAIL  TPM'
}

# become_nobody: prepare to run the command as another user, since root may do everything.
# What runs it is in the array "nobody" then.
become_nobody() {
	nobody=("$FOLDER/signet")
	install -m 0755 "$SIGNET" "$FOLDER/signet" && install -m 0644 /dev/null "$FOLDER/empty.conf" || return 1
	[ "$(id -u)" = 0 ] || return 0
	chmod 0711 "$FOLDER"
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$FOLDER/signet")
	"${nobody[@]}" --version > /dev/null 2>&1
}

# A device that this user may not open.
not_permitted() {
	local status=0

	: > "$FOLDER/device"
	chmod 0 "$FOLDER/device"
	SIGNET_CONF=$FOLDER/empty.conf SIGNET_STATE=/nonexistent/state SIGNET_TCTI=device:$FOLDER/device \
		"${nobody[@]}" doctor > "$FOLDER/out" 2> "$FOLDER/err" || status=$?
	[ "$status" = 1 ] && prints 'FAIL  TPM: This user may not open the TPM' && prints 'usermod -aG tss' &&
		prints "$FOLDER/device"
}

# The group that may open it has another name than Debian's.
another_group() {
	local status=0 group

	group=$(id -gn)
	[ "$(id -u)" != 0 ] || group=users
	: > "$FOLDER/device"
	chgrp "$group" "$FOLDER/device" && chmod 0060 "$FOLDER/device" || return 1
	SIGNET_CONF=$FOLDER/empty.conf SIGNET_STATE=/nonexistent/state SIGNET_TCTI=device:$FOLDER/device \
		"${nobody[@]}" doctor > "$FOLDER/out" 2> "$FOLDER/err" || status=$?
	[ "$status" = 1 ] && prints 'FAIL  TPM: This user may not open the TPM' && prints "usermod -aG $group " &&
		! grep -q tss "$FOLDER/out"
}

# The store comes to another machine.
another_tpm() {
	fails 11 'not the TPM that sealed' list && says 'next step' && fails 11 'not the TPM' sign --label key < /dev/null &&
		exits 11 status && prints 'is not the one that sealed this token' && exits 11 status --json &&
		json changed tokens 0 tpm storage_key && exits 1 doctor && prints 'not the TPM that sealed'
}

storage_key_is_gone() {
	fails 11 'storage root key' list && says 'signet destroy removes' && exits 11 status --json && json missing tokens 0 tpm storage_key &&
		exits 1 doctor && prints 'FAIL  token'
}

cleared() {
	tpm2_clear -c p > /dev/null && storage_key_is_gone
}

# Something that is no storage key stands in its place.
foreign_object() {
	(
		cd "$FOLDER" &&
			tpm2_createprimary -C o -g sha256 -G ecc -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign' -c foreign.ctx &&
			tpm2_evictcontrol -C o -c foreign.ctx 0x81000001 && tpm2_flushcontext -t
	) || return 1
	exits 1 doctor && prints 'FAIL  storage root key' && prints 'FAIL  token' && prints 'tpm2_evictcontrol' &&
		exits 11 status --json && json foreign tokens 0 tpm storage_key && fails 11 'stands in the place' list &&
		fails 11 'stands in the place' init --label second --machine && says 'tpm2_evictcontrol'
}

owner_password() {
	tpm2_changeauth -c owner owner-secret > /dev/null &&
		SIGNET_STATE=$FOLDER/owned fails 6 'has a password' init --label owned --machine &&
		printf 'owner-wrong\n' > "$FOLDER/wrong" &&
		SIGNET_STATE=$FOLDER/owned fails 6 'has a password' init --label owned --machine --owner-auth-file "$FOLDER/wrong" &&
		printf 'owner-secret\n' > "$FOLDER/owner" &&
		SIGNET_STATE=$FOLDER/owned exits 0 init --label owned --machine --owner-auth-file "$FOLDER/owner" &&
		SIGNET_STATE=$FOLDER/owned exits 0 keygen --label x
}

survives_a_power_cut() {
	tpm_power_cut && printf x | exits 0 sign --label key
}

dead_tpm() {
	tpm_kill
	fails 6 'no TPM' list && tpm_resume && exits 0 list
}

no_locked_memory() {
	local status=0

	(
		ulimit -l 0
		SIGNET_CONF=$FOLDER/empty.conf SIGNET_STATE=/nonexistent/state "${nobody[@]}" doctor
	) > "$FOLDER/out" 2> "$FOLDER/err" || status=$?
	[ "$status" = 1 ] && prints 'FAIL  memory for secrets' && prints LimitMEMLOCK
}

small_memory_is_a_warning() {
	(
		ulimit -S -l 256
		exits 0 doctor
	) && prints 'warn  memory limit' && prints 'LimitMEMLOCK'
}

tpm_start || exit 1
{ signet init --label token --machine && signet keygen --label key; } > /dev/null || exit 1

check 'no TPM is said by everything' eval 'SIGNET_TCTI=device:/nonexistent no_tpm'
check 'no TPM and no token either' eval 'SIGNET_TCTI=device:/nonexistent no_token_and_no_tpm'
check 'an unknown way to a TPM is an error' eval 'SIGNET_TCTI=nonsense unknown_tcti'
check 'a power cut does no harm' survives_a_power_cut
check 'a dead TPM is missed, and found when it is back' dead_tpm
check 'little memory that can be locked is a warning' small_memory_is_a_warning
if become_nobody; then
	check 'a device that is not permitted is named, with the remedy' not_permitted
	check 'the remedy names the group that owns the device' another_group
	check 'no memory that can be locked is a failure' no_locked_memory
else
	skip 'a device that is not permitted is named, with the remedy' 'nobody else can run the command here'
	skip 'the remedy names the group that owns the device' 'nobody else can run the command here'
	skip 'no memory that can be locked is a failure' 'nobody else can run the command here'
fi
first=$TPM_FOLDER
tpm_kill
tpm_start || exit 1
signet init --label elsewhere --machine > /dev/null && signet destroy --token elsewhere --yes
check 'another TPM is said by everything' another_tpm
check 'a cleared TPM is said by everything' cleared
check 'the owner hierarchy of a TPM may have a password' owner_password
tpm_stop
rm -rf "$first"
tpm_start || exit 1
check 'something else in the place of the storage key is said' foreign_object
finish
