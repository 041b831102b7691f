/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2. Whose a file of SQLite is.
 */
#include "store/kind.h"

#include <string.h>

#include "store/db.h"

#define HEADER 100                      /* bytes of SQLite's header */
#define VERSION_AT 60
#define APPLICATION_AT 68

enum sg_err sg_store_kind_check(sqlite3 *db, uint32_t application, uint32_t version)
{
	static const char magic[16] = "SQLite format 3";
	uint8_t header[HEADER];
	sqlite3_file *file = NULL;
	int rc;

	rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (rc == SQLITE_OK && (file == NULL || file->pMethods == NULL))
		return SG_ERR_SYSTEM;
	if (rc == SQLITE_OK)
		rc = file->pMethods->xRead(file, header, sizeof header, 0);
	if (rc != SQLITE_OK)
		return sg_store_db_error(NULL, rc);
	if (memcmp(header, magic, sizeof magic) != 0 ||
	    sg_get_u32(header + APPLICATION_AT) != application)
		return SG_ERR_STORE_DAMAGED;
	return sg_get_u32(header + VERSION_AT) == version ? SG_OK : SG_ERR_STORE_VERSION;
}
