/** Asks the service, with the key of the session. */

import { session } from './session.js';

/** Relative to the page, which may lie below a path of a proxy's. */
const BASE = new URL('../api/v1/', import.meta.url);

/** What to do about a refusal, by its code. */
const ADVICE = {
  archive_limit: 'Pack fewer or smaller files: devices have limits.',
  cannot_delete_linked_version: 'Release another version there, then delete this one.',
  channel_already_exists: 'Choose another name.',
  checksum_mismatch: 'The file changed on its way: send it again.',
  database: 'Look into the log of the service.',
  forbidden: 'Sign in with a key that may do this.',
  incomplete: 'The connection ended early: send it again.',
  insufficient_storage: 'Make room on the disk of the service, then try again.',
  internal: 'Look into the log of the service.',
  invalid_archive: 'Make the zip with: live-updater pack DIR --version VERSION',
  invalid_native_version: 'Write it as in 1.4 or 2.0.1.',
  invalid_version_format: 'Write it as in 1.2.3 or 1.2.3-beta.1, without a v.',
  missing_index: 'index.html has to lie at the top of the zip: live-updater pack DIR',
  no_previous_release: 'Release the version that devices are to have instead.',
  not_found: 'It may be gone: reload the page.',
  rate_limited: 'Wait, then try again.',
  rollout_changed: 'Reload the page to see what rolls out now.',
  storage: 'Look into the log of the service, and at its disk.',
  too_large: 'Make the bundle smaller, or start the service with a larger --max-bundle-bytes.',
  unreachable: 'Check that the service runs and that you are online, then try again.',
  unsafe_path: 'Make the zip with: live-updater pack DIR --version VERSION',
  version_already_exists: 'Choose a higher version: what a version is never changes.',
};

/** Why something wasn't done. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
    this.advice = ADVICE[code];
  }

  static of(status, text) {
    let told;
    try {
      told = JSON.parse(text);
    } catch {
      // A proxy answers in words of its own.
    }
    const message = told?.error ?? `The service answered ${status}`;
    return new Refusal(status, told?.code ?? 'unknown', message);
  }

  static unreachable() {
    return new Refusal(0, 'unreachable', "The service can't be reached");
  }
}

/** An address below `/api/v1/`, from parts that may hold anything. */
export function address(parts, query = {}) {
  const url = new URL(parts.map(encodeURIComponent).join('/'), BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value);
  }
  return url;
}

export async function ask(method, parts, { query, body, key = session.key } = {}) {
  const headers = { authorization: `Bearer ${key}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const request = { method, headers, cache: 'no-store', credentials: 'omit' };
  let answer;
  let text;
  try {
    answer = await fetch(address(parts, query), {
      ...request,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await answer.text();
  } catch {
    throw Refusal.unreachable();
  }
  if (!answer.ok) throw Refusal.of(answer.status, text);
  return JSON.parse(text);
}

/** Asks for several things at once. */
export function askAll(...wanted) {
  return Promise.all(wanted.map((parts) => ask('GET', parts)));
}

/** Sends a file, and tells how far it is; `upload.abort()` ends it. */
export function send(parts, query, file, onProgress) {
  const request = new XMLHttpRequest();
  const sent = new Promise((resolve, reject) => {
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded, event.total));
    request.addEventListener('load', () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText));
      else reject(Refusal.of(request.status, request.responseText));
    });
    request.addEventListener('error', () => reject(Refusal.unreachable()));
    request.addEventListener('abort', () => reject(new Refusal(0, 'cancelled', 'Cancelled')));
  });
  request.open('PUT', address(parts, query));
  request.setRequestHeader('authorization', `Bearer ${session.key}`);
  request.setRequestHeader('content-type', 'application/zip');
  request.send(file);
  return { sent, abort: () => request.abort() };
}
