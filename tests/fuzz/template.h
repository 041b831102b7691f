/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Templates: a sound one for some kind of object, and then things done to
 * it. What lies behind a pointer is always as long as the template says, or is so
 * long that no reader may believe it.
 */
#ifndef TESTS_FUZZ_TEMPLATE_H
#define TESTS_FUZZ_TEMPLATE_H

#include "core/pkcs11.h"
#include "fuzz/input.h"

struct fuzz_template {
	CK_ATTRIBUTE *attr;     /* lives as long as the call; NULL is possible */
	CK_ULONG n;
};

/* What a template is for, which decides what it mostly starts from. */
enum fuzz_purpose {
	FUZZ_GENERATED,
	FUZZ_PUBLIC,
	FUZZ_PRIVATE,
	FUZZ_UNWRAPPED,
	FUZZ_SOUGHT,
	FUZZ_CREATED,
};

/* Make a template that gives values. */
struct fuzz_template fuzz_template(struct fuzz_input *in, enum fuzz_purpose purpose);

/* Make one that asks for values, with room for them or without; room[i] gets the bytes
 * behind attr[i]. At most FUZZ_ASKED attributes. */
#define FUZZ_ASKED 16
struct fuzz_template fuzz_asking(struct fuzz_input *in, CK_ULONG room[FUZZ_ASKED]);

#endif
