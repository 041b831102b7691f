/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. curl's options: which take a value, and which of them change what is signed. The
 * table has those of curl 7.88 (Debian 12) to 8.14 (Debian 13).
 */
#ifndef TOOLS_CURL_TABLE_H
#define TOOLS_CURL_TABLE_H

#include <stdbool.h>

/* What an option does to the request. */
enum curl_effect {
	CURL_PASS,              /* nothing: it is passed on */
	CURL_METHOD,
	CURL_DATA,              /* a body, or of a file without its line ends */
	CURL_RAW,               /* a body as it stands */
	CURL_BINARY,            /* a body, or of a file as it is */
	CURL_URLENCODE,         /* a body that is encoded */
	CURL_JSON,
	CURL_UPLOAD,
	CURL_GET,
	CURL_HEAD,
	CURL_URL,
	CURL_HEADER,
	CURL_TARGET,
	CURL_GLOBOFF,
	CURL_PATH_AS_IS,
	CURL_PROTO,
	CURL_DROP,              /* nothing that is not done anyway */

	/* From here on it is refused. */
	CURL_FORM,              /* curl makes the body */
	CURL_CONFIG,            /* what it says stands elsewhere */
	CURL_SEVERAL,           /* more than one request */
	CURL_REDIRECT,          /* the server says what the next request is */
	CURL_TWICE,             /* the same request may be sent again */
	CURL_CHANGED,           /* body or fields become others */
	CURL_QUERY,
	CURL_NONE,              /* no request at all */
	CURL_EFFECTS
};

struct curl_option {
	const char *name;       /* without dashes */
	char letter;            /* 0: none */
	bool value;             /* it takes one */
	enum curl_effect effect;
};

/* Find an option by its whole name, or by its letter; NULL: there is none. */
const struct curl_option *tool_curl_named(const char *name);
const struct curl_option *tool_curl_lettered(char letter);

/* Say why an option is refused, or return NULL where it is not. */
const char *tool_curl_refusal(enum curl_effect effect);

#endif
