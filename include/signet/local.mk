signetincludedir = $(includedir)/signet
signetinclude_HEADERS = include/signet/pkcs11.h include/signet/pkcs11_functions.h include/signet/request.h
