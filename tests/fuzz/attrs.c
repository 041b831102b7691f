/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The stored list of attributes: what can be parsed is walked, searched and
 * changed, and stays a list that can be parsed.
 */
#include "core/attrs.h"

#include "fuzz/input.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

/* Walk the list: ascending types, values inside of it. */
static size_t walk(const struct sg_attrs *attrs)
{
	CK_ATTRIBUTE_TYPE type, last = 0;
	struct sg_bytes value, again;
	size_t at = 0, n = 0;

	while (sg_attrs_next(attrs, &at, &type, &value)) {
		need(n == 0 || type > last, "the types of a list do not ascend");
		need(value.data >= attrs->list.data && at <= attrs->list.len, "a value is outside");
		need(sg_attrs_get(attrs, type, &again) && again.data == value.data,
		     "an attribute is not found");
		(void)sg_attrs_bool(attrs, type);
		(void)sg_attrs_ulong(attrs, type);
		last = type;
		n++;
	}
	need(at == attrs->list.len, "the list does not end where its last value does");
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sg_attrs attrs = { 0 }, copy = { 0 };
	CK_ATTRIBUTE_TYPE type = len > 3 ? data[3] : 0;

	if (sg_attrs_parse(sg_bytes(data, len), &attrs) == SG_OK) {
		(void)walk(&attrs);
		need(sg_attrs_set(&attrs, type, sg_bytes(data, len % 64)) == SG_OK, "set fails");
		need(sg_attrs_set_ulong(&attrs, CKA_CLASS, type) == SG_OK, "set fails");
		need(sg_attrs_ulong(&attrs, CKA_CLASS) == type, "a number is another one");
		need(sg_attrs_set_bool(&attrs, CKA_TOKEN, true) == SG_OK, "set fails");
		need(sg_attrs_bool(&attrs, CKA_TOKEN), "true is false");
		need(walk(&attrs) > 1, "what was set is not there");
		need(sg_attrs_parse(sg_buf_bytes(&attrs.list), &copy) == SG_OK,
		     "a list that was changed can't be read");
	}
	sg_attrs_free(&attrs);
	sg_attrs_free(&copy);
	return 0;
}
