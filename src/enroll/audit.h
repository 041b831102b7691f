/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. The log as evidence: signed heads, and whether the log is the one that they were
 * signed for. An entry that was changed, added or taken out breaks the chain of hashes; who makes
 * the chain anew has no signature for it; whoever cuts the end off is told by a head that was kept
 * elsewhere. What was appended since the last head is not covered by a signature.
 */
#ifndef SG_ENROLL_AUDIT_H
#define SG_ENROLL_AUDIT_H

#include "store/fleet.h"

/* A file of heads has a line for each: "signet-head 1", the entry's number, Unix seconds, and in
 * hexadecimal digits the hash, the public key and the signature, with a space between. */
#define SG_AUDIT_LINE_MAX 320
#define SG_AUDIT_HEADS_MAX ((size_t)64 << 20)   /* bytes of a file of heads */

/* What was found first. */
enum sg_audit_fault {
	SG_AUDIT_SOUND,
	SG_AUDIT_CHANGED,               /* the entry is not what was hashed */
	SG_AUDIT_MISSING,               /* the entry is not there, and later ones are */
	SG_AUDIT_CUT,                   /* the entry was there when a head was signed */
	SG_AUDIT_REWRITTEN,             /* the chain is sound, and is not the one that was signed */
	SG_AUDIT_HEAD,                  /* a head has no key or signature that counts */
	SG_AUDIT_LINE,                  /* a line of the file of heads is none */
};

struct sg_audit_report {
	enum sg_audit_fault fault;
	uint64_t seq;                   /* where; of a head that of its entry, of a line its own */
	uint64_t entries;               /* that were read */
	uint64_t heads;                 /* that were looked at */
	uint64_t torn;                  /* lines of the file whose write was cut short */
	uint64_t signed_seq;            /* up to there a signature covers them; 0: none does */
	int64_t signed_at;
	uint8_t key[SG_FLEET_KEY];      /* by which the last one was signed */
};

/* Check the log of a fleet against its own heads and those in the text of a file. key: the only one
 * that may have signed them, 32 bytes; NULL takes the one that each names, which whoever can write
 * the store can choose. A line that was begun and not ended is no fault: it is counted, and says
 * nothing, just as one that was never begun. Errors: those of the store, NOMEM. A fault is none. */
enum sg_err sg_audit_verify(struct sg_fleet *fleet, struct sg_bytes heads, const uint8_t *key,
                            struct sg_audit_report *out);

/* Return the short name of a fault, and a sentence. */
const char *sg_audit_name(enum sg_audit_fault fault);
const char *sg_audit_sentence(enum sg_audit_fault fault);

/* Append the line of a head to a file, which is made with mode 0600, and bring it to the disk. It
 * begins a line of its own where the last one was cut short.
 * Errors: SYSTEM, STORE_FULL, STORE_READONLY. */
enum sg_err sg_audit_append(const char *path, const struct sg_fleet_head *head);

/* See that heads can be appended to a file, which is made where there is none. Errors: those of
 * sg_audit_append; SYSTEM also where it is no file, as a device is none. */
enum sg_err sg_audit_writable(const char *path);

/* Read one line, without its end. */
bool sg_audit_line_read(struct sg_bytes line, struct sg_fleet_head *out);

/* Tell whether a line is the beginning of one, and not all of it. */
bool sg_audit_line_torn(struct sg_bytes line);

#endif
