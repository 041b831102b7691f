/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. Writes and reads the file in PEM that holds a URI. It never resolves the URI.
 */
#include "crypto/uri_pem.h"

#include <string.h>

#include "crypto/der.h"
#include "crypto/pem.h"

#define DESCRIPTION "PKCS#11 Provider URI v1.0"
#define SCHEME "pkcs11:"

/* Tell whether it can be a URI: nothing in it may end a string or steer a terminal. */
static bool is_uri(struct sg_bytes uri)
{
	const size_t scheme = strlen(SCHEME);

	if (uri.len < scheme || uri.len > SG_URI_MAX || memcmp(uri.data, SCHEME, scheme) != 0)
		return false;
	for (size_t i = 0; i < uri.len; i++)
		if (uri.data[i] <= ' ' || uri.data[i] > '~')
			return false;
	return true;
}

/* Append tag and length in the fewest bytes [X.690 §10.1]; the length is below 64 KiB. */
static enum sg_err append_head(uint8_t tag, size_t len, struct sg_buf *out)
{
	const uint8_t low = (uint8_t)len;
	const uint8_t brief[] = { tag, low };
	const uint8_t one[] = { tag, 0x81, low };
	const uint8_t two[] = { tag, 0x82, (uint8_t)(len >> 8), low };

	if (len < 0x80)
		return sg_buf_append(out, sg_bytes(brief, sizeof brief));
	if (len < 0x100)
		return sg_buf_append(out, sg_bytes(one, sizeof one));
	return sg_buf_append(out, sg_bytes(two, sizeof two));
}

static enum sg_err append_text(uint8_t tag, struct sg_bytes text, struct sg_buf *out)
{
	enum sg_err err = append_head(tag, text.len, out);

	return err == SG_OK ? sg_buf_append(out, text) : err;
}

enum sg_err sg_uri_pem_write(const char *uri, struct sg_buf *out)
{
	struct sg_buf inner = { 0 }, der = { 0 };
	enum sg_err err = SG_ERR_FORMAT;

	if (!is_uri(sg_bytes_str(uri)))
		goto out;
	err = append_text(SG_DER_VISIBLE_STRING, sg_bytes_str(DESCRIPTION), &inner);
	if (err == SG_OK)
		err = append_text(SG_DER_UTF8_STRING, sg_bytes_str(uri), &inner);
	if (err == SG_OK)
		err = append_text(SG_DER_SEQUENCE, sg_buf_bytes(&inner), &der);
	if (err == SG_OK)
		err = sg_pem_write(SG_URI_PEM_LABEL, sg_buf_bytes(&der), out);
out:
	sg_buf_free(&inner);
	sg_buf_free(&der);
	return err;
}

enum sg_err sg_uri_der_read(struct sg_bytes der, struct sg_bytes *uri)
{
	struct sg_reader all = sg_reader(der);
	struct sg_reader inner = sg_der_expect(&all, SG_DER_SEQUENCE);
	struct sg_reader description = sg_der_expect(&inner, SG_DER_VISIBLE_STRING);
	struct sg_reader text = sg_der_expect(&inner, SG_DER_UTF8_STRING);

	if (!sg_reader_done(&all) || !sg_reader_done(&inner) || text.failed ||
	    !sg_bytes_equal(description.rest, sg_bytes_str(DESCRIPTION)) || !is_uri(text.rest))
		return SG_ERR_FORMAT;
	*uri = text.rest;
	return SG_OK;
}

enum sg_err sg_uri_pem_read(struct sg_bytes text, struct sg_buf *out)
{
	return sg_pem_read(text, SG_URI_PEM_LABEL, SG_URI_DER_MAX, out);
}
