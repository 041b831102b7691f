/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The certificate request [RFC 2986] of a key that enrols: by an Ed25519 key [RFC
 * 8410], with the attestation attribute of draft-ietf-lamps-csr-attestation. What is attested is
 * not the key of the request but the object of the TPM that holds its seed, or that it is derived
 * from; a second statement says so. An authority that reads the attribute must know it.
 */
#ifndef SG_ENROLL_REQUEST_H
#define SG_ENROLL_REQUEST_H

#include "enroll/message.h"

#define SG_ENROLL_REQUEST_MAX 8192

/* What is said in a request. */
struct sg_enroll_request {
	struct sg_bytes name;           /* the subject's common name: UTF-8, 1 to 64 bytes */
	const uint8_t *key;             /* SG_ENROLL_KEY_LEN bytes */
	const struct sg_enroll_attest *certified;
	struct sg_bytes object;         /* TPMT_PUBLIC of what is attested */
};

/* What signs by the key of the request. */
struct sg_enroll_signer {
	enum sg_err (*sign)(void *context, struct sg_bytes message,
	                    uint8_t signature[SG_ENROLL_PROOF_LEN]);
	void *context;
};

/* Write the request in DER, which replaces what der holds. Errors: ARG, RANGE, NOMEM, those of
 * the signer. */
enum sg_err sg_enroll_request_write(const struct sg_enroll_request *request,
                                    const struct sg_enroll_signer *signer, struct sg_buf *der);

/* Tell whether der is a request for a key that it signed, and attests just that. Its subject's
 * name, by the machine's word, is not looked at; request->name is not read. Reasons: REQUEST,
 * INTERNAL. */
enum sg_enroll_reason sg_enroll_request_verify(const struct sg_enroll_request *request,
                                               struct sg_bytes der);

#endif
