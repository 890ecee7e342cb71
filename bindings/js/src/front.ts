import type { LiveUpdaterPlugin } from './definitions';
import type { NativeLiveUpdater } from './native';
import { optionsOf } from './requests';

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
    getLatest: async (options) => native.getLatest(optionsOf('getLatest', options)),
    download: async (options) => native.download(optionsOf('download', options)),
    sync: () => native.sync(),
    next: async (options) => native.next(optionsOf('next', options)),
    set: async (options) => native.set(optionsOf('set', options)),
    reload: () => native.reload(),
    reset: async (options) => native.reset(optionsOf('reset', options)),
    current: () => native.current(),
    getNextBundle: async () => (await native.getNextBundle()).bundle ?? null,
    list: () => native.list(),
    getFailedUpdate: async () => {
      const { bundle } = await native.getFailedUpdate();
      return bundle ? { bundle } : null;
    },
    getBuiltinVersion: () => native.getBuiltinVersion(),
    delete: async (options) => native.delete(optionsOf('delete', options)),
    verify: async (options) => native.verify(optionsOf('verify', options)),
    setBundleError: async (options) => ({
      rolledBack:
        (await native.setBundleError(optionsOf('setBundleError', options))).rolledBack ?? null,
    }),
    clearBlocked: async (options) => native.clearBlocked(optionsOf('clearBlocked', options)),
    setChannel: async (options) => native.setChannel(optionsOf('setChannel', options)),
    unsetChannel: () => native.unsetChannel(),
    getChannel: () => native.getChannel(),
    listChannels: () => native.listChannels(),
    getDeviceId: () => native.getDeviceId(),
    setCustomId: async (options) => native.setCustomId(optionsOf('setCustomId', options)),
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
