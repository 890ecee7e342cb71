'use strict';
// Step 3 and the verification: the checksum of a file, and whether it is the one that is expected.
//
//   node checksum.js FILE [EXPECTED]

const fs = require('node:fs');
const { checksum } = require('@tomasklaen/checksum');

async function main() {
  const [file, expected] = process.argv.slice(2);
  const actual = await checksum(fs.readFileSync(file), 'sha256');
  console.log(JSON.stringify({ checksum: actual, valid: actual === expected }));
}

main();
