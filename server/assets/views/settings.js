/** An app's name, what is kept of it, and how devices are set up. */

import { ask } from '../api.js';
import { element, field } from '../dom.js';
import { tell, tellProblem } from '../notice.js';
import { session } from '../session.js';
import { configuration } from './setup.js';
import { deviceToken } from './token.js';

export function settingsView(context) {
  const { app } = context;
  const mayChange = session.may('all');
  return [
    element('h2', {}, 'Settings'),
    mayChange ? form(context) : null,
    deviceToken(context, mayChange),
    element(
      'section',
      { class: 'card' },
      element('h3', {}, 'Configuration of the app'),
      configuration(app),
    ),
  ].filter(Boolean);
}

function form({ app, reload }) {
  const name = element('input', {
    id: 'name',
    required: true,
    maxlength: '100',
    value: app.name,
  });
  const keep = element('input', {
    id: 'keep',
    type: 'number',
    min: '0',
    max: '1000000',
    step: '1',
    required: true,
    value: app.keepBundles,
  });
  const save = async (event) => {
    event.preventDefault();
    try {
      const body = { name: name.value.trim(), keepBundles: Number(keep.value) };
      await ask('PATCH', ['apps', app.appId], { body });
      await reload();
      tell('Saved the settings');
    } catch (error) {
      tellProblem(error);
    }
  };
  return element(
    'section',
    { class: 'card' },
    element('h3', {}, 'The app'),
    element(
      'form',
      { on: { submit: save } },
      field('Name', name),
      field(
        'Bundles that are kept',
        keep,
        'Older ones that no channel gives are deleted by themselves',
      ),
      element('div', { class: 'actions' }, element('button', { id: 'save' }, 'Save')),
    ),
  );
}
