/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: least privilege. Who else can come to the tokens and to the TPM, and what a
 * program could do here that was taken over.
 */
#include "tools/doctor.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fail.h"
#include "util/file.h"

bool doctor_check_state(struct doctor *doctor, const struct sg_config *config)
{
	enum sg_err err;

	tool_log_clear();
	err = sg_dir_check_private(config->state);
	if (err == SG_ERR_STORE_MISSING) {
		doctor_report(doctor, "state folder", FINE, NULL, "%s is not there yet; signet "
		              "init makes it", config->state);
	} else if (err != SG_OK) {
		doctor_report_err(doctor, "state folder", err);
	} else if (access(config->state, W_OK | X_OK) != 0) {
		doctor_report(doctor, "state folder", WARN, "Where keys are only used that may be "
		              "wanted.", "%s can't be written: %s", config->state, strerror(errno));
	} else {
		doctor_report(doctor, "state folder", FINE, NULL, "%s; nobody but this user and "
		              "root can enter or replace it", config->state);
	}
	return err == SG_OK;
}

void doctor_check_device(struct doctor *doctor, const struct sg_config *config)
{
	static const char prefix[] = "device:";
	const struct group *group;
	const char *path;
	struct stat st;

	if (strncmp(config->tcti, prefix, strlen(prefix)) != 0)
		return;
	path = config->tcti + strlen(prefix);
	if (stat(path, &st) != 0)
		return;
	group = getgrgid(st.st_gid);
	if ((st.st_mode & S_IRWXO) != 0)
		doctor_report(doctor, "access to the TPM", WARN, "Let one group have it, as the "
		              "udev rules of tpm-udev do: chgrp tss, chmod 0660.", "%s has mode "
		              "%04o: every user of this machine can ask this TPM", path,
		              (unsigned)(st.st_mode & 07777));
	else
		doctor_report(doctor, "access to the TPM", FINE, NULL, "%s: user %u and group %s, "
		              "and nobody else", path, (unsigned)st.st_uid,
		              group != NULL ? group->gr_name : "without a name");
}

void doctor_check_privileges(struct doctor *doctor)
{
	const char *fresh = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "no" : "possibly";
	const char *calls = prctl(PR_GET_SECCOMP) == 2 ? "filtered" : "not filtered";

	if (geteuid() == 0)
		doctor_report(doctor, "privileges", WARN, "Let a service that uses signet have a "
		              "user of its own: SERVICES in signet(1).", "this is root, and a "
		              "program that is taken over here has the machine; system calls: %s",
		              calls);
	else
		doctor_report(doctor, "privileges", FINE, NULL, "user %u; new privileges: %s; "
		              "system calls: %s", (unsigned)geteuid(), fresh, calls);
}
