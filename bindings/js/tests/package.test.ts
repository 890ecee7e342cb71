import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { VERSION } from '../src/version';
import { filesBelow, folder, json, read, ROOT, run } from './project';
import { install, pack } from './published';

const scratch = folder();
const app = path.join(scratch.path, 'app');
let files: string[] = [];

beforeAll(async () => {
  const packed = await pack(scratch.path);
  files = packed.files;
  fs.mkdirSync(app);
  await install(packed.tarball, app, path.join(ROOT, 'node_modules'));
});

afterAll(scratch.remove);

describe('what is published', () => {
  it('is what apps need', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'CapacitorLiveUpdater.podspec',
        'LICENSE-APACHE',
        'LICENSE-MIT',
        'Package.swift',
        'README.md',
        'android/build.gradle',
        'android/consumer-rules.pro',
        'android/native-library.gradle',
        'android/src/main/AndroidManifest.xml',
        'android/src/main/java/io/github/liveupdater/LiveUpdaterPlugin.kt',
        'bindings/kotlin/io/github/liveupdater/core/live_updater.kt',
        'capgo/package.json',
        'dist/capgo.cjs.js',
        'dist/capgo.js',
        'dist/esm/capgo/index.d.ts',
        'dist/esm/capgo/index.js',
        'dist/esm/index.d.ts',
        'dist/esm/index.js',
        'dist/esm/web.js',
        'dist/plugin.cjs.js',
        'dist/plugin.js',
        'ios/Sources/LiveUpdaterPlugin/LiveUpdaterPlugin.swift',
        'ios/Sources/LiveUpdaterPlugin/PrivacyInfo.xcprivacy',
        'package.json',
      ]),
    );
  });

  it('is nothing else', () => {
    const expected =
      /^(android\/(src\/main\/|(build|native-library)\.gradle$|consumer-rules\.pro$)|bindings\/(kotlin|swift)\/|capgo\/package\.json$|dist\/|ios\/(Frameworks|Sources|Tests)\/|[^/]+$)/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
    expect(
      files.filter((file) => /\.rs$|Cargo|node_modules|\.test\.|vitest|tsconfig/.test(file)),
    ).toEqual([]);
    expect(files.filter((file) => !file.includes('/'))).toEqual([
      'CapacitorLiveUpdater.podspec',
      'LICENSE-APACHE',
      'LICENSE-MIT',
      'Package.swift',
      'README.md',
      'package.json',
    ]);
  });

  it('has no exports, so that folders of it can be reached as Capacitor does', () => {
    expect(json('package.json')).not.toHaveProperty('exports');
    expect(json('capgo/package.json')).not.toHaveProperty('exports');
  });
});

describe('versions', () => {
  it('of the package, of what it says of itself, and of the core are the same', () => {
    const [, core] = /\[workspace\.package\]\s+version = "([^"]+)"/.exec(read('Cargo.toml')) ?? [];
    expect([json<{ version: string }>('package.json').version, VERSION]).toEqual([core, core]);
  });

  it('of iOS and of Capacitor are the same for SPM and for CocoaPods', () => {
    const swift = read('Package.swift');
    const pod = read('CapacitorLiveUpdater.podspec');
    const [, spm] = /\.iOS\(\.v(\d+)\)/.exec(swift) ?? [];
    const [, cocoapods] = /deployment_target\s*=\s*'(\d+)\.0'/.exec(pod) ?? [];
    expect([spm, cocoapods]).toEqual(['15', '15']);
    expect(swift).toMatch(
      /url: "https:\/\/github\.com\/ionic-team\/capacitor-swift-pm\.git", from: "8\.\d+\.\d+"/,
    );
    expect(pod).toMatch(/s\.version\s*=\s*package\['version'\]/);
    const { peerDependencies } = json<{ peerDependencies: Record<string, string> }>('package.json');
    expect(peerDependencies).toEqual({ '@capacitor/core': '>=8.0.0' });
  });

  it('that Kotlin and Swift say are the version of the package', () => {
    const { version } = json<{ version: string }>('package.json');
    const said = (folder: string, ending: string) =>
      filesBelow(folder, ending).flatMap((file) =>
        [...read(file).matchAll(/\b(?:plugin)?version = "([^"]+)"/gi)].map(([, quoted]) => quoted),
      );
    expect(said('android/src/main', '.kt')).toEqual([version]);
    expect(said('ios/Sources', '.swift')).toEqual([version]);
  });
});

describe('an app', () => {
  it.each(['bundler', 'node'])('is type-checked, resolving as %s does', async (resolution) => {
    write('app.ts', TYPED_APP);
    write('capacitor.config.ts', TYPED_CONFIG);
    await typecheck(resolution, 'app.ts', 'capacitor.config.ts');
  });

  it('with a wrong key in its configuration is not', async () => {
    write('wrong.config.ts', TYPED_CONFIG.replace('keepBundles', 'keepBundle'));
    await expect(typecheck('bundler', 'wrong.config.ts')).rejects.toThrow(/'keepBundle'/);
  });

  it('with a bundler gets one plugin, whichever import it uses', async () => {
    write('both.ts', BOTH);
    await build({
      root: app,
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: 'both.ts',
        outDir: 'out',
        rolldownOptions: { output: { entryFileNames: 'both.mjs' } },
      },
      ssr: { noExternal: true },
    });
    const { stdout, stderr } = await run(path.join(app, 'out/both.mjs'), [], { cwd: app });
    expect([stdout.trim(), stderr]).toEqual(['builtin builtin', '']);
  });

  it('with CommonJS gets one plugin, whichever import it uses', async () => {
    write('both.cjs', BOTH_COMMONJS);
    const { stdout, stderr } = await run('both.cjs', [], { cwd: app });
    expect([stdout.trim(), stderr]).toEqual(['builtin builtin', '']);
  });
});

describe('a page without a bundler', () => {
  it('gets both globals from scripts, and passes its token on to the native half', async () => {
    const calls: unknown[] = [];
    const page = webView(calls);
    for (const script of [
      '@capacitor/core/dist/capacitor.js',
      'capacitor-live-updater/dist/plugin.js',
      'capacitor-live-updater/dist/capgo.js',
    ]) {
      vm.runInContext(fs.readFileSync(path.join(app, 'node_modules', script), 'utf8'), page);
    }
    const ready = vm.runInContext(
      `Promise.all([
        capacitorLiveUpdater.LiveUpdater.notifyAppReady(),
        capacitorLiveUpdaterCapgo.CapacitorUpdater.notifyAppReady(),
      ])`,
      page,
    ) as Promise<{ bundle: { id: string } }[]>;
    expect((await ready).map(({ bundle }) => bundle.id)).toEqual(['b1', 'b1']);
    const call = ['LiveUpdater', 'notifyAppReady', { launchToken: 't1' }];
    expect(calls).toEqual([call, call]);
  });
});

/** The globals of an Android web view that matter here. */
function webView(calls: unknown[]): vm.Context {
  const window: Record<string, unknown> = {
    console,
    androidBridge: {},
    __liveUpdaterLaunch: { token: Promise.resolve('t1') },
    Capacitor: {
      PluginHeaders: [
        { name: 'LiveUpdater', methods: [{ name: 'notifyAppReady', rtype: 'promise' }] },
      ],
      nativePromise: async (...call: unknown[]) => {
        calls.push(JSON.parse(JSON.stringify(call)));
        return { bundle: { id: 'b1', version: '1.1.0', status: 'trial' } };
      },
    },
  };
  window.window = window;
  return vm.createContext(window);
}

const TYPED_APP = `
import type { BundleInfo, LiveUpdaterError } from 'capacitor-live-updater';
import { LiveUpdater } from 'capacitor-live-updater';
import type { DownloadEvent } from 'capacitor-live-updater/capgo';
import { CapacitorUpdater } from 'capacitor-live-updater/capgo';

export async function start(): Promise<BundleInfo | null> {
  await LiveUpdater.notifyAppReady();
  await LiveUpdater.addListener('updateFailed', ({ bundle, reason }) => bundle.version + reason);
  try {
    const { status, bundle } = await LiveUpdater.sync();
    return status === 'downloaded' && bundle ? bundle : await LiveUpdater.getNextBundle();
  } catch (error) {
    const { code, data } = error as LiveUpdaterError;
    return code === 'rate_limited' && data?.retryAfter ? null : null;
  }
}

export async function asBefore(): Promise<void> {
  await CapacitorUpdater.addListener('download', (event: DownloadEvent) => event.percent);
  const latest = await CapacitorUpdater.getLatest();
  if (latest.url) {
    const bundle = await CapacitorUpdater.download({ url: latest.url, version: latest.version });
    await CapacitorUpdater.set({ id: bundle.id });
  }
}
`;

const TYPED_CONFIG = `
/// <reference types="capacitor-live-updater" />
import type { CapacitorConfig } from '@capacitor/cli';

export const config: CapacitorConfig = {
  plugins: { LiveUpdater: { trust: { mode: 'unsigned' }, keepBundles: 3 } },
};
`;

const BOTH = `
import { LiveUpdater } from 'capacitor-live-updater';
import { CapacitorUpdater } from 'capacitor-live-updater/capgo';
const { bundle } = await LiveUpdater.current();
console.log(bundle.id, (await CapacitorUpdater.current()).bundle.id);
`;

const BOTH_COMMONJS = `
const { CapacitorUpdater } = require('capacitor-live-updater/capgo');
const { LiveUpdater } = require('capacitor-live-updater');
Promise.all([LiveUpdater.current(), CapacitorUpdater.current()]).then((both) =>
  console.log(...both.map(({ bundle }) => bundle.id)),
);
`;

function write(name: string, text: string): void {
  fs.writeFileSync(path.join(app, name), text);
}

function typecheck(moduleResolution: string, ...files: string[]): Promise<unknown> {
  const compilerOptions = {
    moduleResolution,
    module: 'esnext',
    target: 'es2020',
    strict: true,
    noEmit: true,
    types: [],
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
  return run('node_modules/typescript/bin/tsc', [], { cwd: app });
}
