/// <reference types="@capacitor/cli" />

import type { PluginListenerHandle } from '@capacitor/core';

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
   * Choose the channel of later checks. Without one, the configuration's is used again.
   *
   * Platforms: Android, iOS.
   *
   * @returns the channel that counts now
   * @since 0.1.0
   */
  setChannel(options?: SetChannelOptions): Promise<ChannelResult>;

  /**
   * The channel of checks.
   *
   * Platforms: Android, iOS.
   *
   * @returns the channel
   * @since 0.1.0
   */
  getChannel(): Promise<ChannelResult>;

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

/**
 * How a bundle stands: verified and never ready; running until its first ready; ready once;
 * rolled back.
 *
 * @since 0.1.0
 */
export type BundleStatus = 'pending' | 'trial' | 'success' | 'error';

/**
 * One version of the web files.
 *
 * @since 0.1.0
 */
export interface BundleInfo {
  /**
   * Names it on this device, and is never reused. `builtin` is the one in the app's package.
   *
   * @since 0.1.0
   */
  id: string;

  /**
   * Its version, as in semver.
   *
   * @since 0.1.0
   */
  version: string;

  /**
   * How it stands.
   *
   * @since 0.1.0
   */
  status: BundleStatus;

  /**
   * SHA-256 of its zip, 64 hex digits; empty for builtin.
   *
   * @since 0.1.0
   */
  checksum: string;

  /**
   * When it was downloaded, ISO 8601; 1970 for builtin.
   *
   * @since 0.1.0
   */
  downloaded: string;
}

export interface AppReadyResult {
  /**
   * The bundle that runs.
   *
   * @since 0.1.0
   */
  bundle: BundleInfo;
}

export interface GetLatestOptions {
  /**
   * The channel of this check; the device's own by default.
   *
   * @since 0.1.0
   */
  channel?: string;
}

/**
 * What a check comes to.
 *
 * @since 0.1.0
 */
export type LatestStatus =
  'upToDate' | 'updateAvailable' | 'nativeUpdateRequired' | 'blocked' | 'rolledBack' | 'busy';

/**
 * What a `sync` comes to.
 *
 * @since 0.1.0
 */
export type SyncStatus =
  'upToDate' | 'downloaded' | 'nativeUpdateRequired' | 'blocked' | 'rolledBack' | 'busy';

/**
 * Why a release must not run here, or why the server isn't asked now.
 *
 * @since 0.1.0
 */
export type BlockReason = 'failed' | 'refused' | 'downgrade' | 'native_version' | 'rate_limited';

export interface LatestResult {
  /**
   * What the check came to.
   *
   * @since 0.1.0
   */
  status: LatestStatus;

  /**
   * The version on offer, where there is one.
   *
   * @since 0.1.0
   */
  version?: string;

  /**
   * With the status `blocked`: why.
   *
   * @since 0.1.0
   */
  reason?: BlockReason;

  /**
   * What is on offer, where there is something.
   *
   * @since 0.1.0
   */
  release?: Release;
}

/**
 * What a server offers.
 *
 * @since 0.1.0
 */
export interface Release {
  /**
   * Its version, as in semver.
   *
   * @since 0.1.0
   */
  version: string;

  /**
   * Bytes of the zip, where the server says so.
   *
   * @since 0.1.0
   */
  size?: number | null;

  /**
   * Whether the server calls it mandatory. Nothing but the app acts on it.
   *
   * @since 0.1.0
   */
  mandatory: boolean;

  /**
   * What is new in it, for people.
   *
   * @since 0.1.0
   */
  releaseNotes?: string | null;

  /**
   * The lowest version of the app that it runs in.
   *
   * @since 0.1.0
   */
  minAppVersion?: string | null;

  /**
   * The highest version of the app that it runs in.
   *
   * @since 0.1.0
   */
  maxAppVersion?: string | null;

  /**
   * Its place among signed releases.
   *
   * @since 0.1.0
   */
  sequence?: number | null;
}

export interface DownloadOptions {
  /**
   * Where the zip is. With unsigned bundles, only `updateUrl`'s origin is taken; in trust mode
   * `statement`, `release` is needed instead of what follows.
   *
   * @since 0.1.0
   */
  url: string;

  /**
   * The version of the bundle, as in semver.
   *
   * @since 0.1.0
   */
  version: string;

  /**
   * SHA-256 of the zip, 64 hex digits.
   *
   * @since 0.1.0
   */
  checksum: string;

  /**
   * Signature over the zip, base64. The configuration's `trust` says whether there has to be one.
   *
   * @since 0.1.0
   */
  signature?: string;

  /**
   * Bytes of the zip.
   *
   * @since 0.1.0
   */
  size?: number;
}

/**
 * The bundle that a signed release statement names.
 *
 * @since 0.1.0
 */
export interface StatedDownloadOptions {
  /**
   * Where the zip is.
   *
   * @since 0.1.0
   */
  url: string;

  /**
   * The statement's envelope, as the server's answer has it in `release`. In trust mode
   * `statement`, nothing else is taken from an address.
   *
   * @since 0.1.0
   */
  release: StatementEnvelope;
}

/**
 * A DSSE envelope with a release statement, as `live-updater sign` makes it.
 *
 * @since 0.1.0
 */
export interface StatementEnvelope {
  /**
   * `application/vnd.live-updater.release+json`
   *
   * @since 0.1.0
   */
  payloadType: string;

  /**
   * The statement, base64.
   *
   * @since 0.1.0
   */
  payload: string;

  /**
   * Who has signed it.
   *
   * @since 0.1.0
   */
  signatures: { keyid?: string; sig: string }[];
}

export interface SyncResult {
  /**
   * What came of it.
   *
   * @since 0.1.0
   */
  status: SyncStatus;

  /**
   * With the status `downloaded`: the bundle that the next start tries.
   *
   * @since 0.1.0
   */
  bundle?: BundleInfo;

  /**
   * With the status `blocked`: why.
   *
   * @since 0.1.0
   */
  reason?: BlockReason;
}

export interface BundleId {
  /**
   * A bundle's id, from an answer or an event.
   *
   * @since 0.1.0
   */
  id: string;
}

export interface ResetOptions {
  /**
   * Go to the bundle that was ready before this one, and to builtin only where there is none.
   *
   * @default false
   * @since 0.1.0
   */
  toLastSuccessful?: boolean;
}

export interface CurrentResult {
  /**
   * The bundle that runs.
   *
   * @since 0.1.0
   */
  bundle: BundleInfo;

  /**
   * The app's own version.
   *
   * @since 0.1.0
   */
  native: string;
}

export interface ListResult {
  /**
   * The bundles on the device.
   *
   * @since 0.1.0
   */
  bundles: BundleInfo[];
}

export interface FailedUpdateResult {
  /**
   * The bundle that was rolled back.
   *
   * @since 0.1.0
   */
  bundle: BundleInfo;
}

export interface VersionResult {
  /**
   * The version, as in semver.
   *
   * @since 0.1.0
   */
  version: string;
}

export interface VerifyResult {
  /**
   * Whether all files are as they were installed.
   *
   * @since 0.1.0
   */
  ok: boolean;

  /**
   * Paths of those that aren't.
   *
   * @since 0.1.0
   */
  damaged: string[];
}

export interface SetBundleErrorOptions {
  /**
   * The bundle's id; the running one by default.
   *
   * @since 0.1.0
   */
  id?: string;
}

export interface SetBundleErrorResult {
  /**
   * The bundle that was rolled back, or null where it was already.
   *
   * @since 0.1.0
   */
  rolledBack: BundleInfo | null;
}

export interface ClearBlockedOptions {
  /**
   * The version; all by default.
   *
   * @since 0.1.0
   */
  version?: string;
}

export interface SetChannelOptions {
  /**
   * The channel; the configuration's by default.
   *
   * @since 0.1.0
   */
  channel?: string;
}

export interface ChannelResult {
  /**
   * The channel of checks.
   *
   * @since 0.1.0
   */
  channel: string;
}

export interface DeviceIdResult {
  /**
   * The device, as the server knows it.
   *
   * @since 0.1.0
   */
  deviceId: string;
}

export interface SetCustomIdOptions {
  /**
   * The id; none by default.
   *
   * @since 0.1.0
   */
  customId?: string;
}

export interface FlushResult {
  /**
   * Reports that the server has now.
   *
   * @since 0.1.0
   */
  delivered: number;

  /**
   * Reports that are left.
   *
   * @since 0.1.0
   */
  pending: number;
}

export interface AutoUpdateEnabledResult {
  /**
   * Whether the app looks for updates by itself.
   *
   * @since 0.1.0
   */
  enabled: boolean;
}

export interface BundleEvent {
  /**
   * The bundle that it is about.
   *
   * @since 0.1.0
   */
  bundle: BundleInfo;
}

export interface DownloadEvent {
  /**
   * The bundle that comes.
   *
   * @since 0.1.0
   */
  bundle: BundleInfo;

  /**
   * How much is there, from 0 to 100; 0 while the whole isn't known.
   *
   * @since 0.1.0
   */
  percent: number;

  /**
   * Bytes that are there.
   *
   * @since 0.1.0
   */
  bytes: number;

  /**
   * Bytes of the whole; null until it is known.
   *
   * @since 0.1.0
   */
  totalBytes?: number | null;
}

export interface DownloadFailedEvent {
  /**
   * The bundle that didn't come.
   *
   * @since 0.1.0
   */
  bundle: BundleInfo;

  /**
   * Why.
   *
   * @since 0.1.0
   */
  error: Problem;
}

export interface Problem {
  /**
   * One of the codes in `docs/errors.md`.
   *
   * @since 0.1.0
   */
  code: string;

  /**
   * What went wrong, for people.
   *
   * @since 0.1.0
   */
  message: string;
}

/**
 * Why a bundle was taken back: never ready in time, several starts that ended badly, bad starts
 * in a row after it had been ready, damaged files, `setBundleError`.
 *
 * @since 0.1.0
 */
export type FailureReason = 'timeout' | 'trial_launches' | 'crash_loop' | 'damaged' | 'reported';

export interface UpdateFailedEvent {
  /**
   * The bundle that was taken back.
   *
   * @since 0.1.0
   */
  bundle: BundleInfo;

  /**
   * Why.
   *
   * @since 0.1.0
   */
  reason: FailureReason;
}
