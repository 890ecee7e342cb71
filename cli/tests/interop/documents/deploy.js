'use strict';
// The workflow as a whole: zip, checksum, upload to a storage, register. The storage, which the
// document leaves open, is the service's own.
//
//   API=… KEY=… node deploy.js FOLDER APP VERSION

const AdmZip = require('adm-zip');
const { checksum: hash } = require('@tomasklaen/checksum');
const fetch = require('node-fetch');

const { API, KEY } = process.env;

async function upload(zipped) {
  const form = new FormData();
  form.append('file', new Blob([zipped]), 'bundle.zip');
  // The form is of Node.js itself: so is the fetch that sends it.
  const response = await globalThis.fetch(`${API}/upload`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}` },
    body: form,
  });
  if (!response.ok) throw new Error(`not kept: ${await response.text()}`);
  return (await response.json()).url;
}

async function main() {
  const [folder, app, version] = process.argv.slice(2);
  const zip = new AdmZip();
  zip.addLocalFolder(folder);
  const zipped = zip.toBuffer();
  const checksum = await hash(zipped, 'sha256');
  const url = await upload(zipped);
  const response = await fetch(`${API}/bundle/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', authorization: KEY },
    body: JSON.stringify({ app_id: app, version, external_url: url, checksum }),
  });
  if (!response.ok) throw new Error(`refused: ${await response.text()}`);
  console.log(JSON.stringify({ checksum, url }));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
