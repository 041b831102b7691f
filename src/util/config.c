/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. A strict parser for "key = value" lines and the defaults. It must
 * never guess: what it does not understand is an error that names the line.
 */
#define _GNU_SOURCE 1
#include "util/config.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/log.h"

#define CONFIG_MAX ((size_t)64 << 10)
#define PASSWD_MAX ((size_t)1 << 20)
#define SYSTEM_STATE LOCALSTATEDIR "/lib/signet"

/* One key: what its value must be, and how it is stored. set answers ARG for a bad value, which is
 * shown unless somebody may have written a secret there; what is refused is read by others. */
struct key {
	const char *name;
	const char *wanted;
	enum sg_err (*set)(struct sg_config *config, const char *value);
	bool repeats;                   /* each line adds one */
	size_t (*shown)(const char *value);     /* how many bytes of it; NULL: all */
};

static enum sg_err replace(char **field, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return SG_ERR_NOMEM;
	free(*field);
	*field = copy;
	return SG_OK;
}

static enum sg_err set_state(struct sg_config *config, const char *value)
{
	return value[0] == '/' ? replace(&config->state, value) : SG_ERR_ARG;
}

enum sg_err sg_config_set_tcti(struct sg_config *config, const char *value)
{
	return value[0] != '\0' ? replace(&config->tcti, value) : SG_ERR_ARG;
}

/* A PIN in a URI would lie in this file, in the clear, and be shown with it. */
enum sg_err sg_config_add_hsm(struct sg_config *config, const char *uri)
{
	size_t i = 0;

	if (strncmp(uri, "pkcs11:", 7) != 0 || strstr(uri, "pin-value=") != NULL)
		return SG_ERR_ARG;
	while (i < SG_CONFIG_HSMS && config->hsm[i] != NULL)
		i++;
	return i < SG_CONFIG_HSMS ? replace(&config->hsm[i], uri) : SG_ERR_RANGE;
}

void sg_config_clear_hsms(struct sg_config *config)
{
	for (size_t i = 0; i < SG_CONFIG_HSMS; i++) {
		free(config->hsm[i]);
		config->hsm[i] = NULL;
	}
}

static enum sg_err set_hsm(struct sg_config *config, const char *value)
{
	enum sg_err err = sg_config_add_hsm(config, value);

	return err == SG_ERR_RANGE ? SG_ERR_ARG : err;
}

/* Behind the question mark of a URI stands where its PIN is, or the PIN. */
static size_t shown_uri(const char *value)
{
	const char *pin = strstr(value, "pin-");
	size_t len = strcspn(value, "?");

	if (strncmp(value, "pkcs11:", 7) != 0)
		return 0;
	return pin != NULL && (size_t)(pin - value) < len ? (size_t)(pin - value) : len;
}

static size_t shown_never(const char *value)
{
	(void)value;
	return 0;
}

static enum sg_err set_sealer(struct sg_config *config, const char *value)
{
	size_t len = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-+");

	return len > 0 && value[len] == '\0' ? replace(&config->sealer, value) : SG_ERR_ARG;
}

static enum sg_err set_yes_or_no(const char *value, bool *out)
{
	*out = strcmp(value, "yes") == 0;
	return *out || strcmp(value, "no") == 0 ? SG_OK : SG_ERR_ARG;
}

static enum sg_err set_allow_soft(struct sg_config *config, const char *value)
{
	return set_yes_or_no(value, &config->allow_soft);
}

static enum sg_err set_idempotent_login(struct sg_config *config, const char *value)
{
	return set_yes_or_no(value, &config->idempotent_login);
}

static enum sg_err set_ignore_pin(struct sg_config *config, const char *value)
{
	return set_yes_or_no(value, &config->ignore_pin);
}

static enum sg_err set_soft_passphrase_file(struct sg_config *config, const char *value)
{
	return value[0] == '/' || strncmp(value, "fd:", 3) == 0 ?
	       replace(&config->soft_passphrase_file, value) : SG_ERR_ARG;
}

static enum sg_err set_number(const char *value, unsigned most, unsigned *out)
{
	size_t len = strspn(value, "0123456789");

	if (len == 0 || len > 4 || value[len] != '\0')
		return SG_ERR_ARG;
	*out = (unsigned)strtoul(value, NULL, 10);
	return *out <= most ? SG_OK : SG_ERR_ARG;
}

static enum sg_err set_hsm_timeout(struct sg_config *config, const char *value)
{
	return set_number(value, SG_CONFIG_HSM_TIMEOUT, &config->hsm_timeout);
}

static enum sg_err set_pin_tries(struct sg_config *config, const char *value)
{
	return set_number(value, SG_CONFIG_PIN_TRIES, &config->pin_tries);
}

static enum sg_err set_login_cache(struct sg_config *config, const char *value)
{
	return set_number(value, SG_CONFIG_LOGIN_CACHE, &config->login_cache);
}

static enum sg_err set_ec_point(struct sg_config *config, const char *value)
{
	config->ec_point = strcmp(value, "raw") == 0 ? SG_EC_POINT_RAW : SG_EC_POINT_OCTET;
	return config->ec_point == SG_EC_POINT_RAW || strcmp(value, "octet") == 0 ?
	       SG_OK : SG_ERR_ARG;
}

static enum sg_err set_log(struct sg_config *config, const char *value)
{
	config->log_to = strcmp(value, "syslog") == 0 ? SG_LOG_TO_SYSLOG : SG_LOG_TO_NOTHING;
	return config->log_to == SG_LOG_TO_SYSLOG || strcmp(value, "none") == 0 ?
	       SG_OK : SG_ERR_ARG;
}

static enum sg_err set_tripwire(struct sg_config *config, const char *value)
{
	static const char *const names[] = {
		[SG_TRIPWIRE_LOG] = "log",
		[SG_TRIPWIRE_REFUSE] = "refuse",
		[SG_TRIPWIRE_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(value, names[i]) == 0) {
			config->tripwire = (enum sg_tripwire_mode)i;
			return SG_OK;
		}
	}
	return SG_ERR_ARG;
}

static const struct key keys[] = {
	{ "state", "an absolute path", set_state, false, NULL },
	{ "tcti", "a TCTI such as device:/dev/tpmrm0", sg_config_set_tcti, false, NULL },
	{ "hsm", "one of at most four pkcs11: URIs, without a pin-value", set_hsm, true,
	  shown_uri },
	{ "hsm-timeout", "a number of seconds from 0 to 3600", set_hsm_timeout, false, NULL },
	{ "sealer", "the name of a sealer, such as tpm, or a list such as hsm+tpm", set_sealer,
	  false, NULL },
	{ "allow-soft", "yes or no", set_allow_soft, false, NULL },
	{ "soft-passphrase-file", "an absolute path, or fd: and a number",
	  set_soft_passphrase_file, false, shown_never },
	{ "pin-tries", "a number from 0 to 1000", set_pin_tries, false, NULL },
	{ "login-cache", "a number of seconds from 0 to 3600", set_login_cache, false, NULL },
	{ "idempotent-login", "yes or no", set_idempotent_login, false, NULL },
	{ "ignore-pin", "yes or no", set_ignore_pin, false, NULL },
	{ "ec-point", "octet or raw", set_ec_point, false, NULL },
	{ "log", "none or syslog", set_log, false, NULL },
	{ "tripwire", "off, log or refuse", set_tripwire, false, NULL },
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

/* What the parser knows about where it is. */
struct place {
	const char *file;
	unsigned line;
	unsigned seen[KEY_COUNT];       /* the line of each key, 0: not seen */
};

static enum sg_err wrong(const struct place *place, const char *what)
{
	sg_log(SG_LOG_ERROR, "%s:%u: %s", place->file, place->line, what);
	return SG_ERR_CONFIG;
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	text[len] = '\0';
	return text;
}

static enum sg_err bad_value(const struct place *place, const struct key *key, const char *value)
{
	const size_t len = strlen(value), shown = key->shown != NULL ? key->shown(value) : len;

	if (key->shown != NULL && shown == 0)
		sg_log(SG_LOG_ERROR, "%s:%u: the value of %s must be %s", place->file,
		       place->line, key->name, key->wanted);
	else
		sg_log(SG_LOG_ERROR, "%s:%u: the value of %s is \"%.*s%s\", but must be %s",
		       place->file, place->line, key->name, (int)shown, value,
		       shown < len ? "..." : "", key->wanted);
	return SG_ERR_CONFIG;
}

static enum sg_err parse_pair(struct sg_config *config, struct place *place, const char *name,
			      const char *value)
{
	enum sg_err err;
	size_t i = 0;

	while (i < KEY_COUNT && strcmp(keys[i].name, name) != 0)
		i++;
	if (i == KEY_COUNT) {
		sg_log(SG_LOG_ERROR, "%s:%u: there is no key \"%s\"", place->file, place->line,
		       name);
		return SG_ERR_CONFIG;
	}
	if (place->seen[i] != 0 && !keys[i].repeats) {
		sg_log(SG_LOG_ERROR, "%s:%u: the key %s stands in line %u already",
		       place->file, place->line, name, place->seen[i]);
		return SG_ERR_CONFIG;
	}
	place->seen[i] = place->line;
	err = keys[i].set(config, value);
	return err == SG_ERR_ARG ? bad_value(place, &keys[i], value) : err;
}

static enum sg_err parse_line(struct sg_config *config, struct place *place, char *line)
{
	char *equals;

	for (const char *c = line; *c != '\0'; c++) {
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return wrong(place, "there is a control character in this line");
	}
	line = trim(line);
	if (line[0] == '\0' || line[0] == '#')
		return SG_OK;
	equals = strchr(line, '=');
	if (equals == NULL)
		return wrong(place, "a line must have the form: key = value");
	*equals = '\0';
	return parse_pair(config, place, trim(line), trim(equals + 1));
}

static enum sg_err parse_text(struct sg_config *config, struct sg_bytes text, const char *name)
{
	struct place place = { .file = name };
	enum sg_err err = SG_OK;
	char *copy = NULL;
	char *line, *end;

	if (text.len > CONFIG_MAX || (text.len > 0 && memchr(text.data, 0, text.len) != NULL)) {
		sg_log(SG_LOG_ERROR, "%s: this is no configuration: it is too long or binary",
		       name);
		return SG_ERR_CONFIG;
	}
	copy = malloc(text.len + 1);
	if (copy == NULL)
		return SG_ERR_NOMEM;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	for (line = copy; line != NULL && err == SG_OK; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		place.line++;
		err = parse_line(config, &place, line);
	}
	free(copy);
	return err;
}

/* Put the home folder that this user's account names into *out, or NULL where there is none. */
static enum sg_err account_home(char **out)
{
	struct passwd entry, *found = NULL;
	enum sg_err err = SG_OK;
	char *buffer = NULL;
	size_t size = 1024;
	int rc = ERANGE;

	while (rc == ERANGE && size <= PASSWD_MAX) {
		size *= 2;
		free(buffer);
		buffer = malloc(size);
		if (buffer == NULL)
			return SG_ERR_NOMEM;
		rc = getpwuid_r(geteuid(), &entry, buffer, size, &found);
	}
	if (rc == 0 && found != NULL && entry.pw_dir != NULL && entry.pw_dir[0] == '/')
		err = replace(out, entry.pw_dir);
	free(buffer);
	return err;
}

/* What XDG_STATE_HOME is by default, or NULL for a user without a home. */
static enum sg_err state_home(const char *account, char **out)
{
	const char *base = secure_getenv("XDG_STATE_HOME");
	const char *home = secure_getenv("HOME");

	if (base != NULL && base[0] == '/')
		return replace(out, base);
	if (home == NULL || home[0] != '/')
		home = account;
	return home != NULL ? sg_path_join(home, ".local/state", out) : SG_OK;
}

/* A user whose home is the folder of the system's tokens is a service made for them. It must
 * find them whatever else the environment of who started it says. */
static enum sg_err default_state(char **out)
{
	char *account = NULL, *base = NULL;
	enum sg_err err = SG_OK;

	if (geteuid() == 0)
		return replace(out, SYSTEM_STATE);
	err = account_home(&account);
	if (err != SG_OK)
		goto out;
	if (account != NULL && strcmp(account, SYSTEM_STATE) == 0) {
		err = replace(out, SYSTEM_STATE);
		goto out;
	}
	err = state_home(account, &base);
	if (err != SG_OK)
		goto out;
	if (base == NULL) {
		sg_log(SG_LOG_ERROR, "user %u has no home folder: set SIGNET_STATE to an absolute "
		       "path", (unsigned)geteuid());
		err = SG_ERR_CONFIG;
		goto out;
	}
	err = sg_path_join(base, "signet", out);
out:
	free(account);
	free(base);
	return err;
}

static enum sg_err from_environment(struct sg_config *config, const char *name,
				    enum sg_err (*set)(struct sg_config *, const char *),
				    const char *wanted)
{
	const char *value = secure_getenv(name);
	enum sg_err err;

	if (value == NULL)
		return SG_OK;
	err = set(config, value);
	if (err == SG_ERR_ARG) {
		sg_log(SG_LOG_ERROR, "the environment variable %s is \"%s\", but must be %s",
		       name, value, wanted);
		return SG_ERR_CONFIG;
	}
	return err;
}

/* Give out a configuration that was read, or free it where reading it failed. */
static enum sg_err config_end(struct sg_config *config, enum sg_err err, struct sg_config **out)
{
	if (err == SG_OK && config->state == NULL)
		err = default_state(&config->state);
	if (err != SG_OK)
		sg_config_free(&config);
	else
		*out = config;
	return err;
}

static enum sg_err config_new(const char *path, struct sg_config **out)
{
	struct sg_config *config = calloc(1, sizeof(*config));
	enum sg_err err;

	if (config == NULL)
		return SG_ERR_NOMEM;
	config->hsm_timeout = 10;
	err = replace(&config->path, path);
	if (err == SG_OK)
		err = replace(&config->tcti, "device:/dev/tpmrm0");
	if (err == SG_OK)
		err = replace(&config->sealer, "tpm");
	if (err != SG_OK)
		sg_config_free(&config);
	*out = config;
	return err;
}

/* Read the file if it is there; one that was named must be there. */
static enum sg_err read_config(const char *path, bool named, struct sg_buf *text)
{
	enum sg_err err;

	/* A TCTI can name a program to run, so who writes the file becomes who reads it. */
	err = sg_file_read_trusted(path, CONFIG_MAX, text);
	if (err == SG_ERR_NOT_FOUND && !named)
		return SG_OK;
	if (err == SG_ERR_NOT_FOUND)
		sg_log(SG_LOG_ERROR, "the environment variable SIGNET_CONF names %s, which is not "
		       "there", path);
	return err == SG_OK || err == SG_ERR_NOMEM ? err : SG_ERR_CONFIG;
}

enum sg_err sg_config_load(struct sg_config **out)
{
	const char *named = secure_getenv("SIGNET_CONF");
	const char *path = named != NULL ? named : SYSCONFDIR "/signet.conf";
	struct sg_config *config = NULL;
	struct sg_buf text = { NULL, 0, 0 };
	enum sg_err err;

	if (path[0] == '\0') {
		sg_log(SG_LOG_ERROR, "the environment variable SIGNET_CONF is empty: unset it, or "
		       "let it name a file");
		return SG_ERR_CONFIG;
	}
	err = config_new(path, &config);
	if (err == SG_OK)
		err = read_config(path, named != NULL, &text);
	if (err == SG_OK)
		err = parse_text(config, sg_buf_bytes(&text), path);
	if (err == SG_OK)
		err = from_environment(config, "SIGNET_STATE", set_state, "an absolute path");
	if (err == SG_OK)
		err = from_environment(config, "SIGNET_TCTI", sg_config_set_tcti, "a TCTI");
	sg_buf_free(&text);
	return config_end(config, err, out);
}

void sg_config_free(struct sg_config **config)
{
	if (config == NULL || *config == NULL)
		return;
	free((*config)->path);
	free((*config)->state);
	free((*config)->tcti);
	sg_config_clear_hsms(*config);
	free((*config)->sealer);
	free((*config)->soft_passphrase_file);
	free(*config);
	*config = NULL;
}

enum sg_err sg_config_parse(struct sg_bytes text, const char *name, struct sg_config **out)
{
	struct sg_config *config = NULL;
	enum sg_err err = config_new(name, &config);

	if (err == SG_OK)
		err = parse_text(config, text, name);
	return config_end(config, err, out);
}
