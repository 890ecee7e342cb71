import { registerPlugin } from '@capacitor/core';

import type { LiveUpdaterPlugin } from './definitions';
import { createFront } from './front';
import type { NativeLiveUpdater } from './native';

/** Keeps the app's web files up to date. */
export const LiveUpdater: LiveUpdaterPlugin = createFront(
  registerPlugin<NativeLiveUpdater>('LiveUpdater', {
    web: () => import('./web').then(({ LiveUpdaterWeb }) => new LiveUpdaterWeb()),
  }),
);

export * from './configuration';
export * from './definitions';
export * from './errors';
