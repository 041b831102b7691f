/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Runs a command as systemd would run a service: with no new privileges, with no
 * system calls but those of a list (SystemCallFilter), and with no memory that is written and
 * executed (MemoryDenyWriteExecute). What is not allowed answers EPERM.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0          /* the kernel then refuses every call, and the test says so */
#endif

#define STEPS 4000
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define FIELD(name) ((unsigned)offsetof(struct seccomp_data, name))

static struct sock_filter steps[STEPS];
static unsigned short count;

static void add(unsigned short code, unsigned k, unsigned char yes, unsigned char no)
{
	if (count == STEPS) {
		fprintf(stderr, "confine: too many system calls\n");
		exit(125);
	}
	steps[count++] = (struct sock_filter)BPF_JUMP(code, k, yes, no);
}

/* Refuse a call where all of these bits of an argument are set. */
static void refuse_bits(unsigned call, unsigned argument, unsigned bits)
{
	add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 5);
	add(BPF_LD | BPF_W | BPF_ABS, FIELD(args) + argument * 8, 0, 0);
	add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
	add(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
	add(BPF_RET | BPF_K, REFUSE, 0, 0);
	add(BPF_LD | BPF_W | BPF_ABS, FIELD(nr), 0, 0);
}

static void add_calls(const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned call;

	if (file == NULL) {
		perror(path);
		exit(125);
	}
	while (fscanf(file, "%u", &call) == 1) {
		add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
		add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	struct sock_fprog program = { .filter = steps };

	if (argc < 3) {
		fprintf(stderr, "usage: confine FILE COMMAND [ARGUMENT...]\n");
		return 125;
	}
	add(BPF_LD | BPF_W | BPF_ABS, FIELD(arch), 0, 0);
	add(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	add(BPF_RET | BPF_K, REFUSE, 0, 0);
	add(BPF_LD | BPF_W | BPF_ABS, FIELD(nr), 0, 0);
	refuse_bits(SYS_mmap, 2, PROT_WRITE | PROT_EXEC);
	refuse_bits(SYS_mprotect, 2, PROT_EXEC);
	refuse_bits(SYS_pkey_mprotect, 2, PROT_EXEC);
	add_calls(argv[1]);
	add(BPF_RET | BPF_K, REFUSE, 0, 0);
	program.len = count;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("confine");
		return 125;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 125;
}
