/** Makes a key, and shows it this once. */

import { ask } from '../api.js';
import { button, element, field } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { copy, tell, tellProblem } from '../notice.js';

const PERMISSIONS = [
  ['upload', 'Upload bundles (for CI)'],
  ['read', 'Look'],
  ['write', 'Upload, release and delete'],
  ['all', 'Everything, apps and keys included'],
];

export async function makeKey(reload) {
  let apps;
  try {
    ({ apps } = await ask('GET', ['apps']));
  } catch (error) {
    tellProblem(error);
    return;
  }
  const name = element('input', { id: 'key-name', required: true, maxlength: '100' });
  const permission = choice('key-permission', PERMISSIONS);
  const all = [['', 'All apps']];
  const app = choice('key-app', [...all, ...apps.map((one) => [one.appId, one.name])]);
  const content = [
    field('Name', name, 'Whoever or whatever uses it'),
    field('May', permission),
    field('App', app),
  ];
  const made = await askFor('New key', content, {
    name: 'Make the key',
    do: () => {
      const body = {
        name: name.value.trim(),
        permission: permission.value,
        appId: app.value || undefined,
      };
      return ask('POST', ['keys'], { body });
    },
  });
  if (!made) return;
  await showSecret(made);
  await reload();
  tell(`Made the key ${made.name}`);
}

async function showSecret(made) {
  const content = [
    sentence('Copy it now: it is not shown again, and nobody can read it from the service.'),
    element('code', { class: 'secret', id: 'secret' }, made.key),
    button('Copy the key', () => copy(made.key, 'the key')),
  ];
  await askFor(`The key ${made.name}`, content, { name: 'I have it', do: () => true });
}

function choice(id, options) {
  const option = ([value, text]) => element('option', { value }, text);
  return element('select', { id }, options.map(option));
}
