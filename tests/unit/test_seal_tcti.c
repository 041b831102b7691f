/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. Our TCTI in front of one that lies: what it lets through, what it keeps back,
 * what it remembers, what it counts.
 */
#include <string.h>

#include "lib/runner.h"
#include "seal/tpm/tcti.h"

/* The inner TCTI answers every command with these bytes and keeps the last command. */
struct fake {
	TSS2_TCTI_CONTEXT_COMMON_V1 v1;
	uint8_t answer[TPM2_MAX_RESPONSE_SIZE];
	size_t len;
	size_t claimed;                 /* what it says it received, when not 0 */
	uint8_t command[TPM2_MAX_COMMAND_SIZE];
	size_t command_len;
	int sent;
	int later;                      /* so many answers are "later" */
	TPM2_RC later_code;
	TSS2_RC send_error, receive_error;
};

static struct fake fake;
static struct sg_tcti tcti;

static TSS2_RC fake_transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	struct fake *f = (struct fake *)context;

	memcpy(f->command, command, size);
	f->command_len = size;
	f->sent++;
	return f->send_error;
}

static TSS2_RC fake_receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response,
                            int32_t timeout)
{
	struct fake *f = (struct fake *)context;

	(void)timeout;
	if (f->receive_error != TSS2_RC_SUCCESS)
		return f->receive_error;
	if (response != NULL && f->later > 0) {
		f->later--;
		memcpy(response, (uint8_t[]){ 0x80, 0x01, 0, 0, 0, 10, 0, 0 }, 8);
		response[8] = (uint8_t)(f->later_code >> 8);
		response[9] = (uint8_t)f->later_code;
		*size = 10;
		return TSS2_RC_SUCCESS;
	}
	if (response != NULL)
		memcpy(response, f->answer, f->len);
	*size = f->claimed != 0 ? f->claimed : f->len;
	return TSS2_RC_SUCCESS;
}

static void setup(void)
{
	memset(&fake, 0, sizeof fake);
	fake.v1.version = 1;
	fake.v1.transmit = fake_transmit;
	fake.v1.receive = fake_receive;
	sg_tcti_init(&tcti, (TSS2_TCTI_CONTEXT *)&fake);
	tcti.pause = 0;
}

static void answer(const uint8_t *bytes, size_t len)
{
	memcpy(fake.answer, bytes, len);
	fake.len = len;
}

#define ANSWER(...) do { \
		static const uint8_t bytes[] = { __VA_ARGS__ }; \
		answer(bytes, sizeof bytes); \
	} while (0)

static TSS2_RC transmit(const uint8_t *command, size_t len)
{
	return Tss2_Tcti_Transmit(sg_tcti_context(&tcti), len, command);
}

/* Return what went wrong, or the code of the answer. */
static TSS2_RC receive(void)
{
	uint8_t buffer[TPM2_MAX_RESPONSE_SIZE];
	size_t size = sizeof buffer;
	TSS2_RC rc = Tss2_Tcti_Receive(sg_tcti_context(&tcti), &size, buffer,
	                               TSS2_TCTI_TIMEOUT_BLOCK);

	if (rc != TSS2_RC_SUCCESS)
		return rc;
	ck_assert_uint_ge(size, 10);
	return sg_get_u32(buffer + 6);
}

static TSS2_RC transact(const uint8_t *command, size_t len)
{
	ck_assert_uint_eq(transmit(command, len), TSS2_RC_SUCCESS);
	return receive();
}

static const uint8_t read_public[] = {
	0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x73, 0x81, 0, 0, 1,
};
static const uint8_t start_session[] = {
	0x80, 0x01, 0, 0, 0, 27, 0, 0, 0x01, 0x76,
	0x81, 0, 0, 1, 0x40, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x0b,
};
/* Unseal with one HMAC session, 02000001. */
static const uint8_t unseal[] = {
	0x80, 0x02, 0, 0, 0, 27, 0, 0, 0x01, 0x5e, 0x80, 0, 0, 1,
	0, 0, 0, 9, 0x02, 0, 0, 1, 0, 0, 0x40, 0, 0,
};

/* Its right response: three bytes of data, the session ended. */
static const uint8_t unsealed[] = {
	0x80, 0x02, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 5, 0, 3, 'a', 'b', 'c',
	0, 0, 0, 0, 0,
};

/* GetCapability, whose answer says which kind of list it is. */
static const uint8_t get_capability[] = {
	0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a, 0, 0, 0, 1, 0x01, 0, 0, 0, 0, 0, 0, 8,
};

START_TEST(a_list_of_handles_has_four_bytes_each)
{
	ANSWER(0x80, 0x01, 0, 0, 0, 27, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2,
	       0x01, 0x80, 0, 0, 0x01, 0x80, 0, 1);
	ck_assert_uint_eq(transact(get_capability, sizeof get_capability), TPM2_RC_SUCCESS);
	/* The same, said to be one of properties. */
	fake.answer[14] = TPM2_CAP_TPM_PROPERTIES;
	ck_assert_uint_eq(transact(get_capability, sizeof get_capability), SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(a_list_of_properties_has_eight_bytes_each)
{
	ANSWER(0x80, 0x01, 0, 0, 0, 27, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 1,
	       0, 0, 1, 0, 0, 0, 0, 1);
	ck_assert_uint_eq(transact(get_capability, sizeof get_capability), TPM2_RC_SUCCESS);
	fake.answer[14] = TPM2_CAP_HANDLES;
	ck_assert_uint_eq(transact(get_capability, sizeof get_capability), SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(a_list_that_nobody_asks_for_is_refused)
{
	ANSWER(0x80, 0x01, 0, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	ck_assert_uint_eq(transact(get_capability, sizeof get_capability), SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(a_right_response_passes)
{
	answer(unsealed, sizeof unsealed);
	ck_assert_uint_eq(transact(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	ANSWER(0x80, 0x01, 0, 0, 0, 17, 0, 0, 0, 0, 0, 1, 'p', 0, 0, 0, 0);
	ck_assert_uint_eq(transact(read_public, sizeof read_public), TSS2_RC_SUCCESS);
}
END_TEST

START_TEST(a_refusal_passes_as_it_is)
{
	uint8_t buffer[64];
	size_t size = sizeof buffer;

	ANSWER(0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x8b);
	ck_assert_uint_eq(transmit(read_public, sizeof read_public), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Tss2_Tcti_Receive(sg_tcti_context(&tcti), &size, buffer, -1),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(size, 10);
	ck_assert_mem_eq(buffer, fake.answer, 10);
}
END_TEST

START_TEST(every_shortened_response_is_refused)
{
	for (size_t len = 0; len < sizeof unsealed; len++) {
		answer(unsealed, len);
		ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_MALFORMED);
		fake.answer[5] = (uint8_t)len;  /* and the header admits it */
		ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_MALFORMED);
	}
}
END_TEST

START_TEST(every_lengthened_response_is_refused)
{
	for (size_t more = 1; more < 100; more++) {
		answer(unsealed, sizeof unsealed);
		fake.len += more;
		ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_MALFORMED);
		fake.answer[5] = (uint8_t)fake.len;
		ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_MALFORMED);
	}
}
END_TEST

/* The places of all sizes in the response: frame, parameters, data, nonce, HMAC. */
static const size_t sizes[] = { 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 19, 20, 22, 23 };

START_TEST(every_size_that_lies_is_refused)
{
	answer(unsealed, sizeof unsealed);
	for (unsigned flip = 1; flip < 256; flip++) {
		fake.answer[sizes[_i]] ^= (uint8_t)flip;
		ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_MALFORMED);
		fake.answer[sizes[_i]] ^= (uint8_t)flip;
	}
}
END_TEST

START_TEST(a_response_without_the_sessions_of_its_command_is_refused)
{
	ANSWER(0x80, 0x01, 0, 0, 0, 15, 0, 0, 0, 0, 0, 3, 'a', 'b', 'c');
	ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(a_response_with_sessions_that_the_command_lacked_is_refused)
{
	answer(unsealed, sizeof unsealed);
	ck_assert_uint_eq(transact(read_public, sizeof read_public),
	                  SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(an_unknown_tag_is_refused)
{
	ANSWER(0x00, 0xc4, 0, 0, 0, 10, 0, 0, 0, 0x1e);
	ck_assert_uint_eq(transact(read_public, sizeof read_public),
	                  SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(a_refusal_with_something_behind_it_is_refused)
{
	ANSWER(0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x8b, 0, 0);
	ck_assert_uint_eq(transact(read_public, sizeof read_public),
	                  SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(a_refused_response_reaches_nobody)
{
	static const uint8_t zeros[64];
	uint8_t buffer[64];
	size_t size = sizeof buffer;

	answer(unsealed, sizeof unsealed - 1);
	ck_assert_uint_eq(transmit(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Tss2_Tcti_Receive(sg_tcti_context(&tcti), &size, buffer, -1),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(size, 10);
	ck_assert_uint_eq(sg_get_u32(buffer + 6), SG_TCTI_MALFORMED);
	ck_assert_mem_eq(buffer + 10, zeros, sizeof buffer - 10);
}
END_TEST

START_TEST(a_tcti_that_claims_more_than_the_buffer_is_refused)
{
	answer(unsealed, sizeof unsealed);
	fake.claimed = TPM2_MAX_RESPONSE_SIZE + 1;
	ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_MALFORMED);
}
END_TEST

START_TEST(a_size_that_no_response_can_have_is_not_passed_on)
{
	size_t size = 0;

	fake.claimed = TPM2_MAX_RESPONSE_SIZE + 1;
	ck_assert_uint_eq(transmit(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Tss2_Tcti_Receive(sg_tcti_context(&tcti), &size, NULL, -1),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_le(size, TPM2_MAX_RESPONSE_SIZE);
}
END_TEST

START_TEST(a_response_that_nobody_asked_for_is_refused)
{
	answer(unsealed, sizeof unsealed);
	ck_assert_uint_eq(receive(), TSS2_TCTI_RC_BAD_SEQUENCE);
}
END_TEST

START_TEST(a_command_that_is_not_known_is_not_sent)
{
	static const uint8_t clear[] = { 0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x26 };
	uint64_t before = sg_tpm_command_count();

	ck_assert_uint_eq(transmit(clear, sizeof clear), TSS2_TCTI_RC_NOT_SUPPORTED);
	ck_assert_int_eq(fake.sent, 0);
	ck_assert_uint_eq(sg_tpm_command_count(), before);
}
END_TEST

START_TEST(every_shortened_command_is_not_sent)
{
	uint8_t command[sizeof unseal];

	memcpy(command, unseal, sizeof unseal);
	for (size_t len = 0; len < sizeof unseal; len++) {
		command[5] = (uint8_t)len;
		ck_assert_uint_ne(transmit(command, len), TSS2_RC_SUCCESS);
	}
	ck_assert_int_eq(fake.sent, 0);
}
END_TEST

START_TEST(sent_commands_are_counted)
{
	uint64_t before = sg_tpm_command_count();

	answer(unsealed, sizeof unsealed);
	transact(unseal, sizeof unseal);
	transact(unseal, sizeof unseal);
	ck_assert_uint_eq(sg_tpm_command_count(), before + 2);
}
END_TEST

static const uint8_t flush_session[] = {
	0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, 0x02, 0, 0, 1,
};

static void open_session(void)
{
	ANSWER(0x80, 0x01, 0, 0, 0, 18, 0, 0, 0, 0, 0x02, 0, 0, 1, 0, 2, 'n', 'n');
	ck_assert_uint_eq(transact(start_session, sizeof start_session), TSS2_RC_SUCCESS);
}

START_TEST(what_is_loaded_is_flushed)
{
	open_session();
	ANSWER(0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0);
	sg_tcti_flush(&tcti);
	ck_assert_uint_eq(fake.command_len, sizeof flush_session);
	ck_assert_mem_eq(fake.command, flush_session, sizeof flush_session);
	ck_assert_int_eq(fake.sent, 2);
	sg_tcti_flush(&tcti);
	ck_assert_int_eq(fake.sent, 2);
}
END_TEST

START_TEST(a_session_that_ended_is_not_flushed)
{
	open_session();
	answer(unsealed, sizeof unsealed);
	ck_assert_uint_eq(transact(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	sg_tcti_flush(&tcti);
	ck_assert_int_eq(fake.sent, 2);
}
END_TEST

START_TEST(a_session_that_goes_on_is_flushed)
{
	open_session();
	answer(unsealed, sizeof unsealed);
	fake.answer[21] = TPMA_SESSION_CONTINUESESSION;
	ck_assert_uint_eq(transact(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	ANSWER(0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0);
	sg_tcti_flush(&tcti);
	ck_assert_mem_eq(fake.command, flush_session, sizeof flush_session);
}
END_TEST

START_TEST(a_session_of_a_refused_command_is_flushed)
{
	open_session();
	ANSWER(0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x09, 0x8e);
	ck_assert_uint_eq(transact(unseal, sizeof unseal), 0x98e);
	ANSWER(0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0);
	sg_tcti_flush(&tcti);
	ck_assert_mem_eq(fake.command, flush_session, sizeof flush_session);
}
END_TEST

START_TEST(a_flushed_session_is_not_flushed_again)
{
	open_session();
	ANSWER(0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0);
	ck_assert_uint_eq(transact(flush_session, sizeof flush_session), TSS2_RC_SUCCESS);
	sg_tcti_flush(&tcti);
	ck_assert_int_eq(fake.sent, 2);
}
END_TEST

START_TEST(a_scrub_is_not_sent_and_fills_the_buffer)
{
	static const uint8_t zeros[TPM2_MAX_RESPONSE_SIZE];
	uint8_t buffer[TPM2_MAX_RESPONSE_SIZE];
	size_t size = 0;

	sg_tcti_scrub(&tcti);
	ck_assert_uint_eq(transmit(read_public, sizeof read_public), TSS2_RC_SUCCESS);
	ck_assert_uint_eq(Tss2_Tcti_Receive(sg_tcti_context(&tcti), &size, NULL, -1),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(size, sizeof buffer);
	memset(buffer, 0x55, sizeof buffer);
	ck_assert_uint_eq(Tss2_Tcti_Receive(sg_tcti_context(&tcti), &size, buffer, -1),
	                  TSS2_RC_SUCCESS);
	ck_assert_uint_eq(size, 10);
	ck_assert_uint_eq((uint32_t)buffer[8] << 8 | buffer[9], SG_TCTI_SCRUBBED);
	ck_assert_mem_eq(buffer + 10, zeros, sizeof buffer - 10);
	ck_assert_int_eq(fake.sent, 0);
}
END_TEST

START_TEST(only_one_command_is_scrubbed)
{
	uint8_t buffer[TPM2_MAX_RESPONSE_SIZE];
	size_t size = sizeof buffer;

	sg_tcti_scrub(&tcti);
	transmit(read_public, sizeof read_public);
	Tss2_Tcti_Receive(sg_tcti_context(&tcti), &size, buffer, -1);
	answer(unsealed, sizeof unsealed);
	ck_assert_uint_eq(transact(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	ck_assert_int_eq(fake.sent, 1);
}
END_TEST

static const TPM2_RC later[] = {
	TPM2_RC_RETRY, TPM2_RC_YIELDED, TPM2_RC_TESTING, TPM2_RC_NV_RATE, TPM2_RC_NV_UNAVAILABLE,
};

START_TEST(who_is_asked_to_come_back_comes_with_the_same_frame)
{
	answer(unsealed, sizeof unsealed);
	fake.later = 5;
	fake.later_code = later[_i];
	ck_assert_uint_eq(transact(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	ck_assert_int_eq(fake.sent, 6);
	ck_assert_uint_eq(fake.command_len, sizeof unseal);
	ck_assert_mem_eq(fake.command, unseal, sizeof unseal);
}
END_TEST

START_TEST(who_is_always_asked_to_come_back_gives_up)
{
	fake.later = 1000;
	fake.later_code = later[_i];
	ck_assert_uint_eq(transact(unseal, sizeof unseal), later[_i]);
	ck_assert_int_ge(fake.sent, 5);
	ck_assert_int_le(fake.sent, 20);
	/* Until it has done something, it is not waited for so long again. */
	fake.sent = 0;
	ck_assert_uint_eq(transact(unseal, sizeof unseal), later[_i]);
	ck_assert_int_eq(fake.sent, 1);
	fake.later = 0;
	answer(unsealed, sizeof unsealed);
	ck_assert_uint_eq(transact(unseal, sizeof unseal), TSS2_RC_SUCCESS);
	fake.later = 5;
	ck_assert_uint_eq(transact(unseal, sizeof unseal), TSS2_RC_SUCCESS);
}
END_TEST

START_TEST(another_refusal_is_not_asked_about_again)
{
	static const TPM2_RC codes[] = {
		TPM2_RC_FAILURE, TPM2_RC_LOCKOUT, TPM2_RC_INITIALIZE, TPM2_RC_SESSION_MEMORY, 0x98e,
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		fake.sent = 0;
		fake.later = 1;
		fake.later_code = codes[i];
		ck_assert_uint_eq(transact(unseal, sizeof unseal), codes[i]);
		ck_assert_int_eq(fake.sent, 1);
	}
}
END_TEST

START_TEST(a_connection_that_broke_is_used_no_more)
{
	open_session();
	if (_i == 0)
		fake.send_error = TSS2_TCTI_RC_IO_ERROR;
	else
		fake.receive_error = TSS2_TCTI_RC_IO_ERROR;
	ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_LOST);
	ck_assert_int_eq(fake.sent, 2);
	fake.send_error = fake.receive_error = TSS2_RC_SUCCESS;
	answer(unsealed, sizeof unsealed);
	ck_assert_uint_eq(transact(unseal, sizeof unseal), SG_TCTI_LOST);
	sg_tcti_flush(&tcti);
	ck_assert_int_eq(fake.sent, 2);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("tcti");
	TCase *tcase = tcase_create("tcti");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_right_response_passes);
	tcase_add_test(tcase, a_list_of_handles_has_four_bytes_each);
	tcase_add_test(tcase, a_list_of_properties_has_eight_bytes_each);
	tcase_add_test(tcase, a_list_that_nobody_asks_for_is_refused);
	tcase_add_test(tcase, a_refusal_passes_as_it_is);
	tcase_add_test(tcase, every_shortened_response_is_refused);
	tcase_add_test(tcase, every_lengthened_response_is_refused);
	tcase_add_loop_test(tcase, every_size_that_lies_is_refused, 0,
	                    sizeof sizes / sizeof sizes[0]);
	tcase_add_test(tcase, a_response_without_the_sessions_of_its_command_is_refused);
	tcase_add_test(tcase, a_response_with_sessions_that_the_command_lacked_is_refused);
	tcase_add_test(tcase, an_unknown_tag_is_refused);
	tcase_add_test(tcase, a_refusal_with_something_behind_it_is_refused);
	tcase_add_test(tcase, a_refused_response_reaches_nobody);
	tcase_add_test(tcase, a_tcti_that_claims_more_than_the_buffer_is_refused);
	tcase_add_test(tcase, a_size_that_no_response_can_have_is_not_passed_on);
	tcase_add_test(tcase, a_response_that_nobody_asked_for_is_refused);
	tcase_add_test(tcase, a_command_that_is_not_known_is_not_sent);
	tcase_add_test(tcase, every_shortened_command_is_not_sent);
	tcase_add_test(tcase, sent_commands_are_counted);
	tcase_add_test(tcase, what_is_loaded_is_flushed);
	tcase_add_test(tcase, a_session_that_ended_is_not_flushed);
	tcase_add_test(tcase, a_session_that_goes_on_is_flushed);
	tcase_add_test(tcase, a_session_of_a_refused_command_is_flushed);
	tcase_add_test(tcase, a_flushed_session_is_not_flushed_again);
	tcase_add_test(tcase, a_scrub_is_not_sent_and_fills_the_buffer);
	tcase_add_test(tcase, only_one_command_is_scrubbed);
	tcase_add_loop_test(tcase, who_is_asked_to_come_back_comes_with_the_same_frame, 0,
	                    sizeof later / sizeof later[0]);
	tcase_add_loop_test(tcase, who_is_always_asked_to_come_back_gives_up, 0,
	                    sizeof later / sizeof later[0]);
	tcase_add_test(tcase, another_refusal_is_not_asked_about_again);
	tcase_add_loop_test(tcase, a_connection_that_broke_is_used_no_more, 0, 2);
	suite_add_tcase(s, tcase);
	return s;
}

int main(void)
{
	return test_run(suite());
}
