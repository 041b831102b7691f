/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Has the sealer of a token describe its hardware and open parcels.
 */
#include "core/token_import.h"

#include <string.h>
#include <unistd.h>

#include "core/token_material.h"
#include "seal/import.h"
#include "util/log.h"
#include "util/utf8.h"

static enum sg_err check(const struct sg_sealer *sealer)
{
	if (sealer->ops->import != NULL)
		return SG_OK;
	sg_log(SG_LOG_ERROR, "a token that is sealed by \"%s\" alone can't receive: only a TPM opens "
	       "what another machine closes for it", sealer->ops->name);
	return SG_ERR_HW_UNSUPPORTED;
}

/* What this machine is called is for people alone; one without a proper name has none. */
static enum sg_err name_host(struct sg_node *node)
{
	char name[SG_NODE_HOST_MAX + 1] = { 0 };

	if (gethostname(name, sizeof name - 1) != 0 || !sg_utf8_plain(sg_bytes_str(name)))
		name[0] = '\0';
	return sg_buf_set(&node->host, sg_bytes_str(name));
}

enum sg_err sg_token_describe(struct sg_token *token, struct sg_node *node)
{
	struct sg_token_record record = { 0 };
	struct sg_sealer *sealer;
	enum sg_err err;

	err = sg_token_read_record(token, &record);
	sg_token_opening_lock(token);
	if (err == SG_OK)
		err = sg_token_sealer(token, record.sealer, &sealer);
	if (err == SG_OK)
		err = check(sealer);
	if (err == SG_OK)
		err = sealer->ops->import->node(sealer, sg_buf_bytes(&record.parent), node);
	if (err == SG_OK)
		err = name_host(node);
	sg_token_opening_unlock(token);
	sg_token_record_clear(&record);
	return err;
}

enum sg_err sg_token_receive(struct sg_token *token, const struct sg_parcel *parcel,
                             struct sg_secret **plain)
{
	struct sg_token_guard guard = { .sealer = NULL };
	enum sg_err err;

	*plain = NULL;
	sg_token_opening_lock(token);
	err = sg_token_guard(token, &guard);
	if (err == SG_OK)
		err = check(guard.sealer);
	if (err == SG_OK)
		err = guard.sealer->ops->import->open(guard.sealer, sg_buf_bytes(&guard.parent),
		                                      parcel, plain);
	sg_buf_free(&guard.parent);
	sg_token_opening_unlock(token);
	return err;
}
