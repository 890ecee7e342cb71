import vm from 'node:vm';

import { describe, expect, it, vi } from 'vitest';

import { read } from './project';

const SCRIPT = read('uniffi/src/page_script.js');
const KEY = 'live-updater:activation';

describe('the token is there at once', () => {
  it('where this activation was here before, without a look at service workers', async () => {
    const page = new Page({ stored: 'a1', registrations: 2 });
    page.start('t1', 'a1');
    expect(await page.token()).toBe('t1');
    expect([page.unregistered, page.deleted, page.reloads]).toEqual([0, [], 0]);
  });

  it('at the first start of all, which leaves its mark', async () => {
    const page = new Page({});
    page.start('t1', 'a1');
    expect(await page.token()).toBe('t1');
    expect([page.stored(), page.reloads]).toEqual(['a1', 0]);
  });

  it('where another bundle was here before, and registered nothing', async () => {
    const page = new Page({ stored: 'a0', caches: ['kept'] });
    page.start('t1', 'a1');
    expect(await page.token()).toBe('t1');
    expect([page.stored(), page.deleted, page.reloads]).toEqual(['a1', [], 0]);
  });
});

describe('where another bundle left service workers', () => {
  it('they and their caches are removed, and the page is loaded once more', async () => {
    const page = new Page({ stored: 'a0', registrations: 2, caches: ['one', 'two'] });
    page.start('t1', 'a1');
    await page.reloaded();
    expect([page.unregistered, page.deleted]).toEqual([2, ['one', 'two']]);
    expect([page.stored(), page.reloads]).toEqual(['a0', 1]);
  });

  it('the page gets no token before it is loaded once more', async () => {
    const page = new Page({ stored: 'a0', registrations: 1 });
    page.start('t1', 'a1');
    await page.reloaded();
    await settle();
    expect(page.hasToken()).toBe(false);
  });

  it('everything is removed before the page is loaded once more', async () => {
    const page = new Page({ stored: 'a0', registrations: 1, caches: ['one'] });
    page.start('t1', 'a1');
    await page.reloaded();
    expect(page.order).toEqual(['unregister', 'delete one', 'reload']);
  });

  it('the page that was loaded once more has its token, and leaves the mark', async () => {
    const first = new Page({ stored: 'a0', registrations: 1 });
    first.start('t1', 'a1');
    await first.reloaded();
    const second = first.next('reload');
    second.start('t1', 'a1');
    expect(await second.token()).toBe('t1');
    expect([second.stored(), second.reloads]).toEqual(['a1', 0]);
  });

  it('one that came back meanwhile is found, since the mark was not left before', async () => {
    const first = new Page({ stored: 'a0', registrations: 1 });
    first.start('t1', 'a1');
    await first.reloaded();
    const second = first.next('reload', { registrations: 1, controlled: true });
    second.start('t1', 'a1');
    await second.reloaded();
    expect([second.unregistered, second.stored(), second.hasToken()]).toEqual([1, 'a0', false]);
  });

  it('they cannot stay by what their page puts in the place of functions', async () => {
    const page = new Page({ stored: 'a0', registrations: 1, caches: ['one'] });
    page.start('t1', 'a1');
    page.evaluate(`
      const nothing = async () => [];
      performance.getEntriesByType = () => [{ type: 'reload' }];
      ServiceWorkerRegistration.prototype.unregister = nothing;
      CacheStorage.prototype.keys = nothing;
      CacheStorage.prototype.delete = nothing;
      Array.prototype.map = () => [];
      Promise.all = nothing;
      Reflect.apply = () => undefined;
    `);
    await page.reloaded();
    expect(page.order).toEqual(['unregister', 'delete one', 'reload']);
    expect(page.hasToken()).toBe(false);
  });

  it('a page that is itself a reload is not loaded again, whatever is left', async () => {
    const page = new Page({ stored: 'a0', registrations: 1, navigation: 'reload' });
    page.start('t1', 'a1');
    expect(await page.token()).toBe('t1');
    expect([page.unregistered, page.reloads]).toEqual([1, 0]);
  });

  it('a reload by the page of another bundle counts as a first load', async () => {
    const page = new Page({ stored: 'a0', before: 'a0', registrations: 1, navigation: 'reload' });
    page.start('t1', 'a1');
    await page.reloaded();
    expect([page.hasToken(), page.unregistered, page.reloads]).toEqual([false, 1, 1]);
  });

  it('a page that can keep no mark is loaded once more, and no more', async () => {
    const first = new Page({ storage: 'broken', registrations: 1 });
    first.start('t1', 'a1');
    await first.reloaded();
    const second = first.next('reload', { registrations: 1 });
    second.start('t1', 'a1');
    expect(await second.token()).toBe('t1');
    expect([first.reloads, second.reloads]).toEqual([1, 0]);
  });
});

describe('the load is tried again until the page goes', () => {
  it('with pauses that grow, since each try ends the one before', async () => {
    vi.useFakeTimers();
    try {
      const page = new Page({ stored: 'a0', registrations: 1 });
      page.start('t1', 'a1');
      const tries: number[] = [];
      for (let second = 0; second < 32; second += 1) {
        await vi.advanceTimersByTimeAsync(1_000);
        tries.push(page.reloads);
      }
      expect(tries.slice(0, 8)).toEqual([2, 2, 3, 3, 3, 3, 4, 4]);
      expect([tries[15], tries[23], tries[31]]).toEqual([5, 6, 7]);
      expect(page.hasToken()).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('whatever the page puts in the place of timers', async () => {
    vi.useFakeTimers();
    try {
      const page = new Page({ stored: 'a0', registrations: 1 });
      page.start('t1', 'a1');
      page.evaluate(
        `window.setTimeout = window.clearTimeout = () => { throw new Error('mine'); };`,
      );
      await vi.advanceTimersByTimeAsync(3_000);
      expect(page.reloads).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a page that another bundle's service worker has made", () => {
  const controlled: Circumstances = { stored: 'a0', registrations: 1, controlled: true };

  it('is stopped before any of its scripts run', async () => {
    const page = new Page(controlled);
    page.start('t1', 'a1');
    expect(page.order).toEqual(['stop']);
    await page.reloaded();
    expect(page.order).toEqual(['stop', 'unregister', 'reload']);
  });

  it('gets no token, though it looks like one that was loaded again', async () => {
    // It has cleared what the document before had noted, and Android takes each load of the same
    // address for a reload.
    const page = new Page({ ...controlled, navigation: 'reload' });
    page.start('t1', 'a1');
    await page.reloaded();
    await settle();
    expect([page.hasToken(), page.stored()]).toEqual([false, 'a0']);
  });

  it.each([
    ['cannot be removed', { unregister: 'broken' }],
    ['cannot be listed', { serviceWorker: 'broken' }],
    ['is not removed in time', { unregister: 'endless' }],
  ] as [string, Circumstances][])('gets none where its worker %s', async (_, circumstances) => {
    vi.useFakeTimers();
    try {
      const page = new Page({ ...controlled, ...circumstances });
      page.start('t1', 'a1');
      await vi.advanceTimersByTimeAsync(5_000);
      expect(page.hasToken()).toBe(false);
      expect(page.reloads).toBeGreaterThan(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is none where the mark is there: it is its own', async () => {
    const page = new Page({ stored: 'a1', registrations: 1, controlled: true });
    page.start('t1', 'a1');
    expect(await page.token()).toBe('t1');
    expect(page.order).toEqual([]);
  });
});

describe('the mark', () => {
  const MARK = '0123456789abcdef'.repeat(4);

  it('that was guessed keeps no service worker', async () => {
    const page = new Page({ stored: 'v2@2', registrations: 1 });
    page.start('t1', MARK);
    await page.reloaded();
    expect([page.unregistered, page.hasToken()]).toEqual([1, false]);
  });

  it('is not to be found by a page that has no token', async () => {
    const page = new Page({ stored: 'a0', registrations: 1, controlled: true });
    page.start('t1', MARK);
    await page.reloaded();
    expect([page.stored(), page.noted()]).toEqual(['a0', MARK.slice(0, 32)]);
  });

  it("that is empty, where the updater failed, is nobody's", async () => {
    const page = new Page({ stored: '', registrations: 1 });
    page.start('', '');
    await page.reloaded();
    expect(page.unregistered).toBe(1);
  });
});

describe('the token is not lost', () => {
  it.each([
    ['there are no service workers', { serviceWorker: 'missing' }],
    ['registrations cannot be read', { serviceWorker: 'broken' }],
    ['a registration cannot be removed', { registrations: 1, unregister: 'broken' }],
    ['caches cannot be read', { registrations: 1, caches: 'broken' }],
    ['nothing can be stored', { storage: 'broken' }],
  ] as [string, Circumstances][])('where %s', async (_, circumstances) => {
    const page = new Page({ stored: 'a0', ...circumstances });
    page.start('t1', 'a1');
    expect(await page.token()).toBe('t1');
    expect(page.reloads).toBe(0);
  });

  it('where a removal never ends', async () => {
    vi.useFakeTimers();
    try {
      const page = new Page({ stored: 'a0', registrations: 1, unregister: 'endless' });
      page.start('t1', 'a1');
      await vi.advanceTimersByTimeAsync(1_000);
      expect(page.hasToken()).toBe(false);
      // Less than any sensible `appReadyTimeout`.
      await vi.advanceTimersByTimeAsync(4_000);
      expect(await page.token()).toBe('t1');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the page', () => {
  it('cannot replace the token, nor find it by listing', async () => {
    const page = new Page({ stored: 'a1' });
    page.start('t1', 'a1');
    page.evaluate(`
      try { window.__liveUpdaterLaunch = { token: Promise.resolve('forged') }; } catch (error) {}
      try { window.__liveUpdaterLaunch.token = Promise.resolve('forged'); } catch (error) {}
    `);
    expect(await page.token()).toBe('t1');
    expect(page.evaluate(`Object.keys(window).includes('__liveUpdaterLaunch')`)).toBe(false);
  });

  it('in a frame gets nothing and does nothing', async () => {
    const page = new Page({ stored: 'a0', registrations: 1, frame: true });
    page.start('t1', 'a1');
    await settle();
    expect(page.evaluate(`'__liveUpdaterLaunch' in window`)).toBe(false);
    expect([page.unregistered, page.reloads, page.stored()]).toEqual([0, 0, 'a0']);
  });

  it.each([
    'https://evil.example/',
    'capacitor://evil.example/',
    'https://localhost/',
    'capacitor://localhost.evil.example/',
    'capacitor://localhost:8080/',
    'about:blank',
  ])('at %s is not the app, gets nothing and does nothing', async (address) => {
    const page = new Page({ stored: 'a0', registrations: 1, address });
    page.start('t1', 'a1', 'capacitor://localhost');
    await settle();
    expect(page.evaluate(`'__liveUpdaterLaunch' in window`)).toBe(false);
    expect([page.unregistered, page.reloads, page.stored()]).toEqual([0, 0, 'a0']);
  });

  it.each([
    ['capacitor://localhost', 'capacitor://localhost/deep/page?a#b'],
    ['ionic://my.app', 'ionic://my.app/'],
    ['https://My.App:443/', 'https://my.app/'],
  ])('of %s has its token wherever in the app it is: %s', async (origin, address) => {
    const page = new Page({ address });
    page.start('t1', 'a1', origin);
    expect(await page.token()).toBe('t1');
  });

  it('where the script comes twice keeps the first token', async () => {
    const page = new Page({ stored: 'a1' });
    page.start('t1', 'a1');
    page.start('t2', 'a2');
    expect(await page.token()).toBe('t1');
    expect(page.stored()).toBe('a1');
  });
});

interface Circumstances {
  stored?: string;
  /** What the document before has noted for this session. */
  before?: string;
  storage?: 'broken';
  registrations?: number;
  serviceWorker?: 'missing' | 'broken';
  unregister?: 'broken' | 'endless';
  caches?: string[] | 'broken';
  navigation?: 'navigate' | 'reload';
  /** A service worker has answered for this document. */
  controlled?: boolean;
  frame?: boolean;
  /** What stands in the address bar. */
  address?: string;
}

/** A document of a web view: what the script may touch, and what it did to it. */
class Page {
  registrations: number;
  unregistered = 0;
  deleted: string[] = [];
  reloads = 0;
  order: string[] = [];

  private readonly context: vm.Context;
  private readonly storage: Map<string, string>;
  private readonly session = new Map<string, string>();
  private settled = false;
  private wakeUp: () => void = () => undefined;
  private readonly whenReloaded = new Promise<void>((resolve) => (this.wakeUp = resolve));

  constructor(
    private readonly circumstances: Circumstances,
    storage = new Map<string, string>(),
  ) {
    this.registrations = circumstances.registrations ?? 0;
    this.storage = storage;
    if (circumstances.stored !== undefined) {
      storage.set(KEY, circumstances.stored);
    }
    if (circumstances.before !== undefined) {
      this.session.set(KEY, circumstances.before);
    }
    this.context = vm.createContext(this.globals());
  }

  /** Runs the script as the platform does, before the page's own. */
  start(token: string, activation: string, ...origin: string[]): void {
    const given = [token, activation, ...origin].map((text) => JSON.stringify(text));
    this.evaluate(`${SCRIPT.trim()}(${given.join(', ')});`);
    void this.token()?.then(() => (this.settled = true));
  }

  token(): Promise<string> | undefined {
    return this.evaluate('window.__liveUpdaterLaunch && window.__liveUpdaterLaunch.token') as
      Promise<string> | undefined;
  }

  hasToken(): boolean {
    return this.settled;
  }

  reloaded(): Promise<void> {
    return this.whenReloaded;
  }

  stored(): string | undefined {
    return this.storage.get(KEY);
  }

  /** What the document after this one finds noted for this session. */
  noted(): string | undefined {
    return this.session.get(KEY);
  }

  /** The document that comes after this one, in the same web view. */
  next(navigation: 'navigate' | 'reload', circumstances: Circumstances = {}): Page {
    const { storage, caches } = this.circumstances;
    const before = this.noted();
    return new Page({ storage, caches, before, navigation, ...circumstances }, this.storage);
  }

  evaluate(code: string): unknown {
    return vm.runInContext(code, this.context);
  }

  private globals(): object {
    const { circumstances } = this;
    const { protocol, host } = new URL(circumstances.address ?? 'https://localhost');
    const window: Record<string, unknown> = {
      console,
      URL,
      setTimeout,
      clearTimeout,
      localStorage: this.localStorage(),
      sessionStorage: {
        getItem: (key: string) => this.session.get(key) ?? null,
        setItem: (key: string, value: string) => this.session.set(key, value),
      },
      ServiceWorkerRegistration: { prototype: { unregister: () => this.unregister() } },
      CacheStorage: { prototype: this.caches() },
      caches: {},
      performance: {
        getEntriesByType: () => [{ type: circumstances.navigation ?? 'navigate' }],
        navigation: { type: circumstances.navigation === 'reload' ? 1 : 0 },
      },
      location: { protocol, host, reload: () => this.reload() },
      stop: () => this.order.push('stop'),
      navigator:
        circumstances.serviceWorker === 'missing' ? {} : { serviceWorker: this.serviceWorker() },
    };
    Object.defineProperty(window, 'window', { value: window });
    Object.defineProperty(window, 'self', { value: window });
    Object.defineProperty(window, 'top', { value: circumstances.frame ? {} : window });
    return window;
  }

  private localStorage(): object {
    const usable = () => {
      if (this.circumstances.storage === 'broken') {
        throw new Error('access to storage is denied');
      }
    };
    return {
      getItem: (key: string) => {
        usable();
        return this.storage.get(key) ?? null;
      },
      setItem: (key: string, value: string) => {
        usable();
        this.order.push(`mark ${value}`);
        this.storage.set(key, value);
      },
    };
  }

  private serviceWorker(): object {
    return {
      controller: this.circumstances.controlled ? {} : null,
      getRegistrations: async () => {
        if (this.circumstances.serviceWorker === 'broken') {
          throw new Error('no service workers here');
        }
        return Array.from({ length: this.registrations }, () => ({}));
      },
    };
  }

  private async unregister(): Promise<boolean> {
    if (this.circumstances.unregister === 'broken') {
      throw new Error('cannot be removed');
    }
    if (this.circumstances.unregister === 'endless') {
      await new Promise(() => undefined);
    }
    this.order.push('unregister');
    this.unregistered += 1;
    this.registrations -= 1;
    return true;
  }

  private caches(): object {
    const names = this.circumstances.caches ?? [];
    return {
      keys: async () => {
        if (names === 'broken') {
          throw new Error('no caches here');
        }
        return names;
      },
      delete: async (name: string) => {
        this.order.push(`delete ${name}`);
        this.deleted.push(name);
        return true;
      },
    };
  }

  private reload(): void {
    this.order.push('reload');
    this.reloads += 1;
    this.wakeUp();
  }
}

/** Lets everything run that could run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
