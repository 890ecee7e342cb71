/** Shows the view that the address asks for. */

import { Refusal, ask } from './api.js';
import { element } from './dom.js';
import { clearNotices, problem, tell } from './notice.js';
import { current } from './route.js';
import { session } from './session.js';
import { appView } from './views/app.js';
import { appsView } from './views/apps.js';
import { keysView } from './views/keys.js';
import { signInView } from './views/sign-in.js';

const main = document.getElementById('main');
const menu = document.getElementById('service-menu');

/** Counts what was asked for, so that a slow answer doesn't replace a later one. */
let latest = 0;

/** `focus` is `heading` for what is new, `stay` where only something in the view changed. */
async function show({ focus }) {
  latest += 1;
  const turn = latest;
  main.setAttribute('aria-busy', 'true');
  const focused = document.activeElement?.id;
  const content = await viewOrProblem();
  if (turn !== latest) return;
  menu.hidden = !session.caller;
  document.getElementById('keys-link').hidden = !(session.may('all') && session.isWide());
  main.replaceChildren(...content);
  main.removeAttribute('aria-busy');
  const heading = main.querySelector('h1');
  document.title = `${heading?.textContent ?? ''} – Live updates`;
  heading?.setAttribute('tabindex', '-1');
  if (focus) moveFocus(heading, focus === 'stay' ? focused : undefined);
}

/** To what was pressed, where it is still there, or else to the heading. */
function moveFocus(heading, focused) {
  const before = focused && document.getElementById(focused);
  (before || heading)?.focus({ preventScroll: Boolean(before) });
}

async function viewOrProblem() {
  try {
    return [await view()].flat();
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) {
      session.close();
      return [signInView(reload, 'The key is not accepted any more: it may have been revoked.')];
    }
    const alert = element('div', { role: 'alert' }, problem(error));
    return [element('h1', {}, 'That did not work'), alert];
  }
}

async function view() {
  if (!session.key) return signInView(reload);
  session.caller ??= await ask('GET', ['caller']);
  const { parts, query } = current();
  const [place, ...rest] = parts;
  if (place === 'keys') return keysView(reload);
  if (place === 'apps' && rest.length > 0) return appView(rest, query, reload);
  return appsView(reload);
}

/** Shows the view anew, after something was changed. */
function reload() {
  return show({ focus: 'stay' });
}

window.addEventListener('hashchange', () => {
  clearNotices();
  show({ focus: 'heading' });
});
document.getElementById('sign-out').addEventListener('click', async () => {
  session.close();
  history.replaceState(null, '', '#/');
  await show({ focus: 'heading' });
  tell('Signed out');
});
// The address says which view is shown; a link to a place in it would change that.
document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
// Who has just come here begins at the top.
show({});
