/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. Slot and token management [PKCS#11 3.1 §5.5]. Nothing here asks the
 * hardware but C_InitToken, the functions that set PINs, and C_GetTokenInfo with a session
 * open before a login.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/entry.h"

#include "api/call.h"
#include "api/text.h"
#include "client/rv.h"
#include "core/mech.h"
#include "core/token_tries.h"
#include "util/log.h"

CK_RV C_GetSlotList(CK_BBOOL token_present, CK_SLOT_ID *slots, CK_ULONG *count)
{
	struct sg_call call;
	CK_RV rv = sg_call_module(&call);

	(void)token_present;    /* every slot has a token, the last one an uninitialised one */
	if (rv != CKR_OK)
		return rv;
	if (count == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	/* A list is made anew only when its size is asked for [§5.5.1]; a broken state
	 * folder shows as a slot whose token says why. */
	if (slots == NULL || !sg_module_has_slots(call.module))
		(void)sg_module_scan(call.module);
	return sg_call_end(&call, sg_module_slots(call.module, slots, count));
}

CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	struct sg_token *token;
	struct sg_call call;
	char text[32];
	CK_RV rv = sg_call_slot(&call, slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (info == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	memset(info, 0, sizeof *info);
	snprintf(text, sizeof text, "signet slot %lu", slot);
	sg_text_pad(info->slotDescription, sizeof info->slotDescription, text);
	sg_text_pad(info->manufacturerID, sizeof info->manufacturerID, "signet");
	info->flags = CKF_TOKEN_PRESENT;
	info->firmwareVersion = sg_text_version(PACKAGE_VERSION);
	return sg_call_end(&call, CKR_OK);
}

/* The flags of an initialised token; its lock is held. */
static CK_FLAGS token_flags(const struct sg_token *token)
{
	const struct sg_token_record *record = &token->record;
	CK_FLAGS flags = CKF_RNG | CKF_TOKEN_INITIALIZED;

	if (record->machine)
		return flags | CKF_USER_PIN_INITIALIZED;
	flags |= CKF_LOGIN_REQUIRED;
	if (record->copy[SG_SEAL_USER].blob.len > 0)
		flags |= CKF_USER_PIN_INITIALIZED;
	return flags | sg_token_tries_flags(token, SG_USER) | sg_token_tries_flags(token, SG_SO);
}

static void fill_token_info(struct sg_token *token, CK_TOKEN_INFO *info)
{
	char serial[SG_SERIAL], model[SG_SEALER_MODEL + 1];

	pthread_rwlock_rdlock(&token->lock);
	if (token->present) {
		memcpy(info->label, token->record.label, sizeof info->label);
		sg_token_record_serial(&token->record, serial);
		memcpy(info->serialNumber, serial, sizeof info->serialNumber);
		sg_sealer_model(token->record.sealer, model);
		info->flags = token_flags(token);
	} else {
		sg_text_pad(info->label, sizeof info->label, "");
		sg_text_pad(info->serialNumber, sizeof info->serialNumber, "");
		sg_sealer_model(token->config->sealer, model);
		info->flags = CKF_RNG | CKF_LOGIN_REQUIRED;
	}
	sg_text_pad(info->model, sizeof info->model, model);
	info->ulSessionCount = token->sessions;
	info->ulRwSessionCount = token->sessions - token->read_only_sessions;
	pthread_rwlock_unlock(&token->lock);
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	struct sg_token *token;
	struct sg_call call;
	enum sg_err err;
	CK_RV rv = sg_call_slot(&call, slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (info == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	err = sg_call_sync(&call, token);
	if (err != SG_OK && err != SG_ERR_STORE_MISSING)
		return sg_call_end(&call, sg_rv(err));
	if (err == SG_OK)
		sg_token_tries_look(token);
	memset(info, 0, sizeof *info);
	fill_token_info(token, info);
	sg_text_pad(info->manufacturerID, sizeof info->manufacturerID, "signet");
	info->ulMaxSessionCount = CK_EFFECTIVELY_INFINITE;
	info->ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
	info->ulMaxPinLen = SG_PIN_MAX;
	info->ulMinPinLen = SG_PIN_MIN;
	info->ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION;
	info->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
	info->ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION;
	info->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
	info->firmwareVersion = sg_text_version(PACKAGE_VERSION);
	sg_text_pad(info->utcTime, sizeof info->utcTime, "");
	return sg_call_end(&call, CKR_OK);
}

/* What a token can do depends on its sealer. One that can't be read has the configured one's. */
static void learn_sealer(struct sg_token *token)
{
	enum sg_err err = sg_token_sync(token);

	if (err != SG_OK && err != SG_ERR_STORE_MISSING)
		sg_log(SG_LOG_ERROR, "%s", sg_err_sentence(err));
}

CK_RV C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	const struct sg_mech *const *mechs;
	struct sg_token *token;
	struct sg_call call;
	CK_ULONG room;
	size_t n;
	CK_RV rv = sg_call_slot(&call, slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (count == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	learn_sealer(token);
	mechs = sg_mechs(&n);
	room = *count;
	*count = 0;
	for (size_t i = 0; i < n; i++) {
		if (sg_mech_flags(mechs[i], token) == 0)
			continue;
		if (list != NULL && *count < room)
			list[*count] = mechs[i]->type;
		(*count)++;
	}
	return sg_call_end(&call, list != NULL && room < *count ? CKR_BUFFER_TOO_SMALL : CKR_OK);
}

CK_RV C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	const struct sg_mech *mech;
	struct sg_token *token;
	struct sg_call call;
	CK_FLAGS flags;
	CK_RV rv = sg_call_slot(&call, slot, &token);

	if (rv != CKR_OK)
		return rv;
	if (info == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	learn_sealer(token);
	mech = sg_mech(type);
	flags = mech != NULL ? sg_mech_flags(mech, token) : 0;
	if (flags == 0)
		return sg_call_end(&call, CKR_MECHANISM_INVALID);
	info->ulMinKeySize = mech->min_key;
	info->ulMaxKeySize = mech->max_key;
	info->flags = flags;
	return sg_call_end(&call, CKR_OK);
}

/* Make a token where there is none. */
static enum sg_err init_empty(struct sg_token *token, struct sg_bytes pin, struct sg_bytes label)
{
	struct sg_token_plan plan = {
		.label = label, .sealer = token->config->sealer,
		.pin_tries = token->config->pin_tries,
	};
	struct sg_secret *so_pin = NULL;
	enum sg_err err;

	err = sg_secret_copy(pin, &so_pin);
	if (err == SG_OK) {
		plan.so_pin = so_pin;
		err = sg_token_create(token, &plan, NULL);
	}
	sg_secret_free(&so_pin);
	return err;
}

CK_RV C_InitToken(CK_SLOT_ID slot, unsigned char *pin, CK_ULONG pin_len, unsigned char *label)
{
	struct sg_token *token;
	struct sg_call call;
	enum sg_err err;
	CK_RV rv = sg_call_slot(&call, slot, &token);

	if (rv != CKR_OK)
		return rv;
	if ((pin == NULL && pin_len > 0) || label == NULL)
		return sg_call_end(&call, CKR_ARGUMENTS_BAD);
	if (!sg_token_remake_begin(token))
		return sg_call_end(&call, CKR_SESSION_EXISTS);
	if (!sg_pin_fits(sg_bytes(pin, pin_len))) {
		rv = CKR_PIN_LEN_RANGE;
	} else {
		err = sg_token_sync(token);
		if (err == SG_ERR_STORE_MISSING)
			err = init_empty(token, sg_bytes(pin, pin_len), sg_bytes(label, SG_LABEL));
		else if (err == SG_OK)
			err = sg_token_recreate(token, sg_bytes(pin, pin_len),
			                        sg_bytes(label, SG_LABEL));
		rv = sg_rv(err);
	}
	sg_token_remake_end(token);
	return sg_call_end(&call, rv);
}

CK_RV C_InitPIN(CK_SESSION_HANDLE handle, unsigned char *pin, CK_ULONG pin_len)
{
	struct sg_call call;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	if (pin == NULL && pin_len > 0)
		rv = CKR_ARGUMENTS_BAD;
	else if ((call.session->flags & CKF_RW_SESSION) == 0)
		rv = CKR_SESSION_READ_ONLY;
	else
		rv = sg_token_init_pin(call.session->token, sg_bytes(pin, pin_len), NULL);
	return sg_call_end(&call, rv);
}

CK_RV C_SetPIN(CK_SESSION_HANDLE handle, unsigned char *old_pin, CK_ULONG old_len,
               unsigned char *new_pin, CK_ULONG new_len)
{
	struct sg_token *token;
	struct sg_call call;
	enum sg_user user;
	CK_RV rv = sg_call_session(&call, handle);

	if (rv != CKR_OK)
		return rv;
	token = call.session->token;
	if ((old_pin == NULL && old_len > 0) || (new_pin == NULL && new_len > 0)) {
		rv = CKR_ARGUMENTS_BAD;
	} else if ((call.session->flags & CKF_RW_SESSION) == 0) {
		rv = CKR_SESSION_READ_ONLY;
	} else {
		pthread_rwlock_rdlock(&token->lock);
		user = token->user == SG_SO ? SG_SO : SG_USER;
		pthread_rwlock_unlock(&token->lock);
		rv = sg_token_set_pin(token, user, sg_bytes(old_pin, old_len),
		                      sg_bytes(new_pin, new_len), NULL);
	}
	return sg_call_end(&call, rv);
}
