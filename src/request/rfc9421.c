/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. The row of HTTP message signatures, and what signing and reading them share.
 */
#include "request/rfc9421.h"

#include "request/body.h"
#include "request/field.h"

enum sg_request_reason sg_rfc9421_entries(const struct sg_request_message *message,
                                          const char *field, struct sg_buf *room,
                                          struct sg_sf_entries *entries)
{
	struct sg_writer w = sg_writer(room);

	(void)sg_request_field_all(message, sg_request_text(field), &w);
	if (w.err != SG_OK)
		return sg_request_of_err(w.err);
	if (!sg_sf_dictionary(sg_request_part(room->data, room->len), entries))
		return SG_REQUEST_STRUCTURED;
	if (entries->repeated)
		return SG_REQUEST_LABEL;
	return entries->n <= SG_REQUEST_LABELS_MAX ? SG_REQUEST_OK : SG_REQUEST_TOO_MANY;
}

enum sg_request_reason sg_rfc9421_keep_components(struct sg_request_job *job,
                                                  const struct sg_request_covered *covered)
{
	struct sg_request_text *list =
		sg_request_keep_room(&job->made->keep, (covered->n + 1) * sizeof(*list));
	struct sg_writer w = sg_writer(&job->room);

	if (!list)
		return SG_REQUEST_NOMEM;
	for (size_t i = 0; i < covered->n; i++) {
		if (!sg_sf_write(&w, &covered->item[i]))
			return SG_REQUEST_COMPONENT;
		list[i] = sg_request_job_keep(job, &w);
	}
	job->made->out.components = list;
	job->made->out.n_components = covered->n;
	return sg_request_of_err(w.err);
}

const struct sg_request_form_row sg_request_rfc9421 = {
	.name = "rfc9421",
	.field = SG_RFC9421_SIGNATURE,
	.key = SG_REQUEST_KEY_ED25519,
	.signature_len = 64,
	.nonce = true,
	.lists = true,
	.flags = SG_REQUEST_NO_NONCE | SG_REQUEST_NO_ALG,
	.prepare = sg_rfc9421_prepare,
	.finish = sg_rfc9421_finish,
	.read = sg_rfc9421_read,
};
