/** Makes series of what the service counted: a value for each day, a series for each version. */

const DAY = 24 * 60 * 60 * 1000;
/** What isn't told of one by one. */
export const OTHERS = 'other versions';

/** How many devices ran what; the one that most run now comes first. */
export function adoptionSeries(figures) {
  return series(figures, figures.adoption, (row) => row.devices);
}

/** What was taken back; versions without failures are left out. */
export function failureSeries(figures) {
  const all = series(figures, figures.reports, (row) => row.failures);
  return { ...all, series: all.series.filter((one) => one.total > 0) };
}

function series({ firstDay, lastDay }, rows, valueOf) {
  const days = daysBetween(firstDay, lastDay);
  const places = new Map(days.map((day, index) => [day, index]));
  const found = new Map();
  for (const row of rows) {
    const name = row.version ?? OTHERS;
    if (!found.has(name)) {
      const isRest = row.version === null;
      found.set(name, { name, isRest, values: days.map(() => 0), total: 0 });
    }
    const one = found.get(name);
    const place = places.get(row.day);
    if (place === undefined) continue;
    one.values[place] += valueOf(row);
    one.total += valueOf(row);
  }
  const byUse = (a, b) => a.isRest - b.isRest || latest(b) - latest(a) || b.total - a.total;
  return { days, series: [...found.values()].sort(byUse) };
}

function latest({ values }) {
  return values.findLast((value) => value > 0) ?? 0;
}

function daysBetween(first, last) {
  const days = [];
  for (let day = Date.parse(first); day <= Date.parse(last); day += DAY) {
    days.push(new Date(day).toISOString().slice(0, 10));
  }
  return days;
}
