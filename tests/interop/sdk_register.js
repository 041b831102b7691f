// SPDX-License-Identifier: Apache-2.0
//
// Interop tests. Enrols as the SDK for node in the field does: an Ed25519 key of its own, one POST,
// and then requests signed in the form of the vault. Arguments: the base address, the vault, the
// token, the host name, and a folder for the requests as they would be sent.
const crypto = require('node:crypto');
const fs = require('node:fs');

const [base, vault, token, hostname, folder] = process.argv.slice(2);

function sign(key, id, method, path, body) {
	const timestamp = Math.floor(Date.now() / 1000).toString();
	const nonce = crypto.randomBytes(16).toString('base64');
	const hash = crypto.createHash('sha256').update(body).digest('hex');
	const text = `${method}:${path}:${timestamp}:${nonce}:${hash}`;
	const lines = [
		`${method} ${path} HTTP/1.1`, 'Host: vault.example.org', `X-Machine-Id: ${id}`,
		`X-Timestamp: ${timestamp}`, `X-Nonce: ${nonce}`,
		`X-Signature: ${crypto.sign(null, Buffer.from(text), key).toString('base64')}`,
	];
	if (body)
		lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
	return lines.join('\r\n') + '\r\n\r\n' + body;
}

(async () => {
	const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
	const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
	const response = await fetch(`${base}/v1/${vault}/enroll/register`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ token, publicKey: raw, hostname }),
	});
	const answer = await response.json();

	console.log(response.status, JSON.stringify(answer));
	if (!response.ok)
		process.exit(1);
	if (typeof answer.expiresAt !== 'number' || answer.expiresAt <= Date.now())
		process.exit(2);
	fs.writeFileSync(`${folder}/get`, sign(privateKey, answer.machineId, 'GET', '/v1/secret/sk_a1b2c3d4e5', ''));
	fs.writeFileSync(`${folder}/post`, sign(privateKey, answer.machineId, 'POST', '/v1/secrets/list', '{"projectId":"proj_a"}'));
	fs.writeFileSync(`${folder}/id`, answer.machineId);
})();
