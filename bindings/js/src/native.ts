import type {
  AppReadyResult,
  BundleInfo,
  LiveUpdaterPlugin,
  SetBundleErrorResult,
} from './definitions';

/** The platform's half, as Capacitor hands it over. */
export interface NativeLiveUpdater extends Omit<
  LiveUpdaterPlugin,
  'notifyAppReady' | 'getNextBundle' | 'getFailedUpdate' | 'setBundleError'
> {
  /**
   * Without a token, the platform's half uses the one that the page's script has told. Where there is
   * no such script, it is that of the page that started last.
   */
  notifyAppReady(options: { launchToken?: string }): Promise<AppReadyResult>;

  /** A call can't resolve with null, so the bundle comes in an object. */
  getNextBundle(): Promise<OptionalBundle>;

  /** As for `getNextBundle`. */
  getFailedUpdate(): Promise<OptionalBundle>;

  /** Android leaves out what is null. */
  setBundleError(options?: { id?: string }): Promise<Partial<SetBundleErrorResult>>;
}

export interface OptionalBundle {
  bundle?: BundleInfo | null;
}
