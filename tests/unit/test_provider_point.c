/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests. The forms in which tokens write curves and points.
 */
#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/spki.h"
#include "lib/runner.h"
#include "provider/point.h"

#define P(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ }

static const struct {
	CK_KEY_TYPE type;
	const uint8_t *params;
	size_t len;
	const struct sg_prov_kind *kind;
} curves[] = {
	{ CKK_EC_EDWARDS, P(6, 3, 0x2b, 0x65, 0x70), &sg_prov_kind_ed25519 },
	{ CKK_EC_EDWARDS, P(6, 9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1), &sg_prov_kind_ed25519 },
	{ CKK_EC_EDWARDS, P(0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'),
	  &sg_prov_kind_ed25519 },
	{ CKK_EC, P(SG_P256_OID), &sg_prov_kind_p256 },
	{ CKK_EC, P(0x13, 10, 'p', 'r', 'i', 'm', 'e', '2', '5', '6', 'v', '1'), &sg_prov_kind_p256 },
	{ CKK_EC, P(0x13, 9, 's', 'e', 'c', 'p', '2', '5', '6', 'r', '1'), &sg_prov_kind_p256 },
	/* A curve under the other type of key, Ed448, P-384, cut short, nothing. */
	{ CKK_EC, P(6, 3, 0x2b, 0x65, 0x70), NULL },
	{ CKK_EC_EDWARDS, P(SG_P256_OID), NULL },
	{ CKK_EC_EDWARDS, P(6, 3, 0x2b, 0x65, 0x71), NULL },
	{ CKK_EC, P(6, 5, 0x2b, 0x81, 4, 0, 0x22), NULL },
	{ CKK_EC_EDWARDS, P(6, 3, 0x2b, 0x65), NULL },
	{ CKK_EC, NULL, 0, NULL },
};

START_TEST(a_curve_is_known_by_each_of_its_names)
{
	ck_assert_ptr_eq(sg_prov_point_kind(curves[_i].type, sg_bytes(curves[_i].params,
	                                                              curves[_i].len)),
	                 curves[_i].kind);
}
END_TEST

/* A point of a kind's length behind these bytes. */
static struct sg_bytes behind(const struct sg_prov_kind *kind, const uint8_t *head, size_t len,
                              uint8_t out[80])
{
	if (len > 0)
		memcpy(out, head, len);
	memset(out + len, 0x5a, kind->point_len);
	return sg_bytes(out, len + kind->point_len);
}

static const struct {
	const struct sg_prov_kind *kind;
	const uint8_t *head;
	size_t len;
	bool found;
} points[] = {
	{ &sg_prov_kind_ed25519, NULL, 0, true },
	{ &sg_prov_kind_ed25519, P(4, 32), true },
	{ &sg_prov_kind_ed25519, P(3, 33, 0), true },
	{ &sg_prov_kind_p256, NULL, 0, true },
	{ &sg_prov_kind_p256, P(4, 65), true },
	{ &sg_prov_kind_p256, P(3, 66, 0), true },
	/* Bits that are not used, another tag, a length that is not it. */
	{ &sg_prov_kind_ed25519, P(3, 33, 1), false },
	{ &sg_prov_kind_ed25519, P(5, 32), false },
	{ &sg_prov_kind_ed25519, P(4, 31), false },
	{ &sg_prov_kind_ed25519, P(4, 33), false },
	{ &sg_prov_kind_ed25519, P(4, 0x81, 32), false },
	{ &sg_prov_kind_p256, P(4, 32), false },
};

START_TEST(a_point_is_read_in_each_of_its_forms)
{
	uint8_t value[80];
	const struct sg_prov_kind *kind = points[_i].kind;
	struct sg_bytes point = sg_prov_point_read(kind, behind(kind, points[_i].head,
	                                                        points[_i].len, value));

	ck_assert_uint_eq(point.len, points[_i].found ? kind->point_len : 0);
	if (points[_i].found)
		ck_assert_mem_eq(point.data, value + points[_i].len, point.len);
}
END_TEST

START_TEST(a_point_is_read_from_what_a_certificate_holds)
{
	const struct sg_prov_kind *const kinds[] = { &sg_prov_kind_ed25519, &sg_prov_kind_p256 };
	const struct sg_prov_kind *kind = kinds[_i];
	uint8_t bytes[80];
	struct sg_bytes point = behind(kind, NULL, 0, bytes), found;
	struct sg_buf spki = { 0 };

	ck_assert_int_eq(sg_spki_der(kind->algorithm, point, &spki), SG_OK);
	found = sg_prov_point_of_spki(kind, sg_buf_bytes(&spki));
	ck_assert(sg_bytes_equal(found, point));
	ck_assert_uint_eq(sg_prov_point_of_spki(kinds[1 - _i], sg_buf_bytes(&spki)).len, 0);
	for (size_t len = 0; len < spki.len; len++)
		ck_assert_uint_eq(sg_prov_point_of_spki(kind, sg_bytes(spki.data, len)).len, 0);
	sg_buf_free(&spki);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("provider_point");
	TCase *t = tcase_create("point");

	tcase_add_loop_test(t, a_curve_is_known_by_each_of_its_names, 0,
	                    sizeof curves / sizeof curves[0]);
	tcase_add_loop_test(t, a_point_is_read_in_each_of_its_forms, 0,
	                    sizeof points / sizeof points[0]);
	tcase_add_loop_test(t, a_point_is_read_from_what_a_certificate_holds, 0, 2);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return test_run(suite());
}
