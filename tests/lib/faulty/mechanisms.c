/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Mechanisms of the faulty module: which there are, and what is told of them.
 */
#include "lib/faulty/call.h"

#define MAX_LISTED 512

static const struct faulty_mechanism *row_of(CK_MECHANISM_TYPE type)
{
	unsigned n = atomic_load(&faulty->mechanism_count);

	for (unsigned i = 0; i < n; i++)
		if (atomic_load(&faulty->mechanisms[i].type) == type)
			return &faulty->mechanisms[i];
	return NULL;
}

static bool is_taken(CK_MECHANISM_TYPE type, unsigned how)
{
	const struct faulty_mechanism *row = row_of(type);

	return row != NULL && (atomic_load(&row->how) & how) != 0;
}

/* One mechanism has two numbers; the module below has the older one. */
static CK_MECHANISM_TYPE above(CK_MECHANISM_TYPE type)
{
	return type == CKM_AES_KEY_WRAP_PAD && faulty_quirk(FAULTY_KWP_IS_210B)
	       ? CKM_AES_KEY_WRAP_KWP : type;
}

static CK_MECHANISM_TYPE below(CK_MECHANISM_TYPE type)
{
	if (!faulty_quirk(FAULTY_KWP_IS_210B))
		return type;
	if (type == CKM_AES_KEY_WRAP_PAD)
		return CK_UNAVAILABLE_INFORMATION;
	return type == CKM_AES_KEY_WRAP_KWP ? CKM_AES_KEY_WRAP_PAD : type;
}

CK_RV faulty_mechanism_in(struct faulty_call *call, union faulty_word *word)
{
	if (word->p == NULL)
		return CKR_OK;
	call->mechanism = *(CK_MECHANISM *)word->p;
	if (is_taken(call->mechanism.mechanism, FAULTY_REFUSED))
		return CKR_MECHANISM_INVALID;
	call->mechanism.mechanism = below(call->mechanism.mechanism);
	word->p = &call->mechanism;
	return CKR_OK;
}

static CK_RV mechanism_list(struct faulty_call *call)
{
	CK_MECHANISM_TYPE all[MAX_LISTED], *out = call->w[1].p;
	CK_ULONG n = MAX_LISTED, kept = 0, *count = call->w[2].p, room = *count;
	CK_RV rv = faulty_below->C_GetMechanismList(call->w[0].n, all, &n);

	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < n; i++)
		if (!is_taken(above(all[i]), FAULTY_UNLISTED))
			all[kept++] = above(all[i]);
	*count = kept;
	if (out != NULL && room < kept)
		return CKR_BUFFER_TOO_SMALL;
	for (CK_ULONG i = 0; out != NULL && i < kept; i++)
		out[i] = all[i];
	return CKR_OK;
}

static CK_RV mechanism_info(struct faulty_call *call)
{
	const struct faulty_mechanism *row = row_of(call->w[1].n);
	CK_MECHANISM_INFO *info = call->w[2].p;
	CK_RV rv;

	if (is_taken(call->w[1].n, FAULTY_UNLISTED))
		return CKR_MECHANISM_INVALID;
	call->w[1].n = below(call->w[1].n);
	rv = faulty_pass(call);
	if (rv == CKR_OK && row != NULL)
		info->flags &= ~atomic_load(&row->flags);
	return rv;
}

const struct faulty_hook faulty_mechanism_hooks[] = {
	{ "C_GetMechanismInfo", mechanism_info },
	{ "C_GetMechanismList", mechanism_list },
	{ NULL, NULL },
};
