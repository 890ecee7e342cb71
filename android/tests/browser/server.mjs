/** An update server: the real `live-updater mock`, on a folder of signed bundles. */

import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { apps, program, scratch } from './settings.mjs';

const run = promisify(execFile);

/** Packs built apps once, with one pair of keys for all. */
class Press {
  #folder = join(scratch, 'press');
  #made = new Map();

  async #keys() {
    await mkdir(this.#folder, { recursive: true });
    await run(program, ['keygen', '--out', this.#folder]);
    return this.#folder;
  }

  keys() {
    return this.#once('keys', () => this.#keys());
  }

  async publicKey() {
    return readFile(join(await this.keys(), 'live-updater.public.pem'), 'utf8');
  }

  /** The path of the zip; its signature lies beside it. */
  bundle(app, version) {
    return this.#once(`${app}-${version}`, async () => {
      const key = join(await this.keys(), 'live-updater.private.pem');
      const zip = join(this.#folder, `${app}-${version}.zip`);
      await run(program, [
        'pack',
        join(apps, app),
        '--version',
        version,
        '--out',
        zip,
        '--sign',
        key,
      ]);
      return zip;
    });
  }

  #once(name, make) {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name);
  }
}

export const press = new Press();

export class UpdateServer {
  #folder;
  #process;
  #atExit = () => this.#process.kill();

  /** With further options of the command, such as faults. */
  static async start(folder, options = []) {
    const server = new UpdateServer();
    await mkdir(folder, { recursive: true });
    server.#folder = folder;
    server.#process = spawn(program, ['mock', folder, '--json', ...options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    process.once('exit', server.#atExit);
    const [line] = await once(createInterface({ input: server.#process.stdout }), 'line');
    server.url = JSON.parse(line).url;
    return server;
  }

  /** Offers a built app as `version`: the name of its folder says what it does wrong. */
  async offer(version, app = version) {
    const zip = await press.bundle(app, version);
    const offered = join(this.#folder, `${version}.zip`);
    // The zip last: it's what the server looks for.
    await copyFile(`${zip}.sig`, `${offered}.sig`);
    await copyFile(zip, offered);
  }

  /** What an app has to know to fetch `version` without asking. */
  async address(version) {
    const zip = await readFile(join(this.#folder, `${version}.zip`));
    const signature = (await readFile(join(this.#folder, `${version}.zip.sig`), 'utf8')).trim();
    const checksum = createHash('sha256').update(zip).digest('hex');
    const url = new URL(`api/v1/bundles/${version}`, this.url).href;
    return { url, version, checksum, signature, size: zip.length };
  }

  stop() {
    process.removeListener('exit', this.#atExit);
    this.#process.kill();
  }
}
