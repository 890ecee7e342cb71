/** Whatever fails, the app starts. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

import { until } from '../until.mjs';

export const scenarios = {
  async 'a core that cannot be loaded in the middle of a trial means the builtin files'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 600_000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.press('apply');
    await phone.shows('3.0.0');
    assert.match(await phone.storedPath(), /live-updater\/bundles\//);

    await phone.restart({ withLibrary: false });
    // All that it asks for is refused, but for the call that a good page makes.
    await phone.shows('1.0.0', 'Failed: UNAVAILABLE');
    await scene.picture(phone, 'builtin without a core');
    assert.equal((await phone.call('notifyAppReady', {})).bundle.id, 'builtin');
    assert.equal(await phone.storedPath(), undefined);
    assert.match((await phone.call('getLatest')).message, /can't start/);
    assert.deepEqual(await phone.call('isAutoUpdateEnabled'), { enabled: false });
  },

  async 'an app that was installed anew starts on its own files'(scene) {
    const phone = await scene.phoneWith('2.0.0');
    phone.versionCode = 2;
    await phone.restart();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    assert.deepEqual((await phone.call('list')).bundles, []);
  },

  async 'a configuration that makes no sense means the builtin files'(scene) {
    const phone = await scene.phone({ config: { noSuchKey: true } });
    await phone.start();
    await phone.shows('1.0.0');
    await until('the log says why', async () => /config: .*noSuchKey/.test(await phone.log()));
    assert.equal((await phone.call('sync')).code, 'config');
  },

  async 'with a development server the updater is off'(scene) {
    const page =
      '<!doctype html><head></head><h1 id="bundle-version">live</h1><p id="status">reload</p>';
    const server = createServer((_, answer) =>
      answer.writeHead(200, { 'content-type': 'text/html' }).end(page),
    );
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${server.address().port}`;
      const phone = await scene.phone({ app: { server: { url } } });
      await phone.start();
      await phone.shows('live', 'reload');
      const { bundle } = await phone.call('notifyAppReady', {});
      assert.deepEqual([bundle.id, bundle.version], ['builtin', '1.0.0']);
      assert.equal((await phone.call('current')).native, '1.0.0');
      assert.equal((await phone.call('sync')).code, 'UNAVAILABLE');
      const lines = (await phone.log()).split('\n').filter((line) => /^I .*server\.url/.test(line));
      assert.equal(lines.length, 1, lines.join('\n'));
    } finally {
      server.close();
      server.closeAllConnections();
    }
  },
};
