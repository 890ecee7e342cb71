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
   * Where the zip is. With unsigned bundles, only `updateUrl`'s origin is taken; in trust mode
   * `statement`, `release` is needed instead of what follows; in trust mode `capgo` no address is
   * taken, only what the server offers.
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
