dist_man_MANS = doc/signet.1 doc/signet-curl.1 doc/signet-enroll.1 doc/signet-fleet.1 doc/signet-registrar.1 doc/signet-request.1 doc/signet.conf.5 \
	doc/signet-provider.7
dist_doc_DATA = doc/openssl.md
openssldir = $(docdir)/openssl
dist_openssl_DATA = doc/openssl/all.cnf doc/openssl/nginx.conf doc/openssl/nginx.service.conf \
	doc/openssl/service.cnf
EXTRA_DIST += doc/architecture.md doc/enrollment.md doc/formats.md doc/pkcs11.md doc/threat-model.md \
	doc/unseal.md doc/vault.md doc/vault/openbao.hcl doc/vault/signet-machine.conf doc/vault/signet-pin.conf \
	doc/vault/vault-gcm.hcl doc/vault/vault-hmac.hcl \
	doc/examples/envelope.c doc/examples/production.env \
	doc/hsm/README.md doc/hsm/aws-cloudhsm.md doc/hsm/google-cloud-kms.md doc/hsm/luna.md \
	doc/hsm/nethsm.md doc/hsm/nitrokey-hsm2.md doc/hsm/nshield.md doc/hsm/opencryptoki.md \
	doc/hsm/securosys.md doc/hsm/softhsm.md doc/hsm/yubihsm2.md
