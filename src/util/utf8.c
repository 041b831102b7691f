/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Decoding UTF-8. It must never read behind the end of its input, whatever
 * the first byte announces.
 */
#include "util/utf8.h"

/* Decode the character at the beginning; *len is 0 where there is none. */
static uint32_t decode(struct sg_bytes text, size_t *len)
{
	/* The beginning of each form, by its length, and the least number that needs it. */
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = { { 0x80, 0, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 },
	              { 0xf8, 0xf0, 0x10000 } };
	const size_t count = sizeof forms / sizeof forms[0];
	uint32_t point;
	size_t form = 0;

	*len = 0;
	if (text.len == 0)
		return 0;
	while (form < count && (text.data[0] & forms[form].mask) != forms[form].lead)
		form++;
	if (form == count || text.len <= form)
		return 0;
	point = text.data[0] & (uint8_t)~forms[form].mask;
	for (size_t i = 1; i <= form; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text.data[i] & 0x3f);
	}
	if (point < forms[form].least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	*len = form + 1;
	return point;
}

size_t sg_utf8_len(struct sg_bytes text)
{
	size_t len;

	(void)decode(text, &len);
	return len;
}

bool sg_utf8_control(struct sg_bytes text)
{
	size_t len;
	uint32_t point = decode(text, &len);

	return len > 0 && (point < 0x20 || (point >= 0x7f && point < 0xa0));
}

bool sg_utf8_invisible(struct sg_bytes text)
{
	/* By rising number. Categories Cf, Zl and Zp and the property
	 * Default_Ignorable_Code_Point of Unicode 15, joined where they meet. */
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0xad, 0xad },       { 0x34f, 0x34f },     { 0x600, 0x605 },
		{ 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },
		{ 0x890, 0x891 },     { 0x8e2, 0x8e2 },     { 0x115f, 0x1160 },
		{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },
		{ 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
		{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
		{ 0xe0000, 0xe0fff },
	};
	size_t len;
	uint32_t point = decode(text, &len);

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0] && len > 0; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

bool sg_utf8_plain(struct sg_bytes text)
{
	while (text.len > 0) {
		size_t len = sg_utf8_len(text);

		if (len == 0 || sg_utf8_control(text))
			return false;
		text = sg_bytes(text.data + len, text.len - len);
	}
	return true;
}
