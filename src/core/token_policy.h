/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The policy of a token, or of one key in it: what its record says must hold beside
 * hardware and PIN when it is opened, and where signed PCR values are looked for.
 */
#ifndef SG_CORE_TOKEN_POLICY_H
#define SG_CORE_TOKEN_POLICY_H

#include "core/token.h"
#include "seal/policy_signature.h"

/* Read the policy of a record into an empty one; the caller clears it, also after an
 * error. Errors: STORE_DAMAGED, NOMEM. */
enum sg_err sg_token_policy(const struct sg_token_record *record, struct sg_policy *policy);

/* Read a policy whose text stands in a record, of a token or of a key, into an empty one, in the
 * same way. */
enum sg_err sg_token_policy_text(struct sg_bytes text, struct sg_policy *policy);

/* Gather the signed PCR values that are known to the token and to the machine, where the
 * policy of that text asks for such; the caller clears the list, also after an error. A file
 * that can't be read is passed over with a log line. Errors: NOMEM, STORE_DAMAGED. */
enum sg_err sg_token_signatures(const struct sg_token *token, struct sg_bytes text,
                                struct sg_policy_signatures *signatures);

/* Return the path of the token's own file of signed PCR values; the caller frees it. NULL
 * where memory is exhausted. */
char *sg_token_signatures_path(const struct sg_token *token);

/* Remove that file, with the token. */
void sg_token_signatures_forget(const struct sg_token *token);

#endif
