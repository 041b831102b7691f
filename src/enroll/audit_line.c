/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Heads of the log as lines of a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "enroll/audit.h"
#include "util/log.h"

#define BEGINNING "signet-head 1 "
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

enum sg_err sg_audit_append(const char *path, const struct sg_fleet_head *head)
{
	char line[SG_AUDIT_LINE_MAX];
	const size_t len = write_line(head, line);
	enum sg_err err = SG_OK;
	int fd;

	/* One write, so that two who append do not mix their lines. */
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (fd < 0 || write(fd, line, len) != (ssize_t)len || fsync(fd) != 0) {
		err = errno == ENOSPC || errno == EDQUOT ? SG_ERR_STORE_FULL
		      : errno == EROFS                   ? SG_ERR_STORE_READONLY
		                                         : SG_ERR_SYSTEM;
		sg_log(SG_LOG_ERROR, "%s can't be appended to: %m.", path);
	}
	if (fd >= 0)
		close(fd);
	return err;
}
