/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Mints keys.
 */
#include "enroll/mint.h"

#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/random.h"
#include "enroll/area.h"
#include "enroll/box.h"
#include "seal/tpm/distant.h"

/* Close the duplicate once more, for who has both the endorsement key and the storage key. */
static enum sg_err close_box(const struct sg_enroll_hello *hello,
                             const struct sg_distant_object *object,
                             struct sg_enroll_challenge *out)
{
	struct sg_secret *key = NULL;
	uint8_t name[SG_NODE_NAME];
	enum sg_err err;

	err = sg_area_name(sg_buf_bytes(&hello->parent), name);
	if (err == SG_OK)
		err = sg_random_secret(SG_ENROLL_BOX_KEY, &key);
	if (err == SG_OK)
		err = sg_distant_credential(sg_buf_bytes(&hello->ek), sg_bytes(name, sizeof name),
		                            key, &out->parent_credential,
		                            &out->parent_credential_seed);
	if (err == SG_OK)
		err = sg_enroll_box_close(key, sg_buf_bytes(&object->area),
		                          sg_buf_bytes(&object->seed),
		                          sg_buf_bytes(&object->duplicate), &out->duplicate);
	sg_secret_free(&key);
	return err;
}

enum sg_err sg_enroll_mint(const struct sg_enroll_hello *hello, const struct sg_policy *policy,
                           struct sg_enroll_challenge *out)
{
	struct sg_secret *seed = NULL, *key = NULL;
	struct sg_distant_object object = { .area = { 0 } };
	enum sg_err err;

	err = sg_random_secret(SG_ED25519_SEED, &seed);
	if (err == SG_OK)
		err = sg_ed25519_from_seed(sg_secret_bytes(seed), &key);
	if (err == SG_OK)
		err = sg_distant_seal(sg_buf_bytes(&hello->parent), policy, seed, &object);
	if (err == SG_OK)
		err = close_box(hello, &object, out);
	if (err == SG_OK)
		err = sg_buf_set(&out->object, sg_buf_bytes(&object.area));
	if (err == SG_OK)
		err = sg_buf_set(&out->seed, sg_buf_bytes(&object.seed));
	if (err == SG_OK)
		memcpy(out->key, sg_ed25519_public(key).data, sizeof out->key);
	sg_distant_object_clear(&object);
	sg_secret_free(&seed);
	sg_secret_free(&key);
	return err;
}
