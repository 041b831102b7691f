/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The key of a server's TLS that lies in a token, as GnuTLS wants it.
 */
#include "tools/serve_key.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"
#include "tools/guard.h"
#include "tools/object.h"
#include "tools/token.h"

#define CHAIN_MAX 8
#define SIGNATURE 64            /* bytes, of both kinds */

/* A kind of key, and how it signs. */
static const struct kind {
	CK_KEY_TYPE type;
	CK_MECHANISM_TYPE mechanism;
	gnutls_pk_algorithm_t algorithm;
	gnutls_sign_algorithm_t signs[2];
} kinds[] = {
	{ CKK_EC_EDWARDS, CKM_EDDSA, GNUTLS_PK_EDDSA_ED25519,
	  { GNUTLS_SIGN_EDDSA_ED25519, GNUTLS_SIGN_EDDSA_ED25519 } },
	{ CKK_EC, CKM_ECDSA, GNUTLS_PK_ECDSA,
	  { GNUTLS_SIGN_ECDSA_SHA256, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256 } },
};

struct serve_key {
	const struct kind *kind;
	struct tool tool;               /* as the verb's; each signature has a session of its own */
	CK_OBJECT_HANDLE key;
	gnutls_privkey_t private;
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned n;
};

/* GnuTLS asks without a place for a context. Set before the server starts. */
static struct serve_key *served;

/* Sign in a session of its own: the server has several threads, and none waits for another's. */
static CK_RV sign_alone(const struct serve_key *k, const gnutls_datum_t *what, uint8_t *signature,
                        CK_ULONG *len)
{
	CK_MECHANISM mechanism = { k->kind->mechanism, NULL, 0 };
	struct tool tool = k->tool;
	CK_RV rv = C_OpenSession(tool.slot, CKF_SERIAL_SESSION, NULL, NULL, &tool.session);

	if (rv != CKR_OK)
		return rv;
	rv = tool_key_open(&tool, k->key);
	if (rv == CKR_OK)
		rv = C_SignInit(tool.session, &mechanism, k->key);
	if (rv == CKR_OK)
		rv = C_Sign(tool.session, what->data, what->size, signature, len);
	(void)C_CloseSession(tool.session);
	return rv;
}

/* Sign, and hand the signature over as GnuTLS frees it. */
static int sign(const struct serve_key *k, const gnutls_datum_t *what, gnutls_datum_t *out)
{
	uint8_t signature[SIGNATURE];
	gnutls_datum_t r = { signature, SIGNATURE / 2 };
	gnutls_datum_t s = { signature + SIGNATURE / 2, SIGNATURE / 2 };
	CK_ULONG len = sizeof signature;
	const CK_RV rv = sign_alone(k, what, signature, &len);

	if (rv != CKR_OK || len != sizeof signature) {
		tool_note("the key of --tls-key does not sign");
		return GNUTLS_E_PK_SIGN_FAILED;
	}
	if (k->kind->type == CKK_EC)
		return gnutls_encode_rs_value(out, &r, &s);
	out->data = gnutls_malloc(len);
	if (out->data == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(out->data, signature, len);
	out->size = (unsigned)len;
	return 0;
}

static bool can(const struct serve_key *k, gnutls_sign_algorithm_t algorithm)
{
	return algorithm == k->kind->signs[0] || algorithm == k->kind->signs[1];
}

/* Ed25519 signs what it gets, P-256 a hash. */
static int sign_as(const struct serve_key *k, CK_KEY_TYPE type, gnutls_sign_algorithm_t algorithm,
                   const gnutls_datum_t *what, gnutls_datum_t *out)
{
	if (k->kind->type != type || !can(k, algorithm))
		return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
	return sign(k, what, out);
}

static int sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *context,
                     unsigned flags, const gnutls_datum_t *data, gnutls_datum_t *out)
{
	(void)key;
	(void)flags;
	return sign_as(context, CKK_EC_EDWARDS, algorithm, data, out);
}

static int sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *context,
                     unsigned flags, const gnutls_datum_t *hash, gnutls_datum_t *out)
{
	(void)key;
	(void)flags;
	return sign_as(context, CKK_EC, algorithm, hash, out);
}

static int describe(gnutls_privkey_t key, unsigned flags, void *context)
{
	const struct serve_key *k = context;

	(void)key;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO) != 0)
		return (int)k->kind->algorithm;
	if ((flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS) != 0)
		return 256;
	if ((flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO) != 0)
		return can(k, GNUTLS_FLAGS_TO_SIGN_ALGO(flags));
	return -1;
}

/* Answer a gnutls_certificate_retrieve_function3; what it gives stays ours. */
static int choose(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                  gnutls_pcert_st **chain, unsigned *n, gnutls_ocsp_data_st **ocsp,
                  unsigned *n_ocsp, gnutls_privkey_t *key, unsigned *flags)
{
	(void)session;
	(void)info;
	*chain = served->chain;
	*n = served->n;
	*ocsp = NULL;
	*n_ocsp = 0;
	*key = served->private;
	*flags = 0;
	return 0;
}

serve_chooser *serve_key_chooser(void)
{
	return (serve_chooser *)choose;
}

/* The token is open already where the log's key lies in it. */
static enum tool_exit find(struct serve_key *k, struct tool *tool, const char *uri)
{
	enum tool_exit code = TOOL_OK;
	CK_KEY_TYPE type;
	CK_RV rv;

	if (tool->session == CK_INVALID_HANDLE)
		code = tool_open(tool, 0, TOOL_LOGIN);
	if (code != TOOL_OK)
		return code;
	k->tool = *tool;
	k->tool.session = CK_INVALID_HANDLE;
	tool_log_clear();
	rv = C_OpenSession(tool->slot, CKF_SERIAL_SESSION, NULL, NULL, &k->tool.session);
	if (rv != CKR_OK)
		code = tool_fail_rv(rv, "can't open the token");
	if (code == TOOL_OK)
		code = tool_find_one(&k->tool, CKO_PRIVATE_KEY, uri, &k->key);
	if (code != TOOL_OK)
		return code;
	type = tool_attribute_ulong(&k->tool, k->key, CKA_KEY_TYPE);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].type == type)
			k->kind = &kinds[i];
	return k->kind != NULL ? TOOL_OK
	                       : tool_fail(TOOL_MISMATCH, "signet keygen makes one.", "the key of "
	                                   "--tls-key is none of Ed25519 or P-256");
}

/* Sign something, and look whether the certificate's key knows it. */
static bool fits(struct serve_key *k)
{
	static unsigned char text[] = "signet registrar serve";
	const gnutls_sign_algorithm_t how = k->kind->signs[0];
	const gnutls_datum_t data = { text, sizeof text };
	gnutls_datum_t signature = { NULL, 0 };
	bool good;

	good = gnutls_privkey_sign_data2(k->private, how, 0, &data, &signature) == 0 &&
	       gnutls_pubkey_verify_data2(k->chain[0].pubkey, how, 0, &data, &signature) >= 0;
	gnutls_free(signature.data);
	return good;
}

static enum tool_exit prepare(struct serve_key *k, const struct sg_buf *certificate)
{
	const gnutls_datum_t pem = { certificate->data, (unsigned)certificate->len - 1 };
	unsigned n = CHAIN_MAX;

	if (gnutls_pcert_list_import_x509_raw(k->chain, &n, &pem, GNUTLS_X509_FMT_PEM, 0) != 0)
		return tool_fail(TOOL_FAILED, "It is PEM, the server's own first.",
		                 "--tls-cert has no certificate, or more than %d", CHAIN_MAX);
	k->n = n;
	if (gnutls_privkey_init(&k->private) != 0 ||
	    gnutls_privkey_import_ext4(k->private, k, sign_data, sign_hash, NULL, NULL, describe,
	                               0) != 0)
		return tool_fail_err(SG_ERR_NOMEM, "can't use the key of --tls-key");
	return fits(k) ? TOOL_OK
	               : tool_fail(TOOL_FAILED, "Does the key belong to the certificate?",
	                           "the key of --tls-key does not sign for that of --tls-cert");
}

enum tool_exit serve_key_open(struct tool *tool, const char *uri,
                              const struct sg_buf *certificate, struct serve_key **out)
{
	struct serve_key *k = calloc(1, sizeof *k);
	enum tool_exit code;

	*out = NULL;
	if (k == NULL)
		return tool_fail_err(SG_ERR_NOMEM, "can't use the key of --tls-key");
	code = find(k, tool, uri);
	if (code == TOOL_OK)
		code = prepare(k, certificate);
	if (code == TOOL_OK)
		served = *out = k;
	else
		serve_key_close(&k);
	return code;
}

void serve_key_close(struct serve_key **key)
{
	struct serve_key *k = *key;

	*key = NULL;
	if (k == NULL)
		return;
	if (served == k)
		served = NULL;
	if (k->private != NULL)
		gnutls_privkey_deinit(k->private);
	for (unsigned i = 0; i < k->n; i++)
		gnutls_pcert_deinit(&k->chain[i]);
	if (k->tool.session != CK_INVALID_HANDLE)
		(void)C_CloseSession(k->tool.session);
	free(k);
}
