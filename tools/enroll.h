/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The machine's side of an enrolment, whatever carries its messages: each step is kept in
 * the state folder before anything is sent, so that it goes on after any interruption.
 */
#ifndef TOOLS_ENROLL_H
#define TOOLS_ENROLL_H

#include "enroll/machine.h"
#include "tools/tool.h"

#define TOOL_ENROLL_ID 16               /* bytes of a key's CKA_ID */

/* The files that clients of a vault read. */
#define TOOL_ENROLL_IDENTITY "identity.json"
#define TOOL_ENROLL_KEY_FILE "private.pem"      /* where clients look for a key, and find its URI */

/* One enrolment of one token. All zero is none; end it with tool_enroll_close. */
struct tool_enroll {
	struct tool *tool;
	char *folder;                   /* where tokens lie */
	char *path;                     /* of the state */
	int lock;                       /* descriptor of its lock, or 0 */
	enum sg_enroll_origin origin;   /* that --origin names */
	enum sg_enroll_class class;
	struct sg_secret *token;        /* of --token-file, or NULL */
	enum sg_err token_err;          /* why it could not be read */
	struct sg_enroll_state state;
	struct sg_enroll_identity identity;
	char *label;                    /* of the key, once it is chosen */
};

/* Read --origin, --class and --token-file into an empty one, before anything is made. The file is
 * missed later, where it is needed: who is enrolled has no token any more. */
enum tool_exit tool_enroll_options(struct tool *tool, struct tool_enroll *e);

/* Open the token and the state of its enrolment; where there is an enrolment token and no token, a
 * machine token is made. Another process that enrols it is an error. */
enum tool_exit tool_enroll_open(struct tool_enroll *e);
void tool_enroll_close(struct tool_enroll *e);

/* Remove what an enrolment left beside a token that is destroyed: its state, in which a token of
 * the registrar's and blobs of the hardware are, its lock, and the files for clients that no
 * --identity moved elsewhere. */
enum tool_exit tool_enroll_forget(const struct tool *tool);

/* Bring the state to the disk. */
enum tool_exit tool_enroll_save(struct tool_enroll *e);

/* Have the hardware make its attestation key, and make the hello with the token of --token-file. */
enum tool_exit tool_enroll_hello(struct tool_enroll *e);

/* Look at a challenge, and make the key and the evidence. */
enum tool_exit tool_enroll_answer(struct tool_enroll *e, struct sg_bytes challenge);

/* Make sure that no other key has the name of --label, where it is given, before anything is
 * sent. */
enum tool_exit tool_enroll_label(struct tool_enroll *e);

/* See that an enrolment that is under way is the one that the options ask for; otherwise it is an
 * error, or with --again forgotten. */
enum tool_exit tool_enroll_same(struct tool_enroll *e);

/* Take the identity that came. */
enum tool_exit tool_enroll_take(struct tool_enroll *e, struct sg_bytes json);

/* Put the key into the token, write what clients read, and tell. */
enum tool_exit tool_enroll_finish(struct tool_enroll *e);

/* See that what --identity names has no files of another machine, before anything is sent or
 * written. */
enum tool_exit tool_enroll_folder(const struct tool_enroll *e);

/* Write the files of an enrolment whose key is in the token, and has its label. */
enum tool_exit tool_enroll_files(struct tool_enroll *e);

/* See that the enrolment that is done is the one that the options ask for, write its files again
 * where --identity names a folder, and tell. */
enum tool_exit tool_enroll_done(struct tool_enroll *e);

/* Make the CKA_ID of the key. */
enum tool_exit tool_enroll_id(const struct tool_enroll *e, uint8_t id[TOOL_ENROLL_ID]);

/* Tell of an enrolment that is done. */
enum tool_exit tool_enroll_tell(struct tool_enroll *e, bool before);

/* Tell why a registrar refuses. */
enum tool_exit tool_enroll_refused(enum sg_enroll_reason reason);

#endif
