/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Reads and writes the files of nodes.
 */
#include "seal/node.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/pem.h"
#include "util/cursor.h"
#include "util/log.h"
#include "util/utf8.h"

#define LABEL "SIGNET NODE"
#define NAME_SHA256 "\x00\x0b"          /* TPM_ALG_SHA256 */

static const char magic[4] = { 'S', 'G', 'N', '1' };

enum sg_err sg_node_write(const struct sg_node *node, struct sg_buf *text)
{
	struct sg_buf bytes = { 0 }, pem = { 0 };
	struct sg_writer w = sg_writer(&bytes);
	enum sg_err err;

	sg_write_magic(&w, magic);
	sg_write_var(&w, sg_buf_bytes(&node->host));
	sg_write_var(&w, sg_buf_bytes(&node->key));
	for (int i = 0; i < SG_EKS; i++)
		sg_write_var(&w, sg_buf_bytes(&node->certificate[i]));
	err = w.err;
	if (err == SG_OK)
		err = sg_pem_write(LABEL, sg_buf_bytes(&bytes), &pem);
	if (err == SG_OK)
		err = sg_buf_set(text, sg_buf_bytes(&pem));
	sg_buf_free(&bytes);
	sg_buf_free(&pem);
	return err;
}

/* Read the record into views, of which nothing is copied yet. */
static bool read_record(struct sg_bytes record, struct sg_bytes *host, struct sg_bytes *key,
                        struct sg_bytes certificate[SG_EKS])
{
	struct sg_reader r = sg_reader(record);

	sg_read_magic(&r, magic);
	*host = sg_read_var(&r, SG_NODE_HOST_MAX);
	*key = sg_read_var(&r, SG_NODE_KEY_MAX);
	for (int i = 0; i < SG_EKS; i++)
		certificate[i] = sg_read_var(&r, SG_NODE_CERTIFICATE_MAX);
	return sg_reader_done(&r) && key->len > 0 && sg_utf8_plain(*host);
}

enum sg_err sg_node_read(struct sg_bytes text, struct sg_node *node)
{
	struct sg_bytes host, key, certificate[SG_EKS];
	struct sg_buf record = { 0 };
	enum sg_err err = SG_ERR_FORMAT;

	if (text.len <= SG_NODE_TEXT_MAX)
		err = sg_pem_read(text, LABEL, SG_NODE_TEXT_MAX, &record);
	if (err == SG_OK && !read_record(sg_buf_bytes(&record), &host, &key, certificate))
		err = SG_ERR_FORMAT;
	if (err == SG_ERR_FORMAT)
		sg_log(SG_LOG_ERROR, "this is no description of a node, or a damaged one");
	if (err == SG_OK)
		err = sg_buf_set(&node->host, host);
	if (err == SG_OK)
		err = sg_buf_set(&node->key, key);
	for (int i = 0; i < SG_EKS && err == SG_OK; i++)
		err = sg_buf_set(&node->certificate[i], certificate[i]);
	sg_buf_free(&record);
	return err;
}

enum sg_err sg_node_name(const struct sg_node *node, uint8_t name[SG_NODE_NAME])
{
	memcpy(name, NAME_SHA256, 2);
	return sg_digest_once(SG_SHA256, sg_buf_bytes(&node->key), name + 2);
}

void sg_node_clear(struct sg_node *node)
{
	sg_buf_free(&node->host);
	sg_buf_free(&node->key);
	for (int i = 0; i < SG_EKS; i++)
		sg_buf_free(&node->certificate[i]);
}
