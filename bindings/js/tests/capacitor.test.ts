import fs from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { folder, ROOT, run } from './project';
import { install, pack } from './published';

/** The example app in a folder of its own, with this package as it is published. */
const scratch = folder();
const app = path.join(scratch.path, 'app');
const TOO_OLD = Number(process.versions.node.split('.')[0]) < 22;

beforeAll(async () => {
  const example = path.join(ROOT, 'example-app');
  fs.cpSync(example, app, {
    recursive: true,
    filter: (source) =>
      !['node_modules', 'dist', 'android', 'ios', 'keys', 'ca.pem'].includes(path.basename(source)),
  });
  const { tarball } = await pack(scratch.path);
  await install(tarball, app, path.join(example, 'node_modules'));
});

afterAll(scratch.remove);

describe('the example app', () => {
  it('is type-checked and built from the published package', async () => {
    await run('node_modules/typescript/bin/tsc', ['--noEmit'], { cwd: app });
    await vite({});
    expect(fs.readdirSync(path.join(app, 'dist')).sort()).toEqual(['assets', 'index.html']);
    expect(script()).toContain('1.0.0');
  });

  it('is built as another version with a fault where the environment says so', async () => {
    await vite({ VITE_BUNDLE_VERSION: '2.0.0', VITE_FAULT: 'service-worker' });
    expect(fs.existsSync(path.join(app, 'dist/service-worker.js'))).toBe(true);
    expect(script()).toContain('2.0.0');
  });
});

// The Capacitor CLI asks for Node.js 22.
describe.skipIf(TOO_OLD)('cap', () => {
  beforeAll(async () => {
    await vite({});
    await cap('add', 'android');
    await cap('add', 'ios', '--packagemanager', 'SPM');
    await cap('sync');
  });

  it('finds the Android class', () => {
    const plugins = appJson('android/app/src/main/assets/capacitor.plugins.json');
    expect(plugins).toEqual([
      { pkg: 'capacitor-live-updater', classpath: 'io.github.liveupdater.LiveUpdaterPlugin' },
    ]);
  });

  it('includes the Android project', () => {
    const settings = appText('android/capacitor.settings.gradle');
    const [, directory] =
      /include ':capacitor-live-updater'\nproject\(':capacitor-live-updater'\)\.projectDir = new File\('([^']+)'\)/.exec(
        settings,
      ) ?? [];
    expect(directory).toMatch(/node_modules\/capacitor-live-updater\/android$/);
    expect(fs.existsSync(path.resolve(app, 'android', directory, 'build.gradle'))).toBe(true);
    expect(appText('android/app/capacitor.build.gradle')).toContain(
      "implementation project(':capacitor-live-updater')",
    );
  });

  it('finds the iOS class', () => {
    const { packageClassList } = appJson('ios/App/App/capacitor.config.json') as {
      packageClassList: string[];
    };
    expect(packageClassList).toEqual(['LiveUpdaterPlugin']);
  });

  it('adds the Swift package by its product', () => {
    const manifest = appText('ios/App/CapApp-SPM/Package.swift');
    const [, directory] =
      /\.package\(name: "CapacitorLiveUpdater", path: "([^"]+)"\)/.exec(manifest) ?? [];
    expect(directory).toMatch(/node_modules\/capacitor-live-updater$/);
    const swift = path.resolve(app, 'ios/App/CapApp-SPM', directory, 'Package.swift');
    expect(fs.readFileSync(swift, 'utf8')).toMatch(/name: "CapacitorLiveUpdater"/);
    expect(manifest).toContain(
      '.product(name: "CapacitorLiveUpdater", package: "CapacitorLiveUpdater")',
    );
  });

  it('hands the configuration to both platforms', () => {
    for (const file of [
      'android/app/src/main/assets/capacitor.config.json',
      'ios/App/App/capacitor.config.json',
    ]) {
      const { plugins } = appJson(file) as { plugins: Record<string, unknown> };
      expect(plugins.LiveUpdater).toEqual({
        version: '1.0.0',
        updateUrl: 'http://127.0.0.1:8080',
        autoUpdate: 'off',
        trust: { mode: 'unsigned' },
        dangerousInsecureHosts: ['127.0.0.1'],
      });
    }
  });
});

function vite(env: Record<string, string>): Promise<unknown> {
  return run('node_modules/vite/bin/vite.js', ['build', '--logLevel', 'error'], { cwd: app, env });
}

function cap(...args: string[]): Promise<unknown> {
  // It keeps settings in the person's home.
  const home = { HOME: scratch.path, XDG_CONFIG_HOME: path.join(scratch.path, '.config') };
  return run('node_modules/@capacitor/cli/bin/capacitor', args, { cwd: app, env: home });
}

/** The built app's scripts. */
function script(): string {
  const assets = path.join(app, 'dist/assets');
  const scripts = fs.readdirSync(assets).filter((name) => name.endsWith('.js'));
  return scripts.map((name) => fs.readFileSync(path.join(assets, name), 'utf8')).join('\n');
}

function appText(file: string): string {
  return fs.readFileSync(path.join(app, file), 'utf8');
}

function appJson(file: string): unknown {
  return JSON.parse(appText(file));
}
