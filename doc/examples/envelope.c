/* SPDX-License-Identifier: Apache-2.0
 *
 * An example: the secrets of a vault in envelopes, with PKCS#11 alone. It links no code of signet,
 * and works with each module that has AES-GCM and AES key wrap with padding.
 *
 * Each version of a secret is encrypted with a data key of its own; that is wrapped by the key of
 * its project; that by the decryption root, which never leaves the token. Below the root, keys
 * are stored wrapped, and are objects of the session while they are used. What is encrypted is
 * bound to vault, project, secret and version, so that one can't be put in another's place.
 *
 *     store/PROJECT/key.N         a project key: 40 bytes wrapped, then the label of the root
 *     store/PROJECT/SECRET.N.key  a data key: number of the project key, 40 bytes wrapped
 *     store/PROJECT/SECRET.N      nonce, ciphertext, tag
 *
 * Files are replaced whole and writers take turns, so readers need no lock: who finds that a key
 * has gone begins again.
 *
 *     cc -o envelope envelope.c $(pkg-config --cflags p11-kit-1) -ldl
 *     envelope MODULE STORE put VAULT PROJECT SECRET ROOT < value    prints the version
 *     envelope MODULE STORE get VAULT PROJECT SECRET VERSION > value
 *     envelope MODULE STORE destroy PROJECT SECRET VERSION
 *     envelope MODULE STORE rotate-project PROJECT ROOT
 *     envelope MODULE STORE rotate-root PROJECT NEW-ROOT
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <p11-kit/pkcs11.h>

#ifndef CKM_AES_KEY_WRAP_KWP
#define CKM_AES_KEY_WRAP_KWP (0x0000210bUL)
#endif

enum { KEY = 32, WRAPPED = KEY + 8, NONCE = 12, TAG = 16, VALUE_MAX = 1 << 16, TRIES = 100 };

/* What a key may do while it is in the session. */
enum use { WRAPS, SEALS };

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static const char *store;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static bool fail(const char *what, const char *why)
{
	fprintf(stderr, "envelope: %s: %s\n", what, why);
	return false;
}

static bool good(CK_RV rv, const char *what)
{
	if (rv != CKR_OK)
		fprintf(stderr, "envelope: can't %s: 0x%lx\n", what, (unsigned long)rv);
	return rv == CKR_OK;
}

/* A name is one component of a path, and no other file's. */
static bool is_name(const char *name)
{
	return name[0] != '\0' && strcmp(name, "key") != 0 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	               strlen(name);
}

static void path_of(char path[PATH_MAX], const char *project, const char *name, unsigned version,
                    const char *suffix)
{
	snprintf(path, PATH_MAX, "%s/%s/%s.%u%s", store, project, name, version, suffix);
}

/* Read a file of at most max bytes; -1 tells by errno why not. */
static ssize_t file_read(const char *path, uint8_t *data, size_t max)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, data, max);

	if (fd >= 0)
		close(fd);
	return len;
}

/* Put a file in the place of one, or of none: whole, and on the disk, or not at all. */
static bool file_write(const char *path, const uint8_t *data, size_t len)
{
	char fresh[PATH_MAX + 8];
	bool done;
	int fd;

	snprintf(fresh, sizeof fresh, "%s.fresh", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	done = fd >= 0 && write(fd, data, len) == (ssize_t)len && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return (done && rename(fresh, path) == 0) || fail(path, strerror(errno));
}

/* Call fn for each file NAME.N + suffix of a project; return the largest N, or 0. name NULL means
 * all names. */
static unsigned each(const char *project, const char *name, const char *suffix,
                     bool (*fn)(const char *project, const char *file, void *arg), void *arg,
                     bool *done)
{
	char folder[PATH_MAX];
	unsigned largest = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof folder, "%s/%s", store, project);
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *dot = strchr(entry->d_name, '.'), *end = NULL;
		unsigned long n = dot != NULL ? strtoul(dot + 1, &end, 10) : 0;

		if (n == 0 || strcmp(end, suffix) != 0 ||
		    (name != NULL && (strlen(name) != (size_t)(dot - entry->d_name) ||
		                      strncmp(name, entry->d_name, strlen(name)) != 0)))
			continue;
		largest = n > largest ? (unsigned)n : largest;
		if (fn != NULL)
			*done = fn(project, entry->d_name, arg) && *done;
	}
	if (dir != NULL)
		closedir(dir);
	return largest;
}

static unsigned newest(const char *project, const char *name)
{
	return each(project, name, "", NULL, NULL, NULL);
}

static bool find_root(const char *label, CK_OBJECT_HANDLE *root)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	CK_OBJECT_HANDLE found[2];
	CK_ULONG n = 0;

	if (!good(p11->C_FindObjectsInit(session, template, 3), "search") ||
	    !good(p11->C_FindObjects(session, found, 2, &n), "search") ||
	    !good(p11->C_FindObjectsFinal(session), "search"))
		return false;
	*root = found[0];
	return n == 1;
}

/* Fill in what all keys below the root have: they may leave the session only wrapped, and that
 * only while they are made or brought under another key. */
static CK_ULONG describe(CK_ATTRIBUTE *t, enum use use, CK_BBOOL *leaves)
{
	static CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	static CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL *wraps = use == WRAPS ? &yes : &no, *seals = use == SEALS ? &yes : &no;
	CK_ULONG n = 0;

	t[n++] = (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof class };
	t[n++] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &type, sizeof type };
	t[n++] = (CK_ATTRIBUTE){ CKA_TOKEN, &no, sizeof no };
	t[n++] = (CK_ATTRIBUTE){ CKA_SENSITIVE, &yes, sizeof yes };
	t[n++] = (CK_ATTRIBUTE){ CKA_EXTRACTABLE, leaves, sizeof *leaves };
	t[n++] = (CK_ATTRIBUTE){ CKA_WRAP, wraps, sizeof *wraps };
	t[n++] = (CK_ATTRIBUTE){ CKA_UNWRAP, wraps, sizeof *wraps };
	t[n++] = (CK_ATTRIBUTE){ CKA_ENCRYPT, seals, sizeof *seals };
	t[n++] = (CK_ATTRIBUTE){ CKA_DECRYPT, seals, sizeof *seals };
	return n;
}

static bool make_key(enum use use, CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = KEY;
	CK_ATTRIBUTE template[10];
	CK_ULONG n = describe(template, use, &yes);

	template[n++] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, &len, sizeof len };
	return good(p11->C_GenerateKey(session, &mechanism, template, n, key), "make a key");
}

static bool wrap(CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key, uint8_t out[WRAPPED])
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ULONG len = WRAPPED;

	return good(p11->C_WrapKey(session, &mechanism, with, key, out, &len), "wrap a key");
}

/* leaves: it may be wrapped by another key. */
static CK_RV unwrap(CK_OBJECT_HANDLE with, uint8_t wrapped[WRAPPED], enum use use, bool leaves,
                    CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ATTRIBUTE template[10];
	CK_ULONG n = describe(template, use, leaves ? &yes : &no);

	return p11->C_UnwrapKey(session, &mechanism, with, wrapped, WRAPPED, template, n, key);
}

/* Open a project key. Not found: it was rotated since somebody told its number. */
static bool open_project(const char *project, unsigned version, bool leaves, CK_OBJECT_HANDLE *key)
{
	uint8_t file[WRAPPED + 256];
	char path[PATH_MAX];
	CK_OBJECT_HANDLE root;
	ssize_t len;

	path_of(path, project, "key", version, "");
	len = file_read(path, file, sizeof file - 1);
	if (len <= WRAPPED)
		return false;
	file[len] = '\0';
	return find_root((char *)file + WRAPPED, &root) &&
	       unwrap(root, file, WRAPS, leaves, key) == CKR_OK;
}

static bool save_project(const char *path, const char *label, CK_OBJECT_HANDLE key)
{
	uint8_t file[WRAPPED + 256];
	CK_OBJECT_HANDLE root;
	size_t len = strlen(label);

	if (len >= 256 || !find_root(label, &root))
		return fail(label, "there is no such root, or several");
	memcpy(file + WRAPPED, label, len);
	return wrap(root, key, file) && file_write(path, file, WRAPPED + len);
}

/* Make the next key of a project. */
static bool make_project(const char *project, const char *label, CK_OBJECT_HANDLE *key,
                         unsigned *version)
{
	char path[PATH_MAX];

	*version = newest(project, "key") + 1;
	path_of(path, project, "key", *version, "");
	return make_key(WRAPS, key) && save_project(path, label, *key);
}

static unsigned number(const uint8_t file[4])
{
	return (unsigned)file[0] << 24 | (unsigned)file[1] << 16 | (unsigned)file[2] << 8 | file[3];
}

static bool save_data_key(const char *path, CK_OBJECT_HANDLE with, unsigned version,
                          CK_OBJECT_HANDLE key)
{
	uint8_t file[4 + WRAPPED] = { (uint8_t)(version >> 24), (uint8_t)(version >> 16),
		                      (uint8_t)(version >> 8), (uint8_t)version };

	return wrap(with, key, file + 4) && file_write(path, file, sizeof file);
}

/* Open a data key; errno is ENOENT where it was destroyed. */
static bool open_data_key(const char *project, const char *path, bool leaves,
                          CK_OBJECT_HANDLE *key)
{
	uint8_t file[4 + WRAPPED + 1];
	CK_OBJECT_HANDLE with;

	for (int i = 0; i < TRIES; i++) {
		errno = 0;
		if (file_read(path, file, sizeof file) != 4 + WRAPPED)
			return false;
		if (!open_project(project, number(file), false, &with))
			continue;
		errno = 0;
		return good(unwrap(with, file + 4, SEALS, leaves, key), "unwrap the data key");
	}
	errno = 0;
	return false;
}

/* What a ciphertext is bound to. Names hold no '/', so that no two secrets have the same. */
static size_t bind_to(char out[1024], const char *vault, const char *project, const char *secret,
                      unsigned version)
{
	return (size_t)snprintf(out, 1024, "envelope1/%s/%s/%s/%u", vault, project, secret,
	                        version);
}

static CK_MECHANISM gcm(CK_GCM_PARAMS *params, uint8_t nonce[NONCE], char *aad, size_t aad_len)
{
	*params = (CK_GCM_PARAMS){
		.pIv = nonce, .ulIvLen = NONCE, .ulIvBits = 8 * NONCE,
		.pAAD = (uint8_t *)aad, .ulAADLen = aad_len, .ulTagBits = 8 * TAG,
	};
	return (CK_MECHANISM){ CKM_AES_GCM, params, sizeof *params };
}

/* A data key encrypts once, so that any nonce would do. */
static bool seal(CK_OBJECT_HANDLE key, char *aad, size_t aad_len, const char *path,
                 uint8_t *value, size_t len)
{
	uint8_t file[NONCE + VALUE_MAX + TAG];
	CK_GCM_PARAMS params;
	CK_MECHANISM mechanism = gcm(&params, file, aad, aad_len);
	CK_ULONG sealed = sizeof file - NONCE;

	return good(p11->C_GenerateRandom(session, file, NONCE), "make a nonce") &&
	       good(p11->C_EncryptInit(session, &mechanism, key), "encrypt") &&
	       good(p11->C_Encrypt(session, value, len, file + NONCE, &sealed), "encrypt") &&
	       file_write(path, file, NONCE + sealed);
}

static bool put(char **arg)
{
	const char *vault = arg[0], *project = arg[1], *secret = arg[2], *label = arg[3];
	CK_OBJECT_HANDLE project_key, data_key;
	unsigned version, key_version;
	char path[PATH_MAX], aad[1024];
	uint8_t value[VALUE_MAX];
	size_t len;
	bool done;

	len = fread(value, 1, sizeof value, stdin);
	snprintf(path, sizeof path, "%s/%s", store, project);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail(path, strerror(errno));
	version = newest(project, secret) + 1;
	key_version = newest(project, "key");
	if (key_version == 0 ? !make_project(project, label, &project_key, &key_version)
	                     : !open_project(project, key_version, false, &project_key))
		return fail(project, "can't open its key");
	/* First the key: what is encrypted has one, as long as nobody destroys it. */
	path_of(path, project, secret, version, ".key");
	done = make_key(SEALS, &data_key) &&
	       save_data_key(path, project_key, key_version, data_key);
	path_of(path, project, secret, version, "");
	done = done && seal(data_key, aad, bind_to(aad, vault, project, secret, version), path,
	                    value, len);
	explicit_bzero(value, sizeof value);
	return done && printf("%u\n", version) > 0;
}

static bool get(char **arg)
{
	const char *vault = arg[0], *project = arg[1], *secret = arg[2];
	unsigned version = (unsigned)strtoul(arg[3], NULL, 10);
	uint8_t file[NONCE + VALUE_MAX + TAG], value[VALUE_MAX];
	char path[PATH_MAX], aad[1024];
	CK_GCM_PARAMS params;
	CK_MECHANISM mechanism = gcm(&params, file, aad,
	                             bind_to(aad, vault, project, secret, version));
	CK_ULONG len = sizeof value;
	CK_OBJECT_HANDLE key;
	ssize_t sealed;
	bool done;

	path_of(path, project, secret, version, ".key");
	if (!open_data_key(project, path, false, &key))
		return fail(path, errno == ENOENT ? "the key is destroyed" : "can't open the key");
	path_of(path, project, secret, version, "");
	sealed = file_read(path, file, sizeof file);
	if (sealed < NONCE + TAG)
		return fail(path, "can't read it");
	done = good(p11->C_DecryptInit(session, &mechanism, key), "decrypt") &&
	       good(p11->C_Decrypt(session, file + NONCE, (CK_ULONG)sealed - NONCE, value, &len),
	            "decrypt") &&
	       fwrite(value, 1, len, stdout) == len && fflush(stdout) == 0;
	explicit_bzero(value, sizeof value);
	return done;
}

/* Without its key nobody can read a version again. A backup of the key file is of use as long as
 * somebody has the project key that wrapped it: rotate that, and the root, too. */
static bool destroy(char **arg)
{
	char path[PATH_MAX];

	path_of(path, arg[0], arg[1], (unsigned)strtoul(arg[2], NULL, 10), ".key");
	return unlink(path) == 0 || fail(path, strerror(errno));
}

/* The project key that data keys go to. */
struct target {
	CK_OBJECT_HANDLE key;
	unsigned version;
	unsigned moved;                 /* data keys, in this pass */
	const char *root;
};

static bool rewrap_data_key(const char *project, const char *file, void *arg)
{
	struct target *to = arg;
	uint8_t head[4] = { 0 };
	char path[PATH_MAX];
	CK_OBJECT_HANDLE key;
	bool done;

	snprintf(path, sizeof path, "%s/%s/%s", store, project, file);
	if (file_read(path, head, sizeof head) == sizeof head && number(head) == to->version)
		return true;
	to->moved++;
	if (!open_data_key(project, path, true, &key))
		return fail(path, "can't open the key");
	done = save_data_key(path, to->key, to->version, key);
	return good(p11->C_DestroyObject(session, key), "forget a key") && done;
}

static bool remove_old(const char *project, const char *file, void *arg)
{
	struct target *to = arg;
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s/%s", store, project, file);
	return strtoul(file + strlen("key."), NULL, 10) >= to->version || unlink(path) == 0;
}

/* Readers find each data key under one key or the other. The old one goes when a look at all of
 * them has found none under it; whoever has read before that it is needed looks again. */
static bool rotate_project(char **arg)
{
	struct target to = { 0 };
	bool done = make_project(arg[0], arg[1], &to.key, &to.version);

	do {
		to.moved = 0;
		if (done)
			each(arg[0], NULL, ".key", rewrap_data_key, &to, &done);
	} while (done && to.moved > 0);
	if (done)
		each(arg[0], "key", "", remove_old, &to, &done);
	return done;
}

static bool rewrap_project(const char *project, const char *file, void *arg)
{
	struct target *to = arg;
	char path[PATH_MAX];
	CK_OBJECT_HANDLE key;

	snprintf(path, sizeof path, "%s/%s/%s", store, project, file);
	return (open_project(project, (unsigned)strtoul(file + strlen("key."), NULL, 10), true,
	                     &key) ||
	        fail(path, "can't open the key")) &&
	       save_project(path, to->root, key);
}

/* The new version of the root stands in the token beside the old one, which can be retired when
 * this was done for each project. */
static bool rotate_root(char **arg)
{
	struct target to = { .root = arg[1] };
	bool done = true;

	each(arg[0], "key", "", rewrap_project, &to, &done);
	return done;
}

/* Load the module and open a session of the first token; C_Login would stand here for one that
 * has a PIN. */
static bool begin(const char *path)
{
	CK_C_GetFunctionList get_list;
	CK_SLOT_ID slots[16];
	CK_ULONG n = 16;
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (module == NULL)
		return fail(path, dlerror());
	*(void **)&get_list = dlsym(module, "C_GetFunctionList");
	if (get_list == NULL)
		return fail(path, "it is no PKCS#11 module");
	return good(get_list(&p11), "begin") && good(p11->C_Initialize(NULL), "begin") &&
	       good(p11->C_GetSlotList(CK_TRUE, slots, &n), "list the tokens") &&
	       (n > 0 || fail(path, "there is no token")) &&
	       good(p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &session),
	            "open the token");
}

/* Writers take turns; the lock ends with the process. */
static bool lock_store(void)
{
	int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd >= 0 && flock(fd, LOCK_EX) == 0) || fail(store, strerror(errno));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int names, args;        /* so many of the arguments are names in the store */
		bool writes;
		bool (*run)(char **arg);
	} commands[] = {
		{ "put", 3, 4, true, put },
		{ "get", 3, 4, false, get },
		{ "destroy", 2, 3, true, destroy },
		{ "rotate-project", 1, 2, true, rotate_project },
		{ "rotate-root", 1, 2, true, rotate_root },
	};
	bool done = false;
	size_t i = 0;

	while (argc > 3 && i < 5 && strcmp(argv[3], commands[i].name) != 0)
		i++;
	if (argc <= 3 || i == 5 || argc != 4 + commands[i].args)
		return fail("usage", "envelope MODULE STORE COMMAND ARGUMENT...") ? 0 : 2;
	for (int k = 0; k < commands[i].names; k++)
		if (!is_name(argv[4 + k]))
			return fail(argv[4 + k], "this is no name") ? 0 : 2;
	store = argv[2];
	if ((!commands[i].writes || lock_store()) && begin(argv[1]))
		done = commands[i].run(argv + 4);
	if (p11 != NULL)
		(void)p11->C_Finalize(NULL);    /* which forgets all keys of the session */
	return done ? 0 : 1;
}
