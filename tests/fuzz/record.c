/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Object records: as somebody finds them who has no key, and with the input
 * closed by the right keys, so that what lies behind the authentication sees it too.
 */
#include "core/record.h"

#include <string.h>

#include "client/rv.h"
#include "crypto/crypto.h"
#include "fuzz/input.h"

static const uint8_t token[SG_UUID] = "token", row[SG_UUID] = "row";
static struct sg_keyset *keys;

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static void make_keys(void)
{
	struct sg_secret *key = NULL;

	need(sg_crypto_start() == SG_OK, "crypto");
	need(sg_secret_new(SG_TOKEN_KEY, &key) == SG_OK, "a key");
	key->len = SG_TOKEN_KEY;
	need(sg_keyset_derive(key, token, &keys) == SG_OK, "keys");
	sg_secret_free(&key);
}

/* Use an object that was opened as the rest of core does. */
static void use(struct sg_object *object)
{
	CK_ATTRIBUTE wanted = { CKA_LABEL, (void *)(uintptr_t)"label", 5 };
	enum sg_closed_by by = SG_CLOSED_BY_TOKEN_KEY;
	struct sg_secret *inner = NULL;

	(void)sg_object_matches(object, &wanted, 1);
	(void)sg_object_matches(object, NULL, 0);
	if (object->material != NULL && object->material->closed.len > 0)
		(void)sg_record_open_secret(token, keys, object, &by, &inner);
	sg_secret_free(&inner);
}

static void try_open(struct sg_bytes record)
{
	struct sg_object *object = NULL;
	struct sg_record_head head;
	enum sg_err err, head_err = sg_record_head(record, &head);

	err = sg_record_open(token, row, keys, record, &object);
	need(err == SG_OK || err == SG_ERR_STORE_DAMAGED || err == SG_ERR_STORE_VERSION,
	     "a record fails for another cause");
	need(head_err == SG_OK || err != SG_OK, "a record without a head opens");
	need((object != NULL) == (err == SG_OK), "an error comes with an object");
	if (object != NULL)
		use(object);
	sg_object_unref(&object);
}

/* The input as the attributes, and its end as the secret part, all authenticated. */
static void try_closed(const uint8_t *data, size_t len)
{
	const size_t secret = data[0] % 64 < len ? data[0] % 64 : 0;
	struct sg_material material = { .refs = 1 };
	struct sg_object object = {
		.class = data[1] % 8, .secluded = data[2] & 1, .material = &material,
	};
	struct sg_buf record = { 0 };

	memcpy(object.uuid, row, SG_UUID);
	object.attrs.list.data = (uint8_t *)(uintptr_t)(data + 3);
	object.attrs.list.len = len - 3 > secret ? len - 3 - secret : 0;
	if (data[2] & 2)
		need(sg_buf_set(&material.closed, sg_bytes(data + len - secret, secret)) == SG_OK,
		     "memory");
	else if (secret > 0)
		need(sg_record_close_secret(token, keys, &object, data[2] >> 7,
		                            sg_bytes(data + len - secret, secret),
		                            &material.closed) == SG_OK, "closing a secret");
	need(sg_record_close(token, keys, &object, 1, &record) == SG_OK, "closing a record");
	try_open(sg_buf_bytes(&record));
	sg_buf_free(&material.closed);
	sg_buf_free(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (keys == NULL)
		make_keys();
	try_open(sg_bytes(data, len));
	if (len >= 3)
		try_closed(data, len);
	return 0;
}
