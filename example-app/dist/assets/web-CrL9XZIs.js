import { t as e } from './index-t0qZOHb9.js';
var t = `0.1.0`,
  n = {
    id: `builtin`,
    version: `0.0.0`,
    status: `success`,
    checksum: ``,
    downloaded: `1970-01-01T00:00:00.000Z`,
  },
  r = `A browser gets new files from the web server: deploy them there.`,
  i = `A browser has no other bundle: use location.reload().`,
  a = `Only a device is known to an update server: try it on Android or iOS.`,
  o = class extends e {
    async notifyAppReady() {
      return { bundle: Object.assign({}, n) };
    }
    async current() {
      return { bundle: Object.assign({}, n), native: n.version };
    }
    async getBuiltinVersion() {
      return { version: n.version };
    }
    async list() {
      return { bundles: [] };
    }
    async getNextBundle() {
      return { bundle: null };
    }
    async getFailedUpdate() {
      return { bundle: null };
    }
    async isAutoUpdateEnabled() {
      return { enabled: !1 };
    }
    async getPluginVersion() {
      return { version: t };
    }
    async getLatest() {
      return this.refuse(`getLatest`, r);
    }
    async download() {
      return this.refuse(`download`, r);
    }
    async sync() {
      return this.refuse(`sync`, r);
    }
    async cancel() {
      return this.refuse(`cancel`, r);
    }
    async next() {
      return this.refuse(`next`, i);
    }
    async set() {
      return this.refuse(`set`, i);
    }
    async reload() {
      return this.refuse(`reload`, i);
    }
    async reset() {
      return this.refuse(`reset`, i);
    }
    async delete() {
      return this.refuse(`delete`, i);
    }
    async verify() {
      return this.refuse(`verify`, i);
    }
    async setBundleError() {
      return this.refuse(`setBundleError`, i);
    }
    async clearBlocked() {
      return this.refuse(`clearBlocked`, i);
    }
    async setChannel() {
      return this.refuse(`setChannel`, a);
    }
    async getChannel() {
      return this.refuse(`getChannel`, a);
    }
    async getDeviceId() {
      return this.refuse(`getDeviceId`, a);
    }
    async setCustomId() {
      return this.refuse(`setCustomId`, a);
    }
    async flush() {
      return this.refuse(`flush`, a);
    }
    async state() {
      return this.refuse(`state`, a);
    }
    refuse(e, t) {
      throw this.unimplemented(`LiveUpdater.${e} isn't there on the web. ${t}`);
    }
  };
export { o as LiveUpdaterWeb };
