/** Has a channel give a bundle: to all, or to a share at first. */

import { ask, askAll } from '../api.js';
import { element, field } from '../dom.js';
import { askFor, sentence } from '../dialog.js';
import { percent, versionName } from '../format.js';
import { tell, tellProblem } from '../notice.js';

/** Either of `channel` and `version` may be known already. */
export async function releaseTo(context, { channel, version }) {
  const app = context.app.appId;
  let lists;
  try {
    lists = await askAll(['apps', app, 'channels'], ['apps', app, 'bundles']);
  } catch (error) {
    tellProblem(error);
    return;
  }
  const [{ channels }, { bundles }] = lists;
  const form = releaseForm(
    channels.map((other) => other.name),
    bundles.map((bundle) => bundle.name),
    { channel, version },
  );
  const done = await askFor(
    version ? `Release ${version}` : `Release to ${channel}`,
    form.content,
    {
      name: 'Release',
      do: async () => {
        const { to, what, share } = form.values();
        const path = ['apps', app, 'channels', to, 'releases'];
        await ask('POST', path, { body: { version: what, rollout: share } });
        return `${to}: ${versionName(what)} goes to ${share === 100 ? 'all' : percent(share)} of the devices`;
      },
    },
  );
  if (!done) return;
  await context.reload();
  tell(done);
}

function releaseForm(channels, versions, known) {
  const to = options('release-channel', channels, known.channel);
  // An older version than the list holds may be typed.
  const what = element('input', {
    id: 'release-version',
    list: 'release-versions',
    required: true,
    value: known.version ?? versions[0] ?? '',
    spellcheck: 'false',
    autocapitalize: 'none',
  });
  const list = element(
    'datalist',
    { id: 'release-versions' },
    [...versions, 'builtin'].map((name) => element('option', { value: name })),
  );
  const share = element('input', {
    id: 'release-share',
    type: 'number',
    min: '0',
    max: '100',
    step: '0.01',
    required: true,
    value: '100',
  });
  const effect = element('p', { 'aria-live': 'polite' });
  const describe = () => {
    const name = versionName(what.value.trim());
    const value = Number(share.value);
    effect.textContent =
      value === 100
        ? `All devices on ${to.value} get ${name}.`
        : `${percent(value)} of the devices on ${to.value} get ${name}; the others stay on what they get now.`;
  };
  for (const control of [to, what, share]) control.addEventListener('input', describe);
  describe();
  const content = [
    known.channel ? null : field('Channel', to),
    known.version
      ? null
      : field('Version', what, 'builtin goes back to the files in the app’s package'),
    known.version ? null : list,
    field('Percent of the devices', share, 'Below 100 it is a rollout, which you can widen later'),
    effect,
    channels.length > 0 ? null : sentence('There is no channel yet: make one first.'),
  ].filter(Boolean);
  const values = () => ({ to: to.value, what: what.value.trim(), share: Number(share.value) });
  return { content, values };
}

function options(id, names, chosen) {
  const option = (name) => element('option', { value: name, selected: name === chosen }, name);
  return element('select', { id, required: true }, names.map(option));
}
