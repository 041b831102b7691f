/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The address that curl asks, taken apart by curl's own library and put together again,
 * so that the request line is known before curl makes it.
 */
#ifndef TOOLS_CURL_URL_H
#define TOOLS_CURL_URL_H

#include "tools/curl_args.h"
#include "tools/identity.h"
#include "util/bytes.h"

/* Make the address that curl is given: scheme, host, path and query string as they will be sent,
 * in which query, if it isn't empty, is put behind the query string. The caller frees *url. */
enum tool_exit tool_curl_url(const struct curl_args *args, const struct tool_identity *identity,
                             struct sg_bytes query, char **url);

#endif
