/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Bodies for curl.
 */
#include "tools/curl_body.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/message.h"

/* Since Linux 6.3; older ones refuse what they don't know. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define CHUNK ((size_t)64 << 10)

void tool_curl_body_free(struct curl_body *body)
{
	if (body->fd >= 0)
		close(body->fd);
	body->fd = -1;
	tool_payload_free(&body->query);
}

/* Return the file that a part names, or NULL where it is the body itself. */
static const char *file_of(const struct curl_part *part)
{
	const char *at;

	if (part->effect == CURL_RAW)
		return NULL;
	if (part->effect != CURL_URLENCODE)
		return part->value[0] == '@' ? part->value + 1 : NULL;
	at = strchr(part->value, '=') == NULL ? strchr(part->value, '@') : NULL;
	return at != NULL ? at + 1 : NULL;
}

static bool is_stdin(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

bool tool_curl_body_stdin(const struct curl_args *args)
{
	for (size_t i = 0; i < args->n_parts; i++)
		if (is_stdin(file_of(&args->parts[i])))
			return true;
	return is_stdin(args->upload);
}

static enum tool_exit too_long(void)
{
	return tool_fail(TOOL_FAILED, "Put it into a file, and give that with -T or --data-binary.",
	                 "a body that is no file has more than %zu MiB", TOOL_PAYLOAD_MAX >> 20);
}

/* Append to what was made with room for the most that it may have. */
static enum tool_exit add(struct tool_payload *to, const void *data, size_t len)
{
	if (len > to->cap - to->len)
		return too_long();
	if (len > 0)
		memcpy(to->data + to->len, data, len);
	to->len += len;
	return TOOL_OK;
}

/* Append without line ends and zero bytes, as -d @file does. */
static enum tool_exit add_joined(struct tool_payload *to, const uint8_t *data, size_t len)
{
	enum tool_exit code = TOOL_OK;

	for (size_t i = 0; i < len && code == TOOL_OK; i++)
		if (data[i] != '\r' && data[i] != '\n' && data[i] != '\0')
			code = add(to, data + i, 1);
	return code;
}

/* Append percent-encoded, with "+" for a space, as --data-urlencode does. */
static enum tool_exit add_encoded(struct tool_payload *to, const uint8_t *data, size_t len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789-._~";
	static const char digits[] = "0123456789ABCDEF";
	enum tool_exit code = TOOL_OK;

	for (size_t i = 0; i < len && code == TOOL_OK; i++) {
		const char coded[] = { '%', digits[data[i] >> 4], digits[data[i] & 15] };

		if (data[i] == ' ')
			code = add(to, "+", 1);
		else if (data[i] != '\0' && strchr(plain, data[i]) != NULL)
			code = add(to, data + i, 1);
		else
			code = add(to, coded, sizeof coded);
	}
	return code;
}

static int open_file(const char *path)
{
	return is_stdin(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

static void close_file(int fd)
{
	if (fd > STDIN_FILENO)
		close(fd);
}

static enum tool_exit cant_read(const char *path)
{
	return tool_fail(errno == ENOENT ? TOOL_NOT_FOUND : TOOL_FAILED, NULL, "can't read %s: %s",
	                 path, strerror(errno));
}

/* Append bytes of a part as its option has them. */
static enum tool_exit add_bytes(struct tool_payload *to, enum curl_effect effect, bool file,
                                const uint8_t *data, size_t len)
{
	if (effect == CURL_URLENCODE)
		return add_encoded(to, data, len);
	return effect == CURL_DATA && file ? add_joined(to, data, len) : add(to, data, len);
}

/* Append what a file has. */
static enum tool_exit add_file(struct tool_payload *to, enum curl_effect effect, const char *path)
{
	struct tool_payload chunk = { NULL, 0, 0 };
	int fd = open_file(path);
	enum tool_exit code;
	ssize_t got = 1;

	if (fd < 0)
		return cant_read(path);
	code = tool_payload_new(CHUNK, &chunk);
	while (code == TOOL_OK && got != 0) {
		got = read(fd, chunk.data, CHUNK);
		if (got < 0 && errno == EINTR)
			continue;
		code = got < 0 ? cant_read(path)
		               : add_bytes(to, effect, true, chunk.data, (size_t)got);
	}
	chunk.len = chunk.cap;          /* all of it is wiped */
	tool_payload_free(&chunk);
	close_file(fd);
	return code;
}

/* Append a part as curl does: with "&" before it unless it is JSON, and with the name that
 * --data-urlencode gives it. */
static enum tool_exit add_part(struct tool_payload *to, const struct curl_part *part, bool first)
{
	const char *path = file_of(part), *value = part->value;
	enum tool_exit code = TOOL_OK;

	if (!first && part->effect != CURL_JSON)
		code = add(to, "&", 1);
	if (code == TOOL_OK && part->effect == CURL_URLENCODE) {
		size_t len = path != NULL ? (size_t)(path - 1 - value) : strcspn(value, "=");

		/* "=content" has no name, and "content" neither. */
		if (len > 0 && (path != NULL || value[len] == '=')) {
			code = add(to, value, len);
			if (code == TOOL_OK)
				code = add(to, "=", 1);
		}
		if (path == NULL && value[len] == '=')
			value += len + 1;
	}
	if (code != TOOL_OK)
		return code;
	return path != NULL ? add_file(to, part->effect, path)
	                    : add_bytes(to, part->effect, false, (const uint8_t *)value,
	                                strlen(value));
}

int tool_curl_file(struct sg_bytes bytes)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	int fd = memfd_create("signet-curl", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("signet-curl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	while (fd >= 0 && bytes.len > 0) {
		ssize_t put = write(fd, bytes.data, bytes.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			close(fd);
			return -1;
		}
		bytes = sg_bytes(bytes.data + put, bytes.len - (size_t)put);
	}
	if (fd >= 0 && fcntl(fd, F_ADD_SEALS, seals) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Take a body that is one file as it is. Where it changes before curl has sent it, the signature is
 * bad and the request refused. */
static enum tool_exit from_file(const char *path, unsigned digests, struct curl_body *body,
                                bool *taken)
{
	struct stat st;
	int fd = open_file(path);

	*taken = fd > STDIN_FILENO && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (fd < 0)
		return cant_read(path);
	if (!*taken) {
		close_file(fd);
		return TOOL_OK;
	}
	body->fd = fd;
	if (tool_body_digest(fd, digests, UINT64_MAX, &body->digest))
		return TOOL_OK;
	return errno != 0 ? cant_read(path)
	                  : tool_fail_err(SG_ERR_CRYPTO, "can't make the digest of %s", path);
}

/* Gather all parts in memory. */
static enum tool_exit gather(const struct curl_args *args, struct tool_payload *to)
{
	enum tool_exit code = tool_payload_new(TOOL_PAYLOAD_MAX, to);

	if (code == TOOL_OK && args->upload != NULL)
		code = add_file(to, CURL_BINARY, args->upload);
	for (size_t i = 0; i < args->n_parts && code == TOOL_OK; i++)
		code = add_part(to, &args->parts[i], i == 0);
	return code;
}

enum tool_exit tool_curl_body(const struct curl_args *args, unsigned digests,
                              struct curl_body *body)
{
	const struct curl_part *only = args->n_parts == 1 && !args->get ? &args->parts[0] : NULL;
	const char *file = args->upload;
	struct tool_payload all = { NULL, 0, 0 };
	enum tool_exit code = TOOL_OK;
	bool taken = false;

	*body = (struct curl_body){ .fd = -1 };
	if (only != NULL && (only->effect == CURL_BINARY || only->effect == CURL_JSON))
		file = file_of(only);
	if (file != NULL && !is_stdin(file))
		code = from_file(file, digests, body, &taken);
	if (code != TOOL_OK || taken || (args->upload == NULL && args->n_parts == 0))
		return code;
	code = gather(args, &all);
	if (code == TOOL_OK && args->get) {
		body->query = all;
		return TOOL_OK;
	}
	body->digest.size = sizeof body->digest;
	if (code == TOOL_OK &&
	    sg_request_body_once(digests, all.data, all.len, &body->digest) != SG_REQUEST_OK)
		code = tool_fail_err(SG_ERR_CRYPTO, "can't make the digest of the body");
	if (code == TOOL_OK) {
		body->fd = tool_curl_file(tool_payload_bytes(&all));
		if (body->fd < 0)
			code = tool_fail(TOOL_FAILED, NULL, "can't keep the body in a file in memory: "
			                 "%s", strerror(errno));
	}
	tool_payload_free(&all);
	return code;
}
