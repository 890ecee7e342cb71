import { describe, expect, it } from 'vitest';

import type { CapacitorUpdaterPlugin } from '../src/capgo/definitions';
import { createUpdater } from '../src/capgo/updater';
import type { BundleInfo, LiveUpdaterPlugin } from '../src/definitions';
import { CORE } from './capgo-core';

const BUNDLE: BundleInfo = {
  id: 'b1',
  version: '1.1.0',
  status: 'pending',
  checksum: 'c'.repeat(64),
  downloaded: '2026-11-21T10:00:00.000Z',
};
const BUILTIN: BundleInfo = { ...BUNDLE, id: 'builtin', version: '1.0.0', status: 'success' };

describe('bundles', () => {
  it('have the five properties of a bundle, and none of ours', async () => {
    const { updater } = over({ current: { bundle: { ...BUILTIN, extra: 1 }, native: '2.0' } });
    expect(await updater.current()).toEqual({ bundle: BUILTIN, native: '2.0' });
  });

  it('on trial count as pending', async () => {
    const { updater } = over({ notifyAppReady: { bundle: { ...BUNDLE, status: 'trial' } } });
    expect(await updater.notifyAppReady()).toEqual({ bundle: BUNDLE });
  });

  it('come from next, list, getNextBundle and getFailedUpdate in the same shape', async () => {
    const { updater, calls } = over({
      next: BUNDLE,
      list: { bundles: [BUNDLE] },
      getNextBundle: BUNDLE,
      getFailedUpdate: { bundle: { ...BUNDLE, status: 'error' } },
    });
    expect(await updater.next({ id: 'b1' })).toEqual(BUNDLE);
    expect(await updater.list({ raw: true })).toEqual({ bundles: [BUNDLE] });
    expect(await updater.getNextBundle()).toEqual(BUNDLE);
    expect(await updater.getFailedUpdate()).toEqual({ bundle: { ...BUNDLE, status: 'error' } });
    expect(calls).toContainEqual(['next', { id: 'b1' }]);
  });

  it('may be none', async () => {
    const { updater } = over({ getNextBundle: null, getFailedUpdate: null });
    expect(await updater.getNextBundle()).toBeNull();
    expect(await updater.getFailedUpdate()).toBeNull();
  });
});

describe('getLatest', () => {
  const RELEASE = { version: '1.1.0', mandatory: false, releaseNotes: 'Faster.' };

  it('offers a url that download takes for the whole release', async () => {
    const { updater, calls } = over({
      current: { bundle: BUILTIN, native: '2.0' },
      getLatest: { status: 'updateAvailable', version: '1.1.0', release: RELEASE },
      download: BUNDLE,
    });
    const latest = await updater.getLatest({ channel: 'beta' });
    expect(latest).toEqual({
      version: '1.1.0',
      url: expect.any(String),
      old: '1.0.0',
      comment: 'Faster.',
    });
    expect(calls).toContainEqual(['getLatest', { channel: 'beta' }]);
    const bundle = await updater.download({ url: latest.url ?? '', version: latest.version });
    expect(bundle).toEqual(BUNDLE);
    expect(calls.at(-1)).toEqual(['download']);
  });

  it.each([
    [{ status: 'upToDate' }, '1.0.0', 'up_to_date', 'no_new_version_available'],
    [{ status: 'blocked', reason: 'failed', version: '1.1.0' }, '1.1.0', 'blocked', 'failed'],
    [{ status: 'busy' }, '1.0.0', 'failed', 'busy'],
    [{ status: 'rolledBack' }, '1.0.0', 'blocked', 'rolled_back'],
    [
      { status: 'nativeUpdateRequired', version: '3.0.0' },
      '3.0.0',
      'blocked',
      'native_update_required',
    ],
  ])('of %j has no url, and says why', async (answer, version, kind, error) => {
    const { updater } = over({
      current: { bundle: BUILTIN, native: '2.0' },
      getLatest: answer,
    });
    const latest = await updater.getLatest();
    expect(latest).toMatchObject({ version, kind, error, old: '1.0.0' });
    expect(latest.message).toEqual(expect.any(String));
    expect(latest.url).toBeUndefined();
    expect(latest.breaking ?? false).toBe(answer.status === 'nativeUpdateRequired');
  });
});

describe('download', () => {
  it('hands an address on with its checksum', async () => {
    const { updater, calls } = over({ download: BUNDLE });
    const zip = { url: 'https://a.example/1.zip', version: '1.1.0', checksum: BUNDLE.checksum };
    expect(await updater.download(zip)).toEqual(BUNDLE);
    expect(calls).toEqual([['download', zip]]);
  });

  it('refuses an address without a checksum, before anything is fetched', async () => {
    const { updater, calls } = over({});
    const refused = updater.download({ url: 'https://a.example/1.zip', version: '1.1.0' });
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(refused).rejects.toThrow(/SHA-256/);
    expect(calls).toEqual([]);
  });

  it.each([
    [{ sessionKey: 'iv:key' }, /`url` of getLatest, or use LiveUpdater\.sync/],
    [{ manifest: [{ file_name: 'a' }] }, /zip of the whole bundle/],
  ])('refuses %j, and says what to do', async (options, hint) => {
    const { updater, calls } = over({});
    const refused = updater.download({ url: 'https://a.example', version: '1.1.0', ...options });
    await expect(refused).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
    await expect(refused).rejects.toThrow(hint);
    expect(calls).toEqual([]);
  });
});

describe('channels', () => {
  it('setChannel says ok where the channel was taken', async () => {
    const { updater, calls } = over({ setChannel: { channel: 'beta' } });
    expect(await updater.setChannel({ channel: 'beta' })).toEqual({ status: 'ok' });
    expect(calls).toEqual([['setChannel', { channel: 'beta' }]]);
  });

  it('setChannel without a channel is refused, for it would unset the one there is', async () => {
    for (const options of [undefined, null, {}, { channel: null }, 'beta']) {
      const { updater, calls } = over({});
      const refused = (updater as unknown as Calls).setChannel(options);
      await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
      expect(calls).toEqual([]);
    }
  });

  it('unsetChannel resolves with nothing, with options and without', async () => {
    const { updater, calls } = over({ unsetChannel: { channel: '' } });
    expect(await updater.unsetChannel({})).toBeUndefined();
    expect(await updater.unsetChannel()).toBeUndefined();
    expect(calls).toEqual([['unsetChannel'], ['unsetChannel']]);
  });

  it('getChannel and listChannels have the names that they have there', async () => {
    const listed = { name: 'beta', public: false, allowSelfSet: true };
    const { updater } = over({
      getChannel: { channel: 'production' },
      listChannels: {
        channels: [
          { ...listed, id: '7' },
          { ...listed, id: 'b7' },
          { ...listed, id: '', public: true, allowSelfSet: false },
        ],
      },
    });
    expect(await updater.getChannel()).toEqual({ channel: 'production' });
    const shape = { name: 'beta', public: false, allow_self_set: true };
    expect(await updater.listChannels()).toEqual({
      channels: [
        { ...shape, id: 7 },
        { ...shape, id: NaN },
        { ...shape, id: NaN, public: true, allow_self_set: false },
      ],
    });
  });

  it.each([
    ['setChannel', { channel: 'beta' }],
    ['unsetChannel', {}],
  ])('%s looks for an update where that is wanted and automatic', async (name, options) => {
    for (const [triggerAutoUpdate, enabled, looks] of [
      [true, true, true],
      [true, false, false],
      [false, true, false],
      [undefined, true, false],
    ]) {
      const lost = Promise.reject(new Error('no network'));
      lost.catch(() => undefined);
      const { updater, calls } = over({ isAutoUpdateEnabled: { enabled }, sync: lost });
      await (updater as unknown as Calls)[name]({ ...options, triggerAutoUpdate });
      expect(calls.some(([called]) => called === 'sync')).toBe(looks);
    }
  });

  it.each(['setChannel', 'unsetChannel'])(
    '%s changes nothing where triggerAutoUpdate is no boolean',
    async (name) => {
      const { updater, calls } = over({});
      const options = { channel: 'beta', triggerAutoUpdate: 'yes' };
      const refused = (updater as unknown as Calls)[name](options);
      await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
      expect(calls).toEqual([]);
    },
  );

  it.each([
    ['channel_self_set_not_allowed', 'invalid_request', 1],
    ['public_channel_self_set_not_allowed', 'invalid_request', 1],
    ['cannot_update_via_private_channel', 'invalid_request', 1],
    ['channel_not_found', 'invalid_request', 0],
    ['channel_self_set_not_allowed', 'network', 0],
  ])('channelPrivate comes for %s with the code %s: %i times', async (why, code, times) => {
    const refusal = Object.assign(new Error(`the server refuses: ${why}: no`), { code });
    const { updater } = over({ setChannel: Promise.reject(refusal) });
    const heard: unknown[] = [];
    const listener = (event: unknown) => heard.push(event);
    const handle = await updater.addListener('channelPrivate', listener);
    await expect(updater.setChannel({ channel: 'inner' })).rejects.toBe(refusal);
    expect(heard).toEqual(Array(times).fill({ channel: 'inner', message: refusal.message }));
    await handle.remove();
    await updater.addListener('channelPrivate', listener);
    await updater.removeAllListeners();
    await expect(updater.setChannel({ channel: 'inner' })).rejects.toBe(refusal);
    expect(heard).toHaveLength(times);
  });
});

describe('changes', () => {
  it('set, delete, reload and reset go to their namesakes', async () => {
    const { updater, calls } = over({});
    await updater.set({ id: 'b1' });
    await updater.delete({ id: 'b1' });
    await updater.reload();
    await updater.reset();
    await updater.reset({ toLastSuccessful: true });
    expect(calls).toEqual([
      ['set', { id: 'b1' }],
      ['delete', { id: 'b1' }],
      ['reload'],
      ['reset', { toLastSuccessful: false }],
      ['reset', { toLastSuccessful: true }],
    ]);
  });

  it('reset to the pending bundle is refused with what to use', async () => {
    const refused = over({}).updater.reset({ usePendingBundle: true });
    await expect(refused).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
    await expect(refused).rejects.toThrow(/LiveUpdater\.reload/);
  });

  it('getLatest for another app is refused with what to use', async () => {
    const refused = over({}).updater.getLatest({ appId: 'other' });
    await expect(refused).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
    await expect(refused).rejects.toThrow(/`appId`/);
  });

  it('setBundleError gives the bundle, also where it was known to be bad', async () => {
    const bad: BundleInfo = { ...BUNDLE, status: 'error' };
    const first = over({ setBundleError: { rolledBack: bad } }).updater;
    expect(await first.setBundleError({ id: 'b1' })).toEqual(bad);
    const again = over({ setBundleError: { rolledBack: null }, list: { bundles: [bad] } }).updater;
    expect(await again.setBundleError({ id: 'b1' })).toEqual(bad);
    await expect(again.setBundleError({ id: 'b2' })).rejects.toMatchObject({
      code: 'unknown_bundle',
    });
  });

  it('an empty custom id forgets it', async () => {
    const { updater, calls } = over({});
    await updater.setCustomId({ customId: 'u1' });
    await updater.setCustomId({ customId: '' });
    expect(calls).toEqual([
      ['setCustomId', { customId: 'u1' }],
      ['setCustomId', {}],
    ]);
  });
});

describe('what an app without types gets wrong', () => {
  const ZIP = { url: 'https://a.example/1.zip', version: '1.1.0', checksum: BUNDLE.checksum };

  it.each([
    ['next', 'next', { id: 7 }],
    ['set', 'set', { id: true }],
    ['delete', 'delete', { id: ['b1'] }],
    ['setBundleError', 'setBundleError', { id: 7 }],
    ['download', 'download', { ...ZIP, url: 5 }],
    ['download', 'download', { ...ZIP, version: 1.1 }],
    ['download', 'download', { ...ZIP, checksum: 0 }],
    ['reset', 'reset', { toLastSuccessful: 'yes' }],
    ['getLatest', 'getLatest', { channel: 0 }],
    ['getLatest', 'getLatest', { channel: false }],
    ['setCustomId', 'setCustomId', { customId: 0 }],
    ['setChannel', 'setChannel', { channel: 0 }],
    ['setChannel', 'setChannel', { channel: '' }],
  ])('%s passes on as it is, for LiveUpdater.%s to refuse: %j', async (name, ours, options) => {
    const refusal = Object.assign(new Error('wrong type'), { code: 'invalid_request' });
    const { updater, calls } = over({
      current: { bundle: BUILTIN, native: '2.0' },
      [ours]: Promise.reject(refusal),
    });
    await expect((updater as unknown as Calls)[name](options)).rejects.toBe(refusal);
    expect(calls.at(-1)).toEqual([ours, options]);
  });

  it.each(['next', 'set', 'delete', 'setBundleError'])(
    '%s without an id means no bundle at all',
    async (name) => {
      for (const options of [undefined, null, {}, { id: null }, 'b1', ['b1']]) {
        const { updater, calls } = over({});
        const refused = (updater as unknown as Calls)[name](options);
        await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
        await expect(refused).rejects.toThrow(name);
        expect(calls).toEqual([]);
      }
    },
  );

  it.each(['download', 'reset', 'getLatest', 'setCustomId', 'setChannel', 'unsetChannel'])(
    '%s refuses options that are no object',
    async (name) => {
      const { updater, calls } = over({ current: { bundle: BUILTIN, native: '2.0' } });
      const refused = (updater as unknown as Calls)[name]('https://a.example/1.zip');
      await expect(refused).rejects.toMatchObject({ code: 'invalid_request' });
      expect(calls).toEqual([]);
    },
  );
});

describe('reads', () => {
  it.each([
    ['getBuiltinVersion', { version: '1.0.0' }],
    ['getDeviceId', { deviceId: 'd1' }],
    ['getPluginVersion', { version: '0.1.0' }],
    ['isAutoUpdateEnabled', { enabled: false }],
  ] as const)('%s answers as LiveUpdater does', async (name, answer) => {
    expect(await over({ [name]: answer }).updater[name]()).toEqual(answer);
  });

  it('automatic updates are always available', async () => {
    expect(await over({}).updater.isAutoUpdateAvailable()).toEqual({ available: true });
  });
});

describe('events', () => {
  it.each([
    ['download', { percent: 40, bundle: { ...BUNDLE, status: 'downloading' } }],
    ['noNeedUpdate', { bundle: BUNDLE }],
    ['updateAvailable', { bundle: BUNDLE }],
    ['downloadComplete', { bundle: BUNDLE }],
    ['downloadFailed', { version: '1.1.0' }],
    ['updateFailed', { bundle: BUNDLE }],
    ['set', { bundle: BUNDLE }],
    ['setNext', { bundle: BUNDLE }],
    ['appReady', { bundle: BUNDLE, status: 'pending' }],
    ['appReloaded', undefined],
  ])('%s has the shape of its namesake', async (name, shape) => {
    const { updater, emit } = over({});
    const heard: unknown[] = [];
    await (updater as Untyped).addListener(name, (event) => heard.push(event));
    emit(name, {
      bundle: BUNDLE,
      percent: 40,
      bytes: 4,
      totalBytes: 10,
      reason: 'timeout',
      error: { code: 'network', message: 'gone' },
    });
    expect(heard).toEqual([shape]);
  });

  it.each(['breakingAvailable', 'majorAvailable'])(
    '%s tells of a release that needs a newer app, until its listener is removed',
    async (name) => {
      const { updater } = over({
        current: { bundle: BUILTIN, native: '2.0' },
        getLatest: { status: 'nativeUpdateRequired', version: '3.0.0' },
      });
      const heard: unknown[] = [];
      const listener = (event: unknown) => heard.push(event);
      const handle = await (updater as Untyped).addListener(name, listener);
      await updater.getLatest();
      expect(heard).toEqual([{ version: '3.0.0' }]);
      await handle.remove();
      await updater.getLatest();
      expect(heard).toHaveLength(1);
      await (updater as Untyped).addListener(name, listener);
      await updater.removeAllListeners();
      await updater.getLatest();
      expect(heard).toHaveLength(1);
    },
  );

  it.each(['updateCheckResult', 'onFlexibleUpdateStateChange', 'whatever'])(
    '%s is refused, because it would never come',
    async (name) => {
      const refused = (over({}).updater as Untyped).addListener(name, () => undefined);
      await expect(refused).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
      await expect(refused).rejects.toThrow(name);
    },
  );
});

describe('what is not offered', () => {
  const updater = over({}).updater;
  const names = Object.keys(updater).filter((name) => !CORE.includes(name));

  it('is there', () => expect(names.length).toBeGreaterThan(20));

  it.each(names)('%s rejects with UNIMPLEMENTED, its name, and what to use', async (name) => {
    const refused = (updater as unknown as Record<string, () => Promise<never>>)[name]();
    await expect(refused).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
    await expect(refused).rejects.toThrow(
      new RegExp(`^capacitor-live-updater/capgo doesn't offer ${name}\\. [A-Z].{15,}\\.$`),
    );
  });
});

type Calls = Record<string, (options: unknown) => Promise<unknown>>;

interface Untyped {
  addListener(
    name: string,
    listener: (event: unknown) => void,
  ): Promise<{ remove: () => Promise<void> }>;
}

/** Capgo's interface over an updater that answers as told. */
function over(answers: Record<string, unknown>): {
  updater: CapacitorUpdaterPlugin;
  calls: unknown[][];
  emit: (name: string, event: unknown) => void;
} {
  const calls: unknown[][] = [];
  const listeners: [string, (event: unknown) => void][] = [];
  const ours = new Proxy(
    {},
    {
      get: (_, name: string) => async (options: unknown, listener: (event: unknown) => void) => {
        if (name === 'addListener') {
          listeners.push([options as string, listener]);
          return { remove: async () => undefined };
        }
        calls.push(options === undefined ? [name] : [name, options]);
        return answers[name];
      },
    },
  );
  return {
    updater: createUpdater(ours as LiveUpdaterPlugin),
    calls,
    emit: (name, event) =>
      listeners.filter(([heard]) => heard === name).forEach(([, listener]) => listener(event)),
  };
}
