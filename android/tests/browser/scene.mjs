/** What a test plays with: a server and phones of its own, and pictures of what they show. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { Phone } from './phone.mjs';
import { UpdateServer } from './server.mjs';
import { scratch, screenshots } from './settings.mjs';

let pictures = 0;

export class Scene {
  #folder;
  #phones = [];
  #server;

  static async open(name) {
    const scene = new Scene();
    scene.#folder = join(scratch, name.replaceAll(' ', '-'));
    await mkdir(scene.#folder, { recursive: true });
    await scene.serve();
    return scene;
  }

  /** Starts the server, in the place of the one that runs. */
  async serve(...options) {
    this.#server?.stop();
    this.#server = await UpdateServer.start(join(this.#folder, 'server'), options);
  }

  get server() {
    return this.#server;
  }

  /** A phone with the app, not yet started. */
  async phone(settings) {
    const folder = join(this.#folder, `phone-${this.#phones.length + 1}`);
    const phone = await Phone.install(folder, this.#server, settings);
    this.#phones.push(phone);
    return phone;
  }

  /** A phone whose app has updated itself from 1.0.0 to `version`. */
  async phoneWith(version, settings) {
    await this.#server.offer(version);
    const phone = await this.phone(settings);
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.updatesTo(version);
    return phone;
  }

  /** Keeps what a phone shows. */
  async picture(phone, name) {
    pictures += 1;
    const file = `${String(pictures).padStart(2, '0')}-${name.replaceAll(' ', '-')}.png`;
    await phone.page.screenshot({ path: join(screenshots, file) });
  }

  async close() {
    await Promise.all(this.#phones.map((phone) => phone.turnOff()));
    this.#server?.stop();
  }
}
