/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Reading objects from tokens. All that a token says is hostile.
 */
#include "provider/objects.h"

#include <stdlib.h>
#include <string.h>

#include <signet/pkcs11.h>

#include "client/tokens.h"
#include "client/visit.h"
#include "crypto/certificate.h"
#include "crypto/spki.h"
#include "provider/point.h"
#include "provider/reason.h"
#include "util/log.h"

#define OBJECTS_MAX 256         /* of one class in one token */
#define NAME_MAX_LEN 255        /* bytes of CKA_ID and of CKA_LABEL that we go by */
#define PARAMS_MAX 64
#define CERTIFICATE_MAX 65536

enum sg_err sg_prov_uri_read(const char *text, P11KitUri **uri, struct sg_secret **pin)
{
	const char *value;
	enum sg_err err = SG_OK;
	int rc;

	*pin = NULL;
	*uri = p11_kit_uri_new();
	if (*uri == NULL)
		return SG_ERR_NOMEM;
	rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, *uri);
	if (rc != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(*uri)) {
		sg_log(SG_LOG_ERROR, "the URI can't be read: %s",
		       rc != P11_KIT_URI_OK ? p11_kit_uri_message(rc) : "it has an unknown part");
		err = SG_ERR_FORMAT;
	}
	value = err == SG_OK ? p11_kit_uri_get_pin_value(*uri) : NULL;
	if (value != NULL) {
		err = sg_secret_copy(sg_bytes_str(value), pin);
		explicit_bzero((char *)value, strlen(value));
		p11_kit_uri_set_pin_value(*uri, NULL);
	}
	if (err != SG_OK) {
		p11_kit_uri_free(*uri);
		*uri = NULL;
	}
	return err;
}

/* Tell whether the URI leaves the choice of the module to the configuration, or makes the same. */
static bool is_allowed(const struct sg_provider *provider, P11KitUri *uri)
{
	const char *path = p11_kit_uri_get_module_path(uri);

	return (path == NULL || sg_prov_section_is_module(&provider->section, path)) &&
	       p11_kit_uri_get_module_name(uri) == NULL;
}

bool sg_prov_uri_open(struct sg_provider *provider, const char *text, P11KitUri **uri,
                      struct sg_secret **pin)
{
	enum sg_err err = sg_prov_uri_read(text, uri, pin);

	if (err == SG_OK && is_allowed(provider, *uri))
		return true;
	if (err == SG_OK)
		sg_prov_raise(provider, SG_PROV_OTHER_MODULE);
	else if (err == SG_ERR_FORMAT)
		sg_prov_raise(provider, SG_PROV_URI);
	else
		sg_prov_raise_err(provider, err);
	p11_kit_uri_free(*uri);
	*uri = NULL;
	sg_secret_free(pin);
	return false;
}

void sg_prov_objects_free(struct sg_prov_objects *objects)
{
	for (size_t i = 0; i < objects->n; i++) {
		sg_prov_key_free(&objects->items[i].key);
		sg_buf_free(&objects->items[i].der);
	}
	free(objects->items);
	*objects = (struct sg_prov_objects){ NULL };
}

/* Make room for one more, all zero; NULL where memory is exhausted. */
static struct sg_prov_object *add(struct sg_prov_objects *objects, unsigned class)
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
	struct sg_provider *provider;
	struct sg_prov_link *link;
	P11KitUri *uri;
	unsigned classes;
	struct sg_prov_objects *out;
};

/* Read an attribute; what is not there, or too long, is empty. */
static enum sg_err get(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                       CK_ATTRIBUTE_TYPE type, void *out, CK_ULONG max, CK_ULONG *len)
{
	CK_ATTRIBUTE attribute = { type, out, max };
	CK_RV rv = s->f->C_GetAttributeValue(s->handle, object, &attribute, 1);

	*len = 0;
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ||
	    rv == CKR_BUFFER_TOO_SMALL)
		return SG_OK;
	if (rv == CKR_OK && attribute.ulValueLen <= max)
		*len = attribute.ulValueLen;
	return sg_client_check(s, "C_GetAttributeValue", rv);
}

static enum sg_err get_buf(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                           CK_ATTRIBUTE_TYPE type, struct sg_buf *out)
{
	uint8_t value[NAME_MAX_LEN];
	CK_ULONG len;
	enum sg_err err = get(s, object, type, value, sizeof value, &len);

	return err == SG_OK ? sg_buf_set(out, sg_bytes(value, len)) : err;
}

static enum sg_err get_bool(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                            CK_ATTRIBUTE_TYPE type, bool absent, bool *out)
{
	CK_BBOOL value = CK_FALSE;
	CK_ULONG len;
	enum sg_err err = get(s, object, type, &value, sizeof value, &len);

	*out = len == sizeof value ? value != CK_FALSE : absent;
	return err;
}

/* Find the kind of a key; NULL for one that is none of ours. */
static enum sg_err get_kind(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                            const struct sg_prov_kind **kind)
{
	CK_KEY_TYPE type = 0;
	uint8_t params[PARAMS_MAX];
	CK_ULONG len, params_len = 0;
	enum sg_err err = get(s, object, CKA_KEY_TYPE, &type, sizeof type, &len);

	*kind = NULL;
	if (err == SG_OK && len == sizeof type && (type == CKK_EC || type == CKK_EC_EDWARDS))
		err = get(s, object, CKA_EC_PARAMS, params, sizeof params, &params_len);
	if (err == SG_OK && params_len > 0)
		*kind = sg_prov_point_kind(type, sg_bytes(params, params_len));
	return err;
}

/* Put the point of an object into the key, unless it has none of the right form. */
static enum sg_err take_point(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                              struct sg_prov_key *key)
{
	uint8_t value[SG_PROV_POINT_MAX + 8];
	struct sg_bytes point;
	CK_ULONG len;
	enum sg_err err = get(s, object, CKA_EC_POINT, value, sizeof value, &len);

	point = sg_prov_point_read(key->kind, sg_bytes(value, len));
	if (err == SG_OK && point.len > 0)
		(void)sg_prov_key_set_point(key, point);
	return err;
}

/* Read a certificate's DER. */
static enum sg_err get_certificate(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                                   struct sg_buf *out)
{
	CK_ULONG len = 0;
	enum sg_err err = sg_buf_reserve(out, CERTIFICATE_MAX);

	if (err == SG_OK)
		err = get(s, object, CKA_VALUE, out->data, CERTIFICATE_MAX, &len);
	out->len = err == SG_OK ? len : 0;
	return err;
}

static enum sg_err take_certified(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                                  struct sg_prov_key *key)
{
	struct sg_buf certificate = { 0 }, spki = { 0 };
	struct sg_bytes point;
	enum sg_err err = get_certificate(s, object, &certificate);

	if (err == SG_OK && sg_certificate_key(sg_buf_bytes(&certificate), &spki) == SG_OK) {
		point = sg_prov_point_of_spki(key->kind, sg_buf_bytes(&spki));
		if (point.len > 0)
			(void)sg_prov_key_set_point(key, point);
	}
	sg_buf_free(&spki);
	sg_buf_free(&certificate);
	return err;
}

/* Find the public half in another object with the same CKA_ID, or label where there is no id. */
static enum sg_err find_point(struct sg_client_session *s, struct sg_prov_key *key,
                              CK_OBJECT_CLASS class,
                              enum sg_err (*take)(struct sg_client_session *s,
                                                  CK_OBJECT_HANDLE object,
                                                  struct sg_prov_key *key))
{
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_ID, key->id.data, key->id.len },
	};
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 0;
	enum sg_err err = SG_OK;

	if (key->id.len == 0)
		template[1] = (CK_ATTRIBUTE){ CKA_LABEL, key->label.data, key->label.len };
	if (key->has_point || template[1].ulValueLen == 0)
		return SG_OK;
	err = sg_client_find(s, template, 2, found, 8, &n);
	for (CK_ULONG i = 0; i < n && err == SG_OK && !key->has_point; i++)
		err = take(s, found[i], key);
	return err;
}

static enum sg_err fill_private(struct sg_client_session *s, CK_OBJECT_HANDLE object,
                                struct sg_prov_key *key)
{
	enum sg_err err = get_buf(s, object, CKA_ID, &key->id);

	if (err == SG_OK)
		err = get_buf(s, object, CKA_LABEL, &key->label);
	if (err == SG_OK)
		err = take_point(s, object, key);
	if (err == SG_OK)
		err = find_point(s, key, CKO_PUBLIC_KEY, take_point);
	if (err == SG_OK)
		err = find_point(s, key, CKO_CERTIFICATE, take_certified);
	return err;
}

static enum sg_err read_private(struct sg_client_session *s, const struct search *search,
                                CK_OBJECT_HANDLE object)
{
	const struct sg_prov_kind *kind = NULL;
	struct sg_prov_object *item;
	struct sg_prov_key *key = NULL;
	bool signs = false, asks = false;
	enum sg_err err = get_kind(s, object, &kind);

	if (err == SG_OK && kind != NULL)
		err = get_bool(s, object, CKA_SIGN, true, &signs);
	if (err == SG_OK && signs)
		err = get_bool(s, object, CKA_ALWAYS_AUTHENTICATE, false, &asks);
	if (err != SG_OK || kind == NULL || !signs)
		return err;
	if (asks) {
		sg_log(SG_LOG_ERROR, "a key asks for a PIN of its own each time; that is not done "
		       "here");
		return SG_OK;
	}
	err = sg_prov_key_new(search->provider, kind, &key);
	if (err == SG_OK)
		err = fill_private(s, object, key);
	if (err == SG_OK && !key->has_point) {
		sg_log(SG_LOG_ERROR, "the token does not show the public half of a key; put it, or "
		       "a certificate, there with the same CKA_ID");
	} else if (err == SG_OK) {
		item = add(search->out, SG_PROV_PRIVATE);
		err = item != NULL ? SG_OK : SG_ERR_NOMEM;
		if (item != NULL) {
			key->link = search->link;
			item->key = sg_prov_key_share(key);
		}
	}
	sg_prov_key_free(&key);
	return err;
}

static enum sg_err read_public(struct sg_client_session *s, const struct search *search,
                               CK_OBJECT_HANDLE object)
{
	const struct sg_prov_kind *kind = NULL;
	struct sg_prov_object *item;
	struct sg_prov_key *key = NULL;
	enum sg_err err = get_kind(s, object, &kind);

	if (err != SG_OK || kind == NULL)
		return err;
	err = sg_prov_key_new(search->provider, kind, &key);
	if (err == SG_OK)
		err = take_point(s, object, key);
	if (err == SG_OK && key->has_point) {
		item = add(search->out, SG_PROV_PUBLIC);
		err = item == NULL ? SG_ERR_NOMEM
		                   : sg_spki_der(kind->algorithm, sg_prov_key_point(key),
		                                 &item->der);
	}
	sg_prov_key_free(&key);
	return err;
}

static enum sg_err read_certificate(struct sg_client_session *s, const struct search *search,
                                    CK_OBJECT_HANDLE object)
{
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	struct sg_prov_object *item;
	struct sg_buf der = { 0 };
	CK_ULONG len;
	enum sg_err err = get(s, object, CKA_CERTIFICATE_TYPE, &type, sizeof type, &len);

	if (err != SG_OK || type != CKC_X_509)
		return err;
	err = get_certificate(s, object, &der);
	if (err == SG_OK && der.len > 0) {
		item = add(search->out, SG_PROV_CERTIFICATE);
		err = item != NULL ? sg_buf_set(&item->der, sg_buf_bytes(&der)) : SG_ERR_NOMEM;
	}
	sg_buf_free(&der);
	return err;
}

struct class {
	unsigned flag;
	CK_OBJECT_CLASS class;
	enum sg_err (*read)(struct sg_client_session *s, const struct search *search,
	                    CK_OBJECT_HANDLE object);
};

/* In the order in which they are given out. */
static const struct class classes[] = {
	{ SG_PROV_PRIVATE, CKO_PRIVATE_KEY, read_private },
	{ SG_PROV_PUBLIC, CKO_PUBLIC_KEY, read_public },
	{ SG_PROV_CERTIFICATE, CKO_CERTIFICATE, read_certificate },
};

/* Tell whether a URI lets a class be looked for. */
static bool has_class(P11KitUri *uri, CK_OBJECT_CLASS class)
{
	const CK_ATTRIBUTE *wanted = p11_kit_uri_get_attribute(uri, CKA_CLASS);

	return wanted == NULL || (wanted->ulValueLen == sizeof class &&
	                          memcmp(wanted->pValue, &class, sizeof class) == 0);
}

static enum sg_err find_class(struct sg_client_session *s, const struct search *search,
                              const struct class *class)
{
	CK_OBJECT_CLASS number = class->class;
	CK_ATTRIBUTE template[3] = { { CKA_CLASS, &number, sizeof number } };
	const CK_ATTRIBUTE_TYPE names[] = { CKA_ID, CKA_LABEL };
	CK_OBJECT_HANDLE found[OBJECTS_MAX];
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
	err = sg_client_find(s, template, n, found, OBJECTS_MAX, &n_found);
	if (err == SG_OK && n_found == OBJECTS_MAX)
		err = SG_ERR_RANGE;
	for (CK_ULONG i = 0; i < n_found && err == SG_OK; i++)
		err = class->read(s, search, found[i]);
	return err;
}

/* It may run twice, so what the first run found of this token is taken back. */
static enum sg_err find_in_session(struct sg_client_session *s, void *arg)
{
	const struct search *search = arg;
	struct sg_prov_objects *out = search->out;
	const size_t before = out->n;
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < sizeof classes / sizeof classes[0] && err == SG_OK; i++)
		err = find_class(s, search, &classes[i]);
	while (err != SG_OK && out->n > before) {
		out->n--;
		sg_prov_key_free(&out->items[out->n].key);
		sg_buf_free(&out->items[out->n].der);
	}
	return err;
}

/* Write the URI of one token, with the way to its PIN. The caller frees *text. */
static enum sg_err write_uri(const struct sg_provider *provider, P11KitUri *wanted,
                             const CK_TOKEN_INFO *token, bool has_pin, char **text)
{
	const char *pin_source = p11_kit_uri_get_pin_source(wanted);
	P11KitUri *uri = p11_kit_uri_new();
	enum sg_err err = SG_ERR_NOMEM;
	CK_TOKEN_INFO *info;

	*text = NULL;
	if (uri == NULL)
		return SG_ERR_NOMEM;
	info = p11_kit_uri_get_token_info(uri);
	memcpy(info->label, token->label, sizeof info->label);
	memcpy(info->manufacturerID, token->manufacturerID, sizeof info->manufacturerID);
	memcpy(info->model, token->model, sizeof info->model);
	memcpy(info->serialNumber, token->serialNumber, sizeof info->serialNumber);
	if (provider->section.module != NULL)
		p11_kit_uri_set_module_path(uri, provider->section.module);
	if (pin_source == NULL)
		pin_source = provider->section.pin_source;
	if (!has_pin && pin_source != NULL)
		p11_kit_uri_set_pin_source(uri, pin_source);
	if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, text) == P11_KIT_URI_OK)
		err = SG_OK;
	p11_kit_uri_free(uri);
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
	enum sg_err err = write_uri(search->provider, search->uri, token, pin != NULL, &uri);

	/* What everybody sees needs no PIN. */
	if (err == SG_OK && !wants_private(search)) {
		err = sg_client_visit(uri, find_in_session, search);
	} else if (err == SG_OK) {
		err = sg_prov_link_find(search->provider, uri, pin, &search->link);
		if (err == SG_OK)
			err = sg_prov_link_do(search->link, asker, find_in_session, search);
	}
	free(uri);
	return err;
}

enum sg_err sg_prov_objects_find(struct sg_provider *provider, P11KitUri *uri,
                                 const struct sg_secret *pin, const struct sg_prov_asker *asker,
                                 unsigned wanted, struct sg_prov_objects *out)
{
	struct search search = { .provider = provider, .uri = uri, .classes = wanted, .out = out };
	CK_TOKEN_INFO *tokens = NULL;
	size_t n = 0;
	enum sg_err err;

	sg_prov_begin();
	err = sg_client_tokens(uri, provider->section.module, &tokens, &n);
	if (err == SG_OK && n == 0)
		err = SG_ERR_HSM_MISSING;
	for (size_t i = 0; i < n && err == SG_OK; i++)
		err = find_in_token(&search, &tokens[i], pin, asker);
	free(tokens);
	return err;
}
