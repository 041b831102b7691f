/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 0. Bech32. All characters are compared with, and the one that fits is kept by a mask.
 */
#include "util/bech32.h"

#include <string.h>

#define LINE 90                         /* characters, up to which one mistake is found surely */
#define SUM 6
#define SYMBOLS 32
#define NONE 0xff                       /* what no character stands for */

static const char characters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* Return 0xff where they are the same and 0 else. */
static uint8_t same(unsigned a, unsigned b)
{
	return (uint8_t)(((a ^ b) - 1) >> 8);
}

static uint8_t character_of(uint8_t symbol)
{
	uint8_t found = 0;

	for (unsigned i = 0; i < SYMBOLS; i++)
		found |= (uint8_t)(same(i, symbol) & (uint8_t)characters[i]);
	return found;
}

/* Return 0x20 for a large letter and 0 else. */
static uint8_t small_bit(unsigned c)
{
	return (uint8_t)((((c - 'A') | ('Z' - c)) >> 8 & 0x20) ^ 0x20);
}

static uint8_t symbol_of(uint8_t c)
{
	const unsigned small = c | small_bit(c);
	uint8_t found = 0, any = 0;

	for (unsigned i = 0; i < SYMBOLS; i++) {
		const uint8_t one = same(small, (uint8_t)characters[i]);

		found |= (uint8_t)(one & i);
		any |= one;
	}
	return (uint8_t)(found | (uint8_t)~any);
}

/* Take one more symbol into the sum. */
static uint32_t sum_next(uint32_t sum, uint8_t symbol)
{
	static const uint32_t generator[] = {
		0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3,
	};
	const uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ symbol;
	for (int i = 0; i < 5; i++)
		sum ^= generator[i] & -(top >> i & 1);
	return sum;
}

static uint32_t sum_of(const char *prefix, const uint8_t *symbol, size_t n)
{
	uint32_t sum = 1;

	for (const char *c = prefix; *c != '\0'; c++)
		sum = sum_next(sum, (uint8_t)*c >> 5);
	sum = sum_next(sum, 0);
	for (const char *c = prefix; *c != '\0'; c++)
		sum = sum_next(sum, (uint8_t)*c & 31);
	for (size_t i = 0; i < n; i++)
		sum = sum_next(sum, symbol[i]);
	return sum;
}

static size_t symbols_for(size_t len)
{
	return (8 * len + 4) / 5;
}

/* Cut bytes into symbols of five bits, the last filled up with zeros. */
static void cut(struct sg_bytes bytes, uint8_t *symbol)
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		held = (held << 8 | bytes.data[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			*symbol++ = (uint8_t)(held >> (bits - 5) & 31);
	}
	if (bits > 0)
		*symbol = (uint8_t)(held << (5 - bits) & 31);
}

/* Put symbols together; return what fills up the last, which is zero. */
static unsigned join(const uint8_t *symbol, size_t n, uint8_t *out)
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < n; i++) {
		held = (held << 5 | symbol[i]) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(held >> bits);
		}
	}
	return held & ((1u << bits) - 1);
}

enum sg_err sg_bech32_write(const char *prefix, struct sg_bytes bytes, bool large,
                            struct sg_secret **text)
{
	const size_t head = strlen(prefix) + 1, n = symbols_for(bytes.len);
	struct sg_secret *symbol = NULL;
	enum sg_err err;
	uint32_t sum;

	if (head + n + SUM > LINE)
		return SG_ERR_RANGE;
	err = sg_secret_new(n + SUM, &symbol);
	if (err == SG_OK)
		err = sg_secret_new(head + n + SUM, text);
	if (err != SG_OK)
		goto out;
	cut(bytes, symbol->data);
	sum = sum_of(prefix, symbol->data, n + SUM) ^ 1;
	for (size_t i = 0; i < SUM; i++)
		symbol->data[n + i] = (uint8_t)(sum >> 5 * (SUM - 1 - i) & 31);
	memcpy((*text)->data, prefix, head - 1);
	(*text)->data[head - 1] = '1';
	for (size_t i = 0; i < n + SUM; i++)
		(*text)->data[head + i] = character_of(symbol->data[i]);
	(*text)->len = head + n + SUM;
	for (size_t i = 0; large && i < (*text)->len; i++)
		(*text)->data[i] ^= small_bit((*text)->data[i] ^ 0x20u);
out:
	sg_secret_free(&symbol);
	return err;
}

static bool begins_with(const char *prefix, struct sg_bytes text)
{
	const size_t head = strlen(prefix);
	uint8_t differs = 0;

	if (text.len <= head)
		return false;
	for (size_t i = 0; i < head; i++)
		differs |= (uint8_t)((text.data[i] | small_bit(text.data[i])) ^
		                     (uint8_t)prefix[i]);
	return sg_secret_reveal(differs | (text.data[head] ^ '1')) == 0;
}

/* Find the one symbol with another in whose place the sum is right; n: there is none. */
static size_t find_wrong(const char *prefix, uint8_t *symbol, size_t n)
{
	size_t found = n;

	for (size_t i = 0; i < n && found == n; i++) {
		for (uint8_t change = 1; change < SYMBOLS && found == n; change++) {
			symbol[i] ^= change;
			if (sg_secret_reveal(sum_of(prefix, symbol, n) ^ 1) == 0)
				found = i;
			symbol[i] ^= change;
		}
	}
	return found;
}

/* Read all symbols; tell which is none, or n. */
static size_t read_symbols(const uint8_t *text, size_t n, uint8_t *symbol)
{
	for (size_t i = 0; i < n; i++) {
		symbol[i] = symbol_of(text[i]);
		if (sg_secret_reveal(same(symbol[i], NONE)) != 0)
			return i;
	}
	return n;
}

enum sg_err sg_bech32_read(const char *prefix, struct sg_bytes text, size_t len,
                           struct sg_secret **bytes, size_t *wrong)
{
	const size_t head = strlen(prefix) + 1, n = symbols_for(len) + SUM;
	struct sg_secret *symbol = NULL;
	enum sg_err err;
	size_t at;

	*bytes = NULL;
	*wrong = 0;
	if (!begins_with(prefix, text))
		return SG_ERR_ARG;
	if (text.len != head + n || text.len > LINE)
		return SG_ERR_RANGE;
	err = sg_secret_new(n, &symbol);
	if (err == SG_OK)
		err = sg_secret_new(len, bytes);
	if (err != SG_OK)
		goto out;
	at = read_symbols(text.data + head, n, symbol->data);
	if (at == n && sg_secret_reveal(sum_of(prefix, symbol->data, n) ^ 1) != 0) {
		at = find_wrong(prefix, symbol->data, n);
		err = SG_ERR_FORMAT;
	}
	if (at < n) {
		*wrong = head + at + 1;
		err = SG_ERR_FORMAT;
	}
	if (err == SG_OK && sg_secret_reveal(join(symbol->data, n - SUM, (*bytes)->data)) != 0)
		err = SG_ERR_FORMAT;
	(*bytes)->len = len;
out:
	if (err != SG_OK)
		sg_secret_free(bytes);
	sg_secret_free(&symbol);
	return err;
}
