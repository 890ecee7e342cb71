/** What devices of an app have to send, so that nobody else asks for its updates. */

import { ask } from '../api.js';
import { button, element } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { copy, tell } from '../notice.js';

const BYTES = 24;

export function deviceToken(context, mayChange) {
  const { app } = context;
  const state = app.needsDeviceToken
    ? 'Devices have to send the token of this app: checks and reports without it are refused.'
    : 'Devices need no token: whoever knows the app’s id can ask for its updates.';
  const buttons = [
    button(app.needsDeviceToken ? 'New token…' : 'Ask for a token…', () => setToken(context), {
      id: 'set-token',
    }),
    app.needsDeviceToken
      ? button('Ask for none…', () => removeToken(context), { id: 'remove-token' })
      : null,
  ];
  return element(
    'section',
    { class: 'card' },
    element('h3', {}, 'Device token'),
    element('p', {}, state),
    mayChange ? element('div', { class: 'actions' }, buttons) : null,
  );
}

async function setToken({ app, reload }) {
  const token = random();
  const content = [
    sentence('Devices that send another token, or none, get no updates any more.'),
    sentence('Write this one into the app’s configuration, as token. It is not shown again:'),
    element('code', { class: 'secret', id: 'token' }, token),
    button('Copy the token', () => copy(token, 'the token')),
  ];
  const done = await askFor('A token for devices', content, {
    name: 'Ask devices for it',
    do: () => ask('PATCH', ['apps', app.appId], { body: { deviceToken: token } }),
  });
  if (!done) return;
  await reload();
  tell('Devices have to send the new token');
}

async function removeToken({ app, reload }) {
  const content = [sentence('Whoever knows the app’s id can ask for its updates then.')];
  const done = await askFor('No token for devices', content, {
    name: 'Ask for none',
    isDangerous: true,
    do: () => ask('PATCH', ['apps', app.appId], { body: { deviceToken: '' } }),
  });
  if (!done) return;
  await reload();
  tell('Devices need no token');
}

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
