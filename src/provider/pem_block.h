/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The next block of PEM in what OpenSSL reads a key from. It is taken line by line, and
 * nothing behind its last line: another block may follow, for somebody else.
 */
#ifndef SG_PROVIDER_PEM_BLOCK_H
#define SG_PROVIDER_PEM_BLOCK_H

#include <openssl/core_dispatch.h>

#include "util/bytes.h"

enum sg_prov_block {
	SG_PROV_BLOCK_OTHER,            /* somebody else's, or none: nothing of it is kept */
	SG_PROV_BLOCK_OURS,             /* it holds a URI, for sg_uri_pem_read */
	SG_PROV_BLOCK_DAMAGED,          /* it has our label, and is not whole or too long */
};

/* Read up to the end of the next block, in lines of any length. A block of ours, with its two
 * lines, replaces what out holds; it may have a PIN in it, so free it with sg_buf_wipe. No memory
 * makes it one that is damaged. */
enum sg_prov_block sg_prov_block_next(OSSL_FUNC_BIO_gets_fn *gets, OSSL_CORE_BIO *in,
                                      struct sg_buf *out);

#endif
