/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. A command line of curl's, read as curl reads it: what it says of the one request that
 * is signed, and the words that are passed on. Nothing is opened or read here.
 */
#ifndef TOOLS_CURL_ARGS_H
#define TOOLS_CURL_ARGS_H

#include <signet/request.h>

#include "tools/curl_table.h"
#include "tools/exit.h"

#define CURL_WORDS_MAX 4096

/* One part of the body, by an option of the -d kind. */
struct curl_part {
	enum curl_effect effect;
	const char *value;
};

/* A command line. All zero is an empty one; free it with tool_curl_args_free. Values are views
 * into the words that were read. */
struct curl_args {
	char **words;                   /* that are passed on, each owned */
	size_t n_words;
	struct curl_part *parts;
	size_t n_parts;
	struct sg_request_field *fields;        /* of -H, without those that it takes away */
	size_t n_fields;
	const char **gone;              /* names of fields that -H takes away, with their colon */
	size_t n_gone;
	const char *method;             /* of -X */
	const char *upload;             /* of -T */
	const char *url;
	const char *target;             /* of --request-target */
	const char *proto;              /* of --proto-default */
	bool get, head, json, globoff, path_as_is;
};

/* Read the words, which end with NULL. */
enum tool_exit tool_curl_args_read(char **words, struct curl_args *args);
void tool_curl_args_free(struct curl_args *args);

/* Return the method of the request. */
const char *tool_curl_method(const struct curl_args *args);

/* Tell whether -H gives, or takes away, the field of that name. */
bool tool_curl_has_field(const struct curl_args *args, const char *name);

/* Append a copy of a word to those that are passed on. False: no memory. */
bool tool_curl_pass(struct curl_args *args, const char *word);

#endif
