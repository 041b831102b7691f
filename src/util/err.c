/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The table of causes. What is particular to one failure, such as the
 * path or the device, stands in the log line of that failure and never here.
 */
#include "util/err.h"

#include <stddef.h>

struct row {
	const char *name;
	const char *sentence;
	const char *advice;
};

static const struct row rows[SG_ERR_COUNT] = {
	[SG_OK] = { "ok", "Everything is fine", NULL },
	[SG_ERR_NOMEM] = { "no-memory", "There is not enough memory", NULL },
	[SG_ERR_ARG] = { "bad-argument", "An argument has an impossible value", NULL },
	[SG_ERR_RANGE] = { "out-of-range", "A size is outside of its limits", NULL },
	[SG_ERR_SYSTEM] = {
		"system", "The operating system refused a call",
		"The log line before this one names the call and the reason." },
	[SG_ERR_SECURE_MEMORY] = {
		"secure-memory", "No memory that can be locked is left for secrets",
		"Raise the limit with LimitMEMLOCK=64M in the unit of the service, or with "
		"ulimit -l 65536 in the shell." },
	[SG_ERR_CONFIG] = {
		"config", "The configuration is wrong",
		"Correct the line or the variable that the log names; see signet.conf(5)." },
	[SG_ERR_CRYPTO] = {
		"crypto", "A cryptographic library failed",
		"Run signet doctor; it tests the libraries." },
	[SG_ERR_TAG] = {
		"bad-tag", "The data was changed, or the key is not the one that protected it",
		NULL },
	[SG_ERR_FORMAT] = { "bad-format", "The data does not have the expected form", NULL },

	[SG_ERR_HW_MISSING] = {
		"device-missing", "There is no TPM where it was looked for",
		"Switch the TPM on in the firmware, or name another one with tcti in the "
		"configuration or with SIGNET_TCTI." },
	[SG_ERR_HW_PERMISSION] = {
		"device-permission", "This user may not open the TPM",
		"Add the user to the group that owns the device, which the log names, and log in "
		"again." },
	[SG_ERR_HW_BUSY] = {
		"device-busy", "Another program holds the TPM",
		"Use the resource manager of the kernel, device:/dev/tpmrm0, or stop the other "
		"program." },
	[SG_ERR_HW_REMOVED] = {
		"device-removed", "The TPM was there and went away",
		"Try again; if it happens again, look at the log of the kernel with dmesg." },
	[SG_ERR_HW_FAULT] = {
		"device-fault", "The TPM answered with a fault or with nonsense",
		"Restart the machine; if it happens again, look at the log of the kernel with "
		"dmesg." },
	[SG_ERR_HW_MEMORY] = {
		"device-memory", "The TPM has no free slot for a session or a key",
		"Use the resource manager of the kernel, device:/dev/tpmrm0, or remove what "
		"others left behind with tpm2_flushcontext -t and tpm2_flushcontext -l." },
	[SG_ERR_HW_OTHER] = {
		"device-other", "This is not the TPM that sealed the token",
		"Go back to the machine that made the token. If it is this one, and its TPM was "
		"cleared, what it sealed is lost: signet destroy removes the token, and signet init "
		"or signet enroll makes a new one." },
	[SG_ERR_HW_NO_PARENT] = {
		"device-no-parent", "The storage root key is not in the TPM any more",
		"If the TPM was cleared, what it sealed is lost: signet destroy removes the token, "
		"and signet init or signet enroll makes a new one." },
	[SG_ERR_HW_FOREIGN] = {
		"device-foreign", "Something else stands in the place of the storage root key",
		"tpm2_readpublic -c 0x81000001 shows it. If nothing needs it, tpm2_evictcontrol "
		"-C o -c 0x81000001 removes it, and signet init makes the key." },
	[SG_ERR_HW_OWNER_AUTH] = {
		"device-owner-auth", "The owner hierarchy of the TPM has a password",
		"The verbs of signet that make or remove something in the TPM take it with "
		"--owner-auth-file; a PKCS#11 call can't be given it." },
	[SG_ERR_HW_EK_AUTH] = {
		"device-ek-auth", "The endorsement hierarchy of the TPM has a password",
		"Signet does not take it. Who knows it removes it, with tpm2_changeauth -c e -p and "
		"that password; --owner-auth-file is for another one." },
	[SG_ERR_HW_UNSUPPORTED] = {
		"device-unsupported", "What seals the token can't do something that is needed",
		"Do without it, or seal with what can: an HSM has no PCRs, counts no wrong PINs and "
		"keeps no counter, nor does a list of sealers. signet doctor says what a TPM lacks." },
	[SG_ERR_HW_RETRY] = {
		"device-retry", "The TPM was too busy to begin a command",
		"Try again in a minute; if it stays busy, another program may keep it so, or the "
		"machine needs a restart." },
	[SG_ERR_HW_YIELDED] = {
		"device-yielded", "The TPM broke a command off and did not come back to it",
		"Try again in a minute; if it happens again, restart the machine." },
	[SG_ERR_HW_TESTING] = {
		"device-testing", "The TPM is still testing itself",
		"Try again in a minute; if the test never ends, tpm2_selftest --full tells its "
		"result." },
	[SG_ERR_HW_NV_RATE] = {
		"device-nv-rate", "The TPM does not write to its memory for now",
		"Try again in some minutes: a TPM writes only so often, to spare its memory. If "
		"another program makes it write all the time, stop that one." },
	[SG_ERR_HW_NV_FULL] = {
		"device-nv-full", "The TPM has no space left for something that stays",
		"tpm2_getcap handles-persistent and tpm2_getcap handles-nv-index show what is "
		"there; tpm2_evictcontrol and tpm2_nvundefine remove what nobody needs." },
	[SG_ERR_HW_NV_GONE] = {
		"device-nv-gone", "What the TPM kept for this token is gone, or was replaced",
		"Find out who removed it (tpm2_getcap handles-nv-index shows what is there). Then "
		"signet rollback accept makes a counter anew, and takes the store as it is." },
	[SG_ERR_HW_FAILURE] = {
		"device-failure", "The TPM found a fault in itself and is in failure mode",
		"Switch the machine off and on again, a restart may not be enough; tpm2_gettestresult "
		"says what failed. If it comes back, the TPM is broken." },
	[SG_ERR_HW_NOT_STARTED] = {
		"device-not-started", "Nobody has started the TPM since it got its power",
		"Restart the machine, whose firmware starts it; a simulator is started with "
		"tpm2_startup -c." },
	[SG_ERR_HW_REBOOT] = {
		"device-reboot", "The TPM must be reset before it works again",
		"Restart the machine. After an update of the TPM's firmware this is normal." },
	[SG_ERR_HW_TIMEOUT] = {
		"device-timeout", "The TPM did not answer in time",
		"Try again; another program may have kept it busy, which fuser on the device shows. If "
		"it happens again, look at the log of the kernel with dmesg." },
	[SG_ERR_HSM_MISSING] = {
		"hsm-missing", "There is no HSM where it was looked for",
		"Connect it and start what its module needs; p11tool --list-tokens --provider "
		"MODULE shows what the module sees. hsm in signet.conf(5) says where it is looked for." },
	[SG_ERR_HSM_REMOVED] = {
		"hsm-removed", "The HSM was there and went away",
		"Connect it again, or see to its connection, and try again: signet logs in anew by "
		"itself." },
	[SG_ERR_HSM_BUSY] = {
		"hsm-busy",
		"Another program keeps the HSM busy, or is logged in to it as another user",
		"Try again in a moment, or stop the other program." },
	[SG_ERR_HSM_TIMEOUT] = {
		"hsm-timeout", "The HSM did not answer in time",
		"See to the HSM and to the way to it. hsm-timeout in signet.conf(5) is how long a list "
		"of sealers waits before the next one is asked." },
	[SG_ERR_HSM_SESSIONS] = {
		"hsm-sessions", "The HSM opens no more sessions",
		"Close other programs that use it, or raise its limit; signet needs one session at "
		"least." },
	[SG_ERR_HSM_FAULT] = {
		"hsm-fault", "The HSM failed, or answered with nonsense",
		"Look at the log of the HSM's module; the line before this one has the module's "
		"own words." },
	[SG_ERR_HSM_MECHANISM] = {
		"hsm-mechanism", "The HSM refuses a mechanism that is needed, or the right to use it",
		"pkcs11-tool --module MODULE --list-mechanisms shows what it has; doc/hsm says "
		"what signet can use." },
	[SG_ERR_HSM_PIN] = {
		"hsm-pin", "The PIN of the HSM is wrong, or there is none",
		"Correct the file that pin-source names in the HSM's URI, see signet.conf(5). A "
		"PIN that was wrong is tried again when that file is written." },
	[SG_ERR_HSM_LAST] = {
		"hsm-last-try", "The HSM takes one PIN more, and locks itself if that is wrong",
		"Log in once with its own tools and the right PIN, as with pkcs11-tool --login: "
		"signet spends no last try on a PIN from a file." },
	[SG_ERR_HSM_LOCKED] = {
		"hsm-locked", "The HSM takes no PIN any more, after too many wrong ones",
		"The security officer of the HSM sets a new PIN with the tools of its maker." },
	[SG_ERR_HSM_OTHER] = {
		"hsm-other", "This is not the HSM that sealed the token: it lacks the key",
		"Name the HSM that made the token with hsm in signet.conf(5), or bring its key "
		"back with the tools of its maker." },
	[SG_ERR_HSM_KEY] = {
		"hsm-key", "The key lived in the HSM, and is gone, or another is in its place",
		"Bring it back with the tools of the HSM's maker, if there is a copy; else delete "
		"the key here, and make another." },
	[SG_ERR_SEALED_DAMAGED] = {
		"sealed-damaged",
		"The hardware refuses a sealed record: it was changed, or another one sealed it",
		"Put back the copy of the store that was kept of this token on this machine; without "
		"one, what was sealed is lost." },
	[SG_ERR_TRIPWIRE] = {
		"tripwire", "The tripwire has tripped: the TPM is not as the last boot left it",
		"Find out what was done to the TPM: TRIPWIRE in signet(1) says what can be meant. Then "
		"signet tripwire accept takes it as it is." },
	[SG_ERR_AUTH] = {
		"wrong-pin", "The PIN is wrong",
		"signet status shows how many tries are left, where they are counted." },
	[SG_ERR_KEY_PIN] = {
		"key-pin", "The key has a PIN of its own, which was not given",
		"Give it with --key-pin-file, or on the terminal." },
	[SG_ERR_LOCKED] = {
		"locked", "The TPM refuses every PIN for now, after too many wrong ones",
		"Wait; signet status shows for how long. The machine may stay on meanwhile." },
	[SG_ERR_PIN_SPENT] = {
		"pin-spent", "All tries of the PIN are spent, and waiting gives none back",
		"The security officer sets a new PIN with signet pin reset. Without an officer the "
		"token can't be opened any more." },
	[SG_ERR_PIN_INDEX] = {
		"pin-index", "What counts wrong PINs in the TPM is gone, or was replaced",
		"No PIN was tried. Find out who removed it; tpm2_getcap handles-nv-index shows what is "
		"there. The security officer sets a new PIN with signet pin reset." },
	[SG_ERR_POLICY] = {
		"policy", "The machine is not in the state that the key was sealed to",
		"The log names what differs. Boot the state that it was sealed to, or take in a new "
		"signature with signet policy update; POLICIES in signet(1) says what to do before an "
		"update. A root whose shares people hold comes back with signet root recover "
		"--replace." },
	[SG_ERR_LEASE] = {
		"lease", "The time that the key was lent for is over",
		"signet enroll --again, with a new enrolment token, puts another key in the place of "
		"one that was enrolled. Any other is made anew." },
	[SG_ERR_PCR_CHANGED] = {
		"pcr-changed", "Another process extended a PCR each time the key was to be opened",
		"Try again in a moment. While a machine boots, its measurements can go on for some time." },
	[SG_ERR_PARCEL_OTHER] = {
		"sent-elsewhere", "The key was sent to another machine",
		"Write this machine's description with signet root node and have the key sent to it." },
	[SG_ERR_SEALER_OFF] = {
		"sealer-off", "The configuration does not allow this sealer",
		"For development only, set allow-soft = yes." },
	[SG_ERR_SEALER_UNKNOWN] = {
		"sealer-unknown", "This build has no sealer of that name",
		"signet doctor lists the sealers of this build." },

	[SG_ERR_STORE_MISSING] = {
		"store-missing", "There is no token here yet",
		"Make one with signet init, or name the right folder with state in the "
		"configuration or with SIGNET_STATE." },
	[SG_ERR_STORE_EXISTS] = {
		"store-exists", "There is a token here already",
		"Choose another folder with SIGNET_STATE, or remove the old token first." },
	[SG_ERR_STORE_DAMAGED] = {
		"store-damaged", "The store was cut short or changed, or is no store at all",
		"It was left as it is. A copy of the file that somebody kept can be put in its place on "
		"this machine; without one its keys are lost, and the file can be deleted." },
	[SG_ERR_STORE_OLD] = {
		"store-old", "The store is not the newest one: the TPM has counted changes that it lacks",
		"Bring the newest store back. If you restored a backup yourself, signet rollback "
		"accept takes it as it is: keys and PINs that were removed since are in it again, and "
		"those made since are lost." },
	[SG_ERR_TOKEN_REPLACED] = {
		"token-replaced", "The token that was open is gone; another stands in its place, or none",
		"If you made or brought back a token there yourself, begin anew: a program closes its "
		"sessions and opens others." },
	[SG_ERR_UNCOUNTED] = {
		"uncounted", "The change was made, but the TPM failed to count it, so an older copy of "
		"the store is not refused yet",
		"Do not do it again. See to the TPM; then signet list, or whatever opens the token, has "
		"it counted." },
	[SG_ERR_PIN_LEFT] = {
		"pin-left", "The change was made, but what counts for the old PIN could not be removed from "
		"the TPM, so an older copy of the store opens with it",
		"Do not do it again. See to the TPM; then the next login, as by signet list, removes it. "
		"Where the owner hierarchy has a password no login can: signet reseal with "
		"--owner-auth-file does." },
	[SG_ERR_STORE_VERSION] = {
		"store-version", "The store was made by another version of signet",
		"It was left as it is. Use the version that made it, or a newer one." },
	[SG_ERR_STORE_UNSAFE] = {
		"store-unsafe", "A file or folder is not private to its user",
		"The log line before this one gives the command that mends it." },
	[SG_ERR_STORE_BUSY] = {
		"store-busy", "Another process has locked the store for too long",
		"Try again; fuser on the store's file shows who holds it." },
	[SG_ERR_STORE_FULL] = {
		"store-full", "There is no space left for the store",
		"Free some space on its file system, or raise the quota." },
	[SG_ERR_STORE_READONLY] = {
		"store-readonly", "The store can't be written",
		"Mount its file system for writing, or give the file to this user." },
	[SG_ERR_NOT_FOUND] = { "not-found", "There is no such thing", NULL },
	[SG_ERR_CLOSED] = { "closed", "Nobody is logged in to this token any more",
	                    "Log in and try again." },
};

static const struct row unknown = { "unknown", "The cause is unknown", NULL };

static const struct row *row_of(enum sg_err err)
{
	return (unsigned)err < SG_ERR_COUNT ? &rows[err] : &unknown;
}

const char *sg_err_name(enum sg_err err)
{
	return row_of(err)->name;
}

const char *sg_err_sentence(enum sg_err err)
{
	return row_of(err)->sentence;
}

const char *sg_err_advice(enum sg_err err)
{
	return row_of(err)->advice;
}
