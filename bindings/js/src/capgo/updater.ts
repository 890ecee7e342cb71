import type { PluginListenerHandle } from '@capacitor/core';
import { CapacitorException } from '@capacitor/core';

import type * as ours from '../definitions';
import { given, invalidRequest, optionsOf } from '../requests';
import { channelMethods } from './channels';
import type {
  BreakingAvailableEvent,
  BundleInfo,
  CapacitorUpdaterPlugin,
  ChannelPrivateEvent,
  DownloadOptions,
  LatestVersion,
  ResetOptions,
} from './definitions';
import { Listeners } from './listeners';
import { notOffered, refuse, refuseEvent } from './not-offered';
import { bundleInfo, isOffer, latestVersion } from './shapes';

/** Answers Capgo's methods with those of this plugin. */
export function createUpdater(updater: ours.LiveUpdaterPlugin): CapacitorUpdaterPlugin {
  const own: OwnListeners = { breaking: new Listeners(), channelPrivate: new Listeners() };
  return {
    ...notOffered(),
    ...channelMethods(updater, own.channelPrivate),
    notifyAppReady: async () => ({ bundle: bundleInfo((await updater.notifyAppReady()).bundle) }),
    download: async (options) => download(updater, options),
    next: async (options) => bundleInfo(await updater.next(idOf('next', options))),
    set: async (options) => updater.set(idOf('set', options)),
    delete: async (options) => updater.delete(idOf('delete', options)),
    setBundleError: async (options) => setBundleError(updater, idOf('setBundleError', options).id),
    list: async () => ({ bundles: (await updater.list()).bundles.map(bundleInfo) }),
    reset: async (options) => reset(updater, options),
    current: async () => {
      const { bundle, native } = await updater.current();
      return { bundle: bundleInfo(bundle), native };
    },
    reload: () => updater.reload(),
    getLatest: async (options) => {
      if (optionsOf('getLatest', options)?.appId !== undefined) {
        return refuse('getLatest with an `appId`', 'Set `appId` in plugins.LiveUpdater.');
      }
      const latest = await getLatest(updater, options?.channel);
      if (latest.breaking) {
        own.breaking.tell({ version: latest.version });
      }
      return latest;
    },
    getBuiltinVersion: () => updater.getBuiltinVersion(),
    getNextBundle: async () => {
      const bundle = await updater.getNextBundle();
      return bundle && bundleInfo(bundle);
    },
    getFailedUpdate: async () => {
      const failed = await updater.getFailedUpdate();
      return failed && { bundle: bundleInfo(failed.bundle) };
    },
    getDeviceId: () => updater.getDeviceId(),
    getPluginVersion: () => updater.getPluginVersion(),
    setCustomId: async (options) => {
      const { customId } = given('setCustomId', options);
      return updater.setCustomId(customId === '' ? {} : { customId });
    },
    isAutoUpdateEnabled: () => updater.isAutoUpdateEnabled(),
    isAutoUpdateAvailable: async () => ({ available: true }),
    addListener: (eventName: string, listener: Listener) =>
      addListener(updater, own, eventName, listener) as Promise<never>,
    removeAllListeners: () => {
      own.breaking.clear();
      own.channelPrivate.clear();
      return updater.removeAllListeners();
    },
  };
}

/** Of the events that LiveUpdater doesn't have. */
interface OwnListeners {
  readonly breaking: Listeners<BreakingAvailableEvent>;
  readonly channelPrivate: Listeners<ChannelPrivateEvent>;
}

async function download(
  updater: ours.LiveUpdaterPlugin,
  options: DownloadOptions,
): Promise<BundleInfo> {
  const { url, version, checksum, sessionKey, manifest } = given('download', options);
  if (sessionKey) {
    return refuse(
      'download with a `sessionKey`',
      'Let `updateUrl` offer the encrypted bundle: download the `url` of getLatest, or use LiveUpdater.sync.',
    );
  }
  if (manifest?.length) {
    return refuse('download with a `manifest`', 'Name the zip of the whole bundle: `url`.');
  }
  if (isOffer(url)) {
    return bundleInfo(await updater.download());
  }
  if (checksum === undefined || checksum === null || checksum === '') {
    throw invalidRequest('download needs the `checksum` of the zip: its SHA-256, 64 hex digits.');
  }
  return bundleInfo(await updater.download({ url, version, checksum }));
}

async function setBundleError(updater: ours.LiveUpdaterPlugin, id: string): Promise<BundleInfo> {
  const { rolledBack } = await updater.setBundleError({ id });
  const known = rolledBack ?? (await updater.list()).bundles.find((bundle) => bundle.id === id);
  if (!known) {
    throw new CapacitorException(`There is no bundle ${id}.`, 'unknown_bundle' as never, {
      retryable: false,
    });
  }
  return bundleInfo(known);
}

async function reset(updater: ours.LiveUpdaterPlugin, options?: ResetOptions): Promise<void> {
  if (optionsOf('reset', options)?.usePendingBundle) {
    return refuse('reset with `usePendingBundle`', 'Use LiveUpdater.reload.');
  }
  return updater.reset({ toLastSuccessful: options?.toLastSuccessful ?? false });
}

async function getLatest(
  updater: ours.LiveUpdaterPlugin,
  channel: string | undefined,
): Promise<LatestVersion> {
  const { bundle } = await updater.current();
  const latest = await updater.getLatest(channel === '' ? {} : { channel });
  return latestVersion(latest, bundle.version);
}

/** Which bundle is meant. To some methods of LiveUpdater, no id means the one that runs. */
function idOf(method: string, options: ours.BundleId): ours.BundleId {
  const { id } = given(method, options);
  if (id === undefined || id === null) {
    throw invalidRequest(`${method} needs the \`id\` of a bundle.`);
  }
  return { id };
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each event has its own shape
type Listener = (event: any) => void;

function addListener(
  updater: ours.LiveUpdaterPlugin,
  own: OwnListeners,
  eventName: string,
  listener: Listener,
): Promise<PluginListenerHandle> {
  switch (eventName) {
    case 'breakingAvailable':
    case 'majorAvailable':
      return Promise.resolve(own.breaking.add(listener));
    case 'channelPrivate':
      return Promise.resolve(own.channelPrivate.add(listener));
    case 'download':
      return updater.addListener(eventName, ({ percent, bundle }) =>
        listener({ percent, bundle: { ...bundleInfo(bundle), status: 'downloading' } }),
      );
    case 'downloadFailed':
      return updater.addListener(eventName, ({ bundle }) => listener({ version: bundle.version }));
    case 'updateFailed':
      return updater.addListener(eventName, ({ bundle }) =>
        listener({ bundle: bundleInfo(bundle) }),
      );
    case 'appReady':
      return updater.addListener(eventName, ({ bundle }) =>
        listener({ bundle: bundleInfo(bundle), status: bundle.status }),
      );
    case 'appReloaded':
      return updater.addListener(eventName, () => listener(undefined));
    case 'noNeedUpdate':
    case 'updateAvailable':
    case 'downloadComplete':
    case 'set':
    case 'setNext':
      return updater.addListener(eventName as 'set', ({ bundle }) =>
        listener({ bundle: bundleInfo(bundle) }),
      );
    default:
      return (
        refuseEvent(eventName) ?? refuse(`the event ${eventName}`, 'See the events of LiveUpdater.')
      );
  }
}
