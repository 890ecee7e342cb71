'use strict';
// Step 5: registers a bundle by its URL.
//
//   API=… KEY=… node register.js APP VERSION URL CHECKSUM

const fetch = require('node-fetch');

async function main() {
  const [app, version, url, checksum] = process.argv.slice(2);
  const response = await fetch(`${process.env.API}/bundle/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', authorization: process.env.KEY },
    body: JSON.stringify({ app_id: app, version, external_url: url, checksum }),
  });
  if (!response.ok) throw new Error(`refused: ${response.status} ${await response.text()}`);
  console.log(JSON.stringify(await response.json()));
}

main();
