import assert from 'node:assert/strict';

import { APP, fill } from '../history.mjs';

/** What a view may take, so that it is there at once on any machine. */
const MOST_REQUESTS = 4;
const MOST_BYTES = 600_000;
const MOST_ELEMENTS = 3_000;

/** Opens a view, and tells what it took. */
async function costOf(scene, view) {
  const { page } = scene;
  await scene.open(APP, view);
  return page.evaluate(() => {
    const answers = window.performance
      .getEntriesByType('resource')
      .filter((entry) => entry.name.includes('/api/v1/'));
    return {
      requests: answers.length,
      bytes: answers.reduce((sum, entry) => sum + entry.decodedBodySize, 0),
      elements: document.querySelectorAll('*').length,
    };
  });
}

export const scenarios = {
  'a thousand bundles and four hundred days cost a view little': async (scene) => {
    const { page } = scene;
    await fill(scene, { bundles: 1_000, days: 400 });
    await scene.signIn();
    for (const view of ['channels', 'bundles', 'figures?days=400', 'activity', 'settings']) {
      const cost = await costOf(scene, view);
      const isLittle =
        cost.requests <= MOST_REQUESTS &&
        cost.bytes <= MOST_BYTES &&
        cost.elements <= MOST_ELEMENTS;
      assert.ok(isLittle, `${view}: ${JSON.stringify(cost)}`);
    }
    await scene.open(APP, 'bundles');
    await page.getByText('Page 1 of 20').waitFor();
    assert.equal(await page.getByRole('row').count(), 51);
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByText('Page 2 of 20').waitFor();
    const listed = await scene.service.ask('GET', `/api/v1/apps/${APP}/bundles?page=1`);
    await page.getByRole('rowheader', { name: listed.bundles[0].name, exact: true }).waitFor();

    await scene.open(APP, 'figures?days=400');
    await page.locator('.chart svg[role=img]').first().waitFor();
    assert.equal(await page.locator('.chart').first().locator('.legend li').count(), 8);
    assert.equal(await page.locator('.chart svg[role=img] .area').count(), 8);
    assert.ok((await page.locator('.chart svg[role=img] .line').count()) > 0);
    await page.getByText('As a table').first().click();
    const table = page.getByRole('table', { name: 'Devices by version' });
    await table.waitFor();
    assert.equal(await table.getByRole('row').count(), 401);
  },
};
