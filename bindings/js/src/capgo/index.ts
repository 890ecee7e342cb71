import { LiveUpdater } from '../index';
import type { CapacitorUpdaterPlugin } from './definitions';
import { createUpdater } from './updater';

/** Takes the place of `CapacitorUpdater` of `@capgo/capacitor-updater`. */
export const CapacitorUpdater: CapacitorUpdaterPlugin = createUpdater(LiveUpdater);

export * from './definitions';
