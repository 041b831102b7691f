/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. The tripwire of a token. What was kept is read before the hardware is asked, so that
 * what another process keeps meanwhile never looks like time that went back.
 */
#include "core/token_tripwire.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "util/cursor.h"
#include "util/file.h"
#include "util/log.h"
#include "util/signal.h"

#define STALE 60000                     /* milliseconds after which a look is kept anew */

/* One comparison. */
struct watch {
	const struct sg_tripwire_ops *ops;
	bool refuse;
	char *path;
	uint8_t whose[SG_TRIPWIRE_WHOSE];
	bool kept;                      /* there is something to compare with */
	bool damaged;                   /* there was, and it can't be read */
	struct sg_tripwire before;
	struct sg_boot_moment now;      /* before the look */
	struct sg_boot_moment until;    /* the same, with all the sleep until after the look */
	struct sg_boot_look look;
	unsigned trips;                 /* found now */
};

static char *path_of(const struct sg_token *token)
{
	return sg_store_beside(token->path, "boot");
}

static bool wanted(const struct sg_token *token, const struct sg_sealer *sealer)
{
	return token->config->tripwire != SG_TRIPWIRE_OFF && sealer->ops->tripwire != NULL;
}

/* A token that moved to other hardware begins anew, so its uuid is not enough. */
static enum sg_err name_hardware(const struct sg_token_record *record,
                                 uint8_t whose[SG_TRIPWIRE_WHOSE])
{
	uint8_t digest[SG_DIGEST_MAX];
	struct sg_buf both = { 0 };
	struct sg_writer w = sg_writer(&both);
	enum sg_err err;

	sg_write_bytes(&w, sg_bytes(record->uuid, SG_UUID));
	sg_write_bytes(&w, sg_bytes(record->sealer, sizeof record->sealer));
	sg_write_var(&w, sg_buf_bytes(&record->parent));
	err = w.err;
	if (err == SG_OK)
		err = sg_digest_once(SG_SHA256, sg_buf_bytes(&both), digest);
	if (err == SG_OK)
		memcpy(whose, digest, SG_TRIPWIRE_WHOSE);
	sg_buf_free(&both);
	return err;
}

/* Read what was kept of this token. Whatever else lies in its place was put there. */
static enum sg_err read_kept(struct watch *w)
{
	struct sg_buf stored = { 0 };
	enum sg_err err = sg_file_read_trusted(w->path, SG_TRIPWIRE_STORED, &stored);

	if (err == SG_OK)
		err = sg_tripwire_parse(sg_buf_bytes(&stored), &w->before);
	w->kept = err == SG_OK && memcmp(w->before.whose, w->whose, sizeof w->whose) == 0;
	w->damaged = err == SG_ERR_FORMAT || err == SG_ERR_RANGE || err == SG_ERR_STORE_UNSAFE;
	if (!w->kept)
		w->before = (struct sg_tripwire){ .trips = 0 };
	sg_buf_free(&stored);
	return err == SG_ERR_NOT_FOUND || w->damaged ? SG_OK : err;
}

/* Begin a comparison; the hardware is asked next. */
static enum sg_err begin(struct sg_token *token, const struct sg_sealer *sealer,
                         const struct sg_token_record *record, struct watch *w)
{
	enum sg_err err;

	*w = (struct watch){
		.ops = sealer->ops->tripwire,
		.refuse = token->config->tripwire == SG_TRIPWIRE_REFUSE,
		.path = path_of(token),
	};
	err = w->path == NULL ? SG_ERR_NOMEM : sg_boot_moment_read(&w->now);
	if (err == SG_OK)
		err = name_hardware(record, w->whose);
	if (err == SG_OK)
		err = read_kept(w);
	/* What costs more commands is asked once a boot, and always where a wrong answer must
	 * not open the token. */
	w->look.whole = w->refuse || !w->kept || !sg_boot_same(&w->before.moment, &w->now) ||
	                !w->ops->whole(&w->before.state);
	return err;
}

/* The hardware was asked. The machine may have slept before it answered; what is kept is the
 * moment before, so that the next look takes no sleep for granted that came after this one. */
static enum sg_err end(struct watch *w)
{
	struct sg_boot_moment after;
	enum sg_err err = sg_boot_moment_read(&after);

	w->until = w->now;
	if (err == SG_OK)
		w->until.asleep = after.asleep;
	return err;
}

/* Compare what the hardware told with what was kept. */
static void judge(struct watch *w)
{
	const struct sg_boot_gap gap = {
		.same_boot = sg_boot_same(&w->before.moment, &w->now),
		.slept = sg_boot_slept(&w->before.moment, &w->until),
		.up = sg_boot_up(&w->until),
		.late = w->before.late,
	};

	w->trips = w->damaged ? SG_TRIP_RECORD : 0;
	if (w->look.made)
		w->trips |= w->ops->judge(w->kept ? &w->before.state : NULL, &w->look.state, &gap);
	else if (w->kept)
		w->trips |= SG_TRIP_SILENT;
}

static enum sg_err keep(const char *path, const struct sg_tripwire *tripwire)
{
	struct sg_signal_hold hold;
	struct sg_buf stored = { 0 };
	enum sg_err err = sg_tripwire_write(tripwire, &stored);

	sg_signal_block(&hold, SIGXFSZ);
	if (err == SG_OK)
		err = sg_file_replace_private(path, sg_buf_bytes(&stored));
	sg_signal_release(&hold);
	sg_buf_free(&stored);
	return err;
}

/* Tell whether the look says more than what was kept. */
static bool worth_keeping(const struct watch *w)
{
	const struct sg_boot_moment *then = &w->before.moment;

	if (!w->kept || w->trips != 0 || !sg_boot_same(then, &w->now) ||
	    (w->look.made && !w->ops->whole(&w->before.state)))
		return true;
	return w->now.awake + w->now.asleep >= then->awake + then->asleep + STALE;
}

/* Bring what is kept up to date. The new state takes the place of the old one also where it
 * trips: it is what the next look is compared with, and the trips stay until they are accepted. */
static enum sg_err update(const struct watch *w)
{
	struct sg_tripwire after = w->before;

	if (!worth_keeping(w) || (!w->look.made && !w->kept))
		return SG_OK;
	memcpy(after.whose, w->whose, sizeof after.whose);
	after.moment = w->now;
	if (w->look.made)
		after.state = w->look.state;
	after.trips |= w->trips;
	if (w->trips != 0)
		after.tripped = (uint64_t)time(NULL);
	return keep(w->path, &after);
}

/* Say what trips: the cause of an error where that is one. */
static void tell(const struct watch *w, unsigned trips)
{
	enum sg_log_level level = w->refuse ? SG_LOG_ERROR : SG_LOG_NOTICE;

	for (unsigned bit = 0; bit < SG_TRIPS; bit++)
		if ((trips & 1u << bit) != 0)
			sg_log(level, "tripwire: %s%s%s", sg_trip_sentence(bit),
			       1u << bit == SG_TRIP_RECORD ? ": " : "",
			       1u << bit == SG_TRIP_RECORD ? w->path : "");
}

/* Judge a look that was taken. */
static enum sg_err finish(struct watch *w)
{
	unsigned known = w->before.trips;
	enum sg_err err = end(w);

	if (err != SG_OK)
		return w->refuse ? err : SG_OK;
	judge(w);
	err = update(w);
	tell(w, w->trips | known);
	if (!w->refuse)
		return SG_OK;
	if (!w->look.made && w->trips == 0) {
		sg_log(SG_LOG_ERROR, "the TPM does not tell its counters and its clock, so nobody "
		       "knows whether it was reset");
		return SG_ERR_TRIPWIRE;
	}
	if ((w->trips | known) != 0)
		return SG_ERR_TRIPWIRE;
	/* What is kept is older than it could be, and still tells the next look of a reset. */
	return w->kept ? SG_OK : err;
}

enum sg_err sg_token_unseal(struct sg_token *token, struct sg_sealer *sealer,
                            const struct sg_token_record *record, struct sg_seal_guard *guard,
                            struct sg_bytes blob, struct sg_secret **out)
{
	struct watch w = { .path = NULL };
	bool watching = wanted(token, sealer) && !token->watched;
	enum sg_err err = SG_OK, verdict = SG_OK;

	*out = NULL;
	if (watching)
		err = begin(token, sealer, record, &w);
	if (err != SG_OK && !w.refuse) {
		watching = false;       /* the log has said why */
		err = err == SG_ERR_NOMEM ? err : SG_OK;
	}
	/* No try of a PIN is spent on a token that stays closed. */
	if (err == SG_OK && watching && w.refuse && w.before.trips != 0) {
		tell(&w, w.before.trips);
		err = SG_ERR_TRIPWIRE;
	}
	if (err != SG_OK)
		goto out;
	guard->look = watching ? &w.look : NULL;
	err = sealer->ops->unseal(sealer, sg_buf_bytes(&record->parent), guard, blob, out);
	guard->look = NULL;
	/* A reset is often the reason why the rest failed. */
	if (watching && (err == SG_OK || w.look.made)) {
		verdict = finish(&w);
		token->watched = verdict == SG_OK;
	}
	if (verdict != SG_OK) {
		sg_secret_free(out);
		err = verdict;
	}
out:
	free(w.path);
	return err;
}

/* Take the hardware for good as the look shows it. */
static void take(const struct watch *w, struct sg_tripwire_fresh *out)
{
	*out = (struct sg_tripwire_fresh){ .made = w->look.made };
	if (!w->look.made)
		return;
	memcpy(out->kept.whose, w->whose, sizeof out->kept.whose);
	out->kept.moment = w->now;
	out->kept.state = w->look.state;
	out->kept.late = w->ops->late(&w->look.state, sg_boot_up(&w->until));
}

enum sg_err sg_token_tripwire_begin(struct sg_token *token, struct sg_sealer *sealer,
                                    const struct sg_token_record *record,
                                    struct sg_tripwire_fresh *fresh)
{
	struct watch w = { .ops = sealer->ops->tripwire, .look.whole = true };
	enum sg_err err;

	*fresh = (struct sg_tripwire_fresh){ .made = false };
	/* Nothing is noted where the kernel does not tell the boot; a use says so. */
	if (!wanted(token, sealer) || sg_boot_moment_read(&w.now) != SG_OK)
		return SG_OK;
	err = name_hardware(record, w.whose);
	if (err == SG_OK)
		err = w.ops->look(sealer, sg_buf_bytes(&record->parent), &w.look);
	if (err == SG_OK && end(&w) == SG_OK)
		take(&w, fresh);
	return err;
}

enum sg_err sg_token_tripwire_keep(const struct sg_token *token,
                                   const struct sg_tripwire_fresh *fresh)
{
	char *path;
	enum sg_err err;

	if (!fresh->made)
		return SG_OK;
	path = path_of(token);
	err = path == NULL ? SG_ERR_NOMEM : keep(path, &fresh->kept);
	free(path);
	return err;
}

/* Run fn for the token as it is stored. */
static enum sg_err with_sealer(struct sg_token *token,
                               enum sg_err (*fn)(struct sg_token *token, struct sg_sealer *sealer,
                                                 const struct sg_token_record *record, void *arg),
                               void *arg)
{
	struct sg_token_record record = { 0 };
	struct sg_sealer *sealer;
	enum sg_err err = sg_token_read_record(token, &record);

	sg_token_opening_lock(token);
	if (err == SG_OK)
		err = sg_token_sealer(token, record.sealer, &sealer);
	if (err == SG_OK)
		err = fn(token, sealer, &record, arg);
	sg_token_opening_unlock(token);
	sg_token_record_clear(&record);
	return err;
}

static enum sg_err do_look(struct sg_token *token, struct sg_sealer *sealer,
                           const struct sg_token_record *record, void *arg)
{
	struct sg_tripwire_view *out = arg;
	struct watch w = { .path = NULL };
	enum sg_err err = SG_OK;

	out->able = wanted(token, sealer);
	if (!out->able)
		goto out;
	out->err = begin(token, sealer, record, &w);
	if (out->err != SG_OK)
		goto out;
	snprintf(out->file, sizeof out->file, "%s", w.path);
	w.look.whole = true;
	err = w.ops->look(sealer, sg_buf_bytes(&record->parent), &w.look);
	if (err == SG_OK && w.look.made)
		err = w.ops->view(&w.look.state, &out->boot);
	if (err == SG_OK)
		out->err = end(&w);
	if (err != SG_OK || out->err != SG_OK)
		goto out;
	judge(&w);
	out->looked = w.look.made;
	out->trips = w.before.trips | w.trips;
	out->tripped = w.trips == 0 ? w.before.tripped : 0;
	take(&w, &out->fresh);
out:
	free(w.path);
	return err;
}

enum sg_err sg_token_tripwire_look(struct sg_token *token, struct sg_tripwire_view *out)
{
	*out = (struct sg_tripwire_view){ .able = false };
	return with_sealer(token, do_look, out);
}

enum sg_err sg_token_tripwire_accept(const struct sg_token *token,
                                     const struct sg_tripwire_view *view)
{
	enum sg_err err = view->err;

	if (!view->able) {
		sg_log(SG_LOG_ERROR, "there is no tripwire: the configuration says tripwire = off, or "
		       "the token is not sealed by a TPM");
		return SG_ERR_SEALER_OFF;
	}
	if (err == SG_OK && !view->fresh.made)
		err = SG_ERR_TRIPWIRE;
	if (err == SG_OK)
		err = sg_token_tripwire_keep(token, &view->fresh);
	if (err == SG_OK)
		sg_log(SG_LOG_NOTICE, "the TPM was accepted as it is now");
	return err;
}

void sg_token_tripwire_forget(const struct sg_token *token)
{
	char *path = path_of(token);

	if (path != NULL)
		(void)unlink(path);
	free(path);
}
