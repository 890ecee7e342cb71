/** Who a channel is for, and when a rollout on it pauses by itself. */

import { ask } from '../api.js';
import { button, element, field, tick } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { tell } from '../notice.js';

export async function changeChannel(context, channel) {
  const path = ['apps', context.app.appId, 'channels', channel.name];
  const form = settings(channel);
  const remove = button('Delete the channel…', (event) => {
    event.target.closest('dialog').close();
    removeChannel(context, channel, path);
  });
  const done = await askFor(`Settings of ${channel.name}`, [...form.content, remove], {
    name: 'Save',
    do: () => ask('PUT', path, { body: form.values() }),
  });
  if (!done) return;
  await context.reload();
  tell(`Saved the settings of ${channel.name}`);
}

function settings(channel) {
  const isPublic = tick('channel-public', 'For devices that name no channel', {
    checked: channel.public,
  });
  const selfSet = tick('channel-self', 'Devices may choose it', { checked: channel.selfSet });
  const platforms = element('input', {
    id: 'channel-platforms',
    value: channel.platforms.join(', '),
    pattern: '[A-Za-z0-9, ]*',
  });
  const failures = element('input', {
    id: 'channel-failures',
    type: 'number',
    min: '0',
    max: '100',
    step: '0.01',
    value: channel.autoPause.failures ?? '',
  });
  const reports = element('input', {
    id: 'channel-reports',
    type: 'number',
    min: '1',
    max: '1000000',
    step: '1',
    required: true,
    value: channel.autoPause.minReports,
  });
  const names = () => platforms.value.split(',').map((name) => name.trim());
  return {
    content: [
      isPublic,
      selfSet,
      field('Platforms', platforms, 'With commas between, such as android, ios; none is all'),
      field('Pause a rollout at so many percent of failures', failures, 'Empty: never by itself'),
      field('… once there are so many reports', reports),
    ],
    values: () => ({
      public: isPublic.querySelector('input').checked,
      selfSet: selfSet.querySelector('input').checked,
      platforms: names().filter(Boolean),
      autoPause: {
        failures: failures.value === '' ? null : Number(failures.value),
        minReports: Number(reports.value),
      },
    }),
  };
}

async function removeChannel(context, channel, path) {
  const content = [
    sentence('Its history goes, too. Devices that name it get nothing any more.'),
    sentence('Bundles stay.'),
  ];
  const done = await askFor(`Delete ${channel.name}`, content, {
    name: `Delete ${channel.name}`,
    isDangerous: true,
    do: () => ask('DELETE', path),
  });
  if (!done) return;
  await context.reload();
  tell(`Deleted the channel ${channel.name}`);
}
