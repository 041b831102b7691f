/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program needs beside a PKCS#11 2.40 header to use signet: names of later
 * PKCS#11 versions that its header may lack, and signet's own attributes and
 * return values. Include a PKCS#11 header first; its definitions win.
 */
#ifndef SIGNET_PKCS11_H
#define SIGNET_PKCS11_H

/* PKCS#11 3.0 and 3.1 names. */
#ifndef CKA_UNIQUE_ID
#define CKA_UNIQUE_ID (0x00000004UL)
#endif
#ifndef CKM_AES_KEY_WRAP_KWP
#define CKM_AES_KEY_WRAP_KWP (0x0000210bUL)
#endif
#ifndef CKR_CURVE_NOT_SUPPORTED
#define CKR_CURVE_NOT_SUPPORTED (0x00000140UL)
#endif

/* signet's own attributes. */
#define CKA_SIGNET (0x80000000UL | 0x00534700UL)

/* CK_BBOOL, private and secret keys, given when the key is made, default CK_FALSE:
 * the key is sealed by the hardware as an object of its own instead of under the
 * token key. Needs CKA_TOKEN = CK_TRUE. Decryption roots are made so. */
#define CKA_SIGNET_SEALED (CKA_SIGNET | 0x01UL)

/* Return values for causes that PKCS#11 has no name for. */
#define CKR_SIGNET (0x80000000UL | 0x00534700UL)
#define CKR_SIGNET_HW_PERMISSION (CKR_SIGNET | 0x01UL)  /* the TPM is there, this user may not open it */
#define CKR_SIGNET_HW_BUSY (CKR_SIGNET | 0x02UL)        /* another program holds the TPM */
#define CKR_SIGNET_POLICY (CKR_SIGNET | 0x03UL)         /* the sealing policy is not met */
#define CKR_SIGNET_SECURE_MEMORY (CKR_SIGNET | 0x04UL)  /* no memory could be locked */
#define CKR_SIGNET_STORE_DAMAGED (CKR_SIGNET | 0x05UL)  /* the store was cut short or changed */
#define CKR_SIGNET_STORE_VERSION (CKR_SIGNET | 0x06UL)  /* the store was made by another version */
#define CKR_SIGNET_STORE_UNSAFE (CKR_SIGNET | 0x07UL)   /* owner or permissions are not private */
#define CKR_SIGNET_STORE_BUSY (CKR_SIGNET | 0x08UL)     /* another process keeps the store locked */
#define CKR_SIGNET_CONFIG (CKR_SIGNET | 0x09UL)         /* the configuration file is wrong */
#define CKR_SIGNET_SEALER_OFF (CKR_SIGNET | 0x0aUL)     /* the configuration does not allow this sealer */
#define CKR_SIGNET_HW_OWNER_AUTH (CKR_SIGNET | 0x0bUL)  /* the TPM's owner hierarchy has a password */
#define CKR_SIGNET_HW_NO_PARENT (CKR_SIGNET | 0x0cUL)   /* the TPM's storage root key is gone */
#define CKR_SIGNET_HW_FOREIGN (CKR_SIGNET | 0x0dUL)     /* something else stands in its place */

#endif
