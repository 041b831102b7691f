# Enrolment: linked into the command and the tests. It asks no TPM.
noinst_LTLIBRARIES += libenroll.la
libenroll_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libenroll_la_SOURCES = \
	src/enroll/answer.c \
	src/enroll/area.c src/enroll/area.h \
	src/enroll/attested.c src/enroll/attested.h \
	src/enroll/audit.c src/enroll/audit.h \
	src/enroll/audit_line.c \
	src/enroll/binding.c src/enroll/binding.h \
	src/enroll/box.c src/enroll/box.h \
	src/enroll/challenge.c \
	src/enroll/eventlog.c src/enroll/eventlog.h \
	src/enroll/guard.c src/enroll/guard.h \
	src/enroll/guard_verifier.c \
	src/enroll/judge.h \
	src/enroll/judge_clock.c \
	src/enroll/judge_ek.c \
	src/enroll/judge_object.c \
	src/enroll/judge_policy.c \
	src/enroll/machine.c src/enroll/machine.h \
	src/enroll/manage.c src/enroll/manage.h \
	src/enroll/member.c src/enroll/member.h \
	src/enroll/member_kinds.c \
	src/enroll/message.c src/enroll/message.h \
	src/enroll/mint.c src/enroll/mint.h \
	src/enroll/naming.c src/enroll/naming.h \
	src/enroll/net.c src/enroll/net.h \
	src/enroll/policy_digest.c src/enroll/policy_digest.h \
	src/enroll/reason.c src/enroll/reason.h \
	src/enroll/refusal.c src/enroll/refusal.h \
	src/enroll/registrar.c src/enroll/registrar.h src/enroll/registrar_state.h \
	src/enroll/registrar_field.c \
	src/enroll/registrar_messages.c \
	src/enroll/registrar_refused.c \
	src/enroll/registrar_tick.c \
	src/enroll/request.c src/enroll/request.h \
	src/enroll/state.c src/enroll/state.h \
	src/enroll/steps.c src/enroll/steps.h \
	src/enroll/steps_write.c \
	src/enroll/token.c src/enroll/token.h \
	src/enroll/token_rules.c \
	src/enroll/verify.c src/enroll/verify.h \
	src/enroll/zone.c src/enroll/zone.h \
	src/enroll/zone_rule.c src/enroll/zone_rule.h \
	src/enroll/zones.c
