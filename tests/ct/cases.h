/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of constant time. What the files of this program bring, and what they share.
 */
#ifndef TESTS_CT_CASES_H
#define TESTS_CT_CASES_H

#include <check.h>

#include "ct/mark.h"
#include "util/secret.h"

/* Add the tests of a file. */
void ct_control_add(TCase *tcase);
void ct_crypto_add(TCase *tcase);
void ct_files_add(TCase *tcase);
void ct_records_add(TCase *tcase);
void ct_sealers_add(TCase *tcase);
void ct_sent_add(TCase *tcase);
void ct_shares_add(TCase *tcase);
void ct_module_add(Suite *suite);

/* Make len bytes that memcheck takes for secret; the caller frees them. */
struct sg_secret *ct_make(size_t len);

#endif
