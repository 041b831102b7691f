/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Where the body of a request ends.
 */
#include "tools/serve_framing.h"

#include <string.h>
#include <strings.h>

/* How a request says where its body ends. */
struct framing {
	unsigned lengths, codings;
	bool chunked;
};

static enum MHD_Result see_field(void *arg, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
	struct framing *framing = arg;

	(void)kind;
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
		framing->lengths++;
	if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		framing->codings++;
		framing->chunked = value != NULL && strcasecmp(value, "chunked") == 0;
	}
	return MHD_YES;
}

bool serve_framing_ambiguous(struct MHD_Connection *connection, const char *version)
{
	struct framing framing = { 0, 0, false };

	(void)MHD_get_connection_values(connection, MHD_HEADER_KIND, see_field, &framing);
	if (framing.codings == 0)
		return framing.lengths > 1;
	return framing.lengths > 0 || framing.codings > 1 || !framing.chunked ||
	       strcmp(version, MHD_HTTP_VERSION_1_1) != 0;
}
