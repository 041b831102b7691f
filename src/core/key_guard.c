/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Sealing keys one by one, each under a policy and a PIN of its own.
 */
#include "core/key_guard.h"

#include "core/curve.h"
#include "crypto/random.h"
#include "util/cursor.h"

/* What stands before the hardware's blob where there is a PIN. */
struct head {
	struct sg_bytes salt;
	struct sg_argon2_cost cost;
	struct sg_bytes blob;
};

static bool has_pin(const struct sg_attrs *attrs)
{
	return sg_attrs_bool(attrs, CKA_SIGNET_HAS_PIN);
}

enum sg_closed_by sg_key_closed_by(const struct sg_attrs *attrs)
{
	if (sg_attrs_bool(attrs, CKA_SIGNET_RESIDENT))
		return SG_CLOSED_RESIDENT;
	if (!sg_attrs_bool(attrs, CKA_SIGNET_SEALED))
		return SG_CLOSED_BY_TOKEN_KEY;
	return has_pin(attrs) ? SG_CLOSED_BY_PIN : SG_CLOSED_BY_SEALER;
}

bool sg_key_enrolled(const struct sg_attrs *attrs)
{
	return sg_attrs_ulong(attrs, CKA_SIGNET_ORIGIN) != CK_UNAVAILABLE_INFORMATION;
}

struct sg_bytes sg_key_policy(const struct sg_attrs *attrs)
{
	struct sg_bytes text = sg_bytes(NULL, 0);

	sg_attrs_get(attrs, CKA_SIGNET_POLICY, &text);
	return text;
}

static enum sg_err read_head(struct sg_bytes inner, struct head *head)
{
	struct sg_reader r = sg_reader(inner);

	head->salt = sg_read_bytes(&r, SG_ARGON2_SALT);
	head->cost.passes = sg_read_u32(&r);
	head->cost.memory = sg_read_u32(&r);
	head->blob = r.rest;
	return r.failed || r.rest.len == 0 ? SG_ERR_STORE_DAMAGED : SG_OK;
}

/* Write what stands before the blob, with a fresh salt, and stretch the PIN with it. */
static enum sg_err write_head(const struct sg_secret *pin, struct sg_buf *out,
                              struct sg_secret **auth)
{
	struct sg_writer w = sg_writer(out);
	uint8_t salt[SG_ARGON2_SALT];

	sg_random(salt, sizeof salt);
	sg_write_bytes(&w, sg_bytes(salt, sizeof salt));
	sg_write_u32(&w, sg_argon2_default.passes);
	sg_write_u32(&w, sg_argon2_default.memory);
	return w.err != SG_OK ? w.err
	                      : sg_argon2id(sg_secret_bytes(pin), sg_bytes(salt, sizeof salt),
	                                    sg_argon2_default, SG_SEAL_AUTH, auth);
}

enum sg_err sg_key_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                        const struct sg_attrs *attrs, const struct sg_secret *material,
                        const struct sg_secret *pin, struct sg_buf *out)
{
	struct sg_policy policy = { 0 };
	struct sg_seal_guard guard = { .policy = &policy };
	struct sg_buf inner = { 0 }, blob = { 0 };
	struct sg_secret *auth = NULL;
	enum sg_err err = sg_token_policy_text(sg_key_policy(attrs), &policy);

	if (err == SG_OK && has_pin(attrs))
		err = pin == NULL ? SG_ERR_KEY_PIN : write_head(pin, &inner, &auth);
	guard.auth = auth;
	if (err == SG_OK)
		err = sealer->ops->seal(sealer, parent, &guard, material, &blob);
	if (err == SG_OK)
		err = sg_buf_append(&inner, sg_buf_bytes(&blob));
	if (err == SG_OK)
		err = sg_buf_set(out, sg_buf_bytes(&inner));
	sg_secret_free(&auth);
	sg_policy_clear(&policy);
	sg_buf_free(&blob);
	sg_buf_free(&inner);
	return err;
}

enum sg_err sg_key_stretch(struct sg_bytes inner, struct sg_bytes pin, struct sg_secret **auth)
{
	struct head head;
	enum sg_err err;

	/* What can't be a PIN is not worth one of the hardware's tries. */
	if (!sg_pin_fits(pin))
		return SG_ERR_AUTH;
	err = read_head(inner, &head);
	if (err == SG_OK)
		err = sg_argon2id(pin, head.salt, head.cost, SG_SEAL_AUTH, auth);
	return err == SG_ERR_RANGE ? SG_ERR_STORE_DAMAGED : err;
}

/* Bring what the hardware has of an enrolled key to the form of all keys. Who enrols gives the
 * hardware, or has it derive, the 32 bytes that others can judge and make too. */
static enum sg_err complete(const struct sg_attrs *attrs, struct sg_secret **material)
{
	const struct sg_curve *curve = sg_curve_of(attrs);
	struct sg_secret *whole = NULL;
	struct sg_bytes point;
	enum sg_err err = SG_ERR_STORE_DAMAGED;

	if (curve != NULL && curve->from_private != NULL &&
	    (*material)->len == curve->private_len && sg_attrs_get(attrs, CKA_EC_POINT, &point))
		err = curve->from_private(sg_secret_bytes(*material), &whole);
	if (err == SG_OK && !sg_bytes_equal(sg_curve_material_point(curve, whole), point)) {
		sg_secret_free(&whole);
		err = SG_ERR_STORE_DAMAGED;
	}
	sg_secret_free(material);
	*material = whole;
	return err;
}

enum sg_err sg_key_unseal(const struct sg_token *token, struct sg_sealer *sealer,
                          struct sg_bytes parent, const struct sg_attrs *attrs,
                          struct sg_bytes inner, const struct sg_secret *auth,
                          struct sg_secret **out)
{
	struct sg_policy_signatures signatures = { 0 };
	struct sg_seal_guard guard = { .auth = auth };
	struct head head = { .blob = inner };
	enum sg_err err = SG_OK;

	*out = NULL;
	if (has_pin(attrs))
		err = auth == NULL ? SG_ERR_KEY_PIN : read_head(inner, &head);
	if (err == SG_OK && sg_key_policy(attrs).len > 0) {
		err = sg_token_signatures(token, sg_key_policy(attrs), &signatures);
		guard.signatures = &signatures;
	}
	if (err == SG_OK)
		err = sealer->ops->unseal(sealer, parent, &guard, head.blob, out);
	if (err == SG_OK && sg_key_enrolled(attrs))
		err = complete(attrs, out);
	if (err == SG_ERR_FORMAT || (err == SG_ERR_AUTH && auth == NULL))
		err = SG_ERR_STORE_DAMAGED;
	sg_policy_signatures_clear(&signatures);
	return err;
}
