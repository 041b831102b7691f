/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Enrolment tokens: their text, and what one demands of who shows it. The text is a
 * secret of which only the SHA-256 is kept. The demands are kept as a JSON object, whose members
 * doc/formats.md lists; they never change once the token is made.
 */
#ifndef SG_ENROLL_TOKEN_H
#define SG_ENROLL_TOKEN_H

#include "enroll/net.h"
#include "enroll/verify.h"
#include "store/fleet.h"
#include "util/secret.h"

#define SG_ENROLL_TOKEN_TEXT 47         /* "sgt_" and 32 random bytes in base64url */
#define SG_ENROLL_MAKERS_MAX 16
#define SG_ENROLL_EKS_MAX 10000
#define SG_ENROLL_PCRS_MAX 4095         /* bytes of the text of PCRs */
#define SG_ENROLL_LIFETIME_MIN 3600     /* seconds: an hour */
#define SG_ENROLL_LIFETIME_MAX ((int64_t)365 * 86400)   /* twelve months */
#define SG_ENROLL_TOKEN_MAX ((int64_t)365 * 86400)      /* seconds that a token is good */

/* What a token demands and gives. All zero demands nothing; free it with sg_enroll_rules_clear. */
struct sg_enroll_rules {
	enum sg_enroll_class class;
	enum sg_enroll_level level;     /* at least */
	enum sg_enroll_origin origin;   /* ANY: the machine's wish */
	bool by_hand;                   /* somebody approves each machine */
	int64_t lifetime;               /* seconds of a machine; 0: without end */
	bool by_clock;                  /* its key ends by the TPM's clock, too */
	char host[SG_ENROLL_TEXT_MAX + 1];      /* pattern, enroll/naming.h; "": any */
	char name[SG_ENROLL_TEXT_MAX + 1];      /* template; "": the name that is asked for, or the
	                                         * host's */
	char sources[SG_FLEET_GUARD + 1];       /* ranges, enroll/net.h; "": from anywhere */
	struct sg_nets nets;            /* the same; set by reading */
	char *makers[SG_ENROLL_MAKERS_MAX];     /* of TPMs */
	size_t n_makers;
	uint8_t (*eks)[SG_ENROLL_EK_HASH];      /* those that are allowed; NULL: any */
	size_t n_eks;
	char *bind_pcrs, *quote_pcrs;   /* text of sg_policy; NULL: none */
	bool eventlog;
	char guard[SG_FLEET_GUARD + 1];    /* of its machines, enroll/guard.h; "": none */
};

/* Make a new token; the caller frees *text. Errors: SECURE_MEMORY, NOMEM, CRYPTO. */
enum sg_err sg_enroll_token_make(struct sg_secret **text, uint8_t hash[SG_ENROLL_HASH]);

/* Hash the text of a token, of whatever form it is. */
enum sg_err sg_enroll_token_hash(struct sg_bytes text, uint8_t hash[SG_ENROLL_HASH]);

/* Write rules, which replaces what out holds. *wrong is then, in words, the member that can't be.
 * Errors: FORMAT for rules that no reader takes, NOMEM. */
enum sg_err sg_enroll_rules_write(const struct sg_enroll_rules *rules, struct sg_buf *out,
                                  const char **wrong);

/* Read them; the caller clears *out, also after an error. *wrong is then the member that can't be.
 * Errors: FORMAT. */
enum sg_err sg_enroll_rules_read(struct sg_bytes json, struct sg_enroll_rules *out,
                                  const char **wrong);
void sg_enroll_rules_clear(struct sg_enroll_rules *rules);

/* Judge who shows the token: its address ("": not known), host name, class and wish. Reasons:
 * SOURCE, HOST, CLASS, ORIGIN. */
enum sg_enroll_reason sg_enroll_rules_judge(const struct sg_enroll_rules *rules, const char *source,
                                            struct sg_bytes host, enum sg_enroll_class class,
                                            enum sg_enroll_origin origin);

/* Say them to who verifies evidence; the demand views the rules. */
void sg_enroll_rules_demand(const struct sg_enroll_rules *rules,
                            const struct sg_authorities *authorities,
                            struct sg_enroll_demand *out);

#endif
