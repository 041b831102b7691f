/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The module's life, its slots, and fork.
 */
#include "core/module.h"

#include <stdlib.h>

#include "client/calling.h"
#include "client/rv.h"
#include "crypto/crypto.h"
#include "util/errand.h"
#include "util/fork.h"
#include "util/gate.h"
#include "util/log.h"

/* Guards current. A thread enters it only once, see depth. */
static struct sg_gate gate = SG_GATE;
static struct sg_module *current;

/* How many calls this thread is in: more than one where a library that we call has
 * loaded something that calls us. */
static _Thread_local unsigned depth;

/* What a child inherited: kept reachable, so that leak checkers see it is no leak of ours. */
__attribute__((used)) static struct sg_module *inherited;

/* Only this thread exists now: what a race detector remembers of the parent's is void. */
__attribute__((no_sanitize("thread"))) static void in_child(void)
{
	sg_gate_init(&gate);
	if (current != NULL)
		inherited = current;
	current = NULL;
	depth = 0;
}

static void module_free(struct sg_module *module)
{
	for (size_t i = 0; i < module->n_tokens; i++)
		sg_token_free(&module->tokens[i]);
	free(module->tokens);
	pthread_rwlock_destroy(&module->slots_lock);
	sg_slot_watch_unref(&module->slot_watch);
	sg_config_free(&module->config);
	free(module);
}

/* As a token's: readers keep nobody out who wants to write. */
static const pthread_rwlock_t fair = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static enum sg_err module_new(struct sg_module **out)
{
	struct sg_module *module = calloc(1, sizeof *module);
	enum sg_err err;

	if (module == NULL)
		return SG_ERR_NOMEM;
	module->slots_lock = fair;
	sg_session_table_init(&module->sessions);
	err = sg_config_load(&module->config);
	if (err == SG_OK)
		err = sg_slot_watch_new(module->config->state, &module->slot_watch);
	if (err != SG_OK) {
		module_free(module);
		return err;
	}
	*out = module;
	return SG_OK;
}

/* What the process needs once; each part is cheap when repeated. */
static enum sg_err prepare_process(void)
{
	enum sg_err err;

	err = sg_fork_child(in_child);
	if (err == SG_OK)
		err = sg_fork_watch();
	if (err == SG_OK)
		err = sg_crypto_start();
	return err;
}

CK_RV sg_module_start(bool threads)
{
	enum sg_err err;
	CK_RV rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;

	if (sg_client_is_calling())        /* a module that reaches its HSM through us */
		return CKR_FUNCTION_FAILED;
	/* A shared look first: it waits for nobody's call, and may be made from inside
	 * one of ours, by a provider that OpenSSL loads on behalf of tpm2-tss. */
	if (sg_module_enter() != NULL) {
		sg_module_leave();
		return rv;
	}
	err = prepare_process();
	if (err != SG_OK)
		return sg_rv(err);
	sg_gate_close(&gate);
	if (current == NULL) {
		err = sg_sealer_start(threads);
		if (err == SG_OK)
			err = module_new(&current);
		if (err == SG_OK && current->config->log_to == SG_LOG_TO_SYSLOG)
			sg_log_to_syslog();
		rv = sg_rv(err);
	}
	sg_gate_open(&gate);
	return rv;
}

CK_RV sg_module_stop(void)
{
	struct sg_module *module;

	if (depth > 0)          /* it would wait for the call that it was made from */
		return CKR_FUNCTION_FAILED;
	sg_gate_close(&gate);
	module = current;
	current = NULL;
	if (module != NULL) {
		sg_slot_watch_stop(module->slot_watch);
		if (module->config->log_to == SG_LOG_TO_SYSLOG)
			sg_log_set(NULL, NULL);
		sg_session_table_clear(&module->sessions);
		module_free(module);
		/* A thread that waited for an HSM in vain may still compute. */
		if (sg_errand_late() == 0)
			sg_crypto_stop();
	}
	sg_gate_open(&gate);
	return module != NULL ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED;
}

struct sg_module *sg_module_enter(void)
{
	struct sg_module *module;

	if (sg_client_is_calling())
		return NULL;
	if (depth == 0)
		sg_gate_enter(&gate);
	module = current;
	if (module != NULL)
		depth++;
	else if (depth == 0)
		sg_gate_leave(&gate);
	return module;
}

void sg_module_leave(void)
{
	if (--depth == 0)
		sg_gate_leave(&gate);
}

static struct sg_token *find(const struct sg_module *module, CK_SLOT_ID slot)
{
	for (size_t i = 0; i < module->n_tokens; i++)
		if (module->tokens[i]->slot == slot)
			return module->tokens[i];
	return NULL;
}

/* Add a slot that is not known yet, keeping the order; slots_lock is held for writing. */
static enum sg_err add(struct sg_module *module, CK_SLOT_ID slot)
{
	struct sg_token **grown, *token = NULL;
	enum sg_err err;
	size_t at;

	if (find(module, slot) != NULL)
		return SG_OK;
	grown = reallocarray(module->tokens, module->n_tokens + 1, sizeof *grown);
	if (grown == NULL)
		return SG_ERR_NOMEM;
	module->tokens = grown;
	err = sg_token_new(module->config, slot, &token);
	if (err != SG_OK)
		return err;
	for (at = module->n_tokens; at > 0 && grown[at - 1]->slot > slot; at--)
		grown[at] = grown[at - 1];
	grown[at] = token;
	module->n_tokens++;
	return SG_OK;
}

enum sg_err sg_module_scan(struct sg_module *module)
{
	unsigned *stores = NULL;
	size_t n = 0;
	unsigned empty = 0;
	enum sg_err err;

	err = sg_store_list(module->config->state, &stores, &n);
	pthread_rwlock_wrlock(&module->slots_lock);
	for (size_t i = 0; i < n && err == SG_OK; i++) {
		err = add(module, stores[i]);
		empty = stores[i] + 1;
	}
	/* A slot that was shown stays, so the empty one is behind all that were. */
	if (module->n_tokens > 0 && module->tokens[module->n_tokens - 1]->slot >= empty)
		empty = (unsigned)module->tokens[module->n_tokens - 1]->slot;
	if (empty <= SG_STORE_SLOT_MAX && (err == SG_OK || module->n_tokens == 0)) {
		enum sg_err added = add(module, empty);

		err = err == SG_OK ? added : err;
	}
	pthread_rwlock_unlock(&module->slots_lock);
	free(stores);
	return err;
}

bool sg_module_has_slots(struct sg_module *module)
{
	bool has;

	pthread_rwlock_rdlock(&module->slots_lock);
	has = module->n_tokens > 0;
	pthread_rwlock_unlock(&module->slots_lock);
	return has;
}

static struct sg_token *look_up(struct sg_module *module, CK_SLOT_ID slot)
{
	struct sg_token *token;

	pthread_rwlock_rdlock(&module->slots_lock);
	token = find(module, slot);
	pthread_rwlock_unlock(&module->slots_lock);
	return token;
}

enum sg_err sg_module_token(struct sg_module *module, CK_SLOT_ID slot, struct sg_token **out)
{
	enum sg_err err = SG_OK;

	*out = look_up(module, slot);
	if (*out == NULL) {
		err = sg_module_scan(module);
		*out = look_up(module, slot);
	}
	if (*out != NULL)
		return SG_OK;
	return err == SG_OK ? SG_ERR_NOT_FOUND : err;
}

CK_RV sg_module_slots(struct sg_module *module, CK_SLOT_ID *slots, CK_ULONG *n)
{
	CK_ULONG room = *n;
	CK_RV rv = CKR_OK;

	pthread_rwlock_rdlock(&module->slots_lock);
	*n = module->n_tokens;
	if (slots != NULL && room < *n)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (slots != NULL)
		for (size_t i = 0; i < module->n_tokens; i++)
			slots[i] = module->tokens[i]->slot;
	pthread_rwlock_unlock(&module->slots_lock);
	return rv;
}
