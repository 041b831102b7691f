/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Signing with the private half in a token. The object is looked for once in a connection,
 * and its first signature is verified: an object of that name may be another key by now, and what
 * the token shows as its public key may be another's. Whether it is still there is looked at once
 * a second: a module sees what other processes did to a token when somebody searches.
 */
#include "provider/key.h"

#include <p11-kit/pkcs11.h>
#include <string.h>
#include <time.h>

#include "client/rc.h"
#include "provider/reason.h"
#include "util/log.h"

#define CANDIDATES 8            /* objects of one name that are tried */

struct job {
	struct sg_prov_key *key;
	struct sg_bytes data;
	uint8_t *signature;
};

static bool is_gone(CK_RV rv)
{
	return rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID;
}

static CK_RV sign(struct sg_client_session *s, const struct job *job, CK_OBJECT_HANDLE object,
                  CK_ULONG *len, const char **function)
{
	CK_MECHANISM mechanism = { job->key->kind->mechanism, NULL, 0 };
	CK_RV rv;

	*function = "C_SignInit";
	*len = SG_PROV_SIGNATURE;
	rv = s->f->C_SignInit(s->handle, &mechanism, object);
	if (rv != CKR_OK)
		return rv;
	*function = "C_Sign";
	return s->f->C_Sign(s->handle, (CK_BYTE_PTR)job->data.data, job->data.len,
	                    job->signature, len);
}

/* Translate what signing returned. Our own module comes back to its hardware by itself, and what is
 * unsealed signs meanwhile: there is no need to begin anew. */
static enum sg_err check(struct sg_client_session *s, const char *function, CK_RV rv)
{
	bool lost = false;

	if (s->is_own && (rv == CKR_DEVICE_REMOVED || rv == CKR_DEVICE_ERROR ||
	                  rv == CKR_TOKEN_NOT_PRESENT))
		return sg_client_err(function, rv, &lost);
	return sg_client_check(s, function, rv);
}

/* Of a clock that costs next to nothing; where there is none, it is always the same second. */
static unsigned seconds(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (unsigned)now.tv_sec;
}

/* Remember an object; handles that need more than 32 bits are looked for each time. */
static void remember(struct sg_client_session *s, struct sg_prov_key *key,
                     CK_OBJECT_HANDLE object)
{
	const bool fits = object <= UINT32_MAX && object != 0;

	atomic_store(&key->looked_at, seconds());
	atomic_store(&key->known, fits ? (s->epoch & UINT32_MAX) << 32 | object : 0);
}

static CK_OBJECT_HANDLE recall(const struct sg_client_session *s, const struct sg_prov_key *key)
{
	const uint64_t known = atomic_load(&key->known);

	return known >> 32 == (s->epoch & UINT32_MAX) ? known & UINT32_MAX : CK_INVALID_HANDLE;
}

/* Find the objects that may be the key. */
static enum sg_err find(struct sg_client_session *s, const struct sg_prov_key *key,
                        CK_OBJECT_HANDLE *found, CK_ULONG *n)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = key->kind->type;
	CK_ATTRIBUTE template[4] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
	};
	CK_ULONG attributes = 2;

	if (key->id.len > 0)
		template[attributes++] = (CK_ATTRIBUTE){ CKA_ID, key->id.data, key->id.len };
	if (key->label.len > 0)
		template[attributes++] = (CK_ATTRIBUTE){ CKA_LABEL, key->label.data,
		                                         key->label.len };
	return sg_client_find(s, template, attributes, found, CANDIDATES, n);
}

/* Try an object. Errors: TAG where what it signs does not fit, HSM_OTHER where it is gone. */
static enum sg_err try(struct sg_client_session *s, const struct job *job, CK_OBJECT_HANDLE object)
{
	const char *function;
	CK_ULONG len;
	CK_RV rv = sign(s, job, object, &len, &function);
	enum sg_err err;

	if (is_gone(rv))
		return SG_ERR_HSM_OTHER;
	err = check(s, function, rv);
	if (err != SG_OK)
		return err;
	return len == SG_PROV_SIGNATURE &&
	       sg_prov_key_verify(job->key, job->data, sg_bytes(job->signature, len)) ? SG_OK
	                                                                              : SG_ERR_TAG;
}

static enum sg_err search_and_sign(struct sg_client_session *s, const struct job *job)
{
	CK_OBJECT_HANDLE found[CANDIDATES];
	CK_ULONG n = 0;
	enum sg_err err = find(s, job->key, found, &n);

	if (err == SG_OK)
		err = SG_ERR_HSM_OTHER;
	for (CK_ULONG i = 0; i < n && (err == SG_ERR_HSM_OTHER || err == SG_ERR_TAG); i++) {
		err = try(s, job, found[i]);
		if (err == SG_OK)
			remember(s, job->key, found[i]);
	}
	return err;
}

/* Tell whether the object that is known may have gone, as far as can be seen: once a second. Where
 * the token can't be searched now, it has not. */
static enum sg_err look(struct sg_client_session *s, struct sg_prov_key *key,
                        CK_OBJECT_HANDLE object, bool *gone)
{
	const unsigned now = seconds();
	CK_OBJECT_HANDLE found[CANDIDATES];
	CK_ULONG n = 0;
	enum sg_err err;

	*gone = false;
	if (atomic_exchange(&key->looked_at, now) == now)
		return SG_OK;
	err = find(s, key, found, &n);
	if (err != SG_OK)
		return s->lost ? err : SG_OK;
	*gone = true;
	for (CK_ULONG i = 0; i < n; i++)
		if (found[i] == object)
			*gone = false;
	return SG_OK;
}

static enum sg_err run(struct sg_client_session *s, void *arg)
{
	const struct job *job = arg;
	const CK_OBJECT_HANDLE object = recall(s, job->key);
	const char *function = NULL;
	bool gone = object == CK_INVALID_HANDLE;
	enum sg_err err = SG_OK;
	CK_ULONG len = 0;
	CK_RV rv;

	if (!gone)
		err = look(s, job->key, object, &gone);
	if (err != SG_OK)
		return err;
	if (gone)
		return search_and_sign(s, job);
	rv = sign(s, job, object, &len, &function);
	if (is_gone(rv)) {
		atomic_store(&job->key->known, 0);
		return search_and_sign(s, job);
	}
	if (rv == CKR_OK)
		return len == SG_PROV_SIGNATURE ? SG_OK : SG_ERR_TAG;
	return check(s, function, rv);
}

int sg_prov_key_sign(struct sg_prov_key *key, struct sg_bytes data,
                     uint8_t signature[SG_PROV_SIGNATURE])
{
	struct job job = { key, data, signature };
	enum sg_err err;

	if (key->link == NULL)
		return sg_prov_raise(key->provider, SG_PROV_PUBLIC_ONLY);
	err = sg_prov_link_do(key->link, NULL, run, &job);
	if (err == SG_OK)
		return 1;
	memset(signature, 0, SG_PROV_SIGNATURE);
	return sg_prov_raise_err(key->provider, err);
}
