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
export type BlockReason =
  'failed' | 'refused' | 'downgrade' | 'native_version' | 'withheld' | 'rate_limited';

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
   * With the reason `withheld`: the server's own word for it, for people.
   *
   * @since 0.1.0
   */
  message?: string;

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

  /**
   * With the reason `withheld`: the server's own word for it, for people.
   *
   * @since 0.1.0
   */
  message?: string;
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

export interface SetBundleErrorResult {
  /**
   * The bundle that was rolled back, or null where it was already.
   *
   * @since 0.1.0
   */
  rolledBack: BundleInfo | null;
}

export interface ChannelResult {
  /**
   * The channel of checks.
   *
   * @since 0.1.0
   */
  channel: string;
}

export interface ListChannelsResult {
  /**
   * The channels that the server has for this device.
   *
   * @since 0.1.0
   */
  channels: Channel[];
}

export interface Channel {
  /**
   * The server's id of it.
   *
   * @since 0.1.0
   */
  id: string;

  /**
   * Its name: what `setChannel` takes.
   *
   * @since 0.1.0
   */
  name: string;

  /**
   * Whether devices without a choice are on it.
   *
   * @since 0.1.0
   */
  public: boolean;

  /**
   * Whether a device may choose it.
   *
   * @since 0.1.0
   */
  allowSelfSet: boolean;
}

export interface DeviceIdResult {
  /**
   * The device, as the server knows it.
   *
   * @since 0.1.0
   */
  deviceId: string;
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
