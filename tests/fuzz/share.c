/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. Shares, as bytes, as words and as base64, and recovery keys as text: what can be read is
 * written so that it is read again as the same, and what is mistyped is named in its bounds.
 */
#include <string.h>

#include "core/recovery.h"
#include "core/share_text.h"
#include "crypto/crypto.h"
#include "fuzz/input.h"
#include "util/proquint.h"

static void need(bool condition, const char *what)
{
	if (!condition)
		fuzz_fail("%s", what);
}

static bool is_expected(enum sg_err err)
{
	return err == SG_OK || err == SG_ERR_FORMAT || err == SG_ERR_TAG || err == SG_ERR_RANGE ||
	       err == SG_ERR_ARG;
}

static void try_bytes(struct sg_bytes bytes)
{
	struct sg_share share;
	struct sg_secret *again = NULL;
	enum sg_err err = sg_share_read(bytes, &share);

	need(is_expected(err), "bytes fail for another cause");
	if (err == SG_OK) {
		need(share.k >= 2 && share.k <= share.n && share.n <= SG_SHARES_MOST &&
		     sg_share_place(&share) >= 1 && sg_share_place(&share) <= share.n,
		     "the numbers make no sense");
		need(sg_share_write(&share, &again) == SG_OK &&
		     sg_bytes_equal(sg_secret_bytes(again), bytes), "it is written differently");
	}
	sg_secret_free(&again);
	sg_share_clear(&share);
}

/* Write a share in a form and read it. */
static void try_form(const struct sg_share *share, enum sg_share_form form)
{
	struct sg_secret *text = NULL;
	struct sg_share again;
	size_t wrong;

	need(sg_share_text_write(share, form, &text) == SG_OK, "it is not written");
	need(sg_share_text_is_words(sg_secret_bytes(text)) == (form == SG_SHARE_WORDS),
	     "its form is not known again");
	need(sg_share_text_read(sg_secret_bytes(text), &again, &wrong) == SG_OK &&
	     sg_bytes_equal(sg_secret_bytes(again.part), sg_secret_bytes(share->part)),
	     "it does not come back");
	sg_share_clear(&again);
	sg_secret_free(&text);
}

static void try_text(struct sg_bytes text)
{
	struct sg_share share;
	size_t wrong;
	enum sg_err err = sg_share_text_read(text, &share, &wrong);

	need(is_expected(err), "a text fails for another cause");
	need(wrong == 0 || (err == SG_ERR_TAG && wrong <= sg_share_text_count(text)),
	     "a word is named that is not there");
	if (err == SG_OK) {
		try_form(&share, SG_SHARE_WORDS);
		try_form(&share, SG_SHARE_BASE64);
	}
	sg_share_clear(&share);
}

static void try_words(struct sg_bytes text)
{
	struct sg_secret *bytes = NULL, *words = NULL, *again = NULL;
	size_t wrong;

	if (sg_proquint_read(text, &bytes, &wrong) == SG_OK) {
		need(sg_proquint_write(sg_secret_bytes(bytes), &words) == SG_OK &&
		     sg_proquint_read(sg_secret_bytes(words), &again, &wrong) == SG_OK &&
		     sg_bytes_equal(sg_secret_bytes(bytes), sg_secret_bytes(again)),
		     "words are others when they are written");
	}
	sg_secret_free(&bytes);
	sg_secret_free(&words);
	sg_secret_free(&again);
}

static void try_keys(struct sg_bytes text)
{
	char line[SG_RECOVERY_PUBLIC + 1];
	uint8_t key[SG_X25519_LEN], again[SG_X25519_LEN];
	struct sg_secret *private_key = NULL;
	size_t wrong;
	enum sg_err err = sg_recovery_public_read(text, key, &wrong);

	need(is_expected(err) && wrong <= text.len, "a public key fails for another cause");
	if (err == SG_OK) {
		need(sg_recovery_public_write(sg_bytes(key, sizeof key), line) == SG_OK &&
		     sg_recovery_public_read(sg_bytes_str(line), again, &wrong) == SG_OK &&
		     memcmp(key, again, sizeof key) == 0, "a public key does not come back");
	}
	err = sg_recovery_private_read(text, &private_key, &wrong);
	need(is_expected(err) && (err == SG_OK) == (private_key != NULL),
	     "a private key fails for another cause");
	sg_secret_free(&private_key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	need(sg_crypto_start() == SG_OK, "crypto");
	try_bytes(sg_bytes(data, len));
	try_text(sg_bytes(data, len));
	try_words(sg_bytes(data, len));
	try_keys(sg_bytes(data, len));
	sg_crypto_stop();
	return 0;
}
