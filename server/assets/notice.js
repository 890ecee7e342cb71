/** Tells what came of an action, to the eye and to screen readers. */

import { button, element } from './dom.js';

const status = document.getElementById('status');
const alert = document.getElementById('alert');

export function tell(text) {
  clearNotices();
  status.textContent = text;
}

export function tellProblem(error) {
  clearNotices();
  alert.append(problem(error), button('Close this message', clearNotices, { class: 'plain' }));
}

export function clearNotices() {
  status.textContent = '';
  alert.replaceChildren();
}

/** What went wrong and what to do about it. Errors of our own are for the console as well. */
export function problem(error) {
  if (!error.code) console.error(error);
  return element(
    'div',
    { class: 'problem' },
    element('p', {}, error.message),
    error.advice ? element('p', { class: 'advice' }, error.advice) : null,
  );
}

/** Copies, or shows what is to be copied where the browser doesn't allow it. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`Copied: ${what}`);
  } catch {
    tell(`Copy it from here: ${text}`);
  }
}
