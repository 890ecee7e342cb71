import { CapacitorException, ExceptionCode } from '@capacitor/core';

/** What isn't offered, and what to use instead. */
const INSTEAD = {
  setUpdateUrl: 'Set `updateUrl` in plugins.LiveUpdater; a page must not choose another server.',
  setStatsUrl: 'Set `statsUrl` in plugins.LiveUpdater; a page must not choose another server.',
  setChannelUrl: 'Set `channelUrl` in plugins.LiveUpdater; a page must not choose another server.',
  startPreviewSession: 'Offer previews in a channel of their own: LiveUpdater.setChannel.',
  listPreviews: 'Use LiveUpdater.list.',
  setPreview: 'Use LiveUpdater.set.',
  resetPreview: 'Use LiveUpdater.reset.',
  deletePreview: 'Use LiveUpdater.delete.',
  checkPreviewUpdate: 'Use LiveUpdater.getLatest.',
  updatePreview: 'Use LiveUpdater.sync.',
  setMultiDelay: 'Call LiveUpdater.next when the update may come; the next start activates it.',
  cancelDelay: 'Nothing is delayed: LiveUpdater.next decides what the next start activates.',
  triggerUpdateCheck: 'Use LiveUpdater.sync.',
  getMissingBundleFiles: 'Bundles come as a whole: use LiveUpdater.getLatest.',
  getBundleDownloadSize: 'Use LiveUpdater.getLatest: `release.size`.',
  setShakeMenu: 'There is no menu of its own: build one on LiveUpdater.setChannel and sync.',
  isShakeMenuEnabled: 'There is no menu of its own: build one on LiveUpdater.setChannel and sync.',
  setShakeChannelSelector: 'Build one on LiveUpdater.setChannel and sync.',
  isShakeChannelSelectorEnabled: 'Build one on LiveUpdater.setChannel and sync.',
  getAppId: 'Use App.getInfo of @capacitor/app.',
  setAppId: 'Set `appId` in plugins.LiveUpdater.',
  getAppUpdateInfo: 'Use a plugin for the stores, such as @capawesome/capacitor-app-update.',
  openAppStore: 'Use a plugin for the stores, such as @capawesome/capacitor-app-update.',
  performImmediateUpdate: 'Use a plugin for the stores, such as @capawesome/capacitor-app-update.',
  startFlexibleUpdate: 'Use a plugin for the stores, such as @capawesome/capacitor-app-update.',
  completeFlexibleUpdate: 'Use a plugin for the stores, such as @capawesome/capacitor-app-update.',
} as const;

/** What is never emitted, and what to use instead. */
const EVENTS_INSTEAD: { readonly [eventName: string]: string | undefined } = {
  updateCheckResult: 'Look at what LiveUpdater.getLatest or sync resolve with.',
  onFlexibleUpdateStateChange:
    'Use a plugin for the stores, such as @capawesome/capacitor-app-update.',
};

/** Methods that only reject. */
export type NotOffered = {
  /** @deprecated Not offered: rejects with `UNIMPLEMENTED`, and says what to use instead. */
  [Method in keyof typeof INSTEAD]: (options?: unknown) => Promise<never>;
};

/** A method for each name that isn't offered. */
export function notOffered(): NotOffered {
  const methods: { [method: string]: () => Promise<never> } = {};
  for (const [method, instead] of Object.entries(INSTEAD)) {
    methods[method] = () => refuse(method, instead);
  }
  return methods as NotOffered;
}

/** Rejects with what to use instead of an event, where it is one that is never emitted. */
export function refuseEvent(eventName: string): Promise<never> | undefined {
  const instead = EVENTS_INSTEAD[eventName];
  return instead === undefined ? undefined : refuse(`the event ${eventName}`, instead);
}

/** Rejects with `UNIMPLEMENTED`. */
export async function refuse(what: string, instead: string): Promise<never> {
  throw new CapacitorException(
    `capacitor-live-updater/capgo doesn't offer ${what}. ${instead}`,
    ExceptionCode.Unimplemented,
  );
}
