/* SPDX-License-Identifier: Apache-2.0
 *
 * signet enroll ek: shows the endorsement keys of this machine's TPM, and what a registrar can know
 * them by. It needs no token, and changes nothing.
 */
#include "core/module.h"
#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "seal/attest.h"
#include "seal/tpm/distant.h"
#include "tools/fail.h"
#include "tools/io.h"
#include "tools/json.h"
#include "tools/progress.h"
#include "tools/text.h"
#include "tools/token.h"

#define HASH 32
#define MAKERS 8                        /* names of one maker that are shown */

/* What a registrar calls them: of what they are, and the template that they are made from [TCG EK
 * Credential Profile §B.3]. */
static const struct {
	const char *kind, *template;
} names[SG_EKS] = {
	[SG_EK_P256] = { "P-256", "L-2" },
	[SG_EK_RSA2048] = { "RSA 2048", "L-1" },
};

/* What is told of one. Free it with told_free. */
struct told {
	enum sg_ek kind;
	char hash[2 * HASH + 1];
	bool certified;
	struct sg_buf subject, issuer;
	struct sg_buf makers[MAKERS];
	size_t n_makers;
};

static void told_free(struct told *told)
{
	sg_buf_free(&told->subject);
	sg_buf_free(&told->issuer);
	for (size_t i = 0; i < MAKERS; i++)
		sg_buf_free(&told->makers[i]);
}

static void take_maker(struct sg_bytes maker, void *arg)
{
	struct told *told = arg;

	if (told->n_makers < MAKERS && sg_buf_set(&told->makers[told->n_makers], maker) == SG_OK)
		told->n_makers++;
}

static enum sg_err read_key(const struct sg_attest_keys *keys, struct told *told)
{
	struct sg_certificate *certificate = NULL;
	struct sg_buf spki = { NULL, 0, 0 };
	uint8_t hash[HASH];
	enum sg_err err = sg_distant_ek(sg_buf_bytes(&keys->ek), keys->ek_kind, &spki);

	told->kind = keys->ek_kind;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&spki), hash);
	if (err == SG_OK)
		sg_bytes_hex(sg_bytes(hash, sizeof hash), told->hash);
	told->hash[2 * HASH] = '\0';
	told->certified = keys->certificate.len > 0;
	if (err == SG_OK && told->certified)
		err = sg_certificate_read(sg_buf_bytes(&keys->certificate), &certificate);
	if (err == SG_OK && told->certified) {
		sg_certificate_makers(certificate, take_maker, told);
		err = sg_certificate_names(certificate, &told->subject, &told->issuer);
	}
	sg_certificate_free(&certificate);
	sg_buf_free(&spki);
	return err;
}

static enum sg_err ask(struct told told[SG_EKS], size_t *n)
{
	struct sg_attest_keys keys[SG_EKS] = { { .ek_kind = SG_EK_P256 } };
	struct sg_module *module = sg_module_enter();
	struct sg_sealer *sealer = NULL;
	enum sg_err err;

	*n = 0;
	if (module == NULL)
		return SG_ERR_SYSTEM;
	err = sg_sealer_open("tpm", module->config, &sealer);
	if (err == SG_OK)
		err = sealer->ops->attest->endorsements(sealer, keys, n);
	sg_sealer_free(&sealer);
	sg_module_leave();
	for (size_t i = 0; i < *n && err == SG_OK; i++)
		err = read_key(&keys[i], &told[i]);
	for (size_t i = 0; i < SG_EKS; i++)
		sg_attest_keys_clear(&keys[i]);
	return err;
}

static enum tool_exit tell_json(const struct told *told, size_t n)
{
	json_t *json = json_object(), *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = json_object(), *makers = json_array();

		tool_json_put(one, "hash", json_string(told[i].hash));
		tool_json_put(one, "kind", json_string(names[told[i].kind].kind));
		tool_json_put(one, "template", json_string(names[told[i].kind].template));
		tool_json_put(one, "shown", json_boolean(i == 0));
		tool_json_put(one, "certified", json_boolean(told[i].certified));
		tool_json_put(one, "subject", tool_json_text(sg_buf_bytes(&told[i].subject)));
		tool_json_put(one, "issuer", tool_json_text(sg_buf_bytes(&told[i].issuer)));
		for (size_t j = 0; j < told[i].n_makers; j++)
			tool_json_append(makers, tool_json_text(sg_buf_bytes(&told[i].makers[j])));
		tool_json_put(one, "makers", makers);
		tool_json_append(list, one);
	}
	tool_json_put(json, "eks", list);
	return tool_json_out(json);
}

/* Say in one line what a key is. */
static enum tool_exit explain(const struct told *told, bool shown)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };

	tool_text_add(&text, "%.8s... is the %s key (template %s)%s", told->hash,
	              names[told->kind].kind, names[told->kind].template,
	              shown ? ", which signet enroll shows" : "");
	if (!told->certified)
		tool_text_add(&text, "; its maker left no certificate of it in the TPM");
	if (told->certified) {
		tool_text_add(&text, "; certified for ");
		tool_text_name(&text, told->subject.len > 0 ? sg_buf_bytes(&told->subject)
		                                            : sg_bytes_str("nobody by name"));
		tool_text_add(&text, " by ");
		tool_text_name(&text, sg_buf_bytes(&told->issuer));
	}
	for (size_t i = 0; i < told->n_makers; i++) {
		tool_text_add(&text, "%s\"", i == 0 ? "; --maker may be " : " or ");
		tool_text_name(&text, sg_buf_bytes(&told->makers[i]));
		tool_text_add(&text, "\"");
	}
	tool_text_add(&text, "%c", 0);
	if (text.err == SG_OK)
		tool_note("%s", (const char *)text.buf.data);
	sg_buf_free(&text.buf);
	return text.err == SG_OK ? TOOL_OK : tool_fail_err(text.err, "can't describe the TPM");
}

static enum tool_exit tell(const struct told *told, size_t n)
{
	struct tool_text text = { { NULL, 0, 0 }, SG_OK };
	enum tool_exit code;

	for (size_t i = 0; i < n; i++)
		tool_text_add(&text, "%s\n", told[i].hash);
	code = tool_text_out(&text);
	for (size_t i = 0; i < n && code == TOOL_OK; i++)
		code = explain(&told[i], i == 0);
	return code;
}

static enum tool_exit run(struct tool *tool)
{
	struct told told[SG_EKS] = { { .kind = SG_EK_P256 } };
	size_t n = 0;
	enum tool_exit code = tool_start();
	enum sg_err err;

	if (code != TOOL_OK)
		return code;
	tool_log_clear();
	err = sg_crypto_start();
	tool_progress_begin("asking the TPM");
	if (err == SG_OK)
		err = ask(told, &n);
	tool_progress_end();
	if (err != SG_OK)
		code = tool_fail_err(err, "can't describe the TPM");
	else
		code = tool_given(tool, OPT_JSON) ? tell_json(told, n) : tell(told, n);
	for (size_t i = 0; i < SG_EKS; i++)
		told_free(&told[i]);
	return code;
}

const struct tool_verb tool_verb_enroll_ek = {
	.name = "enroll ek",
	.summary = "show by what a registrar can know the TPM of this machine",
	.usage = "[--json] > eks",
	.text = "Writes the SHA-256 of each endorsement key of the TPM, a line each, as signet registrar\n"
	        "token create takes them with --eks. Who certified them, and the names by which --maker\n"
	        "knows the maker, go to standard error. No token is needed, and nothing is changed.",
	.example = "signet enroll ek > eks",
	.run = run,
	.options = { OPT_JSON },
};
