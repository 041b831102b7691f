/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Finding objects in tokens.
 */
#include "provider/objects.h"

#include <stdlib.h>
#include <string.h>

#include "client/tokens.h"
#include "client/visit.h"
#include "provider/object_read.h"
#include "provider/reason.h"
#include "provider/uri.h"

#define OBJECTS_MAX 256         /* of one class in one token */

void sg_prov_objects_free(struct sg_prov_objects *objects)
{
	for (size_t i = 0; i < objects->n; i++) {
		sg_prov_key_free(&objects->items[i].key);
		sg_buf_free(&objects->items[i].der);
	}
	free(objects->items);
	*objects = (struct sg_prov_objects){ NULL };
}

struct sg_prov_object *sg_prov_objects_add(struct sg_prov_objects *objects, unsigned class)
{
	struct sg_prov_object *items = objects->items;
	size_t cap = objects->cap;

	if (objects->n == cap) {
		cap = cap == 0 ? 8 : 2 * cap;
		items = reallocarray(items, cap, sizeof *items);
		if (items == NULL)
			return NULL;
		objects->items = items;
		objects->cap = cap;
	}
	items[objects->n] = (struct sg_prov_object){ .class = class };
	return &items[objects->n++];
}

struct search {
	struct sg_prov_reader reader;
	P11KitUri *uri;
	unsigned classes;
};

/* Tell whether a URI lets a class be looked for. */
static bool has_class(P11KitUri *uri, CK_OBJECT_CLASS class)
{
	const CK_ATTRIBUTE *wanted = p11_kit_uri_get_attribute(uri, CKA_CLASS);

	return wanted == NULL || (wanted->ulValueLen == sizeof class &&
	                          memcmp(wanted->pValue, &class, sizeof class) == 0);
}

static enum sg_err find_class(struct sg_client_session *s, const struct search *search,
                              const struct sg_prov_class *class)
{
	CK_OBJECT_CLASS number = class->class;
	CK_ATTRIBUTE template[3] = { { CKA_CLASS, &number, sizeof number } };
	const CK_ATTRIBUTE_TYPE names[] = { CKA_ID, CKA_LABEL };
	CK_OBJECT_HANDLE found[OBJECTS_MAX + 1];
	CK_ULONG n = 1, n_found = 0;
	CK_ATTRIBUTE *attribute;
	enum sg_err err;

	if ((search->classes & class->flag) == 0 || !has_class(search->uri, class->class))
		return SG_OK;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		attribute = p11_kit_uri_get_attribute(search->uri, names[i]);
		if (attribute != NULL)
			template[n++] = *attribute;
	}
	err = sg_client_find(s, template, n, found, OBJECTS_MAX + 1, &n_found);
	if (err == SG_OK && n_found > OBJECTS_MAX)
		err = SG_ERR_RANGE;
	for (CK_ULONG i = 0; i < n_found && err == SG_OK; i++)
		err = class->read(s, &search->reader, found[i]);
	return err;
}

/* It may run twice, so what the first run found of this token is taken back. */
static enum sg_err find_in_session(struct sg_client_session *s, void *arg)
{
	const struct search *search = arg;
	struct sg_prov_objects *out = search->reader.out;
	const size_t before = out->n;
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < SG_PROV_CLASSES && err == SG_OK; i++)
		err = find_class(s, search, &sg_prov_classes[i]);
	while (err != SG_OK && out->n > before) {
		out->n--;
		sg_prov_key_free(&out->items[out->n].key);
		sg_buf_free(&out->items[out->n].der);
	}
	return err;
}

static bool wants_private(const struct search *search)
{
	return (search->classes & SG_PROV_PRIVATE) != 0 &&
	       has_class(search->uri, CKO_PRIVATE_KEY);
}

static enum sg_err find_in_token(struct search *search, const CK_TOKEN_INFO *token,
                                 const struct sg_secret *pin, const struct sg_prov_asker *asker)
{
	char *uri = NULL;
	enum sg_err err = sg_prov_uri_of_token(search->reader.provider, search->uri, token,
	                                       pin != NULL, &uri);

	/* What everybody sees needs no PIN. */
	if (err == SG_OK && !wants_private(search)) {
		err = sg_client_visit(uri, find_in_session, search);
	} else if (err == SG_OK) {
		err = sg_prov_link_find(search->reader.provider, uri, pin, &search->reader.link);
		if (err == SG_OK)
			err = sg_prov_link_do(search->reader.link, asker, find_in_session, search);
	}
	free(uri);
	return err;
}

enum sg_err sg_prov_objects_find(struct sg_provider *provider, P11KitUri *uri,
                                 const struct sg_secret *pin, const struct sg_prov_asker *asker,
                                 unsigned wanted, struct sg_prov_objects *out)
{
	struct search search = { { provider, NULL, out }, uri, wanted };
	const size_t before = out->n;
	CK_TOKEN_INFO *tokens = NULL;
	enum sg_err err, one;
	size_t n = 0;

	sg_prov_begin();
	err = sg_client_tokens(uri, provider->section.module, &tokens, &n);
	out->no_module = err == SG_ERR_HSM_MISSING || err == SG_ERR_CONFIG;
	if (err == SG_OK && n == 0)
		err = SG_ERR_HSM_MISSING;
	/* One that does not open takes nothing away from what the others have. */
	for (size_t i = 0; i < n && err != SG_ERR_NOMEM; i++) {
		one = find_in_token(&search, &tokens[i], pin, asker);
		if (one == SG_ERR_NOMEM || err == SG_OK)
			err = one;
	}
	free(tokens);
	return out->n > before && err != SG_ERR_NOMEM ? SG_OK : err;
}

int sg_prov_objects_raise(const struct sg_prov_objects *objects,
                          const struct sg_provider *provider, enum sg_err err)
{
	if (objects->no_module)
		return sg_prov_raise(provider, SG_PROV_MODULE);
	if (objects->asks && err == SG_ERR_NOT_FOUND)
		return sg_prov_raise(provider, SG_PROV_KEY_PIN);
	return sg_prov_raise_err(provider, err);
}
