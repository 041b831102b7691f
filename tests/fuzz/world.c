/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Making the tokens through the API, keeping copies of their stores, and
 * putting the copies back.
 */
#include "fuzz/world.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/token.h"
#include "crypto/crypto.h"
#include "crypto/random.h"
#include "fuzz/input.h"
#include "lib/scratch.h"

#define STORES 2
#define STORE_MAX ((size_t)1 << 20)

uint8_t world_secret[WORLD_SECRETS][WORLD_SECRET];

static char *folder, *state;
static struct {
	char *path;
	uint8_t *data;
	size_t len;
} store[STORES];

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("the tokens can't be made: %s", what);
}

static void remove_folder(void)
{
	scratch_remove(&folder);
}

static void write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	need(fd >= 0 && write(fd, data, len) == (ssize_t)len && close(fd) == 0, path);
}

static void configure(void)
{
	char *passphrase = scratch_path(folder, "passphrase"), *conf = scratch_path(folder, "conf");
	char text[1024];

	state = scratch_path(folder, "state");
	write_file(passphrase, "a passphrase", 12);
	snprintf(text, sizeof text,
	         "state = %s\nsealer = soft\nallow-soft = yes\nsoft-passphrase-file = %s\n", state,
	         passphrase);
	write_file(conf, text, strlen(text));
	setenv("SIGNET_CONF", conf, 1);
	unsetenv("SIGNET_STATE");
	free(passphrase);
	free(conf);
}

/* No C_ function makes a token without a PIN. */
static void make_machine(void)
{
	struct sg_token_plan plan = { .label = sg_bytes_str("machine"), .machine = true };
	struct sg_config *config = NULL;
	struct sg_token *token = NULL;

	need(sg_crypto_start() == SG_OK && sg_config_load(&config) == SG_OK, "configuration");
	plan.sealer = config->sealer;
	need(sg_token_new(config, 0, &token) == SG_OK, "machine token");
	need(sg_token_create(token, &plan, NULL) == SG_OK, "machine token");
	sg_token_free(&token);
	sg_config_free(&config);
	sg_crypto_stop();
}

static CK_SESSION_HANDLE open_session(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = 0;

	need(C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) ==
	             CKR_OK, "session");
	return session;
}

static void make_pin_token(void)
{
	CK_BYTE label[33] = "pin token                       ";
	CK_SESSION_HANDLE session;

	need(C_InitToken(1, (CK_BYTE *)WORLD_SO_PIN, strlen(WORLD_SO_PIN), label) == CKR_OK, "PIN");
	session = open_session(1);
	need(C_Login(session, CKU_SO, (CK_BYTE *)WORLD_SO_PIN, strlen(WORLD_SO_PIN)) == CKR_OK, "SO");
	need(C_InitPIN(session, (CK_BYTE *)WORLD_PIN, strlen(WORLD_PIN)) == CKR_OK, "PIN");
	need(C_CloseSession(session) == CKR_OK, "session");
}

/* A key that may be used for everything, and read by nobody. */
static void make_key(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_KEY_TYPE type,
                     uint8_t secret[WORLD_SECRET])
{
	static CK_BYTE ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
	CK_BBOOL yes = CK_TRUE;
	bool curve = type == CKK_EC_EDWARDS;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type },
		{ CKA_VALUE, secret, WORLD_SECRET },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_SENSITIVE, &yes, sizeof yes },
		{ CKA_SIGN, &yes, sizeof yes },
		{ CKA_DERIVE, &yes, sizeof yes },
		{ CKA_UNWRAP, &yes, sizeof yes },
		{ CKA_DECRYPT, &yes, sizeof yes },
		{ curve ? CKA_EC_PARAMS : CKA_WRAP, curve ? ed25519 : &yes,
		  curve ? sizeof ed25519 : sizeof yes },
		{ curve ? CKA_ID : CKA_ENCRYPT, &yes, sizeof yes },
		{ curve ? CKA_LABEL : CKA_VERIFY, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE key;

	need(C_CreateObject(session, template, sizeof template / sizeof template[0], &key) == CKR_OK,
	     "key");
}

static void make_public(CK_SESSION_HANDLE session)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_CLASS data = CKO_DATA, secret = CKO_SECRET_KEY;
	CK_KEY_TYPE aes = CKK_AES;
	CK_BYTE value[16] = "an open AES key";
	CK_ATTRIBUTE data_template[] = {
		{ CKA_CLASS, &data, sizeof data },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_VALUE, value, sizeof value },
	};
	CK_ATTRIBUTE key_template[] = {
		{ CKA_CLASS, &secret, sizeof secret },
		{ CKA_KEY_TYPE, &aes, sizeof aes },
		{ CKA_VALUE, value, sizeof value },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_PRIVATE, &no, sizeof no },
		{ CKA_SENSITIVE, &no, sizeof no },
		{ CKA_EXTRACTABLE, &yes, sizeof yes },
		{ CKA_WRAP, &yes, sizeof yes },
		{ CKA_UNWRAP, &yes, sizeof yes },
		{ CKA_ENCRYPT, &yes, sizeof yes },
		{ CKA_DECRYPT, &yes, sizeof yes },
	};
	CK_OBJECT_HANDLE object;

	need(C_CreateObject(session, data_template, 3, &object) == CKR_OK, "data");
	need(C_CreateObject(session, key_template, sizeof key_template / sizeof key_template[0],
	                     &object) == CKR_OK, "open key");
}

static void make_objects(CK_SESSION_HANDLE session)
{
	make_key(session, CKO_SECRET_KEY, CKK_AES, world_secret[0]);
	make_key(session, CKO_PRIVATE_KEY, CKK_EC_EDWARDS, world_secret[1]);
	make_key(session, CKO_SECRET_KEY, CKK_GENERIC_SECRET, world_secret[2]);
	make_public(session);
}

static void keep_copy(unsigned slot)
{
	ssize_t len;
	int fd;

	store[slot].path = sg_store_path(state, slot);
	store[slot].data = malloc(STORE_MAX);
	fd = open(store[slot].path, O_RDONLY | O_CLOEXEC);
	need(fd >= 0 && store[slot].data != NULL, store[slot].path);
	len = read(fd, store[slot].data, STORE_MAX);
	need(len > 0 && (size_t)len < STORE_MAX && close(fd) == 0, store[slot].path);
	store[slot].len = (size_t)len;
}

void world_make(void)
{
	CK_SESSION_HANDLE session;

	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	folder = scratch_make();
	atexit(remove_folder);
	configure();
	for (int i = 0; i < WORLD_SECRETS; i++)
		sg_random(world_secret[i], WORLD_SECRET);
	make_machine();
	need(C_Initialize(NULL) == CKR_OK, "C_Initialize");
	make_pin_token();
	make_objects(open_session(0));
	session = open_session(1);
	need(C_Login(session, CKU_USER, (CK_BYTE *)WORLD_PIN, strlen(WORLD_PIN)) == CKR_OK, "login");
	make_objects(session);
	need(C_Finalize(NULL) == CKR_OK, "C_Finalize");
	keep_copy(0);
	keep_copy(1);
}

void world_reset(void)
{
	struct dirent *entry;
	DIR *dir = opendir(state);

	need(dir != NULL, state);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_type == DT_REG)
			need(unlinkat(dirfd(dir), entry->d_name, 0) == 0, entry->d_name);
	closedir(dir);
	for (int i = 0; i < STORES; i++)
		write_file(store[i].path, store[i].data, store[i].len);
}
