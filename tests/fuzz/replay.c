/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Runs the inputs that were kept, without libFuzzer and so with any compiler:
 * those of the folder of the fuzzer's name below tests/fuzz/corpus, or the files that
 * are named. One test in TAP; an input that breaks something ends the program, and the
 * last line says which.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/input.h"

#define INPUT_MAX ((size_t)1 << 20)

static int replay(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX), *exact = NULL;
	FILE *file = fopen(path, "rb");
	size_t len = 0;
	int done = 0;

	printf("# %s\n", path);
	fflush(stdout);
	if (file != NULL && data != NULL) {
		len = fread(data, 1, INPUT_MAX, file);
		exact = malloc(len);
		done = !ferror(file) && len < INPUT_MAX && exact != NULL;
	}
	if (done) {
		memcpy(exact, data, len);
		(void)LLVMFuzzerTestOneInput(exact, len);
	}
	free(exact);
	free(data);
	if (file != NULL)
		fclose(file);
	return done;
}

static unsigned replay_all(const char *folder)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);
	unsigned done = 0;
	char path[4096 + 1 + sizeof entry->d_name];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			done += (unsigned)replay(path);
	}
	if (dir != NULL)
		closedir(dir);
	return done;
}

int main(int argc, char **argv)
{
	const char *tests = getenv("SIGNET_TEST_SRCDIR"), *name = strrchr(argv[0], '_');
	unsigned done = 0;
	char folder[4096];

	for (int i = 1; i < argc; i++)
		done += (unsigned)replay(argv[i]);
	if (argc == 1 && name != NULL) {
		snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s",
		         tests != NULL ? tests : ".", name + 1);
		done = replay_all(folder);
	}
	printf("1..1\n%s 1 - %u kept inputs break nothing\n", done > 0 ? "ok" : "not ok", done);
	return done > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
