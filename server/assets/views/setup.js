/** What to run and to write down so that an app gets its updates from here. */

import { element } from '../dom.js';
import { copy } from '../notice.js';
import { session } from '../session.js';

/** Where devices reach this service. */
export function updateUrl() {
  const url = session.caller?.publicUrl ?? new URL('../..', import.meta.url).href;
  return url.replace(/\/$/, '');
}

/** Packing, sending and releasing, in a terminal. */
export function commands(app) {
  const text = [
    "export LIVE_UPDATER_KEY='the API key'",
    'live-updater publish dist --version 1.0.0 \\',
    `  --app-id ${app} \\`,
    `  --server ${updateUrl()}`,
  ].join('\n');
  return snippet('In a terminal, after the build of the web files:', text, 'the commands');
}

/** For `capacitor.config.json`. */
export function configuration(app) {
  const settings = {
    appId: app.appId,
    updateUrl: updateUrl(),
    ...(app.needsDeviceToken ? { token: 'the device token' } : {}),
    autoUpdate: 'resume',
    trust: { mode: 'bundle', keys: [{ key: 'the public key' }] },
  };
  const text = JSON.stringify({ plugins: { LiveUpdater: settings } }, null, 2);
  const intro =
    'In the app’s capacitor.config.json; live-updater keygen makes the keys and prints trust:';
  return snippet(intro, text, 'the configuration');
}

function snippet(intro, text, what) {
  const button = element(
    'button',
    { type: 'button', on: { click: () => copy(text, what) } },
    `Copy ${what}`,
  );
  // What scrolls has to be reached with the keyboard.
  const code = element('pre', { tabindex: '0', role: 'region', 'aria-label': what }, text);
  return element('div', { class: 'snippet' }, element('p', {}, intro), code, button);
}
