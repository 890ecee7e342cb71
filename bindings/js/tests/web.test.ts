import { describe, expect, it } from 'vitest';

import { LiveUpdater } from '../src/index';
import { VERSION } from '../src/version';

const BUILTIN = {
  id: 'builtin',
  version: '0.0.0',
  status: 'success',
  checksum: '',
  downloaded: '1970-01-01T00:00:00.000Z',
};

/** What a browser can answer, with the answer; everything else is refused. */
const ANSWERS: Record<string, unknown> = {
  notifyAppReady: { bundle: BUILTIN },
  current: { bundle: BUILTIN, native: '0.0.0' },
  getBuiltinVersion: { version: '0.0.0' },
  list: { bundles: [] },
  getNextBundle: null,
  getFailedUpdate: null,
  isAutoUpdateEnabled: { enabled: false },
  getPluginVersion: { version: VERSION },
  removeAllListeners: undefined,
};

const methods = LiveUpdater as unknown as Record<string, (options?: object) => Promise<unknown>>;
const names = Object.keys(LiveUpdater).filter((name) => name !== 'addListener');

describe('in a browser', () => {
  it.each(names.filter((name) => name in ANSWERS))('%s answers', async (name) => {
    expect(await methods[name]()).toEqual(ANSWERS[name]);
  });

  it.each(names.filter((name) => !(name in ANSWERS)))(
    '%s rejects with UNIMPLEMENTED and says what to do',
    async (name) => {
      const refused = methods[name]({ id: 'b1' });
      await expect(refused).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
      await expect(refused).rejects.toThrow(
        new RegExp(`^LiveUpdater\\.${name} isn't there on the web\\. .+`),
      );
    },
  );

  it('a listener can be added and removed', async () => {
    const handle = await LiveUpdater.addListener('updateAvailable', () => undefined);
    await handle.remove();
  });
});
