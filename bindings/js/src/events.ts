import type { Problem } from './errors';
import type { BundleInfo } from './results';

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
