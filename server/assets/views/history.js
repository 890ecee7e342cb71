/** What a channel gave, step by step. */

import { ask } from '../api.js';
import { element, link } from '../dom.js';
import { percent, time, versionName } from '../format.js';
import { href } from '../route.js';
import { table } from '../table.js';

const STATES = { full: 'for all', rollout: 'rolling out', paused: 'paused', replaced: 'replaced' };

export async function historyView({ app }, channel) {
  const { releases } = await ask('GET', ['apps', app.appId, 'channels', channel, 'releases']);
  const back = element('p', {}, link('Back to the channels', href('apps', app.appId, 'channels')));
  const heading = element('h2', {}, `History of ${channel}`);
  if (releases.length === 0) {
    const empty = 'Nothing was released here yet: “Release…” on the channel’s card does it.';
    return [heading, element('p', { class: 'card' }, empty), back];
  }
  const columns = [
    { title: 'Step', cell: (release) => String(release.sequence) },
    { title: 'Version', cell: (release) => versionName(release.version) },
    { title: 'Share', numeric: true, cell: (release) => percent(release.percent) },
    { title: 'State', cell: state },
    { title: 'Signed', cell: (release) => (release.isSigned ? 'yes' : 'no') },
    { title: 'Released', cell: (release) => time(release.createdAt) },
  ];
  return [heading, table(`Releases on ${channel}, the newest first`, columns, releases), back];
}

function state(release) {
  const name = STATES[release.state] ?? release.state;
  return release.pausedBecause ? `${name}: ${release.pausedBecause}` : name;
}
