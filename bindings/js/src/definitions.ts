/// <reference types="@capacitor/cli" />

import type { PluginListenerHandle } from '@capacitor/core';

import type { BundleEvent, DownloadEvent, DownloadFailedEvent, UpdateFailedEvent } from './events';
import type {
  BundleId,
  ClearBlockedOptions,
  DownloadOptions,
  GetLatestOptions,
  ResetOptions,
  SetBundleErrorOptions,
  SetChannelOptions,
  SetCustomIdOptions,
  StatedDownloadOptions,
} from './options';
import type {
  AppReadyResult,
  AutoUpdateEnabledResult,
  BundleInfo,
  ChannelResult,
  CurrentResult,
  DeviceIdResult,
  FailedUpdateResult,
  FlushResult,
  LatestResult,
  ListChannelsResult,
  ListResult,
  SetBundleErrorResult,
  SyncResult,
  VerifyResult,
  VersionResult,
} from './results';

export type { Problem } from './errors';
export * from './events';
export * from './options';
export * from './results';

/**
 * What an app can ask of the updater. On the web there is nothing to update:
 * `notifyAppReady` and a few reads answer as if the builtin files ran, every other method rejects
 * with the code `UNIMPLEMENTED`.
 */
export interface LiveUpdaterPlugin {
  /**
   * Say that this page works. A bundle on trial is taken back when this isn't called in
   * `appReadyTimeout`, so call it at every start, as soon as the app has rendered, and before
   * anything that needs the network.
   *
   * A page can only speak for the bundle that it was loaded from: after a switch, the call of the
   * outgoing page rejects with `stale_launch`, or doesn't come back.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns the bundle that runs
   * @since 0.1.0
   */
  notifyAppReady(): Promise<AppReadyResult>;

  /**
   * Ask the server what it offers, and fetch nothing.
   *
   * Platforms: Android, iOS.
   *
   * @returns what the server offers, and whether it may run here
   * @since 0.1.0
   */
  getLatest(options?: GetLatestOptions): Promise<LatestResult>;

  /**
   * Fetch, verify and unpack a bundle: without options the one that was offered last. It runs
   * when `next` or `set` says so. A download that was cut goes on where it stopped.
   *
   * Platforms: Android, iOS.
   *
   * @returns the bundle, status `pending`
   * @since 0.1.0
   */
  download(options?: DownloadOptions | StatedDownloadOptions): Promise<BundleInfo>;

  /**
   * Check, download, and set as next, in one go. What is there already isn't fetched again.
   *
   * Platforms: Android, iOS.
   *
   * @returns what came of it
   * @since 0.1.0
   */
  sync(): Promise<SyncResult>;

  /**
   * Let the next start of the app try a bundle.
   *
   * Platforms: Android, iOS.
   *
   * @returns the bundle
   * @since 0.1.0
   */
  next(options: BundleId): Promise<BundleInfo>;

  /**
   * Activate a bundle now. The page is replaced, so nothing after this call runs: save what has
   * to be kept before it. `builtin` is the same as `reset`.
   *
   * Platforms: Android, iOS.
   *
   * @since 0.1.0
   */
  set(options: BundleId): Promise<void>;

  /**
   * Activate what is next, or load the running bundle's page again. The page is replaced.
   *
   * Platforms: Android, iOS.
   *
   * @since 0.1.0
   */
  reload(): Promise<void>;

  /**
   * Go back to the files in the app's package, or to the bundle that was ready before this one.
   * The page is replaced; nothing is blocked by it.
   *
   * Platforms: Android, iOS.
   *
   * @since 0.1.0
   */
  reset(options?: ResetOptions): Promise<void>;

  /**
   * What runs now.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns the bundle, and the app's own version
   * @since 0.1.0
   */
  current(): Promise<CurrentResult>;

  /**
   * What the next start will try.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns the bundle, or null
   * @since 0.1.0
   */
  getNextBundle(): Promise<BundleInfo | null>;

  /**
   * The bundles on the device: without builtin, with those that were rolled back.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns the bundles
   * @since 0.1.0
   */
  list(): Promise<ListResult>;

  /**
   * The newest bundle that was rolled back. Reading doesn't clear it.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns the bundle, or null
   * @since 0.1.0
   */
  getFailedUpdate(): Promise<FailedUpdateResult | null>;

  /**
   * Version of the web files in the app's package.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns the version
   * @since 0.1.0
   */
  getBuiltinVersion(): Promise<VersionResult>;

  /**
   * Delete a bundle. Builtin, the current and the next one, and what a rollback would run are
   * kept: for those it rejects with `protected_bundle`.
   *
   * Platforms: Android, iOS.
   *
   * @since 0.1.0
   */
  delete(options: BundleId): Promise<void>;

  /**
   * Hash a bundle's files again. A damaged bundle is replaced by itself.
   *
   * Platforms: Android, iOS.
   *
   * @returns whether all files are as they were installed, and which aren't
   * @since 0.1.0
   */
  verify(options: BundleId): Promise<VerifyResult>;

  /**
   * Give a bundle up, the running one by default: it is rolled back, reported, and blocked.
   *
   * Platforms: Android, iOS.
   *
   * @returns the bundle that was rolled back, or null where it was already
   * @since 0.1.0
   */
  setBundleError(options?: SetBundleErrorOptions): Promise<SetBundleErrorResult>;

  /**
   * Let what was rolled back or refused be fetched again: one version, or all of them.
   *
   * Platforms: Android, iOS.
   *
   * @since 0.1.0
   */
  clearBlocked(options?: ClearBlockedOptions): Promise<void>;

  /**
   * Choose the channel of later checks. Without one, the configuration's is used again. What is
   * chosen while a bundle is on trial goes again with the trial, unless the bundle becomes ready.
   *
   * A server that decides on channels, as with source `capgo`, is asked first. Where it refuses, it
   * rejects with `invalid_request` and the server's code in the message.
   *
   * Platforms: Android, iOS.
   *
   * @returns the channel that counts now; empty where the server decides
   * @since 0.1.0
   */
  setChannel(options?: SetChannelOptions): Promise<ChannelResult>;

  /**
   * Forget what `setChannel` chose: the configuration's channel is used again. No server is asked.
   *
   * Platforms: Android, iOS.
   *
   * @returns the channel that counts now; empty where the server decides
   * @since 0.1.0
   */
  unsetChannel(): Promise<ChannelResult>;

  /**
   * The channel of checks. A server that decides on channels is asked for it.
   *
   * Platforms: Android, iOS.
   *
   * @returns the channel
   * @since 0.1.0
   */
  getChannel(): Promise<ChannelResult>;

  /**
   * Ask the server which channels it has for this device. Only source `capgo` has such a list:
   * elsewhere it rejects with `invalid_request`.
   *
   * Platforms: Android, iOS.
   *
   * @returns the channels
   * @since 0.1.0
   */
  listChannels(): Promise<ListChannelsResult>;

  /**
   * The name that this installation has on the server: random, and kept.
   *
   * Platforms: Android, iOS.
   *
   * @returns the id
   * @since 0.1.0
   */
  getDeviceId(): Promise<DeviceIdResult>;

  /**
   * Keep an id of your own for this device, such as a user's; without one, forget it.
   *
   * Platforms: Android, iOS.
   *
   * @since 0.1.0
   */
  setCustomId(options?: SetCustomIdOptions): Promise<void>;

  /**
   * End the running download. What has arrived is kept for the next try.
   *
   * Platforms: Android, iOS.
   *
   * @since 0.1.0
   */
  cancel(): Promise<void>;

  /**
   * Deliver reports of verdicts that the server doesn't have yet. They are delivered by
   * themselves too.
   *
   * Platforms: Android, iOS.
   *
   * @returns how many were delivered, and how many are left
   * @since 0.1.0
   */
  flush(): Promise<FlushResult>;

  /**
   * The durable state, for people and tests. Its layout may change.
   *
   * Platforms: Android, iOS.
   *
   * @returns the state
   * @since 0.1.0
   */
  state(): Promise<{ [key: string]: unknown }>;

  /**
   * Whether the app looks for updates by itself: `autoUpdate` isn't `off`.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns whether it does
   * @since 0.1.0
   */
  isAutoUpdateEnabled(): Promise<AutoUpdateEnabledResult>;

  /**
   * Version of this plugin.
   *
   * Platforms: Android, iOS, web.
   *
   * @returns the version
   * @since 0.1.0
   */
  getPluginVersion(): Promise<VersionResult>;

  /**
   * A check found a release, or a download begins. After `getLatest`, the bundle's `id` names
   * nothing yet.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'updateAvailable',
    listener: (event: BundleEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * A check found nothing new; the bundle is what runs.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'noNeedUpdate',
    listener: (event: BundleEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * Bytes have arrived: at most ten times a second.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'download',
    listener: (event: DownloadEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * A bundle is verified, unpacked, and on the disk.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'downloadComplete',
    listener: (event: BundleEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * No bundle came of a download.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'downloadFailed',
    listener: (event: DownloadFailedEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * The next start will try this bundle.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'setNext',
    listener: (event: BundleEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * This bundle was activated.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'set',
    listener: (event: BundleEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * The page of this bundle has said that it works.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'appReady',
    listener: (event: BundleEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * A call made the app load a page.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'appReloaded',
    listener: (event: BundleEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * This bundle was taken back. The page that comes after it hears of it too.
   *
   * @since 0.1.0
   */
  addListener(
    eventName: 'updateFailed',
    listener: (event: UpdateFailedEvent) => void,
  ): Promise<PluginListenerHandle>;

  /**
   * Remove all listeners of this plugin.
   *
   * @since 0.1.0
   */
  removeAllListeners(): Promise<void>;
}
