import assert from 'node:assert/strict';

import { bundle } from '../zip.mjs';

const APP = 'com.example.app';

/** Tab until what is focused has this name. */
async function tabTo(page, name) {
  for (let times = 0; times < 60; times += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { activeElement } = document;
      const label = activeElement.labels?.[0]?.textContent;
      return activeElement.getAttribute('aria-label') ?? label ?? activeElement.textContent;
    });
    if (focused.trim() === name) return;
  }
  throw new Error(`Tab never comes to ${name}`);
}

export const scenarios = {
  'a release is made, widened and taken back without a pointer': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await service.upload(APP, '1.0.0', bundle('one'));
    await service.upload(APP, '1.1.0', bundle('two'));
    await service.release(APP, 'production', '1.0.0');
    await scene.goto();
    await tabTo(page, 'API key');
    await page.keyboard.type(service.key);
    await page.keyboard.press('Enter');
    await scene.said('Signed in');
    await tabTo(page, 'Example');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Example' }).waitFor();

    await tabTo(page, 'Release to production…');
    await page.keyboard.press('Enter');
    await scene.dialog().waitFor();
    // The fields hold the newest version already.
    await tabTo(page, 'Percent of the devices');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('10');
    await page.keyboard.press('Enter');
    await scene.said('production: 1.1.0 goes to 10 %');

    await tabTo(page, 'Share');
    for (let step = 0; step < 15; step += 1) await page.keyboard.press('ArrowRight');
    await tabTo(page, 'Set to 25 %');
    await page.keyboard.press('Enter');
    await scene.said('production: 25 %');

    await tabTo(page, 'Roll back production…');
    await page.keyboard.press('Space');
    await scene.dialog().waitFor();
    const inside = await page.evaluate(() =>
      document.querySelector('dialog').contains(document.activeElement),
    );
    assert.ok(inside, 'the focus is in the dialog');
    await page.keyboard.press('Enter');
    await scene.said('production: all devices get 1.0.0 again');
    assert.equal((await service.check(APP, '1.1.0', 'a')).version, '1.0.0');
  },

  'what has the focus can be seen': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await scene.signIn();
    await scene.open(APP);
    const unseen = [];
    for (let times = 0; times < 25; times += 1) {
      await page.keyboard.press('Tab');
      const missing = await page.evaluate(() => {
        const { activeElement } = document;
        if (activeElement === document.body) return undefined;
        const { outlineStyle, outlineWidth } = window.getComputedStyle(activeElement);
        const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
        return isSeen ? undefined : activeElement.outerHTML;
      });
      if (missing) unseen.push(missing);
    }
    assert.deepEqual(unseen, []);
  },

  'the way to the content skips the menu': async (scene) => {
    const { page } = scene;
    await scene.signIn();
    await page.reload();
    await scene.settled();
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  },

  'another view has the focus on its heading and its own title': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await scene.signIn();
    await page.getByRole('link', { name: 'Example' }).click();
    await page.waitForFunction(() => document.title === 'Example – Live updates');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  },
};
