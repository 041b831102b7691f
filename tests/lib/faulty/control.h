/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What the faulty module shares with the test that sets its faults: a file that both
 * map, so that the module may run in any process. Everything is atomic, and all zero is a
 * module without faults. Who waits does so on a futex: a process that dies holds nothing up.
 */
#ifndef TESTS_LIB_FAULTY_CONTROL_H
#define TESTS_LIB_FAULTY_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/faulty/functions.h"

#define FAULTY_MODULE "faulty.so"       /* these lie in one folder: the module itself, */
#define FAULTY_BELOW "below.so"         /* the one that it passes calls on to, */
#define FAULTY_CONTROL "control"        /* and a struct faulty_control */

#define FAULTY_MECHANISMS 32

enum faulty_event {
	FAULTY_NOTHING,
	FAULTY_REMOVED,                 /* the token is taken away before this call */
	FAULTY_RESTARTED,               /* the HSM forgets sessions and logins before it */
	FAULTY_KILLED,                  /* the calling process dies before it */
	FAULTY_KILLED_AFTER,            /* or when the HSM has done it */
};

/* Who makes the IV of AES-GCM, and where it is returned. */
enum faulty_gcm {
	FAULTY_GCM_CALLER,              /* the caller, as PKCS#11 has it */
	FAULTY_GCM_AT_INIT,             /* the HSM; C_EncryptInit writes it to pIv, 12 zero bytes */
	FAULTY_GCM_AT_END,              /* the same, but at the end of the encryption */
	FAULTY_GCM_APPENDED,            /* the HSM; it follows the tag, and pIv is not looked at */
	FAULTY_GCM_CONSTANT,            /* as at the end, and it is always the same */
};

/* Bits of how a mechanism is taken away. */
#define FAULTY_UNLISTED 1u              /* it is not in the list and has no information */
#define FAULTY_REFUSED 2u               /* who uses it gets CKR_MECHANISM_INVALID */
#define FAULTY_GONE (FAULTY_UNLISTED | FAULTY_REFUSED)

/* Bits of other things that makers do. */
#define FAULTY_NEEDS_IV_BITS 1u         /* AES-GCM wants ulIvBits, and that it fits */
#define FAULTY_UNPADDED 2u              /* zero bytes where CK_TOKEN_INFO wants blanks */
#define FAULTY_SLOTS_GROW 4u            /* the question how many slots tells one too few */
#define FAULTY_NO_OS_LOCKING 8u         /* C_Initialize refuses CKF_OS_LOCKING_OK */
#define FAULTY_NEEDS_THREADS 16u        /* and CKF_LIBRARY_CANT_CREATE_OS_THREADS */
#define FAULTY_NEEDS_ARGUMENTS 32u      /* and no arguments at all */
#define FAULTY_KWP_IS_210B 64u          /* RFC 5649 has only the number that 3.0 gave it */
#define FAULTY_TELLS_NO_ORIGIN 128u     /* whether a key was made in the HSM is not told */
#define FAULTY_NO_LOGIN 256u            /* the token says that it needs no login */
#define FAULTY_FINDS_ALL 512u           /* a search finds every object, whatever it is for */
#define FAULTY_CUTS_LABELS 1024u        /* CKA_LABEL has 16 bytes at most */
#define FAULTY_REUSES_HANDLES 2048u     /* the handle of a destroyed object is given out again */
#define FAULTY_LAST_TRY 16384u          /* it takes one PIN more */
#define FAULTY_SAYS_SIGNET 4096u        /* the token is of the manufacturer "signet" */
#define FAULTY_OTHER_MODULUS 8192u      /* CKA_MODULUS is not that of the key */

struct faulty_function {
	_Atomic uint64_t calls;         /* so far, from all processes */
	_Atomic uint64_t from, to;      /* the numbers of those that get rv: from <= n < to */
	_Atomic uint64_t rv;
	_Atomic bool after;             /* they are passed on, and the answer is lost */
	_Atomic uint64_t event_at;      /* the number of the call at which it happens */
	_Atomic unsigned event;
	_Atomic bool lies;              /* about the length of an answer: */
	_Atomic uint64_t length;
	_Atomic bool garbles;           /* the bytes of an answer */
	_Atomic uint32_t closed;        /* a futex: calls wait while it is not zero */
	_Atomic uint32_t waiting;       /* a futex: how many wait */
};

struct faulty_mechanism {
	_Atomic uint64_t type;
	_Atomic unsigned how;
	_Atomic uint64_t flags;         /* that are taken out of its information */
};

struct faulty_control {
	struct faulty_function functions[FAULTY_FUNCTIONS];
	struct faulty_function any;     /* what is set for calls of whatever function */
	struct faulty_mechanism mechanisms[FAULTY_MECHANISMS];
	_Atomic unsigned mechanism_count;
	_Atomic uint32_t generation;    /* of sessions, logins and handles */
	_Atomic bool absent;
	_Atomic uint64_t session_limit; /* 0: none */
	_Atomic unsigned gcm;
	_Atomic unsigned gcm_iv_len;    /* of one that is appended */
	_Atomic unsigned quirks;
};

/* Wait while the word has that value, or for a while. */
void faulty_wait(_Atomic uint32_t *word, uint32_t value);

/* Wake all who wait for the word. */
void faulty_wake(_Atomic uint32_t *word);

#endif
