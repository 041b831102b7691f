/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. Reading and writing lists of parents and of blobs. What is read may come
 * from anybody.
 */
#include "seal/any/list.h"

#include "seal/sealer.h"
#include "util/cursor.h"

/* By enum sg_any_kind. */
static const struct {
	char magic[4];
	size_t most;                    /* bytes of the whole */
} forms[] = {
	[SG_ANY_PARENTS] = { { 'S', 'G', 'A', 'P' }, SG_SEAL_PARENT_MAX },
	[SG_ANY_BLOBS] = { { 'S', 'G', 'A', 'B' }, SG_SEAL_BLOB_MAX },
};

enum sg_err sg_any_write(enum sg_any_kind kind, const struct sg_buf *part, size_t n,
                         struct sg_buf *out)
{
	struct sg_buf list = { 0 };
	struct sg_writer w = sg_writer(&list);
	enum sg_err err = SG_OK;

	sg_write_magic(&w, forms[kind].magic);
	sg_write_u8(&w, (uint8_t)n);
	for (size_t i = 0; i < n && err == SG_OK; i++) {
		sg_write_var(&w, sg_buf_bytes(&part[i]));
		err = part[i].len == 0 ? SG_ERR_RANGE : w.err;
	}
	if (err == SG_OK && list.len > forms[kind].most)
		err = SG_ERR_RANGE;
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&list));
	sg_buf_free(&list);
	return err;
}

enum sg_err sg_any_read(enum sg_any_kind kind, struct sg_bytes list, struct sg_bytes *part,
                        size_t n)
{
	struct sg_reader r = sg_reader(list);
	bool sound;

	sg_read_magic(&r, forms[kind].magic);
	sound = list.len <= forms[kind].most && sg_read_u8(&r) == n;
	for (size_t i = 0; i < n; i++) {
		part[i] = sg_read_var(&r, forms[kind].most);
		sound = sound && part[i].len > 0;
	}
	return sound && sg_reader_done(&r) ? SG_OK : SG_ERR_FORMAT;
}
