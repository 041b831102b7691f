/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 4. The lists of functions and the interfaces that lead to them [PKCS#11 3.2
 * §5.4.4 to §5.4.6]. C_GetFunctionList gives the list of 2.40 and always will: clients
 * read what follows in later lists otherwise.
 */
#include "api/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static CK_RV info_of(CK_INFO *info, CK_VERSION version)
{
	CK_RV rv = C_GetInfo(info);

	if (rv == CKR_OK)
		info->cryptokiVersion = version;
	return rv;
}

static CK_RV info_3_0(CK_INFO *info)
{
	return info_of(info, (CK_VERSION){ 3, 0 });
}

static CK_RV info_3_2(CK_INFO *info)
{
	return info_of(info, (CK_VERSION){ 3, 2 });
}

/* Every list has the newest one's shape, so a client that reads on behind the version
 * that a list names finds a function. */
union list {
	CK_FUNCTION_LIST of_2_40;
	CK_FUNCTION_LIST_3_0 of_3_0;
	CK_FUNCTION_LIST_3_2 of_3_2;
};

#define ENTRY(name) .name = name,
#define LIST(major, minor, info) \
	{ .of_3_2 = { .version = { major, minor }, SG_CK_FUNCTIONS_2_40(ENTRY) \
	              SG_CK_FUNCTIONS_3_0(ENTRY) SG_CK_FUNCTIONS_3_2(ENTRY) .C_GetInfo = info } }

/* A list's own C_GetInfo, which names its version, comes after the one of the table. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const union list list_2_40 = LIST(2, 40, C_GetInfo);
static const union list list_3_0 = LIST(3, 0, info_3_0);
static const union list list_3_2 = LIST(3, 2, info_3_2);
#pragma GCC diagnostic pop

static const char standard[] = "PKCS 11";

#define INTERFACE(list) { (void *)standard, (void *)&(list), 0 }

/* The first that fits what is asked for is given, so the newest is the default. None is
 * CKF_INTERFACE_FORK_SAFE: a child has none of its parent's sessions, logins and handles. */
static const CK_INTERFACE interfaces[] = {
	INTERFACE(list_3_2),
	INTERFACE(list_3_0),
	INTERFACE(list_2_40),
};
#define INTERFACES (sizeof interfaces / sizeof interfaces[0])

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	if (list == NULL)
		return CKR_ARGUMENTS_BAD;
	*list = (CK_FUNCTION_LIST *)&list_2_40.of_2_40;
	return CKR_OK;
}

CK_RV C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *count)
{
	CK_ULONG room;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	room = *count;
	*count = INTERFACES;
	if (list == NULL)
		return CKR_OK;
	if (room < INTERFACES)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(list, interfaces, sizeof interfaces);
	return CKR_OK;
}

static bool fits(const CK_INTERFACE *interface, const unsigned char *name,
                 const CK_VERSION *version, CK_FLAGS flags)
{
	const CK_VERSION *have = interface->pFunctionList;

	if (name != NULL && strcmp((const char *)name, standard) != 0)
		return false;
	if (version != NULL && (version->major != have->major || version->minor != have->minor))
		return false;
	return (flags & ~interface->flags) == 0;
}

CK_RV C_GetInterface(unsigned char *name, CK_VERSION *version, CK_INTERFACE **interface,
                     CK_FLAGS flags)
{
	if (interface == NULL)
		return CKR_ARGUMENTS_BAD;
	for (size_t i = 0; i < INTERFACES; i++)
		if (fits(&interfaces[i], name, version, flags)) {
			*interface = (CK_INTERFACE *)&interfaces[i];
			return CKR_OK;
		}
	return CKR_FUNCTION_FAILED;
}
