/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The first of the two decoders of key files [provider-decoder(7)]: takes the bytes of a
 * URI out of PEM, and passes on quietly what has not the label of such a file. OpenSSL asks it
 * about every key file that the program reads.
 */
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>

#include "crypto/uri_pem.h"
#include "provider/decode.h"
#include "provider/pem_block.h"
#include "provider/reason.h"

/* 1 says that somebody else may try, and 0 that what was raised is the answer. */
static int decode(void *ctx, OSSL_CORE_BIO *in, int selection, OSSL_CALLBACK *next, void *next_arg,
                  OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	const struct sg_provider *provider = ctx;
	struct sg_buf block = { 0 }, der = { 0 };
	struct sg_bytes uri;
	enum sg_prov_block found;
	int answer = 1;

	(void)selection;
	(void)ask;
	(void)ask_arg;
	sg_prov_begin();
	found = sg_prov_block_next(provider->bio_gets, in, &block);
	/* The label is ours: whoever gave it to something else shall learn what is wrong. */
	if (found == SG_PROV_BLOCK_OURS &&
	    (sg_uri_pem_read(sg_buf_bytes(&block), &der) != SG_OK ||
	     sg_uri_der_read(sg_buf_bytes(&der), &uri) != SG_OK))
		found = SG_PROV_BLOCK_DAMAGED;
	if (found == SG_PROV_BLOCK_OURS) {
		OSSL_PARAM params[] = {
			OSSL_PARAM_octet_string(OSSL_OBJECT_PARAM_DATA, der.data, der.len),
			OSSL_PARAM_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE,
			                       (char *)SG_PROV_STRUCTURE,
			                       sizeof SG_PROV_STRUCTURE - 1),
			OSSL_PARAM_END
		};

		answer = next(params, next_arg);
	} else if (found == SG_PROV_BLOCK_DAMAGED) {
		answer = sg_prov_raise(provider, SG_PROV_FILE);
	}
	sg_buf_wipe(&block);
	sg_buf_wipe(&der);
	return answer;
}

const OSSL_DISPATCH sg_prov_decode_pem[] = {
	{ OSSL_FUNC_DECODER_NEWCTX, (void (*)(void))sg_prov_decoder_new },
	{ OSSL_FUNC_DECODER_FREECTX, (void (*)(void))sg_prov_decoder_free },
	{ OSSL_FUNC_DECODER_DECODE, (void (*)(void))decode },
	{ 0, NULL }
};
