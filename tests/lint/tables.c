/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Prints the tables of doc/pkcs11.md as the code has them, one table a run:
 * mechanisms, keys, attributes or functions. The functions are asked, on a token of
 * this program's own; the rest is read from the tables of core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attr_table.h"
#include "core/mech.h"
#include "lib/p11.h"

#define LINE 512

struct name {
	unsigned long value;
	const char *text;
};

#define NAME(value) { value, #value }

static const struct name mech_functions[] = {
	{ CKF_ENCRYPT, "encrypt" },
	{ CKF_DECRYPT, "decrypt" },
	{ CKF_DIGEST, "digest" },
	{ CKF_SIGN, "sign" },
	{ CKF_VERIFY, "verify" },
	{ CKF_GENERATE, "generate" },
	{ CKF_GENERATE_KEY_PAIR, "generate pair" },
	{ CKF_WRAP, "wrap" },
	{ CKF_UNWRAP, "unwrap" },
	{ CKF_DERIVE, "derive" },
	/* The message functions of PKCS#11 3.0, which older headers lack. */
	{ 0x02, "message encrypt" },
	{ 0x04, "message decrypt" },
	{ 0x08, "message sign" },
	{ 0x10, "message verify" },
	{ 0x20, "messages in parts" },
	{ 0, NULL },
};

/* What the flags say of keys, not of functions. */
static const struct name mech_keys[] = {
	{ CKF_HW, "in hardware" },
	{ CKF_EC_F_P, "prime field" },
	{ CKF_EC_NAMEDCURVE, "named curve" },
	{ CKF_EC_UNCOMPRESS, "uncompressed" },
	{ 0, NULL },
};

static const struct name key_types[] = {
	NAME(CKK_AES),
	NAME(CKK_EC),
	NAME(CKK_EC_EDWARDS),
	{ 0x41, "CKK_EC_MONTGOMERY" },
	NAME(CKK_GENERIC_SECRET),
	{ 0x2b, "CKK_SHA256_HMAC" },
	{ 0x2c, "CKK_SHA384_HMAC" },
	{ 0x2d, "CKK_SHA512_HMAC" },
	{ 0x42, "CKK_HKDF" },
	{ CK_UNAVAILABLE_INFORMATION, "" },
	{ 0, NULL },
};

static const struct name kinds[] = {
	[SG_ATTR_BOOL] = { SG_ATTR_BOOL, "CK_BBOOL" },
	[SG_ATTR_ULONG] = { SG_ATTR_ULONG, "CK_ULONG" },
	[SG_ATTR_BYTES] = { SG_ATTR_BYTES, "bytes" },
	[SG_ATTR_DATE] = { SG_ATTR_DATE, "CK_DATE" },
	[SG_ATTR_MECHANISMS] = { SG_ATTR_MECHANISMS, "array of CK_MECHANISM_TYPE" },
	[SG_ATTR_TEMPLATE] = { SG_ATTR_TEMPLATE, "array of CK_ATTRIBUTE" },
	[SG_ATTR_POLICY] = { SG_ATTR_POLICY, "text of a policy" },
	{ 0, NULL },
};

static const struct name objects[] = {
	{ SG_IN_DATA, "data" },
	{ SG_IN_CERTIFICATE, "certificate" },
	{ SG_IN_PUBLIC, "public" },
	{ SG_IN_PRIVATE, "private" },
	{ SG_IN_SECRET, "secret" },
	{ SG_IN_PROFILE, "profile" },
	{ SG_IN_MECHANISM, "mechanism" },
	{ 0, NULL },
};

static const struct name modes[] = {
	{ SG_BY_CREATE, "create" },
	{ SG_BY_GENERATE, "generate" },
	{ SG_BY_UNWRAP, "unwrap" },
	{ SG_BY_DERIVE, "derive" },
	{ 0, NULL },
};

static const struct name defaults[] = {
	{ SG_DEFAULT_NONE, "" },
	{ SG_DEFAULT_FALSE, "false" },
	{ SG_DEFAULT_TRUE, "true" },
	{ SG_DEFAULT_EMPTY, "empty" },
	{ SG_DEFAULT_ZERO, "0" },
	{ SG_DEFAULT_USAGE, "by key type" },
	{ 0, NULL },
};

static const struct name attr_flags[] = {
	{ SG_ATTR_SETTABLE, "can be changed" },
	{ SG_ATTR_COPY_SETS, "can be another in a copy" },
	{ SG_ATTR_ONLY_ONCE, "where there was none" },
	{ SG_ATTR_WRITE_ONLY, "never read" },
	{ SG_ATTR_ONLY_TO_TRUE, "to true only" },
	{ SG_ATTR_ONLY_TO_FALSE, "to false only" },
	{ SG_ATTR_TOKEN_SETS, "the token sets it" },
	{ SG_ATTR_FIXED, "another value is refused" },
	{ SG_ATTR_MATERIAL, "material" },
	{ SG_ATTR_SENSITIVE, "sensitive" },
	{ 0, NULL },
};

/* Append text to a cell, after a comma where something stands there. */
static void append(char cell[LINE], const char *text)
{
	if (cell[0] != '\0')
		strncat(cell, ", ", LINE - strlen(cell) - 1);
	strncat(cell, text, LINE - strlen(cell) - 1);
}

/* Append a number that has no name in this program, which the document then shows. */
static void append_number(char cell[LINE], unsigned long number)
{
	char text[24];

	snprintf(text, sizeof text, "0x%lx", number);
	append(cell, text);
}

/* Append the names of bits; return those without one. */
static unsigned long bits(char cell[LINE], const struct name *names, unsigned long set)
{
	for (; names->text != NULL; names++)
		if (set & names->value) {
			append(cell, names->text);
			set &= ~names->value;
		}
	return set;
}

static void all_bits(char cell[LINE], const struct name *names, unsigned long set)
{
	unsigned long rest;

	cell[0] = '\0';
	rest = bits(cell, names, set);
	if (rest != 0)
		append_number(cell, rest);
}

static void one(char cell[LINE], const struct name *names, unsigned long value)
{
	cell[0] = '\0';
	for (; names->text != NULL; names++)
		if (names->value == value) {
			append(cell, names->text);
			return;
		}
	append_number(cell, value);
}

/* Print a line of cells that ends with NULL; an empty one keeps its single space. */
static void line(const char *const cells[])
{
	putchar('|');
	for (; *cells != NULL; cells++)
		printf(" %s%s|", *cells, **cells != '\0' ? " " : "");
	putchar('\n');
}

#define LINE_OF(...) line((const char *const[]){ __VA_ARGS__, NULL })

/* Tell whether a cell has a name: whole, for CKK_EC is the beginning of others. */
static bool has_name(const char *cell, const char *name)
{
	size_t len = strlen(name);

	while ((cell = strstr(cell, name)) != NULL && cell[len] != ',' && cell[len] != '\0')
		cell += len;
	return cell != NULL;
}

/* Append the name of a key type that a cell does not have. */
static void append_type(char cell[LINE], CK_KEY_TYPE type)
{
	char name[LINE];

	one(name, key_types, type);
	if (!has_name(cell, name))
		append(cell, name);
}

static void append_types(char cell[LINE], const struct sg_key_kind *keys)
{
	for (; keys != NULL && keys->class != CK_UNAVAILABLE_INFORMATION; keys++)
		append_type(cell, keys->type);
}

/* The types of the keys that a mechanism takes or makes. */
static void types_of(char cell[LINE], const struct sg_mech *mech)
{
	cell[0] = '\0';
	for (size_t i = 0; i < SG_OPS; i++)
		if (mech->op[i] != NULL)
			append_types(cell, mech->op[i]->keys);
	if (mech->wrap != NULL)
		append_types(cell, mech->wrap->keys);
	if (mech->derive != NULL)
		append_types(cell, mech->derive->keys);
	if (mech->generate != NULL || mech->resident != NULL)
		append_type(cell, mech->makes);
}

static bool print_mechanisms(void)
{
	const struct sg_mech *const *mechs;
	size_t n;

	mechs = sg_mechs(&n);
	LINE_OF("mechanism", "functions", "key type", "sizes", "keys");
	LINE_OF("---", "---", "---", "---", "---");
	for (size_t i = 0; i < n; i++) {
		char functions[LINE] = "", type[LINE], sizes[LINE] = "", keys[LINE] = "";
		unsigned long rest = bits(functions, mech_functions, mechs[i]->flags);

		rest = bits(keys, mech_keys, rest);
		if (rest != 0)
			append_number(functions, rest);
		types_of(type, mechs[i]);
		if (mechs[i]->max_key > mechs[i]->min_key)
			snprintf(sizes, sizeof sizes, "%lu to %lu", mechs[i]->min_key,
			         mechs[i]->max_key);
		else if (mechs[i]->max_key > 0)
			snprintf(sizes, sizeof sizes, "%lu", mechs[i]->max_key);
		LINE_OF(mechs[i]->name, functions, type, sizes, keys);
	}
	return true;
}

static void print_key(const struct name *type, const struct name *object)
{
	const struct sg_key_type *row = sg_key_type(type->value, (unsigned)object->value);
	char lengths[LINE] = "", uses[LINE] = "", length[32];

	if (row == NULL)
		return;
	if (row->lengths == NULL)
		snprintf(lengths, sizeof lengths, "1 to %lu", row->max);
	for (const CK_ULONG *len = row->lengths; len != NULL && *len != 0; len++) {
		snprintf(length, sizeof length, "%lu", *len);
		append(lengths, length);
	}
	for (const CK_ATTRIBUTE_TYPE *use = row->usage; *use != 0; use++)
		append(uses, sg_attr_row(*use, (unsigned)object->value)->name);
	LINE_OF(type->text, object->text, lengths, uses);
}

static bool print_keys(void)
{
	LINE_OF("key type", "object", "bytes of material", "true by default");
	LINE_OF("---", "---", "---", "---");
	for (const struct name *type = key_types; type->text != NULL; type++)
		for (const struct name *object = objects; object->text != NULL; object++)
			print_key(type, object);
	return true;
}

static bool print_attributes(void)
{
	const struct sg_attr_row *rows;
	size_t n;

	rows = sg_attr_rows(&n);
	LINE_OF("attribute", "value", "objects", "may be given to", "must be given to", "default",
	        "notes");
	LINE_OF("---", "---", "---", "---", "---", "---", "---");
	for (size_t i = 0; i < n; i++) {
		char kind[LINE], in[LINE], allowed[LINE], required[LINE], otherwise[LINE],
			notes[LINE];

		one(kind, kinds, rows[i].kind);
		all_bits(in, objects, rows[i].in);
		all_bits(allowed, modes, rows[i].allowed);
		all_bits(required, modes, rows[i].required);
		one(otherwise, defaults, rows[i].otherwise);
		all_bits(notes, attr_flags, rows[i].flags);
		LINE_OF(rows[i].name, kind, in, allowed, required, otherwise, notes);
	}
	return true;
}

/* What a function answers in an open session to arguments that are all nothing. */
struct answer {
	const char *list;
	const char *name;
	CK_RV rv;
};

#define ASK(function, ...) { "2.40", #function, p11->function(__VA_ARGS__) }
#define ASK_3_0(function, ...) { "3.0", #function, p11_3_2->function(__VA_ARGS__) }
#define ASK_3_2(function, ...) { "3.2", #function, p11_3_2->function(__VA_ARGS__) }

static void print_answers(const struct answer *answers, size_t n)
{
	static const struct name unsupported[] = {
		NAME(CKR_FUNCTION_NOT_SUPPORTED),
		NAME(CKR_FUNCTION_NOT_PARALLEL),
	};

	LINE_OF("function", "since", "answer");
	LINE_OF("---", "---", "---");
	for (size_t i = 0; i < n; i++) {
		const char *text = "";

		for (size_t j = 0; j < sizeof unsupported / sizeof unsupported[0]; j++)
			if (answers[i].rv == unsupported[j].value)
				text = unsupported[j].text;
		LINE_OF(answers[i].name, answers[i].list, text);
	}
}

static void ask(CK_SESSION_HANDLE s)
{
	CK_BYTE reserved = 0;
	const CK_SLOT_ID nowhere = ~0UL;
	const struct answer answers[] = {
		ASK(C_Initialize, NULL),
		ASK(C_Finalize, &reserved),
		ASK(C_GetInfo, NULL),
		ASK(C_GetFunctionList, NULL),
		ASK(C_GetSlotList, CK_TRUE, NULL, NULL),
		ASK(C_GetSlotInfo, nowhere, NULL),
		ASK(C_GetTokenInfo, nowhere, NULL),
		ASK(C_GetMechanismList, nowhere, NULL, NULL),
		ASK(C_GetMechanismInfo, nowhere, 0, NULL),
		ASK(C_InitToken, nowhere, NULL, 0, NULL),
		ASK(C_InitPIN, s, NULL, 0),
		ASK(C_SetPIN, s, NULL, 0, NULL, 0),
		ASK(C_OpenSession, nowhere, 0, NULL, NULL, NULL),
		ASK(C_CloseSession, ~s),
		ASK(C_CloseAllSessions, nowhere),
		ASK(C_GetSessionInfo, s, NULL),
		ASK(C_GetOperationState, s, NULL, NULL),
		ASK(C_SetOperationState, s, NULL, 0, 0, 0),
		ASK(C_Login, s, ~0UL, NULL, 0),
		ASK(C_Logout, s),
		ASK(C_CreateObject, s, NULL, 0, NULL),
		ASK(C_CopyObject, s, 0, NULL, 0, NULL),
		ASK(C_DestroyObject, s, 0),
		ASK(C_GetObjectSize, s, 0, NULL),
		ASK(C_GetAttributeValue, s, 0, NULL, 0),
		ASK(C_SetAttributeValue, s, 0, NULL, 0),
		ASK(C_FindObjectsInit, s, NULL, 1),
		ASK(C_FindObjects, s, NULL, 0, NULL),
		ASK(C_FindObjectsFinal, s),
		ASK(C_EncryptInit, s, NULL, 0),
		ASK(C_Encrypt, s, NULL, 0, NULL, NULL),
		ASK(C_EncryptUpdate, s, NULL, 0, NULL, NULL),
		ASK(C_EncryptFinal, s, NULL, NULL),
		ASK(C_DecryptInit, s, NULL, 0),
		ASK(C_Decrypt, s, NULL, 0, NULL, NULL),
		ASK(C_DecryptUpdate, s, NULL, 0, NULL, NULL),
		ASK(C_DecryptFinal, s, NULL, NULL),
		ASK(C_DigestInit, s, NULL),
		ASK(C_Digest, s, NULL, 0, NULL, NULL),
		ASK(C_DigestUpdate, s, NULL, 0),
		ASK(C_DigestKey, s, 0),
		ASK(C_DigestFinal, s, NULL, NULL),
		ASK(C_SignInit, s, NULL, 0),
		ASK(C_Sign, s, NULL, 0, NULL, NULL),
		ASK(C_SignUpdate, s, NULL, 0),
		ASK(C_SignFinal, s, NULL, NULL),
		ASK(C_SignRecoverInit, s, NULL, 0),
		ASK(C_SignRecover, s, NULL, 0, NULL, NULL),
		ASK(C_VerifyInit, s, NULL, 0),
		ASK(C_Verify, s, NULL, 0, NULL, 0),
		ASK(C_VerifyUpdate, s, NULL, 0),
		ASK(C_VerifyFinal, s, NULL, 0),
		ASK(C_VerifyRecoverInit, s, NULL, 0),
		ASK(C_VerifyRecover, s, NULL, 0, NULL, NULL),
		ASK(C_DigestEncryptUpdate, s, NULL, 0, NULL, NULL),
		ASK(C_DecryptDigestUpdate, s, NULL, 0, NULL, NULL),
		ASK(C_SignEncryptUpdate, s, NULL, 0, NULL, NULL),
		ASK(C_DecryptVerifyUpdate, s, NULL, 0, NULL, NULL),
		ASK(C_GenerateKey, s, NULL, NULL, 0, NULL),
		ASK(C_GenerateKeyPair, s, NULL, NULL, 0, NULL, 0, NULL, NULL),
		ASK(C_WrapKey, s, NULL, 0, 0, NULL, NULL),
		ASK(C_UnwrapKey, s, NULL, 0, NULL, 0, NULL, 0, NULL),
		ASK(C_DeriveKey, s, NULL, 0, NULL, 0, NULL),
		ASK(C_SeedRandom, s, NULL, 0),
		ASK(C_GenerateRandom, s, NULL, 0),
		ASK(C_GetFunctionStatus, s),
		ASK(C_CancelFunction, s),
		ASK(C_WaitForSlotEvent, CKF_DONT_BLOCK, NULL, NULL),
		ASK_3_0(C_GetInterfaceList, NULL, NULL),
		ASK_3_0(C_GetInterface, NULL, NULL, NULL, 0),
		ASK_3_0(C_LoginUser, s, ~0UL, NULL, 0, NULL, 0),
		ASK_3_0(C_SessionCancel, s, 0),
		ASK_3_0(C_MessageEncryptInit, s, NULL, 0),
		ASK_3_0(C_EncryptMessage, s, NULL, 0, NULL, 0, NULL, 0, NULL, NULL),
		ASK_3_0(C_EncryptMessageBegin, s, NULL, 0, NULL, 0),
		ASK_3_0(C_EncryptMessageNext, s, NULL, 0, NULL, 0, NULL, NULL, 0),
		ASK_3_0(C_MessageEncryptFinal, s),
		ASK_3_0(C_MessageDecryptInit, s, NULL, 0),
		ASK_3_0(C_DecryptMessage, s, NULL, 0, NULL, 0, NULL, 0, NULL, NULL),
		ASK_3_0(C_DecryptMessageBegin, s, NULL, 0, NULL, 0),
		ASK_3_0(C_DecryptMessageNext, s, NULL, 0, NULL, 0, NULL, NULL, 0),
		ASK_3_0(C_MessageDecryptFinal, s),
		ASK_3_0(C_MessageSignInit, s, NULL, 0),
		ASK_3_0(C_SignMessage, s, NULL, 0, NULL, 0, NULL, NULL),
		ASK_3_0(C_SignMessageBegin, s, NULL, 0),
		ASK_3_0(C_SignMessageNext, s, NULL, 0, NULL, 0, NULL, NULL),
		ASK_3_0(C_MessageSignFinal, s),
		ASK_3_0(C_MessageVerifyInit, s, NULL, 0),
		ASK_3_0(C_VerifyMessage, s, NULL, 0, NULL, 0, NULL, 0),
		ASK_3_0(C_VerifyMessageBegin, s, NULL, 0),
		ASK_3_0(C_VerifyMessageNext, s, NULL, 0, NULL, 0, NULL, 0),
		ASK_3_0(C_MessageVerifyFinal, s),
		ASK_3_2(C_EncapsulateKey, s, NULL, 0, NULL, 0, NULL, NULL, NULL),
		ASK_3_2(C_DecapsulateKey, s, NULL, 0, NULL, 0, NULL, 0, NULL),
		ASK_3_2(C_VerifySignatureInit, s, NULL, 0, NULL, 0),
		ASK_3_2(C_VerifySignature, s, NULL, 0),
		ASK_3_2(C_VerifySignatureUpdate, s, NULL, 0),
		ASK_3_2(C_VerifySignatureFinal, s),
		ASK_3_2(C_GetSessionValidationFlags, s, 0, NULL),
		ASK_3_2(C_AsyncComplete, s, NULL, NULL),
		ASK_3_2(C_AsyncGetID, s, NULL, NULL),
		ASK_3_2(C_AsyncJoin, s, NULL, 0, NULL, 0),
		ASK_3_2(C_WrapKeyAuthenticated, s, NULL, 0, 0, NULL, 0, NULL, NULL),
		ASK_3_2(C_UnwrapKeyAuthenticated, s, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL),
	};
	const size_t n = sizeof answers / sizeof answers[0];

	/* A list is its version and then nothing but functions. */
	_Static_assert(sizeof answers / sizeof answers[0] ==
	               (sizeof *p11_3_2 - offsetof(CK_FUNCTION_LIST_3_2, C_Initialize)) /
	               sizeof p11->C_Initialize, "each function of the list is asked");
	print_answers(answers, n);
}

START_TEST(functions)
{
	ask(p11_machine());
}
END_TEST

/* The fixture needs a test around it. It runs in this process, whose output is the table. */
static bool print_functions(void)
{
	Suite *suite = suite_create("tables");
	SRunner *runner = srunner_create(suite);
	bool done;

	tcase_add_test(p11_case(suite, "functions"), functions);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	done = srunner_ntests_run(runner) == 1 && srunner_ntests_failed(runner) == 0;
	if (!done)
		srunner_print(runner, CK_NORMAL);
	srunner_free(runner);
	return done;
}

static const struct {
	const char *name;
	bool (*print)(void);
} tables[] = {
	{ "mechanisms", print_mechanisms },
	{ "keys", print_keys },
	{ "attributes", print_attributes },
	{ "functions", print_functions },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof tables / sizeof tables[0]; i++)
		if (strcmp(argv[1], tables[i].name) == 0) {
			return tables[i].print() && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	fputs("Usage: tables mechanisms|keys|attributes|functions\n", stderr);
	return EXIT_FAILURE;
}
