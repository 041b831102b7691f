/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The hostile module, and what stands in for p11-kit's loading of it.
 */
#include "fuzz/hostile.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <p11-kit/p11-kit.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/refusal.h"
#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "crypto/p256.h"

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SLOT 1
#define VALUE_MAX 1024

struct value {
	CK_ATTRIBUTE_TYPE type;
	CK_ULONG len;
	uint8_t bytes[VALUE_MAX];
};

/* What the token holds; the handle is the place and one. */
static struct object {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	const char *id, *label;
	bool has_point;
} objects[] = {
	{ CKO_PRIVATE_KEY, CKK_EC_EDWARDS, "a", "ed", false },
	{ CKO_PUBLIC_KEY, CKK_EC_EDWARDS, "a", "ed", true },
	{ CKO_PRIVATE_KEY, CKK_EC, "b", "ec", false },
	{ CKO_PUBLIC_KEY, CKK_EC, "c", "other", true },
	{ CKO_CERTIFICATE, CKK_EC, "b", "ec", false },
};

static struct {
	struct fuzz_input *in;
	bool lied, logged_in;
	unsigned loaded, initialised, sessions;
	CK_FLAGS flags;
	CK_ATTRIBUTE *wanted;
	CK_ULONG n_wanted, next;
	CK_MECHANISM_TYPE mechanism;
	char *refused[16];              /* the URIs of PINs that were refused */
	size_t n_refused;
} token;

static struct sg_secret *ed25519;
static EVP_PKEY *p256;
static uint8_t point[SG_P256_POINT], *certificate;
static int certificate_len;

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

/* Sign the certificate of the P-256 key with it. */
static void make_certificate(void)
{
	X509 *x509 = X509_new();

	need(x509 != NULL && X509_set_version(x509, X509_VERSION_3) == 1 &&
	     X509_gmtime_adj(X509_getm_notBefore(x509), 0) != NULL &&
	     X509_gmtime_adj(X509_getm_notAfter(x509), 60) != NULL &&
	     X509_set_pubkey(x509, p256) == 1 && X509_sign(x509, p256, EVP_sha256()) > 0,
	     "a certificate");
	certificate_len = i2d_X509(x509, &certificate);
	need(certificate_len > 0 && certificate_len <= VALUE_MAX, "its bytes");
	X509_free(x509);
}

void hostile_start(void)
{
	uint8_t seed[SG_ED25519_SEED];
	size_t len = 0;

	memset(seed, 0x42, sizeof seed);
	need(sg_crypto_start() == SG_OK &&
	     sg_ed25519_from_seed(sg_bytes(seed, sizeof seed), &ed25519) == SG_OK, "a key");
	p256 = EVP_EC_gen("P-256");
	need(p256 != NULL && EVP_PKEY_get_octet_string_param(p256, "encoded-pub-key", point,
	                                                     sizeof point, &len) == 1 &&
	     len == sizeof point, "a key of P-256");
	make_certificate();
}

/* Tell whether the token lies here: n other bytes then say how. */
static bool lies(void)
{
	const bool is = fuzz_byte(token.in) >= 200;

	token.lied = token.lied || is;
	return is;
}

static CK_RV any_error(void)
{
	static const CK_RV errors[] = {
		CKR_DEVICE_ERROR, CKR_SESSION_HANDLE_INVALID, CKR_OBJECT_HANDLE_INVALID,
		CKR_KEY_HANDLE_INVALID, CKR_BUFFER_TOO_SMALL, CKR_ATTRIBUTE_TYPE_INVALID,
		CKR_ATTRIBUTE_SENSITIVE, CKR_TOKEN_NOT_PRESENT, CKR_DEVICE_REMOVED,
		CKR_USER_NOT_LOGGED_IN, CKR_PIN_INCORRECT, CKR_PIN_LOCKED, CKR_SESSION_COUNT,
		CKR_HOST_MEMORY, CKR_GENERAL_ERROR, CKR_CRYPTOKI_NOT_INITIALIZED,
		CKR_MECHANISM_INVALID, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_OPERATION_ACTIVE,
		CKR_USER_ALREADY_LOGGED_IN, CKR_VENDOR_DEFINED | 1, (CK_RV)-1, CKR_DATA_LEN_RANGE,
	};

	return errors[fuzz_below(token.in, LENGTH_OF(errors))];
}

static CK_ULONG any_length(CK_ULONG right)
{
	const CK_ULONG lengths[] = {
		0, 1, right - 1, right + 1, (CK_ULONG)-1, (CK_ULONG)-2, 65536, 65537, (CK_ULONG)1 << 32,
		(CK_ULONG)1 << 63, 255, 256,
	};

	return lengths[fuzz_below(token.in, LENGTH_OF(lengths))];
}

static void any_bytes(uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = fuzz_byte(token.in);
}

static CK_RV get_info(CK_INFO_PTR info)
{
	if (lies())
		return any_error();
	memset(info->manufacturerID, ' ', sizeof info->manufacturerID);
	memset(info->libraryDescription, ' ', sizeof info->libraryDescription);
	info->cryptokiVersion.major = 2;
	return CKR_OK;
}

static CK_RV get_slots(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR n)
{
	const bool lie = lies();

	(void)present;
	if (slots != NULL && *n > 0)
		slots[0] = SLOT;
	*n = lie ? any_length(1) : 1;
	return lie && fuzz_byte(token.in) > 127 ? any_error() : CKR_OK;
}

static CK_RV get_token(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
	(void)slot;
	memset(info, ' ', offsetof(CK_TOKEN_INFO, flags));
	info->label[0] = 't';
	info->flags = token.flags;
	if (!lies())
		return CKR_OK;
	any_bytes(info->label, fuzz_below(token.in, sizeof info->label));
	any_bytes(info->serialNumber, fuzz_below(token.in, sizeof info->serialNumber));
	info->flags ^= (CK_FLAGS)fuzz_byte(token.in) << 16 | fuzz_byte(token.in) << 8 |
	               fuzz_byte(token.in);
	return fuzz_byte(token.in) > 127 ? any_error() : CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR arg, CK_NOTIFY notify,
                          CK_SESSION_HANDLE_PTR session)
{
	(void)slot;
	(void)flags;
	(void)arg;
	(void)notify;
	if (lies())
		return any_error();
	*session = ++token.sessions;
	return CKR_OK;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
	(void)session;
	token.sessions--;
	return lies() ? any_error() : CKR_OK;
}

static CK_RV get_session(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
	(void)session;
	info->state = token.logged_in ? CKS_RW_USER_FUNCTIONS : CKS_RW_PUBLIC_SESSION;
	if (!lies())
		return CKR_OK;
	info->state = fuzz_byte(token.in);
	return fuzz_byte(token.in) > 127 ? any_error() : CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
	const size_t right = strlen(HOSTILE_PIN);

	(void)session;
	(void)user;
	if (lies())
		return any_error();
	token.logged_in = pin != NULL && len == right && memcmp(pin, HOSTILE_PIN, right) == 0;
	return token.logged_in ? CKR_OK : CKR_PIN_INCORRECT;
}

static void set(struct value *v, const void *bytes, size_t len)
{
	v->len = len;
	memcpy(v->bytes, bytes, len);
}

static bool read_curve(const struct object *o, struct value *v)
{
	static const uint8_t ed25519_oid[] = { SG_ED25519_OID }, p256_oid[] = { SG_P256_OID };

	if (o->type == CKK_EC)
		set(v, p256_oid, sizeof p256_oid);
	else
		set(v, ed25519_oid, sizeof ed25519_oid);
	return o->class != CKO_CERTIFICATE;
}

static bool read_point(const struct object *o, struct value *v)
{
	const struct sg_bytes own = o->type == CKK_EC ? sg_bytes(point, sizeof point)
	                                              : sg_ed25519_public(ed25519);

	v->bytes[0] = 4;
	v->bytes[1] = (uint8_t)own.len;
	memcpy(v->bytes + 2, own.data, own.len);
	v->len = own.len + 2;
	return o->has_point;
}

/* Find what an attribute is, honestly. */
static bool read_value(const struct object *o, struct value *v)
{
	static const CK_CERTIFICATE_TYPE x509 = CKC_X_509;

	v->len = 0;
	if (v->type == CKA_CLASS)
		set(v, &o->class, sizeof o->class);
	else if (v->type == CKA_KEY_TYPE && o->class != CKO_CERTIFICATE)
		set(v, &o->type, sizeof o->type);
	else if (v->type == CKA_ID)
		set(v, o->id, strlen(o->id));
	else if (v->type == CKA_LABEL)
		set(v, o->label, strlen(o->label));
	else if (v->type == CKA_SIGN && o->class == CKO_PRIVATE_KEY)
		set(v, "\1", 1);
	else if (v->type == CKA_EC_PARAMS)
		return read_curve(o, v);
	else if (v->type == CKA_EC_POINT)
		return read_point(o, v);
	else if (v->type == CKA_CERTIFICATE_TYPE && o->class == CKO_CERTIFICATE)
		set(v, &x509, sizeof x509);
	else if (v->type == CKA_VALUE && o->class == CKO_CERTIFICATE)
		set(v, certificate, (size_t)certificate_len);
	return v->len > 0;
}

/* Change a value, its length, or only what is said of it. */
static CK_RV spoil(CK_ATTRIBUTE *a, struct value *v, CK_ULONG *said)
{
	const unsigned how = fuzz_below(token.in, 5);

	if (how == 0)
		return any_error();
	if (how == 1)
		*said = any_length(a->ulValueLen);
	if (how == 2 && v->len > 0)
		v->bytes[fuzz_byte(token.in) % v->len] ^= fuzz_byte(token.in);
	if (how == 3)
		*said = v->len = fuzz_byte(token.in) % (v->len + 1);
	if (how == 4) {
		*said = v->len = fuzz_byte(token.in);
		any_bytes(v->bytes, v->len);
	}
	return CKR_OK;
}

static CK_RV get_attribute(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                           CK_ATTRIBUTE_PTR attribute, CK_ULONG n)
{
	static struct value v;
	const bool known = object >= 1 && object <= LENGTH_OF(objects);
	CK_ULONG said;
	CK_RV rv = known ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;

	(void)session;
	need(n == 1, "more than one attribute is asked for");
	v.type = attribute->type;
	if (known && !read_value(&objects[object - 1], &v))
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	said = v.len;
	if (lies())
		rv = spoil(attribute, &v, &said);
	if (rv == CKR_OK && attribute->pValue != NULL && v.len <= attribute->ulValueLen)
		memcpy(attribute->pValue, v.bytes, v.len);
	else if (rv == CKR_OK && attribute->pValue != NULL)
		rv = CKR_BUFFER_TOO_SMALL;
	attribute->ulValueLen = rv == CKR_OK ? said : CK_UNAVAILABLE_INFORMATION;
	return rv;
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE_PTR template, CK_ULONG n)
{
	(void)session;
	if (lies())
		return any_error();
	/* The caller's, which stays until the search has its answer. */
	token.wanted = template;
	token.n_wanted = n;
	token.next = 0;
	return CKR_OK;
}

static bool fits(const struct object *o)
{
	static struct value v;

	for (CK_ULONG i = 0; i < token.n_wanted; i++) {
		const CK_ATTRIBUTE *a = &token.wanted[i];

		v.type = a->type;
		if (!read_value(o, &v) || v.len != a->ulValueLen ||
		    memcmp(v.bytes, a->pValue, v.len) != 0)
			return false;
	}
	return true;
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR found, CK_ULONG max,
                  CK_ULONG_PTR n)
{
	(void)session;
	*n = 0;
	for (; token.next < LENGTH_OF(objects) && *n < max; token.next++)
		if (fits(&objects[token.next]))
			found[(*n)++] = token.next + 1;
	if (!lies())
		return CKR_OK;
	if (max > 0)
		found[0] = fuzz_byte(token.in) % 8;
	*n = any_length(max);
	for (CK_ULONG i = 0; *n <= max && i < *n; i++)
		found[i] = 1 + i % LENGTH_OF(objects);
	return fuzz_byte(token.in) > 191 ? any_error() : CKR_OK;
}

static CK_RV find_final(CK_SESSION_HANDLE session)
{
	(void)session;
	token.wanted = NULL;
	token.n_wanted = 0;
	return lies() ? any_error() : CKR_OK;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
	(void)session;
	if (lies())
		return any_error();
	token.mechanism = mechanism->mechanism;
	return key == (token.mechanism == CKM_ECDSA ? 3 : 1) ? CKR_OK : CKR_KEY_HANDLE_INVALID;
}

static bool sign_p256(struct sg_bytes digest, uint8_t signature[SG_P256_SIGNATURE])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(p256, NULL);
	uint8_t der[SG_P256_DER_MAX];
	size_t len = sizeof der;
	bool done = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	            EVP_PKEY_sign(ctx, der, &len, digest.data, digest.len) == 1 &&
	            sg_p256_from_der(sg_bytes(der, len), signature);

	EVP_PKEY_CTX_free(ctx);
	return done;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG len, CK_BYTE_PTR signature,
                  CK_ULONG_PTR signature_len)
{
	const struct sg_bytes message = sg_bytes(data, len);
	CK_RV rv = CKR_OK;

	(void)session;
	need(*signature_len >= 64, "there is too little room for a signature");
	if (token.mechanism == CKM_ECDSA)
		need(len == SG_P256_DIGEST && sign_p256(message, signature), "P-256 signs nothing");
	else
		need(sg_ed25519_sign(sg_secret_bytes(ed25519), message, signature) == SG_OK,
		     "Ed25519 signs nothing");
	*signature_len = 64;
	if (!lies())
		return CKR_OK;
	if (fuzz_byte(token.in) > 127)
		signature[fuzz_byte(token.in) % 64] ^= fuzz_byte(token.in);
	if (fuzz_byte(token.in) > 127)
		*signature_len = any_length(64);
	if (fuzz_byte(token.in) > 127)
		rv = any_error();
	return rv;
}

static CK_FUNCTION_LIST functions = {
	.version = { 2, 40 },
	.C_GetInfo = get_info,
	.C_GetSlotList = get_slots,
	.C_GetTokenInfo = get_token,
	.C_OpenSession = open_session,
	.C_CloseSession = close_session,
	.C_GetSessionInfo = get_session,
	.C_Login = login,
	.C_GetAttributeValue = get_attribute,
	.C_FindObjectsInit = find_init,
	.C_FindObjects = find,
	.C_FindObjectsFinal = find_final,
	.C_SignInit = sign_init,
	.C_Sign = sign,
};

/* What the linker puts in the place of the functions of their names. */
CK_FUNCTION_LIST *__wrap_p11_kit_module_load(const char *path, int flags);
void __wrap_p11_kit_module_release(CK_FUNCTION_LIST *module);
CK_RV __wrap_p11_kit_module_initialize(CK_FUNCTION_LIST *module);
CK_RV __wrap_p11_kit_module_finalize(CK_FUNCTION_LIST *module);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
enum sg_err __wrap_sg_client_refusal_note(const char *uri, const struct sg_secret *pin,
                                          const struct sg_client_pin_origin *origin, bool counted);
enum sg_err __real_sg_client_refusal_note(const char *uri, const struct sg_secret *pin,
                                          const struct sg_client_pin_origin *origin, bool counted);

CK_FUNCTION_LIST *__wrap_p11_kit_module_load(const char *path, int flags)
{
	(void)path;
	(void)flags;
	if (lies())
		return NULL;
	token.loaded++;
	return &functions;
}

void __wrap_p11_kit_module_release(CK_FUNCTION_LIST *module)
{
	need(module == &functions && token.loaded-- > 0, "it is let go of twice");
}

CK_RV __wrap_p11_kit_module_initialize(CK_FUNCTION_LIST *module)
{
	(void)module;
	if (lies())
		return any_error();
	token.initialised++;
	return CKR_OK;
}

CK_RV __wrap_p11_kit_module_finalize(CK_FUNCTION_LIST *module)
{
	(void)module;
	need(token.initialised-- > 0, "it is finalised twice");
	token.logged_in = token.logged_in && token.initialised > 0;
	return lies() ? any_error() : CKR_OK;
}

/* Nobody waits for hardware here. */
int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	return 0;
}

/* What is remembered for the life of a process is forgotten with each input. */
enum sg_err __wrap_sg_client_refusal_note(const char *uri, const struct sg_secret *pin,
                                          const struct sg_client_pin_origin *origin, bool counted)
{
	if (token.n_refused < LENGTH_OF(token.refused))
		token.refused[token.n_refused++] = strdup(uri);
	return __real_sg_client_refusal_note(uri, pin, origin, counted);
}

void hostile_begin(struct fuzz_input *in)
{
	memset(&token, 0, sizeof token);
	token.in = in;
	token.flags = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED |
	              (fuzz_byte(in) & 1 ? CKF_LOGIN_REQUIRED : 0);
}

bool hostile_was_honest(void)
{
	return !token.lied;
}

void hostile_end(void)
{
	need(token.loaded == 0 && token.initialised == 0, "the module is still in use");
	need(token.lied || token.sessions == 0, "a session is still open");
	while (token.n_refused > 0) {
		sg_client_refusal_forget(token.refused[--token.n_refused]);
		free(token.refused[token.n_refused]);
	}
}
