/** All apps, with what they take on the disk. */

import { ask } from '../api.js';
import { element, field, link } from '../dom.js';
import { askFor } from '../dialog.js';
import { bytes, plural } from '../format.js';
import { tell } from '../notice.js';
import { href } from '../route.js';
import { session } from '../session.js';
import { commands } from './setup.js';

export async function appsView() {
  const { apps } = await ask('GET', ['apps']);
  const mayMake = session.may('all') && session.isWide();
  const make = element(
    'button',
    { type: 'button', class: 'primary', id: 'new-app', on: { click: makeApp } },
    'New app…',
  );
  const heading = element(
    'div',
    { class: 'heading' },
    element('h1', {}, 'Apps'),
    mayMake ? make : null,
  );
  if (apps.length === 0) return [heading, noApps(mayMake)];
  return [heading, element('ul', { class: 'cards' }, apps.map(card))];
}

function card(app) {
  const storage = `${plural(app.storage.bundles, 'bundle')}, ${bytes(app.storage.bytes)}`;
  return element(
    'li',
    { class: 'card' },
    element('h2', {}, link(app.name, href('apps', app.appId))),
    element('p', {}, element('code', {}, app.appId)),
    element('p', { class: 'muted' }, storage),
  );
}

function noApps(mayMake) {
  const next = mayMake
    ? 'Make one with “New app”; it begins with the channel production. Or send a first bundle: that makes the app, too.'
    : 'Sign in with a key that may do everything to make one.';
  return element(
    'section',
    { class: 'card' },
    element('h2', {}, 'There is no app yet'),
    element('p', {}, next),
    mayMake ? commands('com.example.app') : null,
  );
}

async function makeApp() {
  const id = element('input', {
    id: 'app-id',
    name: 'id',
    required: true,
    maxlength: '128',
    pattern: '[A-Za-z0-9._\\-]+',
    spellcheck: 'false',
    autocapitalize: 'none',
  });
  const name = element('input', { id: 'app-name', name: 'name', maxlength: '100' });
  const content = [
    field('App id', id, 'As appId in the app’s configuration, such as com.example.app'),
    field('Name (optional)', name),
  ];
  const made = await askFor('New app', content, {
    name: 'Make the app',
    do: () => {
      const body = { appId: id.value.trim(), name: name.value.trim() || undefined };
      return ask('POST', ['apps'], { body });
    },
  });
  if (!made) return;
  location.hash = href('apps', made.appId);
  tell(`Made the app ${made.name}`);
}
