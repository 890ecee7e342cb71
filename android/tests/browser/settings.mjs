/** What the program that runs these tests has built and installed for them. */

import { createRequire } from 'node:module';
import { join } from 'node:path';

function setting(name) {
  const value = process.env[`LIVE_UPDATER_${name}`];
  if (!value) throw new Error(`LIVE_UPDATER_${name} is not set: cargo xtask test android`);
  return value;
}

/** The command `live-updater`. */
export const program = setting('PROGRAM');

/** The folder of the library. */
export const library = setting('LIBRARY');

/** The host program, the plugin, Capacitor, and the stubs of Android. */
export const classPath = setting('CLASS_PATH');

/** Built example apps, a folder each. */
export const apps = setting('APPS');

/** For this run alone. */
export const scratch = setting('SCRATCH');

export const screenshots = setting('SCREENSHOTS');

const modules = setting('NODE_MODULES');

export const { chromium } = createRequire(join(modules, 'any.js'))('playwright-core');

/** The script of Capacitor's that Android puts into each page. */
export const nativeBridge = join(
  modules,
  '@capacitor/android/capacitor/src/main/assets/native-bridge.js',
);
