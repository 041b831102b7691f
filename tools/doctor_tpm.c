/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: the TPM, its storage root key and its lockout. Asks, and changes nothing.
 */
#include "tools/doctor.h"

#include <stdio.h>
#include <string.h>

#include "seal/sealer.h"
#include "tools/fail.h"
#include "tools/time.h"

#define FEW_TRIES 2

static bool is_tpm_12(void)
{
	FILE *file = fopen("/sys/class/tpm/tpm0/tpm_version_major", "re");
	int major = file != NULL ? fgetc(file) : EOF;

	if (file != NULL)
		fclose(file);
	return major == '1';
}

static void report_unreachable(struct doctor *doctor, enum sg_err err)
{
	if (err == SG_ERR_HW_MISSING && is_tpm_12())
		doctor_report(doctor, "TPM", FAIL, "Some of these chips become a TPM 2.0 by a "
		              "firmware update of the maker of the machine.", "the TPM of this "
		              "machine is a TPM 1.2, and 2.0 is needed");
	else
		doctor_report_err(doctor, "TPM", err);
}

static void check_storage_key(struct doctor *doctor, const struct sg_sealer_status *status)
{
	if (status->parent_foreign)
		doctor_report(doctor, "storage root key", FAIL, sg_err_advice(SG_ERR_HW_FOREIGN),
		              "at 0x81000001 stands something that is no storage root key");
	else if (!status->parent_found)
		doctor_report(doctor, "storage root key", FINE, NULL,
		              "nothing stands at 0x81000001 yet; signet init makes the key there");
	else
		doctor_report(doctor, "storage root key", FINE, NULL, "stands at 0x81000001");
}

static void check_lockout(struct doctor *doctor, const struct sg_sealer_status *status)
{
	char span[64], until[64];

	tool_span(status->seconds_per_try, span, sizeof span);
	tool_until(status->seconds_per_try, until, sizeof until);
	if (status->locked)
		doctor_report(doctor, "lockout", FAIL, "Wait, with the machine on. Machine tokens "
		              "work meanwhile. Who has the lockout password can end it: "
		              "tpm2_dictionarylockout -c -p PASSWORD.", "after too many wrong PINs "
		              "the TPM refuses every PIN; the next try is possible at %s, or "
		              "before", until);
	else if (status->tries_left <= FEW_TRIES)
		doctor_report(doctor, "lockout", WARN, NULL, "%u wrong PINs until the TPM refuses "
		              "every PIN; one is forgotten every %s", status->tries_left, span);
	else
		doctor_report(doctor, "lockout", FINE, NULL, "%u wrong PINs until the TPM refuses "
		              "every PIN; one is forgotten every %s", status->tries_left, span);
}

bool doctor_check_tpm(struct doctor *doctor, const struct sg_config *config)
{
	struct sg_sealer_status status = { { 0 } };
	struct sg_sealer *sealer = NULL;
	enum sg_err err;

	if (!sg_sealer_has(config->sealer, "tpm") && sg_sealer_is_hardware(config->sealer)) {
		doctor_report(doctor, "TPM", FINE, NULL, "not asked, since the configuration seals by "
		              "\"%s\"", config->sealer);
		return true;
	}
	if (!sg_sealer_has(config->sealer, "tpm")) {
		doctor_report(doctor, "TPM", WARN, "Set sealer = tpm for anything that matters.",
		              "not asked, since the configuration seals by \"%s\"", config->sealer);
		return true;
	}
	tool_log_clear();
	err = sg_sealer_open("tpm", config, &sealer);
	if (err == SG_OK)
		err = sealer->ops->status(sealer, sg_bytes(NULL, 0), &status);
	sg_sealer_free(&sealer);
	if (err == SG_ERR_HW_MISSING && strcmp(config->sealer, "tpm") != 0) {
		doctor_report(doctor, "TPM", WARN, sg_err_advice(err), "there is none; tokens that "
		              "\"%s\" seals open without it, and no new one is made",
		              config->sealer);
		return true;
	}
	if (err == SG_ERR_HW_MISSING && config->hsm[0] != NULL) {
		doctor_report(doctor, "TPM", FINE, NULL, "there is none; tokens over an HSM need none");
		return true;
	}
	if (err != SG_OK) {
		report_unreachable(doctor, err);
		return false;
	}
	doctor_report(doctor, "TPM", FINE, NULL, "%s, made by %s, firmware %s", status.device,
	              status.maker, status.firmware);
	if (strcmp(config->tcti, "device:/dev/tpm0") == 0)
		doctor_report(doctor, "resource manager", WARN, "Use tcti = device:/dev/tpmrm0.",
		              "/dev/tpm0 can't be shared with other programs");
	check_storage_key(doctor, &status);
	if (status.lockout_known)
		check_lockout(doctor, &status);
	return true;
}
