/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Which boot of the machine this is, and where in it we are.
 */
#include "util/boot.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define TEXT 64                         /* more than a boot_id has */
#define SHORTEST 10                     /* ms of sleep; less is two clocks being read in turn */

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

enum sg_err sg_boot_id_parse(const char *text, uint8_t id[SG_BOOT_ID])
{
	size_t n = 0;

	memset(id, 0, SG_BOOT_ID);
	for (; *text != '\0' && *text != '\n'; text++) {
		int value = digit(*text);

		if (*text == '-')
			continue;
		if (value < 0 || n == 2 * (size_t)SG_BOOT_ID)
			return SG_ERR_FORMAT;
		id[n / 2] = (uint8_t)(id[n / 2] << 4 | value);
		n++;
	}
	return n == 2 * (size_t)SG_BOOT_ID ? SG_OK : SG_ERR_FORMAT;
}

static enum sg_err read_id(uint8_t id[SG_BOOT_ID])
{
	char text[TEXT];
	ssize_t n = -1;
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0) {
		n = read(fd, text, sizeof text - 1);
		close(fd);
	}
	if (n < 0) {
		sg_log(SG_LOG_ERROR, "%s can't be read, so nobody knows which boot this is: %s",
		       BOOT_ID,
		       strerror(errno));
		return SG_ERR_SYSTEM;
	}
	text[n] = '\0';
	if (sg_boot_id_parse(text, id) == SG_OK)
		return SG_OK;
	sg_log(SG_LOG_ERROR, "%s holds no boot_id", BOOT_ID);
	return SG_ERR_SYSTEM;
}

static uint64_t milliseconds(clockid_t clock)
{
	struct timespec t = { 0, 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

enum sg_err sg_boot_moment_read(struct sg_boot_moment *out)
{
	uint64_t all = milliseconds(CLOCK_BOOTTIME);

	out->awake = milliseconds(CLOCK_MONOTONIC);
	out->asleep = all > out->awake ? all - out->awake : 0;
	return read_id(out->id);
}

bool sg_boot_same(const struct sg_boot_moment *a, const struct sg_boot_moment *b)
{
	return memcmp(a->id, b->id, SG_BOOT_ID) == 0;
}

bool sg_boot_slept(const struct sg_boot_moment *before, const struct sg_boot_moment *now)
{
	return now->asleep >= before->asleep + SHORTEST;
}

uint64_t sg_boot_up(const struct sg_boot_moment *now)
{
	return now->asleep < SHORTEST ? now->awake : 0;
}
