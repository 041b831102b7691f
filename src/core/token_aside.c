/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Stores that were set aside.
 */
#include "core/token_aside.h"

#include <stdlib.h>
#include <string.h>

enum sg_err sg_token_aside_record(const char *path, struct sg_token_record *record)
{
	struct sg_store_txn *txn = NULL;
	enum sg_err err;

	memset(record, 0, sizeof *record);
	err = sg_store_begin(path, SG_STORE_READ, &txn);
	if (err == SG_OK)
		err = sg_token_get_record(txn, record);
	sg_store_abort(&txn);
	return err;
}

/* A token like any other, but for where its store lies. */
enum sg_err sg_token_aside_remove(const struct sg_config *config, CK_SLOT_ID slot,
                                  const char *path, const struct sg_secret *owner_auth,
                                  struct sg_token_left *left)
{
	struct sg_token *token = NULL;
	char *own;
	enum sg_err err;

	*left = (struct sg_token_left){ .index_err = SG_OK };
	own = strdup(path);
	if (own == NULL)
		return SG_ERR_NOMEM;
	err = sg_token_new(config, slot, &token);
	if (err != SG_OK) {
		free(own);
		return err;
	}
	free(token->path);
	token->path = own;
	err = sg_token_remove(token, owner_auth, left);
	sg_token_free(&token);
	return err;
}
