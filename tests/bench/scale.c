/* SPDX-License-Identifier: Apache-2.0
 *
 * Bench. Very many keys.
 */
#include "bench/scale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "core/template.h"
#include "core/token_material.h"
#include "core/token_write.h"
#include "crypto/random.h"

#define FEW 10
#define MANY_SESSION_KEYS 100000
#define MANY_TOKEN_KEYS 10000

/* A token with some keys of one session. */
struct place {
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE root;
	CK_ULONG keys;
	CK_ULONG spread;                /* how many of them are looked for, in turn */
	CK_ULONG next;
	unsigned char wrapped[40];
};

static CK_OBJECT_HANDLE unwrap(struct place *place, CK_ULONG id)
{
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE template[] = { { CKA_KEY_TYPE, &type, sizeof type },
		                    { CKA_ID, &id, sizeof id } };
	CK_OBJECT_HANDLE key;

	bench_check(place->p11->C_UnwrapKey(place->session, &kwp, place->root, place->wrapped,
	                                    sizeof place->wrapped, template, 2, &key),
	            "C_UnwrapKey");
	return key;
}

static void fill(struct place *place, CK_SLOT_ID slot, CK_ULONG n)
{
	static CK_BBOOL yes = CK_TRUE;
	CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	CK_KEY_TYPE aes = CKK_AES;
	unsigned char key[32];
	CK_ULONG len = sizeof place->wrapped;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &secret, sizeof secret }, { CKA_KEY_TYPE, &aes, sizeof aes },
		{ CKA_VALUE, key, sizeof key },        { CKA_WRAP, &yes, 1 },
		{ CKA_UNWRAP, &yes, 1 },               { CKA_EXTRACTABLE, &yes, 1 },
	};

	sg_random(key, sizeof key);
	bench_check(place->p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
	                                      &place->session), "C_OpenSession");
	bench_check(place->p11->C_CreateObject(place->session, template, 6, &place->root),
	            "C_CreateObject");
	bench_check(place->p11->C_WrapKey(place->session, &kwp, place->root, place->root,
	                                  place->wrapped, &len), "C_WrapKey");
	for (place->keys = 0; place->keys < n; place->keys++)
		(void)unwrap(place, place->keys);
}

/* Find one key by CKA_ID. */
static void find(void *arg)
{
	struct place *place = arg;
	CK_ULONG id = place->next * 7919 % place->keys;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE template[] = { { CKA_TOKEN, &no, sizeof no }, { CKA_ID, &id, sizeof id } };
	CK_OBJECT_HANDLE found;
	CK_ULONG n;

	place->next = (place->next + 1) % place->spread;
	bench_check(place->p11->C_FindObjectsInit(place->session, template, 2),
	            "C_FindObjectsInit");
	bench_check(place->p11->C_FindObjects(place->session, &found, 1, &n), "C_FindObjects");
	bench_check(n == 1 ? CKR_OK : CKR_OBJECT_HANDLE_INVALID, "find a key");
	bench_check(place->p11->C_FindObjectsFinal(place->session), "C_FindObjectsFinal");
}

static void create(void *arg)
{
	struct place *place = arg;

	bench_check(place->p11->C_DestroyObject(place->session, unwrap(place, place->keys)),
	            "C_DestroyObject");
}

void bench_many_session_keys(CK_FUNCTION_LIST *p11, const CK_SLOT_ID slots[2])
{
	static struct place few, many;

	few.p11 = many.p11 = p11;
	fill(&few, slots[0], FEW);
	fill(&many, slots[1], MANY_SESSION_KEYS);
	few.spread = many.spread = FEW;
	bench_row("find by CKA_ID one of ten among 100,000 keys", "finding one of 10",
	          bench_measure((struct bench_work){ find, &many },
	                        (struct bench_work){ find, &few }));
	many.spread = MANY_SESSION_KEYS;
	bench_row("find by CKA_ID another of 100,000 keys each time", "finding one of 10",
	          bench_measure((struct bench_work){ find, &many },
	                        (struct bench_work){ find, &few }));
	bench_row("create and destroy one more than 100,000 keys", "one more than 10",
	          bench_measure((struct bench_work){ create, &many },
	                        (struct bench_work){ create, &few }));
	bench_check(p11->C_CloseSession(few.session), "C_CloseSession");
	bench_check(p11->C_CloseSession(many.session), "C_CloseSession");
}

static void store_one(struct sg_token *token, struct sg_token_write *w, CK_ULONG id)
{
	const struct sg_template_kind kind = { SG_BY_GENERATE, CKO_SECRET_KEY, CKK_AES };
	const struct sg_origin made = { true, CKM_AES_KEY_GEN };
	static CK_BBOOL yes = CK_TRUE;
	CK_ULONG len = 32;
	CK_ATTRIBUTE template[] = { { CKA_TOKEN, &yes, 1 },
		                    { CKA_ID, &id, sizeof id },
		                    { CKA_VALUE_LEN, &len, sizeof len } };
	struct sg_attrs attrs = { 0 };
	struct sg_secret *material = NULL;
	struct sg_object *object = NULL;
	enum sg_err err;

	bench_check(sg_template_build(kind, template, 3, &attrs, &material), "template");
	if (sg_random_secret(len, &material) != SG_OK)
		exit(EXIT_FAILURE);
	bench_check(sg_object_new(&attrs, &material, made, &object), "object");
	err = sg_token_close_material(token, object);
	if (err == SG_OK)
		err = sg_token_write_row(w, object, &object->generation);
	bench_check(err == SG_OK ? CKR_OK : CKR_FUNCTION_FAILED, "store");
	sg_object_unref(&object);
}

void bench_fill_token(struct sg_token *token)
{
	struct sg_token_write w;

	/* In one transaction: the disk is not what is measured here. */
	if (sg_token_open(token) != SG_OK || sg_token_write_begin(token, &w) != SG_OK)
		exit(EXIT_FAILURE);
	for (CK_ULONG i = 0; i < MANY_TOKEN_KEYS; i++)
		store_one(token, &w, i);
	if (sg_token_write_end(&w, SG_OK) != SG_OK)
		exit(EXIT_FAILURE);
}

static void find_in_token(void *arg)
{
	struct place *place = arg;
	CK_ULONG id = place->next;
	CK_ATTRIBUTE template[] = { { CKA_ID, &id, sizeof id } };
	CK_OBJECT_HANDLE found;
	CK_ULONG n;

	place->next = (place->next + 7919) % MANY_TOKEN_KEYS;
	bench_check(place->p11->C_FindObjectsInit(place->session, template, 1),
	            "C_FindObjectsInit");
	bench_check(place->p11->C_FindObjects(place->session, &found, 1, &n), "C_FindObjects");
	bench_check(n == 1 ? CKR_OK : CKR_OBJECT_HANDLE_INVALID, "find a key");
	bench_check(place->p11->C_FindObjectsFinal(place->session), "C_FindObjectsFinal");
}

void bench_many_token_keys(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot)
{
	struct place place = { .p11 = p11 };
	double first[5], again = 0;

	for (int i = 0; i < 5; i++) {
		bench_check(p11->C_Initialize(NULL), "C_Initialize");
		bench_check(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL,
		                               &place.session), "C_OpenSession");
		first[i] = bench_now();
		find_in_token(&place);
		first[i] = bench_now() - first[i];
		again = bench_measure((struct bench_work){ find_in_token, &place },
		                      (struct bench_work){ find_in_token, &place }).ours;
		bench_check(p11->C_Finalize(NULL), "C_Finalize");
	}
	printf("%-50s %.0f ms the first, %.1f us the next\n",
	       "find one of 10,000 token keys by CKA_ID", bench_median(first, 5) / 1e6, again / 1e3);
}
