/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. p11-kit's server as our child. It stays in the foreground and starts a process for
 * each connection; all of them are one process group, by which they end.
 */
#include "lib/p11server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/p11.h"
#include "lib/scratch.h"

#define TRIES 12000                     /* of 5 ms: a minute */

/* Where p11-kit keeps its own modules. */
static const char *const places[] = {
	"/usr/lib/*/pkcs11/p11-kit-client.so",
	"/usr/lib*/pkcs11/p11-kit-client.so",
	"/usr/local/lib*/pkcs11/p11-kit-client.so",
	NULL,
};

static bool answers(const struct test_p11server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool up;

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(strlen(server->socket), sizeof address.sun_path);
	strcpy(address.sun_path, server->socket);
	up = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
	close(fd);
	return up;
}

static void server_exec(const struct test_p11server *server, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	/* The server ends with the test, even with one that crashes, and what it has
	 * started with its connection to the test. */
	if (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		execlp("p11-kit", "p11-kit", "server", "--foreground", "--name", server->socket,
		       "--provider", server->hsm->module, "pkcs11:", (char *)NULL);
	_exit(127);
}

void test_p11server_resume(struct test_p11server *server)
{
	static const struct timespec pause = { 0, 5000000 };
	pid_t parent = getpid();
	bool up = false;
	int status;

	ck_assert_int_eq(server->pid, 0);
	unlink(server->socket);
	server->pid = fork();
	ck_assert_int_ge(server->pid, 0);
	if (server->pid == 0)
		server_exec(server, parent);
	for (int i = 0; i < TRIES && !up; i++) {
		ck_assert_msg(waitpid(server->pid, &status, WNOHANG) == 0,
		              "p11-kit server does not start; on Debian: apt-get install p11-kit");
		up = answers(server);
		if (!up)
			nanosleep(&pause, NULL);
	}
	ck_assert_msg(up, "p11-kit server does not answer");
}

/* What the server has started becomes ours when it ends, so that we can wait for all. */
void test_p11server_kill(struct test_p11server *server)
{
	int status, before = 0;

	if (server->pid == 0)
		return;
	ck_assert_int_eq(prctl(PR_GET_CHILD_SUBREAPER, &before), 0);
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	kill(-server->pid, SIGKILL);
	while (waitpid(-server->pid, &status, 0) > 0 || errno == EINTR)
		;
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, before), 0);
	server->pid = 0;
}

void test_p11server_start(struct test_p11server *server, struct test_softhsm *hsm)
{
	char address[160];

	*server = (struct test_p11server){ .hsm = hsm };
	server->module = test_hsm_find("SIGNET_TEST_P11_CLIENT", places, "p11-kit-modules");
	server->socket = scratch_path(hsm->folder, "server.sock");
	snprintf(address, sizeof address, "unix:path=%s", server->socket);
	ck_assert_int_eq(setenv("P11_KIT_SERVER_ADDRESS", address, 1), 0);
	test_p11server_resume(server);
	server->uri = test_hsm_uri(server->module, TEST_HSM_LABEL, hsm->pin_file);
}

void test_p11server_stop(struct test_p11server *server)
{
	test_p11server_kill(server);
	free(server->socket);
	free(server->module);
	free(server->uri);
	*server = (struct test_p11server){ 0 };
}
