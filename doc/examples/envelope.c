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
 *     store/PROJECT/SECRET.N.key  a data key: 40 bytes wrapped, then the number of the project key
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
#include <limits.h>
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
static int folder = -1;                 /* of the project */
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

/* A name is one component of a path, with room for what follows, and no other file's. */
static bool is_name(const char *name)
{
	return name[0] != '\0' && strlen(name) <= 200 && strcmp(name, "key") != 0 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	               strlen(name);
}

static void name_of(char name[NAME_MAX], const char *what, unsigned version, const char *suffix)
{
	snprintf(name, NAME_MAX, "%s.%u%s", what, version, suffix);
}

/* The version that stands before the suffix, or 0 where there is none. */
static unsigned version_of(const char *text, const char *suffix)
{
	char *end;
	unsigned long n = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;

	return n > 0 && n < UINT_MAX && strcmp(end, suffix) == 0 ? (unsigned)n : 0;
}

/* Read a file of at most max bytes; -1 tells by errno why not. */
static ssize_t file_read(const char *name, void *data, size_t max)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, data, max);

	if (fd >= 0)
		close(fd);
	return len;
}

/* Put a file in the place of one, or of none: whole, and on the disk with its name, or not at
 * all. */
static bool file_write(const char *name, const void *data, size_t len)
{
	char fresh[NAME_MAX + 8];
	bool done;
	int fd;

	snprintf(fresh, sizeof fresh, "%s.fresh", name);
	fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	done = fd >= 0 && write(fd, data, len) == (ssize_t)len && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return (done && renameat(folder, fresh, folder, name) == 0 && fsync(folder) == 0) ||
	       fail(name, "can't write it");
}

static bool file_remove(const char *name)
{
	return (unlinkat(folder, name, 0) == 0 && fsync(folder) == 0) ||
	       fail(name, strerror(errno));
}

/* Call fn for each file NAME.N + suffix, until one fails; name NULL means all names. */
static bool each(const char *name, const char *suffix,
                 bool (*fn)(const char *file, unsigned version, void *arg), void *arg)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	bool done = dir != NULL;
	struct dirent *entry;

	while (done && (errno = 0, entry = readdir(dir)) != NULL) {
		const char *file = entry->d_name;
		size_t len = strcspn(file, ".");
		unsigned version = file[len] == '.' ? version_of(file + len + 1, suffix) : 0;

		if (version > 0 && (name == NULL || (strlen(name) == len &&
		                                     strncmp(name, file, len) == 0)))
			done = fn(file, version, arg);
	}
	if (dir == NULL || (done && errno != 0))
		done = fail("can't read the folder", strerror(errno));
	if (dir != NULL)
		closedir(dir);
	return done;
}

static bool is_newer(const char *file, unsigned version, void *arg)
{
	unsigned *newest = arg;

	(void)file;
	*newest = version > *newest ? version : *newest;
	return true;
}

static bool find_root(const char *label, CK_OBJECT_HANDLE *root)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof class },
		{ CKA_TOKEN, &yes, sizeof yes },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	CK_OBJECT_HANDLE found[2] = { 0 };
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

/* leaves: it may be wrapped by another key. */
static CK_RV unwrap(CK_OBJECT_HANDLE with, uint8_t wrapped[WRAPPED], enum use use, bool leaves,
                    CK_OBJECT_HANDLE *key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ATTRIBUTE template[10];
	CK_ULONG n = describe(template, use, leaves ? &yes : &no);

	return p11->C_UnwrapKey(session, &mechanism, with, wrapped, WRAPPED, template, n, key);
}

/* A key in its file, which ends with the name of what it is under. */
struct key_file {
	uint8_t wrapped[WRAPPED];
	char above[256];
};

static bool load(const char *name, struct key_file *file)
{
	ssize_t len = file_read(name, file, sizeof *file - 1);

	if (len >= WRAPPED)
		file->above[len - WRAPPED] = '\0';
	return len > WRAPPED;
}

static bool save(const char *name, const char *above, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ULONG wrapped = WRAPPED, len = strlen(above);
	struct key_file file = { 0 };

	if (len >= sizeof file.above)
		return fail(above, "this is too long");
	memcpy(file.above, above, len);
	return good(p11->C_WrapKey(session, &mechanism, with, key, file.wrapped, &wrapped),
	            "wrap a key") &&
	       file_write(name, &file, WRAPPED + len);
}

/* Open a key; errno is ENOENT where it was destroyed. What a data key is under may have been
 * rotated since its file was read: then that says something else by now. */
static bool open_key(const char *name, enum use use, bool leaves, CK_OBJECT_HANDLE *key)
{
	char above[NAME_MAX];
	struct key_file file;
	CK_OBJECT_HANDLE with;
	CK_RV rv;

	for (int i = 0; i < (use == SEALS ? TRIES : 1); i++) {
		errno = 0;
		if (!load(name, &file))
			return false;
		name_of(above, "key", version_of(file.above, ""), "");
		if (!(use == SEALS ? open_key(above, WRAPS, false, &with)
		                   : find_root(file.above, &with)))
			continue;
		errno = 0;
		rv = unwrap(with, file.wrapped, use, leaves, key);
		return use == SEALS ? good(rv, "unwrap the data key") : rv == CKR_OK;
	}
	errno = 0;
	return false;
}

/* Make the next key of a project, and tell its number. */
static bool make_project(const char *label, CK_OBJECT_HANDLE *key, char number[16])
{
	CK_OBJECT_HANDLE root;
	unsigned version = 0;
	char name[NAME_MAX];

	if (!each("key", "", is_newer, &version))
		return false;
	snprintf(number, 16, "%u", ++version);
	name_of(name, "key", version, "");
	return find_root(label, &root) ? make_key(WRAPS, key) && save(name, label, root, *key)
	                               : fail(label, "there is no such root, or several");
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
static bool seal(CK_OBJECT_HANDLE key, char *aad, size_t aad_len, const char *name,
                 uint8_t *value, size_t len)
{
	uint8_t file[NONCE + VALUE_MAX + TAG];
	CK_GCM_PARAMS params;
	CK_MECHANISM mechanism = gcm(&params, file, aad, aad_len);
	CK_ULONG sealed = sizeof file - NONCE;

	return good(p11->C_GenerateRandom(session, file, NONCE), "make a nonce") &&
	       good(p11->C_EncryptInit(session, &mechanism, key), "encrypt") &&
	       good(p11->C_Encrypt(session, value, len, file + NONCE, &sealed), "encrypt") &&
	       file_write(name, file, NONCE + sealed);
}

/* First the key: what is encrypted has one, as long as nobody destroys it. */
static bool put_value(char **arg, uint8_t *value, size_t len)
{
	const char *vault = arg[0], *project = arg[1], *secret = arg[2], *label = arg[3];
	char name[NAME_MAX], number[16], aad[1024];
	CK_OBJECT_HANDLE project_key, data_key;
	unsigned version = 0, key_version = 0;

	if (!each(secret, "", is_newer, &version) || !each("key", "", is_newer, &key_version))
		return false;
	snprintf(number, sizeof number, "%u", key_version);
	name_of(name, "key", key_version, "");
	if (key_version == 0 ? !make_project(label, &project_key, number)
	                     : !open_key(name, WRAPS, false, &project_key))
		return fail(project, "can't open its key");
	name_of(name, secret, ++version, ".key");
	if (!make_key(SEALS, &data_key) || !save(name, number, project_key, data_key))
		return false;
	name_of(name, secret, version, "");
	return seal(data_key, aad, bind_to(aad, vault, project, secret, version), name, value,
	            len) && printf("%u\n", version) > 0 && fflush(stdout) == 0;
}

static bool put(char **arg)
{
	uint8_t value[VALUE_MAX + 1];
	size_t len = fread(value, 1, sizeof value, stdin);
	bool done = ferror(stdin)     ? fail("the value", "can't read it")
	            : len > VALUE_MAX ? fail("the value", "it is longer than 65536 bytes")
	                              : put_value(arg, value, len);

	explicit_bzero(value, sizeof value);
	return done;
}

static bool get(char **arg)
{
	const char *vault = arg[0], *project = arg[1], *secret = arg[2];
	unsigned version = version_of(arg[3], "");
	uint8_t file[NONCE + VALUE_MAX + TAG], value[VALUE_MAX];
	char name[NAME_MAX], aad[1024];
	CK_GCM_PARAMS params;
	CK_MECHANISM mechanism = gcm(&params, file, aad,
	                             bind_to(aad, vault, project, secret, version));
	CK_ULONG len = sizeof value;
	CK_OBJECT_HANDLE key;
	ssize_t sealed;
	bool done;

	if (version == 0)
		return fail(arg[3], "this is no version");
	name_of(name, secret, version, ".key");
	if (!open_key(name, SEALS, false, &key))
		return fail(name, errno == ENOENT ? "the key is destroyed" : "can't open the key");
	name_of(name, secret, version, "");
	sealed = file_read(name, file, sizeof file);
	if (sealed < NONCE + TAG)
		return fail(name, "can't read it");
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
	unsigned version = version_of(arg[2], "");
	char name[NAME_MAX];

	name_of(name, arg[1], version, ".key");
	return version > 0 ? file_remove(name) : fail(arg[2], "this is no version");
}

/* What keys go to: data keys to a project key, project keys to a root. */
struct target {
	enum use use;
	CK_OBJECT_HANDLE key;
	const char *above;
	bool moved;                     /* one, in this pass */
};

static bool rewrap_one(const char *name, unsigned version, void *arg)
{
	struct target *to = arg;
	struct key_file file;
	CK_OBJECT_HANDLE key;

	(void)version;
	if (load(name, &file) && strcmp(file.above, to->above) == 0)
		return true;
	to->moved = true;
	if (!open_key(name, to->use, true, &key))
		return fail(name, "can't open the key");
	return save(name, to->above, to->key, key) &&
	       good(p11->C_DestroyObject(session, key), "forget a key");
}

/* Rewrap all keys, until a look at all of them has found none that is left. */
static bool rewrap(const char *name, const char *suffix, struct target *to)
{
	bool done;

	do {
		to->moved = false;
		done = each(name, suffix, rewrap_one, to);
	} while (done && to->moved);
	return done;
}

static bool remove_old(const char *name, unsigned version, void *arg)
{
	return version >= version_of(arg, "") || file_remove(name);
}

/* Readers find each data key under one key or the other. The old one goes when none is under it;
 * whoever has read before that it is needed looks again. */
static bool rotate_project(char **arg)
{
	char number[16];
	struct target to = { .use = SEALS, .above = number };

	return make_project(arg[1], &to.key, number) && rewrap(NULL, ".key", &to) &&
	       each("key", "", remove_old, number);
}

/* The new version of the root stands in the token beside the old one, which can be retired when
 * this was done for each project. */
static bool rotate_root(char **arg)
{
	struct target to = { .use = WRAPS, .above = arg[1] };

	return find_root(arg[1], &to.key) ? rewrap("key", "", &to)
	                                  : fail(arg[1], "there is no such root, or several");
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

/* Open the folder of a project. Writers take turns; the lock ends with the process. */
static bool enter(const char *store, const char *project, bool writes, bool makes)
{
	int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || (writes && flock(fd, LOCK_EX) != 0))
		return fail(store, strerror(errno));
	if (!makes || ((mkdirat(fd, project, 0700) == 0 || errno == EEXIST) && fsync(fd) == 0))
		folder = openat(fd, project, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder >= 0 || fail(project, strerror(errno));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int project, names, args;       /* where it stands; so many are names; all */
		bool writes, makes;
		bool (*run)(char **arg);
	} commands[] = {
		{ "put", 1, 3, 4, true, true, put },
		{ "get", 1, 3, 4, false, false, get },
		{ "destroy", 0, 2, 3, true, false, destroy },
		{ "rotate-project", 0, 1, 2, true, false, rotate_project },
		{ "rotate-root", 0, 1, 2, true, false, rotate_root },
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
	if (begin(argv[1]) && enter(argv[2], argv[4 + commands[i].project], commands[i].writes,
	                            commands[i].makes))
		done = commands[i].run(argv + 4);
	if (p11 != NULL)
		(void)p11->C_Finalize(NULL);    /* which forgets all keys of the session */
	return done ? 0 : 1;
}
