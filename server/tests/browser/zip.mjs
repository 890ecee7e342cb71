/** Zips with one page in them, as plain as a zip can be. */

import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A bundle whose page says `text`, and that has so many bytes that don't shrink besides. */
export function bundle(text, ballast = 0) {
  const files = [{ name: 'index.html', content: Buffer.from(`<!doctype html><p>${text}</p>`) }];
  if (ballast > 0) files.push({ name: 'ballast.bin', content: randomBytes(ballast) });
  return zip(files);
}

/** As a bundle, but for its index.html. */
export function withoutPage() {
  return zip([{ name: 'main.js', content: Buffer.from('1') }]);
}

function zip(files) {
  const locals = [];
  const directory = [];
  let offset = 0;
  for (const { name, content } of files) {
    const local = Buffer.concat([
      u32(0x04034b50),
      header(name, content),
      Buffer.from(name),
      content,
    ]);
    const made = u16(20);
    const attributes = Buffer.concat([u16(0), u16(0), u16(0), u32(0), u32(offset)]);
    directory.push(u32(0x02014b50), made, header(name, content), attributes, Buffer.from(name));
    locals.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const count = u16(files.length);
  const end = [
    u32(0x06054b50),
    u16(0),
    u16(0),
    count,
    count,
    u32(listed.length),
    u32(offset),
    u16(0),
  ];
  return Buffer.concat([...locals, listed, ...end]);
}

/** What the directory repeats: stored, at midnight of the first day that zips know. */
function header(name, content) {
  const size = u32(content.length);
  const kept = [u16(20), u16(0), u16(0), u16(0), u16(0x21), u32(crc32(content)), size, size];
  return Buffer.concat([...kept, u16(Buffer.byteLength(name)), u16(0)]);
}

function u16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
