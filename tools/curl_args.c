/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Reading a command line of curl's.
 */
#include "tools/curl_args.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/fail.h"
#include "tools/url.h"

void tool_curl_args_free(struct curl_args *args)
{
	for (size_t i = 0; i < args->n_words; i++)
		free(args->words[i]);
	free(args->words);
	free(args->parts);
	free(args->fields);
	free(args->gone);
	*args = (struct curl_args){ .words = NULL };
}

bool tool_curl_pass(struct curl_args *args, const char *word)
{
	args->words[args->n_words] = strdup(word);
	return args->words[args->n_words++] != NULL;
}

static enum tool_exit no_memory(void)
{
	return tool_fail_err(SG_ERR_NOMEM, "can't read the command line of curl");
}

static enum tool_exit once(const char **slot, const char *value, const char *what)
{
	if (*slot != NULL)
		return tool_fail(TOOL_USAGE, "Run signet curl once for each request.",
		                 "%s is given twice, and one signature is for one request", what);
	*slot = value;
	return TOOL_OK;
}

/* Take -H: "Name: value" gives a field, "Name;" an empty one, "Name:" takes one away. */
static enum tool_exit take_field(struct curl_args *args, const char *value)
{
	struct sg_request_field field;
	size_t len = strlen(value);

	if (value[0] == '@')
		return tool_fail(TOOL_USAGE, "Give each field with an -H of its own.",
		                 "-H @file is not taken: what is signed must stand on the command "
		                 "line");
	if (strpbrk(value, "\r\n") != NULL)
		return tool_fail(TOOL_USAGE, NULL, "a field of -H has more than one line");
	if (tool_field_read(value, &field)) {
		if (field.value.len > 0)
			args->fields[args->n_fields++] = field;
		else
			args->gone[args->n_gone++] = value;
	} else if (len > 0 && value[len - 1] == ';') {
		field.name = (struct sg_request_text){ value, len - 1 };
		field.value = (struct sg_request_text){ NULL, 0 };
		args->fields[args->n_fields++] = field;
	} else {
		return tool_fail(TOOL_USAGE, "-H 'Content-Type: application/json'",
		                 "a field of -H has no colon");
	}
	return TOOL_OK;
}

/* Tell that an option is refused; shown is how it was written. */
static enum tool_exit refuse(const char *shown, enum curl_effect effect)
{
	return tool_fail(TOOL_USAGE, NULL, "signet curl does not take %s: %s", shown,
	                 tool_curl_refusal(effect));
}

/* Take what an option says; *pass tells whether it is passed on too. */
static enum tool_exit take(struct curl_args *args, enum curl_effect effect, const char *shown,
                           const char *value, bool *pass)
{
	*pass = effect == CURL_PASS || effect == CURL_METHOD || effect == CURL_HEADER ||
	        effect == CURL_TARGET || effect == CURL_HEAD;
	switch (effect) {
	case CURL_PASS:
	case CURL_DROP:
		return TOOL_OK;
	case CURL_METHOD:
		args->method = value;           /* the last one counts */
		return TOOL_OK;
	case CURL_JSON:
		args->json = true;
		__attribute__((fallthrough));
	case CURL_DATA:
	case CURL_RAW:
	case CURL_BINARY:
	case CURL_URLENCODE:
		args->parts[args->n_parts++] = (struct curl_part){ effect, value };
		return TOOL_OK;
	case CURL_UPLOAD:
		/* "." is standard input too, which curl then reads as it comes. */
		return once(&args->upload, strcmp(value, ".") == 0 ? "-" : value, "-T");
	case CURL_URL:
		if (value[0] == '@')
			return tool_fail(TOOL_USAGE, NULL, "an address can't be read from a file");
		return once(&args->url, value, "an address");
	case CURL_TARGET:
		return once(&args->target, value, "--request-target");
	case CURL_PROTO:
		args->proto = value;
		return TOOL_OK;
	case CURL_HEADER:
		return take_field(args, value);
	case CURL_GET:
		args->get = true;
		return TOOL_OK;
	case CURL_HEAD:
		args->head = true;
		return TOOL_OK;
	case CURL_GLOBOFF:
		args->globoff = true;
		return TOOL_OK;
	case CURL_PATH_AS_IS:
		args->path_as_is = true;
		return TOOL_OK;
	case CURL_FORM:
	case CURL_CONFIG:
	case CURL_SEVERAL:
	case CURL_REDIRECT:
	case CURL_TWICE:
	case CURL_CHANGED:
	case CURL_QUERY:
	case CURL_NONE:
	case CURL_EFFECTS:
		break;
	}
	return refuse(shown, effect);
}

/* Take an option and pass it on as words of its own. */
static enum tool_exit take_option(struct curl_args *args, const struct curl_option *option,
                                  const char *shown, const char *value)
{
	bool pass;
	enum tool_exit code = take(args, option->effect, shown, value, &pass);

	if (code == TOOL_OK && pass &&
	    (!tool_curl_pass(args, shown) || (option->value && !tool_curl_pass(args, value))))
		code = no_memory();
	return code;
}

static enum tool_exit no_value(const char *shown)
{
	return tool_fail(TOOL_USAGE, NULL, "%s of curl must be followed by a value", shown);
}

static enum tool_exit unknown(const char *shown)
{
	return tool_fail(TOOL_USAGE, "An option of curl's is written as curl --help all shows it, "
	                 "its whole name and without \"=\".",
	                 "signet curl does not know %s, and so not whether a value follows it",
	                 shown);
}

/* Read an option with a name. */
static enum tool_exit read_long(struct curl_args *args, char **words, size_t *used)
{
	const struct curl_option *option = tool_curl_named(words[0] + 2);

	if (option == NULL && strncmp(words[0], "--no-", strlen("--no-")) == 0) {
		option = tool_curl_named(words[0] + strlen("--no-"));
		/* What it turns off is off, or is nothing to the request. */
		if (option == NULL || option->value ||
		    (option->effect != CURL_PASS && tool_curl_refusal(option->effect) == NULL))
			return unknown(words[0]);
		return tool_curl_pass(args, words[0]) ? TOOL_OK : no_memory();
	}
	if (option == NULL)
		return unknown(words[0]);
	if (option->value && option->effect < CURL_FORM && words[1] == NULL)
		return no_value(words[0]);
	*used += option->value;
	return take_option(args, option, words[0], words[1]);
}

/* Read a bundle of letters; the value of the last one may stand in it, or behind it. */
static enum tool_exit read_letters(struct curl_args *args, char **words, size_t *used)
{
	for (const char *at = words[0] + 1; *at != '\0'; at++) {
		const struct curl_option *option = tool_curl_lettered(*at);
		const char shown[] = { '-', *at, '\0' };
		const char *value = at[1] != '\0' ? at + 1 : words[1];
		enum tool_exit code;

		if (option == NULL)
			return unknown(shown);
		if (option->value && option->effect < CURL_FORM && value == NULL)
			return no_value(shown);
		code = take_option(args, option, shown, value);
		if (code != TOOL_OK || option->value) {
			*used += option->value && at[1] == '\0';
			return code;
		}
	}
	return TOOL_OK;
}

/* Refuse what curl would refuse, or do in a way of its own. */
static enum tool_exit check(const struct curl_args *args)
{
	if (args->url == NULL || args->url[0] == '\0')
		return tool_fail(TOOL_USAGE, NULL, "signet curl needs the address of the request");
	if (args->upload != NULL && (args->n_parts > 0 || args->get || args->head))
		return tool_fail(TOOL_USAGE, NULL, "-T can't go with -d, -G or -I");
	if (args->head && args->n_parts > 0 && !args->get)
		return tool_fail(TOOL_USAGE, NULL, "-I and -d are two methods: -X says which is meant");
	for (size_t i = 0; i < args->n_gone; i++)
		if (strncasecmp(args->gone[i], "host:", strlen("host:")) == 0)
			return tool_fail(TOOL_USAGE, NULL, "a request without Host can't be signed");
	return TOOL_OK;
}

enum tool_exit tool_curl_args_read(char **words, struct curl_args *args)
{
	enum tool_exit code = TOOL_OK;
	bool options = true;
	size_t n = 0, used, bytes = 0;

	*args = (struct curl_args){ .words = NULL };
	for (; words[n] != NULL; n++)
		bytes += strlen(words[n]);
	if (n > CURL_WORDS_MAX)
		return tool_fail(TOOL_USAGE, NULL, "there are more than %d words", CURL_WORDS_MAX);
	/* A letter becomes two words at most, and a few are added by who calls. */
	args->words = calloc(2 * bytes + 2 * n + 32, sizeof *args->words);
	args->parts = calloc(n + 1, sizeof *args->parts);
	args->fields = calloc(n + 4, sizeof *args->fields);
	args->gone = calloc(n + 1, sizeof *args->gone);
	if (args->words == NULL || args->parts == NULL || args->fields == NULL ||
	    args->gone == NULL)
		return no_memory();
	/* ~/.curlrc could change what was signed, and so could what curl makes of an address. */
	if (!tool_curl_pass(args, "curl") || !tool_curl_pass(args, "-q") ||
	    !tool_curl_pass(args, "-g") || !tool_curl_pass(args, "--path-as-is"))
		return no_memory();
	for (size_t i = 0; i < n && code == TOOL_OK; i += used) {
		used = 1;
		if (options && strcmp(words[i], "--") == 0)
			options = false;
		else if (!options || words[i][0] != '-')
			code = once(&args->url, words[i], "an address");
		else if (words[i][1] == '\0')
			code = unknown("-");
		else if (words[i][1] == '-')
			code = read_long(args, words + i, &used);
		else
			code = read_letters(args, words + i, &used);
	}
	return code == TOOL_OK ? check(args) : code;
}

const char *tool_curl_method(const struct curl_args *args)
{
	if (args->method != NULL)
		return args->method;
	if (args->upload != NULL)
		return "PUT";
	if (args->n_parts > 0 && !args->get)
		return "POST";
	return args->head ? "HEAD" : "GET";
}

bool tool_curl_has_field(const struct curl_args *args, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < args->n_fields; i++)
		if (args->fields[i].name.len == len &&
		    strncasecmp(args->fields[i].name.data, name, len) == 0)
			return true;
	for (size_t i = 0; i < args->n_gone; i++)
		if (strncasecmp(args->gone[i], name, len) == 0 && args->gone[i][len] == ':')
			return true;
	return false;
}
