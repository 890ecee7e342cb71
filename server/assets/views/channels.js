/** Channels: what their devices get, and what is rolling out above it. */

import { ask } from '../api.js';
import { button, element, field, link, namedButton } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { time, versionName } from '../format.js';
import { tell } from '../notice.js';
import { href } from '../route.js';
import { session } from '../session.js';
import { changeChannel } from './channel-settings.js';
import { releaseTo } from './release.js';
import { rollBack } from './rollback.js';
import { rollout } from './rollout.js';
import { commands, configuration } from './setup.js';

export async function channelsView(context) {
  const { channels } = await ask('GET', ['apps', context.app.appId, 'channels']);
  const make = button('New channel…', () => makeChannel(context), { id: 'new-channel' });
  const cards = channels.map((channel) => card(context, channel));
  return [
    element(
      'div',
      { class: 'heading' },
      element('h2', {}, 'Channels'),
      session.may('write') ? make : null,
    ),
    cards.length > 0
      ? element('div', { class: 'cards wide' }, cards)
      : element(
          'p',
          { class: 'card' },
          'There is no channel: make one, so that devices get something.',
        ),
    channels.some((channel) => channel.releases.length > 0) ? null : firstSteps(context.app),
  ].filter(Boolean);
}

function card(context, channel) {
  const full = channel.releases.find((release) => release.state === 'full');
  const rising = channel.releases.find((release) => release.state !== 'full');
  const heading = element('h3', { id: `channel-${channel.id}` }, channel.name);
  return element(
    'section',
    { class: 'card', 'aria-labelledby': heading.id },
    element('div', { class: 'heading' }, heading, badges(channel)),
    rising ? rollout(context, channel, rising) : null,
    given(full, rising),
    actions(context, channel),
  );
}

function badges(channel) {
  const texts = [
    channel.public ? 'for all that name no channel' : null,
    channel.selfSet ? 'devices may choose it' : null,
    channel.platforms.length > 0 ? `only ${channel.platforms.join(', ')}` : null,
  ];
  const shown = texts.filter(Boolean).map((text) => element('li', {}, text));
  return shown.length > 0 ? element('ul', { class: 'badges' }, shown) : null;
}

function given(full, rising) {
  const who = rising ? 'All other devices get' : 'All devices get';
  if (!full) return element('p', { class: 'given' }, `${who} nothing yet.`);
  return element(
    'p',
    { class: 'given' },
    `${who} `,
    element('strong', {}, versionName(full.version)),
    full.mandatory ? ' (mandatory)' : '',
    element('span', { class: 'muted' }, ' since ', time(full.createdAt)),
  );
}

function actions(context, channel) {
  const history = link('History', href('apps', context.app.appId, 'channels', channel.name), {
    'aria-label': `History of ${channel.name}`,
  });
  if (!session.may('write')) return element('div', { class: 'actions' }, history);
  const { id, name } = channel;
  return element(
    'div',
    { class: 'actions' },
    namedButton('Release', `to ${name}`, () => releaseTo(context, { channel: name }), {
      id: `release-${id}`,
    }),
    channel.releases.length > 0
      ? namedButton('Roll back', name, () => rollBack(context, channel), { id: `roll-back-${id}` })
      : null,
    namedButton('Settings', `of ${name}`, () => changeChannel(context, channel), {
      id: `settings-${id}`,
    }),
    history,
  );
}

function firstSteps(app) {
  const bundles = app.storage.bundles;
  const next =
    bundles === 0
      ? 'Upload a bundle, then release it to a channel.'
      : 'Release a bundle to a channel: “Release…” on its card.';
  const parts = [element('h2', {}, 'No device gets anything yet'), element('p', {}, next)];
  if (bundles === 0) parts.push(commands(app.appId));
  return element('section', { class: 'card' }, ...parts, configuration(app));
}

async function makeChannel(context) {
  const name = element('input', {
    id: 'channel-name',
    required: true,
    maxlength: '64',
    pattern: '[A-Za-z0-9._ \\-]+',
  });
  const content = [
    sentence('Devices get it that name it in their configuration.'),
    field('Name', name, 'Letters, digits, dots, lines and blanks, such as beta'),
  ];
  const made = await askFor('New channel', content, {
    name: 'Make the channel',
    do: () => ask('PUT', ['apps', context.app.appId, 'channels', name.value.trim()], { body: {} }),
  });
  if (!made) return;
  await context.reload();
  tell(`Made the channel ${made.name}`);
}
