/** Figures, sizes and times, as people read them. */

import { element } from './dom.js';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const NUMBER = new Intl.NumberFormat();

export function bytes(count) {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function number(count) {
  return NUMBER.format(count);
}

export function plural(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** Up to two digits behind the point, where they say something. */
export function percent(value) {
  return `${Number(value.toFixed(2))} %`;
}

export function share(part, whole) {
  return whole > 0 ? percent((100 * part) / whole) : '–';
}

export function time(iso) {
  return element('time', { datetime: iso }, TIME.format(new Date(iso)));
}

/** A version, or in words what goes back to the app's own files. */
export function versionName(version) {
  if (version === 'builtin') return "the app's own files";
  return version ?? 'a deleted bundle';
}

export function nativeRange(from, to) {
  if (from && to) return `${from} to ${to}`;
  if (from) return `${from} or later`;
  return to ? `up to ${to}` : 'any';
}
