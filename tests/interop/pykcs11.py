# SPDX-License-Identifier: Apache-2.0
#
# What pykcs11.sh asks of PyKCS11: each step prints one line, its name and what it found,
# or what was raised. It knows nothing of the module but its path, and says nothing of
# whether an answer is right. What it works on is in the file `message`.
#
#   pykcs11.py MODULE PIN SO-PIN

import os
import sys
import threading

import PyKCS11
from PyKCS11 import (
	CKA_CLASS, CKA_DECRYPT, CKA_EC_PARAMS, CKA_ENCRYPT, CKA_EXTRACTABLE, CKA_ID, CKA_KEY_TYPE,
	CKA_LABEL, CKA_SENSITIVE, CKA_SIGN, CKA_TOKEN, CKA_UNWRAP, CKA_VALUE, CKA_VALUE_LEN,
	CKA_VERIFY, CKA_WRAP, CKA_APPLICATION, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKK_AES,
	CKK_EC_EDWARDS, CKK_GENERIC_SECRET, CKM_AES_KEY_GEN, CKM_AES_KEY_WRAP, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_EDDSA,
	CKM_SHA256, CKM_SHA256_HMAC, CKO_DATA, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_SECRET_KEY, CKU_SO,
	AES_GCM_Mechanism, Mechanism, PyKCS11Error)

module, pin, so_pin = sys.argv[1:4]
lib = PyKCS11.PyKCS11Lib()
lib.load(module)
slot = lib.getSlotList(tokenPresent=False)[0]
eddsa = Mechanism(CKM_EDDSA, None)
pair_gen = Mechanism(CKM_EC_EDWARDS_KEY_PAIR_GEN, None)
aes_gen = Mechanism(CKM_AES_KEY_GEN, None)
ed25519 = (0x06, 0x03, 0x2b, 0x65, 0x70)
message = open('message', 'rb').read()


def say(name, answer):
	print(f'{name}: {answer}', flush=True)


def step(name):
	"""Run the function once, now, and print its answer."""
	def run(function):
		try:
			say(name, function())
		except Exception as error:
			say(name, f'raised {error}')
		return function
	return run


def open_session():
	return lib.openSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)


def find(session, label, kind):
	return session.findObjects([(CKA_CLASS, kind), (CKA_LABEL, label)])[0]


@step('library')
def _():
	info = lib.getInfo()
	return f'{info.manufacturerID.strip()} {info.cryptokiVersion[0]}.{info.cryptokiVersion[1]}'


@step('new token')
def _():
	# It passes the label on as it is, and PKCS#11 reads 32 bytes.
	lib.initToken(slot, so_pin, 'snake'.ljust(32))
	session = open_session()
	session.login(so_pin, CKU_SO)
	session.initPin(pin)
	session.logout()
	session.closeSession()
	return lib.getTokenInfo(slot).label.strip()


session = open_session()


@step('wrong PIN')
def _():
	return session.login('000000')


@step('without login')
def _():
	return session.generateKey([(CKA_CLASS, CKO_SECRET_KEY), (CKA_VALUE_LEN, 32)], aes_gen)


@step('another PIN')
def _():
	session.login(pin)
	session.setPin(pin, '654321')
	session.setPin('654321', pin)
	return session.getSessionInfo().state2text()


@step('mechanisms')
def _():
	return ' '.join(str(mechanism) for mechanism in lib.getMechanismList(slot))


@step('mechanism')
def _():
	info = lib.getMechanismInfo(slot, 'CKM_EDDSA')
	return f'{info.ulMinKeySize} {info.ulMaxKeySize} {" ".join(info.flags2text())}'


@step('random')
def _():
	return len(set(bytes(session.generateRandom(32)) for _ in range(10)))


@step('digest')
def _():
	return bytes(session.digest(message, Mechanism(CKM_SHA256, None))).hex()


@step('digest in parts')
def _():
	digest = session.digestSession(Mechanism(CKM_SHA256, None))
	digest.update(message[:500])
	digest.update(message[500:])
	return bytes(digest.final()).hex()


@step('key pair')
def _():
	session.generateKeyPair(
		[(CKA_CLASS, CKO_PUBLIC_KEY), (CKA_TOKEN, True), (CKA_LABEL, 'machine'), (CKA_ID, (1,)),
			(CKA_VERIFY, True), (CKA_EC_PARAMS, ed25519)],
		[(CKA_CLASS, CKO_PRIVATE_KEY), (CKA_TOKEN, True), (CKA_LABEL, 'machine'), (CKA_ID, (1,)),
			(CKA_SIGN, True)],
		pair_gen)
	return len(session.findObjects([(CKA_KEY_TYPE, CKK_EC_EDWARDS)]))


@step('signature')
def _():
	signature = session.sign(find(session, 'machine', CKO_PRIVATE_KEY), message, eddsa)
	with open('signature', 'wb') as file:
		file.write(bytes(signature))
	return session.verify(find(session, 'machine', CKO_PUBLIC_KEY), message, signature, eddsa)


@step('signature of something else')
def _():
	signature = session.sign(find(session, 'machine', CKO_PRIVATE_KEY), message, eddsa)
	return session.verify(find(session, 'machine', CKO_PUBLIC_KEY), message[1:], signature, eddsa)


@step('attributes of the private key')
def _():
	# It asks for each attribute that it knows, of whatever kind of object, and shows what
	# it got.
	attributes = find(session, 'machine', CKO_PRIVATE_KEY).to_dict()
	return f'{attributes["CKA_SENSITIVE"]} {attributes.get("CKA_VALUE")} {attributes["CKA_LABEL"]}'


@step('secret key')
def _():
	session.generateKey(
		[(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_TOKEN, True),
			(CKA_LABEL, 'kek'), (CKA_VALUE_LEN, 32), (CKA_WRAP, True), (CKA_UNWRAP, True)],
		aes_gen)
	session.createObject(
		[(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_LABEL, 'dek'),
			(CKA_VALUE, tuple(range(32))), (CKA_ENCRYPT, True), (CKA_DECRYPT, True),
			(CKA_SENSITIVE, False), (CKA_EXTRACTABLE, True)])
	value = session.getAttributeValue(find(session, 'dek', CKO_SECRET_KEY), [CKA_VALUE])[0]
	return bytes(value).hex()


@step('value of a sensitive key')
def _():
	return session.getAttributeValue(find(session, 'kek', CKO_SECRET_KEY), [CKA_VALUE])[0]


@step('AES-GCM')
def _():
	key = find(session, 'dek', CKO_SECRET_KEY)
	sealed = session.encrypt(key, message, AES_GCM_Mechanism(bytes(12), b'header', 128))
	opened = session.decrypt(key, sealed, AES_GCM_Mechanism(bytes(12), b'header', 128))
	return f'{len(sealed)} {bytes(opened) == message}'


@step('AES-GCM with another header')
def _():
	key = find(session, 'dek', CKO_SECRET_KEY)
	sealed = session.encrypt(key, message, AES_GCM_Mechanism(bytes(12), b'header', 128))
	return session.decrypt(key, sealed, AES_GCM_Mechanism(bytes(12), b'healer', 128))


@step('wrapped key')
def _():
	wrap = Mechanism(CKM_AES_KEY_WRAP, None)
	kek = find(session, 'kek', CKO_SECRET_KEY)
	wrapped = session.wrapKey(kek, find(session, 'dek', CKO_SECRET_KEY), wrap)
	key = session.unwrapKey(
		kek, wrapped,
		[(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_AES), (CKA_LABEL, 'again'),
			(CKA_SENSITIVE, False), (CKA_EXTRACTABLE, True)], wrap)
	value = session.getAttributeValue(key, [CKA_VALUE])[0]
	return f'{len(wrapped)} {bytes(value).hex()}'


@step('HMAC')
def _():
	key = session.createObject(
		[(CKA_CLASS, CKO_SECRET_KEY), (CKA_KEY_TYPE, CKK_GENERIC_SECRET), (CKA_SIGN, True),
			(CKA_VERIFY, True), (CKA_VALUE, tuple(range(32)))])
	code = session.sign(key, message, Mechanism(CKM_SHA256_HMAC, None))
	good = session.verify(key, message, code, Mechanism(CKM_SHA256_HMAC, None))
	return f'{bytes(code).hex()} {good}'


@step('data')
def _():
	data = session.createObject(
		[(CKA_CLASS, CKO_DATA), (CKA_APPLICATION, 'snake'), (CKA_LABEL, 'note'),
			(CKA_VALUE, tuple(message))])
	session.setAttributeValue(data, [(CKA_LABEL, 'letter')])
	label, value = session.getAttributeValue(data, [CKA_LABEL, CKA_VALUE])
	session.destroyObject(data)
	left = session.findObjects([(CKA_CLASS, CKO_DATA)])
	return f'{label} {bytes(value) == message} {len(left)}'


@step('threads')
def _():
	good = []

	def sign():
		own = open_session()
		key = find(own, 'machine', CKO_PRIVATE_KEY)
		good.extend(bytes(own.sign(key, message, eddsa)) for _ in range(20))
		own.closeSession()

	threads = [threading.Thread(target=sign) for _ in range(8)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	return f'{len(good)} signatures, {len(set(good))} different'


def child():
	"""What a forked child sees: nothing, until it initialises the module itself."""
	try:
		find(session, 'machine', CKO_PRIVATE_KEY)
		return 'sees the key'
	except PyKCS11Error as error:
		answer = str(error)
	lib.lib.C_Finalize()
	lib.lib.C_Initialize()
	own = open_session()
	own.login(pin)
	signature = own.sign(find(own, 'machine', CKO_PRIVATE_KEY), message, eddsa)
	return f'{answer}, then {len(signature)} bytes'


@step('fork')
def _():
	before, after = os.pipe()
	pid = os.fork()
	if pid == 0:
		try:
			os.write(after, child().encode())
		finally:
			os._exit(0)
	os.close(after)
	os.waitpid(pid, 0)
	return os.read(before, 1000).decode()


@step('parent of the fork')
def _():
	return len(session.sign(find(session, 'machine', CKO_PRIVATE_KEY), message, eddsa))


@step('after logout')
def _():
	session.logout()
	return len(session.findObjects([(CKA_CLASS, CKO_PRIVATE_KEY)]))


@step('after the end')
def _():
	lib.closeAllSessions(slot)
	return session.getSessionInfo()
