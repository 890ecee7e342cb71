/** Draws figures over time: the picture, a legend, and the same as a table. */

import { element, shape } from './dom.js';
import { number } from './format.js';
import { table } from './table.js';

const HEIGHT = 260;
const MARGIN = { top: 10, right: 12, bottom: 26, left: 46 };
/** Series have numbers from 1 to 7 in the style sheet; 8 is what is left. */
const REST = 8;
/** Stripes and dots, so that colour isn't all that tells areas apart. */
const PATTERNS = [
  null,
  'M0 8 8 0',
  'M0 4h8',
  'M4 0v8',
  'M0 0 8 8',
  'M0 8 8 0M0 0 8 8',
  'M2 2h2v2h-2z',
  'M1 4h2M5 4h2',
];
/** The same for lines. */
const MARKS = [
  'M-3-3h6v6h-6z',
  'M0-4 4 3h-8z',
  'M0-4 4 0 0 4-4 0z',
  'M-3-3 3 3M-3 3 3-3',
  'M-4 0h8M0-4v8',
  'M0 4 4-3h-8z',
  'M-4-1h8v2h-8z',
  'M-1-4h2v8h-2z',
];

let count = 0;

/** `drawn` is `stackedAreas` or `lines`; `data` has `days`, and `series` with a value for each. */
export function chart(title, data, drawn) {
  count += 1;
  const id = `chart-${count}`;
  const styled = data.series.map((one, index) => ({
    ...one,
    style: one.isRest ? REST : Math.min(index + 1, REST),
    pattern: `${id}-pattern-${index + 1}`,
  }));
  const place = element('div', { class: 'plot' });
  const readout = element('p', { class: 'readout', 'aria-hidden': 'true' }, '\u00a0');
  const draw = () => {
    const width = place.clientWidth;
    if (width === 0) return;
    const plot = frame(width, data.days, drawn.highest(styled));
    const patterns = shape('defs', {}, styled.map(pattern));
    const svg = shape(
      'svg',
      {
        viewBox: `0 0 ${width} ${HEIGHT}`,
        height: HEIGHT,
        role: 'img',
        'aria-label': told(title, data),
      },
      patterns,
      plot.axes,
      drawn.marks(styled, plot),
    );
    place.replaceChildren(svg);
    svg.addEventListener('pointermove', (event) => {
      const day = plot.dayAt(event.clientX - svg.getBoundingClientRect().left);
      readout.textContent = valuesOn(data, day);
    });
  };
  new ResizeObserver(draw).observe(place);
  return element(
    'section',
    { class: 'card chart', 'aria-labelledby': id },
    element('h3', { id }, title),
    legend(styled, drawn),
    place,
    readout,
    asTable(title, data),
  );
}

/** The part that each version has of all devices. */
export const stackedAreas = {
  highest: (series) => highestOf(sums(series)),
  marks(series, plot) {
    let below = series[0]?.values.map(() => 0) ?? [];
    return series.map((one) => {
      const lower = below;
      below = lower.map((value, index) => value + one.values[index]);
      const d = `M${plot.line(below)}L${plot.line(lower, true)}Z`;
      return [
        shape('path', { d, class: `area series-${one.style}` }),
        shape('path', { d, class: 'texture', fill: `url(#${one.pattern})` }),
      ];
    });
  },
  sample: (one) => [
    shape('rect', { width: 28, height: 14, class: `area series-${one.style}` }),
    shape('rect', { width: 28, height: 14, class: 'texture', fill: `url(#${one.pattern})` }),
  ],
};

/** A line for each version, with marks of its own. */
export const lines = {
  highest: (series) => highestOf(series.flatMap((one) => one.values)),
  marks(series, plot) {
    return series.map((one, index) => {
      const every = Math.ceil(one.values.length / 30);
      const marks = one.values.map((value, day) =>
        day % every === index % every || one.values.length === 1
          ? mark(one, index, plot.x(day), plot.y(value))
          : null,
      );
      const d = `M${plot.line(one.values)}`;
      return [shape('path', { d, class: `line series-${one.style}` }), ...marks.filter(Boolean)];
    });
  },
  sample: (one, index) => [
    shape('path', { d: 'M0 7h28', class: `line series-${one.style}` }),
    mark(one, index, 14, 7),
  ],
};

function mark(one, index, x, y) {
  return shape('path', {
    d: MARKS[index % MARKS.length],
    transform: `translate(${x} ${y})`,
    class: `mark series-${one.style}`,
  });
}

function pattern(one, index) {
  const d = PATTERNS[index % PATTERNS.length];
  return shape(
    'pattern',
    { id: one.pattern, width: 8, height: 8, patternUnits: 'userSpaceOnUse' },
    d ? shape('path', { d, class: 'stroke' }) : null,
  );
}

/** Where days and values lie, and the lines and words around them. */
function frame(width, days, highest) {
  const inner = width - MARGIN.left - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const last = Math.max(days.length - 1, 1);
  const x = (day) => rounded(MARGIN.left + (inner * day) / last);
  const y = (value) => rounded(bottom - ((bottom - MARGIN.top) * value) / highest);
  const line = (values, backwards) => {
    const points = values.map((value, day) => `${x(day)} ${y(value)}`);
    // A single day is drawn over the whole width.
    if (values.length === 1) points.push(`${x(1)} ${y(values[0])}`);
    return (backwards ? points.reverse() : points).join('L');
  };
  const dayAt = (left) => {
    const day = Math.round(((left - MARGIN.left) / inner) * last);
    return Math.min(Math.max(day, 0), days.length - 1);
  };
  const axes = shape('g', { class: 'axes' }, heights(width, y, highest), dates(days, x, inner));
  return { x, y, line, dayAt, axes };
}

function heights(width, y, highest) {
  const steps = [...new Set([0, Math.round(highest / 2), highest])];
  return steps.flatMap((value) => [
    shape('path', { d: `M${MARGIN.left} ${y(value)}H${width - MARGIN.right}`, class: 'grid' }),
    shape('text', { x: MARGIN.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, number(value)),
  ]);
}

function dates(days, x, inner) {
  const most = Math.max(2, Math.floor(inner / 110));
  const step = Math.max(1, Math.ceil((days.length - 1) / (most - 1)));
  const shown = days.map((_, index) => index).filter((index) => index % step === 0);
  return shown.map((index) => {
    const anchor = index === 0 ? 'start' : index > days.length - 1 - step / 2 ? 'end' : 'middle';
    return shape('text', { x: x(index), y: HEIGHT - 8, 'text-anchor': anchor }, days[index]);
  });
}

function legend(series, drawn) {
  const item = (one, index) =>
    element(
      'li',
      {},
      shape(
        'svg',
        { width: 28, height: 14, viewBox: '0 0 28 14', 'aria-hidden': 'true' },
        drawn.sample(one, index),
      ),
      one.name,
    );
  return element('ul', { class: 'legend' }, series.map(item));
}

/** Made when it is opened: most people look at the picture. */
function asTable(title, data) {
  const summary = element('summary', {}, 'As a table');
  const details = element('details', {}, summary);
  details.addEventListener('toggle', () => {
    if (!details.open || details.children.length > 1) return;
    const columns = [
      { title: 'Day', cell: (day) => data.days[day] },
      ...data.series.map((one) => ({
        title: one.name,
        numeric: true,
        cell: (day) => number(one.values[day]),
      })),
    ];
    const newestFirst = data.days.map((_, day) => day).reverse();
    details.append(
      element(
        'div',
        { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${title}, as a table` },
        table(title, columns, newestFirst),
      ),
    );
  });
  return details;
}

function told(title, data) {
  const last = data.days.length - 1;
  return `${title}, ${data.days[0]} to ${data.days[last]}. ${valuesOn(data, last)}`;
}

function valuesOn({ days, series }, day) {
  const values = series.map((one) => `${one.name}: ${number(one.values[day])}`);
  return `${days[day]} – ${values.join(', ')}`;
}

function sums(series) {
  const days = series[0]?.values ?? [];
  return days.map((_, day) => series.reduce((sum, one) => sum + one.values[day], 0));
}

/** A round number that nothing is above. */
function highestOf(values) {
  const highest = values.reduce((most, value) => Math.max(most, value), 2);
  const power = 10 ** Math.floor(Math.log10(highest));
  const round = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= highest);
  return round * power;
}

function rounded(value) {
  return Math.round(value * 10) / 10;
}
