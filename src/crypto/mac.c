/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 1. What all codes have in common: their state in guarded memory, and its life.
 */
#include "crypto/mac.h"

#include <stdlib.h>

struct sg_mac_run {
	const struct sg_mac_alg *alg;
	struct sg_secret *state;
	bool started;           /* there is something to give back */
	bool done;              /* final was called, or something failed */
};

enum sg_err sg_mac_run_new(const struct sg_mac_alg *alg, struct sg_bytes key,
                           struct sg_mac_run **out)
{
	struct sg_mac_run *run = calloc(1, sizeof(*run));
	enum sg_err err;

	*out = NULL;
	if (!run)
		return SG_ERR_NOMEM;
	run->alg = alg;
	err = sg_secret_new(alg->state_len, &run->state);
	if (err != SG_OK)
		goto out;
	run->started = true;
	err = alg->start(run->state->data, key);
	if (err != SG_OK)
		goto out;
	*out = run;
	run = NULL;
out:
	sg_mac_run_free(&run);
	return err;
}

enum sg_err sg_mac_run_update(struct sg_mac_run *run, struct sg_bytes part)
{
	enum sg_err err = SG_OK;

	if (run->done)
		return SG_ERR_ARG;
	if (part.len > 0)
		err = run->alg->update(run->state->data, part);
	run->done = err != SG_OK;
	return err;
}

enum sg_err sg_mac_run_final(struct sg_mac_run *run, uint8_t *out)
{
	if (run->done)
		return SG_ERR_ARG;
	run->done = true;
	return run->alg->final(run->state->data, out);
}

void sg_mac_run_free(struct sg_mac_run **run)
{
	if (!run || !*run)
		return;
	if ((*run)->started && (*run)->alg->end)
		(*run)->alg->end((*run)->state->data);
	sg_secret_free(&(*run)->state);
	free(*run);
	*run = NULL;
}

enum sg_err sg_mac_once(const struct sg_mac_alg *alg, struct sg_bytes key,
                        const struct sg_bytes *parts, size_t n, uint8_t *out)
{
	struct sg_mac_run *run = NULL;
	enum sg_err err = sg_mac_run_new(alg, key, &run);

	for (size_t i = 0; err == SG_OK && i < n; i++)
		err = sg_mac_run_update(run, parts[i]);
	if (err == SG_OK)
		err = sg_mac_run_final(run, out);
	sg_mac_run_free(&run);
	return err;
}
