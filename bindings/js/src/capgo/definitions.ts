import type { PluginListenerHandle } from '@capacitor/core';

import type { NotOffered } from './not-offered';

/**
 * The core of `@capgo/capacitor-updater`'s interface, answered by `LiveUpdater`. What isn't
 * offered is struck out, rejects with `UNIMPLEMENTED`, and says what to use instead.
 */
export interface CapacitorUpdaterPlugin extends NotOffered {
  /** Say that this page works; call it at every start. */
  notifyAppReady(): Promise<AppReadyResult>;

  /**
   * Fetch a bundle: what `getLatest` offered, or a zip somewhere. For the latter `checksum`, its
   * SHA-256 in hex, is required.
   */
  download(options: DownloadOptions): Promise<BundleInfo>;

  /** Let the next start try a bundle. */
  next(options: BundleId): Promise<BundleInfo>;

  /** Activate a bundle now; the page is replaced. */
  set(options: BundleId): Promise<void>;

  /** Delete a bundle that isn't needed any more. */
  delete(options: BundleId): Promise<void>;

  /** Give a bundle up. */
  setBundleError(options: BundleId): Promise<BundleInfo>;

  /** The bundles on the device, without builtin. `raw` makes no difference. */
  list(options?: ListOptions): Promise<BundleListResult>;

  /** Back to builtin, or to the bundle that was ready before; the page is replaced. */
  reset(options?: ResetOptions): Promise<void>;

  /** What runs now. */
  current(): Promise<CurrentBundleResult>;

  /** Activate what is next, or load the page again. */
  reload(): Promise<void>;

  /** Ask the server what it offers. `url` is there where it may be downloaded. */
  getLatest(options?: GetLatestOptions): Promise<LatestVersion>;

  /**
   * Choose the channel of later checks. With source `capgo` the server is asked; where it refuses,
   * this rejects with `invalid_request`, and the event `channelPrivate` comes where that is for a
   * channel that devices can't choose.
   */
  setChannel(options: SetChannelOptions): Promise<ChannelRes>;

  /** Forget what `setChannel` chose. */
  unsetChannel(options?: UnsetChannelOptions): Promise<void>;

  /** The channel of checks. With source `capgo` the server is asked. */
  getChannel(): Promise<GetChannelRes>;

  /** The channels that the server has for this device. It takes source `capgo`. */
  listChannels(): Promise<ListChannelsResult>;

  /** Version of the web files in the app's package. */
  getBuiltinVersion(): Promise<BuiltinVersion>;

  /** What the next start will try. */
  getNextBundle(): Promise<BundleInfo | null>;

  /** The newest bundle that was rolled back. Reading doesn't clear it. */
  getFailedUpdate(): Promise<UpdateFailedEvent | null>;

  /** The device, as the server knows it. */
  getDeviceId(): Promise<DeviceId>;

  /** Version of `capacitor-live-updater`. */
  getPluginVersion(): Promise<PluginVersion>;

  /** Keep an id of your own for this device; an empty one forgets it. */
  setCustomId(options: SetCustomIdOptions): Promise<void>;

  /** Whether the app looks for updates by itself. */
  isAutoUpdateEnabled(): Promise<AutoUpdateEnabled>;

  /** Whether it could: here that takes no particular server. */
  isAutoUpdateAvailable(): Promise<AutoUpdateAvailable>;

  /** Remove all listeners. */
  removeAllListeners(): Promise<void>;

  /** Bytes have arrived. */
  addListener(
    eventName: 'download',
    listener: (event: DownloadEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** A check found nothing new. */
  addListener(
    eventName: 'noNeedUpdate',
    listener: (event: NoNeedEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** A check found a release. */
  addListener(
    eventName: 'updateAvailable',
    listener: (event: UpdateAvailableEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** A bundle is on the disk. */
  addListener(
    eventName: 'downloadComplete',
    listener: (event: DownloadCompleteEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** No bundle came of a download. */
  addListener(
    eventName: 'downloadFailed',
    listener: (event: DownloadFailedEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** A `getLatest` found a release that needs a newer app. */
  addListener(
    eventName: 'breakingAvailable' | 'majorAvailable',
    listener: (event: BreakingAvailableEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** A bundle was taken back. */
  addListener(
    eventName: 'updateFailed',
    listener: (event: UpdateFailedEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** A bundle was activated. */
  addListener(eventName: 'set', listener: (event: SetEvent) => void): Promise<PluginListenerHandle>;

  /** The next start will try a bundle. */
  addListener(
    eventName: 'setNext',
    listener: (event: SetNextEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** A call made the app load a page. */
  addListener(eventName: 'appReloaded', listener: () => void): Promise<PluginListenerHandle>;

  /** The page has said that it works. */
  addListener(
    eventName: 'appReady',
    listener: (event: AppReadyEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** The server has refused a channel to `setChannel`, since devices can't choose it. */
  addListener(
    eventName: 'channelPrivate',
    listener: (event: ChannelPrivateEvent) => void,
  ): Promise<PluginListenerHandle>;

  /** @deprecated Never emitted: rejects with `UNIMPLEMENTED`, and says what to use instead. */
  addListener(
    eventName: 'updateCheckResult' | 'onFlexibleUpdateStateChange',
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- no listener is ever called
    listener: (event: any) => void,
  ): Promise<never>;
}

/** A bundle on trial counts as `pending`; `downloading` is only seen in the event `download`. */
export type BundleStatus = 'success' | 'error' | 'pending' | 'downloading' | 'deleted' | 'deleting';

export interface BundleInfo {
  id: string;
  version: string;
  downloaded: string;
  /** SHA-256 of the zip, 64 hex digits. */
  checksum: string;
  status: BundleStatus;
}

export interface BundleId {
  id: string;
}

export interface DownloadOptions {
  url: string;
  version: string;
  /** SHA-256 of the zip, 64 hex digits. */
  checksum?: string;
  /** @deprecated Not taken: encrypted bundles come from the server, by what `getLatest` offers. */
  sessionKey?: string;
  /** @deprecated Single files aren't fetched: `url` names a zip. */
  manifest?: unknown[];
}

export interface ListOptions {
  raw?: boolean;
}

export interface ResetOptions {
  toLastSuccessful?: boolean;
  /** @deprecated Not offered: `reload` activates what is next. */
  usePendingBundle?: boolean;
}

export interface GetLatestOptions {
  channel?: string;
  /** @deprecated Not offered: the configuration says which app this is. */
  appId?: string;
  /** @deprecated Makes no difference: there is no list of files. */
  includeBundleSize?: boolean;
}

export type UpdateResponseKind = 'up_to_date' | 'blocked' | 'failed';

export interface LatestVersion {
  version: string;
  /** What `download` takes for this offer. It isn't an address. */
  url?: string;
  /** Whether it needs a newer app. */
  breaking?: boolean;
  /** The same as `breaking`. */
  major?: boolean;
  /** For people. */
  message?: string;
  /** Where there is nothing to download: why. */
  error?: string;
  kind?: UpdateResponseKind;
  /** The version that runs. */
  old?: string;
  /** What is new in it. */
  comment?: string;
}

export interface SetChannelOptions {
  channel: string;
  /** Whether to look for an update at once, where the app does so by itself. */
  triggerAutoUpdate?: boolean;
}

export interface UnsetChannelOptions {
  /** As for `setChannel`. */
  triggerAutoUpdate?: boolean;
}

export interface ChannelRes {
  /** `ok`: a refusal rejects. */
  status: string;
  /** @deprecated Never there: a refusal rejects. */
  error?: string;
  /** @deprecated Never there. */
  message?: string;
}

export interface GetChannelRes {
  channel?: string;
  /** @deprecated Never there: a refusal rejects. */
  error?: string;
  /** @deprecated Never there. */
  message?: string;
  /** @deprecated Never there: how the device came to its channel isn't told. */
  status?: string;
  /** @deprecated Never there: `listChannels` has `allow_self_set`. */
  allowSet?: boolean;
}

export interface ChannelInfo {
  /** NaN where the server's id is no number. */
  id: number;
  /** What `setChannel` takes. */
  name: string;
  public: boolean;
  allow_self_set: boolean;
}

export interface ListChannelsResult {
  channels: ChannelInfo[];
}

export interface ChannelPrivateEvent {
  channel: string;
  message: string;
}

export interface SetCustomIdOptions {
  customId: string;
}

export interface AppReadyResult {
  bundle: BundleInfo;
}

export interface BundleListResult {
  bundles: BundleInfo[];
}

export interface CurrentBundleResult {
  bundle: BundleInfo;
  native: string;
}

export interface BuiltinVersion {
  version: string;
}

export interface DeviceId {
  deviceId: string;
}

export interface PluginVersion {
  version: string;
}

export interface AutoUpdateEnabled {
  enabled: boolean;
}

export interface AutoUpdateAvailable {
  available: boolean;
}

export interface DownloadEvent {
  percent: number;
  bundle: BundleInfo;
}

export interface NoNeedEvent {
  bundle: BundleInfo;
}

export interface UpdateAvailableEvent {
  bundle: BundleInfo;
}

export interface DownloadCompleteEvent {
  bundle: BundleInfo;
}

export interface DownloadFailedEvent {
  version: string;
}

export interface BreakingAvailableEvent {
  version: string;
}

export type MajorAvailableEvent = BreakingAvailableEvent;

export interface UpdateFailedEvent {
  bundle: BundleInfo;
}

export interface SetEvent {
  bundle: BundleInfo;
}

export interface SetNextEvent {
  bundle: BundleInfo;
}

export interface AppReadyEvent {
  bundle: BundleInfo;
  status: string;
}
