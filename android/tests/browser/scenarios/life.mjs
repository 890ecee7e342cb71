/** What happens to the app is told to the core. */

import assert from 'node:assert/strict';

import { pause, until } from '../until.mjs';

/** As Android's ApplicationExitInfo names them. */
const REASON_CRASH = 4;
const REASON_USER_REQUESTED = 10;

/** One bad launch of a good bundle is enough. */
const STRICT = { config: { crashLoopLimit: 1 } };

export const scenarios = {
  async 'an activity that is made anew shows the same launch'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 600_000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.press('apply');
    await phone.shows('3.0.0');
    const launch = await launchToken(phone);
    // As often as a launch that fails would have been enough.
    for (let turn = 0; turn < 3; turn += 1) {
      for (const change of ['pause', 'stop', 'destroy', 'create', 'start', 'resume'])
        await phone.tell(change);
      await phone.shows('3.0.0');
      assert.equal(await launchToken(phone), launch);
    }
    const { bundle } = await phone.call('current');
    assert.deepEqual([bundle.version, bundle.status], ['3.0.0', 'trial']);
    assert.equal((await phone.call('getFailedUpdate')).bundle ?? null, null);
  },

  async 'the page of an activity that is made anew can say that it works'(scene) {
    const phone = await scene.phoneWith('2.0.0');
    for (const change of ['pause', 'stop', 'destroy', 'create', 'start', 'resume'])
      await phone.tell(change);
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.press('reset');
    await phone.shows('1.0.0', 'Ready: 1.0.0');
  },

  async 'an activity that is made anew in the middle of set shows the new bundle'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone();
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    const { id } = await phone.call('download', await scene.server.address('2.0.0'));
    await phone.tell('hold');
    // Its answer goes with the page that asked.
    phone.call('set', { id }).catch(() => undefined);
    await isMadeAnewMeanwhile(phone);
  },

  async 'an activity that is made anew in the middle of a reload shows what was next'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone();
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.fetches('2.0.0');
    await phone.tell('hold');
    await phone.press('apply');
    await isMadeAnewMeanwhile(phone);
  },

  async 'time in the background does not count against a bundle'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 6000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.webView.holdLoads();
    await phone.press('apply');
    await until(
      'the trial begins',
      async () => (await phone.call('current')).bundle.version === '3.0.0',
    );
    await phone.tell('pause');
    phone.webView.releaseLoads();
    await phone.shows('3.0.0');
    await pause(7000);
    assert.equal((await phone.call('current')).bundle.status, 'trial');
    await phone.tell('resume');
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'an activity that nobody has seen yet does not count against it either'(scene) {
    const phone = await scene.phoneWith('2.0.0', { config: { appReadyTimeout: 3000 } });
    await scene.server.offer('3.0.0', '3.0.0-never-ready');
    await phone.fetches('3.0.0');
    await phone.restart({ isShown: false });
    await phone.shows('3.0.0');
    await pause(4000);
    assert.equal((await phone.call('current')).bundle.status, 'trial');
    await phone.tell('resume');
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'after a long time in the background what is next is shown'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone({ config: { applyAfterBackground: 1 } });
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.fetches('2.0.0');
    await phone.tell('pause');
    await pause(1200);
    await phone.tell('resume');
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'after a long time it is shown too by an activity that is made anew'(scene) {
    await scene.server.offer('2.0.0');
    const phone = await scene.phone({ config: { applyAfterBackground: 1 } });
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.fetches('2.0.0');
    for (const change of ['pause', 'stop', 'destroy']) await phone.tell(change);
    await pause(1200);
    for (const change of ['create', 'start', 'resume']) await phone.tell(change);
    await phone.shows('2.0.0', 'Ready: 2.0.0');
  },

  async 'a crash that the system tells of counts against the bundle'(scene) {
    const phone = await scene.phoneWith('2.0.0', STRICT);
    const crashed = await phone.kill();
    phone.exits = [{ pid: crashed, reason: REASON_CRASH, timestamp: Date.now() }];
    await phone.start();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.restart();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.lists('updateFailed 2.0.0: crash_loop');
  },

  async 'a crash counts too where the number of the process is used again'(scene) {
    const phone = await scene.phone(STRICT);
    phone.pid = 4711;
    await scene.server.offer('2.0.0');
    await phone.start();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.updatesTo('2.0.0');
    await phone.kill();
    phone.exits = [{ pid: 4711, reason: REASON_CRASH, timestamp: Date.now() }];
    await phone.start();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.restart();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
  },

  'a crash of a process that ran no bundle does not': (scene) =>
    aCrashDoesNotCount(scene, (pid) => [
      { pid: pid + 1, reason: REASON_CRASH, timestamp: Date.now() },
    ]),

  'a crash of a process that had the number later does not': (scene) =>
    aCrashDoesNotCount(scene, (pid) => [
      { pid, reason: REASON_CRASH, timestamp: Date.now() + 60_000 },
      { pid, reason: REASON_USER_REQUESTED, timestamp: Date.now() },
    ]),

  'a crash of a process that had the number before does not': (scene) =>
    aCrashDoesNotCount(scene, (pid) => [
      { pid, reason: REASON_CRASH, timestamp: Date.now() - 24 * 60 * 60 * 1000 },
    ]),

  async 'a crash of the page counts against the bundle'(scene) {
    const phone = await scene.phoneWith('2.0.0', STRICT);
    phone.webView.crash();
    // The system ends an app whose page has died.
    await phone.hasEnded();
    await phone.restart();
    await phone.shows('1.0.0', 'Ready: 1.0.0');
    await phone.lists('updateFailed 2.0.0: crash_loop');
  },
};

/** While a call waits; it goes on once the new activity shows what ran before. */
async function isMadeAnewMeanwhile(phone) {
  await until('the call is on its way', async () => /rig: a call waits/.test(await phone.log()));
  for (const change of ['pause', 'stop', 'destroy', 'create', 'start', 'resume'])
    await phone.tell(change);
  await phone.shows('1.0.0', 'Ready: 1.0.0');
  await phone.tell('release');
  await phone.shows('2.0.0', 'Ready: 2.0.0');
  assert.equal((await phone.call('current')).bundle.status, 'success');
  await phone.restart();
  await phone.shows('2.0.0', 'Ready: 2.0.0');
}

/** `exits` are what the system remembers once the process with the number that is given is gone. */
async function aCrashDoesNotCount(scene, exits) {
  const phone = await scene.phoneWith('2.0.0', STRICT);
  phone.exits = exits(await phone.kill());
  for (let start = 0; start < 2; start += 1) {
    await phone.start();
    await phone.shows('2.0.0', 'Ready: 2.0.0');
    await phone.kill();
  }
}

function launchToken(phone) {
  return phone.page.evaluate(() => window.__liveUpdaterLaunch.token);
}
