/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Judges endorsement keys: only who makes TPMs can say that a key lives in one.
 */
#include <string.h>

#include "crypto/digest.h"
#include "enroll/judge.h"
#include "seal/tpm/distant.h"

/* Verify the chain that came along, the key's own certificate first. */
static enum sg_enroll_reason check_chain(const struct sg_enroll_hello *hello,
                                         const struct sg_certificate *own,
                                         const struct sg_authorities *authorities)
{
	static const enum sg_enroll_reason reasons[] = {
		[SG_CHAIN_UNTRUSTED] = SG_ENROLL_EK_CHAIN,
		[SG_CHAIN_REVOKED] = SG_ENROLL_EK_REVOKED,
		[SG_CHAIN_LIST] = SG_ENROLL_EK_LIST,
	};
	struct sg_bytes between[SG_ENROLL_CHAIN_MAX];
	enum sg_chain_end end = SG_CHAIN_UNTRUSTED;
	size_t n = 0;
	enum sg_err err;

	if (authorities == NULL)
		return SG_ENROLL_EK_CHAIN;
	for (size_t i = 1; i < SG_ENROLL_CHAIN_MAX && hello->chain[i].len > 0; i++)
		between[n++] = sg_buf_bytes(&hello->chain[i]);
	err = sg_certificate_chain(own, between, n, authorities, &end);
	if (err == SG_OK)
		return SG_ENROLL_OK;
	return err == SG_ERR_TAG || err == SG_ERR_FORMAT ? reasons[end] : SG_ENROLL_INTERNAL;
}

/* Tell whether the certificate is of this very key. */
static enum sg_enroll_reason check_key(struct sg_bytes certificate, struct sg_bytes spki)
{
	struct sg_buf certified = { 0 };
	enum sg_err err = sg_certificate_key(certificate, &certified);
	bool same = err == SG_OK && sg_bytes_equal(sg_buf_bytes(&certified), spki);

	sg_buf_free(&certified);
	if (err == SG_ERR_NOMEM)
		return SG_ENROLL_INTERNAL;
	return same ? SG_ENROLL_OK : SG_ENROLL_EK_OTHER;
}

static enum sg_enroll_reason check_maker(const struct sg_certificate *own,
                                         const struct sg_enroll_demand *demand)
{
	for (size_t i = 0; i < demand->n_makers; i++)
		if (sg_certificate_made_by(own, demand->makers[i]))
			return SG_ENROLL_OK;
	return demand->makers == NULL ? SG_ENROLL_OK : SG_ENROLL_EK_MAKER;
}

static enum sg_enroll_reason check_certificate(const struct sg_enroll_hello *hello,
                                               const struct sg_enroll_demand *demand,
                                               struct sg_bytes spki)
{
	const struct sg_bytes der = sg_buf_bytes(&hello->chain[0]);
	struct sg_certificate *own = NULL;
	enum sg_enroll_reason why = SG_ENROLL_EK_CHAIN;
	enum sg_err err;

	if (der.len == 0)
		return SG_ENROLL_EK_UNCERTIFIED;
	err = sg_certificate_read(der, &own);
	if (err == SG_OK)
		why = check_chain(hello, own, demand->authorities);
	else if (err != SG_ERR_FORMAT)
		why = SG_ENROLL_INTERNAL;
	if (why == SG_ENROLL_OK && !sg_certificate_endorses(own))
		why = SG_ENROLL_EK_USAGE;
	if (why == SG_ENROLL_OK)
		why = check_key(der, spki);
	if (why == SG_ENROLL_OK)
		why = check_maker(own, demand);
	sg_certificate_free(&own);
	return why;
}

static bool listed(const struct sg_enroll_demand *demand, const uint8_t hash[SG_ENROLL_EK_HASH])
{
	for (size_t i = 0; i < demand->n_eks; i++)
		if (memcmp(demand->eks[i], hash, SG_ENROLL_EK_HASH) == 0)
			return true;
	return false;
}

/* Who made the list has looked at the key. But who a maker is only a certificate says, and where
 * there are lists of what makers revoked, who was revoked could else leave his certificate out. */
static bool needs_certificate(const struct sg_enroll_demand *demand)
{
	return demand->makers != NULL ||
	       (demand->authorities != NULL && sg_authorities_revoking(demand->authorities));
}

enum sg_enroll_reason sg_judge_ek(const struct sg_enroll_hello *hello,
                                  const struct sg_enroll_demand *demand,
                                  struct sg_enroll_finding *out)
{
	struct sg_buf spki = { 0 };
	enum sg_enroll_reason why;
	enum sg_err err = sg_distant_ek(sg_buf_bytes(&hello->ek), hello->ek_kind, &spki);

	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&spki), out->ek);
	if (err != SG_OK) {
		why = err == SG_ERR_FORMAT ? SG_ENROLL_EK : SG_ENROLL_INTERNAL;
		goto out;
	}
	why = check_certificate(hello, demand, sg_buf_bytes(&spki));
	out->ek_certified = why == SG_ENROLL_OK;
	if (demand->eks != NULL && why != SG_ENROLL_INTERNAL) {
		if (!listed(demand, out->ek))
			why = why == SG_ENROLL_OK ? SG_ENROLL_EK_UNLISTED : why;
		else if (!needs_certificate(demand))
			why = SG_ENROLL_OK;
	}
out:
	sg_buf_free(&spki);
	return why;
}
