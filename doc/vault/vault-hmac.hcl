# Vault Enterprise with AES-CBC and a code by HMAC, which is what it does where nobody says
# otherwise. It makes both keys itself. The PIN stands in the environment, as VAULT_HSM_PIN.
seal "pkcs11" {
  lib            = "/usr/lib/x86_64-linux-gnu/pkcs11/signet.so"
  token_label    = "vault"
  key_label      = "vault-root"
  hmac_key_label = "vault-root-hmac"
  mechanism      = "0x1085"
  hmac_mechanism = "0x0251"
  generate_key   = "true"
}
