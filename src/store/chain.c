/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The log's chain. Computes, and keeps nothing.
 */
#include "store/chain.h"

#include "crypto/digest.h"
#include "util/cursor.h"

enum sg_err sg_chain_hash(const uint8_t before[SG_FLEET_HASH], const struct sg_fleet_entry *entry,
                          uint8_t out[SG_FLEET_HASH])
{
	static const char name[] = "signet log 1";
	struct sg_buf text = { NULL, 0, 0 };
	struct sg_writer w = sg_writer(&text);
	enum sg_err err;

	sg_write_bytes(&w, sg_bytes(name, sizeof name));
	sg_write_bytes(&w, sg_bytes(before, SG_FLEET_HASH));
	sg_write_u64(&w, entry->seq);
	sg_write_u64(&w, (uint64_t)entry->at);
	sg_write_var(&w, entry->event);
	sg_write_var(&w, entry->actor);
	sg_write_var(&w, entry->subject);
	sg_write_var(&w, entry->detail);
	err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&text), out);
	sg_buf_free(&text);
	return err;
}

enum sg_err sg_chain_head(const struct sg_fleet_head *head, struct sg_buf *out)
{
	static const char name[] = "signet log head 1";
	struct sg_writer w = sg_writer(out);

	sg_write_bytes(&w, sg_bytes(name, sizeof name));
	sg_write_u64(&w, head->seq);
	sg_write_u64(&w, (uint64_t)head->at);
	sg_write_bytes(&w, sg_bytes(head->hash, sizeof head->hash));
	return w.err;
}
