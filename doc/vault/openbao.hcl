# OpenBao, for its configuration. The PIN stands in the environment, as BAO_HSM_PIN.
seal "pkcs11" {
  lib         = "/usr/lib/x86_64-linux-gnu/pkcs11/signet.so"
  token_label = "vault"
  key_label   = "bao-root"
  mechanism   = "CKM_AES_GCM"
}
