// SPDX-License-Identifier: Apache-2.0
//
// What sunpkcs11.sh asks of Java's SunPKCS11: each step prints one line, its name and what
// it found, or what was thrown. It knows nothing of the module but its configuration, and
// says nothing of whether an answer is right. Java's own providers do the same beside it.
//
//   java SunPkcs11.java CONFIGURATION PIN

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AuthProvider;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.crypto.Cipher;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

class SunPkcs11 {
	static Provider token;
	static KeyStore store;
	static byte[] message;
	static final byte[] header = "header".getBytes();
	static final byte[] known = HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f");

	static void step(String name, Callable<?> body) {
		try {
			System.out.println(name + ": " + body.call());
		} catch (Throwable thrown) {
			String what = "threw";

			for (Throwable t = thrown; t != null; t = t.getCause()) {
				what += " " + t;
			}
			System.out.println(name + ": " + what.replace('\n', ' '));
		}
	}

	static KeyStore open(String pin) throws Exception {
		KeyStore opened = KeyStore.getInstance("PKCS11", token);

		opened.load(null, pin.toCharArray());
		return opened;
	}

	static SecretKey generate(int bits) throws Exception {
		KeyGenerator generator = KeyGenerator.getInstance("AES", token);

		generator.init(bits);
		return generator.generateKey();
	}

	static byte[] hmac(String name, String provider, Key key) throws Exception {
		Mac mac = Mac.getInstance(name, provider);

		mac.init(key);
		return mac.doFinal(message);
	}

	static byte[] gcm(String provider, int mode, Key key, byte[] aad, byte[] data) throws Exception {
		Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", provider);

		cipher.init(mode, key, new GCMParameterSpec(128, new byte[12]));
		cipher.updateAAD(aad);
		return cipher.doFinal(data);
	}

	static byte[] cipher(String name, String provider, int mode, Key key, byte[] data) throws Exception {
		Cipher cipher = Cipher.getInstance(name, provider);

		cipher.init(mode, key, new IvParameterSpec(new byte[16]));
		return cipher.doFinal(data);
	}

	static boolean verifies(String name, String provider, PublicKey key, byte[] signature, byte[] data)
			throws Exception {
		Signature verifier = Signature.getInstance(name, provider);

		verifier.initVerify(key);
		verifier.update(data);
		return verifier.verify(signature);
	}

	// Whether each finds the signature good, and whether the token finds it bad for other data.
	static String signs(String name, PrivateKey key, PublicKey other) throws Exception {
		Signature signer = Signature.getInstance(name, token);
		byte[] data = name.startsWith("NONE") ? Arrays.copyOf(message, 32) : message;
		byte[] signature;

		signer.initSign(key);
		signer.update(data);
		signature = signer.sign();
		return verifies(name, "SunEC", other, signature, data) + " "
			+ verifies(name, token.getName(), other, signature, data) + " "
			+ verifies(name, token.getName(), other, signature, header);
	}

	static boolean opensAgain(SecretKey key) throws Exception {
		byte[] sealed = gcm(token.getName(), Cipher.ENCRYPT_MODE, key, header, message);

		return Arrays.equals(message, gcm(token.getName(), Cipher.DECRYPT_MODE, key, header, sealed));
	}

	// SunPKCS11 closes the session after a digest, and with the last session goes the login:
	// so digests come before it.
	static void beforeLogin() {
		step("random", () -> {
			SecureRandom random = SecureRandom.getInstance("PKCS11", token);
			byte[] one = new byte[32];
			byte[] other = new byte[32];

			random.nextBytes(one);
			random.nextBytes(other);
			return !Arrays.equals(one, other);
		});
		for (String name : List.of("SHA-256", "SHA-384", "SHA-512")) {
			step(name, () -> HexFormat.of().formatHex(MessageDigest.getInstance(name, token).digest(message)));
		}
		step("wrong PIN", () -> open("000000"));
	}

	static void secretKeys() {
		for (int bits : new int[] {128, 192, 256}) {
			step("AES-" + bits, () -> generate(bits) + " " + opensAgain(generate(bits)));
		}
		step("both ways", () -> {
			SecretKey key = new SecretKeySpec(known, "AES");
			byte[] ours = gcm(token.getName(), Cipher.ENCRYPT_MODE, key, header, message);
			byte[] theirs = gcm("SunJCE", Cipher.ENCRYPT_MODE, key, header, message);

			return Arrays.equals(ours, theirs) + " "
				+ Arrays.equals(message, gcm(token.getName(), Cipher.DECRYPT_MODE, key, header, theirs));
		});
		for (String name : List.of("AES/CBC/NoPadding", "AES/CBC/PKCS5Padding", "AES/CTR/NoPadding")) {
			step(name, () -> {
				SecretKey key = new SecretKeySpec(known, "AES");
				byte[] data = Arrays.copyOf(message, name.contains("CBC/No") ? 992 : 999);
				byte[] ours = cipher(name, token.getName(), Cipher.ENCRYPT_MODE, key, data);
				byte[] theirs = cipher(name, "SunJCE", Cipher.ENCRYPT_MODE, key, data);

				return Arrays.equals(ours, theirs) + " "
					+ Arrays.equals(data, cipher(name, token.getName(), Cipher.DECRYPT_MODE, key, theirs));
			});
		}
		step("another header", () -> {
			SecretKey key = generate(256);
			byte[] sealed = gcm(token.getName(), Cipher.ENCRYPT_MODE, key, header, message);

			return gcm(token.getName(), Cipher.DECRYPT_MODE, key, "healer".getBytes(), sealed).length;
		});
		step("no value", () -> generate(256).getEncoded());
	}

	static void codes() {
		for (String name : List.of("HmacSHA256", "HmacSHA384", "HmacSHA512")) {
			step(name, () -> {
				SecretKey key = new SecretKeySpec(known, name);
				SecretKey made = KeyGenerator.getInstance(name, token).generateKey();

				return Arrays.equals(hmac(name, token.getName(), key), hmac(name, "SunJCE", key)) + " "
					+ hmac(name, token.getName(), made).length;
			});
		}
	}

	static void pairs() {
		for (String name : List.of("SHA256withECDSA", "SHA384withECDSA", "SHA512withECDSA", "NONEwithECDSA",
				"SHA256withECDSAinP1363Format")) {
			step(name, () -> signs(name, (PrivateKey) store.getKey("chip", null),
				store.getCertificate("chip").getPublicKey()));
		}
		step("key pair", () -> {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", token);
			KeyPair pair;

			generator.initialize(new ECGenParameterSpec("secp256r1"));
			pair = generator.generateKeyPair();
			return pair.getPrivate() + " " + signs("SHA256withECDSA", pair.getPrivate(), pair.getPublic());
		});
	}

	static void entries() {
		step("aliases", () -> {
			List<String> aliases = Collections.list(store.aliases());

			Collections.sort(aliases);
			return aliases;
		});
		step("found", () -> opensAgain((SecretKey) store.getKey("found", null)));
		step("stored", () -> {
			store.setKeyEntry("stored", new SecretKeySpec(known, "AES"), null, null);
			return opensAgain((SecretKey) open(pin).getKey("stored", null));
		});
		step("copied", () -> {
			store.setKeyEntry("copied", generate(256), null, null);
			return opensAgain((SecretKey) open(pin).getKey("copied", null));
		});
		step("deleted", () -> {
			store.setKeyEntry("deleted", new SecretKeySpec(known, "AES"), null, null);
			store.deleteEntry("deleted");
			return store.containsAlias("deleted");
		});
	}

	static void threads() {
		step("threads", () -> {
			SecretKey key = generate(256);
			ExecutorService pool = Executors.newFixedThreadPool(8);
			List<Future<Boolean>> answers = new ArrayList<>();
			int good = 0;

			for (int i = 0; i < 200; i++) {
				answers.add(pool.submit(() -> opensAgain(key)));
			}
			for (Future<Boolean> answer : answers) {
				good += answer.get() ? 1 : 0;
			}
			pool.shutdown();
			return good;
		});
	}

	static String pin;

	public static void main(String[] arguments) throws Exception {
		token = Security.getProvider("SunPKCS11").configure(arguments[0]);
		Security.addProvider(token);
		pin = arguments[1];
		message = Files.readAllBytes(Path.of("message"));
		beforeLogin();
		store = open(pin);
		secretKeys();
		codes();
		pairs();
		entries();
		threads();
		step("logout", () -> {
			((AuthProvider) token).logout();
			return "done";
		});
	}
}
