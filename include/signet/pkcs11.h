/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program needs beside a PKCS#11 2.40 header to use signet: names, types and
 * functions of later PKCS#11 versions that its header may lack, and signet's own attributes
 * and return values. Include a PKCS#11 header first; its definitions win.
 */
#ifndef SIGNET_PKCS11_H
#define SIGNET_PKCS11_H

/* Names of PKCS#11 3.0 and later. */
#ifndef CKO_PROFILE
#define CKO_PROFILE (0x00000009UL)
#endif
#ifndef CKP_INVALID_ID
#define CKP_INVALID_ID (0x00000000UL)
#endif
#ifndef CKP_BASELINE_PROVIDER
#define CKP_BASELINE_PROVIDER (0x00000001UL)
#endif
#ifndef CKP_EXTENDED_PROVIDER
#define CKP_EXTENDED_PROVIDER (0x00000002UL)
#endif
#ifndef CKP_AUTHENTICATION_TOKEN
#define CKP_AUTHENTICATION_TOKEN (0x00000003UL)
#endif
#ifndef CKP_PUBLIC_CERTIFICATES_TOKEN
#define CKP_PUBLIC_CERTIFICATES_TOKEN (0x00000004UL)
#endif
#ifndef CKP_COMPLETE_PROVIDER
#define CKP_COMPLETE_PROVIDER (0x00000005UL)
#endif
#ifndef CKP_HKDF_TLS_TOKEN
#define CKP_HKDF_TLS_TOKEN (0x00000006UL)
#endif
#ifndef CKK_EC_MONTGOMERY
#define CKK_EC_MONTGOMERY (0x00000041UL)
#endif
#ifndef CKK_HKDF
#define CKK_HKDF (0x00000042UL)
#endif
#ifndef CKA_UNIQUE_ID
#define CKA_UNIQUE_ID (0x00000004UL)
#endif
#ifndef CKA_PROFILE_ID
#define CKA_PROFILE_ID (0x00000601UL)
#endif
#ifndef CKM_SHA256_KEY_GEN
#define CKM_SHA256_KEY_GEN (0x00004005UL)
#endif
#ifndef CKM_SHA384_KEY_GEN
#define CKM_SHA384_KEY_GEN (0x00004006UL)
#endif
#ifndef CKM_SHA512_KEY_GEN
#define CKM_SHA512_KEY_GEN (0x00004007UL)
#endif
#ifndef CKM_EC_MONTGOMERY_KEY_PAIR_GEN
#define CKM_EC_MONTGOMERY_KEY_PAIR_GEN (0x00001056UL)
#endif
#ifndef CKM_AES_KEY_WRAP_KWP
#define CKM_AES_KEY_WRAP_KWP (0x0000210bUL)
#endif
#ifndef CKM_HKDF_DERIVE
#define CKM_HKDF_DERIVE (0x0000402aUL)
#endif
#ifndef CKM_HKDF_DATA
#define CKM_HKDF_DATA (0x0000402bUL)
#endif
#ifndef CKM_HKDF_KEY_GEN
#define CKM_HKDF_KEY_GEN (0x0000402cUL)
#endif
#ifndef CKF_HKDF_SALT_NULL
#define CKF_HKDF_SALT_NULL (0x00000001UL)
#endif
#ifndef CKF_HKDF_SALT_DATA
#define CKF_HKDF_SALT_DATA (0x00000002UL)
#endif
#ifndef CKF_HKDF_SALT_KEY
#define CKF_HKDF_SALT_KEY (0x00000004UL)
#endif
#ifndef CKF_MESSAGE_ENCRYPT
#define CKF_MESSAGE_ENCRYPT (0x00000002UL)
#endif
#ifndef CKF_MESSAGE_DECRYPT
#define CKF_MESSAGE_DECRYPT (0x00000004UL)
#endif
#ifndef CKF_MESSAGE_SIGN
#define CKF_MESSAGE_SIGN (0x00000008UL)
#endif
#ifndef CKF_MESSAGE_VERIFY
#define CKF_MESSAGE_VERIFY (0x00000010UL)
#endif
#ifndef CKF_MULTI_MESSAGE
#define CKF_MULTI_MESSAGE (0x00000020UL)
#endif
#ifndef CKF_FIND_OBJECTS
#define CKF_FIND_OBJECTS (0x00000040UL)
#endif
#ifndef CKF_EC_CURVENAME
#define CKF_EC_CURVENAME (0x04000000UL)
#endif
#ifndef CKF_END_OF_MESSAGE
#define CKF_END_OF_MESSAGE (0x00000001UL)
#endif
#ifndef CKF_INTERFACE_FORK_SAFE
#define CKF_INTERFACE_FORK_SAFE (0x00000001UL)
#endif
#ifndef CKG_NO_GENERATE
#define CKG_NO_GENERATE (0x00000000UL)
#endif
#ifndef CKG_GENERATE
#define CKG_GENERATE (0x00000001UL)
#endif
#ifndef CKG_GENERATE_COUNTER
#define CKG_GENERATE_COUNTER (0x00000002UL)
#endif
#ifndef CKG_GENERATE_RANDOM
#define CKG_GENERATE_RANDOM (0x00000003UL)
#endif
#ifndef CKG_GENERATE_COUNTER_XOR
#define CKG_GENERATE_COUNTER_XOR (0x00000004UL)
#endif
#ifndef CKR_AEAD_DECRYPT_FAILED
#define CKR_AEAD_DECRYPT_FAILED (0x00000042UL)
#endif
#ifndef CKR_CURVE_NOT_SUPPORTED
#define CKR_CURVE_NOT_SUPPORTED (0x00000140UL)
#endif
#ifndef CKR_TOKEN_RESOURCE_EXCEEDED
#define CKR_TOKEN_RESOURCE_EXCEEDED (0x00000201UL)
#endif
#ifndef CKR_OPERATION_CANCEL_FAILED
#define CKR_OPERATION_CANCEL_FAILED (0x00000202UL)
#endif
#ifndef CKR_KEY_EXHAUSTED
#define CKR_KEY_EXHAUSTED (0x00000203UL)
#endif

#ifndef CKF_ASYNC_SESSION
#define CKF_ASYNC_SESSION (0x00000008UL)
#endif
#ifndef CKS_LAST_VALIDATION_OK
#define CKS_LAST_VALIDATION_OK (0x00000001UL)
#endif
#ifndef CKR_SESSION_ASYNC_NOT_SUPPORTED
#define CKR_SESSION_ASYNC_NOT_SUPPORTED (0x00000205UL)
#endif

/* Types, where there is a PKCS#11 header in its own spelling to take their parts from. */
#if defined(CRYPTOKI_VERSION_MAJOR) && !defined(CRYPTOKI_GNU)

/* CKM_EDDSA's parameter [PKCS#11 3.1 §6.3.15]. */
struct sg_ck_eddsa_params {
	CK_BBOOL phFlag;
	CK_ULONG ulContextDataLen;
	CK_BYTE_PTR pContextData;
};
#ifndef CK_EDDSA_PARAMS
#define CK_EDDSA_PARAMS struct sg_ck_eddsa_params
#endif

/* That of CKM_HKDF_DERIVE and CKM_HKDF_DATA [PKCS#11 3.1 §6.62.2]. */
struct sg_ck_hkdf_params {
	CK_BBOOL bExtract;
	CK_BBOOL bExpand;
	CK_MECHANISM_TYPE prfHashMechanism;
	CK_ULONG ulSaltType;
	CK_BYTE_PTR pSalt;
	CK_ULONG ulSaltLen;
	CK_OBJECT_HANDLE hSaltKey;
	CK_BYTE_PTR pInfo;
	CK_ULONG ulInfoLen;
};
#ifndef CK_HKDF_PARAMS
#define CK_HKDF_PARAMS struct sg_ck_hkdf_params
#endif

/* That of the message functions with CKM_AES_GCM [PKCS#11 3.1 §6.13.3]. */
struct sg_ck_gcm_message_params {
	CK_BYTE_PTR pIv;
	CK_ULONG ulIvLen;
	CK_ULONG ulIvFixedBits;
	CK_ULONG ivGenerator;
	CK_BYTE_PTR pTag;
	CK_ULONG ulTagBits;
};
#ifndef CK_GCM_MESSAGE_PARAMS
#define CK_GCM_MESSAGE_PARAMS struct sg_ck_gcm_message_params
#endif

#include <signet/pkcs11_functions.h>

#endif

/* signet's own attributes. */
#define CKA_SIGNET (0x80000000UL | 0x00534700UL)

/* CK_BBOOL, private and secret keys, given when the key is made, default CK_FALSE:
 * the key is sealed by the hardware as an object of its own instead of under the
 * token key. Needs CKA_TOKEN = CK_TRUE. Decryption roots are made so. Of data objects that
 * C_CreateObject makes likewise, with CKA_PRIVATE = CK_TRUE and a value of 1 to 128 bytes. */
#define CKA_SIGNET_SEALED (CKA_SIGNET | 0x01UL)

/* CK_BBOOL, private and secret keys, given when the key is made, default CK_FALSE: the
 * key was born in the hardware and never leaves it, not even into this process; the
 * hardware computes with it. Needs CKA_TOKEN = CK_TRUE. P-256 keys are always so. */
#define CKA_SIGNET_RESIDENT (CKA_SIGNET | 0x02UL)

/* CK_ULONG, private and secret keys that don't live in the hardware, given when the key is made,
 * absent otherwise: the ways by which the value may leave the token, though nothing of PKCS#11
 * gives it out. The signet command goes these ways. It never changes, and copies have it too. */
#define CKA_SIGNET_LEAVE (CKA_SIGNET | 0x03UL)
#define CKF_SIGNET_LEAVE_RECOVERY 0x01UL        /* as shares, or to a recovery key */
#define CKF_SIGNET_LEAVE_SEND 0x02UL            /* sealed to another machine's TPM */
#define CKF_SIGNET_LEAVE_DELIVER 0x04UL         /* as bytes, to a program of this machine */

/* Bytes, private and secret keys and data, given when they are made or copied; empty: none.
 * What must hold of the machine, beside the token's own policy, when the hardware opens the key:
 * "pcr=sha256:7,11" with the values of now, "pcr=sha256:7=HEX" with given ones, "signer=HEX",
 * the DER of a P-256 or RSA public key whose owner may sign values, or "until=N", milliseconds of
 * the TPM's clock; clauses with ';' between.
 * Needs CKA_SIGNET_SEALED = CK_TRUE. It never changes but by signet reseal. */
#define CKA_SIGNET_POLICY (CKA_SIGNET | 0x04UL)

/* Bytes and CK_ULONG, secret keys, given when the key is made, both or neither: the name of the
 * decryption root that this key is a version of, and which: 1, 2 ... */
#define CKA_SIGNET_ROOT (CKA_SIGNET | 0x05UL)
#define CKA_SIGNET_VERSION (CKA_SIGNET | 0x06UL)

/* Bytes, secret keys, given when the key is made or copied: how it can be had back when the token
 * is lost, in the words of the signet command. */
#define CKA_SIGNET_RECOVERY (CKA_SIGNET | 0x07UL)

/* Bytes, 4 to 255, private and secret keys, given when the key is made or copied and never read: a
 * PIN of the key's own, without which the hardware does not open it. Needs CKA_SIGNET_SEALED =
 * CK_TRUE. Such a key has CKA_SIGNET_HAS_PIN = CK_TRUE, which is absent otherwise. Its first use in
 * a process asks for C_Login with CKU_CONTEXT_SPECIFIC and this PIN. */
#define CKA_SIGNET_PIN (CKA_SIGNET | 0x08UL)
#define CKA_SIGNET_HAS_PIN (CKA_SIGNET | 0x09UL)

/* CK_ULONG, private keys that an enrolment brought in, which sets it; absent otherwise: who gave
 * the key its secret. The registrar was shown the very object of the TPM that has it, so such a
 * key is neither copied, nor sealed anew, nor moved to other hardware. */
#define CKA_SIGNET_ORIGIN (CKA_SIGNET | 0x0aUL)
#define CK_SIGNET_ORIGIN_HOST 1UL       /* software on this machine, and the TPM sealed it */
#define CK_SIGNET_ORIGIN_TPM 2UL        /* the TPM, which derives it each time anew */
#define CK_SIGNET_ORIGIN_VAULT 3UL      /* the registrar, which sealed it for this TPM */

/* Return values for causes that PKCS#11 has no name for. */
#define CKR_SIGNET (0x80000000UL | 0x00534700UL)
#define CKR_SIGNET_HW_PERMISSION (CKR_SIGNET | 0x01UL)  /* this user may not open the TPM */
#define CKR_SIGNET_HW_BUSY (CKR_SIGNET | 0x02UL)        /* another program holds the TPM */
#define CKR_SIGNET_POLICY (CKR_SIGNET | 0x03UL)         /* the sealing policy is not met */
#define CKR_SIGNET_SECURE_MEMORY (CKR_SIGNET | 0x04UL)  /* no memory could be locked */
#define CKR_SIGNET_STORE_DAMAGED (CKR_SIGNET | 0x05UL)  /* the store was cut short or changed */
#define CKR_SIGNET_STORE_VERSION (CKR_SIGNET | 0x06UL)  /* the store was made by another version */
#define CKR_SIGNET_STORE_UNSAFE (CKR_SIGNET | 0x07UL)   /* owner or permissions are not private */
#define CKR_SIGNET_STORE_BUSY (CKR_SIGNET | 0x08UL)     /* another process keeps the store locked */
#define CKR_SIGNET_CONFIG (CKR_SIGNET | 0x09UL)         /* the configuration file is wrong */
#define CKR_SIGNET_SEALER_OFF (CKR_SIGNET | 0x0aUL)     /* this sealer is not allowed */
#define CKR_SIGNET_HW_OWNER_AUTH (CKR_SIGNET | 0x0bUL)  /* the owner hierarchy has a password */
#define CKR_SIGNET_HW_NO_PARENT (CKR_SIGNET | 0x0cUL)   /* the TPM's storage root key is gone */
#define CKR_SIGNET_HW_FOREIGN (CKR_SIGNET | 0x0dUL)     /* something else stands in its place */
#define CKR_SIGNET_HW_UNSUPPORTED (CKR_SIGNET | 0x20UL) /* the TPM lacks what is needed of it */
#define CKR_SIGNET_HW_RETRY (CKR_SIGNET | 0x21UL)       /* the TPM could not begin for too long */
#define CKR_SIGNET_HW_YIELDED (CKR_SIGNET | 0x22UL)     /* the TPM broke off again and again */
#define CKR_SIGNET_HW_TESTING (CKR_SIGNET | 0x23UL)     /* the TPM is still testing itself */
#define CKR_SIGNET_HW_NV_RATE (CKR_SIGNET | 0x24UL)     /* the TPM does not write for now */
#define CKR_SIGNET_HW_NV_FULL (CKR_SIGNET | 0x25UL)     /* the TPM has no space for what stays */
#define CKR_SIGNET_HW_FAILURE (CKR_SIGNET | 0x26UL)     /* the TPM is in failure mode */
#define CKR_SIGNET_HW_NOT_STARTED (CKR_SIGNET | 0x27UL) /* nobody has started the TPM */
#define CKR_SIGNET_HW_REBOOT (CKR_SIGNET | 0x28UL)      /* the TPM must be reset first */
#define CKR_SIGNET_HW_TIMEOUT (CKR_SIGNET | 0x29UL)     /* the TPM did not answer in time */
#define CKR_SIGNET_SEALED_DAMAGED (CKR_SIGNET | 0x2aUL) /* the TPM says that it was changed */
#define CKR_SIGNET_HW_NV_GONE (CKR_SIGNET | 0x2bUL)     /* what the TPM kept for us is gone */
#define CKR_SIGNET_STORE_OLD (CKR_SIGNET | 0x2cUL)      /* an older copy of the store */
#define CKR_SIGNET_TRIPWIRE (CKR_SIGNET | 0x2dUL)       /* a reset that no boot explains */
#define CKR_SIGNET_PCR_CHANGED (CKR_SIGNET | 0x2eUL)    /* PCRs are being extended: try again */
#define CKR_SIGNET_UNCOUNTED (CKR_SIGNET | 0x2fUL)      /* done, but not yet counted */
#define CKR_SIGNET_HSM_PIN (CKR_SIGNET | 0x30UL)        /* the PIN of the HSM is wrong */
#define CKR_SIGNET_HSM_LOCKED (CKR_SIGNET | 0x31UL)     /* the HSM takes no PIN any more */
#define CKR_SIGNET_PIN_LEFT (CKR_SIGNET | 0x33UL)       /* done, but the old PIN's index stays */
#define CKR_SIGNET_HSM_KEY (CKR_SIGNET | 0x34UL)        /* a key that lived in the HSM is gone */

#endif
