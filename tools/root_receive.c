/* SPDX-License-Identifier: Apache-2.0
 *
 * signet root receive: take in a key that another machine closed for this one's TPM. It is shown
 * first what it is, and by whom; the key itself is sealed anew by this token's sealer.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/attr_value.h"
#include "core/leave.h"
#include "core/module.h"
#include "core/sent_key.h"
#include "core/token_import.h"
#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/io.h"
#include "tools/object.h"
#include "tools/progress.h"
#include "tools/root.h"
#include "tools/sender.h"
#include "tools/terminal.h"
#include "tools/text.h"
#include "tools/token.h"
#include "tools/versions.h"

#define ATTRIBUTES 40
#define LABEL_MAX 256

/* A template, whose values lie in rooms of their own. */
struct template {
	CK_ATTRIBUTE attr[ATTRIBUTES];
	struct sg_buf room[ATTRIBUTES];
	size_t n;
};

struct receiving {
	struct tool_guard guard;        /* what it is to have here */
	struct sg_parcel parcel;
	struct sg_sent_key key;
	char label[LABEL_MAX];          /* under which it will stand here */
	struct sg_buf root;             /* the name of its root, or empty */
};

static enum tool_exit read_parcel(struct sg_parcel *parcel)
{
	struct sg_buf text = { 0 };
	enum tool_exit code;
	enum sg_err err;

	code = tool_check_stdin("signet root receive < root.sent");
	if (code == TOOL_OK)
		code = tool_read_file("-", SG_PARCEL_TEXT_MAX, &text);
	if (code != TOOL_OK)
		goto out;
	tool_log_clear();
	err = sg_parcel_read(sg_buf_bytes(&text), parcel);
	if (err == SG_ERR_FORMAT)
		code = tool_fail(TOOL_FAILED, "signet root send on another machine writes what is wanted.",
		                 "can't receive: %s", tool_log_lines(err));
	else if (err != SG_OK)
		code = tool_fail_err(err, "can't receive");
out:
	sg_buf_free(&text);
	return code;
}

static enum sg_err open_parcel(const struct tool *tool, const struct sg_parcel *parcel,
                               struct sg_secret **plain)
{
	struct sg_token *token;
	enum sg_err err = tool_token_enter(tool, &token);

	if (err != SG_OK)
		return err;
	err = sg_token_receive(token, parcel, plain);
	sg_module_leave();
	return err;
}

static enum tool_exit open_it(const struct tool *tool, struct receiving *r)
{
	struct sg_secret *plain = NULL;
	enum sg_err err;

	tool_log_clear();
	tool_progress_begin("asking the TPM");
	err = open_parcel(tool, &r->parcel, &plain);
	tool_progress_end();
	if (err == SG_OK)
		err = sg_sent_key_read(sg_secret_bytes(plain), &r->key);
	sg_secret_free(&plain);
	return err == SG_OK ? TOOL_OK : tool_fail_err(err, "can't receive");
}

/* Choose the label: that of the sender, or what --label makes of it. Of a root --label says the
 * name, and each version but the first has its number behind it. */
static enum tool_exit choose_label(struct tool *tool, struct receiving *r)
{
	const CK_ULONG version = sg_attrs_ulong(&r->key.attrs, CKA_SIGNET_VERSION);
	const char *given = tool->value[OPT_LABEL];
	struct sg_bytes label = sg_bytes_str(given), root;
	bool versioned = sg_attrs_get(&r->key.attrs, CKA_SIGNET_ROOT, &root);
	int len;

	if (given == NULL)
		sg_attrs_get(&r->key.attrs, CKA_LABEL, &label);
	if (versioned && sg_buf_set(&r->root, given != NULL ? label : root) != SG_OK)
		return tool_fail_err(SG_ERR_NOMEM, "can't receive");
	if (given != NULL && versioned && version > 1 && version != CK_UNAVAILABLE_INFORMATION)
		len = snprintf(r->label, sizeof r->label, "%s-v%lu", given, version);
	else
		len = snprintf(r->label, sizeof r->label, "%.*s", (int)label.len,
		               (const char *)label.data);
	if (len >= (int)sizeof r->label)
		return tool_fail(TOOL_FAILED, "--label gives it another one.", "can't receive: its label "
		                 "is too long");
	tool->value[OPT_LABEL] = r->label;
	return tool_check_new(tool, r->label);
}

/* Who knows a root opens all that is closed with it from now on: it is not taken from just
 * anybody. */
static enum tool_exit agree(const struct tool *tool, const struct receiving *r)
{
	const struct tool_sent_names names = { sg_bytes_str(r->label), sg_buf_bytes(&r->root) };
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code = TOOL_OK;

	tool_sender_describe(tool, &r->parcel, &r->key, &names, &text);
	if (text.err != SG_OK) {
		code = tool_fail_err(text.err, "can't receive");
	} else if (tool_given(tool, OPT_FROM) || tool_given(tool, OPT_YES)) {
		tool_note("%.*s", (int)text.buf.len, (const char *)text.buf.data);
	} else if (!tool_terminal_there()) {
		code = tool_fail(TOOL_USAGE, "Say with --from whose signature it must have, or with --yes "
		                 "that it is to be taken from whoever it comes.", "%.*s",
		                 (int)text.buf.len, (const char *)text.buf.data);
	} else {
		tool_text_add(&text, "\nTake it?%c", 0);
		if (text.err != SG_OK || !tool_terminal_yes((const char *)text.buf.data))
			code = tool_fail(TOOL_FAILED, NULL, "nothing was taken");
	}
	sg_buf_free(&text.buf);
	return code;
}

static void put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	t->attr[t->n++] = (CK_ATTRIBUTE){ type, (void *)value, len };
}

/* Put a stored value, as callers give it. */
static CK_RV put_stored(struct template *t, const struct sg_attr_row *row, struct sg_bytes stored)
{
	struct sg_buf *room = &t->room[t->n];
	CK_ATTRIBUTE attr = { row->type, NULL, 0 };
	CK_RV rv = sg_value_give(row, stored, &attr);

	if (rv == CKR_OK && sg_buf_reserve(room, attr.ulValueLen) != SG_OK)
		rv = CKR_HOST_MEMORY;
	attr.pValue = room->data;
	if (rv == CKR_OK)
		rv = sg_value_give(row, stored, &attr);
	if (rv == CKR_OK)
		t->attr[t->n++] = attr;
	return rv;
}

/* Put what the sender says, but for the names, which are chosen here. */
static CK_RV put_sent(struct template *t, const struct receiving *r)
{
	unsigned in = sg_attr_class_bit(sg_attrs_ulong(&r->key.attrs, CKA_CLASS));
	CK_ATTRIBUTE_TYPE type;
	struct sg_bytes value;
	CK_RV rv = CKR_OK;
	size_t at = 0;

	while (rv == CKR_OK && sg_attrs_next(&r->key.attrs, &at, &type, &value))
		if (type != CKA_LABEL && type != CKA_SIGNET_ROOT)
			rv = put_stored(t, sg_attr_row(type, in), value);
	put(t, CKA_LABEL, r->label, strlen(r->label));
	if (r->root.len > 0)
		put(t, CKA_SIGNET_ROOT, r->root.data, r->root.len);
	return rv;
}

static CK_RV create(const struct tool *tool, const struct receiving *r, CK_OBJECT_HANDLE *key)
{
	struct template t = { .n = 0 };
	CK_RV rv = put_sent(&t, r);
	CK_ULONG guarded;

	put(&t, CKA_TOKEN, &tool_true, sizeof tool_true);
	put(&t, CKA_PRIVATE, &tool_true, sizeof tool_true);
	put(&t, CKA_SENSITIVE, &tool_true, sizeof tool_true);
	put(&t, CKA_EXTRACTABLE, &tool_false, sizeof tool_false);
	guarded = t.n;
	tool_guard_put(&r->guard, true, t.attr, &guarded);
	t.n = guarded;
	put(&t, CKA_VALUE, r->key.value->data, r->key.value->len);
	if (rv == CKR_OK)
		rv = C_CreateObject(tool->session, t.attr, t.n, key);
	for (size_t i = 0; i < ATTRIBUTES; i++)
		sg_buf_free(&t.room[i]);
	return rv;
}

/* Make the public half of a private key, which the token computes. */
static CK_RV create_public(const struct tool *tool, const struct receiving *r,
                           CK_OBJECT_HANDLE private_key)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = sg_attrs_ulong(&r->key.attrs, CKA_KEY_TYPE);
	CK_BBOOL verifies = type == CKK_EC_EDWARDS;
	struct sg_bytes params = { NULL, 0 }, id = { NULL, 0 };
	struct sg_buf point = { 0 };
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv = tool_attribute(tool, private_key, CKA_EC_POINT, &point);

	sg_attrs_get(&r->key.attrs, CKA_EC_PARAMS, &params);
	sg_attrs_get(&r->key.attrs, CKA_ID, &id);
	if (rv == CKR_OK) {
		CK_ATTRIBUTE template[] = {
			{ CKA_CLASS, &class, sizeof class },
			{ CKA_KEY_TYPE, &type, sizeof type },
			{ CKA_TOKEN, &tool_true, sizeof tool_true },
			{ CKA_LABEL, (void *)r->label, strlen(r->label) },
			{ CKA_ID, (void *)id.data, id.len },
			{ CKA_EC_PARAMS, (void *)params.data, params.len },
			{ CKA_EC_POINT, point.data, point.len },
			{ CKA_VERIFY, &verifies, sizeof verifies },
		};

		rv = C_CreateObject(tool->session, template, sizeof template / sizeof template[0],
		                    &key);
	}
	sg_buf_free(&point);
	return rv;
}

/* Both halves or none. */
static CK_RV create_all(const struct tool *tool, const struct receiving *r, CK_OBJECT_HANDLE *key)
{
	CK_RV rv = create(tool, r, key);

	if (!tool_rv_is_done(rv) || sg_attrs_ulong(&r->key.attrs, CKA_CLASS) != CKO_PRIVATE_KEY)
		return rv;
	tool_log_clear();
	rv = create_public(tool, r, *key);
	if (!tool_rv_is_done(rv) && !tool_rv_is_done(C_DestroyObject(tool->session, *key)))
		tool_note("the private half of the key could not be taken back: signet delete removes it");
	return rv;
}

/* Of the versions that the token has now, only the newest makes something new. */
static enum tool_exit settle_versions(struct tool *tool, const struct receiving *r)
{
	struct tool_versions versions = { .n = 0 };
	char name[LABEL_MAX];
	enum tool_exit code;

	if (r->root.len == 0 || r->root.len >= sizeof name)
		return TOOL_OK;
	snprintf(name, sizeof name, "%.*s", (int)r->root.len, (const char *)r->root.data);
	code = tool_versions_find(tool, name, &versions);
	if (code == TOOL_OK && versions.n > 1)
		code = tool_versions_close_old(tool, &versions);
	tool_versions_free(&versions);
	return code;
}

static enum tool_exit take_in(const struct tool *tool, const struct receiving *r)
{
	struct sg_bytes id = { NULL, 0 };
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv;

	sg_attrs_get(&r->key.attrs, CKA_ID, &id);
	tool_log_clear();
	tool_progress_begin("sealing the key");
	rv = create_all(tool, r, &key);
	tool_progress_end();
	return rv == CKR_OK ? tool_object_made(tool, key, id, "Received")
	                    : tool_fail_rv(rv, "can't receive \"%s\"", r->label);
}

/* Have the token opened, which happens when something is looked for. */
static enum tool_exit open_token(struct tool *tool)
{
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	enum tool_exit code = tool_open(tool, CKF_RW_SESSION, TOOL_LOGIN);

	if (code == TOOL_OK)
		code = tool_find(tool, CKO_SECRET_KEY, NULL, &handles, &count);
	free(handles);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct receiving r = { .root = { NULL, 0, 0 } };
	enum tool_exit code = read_parcel(&r.parcel);

	if (code == TOOL_OK)
		code = tool_guard_read(tool, &r.guard);
	if (code == TOOL_OK)
		code = tool_start();
	if (code == TOOL_OK)
		code = tool_sender_check(tool, &r.parcel);
	if (code == TOOL_OK)
		code = open_token(tool);
	if (code == TOOL_OK)
		code = open_it(tool, &r);
	if (code == TOOL_OK)
		code = choose_label(tool, &r);
	if (code == TOOL_OK)
		code = agree(tool, &r);
	if (code == TOOL_OK)
		code = take_in(tool, &r);
	if (code == TOOL_OK)
		code = settle_versions(tool, &r);
	sg_parcel_clear(&r.parcel);
	sg_sent_key_clear(&r.key);
	sg_buf_free(&r.root);
	tool_guard_clear(&r.guard);
	return code;
}

const struct tool_verb tool_verb_root_receive = {
	.name = "root receive",
	.summary = "take in a root that another machine closed for this one's TPM",
	.usage = "[--from FILE | --yes] [--label NAME] [--token LABEL]\n"
	         "                      [--pcr BANK:PCRS] [--policy-key FILE] [--key-pin-file FILE]\n"
	         "                      [--pin-file FILE] [--json] < root.sent",
	.text = "What it is called, may do and by which ways it may leave comes from the sender; here\n"
	        "it is sealed anew, with the policy and the PIN that are given here. Everybody can\n"
	        "close a key for this TPM, and who did knows it: so without --from, a file with the\n"
	        "public key that must have signed it, it is shown and asked whether to take it, or\n"
	        "--yes says so. A label that is there already is refused; --label gives another one.",
	.example = "signet root receive --from sender.pub < root.sent",
	.run = run,
	.options = { OPT_FROM, OPT_LABEL, OPT_YES, TOOL_GUARD_OPTIONS, OPT_TOKEN, OPT_PIN_FILE,
	             OPT_JSON },
	.reads_stdin = true,
	.makes = true,
};
