/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. What systemd does for LoadCredential= with a socket: connects to it under a name that says
 * which unit and which credential, and copies what comes to standard output.
 *
 *     load_credential SOCKET UNIT CREDENTIAL
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX }, other = { .sun_family = AF_UNIX };
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	char bytes[4096];
	ssize_t got;
	int fd, len;

	if (argc != 4 || strlen(argv[1]) >= sizeof other.sun_path)
		return 2;
	strcpy(other.sun_path, argv[1]);
	/* The zero in front makes it a name and no file. */
	len = snprintf(own.sun_path + 1, sizeof own.sun_path - 1, "%lx/unit/%s/%s", (long)getpid(),
	               argv[2], argv[3]);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || len < 0 || (size_t)len >= sizeof own.sun_path - 1 ||
	    bind(fd, (struct sockaddr *)&own, (socklen_t)(head + 1 + (size_t)len)) != 0 ||
	    connect(fd, (struct sockaddr *)&other, sizeof other) != 0) {
		perror("load_credential");
		return 1;
	}
	while ((got = read(fd, bytes, sizeof bytes)) > 0)
		if (fwrite(bytes, 1, (size_t)got, stdout) != (size_t)got)
			return 1;
	return got < 0 || fflush(stdout) != 0;
}
