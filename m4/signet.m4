# SPDX-License-Identifier: Apache-2.0
#
# What configure asks for more than once.

# SIGNET_DEPENDENCY(PREFIX, PKG-CONFIG MODULES, DEBIAN PACKAGE)
# Require the modules, or stop and name the package to install.
AC_DEFUN([SIGNET_DEPENDENCY],
  [PKG_CHECK_MODULES([$1], [$2], [],
    [AC_MSG_ERROR([$2 was not found; on Debian: apt-get install $3])])])

# SIGNET_FOLDER(VARIABLE, WHAT, PKG-CONFIG MODULE, ITS VARIABLE)
# Set and substitute a folder, from --with-VARIABLE or from pkg-config.
AC_DEFUN([SIGNET_FOLDER],
  [AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=DIR], [folder of $2])], [$1=$withval],
    [PKG_CHECK_VAR([$1], [$3], [$4], [],
      [AC_MSG_ERROR([$3 does not say where $2 go; use --with-$1=DIR])])])
   AC_SUBST([$1])])

# SIGNET_UNIT_FOLDER(VARIABLE, WHAT, NAME)
# Set and substitute a folder of systemd, from --with-VARIABLE or below the prefix: systemd looks
# below /usr and /usr/local, and "pkg-config --variable=VARIABLE systemd" knows only the first.
AC_DEFUN([SIGNET_UNIT_FOLDER],
  [AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=DIR], [folder of $2])], [$1=$withval],
    [$1='${prefix}/lib/$3'])
   AC_SUBST([$1])])

# SIGNET_FLAGS(VARIABLE, FLAGS)
# Append to VARIABLE each of the flags that the compiler takes.
AC_DEFUN([SIGNET_FLAGS],
  [for signet_flag in m4_normalize([$2]); do
     AC_MSG_CHECKING([whether the compiler takes $signet_flag])
     signet_saved=$CFLAGS
     CFLAGS="$CFLAGS -Werror $signet_flag"
     AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
       [AC_MSG_RESULT([yes]); $1="$$1 $signet_flag"], [AC_MSG_RESULT([no])])
     CFLAGS=$signet_saved
   done])

AC_DEFUN([SIGNET_WARNINGS],
  [SIGNET_FLAGS([WARN_CFLAGS], [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
     -Wpointer-arith -Wwrite-strings -Wswitch-enum -Wvla -Wformat=2 -Wundef -Wcast-align
     -Wno-missing-field-initializers])
   AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
   AC_SUBST([WARN_CFLAGS])])

AC_DEFUN([SIGNET_HARDENING],
  [AS_IF([test "$enable_sanitizer" = no],
     [SIGNET_FLAGS([HARD_CFLAGS], [-fstack-protector-strong -fstack-clash-protection
        -fcf-protection=full -ftrivial-auto-var-init=zero -U_FORTIFY_SOURCE
        -D_FORTIFY_SOURCE=2])])
   SIGNET_FLAGS([HARD_LDFLAGS], [-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed])
   AC_SUBST([HARD_CFLAGS])
   AC_SUBST([HARD_LDFLAGS])])

AC_DEFUN([SIGNET_SANITIZER],
  [AS_IF([test "$enable_sanitizer" != no],
     [SAN_CFLAGS="-fsanitize=$enable_sanitizer -fno-omit-frame-pointer -fno-sanitize-recover=all"])
   AS_IF([test "$enable_fuzzing" != no], [SAN_CFLAGS="$SAN_CFLAGS -fsanitize=fuzzer-no-link"])
   AC_SUBST([SAN_CFLAGS])
   AM_CONDITIONAL([SANITIZER], [test "$enable_sanitizer" != no])
   AS_CASE([$enable_sanitizer],
     [*address*], [SANITIZER_RUNTIME=asan], [*thread*], [SANITIZER_RUNTIME=tsan], [SANITIZER_RUNTIME=])
   AC_SUBST([SANITIZER_RUNTIME])])

# Before SIGNET_SANITIZER: fuzzing turns sanitizers on. All is built with what libFuzzer needs
# to see, and the fuzzers are linked with its main.
AC_DEFUN([SIGNET_FUZZING],
  [AS_IF([test "$enable_fuzzing" != no],
     [AC_MSG_CHECKING([whether $CC has libFuzzer])
      signet_saved=$CFLAGS
      CFLAGS="$CFLAGS -fsanitize=fuzzer,address,undefined"
      AC_LINK_IFELSE([AC_LANG_SOURCE([[
#include <stddef.h>
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len) { return data == NULL && len > 0; }]])],
        [AC_MSG_RESULT([yes])],
        [AC_MSG_RESULT([no])
         AC_MSG_ERROR([fuzzing needs clang: CC=clang; on Debian: apt-get install clang libclang-rt-dev])])
      CFLAGS=$signet_saved
      AS_IF([test "$enable_sanitizer" = no], [enable_sanitizer=address,undefined])
      FUZZ_LDFLAGS=-fsanitize=fuzzer])
   AC_SUBST([FUZZ_LDFLAGS])
   AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" != no])])

# SIGNET_LIB25519
# Use lib25519 unless it is not there or not wanted; it has no pkg-config file.
AC_DEFUN([SIGNET_LIB25519],
  [AC_ARG_WITH([lib25519], [AS_HELP_STRING([--without-lib25519], [use libsodium alone for Ed25519])],
     [], [with_lib25519=auto])
   signet_lib25519=no
   AS_IF([test "$with_lib25519" != no],
     [AC_CHECK_HEADER([lib25519.h],
        [AC_CHECK_LIB([25519], [lib25519_nG_merged25519], [signet_lib25519=yes])])])
   AS_IF([test "$with_lib25519$signet_lib25519" = yesno],
     [AC_MSG_ERROR([lib25519 was not found; on Debian: apt-get install lib25519-dev])])
   AS_IF([test $signet_lib25519 = yes],
     [LIB25519_LIBS=-l25519
      AC_DEFINE([HAVE_LIB25519], [1], [Define to 1 to sign with lib25519.])])
   AC_SUBST([LIB25519_LIBS])
   AM_CONDITIONAL([LIB25519], [test $signet_lib25519 = yes])])
