/* SPDX-License-Identifier: Apache-2.0
 *
 * Ring 3. Shares of a secret. The check value of the secret is a code by the secret itself: of 32
 * random bytes it tells nothing but whether they are the right ones.
 */
#include "core/share.h"

#include <string.h>

#include "crypto/digest.h"
#include "crypto/mac.h"
#include "crypto/random.h"
#include "util/cursor.h"

#define VERSION 1
#define SUM 4                           /* bytes at the end that tell of damage */
#define HEAD (4 + 1 + SG_SHARE_ID + 1 + 1 + SG_SHARE_CHECK + 1)
#define TRIES 20000                     /* more than there are ways to choose 8 of 16 */

static const char magic[4] = { 'S', 'G', 'S', 'S' };

/* Make the check value of a secret, as one of this sharing. */
static void make_check(const struct sg_secret *secret, const struct sg_share *share,
                       uint8_t check[SG_SHARE_CHECK])
{
	const uint8_t numbers[] = { share->k, share->n };
	const struct sg_bytes parts[] = {
		sg_bytes_str("signet share"), sg_bytes(share->id, SG_SHARE_ID),
		sg_bytes(numbers, sizeof numbers),
	};
	uint8_t mac[SG_MAC];

	sg_mac(sg_secret_bytes(secret), parts, 3, mac);
	memcpy(check, mac, SG_SHARE_CHECK);
}

void sg_share_clear(struct sg_share *share)
{
	sg_secret_free(&share->part);
	*share = (struct sg_share){ .part = NULL };
}

enum sg_err sg_share_make(const struct sg_secret *secret, size_t n, size_t k,
                          struct sg_share *shares)
{
	struct sg_share sharing = { .k = (uint8_t)k, .n = (uint8_t)n };
	struct sg_secret *part[SG_SHARES_MOST];
	uint8_t check[SG_SHARE_CHECK];
	enum sg_err err;

	if (n > SG_SHARES_MOST)
		return SG_ERR_RANGE;
	err = sg_shamir_split(secret, n, k, part);
	if (err != SG_OK)
		return err;
	sg_random(sharing.id, sizeof sharing.id);
	make_check(secret, &sharing, check);
	for (size_t i = 0; i < SG_SHARE_CHECK; i++)     /* every share shows it */
		sharing.check[i] = (uint8_t)sg_secret_reveal(check[i]);
	for (size_t i = 0; i < n; i++) {
		shares[i] = sharing;
		shares[i].part = part[i];
	}
	return SG_OK;
}

static enum sg_err sum_of(struct sg_bytes bytes, uint8_t sum[SUM])
{
	uint8_t digest[32];
	enum sg_err err = sg_digest_once(SG_SHA256, bytes, digest);

	memcpy(sum, digest, SUM);
	return err;
}

enum sg_err sg_share_write(const struct sg_share *share, struct sg_secret **out)
{
	const size_t len = HEAD + share->part->len + SUM;
	enum sg_err err = sg_secret_new(len, out);
	uint8_t *p;

	if (err != SG_OK)
		return err;
	p = (*out)->data;
	memcpy(p, magic, 4);
	p[4] = VERSION;
	memcpy(p + 5, share->id, SG_SHARE_ID);
	p += 5 + SG_SHARE_ID;
	*p++ = share->k;
	*p++ = share->n;
	memcpy(p, share->check, SG_SHARE_CHECK);
	p += SG_SHARE_CHECK;
	*p++ = (uint8_t)share->part->len;
	memcpy(p, share->part->data, share->part->len);
	p += share->part->len;
	err = sum_of(sg_bytes((*out)->data, len - SUM), p);
	(*out)->len = len;
	if (err != SG_OK)
		sg_secret_free(out);
	return err;
}

static bool numbers_fit(const struct sg_share *share)
{
	const unsigned place = share->part->len >= 2 ? sg_share_place(share) : 0;

	return share->k >= 2 && share->k <= share->n && share->n <= SG_SHARES_MOST && place >= 1 &&
	       place <= share->n;
}

/* Read what stands before the values, of which everybody who sees a share may know. */
static enum sg_err read_head(struct sg_bytes bytes, struct sg_share *share, size_t *part)
{
	uint8_t head[HEAD];
	struct sg_reader r = sg_reader(sg_bytes(head, bytes.len < HEAD ? bytes.len : HEAD));
	struct sg_bytes id, check;

	for (size_t i = 0; i < r.rest.len; i++)
		head[i] = (uint8_t)sg_secret_reveal(bytes.data[i]);
	sg_read_magic(&r, magic);
	if (sg_read_u8(&r) != VERSION || r.failed)
		return SG_ERR_FORMAT;
	id = sg_read_bytes(&r, SG_SHARE_ID);
	share->k = sg_read_u8(&r);
	share->n = sg_read_u8(&r);
	check = sg_read_bytes(&r, SG_SHARE_CHECK);
	*part = sg_read_u8(&r);
	if (!sg_reader_done(&r) || bytes.len != HEAD + *part + SUM)
		return SG_ERR_TAG;
	memcpy(share->id, id.data, SG_SHARE_ID);
	memcpy(share->check, check.data, SG_SHARE_CHECK);
	return SG_OK;
}

enum sg_err sg_share_read(struct sg_bytes bytes, struct sg_share *share)
{
	uint8_t sum[SUM];
	size_t part = 0;
	enum sg_err err;

	*share = (struct sg_share){ .part = NULL };
	err = read_head(bytes, share, &part);
	if (err == SG_OK)
		err = sum_of(sg_bytes(bytes.data, HEAD + part), sum);
	if (err == SG_OK && !sg_secret_equal(sg_bytes(sum, SUM),
	                                     sg_bytes(bytes.data + HEAD + part, SUM)))
		err = SG_ERR_TAG;
	if (err == SG_OK)
		err = sg_secret_copy(sg_bytes(bytes.data + HEAD, part), &share->part);
	if (err == SG_OK && !numbers_fit(share))
		err = SG_ERR_FORMAT;
	if (err != SG_OK)
		sg_share_clear(share);
	return err;
}

unsigned sg_share_place(const struct sg_share *share)
{
	return (unsigned)sg_secret_reveal(share->part->data[share->part->len - 1]);
}

static bool same_sharing(const struct sg_share *a, const struct sg_share *b)
{
	return memcmp(a->id, b->id, SG_SHARE_ID) == 0 && a->k == b->k && a->n == b->n &&
	       memcmp(a->check, b->check, SG_SHARE_CHECK) == 0 && a->part->len == b->part->len;
}

/* Return how many places of its sharing are there. */
static size_t company(const struct sg_share *shares, size_t count, const struct sg_share *one)
{
	bool taken[SG_SHARES_MOST + 1] = { false };
	size_t places = 0;

	for (size_t i = 0; i < count; i++) {
		const unsigned place = sg_share_place(&shares[i]);

		if (!same_sharing(&shares[i], one) || taken[place])
			continue;
		taken[place] = true;
		places++;
	}
	return places;
}

/* Return the share whose sharing most of them are of; *tied tells whether there is another such. */
static const struct sg_share *most_of(const struct sg_share *shares, size_t count, bool *tied)
{
	const struct sg_share *best = NULL;
	size_t most = 0;

	*tied = false;
	for (size_t i = 0; i < count; i++) {
		const size_t places = company(shares, count, &shares[i]);

		if (places > most) {
			most = places;
			best = &shares[i];
			*tied = false;
		} else if (places == most && !same_sharing(&shares[i], best)) {
			*tied = true;
		}
	}
	return best;
}

/* Those that count, by their numbers among all. */
struct choice {
	const struct sg_share *shares;
	size_t from[SG_SHARES_MOST];
	size_t n;
	size_t at[SG_SHARES_MOST];      /* the k of them that are tried, ascending */
	size_t k;
};

/* Say of all what is to be said where no sharing has the most of them. */
static void leave_open(const struct sg_share *shares, size_t count, size_t most,
                       enum sg_share_fault *fault)
{
	for (size_t i = 0; i < count; i++) {
		bool again = false;

		for (size_t j = 0; j < i; j++)
			again = again || (same_sharing(&shares[i], &shares[j]) &&
			                  sg_share_place(&shares[i]) == sg_share_place(&shares[j]));
		fault[i] = company(shares, count, &shares[i]) < most ? SG_SHARE_FOREIGN
		           : again                                   ? SG_SHARE_AGAIN
		                                                     : SG_SHARE_TIED;
	}
}

/* Say who is of another sharing or there again, and choose among the others: none where it is open
 * which sharing counts. */
static void sort_out(struct choice *c, size_t count, enum sg_share_fault *fault)
{
	bool taken[SG_SHARES_MOST + 1] = { false }, tied;
	const struct sg_share *model = most_of(c->shares, count, &tied);

	c->k = model->k;
	if (tied) {
		leave_open(c->shares, count, company(c->shares, count, model), fault);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const unsigned place = sg_share_place(&c->shares[i]);

		fault[i] = !same_sharing(&c->shares[i], model) ? SG_SHARE_FOREIGN
		           : taken[place]                      ? SG_SHARE_AGAIN
		                                               : SG_SHARE_GOOD;
		if (fault[i] != SG_SHARE_GOOD)
			continue;
		taken[place] = true;
		c->from[c->n++] = i;
	}
}

/* Bring those together that are tried. TAG: they do not have it. */
static enum sg_err try(const struct choice *c, struct sg_secret **secret)
{
	const struct sg_secret *part[SG_SHARES_MOST];
	const struct sg_share *first = &c->shares[c->from[c->at[0]]];
	uint8_t check[SG_SHARE_CHECK];
	enum sg_err err;

	for (size_t i = 0; i < c->k; i++)
		part[i] = c->shares[c->from[c->at[i]]].part;
	err = sg_shamir_combine(part, c->k, secret);
	if (err != SG_OK)
		return err;
	make_check(*secret, first, check);
	if (sg_secret_equal(sg_bytes(check, SG_SHARE_CHECK),
	                    sg_bytes(first->check, SG_SHARE_CHECK)))
		return SG_OK;
	sg_secret_free(secret);
	return SG_ERR_TAG;
}

/* Go on to the next k of n; false where there is none. */
static bool next(struct choice *c)
{
	size_t i = c->k;

	while (i > 0 && c->at[i - 1] == c->n - c->k + i - 1)
		i--;
	if (i == 0)
		return false;
	c->at[i - 1]++;
	for (; i < c->k; i++)
		c->at[i] = c->at[i - 1] + 1;
	return true;
}

/* Those that were not among the k that have it: each in the place of the first of them. */
static enum sg_err judge_others(struct choice *c, enum sg_share_fault *fault)
{
	bool used[SG_SHARES_MOST] = { false };
	struct sg_secret *secret = NULL;
	enum sg_err err = SG_OK;

	for (size_t i = 0; i < c->k; i++)
		used[c->at[i]] = true;
	for (size_t i = 0; i < c->n && (err == SG_OK || err == SG_ERR_TAG); i++) {
		if (used[i])
			continue;
		c->at[0] = i;
		err = try(c, &secret);
		fault[c->from[i]] = err == SG_OK ? SG_SHARE_GOOD : SG_SHARE_WRONG;
		sg_secret_free(&secret);
	}
	return err == SG_ERR_TAG ? SG_OK : err;
}

enum sg_err sg_share_combine(const struct sg_share *shares, size_t count,
                             enum sg_share_fault *fault, struct sg_secret **secret)
{
	struct choice c = { .shares = shares };
	enum sg_err err;
	int tries = 0;

	*secret = NULL;
	if (count == 0 || count > SG_SHARES_MOST)
		return SG_ERR_RANGE;
	sort_out(&c, count, fault);
	if (c.n < c.k)
		return SG_ERR_RANGE;
	for (size_t i = 0; i < c.k; i++)
		c.at[i] = i;
	do
		err = try(&c, secret);
	while (err == SG_ERR_TAG && ++tries < TRIES && next(&c));
	for (size_t i = 0; i < c.n && err == SG_ERR_TAG; i++)
		fault[c.from[i]] = SG_SHARE_SUSPECT;
	if (err == SG_OK)
		err = judge_others(&c, fault);
	if (err != SG_OK)
		sg_secret_free(secret);
	return err;
}
