/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The rules of access.
 */
#include "core/access.h"

#include <time.h>

#include "core/date.h"
#include "core/key_template.h"
#include "util/log.h"

/* Tell whether a token has no PIN. */
static bool is_machine(struct sg_token *token)
{
	bool machine;

	pthread_rwlock_rdlock(&token->lock);
	machine = token->record.machine;
	pthread_rwlock_unlock(&token->lock);
	return machine;
}

static bool is_officer(struct sg_token *token)
{
	bool officer;

	pthread_rwlock_rdlock(&token->lock);
	officer = token->user == SG_SO;
	pthread_rwlock_unlock(&token->lock);
	return officer;
}

CK_RV sg_access_add(const struct sg_session *session, const struct sg_attrs *attrs)
{
	if (sg_attrs_bool(attrs, CKA_TOKEN) && (session->flags & CKF_RW_SESSION) == 0)
		return CKR_SESSION_READ_ONLY;
	if (sg_attrs_bool(attrs, CKA_PRIVATE) && !sg_token_private_open(session->token))
		return CKR_USER_NOT_LOGGED_IN;
	if (sg_attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE) &&
	    !sg_attrs_bool(attrs, CKA_SIGNET_HAS_PIN) && is_machine(session->token)) {
		sg_log(SG_LOG_ERROR, "a machine token has no PIN to ask for at each use");
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	return sg_access_trust(session, NULL, attrs);
}

CK_RV sg_access_trust(const struct sg_session *session, const struct sg_attrs *before,
                      const struct sg_attrs *after)
{
	if (!sg_attrs_bool(after, CKA_TRUSTED) ||
	    (before != NULL && sg_attrs_bool(before, CKA_TRUSTED)) ||
	    is_officer(session->token))
		return CKR_OK;
	sg_log(SG_LOG_ERROR, "only the security officer makes something trusted");
	return CKR_ATTRIBUTE_READ_ONLY;
}

CK_RV sg_access_change(const struct sg_session *session, const struct sg_object *object)
{
	if (object->token && (session->flags & CKF_RW_SESSION) == 0)
		return CKR_SESSION_READ_ONLY;
	return CKR_OK;
}

bool sg_access_reveals(const struct sg_object *object)
{
	if (object->class != CKO_PRIVATE_KEY && object->class != CKO_SECRET_KEY)
		return true;
	return !object->resident && sg_attrs_bool(&object->attrs, CKA_EXTRACTABLE) &&
	       !sg_attrs_bool(&object->attrs, CKA_SENSITIVE);
}

/* Uses that make something new. */
static const CK_ATTRIBUTE_TYPE makes_new[] = {
	CKA_SIGN, CKA_SIGN_RECOVER, CKA_ENCRYPT, CKA_WRAP, CKA_DERIVE,
};

/* Uses that are one call, before which no operation asks for a PIN. */
static const CK_ATTRIBUTE_TYPE one_call[] = { CKA_WRAP, CKA_UNWRAP, CKA_DERIVE };

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static bool is_among(CK_ATTRIBUTE_TYPE usage, const CK_ATTRIBUTE_TYPE *usages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (usages[i] == usage)
			return true;
	return false;
}

static bool allows_mechanism(const struct sg_attrs *attrs, CK_MECHANISM_TYPE mechanism)
{
	struct sg_bytes list;

	if (!sg_attrs_get(attrs, CKA_ALLOWED_MECHANISMS, &list))
		return true;
	for (size_t at = 0; at < list.len; at += sizeof(uint64_t))
		if (sg_get_u64(list.data + at) == mechanism)
			return true;
	return false;
}

static bool is_in_its_dates(const struct sg_attrs *attrs)
{
	struct sg_bytes start = { NULL, 0 }, end = { NULL, 0 };
	uint8_t today[SG_DATE];

	sg_attrs_get(attrs, CKA_START_DATE, &start);
	sg_attrs_get(attrs, CKA_END_DATE, &end);
	sg_date_of(time(NULL), today);
	return sg_date_within(today, start, end);
}

CK_RV sg_access_use(const struct sg_object *key, CK_ATTRIBUTE_TYPE usage,
                    CK_MECHANISM_TYPE mechanism)
{
	const struct sg_attrs *attrs = &key->attrs;

	if (!sg_attrs_bool(attrs, usage))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (!key->limited)
		return CKR_OK;
	if (!allows_mechanism(attrs, mechanism)) {
		sg_log(SG_LOG_ERROR, "CKA_ALLOWED_MECHANISMS does not name 0x%lx", mechanism);
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	}
	if (is_among(usage, makes_new, LENGTH(makes_new)) && !is_in_its_dates(attrs)) {
		sg_log(SG_LOG_ERROR, "today is not between CKA_START_DATE and CKA_END_DATE");
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	}
	if (is_among(usage, one_call, LENGTH(one_call)) &&
	    sg_attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE))
		return CKR_USER_NOT_LOGGED_IN;
	return CKR_OK;
}

CK_RV sg_access_wrap(const struct sg_object *wrapping, const struct sg_object *key)
{
	if (!sg_attrs_bool(&key->attrs, CKA_EXTRACTABLE))
		return CKR_KEY_UNEXTRACTABLE;
	if (sg_attrs_bool(&key->attrs, CKA_WRAP_WITH_TRUSTED) &&
	    !sg_attrs_bool(&wrapping->attrs, CKA_TRUSTED))
		return CKR_KEY_NOT_WRAPPABLE;
	if (sg_attrs_bool(&key->attrs, CKA_ALWAYS_AUTHENTICATE))
		return CKR_USER_NOT_LOGGED_IN;
	return sg_key_template_matches(wrapping, key) ? CKR_OK : CKR_KEY_HANDLE_INVALID;
}
