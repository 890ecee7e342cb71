/** Addresses of views: `#/apps/ID/TAB?page=2`. Parts may hold anything. */

export function href(...parts) {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

export function withQuery(address, query) {
  return `${address}?${new URLSearchParams(query)}`;
}

/** What the address bar asks for. */
export function current() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const parts = path.split('/').filter(Boolean).map(decoded);
  return { parts, query: new URLSearchParams(query) };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
