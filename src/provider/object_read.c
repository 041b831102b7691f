/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. Reading one object of a token. All that a token says is hostile.
 */
#include "provider/object_read.h"

#include <string.h>

#include <signet/pkcs11.h>

#include "crypto/certificate.h"
#include "crypto/spki.h"
#include "provider/point.h"
#include "util/log.h"

#define NAME_MAX_LEN 255        /* bytes of CKA_ID and of CKA_LABEL that we go by */
#define PARAMS_MAX 64
#define CERTIFICATE_MAX 65536

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

static enum sg_err read_private(struct sg_client_session *s,
                                const struct sg_prov_reader *reader, CK_OBJECT_HANDLE object)
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
	if (err == SG_OK && signs && !asks)
		err = get_bool(s, object, CKA_SIGNET_HAS_PIN, false, &asks);
	if (err != SG_OK || kind == NULL || !signs)
		return err;
	/* A file that gave it to every process would be what such a PIN is against; and wrong ones
	 * count against the TPM, for each signature that is tried. */
	if (asks) {
		reader->out->asks = true;
		return SG_OK;
	}
	err = sg_prov_key_new(reader->provider, kind, &key);
	if (err == SG_OK)
		err = fill_private(s, object, key);
	if (err == SG_OK && !key->has_point) {
		sg_log(SG_LOG_ERROR, "the token does not show the public half of a key; put it, or "
		       "a certificate, there with the same CKA_ID");
	} else if (err == SG_OK) {
		item = sg_prov_objects_add(reader->out, SG_PROV_PRIVATE);
		err = item != NULL ? SG_OK : SG_ERR_NOMEM;
		if (item != NULL) {
			key->link = reader->link;
			item->key = sg_prov_key_share(key);
		}
	}
	sg_prov_key_free(&key);
	return err;
}

static enum sg_err read_public(struct sg_client_session *s,
                               const struct sg_prov_reader *reader, CK_OBJECT_HANDLE object)
{
	const struct sg_prov_kind *kind = NULL;
	struct sg_prov_object *item;
	struct sg_prov_key *key = NULL;
	enum sg_err err = get_kind(s, object, &kind);

	if (err != SG_OK || kind == NULL)
		return err;
	err = sg_prov_key_new(reader->provider, kind, &key);
	if (err == SG_OK)
		err = take_point(s, object, key);
	if (err == SG_OK && key->has_point) {
		item = sg_prov_objects_add(reader->out, SG_PROV_PUBLIC);
		err = item == NULL ? SG_ERR_NOMEM
		                   : sg_spki_der(kind->algorithm, sg_prov_key_point(key),
		                                 &item->der);
	}
	sg_prov_key_free(&key);
	return err;
}

static enum sg_err read_certificate(struct sg_client_session *s,
                                    const struct sg_prov_reader *reader, CK_OBJECT_HANDLE object)
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
		item = sg_prov_objects_add(reader->out, SG_PROV_CERTIFICATE);
		err = item != NULL ? sg_buf_set(&item->der, sg_buf_bytes(&der)) : SG_ERR_NOMEM;
	}
	sg_buf_free(&der);
	return err;
}

/* In the order in which they are given out. */
const struct sg_prov_class sg_prov_classes[SG_PROV_CLASSES] = {
	{ SG_PROV_PRIVATE, CKO_PRIVATE_KEY, read_private },
	{ SG_PROV_PUBLIC, CKO_PUBLIC_KEY, read_public },
	{ SG_PROV_CERTIFICATE, CKO_CERTIFICATE, read_certificate },
};
