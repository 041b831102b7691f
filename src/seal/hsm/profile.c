/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. Using a profile, and finding the one that works with an HSM.
 */
#include "seal/hsm/profile.h"

#include <string.h>

#include "crypto/random.h"
#include "seal/hsm/public.h"
#include "seal/hsm/way.h"
#include "util/cursor.h"
#include "util/log.h"

static const struct sg_hsm_way_row *find_way(enum sg_hsm_way way)
{
	size_t n;
	const struct sg_hsm_way_row *ways = sg_hsm_ways(&n);

	for (size_t i = 0; i < n; i++)
		if (ways[i].way == way)
			return &ways[i];
	return NULL;
}

const char *sg_hsm_way_name(enum sg_hsm_way way)
{
	const struct sg_hsm_way_row *found = find_way(way);

	return found != NULL ? found->name : "unknown";
}

bool sg_hsm_way_is_pair(enum sg_hsm_way way)
{
	return way == SG_HSM_OAEP_SHA256 || way == SG_HSM_OAEP_SHA1;
}

struct sg_rsa_public sg_hsm_profile_public(const struct sg_hsm_profile *profile)
{
	return (struct sg_rsa_public){
		sg_bytes(profile->modulus, profile->modulus_len),
		sg_bytes(profile->exponent, profile->exponent_len),
	};
}

bool sg_hsm_profile_known(enum sg_hsm_way way, enum sg_hsm_iv iv)
{
	if (way == SG_HSM_GCM)
		return iv >= SG_HSM_IV_OURS && iv <= SG_HSM_IV_APPENDED;
	return find_way(way) != NULL && iv == SG_HSM_IV_NONE;
}

/* Find the key that opens, which is the one that closes too but for RSA. */
static enum sg_err begin(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                         struct sg_hsm_work *w)
{
	return sg_client_find_key(s, way->kind->class, sg_bytes(w->profile->id, w->profile->id_len),
	                          &w->key);
}

/* Close what is to be closed, and see that what comes of it opens. */
static enum sg_err close_and_open(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                                  struct sg_hsm_work *w)
{
	enum sg_err err = way->close(s, way, w);

	w->closed = sg_buf_bytes(w->out);
	if (err == SG_OK)
		err = way->open(s, way, w);
	if (err == SG_OK &&
	    !sg_secret_equal(sg_secret_bytes(w->plain), sg_secret_bytes(w->opened)))
		err = SG_ERR_SEALED_DAMAGED;
	return err;
}

/* What does not open would be lost with the next change of a PIN. */
static enum sg_err do_close(struct sg_client_session *s, void *arg)
{
	struct sg_hsm_work *w = arg;
	const struct sg_hsm_way_row *way = find_way(w->profile->way);
	enum sg_err err = begin(s, way, w);

	if (err == SG_OK)
		err = sg_hsm_seal_key_check(s, way->kind,
		                            sg_bytes(w->profile->id, w->profile->id_len), w->key);
	if (err == SG_OK)
		err = close_and_open(s, way, w);
	if (err == SG_ERR_SEALED_DAMAGED) {
		sg_log(SG_LOG_ERROR, "the HSM does not open what it closed itself");
		err = SG_ERR_HSM_FAULT;
	}
	return err;
}

/* See whether the HSM opens anything at all now: a fresh secret, closed for the same. */
static enum sg_err probe(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                         const struct sg_hsm_work *w)
{
	struct sg_secret *plain = NULL;
	struct sg_buf out = { 0 };
	struct sg_hsm_work fresh = {
		.profile = w->profile, .aad = w->aad, .out = &out, .key = w->key,
	};
	enum sg_err err = sg_random_secret(SG_HSM_SECRET, &plain);

	fresh.plain = plain;
	if (err == SG_OK)
		err = sg_secret_new(SG_HSM_CLOSED_MAX, &fresh.opened);
	if (err == SG_OK)
		err = close_and_open(s, way, &fresh);
	sg_secret_free(&plain);
	sg_secret_free(&fresh.opened);
	sg_buf_free(&out);
	return err == SG_ERR_SEALED_DAMAGED ? SG_ERR_HSM_FAULT : err;
}

/* What an HSM says of bytes that were changed, or of a wrong PIN, differs from maker to maker, and
 * some say no more than that they failed. It was the bytes where a fresh secret opens and they do
 * not, twice: an HSM in trouble is no wrong PIN, and the next sealer of a list is asked. */
static enum sg_err do_open(struct sg_client_session *s, void *arg)
{
	struct sg_hsm_work *w = arg;
	const struct sg_hsm_way_row *way = find_way(w->profile->way);
	enum sg_err err = begin(s, way, w);

	for (int i = 0; err == SG_OK; i++) {
		w->vague = false;
		err = way->open(s, way, w);
		if (err != SG_ERR_HSM_FAULT || !w->vague || s->lost)
			return err;
		err = i == 0 ? probe(s, way, w) : SG_ERR_SEALED_DAMAGED;
	}
	return err;
}

static enum sg_err do_look(struct sg_client_session *s, void *arg)
{
	struct sg_hsm_work *w = arg;

	return begin(s, find_way(w->profile->way), w);
}

enum sg_err sg_hsm_profile_has_key(struct sg_client *hsm, const struct sg_hsm_profile *profile)
{
	struct sg_hsm_work w = { .profile = profile };

	return find_way(profile->way) != NULL ? sg_client_do(hsm, true, do_look, &w) : SG_ERR_RANGE;
}

enum sg_err sg_hsm_close(struct sg_client *hsm, const struct sg_hsm_profile *profile,
                         struct sg_bytes aad, const struct sg_secret *plain, struct sg_buf *out)
{
	struct sg_hsm_work w = { .profile = profile, .aad = aad, .plain = plain, .out = out };
	enum sg_err err;

	if (find_way(profile->way) == NULL || plain->len != SG_HSM_SECRET)
		return SG_ERR_RANGE;
	err = sg_secret_new(SG_HSM_CLOSED_MAX, &w.opened);
	if (err == SG_OK)
		err = sg_client_do(hsm, true, do_close, &w);
	sg_secret_free(&w.opened);
	return err;
}

enum sg_err sg_hsm_open(struct sg_client *hsm, const struct sg_hsm_profile *profile,
                        struct sg_bytes aad, struct sg_bytes closed, struct sg_secret **out)
{
	struct sg_hsm_work w = { .profile = profile, .aad = aad, .closed = closed };
	enum sg_err err;

	*out = NULL;
	if (find_way(profile->way) == NULL || closed.len == 0 || closed.len > SG_HSM_CLOSED_MAX)
		return SG_ERR_RANGE;
	/* RSA may want room for as many bytes as the modulus has. */
	err = sg_secret_new(SG_HSM_CLOSED_MAX, &w.opened);
	if (err == SG_OK)
		err = sg_client_do(hsm, true, do_open, &w);
	if (err == SG_OK)
		*out = w.opened;
	else
		sg_secret_free(&w.opened);
	return err;
}

/* Tell whether the IVs are the same with which AES-GCM closed two secrets. */
static bool same_iv(const struct sg_buf *a, const struct sg_buf *b)
{
	struct sg_reader of_a = sg_reader(sg_buf_bytes(a)), of_b = sg_reader(sg_buf_bytes(b));

	return sg_bytes_equal(sg_read_var(&of_a, a->len), sg_read_var(&of_b, b->len));
}

/* Close and open random bytes, twice; the IVs must differ. */
static enum sg_err try_profile(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                               const struct sg_hsm_profile *profile)
{
	struct sg_hsm_work w = { .profile = profile, .aad = sg_bytes_str("signet") };
	struct sg_secret *plain = NULL;
	struct sg_buf closed[2] = { { 0 }, { 0 } };
	enum sg_err err = sg_random_secret(SG_HSM_SECRET, &plain);

	w.plain = plain;
	if (err == SG_OK)
		err = sg_secret_new(SG_HSM_CLOSED_MAX, &w.opened);
	if (err == SG_OK)
		err = begin(s, way, &w);
	for (int i = 0; i < 2 && err == SG_OK; i++) {
		w.out = &closed[i];
		err = close_and_open(s, way, &w);
	}
	/* Whatever it says of what it closed itself: its idea of the mechanism is another one. */
	if ((err == SG_ERR_HSM_FAULT && !s->lost && w.vague) || err == SG_ERR_SEALED_DAMAGED)
		err = SG_ERR_HSM_MECHANISM;
	if (err == SG_OK && profile->iv != SG_HSM_IV_NONE && same_iv(&closed[0], &closed[1]))
		err = SG_ERR_HSM_MECHANISM;
	sg_secret_free(&plain);
	sg_secret_free(&w.opened);
	sg_buf_free(&closed[0]);
	sg_buf_free(&closed[1]);
	return err;
}

/* Try a way with its key: each kind of IV where it is one with IVs. */
static enum sg_err try_way(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                           struct sg_hsm_profile *profile)
{
	const bool gcm = way->way == SG_HSM_GCM;
	enum sg_err err = SG_ERR_HSM_MECHANISM;

	profile->way = way->way;
	for (int iv = gcm ? SG_HSM_IV_OURS : SG_HSM_IV_NONE;
	     iv <= (gcm ? (int)SG_HSM_IV_APPENDED : (int)SG_HSM_IV_NONE); iv++) {
		profile->iv = (enum sg_hsm_iv)iv;
		err = try_profile(s, way, profile);
		if (err == SG_OK || s->lost)
			return err;
	}
	return err;
}

/* Tell whether the HSM says that it has the mechanism. One that went away says nothing of that:
 * the session is lost then, and *err tells why. */
static bool has_mechanism(struct sg_client_session *s, const struct sg_hsm_way_row *way,
                          enum sg_err *err)
{
	CK_MECHANISM_INFO info = { 0 };
	CK_RV rv = s->f->C_GetMechanismInfo(s->slot, way->mechanism, &info);

	*err = rv == CKR_MECHANISM_INVALID ? SG_OK : sg_client_check(s, "C_GetMechanismInfo", rv);
	return rv == CKR_OK && (info.flags & way->flags) == way->flags;
}

struct search {
	struct sg_hsm_profile *profile;
	bool made;
};

/* Of what failed two ways, tell more: that no key of the other kind is there says nothing. */
static enum sg_err worse(enum sg_err before, enum sg_err now)
{
	return before == SG_ERR_HSM_OTHER || now != SG_ERR_HSM_OTHER ? now : before;
}

/* Try each way with a key that is there or is made for it. A key that was made in vain is
 * destroyed. */
static enum sg_err do_find(struct sg_client_session *s, void *arg)
{
	struct search *search = arg;
	struct sg_hsm_profile *profile = search->profile;
	enum sg_err result = SG_ERR_HSM_OTHER, err;
	bool any = false;
	size_t n;
	const struct sg_hsm_way_row *ways = sg_hsm_ways(&n);

	for (size_t i = 0; i < n && !s->lost; i++) {
		struct sg_hsm_seal_key key = { .id_len = 0 };

		if (!has_mechanism(s, &ways[i], &err)) {
			if (s->lost)
				return err;
			continue;
		}
		any = true;
		err = sg_hsm_seal_key_get(s, ways[i].kind, &key);
		if (err != SG_OK) {
			result = worse(result, err);
			continue;
		}
		memcpy(profile->id, key.id, key.id_len);
		profile->id_len = key.id_len;
		profile->modulus_len = profile->exponent_len = 0;
		if (sg_hsm_way_is_pair(ways[i].way))
			err = sg_hsm_public_read(s, profile);
		if (err == SG_OK)
			err = try_way(s, &ways[i], profile);
		search->made = key.made && err == SG_OK;
		if (err == SG_OK)
			return SG_OK;
		result = worse(result, err);
		sg_log(SG_LOG_NOTICE, "the HSM does not seal by %s", ways[i].name);
		if (key.made)
			sg_hsm_seal_key_undo(s, ways[i].kind, &key);
	}
	return any ? result : SG_ERR_HSM_MECHANISM;
}

enum sg_err sg_hsm_profile_find(struct sg_client *hsm, struct sg_hsm_profile *profile, bool *made)
{
	struct search search = { .profile = profile };
	enum sg_err err;

	*made = false;
	/* Not again by itself: that might make a key for nothing. */
	err = sg_client_do(hsm, false, do_find, &search);
	*made = search.made;
	return err;
}
