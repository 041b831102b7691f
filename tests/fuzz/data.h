/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. What calls read and write: bytes that go in, among them what earlier calls
 * gave out, and room for what comes out.
 */
#ifndef TESTS_FUZZ_DATA_H
#define TESTS_FUZZ_DATA_H

#include "core/pkcs11.h"
#include "fuzz/input.h"

struct fuzz_bytes {
	CK_BYTE *data;          /* NULL is possible, with a length too */
	CK_ULONG len;
};

struct fuzz_output {
	CK_BYTE *data;          /* NULL: a question for the size */
	CK_ULONG room;          /* bytes behind data */
	CK_ULONG len;
	CK_ULONG *len_out;      /* &len, or NULL */
	bool asks;              /* ask for the size first, and give room for just that ... */
	bool less;              /* ... but one byte, if there is one */
};

/* Choose bytes that go in. */
struct fuzz_bytes fuzz_bytes(struct fuzz_input *in);

/* Choose room for what comes out; the structure points into itself where len_out is set. */
void fuzz_output(struct fuzz_input *in, struct fuzz_output *out);

/* Give it room according to the size that was announced. */
void fuzz_output_announced(struct fuzz_output *out, CK_ULONG len);

/* Check the answer of a call with that room. */
void fuzz_output_kept(const char *name, const struct fuzz_output *out, CK_RV rv);

/* Check what a call that gives out bytes did, and keep the bytes for later calls. */
void fuzz_output_check(const char *name, const struct fuzz_output *out, CK_RV rv);

/* Forget what was kept. */
void fuzz_data_reset(void);

#endif
