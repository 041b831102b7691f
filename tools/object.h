/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Objects: finding the one that is meant, making one, and what is shown of it.
 */
#ifndef TOOLS_OBJECT_H
#define TOOLS_OBJECT_H

#include <jansson.h>

#include "tools/tool.h"

#define TOOL_ANY_CLASS CK_UNAVAILABLE_INFORMATION
#define TOOL_OBJECTS_MAX 100000

/* Values for templates, which want pointers to them. */
extern CK_BBOOL tool_true, tool_false;

/* What list shows of an object. Free it with tool_object_free. */
struct tool_object {
	CK_OBJECT_HANDLE handle;
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE key_type;           /* CK_UNAVAILABLE_INFORMATION: no key */
	CK_ULONG bits;                  /* of a secret key, or 0 */
	struct sg_buf label;
	struct sg_buf id;
	char usage[96];                 /* "wrap, unwrap" */
	bool secluded;                  /* CKA_PRIVATE */
	bool extractable;
	bool sealed;                    /* a sealed object of its own */
	bool resident;                  /* lives in the hardware */
	CK_FLAGS leave;                 /* by which ways the value may leave the token */
	struct sg_buf policy;           /* of its own, without the values of PCRs; empty: none */
	bool pin;                       /* it has a PIN of its own */
	const char *lives;              /* "HSM", "TPM", "sealed"; NULL: no key to keep secret */
	const char *origin;             /* of an enrolled key: "host", "tpm", "vault"; or NULL */
	char *uri;
};

/* Find all objects of a class, or of all, with the label and id that name gives; NULL
 * gives none. The caller frees *handles. */
enum tool_exit tool_find(struct tool *tool, CK_OBJECT_CLASS class, const char *name,
                         CK_OBJECT_HANDLE **handles, size_t *count);

/* Find all objects that a search template matches. The caller frees *handles. */
enum tool_exit tool_find_matching(struct tool *tool, CK_ATTRIBUTE *template, CK_ULONG n,
                                  CK_OBJECT_HANDLE **handles, size_t *count);

/* Find the one object that name names; none or several is an error. */
enum tool_exit tool_find_one(struct tool *tool, CK_OBJECT_CLASS class, const char *name,
                             CK_OBJECT_HANDLE *handle);

/* Check that a label is one for a new key: UTF-8, no URI, and not taken yet. */
enum tool_exit tool_check_new(struct tool *tool, const char *label);

/* Read --id, or make 16 random bytes. */
enum tool_exit tool_new_id(const struct tool *tool, struct sg_buf *id);

/* How a verb makes the key that --label names. */
struct tool_maker {
	const char *progress;           /* what is done meanwhile */
	const char *made;               /* "Made the root": the label follows */
	const char *failed;             /* "can't make the root": the label follows */
	/* Check that the token, which is open, is one for such a key; NULL: it is. */
	enum tool_exit (*check)(const struct tool *tool);
	CK_RV (*make)(const struct tool *tool, struct sg_bytes label, struct sg_bytes id,
	              const void *arg, CK_OBJECT_HANDLE *key);
};

/* Open the token for writing, refuse a label that is taken, make the key and tell. */
enum tool_exit tool_object_make(struct tool *tool, const struct tool_maker *maker,
                                const void *arg);

/* Return "HSM" or "TPM": the hardware in which keys of the token live that live in some. */
const char *tool_hardware(const struct tool *tool);

/* Check that --in-hsm, where it is given, is for a token over an HSM alone and a key that stays. */
enum tool_exit tool_check_in_hsm(const struct tool *tool);

/* Read --usage, which is `otherwise` where it is not given. */
enum tool_exit tool_usage(const struct tool *tool, const char *otherwise, CK_BBOOL *wrap,
                          CK_BBOOL *encrypt);

/* Read one attribute that is no secret; it replaces what out holds. */
CK_RV tool_attribute(const struct tool *tool, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type,
                     struct sg_buf *out);

/* The same of a CK_BBOOL, and of a CK_ULONG: what can't be read is false, or
 * CK_UNAVAILABLE_INFORMATION. */
bool tool_attribute_bool(const struct tool *tool, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type);
CK_ULONG tool_attribute_ulong(const struct tool *tool, CK_OBJECT_HANDLE handle,
                              CK_ATTRIBUTE_TYPE type);

/* Read a public key from either half: 32 bytes of Ed25519, 65 of P-256. They replace what
 * point holds. */
enum tool_exit tool_public_key(const struct tool *tool, CK_OBJECT_HANDLE handle,
                               struct sg_buf *point);

/* Read what is shown of an object. */
enum tool_exit tool_object_read(const struct tool *tool, CK_OBJECT_HANDLE handle,
                                struct tool_object *out);
void tool_object_free(struct tool_object *object);

/* Return "private key" and the like, or "Ed25519", "AES-256" into out. */
const char *tool_class_name(CK_OBJECT_CLASS class);
void tool_key_type_name(const struct tool_object *object, char out[32]);

/* Make the object that --json shows. */
json_t *tool_object_json(const struct tool_object *object);

/* Tell that an object of this CKA_ID was made: a sentence, or with --json what list would
 * show. It is done then, whatever fails (see tool_done). */
enum tool_exit tool_object_made(const struct tool *tool, CK_OBJECT_HANDLE handle,
                                struct sg_bytes id, const char *what);

#endif
