/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. A TPM of a test's own: swtpm as our child, and a wire in front of it that
 * records and interferes.
 */
#include "lib/tpm.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <tss2/tss2_tpm2_types.h>
#include <unistd.h>

#define TRIES 2000                      /* of 5 ms: ten seconds */

enum { COMMANDS, CONTROL };

static void path_of(const struct test_tpm *tpm, const char *name, char out[64])
{
	ck_assert_int_lt(snprintf(out, 64, "%s/%s", tpm->folder, name), 64);
}

static int connect_to(const struct test_tpm *tpm, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", tpm->folder, name);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool answers(const struct test_tpm *tpm, const char *name)
{
	int fd = connect_to(tpm, name);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* To a socket, or to a terminal. */
static bool send_all(int fd, const uint8_t *data, size_t len)
{
	ssize_t n = 0;

	while (len > 0) {
		n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == ENOTSOCK)
			n = write(fd, data, len);
		if (n <= 0)
			break;
		data += n;
		len -= (size_t)n;
	}
	return len == 0;
}

static bool read_all(int fd, uint8_t *data, size_t len)
{
	ssize_t n = 0;

	while (len > 0 && (n = read(fd, data, len)) > 0) {
		data += n;
		len -= (size_t)n;
	}
	return len == 0;
}

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Read one command or response: the second field of both is the size of the whole. */
static bool read_frame(int fd, uint8_t frame[TEST_TPM_FRAME], size_t *len)
{
	if (!read_all(fd, frame, 10))
		return false;
	*len = u32(frame + 2);
	return *len >= 10 && *len <= TEST_TPM_FRAME && read_all(fd, frame + 10, *len - 10);
}

/* Ask the TPM itself, past the wire. */
static void ask(const struct test_tpm *tpm, const uint8_t *command, size_t size,
                uint8_t response[TEST_TPM_FRAME], size_t *len)
{
	int fd = connect_to(tpm, "tpm.sock");

	ck_assert_int_ge(fd, 0);
	ck_assert(send_all(fd, command, size));
	ck_assert(read_frame(fd, response, len));
	close(fd);
	ck_assert_uint_eq(u32(response + 6), TPM2_RC_SUCCESS);
}

static void swtpm_exec(const struct test_tpm *tpm, pid_t parent)
{
	char state[80], server[112], control[112];
	int null = open("/dev/null", O_RDWR);

	snprintf(state, sizeof state, "dir=%s/state", tpm->folder);
	snprintf(server, sizeof server, "type=unixio,path=%s/tpm.sock", tpm->folder);
	snprintf(control, sizeof control, "type=unixio,path=%s/tpm.sock.ctrl", tpm->folder);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
	}
	/* The TPM ends with the test, even with one that crashes. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server",
		       server, "--ctrl", control, "--flags", "not-need-init,startup-clear",
		       (char *)NULL);
	_exit(127);
}

void test_tpm_resume(struct test_tpm *tpm)
{
	static const struct timespec pause = { 0, 5000000 };
	char path[64];
	pid_t parent = getpid();
	bool up = false;
	int status;

	ck_assert_int_eq(tpm->pid, 0);
	path_of(tpm, "tpm.sock", path);
	unlink(path);
	path_of(tpm, "tpm.sock.ctrl", path);
	unlink(path);
	tpm->pid = fork();
	ck_assert_int_ge(tpm->pid, 0);
	if (tpm->pid == 0)
		swtpm_exec(tpm, parent);
	for (int i = 0; i < TRIES && !up; i++) {
		ck_assert_msg(waitpid(tpm->pid, &status, WNOHANG) == 0,
		              "swtpm does not start; on Debian: apt-get install swtpm");
		up = answers(tpm, "tpm.sock") && answers(tpm, "tpm.sock.ctrl");
		if (!up)
			nanosleep(&pause, NULL);
	}
	ck_assert_msg(up, "swtpm does not answer");
}

static void end(struct test_tpm *tpm, int sig)
{
	int status;

	if (tpm->pid == 0)
		return;
	kill(tpm->pid, sig);
	while (waitpid(tpm->pid, &status, 0) < 0 && errno == EINTR)
		;
	tpm->pid = 0;
}

void test_tpm_kill(struct test_tpm *tpm)
{
	end(tpm, SIGKILL);
}

void test_tpm_power_cut(struct test_tpm *tpm)
{
	test_tpm_kill(tpm);
	test_tpm_resume(tpm);
}

void test_tpm_restart(struct test_tpm *tpm)
{
	static const uint8_t shutdown_clear[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x45, 0, 0 };
	uint8_t response[TEST_TPM_FRAME];
	size_t len;

	ask(tpm, shutdown_clear, sizeof shutdown_clear, response, &len);
	end(tpm, SIGTERM);
	test_tpm_resume(tpm);
}

size_t test_tpm_loaded(struct test_tpm *tpm, uint32_t type)
{
	const uint8_t command[] = {
		0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a,
		0, 0, 0, TPM2_CAP_HANDLES, (uint8_t)type, 0, 0, 0, 0, 0, 0, 0xfe,
	};
	uint8_t response[TEST_TPM_FRAME];
	size_t len;

	ask(tpm, command, sizeof command, response, &len);
	ck_assert_uint_ge(len, 19);     /* header, moreData, capability, count */
	return u32(response + 15);
}

void test_tpm_take_session(struct test_tpm *tpm)
{
	static const uint8_t command[] = {
		0x80, 0x01, 0, 0, 0, 43, 0, 0, 0x01, 0x76,
		0x40, 0, 0, 0x07, 0x40, 0, 0, 0x07,     /* no key, no entity */
		0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		0, 0, 0, 0, 0x10, 0, 0x0b,              /* no salt, HMAC, no cipher, SHA-256 */
	};
	uint8_t response[TEST_TPM_FRAME];
	size_t len;

	ask(tpm, command, sizeof command, response, &len);
}

void test_tpm_shell(struct test_tpm *tpm, const char *line)
{
	char command[1024];

	ck_assert_int_lt(snprintf(command, sizeof command, "cd %s && export TPM2TOOLS_TCTI="
	                          "swtpm:path=%s/tpm.sock && { %s; } >log 2>&1",
	                          tpm->folder, tpm->folder, line), (int)sizeof command);
	ck_assert_msg(system(command) == 0, "this failed: %s", line);
}

/* The wire. */

static void record(struct test_tpm *tpm, const uint8_t *frame, size_t len)
{
	if (sg_buf_append(&tpm->record, sg_bytes(frame, len)) != SG_OK)
		abort();
}

/* Send a response; one that is shorter than it says is the last thing that a client gets. */
static bool reply(struct test_tpm *tpm, int client, const uint8_t *frame, size_t len)
{
	pthread_mutex_lock(&tpm->lock);
	record(tpm, frame, len);
	pthread_mutex_unlock(&tpm->lock);
	return len > 0 && send_all(client, frame, len) && len >= 10 && u32(frame + 2) <= len;
}

/* Pass one command and its response on; false ends the connection. */
static bool pass_command(struct test_tpm *tpm, int client, int server)
{
	uint8_t frame[TEST_TPM_FRAME];
	uint32_t code;
	size_t len;
	bool pass = true;

	if (!read_frame(client, frame, &len))
		return false;
	code = u32(frame + 6);
	pthread_mutex_lock(&tpm->lock);
	record(tpm, frame, len);
	if (tpm->count < sizeof tpm->codes / sizeof tpm->codes[0])
		tpm->codes[tpm->count] = code;
	tpm->count++;
	pthread_mutex_unlock(&tpm->lock);
	tpm->server = server;
	if (tpm->hooks.command != NULL)
		pass = tpm->hooks.command(tpm->hooks.arg, code);
	if (!pass)
		return false;
	if (tpm->hooks.answer != NULL && tpm->hooks.answer(tpm->hooks.arg, code, frame, &len))
		return reply(tpm, client, frame, len);
	if (!send_all(server, frame, len) || !read_frame(server, frame, &len))
		return false;
	if (tpm->hooks.response != NULL)
		tpm->hooks.response(tpm->hooks.arg, code, frame, &len);
	return reply(tpm, client, frame, len);
}

uint32_t test_tpm_slip_in(struct test_tpm *tpm, struct sg_bytes command, uint8_t *frame,
                          size_t *len)
{
	ck_assert(send_all(tpm->server, command.data, command.len));
	ck_assert(read_frame(tpm->server, frame, len));
	return u32(frame + 6);
}

void test_tpm_inject(struct test_tpm *tpm, struct sg_bytes command)
{
	uint8_t answer[TEST_TPM_FRAME];
	size_t len;

	ck_assert_uint_eq(test_tpm_slip_in(tpm, command, answer, &len), 0);
}

static bool pass_bytes(int from, int to)
{
	uint8_t bytes[TEST_TPM_FRAME];
	ssize_t n = read(from, bytes, sizeof bytes);

	return n > 0 && send_all(to, bytes, (size_t)n);
}

/* Held while what a wire has open and what it says of that differ. No child is made then: it would
 * keep a connection that it does not know of, or close what has the number of an old one. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t guard = PTHREAD_ONCE_INIT;

static void before_fork(void)
{
	pthread_mutex_lock(&changing);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&changing);
}

static void guard_forks(void)
{
	ck_assert_int_eq(pthread_atfork(before_fork, after_fork, after_fork), 0);
}

static void let_go(struct pollfd pair[2])
{
	for (size_t i = 0; i < 2; i++) {
		if (pair[i].fd >= 0)
			close(pair[i].fd);
		pair[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	}
}

static void hang_up(struct pollfd pair[2])
{
	pthread_mutex_lock(&changing);
	let_go(pair);
	pthread_mutex_unlock(&changing);
}

static void take_call(struct test_tpm *tpm, int which, struct pollfd pair[2])
{
	pthread_mutex_lock(&changing);
	let_go(pair);
	pair[0].fd = accept4(tpm->listener[which], NULL, NULL, SOCK_CLOEXEC);
	pair[1].fd = connect_to(tpm, which == COMMANDS ? "tpm.sock" : "tpm.sock.ctrl");
	if (pair[0].fd < 0 || pair[1].fd < 0)
		let_go(pair);
	pthread_mutex_unlock(&changing);
}

static void *wire(void *arg)
{
	struct test_tpm *tpm = arg;
	struct pollfd *p = tpm->wait;

	while (poll(p, 7, -1) >= 0 && p[0].revents == 0) {
		if (p[3].revents != 0 && !pass_command(tpm, p[3].fd, p[4].fd))
			hang_up(p + 3);
		else if (p[4].revents != 0 && p[3].revents == 0)
			hang_up(p + 3);
		if (p[5].revents != 0 && !pass_bytes(p[5].fd, p[6].fd))
			hang_up(p + 5);
		else if (p[6].revents != 0 && p[6].fd >= 0 && !pass_bytes(p[6].fd, p[5].fd))
			hang_up(p + 5);
		if (p[1].revents != 0 && p[3].fd < 0)
			take_call(tpm, COMMANDS, p + 3);
		if (p[2].revents != 0 && p[5].fd < 0)
			take_call(tpm, CONTROL, p + 5);
		/* Like swtpm itself: one client, and the next one waits. */
		p[1].events = p[3].fd < 0 ? POLLIN : 0;
		p[2].events = p[5].fd < 0 ? POLLIN : 0;
	}
	hang_up(p + 3);
	hang_up(p + 5);
	return NULL;
}

static int listen_at(const struct test_tpm *tpm, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", tpm->folder, name);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static void listen_on_sockets(struct test_tpm *tpm)
{
	tpm->listener[COMMANDS] = tpm->wait[1].fd = listen_at(tpm, "wire.sock");
	tpm->listener[CONTROL] = tpm->wait[2].fd = listen_at(tpm, "wire.sock.ctrl");
	snprintf(tpm->tcti, sizeof tpm->tcti, "swtpm:path=%s/wire.sock", tpm->folder);
}

/* What is written to the terminal is read from its master side. One descriptor of ours
 * keeps the terminal alive when no client has it open. */
static void listen_on_terminal(struct test_tpm *tpm)
{
	char name[64];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;

	ck_assert_int_ge(master, 0);
	ck_assert(grantpt(master) == 0 && unlockpt(master) == 0);
	ck_assert_int_eq(ptsname_r(master, name, sizeof name), 0);
	tpm->listener[COMMANDS] = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	tpm->listener[CONTROL] = -1;
	ck_assert_int_eq(tcgetattr(tpm->listener[COMMANDS], &raw), 0);
	cfmakeraw(&raw);
	ck_assert_int_eq(tcsetattr(tpm->listener[COMMANDS], TCSANOW, &raw), 0);
	tpm->wait[3].fd = master;
	tpm->wait[4].fd = connect_to(tpm, "tpm.sock");
	ck_assert_int_ge(tpm->wait[4].fd, 0);
	snprintf(tpm->tcti, sizeof tpm->tcti, "device:%s", name);
}

static void wire_start(struct test_tpm *tpm, void (*listen_on)(struct test_tpm *),
                       const struct test_wire_hooks *hooks)
{
	pthread_once(&guard, guard_forks);
	if (hooks != NULL)
		tpm->hooks = *hooks;
	for (size_t i = 0; i < 7; i++)
		tpm->wait[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	ck_assert_int_eq(pipe2(tpm->end, O_CLOEXEC), 0);
	tpm->wait[0].fd = tpm->end[0];
	listen_on(tpm);
	pthread_mutex_init(&tpm->lock, NULL);
	ck_assert_int_eq(pthread_create(&tpm->thread, NULL, wire, tpm), 0);
	tpm->wired = true;
}

static void wire_stop(struct test_tpm *tpm)
{
	if (!tpm->wired)
		return;
	close(tpm->end[1]);
	pthread_join(tpm->thread, NULL);
	close(tpm->end[0]);
	close(tpm->listener[COMMANDS]);
	if (tpm->listener[CONTROL] >= 0)
		close(tpm->listener[CONTROL]);
	pthread_mutex_destroy(&tpm->lock);
	sg_buf_free(&tpm->record);
	tpm->wired = false;
}

void test_tpm_abandon(struct test_tpm *tpm)
{
	for (size_t i = 0; i < 7; i++)
		if (tpm->wait[i].fd >= 0)
			close(tpm->wait[i].fd);
}

void test_tpm_forget(struct test_tpm *tpm)
{
	pthread_mutex_lock(&tpm->lock);
	tpm->record.len = 0;
	tpm->count = 0;
	pthread_mutex_unlock(&tpm->lock);
}

size_t test_tpm_sent(struct test_tpm *tpm, uint32_t code)
{
	size_t sent = 0;

	pthread_mutex_lock(&tpm->lock);
	ck_assert_uint_le(tpm->count, sizeof tpm->codes / sizeof tpm->codes[0]);
	for (size_t i = 0; i < tpm->count; i++)
		sent += tpm->codes[i] == code;
	pthread_mutex_unlock(&tpm->lock);
	return sent;
}

bool test_tpm_seen(struct test_tpm *tpm, struct sg_bytes bytes)
{
	bool seen;

	pthread_mutex_lock(&tpm->lock);
	seen = memmem(tpm->record.data, tpm->record.len, bytes.data, bytes.len) != NULL;
	pthread_mutex_unlock(&tpm->lock);
	return seen;
}

/* Start and stop. */

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void test_tpm_stop(struct test_tpm *tpm)
{
	wire_stop(tpm);
	end(tpm, SIGKILL);
	if (tpm->folder[0] != '\0')
		nftw(tpm->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	tpm->folder[0] = '\0';
}

void test_tpm_start(struct test_tpm *tpm)
{
	const char *base = getenv("TMPDIR");
	char state[64];

	*tpm = (struct test_tpm){ 0 };
	/* The path of a unix socket has at most 107 bytes. */
	if (base == NULL || base[0] != '/' || strlen(base) > 20)
		base = "/tmp";
	snprintf(tpm->folder, sizeof tpm->folder, "%s/sgtpm.XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(tpm->folder));
	path_of(tpm, "state", state);
	ck_assert_int_eq(mkdir(state, 0700), 0);
	snprintf(tpm->tcti, sizeof tpm->tcti, "swtpm:path=%s/tpm.sock", tpm->folder);
	test_tpm_resume(tpm);
}

void test_tpm_start_wired(struct test_tpm *tpm, const struct test_wire_hooks *hooks)
{
	test_tpm_start(tpm);
	wire_start(tpm, listen_on_sockets, hooks);
}

void test_tpm_start_device(struct test_tpm *tpm, const struct test_wire_hooks *hooks)
{
	test_tpm_start(tpm);
	wire_start(tpm, listen_on_terminal, hooks);
}
