/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Bytes for calls.
 */
#include "fuzz/data.h"

#include <string.h>

#include "client/rv.h"
#include "fuzz/model.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))
#define KEPT 8
#define KEPT_MAX ((CK_ULONG)1024)

static const CK_ULONG lengths[] = {
	0, 1, 7, 8, 11, 12, 15, 16, 17, 24, 28, 31, 32, 33, 40, 48, 63, 64, 65, 80, 128, 255, 528,
	1024, 65536,
};

/* What calls gave out last: ciphertexts, wrapped keys, signatures. */
static struct {
	CK_BYTE data[KEPT_MAX];
	CK_ULONG len;
} kept[KEPT];
static unsigned next;

void fuzz_data_reset(void)
{
	memset(kept, 0, sizeof kept);
	next = 0;
}

struct fuzz_bytes fuzz_bytes(struct fuzz_input *in)
{
	unsigned choice = fuzz_byte(in), change = fuzz_byte(in);
	struct fuzz_bytes bytes;

	if (choice >= 252)
		return (struct fuzz_bytes){ NULL, choice - 252 };
	if (choice >= 128) {
		bytes.len = kept[choice % KEPT].len;
		bytes.data = fuzz_copy(kept[choice % KEPT].data, bytes.len);
		if (change >= 192 && bytes.len > 0)
			bytes.data[change % bytes.len] ^= (CK_BYTE)change;
		else if (change >= 128 && bytes.len > 0)
			bytes.data = fuzz_copy(bytes.data, --bytes.len);
		return bytes;
	}
	bytes.len = lengths[choice % LENGTH_OF(lengths)];
	bytes.data = fuzz_alloc(bytes.len);
	memset(bytes.data, (int)change, bytes.len);
	return bytes;
}

static void resize(struct fuzz_output *out, CK_ULONG len)
{
	out->room = out->len = len;
	out->data = fuzz_alloc(len);
	/* What is not written is not to be taken for output. */
	memset(out->data, 0, len);
}

void fuzz_output(struct fuzz_input *in, struct fuzz_output *out)
{
	unsigned choice = fuzz_byte(in);

	memset(out, 0, sizeof *out);
	out->len_out = choice == 255 ? NULL : &out->len;
	out->asks = choice < 128;
	out->less = choice >= 96 && out->asks;
	if (choice < 128 || choice == 254)
		return;
	if (choice >= 240)
		out->len = ~0UL;
	else
		resize(out, lengths[choice % LENGTH_OF(lengths)]);
}

void fuzz_output_announced(struct fuzz_output *out, CK_ULONG len)
{
	out->less = out->less && len > 0;
	resize(out, out->less ? len - 1 : len);
}

void fuzz_output_kept(const char *name, const struct fuzz_output *out, CK_RV rv)
{
	if (out->asks && !out->less && rv == CKR_BUFFER_TOO_SMALL)
		fuzz_fail("%s announces %lu bytes, and then they are too few", name, out->room);
}

void fuzz_output_check(const char *name, const struct fuzz_output *out, CK_RV rv)
{
	if (out->data == NULL || out->len_out == NULL) {
		if (rv == CKR_BUFFER_TOO_SMALL)
			fuzz_fail("%s: CKR_BUFFER_TOO_SMALL without a buffer", name);
		return;
	}
	if (rv == CKR_OK && out->len > out->room)
		fuzz_fail("%s writes %lu bytes where there is room for %lu", name, out->len,
		          out->room);
	if (rv == CKR_BUFFER_TOO_SMALL && out->len <= out->room)
		fuzz_fail("%s: %lu bytes are too few, and %lu are needed", name, out->room, out->len);
	model_given_out(name, out->data, out->room);
	if (rv != CKR_OK || out->len == 0)
		return;
	kept[next % KEPT].len = out->len < KEPT_MAX ? out->len : KEPT_MAX;
	memcpy(kept[next % KEPT].data, out->data, kept[next % KEPT].len);
	next++;
}
