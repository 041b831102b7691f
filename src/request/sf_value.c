/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The values of structured fields: decoding them, and the one way of writing them
 * [RFC 9651 §4.1].
 */
#include "request/sf.h"

bool sg_sf_integer(const struct sg_sf_value *value, int64_t *number)
{
	const bool minus = value->raw.len > 0 && value->raw.data[0] == '-';
	bool good;

	*number = 0;
	if (value->kind != SG_SF_INTEGER)
		return false;
	good = sg_request_number(sg_request_part(value->raw.data + minus, value->raw.len - minus),
	                         number);
	/* A zero has no sign either. */
	if (minus)
		good = good && *number != 0;
	if (minus)
		*number = -*number;
	return good;
}

bool sg_sf_string(const struct sg_sf_value *value, struct sg_writer *w)
{
	if (value->kind != SG_SF_STRING)
		return false;
	for (size_t i = 1; i + 1 < value->raw.len; i++) {
		if (value->raw.data[i] == '\\')
			i++;
		sg_write_u8(w, (uint8_t)value->raw.data[i]);
	}
	return true;
}

bool sg_sf_bytes(const struct sg_sf_value *value, uint8_t *out, size_t max, size_t *len)
{
	*len = 0;
	return value->kind == SG_SF_BYTES &&
	       sg_request_unbase64(sg_request_part(value->raw.data + 1, value->raw.len - 2), out,
	                           max, len);
}

bool sg_sf_true(const struct sg_sf_value *value)
{
	return value->kind == SG_SF_BOOLEAN && sg_request_is(value->raw, "?1");
}

bool sg_sf_is_string(struct sg_request_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	return true;
}

void sg_sf_write_string(struct sg_writer *w, struct sg_request_text text)
{
	sg_request_puts(w, "\"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			sg_request_puts(w, "\\");
		sg_write_u8(w, (uint8_t)text.data[i]);
	}
	sg_request_puts(w, "\"");
}

/* A number without zeros that say nothing; one that is zero has no sign. */
static void write_number(struct sg_writer *w, struct sg_request_text raw)
{
	const bool minus = raw.data[0] == '-';
	struct sg_request_text left = sg_request_part(raw.data + minus, raw.len - minus);
	const bool decimal = sg_request_find(left, '.') < left.len;
	bool zero = true;

	while (left.len > 1 && left.data[0] == '0' && sg_request_digit(left.data[1])) {
		left.data++;
		left.len--;
	}
	while (decimal && left.data[left.len - 1] == '0' && left.data[left.len - 2] != '.')
		left.len--;
	for (size_t i = 0; i < left.len; i++)
		zero = zero && (left.data[i] == '0' || left.data[i] == '.');
	if (minus && !zero)
		sg_request_puts(w, "-");
	sg_request_put(w, left);
}

static unsigned nibble(char c)
{
	return (unsigned)(sg_request_digit(c) ? c - '0' : c - 'a' + 10);
}

/* Only what must be percent-encoded is. */
static void write_display(struct sg_writer *w, struct sg_request_text raw)
{
	sg_request_puts(w, "%\"");
	for (size_t i = 2; i + 1 < raw.len; i++) {
		uint8_t byte = (uint8_t)raw.data[i];

		if (raw.data[i] == '%') {
			byte = (uint8_t)(nibble(raw.data[i + 1]) << 4 | nibble(raw.data[i + 2]));
			i += 2;
		}
		if (byte < ' ' || byte > '~' || byte == '%' || byte == '"') {
			sg_request_puts(w, "%");
			sg_request_put_hex(w, sg_bytes(&byte, 1));
		} else {
			sg_write_u8(w, byte);
		}
	}
	sg_request_puts(w, "\"");
}

static void write_bare(struct sg_writer *w, const struct sg_sf_value *value)
{
	switch (value->kind) {
	case SG_SF_INTEGER:
	case SG_SF_DECIMAL:
		write_number(w, value->raw);
		break;
	case SG_SF_DATE:
		sg_request_puts(w, "@");
		write_number(w, sg_request_part(value->raw.data + 1, value->raw.len - 1));
		break;
	case SG_SF_DISPLAY:
		write_display(w, value->raw);
		break;
	case SG_SF_STRING:
	case SG_SF_TOKEN:
	case SG_SF_BYTES:
	case SG_SF_BOOLEAN:
		/* These are read in no other way than they are written. */
		sg_request_put(w, value->raw);
		break;
	case SG_SF_INNER:
		break;
	}
}

static bool write_some(struct sg_writer *w, const struct sg_sf_value *value)
{
	struct sg_sf_entries params;

	if (!sg_sf_params(value, &params))
		return false;
	for (size_t i = 0; i < params.n; i++) {
		sg_request_puts(w, ";");
		sg_request_put(w, params.entry[i].key);
		if (sg_sf_true(&params.entry[i].value))
			continue;
		sg_request_puts(w, "=");
		write_bare(w, &params.entry[i].value);
	}
	return true;
}

static bool write_params(struct sg_writer *w, const struct sg_sf_value *value)
{
	return value->params.len == 0 || write_some(w, value);
}

static bool write_inner(struct sg_writer *w, const struct sg_sf_value *value)
{
	struct sg_sf_values items;

	if (!sg_sf_inner(value, &items))
		return false;
	sg_request_puts(w, "(");
	for (size_t i = 0; i < items.n; i++) {
		if (i > 0)
			sg_request_puts(w, " ");
		write_bare(w, &items.value[i]);
		if (!write_params(w, &items.value[i]))
			return false;
	}
	sg_request_puts(w, ")");
	return true;
}

bool sg_sf_write(struct sg_writer *w, const struct sg_sf_value *value)
{
	if (value->kind != SG_SF_INNER)
		write_bare(w, value);
	else if (!write_inner(w, value))
		return false;
	return write_params(w, value);
}

bool sg_sf_write_list(struct sg_writer *w, const struct sg_sf_values *members)
{
	for (size_t i = 0; i < members->n; i++) {
		if (i > 0)
			sg_request_puts(w, ", ");
		if (!sg_sf_write(w, &members->value[i]))
			return false;
	}
	return true;
}

bool sg_sf_write_dictionary(struct sg_writer *w, const struct sg_sf_entries *members)
{
	for (size_t i = 0; i < members->n; i++) {
		const struct sg_sf_entry *entry = &members->entry[i];

		if (i > 0)
			sg_request_puts(w, ", ");
		sg_request_put(w, entry->key);
		if (sg_sf_true(&entry->value)) {
			if (!write_params(w, &entry->value))
				return false;
			continue;
		}
		sg_request_puts(w, "=");
		if (!sg_sf_write(w, &entry->value))
			return false;
	}
	return true;
}
