/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Templates.
 */
#include "fuzz/template.h"

#include <string.h>

#include "core/attr_table.h"
#include "fuzz/world.h"

#define ATTRS 24
#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A value as it stands in a recipe. */
struct value {
	CK_ATTRIBUTE_TYPE type;
	const void *data;
	CK_ULONG len;
};

#define ULONG(v) &(const CK_ULONG){ v }, sizeof(CK_ULONG)
#define BOOL(v) &(const CK_BBOOL){ v }, sizeof(CK_BBOOL)
#define BYTES(s) s, sizeof s - 1

static const struct {
	enum fuzz_purpose purpose;
	struct value values[8];
} recipes[] = {
	{ FUZZ_GENERATED, { { CKA_VALUE_LEN, ULONG(32) }, { CKA_WRAP, BOOL(1) },
	  { CKA_UNWRAP, BOOL(1) }, { CKA_EXTRACTABLE, BOOL(1) } } },
	{ FUZZ_GENERATED, { { CKA_VALUE_LEN, ULONG(16) }, { CKA_DERIVE, BOOL(1) },
	  { CKA_SIGN, BOOL(1) }, { CKA_VERIFY, BOOL(1) } } },
	{ FUZZ_PUBLIC, { { CKA_EC_PARAMS, BYTES("\x06\x03\x2b\x65\x70") } } },
	{ FUZZ_PUBLIC, { { CKA_EC_PARAMS, BYTES("\x06\x03\x2b\x65\x6e") } } },
	{ FUZZ_PUBLIC, { { CKA_EC_PARAMS, BYTES("\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07") } } },
	{ FUZZ_PRIVATE, { { CKA_DERIVE, BOOL(1) } } },
	{ FUZZ_PRIVATE, { { CKA_SIGN, BOOL(1) }, { CKA_ALWAYS_AUTHENTICATE, BOOL(1) } } },
	{ FUZZ_PRIVATE, { { CKA_SIGN, BOOL(1) }, { CKA_EXTRACTABLE, BOOL(1) } } },
	{ FUZZ_UNWRAPPED, { { CKA_CLASS, ULONG(CKO_SECRET_KEY) }, { CKA_KEY_TYPE, ULONG(CKK_AES) } } },
	{ FUZZ_UNWRAPPED, { { CKA_CLASS, ULONG(CKO_SECRET_KEY) },
	  { CKA_KEY_TYPE, ULONG(CKK_GENERIC_SECRET) } } },
	{ FUZZ_UNWRAPPED, { { CKA_CLASS, ULONG(CKO_SECRET_KEY) },
	  { CKA_KEY_TYPE, ULONG(CKK_GENERIC_SECRET) }, { CKA_VALUE_LEN, ULONG(32) },
	  { CKA_DERIVE, BOOL(1) } } },
	{ FUZZ_UNWRAPPED, { { CKA_CLASS, ULONG(CKO_PRIVATE_KEY) },
	  { CKA_KEY_TYPE, ULONG(CKK_EC_EDWARDS) } } },
	{ FUZZ_UNWRAPPED, { { CKA_CLASS, ULONG(CKO_DATA) }, { CKA_APPLICATION, BYTES("derived") } } },
	{ FUZZ_SOUGHT, { { 0, NULL, 0 } } },
	{ FUZZ_SOUGHT, { { CKA_LABEL, BYTES("a label") }, { CKA_ID, BYTES("id") } } },
	{ FUZZ_SOUGHT, { { CKA_TOKEN, BOOL(1) } } },
	{ FUZZ_SOUGHT, { { CKA_CLASS, ULONG(CKO_PRIVATE_KEY) } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_SECRET_KEY) }, { CKA_KEY_TYPE, ULONG(CKK_AES) },
	  { CKA_VALUE, BYTES("0123456789abcdef") }, { CKA_EXTRACTABLE, BOOL(1) },
	  { CKA_WRAP, BOOL(1) }, { CKA_UNWRAP, BOOL(1) } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_SECRET_KEY) },
	  { CKA_KEY_TYPE, ULONG(CKK_GENERIC_SECRET) }, { CKA_VALUE, BYTES("a secret") },
	  { CKA_EXTRACTABLE, BOOL(1) }, { CKA_SENSITIVE, BOOL(0) }, { CKA_DERIVE, BOOL(1) },
	  { CKA_SIGN, BOOL(1) } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_PRIVATE_KEY) },
	  { CKA_KEY_TYPE, ULONG(CKK_EC_EDWARDS) },
	  { CKA_EC_PARAMS, BYTES("\x06\x03\x2b\x65\x70") },
	  { CKA_VALUE, BYTES("0123456789abcdef0123456789abcdef") }, { CKA_SIGN, BOOL(1) },
	  { CKA_EXTRACTABLE, BOOL(1) } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_PUBLIC_KEY) },
	  { CKA_KEY_TYPE, ULONG(CKK_EC_EDWARDS) },
	  { CKA_EC_PARAMS, BYTES("\x13\x0c" "edwards25519") },
	  { CKA_EC_POINT, BYTES("\x58\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66"
	                        "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66") } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_SECRET_KEY) }, { CKA_KEY_TYPE, ULONG(CKK_AES) },
	  { CKA_VALUE, BYTES("0123456789abcdef") }, { CKA_START_DATE, BYTES("20200101") },
	  { CKA_END_DATE, BYTES("20990101") }, { CKA_WRAP, BOOL(1) },
	  { CKA_WRAP_WITH_TRUSTED, BOOL(1) } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_PRIVATE_KEY) }, { CKA_KEY_TYPE, ULONG(0x41) },
	  { CKA_EC_PARAMS, BYTES("\x06\x03\x2b\x65\x6e") },
	  { CKA_VALUE, BYTES("0123456789abcdef0123456789abcdef") }, { CKA_DERIVE, BOOL(1) } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_DATA) }, { CKA_VALUE, BYTES("a value") },
	  { CKA_APPLICATION, BYTES("fuzz") }, { CKA_OBJECT_ID, BYTES("\x06\x01\x00") } } },
	{ FUZZ_CREATED, { { CKA_CLASS, ULONG(CKO_CERTIFICATE) },
	  { CKA_CERTIFICATE_TYPE, ULONG(CKC_X_509) }, { CKA_SUBJECT, BYTES("0") },
	  { CKA_VALUE, BYTES("\x30\x03\x02\x01\x01") } } },
	{ FUZZ_GENERATED, { { CKA_VALUE_LEN, ULONG(32) }, { CKA_TOKEN, BOOL(1) },
	  { CKA_SIGNET_SEALED, BOOL(1) }, { CKA_SIGNET_PIN, BYTES(WORLD_PIN) },
	  { CKA_WRAP, BOOL(1) }, { CKA_UNWRAP, BOOL(1) }, { CKA_ENCRYPT, BOOL(1) } } },
	{ FUZZ_GENERATED, { { CKA_VALUE_LEN, ULONG(16) }, { CKA_TOKEN, BOOL(1) },
	  { CKA_SIGNET_SEALED, BOOL(1) }, { CKA_SIGNET_POLICY, BYTES("pcr=sha256:7") } } },
};

/* Choose a recipe, mostly one for the purpose. */
static const struct value *recipe(struct fuzz_input *in, enum fuzz_purpose purpose)
{
	unsigned choice = fuzz_byte(in);

	for (size_t i = 0; i < LENGTH_OF(recipes) && choice < 224; i++)
		if (recipes[(choice + i) % LENGTH_OF(recipes)].purpose == purpose)
			return recipes[(choice + i) % LENGTH_OF(recipes)].values;
	return recipes[choice % LENGTH_OF(recipes)].values;
}

/* Attributes beyond the table: of other keys, of templates within templates, and none. */
static const CK_ATTRIBUTE_TYPE foreign[] = {
	CKA_MODULUS, CKA_PRIVATE_EXPONENT, CKA_HW_FEATURE_TYPE, CKA_MECHANISM_TYPE, CKA_AC_ISSUER,
	CKA_ALLOWED_MECHANISMS, CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, 0x40000213UL,
	CKA_VENDOR_DEFINED, CKA_SIGNET, CKA_SIGNET + 0x7f, 0xffffffffUL, 1UL << 32, ~0UL,
	CK_UNAVAILABLE_INFORMATION - 1,
};

static const CK_ULONG numbers[] = {
	0, 1, 2, 3, 4, 5, 8, 16, 24, 31, 32, 33, 64, 512, 513, CKK_AES, CKK_GENERIC_SECRET, CKK_EC,
	CKK_EC_EDWARDS, 0x41, 0x42, CKM_EDDSA, CKM_AES_GCM, 1UL << 31, 1UL << 32, ~0UL,
};

static const CK_ULONG lengths[] = {
	0, 1, 2, 5, 7, 8, 9, 15, 16, 24, 31, 32, 33, 64, 65, 255, 512, 513, 4096, 65535, 65536, 65537,
};

/* Lengths that no memory has: refused before anything is read. */
static const CK_ULONG absurd[] = { 1UL << 32, 1UL << 48, 1UL << 63, ~0UL - 1, ~0UL };

/* Templates within a template: the value is an array of CK_ATTRIBUTE, so its bytes are pointers. */
static bool is_array(CK_ATTRIBUTE_TYPE type)
{
	return (type & 0x40000000UL) != 0 && type != CKA_ALLOWED_MECHANISMS;
}

static CK_ATTRIBUTE_TYPE attribute_type(struct fuzz_input *in)
{
	const struct sg_attr_row *rows;
	unsigned choice = fuzz_byte(in);
	size_t n;

	rows = sg_attr_rows(&n);
	if (choice < n)
		return rows[choice].type;
	return foreign[choice % LENGTH_OF(foreign)];
}

static void set_bytes(struct fuzz_input *in, CK_ATTRIBUTE *attr)
{
	attr->ulValueLen = lengths[fuzz_below(in, LENGTH_OF(lengths))];
	attr->pValue = fuzz_alloc(attr->ulValueLen);
	memset(attr->pValue, fuzz_byte(in), attr->ulValueLen);
}

/* A short template as the value, itself sound or with a hole. */
static void set_array(struct fuzz_input *in, CK_ATTRIBUTE *attr)
{
	unsigned n = fuzz_below(in, 4);
	CK_ATTRIBUTE *inner = fuzz_alloc(n * sizeof *inner);

	for (unsigned i = 0; i < n; i++) {
		const struct value *value = recipe(in, FUZZ_SOUGHT);

		inner[i].type = value->type;
		inner[i].ulValueLen = value->len;
		inner[i].pValue = value->data == NULL ? NULL : fuzz_copy(value->data, value->len);
		if (fuzz_below(in, 8) == 7)
			inner[i].pValue = NULL;
	}
	attr->pValue = inner;
	attr->ulValueLen = n * sizeof *inner;
	if (n > 0 && fuzz_below(in, 8) == 7)
		attr->ulValueLen--;
}

/* Give an attribute a value, mostly of its kind. */
static void set_value(struct fuzz_input *in, CK_ATTRIBUTE *attr)
{
	unsigned kind = fuzz_below(in, 8);
	CK_ULONG number;
	CK_BBOOL flag;

	if (is_array(attr->type)) {
		set_array(in, attr);
	} else if (kind < 3) {
		flag = (CK_BBOOL)fuzz_below(in, 3);
		attr->pValue = fuzz_copy(&flag, sizeof flag);
		attr->ulValueLen = sizeof flag;
	} else if (kind < 5) {
		number = numbers[fuzz_below(in, LENGTH_OF(numbers))];
		attr->pValue = fuzz_copy(&number, sizeof number);
		attr->ulValueLen = sizeof number;
	} else if (kind == 5) {
		attr->pValue = fuzz_copy(fuzz_below(in, 2) ? "20200101" : "20990101", 8);
		attr->ulValueLen = 8;
	} else {
		set_bytes(in, attr);
	}
}

/* Make a value wrong. */
static void damage(struct fuzz_input *in, CK_ATTRIBUTE *attr)
{
	switch (fuzz_below(in, 5)) {
	case 0:
		attr->pValue = NULL;
		break;
	case 1:
		attr->ulValueLen = 0;
		break;
	case 2:
		attr->ulValueLen -= attr->ulValueLen > 0;
		break;
	case 3:
		attr->pValue = NULL;
		attr->ulValueLen = 0;
		break;
	default:
		attr->ulValueLen = absurd[fuzz_below(in, LENGTH_OF(absurd))];
		break;
	}
}

static void change(struct fuzz_input *in, struct fuzz_template *t)
{
	CK_ATTRIBUTE *attr;
	unsigned what = fuzz_below(in, 6);

	if (what < 3 || t->n == 0) {
		if (t->n == ATTRS)
			return;
		attr = &t->attr[t->n++];
		attr->type = attribute_type(in);
		set_value(in, attr);
		return;
	}
	attr = &t->attr[fuzz_byte(in) % t->n];
	if (what == 3)
		damage(in, attr);
	else if (what == 4)
		set_value(in, attr);
	else
		*attr = t->attr[--t->n];
}

struct fuzz_template fuzz_template(struct fuzz_input *in, enum fuzz_purpose purpose)
{
	const struct value *value = recipe(in, purpose);
	struct fuzz_template t = { fuzz_alloc(ATTRS * sizeof(CK_ATTRIBUTE)), 0 };
	unsigned changes = fuzz_byte(in);

	for (int i = 0; i < 8 && value[i].data != NULL; i++)
		t.attr[t.n++] = (CK_ATTRIBUTE){ value[i].type, fuzz_copy(value[i].data, value[i].len),
		                                value[i].len };
	if (changes >= 250)     /* no template, and a count all the same */
		return (struct fuzz_template){ NULL, changes - 250 };
	/* None at all as often as some. */
	for (changes = changes < 128 ? 0 : changes % 5; changes > 0; changes--)
		change(in, &t);
	/* In memory that ends where the template does. */
	t.attr = fuzz_copy(t.attr, t.n * sizeof *t.attr);
	return t;
}

/* Ask for a template within: room for some attributes, each with room for its value. */
static void ask_array(struct fuzz_input *in, CK_ATTRIBUTE *attr, CK_ULONG *room)
{
	const unsigned n = fuzz_below(in, 6);
	CK_ATTRIBUTE *inner = fuzz_alloc(n * sizeof *inner);

	for (unsigned i = 0; i < n; i++) {
		inner[i].type = fuzz_byte(in);
		inner[i].ulValueLen = lengths[fuzz_below(in, 8)];
		inner[i].pValue = fuzz_alloc(inner[i].ulValueLen);
		if (inner[i].type == 255)
			inner[i].pValue = NULL;
	}
	attr->pValue = inner;
	attr->ulValueLen = *room = n * sizeof *inner;
}

static void ask(struct fuzz_input *in, CK_ATTRIBUTE *attr, CK_ULONG *room)
{
	unsigned how = fuzz_below(in, 4);

	if (is_array(attr->type) && how < 3) {
		ask_array(in, attr, room);
		return;
	}
	*room = lengths[fuzz_below(in, LENGTH_OF(lengths))];
	attr->ulValueLen = *room;
	attr->pValue = fuzz_alloc(*room);
	/* What is not written is not to be taken for a value. */
	memset(attr->pValue, 0, *room);
	if (how < 3)
		return;
	attr->pValue = NULL;
	attr->ulValueLen = absurd[fuzz_below(in, LENGTH_OF(absurd))];
}

struct fuzz_template fuzz_asking(struct fuzz_input *in, CK_ULONG room[FUZZ_ASKED])
{
	const unsigned n = fuzz_below(in, FUZZ_ASKED + 1);
	struct fuzz_template t = { fuzz_alloc(n * sizeof(CK_ATTRIBUTE)), n };

	for (unsigned i = 0; i < n; i++) {
		t.attr[i].type = attribute_type(in);
		ask(in, &t.attr[i], &room[i]);
	}
	return t;
}
