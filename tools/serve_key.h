/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The key of a server's TLS that lies in a token, used through PKCS#11 like every other:
 * what makes TLS here, GnuTLS, only gets signatures of it.
 */
#ifndef TOOLS_SERVE_KEY_H
#define TOOLS_SERVE_KEY_H

#include "tools/serve_http.h"
#include "tools/tool.h"

struct serve_key;

/* Find the private key, of Ed25519 or P-256, that a pkcs11: URI names, and sign with it once, so
 * that one of another certificate is refused. The certificate, in PEM with a zero behind it, may
 * have those of authorities behind it. There is one at a time, and it must outlive the server. It
 * is told what fails. The caller ends it with serve_key_close. */
enum tool_exit serve_key_open(struct tool *tool, const char *uri,
                              const struct sg_buf *certificate, struct serve_key **out);
void serve_key_close(struct serve_key **key);

/* Return what struct serve_tls wants of it. */
serve_chooser *serve_key_chooser(void);

#endif
