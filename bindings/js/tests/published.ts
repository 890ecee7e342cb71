import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from './project';

const execute = promisify(execFile);

/** Packs the package as `npm publish` would, and gives its files. */
export async function pack(destination: string): Promise<{ tarball: string; files: string[] }> {
  const { stdout } = await execute(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', destination],
    { cwd: ROOT, maxBuffer: 1 << 26 },
  );
  const [packed] = Object.values(JSON.parse(stdout) as object) as Packed[];
  return {
    tarball: path.join(destination, packed.filename),
    files: packed.files.map((file) => file.path).sort(),
  };
}

interface Packed {
  filename: string;
  files: { path: string }[];
}

/**
 * Gives an app a `node_modules` with this package as it is published, and with everything else
 * that lies in another `node_modules`.
 */
export async function install(tarball: string, app: string, others: string): Promise<void> {
  const modules = path.join(app, 'node_modules');
  const published = path.join(modules, 'capacitor-live-updater');
  fs.mkdirSync(published, { recursive: true });
  await execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', published]);
  for (const name of fs.readdirSync(others)) {
    if (name !== 'capacitor-live-updater' && !name.startsWith('.package-lock')) {
      fs.symlinkSync(path.join(others, name), path.join(modules, name));
    }
  }
}
