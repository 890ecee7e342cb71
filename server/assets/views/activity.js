/** Who changed what. */

import { ask } from '../api.js';
import { element } from '../dom.js';
import { time } from '../format.js';
import { table } from '../table.js';

export async function activityView({ app }) {
  const { changes } = await ask('GET', ['apps', app.appId, 'audit']);
  const heading = element('h2', {}, 'Activity');
  if (changes.length === 0) {
    const empty = 'Nothing was changed yet: uploads, releases and settings will be listed here.';
    return [heading, element('p', { class: 'card' }, empty)];
  }
  const columns = [
    { title: 'When', cell: (change) => time(change.at) },
    { title: 'What', cell: (change) => element('code', {}, change.action) },
    { title: 'Details', cell: (change) => change.detail },
    { title: 'Key', cell: (change) => change.keyName ?? change.keyId },
  ];
  return [heading, table('Changes, the newest first', columns, changes)];
}
