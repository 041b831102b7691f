/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, client. The tokens of a module.
 */
#include "client/tokens.h"

#include <stdlib.h>
#include <string.h>

#include <p11-kit/p11-kit.h>

#include "client/calling.h"
#include "client/place.h"
#include "client/rc.h"
#include "util/log.h"

/* Append the tokens of an initialised module that fit. */
static enum sg_err list(P11KitUri *uri, CK_FUNCTION_LIST *f, CK_TOKEN_INFO **tokens, size_t *n)
{
	const size_t before = *n;
	CK_SLOT_ID *slots = NULL;
	CK_ULONG n_slots = 0;
	CK_RV refused = CKR_OK;
	CK_TOKEN_INFO *more;
	CK_INFO info;
	enum sg_err err;

	memset(&info, 0, sizeof info);
	err = sg_client_err("C_GetInfo", f->C_GetInfo(&info), NULL);
	if (err != SG_OK || p11_kit_uri_match_module_info(uri, &info) != 1)
		return err;
	err = sg_client_slots(f, &slots, &n_slots);
	if (err == SG_OK && n_slots > 0) {
		more = reallocarray(*tokens, *n + n_slots, sizeof *more);
		if (more == NULL)
			err = SG_ERR_NOMEM;
		else
			*tokens = more;
	}
	for (CK_ULONG i = 0; i < n_slots && err == SG_OK; i++)
		if (sg_client_slot_fits(uri, f, slots[i], &(*tokens)[*n], &refused))
			(*n)++;
	if (err == SG_OK && *n == before)
		err = sg_client_slots_refused(refused);
	free(slots);
	return err;
}

/* List those of a module that was loaded, and let go of it. */
static enum sg_err visit(P11KitUri *uri, CK_FUNCTION_LIST *f, CK_TOKEN_INFO **tokens, size_t *n)
{
	enum sg_err err = sg_client_err("C_Initialize", p11_kit_module_initialize(f), NULL);

	if (err == SG_OK) {
		err = list(uri, f, tokens, n);
		(void)p11_kit_module_finalize(f);
	}
	p11_kit_module_release(f);
	return err;
}

/* One that does not work keeps nobody from the others. */
static enum sg_err visit_registered(P11KitUri *uri, CK_TOKEN_INFO **tokens, size_t *n)
{
	CK_FUNCTION_LIST **modules = p11_kit_modules_load(NULL, 0);
	enum sg_err err = SG_OK, one;

	for (size_t i = 0; modules != NULL && modules[i] != NULL; i++) {
		one = visit(uri, modules[i], tokens, n);
		if (one == SG_ERR_NOMEM)
			err = one;
	}
	free(modules);
	return err;
}

static enum sg_err load(P11KitUri *uri, const char *module, CK_TOKEN_INFO **tokens, size_t *n)
{
	CK_FUNCTION_LIST *f = NULL;
	enum sg_err err;

	/* A library says nothing on standard error; its reasons go to the log. */
	p11_kit_be_quiet();
	if (module == NULL)
		return visit_registered(uri, tokens, n);
	err = sg_client_module_load(module, &f);
	return err == SG_OK ? visit(uri, f, tokens, n) : err;
}

enum sg_err sg_client_tokens(P11KitUri *uri, const char *module, CK_TOKEN_INFO **tokens,
                             size_t *n)
{
	struct sg_signal_hold hold;
	enum sg_err err = sg_client_calling_start();

	*tokens = NULL;
	*n = 0;
	if (err != SG_OK)
		return err;
	if (sg_client_is_lost()) {
		sg_log(SG_LOG_ERROR, "this process was forked while another thread was inside of "
		       "a PKCS#11 module, and can't use one; a program that it executes can");
		return SG_ERR_HSM_FAULT;
	}
	sg_client_enter(&hold);
	err = load(uri, module, tokens, n);
	sg_client_leave(&hold);
	if (err != SG_OK) {
		free(*tokens);
		*tokens = NULL;
		*n = 0;
	}
	return err;
}
