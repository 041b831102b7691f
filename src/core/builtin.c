/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Built-in objects. Each is made when it is looked at; its handle is its place in the
 * list of the profiles followed by the mechanisms.
 */
#include "core/builtin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr_table.h"
#include "core/mech.h"
#include "core/template.h"

/* Those whose conditions are all met [PKCS#11 Profiles 3.1 §2]. The extended provider's and
 * the authentication token's test cases use RSA; what certificates a token holds is its
 * owner's affair. */
static const struct {
	CK_ULONG id;
	const char *name;
} profiles[] = {
	{ CKP_BASELINE_PROVIDER, "CKP_BASELINE_PROVIDER" },
	{ CKP_HKDF_TLS_TOKEN, "CKP_HKDF_TLS_TOKEN" },
};

#define PROFILES (sizeof profiles / sizeof profiles[0])

/* What one of them is. */
struct builtin {
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE_TYPE type;         /* of the attribute that says which it is */
	CK_ULONG value;
	const char *name;
};

/* Return how many there are. */
static size_t count_all(void)
{
	size_t n;

	sg_mechs(&n);
	return PROFILES + n;
}

/* Tell whether a token has the one at a place, which is below count_all. */
static bool is_there(struct sg_token *token, size_t at)
{
	const struct sg_mech *const *mechs;
	size_t n;

	mechs = sg_mechs(&n);
	return at < PROFILES || sg_mech_flags(mechs[at - PROFILES], token) != 0;
}

/* Describe the one at a place, which is below count_all. */
static struct builtin describe(size_t at)
{
	const struct sg_mech *const *mechs;
	size_t n;

	if (at < PROFILES)
		return (struct builtin){ CKO_PROFILE, CKA_PROFILE_ID, profiles[at].id,
			                 profiles[at].name };
	mechs = sg_mechs(&n);
	return (struct builtin){ CKO_MECHANISM, CKA_MECHANISM_TYPE, mechs[at - PROFILES]->type,
		                 mechs[at - PROFILES]->name };
}

static enum sg_err set_flags(struct sg_attrs *attrs)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		bool value;
	} flags[] = {
		{ CKA_TOKEN, true }, { CKA_PRIVATE, false }, { CKA_MODIFIABLE, false },
		{ CKA_COPYABLE, false }, { CKA_DESTROYABLE, false },
	};
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < sizeof flags / sizeof flags[0] && err == SG_OK; i++)
		err = sg_attrs_set_bool(attrs, flags[i].type, flags[i].value);
	return err;
}

static enum sg_err make(size_t at, struct sg_object **out)
{
	const struct builtin builtin = describe(at);
	struct sg_attrs attrs = { 0 };
	char id[32];
	enum sg_err err;

	snprintf(id, sizeof id, "builtin-%lx-%lx", builtin.class, builtin.value);
	err = set_flags(&attrs);
	if (err == SG_OK)
		err = sg_attrs_set_ulong(&attrs, CKA_CLASS, builtin.class);
	if (err == SG_OK)
		err = sg_attrs_set_ulong(&attrs, builtin.type, builtin.value);
	if (err == SG_OK)
		err = sg_attrs_set(&attrs, CKA_LABEL, sg_bytes_str(builtin.name));
	if (err == SG_OK)
		err = sg_attrs_set(&attrs, CKA_UNIQUE_ID, sg_bytes_str(id));
	if (err == SG_OK)
		err = sg_object_builtin(&attrs, out);
	sg_attrs_free(&attrs);
	return err;
}

bool sg_builtin_asked(const CK_ATTRIBUTE *template, CK_ULONG n)
{
	const CK_ATTRIBUTE *attr = sg_template_find(template, n, CKA_CLASS);
	CK_OBJECT_CLASS class;

	if (attr == NULL || attr->ulValueLen != sizeof class)
		return false;
	memcpy(&class, attr->pValue, sizeof class);
	return (sg_attr_class_bit(class) & SG_IN_BUILTIN) != 0;
}

enum sg_err sg_builtin_find(struct sg_token *token, const CK_ATTRIBUTE *template, CK_ULONG n,
                            CK_OBJECT_HANDLE **handles, size_t *count)
{
	const size_t all = count_all();
	enum sg_err err = SG_OK;

	*count = 0;
	*handles = calloc(all, sizeof **handles);
	if (*handles == NULL)
		return SG_ERR_NOMEM;
	for (size_t at = 0; at < all && err == SG_OK; at++) {
		struct sg_object *object = NULL;

		if (!is_there(token, at))
			continue;
		err = make(at, &object);
		if (err == SG_OK && sg_object_matches(object, template, n))
			(*handles)[(*count)++] = at + 1;
		sg_object_unref(&object);
	}
	if (err != SG_OK) {
		free(*handles);
		*handles = NULL;
		*count = 0;
	}
	return err;
}

enum sg_err sg_builtin_object(struct sg_token *token, CK_OBJECT_HANDLE handle,
                              struct sg_object **out)
{
	*out = NULL;
	if (handle == CK_INVALID_HANDLE || handle > count_all() || !is_there(token, handle - 1))
		return SG_ERR_NOT_FOUND;
	return make(handle - 1, out);
}
