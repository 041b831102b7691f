/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring enroll. Refusals as JSON.
 */
#include "enroll/refusal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096

enum sg_err sg_enroll_refusal_write(enum sg_enroll_reason reason, struct sg_buf *out)
{
	json_t *object = json_pack("{s:s, s:s}", "error", sg_enroll_reason_sentence(reason),
	                           "reason", sg_enroll_reason_name(reason));
	char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	const enum sg_err err = text != NULL ? sg_buf_set(out, sg_bytes_str(text)) : SG_ERR_NOMEM;

	free(text);
	json_decref(object);
	return err;
}

bool sg_enroll_refusal_read(struct sg_bytes json, enum sg_enroll_reason *reason)
{
	json_t *object = json.len > 0 && json.len <= TEXT_MAX
	                         ? json_loadb((const char *)json.data, json.len,
	                                      JSON_REJECT_DUPLICATES, NULL)
	                         : NULL;
	const char *name = json_string_value(json_object_get(object, "reason"));

	*reason = SG_ENROLL_INTERNAL;
	for (unsigned i = SG_ENROLL_INTERNAL; name != NULL && i < SG_ENROLL_REASON_COUNT; i++)
		if (strcmp(sg_enroll_reason_name((enum sg_enroll_reason)i), name) == 0)
			*reason = (enum sg_enroll_reason)i;
	json_decref(object);
	return name != NULL;
}
