/** Sends a bundle, and tells how far it is. */

import { Refusal, send } from '../api.js';
import { button, element, field, tick } from '../dom.js';
import { bytes, percent } from '../format.js';
import { copy, problem } from '../notice.js';
import { session } from '../session.js';
import { releaseTo } from './release.js';
import { commands } from './setup.js';

/** What `live-updater pack` calls its files: NAME-VERSION.zip. */
const VERSION = /(?:^|[-_ v])(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)\.zip$/;
/** They are told in the address, which has its limits. */
const LONGEST_NOTES = '3000';

export function uploadView(context) {
  const controls = form();
  const progress = element('div', { class: 'progress' });
  const result = element('div', { 'aria-live': 'polite' });
  const alert = element('div', { role: 'alert' });
  const submit = element('button', { class: 'primary', id: 'upload' }, 'Upload');
  const sendIt = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    alert.replaceChildren();
    result.replaceChildren();
    try {
      result.append(done(context, await upload(context.app, controls, progress)));
      event.target.reset();
    } catch (error) {
      alert.append(problem(error));
    } finally {
      progress.replaceChildren();
      submit.disabled = false;
    }
  };
  const shown = element(
    'form',
    { on: { submit: sendIt } },
    controls.content,
    element('div', { class: 'actions' }, submit),
    progress,
    alert,
    result,
  );
  return [
    element('h2', {}, 'Upload a bundle'),
    element('div', { class: 'card' }, shown),
    element(
      'details',
      { class: 'card' },
      element('summary', {}, 'From a terminal'),
      commands(context.app.appId),
    ),
  ];
}

function form() {
  const file = element('input', { id: 'file', type: 'file', accept: '.zip', required: true });
  const version = text('version', { required: true, maxlength: '128' });
  const from = text('from', { pattern: '\\d+(\\.\\d+){0,3}', class: 'short' });
  const to = text('to', { pattern: '\\d+(\\.\\d+){0,3}', class: 'short' });
  const notes = element('textarea', { id: 'notes', rows: '3', maxlength: LONGEST_NOTES });
  const mandatory = tick('mandatory', 'Mandatory: apps are told that users must not go on without');
  const signature = text('signature', {});
  file.addEventListener('change', () => {
    const guess = VERSION.exec(file.files[0]?.name ?? '')?.[1];
    if (guess) version.value = guess;
  });
  const drop = droppable(field('Zip of the web files', file, 'Choose it, or drop it here'), file);
  const range = element(
    'div',
    { class: 'row' },
    field('From native version (optional)', from),
    field('To native version (optional)', to),
  );
  const more = element(
    'details',
    {},
    element('summary', {}, 'Signed with a key of your own'),
    field('Signature in base64', signature, 'What live-updater sign wrote beside the zip'),
  );
  return {
    file,
    version,
    content: [
      drop,
      field('Version', version, 'As in 1.2.3 or 1.2.3-beta.1'),
      range,
      field('Release notes (optional)', notes),
      mandatory,
      more,
    ],
    details: () => ({
      minAppVersion: from.value,
      maxAppVersion: to.value,
      releaseNotes: notes.value,
      signature: signature.value.trim(),
      mandatory: String(mandatory.querySelector('input').checked),
    }),
  };
}

function text(id, properties) {
  return element('input', { id, spellcheck: 'false', autocapitalize: 'none', ...properties });
}

/** Takes files that are dropped as the input takes chosen ones. */
function droppable(area, input) {
  area.classList.add('drop');
  const over = (event) => {
    event.preventDefault();
    area.classList.add('over');
  };
  area.addEventListener('dragover', over);
  area.addEventListener('dragleave', () => area.classList.remove('over'));
  area.addEventListener('drop', (event) => {
    event.preventDefault();
    area.classList.remove('over');
    if (event.dataTransfer.files.length === 0) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change'));
  });
  return area;
}

async function upload(app, controls, place) {
  const file = controls.file.files[0];
  const version = controls.version.value.trim();
  const limit = session.caller.maxBundleBytes;
  if (file.size > limit) {
    const message = `The file has ${bytes(file.size)}; the service takes up to ${bytes(limit)}`;
    throw new Refusal(413, 'too_large', message);
  }
  const bar = element('progress', { max: '100', value: '0', 'aria-labelledby': 'sent' });
  const label = element('p', { id: 'sent' }, 'Sending…');
  const path = ['apps', app.appId, 'bundles', version];
  const { sent, abort } = send(path, controls.details(), file, (loaded, total) => {
    const share = Math.floor((100 * loaded) / total);
    bar.value = share;
    label.textContent =
      loaded < total
        ? `Sent ${percent(share)} of ${bytes(total)}`
        : 'Sent. The service checks the bundle as a device would…';
  });
  place.append(label, bar, button('Cancel the upload', abort));
  return sent;
}

function done(context, bundle) {
  const release = button(
    `Release ${bundle.name}…`,
    () => releaseTo({ ...context, reload: async () => undefined }, { version: bundle.name }),
    { id: 'release-uploaded', class: 'primary' },
  );
  return element(
    'div',
    { class: 'success' },
    element(
      'p',
      {},
      'Uploaded ',
      element('strong', {}, bundle.name),
      `, ${bytes(bundle.size)}. No device gets it until it is released. SHA-256 `,
      element('code', { class: 'breaks' }, bundle.checksum),
    ),
    element(
      'div',
      { class: 'actions' },
      session.may('write') ? release : null,
      button('Copy the SHA-256', () => copy(bundle.checksum, `the SHA-256 of ${bundle.name}`)),
    ),
  );
}
