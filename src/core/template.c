/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Checking templates against the attribute table.
 */
#include "core/template.h"

#include <string.h>

#include "client/rv.h"
#include "core/attr_value.h"
#include "core/curve.h"
#include "core/date.h"
#include "core/leave.h"
#include "core/token.h"
#include "util/log.h"

#define CATEGORY_MAX 3          /* CK_CERTIFICATE_CATEGORY_OTHER_ENTITY */
#define DOMAIN_MAX 3            /* CK_SECURITY_DOMAIN_THIRD_PARTY */

#define TEMPLATE_MAX 256        /* attributes; more than any object has */

/* Check an attribute, but not what a template in it holds. */
static CK_RV check_one(const CK_ATTRIBUTE *attr)
{
	if (attr->ulValueLen > SG_VALUE_MAX || (attr->pValue == NULL && attr->ulValueLen > 0))
		return CKR_ARGUMENTS_BAD;
	return CKR_OK;
}

static bool holds_template(CK_ATTRIBUTE_TYPE type)
{
	const struct sg_attr_row *rows;
	size_t n;

	if ((type & CKF_ARRAY_ATTRIBUTE) == 0)
		return false;
	rows = sg_attr_rows(&n);
	for (size_t i = 0; i < n; i++)
		if (rows[i].type == type)
			return rows[i].kind == SG_ATTR_TEMPLATE;
	return false;
}

/* Check the attributes of a template in a template. There is no third level, and a list
 * that holds itself would have no end. */
static CK_RV check_nested(const CK_ATTRIBUTE *attr)
{
	const uint8_t *given = attr->pValue;
	CK_RV rv = CKR_OK;

	if (!holds_template(attr->type))
		return CKR_OK;
	for (size_t at = 0; at + sizeof *attr <= attr->ulValueLen && rv == CKR_OK;
	     at += sizeof *attr) {
		CK_ATTRIBUTE nested;

		memcpy(&nested, given + at, sizeof nested);
		rv = check_one(&nested);
	}
	return rv;
}

CK_RV sg_template_check(const CK_ATTRIBUTE *template, CK_ULONG n)
{
	CK_RV rv = CKR_OK;

	if ((template == NULL && n > 0) || n > TEMPLATE_MAX)
		return CKR_ARGUMENTS_BAD;
	for (CK_ULONG i = 0; i < n && rv == CKR_OK; i++) {
		rv = check_one(&template[i]);
		if (rv == CKR_OK)
			rv = check_nested(&template[i]);
		if (rv == CKR_OK && sg_template_find(template, i, template[i].type) != NULL)
			rv = CKR_TEMPLATE_INCONSISTENT;
	}
	return rv;
}

const CK_ATTRIBUTE *sg_template_find(const CK_ATTRIBUTE *template, CK_ULONG n,
                                     CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (template[i].type == type)
			return &template[i];
	return NULL;
}

bool sg_template_bool(const CK_ATTRIBUTE *template, CK_ULONG n, CK_ATTRIBUTE_TYPE type,
                      bool otherwise)
{
	const CK_ATTRIBUTE *attr = sg_template_find(template, n, type);

	if (attr == NULL || attr->ulValueLen != sizeof(CK_BBOOL))
		return otherwise;
	return *(const CK_BBOOL *)attr->pValue != CK_FALSE;
}

/* Read a CK_ULONG; false where the attribute is there and has another size. */
static bool find_ulong(const CK_ATTRIBUTE *template, CK_ULONG n, CK_ATTRIBUTE_TYPE type,
                       CK_ULONG *value)
{
	const CK_ATTRIBUTE *attr = sg_template_find(template, n, type);

	if (attr == NULL)
		return true;
	if (attr->ulValueLen != sizeof *value)
		return false;
	memcpy(value, attr->pValue, sizeof *value);
	return true;
}

struct sg_bytes sg_template_pin(const CK_ATTRIBUTE *template, CK_ULONG n)
{
	const CK_ATTRIBUTE *attr = sg_template_find(template, n, CKA_SIGNET_PIN);

	return attr != NULL ? sg_bytes(attr->pValue, attr->ulValueLen) : sg_bytes(NULL, 0);
}

/* Enter a value in the list, or what is to be known of one that is not kept. */
static CK_RV enter(const struct sg_attr_row *row, struct sg_bytes stored, struct sg_attrs *attrs)
{
	if (row->flags & SG_ATTR_WRITE_ONLY) {
		if (sg_pin_fits(stored))
			return sg_rv(sg_attrs_set_bool(attrs, CKA_SIGNET_HAS_PIN, true));
		sg_log(SG_LOG_ERROR, "a PIN has %d to %d bytes", SG_PIN_MIN, SG_PIN_MAX);
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	return sg_rv(sg_attrs_set(attrs, row->type, stored));
}

/* Make the default of a row in its stored form; false where there is none. */
static bool default_value(const struct sg_attr_row *row, const struct sg_key_type *key_type,
                          uint8_t buf[8], struct sg_bytes *stored)
{
	bool usage = false;

	memset(buf, 0, 8);
	switch (row->otherwise) {
	case SG_DEFAULT_NONE:
		return false;
	case SG_DEFAULT_EMPTY:
		*stored = sg_bytes(buf, 0);
		return true;
	case SG_DEFAULT_ZERO:
		*stored = sg_bytes(buf, 8);
		return true;
	case SG_DEFAULT_USAGE:
		for (const CK_ATTRIBUTE_TYPE *use = key_type->usage; *use != 0; use++)
			usage = usage || *use == row->type;
		buf[0] = usage ? CK_TRUE : CK_FALSE;
		*stored = sg_bytes(buf, 1);
		return true;
	case SG_DEFAULT_FALSE:
	case SG_DEFAULT_TRUE:
		buf[0] = row->otherwise == SG_DEFAULT_TRUE ? CK_TRUE : CK_FALSE;
		*stored = sg_bytes(buf, 1);
		return true;
	}
	return false;
}

/* Take one attribute of the template into the object. */
static CK_RV take(struct sg_template_kind kind, unsigned in, const struct sg_key_type *key_type,
                  const CK_ATTRIBUTE *attr, struct sg_attrs *attrs, struct sg_secret **material)
{
	const struct sg_attr_row *row = sg_attr_row(attr->type, in);
	struct sg_value value;
	struct sg_bytes fixed;
	uint8_t buf[8];
	CK_RV rv;

	if (row == NULL) {
		sg_log(SG_LOG_ERROR, "attribute 0x%lx does not belong to such an object",
		       attr->type);
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (row->flags & SG_ATTR_TOKEN_SETS)
		return CKR_ATTRIBUTE_READ_ONLY;
	if ((row->allowed & kind.mode) == 0) {
		sg_log(SG_LOG_ERROR, "%s can't be given here", row->name);
		return CKR_TEMPLATE_INCONSISTENT;
	}
	rv = sg_value_store(row, attr, &value);
	if (rv == CKR_OK && (row->flags & SG_ATTR_FIXED) &&
	    default_value(row, key_type, buf, &fixed) && !sg_bytes_equal(value.stored, fixed)) {
		sg_log(SG_LOG_ERROR, "%s can only have its default value", row->name);
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	}
	if (rv == CKR_OK && (row->flags & SG_ATTR_MATERIAL) == 0)
		rv = enter(row, value.stored, attrs);
	else if (rv == CKR_OK && value.stored.len > 0)
		rv = sg_rv(sg_secret_copy(value.stored, material));
	sg_value_free(&value);
	return rv;
}

/* Tell whether a template leaves open what a key for other keys also does. Who encrypts or
 * decrypts with it takes apart what it wrapped: CKM_AES_KEY_WRAP_KWP too consists of single
 * blocks of AES. So it does neither where nobody asked for that. */
static bool is_for_keys(const struct sg_attr_row *row, const CK_ATTRIBUTE *template, CK_ULONG n)
{
	if (row->type != CKA_ENCRYPT && row->type != CKA_DECRYPT)
		return false;
	return sg_template_bool(template, n, CKA_WRAP, false) ||
	       sg_template_bool(template, n, CKA_UNWRAP, false) ||
	       sg_template_find(template, n, CKA_UNWRAP_TEMPLATE) != NULL;
}

/* Fill in what the template left out. */
static CK_RV complete(struct sg_template_kind kind, unsigned in,
                      const struct sg_key_type *key_type, const CK_ATTRIBUTE *template,
                      CK_ULONG n, struct sg_attrs *attrs)
{
	const struct sg_attr_row *rows;
	struct sg_bytes stored;
	uint8_t buf[8];
	size_t count;

	rows = sg_attr_rows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct sg_attr_row *row = &rows[i];
		enum sg_err err;

		if ((row->in & in) == 0 || sg_template_find(template, n, row->type) != NULL)
			continue;
		if (row->required & kind.mode) {
			sg_log(SG_LOG_ERROR, "%s is missing", row->name);
			return CKR_TEMPLATE_INCOMPLETE;
		}
		if ((row->flags & SG_ATTR_MATERIAL) || !default_value(row, key_type, buf, &stored))
			continue;
		if (is_for_keys(row, template, n))
			buf[0] = CK_FALSE;
		err = sg_attrs_set(attrs, row->type, stored);
		if (err != SG_OK)
			return sg_rv(err);
	}
	return CKR_OK;
}

/* Bring the curve and the point of half a key pair into their kept form. */
static CK_RV check_curve(struct sg_attrs *attrs)
{
	const struct sg_curve *curve = sg_curve_of(attrs);
	struct sg_bytes params, point;
	uint8_t copy[SG_CURVE_EMIT_MAX];
	bool fits;
	enum sg_err err;

	if (!sg_attrs_get(attrs, CKA_EC_PARAMS, &params))
		return CKR_OK;
	if (curve == NULL)
		return CKR_CURVE_NOT_SUPPORTED;
	if (!sg_attrs_get(attrs, CKA_EC_POINT, &point))
		return sg_rv(sg_attrs_set(attrs, CKA_EC_PARAMS, curve->params));
	if (!sg_curve_point(curve, point, &point))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	err = sg_curve_info_fits(curve, attrs, point, &fits);
	if (err != SG_OK || !fits)
		return err != SG_OK ? sg_rv(err) : CKR_ATTRIBUTE_VALUE_INVALID;
	/* The view is into the list that changes. */
	memcpy(copy, point.data, point.len);
	return sg_rv(sg_curve_set(curve, attrs, sg_bytes(copy, point.len)));
}

static CK_RV refuse(const char *why)
{
	sg_log(SG_LOG_ERROR, "%s", why);
	return CKR_TEMPLATE_INCONSISTENT;
}

/* Check a certificate: there are no others than those of X.509, with their value. */
static CK_RV check_certificate(const struct sg_attrs *attrs)
{
	struct sg_bytes value;

	if (sg_attrs_ulong(attrs, CKA_CLASS) != CKO_CERTIFICATE)
		return CKR_OK;
	if (sg_attrs_ulong(attrs, CKA_CERTIFICATE_TYPE) != CKC_X_509 ||
	    sg_attrs_ulong(attrs, CKA_CERTIFICATE_CATEGORY) > CATEGORY_MAX ||
	    sg_attrs_ulong(attrs, CKA_JAVA_MIDP_SECURITY_DOMAIN) > DOMAIN_MAX ||
	    !sg_attrs_get(attrs, CKA_VALUE, &value) || value.len == 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

/* Check what is said of a decryption root, and of the ways by which a key may leave. */
static CK_RV check_root(const struct sg_attrs *attrs)
{
	struct sg_bytes leave, root, version;
	bool named = sg_attrs_get(attrs, CKA_SIGNET_ROOT, &root) && root.len > 0;
	bool numbered = sg_attrs_get(attrs, CKA_SIGNET_VERSION, &version) &&
	                sg_attrs_ulong(attrs, CKA_SIGNET_VERSION) != 0;

	if (sg_attrs_get(attrs, CKA_SIGNET_LEAVE, &leave) &&
	    (sg_attrs_ulong(attrs, CKA_SIGNET_LEAVE) & ~CKF_SIGNET_LEAVE_ALL) != 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return named == numbered
	               ? CKR_OK
	               : refuse("CKA_SIGNET_ROOT and CKA_SIGNET_VERSION belong together");
}

/* Check what is said of what guards a key alone. */
static CK_RV check_guard(const struct sg_attrs *attrs)
{
	struct sg_bytes policy;

	if (sg_attrs_bool(attrs, CKA_SIGNET_SEALED))
		return CKR_OK;
	if (sg_attrs_get(attrs, CKA_SIGNET_POLICY, &policy) && policy.len > 0)
		return refuse("CKA_SIGNET_POLICY needs CKA_SIGNET_SEALED: the hardware enforces it");
	if (sg_attrs_bool(attrs, CKA_SIGNET_HAS_PIN))
		return refuse("CKA_SIGNET_PIN needs CKA_SIGNET_SEALED: the hardware checks it");
	return CKR_OK;
}

/* Check what attributes must be for each other, whatever way they came together. */
static CK_RV check_consistency(const struct sg_attrs *attrs)
{
	struct sg_bytes start, end, unwrapped;
	CK_RV rv;

	if (sg_attrs_get(attrs, CKA_UNWRAP_TEMPLATE, &unwrapped) &&
	    (sg_attrs_bool(attrs, CKA_ENCRYPT) || sg_attrs_bool(attrs, CKA_DECRYPT)))
		return refuse("a key with CKA_UNWRAP_TEMPLATE can't have CKA_ENCRYPT or CKA_DECRYPT: "
		              "they would take keys out past it");

	if (sg_attrs_bool(attrs, CKA_SIGNET_SEALED) && !sg_attrs_bool(attrs, CKA_TOKEN))
		return CKR_TEMPLATE_INCONSISTENT;
	if (sg_attrs_bool(attrs, CKA_SIGNET_SEALED) && !sg_attrs_bool(attrs, CKA_PRIVATE) &&
	    sg_attrs_ulong(attrs, CKA_CLASS) == CKO_DATA)
		return refuse("data that the hardware seals is private");
	if (sg_attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE) && !sg_attrs_bool(attrs, CKA_PRIVATE))
		return CKR_TEMPLATE_INCONSISTENT;
	if (sg_attrs_get(attrs, CKA_START_DATE, &start) &&
	    sg_attrs_get(attrs, CKA_END_DATE, &end) && start.len == SG_DATE &&
	    !sg_date_within(start.data, sg_bytes(NULL, 0), end))
		return CKR_TEMPLATE_INCONSISTENT;
	rv = check_root(attrs);
	if (rv == CKR_OK)
		rv = check_guard(attrs);
	return rv == CKR_OK ? check_certificate(attrs) : rv;
}

static bool leaves(const struct sg_attrs *attrs)
{
	struct sg_bytes value;

	return sg_attrs_get(attrs, CKA_SIGNET_LEAVE, &value) &&
	       sg_attrs_ulong(attrs, CKA_SIGNET_LEAVE) != 0;
}

/* Check what is said about where a key lives. */
static CK_RV check_place(struct sg_template_kind kind, const struct sg_key_type *key_type,
                         const struct sg_attrs *attrs)
{
	if (!sg_attrs_bool(attrs, CKA_SIGNET_RESIDENT))
		return sg_key_type_resident(key_type)
		               ? refuse("keys of this type live in the hardware and nowhere else")
		               : CKR_OK;
	if (kind.mode != SG_BY_GENERATE)
		return refuse("a key that lives in the hardware is made there, never brought in");
	if (!sg_attrs_bool(attrs, CKA_TOKEN))
		return refuse("a key that lives in the hardware is a token object");
	if (sg_attrs_bool(attrs, CKA_EXTRACTABLE) || !sg_attrs_bool(attrs, CKA_SENSITIVE) ||
	    sg_attrs_bool(attrs, CKA_SIGNET_SEALED) || leaves(attrs))
		return refuse("a key that lives in the hardware can't be taken out");
	return CKR_OK;
}

CK_RV sg_template_build(struct sg_template_kind kind, const CK_ATTRIBUTE *template, CK_ULONG n,
                        struct sg_attrs *attrs, struct sg_secret **material)
{
	const struct sg_key_type *key_type = NULL;
	CK_OBJECT_CLASS class = kind.class;
	CK_KEY_TYPE type = kind.key_type;
	enum sg_err err = SG_OK;
	unsigned in;
	CK_RV rv;

	if (!find_ulong(template, n, CKA_CLASS, &class) ||
	    !find_ulong(template, n, CKA_KEY_TYPE, &type))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (class == CK_UNAVAILABLE_INFORMATION)
		return CKR_TEMPLATE_INCOMPLETE;
	if ((kind.class != CK_UNAVAILABLE_INFORMATION && class != kind.class) ||
	    (kind.key_type != CK_UNAVAILABLE_INFORMATION && type != kind.key_type))
		return CKR_TEMPLATE_INCONSISTENT;
	in = sg_attr_class_bit(class);
	if (in == 0 || (in & SG_IN_BUILTIN))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (in & (SG_IN_PUBLIC | SG_IN_PRIVATE | SG_IN_SECRET)) {
		if (type == CK_UNAVAILABLE_INFORMATION)
			return CKR_TEMPLATE_INCOMPLETE;
		key_type = sg_key_type(type, in);
		if (key_type == NULL)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	for (CK_ULONG i = 0; i < n; i++) {
		rv = take(kind, in, key_type, &template[i], attrs, material);
		if (rv != CKR_OK)
			return rv;
	}
	rv = complete(kind, in, key_type, template, n, attrs);
	if (rv != CKR_OK)
		return rv;
	err = sg_attrs_set_ulong(attrs, CKA_CLASS, class);
	if (err == SG_OK && key_type != NULL)
		err = sg_attrs_set_ulong(attrs, CKA_KEY_TYPE, type);
	if (err != SG_OK)
		return sg_rv(err);
	if (in & (SG_IN_PUBLIC | SG_IN_PRIVATE))
		rv = check_curve(attrs);
	if (rv == CKR_OK)
		rv = check_place(kind, in & SG_IN_PUBLIC ? NULL : key_type, attrs);
	if (rv == CKR_OK && *material != NULL && key_type != NULL &&
	    !sg_key_type_takes(key_type, (*material)->len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return rv == CKR_OK ? check_consistency(attrs) : rv;
}

/* Tell whether an attribute says what a key is for. */
static bool is_use(const struct sg_attr_row *row)
{
	return row->otherwise == SG_DEFAULT_USAGE || row->type == CKA_DERIVE;
}

/* Tell whether a row lets its attribute be changed to a value. What a key that lives in the
 * hardware is for was told to the hardware, so that can only become less. */
static bool may_become(const struct sg_attrs *attrs, const struct sg_attr_row *row, uint8_t value)
{
	bool only_less = (row->flags & SG_ATTR_ONLY_TO_FALSE) ||
	                 (is_use(row) && sg_attrs_bool(attrs, CKA_SIGNET_RESIDENT));
	struct sg_bytes old;

	return !((row->flags & SG_ATTR_ONLY_TO_TRUE) && value != CK_TRUE) &&
	       !(only_less && value != CK_FALSE) &&
	       !((row->flags & SG_ATTR_ONLY_ONCE) && sg_attrs_get(attrs, row->type, &old) &&
	         old.len > 0);
}

/* Apply one attribute to those of an object, if its row has one of the flags. */
static CK_RV change(struct sg_attrs *attrs, unsigned flags, const CK_ATTRIBUTE *attr)
{
	unsigned in = sg_attr_class_bit(sg_attrs_ulong(attrs, CKA_CLASS));
	const struct sg_attr_row *row = sg_attr_row(attr->type, in);
	struct sg_value value;
	struct sg_bytes old;
	CK_RV rv;

	if (row == NULL)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	if ((row->flags & flags) == 0)
		return CKR_ATTRIBUTE_READ_ONLY;
	rv = sg_value_store(row, attr, &value);
	if (rv == CKR_OK && sg_attrs_get(attrs, row->type, &old) &&
	    sg_bytes_equal(old, value.stored))
		goto out;
	if (rv == CKR_OK && !may_become(attrs, row, value.small[0]))
		rv = CKR_ATTRIBUTE_READ_ONLY;
	if (rv == CKR_OK)
		rv = enter(row, value.stored, attrs);
out:
	sg_value_free(&value);
	return rv;
}

static CK_RV change_all(struct sg_attrs *attrs, unsigned flags, const CK_ATTRIBUTE *template,
                        CK_ULONG n)
{
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; i < n && rv == CKR_OK; i++)
		rv = change(attrs, flags, &template[i]);
	return rv == CKR_OK ? check_consistency(attrs) : rv;
}

CK_RV sg_template_change(struct sg_attrs *attrs, const CK_ATTRIBUTE *template, CK_ULONG n)
{
	if (!sg_attrs_bool(attrs, CKA_MODIFIABLE))
		return CKR_ACTION_PROHIBITED;
	return change_all(attrs, SG_ATTR_SETTABLE, template, n);
}

CK_RV sg_template_copy(struct sg_attrs *attrs, const CK_ATTRIBUTE *template, CK_ULONG n)
{
	unsigned flags = SG_ATTR_COPY_SETS;

	/* What can't be modified isn't to be had modified by way of a copy. */
	if (sg_attrs_bool(attrs, CKA_MODIFIABLE))
		flags |= SG_ATTR_SETTABLE;
	if (sg_attrs_bool(attrs, CKA_SIGNET_HAS_PIN) && sg_template_pin(template, n).len == 0) {
		sg_log(SG_LOG_ERROR, "the copy of a key with a PIN of its own needs one too");
		return CKR_TEMPLATE_INCOMPLETE;
	}
	return change_all(attrs, flags, template, n);
}
