/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Verdicts. There is one for every request, also where memory is exhausted, so that no
 * server has to think of what to answer then.
 */
#include "request/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "request/answer.h"

static const struct sg_request_verdict no_memory = {
	.reason = SG_REQUEST_NOMEM, .status = 503, .retry_after = 10,
	.text = "The server can't check the request now",
};

struct sg_request_judgement *sg_request_judgement_new(void)
{
	return calloc(1, sizeof(struct sg_request_judgement));
}

void sg_request_judgement_admit(struct sg_request_judgement *judgement,
                                const struct sg_request_machine *machine)
{
	struct sg_request_machine *told = &judgement->machine;

	*told = *machine;
	memset(told->keys, 0, sizeof told->keys);
	told->n_keys = 0;
	told->hmac_key = NULL;
	told->hmac_key_len = 0;
	told->code = NULL;
	told->code_context = NULL;
	told->record = NULL;
	judgement->verdict.machine = told;
}

const struct sg_request_verdict *sg_request_judgement_end(struct sg_request_judgement *judgement,
                                                          enum sg_request_reason reason)
{
	const struct sg_request_answer *row = sg_request_answer(reason);
	struct sg_request_verdict *verdict = &judgement->verdict;

	verdict->reason = reason;
	verdict->status = row->status;
	verdict->text = row->text;
	if (verdict->retry_after == 0)
		verdict->retry_after = row->retry_after;
	verdict->signature = judgement->signature;
	return verdict;
}

const struct sg_request_verdict *sg_request_verdict_no_memory(void)
{
	return &no_memory;
}

void sg_request_verdict_free(const struct sg_request_verdict **verdict)
{
	struct sg_request_judgement *judgement;

	if (verdict == NULL || *verdict == NULL)
		return;
	if (*verdict != &no_memory) {
		judgement = (struct sg_request_judgement *)(uintptr_t)*verdict;
		sg_request_signature_free(&judgement->signature);
		free(judgement);
	}
	*verdict = NULL;
}
