'use strict';
// Zips a folder and hashes the zip with the packages, and in the way, that updaters of the field
// document for bundles made without their own tools.
//
//   node zip.js FOLDER OUT.zip    prints {"file", "size", "checksum"}

const fs = require('node:fs');
const path = require('node:path');
const AdmZip = require('adm-zip');
const { checksum: getChecksum } = require('@tomasklaen/checksum');

async function main() {
  const [folder, out] = process.argv.slice(2);
  const zip = new AdmZip();
  zip.addLocalFolder(folder);
  const zipped = zip.toBuffer();
  fs.writeFileSync(out, zipped);
  const checksum = await getChecksum(zipped, 'sha256');
  console.log(JSON.stringify({ file: path.basename(out), size: zipped.length, checksum }));
}

main();
