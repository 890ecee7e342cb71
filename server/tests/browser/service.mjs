/** `live-updater serve` with a folder of its own, asked over HTTP. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { program } from './settings.mjs';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Service {
  #child;

  /** The first start makes a key, which the later ones have to be told. */
  static async start(data, key, ...options) {
    const service = new Service();
    const limits = ['--requests-per-minute', '1000000'];
    const rest = ['--port', '0', '--data', data, ...limits, ...options, '--json'];
    const child = spawn(program, ['serve', ...rest], { stdio: ['ignore', 'pipe', 'inherit'] });
    service.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
    if (typeof line !== 'string') throw new Error(`the service ended at once: ${line}`);
    const started = JSON.parse(line);
    service.url = started.url;
    service.key = started.firstKey ?? key;
    return service;
  }

  async stop() {
    if (!running.has(this.#child)) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  /** What is answered; a refusal is an error. */
  async ask(method, path, body, key = this.key) {
    const isZip = body instanceof Uint8Array;
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: key, 'content-type': 'application/json' },
      body: body === undefined || isZip ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  makeApp(appId, name) {
    return this.ask('POST', '/api/v1/apps', { appId, name });
  }

  upload(app, version, zip, details = {}) {
    const told = Object.entries(details).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(told);
    return this.ask('PUT', `/api/v1/apps/${app}/bundles/${version}?${query}`, zip);
  }

  release(app, channel, version, rollout) {
    const path = `/api/v1/apps/${app}/channels/${channel}/releases`;
    return this.ask('POST', path, { version, rollout });
  }

  async channel(app, name) {
    const { channels } = await this.ask('GET', `/api/v1/apps/${app}/channels`);
    return channels.find((channel) => channel.name === name);
  }

  report(appId, version, success, deviceId) {
    const report = { appId, version, platform: 'android', success, deviceId };
    return this.ask('POST', '/api/v1/updates/confirm', report);
  }

  /** What a device on a version is offered. */
  check(appId, currentVersion, deviceId, token = '') {
    const query = new URLSearchParams({
      appId,
      currentVersion,
      deviceId,
      platform: 'android',
      channel: 'production',
    });
    return this.ask('GET', `/api/v1/updates/check?${query}`, undefined, token);
  }
}
