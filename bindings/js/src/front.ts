import type { LiveUpdaterPlugin } from './definitions';
import type { NativeLiveUpdater } from './native';

declare global {
  interface Window {
    /** Where the platform could run a script before the page's own: which launch this page is. */
    readonly __liveUpdaterLaunch?: { readonly token: Promise<string> };
  }
}

/**
 * The plugin as apps see it.
 *
 * It is an object of its own: Capacitor's is a proxy that has every method one can think of, also
 * `then`, so that it can't be awaited or returned from an async function.
 */
export function createFront(native: NativeLiveUpdater): LiveUpdaterPlugin {
  return {
    notifyAppReady: async () => native.notifyAppReady(await launchOptions()),
    getLatest: (options) => native.getLatest(options),
    download: (options) => native.download(options),
    sync: () => native.sync(),
    next: (options) => native.next(options),
    set: (options) => native.set(options),
    reload: () => native.reload(),
    reset: (options) => native.reset(options),
    current: () => native.current(),
    getNextBundle: async () => (await native.getNextBundle()).bundle ?? null,
    list: () => native.list(),
    getFailedUpdate: async () => {
      const { bundle } = await native.getFailedUpdate();
      return bundle ? { bundle } : null;
    },
    getBuiltinVersion: () => native.getBuiltinVersion(),
    delete: (options) => native.delete(options),
    verify: (options) => native.verify(options),
    setBundleError: async (options) => ({
      rolledBack: (await native.setBundleError(options)).rolledBack ?? null,
    }),
    clearBlocked: (options) => native.clearBlocked(options),
    setChannel: (options) => native.setChannel(options),
    getChannel: () => native.getChannel(),
    getDeviceId: () => native.getDeviceId(),
    setCustomId: (options) => native.setCustomId(options),
    cancel: () => native.cancel(),
    flush: () => native.flush(),
    state: () => native.state(),
    isAutoUpdateEnabled: () => native.isAutoUpdateEnabled(),
    getPluginVersion: () => native.getPluginVersion(),
    addListener: (eventName: never, listener: never) => native.addListener(eventName, listener),
    removeAllListeners: () => native.removeAllListeners(),
  };
}

/** Waits where the token is withheld: the page is about to be loaded again. */
async function launchOptions(): Promise<{ launchToken?: string }> {
  const launch = typeof window === 'undefined' ? undefined : window.__liveUpdaterLaunch;
  return launch ? { launchToken: await launch.token } : {};
}
