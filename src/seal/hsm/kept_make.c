/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Making keys that an HSM keeps. Makers differ in how they name a curve, and in how
 * they give out a point.
 */
#include "seal/hsm/kept_make.h"

#include <string.h>

#include <signet/pkcs11.h>

#include "crypto/ed25519.h"
#include "crypto/p256.h"
#include "crypto/random.h"
#include "seal/hsm/kept_find.h"
#include "seal/hsm/kept_use.h"
#include "seal/hsm/trust.h"
#include "util/log.h"

#define ROOM 20                 /* attributes of a template at most */
#define POINT_ROOM 128          /* bytes of CKA_EC_POINT at most, with what is around it */

struct attributes {
	CK_ATTRIBUTE attr[ROOM];
	CK_ULONG n;
};

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void add(struct attributes *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	t->attr[t->n++] = (CK_ATTRIBUTE){ type, (void *)value, len };
}

static void add_bool(struct attributes *t, CK_ATTRIBUTE_TYPE type, bool value)
{
	add(t, type, value ? &yes : &no, sizeof yes);
}

#define AT_ONCE 8               /* objects that a search asks for */
#define ROUNDS 64

/* What a use is called. Those that a key is not for are refused by name, since the defaults of
 * HSMs differ. */
struct use {
	CK_ATTRIBUTE_TYPE type;
	unsigned use;                   /* SG_RESIDENT_SIGN ...; 0: never */
};

static const struct use secret_uses[] = {
	{ CKA_SIGN, SG_RESIDENT_SIGN }, { CKA_VERIFY, SG_RESIDENT_SIGN },
	{ CKA_ENCRYPT, SG_RESIDENT_ENCRYPT }, { CKA_DECRYPT, SG_RESIDENT_DECRYPT },
	{ CKA_WRAP, SG_RESIDENT_WRAP }, { CKA_UNWRAP, SG_RESIDENT_UNWRAP }, { CKA_DERIVE, 0 },
};
static const struct use private_uses[] = {
	{ CKA_SIGN, SG_RESIDENT_SIGN }, { CKA_DERIVE, SG_RESIDENT_DERIVE }, { CKA_DECRYPT, 0 },
	{ CKA_UNWRAP, 0 },
};
static const struct use public_uses[] = {
	{ CKA_VERIFY, SG_RESIDENT_SIGN }, { CKA_ENCRYPT, 0 }, { CKA_WRAP, 0 },
};

#define USES(list) (list), sizeof (list) / sizeof (list)[0]

static void add_uses(struct attributes *t, const struct use *list, size_t n, unsigned uses)
{
	for (size_t i = 0; i < n; i++)
		add_bool(t, list[i].type, (uses & list[i].use) != 0);
}

/* One key that is being made. */
struct making {
	const struct sg_hsm_kept *kept;
	unsigned uses;
	char label[SG_HSM_KEPT_LABEL];
};

/* Add what all halves have. */
static void add_common(struct attributes *t, const struct making *m)
{
	const struct sg_hsm_kept *kept = m->kept;

	add_bool(t, CKA_TOKEN, true);
	add(t, CKA_LABEL, m->label, sizeof m->label);
	add(t, CKA_ID, kept->id, sizeof kept->id);
	add(t, CKA_KEY_TYPE, &kept->kind->type, sizeof kept->kind->type);
}

/* Add that a key can't be taken out. */
static void add_closed(struct attributes *t)
{
	add_bool(t, CKA_PRIVATE, true);
	add_bool(t, CKA_SENSITIVE, true);
	add_bool(t, CKA_EXTRACTABLE, false);
}

static enum sg_err make_secret(struct sg_client_session *s, const struct making *m,
                               CK_OBJECT_HANDLE *key)
{
	const struct sg_hsm_kept *kept = m->kept;
	CK_MECHANISM mechanism = { kept->kind->generate, NULL, 0 };
	CK_ULONG len = kept->kind->value;
	struct attributes t = { .n = 0 };

	add(&t, CKA_CLASS, &kept->kind->class, sizeof kept->kind->class);
	add_common(&t, m);
	add_closed(&t);
	add(&t, CKA_VALUE_LEN, &len, sizeof len);
	add_uses(&t, USES(secret_uses), m->uses);
	return sg_client_check(s, "C_GenerateKey",
	                       s->f->C_GenerateKey(s->handle, &mechanism, t.attr, t.n, key));
}

/* The names of curves: object identifiers, and of Ed25519 also the PrintableString
 * "edwards25519" [PKCS#11 3.1 §6.3.3] and the identifier from before RFC 8410. */
static const uint8_t p256[] = { SG_P256_OID };
static const uint8_t ed25519[] = { SG_ED25519_OID };
static const uint8_t ed25519_name[] = {
	0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9',
};
static const uint8_t ed25519_old[] = {
	0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01,
};

static const struct {
	enum sg_resident_kind kind;
	struct sg_bytes name;
} curves[] = {
	{ SG_RESIDENT_P256, { p256, sizeof p256 } },
	{ SG_RESIDENT_ED25519, { ed25519, sizeof ed25519 } },
	{ SG_RESIDENT_ED25519, { ed25519_name, sizeof ed25519_name } },
	{ SG_RESIDENT_ED25519, { ed25519_old, sizeof ed25519_old } },
};

static enum sg_err make_pair_named(struct sg_client_session *s, const struct making *m,
                                   struct sg_bytes curve, CK_OBJECT_HANDLE key[2])
{
	CK_MECHANISM mechanism = { m->kept->kind->generate, NULL, 0 };
	struct attributes public = { .n = 0 }, private = { .n = 0 };
	CK_RV rv;

	add_common(&public, m);
	add(&public, CKA_EC_PARAMS, curve.data, curve.len);
	add_uses(&public, USES(public_uses), m->uses);
	add_common(&private, m);
	add_closed(&private);
	add_uses(&private, USES(private_uses), m->uses);
	rv = s->f->C_GenerateKeyPair(s->handle, &mechanism, public.attr, public.n, private.attr,
	                             private.n, &key[0], &key[1]);
	return sg_client_check(s, "C_GenerateKeyPair", rv);
}

/* Try one name of the curve after the other. */
static enum sg_err make_pair(struct sg_client_session *s, const struct making *m,
                             CK_OBJECT_HANDLE key[2])
{
	enum sg_err err = SG_ERR_HSM_MECHANISM;

	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
		if (curves[i].kind != m->kept->kind->kind)
			continue;
		err = make_pair_named(s, m, curves[i].name, key);
		if (err == SG_OK || s->lost)
			return err;
	}
	return err;
}

/* Read the point: as it is, or in a DER OCTET STRING or BIT STRING. */
static enum sg_err read_point(struct sg_client_session *s, const struct sg_hsm_kept *kept,
                              CK_OBJECT_HANDLE public, uint8_t *point)
{
	const size_t len = kept->kind->point;
	uint8_t value[POINT_ROOM];
	CK_ATTRIBUTE attr = { CKA_EC_POINT, value, sizeof value };
	enum sg_err err;
	size_t head;

	err = sg_client_check(s, "C_GetAttributeValue",
	                      s->f->C_GetAttributeValue(s->handle, public, &attr, 1));
	if (err != SG_OK)
		return err;
	if (attr.ulValueLen < len || attr.ulValueLen > len + 3)
		return SG_ERR_HSM_FAULT;
	head = attr.ulValueLen - len;
	if ((head == 1) || (head == 2 && (value[0] != 0x04 || value[1] != len)) ||
	    (head == 3 && (value[0] != 0x03 || value[1] != len + 1 || value[2] != 0)))
		return SG_ERR_HSM_FAULT;
	memcpy(point, value + head, len);
	return SG_OK;
}

static enum sg_err try_ecdsa(struct sg_client_session *s, CK_OBJECT_HANDLE key, unsigned uses,
                             const uint8_t *point)
{
	uint8_t digest[SG_RESIDENT_DIGEST], signature[SG_RESIDENT_SIGNATURE];
	enum sg_err err;

	if (!sg_p256_valid(sg_bytes(point, SG_P256_POINT)))
		return SG_ERR_HSM_FAULT;
	if ((uses & SG_RESIDENT_SIGN) == 0)
		return SG_OK;
	sg_random(digest, sizeof digest);
	err = sg_hsm_kept_sign(s, key, CKM_ECDSA, sg_bytes(digest, sizeof digest), signature,
	                       sizeof signature);
	return err == SG_OK ? sg_p256_verify(sg_bytes(point, SG_P256_POINT),
	                                     sg_bytes(digest, sizeof digest),
	                                     sg_bytes(signature, sizeof signature))
	                    : err;
}

static enum sg_err try_eddsa(struct sg_client_session *s, CK_OBJECT_HANDLE key,
                             const uint8_t *point)
{
	uint8_t message[SG_RESIDENT_DIGEST], signature[SG_RESIDENT_SIGNATURE];
	enum sg_err err;

	sg_random(message, sizeof message);
	err = sg_hsm_kept_sign(s, key, CKM_EDDSA, sg_bytes(message, sizeof message), signature,
	                       sizeof signature);
	return err == SG_OK ? sg_ed25519_verify(sg_bytes(point, SG_ED25519_PUBLIC),
	                                        sg_bytes(message, sizeof message),
	                                        sg_bytes(signature, sizeof signature))
	                    : err;
}

static enum sg_err try_hmac(struct sg_client_session *s, CK_OBJECT_HANDLE key)
{
	uint8_t code[SG_RESIDENT_MAC];

	return sg_hsm_kept_sign(s, key, CKM_SHA256_HMAC, sg_bytes_str("signet"), code, sizeof code);
}

/* An HSM that takes an IV and uses another would not find its way back. */
static enum sg_err try_gcm(struct sg_client_session *s, CK_OBJECT_HANDLE key)
{
	uint8_t iv[12], plain[32], cipher[32 + 16], opened[32];
	const struct sg_resident_gcm gcm = {
		sg_bytes(iv, sizeof iv), sg_bytes_str("signet"), 16,
	};
	enum sg_err err;

	sg_random(iv, sizeof iv);
	sg_random(plain, sizeof plain);
	err = sg_hsm_kept_encrypt(s, key, &gcm, sg_bytes(plain, sizeof plain), cipher);
	if (err == SG_OK)
		err = sg_hsm_kept_decrypt(s, key, &gcm, sg_bytes(cipher, sizeof cipher), opened);
	return err == SG_OK && memcmp(plain, opened, sizeof plain) != 0 ? SG_ERR_HSM_FAULT : err;
}

/* Of a length that tells this padding from another. */
static enum sg_err try_wrap(struct sg_client_session *s, CK_OBJECT_HANDLE key)
{
	uint8_t wrapped[16 + 8];
	struct sg_secret *plain = NULL, *opened = NULL;
	enum sg_err err = sg_random_secret(16, &plain);

	if (err == SG_OK)
		err = sg_hsm_kept_wrap(s, key, sg_secret_bytes(plain), wrapped);
	if (err == SG_OK)
		err = sg_hsm_kept_unwrap(s, key, sg_bytes(wrapped, sizeof wrapped), &opened);
	if (err == SG_OK && (opened->len != plain->len ||
	                     !sg_secret_equal(sg_secret_bytes(plain), sg_secret_bytes(opened))))
		err = SG_ERR_HSM_FAULT;
	sg_secret_free(&plain);
	sg_secret_free(&opened);
	return err;
}

static enum sg_err try_aes(struct sg_client_session *s, CK_OBJECT_HANDLE key, unsigned uses)
{
	const unsigned gcm = SG_RESIDENT_ENCRYPT | SG_RESIDENT_DECRYPT;
	const unsigned wrap = SG_RESIDENT_WRAP | SG_RESIDENT_UNWRAP;
	enum sg_err err = SG_OK;

	if ((uses & gcm) == gcm)
		err = try_gcm(s, key);
	if (err == SG_OK && (uses & wrap) == wrap)
		err = try_wrap(s, key);
	return err;
}

static enum sg_err try_key(struct sg_client_session *s, const struct sg_hsm_kept *kept,
                           CK_OBJECT_HANDLE key, unsigned uses, const uint8_t *point)
{
	enum sg_err err = SG_ERR_HSM_FAULT;

	switch (kept->kind->kind) {
	case SG_RESIDENT_P256:
		err = try_ecdsa(s, key, uses, point);
		break;
	case SG_RESIDENT_HMAC_SHA256:
		err = try_hmac(s, key);
		break;
	case SG_RESIDENT_ED25519:
		err = try_eddsa(s, key, point);
		break;
	case SG_RESIDENT_AES256:
		err = try_aes(s, key, uses);
		break;
	}
	if (err == SG_ERR_TAG || err == SG_ERR_FORMAT) {
		sg_log(SG_LOG_ERROR, "the HSM made a key that does not do what it should");
		err = SG_ERR_HSM_FAULT;
	}
	return err;
}

enum sg_err sg_hsm_kept_make(struct sg_client_session *s, struct sg_hsm_kept *kept,
                             const struct sg_resident_plan *plan,
                             uint8_t point[SG_RESIDENT_POINT])
{
	struct making m = { .kept = kept, .uses = plan->uses };
	const bool is_pair = kept->kind->point > 0;
	CK_OBJECT_HANDLE key[2];
	enum sg_err err;

	memcpy(kept->id, plan->name.key, sizeof kept->id);
	sg_hsm_kept_label(plan->name.token, m.label);
	err = is_pair ? make_pair(s, &m, key) : make_secret(s, &m, &key[1]);
	if (err != SG_OK) {
		sg_log(SG_LOG_ERROR, "the HSM makes no keys for %s", kept->kind->name);
		return err;
	}
	err = sg_hsm_kept_trust(s, kept->kind->type, key[1]);
	if (err == SG_OK)
		err = sg_hsm_kept_check_name(s, &plan->name, key[1]);
	if (err == SG_OK && is_pair)
		err = sg_hsm_kept_check_name(s, &plan->name, key[0]);
	if (err == SG_OK && is_pair)
		err = read_point(s, kept, key[0], point);
	if (err == SG_OK)
		err = try_key(s, kept, key[1], plan->uses, point);
	if (err != SG_OK)
		(void)sg_hsm_kept_destroy(s, kept);
	return err;
}

/* Destroy all objects that fit, adding to *destroyed how many. Anybody can put public ones of the
 * same name beside a key, so nothing is over before a search finds none. */
static enum sg_err destroy_all(struct sg_client_session *s, CK_ATTRIBUTE *template, CK_ULONG n,
                               CK_ULONG *destroyed)
{
	CK_OBJECT_HANDLE found[AT_ONCE];
	enum sg_err err = SG_OK, one;
	CK_ULONG count = 0;

	for (int i = 0; i < ROUNDS; i++) {
		err = sg_client_find(s, template, n, found, AT_ONCE, &count);
		if (err != SG_OK || count == 0)
			return err;
		for (CK_ULONG k = 0; k < count; k++) {
			one = sg_client_check(s, "C_DestroyObject",
			                      s->f->C_DestroyObject(s->handle, found[k]));
			if (one == SG_OK)
				(*destroyed)++;
			if (err == SG_OK)
				err = one;
		}
		if (err != SG_OK)
			return err;
	}
	sg_log(SG_LOG_ERROR, "the HSM has more than %d objects of the name of one key",
	       ROUNDS * AT_ONCE);
	return SG_ERR_HSM_FAULT;
}

enum sg_err sg_hsm_kept_destroy(struct sg_client_session *s, const struct sg_hsm_kept *kept)
{
	CK_OBJECT_CLASS class = kept->kind->class;
	CK_ATTRIBUTE template[] = {
		{ CKA_ID, (void *)kept->id, sizeof kept->id },
		{ CKA_CLASS, &class, sizeof class },
	};
	CK_ULONG destroyed = 0;
	enum sg_err err = sg_client_check_login(s);

	sg_client_forget_key(s, kept->kind->class, sg_bytes(kept->id, sizeof kept->id));
	/* First the half that computes. */
	if (err == SG_OK)
		err = destroy_all(s, template, 2, &destroyed);
	if (err == SG_OK)
		err = destroy_all(s, template, 1, &destroyed);
	return err == SG_OK && destroyed == 0 ? SG_ERR_HSM_OTHER : err;
}
