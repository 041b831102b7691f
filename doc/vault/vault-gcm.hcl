# Vault Enterprise with AES-GCM. The PIN stands in the environment, as VAULT_HSM_PIN.
seal "pkcs11" {
  lib            = "/usr/lib/x86_64-linux-gnu/pkcs11/signet.so"
  token_label    = "vault"
  key_label      = "vault-root"
  hmac_key_label = "vault-root-hmac"
  mechanism      = "0x1087"
}
