/** Takes back what a channel gives. */

import { ask } from '../api.js';
import { element } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { versionName } from '../format.js';
import { tell, tellProblem } from '../notice.js';

/** Says what would happen, and does just that. */
export async function rollBack(context, channel) {
  const path = ['apps', context.app.appId, 'channels', channel.name, 'rollback'];
  const target = await targetOf(path);
  if (!target) return;
  const newest = channel.releases[0];
  const done = await askFor(`Roll back ${channel.name}`, explanation(channel, newest, target), {
    name: `Go back to ${versionName(target.version)}`,
    isDangerous: true,
    do: () => ask('POST', path, { body: { to: target.version } }),
  });
  if (!done) return;
  await context.reload();
  tell(`${channel.name}: all devices get ${versionName(target.version)} again`);
}

async function targetOf(path) {
  try {
    return await ask('GET', path);
  } catch (error) {
    if (error.code === 'no_previous_release') return { version: 'builtin', isFirst: true };
    tellProblem(error);
    return undefined;
  }
}

function explanation(channel, newest, target) {
  const from = versionName(newest.version);
  const to = versionName(target.version);
  const first = target.isFirst ? 'The channel gave nothing else before. ' : '';
  return [
    sentence(
      `${first}From now on all devices on ${channel.name} get `,
      element('strong', {}, to),
      '; nobody else gets ',
      element('strong', {}, from),
      '.',
    ),
    sentence(
      `Devices that run ${from} already go back at their next check where the app takes older ` +
        'releases: with signed statements, or with allowDowngrade. The others keep it until a ' +
        'newer version comes.',
    ),
  ];
}
