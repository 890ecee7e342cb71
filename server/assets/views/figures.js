/** Who runs what, and how it goes. */

import { ask } from '../api.js';
import { element, link } from '../dom.js';
import { chart, stackedAreas, lines } from '../chart.js';
import { OTHERS, adoptionSeries, failureSeries } from '../figures.js';
import { number, share } from '../format.js';
import { href, withQuery } from '../route.js';
import { table } from '../table.js';
import { configuration } from './setup.js';

const PERIODS = [7, 30, 90, 400];
/** Versions that are drawn one by one: as many as can be told from each other. */
const VERSIONS = 7;
/** Rows of the table until the others are asked for. */
const ROWS = 25;

export async function figuresView({ app, query }) {
  const asked = Number(query.get('days'));
  const days = PERIODS.includes(asked) ? asked : 30;
  const figures = await ask('GET', ['apps', app.appId, 'analytics'], {
    query: { days: String(days), versions: String(VERSIONS) },
  });
  const heading = [element('h2', {}, 'Figures'), periods(app, days)];
  const { versions, adoption, reports } = figures;
  if (versions.length === 0 && adoption.length === 0 && reports.length === 0) {
    return [...heading, none(app)];
  }
  const failures = failureSeries(figures);
  return [
    ...heading,
    numbers(figures),
    chart('Devices by version', adoptionSeries(figures), stackedAreas),
    failures.series.length > 0
      ? chart('Failures by version', failures, lines)
      : element('p', { class: 'card' }, 'No device reported a failure in this time.'),
    versionTable(versions),
  ];
}

function periods(app, days) {
  const item = (period) =>
    element(
      'li',
      {},
      link(`${period} days`, withQuery(href('apps', app.appId, 'figures'), { days: period }), {
        'aria-current': period === days ? 'true' : null,
      }),
    );
  return element(
    'nav',
    { 'aria-label': 'Period', class: 'tabs small' },
    element('ul', {}, PERIODS.map(item)),
  );
}

function numbers({ activeDevices, versions }) {
  const sum = (name) => versions.reduce((total, version) => total + version[name], 0);
  const [successes, failures] = [sum('successes'), sum('failures')];
  const figure = (title, value) => [element('dt', {}, title), element('dd', {}, value)];
  return element(
    'dl',
    { class: 'numbers' },
    element('div', {}, figure('Active devices', number(activeDevices))),
    element('div', {}, figure('Updates that started', number(successes))),
    element('div', {}, figure('Updates taken back', number(failures))),
    element('div', {}, figure('Failures of all reports', share(failures, successes + failures))),
  );
}

function versionTable(versions) {
  const columns = [
    { title: 'Version', cell: (version) => version.version ?? OTHERS },
    { title: 'Devices', numeric: true, cell: (version) => number(version.devices) },
    { title: 'Started', numeric: true, cell: (version) => number(version.successes) },
    { title: 'Taken back', numeric: true, cell: (version) => number(version.failures) },
    {
      title: 'Failures',
      numeric: true,
      cell: ({ successes, failures }) => share(failures, successes + failures),
    },
  ];
  const place = element('div', {}, table('By version', columns, versions.slice(0, ROWS)));
  if (versions.length <= ROWS) return place;
  const showAll = () => place.replaceChildren(table('By version', columns, versions));
  const text = `Show all ${number(versions.length)} versions`;
  place.append(element('button', { type: 'button', on: { click: showAll } }, text));
  return place;
}

function none(app) {
  return element(
    'section',
    { class: 'card' },
    element('h3', {}, 'No device has asked yet'),
    element('p', {}, 'As soon as an app with this configuration starts, it is counted here.'),
    configuration(app),
  );
}
