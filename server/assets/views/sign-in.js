/** The key is typed in: nothing else tells who somebody is, so other sites can't act for them. */

import { ask } from '../api.js';
import { element, field } from '../dom.js';
import { problem, tell } from '../notice.js';
import { session } from '../session.js';

export function signInView(reload, why) {
  const key = element('input', {
    id: 'key',
    type: 'password',
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'none',
  });
  const alert = element('div', { role: 'alert' }, why ?? '');
  const send = async (event) => {
    event.preventDefault();
    alert.replaceChildren();
    try {
      const secret = key.value.trim();
      const caller = await ask('GET', ['caller'], { key: secret });
      session.open(secret, caller);
      await reload();
      tell(`Signed in with the key ${caller.name}`);
    } catch (error) {
      alert.append(problem(error.status === 401 ? wrong(error) : error));
      key.focus();
      key.select();
    }
  };
  const hint =
    'The first start of the service printed one, and wrote it to first.key in its data folder. ' +
    'It is kept in this tab only, until you sign out or close it.';
  return element(
    'div',
    { class: 'card narrow' },
    element('h1', {}, 'Sign in'),
    element(
      'form',
      { on: { submit: send } },
      field('API key', key, hint),
      alert,
      element('div', { class: 'actions' }, element('button', { class: 'primary' }, 'Sign in')),
    ),
  );
}

function wrong(error) {
  error.message = 'The service does not know this key';
  error.advice = 'Check that all of it was copied, and that it was not revoked.';
  return error;
}
