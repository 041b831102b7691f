/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Checks that standard input is JSON and prints the value that the arguments
 * lead to, each a key or an index: a string as it is, anything else as JSON.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const json_t *step(const json_t *value, const char *name)
{
	if (json_is_array(value))
		return json_array_get(value, strtoul(name, NULL, 10));
	return json_object_get(value, name);
}

int main(int argc, char **argv)
{
	json_t *whole = json_loadf(stdin, JSON_REJECT_DUPLICATES, NULL);
	const json_t *value = whole;
	int failed = 1;

	for (int i = 1; i < argc && value != NULL; i++)
		value = step(value, argv[i]);
	if (json_is_string(value))
		failed = puts(json_string_value(value)) < 0;
	else if (value != NULL)
		failed = json_dumpf(value, stdout, JSON_ENCODE_ANY) != 0 || putchar('\n') < 0;
	json_decref(whole);
	return failed;
}
