import type * as ours from '../definitions';
import type { BundleInfo, LatestVersion, UpdateResponseKind } from './definitions';

/** A bundle as Capgo's plugin shows it. */
export function bundleInfo(bundle: ours.BundleInfo): BundleInfo {
  const { id, version, downloaded, checksum, status } = bundle;
  return { id, version, downloaded, checksum, status: status === 'trial' ? 'pending' : status };
}

/** The answer to a check as Capgo's plugin shows it. */
export function latestVersion(latest: ours.LatestResult, runs: string): LatestVersion {
  const version = latest.release?.version ?? latest.version ?? runs;
  const comment = latest.release?.releaseNotes;
  const shape: LatestVersion = { version, old: runs, ...(comment ? { comment } : {}) };
  switch (latest.status) {
    case 'updateAvailable':
      return { ...shape, url: offerUrl(version) };
    case 'upToDate':
      return {
        ...shape,
        ...nothing('up_to_date', 'no_new_version_available', 'No new version available'),
      };
    case 'nativeUpdateRequired':
      return {
        ...shape,
        breaking: true,
        major: true,
        ...nothing('blocked', 'native_update_required', `${version} needs a newer app`),
      };
    case 'blocked':
      return {
        ...shape,
        ...nothing('blocked', latest.reason ?? 'blocked', `${version} must not run here now`),
      };
    case 'rolledBack':
      return {
        ...shape,
        ...nothing('blocked', 'rolled_back', 'The server takes back what runs: use `sync`'),
      };
    case 'busy':
      return { ...shape, ...nothing('failed', 'busy', 'Another update is under way') };
  }
}

/**
 * What stands for the release last offered where Capgo's plugin has an address: the updater
 * keeps the address, checksum and signature to itself.
 */
export function offerUrl(version: string): string {
  return `${OFFER}${encodeURIComponent(version)}`;
}

/** Whether a URL is one of those. What isn't a text is none. */
export function isOffer(url: unknown): boolean {
  return typeof url === 'string' && url.startsWith(OFFER);
}

const OFFER = 'live-updater-offer:';

function nothing(kind: UpdateResponseKind, error: string, message: string): Partial<LatestVersion> {
  return { kind, error, message };
}
