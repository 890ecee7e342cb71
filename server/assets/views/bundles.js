/** The versions of an app, a page at a time. */

import { ask } from '../api.js';
import { button, element, link, namedButton, webLink } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { bytes, nativeRange, plural, time } from '../format.js';
import { copy, tell } from '../notice.js';
import { href, withQuery } from '../route.js';
import { session } from '../session.js';
import { table } from '../table.js';
import { releaseTo } from './release.js';
import { commands } from './setup.js';

const SHORT = 160;
const FEW_LINES = 4;

export async function bundlesView(context) {
  const { app, query } = context;
  const page = Math.max(0, Math.trunc(Number(query.get('page'))) || 0);
  const asked = { query: { page: String(page) } };
  const { bundles, total, pageSize } = await ask('GET', ['apps', app.appId, 'bundles'], asked);
  const heading = element('h2', {}, 'Bundles');
  if (total === 0) return [heading, none(app)];
  const caption = `${plural(total, 'bundle')}, the newest first`;
  return [
    heading,
    table(caption, columns(context), bundles),
    pages(app, page, Math.ceil(total / pageSize)),
  ];
}

function columns(context) {
  const shown = [
    { title: 'Version', cell: (bundle) => bundle.name },
    { title: 'Given by', cell: (bundle) => bundle.channels.join(', ') || 'no channel' },
    { title: 'Size', numeric: true, cell: (bundle) => bytes(bundle.size) },
    { title: 'SHA-256', cell: checksum },
    { title: 'Mandatory', cell: (bundle) => (bundle.mandatory ? 'yes' : 'no') },
    {
      title: 'Native versions',
      cell: (bundle) => nativeRange(bundle.minUpdateVersion, bundle.maxAppVersion),
    },
    { title: 'Notes', cell: notes },
    { title: 'Uploaded', cell: (bundle) => time(bundle.created_at) },
  ];
  if (session.may('write')) shown.push({ title: 'Actions', cell: actions(context) });
  return shown;
}

function checksum(bundle) {
  return [
    element('code', { title: bundle.checksum }, bundle.checksum.slice(0, 10)),
    ' ',
    button('Copy', () => copy(bundle.checksum, `the SHA-256 of ${bundle.name}`), {
      class: 'plain',
      'aria-label': `Copy the SHA-256 of ${bundle.name}`,
    }),
  ];
}

function notes(bundle) {
  const parts = [
    bundle.releaseNotes ? note(bundle.releaseNotes, 'notes') : null,
    bundle.comment ? note(bundle.comment, 'notes muted') : null,
    bundle.link ? element('div', { class: 'notes' }, webLink(bundle.link)) : null,
  ].filter(Boolean);
  return parts.length > 0 ? parts : '–';
}

/** What is long opens where it is wanted, so that one note doesn't push all other bundles away. */
function note(text, kind) {
  const whole = element('div', { class: kind }, text);
  if (text.length <= SHORT && text.split('\n').length <= FEW_LINES) return whole;
  const begin = `${text.split('\n', 1)[0].slice(0, SHORT / 2)}…`;
  return element('details', {}, element('summary', {}, begin), whole);
}

function actions(context) {
  return (bundle) =>
    element(
      'div',
      { class: 'actions' },
      namedButton('Release', bundle.name, () => releaseTo(context, { version: bundle.name }), {
        id: `release-${bundle.id}`,
      }),
      namedButton('Delete', bundle.name, () => remove(context, bundle), {
        id: `delete-${bundle.id}`,
      }),
    );
}

async function remove(context, bundle) {
  const content = [
    sentence(
      element('strong', {}, bundle.name),
      ` (${bytes(bundle.size)}) goes for good. Devices that run it keep it.`,
    ),
  ];
  const path = ['apps', context.app.appId, 'bundles', bundle.name];
  const done = await askFor(`Delete ${bundle.name}`, content, {
    name: `Delete ${bundle.name}`,
    isDangerous: true,
    do: () => ask('DELETE', path),
  });
  if (!done) return;
  await context.reload();
  tell(`Deleted ${bundle.name}`);
}

function pages(app, page, count) {
  if (count < 2) return '';
  const to = (number, text) => {
    const address = withQuery(href('apps', app.appId, 'bundles'), { page: number });
    const isThere = number >= 0 && number < count;
    return isThere ? link(text, address) : element('span', { class: 'muted' }, text);
  };
  return element(
    'nav',
    { 'aria-label': 'Pages of bundles', class: 'pages' },
    to(page - 1, 'Newer'),
    element('span', {}, `Page ${page + 1} of ${count}`),
    to(page + 1, 'Older'),
  );
}

function none(app) {
  return element(
    'section',
    { class: 'card' },
    element('h3', {}, 'There is no bundle yet'),
    session.may('upload')
      ? element('p', {}, link('Upload one', href('apps', app.appId, 'upload')), ' here, or:')
      : null,
    commands(app.appId),
  );
}
