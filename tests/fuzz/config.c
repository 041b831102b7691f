/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The configuration file: it is understood or refused as a whole, and what
 * is understood has all its fields.
 */
#include "util/config.h"

#include "fuzz/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sg_config *config = NULL;
	enum sg_err err = sg_config_parse(sg_bytes(data, len), "input", &config);

	if (err != SG_OK && err != SG_ERR_CONFIG)
		fuzz_fail("a configuration fails for another cause: %s", sg_err_sentence(err));
	if ((config != NULL) != (err == SG_OK))
		fuzz_fail("an error comes with a configuration");
	if (config != NULL && (config->state == NULL || config->state[0] != '/' ||
	                       config->tcti == NULL || config->sealer == NULL))
		fuzz_fail("a configuration lacks a field");
	sg_config_free(&config);
	return 0;
}
