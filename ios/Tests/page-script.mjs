// Runs the script that the plugin puts into pages, as it was found by the tests, in windows without a
// browser: node page-script.mjs FILE
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

const source = readFileSync(process.argv[2], 'utf8');

function open({ isFrame = false, address = 'capacitor://localhost/' }) {
  const told = [];
  const { protocol, host } = new URL(address);
  const window = {
    told,
    URL,
    location: { protocol, host },
    setTimeout,
    clearTimeout,
    navigator: {},
    localStorage: { getItem: () => null, setItem: () => {} },
    performance: { getEntriesByType: () => [] },
    webkit: { messageHandlers: { liveUpdater: { postMessage: (token) => told.push(token) } } },
  };
  window.window = window;
  window.top = isFrame ? {} : window;
  runInContext(source, createContext(window));
  return window;
}

const page = open({});
const token = await page.__liveUpdaterLaunch.token;
await null;
assert.match(token, /^[0-9a-f]{32}$/);
assert.deepEqual(page.told, [token]);

const frame = open({ isFrame: true });
assert.equal(frame.__liveUpdaterLaunch, undefined);
assert.deepEqual(frame.told, []);

// The web view runs the script there too, where the app lets such pages in.
const foreign = open({ address: 'https://partner.example/' });
assert.equal(foreign.__liveUpdaterLaunch, undefined);
assert.deepEqual(foreign.told, []);
