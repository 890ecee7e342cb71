/** A release that goes to a share of a channel's devices. */

import { ask } from '../api.js';
import { button, element, namedButton } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { percent, time, versionName } from '../format.js';
import { tell, tellProblem } from '../notice.js';
import { session } from '../session.js';

export function rollout(context, channel, release) {
  const isPaused = release.state === 'paused';
  const version = versionName(release.version);
  const change = (body, said) => changed(context, channel, release, body, said);
  const summary = element(
    'p',
    {},
    element('strong', {}, version),
    ` goes to ${percent(release.percent)} of the devices`,
    release.mandatory ? ' (mandatory)' : '',
    element('span', { class: 'muted' }, ' since ', time(release.createdAt)),
  );
  return element(
    'div',
    { class: `rollout ${release.state}` },
    summary,
    isPaused ? pauseReason(release) : null,
    session.may('write') ? slider(channel, release, change) : bar(release),
    session.may('write') ? buttons(context, channel, release, change) : null,
  );
}

function pauseReason(release) {
  const why = release.pausedBecause;
  const kept = 'Nobody else gets it for now; who has it keeps it.';
  return element(
    'p',
    { class: 'warning' },
    element('strong', {}, why ? 'It paused by itself: ' : 'It is paused. '),
    why ? `${why}. ${kept} Look at the failures before you resume.` : kept,
  );
}

function bar(release) {
  return element('progress', { max: '100', value: release.percent, 'aria-label': 'Share' });
}

/** Moving it changes nothing yet: a slip must not reach devices. */
function slider(channel, release, change) {
  const id = `share-${channel.id}`;
  const range = element('input', {
    type: 'range',
    id,
    min: '0',
    max: '100',
    step: '1',
    value: Math.round(release.percent),
  });
  const exact = element('input', {
    type: 'number',
    id: `${id}-exact`,
    min: '0',
    max: '100',
    step: '0.01',
    required: true,
    value: release.percent,
    'aria-label': `Percent of the devices of ${channel.name}`,
  });
  const apply = element('button', { class: 'primary', id: `${id}-apply`, disabled: true }, 'Apply');
  const show = () => {
    const isOther = exact.validity.valid && Number(exact.value) !== release.percent;
    apply.disabled = !isOther;
    apply.textContent = isOther ? `Set to ${percent(Number(exact.value))}` : 'Apply';
  };
  range.addEventListener('input', () => {
    exact.value = range.value;
    show();
  });
  exact.addEventListener('input', () => {
    range.value = exact.value;
    show();
  });
  const send = (event) => {
    event.preventDefault();
    const value = Number(exact.value);
    change({ percent: value }, `${channel.name}: ${percent(value)} of the devices`);
  };
  return element(
    'form',
    { class: 'slider', on: { submit: send } },
    element('label', { for: id }, 'Share'),
    range,
    element('span', { class: 'exact' }, exact, ' %'),
    apply,
  );
}

function buttons(context, channel, release, change) {
  const { id, name } = channel;
  const isPaused = release.state === 'paused';
  const action = isPaused ? 'resume' : 'pause';
  const act = () => change({ action }, `${name}: ${action}d`);
  const turn = button(isPaused ? 'Resume' : 'Pause', act, {
    id: `turn-${id}`,
    'aria-label': `${isPaused ? 'Resume' : 'Pause'} the rollout on ${name}`,
  });
  const promote = namedButton(
    'Promote',
    `the rollout on ${name}`,
    () => promoted(context, channel, release),
    {
      id: `promote-${id}`,
    },
  );
  return element('div', { class: 'actions' }, turn, promote);
}

async function promoted(context, channel, release) {
  const version = versionName(release.version);
  const content = [
    sentence(
      `All devices on ${channel.name} get `,
      element('strong', {}, version),
      '. It takes the place of what they get now.',
    ),
  ];
  const done = await askFor('Promote the rollout', content, {
    name: `Give ${version} to all`,
    do: () => sent(context, channel, release, { action: 'promote' }),
  });
  if (!done) return;
  await context.reload();
  tell(`${channel.name}: all devices get ${version}`);
}

async function changed(context, channel, release, body, said) {
  try {
    await sent(context, channel, release, body);
    await context.reload();
    tell(said);
  } catch (error) {
    tellProblem(error);
  }
}

function sent(context, channel, release, change) {
  const path = ['apps', context.app.appId, 'channels', channel.name, 'rollout'];
  return ask('PATCH', path, { body: { ...change, releaseId: release.id } });
}
