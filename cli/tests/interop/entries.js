'use strict';
// Opens a zip as adm-zip does, tests every entry, and prints {name: SHA-256 in hex} of the files.
//
//   node entries.js BUNDLE.zip

const crypto = require('node:crypto');
const AdmZip = require('adm-zip');

const zip = new AdmZip(process.argv[2]);
if (!zip.test()) throw new Error('adm-zip finds the zip damaged');
const files = {};
for (const entry of zip.getEntries()) {
  if (entry.isDirectory) continue;
  files[entry.entryName] = crypto.createHash('sha256').update(entry.getData()).digest('hex');
}
console.log(JSON.stringify(files));
