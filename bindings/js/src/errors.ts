/** The codes that calls reject with. `docs/errors.md` says what each means and what to do. */
export type ErrorCode =
  | 'config'
  | 'invalid_request'
  | 'network'
  | 'timeout'
  | 'http_status'
  | 'rate_limited'
  | 'protocol'
  | 'not_found'
  | 'insufficient_storage'
  | 'size_exceeded'
  | 'size_mismatch'
  | 'checksum_mismatch'
  | 'signature_missing'
  | 'signature_invalid'
  | 'untrusted_key'
  | 'app_mismatch'
  | 'expired'
  | 'downgrade'
  | 'native_version'
  | 'blocked'
  | 'invalid_archive'
  | 'unsafe_path'
  | 'archive_limit'
  | 'missing_index'
  | 'busy'
  | 'stale_launch'
  | 'unknown_bundle'
  | 'protected_bundle'
  | 'storage'
  | 'cancelled'
  | 'internal'
  | 'UNIMPLEMENTED'
  | 'UNAVAILABLE';

/** What a call rejects with. */
export interface LiveUpdaterError extends Error {
  /** What went wrong, for programs. */
  code: ErrorCode;

  /** Not there where the code is Capacitor's own. */
  data?: {
    /** Whether the same call may succeed later without anybody changing anything. */
    retryable: boolean;

    /** Seconds that the server asked to wait. */
    retryAfter?: number;
  };
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
