'use strict';
// Step 2: zips a web build and hashes the zip, in either way that the document shows.
//
//   node create_bundle.js unix|windows FOLDER OUT.zip VERSION

const fs = require('node:fs');
const path = require('node:path');
const AdmZip = require('adm-zip');
const { checksum } = require('@tomasklaen/checksum');

function zipAsOnUnix(folder) {
  const zip = new AdmZip();
  zip.addLocalFolder(folder);
  return zip.toBuffer();
}

// Names are joined as Windows joins them, and have slashes in the zip all the same.
function zipAsOnWindows(folder) {
  const zip = new AdmZip();
  const add = (from, to) => {
    for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
      const source = path.join(from, entry.name);
      const name = path.win32.join(to, entry.name);
      if (entry.isDirectory()) add(source, name);
      else zip.addFile(name.split(path.win32.sep).join('/'), fs.readFileSync(source));
    }
  };
  add(folder, '');
  return zip.toBuffer();
}

async function main() {
  const [kind, folder, out, version] = process.argv.slice(2);
  const zipped = kind === 'windows' ? zipAsOnWindows(folder) : zipAsOnUnix(folder);
  fs.writeFileSync(out, zipped);
  const bundle = {
    filename: path.basename(out),
    version,
    size: zipped.length,
    checksum: await checksum(zipped, 'sha256'),
  };
  console.log(JSON.stringify(bundle));
}

main();
