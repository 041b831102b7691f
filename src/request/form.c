/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The table of forms, and what they do alike.
 */
#include "request/form.h"

#include "request/body.h"
#include "request/field.h"

static const struct sg_request_form_row *const rows[] = {
	[SG_REQUEST_VAULT] = &sg_request_vault,
	[SG_REQUEST_RFC9421] = &sg_request_rfc9421,
	[SG_REQUEST_HMAC] = &sg_request_hmac,
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

const struct sg_request_form_row *sg_request_form_row(enum sg_request_form form)
{
	return (size_t)form < N_ROWS ? rows[form] : NULL;
}

const char *sg_request_form_name(enum sg_request_form form)
{
	const struct sg_request_form_row *row = sg_request_form_row(form);

	return row ? row->name : NULL;
}

enum sg_request_reason sg_request_form_find(const char *name, enum sg_request_form *form)
{
	if (!name || !form)
		return SG_REQUEST_ARGUMENT;
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!rows[i] || strcmp(rows[i]->name, name) != 0)
			continue;
		*form = (enum sg_request_form)i;
		return SG_REQUEST_OK;
	}
	return SG_REQUEST_ARGUMENT;
}

enum sg_request_reason sg_request_form_of(const struct sg_request_message *message,
                                          enum sg_request_form *form)
{
	size_t n = 0;

	for (size_t i = 0; i < N_ROWS; i++) {
		if (!rows[i] || !sg_request_field_there(message, rows[i]->field))
			continue;
		*form = (enum sg_request_form)i;
		n++;
	}
	if (n == 0)
		return SG_REQUEST_UNSIGNED;
	return n == 1 ? SG_REQUEST_OK : SG_REQUEST_FORMS;
}

struct sg_request_text sg_request_job_keep(struct sg_request_job *job, struct sg_writer *w)
{
	return sg_request_keep_written(&job->made->keep, w);
}

enum sg_request_reason sg_request_job_fields(struct sg_request_job *job, size_t n)
{
	job->made->out.fields =
		sg_request_keep_room(&job->made->keep, n * sizeof(*job->made->out.fields));
	job->made->out.n_fields = 0;
	return job->made->out.fields ? SG_REQUEST_OK : SG_REQUEST_NOMEM;
}

void sg_request_job_field(struct sg_request_job *job, const char *name,
                          struct sg_request_text value)
{
	struct sg_request_field *field =
		(struct sg_request_field *)&job->made->out.fields[job->made->out.n_fields++];

	field->name = sg_request_text(name);
	field->value = sg_request_keep_text(&job->made->keep, value);
}

enum sg_request_reason sg_request_job_components(struct sg_request_job *job,
                                                 const char *const *components, size_t n)
{
	struct sg_request_text *list =
		sg_request_keep_room(&job->made->keep, n * sizeof(*list));

	if (!list)
		return SG_REQUEST_NOMEM;
	for (size_t i = 0; i < n; i++)
		list[i] = sg_request_text(components[i]);
	job->made->out.components = list;
	job->made->out.n_components = n;
	return SG_REQUEST_OK;
}

enum sg_request_reason sg_request_job_id(struct sg_request_job *job, struct sg_request_text id,
                                         const char *field)
{
	if (id.len > SG_REQUEST_ID_MAX)
		return SG_REQUEST_TOO_LONG;
	if (!sg_request_visible(id, 0))
		return SG_REQUEST_ID;
	job->made->out.id = sg_request_keep_text(&job->made->keep, id);
	job->made->out.id_field = sg_request_text(field);
	return SG_REQUEST_OK;
}

bool sg_request_method_upper(struct sg_request_text method)
{
	for (size_t i = 0; i < method.len; i++)
		if (method.data[i] >= 'a' && method.data[i] <= 'z')
			return false;
	return true;
}
