/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. The one configuration file and its defaults. The environment names
 * only the file (SIGNET_CONF), the state folder (SIGNET_STATE) and the TCTI
 * (SIGNET_TCTI); all three are ignored in a set-user-id program.
 */
#ifndef SG_UTIL_CONFIG_H
#define SG_UTIL_CONFIG_H

#include "util/bytes.h"

#define SG_CONFIG_PIN_TRIES 1000        /* the highest pin_tries */
#define SG_CONFIG_HSMS 4                /* HSMs at most */
#define SG_CONFIG_HSM_TIMEOUT 3600      /* the highest hsm_timeout */
#define SG_CONFIG_LOGIN_CACHE 3600      /* the highest login_cache */

/* How CKA_EC_POINT of an Ed25519 public key is given out. */
enum sg_ec_point {
	SG_EC_POINT_OCTET,      /* DER OCTET STRING, what most clients read */
	SG_EC_POINT_RAW,        /* 32 bytes, as PKCS#11 3.1 says */
};

enum sg_log_to {
	SG_LOG_TO_NOTHING,
	SG_LOG_TO_SYSLOG,
};

/* What follows where the hardware was reset and no boot explains it. */
enum sg_tripwire_mode {
	SG_TRIPWIRE_LOG,        /* it is reported */
	SG_TRIPWIRE_REFUSE,     /* tokens stay closed until somebody accepts it */
	SG_TRIPWIRE_OFF,        /* nobody looks */
};

/* Owned strings, none of them NULL after sg_config_load except soft_passphrase_file and hsm. */
struct sg_config {
	char *path;                     /* the file read, or the one looked for */
	char *state;                    /* folder of the stores */
	char *tcti;                     /* tpm2-tss TCTI string, device:/dev/tpmrm0 by default */
	char *hsm[SG_CONFIG_HSMS];      /* pkcs11: URIs, in the order of the file; then NULL */
	unsigned hsm_timeout;           /* seconds that a list waits for one; 0: for ever */
	char *sealer;                   /* what C_InitToken uses: "tpm" by default */
	bool allow_soft;                /* whether the soft sealer may be used at all */
	char *soft_passphrase_file;     /* or NULL */
	unsigned pin_tries;             /* of its own that C_InitToken gives a PIN; 0: none */
	unsigned login_cache;           /* seconds that a token stays unsealed after a logout */
	bool idempotent_login;          /* a login more than one is counted, and no error */
	bool ignore_pin;                /* a token that has no PIN takes any */
	enum sg_ec_point ec_point;
	enum sg_log_to log_to;
	enum sg_tripwire_mode tripwire;
};

/* Read the file that SIGNET_CONF names, or SYSCONFDIR/signet.conf if that exists,
 * then the environment. Lines are "key = value"; # starts a comment line. An
 * unknown key, a bad value, or a key again that stands only once is an error that names the line.
 * Errors: CONFIG, NOMEM. The caller frees *out. */
enum sg_err sg_config_load(struct sg_config **out);

/* Name another TPM. Errors: ARG for an empty name, NOMEM. */
enum sg_err sg_config_set_tcti(struct sg_config *config, const char *tcti);

/* Name one HSM more by its pkcs11: URI, which holds no PIN. Errors: ARG for what can't be one,
 * RANGE for one too many, NOMEM. */
enum sg_err sg_config_add_hsm(struct sg_config *config, const char *uri);

/* Forget all HSMs. */
void sg_config_clear_hsms(struct sg_config *config);

/* Free *config and set it to NULL; NULL is fine. */
void sg_config_free(struct sg_config **config);

/* Read a configuration from memory over the defaults, for tests and fuzzers; name stands
 * in messages. */
enum sg_err sg_config_parse(struct sg_bytes text, const char *name, struct sg_config **out);

#endif
