/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. What can go wrong below PKCS#11: one enumeration and one table that
 * gives each cause a name, a sentence and the next step. client/rv.c maps the
 * same causes to CK_RV. No function here fails.
 */
#ifndef SG_UTIL_ERR_H
#define SG_UTIL_ERR_H

/* Every fallible function of rings 0 to 2 returns one of these. */
enum sg_err {
	SG_OK = 0,

	/* The machine and the caller. */
	SG_ERR_NOMEM,           /* memory is exhausted */
	SG_ERR_ARG,             /* an argument has an impossible value */
	SG_ERR_RANGE,           /* a size is outside its limits */
	SG_ERR_SYSTEM,          /* a system call failed; the log has errno */
	SG_ERR_SECURE_MEMORY,   /* no memory that can be locked */
	SG_ERR_CONFIG,          /* the configuration file is wrong */
	SG_ERR_CRYPTO,          /* a cryptographic library failed */
	SG_ERR_TAG,             /* an authentication tag or integrity value does not match */
	SG_ERR_FORMAT,          /* bytes that are not of the expected form */

	/* The sealer, most often a TPM. */
	SG_ERR_HW_MISSING,      /* there is no such device */
	SG_ERR_HW_PERMISSION,   /* the device is there, this user may not open it */
	SG_ERR_HW_BUSY,         /* another program holds the device */
	SG_ERR_HW_REMOVED,      /* the device was there and went away */
	SG_ERR_HW_FAULT,        /* the device answered with a fault or with nonsense */
	SG_ERR_HW_MEMORY,       /* the device has no free session or object slot */
	SG_ERR_HW_OTHER,        /* not the device that sealed this */
	SG_ERR_HW_NO_PARENT,    /* the storage root key is not there */
	SG_ERR_HW_FOREIGN,      /* something else stands in the place of the storage root key */
	SG_ERR_HW_OWNER_AUTH,   /* the owner hierarchy asks for an authorisation */
	SG_ERR_HW_UNSUPPORTED,  /* the device lacks what is needed */
	SG_ERR_HW_EK_AUTH,      /* the endorsement hierarchy asks for an authorisation */
	SG_ERR_HW_RETRY,        /* the device could not begin a command, again and again */
	SG_ERR_HW_YIELDED,      /* the device broke a command off, again and again */
	SG_ERR_HW_TESTING,      /* the device is still testing itself */
	SG_ERR_HW_NV_RATE,      /* the device does not write its memory just now */
	SG_ERR_HW_NV_FULL,      /* the device has no persistent memory left */
	SG_ERR_HW_NV_GONE,      /* what the device kept for the token is gone, or is another */
	SG_ERR_HW_FAILURE,      /* the device found itself broken and does nothing any more */
	SG_ERR_HW_NOT_STARTED,  /* nobody has started the device */
	SG_ERR_HW_REBOOT,       /* the device must be reset first */
	SG_ERR_HW_TIMEOUT,      /* the device did not answer in time */
	SG_ERR_HSM_MISSING,     /* no HSM answers to that URI */
	SG_ERR_HSM_REMOVED,     /* the HSM was there and went away */
	SG_ERR_HSM_BUSY,        /* another program keeps the HSM from us */
	SG_ERR_HSM_TIMEOUT,     /* the HSM did not answer in time */
	SG_ERR_HSM_SESSIONS,    /* the HSM opens no more sessions */
	SG_ERR_HSM_FAULT,       /* the HSM failed, or answered with nonsense */
	SG_ERR_HSM_MECHANISM,   /* the HSM refuses a mechanism that is needed */
	SG_ERR_HSM_PIN,         /* the PIN of the HSM is wrong, or is not there */
	SG_ERR_HSM_LAST,        /* the HSM leaves one try of its PIN, which is not spent */
	SG_ERR_HSM_LOCKED,      /* the HSM takes no PIN any more */
	SG_ERR_HSM_OTHER,       /* not the HSM that sealed this: it lacks the key */
	SG_ERR_HSM_KEY,         /* the HSM has lost a key that lived in it */
	SG_ERR_SEALED_DAMAGED,  /* the device refuses a sealed record as not its own or changed */
	SG_ERR_TRIPWIRE,        /* the device was reset, and no boot explains it */
	SG_ERR_AUTH,            /* wrong PIN */
	SG_ERR_KEY_PIN,         /* a key wants a PIN of its own, which was not given */
	SG_ERR_LOCKED,          /* the device refuses PINs for now */
	SG_ERR_PIN_SPENT,       /* the index that counts wrong PINs takes no more of them */
	SG_ERR_PIN_INDEX,       /* that index is gone, or is another */
	SG_ERR_POLICY,          /* the sealing policy is not met */
	SG_ERR_LEASE,           /* it was, until the TPM's clock went past its end */
	SG_ERR_PCR_CHANGED,     /* a PCR was extended again and again while the key was opened */
	SG_ERR_PARCEL_OTHER,    /* what was sent was sent to another device */
	SG_ERR_SEALER_OFF,      /* this sealer is not allowed by the configuration */
	SG_ERR_SEALER_UNKNOWN,  /* no sealer of that name in this build */

	/* The store. */
	SG_ERR_STORE_MISSING,   /* there is no such store */
	SG_ERR_STORE_EXISTS,    /* there is one already */
	SG_ERR_STORE_DAMAGED,   /* cut short, changed, or not a store */
	SG_ERR_STORE_OLD,       /* an older copy of a store whose versions the device counts */
	SG_ERR_TOKEN_REPLACED,  /* another token in the place of one that sessions belong to */
	SG_ERR_UNCOUNTED,       /* a change stands, but the device has yet to count it */
	SG_ERR_PIN_LEFT,        /* a PIN is changed, but what counts for the old one stays */
	SG_ERR_STORE_VERSION,   /* made by another version */
	SG_ERR_STORE_UNSAFE,    /* owner or permissions are not private */
	SG_ERR_STORE_BUSY,      /* locked by another process for too long */
	SG_ERR_STORE_FULL,      /* no space left, or a quota */
	SG_ERR_STORE_READONLY,  /* the file system or the file cannot be written */
	SG_ERR_NOT_FOUND,       /* no such row */
	SG_ERR_CLOSED,          /* the token was closed meanwhile: nobody is logged in */

	SG_ERR_COUNT
};

/* Return the short lower-case name of an error, as --json prints it. */
const char *sg_err_name(enum sg_err err);

/* Return one sentence that says what is wrong, without a final full stop. */
const char *sg_err_sentence(enum sg_err err);

/* Return what the user should do next, or NULL where there is nothing to add. */
const char *sg_err_advice(enum sg_err err);

#endif
