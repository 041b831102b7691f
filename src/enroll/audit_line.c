/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Heads of the log as lines of a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enroll/audit.h"
#include "util/log.h"

#define BEGINNING "signet-head 1 "
#define HEX_LEN (2 * (SG_FLEET_HASH + SG_FLEET_KEY + SG_FLEET_SIGNATURE) + 2)
#define NUMBER_MAX 18                   /* digits that fit into 63 bits */

/* Take a number and the space behind it. */
static bool take_number(struct sg_bytes *rest, uint64_t *out)
{
	size_t n = 0;

	*out = 0;
	while (n < rest->len && n < NUMBER_MAX && rest->data[n] >= '0' && rest->data[n] <= '9')
		*out = *out * 10 + (uint64_t)(rest->data[n++] - '0');
	if (n == 0 || n == rest->len || rest->data[n] != ' ' || (n > 1 && rest->data[0] == '0'))
		return false;
	*rest = sg_bytes(rest->data + n + 1, rest->len - n - 1);
	return true;
}

/* Take digits, and the space behind them where they are not the last. */
static bool take_hex(struct sg_bytes *rest, uint8_t *out, size_t len, bool last)
{
	const size_t n = 2 * len;

	if (rest->len < n + !last || !sg_bytes_unhex(sg_bytes(rest->data, n), out, len))
		return false;
	if (last ? rest->len != n : rest->data[n] != ' ')
		return false;
	*rest = sg_bytes(rest->data + n + !last, rest->len - n - !last);
	return true;
}

bool sg_audit_line_read(struct sg_bytes line, struct sg_fleet_head *out)
{
	const size_t begin = strlen(BEGINNING);
	struct sg_bytes rest;
	uint64_t at;

	*out = (struct sg_fleet_head){ .seq = 0 };
	if (line.len < begin || memcmp(line.data, BEGINNING, begin) != 0)
		return false;
	rest = sg_bytes(line.data + begin, line.len - begin);
	if (!take_number(&rest, &out->seq) || !take_number(&rest, &at) || out->seq == 0)
		return false;
	out->at = (int64_t)at;
	return take_hex(&rest, out->hash, sizeof out->hash, false) &&
	       take_hex(&rest, out->key, sizeof out->key, false) &&
	       take_hex(&rest, out->signature, sizeof out->signature, true);
}

/* Step over a number and the space behind it; false where there is none. *ends: the text is over
 * before the space. */
static bool step_over_number(struct sg_bytes *rest, bool *ends)
{
	size_t n = 0;

	while (n < rest->len && rest->data[n] >= '0' && rest->data[n] <= '9')
		n++;
	*ends = n == rest->len && n <= NUMBER_MAX;
	if (n == 0 || n == rest->len || rest->data[n] != ' ')
		return false;
	*rest = sg_bytes(rest->data + n + 1, rest->len - n - 1);
	return true;
}

bool sg_audit_line_torn(struct sg_bytes line)
{
	const size_t begin = strlen(BEGINNING);
	const size_t len = line.len < begin ? line.len : begin;
	struct sg_bytes rest = sg_bytes(line.data + len, line.len - len);
	bool ends;

	if (len == 0 || memcmp(line.data, BEGINNING, len) != 0)
		return false;
	if (!step_over_number(&rest, &ends) || !step_over_number(&rest, &ends))
		return ends;
	for (size_t i = 0; i < rest.len; i++)
		if (memchr("0123456789abcdef ", rest.data[i], 17) == NULL)
			return false;
	return rest.len < HEX_LEN;
}

static size_t write_line(const struct sg_fleet_head *head, char out[SG_AUDIT_LINE_MAX])
{
	char hash[2 * SG_FLEET_HASH], key[2 * SG_FLEET_KEY], signature[2 * SG_FLEET_SIGNATURE];

	sg_bytes_hex(sg_bytes(head->hash, sizeof head->hash), hash);
	sg_bytes_hex(sg_bytes(head->key, sizeof head->key), key);
	sg_bytes_hex(sg_bytes(head->signature, sizeof head->signature), signature);
	return (size_t)snprintf(out, SG_AUDIT_LINE_MAX,
	                        BEGINNING "%" PRIu64 " %" PRId64 " %.*s %.*s %.*s\n", head->seq,
	                        head->at, (int)sizeof hash, hash, (int)sizeof key, key,
	                        (int)sizeof signature, signature);
}

/* Tell whether the last line of a file has no end: its write was cut short, by a full disk or by a
 * power cut. */
static bool is_open_ended(int fd)
{
	struct stat st;
	char last = '\n';

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	       pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

static int open_heads(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
	                  O_NONBLOCK, 0600);
}

/* Tell why the last call failed. */
static enum sg_err tell(const char *path)
{
	const enum sg_err err = errno == ENOSPC || errno == EDQUOT ? SG_ERR_STORE_FULL
	                        : errno == EROFS                   ? SG_ERR_STORE_READONLY
	                                                           : SG_ERR_SYSTEM;

	sg_log(SG_LOG_ERROR, "%s can't be appended to: %m.", path);
	return err;
}

enum sg_err sg_audit_writable(const char *path)
{
	const int fd = open_heads(path);
	struct stat st;
	enum sg_err err = SG_OK;

	if (fd < 0 || fstat(fd, &st) != 0) {
		err = tell(path);
	} else if (!S_ISREG(st.st_mode)) {
		sg_log(SG_LOG_ERROR, "%s is no file.", path);
		err = SG_ERR_SYSTEM;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

enum sg_err sg_audit_append(const char *path, const struct sg_fleet_head *head)
{
	char text[1 + SG_AUDIT_LINE_MAX] = "\n";
	const size_t len = 1 + write_line(head, text + 1);
	enum sg_err err = SG_OK;
	ssize_t written = -1;
	size_t skip;
	int fd;

	/* One write, so that two who append do not mix their lines. */
	fd = open_heads(path);
	if (fd >= 0) {
		skip = is_open_ended(fd) ? 0 : 1;
		written = write(fd, text + skip, len - skip);
		/* What is short has no error of its own. */
		if (written >= 0 && (size_t)written < len - skip) {
			errno = ENOSPC;
			written = -1;
		}
	}
	if (written < 0 || fsync(fd) != 0)
		err = tell(path);
	if (fd >= 0)
		close(fd);
	return err;
}
