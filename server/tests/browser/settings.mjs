/** What the program that runs these tests has built and installed for them. */

import { createRequire } from 'node:module';
import { join } from 'node:path';

function setting(name) {
  const value = process.env[`LIVE_UPDATER_${name}`];
  if (!value) throw new Error(`LIVE_UPDATER_${name} is not set: cargo xtask test admin`);
  return value;
}

/** The command `live-updater`. */
export const program = setting('PROGRAM');

/** For this run alone. */
export const scratch = setting('SCRATCH');

export const screenshots = setting('SCREENSHOTS');

const require = createRequire(join(setting('NODE_MODULES'), 'any.js'));

export const { chromium } = require('playwright-core');

/** Looks for what keeps people out; it runs in the page. */
export const axe = require('axe-core').source;
