/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. A file in PEM that holds the pkcs11: URI of a key in the place of the key, for
 * programs that insist on a key file. It is the form of pkcs11-provider, so that one file does
 * for both: label "PKCS#11 PROVIDER URI", in it SEQUENCE { VisibleString "PKCS#11 Provider URI
 * v1.0", UTF8String URI } in DER. It knows how such a file is written, not what the URI means.
 */
#ifndef SG_CRYPTO_URI_PEM_H
#define SG_CRYPTO_URI_PEM_H

#include "util/bytes.h"

#define SG_URI_PEM_LABEL "PKCS#11 PROVIDER URI"
#define SG_URI_MAX 4096                 /* characters of a URI; a longer one is none */
#define SG_URI_DER_MAX (SG_URI_MAX + 64)
#define SG_URI_PEM_MAX 8192             /* characters of a block, with its two lines */

/* Append a block that holds the URI, which is copied as it is. Errors: FORMAT where it is no
 * pkcs11: URI of visible ASCII [RFC 7512 §2.3] or too long, NOMEM. */
enum sg_err sg_uri_pem_write(const char *uri, struct sg_buf *out);

/* Read the bytes of a block; *uri is a view into them, without a zero at its end, of 1 to
 * SG_URI_MAX visible ASCII characters that begin with "pkcs11:". Errors: FORMAT. */
enum sg_err sg_uri_der_read(struct sg_bytes der, struct sg_bytes *uri);

/* Find the first such block in a text; its bytes, for sg_uri_der_read, replace what out holds.
 * They may have a PIN in them: free them with sg_buf_wipe. Errors: FORMAT, NOMEM. */
enum sg_err sg_uri_pem_read(struct sg_bytes text, struct sg_buf *out);

#endif
