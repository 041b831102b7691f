/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The PIN of an HSM.
 */
#include "client/pin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/manner.h"
#include "util/file.h"
#include "util/log.h"

static enum sg_err (*asked)(const char *label, struct sg_secret **pin);

void sg_client_pin_ask(enum sg_err (*fn)(const char *label, struct sg_secret **pin))
{
	asked = fn;
}

bool sg_client_pin_may_ask(void)
{
	return asked != NULL;
}

/* Where what follows a word begins, or NULL where the text begins otherwise. */
static const char *after(const char *text, const char *word)
{
	const size_t len = strlen(word);

	return strncmp(text, word, len) == 0 ? text + len : NULL;
}

static enum sg_err credential(const char *name, char **path)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");

	*path = NULL;
	if (folder == NULL || name[0] == '\0' || strchr(name, '/') != NULL) {
		sg_log(SG_LOG_ERROR, "there is no credential \"%s\": CREDENTIALS_DIRECTORY, which "
		       "systemd sets for a service, %s", name,
		       folder == NULL ? "is not set" : "holds files by their names alone");
		return SG_ERR_HSM_PIN;
	}
	return sg_path_join(folder, name, path);
}

/* Resolve a pin-source to the path of a file; the caller frees *path. */
static enum sg_err source_path(const char *source, char **path)
{
	const char *rest = after(source, "credential:");

	if (rest != NULL)
		return credential(rest, path);
	rest = after(source, "file:");
	if (rest == NULL)
		rest = source;
	if (after(rest, "//") != NULL)          /* an empty host [RFC 8089 §2] */
		rest += 2;
	*path = rest[0] == '/' ? strdup(rest) : NULL;
	if (rest[0] == '/')
		return *path != NULL ? SG_OK : SG_ERR_NOMEM;
	/* The text is perhaps the PIN. */
	sg_log(SG_LOG_ERROR, "the pin-source of the %s names no file: it must be file: and an "
	       "absolute path, or credential: and a name", sg_client_noun());
	return SG_ERR_CONFIG;
}

static enum sg_err ask(const unsigned char label[32], struct sg_secret **out)
{
	char text[33];
	size_t len = 32;

	if (asked == NULL)
		return SG_OK;
	while (len > 0 && label[len - 1] == ' ')
		len--;
	memcpy(text, label, len);
	text[len] = '\0';
	return asked(text, out);
}

/* Before it is read: what is written meanwhile counts as written afterwards. */
static struct sg_client_pin_origin origin_of(const char *path)
{
	struct sg_client_pin_origin origin = { 0 };
	struct stat st;

	if (stat(path, &st) == 0) {
		origin.device = (uint64_t)st.st_dev;
		origin.inode = (uint64_t)st.st_ino;
		origin.seconds = (int64_t)st.st_ctim.tv_sec;
		origin.nanoseconds = (int64_t)st.st_ctim.tv_nsec;
	}
	return origin;
}

/* An empty PIN is none, and would cost a try like any other. */
static enum sg_err refuse_empty(enum sg_err err, const char *what, const char *where,
                                struct sg_secret **pin)
{
	if (err != SG_OK || *pin == NULL || (*pin)->len > 0)
		return err;
	sg_log(SG_LOG_ERROR, "%s the %s%s%s", what, sg_client_noun(), where != NULL ? " in " : "",
	       where != NULL ? where : "");
	sg_secret_free(pin);
	return SG_ERR_HSM_PIN;
}

enum sg_err sg_client_pin_read(P11KitUri *uri, const unsigned char label[32],
                               struct sg_client_pin_origin *origin, struct sg_secret **out)
{
	const char *source = p11_kit_uri_get_pin_source(uri);
	char *path = NULL;
	enum sg_err err;

	*out = NULL;
	*origin = (struct sg_client_pin_origin){ 0 };
	if (source == NULL)
		return refuse_empty(ask(label, out), "nobody gave a PIN for", NULL, out);
	err = source_path(source, &path);
	if (err == SG_OK)
		*origin = origin_of(path);
	if (err == SG_OK)
		err = sg_file_read_secret(path, SG_CLIENT_PIN_MAX, out);
	err = refuse_empty(err, "there is no PIN of", path, out);
	if (err == SG_ERR_NOT_FOUND) {
		sg_log(SG_LOG_ERROR, "there is no file %s with the PIN of the %s", path,
		       sg_client_noun());
		err = SG_ERR_HSM_PIN;
	}
	free(path);
	return err;
}
