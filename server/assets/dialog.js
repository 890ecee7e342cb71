/** Questions above the page. */

import { button, element } from './dom.js';
import { problem } from './notice.js';

let count = 0;

/**
 * Shows a form and does `action.do` when it is sent. What that throws is shown in the dialog, which
 * stays open. Resolves to what `action.do` gave, or to nothing where the person went back.
 *
 * Keys: Escape goes back, Tab stays inside, and the focus returns to where it was.
 */
export function askFor(title, content, action) {
  count += 1;
  const heading = element('h2', { id: `dialog-${count}` }, title);
  const alert = element('div', { role: 'alert' });
  const submit = element(
    'button',
    { type: 'submit', class: action.isDangerous ? 'danger' : 'primary' },
    action.name,
  );
  const form = element('form', {}, heading, ...content, alert);
  const dialog = element('dialog', { 'aria-labelledby': heading.id }, form);
  const back = button('Cancel', () => dialog.close());
  form.append(element('div', { class: 'actions' }, submit, back));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let result;
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (form.hasAttribute('aria-busy')) return;
      form.setAttribute('aria-busy', 'true');
      alert.replaceChildren();
      try {
        result = (await action.do(form.elements)) ?? true;
        dialog.close();
      } catch (error) {
        alert.append(problem(error));
      } finally {
        form.removeAttribute('aria-busy');
      }
    });
  });
}

/** A sentence of a dialog. */
export function sentence(...content) {
  return element('p', {}, ...content);
}
