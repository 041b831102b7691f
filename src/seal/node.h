/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. A node: what another machine must know of a TPM to close something for it alone. All
 * of it is public, and none of it is believed: who closes something looks at the key, and at a
 * certificate, or has been told a fingerprint. doc/formats.md draws its file.
 */
#ifndef SG_SEAL_NODE_H
#define SG_SEAL_NODE_H

#include "util/bytes.h"

#define SG_NODE_NAME 34                 /* bytes of a SHA-256 Name [TPM2 Part 1 §16] */
#define SG_NODE_HOST_MAX 64             /* bytes of a name, as gethostname(2) has it */
#define SG_NODE_KEY_MAX 512             /* bytes of a public area */
#define SG_NODE_CERTIFICATE_MAX 4096    /* bytes of a certificate */
#define SG_NODE_TEXT_MAX 16384          /* bytes of a file */

/* The endorsement keys of a TPM that are used here, by their template [TCG EK Credential
 * Profile §B.3]. */
enum sg_ek {
	SG_EK_P256,                     /* L-2 */
	SG_EK_RSA2048,                  /* L-1 */
	SG_EKS
};

/* All zero is an empty one. */
struct sg_node {
	struct sg_buf host;             /* how the machine calls itself: nobody has proven it */
	struct sg_buf key;              /* the storage key: a TPMT_PUBLIC, as TPMs marshal it */
	struct sg_buf certificate[SG_EKS];      /* of an endorsement key, in DER; empty: none */
};

/* Write the file, which replaces what text holds. Errors: NOMEM. */
enum sg_err sg_node_write(const struct sg_node *node, struct sg_buf *text);

/* Read a file into an empty node; the caller clears it, also after an error. What the key and
 * the certificates are is not looked at, nor what stands around the first block. Errors: FORMAT for
 * what is in no block of sg_node_write, NOMEM. */
enum sg_err sg_node_read(struct sg_bytes text, struct sg_node *node);

/* Compute the Name of the storage key. Its digest, all but the first two bytes, is the
 * fingerprint by which people know the node. Errors: CRYPTO. */
enum sg_err sg_node_name(const struct sg_node *node, uint8_t name[SG_NODE_NAME]);

/* Free what it owns and leave an empty one. */
void sg_node_clear(struct sg_node *node);

#endif
