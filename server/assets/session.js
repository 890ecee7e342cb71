/** Who is signed in: the key stays in this tab and goes with it. */

const NAME = 'live-updater-key';

/** Each allows what the ones before it do. */
const PERMISSIONS = ['read', 'upload', 'write', 'all'];

export const session = {
  /** The key's name, permission and app, and limits of the service; nothing until it is known. */
  caller: undefined,

  get key() {
    return sessionStorage.getItem(NAME);
  },

  open(key, caller) {
    sessionStorage.setItem(NAME, key);
    this.caller = caller;
  },

  close() {
    sessionStorage.removeItem(NAME);
    this.caller = undefined;
  },

  may(permission) {
    const has = PERMISSIONS.indexOf(this.caller?.permission);
    return has >= PERMISSIONS.indexOf(permission);
  },

  /** Whether the key isn't one of a single app. */
  isWide() {
    return this.caller?.appId === null;
  },
};
