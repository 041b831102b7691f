/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Reading and writing token records.
 */
#include "core/token_record.h"

#include <string.h>

#include "seal/counter.h"
#include "seal/policy.h"
#include "util/cursor.h"
#include "util/utf8.h"

#define MAGIC "SGTK"
#define VERSION 2
#define FLAG_MACHINE 0x01
#define FLAG_POLICY 0x02
#define FLAG_TRIES 0x04
#define FLAG_COUNTER 0x08
#define FLAGS (FLAG_MACHINE | FLAG_POLICY | FLAG_TRIES | FLAG_COUNTER)

/* What a token has whose PIN is counted by an index. */
static enum sg_err read_tries(struct sg_reader *r, struct sg_token_record *record)
{
	struct sg_pin_list *list = &record->indices;
	uint8_t n;

	record->pin_tries = sg_read_u32(r);
	n = sg_read_u8(r);
	if (record->machine || record->pin_tries == 0 || record->pin_tries > SG_PIN_TRIES_MAX ||
	    n > SG_PIN_LIST)
		return SG_ERR_STORE_DAMAGED;
	for (list->n = 0; list->n < n; list->n++) {
		uint8_t state = sg_read_u8(r);

		list->entry[list->n].condemned = state == 1;
		sg_pin_index_read(r, &list->entry[list->n].index);
		if (r->failed || state > 1)
			return SG_ERR_STORE_DAMAGED;
	}
	return r->failed ? SG_ERR_STORE_DAMAGED : SG_OK;
}

static void write_tries(const struct sg_token_record *record, struct sg_writer *w)
{
	const struct sg_pin_list *list = &record->indices;

	sg_write_u32(w, record->pin_tries);
	sg_write_u8(w, (uint8_t)list->n);
	for (size_t i = 0; i < list->n; i++) {
		sg_write_u8(w, list->entry[i].condemned);
		sg_pin_index_write(&list->entry[i].index, w);
	}
}

/* Tell whether a PIN would be stretched for less than any store of ours asks: before the PIN the
 * record isn't authentic, and a cheaper proof of it is cheaper to guess from. */
static bool is_cheap(struct sg_argon2_cost cost)
{
	return (cost.passes != 0 || cost.memory != 0) &&
	       (cost.passes < sg_argon2_default.passes || cost.memory < sg_argon2_default.memory);
}

enum sg_err sg_token_record_parse(struct sg_bytes stored, struct sg_token_record *record)
{
	struct sg_reader r = sg_reader(stored);
	struct sg_bytes uuid, label, sealer, parent, macs;
	enum sg_err err = SG_OK;
	uint16_t version;
	uint32_t flags;

	memset(record, 0, sizeof *record);
	sg_read_magic(&r, MAGIC);
	version = sg_read_u16(&r);
	if (!r.failed && version != VERSION)
		return SG_ERR_STORE_VERSION;
	uuid = sg_read_bytes(&r, SG_UUID);
	flags = sg_read_u32(&r);
	record->created = sg_read_u64(&r);
	label = sg_read_bytes(&r, SG_LABEL);
	sealer = sg_read_bytes(&r, sizeof record->sealer);
	parent = sg_read_var(&r, SG_SEAL_PARENT_MAX);
	if (r.failed || (flags & ~FLAGS) != 0 || sealer.data[sealer.len - 1] != 0)
		return SG_ERR_STORE_DAMAGED;
	memcpy(record->uuid, uuid.data, SG_UUID);
	memcpy(record->label, label.data, SG_LABEL);
	memcpy(record->sealer, sealer.data, sealer.len);
	record->machine = flags & FLAG_MACHINE;
	err = sg_buf_set(&record->parent, parent);
	for (int i = 0; i < SG_SEAL_SLOTS && err == SG_OK; i++) {
		struct sg_sealed_copy *copy = &record->copy[i];
		struct sg_bytes salt = sg_read_bytes(&r, SG_ARGON2_SALT), blob;

		copy->cost.passes = sg_read_u32(&r);
		copy->cost.memory = sg_read_u32(&r);
		blob = sg_read_var(&r, SG_SEAL_BLOB_MAX);
		if (r.failed || is_cheap(copy->cost))
			return SG_ERR_STORE_DAMAGED;
		memcpy(copy->salt, salt.data, SG_ARGON2_SALT);
		err = sg_buf_set(&copy->blob, blob);
	}
	if (err == SG_OK && (flags & FLAG_POLICY) != 0) {
		err = sg_buf_set(&record->policy, sg_read_var(&r, SG_POLICY_TEXT_MAX));
		if (err == SG_OK && record->policy.len == 0)
			err = SG_ERR_STORE_DAMAGED;
	}
	if (err == SG_OK && (flags & FLAG_TRIES) != 0)
		err = read_tries(&r, record);
	if (err == SG_OK && (flags & FLAG_COUNTER) != 0) {
		err = sg_buf_set(&record->counter, sg_read_var(&r, SG_COUNTER_REF_MAX));
		if (err == SG_OK && record->counter.len == 0)
			err = SG_ERR_STORE_DAMAGED;
	}
	macs = sg_read_bytes(&r, sizeof record->mac);
	if (err == SG_OK && !sg_reader_done(&r))
		err = SG_ERR_STORE_DAMAGED;
	if (err == SG_OK)
		memcpy(record->mac, macs.data, sizeof record->mac);
	return err;
}

/* Append everything but the authentication. */
static enum sg_err write_body(const struct sg_token_record *record, struct sg_buf *out)
{
	struct sg_writer w = sg_writer(out);

	sg_write_magic(&w, MAGIC);
	sg_write_u16(&w, VERSION);
	sg_write_bytes(&w, sg_bytes(record->uuid, SG_UUID));
	sg_write_u32(&w, (record->machine ? FLAG_MACHINE : 0) |
	                 (record->policy.len > 0 ? FLAG_POLICY : 0) |
	                 (record->pin_tries > 0 ? FLAG_TRIES : 0) |
	                 (record->counter.len > 0 ? FLAG_COUNTER : 0));
	sg_write_u64(&w, record->created);
	sg_write_bytes(&w, sg_bytes(record->label, SG_LABEL));
	sg_write_bytes(&w, sg_bytes(record->sealer, sizeof record->sealer));
	sg_write_var(&w, sg_buf_bytes(&record->parent));
	for (int i = 0; i < SG_SEAL_SLOTS; i++) {
		const struct sg_sealed_copy *copy = &record->copy[i];

		sg_write_bytes(&w, sg_bytes(copy->salt, SG_ARGON2_SALT));
		sg_write_u32(&w, copy->cost.passes);
		sg_write_u32(&w, copy->cost.memory);
		sg_write_var(&w, sg_buf_bytes(&copy->blob));
	}
	if (record->policy.len > 0)
		sg_write_var(&w, sg_buf_bytes(&record->policy));
	if (record->pin_tries > 0)
		write_tries(record, &w);
	if (record->counter.len > 0)
		sg_write_var(&w, sg_buf_bytes(&record->counter));
	return w.err;
}

/* By the half whose keys they are; that of the private half covers the public one's. */
static void record_mac(const struct sg_token_record *record, struct sg_bytes body,
                       enum sg_half half, const struct sg_keyset *keys, uint8_t out[SG_MAC])
{
	const struct sg_bytes parts[2][3] = {
		[SG_PUBLIC_HALF] = { sg_bytes_str("token"), body },
		[SG_PRIVATE_HALF] = {
			sg_bytes_str("whole token"), body,
			sg_bytes(record->mac[SG_PUBLIC_HALF], SG_MAC),
		},
	};

	sg_mac(sg_secret_bytes(keys->mac), parts[half], half == SG_PUBLIC_HALF ? 2 : 3, out);
}

enum sg_err sg_token_record_write(struct sg_token_record *record, struct sg_keyset *const keys[2],
                                  struct sg_buf *out)
{
	enum sg_err err;

	if (keys[SG_PUBLIC_HALF] == NULL || keys[SG_PRIVATE_HALF] == NULL)
		return SG_ERR_CLOSED;
	out->len = 0;
	err = write_body(record, out);
	if (err != SG_OK)
		return err;
	for (int half = 0; half < 2; half++)
		record_mac(record, sg_buf_bytes(out), (enum sg_half)half, keys[half],
		           record->mac[half]);
	return sg_buf_append(out, sg_bytes(record->mac, sizeof record->mac));
}

enum sg_err sg_token_record_check(const struct sg_token_record *record,
                                  struct sg_keyset *const keys[2])
{
	struct sg_buf body = { 0 };
	uint8_t mac[SG_MAC];
	enum sg_err err;

	if (keys[SG_PUBLIC_HALF] == NULL)
		return SG_ERR_CLOSED;
	err = write_body(record, &body);
	for (int half = 0; half < 2 && err == SG_OK; half++) {
		if (keys[half] == NULL)
			continue;
		record_mac(record, sg_buf_bytes(&body), (enum sg_half)half, keys[half], mac);
		if (!sg_secret_equal(sg_bytes(mac, SG_MAC), sg_bytes(record->mac[half], SG_MAC)))
			err = SG_ERR_STORE_DAMAGED;
	}
	sg_buf_free(&body);
	return err;
}

bool sg_token_record_same(const struct sg_token_record *a, const struct sg_token_record *b)
{
	return memcmp(a->mac, b->mac, sizeof a->mac) == 0;
}

void sg_token_record_clear(struct sg_token_record *record)
{
	sg_buf_free(&record->parent);
	sg_buf_free(&record->policy);
	sg_buf_free(&record->counter);
	for (int i = 0; i < SG_SEAL_SLOTS; i++)
		sg_buf_free(&record->copy[i].blob);
	memset(record, 0, sizeof *record);
}

void sg_token_record_serial(const struct sg_token_record *record, char serial[SG_SERIAL])
{
	sg_bytes_hex(sg_bytes(record->uuid, SG_SERIAL / 2), serial);
}

enum sg_err sg_token_record_set_label(struct sg_token_record *record, struct sg_bytes label)
{
	while (label.len > 0 && label.data[label.len - 1] == ' ')
		label.len--;
	if (label.len == 0)
		return SG_ERR_ARG;
	if (label.len > SG_LABEL)
		return SG_ERR_RANGE;
	if (!sg_utf8_plain(label))
		return SG_ERR_ARG;
	memset(record->label, ' ', SG_LABEL);
	memcpy(record->label, label.data, label.len);
	return SG_OK;
}
