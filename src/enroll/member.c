/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Walks over the members of messages. What names a message and its version stands
 * before them.
 */
#include "enroll/member.h"

#include <stdlib.h>
#include <string.h>

#define VERSION 1

/* The members that each message has beside its own. */
static const char version_member[] = "version", message_member[] = "message";

static const void *place(const struct sg_enroll_member *member, const void *structure)
{
	return (const uint8_t *)structure + member->offset;
}

static void *place_in(const struct sg_enroll_member *member, void *structure)
{
	return (uint8_t *)structure + member->offset;
}

static bool left_out(const struct sg_enroll_member *member, const void *from)
{
	return member->kind->empty != NULL && member->kind->empty(member, place(member, from));
}

static enum sg_err write_members(const struct sg_enroll_form *form, const void *from, json_t *to)
{
	for (size_t i = 0; i < form->n; i++) {
		const struct sg_enroll_member *member = &form->members[i];
		json_t *value;

		if (left_out(member, from)) {
			if (member->min > 0)
				return SG_ERR_FORMAT;
			continue;
		}
		value = member->kind->write(member, place(member, from));
		if (value == NULL)
			return SG_ERR_FORMAT;
		if (json_object_set_new(to, member->name, value) != 0)
			return SG_ERR_NOMEM;
	}
	return SG_OK;
}

enum sg_err sg_enroll_form_write(const struct sg_enroll_form *form, const void *from,
                                 struct sg_buf *out)
{
	json_t *object = json_pack("{s:i, s:s}", version_member, VERSION, message_member,
	                           form->name);
	enum sg_err err = object != NULL ? write_members(form, from, object) : SG_ERR_NOMEM;
	char *text = err == SG_OK ? json_dumps(object, JSON_COMPACT) : NULL;

	if (err == SG_OK)
		err = text == NULL                             ? SG_ERR_NOMEM
		      : strlen(text) > SG_ENROLL_MESSAGE_MAX ? SG_ERR_FORMAT
		                                             : sg_buf_set(out, sg_bytes_str(text));
	/* A hello has the token. */
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(object);
	return err;
}

/* Read the two members by which a message is known. Another version may have other members, so it
 * is looked at first. */
static enum sg_enroll_reason read_head(const struct sg_enroll_form *form, const json_t *object)
{
	const json_t *version = json_object_get(object, version_member);
	const char *name = json_string_value(json_object_get(object, message_member));

	if (!json_is_integer(version))
		return SG_ENROLL_FORMAT;
	if (json_integer_value(version) != VERSION)
		return SG_ENROLL_VERSION;
	return name != NULL && strcmp(name, form->name) == 0 ? SG_ENROLL_OK : SG_ENROLL_FORMAT;
}

static enum sg_enroll_reason read_members(const struct sg_enroll_form *form, const json_t *object,
                                          void *to)
{
	size_t found = 2;               /* those of the head */

	for (size_t i = 0; i < form->n; i++) {
		const struct sg_enroll_member *member = &form->members[i];
		const json_t *value = json_object_get(object, member->name);
		enum sg_enroll_reason reason;

		if (value == NULL && member->kind->empty != NULL && member->min == 0)
			continue;
		if (value == NULL)
			return SG_ENROLL_FORMAT;
		reason = member->kind->read(member, value, place_in(member, to));
		if (reason != SG_ENROLL_OK)
			return reason;
		found++;
	}
	/* Names are there once: more than were found are unknown. */
	return json_object_size(object) == found ? SG_ENROLL_OK : SG_ENROLL_FORMAT;
}

enum sg_enroll_reason sg_enroll_form_read(const struct sg_enroll_form *form, struct sg_bytes text,
                                          void *to)
{
	enum sg_enroll_reason reason;
	json_error_t error;
	json_t *object;

	if (text.len > SG_ENROLL_MESSAGE_MAX)
		return SG_ENROLL_TOO_LONG;
	if (text.len == 0)
		return SG_ENROLL_FORMAT;
	object = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	if (object == NULL && json_error_code(&error) == json_error_out_of_memory)
		return SG_ENROLL_INTERNAL;
	reason = json_is_object(object) ? read_head(form, object) : SG_ENROLL_FORMAT;
	if (reason == SG_ENROLL_OK)
		reason = read_members(form, object, to);
	json_decref(object);
	return reason;
}

void sg_enroll_form_bind(const struct sg_enroll_form *form, size_t n, const void *from,
                         struct sg_writer *w)
{
	for (size_t i = 0; i < n; i++)
		form->members[i].kind->bind(&form->members[i], place(&form->members[i], from), w);
}

void sg_enroll_form_clear(const struct sg_enroll_form *form, void *of)
{
	for (size_t i = 0; i < form->n; i++)
		if (form->members[i].kind->clear != NULL)
			form->members[i].kind->clear(place_in(&form->members[i], of));
}
