/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Putting one store in the place of another at once, with the old one set aside, and
 * finding what was set aside or never finished. There is no moment without a store of that
 * name, and nothing that was set aside is ever removed from here.
 */
#ifndef SG_STORE_ASIDE_H
#define SG_STORE_ASIDE_H

#include "store/store.h"

/* Files in the state folder that are no store of a slot, but look like one. */
enum sg_store_rest {
	SG_STORE_ASIDE,         /* "slot-NNNN.aside-N": complete, from before a move or from one
	                         * that was broken off in its last step */
	SG_STORE_MOVING,        /* "slot-NNNN.moving": of a move under way, or one broken off */
	SG_STORE_DRAFT,         /* "slot-NNNN.db.new-...": of a store that is just being made, or
	                         * never was finished; it is not always a store */
};

/* Return the path of the store that is to take the place of the one at path; the caller frees
 * it. NULL: no memory. */
char *sg_store_moving_path(const char *path);

/* Let the store at sg_store_moving_path, to which nobody has a transaction open, and the one at
 * path change places; the old one is *aside then, which the caller frees. He holds a writing
 * transaction on the old one. First the new one gets the name that the old one is to have, so
 * that whatever breaks off leaves either in place. After an error nothing is changed, unless
 * *aside is set: then it is done, but may not outlive a power cut. Errors: SYSTEM also
 * where the file system can't do that, STORE_FULL, STORE_READONLY, NOMEM. */
enum sg_err sg_store_swap(const char *path, char **aside);

/* Call fn for every such file in the state folder until it returns other than SG_OK, which is
 * then returned. path is valid during the call. A missing folder has none. Errors: STORE_UNSAFE
 * for the folder, SYSTEM, NOMEM. */
typedef enum sg_err (*sg_store_rest_fn)(const char *path, unsigned slot, enum sg_store_rest rest,
                                        void *arg);
enum sg_err sg_store_rest_each(const char *state, sg_store_rest_fn fn, void *arg);

#endif
