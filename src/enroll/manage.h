/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. What an administrator does to a fleet: makes and revokes tokens, and changes
 * members. Each call is one transaction with its entry in the log; who did it is the caller's word.
 */
#ifndef SG_ENROLL_MANAGE_H
#define SG_ENROLL_MANAGE_H

#include "enroll/token.h"
#include "store/fleet.h"

struct sg_manager {
	struct sg_fleet *fleet;
	const char *actor;              /* for the log: "root" */
	int64_t now;
};

/* Make a token; the caller frees *text, and gets its identifier. *wrong is the member of the rules
 * that can't be, or "uses" or "expires", after FORMAT. */
enum sg_err sg_manage_token_create(const struct sg_manager *manager, const char *name,
                                   uint32_t uses, int64_t seconds,
                                   const struct sg_enroll_rules *rules, struct sg_secret **text,
                                   char id[SG_FLEET_ID + 1], const char **wrong);

/* Let no more machines come by a token. Errors: NOT_FOUND. */
enum sg_err sg_manage_token_revoke(const struct sg_manager *manager, const char *id);

enum sg_manage_action {
	SG_MANAGE_APPROVE,
	SG_MANAGE_DISABLE,
	SG_MANAGE_ENABLE,
	SG_MANAGE_EXTEND,               /* seconds more, from its end or from now, whichever is
	                                 * later; never beyond twelve months from now */
	SG_MANAGE_REVERT,               /* the last extension that stands */
	SG_MANAGE_REVOKE,               /* for ever */
	SG_MANAGE_GUARD,
	SG_MANAGE_REMOVE,
};

/* Do one of them. seconds is for EXTEND, guard for GUARD; out is the member as it is then, or as it
 * was before it was removed. Errors: NOT_FOUND; ARG where it can't be: to extend what has no end or
 * is revoked, to revert where no extension stands, a guard that is none; those of the store. */
enum sg_err sg_manage_member(const struct sg_manager *manager, enum sg_fleet_table table,
                             const char *id, enum sg_manage_action action, int64_t seconds,
                             const char *guard, struct sg_fleet_member *out);

#endif
