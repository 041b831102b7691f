/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What every sealer must do, whatever it is made of. A program that tests one
 * sets these three in a checked fixture and adds the cases to a test case of its own.
 */
#ifndef TESTS_LIB_CONFORMANCE_H
#define TESTS_LIB_CONFORMANCE_H

#include <check.h>

#include "seal/sealer.h"

extern struct sg_sealer *test_sealer;           /* open */
extern struct sg_buf test_parent;               /* provisioned */

/* What the sealer says where it is asked about a parent that is not its own, SG_ERR_HW_OTHER by
 * default; and where in test_parent a byte stands that makes it another one: so many before the
 * end, 1 by default. */
extern enum sg_err test_other;
extern size_t test_other_at;

/* Add the cases; or those that also a list of sealers passes, which opens by one member what
 * another one refuses. */
void test_conformance_add(TCase *tcase);
void test_conformance_add_list(TCase *tcase);

/* Open test_sealer as the sealer "tpm" on a TCTI. The string must outlive it. */
void test_sealer_on(char *tcti);

/* Provision test_sealer into test_parent and tell whether the parent was made now. */
bool test_provision(void);

/* Make a secret of len bytes that count up from first. */
struct sg_secret *test_secret(size_t len, uint8_t first);

/* Seal under test_parent; the caller frees the blob. auth may be NULL. */
enum sg_err test_seal(const struct sg_secret *auth, const struct sg_secret *plain,
                      struct sg_buf *blob);

/* Unseal under test_parent; the caller frees *out. auth may be NULL. */
enum sg_err test_unseal(const struct sg_secret *auth, struct sg_bytes blob, struct sg_secret **out);

/* Tell whether the blob opens and holds exactly the secret. */
bool test_opens(const struct sg_secret *auth, const struct sg_buf *blob,
                const struct sg_secret *plain);

/* Free the sealer and the parent: the end of a checked fixture. */
void test_sealer_end(void);

#endif
