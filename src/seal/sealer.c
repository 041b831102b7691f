/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. The table of sealers, by name. There is no fallback from one to another.
 */
#include "seal/sealer.h"

#include <stdio.h>
#include <string.h>

#include "seal/hsm/sealer.h"
#include "seal/resident.h"
#include "seal/soft/sealer.h"
#include "seal/tpm/sealer.h"
#include "util/log.h"

static const struct sg_sealer_ops *const sealers[] = {
	&sg_tpm_sealer,
	&sg_hsm_sealer,
	&sg_soft_sealer,
};

static const struct sg_sealer_ops *find(const char *name)
{
	for (size_t i = 0; i < sizeof sealers / sizeof sealers[0]; i++)
		if (strcmp(sealers[i]->name, name) == 0)
			return sealers[i];
	return NULL;
}

enum sg_err sg_sealer_start(bool threads)
{
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < sizeof sealers / sizeof sealers[0] && err == SG_OK; i++)
		if (sealers[i]->start != NULL)
			err = sealers[i]->start(threads);
	return err;
}

void sg_sealer_model(const char *name, char out[SG_SEALER_MODEL + 1])
{
	const struct sg_sealer_ops *ops = find(name);

	snprintf(out, SG_SEALER_MODEL + 1, "%s", ops != NULL ? ops->model : "unknown");
}

bool sg_sealer_is_hardware(const char *name)
{
	const struct sg_sealer_ops *ops = find(name);

	return ops != NULL && ops->hardware;
}

const struct sg_resident_ops *sg_sealer_resident(const char *name)
{
	const struct sg_sealer_ops *ops = find(name);

	return ops != NULL ? ops->resident : NULL;
}

enum sg_err sg_sealer_open(const char *name, const struct sg_config *config,
                           struct sg_sealer **out)
{
	const struct sg_sealer_ops *ops = find(name);

	*out = NULL;
	if (ops != NULL)
		return ops->open(config, out);
	sg_log(SG_LOG_ERROR, "there is no sealer \"%s\" in this build", name);
	return SG_ERR_SEALER_UNKNOWN;
}

void sg_sealer_free(struct sg_sealer **sealer)
{
	if (sealer == NULL || *sealer == NULL)
		return;
	(*sealer)->ops->free(*sealer);
	*sealer = NULL;
}
