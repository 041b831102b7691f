/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Tokens that move, and sealers that are none.
 */
#include "lib/moving.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/session.h"
#include "core/token_material.h"
#include "core/token_objects.h"
#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "lib/scratch.h"
#include "seal/counter.h"
#include "seal/policy.h"

char *moving_folder;
struct sg_config *moving_a, *moving_b;
struct sg_token *moving_token;
struct sg_secret *moving_pin, *moving_so_pin, *moving_wrong_pin;
struct moving_sealers moving_sealers;

static struct sg_session session;
static const char *from, *to;           /* names of the sealers */

/* A blob is name ‖ authorisation ‖ secret, in the clear: who it is from is all that is played. */
struct fake {
	struct sg_sealer base;          /* first */
	const struct sg_config *config;
};

#define HEAD (1 + SG_SEAL_AUTH)

static bool is_two(const struct sg_sealer *sealer)
{
	return strcmp(sealer->ops->name, "two") == 0;
}

static struct sg_bytes hardware(const struct sg_sealer *sealer)
{
	return sg_bytes_str(((const struct fake *)sealer)->config->tcti);
}

static enum sg_err called(struct sg_sealer *sealer, struct sg_bytes parent)
{
	if (moving_sealers.each != NULL)
		moving_sealers.each();
	if (++moving_sealers.calls == moving_sealers.fail_at)
		return SG_ERR_HW_REMOVED;
	return sg_bytes_equal(parent, hardware(sealer)) ? SG_OK : SG_ERR_HW_OTHER;
}

static void make_head(const struct sg_sealer *sealer, const struct sg_seal_guard *guard,
                      uint8_t head[HEAD])
{
	memset(head, 0, HEAD);
	head[0] = (uint8_t)sealer->ops->name[0];
	if (guard->auth != NULL)
		memcpy(head + 1, guard->auth->data, SG_SEAL_AUTH);
}

static enum sg_err fake_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                             const struct sg_seal_guard *guard, const struct sg_secret *plain,
                             struct sg_buf *out)
{
	uint8_t head[HEAD];
	enum sg_err err = called(sealer, parent);

	if (err != SG_OK)
		return err;
	if (guard->policy != NULL && !sg_policy_empty(guard->policy) && is_two(sealer) &&
	    !moving_sealers.two_takes_policies)
		return SG_ERR_HW_UNSUPPORTED;
	make_head(sealer, guard, head);
	err = sg_buf_set(out, sg_bytes(head, HEAD));
	return err == SG_OK ? sg_buf_append(out, sg_secret_bytes(plain)) : err;
}

static enum sg_err fake_unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                               const struct sg_seal_guard *guard, struct sg_bytes blob,
                               struct sg_secret **out)
{
	uint8_t head[HEAD];
	enum sg_err err = called(sealer, parent);

	*out = NULL;
	if (err != SG_OK)
		return err;
	make_head(sealer, guard, head);
	if (blob.len < HEAD || blob.data[0] != head[0])
		return SG_ERR_FORMAT;
	if (memcmp(blob.data, head, HEAD) != 0)
		return SG_ERR_AUTH;
	if (!is_two(sealer) && moving_sealers.one_refuses && guard->signatures == NULL)
		return SG_ERR_POLICY;
	err = sg_secret_copy(sg_bytes(blob.data + HEAD, blob.len - HEAD), out);
	if (err == SG_OK && is_two(sealer) && moving_sealers.two_forgets &&
	    guard->signatures == NULL)
		(*out)->data[0] ^= 1;
	return err;
}

static enum sg_err fake_provision(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                  struct sg_buf *parent, bool *made)
{
	(void)owner_auth;
	*made = false;
	return sg_buf_set(parent, hardware(sealer));
}

static enum sg_err fake_status(struct sg_sealer *sealer, struct sg_bytes parent,
                               struct sg_sealer_status *out)
{
	struct sg_bytes is = hardware(sealer);

	*out = (struct sg_sealer_status){ .parent_found = true };
	snprintf(out->device, sizeof out->device, "%.*s", (int)is.len, (const char *)is.data);
	if (strcmp(out->device, "missing") == 0)
		return SG_ERR_HW_MISSING;
	out->parent_same = sg_bytes_equal(parent, is);
	return SG_OK;
}

static void fake_free(struct sg_sealer *sealer)
{
	free(sealer);
}

static enum sg_err count_make(struct sg_sealer *sealer, struct sg_bytes parent,
                              const struct sg_secret *owner_auth,
                              const uint8_t owner[SG_COUNTER_OWNER], const struct sg_secret *auth,
                              struct sg_buf *ref, uint64_t *value)
{
	(void)sealer;
	(void)parent;
	(void)owner_auth;
	(void)owner;
	(void)auth;
	*value = ++moving_sealers.counter;
	return sg_buf_set(ref, sg_bytes_str("the counter"));
}

static enum sg_err count_read(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes ref,
                              const struct sg_secret *auth, uint64_t *value)
{
	(void)sealer;
	(void)parent;
	(void)ref;
	(void)auth;
	*value = moving_sealers.counter;
	if (moving_sealers.counted != NULL)
		moving_sealers.counted();
	return SG_OK;
}

static enum sg_err count_advance(struct sg_sealer *sealer, struct sg_bytes parent,
                                 struct sg_bytes ref, const struct sg_secret *auth, uint64_t next,
                                 uint64_t *value)
{
	(void)sealer;
	(void)parent;
	(void)ref;
	(void)auth;
	if (moving_sealers.counter + 1 == next)
		moving_sealers.counter++;
	*value = moving_sealers.counter;
	return SG_OK;
}

static const struct sg_counter_ops counter = {
	.make = count_make, .read = count_read, .advance = count_advance,
};

#define FAKE(its_name, its_counter, takes) { \
	.name = its_name, .model = "fake", .hardware = true, .policies = takes, .free = fake_free, \
	.provision = fake_provision, .seal = fake_seal, .unseal = fake_unseal, \
	.status = fake_status, .counter = its_counter, \
}

static const struct sg_sealer_ops fakes[] = {
	FAKE("one", &counter, true), FAKE("two", NULL, true), FAKE("two", NULL, false),
};

enum sg_err __wrap_sg_sealer_open(const char *name, const struct sg_config *config,
                                  struct sg_sealer **out);

enum sg_err __wrap_sg_sealer_open(const char *name, const struct sg_config *config,
                                  struct sg_sealer **out)
{
	struct fake *fake;

	*out = NULL;
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(fakes[i].name, name) != 0)
			continue;
		fake = calloc(1, sizeof *fake);
		ck_assert_ptr_nonnull(fake);
		fake->base.ops = &fakes[i == 1 && moving_sealers.two_has_none ? 2 : i];
		fake->config = config;
		*out = &fake->base;
		return SG_OK;
	}
	return SG_ERR_SEALER_UNKNOWN;
}

static void configure(const char *lines, struct sg_config **config)
{
	char text[8192];

	ck_assert_int_lt(snprintf(text, sizeof text, "state = %s\n%s\n", moving_folder, lines),
	                 (int)sizeof text);
	ck_assert_int_eq(sg_config_parse(sg_bytes_str(text), "lines", config), SG_OK);
}

static void setup(const char *a, const char *b)
{
	ck_assert_int_eq(sg_crypto_start(), SG_OK);
	moving_sealers = (struct moving_sealers){ .calls = 0 };
	moving_folder = scratch_make();
	configure(a, &moving_a);
	configure(b, &moving_b);
	ck_assert_int_eq(sg_token_new(moving_a, 0, &moving_token), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("1234"), &moving_pin), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("5678"), &moving_so_pin), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str("4321"), &moving_wrong_pin), SG_OK);
}

void moving_setup(void)
{
	from = "one";
	to = "two";
	setup("tcti = hardware a\nsealer = one", "tcti = hardware b\nsealer = one");
}

void moving_setup_between(const char *a, const char *b)
{
	setup(a, b);
	from = moving_a->sealer;
	to = moving_b->sealer;
}

void moving_teardown(void)
{
	sg_token_free(&moving_token);
	sg_config_free(&moving_a);
	sg_config_free(&moving_b);
	sg_secret_free(&moving_pin);
	sg_secret_free(&moving_so_pin);
	sg_secret_free(&moving_wrong_pin);
	scratch_remove(&moving_folder);
	sg_crypto_stop();
}

void moving_make(bool machine, const char *policy)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("moving"), .sealer = from, .machine = machine,
		.user_pin = machine ? NULL : moving_pin, .so_pin = machine ? NULL : moving_so_pin,
		.policy = policy != NULL ? sg_bytes_str(policy) : sg_bytes(NULL, 0),
	};

	ck_assert_int_eq(sg_token_create(moving_token, &plan, NULL), SG_OK);
}

void moving_make_counted(void)
{
	const struct sg_token_plan plan = {
		.label = sg_bytes_str("moving"), .sealer = "one", .machine = true,
		.rollback_protection = true,
	};

	ck_assert_int_eq(sg_token_create(moving_token, &plan, NULL), SG_OK);
}

/* Open a token, with the PIN where it has one. */
static void open_token(struct sg_token *token)
{
	ck_assert_int_eq(sg_token_sync(token), SG_OK);
	ck_assert_int_eq(sg_token_open(token), SG_OK);
	if (!token->record.machine && token->user == SG_NOBODY)
		ck_assert_uint_eq(sg_token_login(token, SG_USER, sg_secret_bytes(moving_pin)),
		                  CKR_OK);
}

/* Add an object that has these attributes too, which this takes over. */
static void add_with(struct sg_attrs *attrs, struct sg_origin origin, CK_OBJECT_CLASS class,
                     bool secluded, const char *value)
{
	const bool inside = sg_attrs_bool(attrs, CKA_SIGNET_RESIDENT);
	struct sg_secret *material = NULL;
	struct sg_object *object = NULL;
	CK_OBJECT_HANDLE handle;

	ck_assert_int_eq(sg_attrs_set_ulong(attrs, CKA_CLASS, class), SG_OK);
	if (class == CKO_SECRET_KEY)
		ck_assert_int_eq(sg_attrs_set_ulong(attrs, CKA_KEY_TYPE,
		                                    inside ? CKK_SHA256_HMAC : CKK_AES), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(attrs, CKA_TOKEN, true), SG_OK);
	ck_assert_int_eq(sg_attrs_set_bool(attrs, CKA_PRIVATE, secluded), SG_OK);
	ck_assert_int_eq(sg_attrs_set(attrs, CKA_LABEL, sg_bytes_str(value)), SG_OK);
	if (class == CKO_SECRET_KEY)
		ck_assert_int_eq(sg_attrs_set_bool(attrs, CKA_SENSITIVE, true), SG_OK);
	ck_assert_int_eq(sg_secret_copy(sg_bytes_str(value), &material), SG_OK);
	ck_assert_uint_eq(sg_object_new(attrs, &material, origin, &object), CKR_OK);
	ck_assert_int_eq(sg_token_add(moving_token, &session, &object, 1, &handle), SG_OK);
	sg_object_unref(&object);
}

static void add(CK_OBJECT_CLASS class, bool secluded, CK_ATTRIBUTE_TYPE flag, const char *value)
{
	const struct sg_origin imported = { .mechanism = CK_UNAVAILABLE_INFORMATION };
	struct sg_attrs attrs = { 0 };

	if (flag != 0)
		ck_assert_int_eq(sg_attrs_set_bool(&attrs, flag, true), SG_OK);
	add_with(&attrs, imported, class, secluded, value);
}

void moving_fill(void)
{
	open_token(moving_token);
	add(CKO_DATA, false, 0, "a public value");
	add(CKO_SECRET_KEY, true, 0, "0123456789abcdef");
	add(CKO_SECRET_KEY, true, CKA_SIGNET_SEALED, "sealed..by..it.1");
	add(CKO_SECRET_KEY, false, 0, "fedcba9876543210");
	add(CKO_SECRET_KEY, true, CKA_SIGNET_SEALED, "sealed..by..it.2");
}

void moving_add_guarded(const char *policy, const char *pin)
{
	const struct sg_origin imported = {
		.mechanism = CK_UNAVAILABLE_INFORMATION, .pin = sg_bytes_str(pin != NULL ? pin : ""),
	};
	struct sg_attrs attrs = { 0 };

	open_token(moving_token);
	ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_SIGNET_SEALED, true), SG_OK);
	if (policy != NULL)
		ck_assert_int_eq(sg_attrs_set(&attrs, CKA_SIGNET_POLICY, sg_bytes_str(policy)),
		                 SG_OK);
	if (pin != NULL)
		ck_assert_int_eq(sg_attrs_set_bool(&attrs, CKA_SIGNET_HAS_PIN, true), SG_OK);
	add_with(&attrs, imported, CKO_SECRET_KEY, true, "guarded..itself.");
}

void moving_add_resident(void)
{
	open_token(moving_token);
	add(CKO_SECRET_KEY, true, CKA_SIGNET_RESIDENT, "stays where it is");
}

enum sg_err moving_try(struct sg_token_migration how, struct sg_token_migrated *out)
{
	if (how.sealer == NULL)
		how.sealer = to;
	if (how.config == NULL)
		how.config = moving_b;
	return sg_token_migrate(moving_token, &how, out);
}

static void update(struct sg_digest *digest, struct sg_bytes bytes)
{
	uint64_t len = bytes.len;

	ck_assert_int_eq(sg_digest_update(digest, sg_bytes(&len, sizeof len)), SG_OK);
	ck_assert_int_eq(sg_digest_update(digest, bytes), SG_OK);
}

/* Add the digest of an object to the sum, whose order does not matter. */
static void sum_object(struct sg_token *token, CK_OBJECT_HANDLE handle, uint8_t sum[32])
{
	const struct sg_secret *material = NULL;
	struct sg_digest *digest = NULL;
	struct sg_object *object = NULL;
	uint8_t one[32];

	ck_assert_int_eq(sg_token_object(token, handle, &object), SG_OK);
	ck_assert_int_eq(sg_digest_new(SG_SHA256, &digest), SG_OK);
	update(digest, sg_bytes(object->uuid, SG_UUID));
	update(digest, sg_buf_bytes(&object->attrs.list));
	if (!object->resident)
		ck_assert_int_eq(sg_token_material(token, object, &material), SG_OK);
	update(digest, material != NULL ? sg_secret_bytes(material) : sg_bytes("", 0));
	ck_assert_int_eq(sg_digest_final(digest, one), SG_OK);
	for (size_t i = 0; i < sizeof one; i++)
		sum[i] ^= one[i];
	sg_digest_free(&digest);
	sg_object_unref(&object);
}

size_t moving_sum(const struct sg_config *config, const char *path, uint8_t sum[32])
{
	struct sg_token *token = NULL;
	CK_OBJECT_HANDLE *handles = NULL;
	size_t n = 0;

	memset(sum, 0, 32);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	if (path != NULL) {
		free(token->path);
		token->path = strdup(path);
		ck_assert_ptr_nonnull(token->path);
	}
	open_token(token);
	ck_assert_int_eq(sg_token_find(token, NULL, 0, &handles, &n), SG_OK);
	for (size_t i = 0; i < n; i++)
		sum_object(token, handles[i], sum);
	free(handles);
	sg_token_free(&token);
	return n;
}

void moving_require(const struct sg_config *config, size_t files, const uint8_t sum[32])
{
	uint8_t now[32];
	size_t n = 0;
	DIR *dir = opendir(moving_folder);

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	ck_assert_int_eq(closedir(dir), 0);
	ck_assert_uint_eq(n - 2, files);
	moving_sum(config, NULL, now);
	ck_assert_mem_eq(now, sum, sizeof now);
}
