/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Makes keys as an enrolment does.
 */
#include "lib/enrolled.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "lib/runner.h"
#include "seal/tpm/duplicate.h"

struct making {
	enum sg_key_origin origin;
	struct sg_policy policy;
	struct sg_attest_object *object;
	struct sg_secret *seed;
};

static enum sg_err make_host(struct sg_sealer *sealer, struct sg_bytes parent, struct making *m)
{
	const struct sg_attest_guard guard = { .policy = &m->policy };
	enum sg_err err = sg_random_secret(SG_ED25519_SEED, &m->seed);

	return err == SG_OK ? sealer->ops->attest->seal(sealer, parent, &guard, m->seed, m->object)
	                    : err;
}

static enum sg_err make_tpm(struct sg_sealer *sealer, struct sg_bytes parent, struct making *m)
{
	const struct sg_attest_guard guard = { .policy = &m->policy };
	const struct sg_seal_guard nothing = { .auth = NULL };
	enum sg_err err = sealer->ops->attest->derive(sealer, parent, &guard,
	                                              sg_bytes_str(TEST_ENROLLED_LABEL), m->object);

	return err == SG_OK ? sealer->ops->unseal(sealer, parent, &nothing,
	                                          sg_buf_bytes(&m->object->blob), &m->seed)
	                    : err;
}

static enum sg_err make_vault(struct sg_sealer *sealer, struct sg_bytes parent, struct making *m)
{
	const struct sg_bytes none = { NULL, 0 };
	struct sg_attest_keys keys = { .ek_kind = SG_EK_P256 };
	struct sg_parcel parcel = { .endorsed = false };
	struct sg_secret *duplicate = NULL;
	TPMT_PUBLIC key;
	enum sg_err err = sg_random_secret(SG_ED25519_SEED, &m->seed);

	if (err == SG_OK)
		err = sealer->ops->attest->keys(sealer, parent, none, &keys);
	if (err == SG_OK)
		err = sg_policy_copy(&m->policy, &parcel.policy);
	if (err == SG_OK)
		err = sg_tpm_storage_key_read(sg_buf_bytes(&keys.parent), &key);
	if (err == SG_OK)
		err = sg_tpm_duplicate(&key, m->seed, &parcel);
	if (err == SG_OK)
		err = sg_secret_copy(sg_buf_bytes(&parcel.duplicate), &duplicate);
	if (err == SG_OK)
		err = sealer->ops->attest->import(sealer, parent, &m->policy,
		                                  sg_buf_bytes(&parcel.object), duplicate,
		                                  sg_buf_bytes(&parcel.seed), m->object);
	sg_secret_free(&duplicate);
	sg_attest_keys_clear(&keys);
	sg_parcel_clear(&parcel);
	return err;
}

static enum sg_err make(struct sg_sealer *sealer, struct sg_bytes parent, void *arg)
{
	static enum sg_err (*const makers[])(struct sg_sealer *sealer, struct sg_bytes parent,
	                                     struct making *m) = {
		[SG_KEY_ORIGIN_HOST] = make_host,
		[SG_KEY_ORIGIN_TPM] = make_tpm,
		[SG_KEY_ORIGIN_VAULT] = make_vault,
	};
	struct making *m = arg;

	return makers[m->origin](sealer, parent, m);
}

void test_enrolled_make(struct sg_token *token, enum sg_key_origin origin, const char *policy,
                        struct sg_attest_object *object, uint8_t public_key[32])
{
	struct making m = { .origin = origin, .object = object };
	struct sg_secret *key = NULL;

	ck_assert_int_eq(sg_policy_parse(sg_bytes_str(policy), &m.policy), SG_OK);
	ck_assert_int_eq(sg_token_ask_sealer(token, make, &m), SG_OK);
	ck_assert_int_eq(sg_ed25519_from_seed(sg_secret_bytes(m.seed), &key), SG_OK);
	memcpy(public_key, sg_ed25519_public(key).data, SG_ED25519_PUBLIC);
	sg_secret_free(&key);
	sg_secret_free(&m.seed);
	sg_policy_clear(&m.policy);
}

CK_RV test_enrolled_add(CK_SESSION_HANDLE session, enum sg_key_origin origin,
                        const struct sg_attest_object *object, const uint8_t public_key[32],
                        CK_OBJECT_HANDLE *key)
{
	const struct sg_enrolled_key enrolled = {
		.label = sg_bytes_str("machine"), .id = sg_bytes_str("0001"),
		.public_key = public_key, .blob = sg_buf_bytes(&object->blob), .origin = origin,
	};

	return sg_enrolled_key_add(session, &enrolled, key);
}
