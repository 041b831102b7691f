/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Policies of tokens, and the files of signed PCR values.
 */
#include "core/token_policy.h"

#include <stdlib.h>
#include <unistd.h>

#include "util/file.h"
#include "util/log.h"

/* Where systemd puts what belongs to the booted kernel image, in its order. */
static const char *const machine_files[] = {
	"/etc/systemd/tpm2-pcr-signature.json",
	"/run/systemd/tpm2-pcr-signature.json",
	"/usr/lib/systemd/tpm2-pcr-signature.json",
};

enum sg_err sg_token_policy_text(struct sg_bytes text, struct sg_policy *policy)
{
	enum sg_err err = sg_policy_parse(text, policy);

	return err == SG_ERR_FORMAT ? SG_ERR_STORE_DAMAGED : err;
}

enum sg_err sg_token_policy(const struct sg_token_record *record, struct sg_policy *policy)
{
	return sg_token_policy_text(sg_buf_bytes(&record->policy), policy);
}

char *sg_token_signatures_path(const struct sg_token *token)
{
	return sg_store_beside(token->path, "policy.json");
}

void sg_token_signatures_forget(const struct sg_token *token)
{
	char *path = sg_token_signatures_path(token);

	if (path != NULL)
		(void)unlink(path);
	free(path);
}

static enum sg_err add_file(struct sg_policy_signatures *signatures, const char *path)
{
	struct sg_buf json = { 0 };
	enum sg_err err = sg_file_read_trusted(path, SG_POLICY_FILE_MAX, &json);

	if (err == SG_OK)
		err = sg_policy_signatures_add(signatures, sg_buf_bytes(&json));
	if (err != SG_OK && err != SG_ERR_NOT_FOUND)
		sg_log(SG_LOG_ERROR, "%s was passed over", path);
	sg_buf_free(&json);
	return err == SG_ERR_NOMEM ? err : SG_OK;
}

enum sg_err sg_token_signatures(const struct sg_token *token, struct sg_bytes text,
                                struct sg_policy_signatures *signatures)
{
	struct sg_policy policy = { 0 };
	char *own = NULL;
	enum sg_err err;

	*signatures = (struct sg_policy_signatures){ 0 };
	err = sg_token_policy_text(text, &policy);
	if (err != SG_OK || policy.signer.len == 0)
		goto out;
	own = sg_token_signatures_path(token);
	err = own == NULL ? SG_ERR_NOMEM : add_file(signatures, own);
	for (size_t i = 0; i < sizeof machine_files / sizeof machine_files[0] && err == SG_OK; i++)
		err = add_file(signatures, machine_files[i]);
out:
	free(own);
	sg_policy_clear(&policy);
	return err;
}
