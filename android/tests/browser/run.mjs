/** Runs the scenarios one by one, and prints what `cargo test` would print. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { Scene } from './scene.mjs';
import { screenshots } from './settings.mjs';

const SCENARIOS = ['source', 'updates', 'channels', 'readiness', 'rollback', 'life', 'trouble'];

/** Longer than any of them takes, on a machine that is busy with other things. */
const PATIENCE = 120_000;

// So that what was started is ended by the handlers of the exit.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

await rm(screenshots, { recursive: true, force: true });
await mkdir(screenshots, { recursive: true });

const wanted = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const file of SCENARIOS) {
  const { scenarios } = await import(`./scenarios/${file}.mjs`);
  for (const [name, play] of Object.entries(scenarios)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const start = Date.now();
    const problem = await played(name, play);
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    const test = `test android::${file}::${name.replaceAll(' ', '_')}`;
    if (problem) {
      failed += 1;
      console.log(`${test} ... FAILED`);
      console.log(`${seconds} s: ${problem.stack}`, problem.cause ?? '');
    } else {
      passed += 1;
      console.log(`${test} ... ok`);
    }
  }
}
const pictures = (await readdir(screenshots)).sort();
for (const picture of pictures) console.log(`screenshot: ${join(screenshots, picture)}`);
const result = failed > 0 ? 'FAILED' : 'ok';
console.log(`test result: ${result}. ${passed} passed; ${failed} failed; 0 ignored`);
process.exit(failed > 0 ? 1 : 0);

async function played(name, play) {
  let timer;
  let scene;
  try {
    scene = await Scene.open(name);
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('it takes too long')), PATIENCE);
    });
    await Promise.race([play(scene), late]);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
    await scene?.close();
  }
}
