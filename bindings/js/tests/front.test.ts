import { afterEach, describe, expect, it, vi } from 'vitest';

import type { BundleInfo, LiveUpdaterPlugin } from '../src/definitions';
import { createFront } from '../src/front';
import type { NativeLiveUpdater } from '../src/native';

const BUNDLE: BundleInfo = {
  id: 'b1',
  version: '1.1.0',
  status: 'success',
  checksum: 'c'.repeat(64),
  downloaded: '2026-11-21T10:00:00.000Z',
};

afterEach(() => vi.unstubAllGlobals());

describe('notifyAppReady', () => {
  it('passes on the token of the page', async () => {
    const { native, calls } = recorder({ notifyAppReady: { bundle: BUNDLE } });
    page(Promise.resolve('t1'));
    expect(await createFront(native).notifyAppReady()).toEqual({ bundle: BUNDLE });
    expect(calls).toEqual([['notifyAppReady', { launchToken: 't1' }]]);
  });

  it('says nothing to the updater while the token is withheld', async () => {
    const { native, calls } = recorder({ notifyAppReady: { bundle: BUNDLE } });
    let resolve = (_: string): void => undefined;
    page(new Promise((resolves) => (resolve = resolves)));
    const ready = createFront(native).notifyAppReady();
    await settle();
    expect(calls).toEqual([]);
    resolve('t2');
    await ready;
    expect(calls).toEqual([['notifyAppReady', { launchToken: 't2' }]]);
  });

  it('asks for the token at each call, not when the module is loaded', async () => {
    const { native, calls } = recorder({ notifyAppReady: { bundle: BUNDLE } });
    const front = createFront(native);
    page(Promise.resolve('late'));
    await front.notifyAppReady();
    expect(calls).toEqual([['notifyAppReady', { launchToken: 'late' }]]);
  });

  it('leaves the token to the platform where no script could run before the page', async () => {
    const { native, calls } = recorder({ notifyAppReady: { bundle: BUNDLE } });
    vi.stubGlobal('window', {});
    await createFront(native).notifyAppReady();
    expect(calls).toEqual([['notifyAppReady', {}]]);
  });

  it('works where there is no window at all', async () => {
    const { native, calls } = recorder({ notifyAppReady: { bundle: BUNDLE } });
    expect(typeof window).toBe('undefined');
    await createFront(native).notifyAppReady();
    expect(calls).toEqual([['notifyAppReady', {}]]);
  });

  it('rejects with what the platform rejects with', async () => {
    const stale = Object.assign(new Error('another page runs'), { code: 'stale_launch' });
    const native = { notifyAppReady: () => Promise.reject(stale) };
    page(Promise.resolve('old'));
    const front = createFront(native as unknown as NativeLiveUpdater);
    await expect(front.notifyAppReady()).rejects.toBe(stale);
  });
});

describe('what may be null', () => {
  it('comes out of its object', async () => {
    const { native } = recorder({
      getNextBundle: { bundle: BUNDLE },
      getFailedUpdate: { bundle: BUNDLE },
      setBundleError: { rolledBack: BUNDLE },
    });
    const front = createFront(native);
    expect(await front.getNextBundle()).toEqual(BUNDLE);
    expect(await front.getFailedUpdate()).toEqual({ bundle: BUNDLE });
    expect(await front.setBundleError()).toEqual({ rolledBack: BUNDLE });
  });

  it.each([
    ['as null', { bundle: null, rolledBack: null }],
    ['left out', {}],
  ])('is null when it comes %s', async (_, nothing) => {
    const { native } = recorder({
      getNextBundle: nothing,
      getFailedUpdate: nothing,
      setBundleError: nothing,
    });
    const front = createFront(native);
    expect(await front.getNextBundle()).toBeNull();
    expect(await front.getFailedUpdate()).toBeNull();
    expect(await front.setBundleError()).toEqual({ rolledBack: null });
  });
});

describe('every other method', () => {
  const OPTIONS = { id: 'b1' };

  it.each(
    methods().filter(
      (name) =>
        !['notifyAppReady', 'getNextBundle', 'getFailedUpdate', 'setBundleError'].includes(name) &&
        name !== 'addListener',
    ),
  )('%s hands options and answer on as they are', async (name) => {
    const answer = { answer: name };
    const { native, calls } = recorder({ [name]: answer });
    const front = createFront(native) as unknown as Record<string, (options: object) => unknown>;
    expect(await front[name](OPTIONS)).toBe(answer);
    const takesOptions = front[name].length > 0;
    expect(calls).toEqual([[name, takesOptions ? OPTIONS : undefined]]);
  });

  it.each(methods().filter((name) => createFront(recorder({}).native)[name].length === 1))(
    '%s refuses options that are no object, which Capacitor would take for none',
    async (name) => {
      for (const given of ['b1', 5, true, false, 0, '', ['b1'], () => ({ id: 'b1' })]) {
        const { native, calls } = recorder({});
        const front = createFront(native) as unknown as Record<string, Call>;
        const refused = front[name](given);
        await expect(refused).rejects.toMatchObject({
          code: 'invalid_request',
          data: { retryable: false },
        });
        await expect(refused).rejects.toThrow(name);
        expect(calls).toEqual([]);
      }
    },
  );

  it.each([undefined, null])('takes %s for no options', async (nothing) => {
    const { native, calls } = recorder({ sync: {} });
    await (createFront(native) as unknown as Record<string, Call>).getLatest(nothing);
    expect(calls).toEqual([['getLatest', nothing]]);
  });

  it('addListener gives back what Capacitor gives, with its own remove', () => {
    const handle = Object.assign(Promise.resolve({ remove: async () => undefined }), {
      remove: async () => undefined,
    });
    const { native, calls } = recorder({ addListener: handle });
    const listener = () => undefined;
    expect(createFront(native).addListener('set', listener)).toBe(handle);
    expect(calls).toEqual([['addListener', 'set', listener]]);
  });
});

describe('the front', () => {
  it('can be returned from an async function, which a proxy of Capacitor cannot', async () => {
    const front = createFront(recorder({}).native);
    const load = async () => front;
    expect(await load()).toBe(front);
  });

  it('can be taken apart', async () => {
    const { native, calls } = recorder({ sync: { status: 'upToDate' } });
    const { sync } = createFront(native);
    expect(await sync()).toEqual({ status: 'upToDate' });
    expect(calls).toEqual([['sync', undefined]]);
  });
});

/** A platform's half that answers as told; as Capacitor's proxy, it has every method, also then. */
function recorder(answers: Record<string, unknown>): {
  native: NativeLiveUpdater;
  calls: unknown[][];
} {
  const calls: unknown[][] = [];
  const native = new Proxy(
    {},
    {
      get:
        (_, name: string) =>
        (...values: unknown[]) => {
          calls.push(values.length > 1 ? [name, ...values] : [name, values[0]]);
          const answer = answers[name];
          return answer instanceof Promise ? answer : Promise.resolve(answer);
        },
    },
  );
  return { native: native as NativeLiveUpdater, calls };
}

type Call = (options: unknown) => Promise<unknown>;

function methods(): (keyof LiveUpdaterPlugin)[] {
  return Object.keys(createFront({} as NativeLiveUpdater)) as (keyof LiveUpdaterPlugin)[];
}

function page(token: Promise<string>): void {
  vi.stubGlobal('window', { __liveUpdaterLaunch: { token } });
}

/** Lets everything run that could run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
