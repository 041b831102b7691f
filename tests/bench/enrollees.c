/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Machines that enrol. Between hello and evidence they are asked for all there is: an end by
 * the clock, PCRs that the key is bound to, a quote.
 */
#include "bench/enrollees.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/random.h"
#include "enroll/machine.h"
#include "lib/conformance.h"
#include "lib/file.h"
#include "lib/scratch.h"
#include "lib/tpm.h"

#define LIFETIME 3600
#define SESSION_SECONDS 86400
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* What these PCRs hold after a start of swtpm without firmware. */
static char bound[] = "pcr=sha256:7=" ZEROS, quoted[] = "pcr=sha256:0,7=" ZEROS;

static void run_script(const char *folder, size_t n)
{
	char line[512];

	ck_assert_int_lt(snprintf(line, sizeof line, "bash '%s/tests/bench/tpms.sh' '%s' %zu",
	                          getenv("SIGNET_TEST_SRCDIR"), folder, n), (int)sizeof line);
	ck_assert_msg(system(line) == 0, "no TPMs; on Debian: apt-get install swtpm-tools");
}

static struct sg_registrar *open_at(const struct bench_enrollees *e, const char *path, bool create)
{
	const struct sg_registrar_config config = {
		.store = path, .create = create, .vault = "vault_bench",
		.api_url = "https://vault.example.org",
		.authorities = sg_buf_bytes(&e->authorities), .challenge_seconds = SESSION_SECONDS,
	};
	struct sg_registrar *registrar = NULL;

	ck_assert_int_eq(sg_registrar_open(&config, &registrar), SG_OK);
	return registrar;
}

struct sg_registrar *bench_enrollees_registrar(const struct bench_enrollees *e, const char *name)
{
	struct sg_registrar *registrar;
	struct sg_buf bytes = test_file_read(e->store);
	char *path = scratch_write(e->folder, name, bytes.data, bytes.len, 0600);

	registrar = open_at(e, path, false);
	sg_buf_free(&bytes);
	free(path);
	return registrar;
}

/* Make a token that asks for everything; return its text. */
static struct sg_secret *make_token(struct bench_enrollees *e, struct sg_fleet *fleet)
{
	struct sg_fleet_token token = {
		.id = "00000000-0000-4000-8000-000000000000", .created = e->now,
		.expires = e->now + SESSION_SECONDS, .max_uses = SG_FLEET_USES_MAX,
	};
	const struct sg_fleet_event event = { e->now, "token-created", "bench", "",
		                              sg_bytes_str("{}") };
	struct sg_secret *text = NULL;
	const char *wrong;

	e->rules = (struct sg_enroll_rules){ .level = SG_LEVEL_ASSERTED,
		                             .lifetime = LIFETIME, .by_clock = true,
		                             .bind_pcrs = bound, .quote_pcrs = quoted };
	ck_assert_int_eq(sg_enroll_token_make(&text, token.hash), SG_OK);
	ck_assert_int_eq(sg_enroll_rules_write(&e->rules, &token.rules, &wrong), SG_OK);
	ck_assert_int_eq(fleet->ops->token_add(fleet, &token, &event), SG_OK);
	sg_fleet_token_clear(&token);
	return text;
}

/* Do all of an enrolment but to send the evidence. */
static void enrol(struct sg_registrar *registrar, const struct bench_enrollees *e,
                  struct sg_bytes token, size_t i)
{
	const struct sg_registrar_caller caller = { "", e->now };
	const struct sg_enroll_wish wish = {
		.token = token, .host = sg_bytes_str("worker"), .software = sg_bytes_str("bench"),
		.origin = (enum sg_enroll_origin)(SG_ORIGIN_HOST + i % 3),
	};
	struct sg_enroll_device device;
	struct sg_enroll_state state = { .phase = SG_PHASE_NONE };
	struct sg_buf challenge = { 0 };

	test_provision();
	device = (struct sg_enroll_device){ test_sealer, sg_buf_bytes(&test_parent) };
	ck_assert_int_eq(sg_enroll_machine_hello(&device, &wish, &state), SG_OK);
	ck_assert_int_eq(sg_buf_set(&e->all[i].hello, sg_buf_bytes(&state.hello)), SG_OK);
	ck_assert_int_eq(sg_registrar_begin(registrar, &caller, sg_buf_bytes(&state.hello),
	                                    &challenge), SG_ENROLL_OK);
	ck_assert_int_eq(sg_enroll_machine_answer(&device, sg_buf_bytes(&challenge),
	                                          sg_bytes(NULL, 0), &state), SG_OK);
	ck_assert_int_eq(sg_buf_set(&e->all[i].evidence, sg_buf_bytes(&state.evidence)), SG_OK);
	sg_enroll_state_clear(&state);
	sg_buf_free(&challenge);
}

static void with_tpm(struct sg_registrar *registrar, const struct bench_enrollees *e,
                     struct sg_bytes token, size_t i)
{
	static struct test_tpm tpm;
	char line[256];

	ck_assert_int_lt(snprintf(line, sizeof line, "rm -r state && mv '%s/%zu/state' .",
	                          e->folder, i), (int)sizeof line);
	test_tpm_start(&tpm);
	test_tpm_kill(&tpm);
	test_tpm_shell(&tpm, line);
	test_tpm_resume(&tpm);
	test_sealer_on(tpm.tcti);
	enrol(registrar, e, token, i);
	test_sealer_end();
	test_tpm_stop(&tpm);
}

void bench_enrollees_make(size_t n, struct bench_enrollees *out)
{
	struct sg_registrar *registrar;
	struct sg_secret *token;
	char *path;

	*out = (struct bench_enrollees){ .folder = scratch_make_short(), .now = time(NULL),
		                         .all = calloc(n, sizeof *out->all), .n = n };
	ck_assert_ptr_nonnull(out->all);
	run_script(out->folder, n);
	path = scratch_path(out->folder, "authorities.pem");
	out->authorities = test_file_read(path);
	free(path);
	out->store = scratch_path(out->folder, "fleet.db");
	registrar = open_at(out, out->store, true);
	token = make_token(out, sg_registrar_fleet(registrar));
	for (size_t i = 0; i < n; i++)
		with_tpm(registrar, out, sg_secret_bytes(token), i);
	sg_secret_free(&token);
	sg_registrar_close(&registrar);
}

void bench_enrollees_free(struct bench_enrollees *e)
{
	for (size_t i = 0; i < e->n; i++) {
		sg_buf_free(&e->all[i].hello);
		sg_buf_free(&e->all[i].evidence);
	}
	free(e->all);
	free(e->store);
	sg_buf_free(&e->authorities);
	scratch_remove(&e->folder);
}
