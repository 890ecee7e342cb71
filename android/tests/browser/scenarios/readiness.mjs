/** Only the page of a bundle can say that the bundle works. */

import assert from 'node:assert/strict';

import { until } from '../until.mjs';

const NO_SCRIPTS = { webViewFeatures: ['WEB_MESSAGE_LISTENER'] };

export const scenarios = {
  'a page that is about to go cannot vouch for the bundle that comes': (scene) =>
    aStalePageIsRefused(scene, {}),

  'a page that is about to go cannot do so without scripts either': (scene) =>
    aStalePageIsRefused(scene, NO_SCRIPTS),

  async "a call that waited in the queue is the old page's when it is answered"(scene) {
    const phone = await scene.phoneWith('2.0.0', {
      ...NO_SCRIPTS,
      config: { appReadyTimeout: 600_000 },
    });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    const { webView } = phone;
    webView.holdLoads();
    await phone.press('apply');
    await until(
      'the trial begins',
      async () => (await phone.call('current')).bundle.version === '3.0.0',
    );
    await phone.page.evaluate(() => {
      window.Capacitor.nativePromise('Blocker', 'block');
      window.Capacitor.nativePromise('LiveUpdater', 'notifyAppReady', {});
    });
    webView.releaseLoads();
    await phone.shows('3.0.0');
    await phone.tell('unblock');
    await until('it is refused', async () =>
      /notifyAppReady.*stale_launch/.test(await phone.log()),
    );
    assert.equal((await phone.call('current')).bundle.status, 'trial');
  },

  async 'a start of the old page that is told late does not make it the new one'(scene) {
    const phone = await scene.phoneWith('2.0.0', {
      ...NO_SCRIPTS,
      config: { appReadyTimeout: 600_000 },
    });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    const { webView } = phone;
    webView.holdLoads();
    webView.queuePageStart();
    await phone.press('apply');
    await until('the load is ordered', () => phone.asked.filter(isLoad).length === 3);
    assert.equal((await phone.call('notifyAppReady', {})).code, 'stale_launch');
    assert.equal((await phone.call('current')).bundle.status, 'trial');

    webView.releaseLoads();
    await phone.shows('3.0.0');
    assert.equal((await phone.call('notifyAppReady', {})).bundle.version, '3.0.0');
  },

  async 'a page that knows no token can say that it works once its script has told'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 600_000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.press('apply');
    await phone.shows('3.0.0');
    const { bundle } = await phone.call('notifyAppReady', {});
    assert.deepEqual([bundle.version, bundle.status], ['3.0.0', 'success']);
  },

  async 'a page from which its script holds the token back cannot do so'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 600_000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.webView.neverListWorkers();
    await phone.press('apply');
    await phone.shows('3.0.0');
    assert.equal((await phone.call('notifyAppReady', {})).code, 'stale_launch');
    assert.equal((await phone.call('current')).bundle.status, 'trial');
  },

  async 'a page that a service worker of the bundle before has made cannot either'(scene) {
    await scene.server.offer('2.0.0', '2.0.0-hostile-worker');
    const phone = await scene.phone({ config: { appReadyTimeout: 3000 } });
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.updatesTo('2.0.0');
    await until('its worker is there', () =>
      phone.page.evaluate(() => navigator.serviceWorker.controller !== null),
    );
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.press('apply');
    await phone.shows('3.0.0');
    assert.equal(await phone.page.evaluate(() => localStorage.getItem('example:foreign')), null);
    await phone.lists('updateFailed 3.0.0: timeout');
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'a page that loads itself again still belongs to its launch'(scene) {
    const phone = await scene.phoneWith('2.0.0');
    await phone.page.reload();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    assert.equal((await phone.call('current')).bundle.status, 'success');
  },
};

function isLoad(order) {
  return order.do === 'load';
}

/** 2.0.0 goes on saying that it works, after 3.0.0, which never does, has taken its place. */
async function aStalePageIsRefused(scene, settings) {
  await scene.server.offer('2.0.0', '2.0.0-stale-ready');
  const phone = await scene.phone({ ...settings, config: { appReadyTimeout: 3000 } });
  await phone.start();
  await phone.shows('1.0.0', 'Ready: 1.0.0');
  await phone.updatesTo('2.0.0');

  await scene.server.offer('3.0.0', '3.0.0-never-ready');
  await phone.fetches('3.0.0');
  const { webView } = phone;
  webView.holdLoads();
  await phone.press('apply');
  await until('a call of the old page is refused', () =>
    phone.page.evaluate(() => localStorage.getItem('example:stale-ready') === 'stale_launch'),
  );
  const { bundle } = await phone.call('current');
  assert.deepEqual([bundle.version, bundle.status], ['3.0.0', 'trial']);
  webView.releaseLoads();

  // Nobody has vouched for it, so it goes again.
  await phone.lists('updateFailed 3.0.0: timeout');
  await phone.shows('2.0.0', 'Ready: 2.0.0');
  await phone.lists('the page before this one was refused: stale_launch');
  await scene.picture(phone, 'a stale page was refused');
}
