/** Tables that become lists of cards where the window is narrow. */

import { element } from './dom.js';

/**
 * `columns` have a `title`, what is in a `cell` of a row, and may be `numeric`; the first one names
 * the row. The roles stay when narrow windows show rows as blocks.
 */
export function table(caption, columns, rows) {
  const titles = columns.map((column) =>
    element(
      'th',
      { role: 'columnheader', scope: 'col', class: column.numeric ? 'numeric' : null },
      column.title,
    ),
  );
  return element(
    'table',
    { role: 'table' },
    element('caption', {}, caption),
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, titles)),
    element(
      'tbody',
      { role: 'rowgroup' },
      rows.map((row) => element('tr', { role: 'row' }, columns.map(cell(row)))),
    ),
  );
}

function cell(row) {
  return (column, index) => {
    const content = [column.cell(row)].flat();
    const common = { 'data-title': column.title, class: column.numeric ? 'numeric' : null };
    return index === 0
      ? element('th', { role: 'rowheader', scope: 'row', ...common }, ...content)
      : element('td', { role: 'cell', ...common }, ...content);
  };
}
