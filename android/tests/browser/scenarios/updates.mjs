/** The app's own JavaScript brings it up to date. */

import assert from 'node:assert/strict';

export const scenarios = {
  async 'the app updates itself and stays updated'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone();
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await scene.picture(phone, 'the builtin files');

    await phone.fetches('2.0.0');
    assert.equal(await phone.page.evaluate(() => document.getElementById('progress').value), 100);
    await scene.picture(phone, 'downloaded');
    await phone.press('apply');
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.lists('set 2.0.0');
    await scene.picture(phone, 'updated');

    const { bundle, native } = await phone.call('current');
    assert.equal(bundle.version, '2.0.0');
    assert.equal(bundle.status, 'success');
    assert.equal(native, '1.0.0');

    await phone.restart();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'an app that only says it is ready is updated by itself'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone({ config: { autoUpdate: undefined } });
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    assert.deepEqual(await phone.call('isAutoUpdateEnabled'), { enabled: true });
    await phone.lists('setNext 2.0.0');
    await phone.restart();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'on Android 7 it updates itself too'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone({ webViewFeatures: [] });
    phone.sdk = 24;
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.updatesTo('2.0.0');
    await phone.restart();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'what a page needs is there before it is loaded'(scene) {
    const phone = await scene.phoneWith('2.0.0');
    const names = phone.asked.map((order) => order.do).filter((name) => /Script|load/.test(name));
    // Capacitor's own script comes second; a page is loaded after each change.
    assert.deepEqual(names, [
      'addScript',
      'addScript',
      'load',
      'removeScript',
      'addScript',
      'load',
    ]);
    const [first, second] = phone.asked.filter((order) => order.do === 'load');
    assert.ok(!first.stored, first.stored);
    assert.match(second.stored, /\/no_backup\/live-updater\/bundles\/.*\/www$/);
    const added = phone.asked.filter((order) => order.do === 'addScript');
    for (const script of [added[0], added[2]]) {
      assert.match(script.script, /__liveUpdaterLaunch/);
      assert.deepEqual(script.origins, ['http://localhost']);
    }
  },

  async 'each method answers in its shape'(scene) {
    const phone = await scene.phoneWith('2.0.0');
    const { bundle } = await phone.call('current');
    const { id } = bundle;
    assert.deepEqual(Object.keys(bundle).sort(), [
      'checksum',
      'downloaded',
      'id',
      'status',
      'version',
    ]);
    const { bundles } = await phone.call('list');
    assert.deepEqual(bundles, [bundle]);
    assert.equal((await phone.call('getNextBundle')).bundle, null);
    assert.equal((await phone.call('getFailedUpdate')).bundle, null);
    assert.deepEqual(await phone.call('getBuiltinVersion'), { version: '1.0.0' });
    assert.deepEqual(await phone.call('verify', { id }), { ok: true, damaged: [] });
    assert.deepEqual(await phone.call('getChannel'), { channel: 'production' });
    assert.deepEqual(await phone.call('setChannel', { channel: 'beta' }), { channel: 'beta' });
    assert.deepEqual(await phone.call('setChannel'), { channel: 'production' });
    await phone.call('setChannel', { channel: 'beta' });
    assert.deepEqual(await phone.call('unsetChannel'), { channel: 'production' });
    assert.equal((await phone.call('listChannels')).code, 'invalid_request');
    assert.match((await phone.call('getDeviceId')).deviceId, /./);
    assert.equal(await phone.call('setCustomId', { customId: 'person' }), undefined);
    assert.equal(await phone.call('clearBlocked'), undefined);
    assert.equal(await phone.call('cancel'), undefined);
    assert.equal((await phone.call('flush')).pending, 0);
    assert.equal((await phone.call('state')).current, id);
    assert.deepEqual(await phone.call('isAutoUpdateEnabled'), { enabled: false });
    assert.match((await phone.call('getPluginVersion')).version, /^\d+\.\d+\.\d+$/);
    assert.equal((await phone.call('getLatest')).status, 'upToDate');
    assert.equal((await phone.call('sync')).status, 'upToDate');
    assert.equal((await phone.call('delete', { id })).code, 'protected_bundle');
    assert.equal((await phone.call('next', { id })).version, '2.0.0');
    assert.equal((await phone.call('getNextBundle')).bundle.id, id);
    // The page goes before or after it hears the answer.
    await phone.call('setBundleError').catch(() => {});
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    const failed = (await phone.call('getFailedUpdate')).bundle;
    assert.deepEqual([failed.id, failed.status], [id, 'error']);
  },

  async 'a bundle can be fetched from where the page says'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone();
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    const from = await scene.server.address('2.0.0');
    const { id, status } = await phone.call('download', from);
    assert.equal(status, 'pending');
    phone.call('set', { id }).catch(() => undefined);
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    assert.equal((await phone.call('download', { url: from.url })).code, 'invalid_request');
  },

  async 'without scripts at the start of documents it updates itself too'(scene) {
    const phone = await scene.phoneWith('2.0.0', { webViewFeatures: ['WEB_MESSAGE_LISTENER'] });
    assert.equal(await phone.page.evaluate(() => '__liveUpdaterLaunch' in window), false);
    assert.equal((await phone.call('current')).bundle.status, 'success');
    await phone.restart();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'reset goes back to the builtin files'(scene) {
    const phone = await scene.phoneWith('2.0.0');
    await phone.press('reset');
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    assert.equal(await phone.storedPath(), undefined);
    await phone.restart();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
  },

  async 'what a call fails with has a code for programs'(scene) {
    const phone = await scene.phone();
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    assert.deepEqual(await phone.call('set', { id: 'none' }), {
      code: 'unknown_bundle',
      message: (await phone.call('set', { id: 'none' })).message,
      data: { retryable: false },
    });
    assert.equal((await phone.call('set')).code, 'invalid_request');
  },

  async 'an argument of the wrong type is refused by its name'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone();
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    assert.equal((await phone.call('getLatest')).status, 'updateAvailable');
    const from = await scene.server.address('2.0.0');
    const wrong = [
      ['notifyAppReady', { launchToken: 5 }, 'launchToken'],
      ['getLatest', { channel: 1 }, 'channel'],
      ['download', { url: 5 }, 'url'],
      ['download', { ...from, version: 2 }, 'version'],
      ['download', { ...from, checksum: [from.checksum] }, 'checksum'],
      ['download', { ...from, signature: {} }, 'signature'],
      ['download', { ...from, size: 'x' }, 'size'],
      ['download', { ...from, release: 5 }, 'release'],
      ['download', { ...from, size: -1 }, 'size'],
      ['download', { ...from, size: 1.5 }, 'size'],
      ['download', { version: '2.0.0' }, 'url'],
      ['next', { id: 5 }, 'id'],
      ['set', { id: ['a'] }, 'id'],
      ['delete', { id: {} }, 'id'],
      ['verify', { id: true }, 'id'],
      ['reset', { toLastSuccessful: 'yes' }, 'toLastSuccessful'],
      ['setBundleError', { id: 5 }, 'id'],
      ['clearBlocked', { version: 5 }, 'version'],
      ['setChannel', { channel: 5 }, 'channel'],
      ['setCustomId', { customId: 5 }, 'customId'],
    ];
    for (const [method, options, name] of wrong) {
      const what = `${method} ${JSON.stringify(options)}`;
      const { code, message, data } = await phone.call(method, options);
      assert.equal(code, 'invalid_request', what);
      assert.match(message, new RegExp(`^${name} (must|is missing)`), what);
      assert.deepEqual(data, { retryable: false }, what);
    }
    assert.deepEqual((await phone.call('list')).bundles, []);
    // What is null is left out.
    assert.equal((await phone.call('download', { url: null, size: null })).version, '2.0.0');
  },

  async 'a server that asks to wait says for how many seconds'(scene) {
    await scene.serve('--fault', 'bundle:status=429,retry-after=90');
    await scene.server.offer('2.0.0');
    const phone = await scene.phone();
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.call('getLatest');
    const { code, data } = await phone.call('download');
    assert.equal(code, 'rate_limited');
    assert.equal(data.retryable, true);
    assert.ok(data.retryAfter > 60 && data.retryAfter <= 90, data.retryAfter);
  },
};
