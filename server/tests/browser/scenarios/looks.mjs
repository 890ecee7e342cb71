import assert from 'node:assert/strict';

import { APP, fill } from '../history.mjs';

const SCHEMES = ['light', 'dark'];
const VIEWS = [
  'channels',
  'channels/production',
  'bundles',
  'upload',
  'figures?days=90',
  'activity',
  'settings',
];

/** Goes through all views, each with what it looks like. */
async function throughAll(scene, look) {
  const { page } = scene;
  await look('apps');
  for (const view of VIEWS) {
    await scene.open(APP, view);
    if (view.startsWith('figures')) await page.locator('.chart svg[role=img]').nth(1).waitFor();
    await look(view.replace(/\?.*/, '').replace('/', '-'));
  }
  await scene.goto('#/keys');
  await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor();
  await look('keys');
}

async function throughDialogs(scene, look) {
  const { page } = scene;
  await scene.open(APP);
  for (const name of [
    'Release to production…',
    'Roll back production…',
    'Settings of production…',
  ]) {
    await page.getByRole('button', { name }).click();
    await scene.dialog().waitFor();
    await look(`dialog ${name}`);
    await page.keyboard.press('Escape');
    await scene.dialog().waitFor({ state: 'detached' });
  }
}

export const scenarios = {
  'nothing keeps anybody out, by day and by night': async (scene) => {
    await fill(scene, { bundles: 12, days: 90 });
    const found = [];
    for (const colorScheme of SCHEMES) {
      await scene.look({ colorScheme, reducedMotion: 'reduce' });
      const look = async (what) => {
        for (const barrier of await scene.barriers())
          found.push(`${colorScheme} ${what}: ${barrier}`);
        await scene.picture(`${colorScheme}-${what}`);
      };
      await scene.goto();
      await look('sign-in');
      await scene.page.getByLabel('API key').fill('wrong');
      await scene.page.keyboard.press('Enter');
      await scene.page.getByText('does not know this key').waitFor();
      await look('wrong-key');
      await scene.signIn();
      await throughAll(scene, look);
      await throughDialogs(scene, look);
    }
    assert.deepEqual(found, []);
  },

  'nothing keeps anybody out where there is nothing yet': async (scene) => {
    const found = [];
    for (const colorScheme of SCHEMES) {
      await scene.look({ colorScheme });
      const look = async (what) => {
        for (const barrier of await scene.barriers())
          found.push(`${colorScheme} ${what}: ${barrier}`);
        await scene.picture(`${colorScheme}-${what}`);
      };
      await scene.signIn();
      if (colorScheme === 'light') await look('apps');
      if (colorScheme === 'light') await scene.service.makeApp(APP, 'Example');
      for (const view of ['channels', 'bundles', 'figures', 'channels/production']) {
        await scene.open(APP, view);
        await look(view.replace('/', '-'));
      }
    }
    assert.deepEqual(found, []);
  },

  'a narrow window doesn’t scroll sideways': async (scene) => {
    await fill(scene, { bundles: 12, days: 90 });
    await scene.look({ viewport: { width: 320, height: 640 } });
    const wide = [];
    const look = async (what) => {
      const overhang = await scene.overhang();
      if (overhang > 0) wide.push(`${what}: ${overhang} px`);
      for (const barrier of await scene.barriers()) wide.push(`${what}: ${barrier}`);
      await scene.picture(what);
    };
    await scene.goto();
    await look('sign-in');
    await scene.signIn();
    await throughAll(scene, look);
    await throughDialogs(scene, look);
    assert.deepEqual(wide, []);
  },

  'nothing moves for who wants no motion': async (scene) => {
    await scene.look({ reducedMotion: 'reduce' });
    await scene.signIn();
    const moving = await scene.page.evaluate(() =>
      [...document.querySelectorAll('*')]
        .filter((one) => {
          const { transitionDuration, animationName } = window.getComputedStyle(one);
          return transitionDuration !== '0s' || animationName !== 'none';
        })
        .map((one) => one.tagName),
    );
    assert.deepEqual(moving, []);
  },
};
