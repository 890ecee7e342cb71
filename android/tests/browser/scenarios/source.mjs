/** What the plugin's source must hold to, whatever it does. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

import { classPath } from '../settings.mjs';

const run = promisify(execFile);

const PLUGIN = 'io.github.liveupdater.LiveUpdaterPlugin';

const SOURCE = new URL(
  '../../../src/main/java/io/github/liveupdater/LiveUpdaterPlugin.kt',
  import.meta.url,
);

export const scenarios = {
  async 'no method that Capacitor reflects on names a class that Android 7 lacks'() {
    const { stdout } = await run('javap', ['-p', '-cp', classPath, PLUGIN]);
    const android = stdout.match(/\bandroidx?\.[\w.]+/g) ?? [];
    assert.deepEqual(new Set(android), new Set());
    assert.match(stdout, /notifyAppReady\(com\.getcapacitor\.PluginCall\)/);
  },

  async 'the class is thin'() {
    const source = await readFile(SOURCE, 'utf8');
    const lines = source
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .split('\n')
      .filter((line) => line.trim() && !line.trim().startsWith('//'));
    assert.ok(lines.length > 100 && lines.length < 400, `${lines.length} lines`);
  },
};
