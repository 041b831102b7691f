/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Every row of the attribute table against every way to make or change an object: it
 * is taken, or the error is the one that the row says. The table says what is allowed;
 * these tests say that all functions do what it says.
 */
#include <string.h>

#include "core/attr_table.h"
#include "lib/hex.h"
#include "lib/p11.h"
#include "lib/runner.h"

/* [RFC 8032 §7.1] */
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define POINT "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

#define NOTHING CK_UNAVAILABLE_INFORMATION

static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE kek, base_key;
static CK_BYTE wrapped[64];
static CK_ULONG wrapped_len = sizeof wrapped;
static const struct sg_attr_row *rows;
static size_t n_rows;

static void set_up(void)
{
	struct p11_template t = { 0 };

	rows = sg_attr_rows(&n_rows);
	ck_assert_uint_gt(n_rows, 60);
	p11_setup();
	s = p11_machine();
	kek = p11_import_aes(s, repeat('k', 32));
	wrapped_len = sizeof wrapped;
	p11_ok(p11->C_WrapKey(s, &p11_kwp, kek, kek, wrapped, &wrapped_len));
	p11_ulong(&t, CKA_CLASS, CKO_SECRET_KEY);
	p11_ulong(&t, CKA_KEY_TYPE, CKK_HKDF);
	p11_bytes(&t, CKA_VALUE, repeat('b', 32).data, 32);
	p11_bool(&t, CKA_DERIVE, true);
	p11_bool(&t, CKA_PRIVATE, false);       /* data that is derived from it then is, too */
	p11_ok(p11->C_CreateObject(s, t.attr, t.n, &base_key));
}

/* --- the ways to make an object --- */

static CK_RV create(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	return p11->C_CreateObject(s, t->attr, t->n, object);
}

static CK_RV generate(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	return p11->C_GenerateKey(s, &p11_aes_gen, t->attr, t->n, object);
}

static CK_RV pair_public(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	CK_OBJECT_HANDLE other;

	return p11->C_GenerateKeyPair(s, &p11_pair_gen, t->attr, t->n, NULL, 0, object, &other);
}

static CK_RV pair_private(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	struct p11_template public = { 0 };
	CK_OBJECT_HANDLE other;

	p11_bytes(&public, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	return p11->C_GenerateKeyPair(s, &p11_pair_gen, public.attr, public.n, t->attr, t->n, &other,
	                              object);
}

static CK_RV unwrap(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	return p11->C_UnwrapKey(s, &p11_kwp, kek, wrapped, wrapped_len, t->attr, t->n, object);
}

static CK_RV derive_by(CK_MECHANISM_TYPE type, struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	CK_HKDF_PARAMS params = {
		.bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL,
	};
	CK_MECHANISM mechanism = { type, &params, sizeof params };

	return p11->C_DeriveKey(s, &mechanism, base_key, t->attr, t->n, object);
}

static CK_RV derive_key(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	return derive_by(CKM_HKDF_DERIVE, t, object);
}

static CK_RV derive_data(struct p11_template *t, CK_OBJECT_HANDLE *object)
{
	return derive_by(CKM_HKDF_DATA, t, object);
}

static const struct way {
	const char *name;
	unsigned in, mode;
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE key_type;
	CK_RV (*make)(struct p11_template *t, CK_OBJECT_HANDLE *object);
	CK_ATTRIBUTE_TYPE needs[5];     /* what its shortest template names; the first 0 ends it */
} ways[] = {
	{ "create data", SG_IN_DATA, SG_BY_CREATE, CKO_DATA, 0, create, { CKA_VALUE } },
	{ "create certificate", SG_IN_CERTIFICATE, SG_BY_CREATE, CKO_CERTIFICATE, 0, create,
	  { CKA_CERTIFICATE_TYPE, CKA_VALUE } },
	{ "create public", SG_IN_PUBLIC, SG_BY_CREATE, CKO_PUBLIC_KEY, CKK_EC_EDWARDS, create,
	  { CKA_KEY_TYPE, CKA_EC_PARAMS, CKA_EC_POINT } },
	{ "create private", SG_IN_PRIVATE, SG_BY_CREATE, CKO_PRIVATE_KEY, CKK_EC_EDWARDS, create,
	  { CKA_KEY_TYPE, CKA_EC_PARAMS, CKA_VALUE } },
	{ "create secret", SG_IN_SECRET, SG_BY_CREATE, CKO_SECRET_KEY, CKK_AES, create,
	  { CKA_KEY_TYPE, CKA_VALUE } },
	{ "generate", SG_IN_SECRET, SG_BY_GENERATE, CKO_SECRET_KEY, CKK_AES, generate,
	  { CKA_VALUE_LEN } },
	{ "pair, public", SG_IN_PUBLIC, SG_BY_GENERATE, CKO_PUBLIC_KEY, CKK_EC_EDWARDS, pair_public,
	  { CKA_EC_PARAMS } },
	{ "pair, private", SG_IN_PRIVATE, SG_BY_GENERATE, CKO_PRIVATE_KEY, CKK_EC_EDWARDS,
	  pair_private, { 0 } },
	{ "unwrap", SG_IN_SECRET, SG_BY_UNWRAP, CKO_SECRET_KEY, CKK_AES, unwrap, { CKA_KEY_TYPE } },
	{ "derive key", SG_IN_SECRET, SG_BY_DERIVE, CKO_SECRET_KEY, CKK_GENERIC_SECRET, derive_key,
	  { CKA_VALUE_LEN } },
	{ "derive data", SG_IN_DATA, SG_BY_DERIVE, CKO_DATA, 0, derive_data, { CKA_VALUE_LEN } },
};

#define WAYS ((int)(sizeof ways / sizeof ways[0]))
#define CREATES 5               /* of them the first, one a class */

/* --- values --- */

/* Add a value that the attribute can have for such an object. */
static void add_value(struct p11_template *t, const struct way *way, const struct sg_attr_row *row)
{
	static const CK_MECHANISM_TYPE mechanisms[] = { CKM_AES_GCM, CKM_EDDSA };
	const bool private = way->in == SG_IN_PRIVATE;

	if (row->type == CKA_CLASS)
		p11_ulong(t, CKA_CLASS, way->class);
	else if (row->type == CKA_KEY_TYPE)
		p11_ulong(t, CKA_KEY_TYPE, way->key_type);
	else if (row->type == CKA_VALUE_LEN)
		p11_ulong(t, CKA_VALUE_LEN, 32);
	else if (row->type == CKA_EC_PARAMS)
		p11_bytes(t, CKA_EC_PARAMS, p11_ed25519_oid, 5);
	else if (row->type == CKA_EC_POINT)
		p11_bytes(t, CKA_EC_POINT, hex(POINT).data, 32);
	else if (row->type == CKA_PUBLIC_KEY_INFO)
		p11_bytes(t, CKA_PUBLIC_KEY_INFO, hex("302a300506032b6570032100" POINT).data, 44);
	else if (row->type == CKA_VALUE)
		p11_bytes(t, CKA_VALUE, private ? hex(SEED).data : repeat('v', 32).data, 32);
	else if (row->kind == SG_ATTR_BOOL)
		p11_bool(t, row->type, row->otherwise == SG_DEFAULT_TRUE);
	else if (row->kind == SG_ATTR_ULONG)
		p11_ulong(t, row->type, 0);
	else if (row->kind == SG_ATTR_MECHANISMS)
		p11_bytes(t, row->type, mechanisms, sizeof mechanisms);
	else if (row->flags & SG_ATTR_WRITE_ONLY)
		p11_text(t, row->type, "key pin");
	else
		p11_bytes(t, row->type, NULL, 0);
}

/* What the table allows: a PIN is for keys that are sealed, and these are not. */
static CK_RV allowed(const struct sg_attr_row *row)
{
	return row->flags & SG_ATTR_WRITE_ONLY ? CKR_TEMPLATE_INCONSISTENT : CKR_OK;
}

static bool needs(const struct way *way, CK_ATTRIBUTE_TYPE type)
{
	if (type == CKA_CLASS)
		return way->mode == SG_BY_CREATE;
	for (const CK_ATTRIBUTE_TYPE *need = way->needs; *need != 0; need++)
		if (*need == type)
			return true;
	return false;
}

/* Start the shortest template of a way, but for one attribute. */
static void add_needs(struct p11_template *t, const struct way *way, CK_ATTRIBUTE_TYPE without)
{
	if (needs(way, CKA_CLASS) && without != CKA_CLASS)
		p11_ulong(t, CKA_CLASS, way->class);
	for (const CK_ATTRIBUTE_TYPE *need = way->needs; *need != 0; need++)
		if (*need != without)
			add_value(t, way, sg_attr_row(*need, way->in));
}

static void check(const struct way *way, const struct sg_attr_row *row, CK_RV wanted, CK_RV got)
{
	ck_assert_msg(wanted == got, "%s with %s: 0x%lx, not 0x%lx", way->name, row->name, got,
	              wanted);
}

/* Read the attribute back; points and parameters have forms of their own. */
static void check_value(const struct way *way, const struct sg_attr_row *row,
                        CK_OBJECT_HANDLE object, const CK_ATTRIBUTE *wanted)
{
	CK_BYTE out[256];
	CK_ULONG len = sizeof out;
	CK_RV rv = p11_get(s, object, row->type, out, &len);

	if (row->type == CKA_EC_POINT)
		return;
	if (row->flags & SG_ATTR_SENSITIVE) {
		check(way, row, CKR_ATTRIBUTE_SENSITIVE, rv);
		return;
	}
	check(way, row, CKR_OK, rv);
	ck_assert_msg(sg_bytes_equal(sg_bytes(out, len),
	                             sg_bytes(wanted->pValue, wanted->ulValueLen)),
	              "%s with %s", way->name, row->name);
}

/* --- the tests; the loop counts ways --- */

START_TEST(a_template_takes_what_the_table_allows)
{
	const struct way *way = &ways[_i];

	for (size_t i = 0; i < n_rows; i++) {
		const struct sg_attr_row *row = &rows[i];
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE object = 0;
		CK_RV wanted = CKR_OK;

		if ((row->in & way->in) == 0)
			continue;
		if (row->flags & SG_ATTR_TOKEN_SETS)
			wanted = CKR_ATTRIBUTE_READ_ONLY;
		else if ((row->allowed & way->mode) == 0)
			wanted = CKR_TEMPLATE_INCONSISTENT;
		else
			wanted = allowed(row);
		add_needs(&t, way, row->type);
		add_value(&t, way, row);
		check(way, row, wanted, way->make(&t, &object));
		if (wanted == CKR_OK)
			check_value(way, row, object, &t.attr[t.n - 1]);
	}
}
END_TEST

START_TEST(an_attribute_of_other_objects_is_no_attribute)
{
	const struct way *way = &ways[_i];

	for (size_t i = 0; i < n_rows; i++) {
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE object;

		if (sg_attr_row(rows[i].type, way->in) != NULL)
			continue;
		add_needs(&t, way, rows[i].type);
		add_value(&t, way, &rows[i]);
		check(way, &rows[i], CKR_ATTRIBUTE_TYPE_INVALID, way->make(&t, &object));
	}
}
END_TEST

START_TEST(what_must_be_given_is_missed)
{
	const struct way *way = &ways[_i];

	for (size_t i = 0; i < n_rows; i++) {
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE object;

		if ((rows[i].in & way->in) == 0 || (rows[i].required & way->mode) == 0)
			continue;
		add_needs(&t, way, rows[i].type);
		check(way, &rows[i], CKR_TEMPLATE_INCOMPLETE, way->make(&t, &object));
	}
}
END_TEST

START_TEST(a_template_names_nothing_twice)
{
	const struct way *way = &ways[_i];

	for (size_t i = 0; i < n_rows; i++) {
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE object;

		if ((rows[i].in & way->in) == 0)
			continue;
		add_needs(&t, way, rows[i].type);
		add_value(&t, way, &rows[i]);
		add_value(&t, way, &rows[i]);
		check(way, &rows[i], CKR_TEMPLATE_INCONSISTENT, way->make(&t, &object));
	}
}
END_TEST

/* A value that no attribute of a kind can have. */
struct malformed {
	enum sg_attr_kind kind;
	const char *value;
	CK_ULONG len;
};

static const struct malformed malformed[] = {
	{ SG_ATTR_BOOL, "\2", 1 }, { SG_ATTR_BOOL, "\377", 1 }, { SG_ATTR_BOOL, "\1\0\0\0", 4 },
	{ SG_ATTR_BOOL, "", 0 }, { SG_ATTR_BOOL, "\1\0\0\0\0\0\0\0", 8 },
	{ SG_ATTR_ULONG, "\1\0\0\0", 4 }, { SG_ATTR_ULONG, "", 0 }, { SG_ATTR_ULONG, "\1", 1 },
	{ SG_ATTR_ULONG, "\1\0\0\0\0\0\0\0\0", 9 },
	{ SG_ATTR_DATE, "2026010", 7 }, { SG_ATTR_DATE, "20261301", 8 },
	{ SG_ATTR_DATE, "        ", 8 }, { SG_ATTR_DATE, "00000000", 8 },
	{ SG_ATTR_MECHANISMS, "", 0 }, { SG_ATTR_MECHANISMS, "\1\0\0\0", 4 },
	{ SG_ATTR_TEMPLATE, "\1\0\0\0\0\0\0\0", 8 },
	{ SG_ATTR_POLICY, "pcr=sha256:24", 13 }, { SG_ATTR_POLICY, "pcr", 3 },
};

#define MALFORMED (sizeof malformed / sizeof malformed[0])

START_TEST(a_malformed_value_is_refused)
{
	const struct way *way = &ways[_i];

	for (size_t i = 0; i < n_rows; i++)
		for (size_t j = 0; j < MALFORMED; j++) {
			struct p11_template t = { 0 };
			CK_OBJECT_HANDLE object;

			if ((rows[i].in & way->in) == 0 || (rows[i].allowed & way->mode) == 0 ||
			    rows[i].kind != malformed[j].kind)
				continue;
			add_needs(&t, way, rows[i].type);
			p11_bytes(&t, rows[i].type, malformed[j].value, malformed[j].len);
			check(way, &rows[i], CKR_ATTRIBUTE_VALUE_INVALID, way->make(&t, &object));
		}
}
END_TEST

START_TEST(bytes_that_are_not_there_are_refused_first)
{
	const struct way *way = &ways[_i];

	for (size_t i = 0; i < n_rows; i++) {
		struct p11_template t = { 0 };
		CK_OBJECT_HANDLE object;

		add_needs(&t, way, rows[i].type);
		p11_bytes(&t, rows[i].type, NULL, 8);
		check(way, &rows[i], CKR_ARGUMENTS_BAD, way->make(&t, &object));
	}
}
END_TEST

START_TEST(an_object_has_the_defaults_of_the_table)
{
	const struct way *way = &ways[_i];
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object;

	add_needs(&t, way, NOTHING);
	p11_ok(way->make(&t, &object));
	for (size_t i = 0; i < n_rows; i++) {
		const enum sg_attr_default otherwise = rows[i].otherwise;
		CK_ULONG len = 0;

		if ((rows[i].in & way->in) == 0 || needs(way, rows[i].type) ||
		    (rows[i].flags & SG_ATTR_MATERIAL))
			continue;
		if (otherwise == SG_DEFAULT_FALSE || otherwise == SG_DEFAULT_TRUE)
			ck_assert_msg(p11_get_bool(s, object, rows[i].type) ==
			              (otherwise == SG_DEFAULT_TRUE), "%s: %s", way->name,
			              rows[i].name);
		else if (otherwise == SG_DEFAULT_EMPTY)
			p11_ok(p11_get(s, object, rows[i].type, NULL, &len));
		else if (otherwise == SG_DEFAULT_ZERO)
			ck_assert_uint_eq(p11_get_ulong(s, object, rows[i].type), 0);
		ck_assert_uint_eq(len, 0);
	}
}
END_TEST

/* Make an object that can be copied, of the class that the loop counts. */
static CK_OBJECT_HANDLE make_copyable(const struct way *way)
{
	struct p11_template t = { 0 };
	CK_OBJECT_HANDLE object = 0;

	add_needs(&t, way, NOTHING);
	p11_bool(&t, CKA_COPYABLE, true);
	p11_ok(way->make(&t, &object));
	return object;
}

START_TEST(an_object_changes_where_the_table_says_so)
{
	const struct way *way = &ways[_i];
	CK_OBJECT_HANDLE object = make_copyable(way);

	for (size_t i = 0; i < n_rows; i++) {
		const struct sg_attr_row *row = sg_attr_row(rows[i].type, way->in);
		CK_RV wanted = CKR_ATTRIBUTE_READ_ONLY;
		struct p11_template t = { 0 };

		if (row != NULL && row != &rows[i])
			continue;       /* this is its row for another class */
		if (row == NULL)
			wanted = CKR_ATTRIBUTE_TYPE_INVALID;
		else if (row->flags & SG_ATTR_SETTABLE)
			wanted = CKR_OK;
		add_value(&t, way, &rows[i]);
		check(way, &rows[i], wanted, p11->C_SetAttributeValue(s, object, t.attr, t.n));
		if (wanted == CKR_OK)
			check_value(way, row, object, &t.attr[0]);
	}
}
END_TEST

START_TEST(a_copy_differs_where_the_table_says_so)
{
	const struct way *way = &ways[_i];
	CK_OBJECT_HANDLE object = make_copyable(way), copy;

	for (size_t i = 0; i < n_rows; i++) {
		const struct sg_attr_row *row = sg_attr_row(rows[i].type, way->in);
		CK_RV wanted = CKR_ATTRIBUTE_READ_ONLY;
		struct p11_template t = { 0 };

		if (row != NULL && row != &rows[i])
			continue;       /* this is its row for another class */
		if (row == NULL)
			wanted = CKR_ATTRIBUTE_TYPE_INVALID;
		else if (row->flags & (SG_ATTR_SETTABLE | SG_ATTR_COPY_SETS))
			wanted = allowed(row);
		add_value(&t, way, &rows[i]);
		check(way, &rows[i], wanted, p11->C_CopyObject(s, object, t.attr, t.n, &copy));
		if (wanted == CKR_OK)
			check_value(way, row, copy, &t.attr[0]);
	}
}
END_TEST

START_TEST(malformed_changes_and_copies_are_refused)
{
	const struct way *way = &ways[_i];
	CK_OBJECT_HANDLE object = make_copyable(way), copy;

	for (size_t i = 0; i < n_rows; i++)
		for (size_t j = 0; j < MALFORMED; j++) {
			struct p11_template t = { 0 };

			if ((rows[i].in & way->in) == 0 || rows[i].kind != malformed[j].kind)
				continue;
			p11_bytes(&t, rows[i].type, malformed[j].value, malformed[j].len);
			if (rows[i].flags & SG_ATTR_SETTABLE)
				check(way, &rows[i], CKR_ATTRIBUTE_VALUE_INVALID,
				      p11->C_SetAttributeValue(s, object, t.attr, t.n));
			if (rows[i].flags & (SG_ATTR_SETTABLE | SG_ATTR_COPY_SETS))
				check(way, &rows[i], CKR_ATTRIBUTE_VALUE_INVALID,
				      p11->C_CopyObject(s, object, t.attr, t.n, &copy));
		}
}
END_TEST

/* Set a flag on a copy, or at once where only copying may. */
static CK_RV turn(CK_OBJECT_HANDLE *object, const struct sg_attr_row *row, bool value)
{
	struct p11_template t = { 0 };

	p11_bool(&t, row->type, value);
	if (row->type == CKA_SIGNET_SEALED)
		p11_bool(&t, CKA_TOKEN, true);  /* others are not sealed */
	if (row->flags & SG_ATTR_SETTABLE)
		return p11->C_SetAttributeValue(s, *object, t.attr, t.n);
	return p11->C_CopyObject(s, *object, t.attr, t.n, object);
}

START_TEST(one_way_attributes_do_not_come_back)
{
	const struct way *way = &ways[_i];

	for (size_t i = 0; i < n_rows; i++) {
		CK_OBJECT_HANDLE object = make_copyable(way);
		bool to_true = rows[i].flags & SG_ATTR_ONLY_TO_TRUE;

		if ((rows[i].in & way->in) == 0 ||
		    (rows[i].flags & (SG_ATTR_ONLY_TO_TRUE | SG_ATTR_ONLY_TO_FALSE)) == 0)
			continue;
		check(way, &rows[i], CKR_OK, turn(&object, &rows[i], to_true));
		if (rows[i].type == CKA_COPYABLE || rows[i].type == CKA_MODIFIABLE)
			continue;       /* now nothing can be turned */
		check(way, &rows[i], CKR_ATTRIBUTE_READ_ONLY, turn(&object, &rows[i], !to_true));
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s_ = suite_create("attributes");
	TCase *tc = tcase_create("attributes");

	tcase_add_checked_fixture(tc, set_up, p11_teardown);
	suite_add_tcase(s_, tc);
	tcase_add_loop_test(tc, a_template_takes_what_the_table_allows, 0, WAYS);
	tcase_add_loop_test(tc, an_attribute_of_other_objects_is_no_attribute, 0, WAYS);
	tcase_add_loop_test(tc, what_must_be_given_is_missed, 0, WAYS);
	tcase_add_loop_test(tc, a_template_names_nothing_twice, 0, WAYS);
	tcase_add_loop_test(tc, a_malformed_value_is_refused, 0, WAYS);
	tcase_add_loop_test(tc, bytes_that_are_not_there_are_refused_first, 0, WAYS);
	tcase_add_loop_test(tc, an_object_has_the_defaults_of_the_table, 0, WAYS);
	tcase_add_loop_test(tc, an_object_changes_where_the_table_says_so, 0, CREATES);
	tcase_add_loop_test(tc, a_copy_differs_where_the_table_says_so, 0, CREATES);
	tcase_add_loop_test(tc, malformed_changes_and_copies_are_refused, 0, CREATES);
	tcase_add_loop_test(tc, one_way_attributes_do_not_come_back, 0, CREATES);
	return s_;
}

int main(void)
{
	return test_run(suite());
}
