/* SPDX-License-Identifier: Apache-2.0
 *
 * Interop tests. How vaults look for their keys, and how Vault makes them. Every value is asked
 * for twice, first for its size.
 */
#include "interop/vault_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ask for attributes as miekg/pkcs11 does; the caller frees the values. */
static bool get(struct vault *v, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attr,
                CK_ULONG n)
{
	if (!vault_ok(v->f->C_GetAttributeValue(s, object, attr, n), "C_GetAttributeValue"))
		return false;
	for (CK_ULONG i = 0; i < n; i++) {
		attr[i].pValue = calloc(attr[i].ulValueLen + 1, 1);
		if (attr[i].pValue == NULL)
			return vault_fail("no memory");
	}
	return vault_ok(v->f->C_GetAttributeValue(s, object, attr, n), "C_GetAttributeValue");
}

/* Get two numbers of one or eight bytes. */
static bool get_two(struct vault *v, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object,
                    const CK_ATTRIBUTE_TYPE types[2], CK_ULONG size, CK_ULONG out[2])
{
	CK_ATTRIBUTE attr[2] = { { types[0], NULL, 0 }, { types[1], NULL, 0 } };
	bool fine = get(v, s, object, attr, 2);

	for (int i = 0; i < 2; i++) {
		out[i] = 0;
		if (fine && attr[i].ulValueLen != size)
			fine = vault_fail("an attribute has another size");
		if (fine)
			memcpy(&out[i], attr[i].pValue, size);
		free(attr[i].pValue);
	}
	return fine;
}

/* Tell whether it is a key of that type that may be used so: it is asked about both uses. */
static bool fits(struct vault *v, CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_KEY_TYPE type,
                 const CK_ATTRIBUTE_TYPE uses[2], bool second)
{
	static const CK_ATTRIBUTE_TYPE kinds[2] = { CKA_CLASS, CKA_KEY_TYPE };
	CK_ULONG value[2];

	if (!get_two(v, s, key, kinds, sizeof(CK_ULONG), value))
		return false;
	if (value[0] != CKO_SECRET_KEY || value[1] != type)
		return vault_fail("the object is no secret key of that type");
	if (v->kind->looks_apart)               /* the pooled client asks no further */
		return true;
	return get_two(v, s, key, uses, sizeof(CK_BBOOL), value) &&
	       (value[second] == CK_TRUE || vault_fail("the key lacks that use"));
}

/* Search without a class: two objects would be a pair. */
static bool search(struct vault *v, CK_SESSION_HANDLE s, const char *label, const char *id,
                   CK_OBJECT_HANDLE found[2], CK_ULONG *n)
{
	CK_ATTRIBUTE template[2];
	CK_BYTE bytes[VAULT_TEXT];
	CK_ULONG attrs = 0, len = 0;

	for (unsigned byte; sscanf(id + 2 * len, "%2x", &byte) == 1; len++)
		bytes[len] = (CK_BYTE)byte;
	if (len > 0)
		template[attrs++] = (CK_ATTRIBUTE){ CKA_ID, bytes, len };
	if (label[0] != '\0')
		template[attrs++] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)label, strlen(label) };
	return vault_ok(v->f->C_FindObjectsInit(s, template, attrs), "C_FindObjectsInit") &&
	       vault_ok(v->f->C_FindObjects(s, found, 2, n), "C_FindObjects") &&
	       vault_ok(v->f->C_FindObjectsFinal(s), "C_FindObjectsFinal");
}

/* The template of generate_key = true: for both keys the same but for the last two. */
static bool generate(struct vault *v, CK_SESSION_HANDLE s, const char *label, bool code,
                     CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { code ? CKM_GENERIC_SECRET_KEY_GEN : CKM_AES_KEY_GEN, NULL, 0 };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = code ? CKK_GENERIC_SECRET : CKK_AES;
	CK_ULONG len = 32;
	CK_BYTE id[4];
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_VALUE_LEN, &len, sizeof len },
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_ID, id, sizeof id },
		{ CKA_PRIVATE, &yes, 1 },
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &no, 1 },
		{ code ? CKA_SIGN : CKA_ENCRYPT, &yes, 1 },
		{ code ? CKA_VERIFY : CKA_DECRYPT, &yes, 1 },
		{ CKA_WRAP, &yes, 1 },
		{ CKA_UNWRAP, &yes, 1 },
	};
	const CK_ULONG n = sizeof template / sizeof template[0];

	return vault_ok(v->f->C_GenerateRandom(s, id, sizeof id), "C_GenerateRandom") &&
	       vault_ok(v->f->C_GenerateKey(s, &mechanism, template, code ? n - 2 : n, key),
	                "C_GenerateKey");
}

static bool find_or_make(struct vault *v, CK_SESSION_HANDLE s, const char *label, const char *id,
                         bool code, CK_OBJECT_HANDLE *key)
{
	CK_OBJECT_HANDLE found[2] = { 0 };
	CK_ULONG n = 0;

	if (!search(v, s, label, id, found, &n))
		return false;
	*key = found[0];
	if (n == 0 && v->kind->codes && strcmp(v->config.generate_key, "true") == 0)
		return generate(v, s, label, code, key);
	return n == 1 || vault_fail(n == 0 ? "no key found" : "more than one object has that name");
}

bool vault_find(struct vault *v, CK_SESSION_HANDLE s, const char *label, const char *id,
                bool decrypts, CK_OBJECT_HANDLE *key)
{
	static const CK_ATTRIBUTE_TYPE uses[2] = { CKA_ENCRYPT, CKA_DECRYPT };

	return find_or_make(v, s, label, id, false, key) &&
	       fits(v, s, *key, CKK_AES, uses, decrypts);
}

bool vault_find_code_key(struct vault *v, CK_SESSION_HANDLE s, bool checks, CK_OBJECT_HANDLE *key)
{
	static const CK_ATTRIBUTE_TYPE uses[2] = { CKA_SIGN, CKA_VERIFY };

	return find_or_make(v, s, v->config.hmac_key_label, "", true, key) &&
	       fits(v, s, *key, CKK_GENERIC_SECRET, uses, checks);
}
