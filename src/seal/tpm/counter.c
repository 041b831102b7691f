/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. What the sealer "tpm" does with counters: an index of the type counter, which
 * only its authValue reads and increments. The TPM starts every counter above all values that
 * any counter had that was removed [TPM2 Part 1 §37.2.4.2], so that an owner who removes this
 * one and makes it anew gets no old value again. Each call is one transaction.
 */
#include <string.h>
#include <tss2/tss2_esys.h>

#include "crypto/digest.h"
#include "seal/tpm/auth.h"
#include "seal/tpm/nv.h"
#include "seal/tpm/rc.h"
#include "seal/tpm/sealer.h"
#include "seal/tpm/session.h"
#include "util/cursor.h"
#include "util/log.h"

#define VALUE 8                         /* bytes of a counter */
#define OWNED 16                        /* counters of one owner that are looked for at once */
#define TYPE_COUNTER ((TPMA_NV)TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT)
#define ATTRIBUTES (TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA | TYPE_COUNTER)

static const char magic[4] = { 'S', 'G', 'C', '1' };

/* What a call is about. */
struct use {
	struct sg_bytes parent;
	const struct sg_secret *owner_auth;
	const struct sg_secret *auth;
	const uint8_t *owner;
	TPM2_HANDLE handle;
	uint8_t name[SG_NV_NAME];
	uint64_t to;                            /* to add one until this; 0: to read */
	uint64_t value;
	uint32_t *list;
	size_t max, count;
};

/* The counters of one owner. */
struct owned {
	struct use use;                         /* its handle is of the one that stays, or 0 */
	TPM2_HANDLE last;                       /* that goes when the others are gone, or 0 */
	TPMS_NV_PUBLIC like, area[OWNED];
	size_t n;
	uint32_t left;
};

/* The policy is the hash of no policy, which nobody can satisfy: it says whose index this is. */
static enum sg_err area_fill(const uint8_t owner[SG_COUNTER_OWNER], TPM2_HANDLE handle,
                             TPMS_NV_PUBLIC *area)
{
	static const char label[16] = "signet counter";
	uint8_t whose[sizeof label + SG_COUNTER_OWNER];

	memcpy(whose, label, sizeof label);
	memcpy(whose + sizeof label, owner, SG_COUNTER_OWNER);
	*area = (TPMS_NV_PUBLIC){
		.nvIndex = handle,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = ATTRIBUTES,
		.authPolicy.size = 32,
		.dataSize = VALUE,
	};
	return sg_digest_once(SG_SHA256, sg_bytes(whose, sizeof whose), area->authPolicy.buffer);
}

static enum sg_err ref_write(const struct use *u, struct sg_buf *ref)
{
	struct sg_writer w = sg_writer(ref);

	ref->len = 0;
	sg_write_magic(&w, magic);
	sg_write_u32(&w, u->handle);
	sg_write_bytes(&w, sg_bytes(u->name, sizeof u->name));
	return w.err;
}

static enum sg_err ref_read(struct sg_bytes ref, struct use *u)
{
	struct sg_reader r = sg_reader(ref);
	struct sg_bytes name;

	sg_read_magic(&r, magic);
	u->handle = sg_read_u32(&r);
	name = sg_read_bytes(&r, sizeof u->name);
	if (!sg_reader_done(&r) || u->handle >> TPM2_HR_SHIFT != TPM2_HT_NV_INDEX) {
		sg_log(SG_LOG_ERROR, "the reference is not that of a counter in a TPM");
		return SG_ERR_FORMAT;
	}
	memcpy(u->name, name.data, sizeof u->name);
	return SG_OK;
}

static enum sg_err increment(struct sg_tpm *tpm, ESYS_TR session, ESYS_TR nv)
{
	enum sg_err err = sg_tpm_session_next(tpm, session, TPMA_SESSION_CONTINUESESSION);

	return err != SG_OK ? err
	                    : sg_tpm_err(TPM2_CC_NV_Increment,
	                                 Esys_NV_Increment(tpm->esys, nv, nv, session,
	                                                   ESYS_TR_NONE, ESYS_TR_NONE));
}

static enum sg_err read_value(struct sg_tpm *tpm, ESYS_TR session, ESYS_TR nv, uint64_t *value)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	enum sg_err err;

	err = sg_tpm_session_next(tpm, session,
	                          TPMA_SESSION_ENCRYPT | TPMA_SESSION_CONTINUESESSION);
	if (err == SG_OK)
		err = sg_tpm_err(TPM2_CC_NV_Read,
		                 Esys_NV_Read(tpm->esys, nv, nv, session, ESYS_TR_NONE,
		                              ESYS_TR_NONE, VALUE, 0, &data));
	if (err == SG_OK && data->size != VALUE) {
		sg_log(SG_LOG_ERROR, "the TPM's counter has an impossible size");
		err = SG_ERR_HW_FAULT;
	}
	if (err == SG_OK)
		*value = sg_get_u64(data->buffer);
	Esys_Free(data);
	return err;
}

static enum sg_err do_make(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR srk, session, nv = ESYS_TR_NONE;
	TPMS_NV_PUBLIC area;
	enum sg_err err;

	err = area_fill(u->owner, 0, &area);
	if (err == SG_OK)
		err = sg_tpm_open_parent(tpm, u->parent, &srk, &session);
	if (err != SG_OK)
		return err;
	err = sg_nv_define(tpm, session, u->owner_auth, u->auth, &area, &nv);
	if (err != SG_OK)
		return err;
	u->handle = area.nvIndex;
	err = sg_tpm_auth_set(tpm, nv, u->auth);
	if (err == SG_OK)
		err = increment(tpm, session, nv);
	if (err == SG_OK)
		err = read_value(tpm, session, nv, &u->value);
	if (err == SG_OK)
		err = sg_nv_name(tpm, nv, u->name);
	sg_tpm_scrub(tpm, nv, session);
	if (err != SG_OK && sg_nv_undefine(tpm, session, u->owner_auth, nv) != SG_OK)
		sg_log(SG_LOG_ERROR, "the new counter at 0x%08x, which nobody uses, could not be "
		       "removed from the TPM", u->handle);
	return err;
}

static enum sg_err make(struct sg_sealer *sealer, struct sg_bytes parent,
                        const struct sg_secret *owner_auth, const uint8_t owner[SG_COUNTER_OWNER],
                        const struct sg_secret *auth, struct sg_buf *ref, uint64_t *value)
{
	struct use u = {
		.parent = parent, .owner_auth = owner_auth, .owner = owner, .auth = auth,
	};
	enum sg_err err = auth->len == SG_SEAL_AUTH ? SG_OK : SG_ERR_RANGE;

	/* Room for the reference first: what nobody can name, nobody removes. */
	if (err == SG_OK)
		err = sg_buf_reserve(ref, SG_COUNTER_REF_MAX);
	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_make, &u);
	if (err == SG_OK)
		err = ref_write(&u, ref);
	*value = u.value;
	return err;
}

static enum sg_err do_use(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR srk, session, nv;
	enum sg_err err;

	err = sg_tpm_open_parent(tpm, u->parent, &srk, &session);
	if (err == SG_OK)
		err = sg_nv_open(tpm, u->handle, sg_bytes(u->name, sizeof u->name), &nv);
	if (err != SG_OK)
		return err;
	err = sg_tpm_auth_set(tpm, nv, u->auth);
	if (err == SG_OK)
		err = read_value(tpm, session, nv, &u->value);
	if (err == SG_OK && u->to != 0 && u->value + 1 == u->to) {
		err = increment(tpm, session, nv);
		if (err == SG_OK)
			err = read_value(tpm, session, nv, &u->value);
	}
	sg_tpm_scrub(tpm, nv, session);
	return err;
}

static enum sg_err use(struct sg_sealer *sealer, struct use *u, struct sg_bytes ref,
                       uint64_t *value)
{
	enum sg_err err = u->auth->len == SG_SEAL_AUTH ? ref_read(ref, u) : SG_ERR_RANGE;

	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_use, u);
	*value = u->value;
	return err;
}

static enum sg_err read_counter(struct sg_sealer *sealer, struct sg_bytes parent,
                                struct sg_bytes ref, const struct sg_secret *auth, uint64_t *value)
{
	struct use u = { .parent = parent, .auth = auth };

	return use(sealer, &u, ref, value);
}

static enum sg_err advance(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_bytes ref,
                           const struct sg_secret *auth, uint64_t to, uint64_t *value)
{
	struct use u = { .parent = parent, .auth = auth, .to = to };

	return use(sealer, &u, ref, value);
}

/* The reference may be anybody's: only what such an index of this owner must look like,
 * is removed. */
static enum sg_err do_remove(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;
	ESYS_TR srk, session, nv;
	TPMS_NV_PUBLIC area;
	enum sg_err err;

	err = area_fill(u->owner, u->handle, &area);
	area.attributes |= TPMA_NV_WRITTEN;
	if (err == SG_OK)
		err = sg_nv_area_name(&area, u->name);
	if (err == SG_OK)
		err = sg_tpm_open_parent(tpm, u->parent, &srk, &session);
	if (err == SG_OK)
		err = sg_nv_open(tpm, u->handle, sg_bytes(u->name, sizeof u->name), &nv);
	return err == SG_OK ? sg_nv_undefine(tpm, session, u->owner_auth, nv) : err;
}

static enum sg_err remove_counter(struct sg_sealer *sealer, struct sg_bytes parent,
                                  const struct sg_secret *owner_auth,
                                  const uint8_t owner[SG_COUNTER_OWNER], struct sg_bytes ref)
{
	struct use u = { .parent = parent, .owner_auth = owner_auth, .owner = owner };
	enum sg_err err = ref_read(ref, &u);

	return err == SG_OK ? sg_tpm_transact(sealer, do_remove, &u) : err;
}

static bool enter_owned(void *arg, const TPMS_NV_PUBLIC *area)
{
	struct owned *o = arg;

	if (area->nvIndex != o->use.handle && area->nameAlg == o->like.nameAlg &&
	    (area->attributes & ~TPMA_NV_WRITTEN) == o->like.attributes &&
	    area->dataSize == o->like.dataSize &&
	    area->authPolicy.size == o->like.authPolicy.size &&
	    memcmp(area->authPolicy.buffer, o->like.authPolicy.buffer,
	           o->like.authPolicy.size) == 0)
		o->area[o->n++] = *area;
	return o->n < OWNED;
}

static enum sg_err remove_one(struct sg_tpm *tpm, ESYS_TR session, struct owned *o,
                              const TPMS_NV_PUBLIC *area)
{
	uint8_t name[SG_NV_NAME];
	ESYS_TR nv;
	enum sg_err err = sg_nv_area_name(area, name);

	if (err == SG_OK)
		err = sg_nv_open(tpm, area->nvIndex, sg_bytes(name, sizeof name), &nv);
	if (err == SG_OK)
		err = sg_nv_undefine(tpm, session, o->use.owner_auth, nv);
	if (err == SG_ERR_HW_NV_GONE)
		err = SG_OK;
	if (err != SG_OK && o->left == 0)
		o->left = area->nvIndex;
	return err;
}

/* Remove those that were found; the first error stays, and the others are removed all the same.
 * But not the last one then, nor where there may be more than were found. */
static enum sg_err remove_owned(struct sg_tpm *tpm, ESYS_TR session, struct owned *o)
{
	const TPMS_NV_PUBLIC *last = NULL;
	enum sg_err first = SG_OK;

	for (size_t i = 0; i < o->n; i++) {
		enum sg_err err = SG_OK;

		if (o->area[i].nvIndex == o->last)
			last = &o->area[i];
		else
			err = remove_one(tpm, session, o, &o->area[i]);
		if (first == SG_OK)
			first = err;
	}
	return last != NULL && first == SG_OK && o->n < OWNED
	               ? remove_one(tpm, session, o, last)
	               : first;
}

/* List some of them. */
static enum sg_err find_owned(struct sg_tpm *tpm, struct owned *o)
{
	o->n = 0;
	return sg_nv_each(tpm, enter_owned, o);
}

static enum sg_err do_clear(struct sg_tpm *tpm, void *arg)
{
	struct owned *o = arg;
	ESYS_TR srk, session;
	enum sg_err err;

	o->left = 0;
	err = area_fill(o->use.owner, 0, &o->like);
	if (err == SG_OK)
		err = sg_tpm_open_parent(tpm, o->use.parent, &srk, &session);
	do {
		if (err == SG_OK)
			err = find_owned(tpm, o);
		if (err == SG_OK)
			err = remove_owned(tpm, session, o);
	} while (err == SG_OK && o->n == OWNED);
	return err;
}

static enum sg_err clear(struct sg_sealer *sealer, struct sg_bytes parent,
                         const struct sg_secret *owner_auth, const uint8_t owner[SG_COUNTER_OWNER],
                         struct sg_bytes keep, struct sg_bytes last, uint32_t *left)
{
	struct owned o = {
		.use = { .parent = parent, .owner_auth = owner_auth, .owner = owner },
	};
	struct use at_last = { .handle = 0 };
	enum sg_err err = keep.len > 0 ? ref_read(keep, &o.use) : SG_OK;

	if (err == SG_OK && last.len > 0)
		err = ref_read(last, &at_last);
	o.last = at_last.handle;
	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_clear, &o);
	*left = err == SG_OK ? 0 : o.left;
	return err;
}

static enum sg_err do_find(struct sg_tpm *tpm, void *arg)
{
	struct owned *o = arg;
	ESYS_TR srk, session;
	enum sg_err err = area_fill(o->use.owner, 0, &o->like);

	if (err == SG_OK)
		err = sg_tpm_open_parent(tpm, o->use.parent, &srk, &session);
	return err == SG_OK ? find_owned(tpm, o) : err;
}

static enum sg_err other(struct sg_sealer *sealer, struct sg_bytes parent,
                         const uint8_t owner[SG_COUNTER_OWNER], struct sg_bytes ref,
                         uint32_t *handle)
{
	struct owned o = { .use = { .parent = parent, .owner = owner } };
	enum sg_err err = ref_read(ref, &o.use);

	if (err == SG_OK)
		err = sg_tpm_transact(sealer, do_find, &o);
	*handle = err == SG_OK && o.n > 0 ? o.area[0].nvIndex : 0;
	return err;
}

static enum sg_err handle_of(struct sg_bytes ref, uint32_t *handle)
{
	struct use u = { .handle = 0 };
	enum sg_err err = ref_read(ref, &u);

	*handle = err == SG_OK ? u.handle : 0;
	return err;
}

/* Whose it is, its policy says only to who knows the owner. */
static bool enter(void *arg, const TPMS_NV_PUBLIC *area)
{
	struct use *u = arg;

	if (u->count < u->max && area->nameAlg == TPM2_ALG_SHA256 &&
	    area->authPolicy.size == 32 && area->dataSize == VALUE &&
	    (area->attributes & ~TPMA_NV_WRITTEN) == ATTRIBUTES)
		u->list[u->count++] = area->nvIndex;
	return u->count < u->max;
}

static enum sg_err do_list(struct sg_tpm *tpm, void *arg)
{
	struct use *u = arg;

	u->count = 0;
	return sg_nv_each(tpm, enter, u);
}

static enum sg_err list(struct sg_sealer *sealer, uint32_t *found, size_t max, size_t *count)
{
	struct use u = { .list = found, .max = max };
	enum sg_err err = sg_tpm_transact(sealer, do_list, &u);

	*count = err == SG_OK ? u.count : 0;
	return err;
}

const struct sg_counter_ops sg_tpm_counter = {
	.make = make,
	.read = read_counter,
	.advance = advance,
	.remove = remove_counter,
	.clear = clear,
	.other = other,
	.handle = handle_of,
	.list = list,
};
