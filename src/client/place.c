/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. Finding the module and the slot of an HSM.
 */
#include "client/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <p11-kit/p11-kit.h>

#include "client/calling.h"
#include "client/ending.h"
#include "client/manner.h"
#include "client/rc.h"
#include "util/file.h"
#include "util/log.h"

/* A token that another process is writing to, or that is just being plugged in, is not there for a
 * moment. */
#define TRIES 5
#define PAUSE 25000000          /* nanoseconds, and each time twice as many */

/* Add to how well a URI fits where it names a field, which begins with a zero where it does not. */
static void weigh(const unsigned char *field, size_t len, struct sg_bytes known, unsigned weight,
                  unsigned *fits)
{
	if (field[0] == '\0' || known.len == 0)
		return;
	*fits = *fits > 0 && sg_client_is_field(field, len, known) ? *fits + weight : 0;
}

/* Such a field for "%.*s". */
#define FIELD(field) (int)sg_client_field((field), sizeof (field)).len, (field)

unsigned sg_client_place_fits(const char *text, struct sg_bytes label, struct sg_bytes serial)
{
	P11KitUri *uri = p11_kit_uri_new();
	CK_TOKEN_INFO *info;
	unsigned fits = 0;

	if (uri != NULL && p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) == P11_KIT_URI_OK) {
		info = p11_kit_uri_get_token_info(uri);
		fits = 1;
		weigh(info->label, sizeof info->label, label, 1, &fits);
		weigh(info->serialNumber, sizeof info->serialNumber, serial, 2, &fits);
	}
	p11_kit_uri_free(uri);
	return fits;
}

/* Look for the token in an initialised module. Errors: HSM_MISSING, CONFIG for two. */
static enum sg_err search(struct sg_client_place *place, CK_FUNCTION_LIST *f)
{
	CK_SLOT_ID *slots = NULL;
	CK_TOKEN_INFO info;
	CK_ULONG n = 0;
	CK_RV refused = CKR_OK;
	enum sg_err err = sg_client_slots(f, &slots, &n);

	for (CK_ULONG i = 0; i < n && err == SG_OK; i++) {
		if (!sg_client_slot_fits(place->uri, f, slots[i], &info, &refused))
			continue;
		if (place->f != NULL) {
			sg_log(SG_LOG_ERROR, "the URI of the %s fits two tokens, \"%.*s\" and "
			       "\"%.*s\": add ;serial=%.*s or ;serial=%.*s", sg_client_noun(),
			       FIELD(place->info.label), FIELD(info.label),
			       FIELD(place->info.serialNumber), FIELD(info.serialNumber));
			err = SG_ERR_CONFIG;
		}
		place->f = f;
		place->slot = slots[i];
		place->info = info;
	}
	free(slots);
	if (err == SG_OK && place->f == NULL)
		err = sg_client_slots_refused(refused);
	return err == SG_OK && place->f == NULL ? SG_ERR_HSM_MISSING : err;
}

/* Initialise a module that was loaded, and look there. It is let go of again where the token is
 * not in it. */
static enum sg_err try_module(struct sg_client_place *place, CK_FUNCTION_LIST *f)
{
	enum sg_err err = sg_client_err("C_Initialize", p11_kit_module_initialize(f), NULL);

	if (err == SG_OK) {
		err = search(place, f);
		if (err != SG_OK)
			(void)p11_kit_module_finalize(f);
	}
	if (err != SG_OK) {
		place->f = NULL;
		p11_kit_module_release(f);
	}
	return err;
}

/* Find the file that a path leads to, and refuse one that others can change: its code runs as this
 * user. It is that file which is loaded, whatever becomes of the links on the way. Where a name is
 * relative it is p11-kit's to find. The caller frees *real. */
static enum sg_err check_module(const char *path, char **real)
{
	enum sg_err err;

	*real = path[0] == '/' ? realpath(path, NULL) : strdup(path);
	if (*real == NULL && (path[0] != '/' || errno == ENOMEM))
		return SG_ERR_NOMEM;
	if (*real == NULL) {
		sg_log(SG_LOG_ERROR, "there is no module %s: %s", path, strerror(errno));
		return SG_ERR_HSM_MISSING;
	}
	err = path[0] == '/' ? sg_file_check_trusted(*real) : SG_OK;
	return err == SG_ERR_STORE_UNSAFE ? SG_ERR_CONFIG : err;
}

enum sg_err sg_client_module_load(const char *path, CK_FUNCTION_LIST **out)
{
	CK_FUNCTION_LIST *f = NULL;
	char *real = NULL;
	enum sg_err err = check_module(path, &real);

	if (err == SG_OK)
		f = p11_kit_module_load(real, 0);
	if (err == SG_OK && f == NULL) {
		sg_log(SG_LOG_ERROR, "the module %s can't be loaded: %s", path, p11_kit_message());
		err = SG_ERR_HSM_MISSING;
	}
	free(real);
	*out = f;
	return err;
}

/* Tell whether an initialised module is ours. One that passes calls on to ours, perhaps over a
 * pipe that breaks, says so too, but has another name. */
static bool is_own(CK_FUNCTION_LIST *f, const char *path)
{
	const char *name = strrchr(path, '/');
	CK_INFO info;

	memset(&info, 0, sizeof info);
	return name != NULL && strcmp(name, "/signet.so") == 0 && f->C_GetInfo(&info) == CKR_OK &&
	       sg_client_is_field(info.manufacturerID, sizeof info.manufacturerID,
	                          sg_bytes_str("signet"));
}

static enum sg_err load_path(struct sg_client_place *place, const char *path)
{
	CK_FUNCTION_LIST *f = NULL;
	enum sg_err err = sg_client_module_load(path, &f);

	if (err == SG_OK)
		err = try_module(place, f);
	if (err == SG_OK)
		place->is_own = is_own(f, path);
	return err;
}

static bool has_name(CK_FUNCTION_LIST *f, const char *wanted)
{
	char *name = p11_kit_module_get_name(f);
	const bool same = name != NULL && strcmp(name, wanted) == 0;

	free(name);
	return same;
}

/* Look through the modules that p11-kit knows. The first that has the token is it. */
static enum sg_err load_registered(struct sg_client_place *place, const char *name)
{
	CK_FUNCTION_LIST **modules = p11_kit_modules_load(NULL, 0);
	enum sg_err err = SG_ERR_HSM_MISSING, one;

	for (size_t i = 0; modules != NULL && modules[i] != NULL; i++) {
		if (place->f != NULL || (name != NULL && !has_name(modules[i], name))) {
			p11_kit_module_release(modules[i]);
			continue;
		}
		one = try_module(place, modules[i]);
		if (one == SG_OK || one == SG_ERR_CONFIG || one == SG_ERR_NOMEM)
			err = one;
	}
	free(modules);
	return err;
}

/* Fill the place; the caller is between enter and leave. */
static enum sg_err find(struct sg_client_place *place)
{
	const char *path = p11_kit_uri_get_module_path(place->uri);
	enum sg_err err;

	/* A library says nothing on standard error; its reasons go to the log. */
	p11_kit_be_quiet();
	if (path != NULL)
		err = load_path(place, path);
	else
		err = load_registered(place, p11_kit_uri_get_module_name(place->uri));
	if (err == SG_ERR_HSM_MISSING)
		sg_log(SG_LOG_ERROR, "no token fits the URI%s%s", path != NULL ? " in " : "",
		       path != NULL ? path : "");
	return err;
}

enum sg_err sg_client_place_find(const char *text, struct sg_client_place **out)
{
	struct timespec pause = { 0, PAUSE };
	struct sg_client_place *place = calloc(1, sizeof *place);
	struct sg_signal_hold hold;
	enum sg_err err = SG_ERR_NOMEM;
	int rc;

	*out = NULL;
	if (place == NULL)
		return SG_ERR_NOMEM;
	err = sg_client_calling_start();
	if (err == SG_OK && sg_client_is_lost()) {
		sg_log(SG_LOG_ERROR, "this process was forked while another thread was inside of "
		       "a PKCS#11 module, and can't use one; a program that it executes can");
		err = SG_ERR_HSM_FAULT;
	}
	if (err != SG_OK)
		goto out;
	err = SG_ERR_NOMEM;
	place->uri = p11_kit_uri_new();
	if (place->uri == NULL)
		goto out;
	rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, place->uri);
	if (rc != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(place->uri)) {
		sg_log(SG_LOG_ERROR, "the URI of the %s can't be read: %s", sg_client_noun(),
		       rc != P11_KIT_URI_OK ? p11_kit_uri_message(rc) : "it has an unknown part");
		err = SG_ERR_CONFIG;
		goto out;
	}
	sg_client_enter(&hold);
	for (int i = 0; i < TRIES && (i == 0 || err == SG_ERR_HSM_MISSING); i++) {
		/* Who sleeps is not inside: a fork does not wait for him. */
		if (i > 0) {
			sg_client_leave(&hold);
			nanosleep(&pause, NULL);
			pause.tv_nsec *= 2;
			sg_client_enter(&hold);
		}
		err = find(place);
	}
	sg_client_leave(&hold);
	if (err == SG_OK)
		sg_client_ending_watch();
out:
	if (err == SG_OK)
		*out = place;
	else
		sg_client_place_free(&place);
	return err;
}

void sg_client_place_free(struct sg_client_place **place)
{
	struct sg_signal_hold hold;

	if (*place == NULL)
		return;
	if ((*place)->f != NULL && !sg_client_is_ending()) {
		sg_client_enter(&hold);
		(void)p11_kit_module_finalize((*place)->f);
		p11_kit_module_release((*place)->f);
		sg_client_leave(&hold);
	}
	p11_kit_uri_free((*place)->uri);
	free(*place);
	*place = NULL;
}
