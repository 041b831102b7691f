/* SPDX-License-Identifier: Apache-2.0
 *
 * signet doctor: what is wrong with this machine for this job, and what to do. Each
 * check stands by itself; none of them changes anything.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/module.h"
#include "crypto/aes_gcm.h"
#include "crypto/crypto.h"
#include "crypto/ed25519.h"
#include "crypto/keywrap.h"
#include "tools/fail.h"
#include "tools/json.h"
#include "tools/text.h"
#include "tools/time.h"
#include "tools/token.h"
#include "util/file.h"
#include "util/slab.h"

#define LINE 1024
#define FEW_TRIES 2
#define MEMLOCK_WANTED ((rlim_t)8 << 20)        /* 100,000 unwrapped AES keys */

enum result { FINE, WARN, FAIL };

struct doctor {
	json_t *json;                   /* NULL: text is wanted */
	struct tool_text text;
	bool failed;
};

/* Tell the result of a check; fix may be NULL. */
__attribute__((format(printf, 5, 6)))
static void report(struct doctor *doctor, const char *check, enum result result, const char *fix,
                   const char *format, ...)
{
	static const char *const names[] = { "ok", "warn", "FAIL" };
	char line[LINE];
	va_list args;
	json_t *json;

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	doctor->failed = doctor->failed || result == FAIL;
	if (doctor->json == NULL) {
		tool_text_add(&doctor->text, "%-4s  %s: ", names[result], check);
		tool_text_name(&doctor->text, sg_bytes_str(line));
		tool_text_add(&doctor->text, fix != NULL ? "\n      -> %s\n" : "\n", fix);
		return;
	}
	json = json_object();
	tool_json_put(json, "check", json_string(check));
	tool_json_put(json, "result", json_string(names[result]));
	tool_json_put(json, "text", tool_json_text(sg_bytes_str(line)));
	tool_json_put(json, "advice", fix != NULL ? tool_json_text(sg_bytes_str(fix))
	                                          : json_null());
	tool_json_append(doctor->json, json);
}

/* Tell a failure with the lines of the library. */
static void report_err(struct doctor *doctor, const char *check, enum sg_err err)
{
	const char *lines = tool_log_lines(err);
	const char *fix = sg_err_advice(err);

	/* The command that mends these stands in the line itself. */
	if (err == SG_ERR_STORE_UNSAFE || err == SG_ERR_SYSTEM || err == SG_ERR_HW_PERMISSION)
		fix = NULL;
	report(doctor, check, FAIL, fix, lines[0] != '\0' ? "%s (%s)" : "%s%s",
	       sg_err_sentence(err), lines);
}

static bool check_config(struct doctor *doctor, struct sg_config **config)
{
	enum sg_err err;

	tool_log_clear();
	err = sg_config_load(config);
	if (err != SG_OK)
		report_err(doctor, "configuration", err);
	else
		report(doctor, "configuration", FINE, NULL, "%s%s; the TPM is %s", (*config)->path,
		       access((*config)->path, F_OK) == 0 ? "" : " (not there: the defaults hold)",
		       (*config)->tcti);
	return err == SG_OK;
}

/* RFC 8032 §7.1 test 2, and a round through each of the others. */
static enum sg_err try_crypto(void)
{
	static const uint8_t seed[32] = {
		0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11,
		0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed,
		0x4f, 0xb8, 0xa6, 0xfb,
	};
	static const uint8_t public_key[32] = {
		0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b,
		0x7e, 0xbc, 0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1,
		0x2a, 0xf4, 0x66, 0x0c,
	};
	uint8_t signature[SG_ED25519_SIGNATURE], wrapped[40], cipher[32], tag[SG_GCM_TAG];
	struct sg_bytes key = sg_bytes(seed, sizeof seed), iv = sg_bytes(public_key, SG_GCM_IV);
	struct sg_bytes none = sg_bytes(NULL, 0);
	struct sg_secret *pair = NULL, *plain = NULL;
	enum sg_err err;

	err = sg_ed25519_from_seed(key, &pair);
	if (err == SG_OK && !sg_bytes_equal(sg_ed25519_public(pair), sg_bytes(public_key, 32)))
		err = SG_ERR_CRYPTO;
	if (err == SG_OK)
		err = sg_ed25519_sign(sg_secret_bytes(pair), iv, signature);
	if (err == SG_OK)
		err = sg_ed25519_verify(sg_bytes(public_key, 32), iv,
		                        sg_bytes(signature, sizeof signature));
	if (err == SG_OK)
		err = sg_keywrap_wrap(SG_KWP, key, sg_bytes(public_key, 32), wrapped);
	if (err == SG_OK)
		err = sg_keywrap_unwrap(SG_KWP, key, sg_bytes(wrapped, sizeof wrapped), &plain);
	if (err == SG_OK)
		err = sg_gcm_encrypt(key, iv, none, sg_bytes(public_key, 32), cipher, tag,
		                     sizeof tag);
	if (err == SG_OK)
		err = sg_gcm_decrypt(key, iv, none, sg_bytes(cipher, 32), sg_bytes(tag, sizeof tag),
		                     cipher);
	if (err == SG_OK && memcmp(cipher, public_key, sizeof cipher) != 0)
		err = SG_ERR_CRYPTO;
	sg_secret_free(&pair);
	sg_secret_free(&plain);
	return err;
}

static void check_crypto(struct doctor *doctor)
{
	enum sg_err err;

	tool_log_clear();
	err = sg_crypto_start();
	if (err == SG_OK)
		err = try_crypto();
	if (err == SG_OK)
		report(doctor, "cryptography", FINE, NULL,
		       "Ed25519, AES key wrap and AES-GCM work; sealers: tpm (%s), soft (%s)",
		       sg_sealer_model("tpm"), sg_sealer_model("soft"));
	else if (err == SG_ERR_CRYPTO || err == SG_ERR_TAG)
		report(doctor, "cryptography", FAIL, "Reinstall libssl3 and libsodium23.",
		       "%s (%s)", sg_err_sentence(err), tool_log_lines(err));
	else                    /* memory, most often: the next check says more */
		report_err(doctor, "cryptography", err);
}

static void check_memory(struct doctor *doctor)
{
	const char *fix = sg_err_advice(SG_ERR_SECURE_MEMORY);
	struct sg_slab_status status;
	struct rlimit limit;
	enum sg_err err;

	tool_log_clear();
	err = sg_slab_probe();
	if (err != SG_OK) {
		report_err(doctor, "memory for secrets", err);
		return;
	}
	sg_slab_status(&status);
	if (status.kind == SG_SLAB_MEMFD_SECRET)
		report(doctor, "memory for secrets", FINE, NULL,
		       "memfd_secret: not even root reads it with a debugger");
	else
		report(doctor, "memory for secrets", WARN,
		       "Start the kernel with secretmem.enable=1 (from 6.5 on it is enabled).",
		       "locked, but this kernel gives no memfd_secret: root can read it with a "
		       "debugger");
	if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		report(doctor, "memory limit", WARN, NULL, "%s", strerror(errno));
	else if (limit.rlim_cur < MEMLOCK_WANTED)
		report(doctor, "memory limit", WARN, fix, "RLIMIT_MEMLOCK is %llu KiB: enough for "
		       "some keys, not for 100,000", (unsigned long long)limit.rlim_cur >> 10);
	else if (limit.rlim_cur == RLIM_INFINITY)
		report(doctor, "memory limit", FINE, NULL, "RLIMIT_MEMLOCK is unlimited");
	else
		report(doctor, "memory limit", FINE, NULL, "RLIMIT_MEMLOCK is %llu KiB",
		       (unsigned long long)limit.rlim_cur >> 10);
}

static bool is_tpm_12(void)
{
	FILE *file = fopen("/sys/class/tpm/tpm0/tpm_version_major", "re");
	int major = file != NULL ? fgetc(file) : EOF;

	if (file != NULL)
		fclose(file);
	return major == '1';
}

static void report_unreachable(struct doctor *doctor, enum sg_err err)
{
	if (err == SG_ERR_HW_MISSING && is_tpm_12())
		report(doctor, "TPM", FAIL, "Some of these chips become a TPM 2.0 by a firmware update "
		       "of the maker of the machine.",
		       "the TPM of this machine is a TPM 1.2, and 2.0 is needed");
	else
		report_err(doctor, "TPM", err);
}

static void check_storage_key(struct doctor *doctor, const struct sg_sealer_status *status)
{
	if (status->parent_foreign)
		report(doctor, "storage root key", FAIL, sg_err_advice(SG_ERR_HW_FOREIGN),
		       "at 0x81000001 stands something that is no storage root key");
	else if (!status->parent_found)
		report(doctor, "storage root key", FINE, NULL,
		       "nothing stands at 0x81000001 yet; signet init makes the key there");
	else
		report(doctor, "storage root key", FINE, NULL, "stands at 0x81000001");
}

static void check_lockout(struct doctor *doctor, const struct sg_sealer_status *status)
{
	char span[64], until[64];

	tool_span(status->seconds_per_try, span, sizeof span);
	tool_until(status->seconds_per_try, until, sizeof until);
	if (status->locked)
		report(doctor, "lockout", FAIL, "Wait, with the machine on. Machine tokens work "
		       "meanwhile. Who has the lockout password can end it: tpm2_dictionarylockout "
		       "-c -p PASSWORD.",
		       "after too many wrong PINs the TPM refuses every PIN; the next try is "
		       "possible at %s, or before", until);
	else if (status->tries_left <= FEW_TRIES)
		report(doctor, "lockout", WARN, NULL, "%u wrong PINs until the TPM refuses every "
		       "PIN; one is forgotten every %s", status->tries_left, span);
	else
		report(doctor, "lockout", FINE, NULL, "%u wrong PINs until the TPM refuses every PIN; "
		       "one is forgotten every %s", status->tries_left, span);
}

static bool check_tpm(struct doctor *doctor, const struct sg_config *config)
{
	struct sg_sealer_status status = { { 0 } };
	struct sg_sealer *sealer = NULL;
	enum sg_err err;

	if (strcmp(config->sealer, "tpm") != 0) {
		report(doctor, "TPM", WARN, "Set sealer = tpm for anything that matters.",
		       "not asked, since the configuration seals by \"%s\"", config->sealer);
		return true;
	}
	tool_log_clear();
	err = sg_sealer_open("tpm", config, &sealer);
	if (err == SG_OK)
		err = sealer->ops->status(sealer, sg_bytes(NULL, 0), &status);
	sg_sealer_free(&sealer);
	if (err != SG_OK) {
		report_unreachable(doctor, err);
		return false;
	}
	report(doctor, "TPM", FINE, NULL, "%s, made by %s, firmware %s", status.device,
	       status.maker, status.firmware);
	if (strcmp(config->tcti, "device:/dev/tpm0") == 0)
		report(doctor, "resource manager", WARN, "Use tcti = device:/dev/tpmrm0.",
		       "/dev/tpm0 can't be shared with other programs");
	check_storage_key(doctor, &status);
	if (status.lockout_known)
		check_lockout(doctor, &status);
	return true;
}

static bool check_state(struct doctor *doctor, const struct sg_config *config)
{
	enum sg_err err;

	tool_log_clear();
	err = sg_dir_check_private(config->state);
	if (err == SG_ERR_STORE_MISSING) {
		report(doctor, "state folder", FINE, NULL, "%s is not there yet; signet init makes it",
		       config->state);
	} else if (err != SG_OK) {
		report_err(doctor, "state folder", err);
	} else if (access(config->state, W_OK | X_OK) != 0) {
		report(doctor, "state folder", WARN, "Where keys are only used that may be wanted.",
		       "%s can't be written: %s", config->state, strerror(errno));
	} else {
		report(doctor, "state folder", FINE, NULL, "%s", config->state);
	}
	return err == SG_OK;
}

/* Look at one token: readable, sealed by this TPM, and really opening. */
static void check_token(struct doctor *doctor, struct sg_module *module,
                        const struct tool_token *found)
{
	struct sg_token *token;
	struct sg_bytes label = TOOL_FIELD(found->info.label);
	struct sg_sealer_status status = { { 0 } };
	char check[64];
	enum sg_err err;

	snprintf(check, sizeof check, "token in slot %lu", found->slot);
	tool_log_clear();
	if (found->rv != CKR_OK) {
		report(doctor, check, FAIL,
		       found->err == SG_ERR_STORE_UNSAFE ? NULL : sg_err_advice(found->err),
		       "%s (%s)", sg_err_sentence(found->err), found->why);
		return;
	}
	err = sg_module_token(module, found->slot, &token);
	if (err == SG_OK)
		err = sg_token_status(token, &status);
	if (err == SG_OK && strcmp(token->record.sealer, "tpm") == 0 && !status.parent_same)
		err = status.parent_foreign ? SG_ERR_HW_FOREIGN
		      : status.parent_found ? SG_ERR_HW_OTHER : SG_ERR_HW_NO_PARENT;
	if (err == SG_OK)
		err = sg_token_open(token);
	if (err != SG_OK)
		report_err(doctor, check, err);
	else if (strcmp(token->record.sealer, "tpm") != 0)
		report(doctor, check, WARN, "Make a token with the TPM for anything that matters.",
		       "\"%.*s\" opens, but it is sealed by \"%s\", for development only",
		       (int)label.len, (const char *)label.data, token->record.sealer);
	else
		report(doctor, check, FINE, NULL, "\"%.*s\" opens with this TPM", (int)label.len,
		       (const char *)label.data);
}

static void check_tokens(struct doctor *doctor)
{
	struct tool_tokens tokens = { NULL };
	struct sg_module *module = NULL;

	if (tool_tokens_read(&tokens) != TOOL_OK)
		doctor->failed = true;
	module = sg_module_enter();
	for (size_t i = 0; i < tokens.count && module != NULL; i++)
		check_token(doctor, module, &tokens.list[i]);
	if (module != NULL)
		sg_module_leave();
	tool_tokens_free(&tokens);
}

static void check_p11kit(struct doctor *doctor)
{
	static const char *const files[] = {
		P11CONFIGDIR "/signet.module", "/etc/pkcs11/modules/signet.module",
	};
	bool listed = false;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		listed = listed || access(files[i], R_OK) == 0;
	if (!listed)
		report(doctor, "p11-kit", WARN, "make install puts it there.",
		       "%s is not there: programs that use p11-kit don't find signet", files[0]);
	else if (access(P11MODULEDIR "/signet.so", R_OK) != 0)
		report(doctor, "p11-kit", WARN, "make install puts it there.",
		       "signet is registered, but %s is not there", P11MODULEDIR "/signet.so");
	else
		report(doctor, "p11-kit", FINE, NULL, "programs that use p11-kit find %s",
		       P11MODULEDIR "/signet.so");
}

static enum tool_exit run(struct tool *tool)
{
	struct doctor doctor = { NULL };
	struct sg_config *config = NULL;
	enum tool_exit code;

	if (tool_given(tool, OPT_JSON)) {
		doctor.json = json_array();
		if (doctor.json == NULL)
			return tool_fail_err(SG_ERR_NOMEM, "can't look at the machine");
	}
	check_crypto(&doctor);
	check_memory(&doctor);
	if (check_config(&doctor, &config)) {
		bool reachable = check_tpm(&doctor, config);

		/* What can't be asked needs no second line about it. */
		if (check_state(&doctor, config) && reachable)
			check_tokens(&doctor);
	}
	check_p11kit(&doctor);
	sg_config_free(&config);
	code = doctor.json != NULL ? tool_json_out(doctor.json) : tool_text_out(&doctor.text);
	if (code == TOOL_OK && doctor.failed)
		code = TOOL_FAILED;
	return code;
}

const struct tool_verb tool_verb_doctor = {
	.name = "doctor",
	.summary = "look for what is wrong with this machine, and say what to do",
	.usage = "[--json]",
	.text = "Each line begins with ok, warn or FAIL. The exit code is 0 if nothing fails. Nothing\n"
	        "is changed.",
	.example = "signet doctor",
	.run = run,
	.options = { OPT_JSON },
};
