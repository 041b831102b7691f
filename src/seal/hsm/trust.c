/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, HSM. What is asked about a key: a table of attributes.
 */
#include "seal/hsm/trust.h"

#include "util/log.h"

/* What an attribute tells, and so for which keys it counts. */
enum about {
	GUARD,                  /* who gets at the key: it must be right for all */
	LOGIN,                  /* the same, in an HSM that has a PIN */
	PROVENANCE,             /* whether somebody else can know it */
	USE,                    /* what else it may do */
};

struct wanted {
	CK_ATTRIBUTE_TYPE type;
	CK_BBOOL value;
	enum about about;
	const char *otherwise;
};

static const struct wanted guards[] = {
	{ CKA_EXTRACTABLE, CK_FALSE, GUARD, "can leave the HSM" },
	{ CKA_SENSITIVE, CK_TRUE, GUARD, "can be read in the HSM" },
	{ CKA_TOKEN, CK_TRUE, GUARD, "ends with its session" },
};

static const struct wanted origins[] = {
	{ CKA_PRIVATE, CK_TRUE, LOGIN, "is public, so it took no PIN to put it there" },
	{ CKA_LOCAL, CK_TRUE, PROVENANCE, "was not made in the HSM, so somebody may have a copy" },
	{ CKA_ALWAYS_SENSITIVE, CK_TRUE, PROVENANCE, "could once be read in the HSM" },
	{ CKA_NEVER_EXTRACTABLE, CK_TRUE, PROVENANCE, "could once leave the HSM" },
};

#define COUNT(list) (sizeof (list) / sizeof (list)[0])
#define MOST 16                 /* attributes that are asked for */

/* The key that is looked at, and the questions. */
struct look {
	struct sg_client_session *s;
	const char *name;
	CK_OBJECT_HANDLE key;
	enum sg_hsm_origin origin;
	struct wanted wanted[MOST];
	size_t n;
};

enum answer { NO, YES, UNTOLD };

static void add(struct look *l, const struct wanted *wanted, size_t n)
{
	for (size_t i = 0; i < n && l->n < MOST; i++)
		l->wanted[l->n++] = wanted[i];
}

/* What it may do, and, where it is not of our making, nothing else. */
static void add_uses(struct look *l, const struct sg_hsm_key_kind *kind)
{
	const struct wanted opens = { kind->open, CK_TRUE, GUARD, "may not open what it closes" };

	add(l, &opens, 1);
	for (size_t i = 0; i < kind->n_uses; i++) {
		const struct wanted other = {
			kind->uses[i], CK_FALSE, USE, "may be used for other things too",
		};

		if (l->origin == SG_HSM_FOUND && other.type != kind->open &&
		    other.type != kind->close)
			add(l, &other, 1);
	}
}

/* Ask for n of the attributes from the first on, in one request. */
static CK_RV ask(const struct look *l, size_t first, size_t n, enum answer *answers)
{
	CK_ATTRIBUTE attrs[MOST];
	CK_BBOOL values[MOST];
	CK_RV rv;

	for (size_t i = 0; i < n; i++) {
		values[i] = 0xff;
		attrs[i] = (CK_ATTRIBUTE){ l->wanted[first + i].type, &values[i], 1 };
	}
	rv = l->s->f->C_GetAttributeValue(l->s->handle, l->key, attrs, n);
	for (size_t i = 0; i < n; i++) {
		answers[first + i] = UNTOLD;
		if (rv == CKR_OK && attrs[i].ulValueLen == 1 && values[i] <= CK_TRUE)
			answers[first + i] = values[i] == CK_TRUE ? YES : NO;
	}
	return rv;
}

static bool lacks_one(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE;
}

/* Where one is not known to the HSM, makers differ in what becomes of the others: ask for each. */
static enum sg_err ask_all(const struct look *l, enum answer *answers)
{
	CK_RV rv = ask(l, 0, l->n, answers);

	if (!lacks_one(rv))
		return sg_client_check(l->s, "C_GetAttributeValue", rv);
	rv = CKR_OK;
	for (size_t i = 0; i < l->n && (rv == CKR_OK || lacks_one(rv)); i++)
		rv = ask(l, i, 1, answers);
	return lacks_one(rv) ? SG_OK : sg_client_check(l->s, "C_GetAttributeValue", rv);
}

/* Tell whether the HSM lets nobody in without a PIN. Where it has none, all keys are public. */
static bool asks_for_login(struct sg_client_session *s)
{
	CK_TOKEN_INFO info;

	return s->f->C_GetTokenInfo(s->slot, &info) != CKR_OK ||
	       (info.flags & CKF_LOGIN_REQUIRED) != 0;
}

/* Tell whether a key may be used though this is not as it should be. */
static bool may_pass(const struct look *l, const struct wanted *wanted, enum answer answer)
{
	switch (wanted->about) {
	case GUARD:
		return false;
	case LOGIN:
		return !asks_for_login(l->s);
	case PROVENANCE:
		return l->origin == SG_HSM_NAMED || (l->origin == SG_HSM_MADE && answer == UNTOLD);
	case USE:
		return answer == UNTOLD;
	}
	return false;
}

static enum sg_err judge(const struct look *l, const struct wanted *wanted, enum answer answer)
{
	const char *perhaps = answer == UNTOLD ? "for all that the HSM tells, " : "";

	if (answer == (wanted->value == CK_TRUE ? YES : NO))
		return SG_OK;
	if (!may_pass(l, wanted, answer)) {
		sg_log(SG_LOG_ERROR, "%s of the HSM can't be used: %sit %s", l->name, perhaps,
		       wanted->otherwise);
		return SG_ERR_HSM_MECHANISM;
	}
	if (l->origin == SG_HSM_NAMED)
		sg_log(SG_LOG_NOTICE, "the key of the HSM that its URI names is used, though %sit "
		       "%s", perhaps, wanted->otherwise);
	return SG_OK;
}

static enum sg_err look(const struct look *l)
{
	enum answer answers[MOST];
	enum sg_err err = ask_all(l, answers);

	for (size_t i = 0; i < l->n && err == SG_OK; i++)
		err = judge(l, &l->wanted[i], answers[i]);
	return err;
}

static enum sg_err check_type(struct sg_client_session *s, CK_KEY_TYPE type, CK_OBJECT_HANDLE key)
{
	CK_KEY_TYPE found = 0;
	CK_ATTRIBUTE attr = { CKA_KEY_TYPE, &found, sizeof found };
	enum sg_err err;

	err = sg_client_check(s, "C_GetAttributeValue",
	                      s->f->C_GetAttributeValue(s->handle, key, &attr, 1));
	return err == SG_OK && found != type ? SG_ERR_HSM_MECHANISM : err;
}

enum sg_err sg_hsm_key_check(struct sg_client_session *s, CK_KEY_TYPE type, const char *name,
                             CK_OBJECT_HANDLE key)
{
	struct look l = { .s = s, .name = name, .key = key, .origin = SG_HSM_MADE };
	enum sg_err err = check_type(s, type, key);

	add(&l, guards, COUNT(guards));
	return err == SG_OK ? look(&l) : err;
}

enum sg_err sg_hsm_kept_trust(struct sg_client_session *s, CK_KEY_TYPE type, CK_OBJECT_HANDLE key)
{
	struct look l = {
		.s = s, .name = "the key of this name", .key = key, .origin = SG_HSM_MADE,
	};
	enum sg_err err = check_type(s, type, key);

	add(&l, guards, COUNT(guards));
	add(&l, origins, COUNT(origins));
	return err == SG_OK ? look(&l) : err;
}

enum sg_err sg_hsm_trust(struct sg_client_session *s, const struct sg_hsm_key_kind *kind,
                         enum sg_hsm_origin origin, CK_OBJECT_HANDLE key)
{
	struct look l = { .s = s, .name = kind->label, .key = key, .origin = origin };

	add(&l, guards, COUNT(guards));
	add(&l, origins, COUNT(origins));
	add_uses(&l, kind);
	return look(&l);
}
