/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. A token over SoftHSM, and SoftHSM called directly with the very same key.
 */
#include "bench/hsm.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "core/token.h"
#include "lib/file.h"
#include "lib/scratch.h"
#include "lib/softhsm.h"

struct at_hsm {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	unsigned char message[64];
};

static void sign(void *arg)
{
	struct at_hsm *at = arg;
	CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 };
	unsigned char signature[64];
	CK_ULONG len = sizeof signature;

	bench_check(at->f->C_SignInit(at->session, &eddsa, at->key), "C_SignInit");
	bench_check(at->f->C_Sign(at->session, at->message, sizeof at->message, signature, &len),
	            "C_Sign");
}

/* Make a key pair; the private half stays in the HSM where it is to. */
static CK_OBJECT_HANDLE make_key(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, bool inside)
{
	CK_MECHANISM pair = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 };
	unsigned char curve[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
	CK_BBOOL yes = CK_TRUE, resident = inside ? CK_TRUE : CK_FALSE;
	CK_ATTRIBUTE public_template[] = { { CKA_EC_PARAMS, curve, sizeof curve } };
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &yes, 1 }, { CKA_SIGNET_RESIDENT, &resident, 1 },
	};
	CK_OBJECT_HANDLE public_key, key;

	bench_check(p11->C_GenerateKeyPair(session, &pair, public_template, 1, private_template, 2,
	                                   &public_key, &key), "C_GenerateKeyPair");
	return key;
}

/* Find the key in the HSM past signet; what seals is no private key. */
static CK_OBJECT_HANDLE find_key(struct test_hsm *hsm)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof class };
	CK_OBJECT_HANDLE key = 0;
	CK_ULONG n = 0;

	bench_check(hsm->f->C_FindObjectsInit(hsm->session, &wanted, 1), "C_FindObjectsInit");
	bench_check(hsm->f->C_FindObjects(hsm->session, &key, 1, &n), "C_FindObjects");
	bench_check(hsm->f->C_FindObjectsFinal(hsm->session), "C_FindObjectsFinal");
	ck_assert_uint_eq(n, 1);
	return key;
}

static void make_token(void)
{
	const struct sg_token_plan plan = { .label = sg_bytes_str("bench"), .sealer = "hsm",
		                            .machine = true };
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;

	ck_assert_int_eq(sg_config_load(&config), SG_OK);
	ck_assert_int_eq(sg_token_new(config, 0, &token), SG_OK);
	ck_assert_int_eq(sg_token_create(token, &plan, NULL), SG_OK);
	sg_token_free(&token);
	sg_config_free(&config);
}

static void measure(CK_FUNCTION_LIST *p11, struct test_softhsm *softhsm)
{
	struct at_hsm inside = { .f = p11 }, sealed, direct;
	struct test_hsm hsm;

	bench_check(p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
	                               &inside.session), "C_OpenSession");
	sealed = inside;
	inside.key = make_key(p11, inside.session, true);
	sealed.key = make_key(p11, sealed.session, false);
	test_hsm_enter(&hsm, softhsm->module, TEST_HSM_LABEL);
	direct = (struct at_hsm){ .f = hsm.f, .session = hsm.session, .key = find_key(&hsm) };
	bench_row("C_SignInit + C_Sign, Ed25519 in the HSM", "SoftHSM, called directly",
	          bench_measure((struct bench_work){ sign, &inside },
	                        (struct bench_work){ sign, &direct }));
	bench_row("the same with a key that the HSM only sealed", "SoftHSM, called directly",
	          bench_measure((struct bench_work){ sign, &sealed },
	                        (struct bench_work){ sign, &direct }));
	test_hsm_leave(&hsm);
}

void bench_hsm(CK_FUNCTION_LIST *p11)
{
	char *folder = scratch_make(), *conf = scratch_path(folder, "signet.conf");
	struct test_softhsm softhsm;
	char lines[1024];

	test_softhsm_start(&softhsm);
	snprintf(lines, sizeof lines, "state = %s/state\nsealer = hsm\nhsm = %s\n", folder,
	         softhsm.uri);
	test_file_write(conf, sg_bytes_str(lines));
	setenv("SIGNET_CONF", conf, 1);
	unsetenv("SIGNET_STATE");
	unsetenv("SIGNET_TCTI");
	make_token();
	bench_check(p11->C_Initialize(NULL), "C_Initialize");
	measure(p11, &softhsm);
	bench_check(p11->C_Finalize(NULL), "C_Finalize");
	test_softhsm_stop(&softhsm);
	scratch_remove(&folder);
	free(conf);
}
