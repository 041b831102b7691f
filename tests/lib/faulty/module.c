/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A PKCS#11 module that passes every call on to another one, with faults. It is never
 * installed. It knows its own folder, in which the other module and the faults lie, so that
 * each copy of it is an HSM with a state of its own. Each function of its list is a closure
 * over a row of faulty_rows, and all of them run through run() below.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <ffi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/faulty/call.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list);

struct faulty_control *faulty;
CK_FUNCTION_LIST *faulty_below;

static struct entry {
	ffi_cif cif;
	ffi_type *types[FAULTY_ARGUMENTS];
	ffi_closure *closure;
	CK_RV (*hook)(struct faulty_call *call);
} entries[FAULTY_FUNCTIONS];

static CK_FUNCTION_LIST functions = { .version = { 2, 40 } };

static const struct faulty_hook *const hooks[] = {
	faulty_answer_hooks, faulty_gcm_hooks, faulty_mechanism_hooks, faulty_session_hooks,
};

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "faulty module: %s\n", what);
	abort();
}

/* The functions of a list are all pointers, one after the other. */
static void *slot_of(CK_FUNCTION_LIST *list, size_t number)
{
	return (char *)list + offsetof(CK_FUNCTION_LIST, C_Initialize) + number * sizeof(void *);
}

bool faulty_quirk(unsigned quirk)
{
	return (atomic_load(&faulty->quirks) & quirk) != 0;
}

CK_RV faulty_pass(struct faulty_call *call)
{
	struct entry *entry = &entries[call->number];
	void *values[FAULTY_ARGUMENTS];
	void (*function)(void);
	ffi_arg rv = 0;

	for (size_t i = 0; i < FAULTY_ARGUMENTS; i++)
		values[i] = &call->w[i];
	memcpy(&function, slot_of(faulty_below, call->number), sizeof function);
	ffi_call(&entry->cif, function, &rv, values);
	return (CK_RV)rv;
}

static void wait_until_open(struct faulty_function *f)
{
	if (atomic_load(&f->closed) == 0)
		return;
	atomic_fetch_add(&f->waiting, 1);
	faulty_wake(&f->waiting);
	while (atomic_load(&f->closed) != 0)
		faulty_wait(&f->closed, 1);
	atomic_fetch_sub(&f->waiting, 1);
}

/* What is set for this call: the n-th one of its function, or of any. */
struct turn {
	struct faulty_function *f;
	unsigned event;
	bool fails;
};

static struct turn take_turn(struct faulty_function *f)
{
	uint64_t number = atomic_fetch_add(&f->calls, 1) + 1;

	return (struct turn){
		.f = f,
		.event = atomic_load(&f->event_at) == number ? atomic_load(&f->event)
		                                             : FAULTY_NOTHING,
		.fails = atomic_load(&f->from) <= number && number < atomic_load(&f->to),
	};
}

static void happen_before(const struct turn *turn)
{
	if (turn->event == FAULTY_KILLED)
		raise(SIGKILL);
	if (turn->event == FAULTY_REMOVED)
		atomic_store(&faulty->absent, true);
	if (turn->event == FAULTY_REMOVED || turn->event == FAULTY_RESTARTED)
		atomic_fetch_add(&faulty->generation, 1);
}

static CK_RV carry_out(struct faulty_call *call)
{
	CK_RV (*hook)(struct faulty_call *) = entries[call->number].hook;
	CK_RV rv = faulty_handles_in(call);

	if (rv == CKR_OK)
		rv = hook != NULL ? hook(call) : faulty_pass(call);
	if (rv == CKR_OK) {
		faulty_handles_out(call);
		faulty_answer_spoil(call);
	}
	return rv;
}

static CK_RV run(struct faulty_call *call)
{
	const struct turn turns[] = {
		take_turn(&faulty->functions[call->number]), take_turn(&faulty->any),
	};
	const struct turn *failing = turns[0].fails ? &turns[0] : turns[1].fails ? &turns[1] : NULL;
	CK_RV rv = CKR_OK;

	for (size_t i = 0; i < 2; i++)
		wait_until_open(turns[i].f);
	for (size_t i = 0; i < 2; i++)
		happen_before(&turns[i]);
	if (failing == NULL || atomic_load(&failing->f->after))
		rv = carry_out(call);
	if (turns[0].event == FAULTY_KILLED_AFTER || turns[1].event == FAULTY_KILLED_AFTER)
		raise(SIGKILL);
	return failing != NULL ? atomic_load(&failing->f->rv) : rv;
}

static void called(ffi_cif *cif, void *answer, void **arguments, void *user)
{
	struct faulty_call call = { .number = (size_t)((struct entry *)user - entries) };

	for (unsigned i = 0; i < cif->nargs; i++)
		memcpy(&call.w[i], arguments[i], cif->arg_types[i]->size);
	*(ffi_arg *)answer = run(&call);
}

static CK_RV (*hook_of(const char *name))(struct faulty_call *call)
{
	for (size_t i = 0; i < sizeof hooks / sizeof hooks[0]; i++)
		for (const struct faulty_hook *hook = hooks[i]; hook->name != NULL; hook++)
			if (strcmp(hook->name, name) == 0)
				return hook->fn;
	return NULL;
}

static void make_entry(size_t number)
{
	const char *shape = faulty_rows[number].shape;
	struct entry *entry = &entries[number];
	unsigned n = (unsigned)strlen(shape);
	void *code = NULL;

	for (unsigned i = 0; i < n; i++)
		entry->types[i] = shape[i] == 'c' ? &ffi_type_uchar : &ffi_type_pointer;
	entry->hook = hook_of(faulty_rows[number].name);
	entry->closure = ffi_closure_alloc(sizeof *entry->closure, &code);
	require(entry->closure != NULL, "no memory for a closure");
	require(ffi_prep_cif(&entry->cif, FFI_DEFAULT_ABI, n, &ffi_type_ulong, entry->types)
	        == FFI_OK, "ffi_prep_cif");
	require(ffi_prep_closure_loc(entry->closure, &entry->cif, called, entry, code) == FFI_OK,
	        "ffi_prep_closure_loc");
	memcpy(slot_of(&functions, number), &code, sizeof code);
}

static void path_beside(char path[4096], const char *name)
{
	Dl_info self;
	const char *end;

	require(dladdr(&functions, &self) != 0, "dladdr");
	end = strrchr(self.dli_fname, '/');
	require(end != NULL, "this module was loaded without a path");
	require(snprintf(path, 4096, "%.*s/%s", (int)(end - self.dli_fname), self.dli_fname, name)
	        < 4096, "the path is too long");
}

static void map_control(void)
{
	char path[4096];
	int fd;

	path_beside(path, FAULTY_CONTROL);
	fd = open(path, O_RDWR | O_CLOEXEC);
	require(fd >= 0, path);
	faulty = mmap(NULL, sizeof *faulty, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	require(faulty != MAP_FAILED, "mmap");
	close(fd);
}

static void load_below(void)
{
	CK_RV (*get_list)(CK_FUNCTION_LIST **);
	char path[4096];
	void *object;

	path_beside(path, FAULTY_BELOW);
	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	require(object != NULL, path);
	*(void **)&get_list = dlsym(object, "C_GetFunctionList");
	require(get_list != NULL && get_list(&faulty_below) == CKR_OK, "no function list below");
}

/* Not the one that is exported: p11-kit's library has one of that name, too, which would
 * come first. */
static CK_RV get_function_list(CK_FUNCTION_LIST **list)
{
	*list = &functions;
	return CKR_OK;
}

static void __attribute__((constructor)) begin(void)
{
	map_control();
	load_below();
	for (size_t i = 0; i < FAULTY_FUNCTIONS; i++)
		make_entry(i);
	functions.C_GetFunctionList = get_function_list;
}

static void __attribute__((destructor)) end(void)
{
	for (size_t i = 0; i < FAULTY_FUNCTIONS; i++)
		ffi_closure_free(entries[i].closure);
	munmap(faulty, sizeof *faulty);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	return get_function_list(list);
}
