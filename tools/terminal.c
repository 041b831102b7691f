/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool. The terminal.
 */
#include "tools/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define LOOK 200                /* milliseconds until a signal that came too early is seen */

/* Home, clear the screen, clear what was scrolled away. */
#define CLEAR "\033[H\033[2J\033[3J"

/* What would leave the terminal without echo, or a secret on it, if it ended or stopped us. */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

#define SIGNALS (sizeof signals / sizeof signals[0])

static volatile sig_atomic_t caught;

static void note_signal(int sig)
{
	caught = sig;
}

static void catch_signals(struct sigaction *saved)
{
	struct sigaction action = { .sa_handler = note_signal };

	caught = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &action, &saved[i]);
}

static void release_signals(const struct sigaction *saved)
{
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &saved[i], NULL);
	if (caught != 0)
		raise(caught);
}

int tool_terminal_open(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool tool_terminal_there(void)
{
	int fd = tool_terminal_open();

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool tool_terminal_say(int fd, struct sg_bytes bytes)
{
	while (bytes.len > 0) {
		ssize_t written = write(fd, bytes.data, bytes.len);

		if (written < 0 && errno == EINTR && caught == 0)
			continue;
		if (written <= 0)
			return false;
		bytes = sg_bytes(bytes.data + written, bytes.len - (size_t)written);
	}
	return true;
}

static bool say(int fd, const char *text)
{
	return tool_terminal_say(fd, sg_bytes_str(text));
}

/* Read one byte. A signal that comes just before does not find this waiting for ever: that is why
 * it looks again and again, and reads only what is there. */
static ssize_t read_byte(int fd, void *at)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };
	ssize_t got;

	do {
		while (caught == 0 && poll(&input, 1, LOOK) == 0)
			continue;
		got = caught == 0 ? read(fd, at, 1) : -1;
	} while (got < 0 && caught == 0 && errno == EINTR);
	return got;
}

/* Read one line byte by byte, so that no buffer but the secret ever holds it. */
static enum sg_err read_line(int fd, struct sg_secret *line)
{
	enum sg_err err = SG_OK;
	uint8_t beyond = 0;
	ssize_t got;

	line->len = 0;
	for (;;) {
		uint8_t *at = line->len < line->cap ? line->data + line->len : &beyond;

		got = read_byte(fd, at);
		if (got <= 0 || *at == '\n')
			break;
		if (at == &beyond) {
			err = SG_ERR_RANGE;
			break;
		}
		line->len++;
	}
	explicit_bzero(&beyond, sizeof beyond);
	if (got < 0 || caught != 0)
		return SG_ERR_SYSTEM;
	return got == 0 && line->len == 0 ? SG_ERR_NOT_FOUND : err;
}

enum sg_err tool_terminal_ask(int fd, const char *prompt, struct sg_secret *line)
{
	struct sigaction saved[SIGNALS];
	struct termios before, hidden;
	enum sg_err err;

	if (tcgetattr(fd, &before) != 0)
		return SG_ERR_SYSTEM;
	hidden = before;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	catch_signals(saved);
	err = tcsetattr(fd, TCSAFLUSH, &hidden) == 0 && say(fd, prompt) ? SG_OK : SG_ERR_SYSTEM;
	if (err == SG_OK)
		err = read_line(fd, line);
	if (tcsetattr(fd, TCSAFLUSH, &before) != 0 || !say(fd, "\n"))
		err = SG_ERR_SYSTEM;
	release_signals(saved);
	return err;
}

/* Read a line that is no secret; what does not fit is read and dropped. */
static enum sg_err read_word(int fd, char *word, size_t size)
{
	size_t len = 0;
	ssize_t got;
	char c;

	while ((got = read_byte(fd, &c)) == 1 && c != '\n')
		if (len < size - 1)
			word[len++] = c;
	word[len] = '\0';
	return got < 0 ? SG_ERR_SYSTEM : got == 0 ? SG_ERR_NOT_FOUND : SG_OK;
}

enum sg_err tool_terminal_wait(int fd, const char *prompt, const char *word)
{
	struct sigaction saved[SIGNALS];
	char typed[16] = "";
	enum sg_err err = SG_OK;

	catch_signals(saved);
	/* What was typed for another question is no answer to this one. */
	(void)tcflush(fd, TCIFLUSH);
	do {
		err = say(fd, prompt) ? read_word(fd, typed, sizeof typed) : SG_ERR_SYSTEM;
	} while (err == SG_OK && strcmp(typed, word) != 0);
	if (!say(fd, CLEAR))
		err = SG_ERR_SYSTEM;
	release_signals(saved);
	return err;
}

bool tool_terminal_yes(const char *question)
{
	char answer[8];
	int fd = tool_terminal_open();
	ssize_t got = -1;

	if (fd < 0)
		return false;
	(void)tcflush(fd, TCIFLUSH);
	if (say(fd, question) && say(fd, " [yes/no] "))
		got = read(fd, answer, sizeof answer);
	close(fd);
	return got >= 4 && strncmp(answer, "yes\n", 4) == 0;
}
