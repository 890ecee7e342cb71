import type { CapacitorUpdaterPlugin as Theirs } from '@capgo/capacitor-updater';

import type { CapacitorUpdaterPlugin as Ours } from '../src/capgo/definitions';
import type { NotOffered } from '../src/capgo/not-offered';

/** What an app can go on using after it has changed its import. */
export const CORE: string[] = [
  'notifyAppReady',
  'download',
  'next',
  'set',
  'delete',
  'list',
  'reset',
  'current',
  'reload',
  'getLatest',
  'setChannel',
  'unsetChannel',
  'getChannel',
  'listChannels',
  'getBuiltinVersion',
  'getNextBundle',
  'getFailedUpdate',
  'setBundleError',
  'getDeviceId',
  'getPluginVersion',
  'setCustomId',
  'isAutoUpdateEnabled',
  'isAutoUpdateAvailable',
  'removeAllListeners',
  'addListener',
] satisfies Exclude<keyof Ours, keyof NotOffered>[];

// These compile, or the type check of the tests fails.

/** Ours can stand wherever theirs is asked for, with every method and event. */
export const takesThePlaceOf = (ours: Ours): Theirs => ours;

/** Theirs has no method that ours doesn't name, and ours names none that theirs doesn't have. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
export const namesAreTheSame: Same<keyof Ours, keyof Theirs> = true;

/** What an app passes to theirs can be passed to ours. */
type Options<Plugin, Method extends keyof Plugin> = Plugin[Method] extends (
  options: infer Value,
) => unknown
  ? Value
  : never;
type WithOptions =
  | 'download'
  | 'next'
  | 'set'
  | 'delete'
  | 'list'
  | 'reset'
  | 'getLatest'
  | 'setChannel'
  | 'unsetChannel';
export const optionsFit = (options: {
  [Method in WithOptions]: Options<Theirs, Method>;
}): { [Method in WithOptions]: Options<Ours, Method> } => options;
