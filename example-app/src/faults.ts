/** What a bundle is built to do wrong, so that one can see the updater deal with it. */

import { LiveUpdater } from 'capacitor-live-updater';

export type Fault =
  '' | 'throws-before-ready' | 'never-ready' | 'stale-ready' | 'service-worker' | 'hostile-worker';

export const fault = import.meta.env.VITE_FAULT as Fault;

/** Where `stale-ready` leaves what came of its calls, for the page that comes after it. */
export const STALE_READY = 'example:stale-ready';

/** Fails as a broken release would, before anybody says that the page works. */
export async function failBeforeReady(): Promise<void> {
  switch (fault) {
    case 'throws-before-ready':
      throw new Error('this bundle is built to fail');
    case 'service-worker':
      await registerBrokenWorker();
      throw new Error('this bundle has left a service worker behind');
    case 'hostile-worker':
      await navigator.serviceWorker.register('hostile-worker.js');
      break;
    case 'never-ready':
      await new Promise<never>(() => undefined);
  }
}

/**
 * From a switch until the page is gone, goes on saying that the page works. None of these calls
 * may count for the bundle that comes.
 */
export function vouchForWhatComes(): void {
  if (fault !== 'stale-ready') {
    return;
  }
  localStorage.removeItem(STALE_READY);
  setInterval(() => {
    LiveUpdater.notifyAppReady().then(
      () => undefined,
      (error: { code?: string }) => localStorage.setItem(STALE_READY, error.code ?? 'no code'),
    );
  }, 10);
}

/** Its worker answers every later navigation with a page of its own. */
async function registerBrokenWorker(): Promise<void> {
  await navigator.serviceWorker.register('service-worker.js');
  await navigator.serviceWorker.ready;
}
