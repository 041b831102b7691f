/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The functions of PKCS#11 2.40 and the shapes of their arguments, so that a module
 * passes all of them on by one rule. Known to the faulty module and to those who set faults.
 */
#ifndef TESTS_LIB_FAULTY_FUNCTIONS_H
#define TESTS_LIB_FAULTY_FUNCTIONS_H

#include <stddef.h>

#define FAULTY_FUNCTIONS 68
#define FAULTY_ARGUMENTS 8              /* at most */

/* A letter for each argument:
 *   t  slot whose token is asked       l  slot, whether or not it has a token
 *   s  session                         S  where a session is put
 *   o  object                          O  where an object is put
 *   k  object that is used as a key    m  mechanism, through a pointer
 *   b  buffer for an answer            n  its length, both ways, through a pointer
 *   c  CK_BBOOL                        w  another number or pointer */
struct faulty_row {
	const char *name, *shape;
};

/* In the order of CK_FUNCTION_LIST. */
extern const struct faulty_row faulty_rows[FAULTY_FUNCTIONS];

/* Return the number of a function; FAULTY_FUNCTIONS where none has that name. */
size_t faulty_number(const char *name);

#endif
