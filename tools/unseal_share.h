/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. Unseal shares of a vault: data objects that the hardware seals one by one, under
 * the vault's name. A share is in guarded memory and nowhere else.
 */
#ifndef TOOLS_UNSEAL_SHARE_H
#define TOOLS_UNSEAL_SHARE_H

#include "tools/tool.h"
#include "util/secret.h"

#define UNSEAL_SHARES_MAX 32            /* of one vault */
#define UNSEAL_VAULTS_MAX 64
#define UNSEAL_VAULT_NAME 256           /* with a terminating zero */
/* What vaults take: 16 to 32 bytes of a key, and one more where it was shared. */
#define UNSEAL_SHARE_MIN 16
#define UNSEAL_SHARE_MAX 33

/* The opened shares of one vault. */
struct unseal_shares {
	char vault[UNSEAL_VAULT_NAME];
	struct sg_secret *share[UNSEAL_SHARES_MAX];
	size_t n;
};

/* A vault, and how many shares of it are kept. */
struct unseal_vault {
	char name[UNSEAL_VAULT_NAME];
	size_t shares;
};

struct unseal_vaults {
	struct unseal_vault list[UNSEAL_VAULTS_MAX];
	size_t n;
};

/* Read a share as vaults write it, in hexadecimal digits or base64. The caller frees *share.
 * Errors: FORMAT where it is none, NOMEM, SECURE_MEMORY. */
enum sg_err unseal_share_read(const struct sg_secret *text, struct sg_secret **share);

/* Put a share into the token that is open. */
CK_RV unseal_share_keep(const struct tool *tool, const char *vault,
                        const struct sg_secret *share);

/* Find the objects of a vault, or of all where that is NULL: at most max handles. What anybody
 * could have put there without the PIN, or what nothing sealed, is passed over. */
CK_RV unseal_shares_find(const struct tool *tool, const char *vault, CK_OBJECT_HANDLE *handles,
                         size_t max, size_t *n);

/* Gather which vaults there are shares of. */
CK_RV unseal_vaults_read(const struct tool *tool, struct unseal_vaults *vaults);

/* Choose the vault that --vault names, or the only one, and have the hardware open its shares. It
 * is told what fails. Free them with unseal_shares_free. */
enum tool_exit unseal_shares_open(const struct tool *tool, struct unseal_shares *shares);
void unseal_shares_free(struct unseal_shares *shares);

/* Open one share, which is NULL where the object has not the size of one. The caller frees
 * *share. */
CK_RV unseal_share_open(const struct tool *tool, CK_OBJECT_HANDLE handle,
                        struct sg_secret **share);

#endif
