export interface GetLatestOptions {
  /**
   * The channel of this check; the device's own by default.
   *
   * @since 0.1.0
   */
  channel?: string;
}

export interface DownloadOptions {
  /**
   * Where the zip is. With unsigned bundles, only `updateUrl`'s origin is taken.
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

export interface SetBundleErrorOptions {
  /**
   * The bundle's id; the running one by default.
   *
   * @since 0.1.0
   */
  id?: string;
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

export interface SetCustomIdOptions {
  /**
   * The id; none by default.
   *
   * @since 0.1.0
   */
  customId?: string;
}
