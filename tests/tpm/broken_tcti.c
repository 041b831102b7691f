/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A TCTI that starts and then writes to a pipe that nobody reads, with write(2),
 * as that of tpm2-tss for programs does when its program has ended.
 */
#include <errno.h>
#include <string.h>
#include <tss2/tss2_tcti.h>
#include <unistd.h>

#define MAGIC 0x62726f6b656e2121ULL

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	TSS2_RC rc = TSS2_TCTI_RC_GENERAL_FAILURE;
	int ends[2];

	(void)context;
	if (pipe(ends) != 0)
		return rc;
	close(ends[0]);
	if (write(ends[1], command, size) < 0 && errno == EPIPE)
		rc = TSS2_TCTI_RC_IO_ERROR;
	close(ends[1]);
	return rc;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response, int32_t timeout)
{
	(void)context;
	(void)size;
	(void)response;
	(void)timeout;
	return TSS2_TCTI_RC_BAD_SEQUENCE;
}

static void finalize(TSS2_TCTI_CONTEXT *context)
{
	(void)context;
}

static TSS2_RC init(TSS2_TCTI_CONTEXT *context, size_t *size, const char *conf)
{
	const TSS2_TCTI_CONTEXT_COMMON_V1 v1 = {
		.magic = MAGIC, .version = 1,
		.transmit = transmit, .receive = receive, .finalize = finalize,
	};

	(void)conf;
	*size = sizeof v1;
	if (context != NULL)
		memcpy(context, &v1, sizeof v1);
	return TSS2_RC_SUCCESS;
}

static const TSS2_TCTI_INFO info = {
	.version = 1,
	.name = "broken",
	.description = "writes to a broken pipe",
	.config_help = "none",
	.init = init,
};

/* What tpm2-tss looks for in the file. */
__attribute__((visibility("default"))) const TSS2_TCTI_INFO *Tss2_Tcti_Info(void);

const TSS2_TCTI_INFO *Tss2_Tcti_Info(void)
{
	return &info;
}
