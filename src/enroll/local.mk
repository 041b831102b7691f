# Enrolment: linked into the command and the tests. It asks no TPM.
noinst_LTLIBRARIES += libenroll.la
libenroll_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libenroll_la_SOURCES = \
	src/enroll/area.c src/enroll/area.h \
	src/enroll/attested.c src/enroll/attested.h \
	src/enroll/binding.c src/enroll/binding.h \
	src/enroll/box.c src/enroll/box.h \
	src/enroll/challenge.c \
	src/enroll/eventlog.c src/enroll/eventlog.h \
	src/enroll/judge.h \
	src/enroll/judge_clock.c \
	src/enroll/judge_ek.c \
	src/enroll/judge_object.c \
	src/enroll/judge_policy.c \
	src/enroll/member.c src/enroll/member.h \
	src/enroll/member_kinds.c \
	src/enroll/message.c src/enroll/message.h \
	src/enroll/mint.c src/enroll/mint.h \
	src/enroll/policy_digest.c src/enroll/policy_digest.h \
	src/enroll/reason.c src/enroll/reason.h \
	src/enroll/refusal.c src/enroll/refusal.h \
	src/enroll/request.c src/enroll/request.h \
	src/enroll/steps.c src/enroll/steps.h \
	src/enroll/steps_write.c \
	src/enroll/verify.c src/enroll/verify.h
