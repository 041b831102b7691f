/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Taking in what another machine has closed for this one's hardware: what a sealer offers
 * that can. Closing it needs no hardware (seal/tpm/send.h).
 */
#ifndef SG_SEAL_IMPORT_H
#define SG_SEAL_IMPORT_H

#include "seal/parcel.h"
#include "seal/sealer.h"

struct sg_import_ops {
	/* Describe the hardware as a place to send to; the host is left to the caller, who clears
	 * the node, which is empty before, also after an error. A certificate that is not that of
	 * a key of this hardware is left out, with a log line. Errors: HW_OTHER where the parent
	 * is not the one named, those of the hardware. */
	enum sg_err (*node)(struct sg_sealer *sealer, struct sg_bytes parent, struct sg_node *node);

	/* Open a parcel; the caller frees *plain. Errors: PARCEL_OTHER where it was closed for
	 * another parent or other hardware, POLICY where the hardware is not in the state that the
	 * sender demands, FORMAT and TAG for a parcel that was changed, those of the hardware. */
	enum sg_err (*open)(struct sg_sealer *sealer, struct sg_bytes parent,
	                    const struct sg_parcel *parcel, struct sg_secret **plain);
};

#endif
