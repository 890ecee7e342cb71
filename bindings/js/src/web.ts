import { WebPlugin } from '@capacitor/core';

import type {
  AppReadyResult,
  AutoUpdateEnabledResult,
  BundleInfo,
  CurrentResult,
  ListResult,
  VersionResult,
} from './definitions';
import type { NativeLiveUpdater, OptionalBundle } from './native';
import { VERSION } from './version';

/** A page in a browser can't know which version it is. */
const BUILTIN: Readonly<BundleInfo> = {
  id: 'builtin',
  version: '0.0.0',
  status: 'success',
  checksum: '',
  downloaded: '1970-01-01T00:00:00.000Z',
};

const NOTHING_TO_INSTALL = 'A browser gets new files from the web server: deploy them there.';
const NO_OTHER_BUNDLE = 'A browser has no other bundle: use location.reload().';
const NO_DEVICE = 'Only a device is known to an update server: try it on Android or iOS.';

/** In a browser: the builtin files, and no updates. */
export class LiveUpdaterWeb extends WebPlugin implements NativeLiveUpdater {
  async notifyAppReady(): Promise<AppReadyResult> {
    return { bundle: { ...BUILTIN } };
  }

  async current(): Promise<CurrentResult> {
    return { bundle: { ...BUILTIN }, native: BUILTIN.version };
  }

  async getBuiltinVersion(): Promise<VersionResult> {
    return { version: BUILTIN.version };
  }

  async list(): Promise<ListResult> {
    return { bundles: [] };
  }

  async getNextBundle(): Promise<OptionalBundle> {
    return { bundle: null };
  }

  async getFailedUpdate(): Promise<OptionalBundle> {
    return { bundle: null };
  }

  async isAutoUpdateEnabled(): Promise<AutoUpdateEnabledResult> {
    return { enabled: false };
  }

  async getPluginVersion(): Promise<VersionResult> {
    return { version: VERSION };
  }

  async getLatest(): Promise<never> {
    return this.refuse('getLatest', NOTHING_TO_INSTALL);
  }

  async download(): Promise<never> {
    return this.refuse('download', NOTHING_TO_INSTALL);
  }

  async sync(): Promise<never> {
    return this.refuse('sync', NOTHING_TO_INSTALL);
  }

  async cancel(): Promise<never> {
    return this.refuse('cancel', NOTHING_TO_INSTALL);
  }

  async next(): Promise<never> {
    return this.refuse('next', NO_OTHER_BUNDLE);
  }

  async set(): Promise<never> {
    return this.refuse('set', NO_OTHER_BUNDLE);
  }

  async reload(): Promise<never> {
    return this.refuse('reload', NO_OTHER_BUNDLE);
  }

  async reset(): Promise<never> {
    return this.refuse('reset', NO_OTHER_BUNDLE);
  }

  async delete(): Promise<never> {
    return this.refuse('delete', NO_OTHER_BUNDLE);
  }

  async verify(): Promise<never> {
    return this.refuse('verify', NO_OTHER_BUNDLE);
  }

  async setBundleError(): Promise<never> {
    return this.refuse('setBundleError', NO_OTHER_BUNDLE);
  }

  async clearBlocked(): Promise<never> {
    return this.refuse('clearBlocked', NO_OTHER_BUNDLE);
  }

  async setChannel(): Promise<never> {
    return this.refuse('setChannel', NO_DEVICE);
  }

  async unsetChannel(): Promise<never> {
    return this.refuse('unsetChannel', NO_DEVICE);
  }

  async getChannel(): Promise<never> {
    return this.refuse('getChannel', NO_DEVICE);
  }

  async listChannels(): Promise<never> {
    return this.refuse('listChannels', NO_DEVICE);
  }

  async getDeviceId(): Promise<never> {
    return this.refuse('getDeviceId', NO_DEVICE);
  }

  async setCustomId(): Promise<never> {
    return this.refuse('setCustomId', NO_DEVICE);
  }

  async flush(): Promise<never> {
    return this.refuse('flush', NO_DEVICE);
  }

  async state(): Promise<never> {
    return this.refuse('state', NO_DEVICE);
  }

  private refuse(method: string, instead: string): never {
    throw this.unimplemented(`LiveUpdater.${method} isn't there on the web. ${instead}`);
  }
}
