import type { BundleInfo, LiveUpdaterError } from 'capacitor-live-updater';
import { LiveUpdater } from 'capacitor-live-updater';

import { failBeforeReady, STALE_READY, vouchForWhatComes } from './faults';
import * as view from './view';

void start();

async function start(): Promise<void> {
  view.showBundleVersion(import.meta.env.VITE_BUNDLE_VERSION);
  await failBeforeReady();
  await listen();
  view.onPress('check', () => attempt(check));
  view.onPress('download', () => attempt(download));
  view.onPress('apply', () => attempt(apply));
  view.onPress('reset', () => attempt(() => LiveUpdater.reset()));

  // The page is there and its buttons work: this bundle is good. Nothing that needs the network
  // comes before this.
  await attempt(async () => {
    const { bundle } = await LiveUpdater.notifyAppReady();
    view.showStatus(`Ready: ${bundle.version}`);
  });
  await attempt(showWhatIsThere);
  document.documentElement.dataset.started = 'true';
}

async function check(): Promise<void> {
  view.showStatus('Asking the server …');
  const latest = await LiveUpdater.getLatest();
  view.allow('download', latest.status === 'updateAvailable');
  switch (latest.status) {
    case 'updateAvailable':
      view.showStatus(`Update available: ${latest.release?.version}`);
      break;
    case 'blocked':
      view.showStatus(`Blocked: ${latest.reason}`);
      break;
    default:
      view.showStatus(latest.status);
  }
}

async function download(): Promise<void> {
  view.showProgress(0);
  view.showStatus('Downloading …');
  const bundle = await LiveUpdater.download();
  await LiveUpdater.next({ id: bundle.id });
  view.allow('apply');
  view.allow('download', false);
  view.showStatus(`Downloaded: ${bundle.version}`);
}

async function apply(): Promise<void> {
  view.showStatus('Applying …');
  vouchForWhatComes();
  await LiveUpdater.reload();
}

async function listen(): Promise<void> {
  const told =
    (name: string) =>
    ({ bundle }: { bundle: BundleInfo }) =>
      view.note(`${name} ${bundle.version}`);
  await Promise.all([
    LiveUpdater.addListener('download', ({ percent }) => view.showProgress(percent)),
    LiveUpdater.addListener('downloadComplete', told('downloadComplete')),
    LiveUpdater.addListener('downloadFailed', ({ bundle, error }) =>
      view.note(`downloadFailed ${bundle.version}: ${error.code}`),
    ),
    LiveUpdater.addListener('updateAvailable', told('updateAvailable')),
    LiveUpdater.addListener('noNeedUpdate', told('noNeedUpdate')),
    LiveUpdater.addListener('setNext', told('setNext')),
    LiveUpdater.addListener('set', told('set')),
    LiveUpdater.addListener('appReady', told('appReady')),
    LiveUpdater.addListener('appReloaded', told('appReloaded')),
    LiveUpdater.addListener('updateFailed', ({ bundle, reason }) =>
      view.note(`updateFailed ${bundle.version}: ${reason}`),
    ),
  ]);
}

async function showWhatIsThere(): Promise<void> {
  const { bundle, native } = await LiveUpdater.current();
  view.showRunning(`${bundle.id}, version ${bundle.version}, in app ${native}`);
  const failed = await LiveUpdater.getFailedUpdate();
  if (failed) {
    view.note(`${failed.bundle.version} was taken back`);
  }
  const stale = localStorage.getItem(STALE_READY);
  if (stale) {
    view.note(`the page before this one was refused: ${stale}`);
  }
  view.allow('apply', (await LiveUpdater.getNextBundle()) !== null);
}

/** Shows what a call fails with, instead of leaving it to the console. */
async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code, message } = error as LiveUpdaterError;
    view.showStatus(`Failed: ${code}`);
    view.note(`${code}: ${message}`);
  }
}
