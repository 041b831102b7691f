/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 2, TPM. Our own TCTI: checks every frame, remembers what is loaded, counts.
 * tpm2-tss before 4.1.4 believes lengths that arrive on the wire, so nothing may
 * reach it that was not checked here first.
 */
#include "seal/tpm/tcti.h"

#include <string.h>

#include "seal/tpm/exchange.h"
#include "seal/tpm/waiter.h"
#include "util/cursor.h"
#include "util/log.h"

#define TCTI_MAGIC 0x7369676e65743031ULL
#define HEADER 10                       /* tag, size, code [TPM2 Part 1 §18.2] */
#define FLUSH_SIZE (HEADER + 4)

/* How the frames of one command are laid out [TPM2 Part 3]. */
struct sg_tcti_row {
	TPM2_CC command;
	const char *name;
	uint8_t handles;                /* in the handle area of the command */
	bool makes;                     /* its response has a handle: something was loaded */
	bool ends;                      /* what its first number names is gone afterwards */
	/* The parameters of its response: 1, 2, 4 are numbers of so many bytes, b is a TPM2B,
	 * c a capability with its list, d a list of digests, s one of PCRs, g a signature. */
	const char *layout;
};

/* What this table lacks can't be checked, and so is not sent. */
static const struct sg_tcti_row rows[] = {
	{ TPM2_CC_ActivateCredential, "TPM2_ActivateCredential", 2, false, false, "b" },
	{ TPM2_CC_CertifyCreation,    "TPM2_CertifyCreation",   2, false, false, "bg" },
	{ TPM2_CC_Create,             "TPM2_Create",            1, false, false, "bbbb24b" },
	{ TPM2_CC_CreatePrimary,      "TPM2_CreatePrimary",     1, true,  false, "bbb24bb" },
	{ TPM2_CC_ECDH_ZGen,          "TPM2_ECDH_ZGen",         1, false, false, "b" },
	{ TPM2_CC_EvictControl,       "TPM2_EvictControl",      2, false, false, "" },
	{ TPM2_CC_FlushContext,       "TPM2_FlushContext",      0, false, true,  "" },
	{ TPM2_CC_GetCapability,      "TPM2_GetCapability",     0, false, false, "1c" },
	{ TPM2_CC_GetTime,            "TPM2_GetTime",           2, false, false, "bg" },
	{ TPM2_CC_HMAC,               "TPM2_HMAC",              1, false, false, "b" },
	{ TPM2_CC_HMAC_Start,         "TPM2_HMAC_Start",        1, true,  false, "" },
	{ TPM2_CC_Import,             "TPM2_Import",            1, false, false, "b" },
	{ TPM2_CC_Load,               "TPM2_Load",              1, true,  false, "b" },
	{ TPM2_CC_LoadExternal,       "TPM2_LoadExternal",      0, true,  false, "b" },
	{ TPM2_CC_NV_DefineSpace,     "TPM2_NV_DefineSpace",    1, false, false, "" },
	{ TPM2_CC_NV_Increment,       "TPM2_NV_Increment",      2, false, false, "" },
	{ TPM2_CC_NV_Read,            "TPM2_NV_Read",           2, false, false, "b" },
	{ TPM2_CC_NV_ReadPublic,      "TPM2_NV_ReadPublic",     1, false, false, "bb" },
	{ TPM2_CC_NV_UndefineSpace,   "TPM2_NV_UndefineSpace",  2, false, false, "" },
	{ TPM2_CC_NV_Write,           "TPM2_NV_Write",          2, false, false, "" },
	{ TPM2_CC_PCR_Read,           "TPM2_PCR_Read",          0, false, false, "4sd" },
	{ TPM2_CC_PolicyAuthValue,    "TPM2_PolicyAuthValue",   1, false, false, "" },
	{ TPM2_CC_PolicyAuthorize,    "TPM2_PolicyAuthorize",   1, false, false, "" },
	{ TPM2_CC_PolicyCommandCode,  "TPM2_PolicyCommandCode", 1, false, false, "" },
	{ TPM2_CC_PolicyCounterTimer, "TPM2_PolicyCounterTimer", 1, false, false, "" },
	{ TPM2_CC_PolicyCpHash,       "TPM2_PolicyCpHash",      1, false, false, "" },
	{ TPM2_CC_PolicyOR,           "TPM2_PolicyOR",          1, false, false, "" },
	{ TPM2_CC_PolicyPCR,          "TPM2_PolicyPCR",         1, false, false, "" },
	{ TPM2_CC_PolicySecret,       "TPM2_PolicySecret",      2, false, false, "b24b" },
	{ TPM2_CC_PolicySigned,       "TPM2_PolicySigned",      2, false, false, "b24b" },
	{ TPM2_CC_Quote,              "TPM2_Quote",             1, false, false, "bg" },
	{ TPM2_CC_ReadClock,          "TPM2_ReadClock",         0, false, false, "4444441" },
	{ TPM2_CC_ReadPublic,         "TPM2_ReadPublic",        1, false, false, "bbb" },
	{ TPM2_CC_SequenceComplete,   "TPM2_SequenceComplete",  1, false, true,  "b24b" },
	{ TPM2_CC_SequenceUpdate,     "TPM2_SequenceUpdate",    1, false, false, "" },
	{ TPM2_CC_Sign,               "TPM2_Sign",              1, false, false, "g" },
	{ TPM2_CC_StartAuthSession,   "TPM2_StartAuthSession",  2, true,  false, "b" },
	{ TPM2_CC_Unseal,             "TPM2_Unseal",            1, false, false, "b" },
	{ TPM2_CC_VerifySignature,    "TPM2_VerifySignature",   1, false, false, "24b" },
};

static const struct sg_tcti_row *row_of(TPM2_CC command)
{
	const struct sg_tcti_row *found = NULL;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].command == command)
			found = &rows[i];
	return found;
}

const char *sg_tpm_command_name(TPM2_CC command)
{
	const struct sg_tcti_row *row = row_of(command);

	return row != NULL ? row->name : "a command";
}

static void live_add(struct sg_tcti *tcti, uint32_t handle)
{
	for (size_t i = 0; i < SG_TCTI_LIVE; i++) {
		if (tcti->live[i] == 0) {
			tcti->live[i] = handle;
			return;
		}
	}
	sg_log(SG_LOG_ERROR, "more TPM objects are loaded than are kept track of");
}

static void live_remove(struct sg_tcti *tcti, uint32_t handle)
{
	for (size_t i = 0; i < SG_TCTI_LIVE; i++)
		if (tcti->live[i] == handle)
			tcti->live[i] = 0;
}

/* Read a TPM2B and drop its contents. */
static void skip_sized(struct sg_reader *r)
{
	sg_read_bytes(r, sg_read_u16(r));
}

/* Note which sessions the command uses; false when the frame does not fit. */
static bool command_sessions(struct sg_tcti *tcti, struct sg_reader *r)
{
	struct sg_reader auth = sg_reader(sg_read_bytes(r, sg_read_u32(r)));

	while (!auth.failed && auth.rest.len > 0 && tcti->sessions < SG_TCTI_SESSIONS) {
		tcti->session[tcti->sessions++] = sg_read_u32(&auth);
		skip_sized(&auth);
		sg_read_u8(&auth);
		skip_sized(&auth);
	}
	return !r->failed && tcti->sessions > 0 && sg_reader_done(&auth);
}

/* Take a command apart as far as its response depends on it. */
static bool command_note(struct sg_tcti *tcti, struct sg_bytes frame)
{
	struct sg_reader r = sg_reader(frame), first;
	bool fits;

	tcti->sessions = 0;
	tcti->ended = 0;
	tcti->tag = sg_read_u16(&r);
	fits = sg_read_u32(&r) == frame.len;
	tcti->row = row_of(sg_read_u32(&r));
	if (tcti->row == NULL || !fits)
		return false;
	first = r;
	if (tcti->row->ends)
		tcti->ended = sg_read_u32(&first);
	sg_read_bytes(&r, 4u * tcti->row->handles);
	if (tcti->tag == TPM2_ST_SESSIONS)
		fits = command_sessions(tcti, &r);
	return fits && !r.failed && !first.failed;
}

/* A list: its number of elements, then each with the same parameters. */
static void skip_list(struct sg_reader *r, void (*skip)(struct sg_reader *r))
{
	for (uint32_t n = sg_read_u32(r); n > 0 && !r->failed; n--)
		skip(r);
}

static void skip_pcrs(struct sg_reader *r)
{
	sg_read_u16(r);
	sg_read_bytes(r, sg_read_u8(r));
}

/* One of ECDSA, or none; no other is ever asked for [TPM2 Part 2 §11.3.4]. */
static void skip_signature(struct sg_reader *r)
{
	uint16_t scheme = sg_read_u16(r);

	if (scheme == TPM2_ALG_NULL)
		return;
	if (scheme != TPM2_ALG_ECDSA)
		r->failed = true;
	sg_read_u16(r);
	skip_sized(r);
	skip_sized(r);
}

static void skip_handle(struct sg_reader *r)
{
	sg_read_u32(r);
}

static void skip_property(struct sg_reader *r)
{
	sg_read_u64(r);
}

/* What is asked for: handles, or numbers by name [TPM2 Part 2 §10.10.1]. */
static void skip_capability(struct sg_reader *r)
{
	uint32_t which = sg_read_u32(r);

	if (which == TPM2_CAP_HANDLES)
		skip_list(r, skip_handle);
	else if (which == TPM2_CAP_TPM_PROPERTIES)
		skip_list(r, skip_property);
	else
		r->failed = true;
}

/* Walk the parameters of a response, which must fill r exactly. What is encrypted is so
 * behind the size of the first parameter. */
static bool parameters_fit(const char *layout, struct sg_reader *r)
{
	for (; *layout != '\0'; layout++) {
		if (*layout == 'b')
			skip_sized(r);
		else if (*layout == 'c')
			skip_capability(r);
		else if (*layout == 'd')
			skip_list(r, skip_sized);
		else if (*layout == 's')
			skip_list(r, skip_pcrs);
		else if (*layout == 'g')
			skip_signature(r);
		else
			sg_read_bytes(r, (size_t)(*layout - '0'));
	}
	return sg_reader_done(r);
}

/* Check the authorisation area of a response, which ends the frame exactly, and
 * note which sessions the TPM has ended [TPM2 Part 1 §18.10]. */
static bool response_sessions(const struct sg_tcti *tcti, struct sg_reader *r,
                              uint32_t ended[SG_TCTI_SESSIONS])
{
	for (size_t i = 0; i < tcti->sessions; i++) {
		skip_sized(r);
		if ((sg_read_u8(r) & TPMA_SESSION_CONTINUESESSION) == 0)
			ended[i] = tcti->session[i];
		skip_sized(r);
	}
	return sg_reader_done(r);
}

/* Check a whole response; only one that fits changes what is known to be loaded. */
static bool response_fits(struct sg_tcti *tcti, struct sg_bytes frame)
{
	struct sg_reader r = sg_reader(frame), parameters;
	uint16_t tag = sg_read_u16(&r);
	uint32_t size = sg_read_u32(&r), code = sg_read_u32(&r), made = 0;
	uint32_t ended[SG_TCTI_SESSIONS] = { 0 };

	if (r.failed || size != frame.len)
		return false;
	if (code != TPM2_RC_SUCCESS)    /* a refusal is a header and nothing else */
		return tag == TPM2_ST_NO_SESSIONS && size == HEADER;
	if (tag != tcti->tag)
		return false;
	if (tcti->row->makes)
		made = sg_read_u32(&r);
	parameters = r;
	if (tag == TPM2_ST_SESSIONS) {
		parameters = sg_reader(sg_read_bytes(&r, sg_read_u32(&r)));
		if (!response_sessions(tcti, &r, ended))
			return false;
	}
	if (r.failed || !parameters_fit(tcti->row->layout, &parameters))
		return false;

	if (made != 0)
		live_add(tcti, made);
	if (tcti->ended != 0)
		live_remove(tcti, tcti->ended);
	for (size_t i = 0; i < tcti->sessions; i++)
		if (ended[i] != 0)
			live_remove(tcti, ended[i]);
	return true;
}

static TSS2_RC tcti_transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	struct sg_tcti *tcti = (struct sg_tcti *)context;

	if (size > sizeof tcti->kept || !command_note(tcti, sg_bytes(command, size))) {
		tcti->scrub = false;
		return TSS2_TCTI_RC_NOT_SUPPORTED;
	}
	tcti->fetched = false;
	if (tcti->scrub || tcti->lost != 0)
		return TSS2_RC_SUCCESS;
	tcti->command = tcti->row->command;
	memcpy(tcti->kept, command, size);
	tcti->kept_len = size;
	sg_tcti_send(tcti);
	return TSS2_RC_SUCCESS;
}

/* Refuse the command, and fill what lies behind the answer too: the buffer is the one
 * in which the plaintext of earlier commands stands. */
static TSS2_RC answer_here(TPM2_RC code, size_t *size, uint8_t *response)
{
	const uint8_t answer[HEADER] = {
		TPM2_ST_NO_SESSIONS >> 8, TPM2_ST_NO_SESSIONS & 0xff, 0, 0, 0, HEADER,
		0, 0, (uint8_t)(code >> 8), (uint8_t)code,
	};

	if (response == NULL) {         /* how long it is going to be: as long as it can be */
		*size = TPM2_MAX_RESPONSE_SIZE;
		return TSS2_RC_SUCCESS;
	}
	if (*size < sizeof answer)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	explicit_bzero(response, *size);
	memcpy(response, answer, sizeof answer);
	*size = sizeof answer;
	return TSS2_RC_SUCCESS;
}

/* Get the answer, all of it at once: a TCTI that is asked for its size first gives a buffer of
 * that size later, in which the answer to a second try may have no room. Return the code of
 * a refusal of ours where it is no good. */
static TPM2_RC fetch_checked(struct sg_tcti *tcti)
{
	const TSS2_RC rc = sg_tcti_fetch(tcti);

	if (rc != TSS2_RC_SUCCESS) {
		tcti->lost = rc == SG_TCTI_RC_LATE ? SG_TCTI_LATE : SG_TCTI_LOST;
		return tcti->lost;
	}
	if (tcti->answer_len <= sizeof tcti->answer &&
	    response_fits(tcti, sg_bytes(tcti->answer, tcti->answer_len)))
		return TPM2_RC_SUCCESS;
	sg_log(SG_LOG_ERROR, "the response to %s is malformed; something between this program and "
	       "the TPM is broken or hostile", tcti->row->name);
	return SG_TCTI_MALFORMED;
}

static TSS2_RC hand_over(const struct sg_tcti *tcti, size_t *size, uint8_t *response)
{
	const size_t capacity = *size;

	*size = tcti->answer_len;
	if (response == NULL)
		return TSS2_RC_SUCCESS;
	if (capacity < tcti->answer_len)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	memcpy(response, tcti->answer, tcti->answer_len);
	return TSS2_RC_SUCCESS;
}

static TSS2_RC tcti_receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response,
                            int32_t timeout)
{
	struct sg_tcti *tcti = (struct sg_tcti *)context;
	TSS2_RC rc;

	(void)timeout;                  /* tpm2-tss would wait for ever */
	if (tcti->row == NULL)
		return TSS2_TCTI_RC_BAD_SEQUENCE;
	if (!tcti->fetched) {
		tcti->refusal = tcti->scrub ? SG_TCTI_SCRUBBED : tcti->lost;
		if (tcti->refusal == TPM2_RC_SUCCESS)
			tcti->refusal = fetch_checked(tcti);
		tcti->fetched = true;
	}
	rc = tcti->refusal != TPM2_RC_SUCCESS ? answer_here(tcti->refusal, size, response)
	                                      : hand_over(tcti, size, response);
	if (response != NULL && rc == TSS2_RC_SUCCESS) {
		tcti->scrub = false;
		tcti->row = NULL;
	}
	return rc;
}

/* The inner TCTI belongs to whoever gave it to us. */
static void tcti_finalize(TSS2_TCTI_CONTEXT *context)
{
	(void)context;
}

static TSS2_RC tcti_cancel(TSS2_TCTI_CONTEXT *context)
{
	struct sg_tcti *tcti = (struct sg_tcti *)context;

	return tcti->lost != 0 ? TSS2_TCTI_RC_NO_CONNECTION : Tss2_Tcti_Cancel(tcti->inner);
}

static TSS2_RC tcti_poll_handles(TSS2_TCTI_CONTEXT *context, TSS2_TCTI_POLL_HANDLE *handles,
                                 size_t *count)
{
	struct sg_tcti *tcti = (struct sg_tcti *)context;

	return tcti->lost != 0 ? TSS2_TCTI_RC_NO_CONNECTION
	                       : Tss2_Tcti_GetPollHandles(tcti->inner, handles, count);
}

static TSS2_RC tcti_locality(TSS2_TCTI_CONTEXT *context, uint8_t locality)
{
	struct sg_tcti *tcti = (struct sg_tcti *)context;

	return tcti->lost != 0 ? TSS2_TCTI_RC_NO_CONNECTION
	                       : Tss2_Tcti_SetLocality(tcti->inner, locality);
}

void sg_tcti_init(struct sg_tcti *tcti, TSS2_TCTI_CONTEXT *inner)
{
	*tcti = (struct sg_tcti){
		.v1 = {
			.magic = TCTI_MAGIC,
			.version = 1,
			.transmit = tcti_transmit,
			.receive = tcti_receive,
			.finalize = tcti_finalize,
			.cancel = tcti_cancel,
			.getPollHandles = tcti_poll_handles,
			.setLocality = tcti_locality,
		},
		.inner = inner,
		.pause = SG_TCTI_PAUSE,
	};
}

TSS2_TCTI_CONTEXT *sg_tcti_context(struct sg_tcti *tcti)
{
	return (TSS2_TCTI_CONTEXT *)&tcti->v1;
}

void sg_tcti_scrub(struct sg_tcti *tcti)
{
	tcti->scrub = true;
}

static TSS2_RC flush_one(struct sg_tcti *tcti, uint32_t handle)
{
	const uint8_t frame[FLUSH_SIZE] = {
		0x80, 0x01, 0, 0, 0, FLUSH_SIZE, 0, 0, 0x01, 0x65,
		(uint8_t)(handle >> 24), (uint8_t)(handle >> 16),
		(uint8_t)(handle >> 8), (uint8_t)handle,
	};
	uint8_t response[TPM2_MAX_RESPONSE_SIZE];
	size_t size = sizeof response;
	TSS2_RC rc;

	tcti->scrub = false;
	rc = tcti_transmit(sg_tcti_context(tcti), sizeof frame, frame);
	if (rc == TSS2_RC_SUCCESS)
		rc = tcti_receive(sg_tcti_context(tcti), &size, response, TSS2_TCTI_TIMEOUT_BLOCK);
	return rc;
}

void sg_tcti_flush(struct sg_tcti *tcti)
{
	for (size_t i = SG_TCTI_LIVE; i-- > 0;) {
		/* After a broken connection there is nobody to tell, and a resource manager
		 * flushes by itself what a connection leaves behind. */
		if (tcti->lost != 0)
			return;
		if (tcti->live[i] != 0 && flush_one(tcti, tcti->live[i]) != TSS2_RC_SUCCESS)
			return;
	}
}
