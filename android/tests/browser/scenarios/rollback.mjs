/** A bad bundle goes away by itself. */

import assert from 'node:assert/strict';

import { until } from '../until.mjs';

export const scenarios = {
  async 'a script that throws before it is ready is taken back'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 3000 } });
    await scene.server.offer('3.0.0', '3.0.0-throws-before-ready');
    await phone.fetches('3.0.0');
    await phone.press('apply');
    await phone.shows('3.0.0');
    await scene.picture(phone, 'a broken bundle');

    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.lists('updateFailed 3.0.0: timeout');
    await scene.picture(phone, 'taken back');
    assert.equal((await phone.call('getFailedUpdate')).bundle.version, '3.0.0');
    await phone.press('check');
    await phone.shows('2.0.0', 'Blocked: failed');
    await phone.restart();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'a page that listens and never is ready does not take the news with it'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 3000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.press('apply');
    await phone.shows('3.0.0');
    await phone.page.evaluate(() => {
      window.Capacitor.nativeCallback(
        'LiveUpdater',
        'addListener',
        { eventName: 'updateFailed' },
        () => undefined,
      );
    });
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.lists('updateFailed 3.0.0: timeout');
  },

  async 'the service worker of a bad bundle goes with it'(scene) {
    await scene.server.offer('2.0.0', '2.0.0-service-worker');
    const phone = await scene.phone({ config: { appReadyTimeout: 3000 } });
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.fetches('2.0.0');
    await phone.press('apply');
    await phone.shows('2.0.0');
    await until('the worker is there', () => registrations(phone));
    await scene.picture(phone, 'a bundle with a service worker');

    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await scene.picture(phone, 'the service worker is gone');
    assert.equal(await registrations(phone), 0);
    assert.deepEqual(await phone.page.evaluate(() => caches.keys()), []);
    await phone.press('check');
    await phone.shows('1.0.0', 'Blocked: failed');
    await phone.restart();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
  },

  async 'a mark that was put back does not keep a service worker'(scene) {
    await scene.server.offer('2.0.0', '2.0.0-service-worker');
    const phone = await scene.phone({ config: { appReadyTimeout: 3000 } });
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    const mark = await until('the mark of builtin', () => markOf(phone));
    await phone.fetches('2.0.0');
    await phone.press('apply');
    await phone.shows('2.0.0');
    await until('the worker is there', () => registrations(phone));
    await until('its own mark is there', async () => (await markOf(phone)) !== mark);
    await phone.page.evaluate(([key, found]) => localStorage.setItem(key, found), [MARK, mark]);

    await phone.shows('1.0.0', 'Ready: 1.0.0');
    assert.equal(await registrations(phone), 0);
  },

  async 'a bundle in whose trial the app dies twice is taken back'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 600_000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.press('apply');
    await phone.shows('3.0.0');
    await phone.restart();
    await phone.shows('3.0.0');
    await phone.restart();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.lists('updateFailed 3.0.0: trial_launches');
  },
};

const MARK = 'live-updater:activation';

function markOf(phone) {
  return phone.page.evaluate((key) => localStorage.getItem(key), MARK);
}

function registrations(phone) {
  return phone.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);
}
