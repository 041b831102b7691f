/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: the HSMs that are configured. Logs in to each, and changes nothing.
 */
#include "tools/doctor.h"

#include <stdio.h>

#include "seal/sealer.h"
#include "tools/fail.h"

static void check_hsm(struct doctor *doctor, const struct sg_config *config, size_t i)
{
	struct sg_sealer_status status = { { 0 } };
	struct sg_config alone = *config;
	struct sg_sealer *sealer = NULL;
	char check[16];
	enum sg_err err;

	/* What it names stays the configuration's. */
	for (size_t j = 0; j < SG_CONFIG_HSMS; j++)
		alone.hsm[j] = NULL;
	alone.hsm[0] = config->hsm[i];
	snprintf(check, sizeof check, "HSM %zu", i + 1);
	tool_log_clear();
	err = sg_sealer_open("hsm", &alone, &sealer);
	if (err == SG_OK)
		err = sealer->ops->status(sealer, sg_bytes(NULL, 0), &status);
	sg_sealer_free(&sealer);
	if (err != SG_OK)
		doctor_report_err(doctor, check, err);
	else
		doctor_report(doctor, check, status.pin_wrong ? WARN : FINE,
		              status.pin_wrong ? "Find out who tried; it locks itself after a few more."
		                               : NULL,
		              "%s, made by %s, firmware %s; the login works%s", status.device,
		              status.maker, status.firmware,
		              status.pin_wrong ? ", and before it a wrong PIN was tried" : "");
}

void doctor_check_hsms(struct doctor *doctor, const struct sg_config *config)
{
	for (size_t i = 0; i < SG_CONFIG_HSMS && config->hsm[i] != NULL; i++)
		check_hsm(doctor, config, i);
}
