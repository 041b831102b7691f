/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzing. The calls whose functions have a shape of their own. Each chooses its
 * arguments, makes the call and gives the answer to fuzz/model.h.
 */
#ifndef TESTS_FUZZ_CALLS_H
#define TESTS_FUZZ_CALLS_H

#include "core/pkcs11.h"
#include "fuzz/input.h"

/* Forget what earlier inputs left; and do what the first byte of an input says: nothing,
 * or C_Initialize, sessions, logins and a search for all objects. */
void fuzz_calls_reset(void);
void fuzz_start(uint8_t how);

/* C_DigestInit in the shape of the others; it takes no key. */
CK_RV fuzz_digest_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);

void fuzz_initialize(struct fuzz_input *in);
void fuzz_finalize(struct fuzz_input *in);
void fuzz_get_info(struct fuzz_input *in);
void fuzz_get_function_list(struct fuzz_input *in);
void fuzz_get_slot_list(struct fuzz_input *in);
void fuzz_get_slot_info(struct fuzz_input *in);
void fuzz_get_token_info(struct fuzz_input *in);
void fuzz_get_mechanism_list(struct fuzz_input *in);
void fuzz_get_mechanism_info(struct fuzz_input *in);
void fuzz_wait_for_slot_event(struct fuzz_input *in);
void fuzz_init_token(struct fuzz_input *in);

void fuzz_init_pin(struct fuzz_input *in);
void fuzz_set_pin(struct fuzz_input *in);
void fuzz_open_session(struct fuzz_input *in);
void fuzz_close_session(struct fuzz_input *in);
void fuzz_close_all_sessions(struct fuzz_input *in);
void fuzz_get_session_info(struct fuzz_input *in);
void fuzz_set_operation_state(struct fuzz_input *in);
void fuzz_login(struct fuzz_input *in);
void fuzz_logout(struct fuzz_input *in);

void fuzz_create_object(struct fuzz_input *in);
void fuzz_copy_object(struct fuzz_input *in);
void fuzz_destroy_object(struct fuzz_input *in);
void fuzz_get_object_size(struct fuzz_input *in);
void fuzz_get_attribute_value(struct fuzz_input *in);
void fuzz_set_attribute_value(struct fuzz_input *in);
void fuzz_find_objects_init(struct fuzz_input *in);
void fuzz_find_objects(struct fuzz_input *in);

void fuzz_digest_key(struct fuzz_input *in);
void fuzz_generate_key(struct fuzz_input *in);
void fuzz_generate_key_pair(struct fuzz_input *in);
void fuzz_wrap_key(struct fuzz_input *in);
void fuzz_unwrap_key(struct fuzz_input *in);
void fuzz_derive_key(struct fuzz_input *in);

void fuzz_message_reset(void);
void fuzz_encrypt_message(struct fuzz_input *in);
void fuzz_encrypt_message_begin(struct fuzz_input *in);
void fuzz_encrypt_message_next(struct fuzz_input *in);
void fuzz_decrypt_message(struct fuzz_input *in);
void fuzz_decrypt_message_begin(struct fuzz_input *in);
void fuzz_decrypt_message_next(struct fuzz_input *in);

void fuzz_wrap_key_authenticated(struct fuzz_input *in);
void fuzz_unwrap_key_authenticated(struct fuzz_input *in);

void fuzz_get_interface_list(struct fuzz_input *in);
void fuzz_get_interface(struct fuzz_input *in);
void fuzz_login_user(struct fuzz_input *in);
void fuzz_session_cancel(struct fuzz_input *in);
void fuzz_verify_signature_init(struct fuzz_input *in);
void fuzz_get_session_validation_flags(struct fuzz_input *in);
void fuzz_unsupported(struct fuzz_input *in);

#endif
