/** API keys: who may do what. */

import { ask } from '../api.js';
import { button, element, namedButton } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { time } from '../format.js';
import { tell } from '../notice.js';
import { session } from '../session.js';
import { table } from '../table.js';
import { makeKey } from './new-key.js';

const PERMISSIONS = {
  read: 'look',
  upload: 'look and upload',
  write: 'upload, release and delete',
  all: 'everything, apps and keys included',
};

export async function keysView(reload) {
  const { keys } = await ask('GET', ['keys']);
  const make = button('New key…', () => makeKey(reload), { id: 'new-key', class: 'primary' });
  const columns = [
    { title: 'Name', cell: name },
    { title: 'May', cell: (key) => PERMISSIONS[key.permission] ?? key.permission },
    { title: 'App', cell: (key) => key.appId ?? 'all' },
    { title: 'Made', cell: (key) => time(key.createdAt) },
    { title: 'Actions', cell: actions(reload) },
  ];
  return [
    element('div', { class: 'heading' }, element('h1', {}, 'API keys'), make),
    table('Keys that work; only a digest of each is kept', columns, keys),
  ];
}

function name(key) {
  return key.id === session.caller.id ? `${key.name} (this one)` : key.name;
}

function actions(reload) {
  return (key) =>
    namedButton('Revoke', key.name, () => revoke(key, reload), { id: `revoke-${key.id}` });
}

async function revoke(key, reload) {
  const own = key.id === session.caller.id ? ' It is the one that you are signed in with.' : '';
  const content = [
    sentence('Whoever uses ', element('strong', {}, key.name), ` is refused from now on.${own}`),
  ];
  const done = await askFor(`Revoke ${key.name}`, content, {
    name: `Revoke ${key.name}`,
    isDangerous: true,
    do: () => ask('DELETE', ['keys', key.id]),
  });
  if (!done) return;
  await reload();
  tell(`Revoked the key ${key.name}`);
}
