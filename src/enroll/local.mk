# Enrolment: linked into the command and the tests. It knows no TPM.
noinst_LTLIBRARIES += libenroll.la
libenroll_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libenroll_la_SOURCES = \
	src/enroll/binding.c src/enroll/binding.h \
	src/enroll/eventlog.c src/enroll/eventlog.h \
	src/enroll/member.c src/enroll/member.h \
	src/enroll/member_kinds.c \
	src/enroll/message.c src/enroll/message.h \
	src/enroll/reason.c src/enroll/reason.h \
	src/enroll/refusal.c src/enroll/refusal.h \
	src/enroll/request.c src/enroll/request.h \
	src/enroll/steps.h \
	src/enroll/verify.h
