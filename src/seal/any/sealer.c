/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, any. The list of sealers. It has nothing of its own but the order: no lock, no
 * secret, and nothing that it remembers of who was there.
 *
 * To seal, all must be there, so that no member opens something old: a PIN that was changed, say.
 * What one member alone could tell is left out: a counter, a tripwire or a count of tries in
 * one member would lock the other out, or be walked around by it.
 */
#include "seal/any/sealer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seal/any/ask.h"
#include "seal/any/verdict.h"
#include "seal/import.h"
#include "util/log.h"

struct member {
	const struct sg_sealer_ops *ops;
	struct sg_config config;        /* where there may be several; borrows its strings */
	struct sg_sealer *sealer;       /* NULL: it could not be opened, */
	enum sg_err err;                /* because of this */
};

struct any_sealer {
	struct sg_sealer base;          /* first */
	struct sg_sealer_ops ops;       /* with the name and the model of this list */
	const struct sg_config *config;
	char name[SG_SEALER_NAME];
	char model[SG_SEALER_MODEL + 1];
	struct member member[SG_ANY_MOST];
	size_t n;
};

static struct any_sealer *self(struct sg_sealer *sealer)
{
	return (struct any_sealer *)sealer;
}

/* Tell which of the devices that the configuration names is that of member i. */
static size_t place_of(const struct any_sealer *any, size_t i)
{
	size_t place = 0;

	for (size_t j = 0; j < i; j++)
		place += any->member[j].ops == any->member[i].ops;
	return place;
}

static size_t count_hsms(const struct sg_config *config)
{
	size_t n = 0;

	while (n < SG_CONFIG_HSMS && config->hsm[n] != NULL)
		n++;
	return n;
}

/* Let a member look for its device in its own place first, so that it does not wait for one that
 * another member has waited for already. It finds its key wherever that is. */
static const struct sg_config *configure(struct any_sealer *any, size_t i)
{
	struct member *member = &any->member[i];
	size_t n = count_hsms(any->config);

	if (!member->ops->several)
		return any->config;
	member->config = *any->config;
	for (size_t k = 0; k < n; k++)
		member->config.hsm[k] = any->config->hsm[(place_of(any, i) + k) % n];
	return &member->config;
}

/* Let a member have the one device alone under which it is to make its parent. */
static enum sg_err configure_alone(const struct any_sealer *any, size_t i, struct sg_config *out)
{
	size_t n = count_hsms(any->config), place = place_of(any, i);

	*out = *any->config;
	if (!any->member[i].ops->several)
		return SG_OK;
	if (place >= n) {
		sg_log(SG_LOG_ERROR, "\"%s\" seals by more HSMs than the %zu that the "
		       "configuration names", any->name, n);
		return SG_ERR_CONFIG;
	}
	memset(out->hsm, 0, sizeof out->hsm);
	out->hsm[0] = any->config->hsm[place];
	return SG_OK;
}

static void any_free(struct sg_sealer *sealer)
{
	for (size_t i = 0; i < self(sealer)->n; i++)
		sg_sealer_free(&self(sealer)->member[i].sealer);
	free(sealer);
}

/* Say what a member failed to do. */
static void tell(const struct any_sealer *any, size_t i, enum sg_log_level level, const char *what,
                 enum sg_err err)
{
	sg_log(level, "\"%s\", %zu of the %zu sealers of \"%s\", %s: %s", any->member[i].ops->name,
	       i + 1, any->n, any->name, what, sg_err_sentence(err));
}

/* Open each member on its one device. */
static enum sg_err open_alone(const struct any_sealer *any, struct sg_config *config,
                              struct sg_sealer **alone)
{
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < any->n && err == SG_OK; i++) {
		err = configure_alone(any, i, &config[i]);
		if (err == SG_OK)
			err = any->member[i].ops->open(&config[i], &alone[i]);
		if (err != SG_OK)
			tell(any, i, SG_LOG_ERROR, "can't be used", err);
	}
	return err;
}

/* See whether all are there, before anything is made in one of them. */
static enum sg_err check_there(const struct any_sealer *any, struct sg_sealer *const *alone)
{
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < any->n && err == SG_OK; i++) {
		struct sg_sealer_status status;

		err = alone[i]->ops->status(alone[i], sg_bytes(NULL, 0), &status);
		if (err != SG_OK)
			tell(any, i, SG_LOG_ERROR, "is not there", err);
	}
	return err;
}

/* Two members under one key are one device, which is lost at once. */
static enum sg_err check_differ(const struct any_sealer *any, const struct sg_buf *part)
{
	for (size_t i = 0; i < any->n; i++) {
		for (size_t j = i + 1; j < any->n; j++) {
			if (any->member[i].ops != any->member[j].ops ||
			    !sg_bytes_equal(sg_buf_bytes(&part[i]), sg_buf_bytes(&part[j])))
				continue;
			sg_log(SG_LOG_ERROR, "sealers %zu and %zu of \"%s\" have the same key: "
			       "they are one device, or copies of one", i + 1, j + 1,
			       any->name);
			return SG_ERR_CONFIG;
		}
	}
	return SG_OK;
}

/* Ask one member about itself; parent is that of the list, or empty, or another sealer's. */
static enum sg_err ask_member(struct any_sealer *any, struct sg_bytes parent, size_t i,
                              struct sg_sealer_status *out)
{
	struct sg_bytes parents[SG_ANY_MOST], own = sg_bytes(NULL, 0);
	struct member *member = &any->member[i];
	enum sg_err err;

	*out = (struct sg_sealer_status){ 0 };
	snprintf(out->device, sizeof out->device, "%s", member->ops->name);
	if (member->sealer == NULL)
		return member->err;
	if (parent.len > 0 && sg_any_read(SG_ANY_PARENTS, parent, parents, any->n) == SG_OK)
		own = parents[i];
	err = sg_any_ask_status(member->sealer, any->config->hsm_timeout, own, out);
	if (err != SG_OK || own.len == 0 || out->parent_same)
		return err;
	if (member->ops->several)
		return SG_ERR_HSM_OTHER;
	return out->parent_foreign ? SG_ERR_HW_FOREIGN
	       : out->parent_found ? SG_ERR_HW_OTHER : SG_ERR_HW_NO_PARENT;
}

static enum sg_err provision_all(const struct any_sealer *any, struct sg_sealer *const *sealer,
                                 const struct sg_secret *owner_auth, struct sg_buf *part,
                                 bool *made)
{
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < any->n && err == SG_OK; i++) {
		bool now = false;

		err = sealer[i]->ops->provision(sealer[i], owner_auth, &part[i], &now);
		*made = *made || now;
		if (err != SG_OK)
			tell(any, i, SG_LOG_ERROR, "can't be used", err);
	}
	return err;
}

/* Make the parents of a new token, each member in the one device of its place. */
static enum sg_err provision_new(struct any_sealer *any, const struct sg_secret *owner_auth,
                                 struct sg_buf *part, bool *made)
{
	struct sg_sealer *alone[SG_ANY_MOST] = { NULL };
	struct sg_config config[SG_ANY_MOST];
	enum sg_err err = open_alone(any, config, alone);

	if (err == SG_OK)
		err = check_there(any, alone);
	if (err == SG_OK)
		err = provision_all(any, alone, owner_auth, part, made);
	for (size_t i = 0; i < any->n; i++)
		sg_sealer_free(&alone[i]);
	return err;
}

/* The same for a token that was there before: each where it was, which the member finds itself. */
static enum sg_err provision_same(struct any_sealer *any, struct sg_bytes before,
                                  const struct sg_secret *owner_auth, struct sg_buf *part,
                                  bool *made)
{
	struct sg_sealer *sealer[SG_ANY_MOST] = { NULL };
	struct sg_bytes parents[SG_ANY_MOST];
	enum sg_err err = sg_any_read(SG_ANY_PARENTS, before, parents, any->n);

	for (size_t i = 0; i < any->n && err == SG_OK; i++) {
		struct sg_sealer_status status;

		sealer[i] = any->member[i].sealer;
		err = ask_member(any, before, i, &status);
		if (err != SG_OK)
			tell(any, i, SG_LOG_ERROR, "is not there", err);
		else
			err = sg_buf_set(&part[i], parents[i]);
	}
	return err == SG_OK ? provision_all(any, sealer, owner_auth, part, made) : err;
}

static enum sg_err any_provision(struct sg_sealer *sealer, const struct sg_secret *owner_auth,
                                 struct sg_buf *parent, bool *made)
{
	struct any_sealer *any = self(sealer);
	struct sg_buf part[SG_ANY_MOST] = { { 0 } };
	struct sg_bytes before = sg_buf_bytes(parent);
	enum sg_err err;

	*made = false;
	if (before.len > 0)
		err = provision_same(any, before, owner_auth, part, made);
	else
		err = provision_new(any, owner_auth, part, made);
	if (err == SG_OK)
		err = check_differ(any, part);
	if (err == SG_OK)
		err = sg_any_write(SG_ANY_PARENTS, part, any->n, parent);
	for (size_t i = 0; i < any->n; i++)
		sg_buf_free(&part[i]);
	return err;
}

static enum sg_err any_seal(struct sg_sealer *sealer, struct sg_bytes parent,
                            const struct sg_seal_guard *guard, const struct sg_secret *plain,
                            struct sg_buf *out)
{
	struct any_sealer *any = self(sealer);
	struct sg_buf part[SG_ANY_MOST] = { { 0 } };
	struct sg_bytes parents[SG_ANY_MOST];
	enum sg_err err = sg_any_read(SG_ANY_PARENTS, parent, parents, any->n);

	if (err == SG_ERR_FORMAT)
		err = SG_ERR_HW_OTHER;
	if (err == SG_OK && guard->plan != NULL)
		err = SG_ERR_HW_UNSUPPORTED;
	for (size_t i = 0; i < any->n && err == SG_OK; i++) {
		struct member *member = &any->member[i];

		err = member->err;
		if (member->sealer != NULL)
			err = member->ops->seal(member->sealer, parents[i], guard, plain, &part[i]);
		if (err != SG_OK)
			tell(any, i, SG_LOG_ERROR, "does not seal, and all of them must", err);
	}
	if (err == SG_OK)
		err = sg_any_write(SG_ANY_BLOBS, part, any->n, out);
	for (size_t i = 0; i < any->n; i++)
		sg_buf_free(&part[i]);
	return err;
}

static enum sg_err any_unseal(struct sg_sealer *sealer, struct sg_bytes parent,
                              const struct sg_seal_guard *guard, struct sg_bytes blob,
                              struct sg_secret **out)
{
	struct any_sealer *any = self(sealer);
	struct sg_bytes parents[SG_ANY_MOST], blobs[SG_ANY_MOST];
	enum sg_err err, all = SG_OK;

	*out = NULL;
	if (sg_any_read(SG_ANY_BLOBS, blob, blobs, any->n) != SG_OK)
		return SG_ERR_FORMAT;
	if (sg_any_read(SG_ANY_PARENTS, parent, parents, any->n) != SG_OK)
		return SG_ERR_HW_OTHER;
	for (size_t i = 0; i < any->n; i++) {
		struct member *member = &any->member[i];

		err = member->err;
		if (member->sealer != NULL)
			err = sg_any_ask_unseal(member->sealer, any->config->hsm_timeout,
			                        parents[i], guard, blobs[i], out);
		if (!sg_any_goes_on(err))
			return err;
		tell(any, i, SG_LOG_NOTICE, "does not open it", err);
		all = sg_any_telling(all, err);
	}
	return all;
}

static enum sg_err any_member(struct sg_sealer *sealer, struct sg_bytes parent, size_t i,
                              char name[SG_SEALER_NAME], struct sg_sealer_status *out)
{
	snprintf(name, SG_SEALER_NAME, "%s", self(sealer)->member[i].ops->name);
	return ask_member(self(sealer), parent, i, out);
}

/* It is well where one of them is. What there is to say of each, its own status says. */
static enum sg_err any_status(struct sg_sealer *sealer, struct sg_bytes parent,
                              struct sg_sealer_status *out)
{
	struct any_sealer *any = self(sealer);
	struct sg_sealer_status one;
	enum sg_err err, all = SG_OK;
	bool well = false;
	size_t len = 0;

	*out = (struct sg_sealer_status){ 0 };
	for (size_t i = 0; i < any->n; i++) {
		err = ask_member(any, parent, i, &one);
		all = sg_any_telling(all, err);
		well = well || err == SG_OK;
		out->parent_found = out->parent_found || one.parent_found;
		out->parent_same = out->parent_same || one.parent_same;
		if (len < sizeof out->device)
			len += (size_t)snprintf(out->device + len, sizeof out->device - len, "%s%s",
			                        i > 0 ? "; " : "", one.device);
	}
	return well ? SG_OK : all;
}

/* Find the first member that takes something in, and its parent. */
static enum sg_err find_importer(struct sg_sealer *sealer, struct sg_bytes parent,
                                 struct sg_sealer **member, struct sg_bytes *its_parent)
{
	struct any_sealer *any = self(sealer);
	struct sg_bytes parents[SG_ANY_MOST];
	enum sg_err err = sg_any_read(SG_ANY_PARENTS, parent, parents, any->n);

	for (size_t i = 0; i < any->n && err == SG_OK; i++) {
		if (any->member[i].ops->import == NULL)
			continue;
		*member = any->member[i].sealer;
		*its_parent = parents[i];
		return *member != NULL ? SG_OK : any->member[i].err;
	}
	return err == SG_OK ? SG_ERR_HW_UNSUPPORTED : err;
}

static enum sg_err any_import_node(struct sg_sealer *sealer, struct sg_bytes parent,
                                   struct sg_node *node)
{
	struct sg_sealer *member;
	struct sg_bytes its_parent;
	enum sg_err err = find_importer(sealer, parent, &member, &its_parent);

	return err == SG_OK ? member->ops->import->node(member, its_parent, node) : err;
}

static enum sg_err any_import_open(struct sg_sealer *sealer, struct sg_bytes parent,
                                   const struct sg_parcel *parcel, struct sg_secret **plain)
{
	struct sg_sealer *member;
	struct sg_bytes its_parent;
	enum sg_err err = find_importer(sealer, parent, &member, &its_parent);

	*plain = NULL;
	return err == SG_OK ? member->ops->import->open(member, its_parent, parcel, plain) : err;
}

static const struct sg_import_ops any_import = {
	.node = any_import_node,
	.open = any_import_open,
};

static const struct sg_sealer_ops any_ops = {
	.free = any_free,
	.provision = any_provision,
	.seal = any_seal,
	.unseal = any_unseal,
	.status = any_status,
	.member = any_member,
};

void sg_any_model(const char *name, const struct sg_sealer_ops *const *members, size_t n,
                  char out[SG_SEALER_MODEL + 1])
{
	bool hardware = true;

	for (size_t i = 0; i < n; i++)
		hardware = hardware && members[i]->hardware;
	snprintf(out, SG_SEALER_MODEL + 1, "%s", hardware ? name : "list (insecure)");
	for (char *c = out; hardware && *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
}

/* Open the members; none of them is asked yet. */
static enum sg_err open_members(struct any_sealer *any)
{
	enum sg_err err = SG_OK;
	bool one = false;

	for (size_t i = 0; i < any->n; i++) {
		struct member *member = &any->member[i];

		member->err = member->ops->open(configure(any, i), &member->sealer);
		if (member->err == SG_ERR_NOMEM)
			return SG_ERR_NOMEM;
		one = one || member->err == SG_OK;
		err = err == SG_OK ? member->err : err;
	}
	return one ? SG_OK : err;
}

enum sg_err sg_any_open(const char *name, const struct sg_sealer_ops *const *members, size_t n,
                        const struct sg_config *config, struct sg_sealer **out)
{
	struct any_sealer *any = calloc(1, sizeof *any);
	enum sg_err err;

	*out = NULL;
	if (any == NULL)
		return SG_ERR_NOMEM;
	snprintf(any->name, sizeof any->name, "%s", name);
	sg_any_model(name, members, n, any->model);
	any->config = config;
	any->n = n;
	any->ops = any_ops;
	any->ops.name = any->name;
	any->ops.model = any->model;
	any->ops.members = n;
	any->ops.hardware = true;
	any->ops.policies = true;
	any->base.ops = &any->ops;
	for (size_t i = 0; i < n; i++) {
		any->member[i].ops = members[i];
		any->ops.hardware = any->ops.hardware && members[i]->hardware;
		any->ops.policies = any->ops.policies && members[i]->policies;
		if (members[i]->import != NULL)
			any->ops.import = &any_import;
	}
	err = open_members(any);
	if (err == SG_OK)
		*out = &any->base;
	else
		any_free(&any->base);
	return err;
}
