/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The table of sealers, by name. There is no fallback from one to another: where a
 * token is to have one, its name says so, as a list.
 */
#include "seal/sealer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seal/any/sealer.h"
#include "seal/hsm/sealer.h"
#include "seal/resident.h"
#include "seal/soft/sealer.h"
#include "seal/tpm/sealer.h"
#include "util/errand.h"
#include "util/log.h"

static const struct sg_sealer_ops *const sealers[] = {
	&sg_tpm_sealer,
	&sg_hsm_sealer,
	&sg_soft_sealer,
};

static const struct sg_sealer_ops *find(struct sg_bytes name)
{
	for (size_t i = 0; i < sizeof sealers / sizeof sealers[0]; i++)
		if (sg_bytes_equal(sg_bytes_str(sealers[i]->name), name))
			return sealers[i];
	return NULL;
}

static bool may_join(const struct sg_sealer_ops *const *members, size_t n,
                     const struct sg_sealer_ops *ops)
{
	bool there = false;

	for (size_t i = 0; i < n; i++)
		there = there || members[i] == ops;
	return !there || ops->several;
}

/* Find the sealers that a name names, one or a list of them, and return how many; 0 for a name
 * that is none. */
static size_t find_all(const char *name, const struct sg_sealer_ops *members[SG_ANY_MOST])
{
	const char *rest = name;
	size_t n = 0;

	if (strlen(name) >= SG_SEALER_NAME)
		return 0;
	while (n < SG_ANY_MOST) {
		size_t len = strcspn(rest, "+");
		const struct sg_sealer_ops *ops = find(sg_bytes(rest, len));

		if (ops == NULL || !may_join(members, n, ops))
			return 0;
		members[n++] = ops;
		if (rest[len] == '\0')
			return n;
		rest += len + 1;
	}
	return 0;
}

enum sg_err sg_sealer_start(bool threads)
{
	enum sg_err err = SG_OK;

	sg_errand_allow(threads);
	for (size_t i = 0; i < sizeof sealers / sizeof sealers[0] && err == SG_OK; i++)
		if (sealers[i]->start != NULL)
			err = sealers[i]->start();
	return err;
}

void sg_sealer_model(const char *name, char out[SG_SEALER_MODEL + 1])
{
	const struct sg_sealer_ops *members[SG_ANY_MOST];
	size_t n = find_all(name, members);

	if (n > 1)
		sg_any_model(name, members, n, out);
	else
		snprintf(out, SG_SEALER_MODEL + 1, "%s", n == 1 ? members[0]->model : "unknown");
}

void sg_resident_list_clear(struct sg_resident_list *list)
{
	free(list->found);
	*list = (struct sg_resident_list){ .found = NULL };
}

const struct sg_resident_ops *sg_sealer_resident(const char *name)
{
	const struct sg_sealer_ops *ops = find(sg_bytes_str(name));

	return ops != NULL ? ops->resident : NULL;
}

bool sg_sealer_has(const char *name, const char *member)
{
	const struct sg_sealer_ops *members[SG_ANY_MOST];
	size_t n = find_all(name, members);

	for (size_t i = 0; i < n; i++)
		if (strcmp(members[i]->name, member) == 0)
			return true;
	return false;
}

bool sg_sealer_is_hardware(const char *name)
{
	const struct sg_sealer_ops *members[SG_ANY_MOST];
	size_t n = find_all(name, members);

	for (size_t i = 0; i < n; i++)
		if (!members[i]->hardware)
			return false;
	return n > 0;
}

enum sg_err sg_sealer_open(const char *name, const struct sg_config *config,
                           struct sg_sealer **out)
{
	const struct sg_sealer_ops *members[SG_ANY_MOST];
	size_t n = find_all(name, members);

	*out = NULL;
	if (n == 1)
		return members[0]->open(config, out);
	if (n > 1)
		return sg_any_open(name, members, n, config, out);
	sg_log(SG_LOG_ERROR, strchr(name, '+') == NULL
	                     ? "there is no sealer \"%s\" in this build"
	                     : "\"%s\" is no list of 2 to 4 different sealers of this build", name);
	return SG_ERR_SEALER_UNKNOWN;
}

struct sg_sealer *sg_sealer_share(struct sg_sealer *sealer)
{
	atomic_fetch_add(&sealer->shares, 1);
	return sealer;
}

void sg_sealer_free(struct sg_sealer **sealer)
{
	if (sealer == NULL || *sealer == NULL)
		return;
	if (atomic_fetch_sub(&(*sealer)->shares, 1) == 0)
		(*sealer)->ops->free(*sealer);
	*sealer = NULL;
}
