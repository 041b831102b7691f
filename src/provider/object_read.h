/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 5. How an object of a token becomes one of OpenSSL's: a row for each class.
 */
#ifndef SG_PROVIDER_OBJECT_READ_H
#define SG_PROVIDER_OBJECT_READ_H

#include "provider/objects.h"

#define SG_PROV_CLASSES 3

/* For whom objects are read. */
struct sg_prov_reader {
	struct sg_provider *provider;
	struct sg_prov_link *link;      /* of private keys; NULL where none are read */
	struct sg_prov_objects *out;
};

struct sg_prov_class {
	unsigned flag;                  /* SG_PROV_PRIVATE ... */
	CK_OBJECT_CLASS class;

	/* Read an object in a session and append it; what is of no kind of ours is passed over.
	 * Errors: NOMEM, and those of the client. */
	enum sg_err (*read)(struct sg_client_session *s, const struct sg_prov_reader *reader,
	                    CK_OBJECT_HANDLE object);
};

extern const struct sg_prov_class sg_prov_classes[SG_PROV_CLASSES];

#endif
