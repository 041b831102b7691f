// SPDX-License-Identifier: Apache-2.0
//
// Interop tests. What node.sh has node do with a key file, which it reads as any program would that
// knows nothing of tokens. The first argument says what; what goes wrong ends it with status 1.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const https = require('https');

const read = (path) => fs.readFileSync(path);
const key = (path) => crypto.createPrivateKey(read(path));
const digest = (k) => (k.asymmetricKeyType === 'ec' ? 'sha256' : null);

const tasks = {
  // What kind of key it is, and its public half.
  show(keyPath) {
    const k = key(keyPath);
    console.log(k.type, k.asymmetricKeyType);
    console.log(crypto.createPublicKey(k).export({ type: 'spki', format: 'pem' }));
  },

  // A signature of a file, by the object and by the text of the key file.
  sign(keyPath, data, out) {
    const k = key(keyPath);
    const signature = crypto.sign(digest(k), read(data), k);
    if (!crypto.verify(digest(k), read(data), crypto.createPublicKey(k), signature))
      throw new Error('the signature is not good');
    crypto.sign(digest(k), read(data), read(keyPath));
    fs.writeFileSync(out, signature);
  },

  // Many signatures at a time, in the threads of the pool.
  async many(keyPath, count) {
    const k = key(keyPath);
    const p = crypto.createPublicKey(k);
    const one = (text) => new Promise((resolve, reject) => {
      crypto.sign(digest(k), Buffer.from(text), k, (error, signature) => {
        if (error)
          reject(error);
        else
          resolve(crypto.verify(digest(k), Buffer.from(text), p, signature));
      });
    });
    const good = await Promise.all(Array.from({ length: count }, (_, i) => one(`message ${i}`)));
    console.log(good.filter(Boolean).length, 'good');
  },

  // The private half does not leave: whatever is tried must fail.
  keep(keyPath) {
    const k = key(keyPath);
    for (const form of [{ type: 'pkcs8', format: 'pem' }, { type: 'pkcs8', format: 'der' }]) {
      let out = null;
      try {
        out = k.export(form);
      } catch (error) {
        continue;
      }
      throw new Error(`something was exported: ${JSON.stringify(form)} ${out.length}`);
    }
    console.log('nothing was exported');
  },

  fetch(socketPath, servername, ca, cert, keyPath) {
    https.get({ socketPath, servername, path: '/', ca: read(ca), cert: read(cert), key: read(keyPath),
      headers: { host: servername }, agent: false }, (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (text) => process.stdout.write(text));
    }).on('error', (error) => {
      console.error(error.message);
      process.exit(1);
    });
  },

  // A server that tells clients who they are; it ends when it is killed.
  serve(socketPath, ca, cert, keyPath) {
    https.createServer({ ca: read(ca), cert: read(cert), key: read(keyPath), requestCert: true,
      rejectUnauthorized: false }, (request, response) => {
      const { authorized } = request.socket;
      const { subject } = request.socket.getPeerCertificate();
      response.end(`client ${authorized} ${subject ? subject.CN : 'nobody'}, ${request.socket.getProtocol()}\n`);
    }).listen(socketPath);
  },
};

Promise.resolve().then(() => tasks[process.argv[2]](...process.argv.slice(3))).catch((error) => {
  console.error(error.message, error.opensslErrorStack || '');
  process.exit(1);
});
